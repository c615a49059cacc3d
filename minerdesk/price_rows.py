"""The layouts of power price files: what a file's text says, row by row, as plain columns.

A reader gives :class:`Rows`: the start of each interval in seconds UTC (NaN where it can't be read), its price as
written, its line, and in words what was passed over. Putting rows in order is left to :mod:`minerdesk.price_files`.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minerdesk.errors import InputError
from minerdesk.price_cells import is_number, is_time, localised, naive_seconds, numbers, seconds

Floats = NDArray[np.float64]

ERCOT_ZONE = "America/Chicago"
BERLIN = "Europe/Berlin"
#: Eastern Standard Time of Australia, the whole year.
AEMO_OFFSET_S = 10 * 3_600

_DATES = ("deliverydate", "operday", "date")
_HOURS = ("hourending", "deliveryhour", "he")
_PRICES = ("settlementpointprice", "spp", "lmp", "rrp", "price", "marketprice", "prices", "lmptotal", "totallmp")
_POINTS = ("settlementpointname", "settlementpoint", "location", "locationname", "regionid", "region", "node", "hub")
_STARTS = ("intervalstartutc", "intervalstart", "intervalstartlocal", "utchour", "starttime", "start", "timestamp")
_TIMES = (*_STARTS, "datetime", "time", "unixseconds", "datetimeutc", "timeutc", "hourbegin", "hour", "date", "datum")
_NO_PRICE = re.compile(r"\d|filled|flag|count|interval|demand|generation|load|volume|end$|hour$|year|month|day$")
#: Which point counts if a file holds several and none is named: the broadest hubs first.
_PREFERRED = ("HB_HUBAVG", "HB_BUSAVG", "HB_NORTH", "HB_HOUSTON", "HB_WEST", "HB_SOUTH")
#: How ERCOT's points are called, also where somebody else wrote the file.
_ERCOT_POINT = re.compile(r"(HB|LZ)_[A-Z]+", re.IGNORECASE)
_DAY_S = 86_400


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """What a file says, one entry per row.

    Attributes
    ----------
    starts_s
        Seconds UTC, NaN where unreadable; None if the file has no times at all.
    step_s
        The length of every interval where the layout says it, else None.
    unit
        How the file itself names the unit of its prices, lower case; empty if it does not.
    zone
        The market's own clock, on which its hours of the day are counted.
    """

    layout: str
    lines: NDArray[np.int64]
    starts_s: Floats | None
    prices: Floats
    step_s: float | None = None
    label: str = ""
    unit: str = ""
    locations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the user says of a file: columns, point and zone; empty means to be found."""

    time_column: str = ""
    price_column: str = ""
    location: str = ""
    zone: str = ""


class _Sheet:
    """A delimited text: its header, and its rows with their lines."""

    def __init__(self, text: str) -> None:
        first = next((line for line in io.StringIO(text) if line.strip()), "")
        self.separator = max(",;\t", key=first.count)
        reader = csv.reader(io.StringIO(text), delimiter=self.separator)
        try:
            rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
        except csv.Error as error:
            raise InputError(
                f"Line {reader.line_num} can't be read: {error}.", hint="Save the file as CSV again."
            ) from None
        header = rows[0][1] if rows else []
        # A header is words; a file that begins with a number has none.
        self.has_header = bool(header) and not all(is_number(cell) for cell in header)
        self.header = [cell.strip() for cell in header] if self.has_header else [""] * len(header)
        self.rows = rows[1:] if self.has_header else rows
        self.names = [_folded(cell) for cell in self.header]
        self.lines = np.array([line for line, _ in self.rows], dtype=np.int64)

    def find(self, names: Sequence[str]) -> int | None:
        """Return the column whose folded heading is the first of `names` that there is."""
        return next((self.names.index(name) for name in names if name in self.names), None)

    def named(self, name: str) -> int:
        """Return the column that the user names. Raises InputError with those that there are."""
        if _folded(name) in self.names:
            return self.names.index(_folded(name))
        raise InputError(f"There is no column “{name}”.", hint=f"There are: {', '.join(filter(None, self.header))}.")

    def column(self, index: int) -> list[str]:
        """Return a column as text; a row too short has nothing there."""
        return [row[index].strip() if index < len(row) else "" for _, row in self.rows]


