"""Tax on income: depreciation, losses carried forward, and what is paid each year."""

from functools import lru_cache

import numpy as np

from minerdesk.economics.inputs import Tax
from minerdesk.economics.plan.drivers import Floats
from minerdesk.economics.plan.inputs import Depreciation
from minerdesk.units import MONTHS_PER_YEAR

#: IRS publication 946, table A-1, half-year convention, percent a year: 5-year property (machines, GPUs) and 15-year
#: property (land improvements, which a hall is taken for here).
MACRS_MACHINES = (20.0, 32.0, 19.2, 11.52, 11.52, 5.76)
MACRS_HALLS = (5.0, 9.5, 8.55, 7.7, 6.93, 6.23, 5.9, 5.9, 5.91, 5.9, 5.91, 5.9, 5.91, 5.9, 5.91, 2.95)


def depreciation_at(tax: Tax, in_service_at: Floats, *, is_hall: bool) -> Floats:
    """Return what is written off at each index for capital put into service at its own, from the next month on.

    A year's share is spread evenly over its months, counted from the month of service rather than by calendar. What is
    not written off by the horizon stays so; what is sold is taxed whole and goes on being written off.
    """
    places = in_service_at.size
    shares = monthly_shares(tax.depreciation, tax.life_years, tax.declining_factor, is_hall=is_hall)[: places - 1]
    written = np.zeros(places)
    for index in np.flatnonzero(in_service_at):
        months = min(shares.size, places - 1 - int(index))
        written[index + 1 : index + 1 + months] += in_service_at[index] * shares[:months]
    return written


@lru_cache(maxsize=32)
def monthly_shares(method: str, life_years: float, factor: float, *, is_hall: bool) -> Floats:
    """Return the share of capital that each month writes off; in all 1.

    Straight line: ``1 / n`` over n months. Declining balance: ``factor / n`` of what is left, or a straight line over
    the months left once that is more. MACRS: a twelfth of its table's year.
    """
    if method == Depreciation.MACRS:
        table = np.array(MACRS_HALLS if is_hall else MACRS_MACHINES)
        return np.repeat(table / table.sum() / MONTHS_PER_YEAR, MONTHS_PER_YEAR)
    months = max(1, round(MONTHS_PER_YEAR * life_years))
    if method == Depreciation.STRAIGHT_LINE:
        return np.full(months, 1 / months)
    shares, left = np.zeros(months), 1.0
    for month in range(months):
        shares[month] = min(left, left * max(factor / months, 1 / (months - month)))
        left -= shares[month]
    return shares


def tax_at(tax: Tax, income_at: Floats) -> Floats:
    """Return the tax paid at each index, a positive number, on the taxable income of every month (..., months + 1).

    Twelve months are a tax year, today with the first; its tax is paid at its end, or at the horizon. A loss is no
    refund: carried forward it takes at most the limit's share off a later year's income.
    """
    paid = np.zeros_like(income_at)
    if not tax.enabled:
        return paid
    last = income_at.shape[-1] - 1
    losses = np.zeros(income_at.shape[:-1])
    for start in range(0, last, MONTHS_PER_YEAR):
        end = min(start + MONTHS_PER_YEAR, last)
        first = start + 1 if start else 0
        income = income_at[..., first : end + 1].sum(axis=-1)
        gain = np.maximum(income, 0.0)
        if tax.loss_carry_forward:
            used = np.minimum(losses, tax.loss_limit_fraction * gain)
            losses = losses - used + np.maximum(-income, 0.0)
            gain = gain - used
        paid[..., end] = tax.rate * gain
    return paid
