"""Cells of a price file as values: numbers as people write them, and times on whatever clock to seconds UTC."""

import math
import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.prices import clock_of
from minerdesk.errors import InputError

Floats = NDArray[np.float64]

_PIECE = 20_000
_UNIX = re.compile(r"\d{9,13}(\.\d+)?")
#: 03/04/2024, 03.04.2024 and 03-04-2024: which is the day is told by the mark, by the other dates, or by the user.
_SHORT = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
_NAMED = re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}")
_OFFSET = re.compile(r"\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$")


def numbers(texts: Sequence[str]) -> Floats:
    """Return texts as numbers; NaN for what is none or not finite."""
    return _in_pieces(texts, _numbers)


def _in_pieces(texts: Sequence[str], read: Callable[[Sequence[str]], Floats]) -> Floats:
    """Read piece by piece: one long call would hold up every other thread, a window's among them."""
    pieces = [read(texts[start : start + _PIECE]) for start in range(0, len(texts), _PIECE)]
    return np.concatenate(pieces) if pieces else np.empty(0)


def _numbers(texts: Sequence[str]) -> Floats:
    try:
        values = np.array(texts, dtype=np.float64)
    except ValueError:
        values = np.array([_number(text) for text in texts], dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _number(text: str) -> float:
    try:
        return float(text.replace("$", "").replace("€", "").replace(",", "").replace("−", "-"))
    except ValueError:
        return float("nan")


def decimal_commas(texts: Sequence[str]) -> list[str]:
    """Return numbers of a file that separates by something else than commas, with a point as decimal mark.

    >>> decimal_commas(["1.234,5", "1,234.5", "-0,7", "12.5"])
    ['1234.5', '1234.5', '-0.7', '12.5']
    """
    return [_with_point(text) if "," in text else text for text in texts]


def _with_point(text: str) -> str:
    comma_last = text.rfind(",") > text.rfind(".")
    return text.replace(".", "").replace(",", ".") if comma_last else text.replace(",", "")


def is_time(text: str) -> bool:
    """Whether a text begins like a date, or is a count of seconds or milliseconds since 1970."""
    return bool(_UNIX.fullmatch(text) or re.match(r"\d{4}[-/]?\d\d", text) or _SHORT.match(text) or _NAMED.match(text))


def is_number(text: str) -> bool:
    """Whether a text is a finite number, with a point or a comma."""
    return math.isfinite(_number(text.strip().replace(",", ".")))


def naive_seconds(texts: Sequence[str], day_first: bool | None = None) -> Floats:
    """Return naive dates or times as seconds since 1970 on their own clock; NaN for what is none."""
    return _parsed(texts, _form(texts, day_first)[0], utc=False)


def seconds(texts: Sequence[str], zone: str, day_first: bool | None = None) -> tuple[Floats, list[str]]:
    """Return times as seconds UTC, and how they were understood.

    Seconds or milliseconds since 1970 and times with an offset are plain; others are on the clock of `zone`, where of
    two equal times in the hour that comes twice the later row is the second. Without a zone they count as UTC.
    """
    first = next((text for text in texts if text), "")
    if _UNIX.fullmatch(first):
        values = numbers(texts)
        return (values / 1_000 if len(first.split(".")[0]) > 11 else values), []
    if _OFFSET.search(first.strip()):
        return _parsed(texts, "ISO8601", utc=True), []
    form, told = _form(texts, day_first)
    clock = _parsed(texts, form, utc=False)
    if not zone or zone.upper() == "UTC":
        return clock, [*told, "Times without a zone are taken as UTC; another zone can be named."]
    order = np.arange(len(clock))
    _, first_at = np.unique(clock, return_index=True)
    again = ~np.isin(order, first_at)
    starts = localised(clock, zone, again)
    skipped = int((np.isfinite(clock) & np.isnan(starts)).sum())
    twice = int((np.isfinite(starts) & again).sum())
    told.append(f"Times are on the clock of {zone}.")
    if twice or skipped:
        told.append(f"Clock changes: {twice:,} in the hour that comes twice, {skipped:,} in one that is skipped.")
    return starts, told


def _form(texts: Sequence[str], day_first: bool | None) -> tuple[str, list[str]]:
    """Return how the times are written, and what is to be said of it."""
    first = next((text for text in texts if text), "")
    told: list[str] = []
    if _NAMED.match(first):
        form = "%b %d, %Y"
    elif short := _SHORT.match(first):
        mark = short[2]
        if day_first is None:
            day_first, told = (True, []) if mark == "." else _day_first(texts)
        form = f"%d{mark}%m{mark}%Y" if day_first else f"%m{mark}%d{mark}%Y"
    else:
        return "ISO8601", []
    if ":" in first:
        noon = bool(re.search(r"[AP]M$", first.strip(), re.IGNORECASE))
        parts = ("%I" if noon else "%H") + (":%M:%S" if first.count(":") == 2 else ":%M") + (" %p" if noon else "")
        form += f" {parts}"
    return form, told


def _day_first(texts: Sequence[str]) -> tuple[bool, list[str]]:
    """Return whether the day comes first in dates of two small numbers: told by a number over 12, else by the span.

    Of a file that begins on 01/02 and ends on 01/04 either reading makes sense; the shorter span is the likelier.
    """
    dates = {(int(found[1]), int(found[3]), int(found[4])) for text in set(texts) if (found := _SHORT.match(text))}
    if any(one > 12 for one, _, _ in dates):
        return True, []
    if any(two > 12 for _, two, _ in dates):
        return False, []
    by_day = [year * 372 + two * 31 + one for one, two, year in dates]
    by_month = [year * 372 + one * 31 + two for one, two, year in dates]
    chosen = max(by_day) - min(by_day) < max(by_month) - min(by_month)
    what = "day, month" if chosen else "month, day"
    return chosen, [f"Dates are taken as {what}, year; nothing in the file tells for sure."]


def _parsed(texts: Sequence[str], form: str, *, utc: bool) -> Floats:
    return _in_pieces(texts, partial(_moments, form=form, utc=utc))


def _moments(texts: Sequence[str], *, form: str, utc: bool) -> Floats:
    import pandas as pd  # noqa: PLC0415 - late: most runs read no price file

    mixed = InputError("Some times carry a zone and some don't.", hint="Write them all alike.")
    try:
        moments = pd.to_datetime(pd.Series(list(texts), dtype="str"), format=form, errors="coerce", utc=utc)
    except ValueError as error:
        raise mixed from error
    if utc:
        moments = moments.dt.tz_localize(None)
    elif moments.dtype.kind != "M" or moments.dt.tz is not None:  # a first one that is damaged tells of no zone
        raise mixed
    known = moments.notna().to_numpy()
    whole = moments.to_numpy().astype("datetime64[s]").astype(np.int64)
    return np.where(known, whole, np.nan).astype(np.float64)


def localised(clock_s: Floats, zone: str, second: NDArray[np.bool_]) -> Floats:
    """Return the UTC of times on a zone's clock; `second` marks the later pass of an hour that comes twice.

    A time that the clock leaves out in spring is NaN. Raises InputError if the zone is not known here.
    """
    import pandas as pd  # noqa: PLC0415 - late: most runs read no price file

    clock = clock_of(zone)
    if clock is None:
        raise InputError(
            f"The time zone “{zone}” is not known on this computer.",
            hint="Names are like Europe/Berlin or +10:00; where the system has no zones, install the package tzdata.",
        )
    fixed = clock.utcoffset(None)
    if fixed is not None:
        return clock_s - fixed.total_seconds()
    known = np.isfinite(clock_s)
    stamps = pd.DatetimeIndex(np.where(known, clock_s, 0).astype(np.int64).astype("datetime64[s]"))
    moments = stamps.tz_localize(clock, ambiguous=~second, nonexistent="NaT").tz_convert("UTC")
    whole = moments.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return np.where(known & moments.notna(), whole, np.nan).astype(np.float64)
