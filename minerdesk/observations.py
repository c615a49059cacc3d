"""What was observed: single values and daily series, each with unit, date, source and the way it reached us."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from minerdesk.quantities import QUANTITIES


class Origin(StrEnum):
    """How a value reached this process."""

    NETWORK = "network"
    CACHE = "cache"
    FILE = "file"
    BUNDLE = "bundle"
    MANUAL = "manual"


class State(StrEnum):
    """What the screen says of a value."""

    LIVE = "live"
    CACHED = "cached"
    BUNDLED = "bundled"
    MANUAL = "manual"


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One value as somebody stated it.

    `as_of` is the moment that the value speaks of, `fetched_at` the moment that we got it, both UTC.
    `detail` says in words what a source's name alone does not (for example how many offers a median was taken over).
    """

    quantity: str
    value: float
    unit: str
    as_of: datetime
    fetched_at: datetime
    source: str
    origin: Origin
    detail: str = ""

    def age(self, now: datetime) -> timedelta:
        """Return how much older than it should be this value is at `now`, never negative.

        The larger of the time since the fetch and of the time since `as_of` beyond the quantity's declared lag: so a
        provider that keeps sending an old value ages as fast as one that sends nothing.
        """
        lag = QUANTITIES[self.quantity].lag
        return max(now - self.fetched_at, now - self.as_of - lag, timedelta(0))

    def state(self, now: datetime) -> State:
        """Return live, cached, bundled or manual, as the screen says it at `now`."""
        if self.origin is Origin.MANUAL:
            return State.MANUAL
        if self.origin is Origin.BUNDLE:
            return State.BUNDLED
        fresh = self.age(now) <= QUANTITIES[self.quantity].stale
        return State.LIVE if self.origin is Origin.NETWORK and fresh else State.CACHED

    def is_expired(self, now: datetime) -> bool:
        """Return whether the value is too old to be shown as current. A manual value never expires."""
        return self.origin is not Origin.MANUAL and self.age(now) > QUANTITIES[self.quantity].expired


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """A dated series with the source of every point.

    Attributes
    ----------
    times
        Seconds UTC, int64, strictly increasing. A daily mean is dated by the start of its day.
    values
        float64, same length; NaN marks a known gap.
    source_index
        For every point the index of its source in `source_names`.
    fetched_at
        When the newest part was fetched (for a bundled series: the bundle's date).
    """

    quantity: str
    unit: str
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    source_index: NDArray[np.int16]
    source_names: tuple[str, ...]
    fetched_at: datetime
    origin: Origin

    @classmethod
    def of(
        cls,
        quantity: str,
        times: Iterable[float],
        values: Iterable[float],
        *,
        source: str,
        fetched_at: datetime,
        origin: Origin = Origin.NETWORK,
    ) -> "Series":
        """Build a series of one source from unsorted points; of points with the same time the last one given wins."""
        t = np.asarray(list(times), dtype=np.int64)
        v = np.asarray(list(values), dtype=np.float64)
        if t.shape != v.shape:
            raise ValueError("times and values differ in length")
        _, first_in_reverse = np.unique(t[::-1], return_index=True)
        keep = len(t) - 1 - first_in_reverse
        return cls(
            quantity=quantity,
            unit=QUANTITIES[quantity].unit,
            times=t[keep],
            values=v[keep],
            source_index=np.zeros(len(keep), dtype=np.int16),
            source_names=(source,),
            fetched_at=fetched_at,
            origin=origin,
        )

    def __len__(self) -> int:
        return len(self.times)

    def cut(self, now: datetime) -> "Series":
        """Return the part dated at or before `now`: nothing dated after the clock exists."""
        keep = int(np.searchsorted(self.times, int(now.timestamp()), side="right"))
        if keep == len(self.times):
            return self
        return replace(
            self,
            times=self.times[:keep],
            values=self.values[:keep],
            source_index=self.source_index[:keep],
            fetched_at=min(self.fetched_at, now),
        )

    def last_time(self) -> datetime | None:
        """Return the date of the newest point, or None if the series is empty."""
        return datetime.fromtimestamp(int(self.times[-1]), UTC) if len(self.times) else None

    def newest(self) -> Observation | None:
        """Return the newest point as a value of its own, or None for an empty series."""
        as_of = self.last_time()
        if as_of is None:
            return None
        source = self.source_names[self.source_index[-1]]
        return Observation(
            quantity=self.quantity,
            value=float(self.values[-1]),
            unit=self.unit,
            as_of=as_of,
            fetched_at=self.fetched_at,
            source=source,
            origin=Origin.BUNDLE if source.startswith("bundled") else self.origin,
        )

    def seams(self) -> list[tuple[int, str]]:
        """Return (time, name of the source that begins there) for every change of source but the first."""
        changes = np.flatnonzero(np.diff(self.source_index)) + 1
        return [(int(self.times[i]), self.source_names[self.source_index[i]]) for i in changes]


def merge(old: Series | None, new: Series) -> Series:
    """Lay `new` over `old`: inside the span that `new` covers only its points count, outside it the old ones stay.

    Every point keeps its source, so a seam between two sources can be drawn. The result has the newer `fetched_at`
    and, with it, that series' origin.
    """
    if old is None or len(old) == 0:
        return new
    if len(new) == 0:
        return old
    return _laid(old, new, (old.times < new.times[0]) | (old.times > new.times[-1]))


def fill(series: Series, other: Series) -> Series:
    """Return `series` with the known points of `other` where it has none: for two records of the very same thing.

    Every point keeps its source; the result has the newer `fetched_at` and, with it, that series' origin.
    """
    return _laid(other, series, np.isfinite(other.values) & ~np.isin(other.times, series.times))


def _laid(old: Series, new: Series, outside: NDArray[np.bool_]) -> Series:
    """Return `new` with the points of `old` that are `outside` of it."""
    names = list(old.source_names)
    renumbered = []
    for name in new.source_names:
        if name not in names:
            names.append(name)
        renumbered.append(names.index(name))
    times = np.concatenate([old.times[outside], new.times])
    order = np.argsort(times, kind="stable")
    newer = new if new.fetched_at >= old.fetched_at else old
    return Series(
        quantity=new.quantity,
        unit=new.unit,
        times=times[order],
        values=np.concatenate([old.values[outside], new.values])[order],
        source_index=np.concatenate(
            [old.source_index[outside], np.asarray(renumbered, dtype=np.int16)[new.source_index]]
        )[order],
        source_names=tuple(names),
        fetched_at=newer.fetched_at,
        origin=newer.origin,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class RateBand:
    """Rental rates of one GPU through time from one panel of providers, in $/GPU-h: quartiles and median.

    Two panels are never joined to one series: a change between them may be a change of panel.
    """

    gpu: str
    panel: str
    times: NDArray[np.int64]
    low: NDArray[np.float64]
    median: NDArray[np.float64]
    high: NDArray[np.float64]
