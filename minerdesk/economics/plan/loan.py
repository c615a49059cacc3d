"""The loan on the capital of the phases."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minerdesk.economics.inputs import Debt
from minerdesk.economics.plan.drivers import Floats
from minerdesk.economics.plan.inputs import Grace
from minerdesk.economics.plan.timeline import PhaseTimeline
from minerdesk.units import MONTHS_PER_YEAR

_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Loan:
    """All loans of a strategy at its indices, positive USD: drawn, paid, owed.

    Attributes
    ----------
    accrued_at
        Interest as it accrues, whether it is paid or added to the loan.
    left_at_end
        What is still owed at the horizon, and repaid then.
    first_repayment, last_repayment
        Indices between which principal is repaid; None without.
    """

    drawn_at: Floats
    interest_at: Floats
    principal_at: Floats
    accrued_at: Floats
    left_at_end: float
    first_repayment: int | None
    last_repayment: int | None

    @property
    def service_at(self) -> Floats:
        """Interest paid plus principal."""
        return self.interest_at + self.principal_at


def level_payment(principal: float, rate: float, periods: int) -> float:
    """Return the level payment that repays `principal` over `periods` at `rate` a period: ``P r / (1 - (1+r)^-n)``.

    At rate 0 it is ``P / n``.

    >>> round(level_payment(100_000.0, 0.01, 12), 2)
    8884.88
    """
    return principal * rate / -math.expm1(-periods * math.log1p(rate)) if rate > 0 else principal / periods


def loan_on(debt: Debt, phases: Sequence[PhaseTimeline], places: int) -> Loan:
    """Return the loans on the phases' capital: a share of each outlay is drawn when it is spent.

    Repayment is level, principal and interest together, over the tenor: from the start of the lease on, the interest
    until then being paid or added to the loan; or without grace from the month after each draw.
    """
    drawn, interest, principal, accrued = (np.zeros(places) for _ in range(4))
    if debt.enabled:
        for one in phases:
            draws, paid = _phase_loan(debt, one, places)
            least = _ROUNDING * float(draws.sum())  # what is less is the rounding of a loan that is repaid
            owed = _balance(draws, paid, debt.rate / MONTHS_PER_YEAR)
            due = np.concatenate([[0.0], np.where(owed > least, owed, 0.0)[:-1]]) * debt.rate / MONTHS_PER_YEAR
            repaid = paid - np.minimum(paid, due)
            drawn += draws
            accrued += due
            interest += np.minimum(paid, due)
            principal += np.where(repaid > least, repaid, 0.0)
    scale = float(drawn.sum())
    repaying = np.flatnonzero(principal)
    left = float((drawn + accrued - interest - principal).sum())
    return Loan(
        drawn_at=drawn,
        interest_at=interest,
        principal_at=principal,
        accrued_at=accrued,
        left_at_end=left if left > _ROUNDING * scale else 0.0,
        first_repayment=int(repaying[0]) if repaying.size else None,
        last_repayment=int(repaying[-1]) if repaying.size else None,
    )


def _phase_loan(debt: Debt, one: PhaseTimeline, places: int) -> tuple[Floats, Floats]:
    """Return what is drawn for a phase and what is paid on it, at their indices."""
    rate, periods = debt.rate / MONTHS_PER_YEAR, max(1, round(MONTHS_PER_YEAR * debt.tenor_years))
    draws = one.capex_at * debt.share_fraction
    paid = np.zeros(places)
    start = one.lease_month
    if debt.grace == Grace.NONE:
        for index in np.flatnonzero(draws):
            paid[index + 1 : index + 1 + periods] += level_payment(float(draws[index]), rate, periods)
        return draws, paid
    before = np.arange(places) <= start
    if debt.grace == Grace.INTEREST_ONLY:
        owed = np.concatenate([[0.0], np.cumsum(draws)[:-1]])
        paid[before] = (owed * rate)[before]
    if start < places:
        left = float(_balance(draws, paid, rate)[start])
        paid[start + 1 : start + 1 + periods] = level_payment(left, rate, periods)
    return draws, paid


def _balance(draws: Floats, paid: Floats, rate: float) -> Floats:
    """Return what is owed at each index: ``owed_t = owed_(t-1) (1 + r) + drawn_t - paid_t``, in closed form."""
    grown = np.exp(np.arange(draws.size) * np.log1p(rate))
    owed: Floats = grown * np.cumsum((draws - paid) / grown)
    return owed
