"""energy-charts.info of Fraunhofer ISE: day-ahead power prices by bidding zone. https://api.energy-charts.info"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from minerdesk import words
from minerdesk.economics.prices import clock_of
from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.ask import Ask, Fetched, Probe
from minerdesk.sources.client import Client
from minerdesk.sources.failures import NotPublishedError, cancelled, implausible, malformed
from minerdesk.sources.parsing import listed, loads, member, number

NAME = "energy_charts"
#: The clock of the dates in a request, and of every zone below.
CLOCK = "Europe/Berlin"
#: The bidding zones that can be asked for; each reply says under which licence its prices are.
ZONES: Mapping[str, str] = MappingProxyType(
    {
        "AT": "Austria",
        "BE": "Belgium",
        "CH": "Switzerland",
        "CZ": "Czechia",
        "DE-LU": "Germany-Luxembourg",
        "DK1": "Denmark West",
        "DK2": "Denmark East",
        "FR": "France",
        "HU": "Hungary",
        "IT-North": "Italy North",
        "NL": "Netherlands",
        "NO2": "Norway South-West",
        "PL": "Poland",
        "SE4": "Sweden South",
        "SI": "Slovenia",
    }
)
#: A quarter of a year of quarter-hours is 200 kB.
DAYS_PER_PIECE = 92
PIECE_DEADLINE_S = 20.0
_LOWEST, _HIGHEST = -1_000.0, 10_000.0
_QUARTER_S = 900


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One reply: the start of each interval, seconds UTC, its price in EUR/MWh (None is a gap), and the licence."""

    times: tuple[int, ...]
    prices: tuple[float | None, ...]
    licence: str


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
    wrong = next((price for price in prices if price is not None and not _LOWEST <= price <= _HIGHEST), None)
    if wrong is not None:
        raise implausible(NAME, f"a price is {wrong:g} EUR/MWh, outside {_LOWEST:g} to {_HIGHEST:g}")
    licence = data.get("license_info")
    return Piece(
        times=tuple(map(int, times)),
        prices=tuple(prices),
        licence=" ".join(licence.split())[:300] if isinstance(licence, str) else "",
    )


def fetch_prices(
    client: Client,
    zone: str,
    *,
    now: datetime,
    days: int = 365,
    cancel: threading.Event | None = None,
    on_piece: Callable[[float], None] = lambda _share: None,
) -> tuple[Piece, ...]:
    """Fetch the day-ahead prices of the `days` before today, in pieces; what is not published is left out.

    Blocks: a few seconds a piece, for the provider wants to be asked in peace.

    Raises
    ------
    SourceError
        A piece failed, or nothing at all is published; what was fetched before it is dropped.
    """
    today = now.astimezone(clock_of(CLOCK)).date()
    first, last = today - timedelta(days=days), today - timedelta(days=1)
    pieces, missing = [], None
    start = first
    while start <= last:
        end = min(start + timedelta(days=DAYS_PER_PIECE - 1), last)
        if cancel is not None and cancel.is_set():
            raise cancelled(NAME)
        try:
            with client.judged(NAME, force=True):
                body = client.get(
                    NAME,
                    "/price",
                    params={"bzn": zone, "start": start.isoformat(), "end": end.isoformat()},
                    deadline=client.monotonic() + PIECE_DEADLINE_S,
                    cancel=cancel,
                )
                pieces.append(_of_days(parse_prices(body), start, end))
        except NotPublishedError as error:
            missing = error
        on_piece((min(end, last) - first).days / max((last - first).days, 1))
        start = end + timedelta(days=1)
    if not pieces:
        hint = f"It has no day-ahead prices of {ZONES.get(zone, zone)} from {first} to {last}. Choose another zone."
        raise SourceError(FailureKind.REFUSED, NAME, hint) from missing
    return tuple(pieces)


def _of_days(piece: Piece, start: date, end: date) -> Piece:
    """Return a piece if it is of the days asked for, a day's difference of clocks allowed."""
    first, last = (datetime.fromtimestamp(time, UTC).date() for time in (piece.times[0], piece.times[-1]))
    if first < start - timedelta(days=1) or last > end + timedelta(days=1):
        raise implausible(NAME, f"it is of {first} to {last}, asked was {start} to {end}")
    return piece


def _probe(ask: Ask) -> Fetched:
    """Ask for yesterday in one zone."""
    zone, day = "DE-LU", ask.now.astimezone(clock_of(CLOCK)).date() - timedelta(days=1)
    body = ask.get(NAME, "/price", {"bzn": zone, "start": day.isoformat(), "end": day.isoformat()})
    prices = [price for price in _of_days(parse_prices(body), day, day).prices if price is not None]
    if not prices:
        raise implausible(NAME, "not one price is in it")
    found = f"{len(prices)} prices, {words.general(min(prices))} to {words.general(max(prices))} EUR/MWh"
    return Fetched(told=f"{ZONES[zone]} on {words.day(datetime(day.year, day.month, day.day, tzinfo=UTC))}: {found}")


PROBE = Probe(provider=NAME, label="Day-ahead power prices", fetch=_probe)
