"""The risk of the plan as plain data: its sentences, the object of ``risk --json``, the tables of a workbook."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from minerdesk import words
from minerdesk.economics.plan.strategies import Strategy
from minerdesk.economics.risk.correlation import matrix
from minerdesk.economics.risk.inputs import DRIVERS, Driver
from minerdesk.economics.risk.planned import RiskCase, run
from minerdesk.economics.risk.simulation import RiskResult
from minerdesk.economics.risk.statistics import BAND, Distribution, Probability
from minerdesk.economics.risk.volatility import Volatility
from minerdesk.errors import InputError
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.snapshot import Snapshot

TITLE = "How sure the plan is"
NO_CASE = "No hashprice is known, so mining can’t be judged. Refresh, or type one under Network."
BY_MONTH = "Risk by month"
QUANTILES = ("p5", "p25", "p50", "p75", "p95")
TAIL_NOTE = "Expected shortfall: the mean of the worst twentieth of the paths."
ERROR_NOTE = "± is the half-width of a 95 % confidence band: 1.96 standard errors of independent paths."


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskOutcome:
    """A run and the case that it was made of."""

    case: RiskCase
    result: RiskResult

    def is_of(self, case: RiskCase | None) -> bool:
        """Whether it still speaks of `case`; how many paths are typed for a full run doesn't matter."""
        return case is not None and self.case.same_but_for_paths(case)


@functools.lru_cache(maxsize=1)
def quick(case: RiskCase) -> RiskOutcome | None:
    """Run a quick look at a case, kept until another is asked for; None where its correlations contradict."""
    try:
        result = run(case, case.quick_paths)
    except InputError:
        return None
    return None if result is None else RiskOutcome(case=case, result=result)


def outcome_of(snapshot: Snapshot, shown: RiskOutcome | None = None) -> RiskOutcome | None:
    """Return the run `shown` if it speaks of this snapshot, else a quick look; None if there can't be one."""
    case = snapshot.risk_case()
    if case is None:
        return None
    return shown if shown is not None and shown.is_of(case) else quick(case)


_SUBJECTS = {Strategy.CONVERT_ALL: "Converting all to {}", Strategy.HYBRID: "The hybrid with {}"}

# -- sentences --------------------------------------------------------------------------------------------------------


def probability_words(found: Probability) -> str:
    """Write a probability with its 95 % band; where all paths agree, that they do.

    >>> probability_words(Probability(value=0.71, paths=10_000)).replace(words.THIN, " ")
    '71.0 ± 0.9 %'
    >>> probability_words(Probability(value=0.5, paths=1_000)).replace(words.THIN, " ")
    '50 ± 3 %'
    """
    if found.value in (0.0, 1.0):
        return words.percent(found.value, decimals=0)
    band = BAND * found.standard_error * 100
    decimals = 0 if round(band, 1) >= 1 else 1
    return words.with_unit(f"{words.figure(found.value * 100, decimals)} ± {words.figure(band, decimals)}", "%")


def headline(outcome: RiskOutcome, strategy: Strategy = Strategy.CONVERT_ALL) -> str:
    """Say in a sentence how often converting beats mining on."""
    found = outcome.result.comparisons[strategy.value].beats_mining
    what = _SUBJECTS[strategy].format(words.inside_sentence(outcome.case.plan.business.label))
    count = words.figure(found.paths)
    if not outcome.result.comparisons[strategy.value].gain.values.any():
        return f"{what} is worth the same as mining on in all of {count} paths"
    if found.value == 0.0:
        return f"{what} beats mining in none of {count} paths"
    if found.value == 1.0:
        return f"{what} beats mining in all of {count} paths"
    return f"{what} beats mining in {probability_words(found)} of {count} paths"


def spread_words(outcome: RiskOutcome, strategy: Strategy = Strategy.CONVERT_ALL) -> str:
    """Say how far the gain of converting over mining on is spread, and how bad the tail is."""
    gain = outcome.result.comparisons[strategy.value].gain
    low, _, middle, _, high = (words.money(float(value), signed=True) for value in gain.quantiles)
    tail = words.money(outcome.result.strategies[strategy.value].npv.expected_shortfall)
    return (
        f"Against mining on: {middle} NPV in the middle, from {low} (P5) to {high} (P95). "
        f"Worst twentieth of its own paths: {tail} on average."
    )


def basis_words(outcome: RiskOutcome) -> str:
    """Say what was run: paths, seed, horizon, rate."""
    result, plan = outcome.result, outcome.case.plan.inputs.plan
    return (
        f"{words.figure(result.paths)} paths, seed {result.seed}, {words.years(result.months / 12)}, "
        f"discounted at {words.percent(plan.discount_rate)} a year."
    )


def volatility_words(found: Volatility) -> str:
    """Write a volatility with where it comes from."""
    name = found.driver.label
    return f"{name[:1].upper()}{name[1:]} {words.percent(found.value)} a year, {found.origin_words}"


