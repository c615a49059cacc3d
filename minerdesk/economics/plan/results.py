"""What a plan comes to: each strategy, what converting adds to mining on, the best share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from minerdesk.economics.plan.drivers import Drivers
from minerdesk.economics.plan.optimum import HybridOptimum
from minerdesk.economics.plan.strategies import Strategy, StrategyFlows
from minerdesk.economics.plan.worth import Worth


@dataclass(frozen=True, kw_only=True, eq=False)
class StrategyResult(Worth):
    """One strategy: its months, its worth, and its debt service.

    Attributes
    ----------
    unlevered_npv_usd
        Without the loan.
    lost_while_dark_usd
        What the MW under construction would have earned mining, not discounted.
    min_dscr, dscr_breached_months
        The least twelve-month DSCR, None without debt service, and in how many months it is under the covenant.
    """

    flows: StrategyFlows
    unlevered_npv_usd: float
    capex_usd: float
    lost_while_dark_usd: float
    min_dscr: float | None
    dscr_breached_months: int


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanResult:
    """The plan as a whole; flows have ``months + 1`` values.

    Attributes
    ----------
    start
        The first day of month 0.
    incremental
        The cash of converting less that of mining on: what a fleet that is paid for gives up is a cost here.
    optimum
        How many MW are worth most under the caps.
    drivers
        The typed path that all of it stands on.
    halving_months
        The months in which the subsidy is halved.
    notes
        What was cut, assumed or is missing, in words for the user.
    """

    start: date
    months: int
    phases_are_default: bool
    strategies: Mapping[Strategy, StrategyResult]
    incremental: Mapping[Strategy, Worth]
    optimum: HybridOptimum
    drivers: Drivers
    halving_months: tuple[int, ...]
    notes: tuple[str, ...]
