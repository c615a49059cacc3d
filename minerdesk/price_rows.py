"""The layouts of power price files: what a file's text says, row by row, as plain columns.

A reader gives :class:`Rows`: the start of each interval in seconds UTC (NaN where it can't be read), its price as
written, its line, and in words what was passed over. Putting rows in order is left to :mod:`minerdesk.price_files`.
"""

import re
from collections.abc import Callable

import numpy as np

from minerdesk.errors import InputError
from minerdesk.price_cells import decimal_commas, is_number, is_time, localised, naive_seconds, numbers, seconds
from minerdesk.price_feeds import is_entsoe, is_smard, read_aemo, read_entsoe, read_json, read_smard
from minerdesk.price_layout import ERCOT_ZONE, PRICES, Rows, Wanted, choose_point, count_words
from minerdesk.price_sheet import Sheet, Watch

_DATES = ("deliverydate", "operday", "date")
_HOURS = ("hourending", "deliveryhour", "he")
_STARTS = ("intervalstartutc", "intervalstart", "intervalstartlocal", "utchour", "starttime", "start", "timestamp")
_TIMES = (*_STARTS, "datetime", "time", "unixseconds", "datetimeutc", "timeutc", "hourbegin", "hour", "date", "datum")
_NO_PRICE = re.compile(r"\d|filled|flag|count|interval|demand|generation|load|volume|end$|hour$|year|month|day$")
#: How ERCOT's points are called, also where somebody else wrote the file.
_ERCOT_POINT = re.compile(r"(HB|LZ)_[A-Z]+", re.IGNORECASE)


def read_text(text: str, wanted: Wanted, watch: Watch = lambda _share: None) -> Rows:
    """Recognise the layout and read it. Raises InputError if there is nothing to read."""
    if text.lstrip()[:1] in ("{", "["):
        return read_json(text, wanted)
    sheet = Sheet(text, watch)
    if not len(sheet):
        raise InputError("The file holds no rows.", hint="A price file has a heading and one row per interval.")
    reader = _read_plain if wanted.names_columns else _reader_of(sheet)
    return reader(sheet, wanted)


def _reader_of(sheet: Sheet) -> Callable[[Sheet, Wanted], Rows]:
    """Return what reads a table of this heading."""
    if sheet.find(_DATES) is not None and sheet.find(_HOURS) is not None:
        return _read_ercot
    if "settlementdate" in sheet.names:
        return read_aemo
    if is_entsoe(sheet):
        return read_entsoe
    return read_smard if is_smard(sheet) else _read_plain


# -- layouts ----------------------------------------------------------------------------------------------------------


def _read_ercot(sheet: Sheet, wanted: Wanted) -> Rows:
    """Read settlement point prices, day-ahead or real-time: hour ENDING 1 to 24 (25: repeated), quarter 1 to 4."""
    date, hour = sheet.find(_DATES), sheet.find(_HOURS)
    quarter = sheet.find(("deliveryinterval", "interval"))
    flag = sheet.find(("dstflag", "repeatedhourflag", "repeatedhour"))
    price = sheet.named(wanted.price_column) if wanted.price_column else sheet.find(PRICES)
    if price is None or date is None or hour is None:
        raise InputError("The file is like ERCOT's, but has no column of prices.", hint=sheet.columns_words)
    kind = sheet.find(("settlementpointtype", "locationtype"))
    kinds = np.array(sheet.column(kind)) if kind is not None else None
    doubled = np.isin(kinds, ["LZEW", "LZ_EW"]) if kinds is not None else np.zeros(len(sheet), dtype=bool)
    keep, label, locations, notes = choose_point(sheet, wanted, ~doubled)
    if doubled.any():
        notes.append(f"{count_words(int(doubled.sum()), 'row')} of type LZEW (load zones a second time) left out.")
    ending = numbers([cell.removesuffix(":00") for cell in sheet.column(hour)])
    part = numbers(sheet.column(quarter)) if quarter is not None else np.ones(len(sheet))
    late = ending == 25
    ending = np.where(late, 2, ending)
    flags = sheet.column(flag) if flag is not None else [""] * len(sheet)
    second = late | np.array([cell[:1].upper() in ("Y", "T", "1") for cell in flags])
    valid = (ending >= 1) & (ending <= 24) & (ending % 1 == 0) & (part >= 1) & (part <= 4)
    step_s = 900.0 if quarter is not None else 3_600.0
    begin = naive_seconds(sheet.column(date), day_first=False) + (ending - 1) * 3_600 + (part - 1) * step_s
    starts = localised(np.where(valid, begin, np.nan), ERCOT_ZONE, second)
    if (keep & second).any():
        notes.append(
            f"{count_words(int((keep & second).sum()), 'row')} taken as the repeated hour when clocks go back."
        )
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


