"""The plan evaluated on its typed path: what each strategy is worth, against the others and against mining on."""

from collections.abc import Mapping

import numpy as np

from minerdesk import words
from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.drivers import Drivers, base_drivers, halving_months
from minerdesk.economics.plan.optimum import HybridOptimum, hybrid_optimum
from minerdesk.economics.plan.phases import total_mw
from minerdesk.economics.plan.results import PlanResult, StrategyResult
from minerdesk.economics.plan.running import running_usd
from minerdesk.economics.plan.strategies import Strategy, StrategyFlows, cash_flows, mining_usd_per_mw, strategy_flows
from minerdesk.economics.plan.timeline import capex_usd_per_mw
from minerdesk.economics.plan.worth import npv_usd, worth_of
from minerdesk.economics.results import Business

#: A running sum this small against all cash by size is zero but for rounding.
_NOTHING = 1e-12


def evaluate_plan(case: PlanCase) -> PlanResult:
    """Evaluate the three strategies on the typed path, what converting adds, and the best share of the site."""
    drivers = base_drivers(case)
    flows = cash_flows(case, drivers)
    mined = flows[Strategy.KEEP_MINING]
    rate = case.inputs.plan.discount_rate
    return PlanResult(
        start=case.start,
        months=case.months,
        phases_are_default=case.phases_are_default,
        strategies={strategy: _result(case, one, mined) for strategy, one in flows.items()},
        incremental={
            strategy: worth_of(one.cash_usd - mined.cash_usd, rate)
            for strategy, one in flows.items()
            if strategy is not Strategy.KEEP_MINING
        },
        optimum=_optimum(case, drivers, flows),
        drivers=drivers,
        halving_months=halving_months(case),
        notes=(*case.notes, *_notes(case, flows)),
    )


def _result(case: PlanCase, flows: StrategyFlows, mined: StrategyFlows) -> StrategyResult:
    plan = case.inputs.plan
    tested = flows.dscr[~np.isnan(flows.dscr)]
    mined_per_mw = mined.noi_usd[1:] / case.inputs.site.capacity_mw
    worth = worth_of(flows.cash_usd, plan.discount_rate)
    return StrategyResult(
        **vars(worth),
        flows=flows,
        unlevered_npv_usd=npv_usd(flows.unlevered_usd, plan.discount_rate),
        capex_usd=abs(float(flows.lines["capital"].sum())),
        lost_while_dark_usd=float(flows.dark_mw @ mined_per_mw),
        min_dscr=float(tested.min()) if tested.size else None,
        dscr_breached_months=int((tested < case.inputs.debt.minimum_dscr).sum()),
    )


def _optimum(case: PlanCase, drivers: Drivers, flows: Mapping[Strategy, StrategyFlows]) -> HybridOptimum:
    """Ask what a MW is worth, converted and mining, by the same phases on the whole site, whatever the caps."""
    site, rate = case.inputs.site.capacity_mw, case.inputs.plan.discount_rate
    converted = flows[Strategy.CONVERT_ALL]
    if abs(total_mw(converted.phases) - site) > 1e-9 * site:
        per_mw = mining_usd_per_mw(case, drivers)
        converted = strategy_flows(case, drivers, Strategy.CONVERT_ALL, case.phases_of_all(site), per_mw)
    return hybrid_optimum(
        case.inputs,
        ai_npv_usd_per_mw=npv_usd(converted.cash_usd, rate) / site,
        mining_npv_usd_per_mw=npv_usd(flows[Strategy.KEEP_MINING].cash_usd, rate) / site,
        capex_usd_per_mw=capex_usd_per_mw(case),
    )


def _notes(case: PlanCase, flows: Mapping[Strategy, StrategyFlows]) -> list[str]:
    inputs, notes = case.inputs, []
    limit = inputs.plan.capital_limit_usd
    over = [one.strategy.label for one in flows.values() if limit is not None and -one.lines["capital"].sum() > limit]
    if over:
        notes.append(
            f"{' and '.join(over)}: more capital than the limit of {words.money(limit)}, which only the best share "
            "keeps to. Take fewer MW, or raise it."
        )
    again = [f"{one.strategy.label} until {until}" for one in flows.values() if (until := _below_again(case, one))]
    if again:
        notes.append(f"Once paid back, the running cash falls below zero again: {', '.join(again)}.")
    decay = inputs.plan.gpu_rate_decay_fraction_a_year
    if case.business is Business.GPU_CLOUD and decay > 0:
        notes.append(f"Here a GPU’s rate falls by {words.percent(decay)} a year with age; the desk holds it.")
    if inputs.tax.enabled:
        notes.append("With tax on, losses make a MW’s value depend on the size: the optimum is nearly linear only.")
    return notes


def _below_again(case: PlanCase, flows: StrategyFlows) -> str:
    """Return until when a running sum that was paid back is below zero again, as where GPUs are replaced; else ""."""
    running = running_usd(flows.cash_usd)
    least = -_NOTHING * float(np.abs(flows.cash_usd).sum())
    deepest = int(running.argmin())
    back = np.flatnonzero(running[deepest:] >= 0)
    if running[deepest] >= least or not back.size:
        return ""
    again = np.flatnonzero(running < least)
    if again[-1] < deepest + back[0]:
        return ""
    if again[-1] == len(running) - 1:
        return "the horizon"
    day = case.month_date(int(again[-1]) + 1)
    return f"{words.month(day.month)} {day.year}"