def read_text(text: str, wanted: Wanted) -> Rows:
    """Recognise the layout and read it. Raises InputError if there is nothing to read."""
    if text.lstrip()[:1] in ("{", "["):
        return _read_json(text, wanted)
    sheet = _Sheet(text)
    if not sheet.rows:
        raise InputError("The file holds no rows.", hint="A price file has a heading and one row per interval.")
    if sheet.find(_DATES) is not None and sheet.find(_HOURS) is not None and not wanted.time_column:
        return _read_ercot(sheet, wanted)
    if "settlementdate" in sheet.names and not wanted.time_column:
        return _read_aemo(sheet, wanted)
    return _read_plain(sheet, wanted)


# -- layouts ----------------------------------------------------------------------------------------------------------


def _read_ercot(sheet: _Sheet, wanted: Wanted) -> Rows:
    """Read settlement point prices, day-ahead or real-time: hour ENDING 1 to 24 (25: repeated), quarter 1 to 4."""
    date, hour = sheet.find(_DATES), sheet.find(_HOURS)
    quarter = sheet.find(("deliveryinterval", "interval"))
    flag = sheet.find(("dstflag", "repeatedhourflag", "repeatedhour"))
    price = sheet.named(wanted.price_column) if wanted.price_column else sheet.find(_PRICES)
    if price is None or date is None or hour is None:
        raise InputError("The file has dates and hours like ERCOT's, but no column of prices.", hint=_columns(sheet))
    kind = sheet.find(("settlementpointtype", "locationtype"))
    kinds = np.array(sheet.column(kind)) if kind is not None else None
    doubled = np.isin(kinds, ["LZEW", "LZ_EW"]) if kinds is not None else np.zeros(len(sheet.rows), dtype=bool)
    keep, label, locations, notes = _choose_point(sheet, wanted, ~doubled)
    if doubled.any():
        notes.append(f"{_count(int(doubled.sum()), 'row')} of type LZEW (load zones a second time) left out.")
    ending = numbers([cell.removesuffix(":00") for cell in sheet.column(hour)])
    part = numbers(sheet.column(quarter)) if quarter is not None else np.ones(len(sheet.rows))
    late = ending == 25
    ending = np.where(late, 2, ending)
    flags = sheet.column(flag) if flag is not None else [""] * len(sheet.rows)
    second = late | np.array([cell[:1].upper() in ("Y", "T", "1") for cell in flags])
    valid = (ending >= 1) & (ending <= 24) & (ending % 1 == 0) & (part >= 1) & (part <= 4)
    step_s = 900.0 if quarter is not None else 3_600.0
    begin = naive_seconds(sheet.column(date)) + (ending - 1) * 3_600 + (part - 1) * step_s
    starts = localised(np.where(valid, begin, np.nan), ERCOT_ZONE, second)
    if (keep & second).any():
        notes.append(f"{_count(int((keep & second).sum()), 'row')} taken as the repeated hour when clocks go back.")
    return Rows(
        layout=f"ERCOT settlement point prices, {'real-time, 15 min' if quarter is not None else 'day-ahead, hourly'}",
        lines=sheet.lines[keep],
        starts_s=starts[keep],
        prices=numbers(sheet.column(price))[keep],
        step_s=step_s,
        label=label,
        unit="usd/mwh",
        locations=locations,
        notes=tuple(notes),
        zone=ERCOT_ZONE,
    )


