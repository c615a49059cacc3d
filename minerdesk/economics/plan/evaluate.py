"""The plan evaluated on its typed path: what each strategy is worth, against the others and against mining on."""

from collections.abc import Mapping

import numpy as np

from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.drivers import Drivers, base_drivers, halving_months
from minerdesk.economics.plan.optimum import HybridOptimum, hybrid_optimum
from minerdesk.economics.plan.phases import total_mw
from minerdesk.economics.plan.results import PlanResult, StrategyResult
from minerdesk.economics.plan.strategies import Strategy, StrategyFlows, cash_flows, mining_usd_per_mw, strategy_flows
from minerdesk.economics.plan.timeline import capex_usd_per_mw
from minerdesk.economics.plan.worth import npv_usd, worth_of


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
        notes=(*case.notes, *_notes(case)),
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


def _notes(case: PlanCase) -> list[str]:
    late = [phase.label for phase in case.phases if phase.start_month >= case.months and phase.mw > 0]
    notes = (
        [f"{', '.join(late)}: starts after the horizon and is left out. Start earlier, or look further."]
        if late
        else []
    )
    if case.inputs.tax.enabled:
        notes.append("With tax on, losses make a MW’s value depend on the size: the optimum is nearly linear only.")
    return notes
