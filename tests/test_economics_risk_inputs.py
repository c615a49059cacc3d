"""What the Monte Carlo stands on: correlations that can hold together, and volatilities out of a history."""

from datetime import UTC, datetime
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_months import risk_of

from minerdesk.economics import schema
from minerdesk.economics.dispatch import MarketYear
from minerdesk.economics.risk import correlation
from minerdesk.economics.risk.drivers import Terms
from minerdesk.economics.risk.inputs import DRIVERS, KEYS, PAIRS, Driver, pair_key
from minerdesk.economics.risk.volatility import (
    ASSUMED,
    LEAST_CHANGES,
    History,
    Origin,
    annualised,
    of_difficulty,
    of_gpu_rates,
    of_market_years,
    of_price,
    volatilities,
)
from minerdesk.errors import InputError, Severity
from minerdesk.observations import RateBand, Series
from minerdesk.units import SECONDS_PER_DAY

NOW = datetime(2026, 1, 16, tzinfo=UTC)
START_S = int(datetime(2022, 1, 2, tzinfo=UTC).timestamp())
YEAR_S = 365.25 * SECONDS_PER_DAY


def series(quantity: str, times, values) -> Series:
    return Series.of(quantity, times, values, source="test", fetched_at=NOW)


def band(gpu: str, panel: str, medians: list[float]) -> RateBand:
    times = np.array([START_S + month * 30 * SECONDS_PER_DAY for month in range(len(medians))])
    rates = np.array(medians)
    return RateBand(gpu=gpu, panel=panel, times=times, low=rates, median=rates, high=rates)


def year(key: str, number: int, mean: float) -> MarketYear:
    return MarketYear(
        key=f"{key}_{number}", label=key, year=number, currency="USD", hours=8760.0, prices_per_mwh=np.full(4, mean)
    )


# -- correlations -----------------------------------------------------------------------------------------------------


def test_every_pair_has_its_input_and_every_input_is_one_of_the_page() -> None:
    declared = [key for key, field in schema.FIELDS.items() if field.page == "risk"]
    assert declared == list(KEYS)
    assert {pair_key(*pair) for pair in PAIRS} == {key for key in KEYS if "correlation" in key}
    assert len(PAIRS) == 10


def test_a_contradiction_is_named_with_what_would_fit() -> None:
    risk = risk_of(correlation_btc_gpu_rate=0.9, correlation_gpu_rate_utilisation=0.9, correlation_btc_utilisation=-0.5)
    found = correlation.problem(risk)
    assert found is not None
    assert found.severity is Severity.ERROR
    assert found.field == "risk.correlation_btc_utilisation"
    assert "BTC price with utilisation −0.5" in found.message
    assert "from 0.62 to 1." in found.message
    assert "multiply all ten by 0." in found.message
    with pytest.raises(InputError, match="don’t allow BTC price with utilisation"):
        Terms.of(risk, {})


def test_a_contradiction_of_many_is_mended_by_shrinking() -> None:
    """Five drivers, each pair at -0.3: no three contradict (the limit is -0.5), all five do (-0.25)."""
    names = {pair_key(*pair).removeprefix("risk."): -0.3 for pair in PAIRS}
    found = correlation.problem(risk_of(**names))
    assert found is not None
    assert found.message.startswith("The ten correlations can’t all hold together. Multiply all ten by 0.833.")
    assert correlation.problem(risk_of(**dict.fromkeys(names, -0.3 * 0.833))) is None


def test_drivers_that_move_as_one_are_allowed() -> None:
    names = {pair_key(*pair).removeprefix("risk."): 1.0 for pair in PAIRS}
    risk = risk_of(**names)
    assert correlation.problem(risk) is None
    root = correlation.root(correlation.matrix(risk))
    assert root @ root.T == pytest.approx(np.ones((5, 5)), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=10, max_size=10))
