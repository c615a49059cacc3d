"""Whether one new value can be true: its band, its unit, its step; and what two sources agree in."""

import itertools
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk import words
from minerdesk.economics.plausibility import (
    LAG_BLOCKS,
    SINCE_2020,
    STEPS,
    WIDER_STEPS,
    WIDEST_STEP,
    agree,
    band,
    slip,
    step_doubt,
    value_words,
)
from minerdesk.observations import Observation, Origin
from minerdesk.quantities import QUANTITIES

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
#: What each quantity was about, in its unit.
USUAL = {
    "btc_price_usd": 95_546.14,
    "difficulty": 146_472_570_619_930.78,
    "tip_height": 932_513.0,
    "fees_btc_per_block": 0.0229,
    "network_hashrate_7d_eh_s": 1_004.8,
    "gpu_rate_on_demand_usd_per_gpu_hour": 5.98,
    "pool_hhi": 0.15,
    "pools_for_majority": 3.0,
    "pool_largest_share": 0.29,
    "open_interest_usd": 5.0e9,
}
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def stated(quantity: str, value: float, source: str = "kraken", ago: timedelta = timedelta(0)) -> Observation:
    return Observation(
        quantity=quantity,
        value=value,
        unit=QUANTITIES[quantity].unit,
        as_of=NOW - ago,
        fetched_at=NOW - ago,
        source=source,
        origin=Origin.NETWORK,
    )


@pytest.mark.parametrize("quantity", USUAL)
@pytest.mark.parametrize("power", [3, 6, 8, 9, 12, 18])
@pytest.mark.parametrize("sign", [1, -1])
@given(near=st.floats(0.5, 2.0), days=st.floats(0, 364))
def test_a_slip_of_unit_is_caught_for_every_quantity(
    quantity: str, power: int, sign: int, near: float, days: float
) -> None:
    known = stated(quantity, USUAL[quantity], ago=timedelta(days=days))
    slipped = stated(quantity, USUAL[quantity] * near * 10.0 ** (sign * power))
    assert step_doubt(slipped, known, NOW) or not QUANTITIES[quantity].allows(slipped.value)


@pytest.mark.parametrize("quantity", SINCE_2020)
def test_without_any_earlier_value_the_band_of_its_day_is_narrower_than_the_declared_range(quantity: str) -> None:
    declared, (low, high) = QUANTITIES[quantity], band(quantity, NOW)
    assert declared.low <= low < high <= declared.high
    assert band(quantity, datetime(2013, 1, 1, tzinfo=UTC)) == (declared.low, declared.high)
    price = band("btc_price_usd", NOW)
    assert not price[0] <= USUAL["btc_price_usd"] / 1e3 and not USUAL["btc_price_usd"] * 1e3 <= price[1]


def test_the_doubt_says_both_numbers_the_source_of_the_old_one_and_the_probable_unit() -> None:
    known = stated("network_hashrate_7d_eh_s", 1_004.8, "mempool", timedelta(hours=1))
    found = stated("network_hashrate_7d_eh_s", 1_010e6)
    said = words.plain(step_doubt(found, known, NOW, {"mempool": "mempool.space"}.__getitem__))
    assert said == (
        "1 010 000 000 EH/s is 1 005 175 times the 1 005 EH/s of 16 Jan 2026, 11:00 UTC (mempool.space); "
        "it looks like TH/s in place of EH/s"
    )


@pytest.mark.parametrize(
    ("unit", "ratio", "named"),
    [
        ("BTC", 1e8, "satoshis in place of BTC"),
        ("EH/s", 1e18, "H/s in place of EH/s"),
        ("$/PH/day", 1e-3, "$/TH/day in place of $/PH/day"),
        ("$/GPU-h", 100.0, "cents in place of $/GPU-h"),
        ("", 1e-12, "units of T in place of ones"),
    ],
)
def test_probable_units_are_named(unit: str, ratio: float, named: str) -> None:
    assert slip(unit, ratio) == named


@pytest.mark.parametrize("ratio", [0.0, -1e3, math.inf, math.nan, 1.0, 20.0, 0.05])
def test_what_is_no_slip_has_no_unit(ratio: float) -> None:
    assert slip("EH/s", ratio) == ""


