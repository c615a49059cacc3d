"""AEMO: five-minute dispatch prices of Australia's national market by region. https://visualisations.aemo.com.au

It keeps a day. Its stamps are the END of an interval, on Australian Eastern Standard Time the whole year, and say
neither.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from minerdesk.sources.client import Post
from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import listed, loads, member, number
from minerdesk.sources.pieces import REAL_TIME, Asks, Feed, Order, Part, Piece, Pieces, believed, probe

NAME = "aemo"
CLOCK = "+10:00"
REGIONS: Mapping[str, str] = MappingProxyType({region: region for region in ("NSW1", "QLD1", "SA1", "TAS1", "VIC1")})
STEP_S = 300
#: Floor and cap are real prices: -1,000, and a cap that rises each July (20,300 from July 2025).
_LOWEST, _HIGHEST = -1_000.0, 30_000.0
_OFFSET, _OLDEST = timedelta(hours=10), timedelta(days=2)
_QUERY = Post(body=b'{"timeScale":["5MIN"]}')


def parse_day(body: bytes, now: datetime) -> Pieces:
    """Read the answer to ``/5MIN``: a day of intervals that are over (ACTUAL), and forecasts, which are left out."""
    rows = listed(member(loads(body, NAME), "5MIN", NAME), NAME, "5MIN", least=1)
    actual = [row for row in rows if str(member(row, "PERIODTYPE", NAME)).upper() == "ACTUAL"]
    if not actual:
        raise malformed(NAME, "no row of it is ACTUAL")
    return _by_region(actual, "RRP", now)


def parse_summary(body: bytes, now: datetime) -> Pieces:
    """Read ``/ELEC_NEM_SUMMARY``: the newest interval of every region."""
    rows = listed(member(loads(body, NAME), "ELEC_NEM_SUMMARY", NAME), NAME, "ELEC_NEM_SUMMARY", least=1)
    return _by_region(rows, "PRICE", now)


def _by_region(rows: Sequence[Any], price: str, now: datetime) -> dict[str, Piece]:
    found: dict[str, dict[int, float | None]] = {}
    for row in rows:
        region = str(member(row, "REGIONID", NAME))
        if region in REGIONS:
            value = member(row, price, NAME)
            start = _start_s(member(row, "SETTLEMENTDATE", NAME))
            found.setdefault(region, {})[start] = None if value is None else number(value, NAME, "a price")
    if not found:
        raise malformed(NAME, "it holds none of the regions")
    newest = datetime.fromtimestamp(max(max(prices) for prices in found.values()), UTC)
    if now - newest > _OLDEST:
        raise implausible(NAME, f"its newest price is of {newest:%Y-%m-%d %H:%M} UTC")
    return {
        region: believed(
            list(prices),
            list(prices.values()),
            source=NAME,
            currency="AUD",
            low=_LOWEST,
            high=_HIGHEST,
            step_s=float(STEP_S),
        )
        for region, prices in found.items()
    }


def _start_s(stamp: Any) -> int:
    """Return the start of an interval, seconds UTC, of the stamp of its end.

    >>> _start_s("2025-11-14T11:35:00") == datetime(2025, 11, 14, 1, 30, tzinfo=UTC).timestamp()
    True
    """
    try:
        end = datetime.fromisoformat(stamp)
    except (TypeError, ValueError):
        raise malformed(NAME, f"SETTLEMENTDATE is no time ({str(stamp)[:30]!r})") from None
    if end.tzinfo is not None:
        raise malformed(NAME, "its times are on another clock than they were")
    if not 2000 <= end.year < 2200 or end.second or end.minute % 5:
        raise implausible(NAME, "its times are not the five minutes of a calendar")
    return int((end - _OFFSET).replace(tzinfo=UTC).timestamp()) - STEP_S


def _parts(asking: Asks, order: Order) -> Sequence[Part[Pieces]]:
    """Ask for the day of all regions, then for the interval that may have ended meanwhile."""
    del asking  # no table of contents is needed
    known: dict[str, int] = {}

    def day(body: bytes) -> Pieces:
        found = parse_day(body, order.now)
        known.update({region: max(piece.times) for region, piece in found.items()})
        return found

    def newest(body: bytes) -> Pieces:
        found = parse_summary(body, order.now)
        return {region: piece for region, piece in found.items() if piece.times[0] > known.get(region, 0)}

    return [Part(path="/5MIN", post=_QUERY, read=day), Part(path="/ELEC_NEM_SUMMARY", read=newest)]


FEED = Feed(
    provider=NAME,
    kind=REAL_TIME,
    zones=REGIONS,
    currency="AUD",
    clock=CLOCK,
    parts=_parts,
    window_days=1,
    days_words="five minutes each",
)
PROBE = probe(FEED, "NSW1", "Power prices of Australia")
