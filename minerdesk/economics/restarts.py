"""Machines that can't stop and start at will: the best runs under least times off and on and a ramp, exactly.

At every moment the machines run or stand still. Standing still lasts at least so long, running too, and each start
costs what the ramp leaves unearned. With g the gain of running an interval, V and W the most that can still be won
from a moment on while running and while standing still, e and u the first moments after the least times off and on:

- running: ``V[i] = max(g[i] + V[i+1], W[e])``;
- standing still: ``W[i] = max(W[i+1], g[i] + … + g[u-1] - start + V[u])``.

That is solved backwards in time. So that a million intervals don't take a million steps, the span is cut into blocks
that are solved side by side, each from some way beyond its end. Where a block's values at the next one's beginning
agree with that one's own (which looked further), the guess at its far end has been forgotten, and block by block from
the last on every value is the exact one; where they don't, all is solved again from further beyond.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

_LEAST_BLOCK, _LEAST_WARM = 512, 256
_MOST_VALUES = 4_000_000
_REL_TOLERANCE, _ABS_TOLERANCE = 1e-9, 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """When a class runs: from interval ``begins[n]`` up to but without ``ends[n]``; how often it had to start."""

    begins: Ints
    ends: Ints
    starts: int

    def mask(self, size: int) -> Bools:
        """Return whether it runs in each of `size` intervals."""
        edges = np.zeros(size + 1, dtype=np.int8)
        edges[self.begins] += 1
        edges[self.ends] -= 1
        return np.cumsum(edges[:-1], dtype=np.int8) > 0


def best_runs(
    prices: Floats,
    hours: Floats,
    stop_at: Floats,
    start_cost: Floats,
    *,
    moments_h: Floats | None = None,
    minimum_down_h: float = 0.0,
    minimum_up_h: float = 0.0,
) -> tuple[Runs, ...]:
    """Return the runs of each class that win most: ``sum((stop_at - price) * hours)`` over them, less the starts.

    Parameters
    ----------
    prices, hours
        Of the intervals in the order of time.
    stop_at, start_cost
        Of each class: the price above which an hour is lost, in $/MWh, and what a start costs, in $ per MW.
    moments_h
        The start of each interval in hours on a clock, where there are gaps; without it one follows the other.

    Special cases
    -------------
    Before the first interval the machines were whatever suits: running or off for long enough. A least time off or on
    ends with the prices. Of equal gains running is chosen. A start costs its whole ramp, however short the run.

    >>> prices, hour = np.array([10.0, 90.0, 10.0, 10.0]), np.ones(4)
    >>> found = best_runs(prices, hour, np.array([50.0]), np.zeros(1), minimum_down_h=2)[0]
    >>> found.begins.tolist(), found.ends.tolist()
    ([0], [4])
    """
    size = len(prices)
    begins_h = np.concatenate([[0.0], np.cumsum(hours)[:-1]]) if moments_h is None else moments_h
    found: list[Runs | None] = [None] * len(stop_at)
    low, high = float(prices.min()), float(prices.max())
    open_classes = []
    for place, limit in enumerate(stop_at.tolist()):
        if limit >= high:
            found[place] = Runs(begins=np.array([0]), ends=np.array([size]), starts=0)
        elif limit <= low:
            nothing = np.empty(0, dtype=np.intp)
            found[place] = Runs(begins=nothing, ends=nothing, starts=0)
        else:
            open_classes.append(place)
    if open_classes:
        problem = _Problem(
            bill=prices * hours,
            hours=hours,
            down=_Ahead.of(begins_h, minimum_down_h),
            up=_Ahead.of(begins_h, minimum_up_h),
        )
        for place, runs in zip(
            open_classes, problem.runs(stop_at[open_classes], start_cost[open_classes]), strict=True
        ):
            found[place] = runs
    return tuple(runs for runs in found if runs is not None)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ahead:
    """How many intervals on the first one lies that begins a least time later; 1 at least.

    `usual` is that number where it is the same everywhere but for the end; else 0.
    """

    steps: Ints
    usual: int

    @classmethod
    def of(cls, begins_h: Floats, least_h: float) -> "_Ahead":
        places = np.arange(len(begins_h))
        steps = np.maximum(np.searchsorted(begins_h, begins_h + least_h - 1e-9) - places, 1)
        same = np.array_equal(steps, np.minimum(steps[0], len(steps) - places))
        return cls(steps=steps, usual=int(steps[0]) if same else 0)

    def value(self, ring: Floats, step: int, places: Ints) -> Floats:
        """Return the values so far on, of a ring in which the value of step n lies at n modulo its length."""
        if self.usual:
            found: Floats = ring[(step + self.usual) % len(ring)]
            return found
        ahead: Floats = ring[(step + self.steps[places]) % len(ring), np.arange(len(places))]
        return ahead


@dataclass(frozen=True, kw_only=True, eq=False)
class _Problem:
    """The recursion of the module's docstring; `bill` is what each interval's energy costs."""

    bill: Floats
    hours: Floats
    down: _Ahead
    up: _Ahead

    def runs(self, stop_at: Floats, start_cost: Floats) -> list[Runs]:
        """Return the best runs of each class; several at once as far as memory goes."""
        size, longest = len(self.bill), int(max(self.down.steps.max(), self.up.steps.max()))
        block = max(_LEAST_BLOCK, int(1.5 * np.sqrt(size)), 4 * longest)
        at_once = max(1, _MOST_VALUES // ((longest + 1) * (size // block + 1)))
        found: list[Runs] = []
        for first in range(0, len(stop_at), at_once):
            part = slice(first, first + at_once)
            found += self._runs(stop_at[part], start_cost[part], block, max(_LEAST_WARM, 4 * longest))
        return found

    def _runs(self, stop_at: Floats, start_cost: Floats, block: int, warm: int) -> list[Runs]:
        size = len(self.bill)
        while True:
            block, warm = (size, 0) if block + warm >= size else (block, warm)
            solved = self._solve(stop_at, start_cost, block, warm)
            if solved is not None:
                stop, start, at_first = solved
                return [self._walk(stop[:, k], start[:, k], bool(at_first[k])) for k in range(len(stop_at))]
            block, warm = 2 * block, 4 * warm

    def _solve(self, stop_at: Floats, start_cost: Floats, block: int, warm: int) -> tuple[Bools, Bools, Bools] | None:
        """Return where to stop, where to start, and who runs at first; None if blocks did not look far enough."""
        size, ring = len(self.bill), int(max(self.down.steps.max(), self.up.steps.max())) + 1
        bases = np.arange(0, size, block)
        shape = (len(bases), len(stop_at))
        running, still = np.zeros((ring, *shape)), np.zeros((ring, *shape))
        stop, start = (
            np.zeros((shape[0], block, shape[1]), dtype=bool),
            np.zeros((shape[0], block, shape[1]), dtype=bool),
        )
        seams = np.zeros((2, 2, ring if warm else 0, *shape))  # own and from before; running and still
        for step in range(block + warm - 1, -1, -1):
            inside = bases + step < size
            if not inside[0]:
                continue
            places = np.minimum(bases + step, size - 1)
            keep = self._gain(places, places + 1, stop_at) + running[(step + 1) % ring]
            rest = self.down.value(still, step, places)
            begin = keep - start_cost
            if self.up.usual != 1:
                until = np.minimum(places + self.up.steps[places], size)
                begin = self._gain(places, until, stop_at) + self.up.value(running, step, places) - start_cost
            wait = still[(step + 1) % ring]
            if step < block:
                stop[:, step], start[:, step] = rest > keep, begin >= wait
            slot = step % ring
            running[slot], still[slot] = np.maximum(keep, rest), np.maximum(wait, begin)
            running[slot, ~inside] = still[slot, ~inside] = 0.0
            for side, first in ((0, 0), (1, block)):
                if first <= step < first + seams.shape[2]:
                    seams[side, :, step - first] = running[slot], still[slot]
        if warm and not _agree(seams):
            return None
        flat = (-1, shape[1])
        at_first = (running[0, 0] >= still[0, 0]) & ~stop[0, 0]
        return stop.reshape(flat)[:size], start.reshape(flat)[:size], at_first

    @cached_property
    def _sums(self) -> tuple[Floats, Floats]:
        return np.concatenate([[0.0], np.cumsum(self.hours)]), np.concatenate([[0.0], np.cumsum(self.bill)])

    def _gain(self, first: Ints, until: Ints, stop_at: Floats) -> Floats:
        """Return what running from `first` up to `until` wins, a row each, of every class."""
        hours, bill = self._sums
        gain: Floats = (hours[until] - hours[first])[:, None] * stop_at - (bill[until] - bill[first])[:, None]
        return gain

    def _walk(self, stop: Bools, start: Bools, runs_at_first: bool) -> Runs:
        """Follow the decisions through time, from one stop or start to the next."""
        size, stops, starts = len(stop), np.flatnonzero(stop), np.flatnonzero(start)
        begins, ends, at, begin = [], [], 0, 0 if runs_at_first else -1
        while at < size:
            if begin >= 0:
                at = _next(stops, at, size)
                begins.append(begin)
                ends.append(at)
                at, begin = at + (int(self.down.steps[at]) if at < size else 0), -1
            else:
                begin = at = _next(starts, at, size)
                at += int(self.up.steps[at]) if at < size else 0
                if at >= size > begin:
                    begins.append(begin)
                    ends.append(size)
        return Runs(
            begins=np.array(begins, dtype=np.intp),
            ends=np.array(ends, dtype=np.intp),
            starts=len(begins) - int(runs_at_first),
        )


def _next(places: Ints, at: int, size: int) -> int:
    """Return the first of `places` from `at` on, or `size`."""
    found = int(places.searchsorted(at))
    return int(places[found]) if found < len(places) else size


def _agree(seams: Floats) -> bool:
    """Whether what each block says of the next one's beginning differs from that one's own by a constant alone."""
    own, before = seams[0][:, :, 1:], seams[1][:, :, :-1]
    apart = (own - own[0, 0]) - (before - before[0, 0])
    return bool(np.abs(apart).max(initial=0.0) <= _ABS_TOLERANCE + _REL_TOLERANCE * np.abs(own).max(initial=0.0))
