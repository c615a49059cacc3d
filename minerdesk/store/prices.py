"""The market of a scenario and its prices as a part of a JSON document: packed, exact, and read back with guards.

Prices are written as whole numbers of their last decimal where that is exact, else as float64; times as the steps
between them. Each column is laid out byte by byte, compressed and written as Base64: 8,760 hours take about 25 kB, ten
years of five minutes 2 MB.
"""

import base64
import binascii
import functools
import zlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.prices import PowerChoice, PriceSeries, clock_of, hourly
from minerdesk.errors import InputError, Problem, Severity
from minerdesk.store.documents import Document, is_finite

#: The room that a packed series may take in a file.
MOST_TEXT = 6 * 1024 * 1024
MOST_INTERVALS = 4_000_000
_MOST_DECIMALS, _MOST_LETTERS, _MOST_SENTENCES = 6, 500, 50
_LARGEST, _LONGEST_H = 1e6, 24.0 * 366
_MOST_KEY_LETTERS, _MOST_USD_PER_UNIT = 80, 1e6
_FIRST_S, _LAST_S = 0, 7_258_118_400
_TEXTS = ("name", "label", "layout", "currency", "zone", "credit")

_Numbers = NDArray[Any]


def keepable(series: PriceSeries) -> PriceSeries:
    """Return `series`, or its hourly means if it is too large for a file, which it then says.

    Raises
    ------
    InputError
        Even the hourly means are too large.
    """
    for form in (series, hourly(series)):
        if len(form) <= MOST_INTERVALS and sum(map(len, _columns(form).values())) <= MOST_TEXT:
            return form
    raise InputError("There are too many prices to be kept with a scenario.", hint="Import fewer years.")


def to_json(series: PriceSeries) -> Document:
    """Return the object that stands for a series in a file."""
    fetched = {"fetched_at": series.fetched_at.isoformat()} if series.fetched_at else {}
    return {
        **{name: getattr(series, name)[:_MOST_LETTERS] for name in _TEXTS},
        **fetched,
        "handled": [line[:_MOST_LETTERS] for line in series.handled[:_MOST_SENTENCES]],
        "refused_rows": series.refused_rows,
        "intervals": len(series),
        "decimals": _decimals(series),
        **_columns(series),
    }


def from_json(raw: object) -> PriceSeries:
    """Read a series back.

    Raises
    ------
    ValueError
        It is damaged or was never one of ours; the message says what is wrong.
    """
    if not isinstance(raw, dict):
        raise ValueError("it is no object")
    texts: dict[str, Any] = {name: _text(raw.get(name), name) for name in _TEXTS}
    if clock_of(texts["zone"]) is None:
        texts["zone"] = "UTC"  # a zone of another computer: the hours are shown on UTC, and that is said there
    handled = raw.get("handled", [])
    if not isinstance(handled, list) or len(handled) > _MOST_SENTENCES:
        raise ValueError("“handled” is no short list")
    count = _whole(raw.get("intervals"), "intervals", 1, MOST_INTERVALS)
    decimals = raw.get("decimals")
    prices = _unpacked(raw.get("prices"), "prices", count, "<f8" if decimals is None else "<i4")
    if decimals is not None:
        prices = np.cumsum(prices, dtype=np.int64) / 10 ** _whole(decimals, "decimals", 0, _MOST_DECIMALS)
    hours = _unpacked(raw.get("hours"), "hours", count, "<f8")
    steps = raw.get("steps")
    times = None if steps is None else np.cumsum(_unpacked(steps, "steps", count, "<i8"))
    _check(times, hours, prices)
    return PriceSeries(
        **texts,
        times=times,
        hours=hours,
        prices_per_mwh=prices,
        fetched_at=_moment(raw.get("fetched_at")),
        handled=tuple(_text(line, "handled") for line in handled),
        refused_rows=_whole(raw.get("refused_rows", 0), "refused_rows", 0, 10**9),
    )


# -- the choice of a market -------------------------------------------------------------------------------------------


def choice_to_json(choice: PowerChoice, damaged: object = None) -> Document:
    """Return the object that stands for a choice; where it has no prices, `damaged` ones are written back."""
    packed = damaged if choice.prices is None else to_json(choice.prices)
    held = {
        "market": choice.market,
        "usd_per": dict(choice.usd_per),
        "rate_notes": dict(choice.rate_notes),
        "prices": packed,
    }
    return {key: value for key, value in held.items() if value}


