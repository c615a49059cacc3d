"""The plan evaluated: what each strategy is worth, against the others and against mining on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from minerdesk.economics.plan.optimum import HybridOptimum
from minerdesk.economics.plan.strategies import Strategy, StrategyFlows


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What a row of monthly cash is worth; rates are a year's, months are counted from today.

    Attributes
    ----------
    irr, irr_note
        Every rate at which the cash is worth nothing, ascending, and in words whether there is none, one or several.
    payback_months, discounted_payback_months
        When the running sum is back at zero after its deepest point, linear within the month; 0 where it never falls
        below zero, None where it doesn't come back.
    peak_funding_usd, peak_funding_month
        The deepest shortfall of the running sum as a positive number, and the index of its month; 0 and None if there
        is none.
    """

    npv_usd: float
    irr: tuple[float, ...]
    irr_note: str
    mirr: float | None
    payback_months: float | None
    discounted_payback_months: float | None
    peak_funding_usd: float
    peak_funding_month: int | None


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
    halving_months: tuple[int, ...]
    notes: tuple[str, ...]
