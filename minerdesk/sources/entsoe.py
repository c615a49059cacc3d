"""ENTSO-E's transparency platform: day-ahead power prices of Europe's bidding zones, with a token of one's own.

https://transparency.entsoe.eu. A question is posted as XML with the token in a header, never in an address. Answers are
XML: one with a declaration of a document type or of entities is refused unread.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import MappingProxyType
from xml.etree import ElementTree as ET

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.client import Post
from minerdesk.sources.failures import NotPublishedError, implausible, malformed, refused
from minerdesk.sources.parsing import iso_instant, number
from minerdesk.sources.pieces import (
    DAY_AHEAD,
    Asks,
    Feed,
    Order,
    Part,
    Piece,
    Pieces,
    believed,
    midnight,
    probe,
    whole_days,
    within,
)

NAME = "entsoe"
CLOCK = "Europe/Brussels"
#: The code of each bidding zone; its last character checks the others.
ZONES: Mapping[str, str] = MappingProxyType(
    {
        "AT": "10YAT-APG------L",
        "BE": "10YBE----------2",
        "BG": "10YCA-BULGARIA-R",
        "CH": "10YCH-SWISSGRIDZ",
        "CZ": "10YCZ-CEPS-----N",
        "DE-LU": "10Y1001A1001A82H",
        "DK1": "10YDK-1--------W",
        "DK2": "10YDK-2--------M",
        "EE": "10Y1001A1001A39I",
        "ES": "10YES-REE------0",
        "FI": "10YFI-1--------U",
        "FR": "10YFR-RTE------C",
        "GR": "10YGR-HTSO-----Y",
        "HR": "10YHR-HEP------M",
        "HU": "10YHU-MAVIR----U",
        "IT-North": "10Y1001A1001A73I",
        "LT": "10YLT-1001A0008Q",
        "LV": "10YLV-1001A00074",
        "NL": "10YNL----------L",
        "NO1": "10YNO-1--------2",
        "NO2": "10YNO-2--------T",
        "NO3": "10YNO-3--------J",
        "NO4": "10YNO-4--------9",
        "NO5": "10Y1001A1001A48H",
        "PL": "10YPL-AREA-----S",
        "PT": "10YPT-REN------W",
        "RO": "10YRO-TEL------P",
        "SE1": "10Y1001A1001A44P",
        "SE2": "10Y1001A1001A45N",
        "SE3": "10Y1001A1001A46L",
        "SE4": "10Y1001A1001A47J",
        "SI": "10YSI-ELES-----O",
        "SK": "10YSK-SEPS-----K",
    }
)
#: A quarter of a year of quarter-hours is under a megabyte.
DAYS_PER_PIECE, _MOST_BYTES = 92, 4 * 2**20
_LOWEST, _HIGHEST = -1_000.0, 10_000.0
_STEPS_S = {"PT15M": 900, "PT30M": 1_800, "PT60M": 3_600}
_MOST_DEPTH, _MOST_POINTS = 12, 200_000
_NO_DATA = "999"
_PARTICIPANT = "10X1001A1001A450"


# -- the question -----------------------------------------------------------------------------------------------------


def question(zone: str, begin: datetime, end: datetime, now: datetime) -> Post:
    """Return the request for the day-ahead prices of a zone as the platform wants it posted."""
    asked = {
        "DocumentType": "A44",
        "In_Domain": ZONES[zone],
        "Out_Domain": ZONES[zone],
        "TimeInterval": f"{begin:%Y-%m-%dT%H:%MZ}/{end:%Y-%m-%dT%H:%MZ}",
    }
    parts = "".join(
        f"<AttributeInstanceComponent><attribute>{name}</attribute><attributeValue>{value}</attributeValue>"
        "</AttributeInstanceComponent>"
        for name, value in asked.items()
    )
    sides = "".join(
        f'<{side}_MarketParticipant.mRID codingScheme="A01">{_PARTICIPANT}</{side}_MarketParticipant.mRID>'
        f"<{side}_MarketParticipant.marketRole.type>{role}</{side}_MarketParticipant.marketRole.type>"
        for side, role in (("sender", "A07"), ("receiver", "A32"))
    )
    body = (
        '<StatusRequest_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-5:statusrequestdocument:4:0">'
        f"<mRID>minerdesk</mRID><type>A59</type>{sides}<createdDateTime>{now:%Y-%m-%dT%H:%M:%SZ}</createdDateTime>{parts}"
        "</StatusRequest_MarketDocument>"
    )
    return Post(body=body.encode(), content_type="application/xml")


# -- XML that is safe to read -----------------------------------------------------------------------------------------


def document(body: bytes) -> ET.Element:
    """Return the root of an XML document in UTF-8; what declares a type or entities, or nests deeply, is refused.

    Without "<!" there is neither a document type nor an entity of one's own: nothing can grow, nothing is fetched.
    """
    try:
        decoded = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise malformed(NAME, "it is not text") from None
    if not decoded.startswith("<") or "<!" in decoded or re.match(r"<html", decoded, re.IGNORECASE):
        raise malformed(NAME, "it is not the XML expected, maybe a web page of this network")
    parser = ET.XMLParser(target=_Bounded())  # noqa: S314 - what could be harmful needs a "<!", which is refused above
    try:
        parser.feed(decoded)
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        raise malformed(NAME, f"it is not the XML expected ({str(error)[:60]})") from None
    return root


class _Bounded(ET.TreeBuilder):
    """Builds a tree that is not deep."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise malformed(NAME, "it is nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def _name(element: ET.Element) -> str:
    """Return the name of an element without its namespace, which changes with the version of the schema."""
    return str(element.tag).rpartition("}")[2]


def _all(element: ET.Element, name: str) -> list[ET.Element]:
    return [child for child in element if _name(child) == name]


