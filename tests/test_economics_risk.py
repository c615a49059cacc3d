"""The Monte Carlo: closed forms, reproducibility, errors that shrink as they should, bounded memory."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_months import AI, HALF, MINING, QUIET, base_of, cash_of, model_of, terms_of
from scipy import stats

from minerdesk.economics.risk import statistics
from minerdesk.economics.risk.drivers import (
    BLOCK_PATHS,
    Terms,
    block_normals,
    centring,
    deviations,
    driver_paths,
    shocks,
)
from minerdesk.economics.risk.inputs import DRIVERS, Driver
from minerdesk.economics.risk.simulation import RiskResult, simulate
from minerdesk.economics.risk.statistics import Convergence, Distribution, expected_shortfall, histogram, quantiles

MONTHS = 121
MANY = 40  # blocks: 10,000 paths


def paths_of(terms: Terms, months: int = MONTHS, blocks: int = MANY):
    moves = np.concatenate([shocks(block_normals(7, block, months), terms) for block in range(blocks)], axis=2)
    return driver_paths(base_of(months), moves, terms, centring(months, terms))


def run(terms: Terms, months: int = 36, paths: int = 1_000, seed: int = 3, **more) -> RiskResult:
    found = simulate(model_of(months), terms, paths=paths, seed=seed, **more)
    assert found is not None
    return found


# -- the drivers: closed forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("centre", ["mean", "median"])
def test_the_price_has_the_moments_of_a_geometric_brownian_motion(centre: str) -> None:
    """After t years: ln S is normal with deviation s sqrt(t), the mean (or the median) is the plan's path."""
    sigma, base = 0.4, base_of(MONTHS).btc_price_usd
    terms = terms_of({**QUIET, Driver.BTC: sigma}, centre=centre)
    price = paths_of(terms).btc_price_usd
    for month in (12, 60, 120):
        spread = sigma * np.sqrt(month / 12)
        logs = np.log(price[:, month] / base[month])
        error = spread / np.sqrt(len(logs))
        assert logs.mean() == pytest.approx(-(spread**2) / 2 if centre == "mean" else 0.0, abs=4 * error)
        assert logs.std() == pytest.approx(spread, rel=0.03)
        assert stats.kstest(logs, "norm", args=(logs.mean(), spread)).pvalue > 1e-3
        expected = base[month] * (1.0 if centre == "mean" else np.exp(spread**2 / 2))
        wide = expected * np.sqrt(np.expm1(spread**2)) / np.sqrt(len(logs))
        assert price[:, month].mean() == pytest.approx(expected, abs=4 * wide)


def test_a_rate_that_returns_has_the_variance_of_an_ornstein_uhlenbeck_process() -> None:
    """With half-life h, kappa = ln 2 / h: variance ``s² (1 - exp(-2 kappa t)) / (2 kappa)``."""
    sigma, half_life = 0.35, 1.5
    terms = terms_of({**QUIET, Driver.GPU_RATE: sigma}, gpu_rate_half_life_years=half_life, centre="median")
    base = base_of(MONTHS).gpu_rate_usd_per_gpu_hour
    logs = np.log(paths_of(terms).gpu_rate_usd_per_gpu_hour / base)
    kappa = np.log(2) / half_life
    for month in (1, 12, 120):
        expected = sigma**2 * (1 - np.exp(-2 * kappa * month / 12)) / (2 * kappa)
        assert logs[:, month].var() == pytest.approx(expected, rel=0.06)


def test_every_mean_is_the_plan_where_the_plan_is_the_mean() -> None:
    terms = terms_of(utilisation_swing_fraction=0.0, correlation_btc_difficulty=0.5)
    paths, base = paths_of(terms), base_of(MONTHS)
    for name in ("btc_price_usd", "hashprice_usd_per_ph_day", "gpu_rate_usd_per_gpu_hour", "power_usd_per_mwh"):
        ratio = getattr(paths, name) / getattr(base, name)
        error = ratio.std(axis=0) / np.sqrt(len(ratio))
        assert (np.abs(ratio.mean(axis=0) - 1) <= 4.5 * error + 1e-12).all(), name


def test_difficulty_takes_over_its_share_of_a_price_move_with_its_lag() -> None:
    """A price doubled at once, elasticity 0.7, lag 6 months: after m months ``ln 2 * 0.7 (1 - exp(-m / 6))``."""
    terms = terms_of({**QUIET, Driver.BTC: 1.0}, difficulty_elasticity=0.7, difficulty_lag_months=6.0)
    moves = np.zeros((30, len(DRIVERS), 1))
    moves[1, 0] = np.log(2) * np.sqrt(12)
    found = deviations(moves, terms)
    since = np.arange(1, 30)
    taken = np.log(2) * 0.7 * (1 - np.exp(-since / 6))
    assert found.btc[1:, 0] == pytest.approx(np.log(2))
    assert found.hashprice[1:, 0] == pytest.approx(np.log(2) - taken)


