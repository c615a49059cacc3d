"""What a plan is worth: against numpy-financial, by hand, and the best share against SciPy's linear programme."""

import time

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_plan import case_of, row, still
from scipy.optimize import linprog

from minerdesk.economics.plan.drivers import Drivers, base_drivers
from minerdesk.economics.plan.evaluate import evaluate_plan
from minerdesk.economics.plan.optimum import hybrid_optimum
from minerdesk.economics.plan.strategies import Strategy, cash_flows
from minerdesk.economics.plan.worth import NOTHING_LAID_OUT, monthly_rate, npv_usd, payback_months, worth_of
from minerdesk.economics.schema import build

KEEP, ALL, HYBRID = Strategy.KEEP_MINING, Strategy.CONVERT_ALL, Strategy.HYBRID


# -- worth ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"plan.business": "gpu_cloud"},
        {"plan.business": "powered_shell"},
        {"debt.enabled": True, "tax.enabled": True},
        {"colo.rent_usd_per_kw_month": 90.0},
        {"plan.horizon_years": 7.0},
    ],
)
def test_worth_is_numpy_financials(values: dict) -> None:
    for one in evaluate_plan(case_of(values)).strategies.values():
        cash, rate = one.flows.cash_usd, monthly_rate(0.12)
        assert one.npv_usd == pytest.approx(npf.npv(rate, cash), rel=1e-9)
        if len(one.irr) == 1 and one.peak_funding_usd:
            assert (1 + one.irr[0]) ** (1 / 12) - 1 == pytest.approx(npf.irr(cash), abs=1e-8)
        if one.mirr is not None:
            assert (1 + one.mirr) ** (1 / 12) - 1 == pytest.approx(npf.mirr(cash, rate, rate), abs=1e-9)


def test_the_present_value_at_each_rate_of_return_is_nothing() -> None:
    for values in ({}, {"plan.business": "gpu_cloud"}, {"plan.business": "powered_shell", "debt.enabled": True}):
        result = evaluate_plan(case_of(values))
        for one in (*result.strategies.values(), *result.incremental.values()):
            for rate in one.irr:
                cash = getattr(one, "flows", None)
                if cash is not None:
                    assert abs(npv_usd(cash.cash_usd, rate)) < 1e-6 * np.abs(cash.cash_usd).sum()


def months(*cash: float) -> np.ndarray:
    return np.array(cash)


def test_rates_are_none_one_or_several_and_said_so() -> None:
    year = np.zeros(25)
    year[[0, 12, 24]] = -100, 230, -132
    several = worth_of(year, 0.1)
    assert several.irr == pytest.approx((0.1, 0.2))
    assert several.irr_note.startswith("2 rates")
    assert "a year" in several.irr_note
    none = worth_of(months(-100, -1, -1), 0.1)
    assert none.irr == ()
    assert "nothing comes back" in none.irr_note
    assert none.payback_months is None
    one = worth_of(np.array([-100.0, *[100 * 0.01 / (1 - 1.01**-240)] * 240]), 0.1)
    assert one.irr == pytest.approx((1.01**12 - 1,))
    assert "12.68" in one.irr_note
    nothing = worth_of(months(5, 3, -2, 1), 0.1)
    assert (nothing.irr, nothing.irr_note, nothing.mirr) == ((), NOTHING_LAID_OUT, None)
    assert (nothing.payback_months, nothing.peak_funding_usd, nothing.peak_funding_month) == (0, 0, None)


def test_no_rate_is_made_of_a_last_payment_that_hundreds_of_months_shrink() -> None:
    """A cost at the end has a mathematical rate far below -90 % a year, which nobody earns."""
    cash = np.array([-100.0, *[2.0] * 239, -300.0])
    found = worth_of(cash, 0.1)
    assert all(rate > -0.9 for rate in found.irr)


