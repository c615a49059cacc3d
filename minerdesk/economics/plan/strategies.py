"""The three strategies and their monthly cash.

Cash of a month comes at its end: index 0 is today, index k the end of month k - 1. What is paid at the beginning of
month s stands at index s, so that nothing is received before it is earned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from minerdesk.economics.plan.drivers import Floats
from minerdesk.economics.plan.phases import Phase


class Strategy(StrEnum):
    """What is done with the site. The values are the names in files and on the command line."""

    KEEP_MINING = "keep_mining"
    CONVERT_ALL = "convert_all"
    HYBRID = "hybrid"

    @property
    def label(self) -> str:
        """Return the name on screen."""
        return _LABELS[self]


_LABELS = {
    Strategy.KEEP_MINING: "Keep mining",
    Strategy.CONVERT_ALL: "Convert all",
    Strategy.HYBRID: "Hybrid",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class StrategyFlows:
    """One strategy month by month.

    Attributes
    ----------
    mining_mw, building_mw, ai_mw
        MW at the meter in each month, (months,); what mines while it is built counts as building too.
    lines
        Signed USD by name, in the order of a cash-flow statement, each (..., months + 1); their sum is `cash_usd`.
    cash_usd
        What is left for the owner, after loan and tax.
    unlevered_usd
        The same without the loan, taxed without its interest.
    noi_usd
        Net operating income: revenue less power and opex, before capital, sales, loan and tax; rent as it is earned.
    debt_service_usd
        Interest paid and principal, a positive number.
    dscr
        Net operating income over debt service of the twelve months up to each (fewer after the first repayment); NaN
        before the first repayment of principal and after the last.
    """

    strategy: Strategy
    phases: tuple[Phase, ...]
    mining_mw: Floats
    building_mw: Floats
    ai_mw: Floats
    lines: Mapping[str, Floats]
    cash_usd: Floats
    unlevered_usd: Floats
    noi_usd: Floats
    debt_service_usd: Floats
    dscr: Floats