def test_a_difficulty_that_follows_at_once_and_in_full_leaves_hashprice_alone() -> None:
    terms = terms_of(
        {**QUIET, Driver.BTC: 0.6}, difficulty_elasticity=1.0, difficulty_lag_months=0.0, utilisation_swing_fraction=0.0
    )
    paths = paths_of(terms, blocks=1)
    plan = base_of(MONTHS).hashprice_usd_per_ph_day
    assert np.allclose(paths.hashprice_usd_per_ph_day, plan, rtol=1e-12)
    assert paths.btc_price_usd.std(axis=0)[-1] > 0


def test_correlations_come_out_as_typed() -> None:
    typed = {(0, 2): 0.6, (0, 4): -0.4, (2, 3): 0.5}
    names = {f"correlation_{DRIVERS[one].value}_{DRIVERS[other].value}": value for (one, other), value in typed.items()}
    terms = terms_of(**names)
    moves = np.concatenate([shocks(block_normals(11, block, 40), terms) for block in range(8)], axis=2)
    found = np.corrcoef(moves.transpose(1, 0, 2).reshape(len(DRIVERS), -1))
    for (one, other), value in typed.items():
        assert found[one, other] == pytest.approx(value, abs=0.015)
    assert found[1, 4] == pytest.approx(0, abs=0.015)
    assert moves.std() == pytest.approx(1, abs=0.01)


@given(swing=st.floats(0, 0.5), level=st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0])), seed=st.integers(0, 99))
def test_utilisation_stays_within_its_bounds(swing: float, level: float, seed: int) -> None:
    terms = terms_of(utilisation_swing_fraction=swing)
    moves = shocks(block_normals(seed, 0, 24), terms)
    base = replace(base_of(24), gpu_utilisation_fraction=np.full(24, level))
    found = driver_paths(base, moves, terms, None).gpu_utilisation_fraction
    assert ((found >= 0) & (found <= 1)).all()
    if level in (0.0, 1.0):
        assert (found == level).all()


def test_a_small_swing_of_utilisation_is_its_deviation_in_the_long_run() -> None:
    found = paths_of(terms_of(utilisation_swing_fraction=0.02)).gpu_utilisation_fraction
    assert found[:, -1].std() == pytest.approx(0.02, rel=0.05)
    assert np.median(found[:, -1]) == pytest.approx(0.85, abs=0.002)


def test_a_negative_power_price_keeps_its_sign_and_nothing_stays_nothing() -> None:
    terms = terms_of()
    moves = shocks(block_normals(1, 0, 24), terms)
    base = replace(base_of(24), power_usd_per_mwh=np.linspace(-20, 3, 24))
    found = driver_paths(base, moves, terms, centring(24, terms))
    assert (np.sign(found.power_usd_per_mwh) == np.sign(base.power_usd_per_mwh)).all()


# -- runs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("centre", ["mean", "median"])
def test_without_volatility_every_path_is_the_plan_to_the_last_digit(centre: str) -> None:
    terms = terms_of(QUIET, utilisation_swing_fraction=0.0, centre=centre)
    model = model_of(36)
    moves = shocks(block_normals(1, 0, 36), terms)
    paths = driver_paths(model.base, moves, terms, centring(36, terms))
    for name in vars(model.base):
        assert (getattr(paths, name) == getattr(model.base, name)).all(), name
    found = run(terms, paths=300)
    for name, flows in cash_of(model.base).items():
        planned = float(flows @ model.discount)
        assert found.strategies[name].npv.quantiles == pytest.approx(np.full(5, planned), rel=1e-12)
        assert found.strategies[name].npv.deviation == pytest.approx(0, abs=1e-6)
        assert found.strategies[name].fan_usd[2] == pytest.approx(np.cumsum(flows), rel=1e-12)
    assert found.comparisons[AI].beats_mining.value in (0.0, 1.0)


def test_the_mean_of_the_paths_is_the_plan_for_a_linear_model() -> None:
    found = run(terms_of(utilisation_swing_fraction=0.0, correlation_gpu_rate_utilisation=0.0), paths=4_000)
    model = model_of(36)
    for name, flows in cash_of(model.base).items():
        npv = found.strategies[name].npv
        assert npv.mean == pytest.approx(float(flows @ model.discount), abs=4 * npv.standard_error)


def test_the_same_seed_gives_the_same_figures_and_another_others() -> None:
    terms = terms_of()
    one, same, other = run(terms), run(terms), run(terms, seed=4)
    assert (one.strategies[AI].npv.values == same.strategies[AI].npv.values).all()
    assert (one.strategies[AI].npv.values != other.strategies[AI].npv.values).all()