def test_payback_is_counted_from_the_deepest_point() -> None:
    assert payback_months(np.cumsum([10.0, -50.0, 15.0, 15.0, 20.0])) == pytest.approx(3.5)
    assert payback_months(np.cumsum([-10.0, 20.0, -50.0, 60.0])) == pytest.approx(2 + 40 / 60)
    assert payback_months(np.cumsum([-10.0, 5.0])) is None
    assert payback_months(np.zeros(3)) == 0
    found = worth_of(months(10, -50, 15, 15, 20), 0.0)
    assert (found.peak_funding_usd, found.peak_funding_month) == (40, 1)
    assert found.discounted_payback_months == found.payback_months
    assert worth_of(months(10, -50, 15, 15, 20), 0.5).discounted_payback_months > found.payback_months


def test_yearly_vectors_come_out_of_months() -> None:
    cash = np.zeros(61)
    cash[0], cash[12::12] = -100, 30
    found = worth_of(cash, 0.10)
    assert found.npv_usd == pytest.approx(13.723603, abs=1e-6)
    assert found.irr == pytest.approx((0.15238237,))


# -- the plan ---------------------------------------------------------------------------------------------------------


def test_the_difference_is_the_same_per_megawatt_for_the_same_phases() -> None:
    result = evaluate_plan(case_of())
    both = result.incremental
    assert both[ALL].npv_usd == pytest.approx(2 * both[HYBRID].npv_usd)
    assert both[ALL].irr == pytest.approx(both[HYBRID].irr)
    gain = result.strategies[HYBRID].npv_usd - result.strategies[KEEP].npv_usd
    assert both[HYBRID].npv_usd == pytest.approx(gain)
    assert result.strategies[KEEP].irr_note == NOTHING_LAID_OUT
    assert result.strategies[KEEP].capex_usd == 0
    assert result.strategies[ALL].capex_usd == pytest.approx(100e7 / 1.3)


def test_a_phase_by_hand() -> None:
    """40 MW of colocation at once, still world: rent and opex against mining, month after month."""
    result = evaluate_plan(still({"plan.discount_rate": 0.1}, [row(40, 0, 0)], tip=None))
    more = (150 * 1_000 * 12 / 1.3 * 0.85 - 332_997) * 40 / 12
    rate = 1.1 ** (1 / 12) - 1
    expected = more * (1 - (1 + rate) ** -240) / rate - 40e7 / 1.3
    assert result.incremental[HYBRID].npv_usd == pytest.approx(expected, rel=1e-4)
    assert result.incremental[HYBRID].payback_months == pytest.approx(40e7 / 1.3 / more, rel=1e-4)


# -- the best share ---------------------------------------------------------------------------------------------------

npvs = st.floats(-5e6, 5e6)


@given(
    ai=npvs,
    mining=npvs,
    capex=st.floats(0, 2e7),
    site=st.floats(0.1, 1_000),
    share=st.floats(0, 1),
    firm=st.none() | st.floats(0, 1_000),
    limit=st.none() | st.floats(0, 1e10),
)
def test_the_optimum_is_the_linear_programmes(ai, mining, capex, site, share, firm, limit) -> None:
    values = {
        "site.capacity_mw": site,
        "plan.convertible_fraction": share,
        "plan.interconnection_mw": firm,
        "plan.capital_limit_usd": limit,
    }
    found = hybrid_optimum(build(values), ai_npv_usd_per_mw=ai, mining_npv_usd_per_mw=mining, capex_usd_per_mw=capex)
    rows, bounds = [[1.0, 1.0], [1.0, 0.0]], [site, share * site]
    if firm is not None:
        rows, bounds = [*rows, [1.0, 0.0]], [*bounds, firm]
    if limit is not None:
        rows, bounds = [*rows, [capex / 1e6, 0.0]], [*bounds, limit / 1e6]
    best = linprog([-ai / 1e6, -mining / 1e6], A_ub=rows, b_ub=bounds, bounds=[(0, None), (0, None)])
    assert found.npv_usd / 1e6 == pytest.approx(-best.fun, rel=1e-6, abs=1e-4)
    assert found.ai_mw + found.mining_mw <= site * (1 + 1e-12)


