"""Capital and value: the yearly charge of a purchase, and the value of a row of cash flows."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from minerdesk import words

#: A row of cash flows, one a period, the first today.
Flows = Sequence[float] | NDArray[np.float64]

#: Rates are looked for from -99.9 % to 1,000 % a period: a growth factor from 0.001 to 11, in geometric steps.
LOWEST_GROWTH, HIGHEST_GROWTH, GROWTH_STEPS = 0.001, 11.0, 4_000
#: Both halves of the search go a little beyond a rate of zero, so that rounding can't lose one between them.
OVERLAP = 1.001
#: Rates whose growth factors are closer than this are one: a double root in the last digits of its flows.
SAME_RATE = 1e-7
#: A present value this small against the sum of its parts is zero but for rounding.
TOUCHING = 1e-12
#: Of so many powers a table is made, a megabyte.
MOST_POWERS = 120_000
#: The exponential of more is no float.
LARGEST_LOG = 700.0
SEARCHED = "from −99.9 % to 1,000 %"


def capital_recovery_factor(rate: float, years: float) -> float:
    """Return the level yearly payment that repays 1 over `years` at `rate`: ``r (1+r)^n / ((1+r)^n - 1)``.

    Special case: at rate 0 it is ``1 / n``.

    Raises
    ------
    ValueError
        `years` is not positive or `rate` is negative.

    >>> round(capital_recovery_factor(0.10, 5), 8)
    0.26379748
    """
    if years <= 0 or rate < 0:
        raise ValueError("capital is recovered over a positive time at a rate of zero or more")
    repaid = -math.expm1(-years * math.log1p(rate))  # 1 - (1+r)^-n, exact for small rates too
    return rate / repaid if repaid else 1 / years


def yearly_charge(capital: float, rate: float, years: float, *, residual_fraction: float = 0.0) -> float:
    """Return the yearly charge of `capital` of which `residual_fraction` is left at the end.

    ``(C - R / (1+r)^n) * CRF`` with R the residual value.
    """
    residual = residual_fraction * capital * math.exp(-years * math.log1p(rate))
    return (capital - residual) * capital_recovery_factor(rate, years)


def net_present_value(rate: float, flows: Flows) -> float:
    """Return the sum of the yearly `flows`, the first undiscounted, at `rate`: ``sum of flow_t / (1+r)^t``.

    Special cases: no flows are worth 0; a sum too large for a float is infinite.

    Raises
    ------
    ValueError
        `rate` is -100 % or less.

    >>> round(net_present_value(0.10, [-100, 30, 30, 30, 30, 30]), 6)
    13.723603
    """
    _check_rate(rate)
    value = 0.0
    for flow in reversed(flows):  # Horner's scheme: no power that could overflow
        value = flow + value / (1 + rate)
    return value


def internal_rates_of_return(
    flows: Flows,
    *,
    lowest_growth: float = LOWEST_GROWTH,
    highest_growth: float = HIGHEST_GROWTH,
    steps: int = GROWTH_STEPS,
) -> list[float]:
    """Return every rate from -99.9 % to 1,000 % a period at which the flows' present value is zero, ascending.

    Monthly flows are asked for between narrower growth factors: over hundreds of periods only the sign of the last
    flow counts far below zero, and the rate that it makes is none that anybody earns.

    An empty list means that there is none, more than one that the flows have several: both are to be said, never
    papered over with a number; `rate_note` does.

    The present value is a polynomial in the growth factor ``g = 1 + r`` below 0 % and in the discount factor ``1 / g``
    above, both within 0 and 1, so that nothing overflows. Its sign changes and turning points are bracketed on a grid
    of `steps` geometric steps each, 4,000 if not said otherwise, and bisected.

    Special cases: a present value that touches zero without changing sign gives one rate (a double root); flows that
    are all zero have no rate, as any would do. Left out: three roots within one step, 0.2 % of the growth factor
    apart, count as one.

    >>> [round(rate, 6) for rate in internal_rates_of_return([-100, 230, -132])]
    [0.1, 0.2]
    >>> internal_rates_of_return([-100, -1, -1])
    []
    >>> [round(rate, 6) for rate in internal_rates_of_return([-100, 220, -121])]
    [0.1]
    """
    present = _without_outer_zeros(flows)
    if present.size < 2:
        return []
    shrinking = _zeros_below_one(present[::-1], lowest_growth, steps)
    discounts = _zeros_below_one(present, 1 / highest_growth, steps)
    growths = sorted([*shrinking, *(1 / discount for discount in discounts)])
    apart = [g for before, g in zip([0.0, *growths], growths, strict=False) if g - before > SAME_RATE * g]
    return [g - 1 for g in apart]


def _without_outer_zeros(flows: Flows) -> NDArray[np.float64]:
    """Return the flows from the first to the last that is not zero, scaled to 1; their rates are the same."""
    array = np.asarray(flows, dtype=np.float64)
    kept = np.flatnonzero(array)
    return array[kept[0] : kept[-1] + 1] / np.abs(array).max() if kept.size else array[:0]


def _zeros_below_one(coefficients: NDArray[np.float64], low: float, steps: int) -> list[float]:
    """Return the zeros from `low` to 1, and just above, of the polynomial with ascending `coefficients`."""
    grid = np.geomspace(low, OVERLAP, steps + 1)
    values, slopes = _polynomial(coefficients, grid)
    roundings = TOUCHING * _polynomial(np.abs(coefficients), grid)[0]
    exponents = np.arange(coefficients.size)
    slope_coefficients = (coefficients * exponents)[1:]

    # At one point all powers at once are quicker than Horner's scheme, many times so for hundreds of months.
    def value(x: float) -> float:
        return float(coefficients @ x**exponents)

    def slope(x: float) -> float:
        return float(slope_coefficients @ x ** exponents[:-1])

    zeros = grid[(values == 0) | ((slopes == 0) & (np.abs(values) <= roundings))].tolist()
    crosses, turns = (np.sign(found[:-1]) * np.sign(found[1:]) < 0 for found in (values, slopes))
    for cell in np.flatnonzero(crosses):
        zeros.append(_bisect(value, grid[cell], grid[cell + 1]))
    for cell in np.flatnonzero(turns & ~crosses):
        left, right = grid[cell], grid[cell + 1]
        turning = _bisect(slope, left, right)
        depth = value(turning)
        if depth * values[cell] < 0:
            zeros += [_bisect(value, left, turning), _bisect(value, turning, right)]
        elif abs(depth) <= roundings[cell + 1]:
            zeros.append(turning)
    return [float(zero) for zero in zeros]


def _polynomial(
    coefficients: NDArray[np.float64], x: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return value and slope at each `x`, in (0, 1]: by all powers at once where they fit, else by Horner's scheme."""
    if coefficients.size * x.size <= MOST_POWERS:
        powers = np.ones((coefficients.size, x.size))
        np.multiply.accumulate(np.broadcast_to(x, (coefficients.size - 1, x.size)), out=powers[1:])
        return coefficients @ powers, (coefficients[1:] * np.arange(1, coefficients.size)) @ powers[:-1]
    value, slope = 0 * x, 0 * x
    for coefficient in reversed(coefficients):
        slope = slope * x + value
        value = value * x + coefficient
    return value, slope


