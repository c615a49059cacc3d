"""energy-charts.info of Fraunhofer ISE: day-ahead power prices by bidding zone. https://api.energy-charts.info"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from itertools import pairwise
from types import MappingProxyType

from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import listed, loads, member, number
from minerdesk.sources.pieces import (
    DAY_AHEAD,
    Asks,
    Feed,
    Order,
    Part,
    Piece,
    Pieces,
    believed,
    probe,
    whole_days,
    within,
)

NAME = "energy_charts"
#: The clock of the dates in a request, and of every zone below.
CLOCK = "Europe/Berlin"
#: The bidding zones that can be asked for, called alike here and there; each reply says under which licence it is.
ZONES: Mapping[str, str] = MappingProxyType(
    {
        zone: zone
        for zone in (
            *("AT", "BE", "CH", "CZ", "DE-LU", "DK1", "DK2", "FR", "HU"),
            *("IT-North", "NL", "NO2", "PL", "SE4", "SI"),
        )
    }
)
#: A quarter of a year of quarter-hours is 200 kB.
DAYS_PER_PIECE = 92
_LOWEST, _HIGHEST = -1_000.0, 10_000.0
_QUARTER_S = 900


def parse_prices(body: bytes) -> Piece:
    """Read ``/price``: parallel lists of seconds and prices, hours or quarters, and their unit and licence."""
    data = loads(body, NAME)
    times = [
        number(value, NAME, "a time") for value in listed(member(data, "unix_seconds", NAME), NAME, "unix_seconds")
    ]
    values = listed(member(data, "price", NAME), NAME, "price")
    if len(times) != len(values) or not times:
        raise malformed(NAME, f"it holds {len(times)} times and {len(values)} prices")
    unit = member(data, "unit", NAME)
    if not isinstance(unit, str) or unit.replace(" ", "").lower() != "eur/mwh":
        raise implausible(NAME, f"its prices are in “{str(unit)[:20]}”, not in EUR/MWh")
    disordered = any(later <= earlier for earlier, later in pairwise(times))
    if disordered or any(time % _QUARTER_S for time in times):
        raise implausible(NAME, "its times are not the quarters of hours in their order")
    prices = [None if value is None else number(value, NAME, "a price") for value in values]
    licence = data.get("license_info")
    return believed(
        times,
        prices,
        source=NAME,
        currency="EUR",
        low=_LOWEST,
        high=_HIGHEST,
        licence=" ".join(licence.split())[:300] if isinstance(licence, str) else "",
    )


def _parts(asking: Asks, order: Order) -> Sequence[Part[Pieces]]:
    """Ask for a span in quarters of a year."""
    del asking  # no table of contents is needed
    first, last = order.span(CLOCK)

    def read(body: bytes, start: date, end: date) -> Pieces:
        return {order.zone: within(parse_prices(body), start, end, NAME)}

    return [
        Part(
            path="/price",
            params={"bzn": ZONES[order.zone], "start": start.isoformat(), "end": end.isoformat()},
            read=partial(read, start=start, end=end),
        )
        for start, end in whole_days(first, last, DAYS_PER_PIECE)
    ]


FEED = Feed(
    provider=NAME,
    kind=DAY_AHEAD,
    zones=ZONES,
    currency="EUR",
    clock=CLOCK,
    parts=_parts,
    days_words="hours, since October 2025 quarters of hours",
)


PROBE = probe(FEED, "DE-LU", "Day-ahead power prices")