def read_choice(raw: object, problems: list[Problem]) -> tuple[PowerChoice, Any]:
    """Read a choice, and return besides the prices that can't be used: they are named, and cost nothing else."""

    def say(key: str, message: str, severity: Severity = Severity.WARNING) -> None:
        problems.append(Problem(field=f"power.{key}".rstrip("."), severity=severity, message=message))

    if not isinstance(raw, dict):
        say("", "“power” must be an object.", Severity.ERROR)
        return PowerChoice(), None
    market, damaged, series = raw.get("market", ""), None, None
    if not isinstance(market, str) or len(market) > _MOST_KEY_LETTERS:
        say("market", "“power.market” is no short text. The usual market is shown.")
        market = ""
    given = raw.get("usd_per", {})
    rates = {name: float(rate) for name, rate in given.items() if _is_rate(rate)} if isinstance(given, dict) else {}
    if rates != given:
        say("usd_per", "“power.usd_per” holds what is no rate of a currency; it is left out. Type it again.")
    told = raw.get("rate_notes", {})
    known = told.items() if isinstance(told, dict) else ()
    notes = {name: note for name, note in known if name in rates and _is_note(note)}
    if notes != told:
        say("rate_notes", "“power.rate_notes” holds what belongs to no rate; it is left out.")
    if raw.get("prices") is not None:
        try:
            series = from_json(raw["prices"])
        except ValueError as error:
            damaged = raw["prices"] if is_finite(raw["prices"]) else None
            stay = "They stay in the file as they are; import" if damaged is not None else "Import"
            say("prices", f"The prices of this scenario can't be used: {error}. {stay} them again. All else is loaded.")
    for key in raw.keys() - {"market", "usd_per", "rate_notes", "prices"}:
        say(key[:_MOST_KEY_LETTERS], f"“power.{key:.80}” is not known and is not written back.")
    return PowerChoice(market=market, usd_per=rates, rate_notes=notes, prices=series), damaged


def _is_note(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_LETTERS


def _is_rate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _MOST_USD_PER_UNIT


# -- packing ----------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2)  # an autosave follows every edit; series are compared by identity
def _columns(series: PriceSeries) -> dict[str, str]:
    decimals = _decimals(series)
    prices: _Numbers = series.prices_per_mwh.astype("<f8")
    if decimals is not None:
        whole = np.rint(prices * 10**decimals).astype(np.int64)
        prices = np.diff(whole, prepend=0).astype("<i4")
    columns = {"hours": series.hours.astype("<f8"), "prices": prices}
    if series.times is not None:
        columns["steps"] = np.diff(series.times, prepend=0).astype("<i8")
    return {name: _packed(column) for name, column in columns.items()}


def _decimals(series: PriceSeries) -> int | None:
    """Return how many decimals write every price exactly; None if it takes too many."""
    prices = series.prices_per_mwh
    for decimals in range(_MOST_DECIMALS + 1):
        whole = np.rint(prices * 10**decimals)
        if np.abs(whole).max() >= 2**30:
            return None
        if (whole / 10**decimals == prices).all():
            return decimals
    return None


def _packed(column: _Numbers) -> str:
    """Bytes of one weight stand together, which compresses to half."""
    wide = np.ascontiguousarray(column).view(np.uint8).reshape(len(column), column.itemsize)
    return base64.b64encode(zlib.compress(wide.T.tobytes(), 6)).decode("ascii")


def _unpacked(text: object, name: str, count: int, form: str) -> _Numbers:
    width = np.dtype(form).itemsize
    if not isinstance(text, str) or len(text) > 2 * MOST_TEXT:
        raise ValueError(f"“{name}” is no text of a usual length")
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(text, validate=True), count * width + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise ValueError(f"“{name}” is damaged") from None
    if len(data) != count * width or not unpacker.eof:
        raise ValueError(f"“{name}” does not hold {count:,} numbers")
    numbers: _Numbers = np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(width, count).T).view(form).ravel()
    return numbers.astype(np.dtype(form).newbyteorder("="))


def _check(times: _Numbers | None, hours: _Numbers, prices: _Numbers) -> None:
    if not (np.isfinite(prices).all() and (np.abs(prices) <= _LARGEST).all()):
        raise ValueError("a price is out of all bounds")
    if not (np.isfinite(hours).all() and (hours > 0).all() and (hours <= _LONGEST_H).all()):
        raise ValueError("the length of an interval makes no sense")
    if times is None:
        return
    if times.min() < _FIRST_S or times.max() > _LAST_S or (np.diff(times) <= 0).any():
        raise ValueError("the times are not in order, or not between 1970 and 2199")
    if (np.diff(times) < hours[:-1] * 3_600 - 1).any():
        raise ValueError("intervals overlap")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > _MOST_LETTERS:
        raise ValueError(f"“{name}” is no short text")
    return value


def _whole(value: object, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"“{name}” is no whole number from {low:,} to {high:,}")
    return value


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("“fetched_at” is no ISO time") from None