@settings(deadline=None, max_examples=12)
@given(paths=st.integers(1, 900), at_once=st.integers(1, 5))
def test_the_size_of_the_chunks_and_the_number_of_paths_change_no_path(paths: int, at_once: int) -> None:
    terms = terms_of()
    whole = run(terms, months=12, paths=1_000)
    found = run(terms, months=12, paths=paths, blocks_at_once=at_once)
    expected = whole.strategies[HALF].npv.values[:paths]
    assert found.strategies[HALF].npv.values == pytest.approx(expected, rel=1e-12)


def test_a_longer_horizon_leaves_the_earlier_months_alone() -> None:
    short, long = block_normals(5, 2, 12), block_normals(5, 2, 60)
    assert (long[:12] == short).all()
    assert short.shape == (12, len(DRIVERS), BLOCK_PATHS)


def test_four_times_as_many_paths_halve_the_error() -> None:
    """The errors of independent runs shrink as one over the root of their paths, and are as large as they say."""
    terms = terms_of()
    means = {
        paths: [run(terms, months=12, paths=paths, seed=seed).comparisons[AI].gain.mean for seed in range(40)]
        for paths in (250, 1_000)
    }
    told = run(terms, months=12, paths=1_000).comparisons[AI].gain.standard_error
    assert np.std(means[250]) / np.std(means[1_000]) == pytest.approx(2, rel=0.35)
    assert np.std(means[1_000]) == pytest.approx(told, rel=0.35)


def test_progress_counts_up_to_all_paths_and_a_cancelled_run_gives_nothing() -> None:
    told: list[tuple[int, int]] = []
    terms, model = terms_of(), model_of(12)
    found = simulate(model, terms, paths=600, seed=1, on_progress=lambda done, total: told.append((done, total)))
    assert found is not None
    assert told == [(250, 600), (500, 600), (600, 600)]
    told.clear()
    assert (
        simulate(
            model,
            terms,
            paths=600,
            seed=1,
            on_progress=lambda done, total: told.append((done, total)),
            cancelled=lambda: bool(told),
        )
        is None
    )
    assert told == [(250, 600)]


def test_ten_thousand_paths_of_fifteen_years_stay_below_150_mb() -> None:
    terms, model = terms_of(), model_of(180)
    tracemalloc.start()
    found = simulate(model, terms, paths=10_000, seed=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found is not None
    assert found.strategies[MINING].fan_usd.shape == (5, 181)
    assert peak < 150e6


# -- statistics -------------------------------------------------------------------------------------------------------


def test_quantiles_and_tail_of_a_normal_are_those_of_the_books() -> None:
    """Expected shortfall at 5 % of a standard normal: -phi(1.645) / 0.05 = -2.0627."""
    sample = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    found = Distribution.of(sample)
    assert found.quantiles == pytest.approx(stats.norm.ppf(statistics.LEVELS), abs=1e-3)
    assert found.expected_shortfall == pytest.approx(-stats.norm.pdf(stats.norm.ppf(0.05)) / 0.05, abs=1e-3)
    assert found.loss_probability == 0.5
    assert found.standard_error == pytest.approx(1 / np.sqrt(200_000), rel=1e-3)


def test_the_tail_has_at_least_one_path_and_is_no_better_than_the_quantile() -> None:
    assert expected_shortfall(np.array([3.0, 1.0, 2.0])) == 1.0
    sample = np.random.default_rng(1).normal(size=1_000)
    assert expected_shortfall(sample) < quantiles(sample)[0]


def test_convergence_ends_with_what_all_paths_say() -> None:
    gains = np.random.default_rng(2).normal(0.3, 1.0, 5_000) * 1e8
    found = Convergence.of(gains)
    assert found.paths[-1] == 5_000
    assert found.mean_usd[-1] == pytest.approx(gains.mean())
    assert found.probability[-1] == (gains > 0).mean()
    assert found.mean_band_usd[-1] == pytest.approx(1.96 * gains.std(ddof=1) / np.sqrt(5_000), rel=1e-4)
    assert found.probability_band[0] > found.probability_band[-1]


def test_histograms_share_their_bins_and_leave_the_outermost_paths_out() -> None:
    rng = np.random.default_rng(3)
    both = rng.normal(size=500), rng.normal(3, 1, 900)
    edges, shares = histogram(both)
    assert len(edges) == statistics.BINS + 1
    assert 500 * shares[0].sum() + 900 * shares[1].sum() == pytest.approx(0.975 * 1_400, abs=2)
    for sample, share in zip(both, shares, strict=True):
        assert share.sum() == pytest.approx(((sample >= edges[0]) & (sample <= edges[-1])).mean())
    edges, shares = histogram([np.full(10, 5.0)])
    assert edges.tolist() == [4.5, 5.5]
    assert shares[0].tolist() == [1.0]
