"""Cells of a price file as values: numbers as people write them, and times on whatever clock to seconds UTC."""

import math
import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from minerdesk.errors import InputError

Floats = NDArray[np.float64]

_PIECE = 20_000
_UNIX = re.compile(r"\d{9,13}(\.\d+)?")
_AMERICAN, _GERMAN = re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}")


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


def is_time(text: str) -> bool:
    """Whether a text begins like a date, or is a count of seconds or milliseconds since 1970."""
    return bool(_UNIX.fullmatch(text) or re.match(r"\d{4}-?\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}", text))


def is_number(text: str) -> bool:
    """Whether a text is a finite number, with a point or a comma."""
    return math.isfinite(_number(text.strip().replace(",", ".")))


def naive_seconds(texts: Sequence[str]) -> Floats:
    """Return naive dates or times as seconds since 1970 on their own clock; NaN for what is none."""
    return _parsed(texts, utc=False)


def seconds(texts: Sequence[str], zone: str) -> tuple[Floats, str]:
    """Return times as seconds UTC, and how they were understood.

    Seconds or milliseconds since 1970 and times with an offset are plain; others are on the clock of `zone`, where of
    two equal times in the hour that comes twice the later row is the second. Without a zone they count as UTC.
    """
    first = next((text for text in texts if text), "")
    if _UNIX.fullmatch(first):
        values = numbers(texts)
        return (values / 1_000, "") if len(first.split(".")[0]) > 11 else (values, "")
    if re.search(r"\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$", first.strip()):
        return _parsed(texts, utc=True), ""
    clock = naive_seconds(texts)
    if not zone or zone.upper() == "UTC":
        return clock, "Times without a zone are taken as UTC; another zone can be named."
    order = np.arange(len(clock))
    _, first_at = np.unique(clock, return_index=True)
    again = ~np.isin(order, first_at)
    return localised(clock, zone, again), f"Times are on the clock of {zone}."


def _parsed(texts: Sequence[str], *, utc: bool) -> Floats:
    first = next((text for text in texts if text), "")
    formats = {_AMERICAN: "%m/%d/%Y", _GERMAN: "%d.%m.%Y"}
    form = next((known for pattern, known in formats.items() if pattern.match(first)), "ISO8601")
    if form != "ISO8601" and ":" in first:
        form += " %H:%M:%S" if first.count(":") == 2 else " %H:%M"
    return _in_pieces(texts, partial(_moments, form=form, utc=utc))


def _moments(texts: Sequence[str], *, form: str, utc: bool) -> Floats:
    import pandas as pd  # noqa: PLC0415 - late: most runs read no price file

    moments = pd.to_datetime(pd.Series(list(texts), dtype="str"), format=form, errors="coerce", utc=utc)
    if utc:
        moments = moments.dt.tz_localize(None)
    elif moments.dtype.kind != "M":
        raise InputError("Some times carry a zone and some don't.", hint="Write them all alike.")
    known = moments.notna().to_numpy()
    whole = moments.to_numpy().astype("datetime64[s]").astype(np.int64)
    return np.where(known, whole, np.nan).astype(np.float64)


def localised(clock_s: Floats, zone: str, second: NDArray[np.bool_]) -> Floats:
    """Return the UTC of times on a zone's clock; `second` marks the later pass of an hour that comes twice.

    A time that the clock leaves out in spring is NaN. Raises InputError if the zone is not known here.
    """
    import pandas as pd  # noqa: PLC0415 - late: most runs read no price file

    known = np.isfinite(clock_s)
    stamps = pd.DatetimeIndex(np.where(known, clock_s, 0).astype(np.int64).astype("datetime64[s]"))
    try:
        moments = stamps.tz_localize(zone, ambiguous=~second, nonexistent="NaT").tz_convert("UTC")
    except (KeyError, ValueError, OSError) as error:
        raise InputError(
            f"The time zone “{zone}” is not known on this computer ({error}).",
            hint="Names are like Europe/Berlin; where the system has no zones, install the package tzdata.",
        ) from None
    whole = moments.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return np.where(known & moments.notna(), whole, np.nan).astype(np.float64)