def _bisect(function: Callable[[float], float], left: float, right: float) -> float:
    """Return where `function` changes its sign between two points."""
    at_left = function(left)
    for _ in range(80):
        middle = (left + right) / 2
        if middle in (left, right):  # no float lies between
            break
        if (function(middle) > 0) == (at_left > 0):
            left = middle
        else:
            right = middle
    return (left + right) / 2


def rate_note(flows: Flows, rates: Sequence[float], *, periods_per_year: int = 1, searched: str = SEARCHED) -> str:
    """Say in words whether the flows have no internal rate of return, one, or several, and what follows.

    `rates` are those of a period; with several periods a year they are told compounded to a year's.

    >>> rate_note([-100, 30, 30, 30, 30, 30], [0.15238237]).replace("\u202f", " ")
    'One rate, 15.24 %.'
    >>> rate_note([-100, -1, -1], [])
    'No rate: nothing comes back, for no flow is positive.'
    """
    if not rates:
        if not any(flow > 0 for flow in flows):
            return "No rate: nothing comes back, for no flow is positive."
        if not any(flow < 0 for flow in flows):
            return "No rate: nothing is laid out, for no flow is negative."
        return f"No rate: {searched} the present value is never zero."
    a_year = " a year" if periods_per_year > 1 else ""
    listed = [words.percent(math.expm1(periods_per_year * math.log1p(rate)), decimals=2) + a_year for rate in rates]
    if len(rates) == 1:
        (rate,) = rates
        beside = net_present_value(rate - 1e-3 * (1 + rate), flows), net_present_value(rate + 1e-3 * (1 + rate), flows)
        touches = ", at which the present value touches zero without changing sign" if beside[0] * beside[1] > 0 else ""
        return f"One rate, {listed[0]}{touches}."
    return (
        f"{len(rates)} rates, {', '.join(listed[:-1])} and {listed[-1]}: none of them is the return. "
        "Judge by net present value or by the modified rate."
    )


def modified_internal_rate_of_return(flows: Flows, *, finance_rate: float, reinvest_rate: float) -> float | None:
    """Return the rate that takes the outlays, financed, to the receipts, reinvested; one number for any flows.

    ``(FV of receipts at reinvest_rate / -PV of outlays at finance_rate)^(1/n) - 1`` over n periods; None where it has
    no meaning: without an outlay, without a receipt, with a single flow, or too large for a float.

    Raises
    ------
    ValueError
        A rate is -100 % or less.

    >>> round(modified_internal_rate_of_return([-100, 30, 30, 30, 30, 30], finance_rate=0.1, reinvest_rate=0.1), 6)
    0.128659
    """
    periods = len(flows) - 1
    outlays = -net_present_value(finance_rate, [min(flow, 0.0) for flow in flows])
    receipts = net_present_value(reinvest_rate, [max(flow, 0.0) for flow in flows])
    if periods < 1 or not 0 < outlays < math.inf or not 0 < receipts < math.inf:
        return None
    log_growth = (math.log(receipts) - math.log(outlays)) / periods
    return math.exp(log_growth) * (1 + reinvest_rate) - 1 if log_growth < LARGEST_LOG else None


def payback_years(flows: Sequence[float], *, rate: float = 0.0) -> float | None:
    """Return when the running sum of `flows`, discounted at `rate`, first reaches zero; None if it never does.

    Linear within the year of the crossing, which serves uneven flows too. Special cases: without an outlay today it
    is 0; a sum that falls below zero again later has still been paid back once.

    Raises
    ------
    ValueError
        `rate` is -100 % or less.

    >>> round(payback_years([-100, 30, 30, 30, 30, 30]), 4)
    3.3333
    >>> round(payback_years([-100, 30, 30, 30, 30, 30], rate=0.10), 6)
    4.263267
    """
    _check_rate(rate)
    total, discount = 0.0, 1.0
    for year, flow in enumerate(flows):
        gain = flow * discount
        if total + gain >= 0:
            return year - 1 - total / gain if total < 0 else 0.0
        total += gain
        discount /= 1 + rate
    return None


def _check_rate(rate: float) -> None:
    if rate <= -1:
        raise ValueError("a rate lies above -100 %")
