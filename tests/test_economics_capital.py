"""Capital recovery, present value, rates of return and payback; also against an independent program."""

import math
from itertools import pairwise

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq

from minerdesk.economics import capital


@pytest.mark.parametrize(
    ("rate", "years", "factor"), [(0.10, 5, 0.26379748), (0.12, 5, 0.27740973), (0.10, 15, 0.13147378), (0.0, 4, 0.25)]
)
def test_capital_recovery_factor(rate: float, years: float, factor: float) -> None:
    assert capital.capital_recovery_factor(rate, years) == pytest.approx(factor, abs=5e-9)


@pytest.mark.parametrize(("rate", "years"), [(0.1, 0), (0.1, -1), (-0.01, 5)])
def test_capital_recovery_factor_refuses_nonsense(rate: float, years: float) -> None:
    with pytest.raises(ValueError, match="recovered"):
        capital.capital_recovery_factor(rate, years)


@given(st.floats(1e-9, 1.0), st.integers(1, 60))
def test_level_payments_repay_the_capital(rate: float, years: int) -> None:
    payment = capital.capital_recovery_factor(rate, years)
    assert capital.net_present_value(rate, [-1.0, *[payment] * years]) == pytest.approx(0, abs=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.5, 30))
def test_a_residual_lowers_the_charge_and_full_value_leaves_interest_only(
    rate: float, residual: float, years: float
) -> None:
    charge = capital.yearly_charge(1.0, rate, years, residual_fraction=residual)
    assert charge <= capital.yearly_charge(1.0, rate, years) + 1e-12
    assert capital.yearly_charge(1.0, rate, years, residual_fraction=1.0) == pytest.approx(rate, abs=1e-9)


PROJECT = [-100.0, 30, 30, 30, 30, 30]


def test_present_value_and_payback() -> None:
    assert capital.net_present_value(0.10, PROJECT) == pytest.approx(13.723603, abs=5e-7)
    assert capital.payback_years(PROJECT) == pytest.approx(3.3333, abs=5e-5)
    assert capital.payback_years(PROJECT, rate=0.10) == pytest.approx(4.263267, abs=5e-7)
    assert capital.payback_years([-100, 10, 10]) is None
    assert capital.payback_years([5, 1]) == 0


@pytest.mark.parametrize(
    ("flows", "rates"),
    [
        (PROJECT, [0.15238237]),
        ([-100, 230, -132], [0.10, 0.20]),
        ([-100, -1, -1], []),
        ([-100, 10, 10, 10], [-0.424417]),
    ],
)
def test_internal_rates_of_return(flows: list[float], rates: list[float]) -> None:
    found = capital.internal_rates_of_return(flows)
    assert found == pytest.approx(rates, abs=5e-7)


@given(st.lists(st.floats(1, 100), min_size=1, max_size=20))
def test_every_rate_found_makes_the_present_value_zero(incomes: list[float]) -> None:
    flows = [-sum(incomes) * 0.8, *incomes]
    for rate in capital.internal_rates_of_return(flows):
        scale = math.fsum(abs(flow) / (1 + rate) ** year for year, flow in enumerate(flows))
        assert abs(capital.net_present_value(rate, flows)) <= 1e-9 * scale


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-100, 220, -121], 0.10),
        ([100, -220, 121], 0.10),
        ([-100, 200, -100], 0.0),
        ([-400, 400, -100], -0.5),
        ([-1e15, 2.2e15, -1.21e15], 0.10),
    ],
)
def test_a_present_value_that_touches_zero_has_one_rate_and_is_said_to_touch(flows: list[float], rate: float) -> None:
    (found,) = capital.internal_rates_of_return(flows)
    assert found == pytest.approx(rate, abs=1e-6)
    assert "touches zero" in capital.rate_note(flows, [found])


@pytest.mark.parametrize("last", [-121.001, -120.999])
def test_just_beside_a_double_root_there_are_none_or_two(last: float) -> None:
    found = capital.internal_rates_of_return([-100, 220, last])
    assert len(found) == (0 if last < -121 else 2)


@pytest.mark.parametrize("cell", [1, 1_000, 3_999, 4_000])
def test_rates_on_the_points_of_the_grid_are_found_once(cell: int) -> None:
    for low in (capital.LOWEST_GROWTH, 1 / capital.HIGHEST_GROWTH):
        point = np.geomspace(low, capital.OVERLAP, capital.GROWTH_STEPS + 1)[cell]
        growth = point if low == capital.LOWEST_GROWTH else 1 / point
        assert capital.internal_rates_of_return([-1.0, growth]) == pytest.approx([growth - 1], rel=1e-9, abs=1e-12)
        double = capital.internal_rates_of_return([-1.0, 2 * growth, -growth * growth])
        assert double == pytest.approx([growth - 1], abs=1e-6)


