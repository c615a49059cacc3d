"""Hourly power: a miner stops when a MWh costs more than it earns, and what that right to stop is worth.

All sums are for one MW of constant load. Breakeven is what a MWh taken by the machines earns, in $/MWh at the meter;
interval prices and breakeven are on one footing: the energy price alone against the breakeven less what is paid on top
of it, as :func:`index_breakeven_usd_per_mwh` gives it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minerdesk.units import HOURS_PER_YEAR

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """One MW against the prices of a span of time.

    Attributes
    ----------
    breakeven_usd_per_mwh
        What a MWh taken earns: above that price the machines stop.
    hours, run_hours
        The length of the span, and how much of it the machines run.
    mean_price_usd_per_mwh
        The mean price over the whole span: what a load that never stops pays.
    mean_price_running_usd_per_mwh
        The mean price while running, or None if they never run.
    always_on_usd_per_mw, optimal_usd_per_mw
        What is left after power, per MW over the span: never stopping, and stopping when that pays.
    adder_usd_per_mwh
        What each MWh taken pays on top of the energy price; the breakeven is net of it.
    energy_usd_per_mw
        What is paid for energy without the adder, less what is sold back, when stopping.
    starts, unearned_usd_per_mw
        How often the machines start, and what the ramps leave unearned.
    demand_usd_per_mw, credits_usd_per_mw
        Demand charges, and credits for stopping, when stopping; both are in `optimal_usd_per_mw`.
    """

    breakeven_usd_per_mwh: float
    hours: float
    run_hours: float
    mean_price_usd_per_mwh: float
    mean_price_running_usd_per_mwh: float | None
    always_on_usd_per_mw: float
    optimal_usd_per_mw: float
    adder_usd_per_mwh: float = 0.0
    energy_usd_per_mw: float = 0.0
    starts: float = 0.0
    unearned_usd_per_mw: float = 0.0
    demand_usd_per_mw: float = 0.0
    credits_usd_per_mw: float = 0.0

    @property
    def uptime_fraction(self) -> float:
        """The share of the hours in which the machines run."""
        return self.run_hours / self.hours

    @property
    def option_value_usd_per_mw(self) -> float:
        """What the right to stop adds: optimal less always on; never negative."""
        return self.optimal_usd_per_mw - self.always_on_usd_per_mw

    @property
    def option_value_usd_per_mwh(self) -> float:
        """The same per MWh of capacity, that is per MW and hour of the span, running or not."""
        return self.option_value_usd_per_mw / self.hours

    @property
    def optimal_usd_per_mwh(self) -> float:
        """What is left after power per MWh of capacity when stopping pays."""
        return self.optimal_usd_per_mw / self.hours

    @property
    def always_on_usd_per_mwh(self) -> float:
        """What is left after power per MWh of capacity when never stopping."""
        return self.always_on_usd_per_mw / self.hours

    @property
    def cost_usd_per_mw(self) -> float:
        """What power costs when stopping: energy, adder and demand charges, less credits."""
        adder = self.adder_usd_per_mwh * self.run_hours
        return self.energy_usd_per_mw + adder + self.demand_usd_per_mw - self.credits_usd_per_mw

    @property
    def revenue_usd_per_mw(self) -> float:
        """What is mined when stopping, less what ramps leave unearned: what is left plus what power costs."""
        return self.optimal_usd_per_mw + self.cost_usd_per_mw

    @property
    def cost_usd_per_mwh_taken(self) -> float | None:
        """What power costs per MWh taken; None if nothing is taken."""
        return self.cost_usd_per_mw / self.run_hours if self.run_hours else None

    @property
    def revenue_usd_per_mwh_taken(self) -> float | None:
        """What is mined per MWh taken; None if nothing is taken."""
        return self.revenue_usd_per_mw / self.run_hours if self.run_hours else None


@dataclass(frozen=True, kw_only=True, eq=False)
class MarketYear:
    """The duration curve of a market: a year's prices, highest first, as the means of equal shares of its hours.

    `prices_per_mwh` are in `currency`; each stands for ``hours / len(prices_per_mwh)``.
    """

    key: str
    label: str
    year: int
    currency: str
    hours: float
    prices_per_mwh: Floats


def index_breakeven_usd_per_mwh(breakeven_power_usd_per_mwh: float, adder_usd_per_mwh: float) -> float:
    """Return the energy price at which mining stops: the all-in breakeven less what every MWh pays on top.

    >>> index_breakeven_usd_per_mwh(89.03, 9.03)
    80.0
    """
    return breakeven_power_usd_per_mwh - adder_usd_per_mwh


def dispatch(
    prices_usd_per_mwh: ArrayLike,
    breakeven_usd_per_mwh: float,
    *,
    hours: ArrayLike = 1.0,
    block_usd_per_mwh: float | None = None,
) -> Dispatch:
    """Return what one MW keeps on interval prices, always on and stopping when that pays.

    Bought at the price of each interval, a MWh of capacity is worth ``max(breakeven - price, 0)``. With a fixed block
    at `block_usd_per_mwh` that may be sold back it is worth ``max(breakeven - block, price - block)``; what is always
    on then keeps ``breakeven - block``. Either way the machines run while the price is at most the breakeven, and the
    option value is the same: the block only moves both sums by ``price - block``.

    Parameters
    ----------
    hours
        The length of each interval in hours, or of all.

    Special cases
    -------------
    At a price that equals the breakeven nothing is won or lost; it counts as running. Negative prices are earned while
    running. A breakeven under every price gives no run hours and no mean price while running.

    Raises
    ------
    ValueError
        There is no interval, a number is not finite, or a length is not positive.

    >>> found = dispatch([20, 25, 30, 60, 95, 250, 2000, 40], 89.03)
    >>> round(found.always_on_usd_per_mw, 2), round(found.optimal_usd_per_mw, 2), found.uptime_fraction
    (-1807.76, 270.15, 0.625)
    """
    return dispatch_classes(
        prices_usd_per_mwh, [breakeven_usd_per_mwh], hours=hours, block_usd_per_mwh=block_usd_per_mwh
    )[0]


def dispatch_classes(
    prices_usd_per_mwh: ArrayLike,
    breakevens_usd_per_mwh: Sequence[float],
    *,
    hours: ArrayLike = 1.0,
    block_usd_per_mwh: float | None = None,
) -> tuple[Dispatch, ...]:
    """Return the dispatch of several machine classes on the same prices, one per breakeven, in the order given.

    The prices are sorted once; a class then is one place in the running sums of hours and of what they cost. Errors
    and special cases are those of :func:`dispatch`.
    """
    prices, lengths = _intervals(prices_usd_per_mwh, hours)
    breakevens = np.asarray(breakevens_usd_per_mwh, dtype=np.float64)
    if not np.isfinite(breakevens).all() or not np.isfinite(block_usd_per_mwh or 0.0):
        raise ValueError("a breakeven or the block's price is not a finite number")
    order = np.argsort(prices)
    prices, lengths = prices[order], lengths[order]
    hours_up_to = np.concatenate([[0.0], np.cumsum(lengths)])
    cost_up_to = np.concatenate([[0.0], np.cumsum(prices * lengths)])
    running = np.searchsorted(prices, breakevens, side="right")
    total_h, total_cost = float(hours_up_to[-1]), float(cost_up_to[-1])
    moved_by = 0.0 if block_usd_per_mwh is None else total_cost - block_usd_per_mwh * total_h
    found = []
    for breakeven, place in zip(breakevens.tolist(), running.tolist(), strict=True):
        run_h, cost = float(hours_up_to[place]), float(cost_up_to[place])
        found.append(
            Dispatch(
                breakeven_usd_per_mwh=breakeven,
                hours=total_h,
                run_hours=run_h,
                mean_price_usd_per_mwh=total_cost / total_h,
                mean_price_running_usd_per_mwh=cost / run_h if place else None,
                always_on_usd_per_mw=breakeven * total_h - total_cost + moved_by,
                optimal_usd_per_mw=breakeven * run_h - cost + moved_by,
                energy_usd_per_mw=cost - moved_by,
            )
        )
    return tuple(found)


def duration_curve(prices: ArrayLike, *, hours: ArrayLike = 1.0, most: int = 400) -> tuple[Floats, Floats]:
    """Return the share of all hours at the end of each step, and its price, the dearest first; the last share is 1.

    Up to `most` intervals each is a step. More are gathered into `most` steps, each the mean of an equal number of
    intervals (but for one). Errors are those of :func:`dispatch`.

    >>> shares, prices = duration_curve([20, 100, 60], hours=[2, 1, 1])
    >>> shares.tolist(), prices.tolist()
    ([0.25, 0.5, 1.0], [100.0, 60.0, 20.0])
    """
    values, lengths = _intervals(prices, hours)
    order = np.argsort(-values, kind="stable")
    values, lengths = values[order], lengths[order]
    first = np.unique(np.linspace(0, values.size, min(most, values.size), endpoint=False).astype(np.int64))
    step_hours = np.add.reduceat(lengths, first)
    return np.cumsum(step_hours) / lengths.sum(), np.add.reduceat(values * lengths, first) / step_hours


@dataclass(frozen=True, kw_only=True)
class Pause:
    """In how many hours of a span a firm load pauses, and what a MW gains by it."""

    hours: float
    gain_usd_per_mw: float


def firm_pause(
    prices_usd_per_mwh: ArrayLike,
    hours_a_year: float,
    *,
    hours: ArrayLike = 1.0,
    revenue_usd_per_mwh: float = 0.0,
    penalty_usd_per_mwh: float = 0.0,
    known_usd_per_mwh: ArrayLike | None = None,
) -> Pause:
    """Return what a firm load gains over the span by pausing in its dearest hours, as far as its lease allows.

    A pause of a MWh saves its price and loses `revenue_usd_per_mwh` (what the load pays per MWh) and
    `penalty_usd_per_mwh`: worth ``price - revenue - penalty`` where that is a gain, in at most `hours_a_year` of every
    8,760. `known_usd_per_mwh` are the prices that the decision sees, if those are others than it then gets: with
    notice a pause may turn out a loss. Where none is known (NaN) there is no pause.

    Special cases
    -------------
    With no hours, or no price above revenue and penalty, it is 0. An interval may be paused in part.

    Raises
    ------
    ValueError
        As :func:`dispatch`, or `hours_a_year` is negative.

    >>> firm_pause([100, 900, 2000, 50], 8760, revenue_usd_per_mwh=300)
    Pause(hours=2.0, gain_usd_per_mw=2300.0)
    """
    prices, lengths = _intervals(prices_usd_per_mwh, hours)
    if not hours_a_year >= 0:
        raise ValueError("the hours in which the load may pause can't be negative")
    if not hours_a_year:
        return Pause(hours=0.0, gain_usd_per_mw=0.0)
    lost = revenue_usd_per_mwh + penalty_usd_per_mwh
    known = prices if known_usd_per_mwh is None else np.asarray(known_usd_per_mwh, dtype=np.float64)
    worth = np.flatnonzero(known > lost)
    order = worth[np.argsort(-known[worth], kind="stable")]
    allowed_h = hours_a_year * float(lengths.sum()) / HOURS_PER_YEAR
    before = np.cumsum(lengths[order]) - lengths[order]
    paused = np.clip(allowed_h - before, 0.0, lengths[order])
    return Pause(hours=float(paused.sum()), gain_usd_per_mw=float(np.sum((prices[order] - lost) * paused)))


def _intervals(prices: ArrayLike, hours: ArrayLike) -> tuple[Floats, Floats]:
    """Return prices and lengths as arrays of one size."""
    values = np.asarray(prices, dtype=np.float64).ravel()
    lengths = np.broadcast_to(np.asarray(hours, dtype=np.float64), values.shape)
    if values.size == 0:
        raise ValueError("there is no price")
    if not (np.isfinite(values).all() and np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ValueError("a price is not a finite number, or an interval has no length")
    return values, lengths
