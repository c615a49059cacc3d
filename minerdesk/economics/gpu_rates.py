"""Rental rates of GPUs: offers made into a median by GPU with quartiles and count, and the record of every source."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.gpu_names import gpu_label, order_of
from minerdesk.observations import RateBand
from minerdesk.quantities import QUANTITIES
from minerdesk.units import SECONDS_PER_DAY

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

#: The source of daily offers of many sellers, from whose sellers the panel is made.
OFFERS_SOURCE = "gpurentalprices"
WEEKLY_SOURCE = "getdeploying"
#: Fewer offers of many sellers make no median.
OFFERS_NEEDED = 3
PLAUSIBLE_USD = (0.01, 500.0)


class RateKind(StrEnum):
    """What a rate is: a seller's own list price, the median of many list prices, or of what is asked at a market."""

    LIST = "list price"
    LISTS = "median of list prices"
    ASKS = "median of asks"


@dataclass(frozen=True, kw_only=True)
class RateSource:
    """What is known of one source of rates: by which quantity it is aged, what its rates are and how often they come.

    `note` is what must be said beside its figures.
    """

    name: str
    quantity: str
    kind: RateKind
    cadence: str
    note: str = ""


def _source(name: str, kind: RateKind, cadence: str = "daily", note: str = "", quantity: str = "") -> RateSource:
    own = quantity or f"gpu_rates_{name}_usd_per_gpu_hour"
    return RateSource(name=name, quantity=own, kind=kind, cadence=cadence, note=note)


#: Every source of rates, in the order of lists. None is ever pooled into another's median.
RATE_SOURCES: Mapping[str, RateSource] = MappingProxyType(
    {
        source.name: source
        for source in (
            _source(OFFERS_SOURCE, RateKind.LISTS, quantity="gpu_rate_on_demand_usd_per_gpu_hour"),
            _source(WEEKLY_SOURCE, RateKind.LISTS, "weekly"),
            _source("lambda", RateKind.LIST, "current"),
            _source("primeintellect", RateKind.LISTS, "current", "repeats rows of other sellers"),
            _source("runpod", RateKind.LIST, "current"),
            _source("vast", RateKind.ASKS, "current", "asks, not trades; of each GPU the 64 cheapest at most"),
            _source("shadeform", RateKind.LISTS, "current", "repeats rows of other sellers"),
        )
    }
)


class Offer(NamedTuple):
    """One GPU offered by one seller, in USD per GPU-hour."""

    gpu: str
    seller: str
    usd_per_gpu_hour: float


class GpuRate(NamedTuple):
    """The rate of one GPU on one day from one source; a tuple, for a year holds tens of thousands.

    `seller` is empty for all sellers of the source together. `low` and `high` are the quartiles, NaN where the source
    doesn't tell them. `day` is the start of the day, or of the week, that it speaks of; all times are seconds UTC.
    """

    source: str
    gpu: str
    seller: str
    day: int
    low: float
    median: float
    high: float
    offers: int
    sellers: int
    as_of: int
    fetched_at: int
    detail: str = ""

    @property
    def as_of_moment(self) -> datetime:
        """The moment that it speaks of."""
        return datetime.fromtimestamp(self.as_of, UTC)

    def age(self, now: datetime) -> timedelta:
        """Return how much older than it should be it is, as `Observation.age` does."""
        quantity = QUANTITIES[RATE_SOURCES[self.source].quantity]
        fetched = datetime.fromtimestamp(self.fetched_at, UTC)
        return max(now - fetched, now - self.as_of_moment - quantity.lag, timedelta(0))

    def is_live(self, now: datetime) -> bool:
        """Return whether it would not be fetched again yet; what is older is called cached, with its age."""
        return self.age(now) < QUANTITIES[RATE_SOURCES[self.source].quantity].refresh

    def is_expired(self, now: datetime) -> bool:
        """Return whether it is too old to be called current."""
        return self.age(now) > QUANTITIES[RATE_SOURCES[self.source].quantity].expired


def is_plausible(usd_per_gpu_hour: float) -> bool:
    """Return whether a rate is of a size that can be true."""
    return PLAUSIBLE_USD[0] <= usd_per_gpu_hour <= PLAUSIBLE_USD[1]


