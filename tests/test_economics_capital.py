"""Capital recovery, present value, rates of return and payback; also against an independent program."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