def _text(element: ET.Element, *names: str) -> str:
    """Return the text under a path of names; what is missing is malformed."""
    for name in names:
        element = next(iter(_all(element, name)), ET.Element(""))
    found = (element.text or "").strip()
    if not found:
        raise malformed(NAME, f"“{'/'.join(names)}” is missing")
    return found


# -- the answer -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Period:
    """Prices of a stretch of time, by start; of several of one time the lowest sequence counts, then the hours."""

    sequence: int
    step_s: int
    prices: Mapping[int, float | None]


def parse_prices(body: bytes) -> Piece:
    """Read a Publication_MarketDocument: prices by position in periods, EUR/MWh.

    Curve A03 leaves out what equals the position before it; with A01 that is a gap. Several series may cover the same
    time: the first sequence is the joint auction, and before quarters became its step the hours are.

    Raises
    ------
    NotPublishedError
        It is an acknowledgement that there is no such data (reason 999).
    SourceError
        It is refused, malformed or implausible.
    """
    root = document(body)
    if _name(root) == "Acknowledgement_MarketDocument":
        raise _acknowledged(root)
    if _name(root) != "Publication_MarketDocument":
        raise malformed(NAME, f"it is a {_name(root)[:40]}")
    periods: list[_Period] = []
    points = 0
    for series in _all(root, "TimeSeries"):
        for period in _periods(series):
            periods.append(period)
            points += len(period.prices)
            if points > _MOST_POINTS:
                raise malformed(NAME, "it holds more points than the time that was asked for")
    prices: dict[int, float | None] = {}
    steps: dict[int, int] = {}
    covered: set[int] = set()
    for period in sorted(periods, key=lambda one: (one.sequence, -one.step_s)):
        fresh = {time: price for time, price in period.prices.items() if time not in covered}
        covered.update(time + part for time in fresh for part in range(0, period.step_s, 900))
        prices.update(fresh)
        steps.update(dict.fromkeys(fresh, period.step_s))
    if not prices:
        raise malformed(NAME, "it holds no point")
    times = sorted(prices)
    return believed(
        times,
        [prices[time] for time in times],
        source=NAME,
        currency="EUR",
        low=_LOWEST,
        high=_HIGHEST,
        step_s=float(steps[times[0]]) if len(set(steps.values())) == 1 else None,
    )


def _acknowledged(root: ET.Element) -> SourceError:
    reason = next(iter(_all(root, "Reason")), ET.Element(""))
    told = " ".join(_text(reason, "text").split())[:120] if _all(reason, "text") else "no reason given"
    if _text(reason, "code") == _NO_DATA:
        return NotPublishedError(FailureKind.REFUSED, NAME, f"It has no such data ({told}).")
    return refused(NAME, f"It refuses the question ({told})")


def _periods(series: ET.Element) -> Iterator[_Period]:
    """Yield the periods of a series of prices in EUR/MWh."""
    unit = f"{_text(series, 'currency_Unit.name')}/{_text(series, 'price_Measure_Unit.name')}"
    if unit.upper() != "EUR/MWH":
        raise implausible(NAME, f"its prices are in {unit[:20]}, not in EUR/MWh")
    fills = _text(series, "curveType") == "A03"
    places = _all(series, "classificationSequence_AttributeInstanceComponent.position")
    sequence = int(number((places[0].text or "").strip(), NAME, "a sequence")) if places else 1
    for period in _all(series, "Period"):
        begin, end = (iso_instant(_text(period, "timeInterval", side), NAME, side) for side in ("start", "end"))
        step_s = _STEPS_S.get(_text(period, "resolution"))
        if step_s is None:
            raise implausible(NAME, f"its step is {_text(period, 'resolution')[:10]}")
        count, rest = divmod(int((end - begin).total_seconds()), step_s)
        if rest or not 0 < count <= _MOST_POINTS or begin.timestamp() % 900:
            raise implausible(NAME, "a period of it is no whole number of intervals")
        points = _points(period, count)
        prices: dict[int, float | None] = {}
        last: float | None = None
        for place in range(1, count + 1):
            last = points.get(place, last if fills else None)
            prices[int(begin.timestamp()) + (place - 1) * step_s] = last
        yield _Period(sequence=sequence, step_s=step_s, prices=prices)


def _points(period: ET.Element, count: int) -> dict[int, float]:
    points: dict[int, float] = {}
    for point in _all(period, "Point"):
        place = number(_text(point, "position"), NAME, "a position")
        if not 1 <= place <= count or place % 1:
            raise implausible(NAME, f"it has a position {place:g} of {count}")
        points[int(place)] = number(_text(point, "price.amount"), NAME, "a price")
    return points


# -- the feed ---------------------------------------------------------------------------------------------------------


def _refusal(body: bytes) -> None:
    """Raise what an acknowledgement says that came with a refusal (HTTP 400); anything else is left to the status."""
    try:
        root = document(body)
    except SourceError:
        return
    if _name(root) == "Acknowledgement_MarketDocument":
        raise _acknowledged(root)


def _parts(asking: Asks, order: Order) -> Sequence[Part[Pieces]]:
    del asking  # no table of contents is needed

    def read(body: bytes, start: date, end: date) -> Pieces:
        return {order.zone: within(parse_prices(body), start, end, NAME)}

    return [
        Part(
            path="/api",
            post=question(
                order.zone, midnight(start, CLOCK), midnight(end + timedelta(days=1), CLOCK), order.now.astimezone(UTC)
            ),
            read=partial(read, start=start, end=end),
            on_refusal=_refusal,
            max_bytes=_MOST_BYTES,
        )
        for start, end in whole_days(*order.span(CLOCK), DAYS_PER_PIECE)
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
