"""Every power market that can be fetched, and from whom in which order.

A market is a place with a currency and a clock. Where several providers serve the same, the next is asked only if the
one before it fails; a series is always of one of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from minerdesk.sources import aemo, awattar, energy_charts, entsoe, ercot, smard
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.pieces import Feed

#: Every feed, in the order in which feeds of the same market are asked unless the user chose another.
FEEDS: tuple[Feed, ...] = (energy_charts.FEED, smard.FEED, *awattar.FEEDS, entsoe.FEED, *ercot.FEEDS, aemo.FEED)

EUROPE = "Europe, day-ahead"
_TEXAS: Mapping[str, str] = {
    "HB_HUBAVG": "Average of the hubs",
    "HB_BUSAVG": "Average of the hubs’ buses",
    "HB_HOUSTON": "Houston hub",
    "HB_NORTH": "North hub",
    "HB_PAN": "Panhandle hub",
    "HB_SOUTH": "South hub",
    "HB_WEST": "West hub",
    "LZ_AEN": "Austin Energy load zone",
    "LZ_CPS": "CPS San Antonio load zone",
    "LZ_HOUSTON": "Houston load zone",
    "LZ_LCRA": "LCRA load zone",
    "LZ_NORTH": "North load zone",
    "LZ_RAYBN": "Rayburn load zone",
    "LZ_SOUTH": "South load zone",
    "LZ_WEST": "West load zone",
}
_PLACES: Mapping[str, Mapping[str, str]] = {
    EUROPE: {
        "AT": "Austria",
        "BE": "Belgium",
        "BG": "Bulgaria",
        "CH": "Switzerland",
        "CZ": "Czechia",
        "DE-LU": "Germany-Luxembourg",
        "DK1": "Denmark West",
        "DK2": "Denmark East",
        "EE": "Estonia",
        "ES": "Spain",
        "FI": "Finland",
        "FR": "France",
        "GR": "Greece",
        "HR": "Croatia",
        "HU": "Hungary",
        "IT-North": "Italy North",
        "LT": "Lithuania",
        "LV": "Latvia",
        "NL": "Netherlands",
        "NO1": "Norway South-East",
        "NO2": "Norway South-West",
        "NO3": "Norway Middle",
        "NO4": "Norway North",
        "NO5": "Norway West",
        "PL": "Poland",
        "PT": "Portugal",
        "RO": "Romania",
        "SE1": "Sweden Luleå",
        "SE2": "Sweden Sundsvall",
        "SE3": "Sweden Stockholm",
        "SE4": "Sweden South",
        "SI": "Slovenia",
        "SK": "Slovakia",
    },
    "Texas (ERCOT), real-time": _TEXAS,
    "Texas (ERCOT), day-ahead": {f"{point}_DA": label for point, label in _TEXAS.items()},
    "Australia (AEMO), real-time": {
        "NSW1": "New South Wales",
        "QLD1": "Queensland",
        "SA1": "South Australia",
        "TAS1": "Tasmania",
        "VIC1": "Victoria",
    },
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """One market: `key` is its name for programs, `group` the heading that it stands under, `feeds` who serves it."""

    key: str
    label: str
    group: str
    feeds: tuple[Feed, ...]

    @property
    def currency(self) -> str:
        """The currency of its prices; the same whoever serves it."""
        return self.feeds[0].currency

    @property
    def kind(self) -> str:
        """Day-ahead or real-time."""
        return self.feeds[0].kind

    @property
    def clock(self) -> str:
        """The clock of the market."""
        return self.feeds[0].clock

    @property
    def window_days(self) -> int | None:
        """How many days its provider keeps, if it is only days."""
        return self.feeds[0].window_days

    def asked(self, on: Collection[str], order: Sequence[str] = ()) -> tuple[Feed, ...]:
        """Return the feeds that are on: first those of providers that `order` names, as it does, the others in ours.

        `on` names the sources that the user switched on; those that are open need none. A name of `order` that does not
        serve the market is passed over, and of one named twice the first place counts.
        """
        feeds = (feed for feed in self.feeds if PROVIDERS[feed.provider].is_asked(on))
        ranks = {name: rank for rank, name in reversed(list(enumerate(order)))}
        return tuple(sorted(feeds, key=lambda feed: ranks.get(feed.provider, len(order))))


def _place(key: str, label: str, group: str) -> Place:
    return Place(key=key, label=label, group=group, feeds=tuple(feed for feed in FEEDS if key in feed.zones))


#: Every market by its key, sorted by group and label.
PLACES: Mapping[str, Place] = MappingProxyType(
    {
        key: _place(key, label, group)
        for group, places in _PLACES.items()
        for key, label in sorted(places.items(), key=lambda item: item[1])
    }
)


def places(on: Collection[str]) -> tuple[Place, ...]:
    """Return the markets that somebody may be asked for."""
    return tuple(place for place in PLACES.values() if place.asked(on))


def alternatives(on: Collection[str], order: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the providers that stand in for each other in some market, in the order in which they are asked."""
    shared = {feed.provider for place in PLACES.values() if len(feeds := place.asked(on)) > 1 for feed in feeds}
    everywhere = Place(key="", label="", group="", feeds=FEEDS)
    return tuple(
        name for name in dict.fromkeys(feed.provider for feed in everywhere.asked(on, order)) if name in shared
    )