def test_a_refusal_and_its_remedy_agree_with_the_eigenvalues(typed: list[float]) -> None:
    names = {pair_key(*pair).removeprefix("risk."): value for pair, value in zip(PAIRS, typed, strict=True)}
    risk = risk_of(**names)
    matrix = correlation.matrix(risk)
    lowest = float(np.linalg.eigvalsh(matrix)[0])
    assert (correlation.problem(risk) is None) == (lowest >= -1e-9)
    shrunk = correlation.shrinkage(matrix) * (matrix - np.eye(5)) + np.eye(5)
    assert np.linalg.eigvalsh(shrunk)[0] >= -1e-7
    root = correlation.root(shrunk)
    assert root @ root.T == pytest.approx(shrunk, abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_the_range_that_is_offered_holds(typed: list[float]) -> None:
    nothing = {pair_key(*pair).removeprefix("risk."): 0.0 for pair in PAIRS}
    three = (Driver.BTC, Driver.GPU_RATE, Driver.POWER)
    names = [pair_key(*pair).removeprefix("risk.") for pair in combinations(three, 2)]
    contradicting = nothing | dict(zip(names, typed, strict=True))
    found = correlation._worst_triple(risk_of(**contradicting))
    if found is None:
        return
    (first, _, last), (low, high) = found
    name = pair_key(*sorted((first, last), key=DRIVERS.index)).removeprefix("risk.")
    assert correlation.problem(risk_of(**contradicting | {name: (low + high) / 2})) is None


# -- volatilities -----------------------------------------------------------------------------------------------------


def test_uneven_steps_give_the_volatility_that_made_them() -> None:
    rng = np.random.default_rng(5)
    years = rng.choice([1, 7, 14], size=20_000) / 365.25
    changes = 0.3 * years + rng.normal(size=len(years)) * 0.6 * np.sqrt(years)
    assert annualised(changes, years) == pytest.approx(0.6, rel=0.02)


def test_a_steady_rise_has_no_volatility_and_one_change_is_none() -> None:
    years = np.array([0.1, 0.2, 0.4])
    assert annualised(years * 0.5, years) == pytest.approx(0, abs=1e-12)
    assert np.isnan(annualised(np.array([0.1]), np.array([1.0])))
    assert annualised(np.array([0.1]), np.array([1.0]), drift=False) == pytest.approx(0.1)


def test_the_price_is_estimated_from_its_last_three_years_with_gaps_left_out() -> None:
    rng = np.random.default_rng(6)
    weeks = 300
    logs = np.cumsum(rng.normal(size=weeks) * np.where(np.arange(weeks) < 100, 3.0, 0.5) / np.sqrt(52))
    values = 50_000 * np.exp(logs)
    values[280] = np.nan
    found = of_price(series("btc_price_daily_usd", START_S + np.arange(weeks) * 7 * SECONDS_PER_DAY, values))
    assert found.origin is Origin.ESTIMATED
    assert found.value == pytest.approx(0.5, rel=0.15)
    assert 153 <= found.changes <= 157
    assert found.window.endswith("29 Sep 2024 to 26 Sep 2027")
    assert found.origin_words.startswith(f"estimated from {found.changes} changes, ")


def test_difficulty_that_only_follows_the_price_has_nothing_of_its_own() -> None:
    """An elasticity of 1 without a lag: difficulty in proportion to the price."""
    times = START_S + np.arange(80) * 14 * SECONDS_PER_DAY
    prices = 50_000 * np.exp(np.cumsum(np.random.default_rng(7).normal(size=80)) * 0.1)
    price, difficulty = series("btc_price_daily_usd", times, prices), series("difficulty_epochs", times, prices * 1e9)
    followed = of_difficulty(difficulty, price, elasticity=1.0, lag_months=0.0)
    ignored = of_difficulty(difficulty, price, elasticity=0.0, lag_months=0.0)
    assert followed.value == pytest.approx(0, abs=1e-12)
    assert ignored.value > 0.3
    assert ignored.changes == 78


def test_a_history_that_is_too_short_gives_an_assumption_that_says_so() -> None:
    empty = series("btc_price_daily_usd", [], [])
    found = volatilities(risk_of(), History(price=empty, difficulty=empty))
    assert {driver: one.value for driver, one in found.items()} == ASSUMED
    assert all(one.origin is Origin.ASSUMED for one in found.values())
    assert "the history has 0 changes, 52 are needed" in found[Driver.BTC].origin_words


def test_gpu_rates_are_pooled_within_their_panels() -> None:
    steps = [1.0, 1.1, 1.0, 1.1, 1.0]
    two = [band("A", "one", steps), band("B", "one", [2 * step for step in steps])]
    found = of_gpu_rates([*two, band("A", "other", [9.0])])
    month = np.sqrt(30 * SECONDS_PER_DAY / YEAR_S)
    assert found.changes == 8 == LEAST_CHANGES[Driver.GPU_RATE]
    assert found.value == pytest.approx(np.log(1.1) / month * np.sqrt(8 / 7), rel=1e-3)
    assert "2 GPU types" in found.window
    assert of_gpu_rates(two[:1]).origin is Origin.ASSUMED


def test_power_is_estimated_from_the_yearly_means_of_each_market() -> None:
    years = [year(market, number, 30 * 1.2 ** (number - 2024)) for market in "abcd" for number in (2024, 2025)]
    found = of_market_years([*years, year("alone", 2025, 99.0), year("free", 2024, 0.0), year("free", 2025, 5.0)])
    assert found.changes == 4
    assert found.value == pytest.approx(np.log(1.2))
    assert "2024 to 2025" in found.window


def test_what_is_typed_is_taken_and_zero_is_a_value() -> None:
    empty = series("btc_price_daily_usd", [], [])
    found = volatilities(risk_of(btc_volatility=0.8, power_volatility=0.0), History(price=empty, difficulty=empty))
    assert (found[Driver.BTC].value, found[Driver.POWER].value) == (0.8, 0.0)
    assert found[Driver.POWER].origin_words == "typed"