@pytest.mark.parametrize(
    ("values", "binding", "mw", "words"),
    [
        ({}, "site", 100, "no cap binds"),
        ({"plan.convertible_fraction": 0.6}, "convertible_share", 60, "60.0"),
        ({"plan.interconnection_mw": 42.0, "plan.convertible_fraction": 0.6}, "interconnection", 42, "42"),
        ({"plan.capital_limit_usd": 1e8}, "capital_limit", 13, "$100"),
        ({"plan.capital_limit_usd": 0.0}, "capital_limit", 0, "$0"),
        ({"colo.rent_usd_per_kw_month": 60.0}, "value", 0, "Convert nothing"),
    ],
)
def test_the_cap_that_binds_is_named(values: dict, binding: str, mw: float, words: str) -> None:
    best = evaluate_plan(case_of({"colo.rent_usd_per_kw_month": 190.0, **values})).optimum
    assert (best.binding, best.ai_mw) == (binding, pytest.approx(mw))
    assert words in best.words


def test_the_optimum_is_the_plans_own_value_at_its_share() -> None:
    """Linear without tax: a hybrid of the optimal size is worth what the optimum says."""
    values = {"colo.rent_usd_per_kw_month": 190.0, "plan.capital_limit_usd": 2.5e8, "debt.enabled": True}
    best = evaluate_plan(case_of(values)).optimum
    half = best.ai_mw / 2
    again = evaluate_plan(case_of(values, [row(half, 3, 12), row(half, 9, 12)]))
    assert again.strategies[HYBRID].npv_usd == pytest.approx(best.npv_usd)
    assert again.incremental[HYBRID].npv_usd == pytest.approx(best.gain_usd)
    assert again.strategies[HYBRID].capex_usd == pytest.approx(2.5e8)


def test_where_neither_pays_standing_still_is_best() -> None:
    values = {"power.price_usd_per_mwh": 150.0, "plan.stops_at_a_loss": False, "colo.rent_usd_per_kw_month": 60.0}
    best = evaluate_plan(case_of(values)).optimum
    assert (best.ai_mw, best.mining_mw, best.npv_usd) == (0, 0, 0)
    assert best.gain_usd > 0
    assert "standing still" in best.words


def test_what_exceeds_the_capital_limit_is_said() -> None:
    """Phases are the user's own: the limit binds the best share alone, and says so."""
    notes = evaluate_plan(case_of({"plan.capital_limit_usd": 5e8})).notes
    assert any(note.startswith("Convert all: more capital than the limit of $500") for note in notes)
    both = evaluate_plan(case_of({"plan.capital_limit_usd": 1e6})).notes
    assert any(note.startswith("Convert all and Hybrid: more capital") for note in both)
    assert not any("more capital" in note for note in evaluate_plan(case_of({"plan.capital_limit_usd": 1e9})).notes)


def test_cash_that_falls_below_zero_after_its_payback_is_said() -> None:
    """New GPUs take a paid-back site below zero again: the payback alone would mislead."""
    result = evaluate_plan(case_of({"plan.business": "gpu_cloud"}))
    one = result.strategies[ALL]
    running = np.cumsum(one.flows.cash_usd)
    last = int(np.flatnonzero(running < 0)[-1])
    assert one.payback_months is not None
    assert last > one.payback_months
    day = case_of().month_date(last + 1)
    assert any(f"below zero again: Convert all until {day:%b %Y}" in note for note in result.notes)
    assert not any("Once paid back" in note for note in evaluate_plan(case_of()).notes)


def test_a_rate_that_falls_in_the_plan_and_not_on_the_desk_is_said() -> None:
    cloud = {"plan.business": "gpu_cloud"}
    assert any("falls by 15.0" in note for note in evaluate_plan(case_of(cloud)).notes)
    held = {**cloud, "plan.gpu_rate_decay_fraction_a_year": 0.0}
    assert not any(
        "the desk holds" in note for note in (*evaluate_plan(case_of(held)).notes, *evaluate_plan(case_of()).notes)
    )


def test_it_is_quick_enough_for_every_edit_and_for_thousands_of_paths() -> None:
    """Processor time with much room: 10 ms and 40 ms were measured."""
    case = case_of()
    evaluate_plan(case)
    start = time.process_time()
    evaluate_plan(case)
    assert time.process_time() - start < 0.25
    base = base_drivers(case)
    many = Drivers(**{name: np.tile(getattr(base, name)[:180], (500, 1)) for name in base.__dataclass_fields__})
    start = time.process_time()
    cash_flows(case, many)
    assert time.process_time() - start < 1.0