def _read_plain(sheet: Sheet, wanted: Wanted) -> Rows:
    """Read any table with a column of prices and, if there is one, a column of times (the start of an interval)."""
    price = sheet.named(wanted.price_column) if wanted.price_column else _price_column(sheet)
    time = _time_of(sheet, wanted, price)
    same = sheet.names.count(sheet.names[price])
    gridstatus = "intervalstart" in "".join(sheet.names)
    keep, label, locations, notes = choose_point(sheet, wanted, np.ones(len(sheet), dtype=bool))
    if same > 1:
        notes.append(
            f"{same} columns are called “{sheet.header[price]}”; the first of them is taken. "
            "If another is meant, give it a name of its own in the file."
        )
    starts = None
    if time is not None:
        texts = [text for text, kept in zip(sheet.column(time), keep, strict=True) if kept]
        starts, said = seconds(texts, wanted.zone, wanted.day_first)
        notes += said
        if wanted.ends:
            apart = np.diff(np.unique(starts[np.isfinite(starts)]))
            starts = starts - (float(np.median(apart)) if len(apart) else 3_600.0)
            notes.append("Times are the ends of intervals.")
    cells = sheet.column(price)
    if sheet.separator != ",":
        cells = decimal_commas(cells)
    heading = sheet.header[price]
    return Rows(
        layout="gridstatus export" if gridstatus else "Table with times" if time is not None else "Prices alone",
        lines=sheet.lines[keep],
        starts_s=starts,
        prices=numbers(cells)[keep],
        label=label or (heading if sheet.has_header else ""),
        unit=sheet.said_of(price),
        locations=locations,
        notes=tuple(notes),
        zone=wanted.zone or (ERCOT_ZONE if _ERCOT_POINT.match(label or heading) else "UTC"),
    )


def _time_of(sheet: Sheet, wanted: Wanted, price: int) -> int | None:
    if wanted.no_times:
        return None
    return sheet.named(wanted.time_column) if wanted.time_column else _time_column(sheet, price)


def _time_column(sheet: Sheet, price: int) -> int | None:
    """Return the column of times: by its heading, else the first, if dates stand in it. Hours counted 1, 2, 3 do not
    count."""
    named = [index for name in _TIMES if (index := sheet.find((name,))) is not None]
    for index in [*named, 0]:
        texts = [row[index].strip() for row in sheet.sample[:20] if index < len(row) and row[index].strip()]
        if index != price and sum(map(is_time, texts)) * 2 > len(texts):
            return index
    return None


def _price_column(sheet: Sheet) -> int:
    found = _price_candidates(sheet)
    if len(found) == 1:
        return found[0]
    what = "several columns that may be prices" if found else "no column that is plainly one of prices"
    raise InputError(f"The file has {what}.", hint=f"Name the column. {sheet.columns_words}")


def _price_candidates(sheet: Sheet) -> list[int]:
    known = sheet.find(PRICES)
    if known is not None:
        return [known]
    if len(sheet.header) == 1:
        return [0]
    times = {sheet.find((name,)) for name in _TIMES}
    named = [index for index in range(len(sheet.names)) if re.search(r"price|preis|[mk]wh", sheet.said_of(index))]
    others = [
        index
        for index, name in enumerate(sheet.names)
        if index not in times
        and not _NO_PRICE.search(name)
        and sum(index < len(row) and is_number(row[index]) for row in sheet.sample) * 2 > len(sheet.sample)
    ]
    return named or others


def price_columns(text: str) -> tuple[str, ...]:
    """Return the headings of the columns of any table that may be prices; nothing for a known layout, and for none."""
    if text.lstrip()[:1] in ("{", "["):
        return ()
    sheet = Sheet(text)
    if not len(sheet) or _reader_of(sheet) is not _read_plain:
        return ()
    return tuple(sheet.header[index] for index in _price_candidates(sheet))


def time_column(sheet: Sheet) -> str:
    """Return the heading of the column of times of any table; nothing for a known layout, and where there is none."""
    found = _time_column(sheet, -1) if _reader_of(sheet) is _read_plain else None
    return "" if found is None else sheet.header[found]