def summarised(
    source: str,
    offers: Iterable[Offer],
    *,
    as_of: datetime,
    now: datetime,
    day: int | None = None,
    least: int = 1,
    by_seller: bool = False,
    detail: str = "",
) -> tuple[GpuRate, ...]:
    """Return the median of each GPU's offers with its quartiles (linear between ranks), and if wanted each seller's.

    Parameters
    ----------
    day
        The start of the day that it counts for, where that isn't the day of `as_of`.
    least
        With fewer offers a GPU has no median over all sellers; each seller's own needs one.
    """
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    sellers: dict[str, set[str]] = defaultdict(set)
    for offer in offers:
        found[offer.gpu, ""].append(offer.usd_per_gpu_hour)
        sellers[offer.gpu].add(offer.seller)
        if by_seller and offer.seller:
            found[offer.gpu, offer.seller].append(offer.usd_per_gpu_hour)
    stamp = int(as_of.timestamp())
    return tuple(
        GpuRate(
            source=source,
            gpu=gpu,
            seller=seller,
            day=stamp // SECONDS_PER_DAY * SECONDS_PER_DAY if day is None else day,
            low=low,
            median=median,
            high=high,
            offers=len(rates),
            sellers=1 if seller else len(sellers[gpu]),
            as_of=stamp,
            fetched_at=int(now.timestamp()),
            detail=detail,
        )
        for (gpu, seller), rates in sorted(found.items())
        if seller or len(rates) >= least
        for low, median, high in (np.percentile(rates, (25, 50, 75)).tolist(),)
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class GpuRecord:
    """What every source told of rental rates, day by day.

    Attributes
    ----------
    rates
        In order of source, GPU, seller and day; each of those once.
    unknown
        By source the names of GPUs that were not understood when it was last asked, and so left out.
    """

    rates: tuple[GpuRate, ...] = ()
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def laid(self, new: Iterable[GpuRate], unknown: Mapping[str, tuple[str, ...]] | None = None) -> "GpuRecord":
        """Return the record with new rates laid over it: of two of the same day the one fetched later counts."""
        by_key: dict[tuple[str, str, str, int], GpuRate] = {rate[:4]: rate for rate in self.rates}
        for rate in new:
            known = by_key.get(rate[:4])
            if known is None or rate.fetched_at >= known.fetched_at:
                by_key[rate[:4]] = rate
        return GpuRecord(
            rates=tuple(by_key[key] for key in sorted(by_key)), unknown={**self.unknown, **(unknown or {})}
        )

    def cut(self, moment: datetime) -> "GpuRecord":
        """Return what was told by a moment: nothing dated after it exists."""
        stamp = moment.timestamp()
        kept = tuple(rate for rate in self.rates if rate.as_of <= stamp)
        return self if len(kept) == len(self.rates) else GpuRecord(rates=kept, unknown=self.unknown)

    @cached_property
    def last_fetched(self) -> Mapping[str, int]:
        """When each source last gave rates, seconds UTC."""
        found: dict[str, int] = {}
        for rate in self.rates:
            found[rate.source] = max(rate.fetched_at, found.get(rate.source, 0))
        return found

    @cached_property
    def newest(self) -> tuple[GpuRate, ...]:
        """The newest rate of every GPU from every source, by GPU, then in the order of the sources."""
        found: dict[tuple[str, str], GpuRate] = {}
        for rate in self.rates:
            if not rate.seller:
                found[rate.gpu, rate.source] = rate  # in order of day: the newest comes last
        places = list(RATE_SOURCES)
        return tuple(sorted(found.values(), key=lambda rate: (order_of(rate.gpu), places.index(rate.source))))

    def held_days(self) -> frozenset[int]:
        """Return the days of which the sellers of `OFFERS_SOURCE` are known."""
        return frozenset(rate.day for rate in self.rates if rate.seller and rate.source == OFFERS_SOURCE)

    def line(self, source: str, gpu: str) -> tuple[GpuRate, ...]:
        """Return one source's rates of one GPU, all its sellers together, in order of day."""
        return tuple(rate for rate in self._by_gpu.get((source, gpu), ()) if not rate.seller)

    def sellers(self, gpu: str) -> "SellerDays":
        """Return what each seller of `OFFERS_SOURCE` asked for one GPU, day by day."""
        return SellerDays.of(rate for rate in self._by_gpu.get((OFFERS_SOURCE, gpu), ()) if rate.seller)

    @cached_property
    def _by_gpu(self) -> Mapping[tuple[str, str], list[GpuRate]]:
        found: dict[tuple[str, str], list[GpuRate]] = defaultdict(list)
        for rate in self.rates:
            found[rate.source, rate.gpu].append(rate)
        return found

    def weekly_band(self, gpu: str) -> RateBand | None:
        """Return the weekly medians of one GPU, never joined to the daily ones; None without any."""
        found = self.line(WEEKLY_SOURCE, gpu)
        if not found:
            return None
        return RateBand(
            gpu=gpu_label(gpu),
            panel="GetDeploying, weekly median of on-demand list prices (CC BY 4.0)",
            times=np.array([rate.day for rate in found], dtype=np.int64),
            low=np.array([rate.low for rate in found]),
            median=np.array([rate.median for rate in found]),
            high=np.array([rate.high for rate in found]),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SellerDays:
    """Rates by day and seller, NaN where a seller told none."""

    days: Times
    names: tuple[str, ...]
    usd: Floats

    @classmethod
    def of(cls, rates: Iterable[GpuRate]) -> "SellerDays":
        """Lay each seller's medians in a column of its own."""
        found = list(rates)
        days = sorted({rate.day for rate in found})
        names = sorted({rate.seller for rate in found})
        usd = np.full((len(days), len(names)), np.nan)
        rows, columns = ({key: place for place, key in enumerate(keys)} for keys in (days, names))
        for rate in found:
            usd[rows[rate.day], columns[rate.seller]] = rate.median
        return cls(days=np.array(days, dtype=np.int64), names=tuple(names), usd=usd)
