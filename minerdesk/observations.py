"""What was observed: single values and daily series, each with unit, date, source and the way it reached us.

`QUANTITIES` declares once, for every observed quantity, its unit, its plausible range and its three ages.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


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
class Quantity:
    """The declaration of one observed quantity.

    Attributes
    ----------
    refresh, stale, expired
        The three ages: fetched again after, no longer called live after, no longer shown as current after.
    lag
        How old the newest value may rightly be when it is fetched (a daily mean ends at midnight).
    low, high
        The plausible range, both ends allowed; a value outside it is a failure of its source.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    refresh: timedelta
    stale: timedelta
    expired: timedelta
    lag: timedelta = timedelta(0)

    def allows(self, value: float) -> bool:
        """Return whether `value` lies in the plausible range; NaN and infinities never do."""
        return self.low <= value <= self.high


def _minutes(refresh: float, stale: float, expired: float, lag: float = 0) -> dict[str, timedelta]:
    return {
        "refresh": timedelta(minutes=refresh),
        "stale": timedelta(minutes=stale),
        "expired": timedelta(minutes=expired),
        "lag": timedelta(minutes=lag),
    }


_HOUR = 60.0
_DAY = 24 * _HOUR

_SPOT = _minutes(1, 5, 30, lag=10)
_CHAIN = _minutes(5, 30, 6 * _HOUR)
_WEEK_OF_BLOCKS = _minutes(6 * _HOUR, 48 * _HOUR, 30 * _DAY)
_HISTORY = _minutes(30, 6 * _HOUR, 7 * _DAY, lag=2 * _DAY)
_GPU_RATES = _minutes(6 * _HOUR, 48 * _HOUR, 30 * _DAY, lag=2 * _DAY)
#: Sources of rental rates by GPU, and how old the newest may rightly be: a weekly one comes some days after its week.
_GPU_SOURCES = (
    ("getdeploying", "GetDeploying", 10),
    ("lambda", "Lambda", 0),
    ("primeintellect", "Prime Intellect", 0),
    ("runpod", "RunPod", 0),
    ("vast", "Vast.ai", 0),
    ("shadeform", "Shadeform", 0),
)
_INTEREST = _minutes(15, 6 * _HOUR, 7 * _DAY, lag=2 * _DAY)
_DAILY_FILES = _minutes(15, 2 * _DAY, 30 * _DAY, lag=3 * _DAY)
#: What a hashprice of the last years could be, with room: in another unit it lies outside.
_STATED_LEAST, _STATED_MOST = 1.0, 5_000.0
#: The single values that are a hashprice as somebody states it.
STATED_HASHPRICES = ("hashprice_braiins_usd_per_ph_day", "hashprice_luxor_usd_per_ph_day")

