"""The conversion plan as plain data: the object of ``plan --json``, the tables in a workbook, its sentences."""

import math
from collections.abc import Mapping
from typing import Any

from minerdesk import words
from minerdesk.economics.plan.case import PlanCase, convertible_mw
from minerdesk.economics.plan.evaluate import evaluate_plan
from minerdesk.economics.plan.phases import Phase, mw_words, total_mw
from minerdesk.economics.plan.results import PlanResult, StrategyResult
from minerdesk.economics.plan.strategies import LINES, Strategy
from minerdesk.economics.plan.worth import Worth
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.snapshot import Snapshot
from minerdesk.units import MONTHS_PER_YEAR

TITLE = "Mining on against converting, month by month"
PLAN_MONTHS = "Plan months"
BASIS = (
    "Cash of a month comes at its end; month 0 is today. Everything is discounted at plan.discount_rate. Beyond the "
    "horizon nothing counts. All of it is projected from the inputs; by default today’s prices hold."
)
DSCR_BASIS = (
    "DSCR: the whole site's net operating income over debt service, twelve months each, from the first repayment of "
    "principal on; in the first year of it the months since then, ramp and all."
)
NO_HASHPRICE = "Without a hashprice mining can’t be planned. Refresh, or type network.hashprice_usd_per_ph_day."


def plan_of(snapshot: Snapshot) -> tuple[PlanCase, PlanResult] | None:
    """Return the plan of a snapshot, evaluated; None without a hashprice."""
    case = snapshot.plan_case()
    return None if case is None else (case, evaluate_plan(case))


# -- for scripts ------------------------------------------------------------------------------------------------------

_WORTH = (
    "npv_usd",
    "irr",
    "irr_note",
    "all_irr",
    "mirr",
    "payback_months",
    "discounted_payback_months",
    "peak_funding_usd",
    "peak_funding_month",
)
_OF_STRATEGY = (
    "min_dscr",
    "dscr_breached_months",
    "unlevered_npv_usd",
    "capex_usd",
    "lost_while_dark_usd",
)


def plan_object(snapshot: Snapshot) -> dict[str, Any]:
    """Return the object of ``plan --json``. The names are a contract with scripts; what is not known is null.

    ``irr`` is the one rate of return, null where there is none or several; ``irr_note`` says which.
    """
    found = plan_of(snapshot)
    plan = snapshot.inputs.plan
    head = {
        "as_of": snapshot.now,
        "business": plan.business,
        "horizon_months": plan.months,
        "discount_rate": plan.discount_rate,
        "hashprice_usd_per_ph_day": snapshot.results.network.hashprice_usd_per_ph_day,
        "convertible_mw": convertible_mw(snapshot.inputs),
    }
    if found is None:
        nothing = dict.fromkeys((*_WORTH, *_OF_STRATEGY))
        return {
            **head,
            "reason": words.plain(NO_HASHPRICE),
            "strategies": {strategy.value: nothing for strategy in Strategy},
            "incremental": {},
            "optimum": None,
            "phases": [],
            "halvings": [],
            "notes": [],
            "months": [],
        }
    case, result = found
    optimum = {**vars(result.optimum), "words": words.plain(result.optimum.words)}
    return {
        **head,
        "reason": None,
        "strategies": {strategy.value: _strategy_object(one) for strategy, one in result.strategies.items()},
        "incremental": {strategy.value: _worth_object(one) for strategy, one in result.incremental.items()},
        "optimum": optimum,
        "phases_are_default": result.phases_are_default,
        "phases": [_phase_object(case, phase) for phase in case.phases],
        "halvings": [{"month": month, "date": case.month_date(month)} for month in result.halving_months],
        "notes": [words.plain(note) for note in result.notes],
        "months": _months_objects(case, result),
    }


def _worth_object(worth: Worth) -> dict[str, Any]:
    special = {
        "irr": worth.irr[0] if len(worth.irr) == 1 else None,
        "all_irr": list(worth.irr),
        "irr_note": words.plain(worth.irr_note),
    }
    return {name: special[name] if name in special else getattr(worth, name) for name in _WORTH}


def _strategy_object(result: StrategyResult) -> dict[str, Any]:
    return {**_worth_object(result), **{name: getattr(result, name) for name in _OF_STRATEGY}}


def _phase_object(case: PlanCase, phase: Phase) -> dict[str, Any]:
    return {
        **phase.row(),
        "start": case.month_date(phase.start_month),
        "ready": case.month_date(phase.ready_month),
    }