def _read_aemo(sheet: _Sheet, wanted: Wanted) -> Rows:
    """Read the Australian market: no offset, the same zone all year, and the stamp is the END of an interval."""
    price = sheet.named(wanted.price_column) if wanted.price_column else sheet.find(_PRICES)
    if price is None:
        raise InputError("The file is like AEMO's, but has no column RRP or PRICE.", hint=_columns(sheet))
    kind = sheet.find(("periodtype",))
    forecast = np.array([cell.upper() == "FORECAST" for cell in sheet.column(kind)]) if kind is not None else None
    usable = np.ones(len(sheet.rows), dtype=bool) if forecast is None else ~forecast
    keep, label, locations, notes = _choose_point(sheet, wanted, usable)
    if forecast is not None and forecast.any():
        notes.append(f"{_count(int(forecast.sum()), 'forecast row')} left out.")
    ends = naive_seconds(sheet.column(sheet.named("settlementdate")))[keep] - AEMO_OFFSET_S
    usual = np.diff(np.unique(ends[np.isfinite(ends)]))
    step_s = float(np.median(usual)) if len(usual) else 300.0
    return Rows(
        layout="AEMO dispatch prices (stamps are the end of an interval, UTC+10)",
        lines=sheet.lines[keep],
        starts_s=ends - step_s,
        prices=numbers(sheet.column(price))[keep],
        step_s=step_s,
        label=label,
        unit="aud/mwh",
        locations=locations,
        notes=tuple(notes),
        zone="+10:00",
    )


def _read_plain(sheet: _Sheet, wanted: Wanted) -> Rows:
    """Read any table with a column of prices and, if there is one, a column of times (the start of an interval)."""
    price = sheet.named(wanted.price_column) if wanted.price_column else _price_column(sheet)
    time = sheet.named(wanted.time_column) if wanted.time_column else _time_column(sheet, price)
    gridstatus = "intervalstart" in "".join(sheet.names)
    keep, label, locations, notes = _choose_point(sheet, wanted, np.ones(len(sheet.rows), dtype=bool))
    starts = None
    if time is not None:
        texts = [text for text, kept in zip(sheet.column(time), keep, strict=True) if kept]
        starts, said = seconds(texts, wanted.zone)
        notes += [said] if said else []
    cells = sheet.column(price)
    if sheet.separator != ",":
        cells = [cell.replace(".", "").replace(",", ".") if "," in cell else cell for cell in cells]
    heading = sheet.header[price]
    return Rows(
        layout="gridstatus export" if gridstatus else "Table with times" if time is not None else "Prices alone",
        lines=sheet.lines[keep],
        starts_s=starts,
        prices=numbers(cells)[keep],
        label=label or heading,
        unit=heading.lower(),
        locations=locations,
        notes=tuple(notes),
        zone=wanted.zone or (ERCOT_ZONE if _ERCOT_POINT.match(label or heading) else "UTC"),
    )


def _time_column(sheet: _Sheet, price: int) -> int | None:
    """Return the column of times: by its heading, else the first, if dates stand in it. Hours counted 1, 2, 3 do not
    count."""
    named = [index for name in _TIMES if (index := sheet.find((name,))) is not None]
    for index in [*named, 0]:
        texts = [text for text in sheet.column(index)[:20] if text]
        if index != price and sum(map(is_time, texts)) * 2 > len(texts):
            return index
    return None


def _price_column(sheet: _Sheet) -> int:
    found = _price_candidates(sheet)
    if len(found) == 1:
        return found[0]
    what = "several columns that may be prices" if found else "no column that is plainly one of prices"
    raise InputError(f"The file has {what}.", hint=f"Name the column. {_columns(sheet)}")


def _price_candidates(sheet: _Sheet) -> list[int]:
    known = sheet.find(_PRICES)
    if known is not None:
        return [known]
    if len(sheet.header) == 1:
        return [0]
    times = {sheet.find((name,)) for name in _TIMES}
    named = [index for index, name in enumerate(sheet.names) if "price" in name or "preis" in name or "mwh" in name]
    sample = sheet.rows[:50]
    others = [
        index
        for index, name in enumerate(sheet.names)
        if index not in times
        and not _NO_PRICE.search(name)
        and sum(index < len(row) and is_number(row[index]) for _, row in sample) * 2 > len(sample)
    ]
    return named or others


