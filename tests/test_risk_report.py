"""The Monte Carlo over the planner's own model: the plan again without volatility, its sentences, object and tables."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from sample_desk import session_at

from minerdesk import risk_report
from minerdesk.economics.plan.evaluate import evaluate_plan
from minerdesk.economics.plan.strategies import Strategy
from minerdesk.economics.risk.inputs import Driver
from minerdesk.economics.risk.planned import RiskCase, run
from minerdesk.economics.risk.statistics import Probability
from minerdesk.errors import InputError
from minerdesk.report import table_bytes, workbook
from minerdesk.risk_report import RiskOutcome, headline, outcome_of, probability_words, risk_object
from minerdesk.snapshot import Snapshot
from minerdesk.words import plain

SHORT = {"plan.horizon_years": 3.0}
QUIET = {f"risk.{name}_volatility": 0.0 for name in ("btc", "difficulty", "gpu_rate", "power")} | {
    "risk.utilisation_swing_fraction": 0.0
}
CONTRADICTING = {
    "risk.correlation_btc_gpu_rate": 0.9,
    "risk.correlation_gpu_rate_utilisation": 0.9,
    "risk.correlation_btc_utilisation": -0.5,
}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch):
    return session_at(monkeypatch, offline=True).desk


def case_of(snapshot: Snapshot) -> RiskCase:
    case = snapshot.risk_case()
    assert case is not None
    return case


def outcome(snapshot: Snapshot, paths: int = 300) -> RiskOutcome:
    case = case_of(snapshot)
    result = run(case, paths)
    assert result is not None
    return RiskOutcome(case=case, result=result)


# -- the plan's own model ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("business", ["gpu_cloud", "colocation", "powered_shell"])
@pytest.mark.parametrize("mode", ["growth", "feedback"])
def test_without_volatility_the_run_is_the_plan(desk, business: str, mode: str) -> None:
    snapshot = desk.apply({**QUIET, "plan.business": business, "plan.difficulty_mode": mode, "debt.enabled": True})
    found = outcome(snapshot, paths=100).result
    case = snapshot.plan_case()
    assert case is not None
    for strategy, expected in evaluate_plan(case).strategies.items():
        simulated = found.strategies[strategy.value]
        assert simulated.planned_npv_usd == pytest.approx(expected.npv_usd, rel=1e-12)
        assert simulated.npv.quantiles == pytest.approx(np.full(5, expected.npv_usd), rel=1e-9)
        assert simulated.fan_usd[2] == pytest.approx(np.cumsum(expected.flows.cash_usd), rel=1e-9, abs=1e-3)


def test_a_plan_that_is_linear_in_its_prices_is_the_mean_of_its_paths(desk) -> None:
    snapshot = desk.apply(
        {
            "plan.business": "gpu_cloud",
            "plan.stops_at_a_loss": False,
            "plan.horizon_years": 5.0,
            "risk.utilisation_swing_fraction": 0.0,
        }
    )
    for found in outcome(snapshot, paths=2_000).result.strategies.values():
        assert found.npv.mean == pytest.approx(found.planned_npv_usd, abs=4 * found.npv.standard_error)


def test_a_difficulty_that_follows_in_the_plan_follows_in_the_same_way_here(desk) -> None:
    typed = {"plan.difficulty_elasticity": 0.4, "plan.difficulty_lag_months": 9.0}
    own = {"risk.difficulty_elasticity": 0.9, "risk.difficulty_lag_months": 1.0}
    following = case_of(desk.apply({**typed, **own, "plan.difficulty_mode": "feedback"}))
    assert (following.risk.difficulty_elasticity, following.risk.difficulty_lag_months) == (0.4, 9.0)
    assert any("elasticity and lag of the plan" in note for note in following.notes)
    growing = case_of(desk.apply({"plan.difficulty_mode": "growth"}))
    assert (growing.risk.difficulty_elasticity, growing.risk.difficulty_lag_months) == (0.9, 1.0)
    assert not any("elasticity" in note for note in growing.notes)


def test_rents_by_contract_are_said_not_to_move(desk) -> None:
    assert any("Rents are by contract" in note for note in case_of(desk.apply({"plan.business": "colocation"})).notes)
    assert not any("Rents" in note for note in case_of(desk.apply({"plan.business": "gpu_cloud"})).notes)


def test_dearer_uncertainty_widens_the_fan(desk) -> None:
    calm = outcome(desk.apply({**SHORT, "risk.btc_volatility": 0.2})).result
    wild = outcome(desk.apply({**SHORT, "risk.btc_volatility": 0.9})).result
    spans = [found.strategies["keep_mining"].fan_usd for found in (calm, wild)]
    assert spans[1][4, -1] - spans[1][0, -1] > spans[0][4, -1] - spans[0][0, -1]


def test_without_a_hashprice_there_is_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = session_at(monkeypatch, "2009-06-01T00:00:00Z", offline=True).desk.snapshot()
    assert snapshot.risk_case() is None
    assert outcome_of(snapshot) is None
    summary, *_ = workbook(snapshot, "risk").tables
    assert summary.rows == ()
    assert "no hashprice" in summary.notes[0]


# -- words and data ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "paths", "words"),
    [(0.71, 10_000, "71.0 ± 0.9 %"), (0.71, 400, "71 ± 4 %"), (0.0, 100, "0 %"), (1.0, 100, "100 %")],
)
def test_a_probability_is_written_as_sharply_as_it_is_known(value: float, paths: int, words: str) -> None:
    assert plain(probability_words(Probability(value=value, paths=paths))) == words


def test_agreement_of_all_paths_is_said_as_that(desk) -> None:
    found = outcome(desk.apply({**SHORT, **QUIET}), paths=100)
    assert headline(found).endswith(("in all of 100 paths", "in none of 100 paths"))
    assert found.result.comparisons["hybrid"].beats_mining.standard_error == 0
    assert found.result.comparisons["hybrid"].beats_mining.rule_of_three == pytest.approx(0.03)


def test_a_plan_that_converts_nothing_in_time_is_worth_the_same_as_mining(desk) -> None:
    rows = [{"label": "Late", "mw": 10.0, "start_month": 40.0, "build_months": 6.0}]
    desk.lay_table("phases", rows)
    found = outcome(desk.apply(SHORT), paths=100)
    assert headline(found).endswith("is worth the same as mining on in all of 100 paths")
    assert any("Late: starts after the horizon" in note for note in found.case.notes)


def test_the_object_carries_what_the_run_carries(desk) -> None:
    snapshot = desk.apply({**SHORT, "risk.btc_volatility": 0.5})
    made = outcome(snapshot)
    found = risk_object(snapshot, made)
    assert (found["paths"], found["seed"], found["months"], found["start"]) == (300, 1, 36, "2026-01-01")
    mining = found["strategies"]["keep_mining"]
    npv = made.result.strategies["keep_mining"].npv
    assert mining["npv_usd"]["p50"] == float(np.median(npv.values))
    assert mining["npv_usd"]["expected_shortfall_5"] == pytest.approx(np.sort(npv.values)[:15].mean())
    assert len(mining["cumulative_cash_usd"]["p95"]) == 37
    assert found["volatilities"]["btc"]["origin"] == "typed"
    assert found["volatilities"]["difficulty"]["origin"] == "estimated"
    wins = (made.result.strategies["hybrid"].npv.values > npv.values).mean()
    assert found["comparisons"]["hybrid"]["beats_mining_probability"] == pytest.approx(wins)
    assert found["convergence"]["hybrid"]["probability"][-1] == pytest.approx(wins)


def test_the_workbook_holds_the_run_on_screen_or_a_quick_look(desk) -> None:
    snapshot = desk.apply(SHORT)
    made = outcome(snapshot, paths=1_250)
    summary, drivers, convergence, months, *_ = workbook(snapshot, "risk", run=made).tables
    assert [row[0] for row in summary.rows] == [strategy.label for strategy in Strategy]
    assert summary.notes[0].startswith("1 250 paths, seed 1, 3 years")
    assert convergence.rows[-1][1] == 1_250
    assert (months.rows[0][1], months.rows[36][1]) == (date(2026, 1, 1), date(2029, 1, 1))
    assert months.rows[36][4] == pytest.approx(made.result.strategies["keep_mining"].fan_usd[2, -1])
    assert [row[0] for row in drivers.rows] == ["BTC price", "Hashprice", "GPU rate", "Utilisation", "Power price"]
    other = desk.apply({"power.price_usd_per_mwh": 41.0})
    quick, *_ = workbook(other, "risk", run=made).tables
    assert quick.notes[0].startswith("1 000 paths")
    assert "A quick look" in quick.notes[-1]
    assert b"Risk by month" not in table_bytes(other, "md", "risk")


def test_contradicting_correlations_give_tables_that_say_so(desk) -> None:
    snapshot = desk.apply({**SHORT, **CONTRADICTING})
    summary, *_ = workbook(snapshot, "risk").tables
    assert summary.rows == ()
    assert "correlations contradict" in summary.notes[0]
    with pytest.raises(InputError):
        run(case_of(snapshot), 100)


def test_a_run_speaks_of_its_inputs_and_not_of_others(desk) -> None:
    made = outcome(desk.apply(SHORT), paths=100)
    assert made.is_of(desk.apply({"risk.paths": 5_000.0}).risk_case())
    assert not made.is_of(desk.apply({"risk.seed": 2.0}).risk_case())
    assert not made.is_of(None)


def test_a_price_that_is_not_known_leaves_its_own_quantiles_open(desk) -> None:
    """A typed hashprice stands without a BTC price: mining is judged, the price's quantiles are not numbers."""
    case = case_of(desk.apply({**SHORT, "network.hashprice_usd_per_ph_day": 40.0}))
    blind = replace(case, plan=replace(case.plan, network=replace(case.plan.network, btc_price_usd=None)))
    result = run(blind, 100)
    assert result is not None
    assert np.isnan(result.drivers[Driver.BTC.value]).all()
    assert np.isfinite(result.strategies["keep_mining"].npv.quantiles).all()
    assert risk_report.driver_rows(RiskOutcome(case=blind, result=result))[0][0] == "BTC price"