def _months_objects(case: PlanCase, result: PlanResult) -> list[dict[str, Any]]:
    """Return the cash of every month, today first, with the hashprice that it was mined at."""
    hashprice = [None, *result.drivers.hashprice_usd_per_ph_day.tolist()]
    cash = {f"{strategy.value}_cash_usd": one.flows.cash_usd.tolist() for strategy, one in result.strategies.items()}
    return [
        {
            "month": month,
            "date": case.month_date(month),
            "hashprice_usd_per_ph_day": hashprice[month],
            **{name: flows[month] for name, flows in cash.items()},
        }
        for month in range(result.months + 1)
    ]


# -- tables -----------------------------------------------------------------------------------------------------------

_SUMMARY = (
    Column(key="strategy", title="Strategy", kind=Kind.TEXT),
    Column(key="ai_mw", title="AI", unit="MW", decimals=1),
    Column(key="npv_usd", title="Net present value", unit="$", decimals=0),
    Column(key="more_than_mining_on_usd", title="More than mining on", unit="$", decimals=0),
    Column(key="irr", title="Rate of return", unit="fraction a year", decimals=4),
    Column(key="irr_note", title="Rates of return", kind=Kind.TEXT),
    Column(key="incremental_irr", title="Rate of the difference", unit="fraction a year", decimals=4),
    Column(key="mirr", title="Modified rate", unit="fraction a year", decimals=4),
    Column(key="payback_months", title="Payback", unit="months", decimals=1),
    Column(key="discounted_payback_months", title="Discounted payback", unit="months", decimals=1),
    Column(key="peak_funding_usd", title="Peak funding", unit="$", decimals=0),
    Column(key="peak_funding_month", title="in month", decimals=0),
    Column(key="capex_usd", title="Capital to build", unit="$", decimals=0),
    Column(key="lost_while_dark_usd", title="Mining lost while dark", unit="$", decimals=0),
    Column(key="unlevered_npv_usd", title="Net present value without the loan", unit="$", decimals=0),
    Column(key="min_dscr", title="Least DSCR", decimals=2),
    Column(key="dscr_breached_months", title="Months under the covenant", unit="months", decimals=0),
)


def plan_table(snapshot: Snapshot) -> Table:
    """Return the three strategies with all that they are worth; no rows without a hashprice."""
    found = plan_of(snapshot)
    return Table(
        name="Plan",
        title=TITLE,
        columns=_SUMMARY,
        rows=() if found is None else tuple(_summary_row(found[1], strategy) for strategy in Strategy),
        notes=(*map(words.plain, plan_sentences(found)), words.plain(BASIS), DSCR_BASIS),
    )


def _summary_row(result: PlanResult, strategy: Strategy) -> tuple[Cell, ...]:
    one, more = result.strategies[strategy], result.incremental.get(strategy)
    told: dict[str, Cell] = {
        **_strategy_object(one),
        "strategy": strategy.label,
        "ai_mw": total_mw(one.flows.begun),
        "more_than_mining_on_usd": None if more is None else more.npv_usd,
        "incremental_irr": more.irr[0] if more is not None and len(more.irr) == 1 else None,
    }
    return tuple(told[column.key] for column in _SUMMARY)


def plan_phases_table(snapshot: Snapshot) -> Table:
    """Return the phases of the hybrid with their dates."""
    case = snapshot.plan_case()
    phases = () if case is None else case.phases
    return Table(
        name="Plan phases",
        title="Phases of the conversion",
        columns=(
            Column(key="phase", title="Phase", kind=Kind.TEXT),
            Column(key="mw", title="At the meter", unit="MW", decimals=1),
            Column(key="start_month", title="Starts in month", decimals=0),
            Column(key="build_months", title="Built in", unit="months", decimals=0),
            Column(key="start", title="Starts", kind=Kind.DATE),
            Column(key="ready", title="Ready", kind=Kind.DATE),
        ),
        rows=tuple(
            (
                phase.label,
                phase.mw,
                phase.start_month,
                phase.build_months,
                case.month_date(phase.start_month) if case else None,
                case.month_date(phase.ready_month) if case else None,
            )
            for phase in phases
        ),
        notes=(DEFAULT_PHASES,) if case is not None and case.phases_are_default else (),
    )


DEFAULT_PHASES = "No phases are laid: these are the default ones, two of a quarter of the site each."


