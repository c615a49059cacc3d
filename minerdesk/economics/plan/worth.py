"""What a row of monthly cash is worth: present value, rates of return, payback, funding."""

from dataclasses import dataclass

import numpy as np

from minerdesk.economics.capital import internal_rates_of_return, modified_internal_rate_of_return, rate_note
from minerdesk.economics.plan.drivers import Floats
from minerdesk.units import MONTHS_PER_YEAR

#: Between these growth factors a month, rates of return are looked for: -90 % to 1,000 % a year.
LOWEST_A_YEAR, HIGHEST_A_YEAR = -0.9, 10.0
SEARCHED = "from −90 % to 1,000 % a year"
#: Steps of the search on either side of zero: each is 0.1 % a month.
STEPS = 200
NOTHING_LAID_OUT = "No rate: nothing is laid out, for the running sum never falls below zero."
#: Flows this small against the sum of all by size are rounding.
_ROUNDING = 1e-12


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
    irr: tuple[float, ...] = ()
    irr_note: str
    mirr: float | None = None
    payback_months: float | None = 0.0
    discounted_payback_months: float | None = 0.0
    peak_funding_usd: float = 0.0
    peak_funding_month: int | None = None


def monthly_rate(rate_a_year: float) -> float:
    """Return the rate a month that compounds to `rate_a_year`: ``(1 + r)^(1/12) - 1``.

    >>> round(monthly_rate(0.12), 8)
    0.00948879
    """
    return float(np.expm1(np.log1p(rate_a_year) / MONTHS_PER_YEAR))


def discount_factors(rate_a_year: float, places: int) -> Floats:
    """Return the factor of each index: ``(1 + r)^(-t / 12)``; 1 today."""
    factors: Floats = np.exp(-np.log1p(rate_a_year) / MONTHS_PER_YEAR * np.arange(places))
    return factors


def npv_usd(cash_usd: Floats, rate_a_year: float) -> float:
    """Return the present value of one row of monthly cash, today's undiscounted."""
    return float(cash_usd @ discount_factors(rate_a_year, cash_usd.size))


def worth_of(cash_usd: Floats, rate_a_year: float) -> Worth:
    """Return what one row of monthly cash is worth at a rate a year.

    Special case: a running sum that never falls below zero lays nothing out, so it has no rate of any kind and nothing
    to pay back.

    Rates of return are a month's, compounded to a year's; outlays of the modified one are financed, and receipts
    reinvested, at `rate_a_year`.
    """
    flows = _without_rounding(cash_usd)
    running = np.cumsum(flows)
    deepest = int(running.argmin())
    if running[deepest] >= 0 and (flows > 0).any():
        return Worth(npv_usd=npv_usd(cash_usd, rate_a_year), irr_note=NOTHING_LAID_OUT)
    monthly = internal_rates_of_return(
        flows, lowest_growth=_growth(LOWEST_A_YEAR), highest_growth=_growth(HIGHEST_A_YEAR), steps=STEPS
    )
    rate = monthly_rate(rate_a_year)
    modified = modified_internal_rate_of_return(flows, finance_rate=rate, reinvest_rate=rate)
    short = bool(running[deepest] < 0)
    return Worth(
        npv_usd=npv_usd(cash_usd, rate_a_year),
        irr=tuple(map(_yearly, monthly)),
        irr_note=rate_note(flows, monthly, periods_per_year=MONTHS_PER_YEAR, searched=SEARCHED),
        mirr=None if modified is None else _yearly(modified),
        payback_months=payback_months(running),
        discounted_payback_months=payback_months(np.cumsum(flows * discount_factors(rate_a_year, flows.size))),
        peak_funding_usd=-float(running[deepest]) if short else 0.0,
        peak_funding_month=deepest if short else None,
    )


def payback_months(running: Floats) -> float | None:
    """Return when a running sum is back at zero after its deepest point, linear within the month.

    Special cases: a sum that never falls below zero has nothing to pay back: 0. One that doesn't come back: None.

    >>> payback_months(np.array([-10.0, -6.0, -2.0, 2.0]))
    2.5
    """
    deepest = int(running.argmin())
    if running[deepest] >= 0:
        return 0.0
    back = np.flatnonzero(running[deepest:] >= 0)
    if not back.size:
        return None
    index = deepest + int(back[0])
    before, after = float(running[index - 1]), float(running[index])
    return index - 1 + before / (before - after)


def _without_rounding(cash_usd: Floats) -> Floats:
    """Return the flows with what is only rounding set to zero, so that a difference of equals has no rates."""
    least = _ROUNDING * float(np.abs(cash_usd).sum())
    return np.where(np.abs(cash_usd) > least, cash_usd, 0.0)


def _growth(rate_a_year: float) -> float:
    return 1 + monthly_rate(rate_a_year)


def _yearly(rate_a_month: float) -> float:
    return float(np.expm1(MONTHS_PER_YEAR * np.log1p(rate_a_month)))
