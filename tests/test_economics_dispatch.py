"""Dispatch against interval prices: the worked vectors, a plain loop as an independent check, and the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.economics.dispatch import (
    dispatch,
    dispatch_classes,
    firm_pause,
    index_breakeven_usd_per_mwh,
)

PRICES = [20.0, 25.0, 30.0, 60.0, 95.0, 250.0, 2000.0, 40.0]
BREAKEVEN = 89.03

price = st.floats(min_value=-1_000, max_value=5_000, allow_nan=False)
interval = st.tuples(price, st.sampled_from([1 / 12, 0.25, 0.5, 1.0]))


def by_hand(intervals, breakeven, block=None):
    """Walk over the intervals as a person would."""
    always = optimal = run = 0.0
    for cost, hours in intervals:
        mined = (breakeven - cost) if block is None else (breakeven - block)
        otherwise = 0.0 if block is None else (cost - block)
        always += mined * hours
        optimal += max(mined, otherwise) * hours
        run += hours if cost <= breakeven else 0.0
    return always, optimal, run


def test_the_worked_vector() -> None:
    found = dispatch(PRICES, BREAKEVEN)
    assert found.always_on_usd_per_mw == pytest.approx(-1_807.76)
    assert found.optimal_usd_per_mw == pytest.approx(270.15)
    assert found.option_value_usd_per_mw == pytest.approx(2_077.91)
    assert found.option_value_usd_per_mwh == pytest.approx(2_077.91 / 8)
    assert (found.hours, found.run_hours, found.uptime_fraction) == (8.0, 5.0, 0.625)
    assert found.mean_price_usd_per_mwh == pytest.approx(315.0)
    assert found.mean_price_running_usd_per_mwh == pytest.approx(35.0)


def test_a_fixed_block_with_the_right_to_sell_it_back() -> None:
    found = dispatch(PRICES, BREAKEVEN, block_usd_per_mwh=45.0)
    assert found.optimal_usd_per_mw == pytest.approx(2_430.15)
    assert found.always_on_usd_per_mw == pytest.approx(352.24)
    assert found.option_value_usd_per_mw == pytest.approx(2_077.91), "the block moves both sums alike"


@given(
    intervals=st.lists(interval, min_size=1, max_size=60),
    breakevens=st.lists(price, min_size=1, max_size=5),
    block=st.none() | price,
)
def test_every_class_equals_a_plain_loop(intervals, breakevens, block) -> None:
    prices, hours = zip(*intervals, strict=True)
    found = dispatch_classes(prices, breakevens, hours=hours, block_usd_per_mwh=block)
    for one, breakeven in zip(found, breakevens, strict=True):
        always, optimal, run = by_hand(intervals, breakeven, block)
        assert one.always_on_usd_per_mw == pytest.approx(always, rel=1e-9, abs=1e-6)
        assert one.optimal_usd_per_mw == pytest.approx(optimal, rel=1e-9, abs=1e-6)
        assert one.run_hours == pytest.approx(run)
        assert one.breakeven_usd_per_mwh == breakeven
        assert one.option_value_usd_per_mw >= -1e-6


def test_quarter_hours_count_a_quarter() -> None:
    hourly, fine = dispatch(PRICES, BREAKEVEN), dispatch(np.repeat(PRICES, 4), BREAKEVEN, hours=0.25)
    assert fine.hours == 8.0
    assert fine.optimal_usd_per_mw == pytest.approx(hourly.optimal_usd_per_mw)


def test_the_edges_of_running() -> None:
    assert dispatch([50.0], 50.0).run_hours == 1.0
    never = dispatch([50.0, 60.0], 49.0)
    assert (never.run_hours, never.optimal_usd_per_mw, never.mean_price_running_usd_per_mwh) == (0.0, 0.0, None)
    always = dispatch([-20.0, 10.0], 89.0)
    assert always.option_value_usd_per_mw == 0.0
    assert always.optimal_usd_per_mw == pytest.approx(188.0), "a negative price is earned"
    negative = dispatch([-20.0, 10.0], -5.0)
    assert negative.run_hours == 1.0


@pytest.mark.parametrize(
    ("prices", "breakeven", "hours"),
    [([], 1.0, 1.0), ([1.0, float("nan")], 1.0, 1.0), ([1.0], float("inf"), 1.0), ([1.0], 1.0, 0.0)],
)
def test_what_is_no_number_is_refused(prices, breakeven, hours) -> None:
    with pytest.raises(ValueError, match=r"price|breakeven|interval"):
        dispatch(prices, breakeven, hours=hours)


def test_ten_years_of_five_minutes_for_twenty_classes() -> None:
    prices = np.random.default_rng(7).normal(40, 60, 1_051_200)
    breakevens = np.linspace(20, 200, 20)
    found = dispatch_classes(prices, breakevens, hours=1 / 12)
    for place in (0, 10, 19):
        gained = np.maximum(breakevens[place] - prices, 0).sum() / 12
        assert found[place].optimal_usd_per_mw == pytest.approx(gained)
    assert found[0].hours == pytest.approx(87_600)


def test_a_firm_load_may_pause_in_its_dearest_hours() -> None:
    prices, span = [100.0, 900.0, 2_000.0, 50.0], 4 / 8_760

    def gain(hours_a_year: float, **more) -> float:
        return firm_pause(prices, hours_a_year, revenue_usd_per_mwh=300, **more).gain_usd_per_mw

    assert gain(1 / span) == pytest.approx(1_700)
    assert gain(1.5 / span) == pytest.approx(1_700 + 300)
    assert gain(4 / span) == pytest.approx(1_700 + 600)
    assert gain(8_760, penalty_usd_per_mwh=1_000) == pytest.approx(700)
    assert gain(0) == 0.0
    assert firm_pause(prices, 1.5 / span, revenue_usd_per_mwh=300).hours == 1.5
    with pytest.raises(ValueError, match="negative"):
        firm_pause(prices, -1)


def test_with_notice_a_pause_may_turn_out_a_loss() -> None:
    prices, known = [100.0, 900.0, 2_000.0, 50.0], [np.nan, 100.0, 900.0, 2_000.0]  # an hour of notice
    found = firm_pause(prices, 8_760, revenue_usd_per_mwh=300, known_usd_per_mwh=known)
    assert found.hours == 2.0
    assert found.gain_usd_per_mw == pytest.approx((2_000 - 300) + (50 - 300))


def test_what_is_paid_on_top_of_the_energy_lowers_the_price_to_stop_at() -> None:
    assert index_breakeven_usd_per_mwh(89.03, 12.0) == pytest.approx(77.03)