#: Every observed quantity by name. Single values first, then the daily series behind the charts.
QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity(name="btc_price_usd", label="BTC price", unit="$/BTC", low=0.01, high=1e8, **_SPOT),
        Quantity(
            name="btc_price_second_usd",
            label="BTC price, second opinion",
            unit="$/BTC",
            low=0.01,
            high=1e8,
            **_minutes(15, 30, 6 * _HOUR, lag=10),
        ),
        Quantity(
            name="difficulty",
            label="Difficulty",
            unit="",
            low=1.0,
            high=1e18,
            **_minutes(5, 30, 6 * _HOUR, lag=25 * _DAY),  # dated by the retarget that set it, 8 weeks at the very most
        ),
        Quantity(name="tip_height", label="Block height", unit="blocks", low=0, high=1e8, **_CHAIN),
        Quantity(
            name="fees_btc_per_block",
            label="Fees per block",
            unit="BTC",
            low=0,
            high=50,
            **_minutes(5, 30, 6 * _HOUR, lag=2 * _DAY),
        ),
        Quantity(
            name="network_hashrate_7d_eh_s",
            label="Network hash rate, 7-day mean",
            unit="EH/s",
            low=1e-9,
            high=1e6,
            **_HISTORY,
        ),
        Quantity(
            name="gpu_rate_on_demand_usd_per_gpu_hour",
            label="B200 on-demand median",
            unit="$/GPU-h",
            low=0.01,
            high=500,
            **_GPU_RATES,
        ),
        Quantity(name="pool_hhi", label="Pool concentration, HHI", unit="", low=1e-6, high=1, **_WEEK_OF_BLOCKS),
        Quantity(
            name="pools_for_majority",
            label="Pools that together have 51 %",
            unit="pools",
            low=1,
            high=1_000,
            **_WEEK_OF_BLOCKS,
        ),
        Quantity(
            name="pool_largest_share",
            label="Share of the largest pool",
            unit="fraction",
            low=1e-6,
            high=1,
            **_WEEK_OF_BLOCKS,
        ),
        # The median of all offers of the day, for the check of leaps: no trend, for the list covers others every month.
        Quantity(
            name="gpu_rate_daily_usd_per_gpu_hour",
            label="B200 on-demand median, daily",
            unit="$/GPU-h",
            low=0.01,
            high=500,
            **_GPU_RATES,
        ),
        # Rates by GPU lie in a record of their own (economics.gpu_rates); here are the ages of each source's.
        *(
            Quantity(
                name=f"gpu_rates_{source}_usd_per_gpu_hour",
                label=f"GPU rates, {label}",
                unit="$/GPU-h",
                low=0.01,
                high=500,
                **{**_GPU_RATES, "lag": timedelta(days=lag_days)},
            )
            for source, label, lag_days in _GPU_SOURCES
        ),
        Quantity(
            name="gpu_history_providers",
            label="GPU providers in the history of offers, by day",
            unit="providers",
            low=1,
            high=10_000,
            **_minutes(6 * _HOUR, 30 * _DAY, 1_000 * _DAY, lag=400 * _DAY),
        ),
        Quantity(
            name="btc_price_daily_usd", label="BTC price, daily close", unit="$/BTC", low=0.001, high=1e8, **_HISTORY
        ),
        Quantity(
            name="network_hashrate_daily_eh_s",
            label="Network hash rate, daily",
            unit="EH/s",
            low=0,
            high=1e6,
            **_HISTORY,
        ),
        Quantity(
            name="fees_daily_btc_per_block", label="Fees per block, daily mean", unit="BTC", low=0, high=50, **_HISTORY
        ),
        Quantity(
            name="difficulty_epochs",
            label="Difficulty by epoch",
            unit="",
            low=1.0,
            high=1e18,
            **_minutes(30, 360, 7 * _DAY, 25 * _DAY),
        ),
        Quantity(
            name="epoch_heights",
            label="First block of each epoch",
            unit="blocks",
            low=0,
            high=1e8,
            **_minutes(30, 360, 7 * _DAY, 25 * _DAY),
        ),
        # Open interest is one venue's, or one aggregator's set of venues: never added up, never joined to one series.
        Quantity(name="open_interest_usd", label="Open interest, OKX", unit="$", low=1e6, high=1e13, **_INTEREST),
        Quantity(
            name="open_interest_daily_usd",
            label="Open interest, OKX, daily",
            unit="$",
            low=1e6,
            high=1e13,
            **_INTEREST,
        ),
        Quantity(
            name="open_interest_bybit_daily_btc",
            label="Open interest, Bybit BTCUSDT, daily",
            unit="BTC",
            low=10,
            high=2.1e7,
            **_INTEREST,
        ),
        Quantity(
            name="open_interest_binance_daily_usd",
            label="Open interest, Binance BTCUSDT, daily",
            unit="$",
            low=1e6,
            high=1e13,
            **_INTEREST,
        ),
        Quantity(
            name="open_interest_binance_files_daily_usd",
            label="Open interest, Binance BTCUSDT, daily files",
            unit="$",
            low=1e6,
            high=1e13,
            **_DAILY_FILES,
        ),
        Quantity(
            name="open_interest_coinglass_daily_usd",
            label="Open interest, Coinglass’s exchanges, daily",
            unit="$",
            low=1e6,
            high=1e13,
            **_INTEREST,
        ),
        Quantity(
            name="open_interest_aggregate_usd",
            label="Open interest, one aggregator’s set of venues",
            unit="$",
            low=1e6,
            high=1e13,
            **_INTEREST,
        ),
        # Stated hashprices are held against the computed one and never take its place; old ones say nothing of it.
        Quantity(
            name="hashprice_braiins_usd_per_ph_day",
            label="Hashprice as Braiins Insights states it",
            unit="$/PH/day",
            low=_STATED_LEAST,
            high=_STATED_MOST,
            **_minutes(30, 60, 2 * _HOUR),
        ),
        Quantity(
            name="hashprice_luxor_usd_per_ph_day",
            label="Hashprice as Hashrate Index states it",
            unit="$/PH/day",
            low=_STATED_LEAST,
            high=_STATED_MOST,
            **_minutes(15, 60, 2 * _HOUR, lag=30),
        ),
        Quantity(
            name="hashprice_luxor_daily_usd_per_ph_day",
            label="Hashprice as Hashrate Index states it, daily",
            unit="$/PH/day",
            low=_STATED_LEAST,
            high=_STATED_MOST,
            **_HISTORY,
        ),
    )
}


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
