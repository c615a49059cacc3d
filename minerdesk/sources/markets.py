"""Every power market that can be fetched, and from whom in which order.

A market is a place with a currency and a clock. Where several providers serve the same, the next is asked only if the
one before it fails; a series is always of one of them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from minerdesk.sources import aemo, awattar, energy_charts, entsoe, ercot, smard
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.pieces import Feed

#: Every feed, in the order in which feeds of the same market are asked.
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

    def asked(self, on: Collection[str], first: str = "") -> tuple[Feed, ...]:
        """Return the feeds that are on, in our order but for `first`, a provider that is to be asked before all others.

        `on` names the sources that the user switched on; those that are open need none.
        """
        feeds = (feed for feed in self.feeds if PROVIDERS[feed.provider].is_asked(on))
        return tuple(sorted(feeds, key=lambda feed: feed.provider != first))


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
