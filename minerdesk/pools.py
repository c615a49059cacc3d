"""What was observed, by quantity and way of arrival, and which of it to believe. The desk owns it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from minerdesk.economics.gpu_rates import RATE_SOURCES, GpuRate, GpuRecord
from minerdesk.economics.standstill import TIP, Stand
from minerdesk.observations import Observation, Origin, Series, State, merge

#: How the sources of bundled values begin their names.
BUNDLED = "bundled"

#: The series whose days are those of the history of GPU offers that were asked for.
GPU_COVERAGE = "gpu_history_providers"
#: The one whose days are those of the offers that were read on the day itself.
GPU_DAILY = "gpu_rate_daily_usd_per_gpu_hour"

#: Two clocks may differ by this much; what is dated later than that does not exist yet.
CLOCK_TOLERANCE = timedelta(minutes=10)

_FETCHED = (Origin.NETWORK, Origin.CACHE)


class Pools:
    """Single values by quantity and way of arrival, series by quantity, rental rates of GPUs. Not thread-safe."""

    def __init__(self) -> None:
        self.values: dict[str, dict[Origin, Observation]] = {}
        self.series: dict[str, Series] = {}
        self.gpu_record = GpuRecord()
        #: Since when the last block height that was fetched stands; None if none was, or the clock was set since.
        self.stand: Stand | None = None

    def add(self, found: Observation, now: datetime) -> bool:
        """Take a value, unless it is dated after the clock, and return whether it was taken or is known already."""
        if max(found.as_of, found.fetched_at) > now + CLOCK_TOLERANCE:
            return False
        pool = self.values.setdefault(found.quantity, {})
        known = pool.get(found.origin)
        # What was fetched last counts: two sources may date the same thing differently.
        if known is None or found.fetched_at >= known.fetched_at:
            pool[found.origin] = found
            if found.quantity == TIP and found.origin in _FETCHED:
                self.stand = Stand.after(found, self.stand)
        return True

    def add_series(self, new: Series, now: datetime) -> bool:
        """Lay a series, cut at the clock, over the one that is there, and return whether anything of it was left."""
        cut = new.cut(now)
        if len(cut):
            self.series[new.quantity] = merge(self.series.get(new.quantity), cut)
        return len(cut) > 0

    def add_rates(
        self, rates: Iterable[GpuRate], unknown: Mapping[str, tuple[str, ...]], now: datetime
    ) -> frozenset[str]:
        """Lay rental rates in the record, but none dated after the clock; return the sources that gave some.

        `unknown` are by source the names of GPUs that were not understood.
        """
        latest = (now + CLOCK_TOLERANCE).timestamp()
        known = [rate for rate in rates if max(rate.as_of, rate.fetched_at) <= latest]
        if known:
            self.gpu_record = self.gpu_record.laid(known, unknown)
        return frozenset(rate.source for rate in known)

    def gpu_days(self) -> frozenset[int]:
        """Return the days whose GPU offers are known, or known to be told nowhere."""
        told = (self.series[name] for name in (GPU_COVERAGE, GPU_DAILY) if name in self.series)
        return self.gpu_record.held_days().union(*(series.times.tolist() for series in told))

    def forget_file(self) -> None:
        """Drop what came out of a scenario file."""
        for pool in self.values.values():
            pool.pop(Origin.FILE, None)

    def believed(self, now: datetime) -> dict[str, Observation]:
        """Return the observation to believe of each quantity: live before all, else the newest."""
        observed = {}
        for quantity, pool in self.values.items():
            known = [found for found in pool.values() if max(found.as_of, found.fetched_at) <= now + CLOCK_TOLERANCE]
            if known:
                observed[quantity] = max(
                    known,
                    key=lambda found: (found.state(now) is State.LIVE, found.as_of, found.origin is not Origin.BUNDLE),
                )
        return observed

    def references(self) -> dict[str, Observation]:
        """Return what a new value of each quantity is measured by: the newest, of a series its newest point.

        What came out of a scenario file is not among it: anyone may have written that.
        """
        names = dict.fromkeys((*self.series, *self.values))
        return {quantity: found for quantity in names if (found := self.reference(quantity))}

    def reference(self, quantity: str) -> Observation | None:
        """Return what a new value of one quantity is measured by, None without any."""
        known = [one for origin, one in self.values.get(quantity, {}).items() if origin is not Origin.FILE]
        if known:
            return max(known, key=lambda one: (one.as_of, one.fetched_at))
        return self.series[quantity].newest() if quantity in self.series else None

    def newest(self) -> dict[str, datetime]:
        """Return for each series the date of its newest point that came over the network, now or earlier."""
        return self._dates(-1)

    def oldest(self) -> dict[str, datetime]:
        """Return for each series the date of its oldest point that came over the network."""
        return self._dates(0)

    def _dates(self, place: int) -> dict[str, datetime]:
        dates = {}
        for quantity, series in self.series.items():
            fetched = [not name.startswith(BUNDLED) for name in series.source_names]
            known = series.times[np.asarray(fetched)[series.source_index]]
            if len(known):
                dates[quantity] = datetime.fromtimestamp(int(known[place]), UTC)
        return dates

    def last_fetched(self) -> dict[str, datetime]:
        """Return when each quantity was last fetched over the network; never-fetched ones are absent."""
        fetched = {
            quantity: max(found.fetched_at for origin, found in pool.items() if origin in _FETCHED)
            for quantity, pool in self.values.items()
            if not pool.keys().isdisjoint(_FETCHED)
        }
        for quantity, series in self.series.items():
            if series.origin is not Origin.BUNDLE:
                fetched[quantity] = series.fetched_at
        for source, stamp in self.gpu_record.last_fetched.items():
            fetched.setdefault(RATE_SOURCES[source].quantity, datetime.fromtimestamp(stamp, UTC))
        return fetched

    def last_given(self) -> dict[str, datetime]:
        """Return when each source last gave a value over the network, now or in an earlier run."""
        given: dict[str, datetime] = {}
        for pool in self.values.values():
            for found in pool.values():
                if found.origin in _FETCHED:
                    provider = found.source.split(":")[0]  # behind the colon stands which way it counts
                    given[provider] = max(found.fetched_at, given.get(provider, found.fetched_at))
        for series in self.series.values():
            if series.origin is not Origin.BUNDLE and len(series):
                name = series.source_names[series.source_index[-1]].split(":")[0]
                given[name] = max(series.fetched_at, given.get(name, series.fetched_at))
        for source, stamp in self.gpu_record.last_fetched.items():
            moment = datetime.fromtimestamp(stamp, UTC)
            given[source] = max(moment, given.get(source, moment))
        return given
