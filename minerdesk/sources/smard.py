"""SMARD of the Bundesnetzagentur: day-ahead power prices by the hour, in one static file a week. https://www.smard.de"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType

from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import listed, loads, member, number
from minerdesk.sources.pieces import DAY_AHEAD, Asks, Feed, Order, Part, Piece, Pieces, believed, midnight, probe

NAME = "smard"
CLOCK = "Europe/Berlin"
#: The number of each zone's price series; all of them lie under the region DE.
ZONES: Mapping[str, str] = MappingProxyType(
    {"DE-LU": "4169", "AT": "4170", "NO2": "4997", "DK1": "252", "FR": "254", "NL": "256"}
)
_REGION = "DE"
_LOWEST, _HIGHEST = -1_000.0, 10_000.0
_HOUR_MS, _WEEK = 3_600_000, timedelta(days=7, hours=1)
_MOST_WEEKS = 3_000


def parse_index(body: bytes) -> tuple[int, ...]:
    """Read ``index_hour.json``: when each week begins for which there is a file, milliseconds UTC."""
    weeks = [
        number(value, NAME, "a week") for value in listed(member(loads(body, NAME), "timestamps", NAME), NAME, "weeks")
    ]
    if not weeks or len(weeks) > _MOST_WEEKS:
        raise malformed(NAME, f"it lists {len(weeks)} weeks")
    if any(not 9.4e11 < week < 7.3e12 or week % _HOUR_MS for week in weeks):
        raise implausible(NAME, "its weeks begin at no hour of a calendar")
    return tuple(sorted({int(week) for week in weeks}))


def parse_week(body: bytes, begin_ms: int) -> Piece:
    """Read a week: pairs of milliseconds and EUR/MWh, null for an hour that has no price (yet)."""
    rows = listed(member(loads(body, NAME), "series", NAME), NAME, "series", least=1)
    if any(not isinstance(row, list) or len(row) != 2 for row in rows):
        raise malformed(NAME, "its rows are no pairs of time and price")
    times = [number(time, NAME, "a time") for time, _ in rows]
    if any(time % _HOUR_MS for time in times):
        raise implausible(NAME, "its times are not the hours of a week")
    begin, end = min(times), max(times)
    if begin < begin_ms - _HOUR_MS or end > begin_ms + _WEEK.total_seconds() * 1_000:
        raise implausible(NAME, "it is not of the week that was asked for")
    prices = [None if price is None else number(price, NAME, "a price") for _, price in rows]
    return believed(
        [time / 1_000 for time in times],
        prices,
        source=NAME,
        currency="EUR",
        low=_LOWEST,
        high=_HIGHEST,
        step_s=3_600.0,
    )


def _parts(asking: Asks, order: Order) -> Sequence[Part[Pieces]]:
    """Ask which weeks there are, then for those that the span touches."""
    series = f"/{ZONES[order.zone]}/{_REGION}"
    first, last = order.span(CLOCK)
    begin, end = midnight(first, CLOCK), midnight(last + timedelta(days=1), CLOCK)
    weeks = asking.get(Part(path=f"{series}/index_hour.json", read=parse_index))
    oldest, newest = (datetime.fromtimestamp(week / 1_000, UTC) for week in (weeks[0], weeks[-1]))
    if newest + _WEEK < begin or oldest > end:
        raise implausible(NAME, f"it has the weeks from {oldest:%Y-%m-%d} to {newest:%Y-%m-%d} only")

    def read(body: bytes, week: int) -> Pieces:
        return {order.zone: _between(parse_week(body, week), begin, end)}

    return [
        Part(
            path=f"{series}/{ZONES[order.zone]}_{_REGION}_hour_{week}.json",
            read=partial(read, week=week),
        )
        for week in weeks
        if datetime.fromtimestamp(week / 1_000, UTC) < end and datetime.fromtimestamp(week / 1_000, UTC) + _WEEK > begin
    ]


def _between(piece: Piece, begin: datetime, end: datetime) -> Piece:
    first, end_s = begin.timestamp(), end.timestamp()
    kept = [(t, p) for t, p in zip(piece.times, piece.prices, strict=True) if first <= t < end_s]
    return Piece(times=tuple(t for t, _ in kept), prices=tuple(p for _, p in kept), step_s=piece.step_s)


FEED = Feed(
    provider=NAME,
    kind=DAY_AHEAD,
    zones=ZONES,
    currency="EUR",
    clock=CLOCK,
    parts=_parts,
    days_words="hours",
)
PROBE = probe(FEED, "DE-LU", "Day-ahead power prices")