# -- the object of the command line -----------------------------------------------------------------------------------


def risk_object(snapshot: Snapshot, outcome: RiskOutcome) -> dict[str, Any]:
    """Return the object of ``risk --json``, without problems. The names are a contract with scripts."""
    result, case = outcome.result, outcome.case
    return {
        "as_of": snapshot.now,
        "business": case.plan.business.value,
        "paths": result.paths,
        "seed": result.seed,
        "months": result.months,
        "start": case.plan.start.isoformat(),
        "centre": case.risk.centre,
        "strategies": {name: _strategy_object(outcome, name) for name in result.strategies},
        "comparisons": {
            name: {
                "beats_mining_probability": found.beats_mining.value,
                "standard_error": found.beats_mining.standard_error,
                "gain_usd": _distribution_object(found.gain),
            }
            for name, found in result.comparisons.items()
        },
        "convergence": {
            name: {
                "paths": found.convergence.paths.tolist(),
                "probability": found.convergence.probability.tolist(),
                "probability_band_95": found.convergence.probability_band.tolist(),
                "mean_gain_usd": found.convergence.mean_usd.tolist(),
                "mean_gain_band_95_usd": found.convergence.mean_band_usd.tolist(),
            }
            for name, found in result.comparisons.items()
        },
        "volatilities": {
            found.driver.value: {
                "fraction_a_year": found.value,
                "origin": found.origin.value,
                "changes": found.changes,
                "window": words.plain(found.window),
            }
            for found in case.volatility
        },
        "correlations": {"drivers": [driver.value for driver in DRIVERS], "matrix": matrix(case.risk).tolist()},
        "drivers": {
            name: dict(zip(QUANTILES, values.tolist(), strict=True)) for name, values in result.drivers.items()
        },
        "notes": [words.plain(note) for note in case.notes],
    }


def _distribution_object(found: Distribution) -> dict[str, float]:
    return {
        "mean": found.mean,
        "standard_error": found.standard_error,
        **dict(zip(QUANTILES, found.quantiles.tolist(), strict=True)),
        "expected_shortfall_5": found.expected_shortfall,
        "loss_probability": found.loss_probability,
    }


def _strategy_object(outcome: RiskOutcome, name: str) -> dict[str, Any]:
    found = outcome.result.strategies[name]
    fan = dict(zip(QUANTILES, found.fan_usd.tolist(), strict=True))
    return {
        "npv_usd": _distribution_object(found.npv),
        "plan_npv_usd": found.planned_npv_usd,
        "cumulative_cash_usd": {**fan, "plan": found.planned_usd.tolist()},
    }


# -- tables -----------------------------------------------------------------------------------------------------------

_usd = partial(Column, unit="$", decimals=0)


def _notes(outcome: RiskOutcome | None) -> tuple[str, ...]:
    if outcome is None:
        return ("There is no run: no hashprice is known, or the typed correlations contradict each other.",)
    quick_look = "A quick look: run more paths on the page Risk, or by minerdesk risk --paths N."
    notes = [basis_words(outcome), TAIL_NOTE, ERROR_NOTE, *outcome.case.notes]
    return tuple(words.plain(note) for note in (notes if outcome.result.paths > 1_000 else [*notes, quick_look]))


def risk_summary(snapshot: Snapshot, shown: RiskOutcome | None = None) -> Table:
    """Return the NPVs of every strategy over all paths; see `outcome_of` for which run."""
    outcome = outcome_of(snapshot, shown)
    rows: list[tuple[Cell, ...]] = []
    if outcome is not None:
        for name, found in outcome.result.strategies.items():
            against = outcome.result.comparisons.get(name)
            beats = None if against is None else against.beats_mining
            rows.append(
                (
                    Strategy(name).label,
                    found.planned_npv_usd,
                    found.npv.mean,
                    found.npv.standard_error,
                    *(float(value) for value in found.npv.quantiles),
                    found.npv.expected_shortfall,
                    found.npv.loss_probability,
                    None if beats is None else beats.value,
                    None if beats is None else beats.standard_error,
                )
            )
    return Table(
        name="Risk",
        title=TITLE,
        columns=(
            Column(key="strategy", title="Strategy", kind=Kind.TEXT),
            _usd(key="plan_npv_usd", title="NPV of the plan"),
            _usd(key="mean_npv_usd", title="Mean NPV"),
            _usd(key="standard_error_usd", title="Standard error of the mean"),
            *(_usd(key=f"npv_{name}_usd", title=f"NPV {name.upper()}") for name in QUANTILES),
            _usd(key="expected_shortfall_5_usd", title="Expected shortfall at 5 %"),
            Column(key="loss_probability", title="NPV below zero", unit="share of paths", decimals=4),
            Column(key="beats_mining_probability", title="Beats mining", unit="share of paths", decimals=4),
            Column(key="beats_mining_standard_error", title="Standard error of that", decimals=4),
        ),
        rows=tuple(rows),
        notes=_notes(outcome),
    )