def price_columns(text: str) -> tuple[str, ...]:
    """Return the headings of the columns of a table that may be prices; nothing for JSON and for an empty file."""
    if text.lstrip()[:1] in ("{", "["):
        return ()
    sheet = _Sheet(text)
    return tuple(sheet.header[index] for index in _price_candidates(sheet)) if sheet.rows else ()


def _read_json(text: str, wanted: Wanted) -> Rows:
    """Read the answers of energy-charts, aWATTar and AEMO as they come from the network."""
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("The file begins like JSON but is none.", hint="Save it again from its source.") from None
    if isinstance(body, dict) and isinstance(body.get("unix_seconds"), list) and isinstance(body.get("price"), list):
        return _from_energy_charts(body)
    if isinstance(body, dict):
        rows = next((value for value in body.values() if _are_records(value)), None)
        if rows is not None and "SETTLEMENTDATE" in rows[0]:
            return _read_aemo(_Sheet(_as_csv(rows)), wanted)
        if rows is not None and "start_timestamp" in rows[0]:
            sheet = _Sheet(_as_csv(rows))
            begin, end = (numbers(sheet.column(sheet.named(name))) for name in ("start_timestamp", "end_timestamp"))
            lengths = (end - begin) / 1_000
            return Rows(
                layout="aWATTar market data",
                lines=sheet.lines,
                starts_s=begin / 1_000,
                prices=numbers(sheet.column(sheet.named("marketprice"))),
                step_s=float(lengths[0]) if 0 < lengths[0] <= _DAY_S and np.ptp(lengths) == 0 else None,
                label="aWATTar",
                zone=BERLIN,
                unit=str(rows[0].get("unit", "")).lower(),
                notes=("Lines are counted as rows of the JSON answer.",),
            )
    raise InputError(
        "The JSON is of no known layout (energy-charts, aWATTar, AEMO).", hint="Save the prices as CSV instead."
    )


def _from_energy_charts(body: Mapping[str, Any]) -> Rows:
    times, prices = body["unix_seconds"], body["price"]
    if len(times) != len(prices) or not times:
        raise InputError(f"The file holds {len(times)} times and {len(prices)} prices.", hint="Download it again.")
    licence = str(body.get("license_info", "")).strip()
    return Rows(
        layout="energy-charts day-ahead prices",
        lines=np.arange(1, len(times) + 1),
        starts_s=numbers([_plain_number(value) for value in times]),
        prices=numbers([_plain_number(value) for value in prices]),
        label="energy-charts",
        zone=BERLIN,
        unit=str(body.get("unit", "")).lower(),
        notes=(*((f"Licence: {licence}.",) if licence else ()), "Lines are counted as rows of the JSON answer."),
    )


def _plain_number(value: object) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _are_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(rows[0])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return out.getvalue()


def _choose_point(
    sheet: _Sheet, wanted: Wanted, usable: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], str, tuple[str, ...], list[str]]:
    """Return which rows are of the point asked for, its name, every point there is, and what is to be said."""
    column = sheet.find(_POINTS)
    if column is None:
        return usable, "", (), []
    points = np.array(sheet.column(column))
    known = tuple(dict.fromkeys(points[usable].tolist()))
    if wanted.location:
        chosen = next((point for point in known if point.lower() == wanted.location.lower()), None)
        if chosen is None:
            listed = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
            raise InputError(f"There is no location “{wanted.location}”.", hint=f"There are: {listed}.")
        return usable & (points == chosen), chosen, known, []
    if not known:
        return usable, "", (), []
    chosen = next((point for point in _PREFERRED if point in known), known[0])
    said = [f"Of {len(known)} locations {chosen} is taken; another can be named."] if len(known) > 1 else []
    return usable & (points == chosen), chosen, known, said


def _columns(sheet: _Sheet) -> str:
    return f"There are: {', '.join(filter(None, sheet.header))}."


def _folded(text: str) -> str:
    return re.sub(r"[\s_\-().]+", "", text.strip().lower())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
