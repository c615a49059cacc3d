"""ERCOT's public reports: settlement point prices of Texas, real-time and day-ahead. https://www.ercot.com

A table of contents lists zipped CSV files: one for each quarter of an hour of the last seven days (NP6-905-CD), one a
day for the day-ahead market (NP4-190-CD). Each holds every point, so what is fetched for one is there for all.
"""

import csv
import functools
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import CLOCK_TOLERANCE, iso_instant, listed, loads, member, number, text
from minerdesk.sources.pieces import (
    DAY_AHEAD,
    REAL_TIME,
    Asks,
    Feed,
    Order,
    Part,
    Piece,
    Pieces,
    believed,
    midnight,
    probe,
)

NAME = "ercot"
CLOCK = "America/Chicago"
#: Hubs and load zones, by which they are called here and there; those of the day-ahead market end in _DA here.
POINTS = (
    *("HB_HOUSTON", "HB_NORTH", "HB_SOUTH", "HB_WEST", "HB_PAN", "HB_BUSAVG", "HB_HUBAVG"),
    *("LZ_HOUSTON", "LZ_NORTH", "LZ_SOUTH", "LZ_WEST", "LZ_AEN", "LZ_CPS", "LZ_LCRA", "LZ_RAYBN"),
)
_ENDING = "_DA"
_LIST, _FILE = "/misapp/servlets/IceDocListJsonWS", "/misdownload/servlets/mirDownload"
#: A list of a week is half a megabyte; a file unpacks to 50 kB, one of a day ahead to a megabyte.
_MOST_LIST_BYTES, MOST_UNPACKED_BYTES, _MOST_MEMBERS, _MOST_DOCUMENTS = 8 * 2**20, 16 * 2**20, 8, 20_000
#: The floor is -251 $/MWh, the cap 5,000 (9,000 until 2022).
_LOWEST, _HIGHEST = -500.0, 10_000.0
#: Real-time files say in their names when their interval ended, on the clock of their publication.
_END = re.compile(r"SPPHLZNP6905_(?:retry_)?(\d{8}_\d{4})")
_QUARTER = timedelta(minutes=15)
_ENERGY_WEIGHTED = ("LZEW", "LZ_EW")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file of a report: its number, its names, and when it was published."""

    number: str
    names: str
    published: datetime


def parse_documents(body: bytes, now: datetime) -> tuple[Document, ...]:
    """Read a table of contents: the CSV files, the oldest first, each once; what is dated after `now` is left out."""
    rows = listed(
        member(member(loads(body, NAME), "ListDocsByRptTypeRes", NAME), "DocumentList", NAME), NAME, "DocumentList"
    )
    if len(rows) > _MOST_DOCUMENTS:
        raise malformed(NAME, f"it lists {len(rows):,} files")
    found: dict[str, Document] = {}
    for row in rows:
        document = _document(member(row, "Document", NAME))
        if "_csv" in document.names:
            found[document.number] = document
    known = [document for document in found.values() if document.published <= now + CLOCK_TOLERANCE]
    if not known:
        raise implausible(NAME, "it lists no file that was published by now")
    return tuple(sorted(known, key=lambda document: document.published))


def _document(row: Any) -> Document:
    key = member(row, "DocID", NAME)
    if (
        not isinstance(key, str | int)
        or isinstance(key, bool)
        or not re.fullmatch(r"[1-9]\d{0,18}", str(key), re.ASCII)
    ):
        raise malformed(NAME, f"DocID is no number ({str(key)[:30]!r})")
    stamp = member(row, "PublishDate", NAME)
    iso_instant(stamp, NAME, "PublishDate")
    names = f"{member(row, 'FriendlyName', NAME)} {row.get('ConstructedName', '')}"
    published = datetime.fromisoformat(stamp)
    return Document(
        number=str(key), names=names, published=published if published.tzinfo else published.replace(tzinfo=UTC)
    )


def unpacked(body: bytes) -> bytes:
    """Return the CSV file of a ZIP, which may not be larger than `MOST_UNPACKED_BYTES`, whatever it says of itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [info for info in archive.infolist() if info.filename.lower().endswith(".csv")]
            if len(members) != 1 or len(archive.infolist()) > _MOST_MEMBERS:
                raise malformed(NAME, f"its ZIP holds {len(members)} CSV files, not one")
            with archive.open(members[0]) as file:
                data = file.read(MOST_UNPACKED_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise malformed(NAME, f"it is no ZIP that can be unpacked ({str(error)[:60]})") from None
    if len(data) > MOST_UNPACKED_BYTES:
        raise malformed(NAME, f"it unpacks to more than {MOST_UNPACKED_BYTES // 2**20} MB")
    return data


def parse_prices(data: bytes) -> dict[str, Piece]:
    """Read a file of settlement point prices: hubs and load zones by name, real-time or day-ahead.

    The hour is the one ENDING (1 to 24, or 25 for the second pass of the hour that comes twice, which else has DSTFlag
    Y); a quarter 1 to 4 makes it real-time. Load zones weighted by energy are there a second time and left out.
    """
    rows = csv.reader(io.StringIO(text(data, NAME)))
    try:
        columns = _Columns.of(next(rows, []))
        found: dict[str, dict[int, float]] = {}
        for row in rows:
            if len(row) <= columns.last or columns.cell(row, "point") not in POINTS:
                continue
            start = columns.start_s(row)
            if start is not None and columns.cell(row, "kind") not in _ENERGY_WEIGHTED:
                found.setdefault(columns.cell(row, "point"), {})[start] = number(
                    columns.cell(row, "price"), NAME, "a price"
                )
    except csv.Error as error:
        raise malformed(NAME, f"it is no CSV ({str(error)[:60]})") from None
    if not found:
        raise malformed(NAME, "it holds no price of a hub or a load zone")
    return {
        point: believed(
            list(prices),
            list(prices.values()),
            source=NAME,
            currency="USD",
            low=_LOWEST,
            high=_HIGHEST,
            step_s=900.0 if columns.is_real_time else 3_600.0,
        )
        for point, prices in found.items()
    }


_HEADINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "date": ("deliverydate", "operday", "date"),
        "hour": ("hourending", "deliveryhour"),
        "quarter": ("deliveryinterval",),
        "point": ("settlementpointname", "settlementpoint"),
        "kind": ("settlementpointtype",),
        "price": ("settlementpointprice",),
        "second": ("dstflag", "repeatedhourflag"),
    }
)
_OPTIONAL = ("quarter", "kind", "second")


