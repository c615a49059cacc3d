"""Capital and value: the yearly charge of a purchase, and the value of a row of cash flows."""

import math
from collections.abc import Sequence


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


def net_present_value(rate: float, flows: Sequence[float]) -> float:
    """Return the sum of the yearly `flows`, the first undiscounted, at `rate`.

    >>> round(net_present_value(0.10, [-100, 30, 30, 30, 30, 30]), 6)
    13.723603
    """
    return math.fsum(flow / (1 + rate) ** year for year, flow in enumerate(flows))


def internal_rates_of_return(flows: Sequence[float]) -> list[float]:
    """Return every rate above -99.9 % and below 1,000 % at which the flows' present value is zero, ascending.

    An empty list means that there is none, more than one that the flows have several: both are to be said, never
    papered over with a number. Sign changes of the present value are bracketed on a grid of discount factors and
    bisected; a double root that only touches zero is found where the grid meets it.

    >>> [round(rate, 6) for rate in internal_rates_of_return([-100, 230, -132])]
    [0.1, 0.2]
    >>> internal_rates_of_return([-100, -1, -1])
    []
    """
    low, high, cells = math.log(0.001), math.log(11.0), 4_000
    grid = [math.expm1(low + (high - low) * cell / cells) for cell in range(cells + 1)]
    values = [net_present_value(rate, flows) for rate in grid]
    roots = []
    for left, right, at_left, at_right in zip(grid, grid[1:], values, values[1:], strict=False):
        if at_left == 0:
            roots.append(left)
        elif at_left * at_right < 0:
            roots.append(_bisect(flows, left, right, at_left))
    return roots


def _bisect(flows: Sequence[float], left: float, right: float, at_left: float) -> float:
    for _ in range(80):
        middle = (left + right) / 2
        at_middle = net_present_value(middle, flows)
        if (at_middle > 0) == (at_left > 0):
            left = middle
        else:
            right = middle
    return (left + right) / 2


def payback_years(flows: Sequence[float], *, rate: float = 0.0) -> float | None:
    """Return when the running sum of `flows`, discounted at `rate`, first reaches zero; None if it never does.

    Linear within the year of the crossing, which serves uneven flows too.

    >>> round(payback_years([-100, 30, 30, 30, 30, 30]), 4)
    3.3333
    >>> round(payback_years([-100, 30, 30, 30, 30, 30], rate=0.10), 6)
    4.263267
    """
    total = flows[0]
    if total >= 0:
        return 0.0
    for year, flow in enumerate(flows[1:], start=1):
        gain = flow / (1 + rate) ** year
        if total + gain >= 0:
            return year - 1 + -total / gain
        total += gain
    return None