def plan_months_table(snapshot: Snapshot) -> Table:
    """Return every line of the monthly cash of every strategy; today is month 0."""
    found = plan_of(snapshot)
    columns = (
        Column(key="strategy", title="Strategy", kind=Kind.TEXT),
        Column(key="month", title="Month", decimals=0),
        Column(key="date", title="Date", kind=Kind.DATE),
        *(
            Column(key=key, title=title, unit=unit, decimals=decimals)
            for key, (title, unit, decimals) in _MONTH_FIGURES.items()
        ),
        *(Column(key=f"{name}_usd", title=title, unit="$", decimals=0) for name, title in LINES.items()),
        Column(key="cash_usd", title="Cash", unit="$", decimals=0),
        Column(key="cumulative_cash_usd", title="Cumulative cash", unit="$", decimals=0),
    )
    rows = [] if found is None else [row for strategy in Strategy for row in _month_rows(*found, strategy)]
    return Table(
        name=PLAN_MONTHS,
        title="Monthly cash of every strategy",
        columns=columns,
        rows=tuple(rows),
        notes=(words.plain(BASIS),),
    )


_MONTH_FIGURES: Mapping[str, tuple[str, str, int]] = {
    "hashprice_usd_per_ph_day": ("Hashprice", "$/PH/day", 2),
    "mining_mw": ("Mining", "MW", 1),
    "building_mw": ("Building", "MW", 1),
    "ai_mw": ("AI", "MW", 1),
    "noi_usd": ("Net operating income", "$", 0),
    "debt_service_usd": ("Debt service", "$", 0),
    "dscr": ("DSCR of twelve months", "", 2),
}


def _month_rows(case: PlanCase, result: PlanResult, strategy: Strategy) -> list[tuple[Cell, ...]]:
    flows = result.strategies[strategy].flows
    of_month = (result.drivers.hashprice_usd_per_ph_day, flows.mining_mw, flows.building_mw, flows.ai_mw)
    columns: list[list[Cell]] = [
        *([None, *values.tolist()] for values in of_month),
        flows.noi_usd.tolist(),
        flows.debt_service_usd.tolist(),
        [value if math.isfinite(value) else None for value in flows.dscr.tolist()],
        *(line.tolist() for line in flows.lines.values()),
        flows.cash_usd.tolist(),
        flows.cash_usd.cumsum().tolist(),
    ]
    return [
        (strategy.label, month, case.month_date(month), *cells)
        for month, cells in enumerate(zip(*columns, strict=True))
    ]


# -- in words ---------------------------------------------------------------------------------------------------------


def plan_sentences(found: tuple[PlanCase, PlanResult] | None) -> list[str]:
    """Say what is planned, what it is worth against mining on, how much to convert, and what was cut or assumed."""
    if found is None:
        return [NO_HASHPRICE]
    _, result = found
    default = [DEFAULT_PHASES] if result.phases_are_default else []
    rates = [
        f"{strategy.label}: {words.inside_sentence(one.irr_note)}"
        for strategy, one in result.strategies.items()
        if strategy is not Strategy.KEEP_MINING and len(one.irr) != 1 and one.flows.begun
    ]
    return [
        *(verdict_words(result, strategy) for strategy in (Strategy.HYBRID, Strategy.CONVERT_ALL)),
        result.optimum.words,
        *rates,
        *default,
        *result.notes,
    ]


def verdict_words(result: PlanResult, strategy: Strategy) -> str:
    """Say what converting is worth against mining on, what it needs at its deepest, and when that comes back."""
    one, more = result.strategies[strategy], result.incremental[strategy]
    mw = total_mw(one.flows.begun)
    if mw == 0:
        return f"{strategy.label}: nothing is converted, so it is mining on."
    sign = "more" if more.npv_usd >= 0 else "less"
    worth = f"is worth {words.money(one.npv_usd)}" if one.npv_usd >= 0 else f"loses {words.money(-one.npv_usd)}"
    back = (
        "and never gets it back"
        if one.payback_months is None
        else f"and has it back after {words.figure(one.payback_months / MONTHS_PER_YEAR, 1)} years"
    )
    needs = f"; it needs {words.money(one.peak_funding_usd)} at its deepest {back}" if one.peak_funding_usd else ""
    return (
        f"{strategy.label}: converting {mw_words(mw)} {worth} in net present value, "
        f"{words.money(abs(more.npv_usd))} {sign} than mining on{needs}."
    )