@dataclass(frozen=True, kw_only=True)
class _Columns:
    places: Mapping[str, int]
    last: int

    @classmethod
    def of(cls, heading: Sequence[str]) -> "_Columns":
        names = [re.sub(r"[\s_]", "", cell).lower() for cell in heading]
        places = {
            what: names.index(known[0])
            for what, spellings in _HEADINGS.items()
            if (known := [spelling for spelling in spellings if spelling in names])
        }
        missing = [what for what in _HEADINGS if what not in places and what not in _OPTIONAL]
        if missing:
            raise malformed(NAME, f"it has no column of {missing[0]}")
        return cls(places=places, last=max(places.values()))

    @property
    def is_real_time(self) -> bool:
        return "quarter" in self.places

    def cell(self, row: Sequence[str], what: str) -> str:
        place = self.places.get(what)
        return "" if place is None else row[place].strip()

    def start_s(self, row: Sequence[str]) -> int | None:
        """Return the start of a row's interval, seconds UTC; None for an hour that the clocks leave out."""
        hour = number(self.cell(row, "hour").removesuffix(":00"), NAME, "an hour")
        quarter = number(self.cell(row, "quarter"), NAME, "a quarter") if self.is_real_time else 1.0
        if hour not in range(1, 26) or quarter not in range(1, 5):
            raise implausible(NAME, f"it has an hour {hour:g} with a quarter {quarter:g}")
        second = hour == 25 or self.cell(row, "second")[:1].upper() in ("Y", "T", "1")
        try:
            day = datetime.strptime(self.cell(row, "date"), "%m/%d/%Y")  # noqa: DTZ007 - the clock follows below
        except ValueError:
            raise malformed(NAME, f"its date is none ({self.cell(row, 'date')[:20]!r})") from None
        begin = timedelta(hours=(2 if hour == 25 else hour) - 1) + _QUARTER * (quarter - 1)
        local = (day + begin).replace(tzinfo=_zone(), fold=int(second))
        utc = local.astimezone(UTC)
        return int(utc.timestamp()) if utc.astimezone(_zone()).replace(fold=0) == local.replace(fold=0) else None