_DRIVER_NAMES: Mapping[str, tuple[str, str]] = {
    "btc": ("BTC price", "$"),
    "hashprice": ("Hashprice", "$/PH/day"),
    "gpu_rate": ("GPU rate", "$/GPU-h"),
    "utilisation": ("Utilisation", "fraction"),
    "power": ("Power price", "$/MWh"),
}


def driver_rows(outcome: RiskOutcome) -> list[tuple[str, str, tuple[float, ...]]]:
    """Return (driver, unit, quantiles in the last month) of what the paths are made of."""
    return [
        (*_DRIVER_NAMES[name], tuple(float(value) for value in values[:, -1]))
        for name, values in outcome.result.drivers.items()
    ]


def risk_drivers(snapshot: Snapshot, shown: RiskOutcome | None = None) -> Table:
    """Return what the paths are made of; see `outcome_of` for which run."""
    outcome = outcome_of(snapshot, shown)
    volatility = {} if outcome is None else {found.driver: found for found in outcome.case.volatility}
    rows: list[tuple[Cell, ...]] = []
    for name in () if outcome is None else outcome.result.drivers:
        own = volatility.get(Driver(name)) if name in set(DRIVERS) else None
        last = [float(value) for value in outcome.result.drivers[name][:, -1]] if outcome else []
        said = words.plain(own.origin_words) if own else ""
        rows.append((*_DRIVER_NAMES[name], None if own is None else own.value, said, *last))
    return Table(
        name="Risk drivers",
        title="What the paths are made of, in the last month",
        columns=(
            Column(key="driver", title="Driver", kind=Kind.TEXT),
            Column(key="unit", title="Unit", kind=Kind.TEXT),
            Column(key="volatility", title="Volatility", unit="fraction a year", decimals=4),
            Column(key="origin", title="Where from", kind=Kind.TEXT),
            *(Column(key=name, title=name.upper(), decimals=4) for name in QUANTILES),
        ),
        rows=tuple(rows),
        notes=("Quantiles of the first 1,000 paths. Hashprice follows from the BTC price and difficulty.",),
    )


def risk_convergence(snapshot: Snapshot, shown: RiskOutcome | None = None) -> Table:
    """Return how the figures settle as paths are added; see `outcome_of` for which run."""
    outcome = outcome_of(snapshot, shown)
    rows: list[tuple[Cell, ...]] = []
    for name, found in ({} if outcome is None else outcome.result.comparisons).items():
        settled = found.convergence
        rows += [
            (Strategy(name).label, int(count), *(float(value) for value in values))
            for count, *values in zip(
                settled.paths,
                settled.probability,
                settled.probability_band,
                settled.mean_usd,
                settled.mean_band_usd,
                strict=True,
            )
        ]
    return Table(
        name="Risk convergence",
        title="How the figures settle as paths are added",
        columns=(
            Column(key="strategy", title="Strategy", kind=Kind.TEXT),
            Column(key="paths", title="Paths", decimals=0),
            Column(key="probability", title="Beats mining", unit="share of paths", decimals=4),
            Column(key="probability_band", title="± at 95 %", decimals=4),
            _usd(key="mean_gain_usd", title="Mean gain over mining"),
            _usd(key="mean_gain_band_usd", title="± at 95 % of that"),
        ),
        rows=tuple(rows),
        notes=(ERROR_NOTE,),
    )


def risk_months(snapshot: Snapshot, shown: RiskOutcome | None = None) -> Table:
    """Return the fans, one row a month; see `outcome_of` for which run."""
    outcome = outcome_of(snapshot, shown)
    rows: list[tuple[Cell, ...]] = []
    strategies = {} if outcome is None else outcome.result.strategies
    if outcome is not None:
        for month in range(outcome.result.months + 1):
            quantiles = [float(value) for found in strategies.values() for value in found.fan_usd[:, month]]
            rows.append((month, outcome.case.plan.month_date(month), *quantiles))
    names = [Strategy(name) for name in strategies] or list(Strategy)
    return Table(
        name=BY_MONTH,
        title="Cumulative cash of each strategy: quantiles over the paths",
        columns=(
            Column(key="month", title="Month", decimals=0),
            Column(key="date", title="From", kind=Kind.DATE),
            *(
                _usd(key=f"{name.value}_{level}_usd", title=f"{name.label} {level.upper()}")
                for name in names
                for level in QUANTILES
            ),
        ),
        rows=tuple(rows),
        notes=("Month 0 is today. Each quantile is that of its month alone: no single path runs along it.",),
    )


def risk_tables(snapshot: Snapshot, shown: RiskOutcome | None = None) -> tuple[Table, ...]:
    """Return the tables of a workbook, of the run `shown` where it speaks of this snapshot, else of a quick look."""
    return tuple(make(snapshot, shown) for make in (risk_summary, risk_drivers, risk_convergence, risk_months))