@given(st.lists(st.floats(-0.7, 2.0), min_size=1, max_size=4))
def test_flows_made_of_known_rates_give_them_back(rates: list[float]) -> None:
    rates = sorted(rates)
    assume(all(b - a > 0.05 for a, b in pairwise(rates)))
    flows = np.poly(np.add(rates, 1.0)).tolist()  # the growth factors are the zeros of this polynomial
    assert capital.internal_rates_of_return(flows) == pytest.approx(rates, abs=1e-5)


@pytest.mark.parametrize("flows", [[], [5.0], [-5.0, 0, 0], [0.0, 0, 0], [-1, 0.0005], [-1, 12]])
def test_flows_without_any_rate_in_reach(flows: list[float]) -> None:
    assert capital.internal_rates_of_return(flows) == []
    assert capital.rate_note(flows, []).startswith("No rate")


def test_flows_of_nothing_before_and_after_change_no_rate() -> None:
    assert capital.internal_rates_of_return([0, 0, -100, 230, -132, 0, 0]) == pytest.approx([0.10, 0.20])


@pytest.mark.parametrize("periods", [60, 240, 600])
def test_long_rows_are_no_trouble(periods: int) -> None:
    level = 100 * capital.capital_recovery_factor(0.01, periods)
    assert capital.internal_rates_of_return([-100, *[level] * periods]) == pytest.approx([0.01])


def test_the_note_says_none_one_or_several() -> None:
    assert "no flow is positive" in capital.rate_note([-100, -1], [])
    assert "no flow is negative" in capital.rate_note([100, 1], [])
    assert "never zero" in capital.rate_note([-100, 200, -110], [])
    assert capital.rate_note([-100, 110], [0.1]).startswith("One rate, 10.00")
    several = capital.rate_note([-100, 230, -132], [0.1, 0.2])
    assert several.startswith("2 rates")
    assert "none of them is the return" in several


projects = st.tuples(st.floats(1, 1e6), st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60)).map(
    lambda drawn: [-drawn[0], *drawn[1]]
)


@given(projects, st.floats(-0.5, 3.0))
def test_present_value_against_numpy_financial(flows: list[float], rate: float) -> None:
    scale = math.fsum(abs(flow) / (1 + rate) ** year for year, flow in enumerate(flows))
    assert capital.net_present_value(rate, flows) == pytest.approx(npf.npv(rate, flows), abs=1e-9 * scale)


@given(projects, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_modified_rate_against_numpy_financial(flows: list[float], finance: float, reinvest: float) -> None:
    ours = capital.modified_internal_rate_of_return(flows, finance_rate=finance, reinvest_rate=reinvest)
    assert ours == pytest.approx(npf.mirr(flows, finance, reinvest), rel=1e-9, abs=1e-12)


@given(projects)
def test_the_single_rate_of_an_investment_against_scipy(flows: list[float]) -> None:
    def value(rate: float) -> float:
        return math.fsum(flow * (1 + rate) ** (len(flows) - 1 - year) for year, flow in enumerate(flows))

    assume(value(-0.99) * value(9.0) < 0)
    (found,) = capital.internal_rates_of_return(flows)
    assert found == pytest.approx(brentq(value, -0.99, 9.0, xtol=1e-13), abs=1e-8)


@given(st.floats(0.001, 1.0), st.integers(1, 60))
def test_level_payments_against_numpy_financial(rate: float, years: int) -> None:
    assert capital.capital_recovery_factor(rate, years) == pytest.approx(-npf.pmt(rate, years, 1.0), rel=1e-9)


@pytest.mark.parametrize("flows", [[-100.0], [-100, -1], [100, 1], [], [-1e-300, 1e300]])
def test_a_modified_rate_without_meaning_is_none(flows: list[float]) -> None:
    assert capital.modified_internal_rate_of_return(flows, finance_rate=0.1, reinvest_rate=0.1) is None


@pytest.mark.parametrize("rate", [-1.0, -2.0])
def test_a_rate_of_minus_100_percent_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="-100"):
        capital.net_present_value(rate, PROJECT)
    with pytest.raises(ValueError, match="-100"):
        capital.payback_years(PROJECT, rate=rate)


def test_payback_of_uneven_flows_is_linear_within_its_year_and_counts_once() -> None:
    assert capital.payback_years([-100, 0, 40, 120]) == pytest.approx(2.5)
    assert capital.payback_years([-100, 230, -200]) == pytest.approx(100 / 230)
    assert capital.payback_years([-100, -50, 300]) == pytest.approx(1.5)
