"""The market beside the network as known at one moment: leverage by venue, divergence, migration, the watch-list.

It begins where `NetworkTrend` ends: the same cut series, so the past can be replayed here too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from minerdesk.economics import history, leverage
from minerdesk.economics.deals import SignedLease
from minerdesk.economics.divergence import Divergence, divergence
from minerdesk.economics.gpu_rates import SellerDays
from minerdesk.economics.inputs import Watch
from minerdesk.economics.leverage import Leverage
from minerdesk.economics.migration import Event, Migration, migration
from minerdesk.economics.security import supply_through_time
from minerdesk.economics.trend import WEEK_DAYS, NetworkTrend
from minerdesk.economics.watch import Evidence, WatchList, watch
from minerdesk.observations import RateBand, Series
from minerdesk.units import SECONDS_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """Open interest of every venue as known at the trend's moment, and the one that is shown, None without any."""

    trend: NetworkTrend
    venues: tuple[Leverage, ...]
    shown: Leverage | None

    @classmethod
    def of(cls, series: Mapping[str, Series], trend: NetworkTrend, venue: str = "") -> "Market":
        """Measure every venue; the one of that key is shown if it is known, else see `leverage.chosen`."""
        quantities = [name for venue in leverage.VENUES for name in venue.quantities]
        cut = {name: history.known_by(series[name], trend.moment) for name in quantities if name in series}
        found = leverage.interests(cut, trend.price)
        measured = {
            one.venue.quantity: Leverage.of(
                one,
                trend.price,
                supply_through_time(history.height_through_time(trend.heights, one.times + SECONDS_PER_DAY)),
            )
            for one in found
        }
        shown = leverage.chosen(found, trend.moment.timestamp(), venue)
        return cls(
            trend=trend,
            venues=tuple(measured.values()),
            shown=measured[shown.venue.quantity] if shown else None,
        )

    @property
    def moment(self) -> datetime:
        """The moment at which the record is cut."""
        return self.trend.moment

    def current(self) -> Leverage | None:
        """Return what is shown if its newest day is still one of the moment: at most ten days old."""
        return self.shown if self.shown and self.shown.interest.is_current(self.moment.timestamp()) else None

    def divergence(self) -> Divergence:
        """Score the venue that is shown against price and the 7-day mean of hash rate."""
        rate = replace(self.trend.hashrate, values=self.trend.means[WEEK_DAYS])
        times, usd = (self.shown.interest.times, self.shown.interest.usd) if self.shown else (rate.times[:0],) * 2
        return divergence(self.trend.price, times, usd.astype(float), rate)

    def migration(
        self, leases: Iterable[SignedLease], events: Iterable[Event], *, efficiency_j_per_th: float
    ) -> Migration:
        """Lay the load signed to AI beside the hash rate lost, at an assumed efficiency."""
        return migration(
            self.trend.hashrate.times,
            self.trend.means[WEEK_DAYS],
            leases,
            events=[event for event in events if event.start <= self.moment],
            efficiency_j_per_th=efficiency_j_per_th,
        )

    def watch(
        self,
        leases: Sequence[SignedLease],
        gpu_rates: Sequence[RateBand],
        thresholds: Watch,
        *,
        gpu_sellers: SellerDays | None = None,
    ) -> WatchList:
        """Judge the watch-list on every day of the record; `gpu_sellers` is what each provider asked day by day."""
        evidence = Evidence(
            moment=self.moment,
            hashrate=self.trend.hashrate,
            week_mean_eh_s=self.trend.means[WEEK_DAYS],
            difficulty=self.trend.difficulty,
            leases=leases,
            gpu_rates=gpu_rates,
            gpu_sellers=gpu_sellers,
            leverage=self.shown,
        )
        return watch(evidence, thresholds)