@functools.cache
def _zone() -> ZoneInfo:
    return ZoneInfo(CLOCK)


# -- the two feeds ----------------------------------------------------------------------------------------------------


def _parts(asking: Asks, order: Order, *, report: str, ending: str) -> Sequence[Part[Pieces]]:
    """Ask for the table of contents, then for the files of the span whose prices are not there yet."""
    listing = Part(
        path=_LIST,
        params={"reportTypeId": report},
        max_bytes=_MOST_LIST_BYTES,
        read=partial(parse_documents, now=order.now),
    )
    documents = asking.get(listing)
    since = order.now - timedelta(days=order.days)
    newest = documents[-1].published
    if newest < since - timedelta(days=1):
        raise implausible(NAME, f"its newest file is of {newest:%Y-%m-%d}")

    def read(body: bytes) -> Pieces:
        return {f"{point}{ending}": piece for point, piece in parse_prices(unpacked(body)).items()}

    is_held = _day_is_held if ending else _quarter_is_held
    return [
        Part(path=_FILE, params={"doclookupId": document.number}, read=read)
        for document in documents
        if document.published >= since and not is_held(document, order.held)
    ]


def _quarter_is_held(document: Document, held: frozenset[int]) -> bool:
    """Return whether the quarter of an hour that a file's name tells is there; not if name and publication disagree."""
    named = _END.search(document.names)
    if named is None:
        return False
    try:
        end = datetime.strptime(named[1], "%Y%m%d_%H%M").replace(tzinfo=document.published.tzinfo)
    except ValueError:
        return False
    is_sure = timedelta(0) <= document.published - end < timedelta(minutes=45)
    return is_sure and int((end - _QUARTER).timestamp()) in held


def _day_is_held(document: Document, held: frozenset[int]) -> bool:
    """Return whether the day after a file's publication is there, its first and its last hour."""
    day = document.published.astimezone(_zone()).date() + timedelta(days=1)
    begin, end = (midnight(at, CLOCK) for at in (day, day + timedelta(days=1)))
    return int(begin.timestamp()) in held and int((end - timedelta(hours=1)).timestamp()) in held


REAL_TIME_FEED = Feed(
    provider=NAME,
    kind=REAL_TIME,
    zones=MappingProxyType({point: point for point in POINTS}),
    currency="USD",
    clock=CLOCK,
    parts=partial(_parts, report="12301", ending=""),
    window_days=7,
    days_words="quarters of hours, a file each: the first fetch takes some minutes",
)
DAY_AHEAD_FEED = Feed(
    provider=NAME,
    kind=DAY_AHEAD,
    zones=MappingProxyType({f"{point}{_ENDING}": point for point in POINTS}),
    currency="USD",
    clock=CLOCK,
    parts=partial(_parts, report="12331", ending=_ENDING),
    window_days=31,
    days_words="hours",
)
FEEDS = (REAL_TIME_FEED, DAY_AHEAD_FEED)
PROBE = probe(REAL_TIME_FEED, "HB_HUBAVG", "Power prices of Texas")