@pytest.mark.parametrize("quantity", STEPS)
def test_a_step_is_doubted_beyond_its_bounds_which_widen_with_the_age_of_the_last_value(quantity: str) -> None:
    low, high = STEPS[quantity]
    known = stated(quantity, 1e14)
    for ratio in (low, 1.0, high):
        assert step_doubt(stated(quantity, 1e14 * ratio), known, NOW) == ""
    for ratio in (low * 0.999, high * 1.001):
        assert step_doubt(stated(quantity, 1e14 * ratio), known, NOW)
        expired = stated(quantity, 1e14, ago=QUANTITIES[quantity].expired + QUANTITIES[quantity].lag + timedelta(3))
        assert step_doubt(stated(quantity, 1e14 * ratio), expired, NOW) == ""


def test_ten_times_the_price_is_doubted_for_three_months_though_a_price_is_current_for_minutes_only() -> None:
    def said(ratio: float, days: float) -> bool:
        known = stated("btc_price_usd", 70_390.0, ago=timedelta(days=days))
        return bool(step_doubt(stated("btc_price_usd", 70_390.0 * ratio), known, NOW))

    for days in (0.0, 0.5, 2.0, 29.0, 89.0):
        assert said(10.0, days) and said(0.1, days)
    assert said(1.6, 2.9) and not said(1.47, 2.9), "the most of three days since 2014"
    assert not said(1.6, 3.1) and not said(2.99, 30.0) and not said(0.4, 30.0), "the most of thirty"
    assert said(3.1, 29.0) and not said(5.3, 90.0) and said(6.1, 89.0) and not said(25.2, 364.0) and said(31.0, 364.0)


@pytest.mark.parametrize("quantity", STEPS)
def test_a_step_never_narrows_with_age(quantity: str) -> None:
    for narrow, wide in itertools.pairwise([STEPS[quantity], *(step for _, step in WIDER_STEPS), WIDEST_STEP]):
        assert wide[0] < narrow[0] and narrow[1] < wide[1]


def test_a_value_of_more_than_a_year_ago_says_nothing() -> None:
    known = stated("btc_price_usd", 95_000.0, ago=timedelta(days=366))
    assert step_doubt(stated("btc_price_usd", 95e9), known, NOW) == ""
    assert step_doubt(stated("btc_price_usd", 95e9), None, NOW) == ""


def test_the_chain_never_gets_shorter_nor_much_longer_at_once() -> None:
    known = stated("tip_height", 932_513.0, "mempool", timedelta(hours=2))

    def said(height: float) -> str:
        return step_doubt(stated("tip_height", height), known, NOW)

    assert said(932_513 - LAG_BLOCKS) == said(932_513) == said(932_525) == said(932_567) == ""
    assert "comes before the" in said(932_510) and "mempool" in said(932_510)
    assert "blocks on from" in said(932_568)
    old = stated("tip_height", 932_513.0, ago=timedelta(days=30))
    assert "comes before" in step_doubt(stated("tip_height", 932_000.0), old, NOW)
    assert step_doubt(stated("tip_height", 936_800.0), old, NOW) == ""


def test_two_prices_agree_to_five_per_cent_and_two_tips_to_some_blocks() -> None:
    assert agree("btc_price_usd", 100_000, 105_000) and not agree("btc_price_usd", 100_000, 105_001)
    assert agree("tip_height", 932_513, 932_507) and not agree("tip_height", 932_513, 932_500)


@given(value=FINITE, other=FINITE, days=st.floats(-1e4, 1e4))
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_no_finite_number_makes_a_check_fail(quantity: str, value: float, other: float, days: float) -> None:
    found, known = stated(quantity, value), stated(quantity, other, ago=timedelta(days=days))
    assert isinstance(step_doubt(found, known, NOW), str)
    assert agree(quantity, value, value) and isinstance(agree(quantity, value, other), bool)
    assert value_words(quantity, value)


@given(ratio=st.floats(*WIDEST_STEP))
def test_what_no_step_is_declared_for_may_change_thirtyfold_and_no_more(ratio: float) -> None:
    known = stated("fees_btc_per_block", 0.5)
    assert step_doubt(stated("fees_btc_per_block", 0.5 * ratio), known, NOW) == ""
    assert step_doubt(stated("fees_btc_per_block", 0.5 * 31), known, NOW)
