"""Power prices from a file: in order, each with the length of its interval, and in words what was handled.

Known layouts are ERCOT's settlement point prices (day-ahead and real-time), gridstatus exports, energy-charts, aWATTar
and AEMO; any other table is read by its columns of times and prices.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.errors import InputError
from minerdesk.price_rows import Rows, Wanted, price_columns, read_text

__all__ = ["PriceSeries", "Refusal", "Wanted", "import_prices", "read_price_file", "read_prices"]

MOST_BYTES = 200_000_000
#: What a file's unit may be called, and how much of its currency per MWh one of it is.
UNITS: Mapping[str, tuple[str, float]] = {
    "$/MWh": ("USD", 1.0),
    "$/kWh": ("USD", 1_000.0),
    "¢/kWh": ("USD", 10.0),
    "EUR/MWh": ("EUR", 1.0),
    "EUR/kWh": ("EUR", 1_000.0),
    "ct/kWh": ("EUR", 10.0),
    "AUD/MWh": ("AUD", 1.0),
}
_LARGEST = 1e6
_MOST_REFUSALS, _EXAMPLES, _HOUR_S = 1_000, 3, 3_600


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A row that can't be used: its line in the file, and why."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class PriceSeries:
    """Interval prices in the order of time.

    Attributes
    ----------
    times
        The start of each interval, seconds UTC, strictly increasing; None if the file has no times.
    hours
        The length of each interval. A gap between two is nobody's.
    prices_per_mwh
        In `currency`. :meth:`in_usd` converts.
    handled
        What was found and done, in plain sentences.
    refused, refused_rows
        The rows that can't be used, the first thousand of them, and how many there are.
    """

    label: str
    layout: str
    currency: str
    times: NDArray[np.int64] | None
    hours: NDArray[np.float64]
    prices_per_mwh: NDArray[np.float64]
    locations: tuple[str, ...] = ()
    handled: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    refused_rows: int = 0

    def __len__(self) -> int:
        return len(self.prices_per_mwh)

    def in_usd(self, usd_per_unit: float) -> "PriceSeries":
        """Return the series in USD at a rate of `usd_per_unit` of its currency."""
        return replace(self, currency="USD", prices_per_mwh=self.prices_per_mwh * usd_per_unit)

    @property
    def span_words(self) -> str:
        """The first and the last moment, or nothing without times."""
        if self.times is None:
            return ""
        return f"{_moment(self.times[0])} – {_moment(self.times[-1] + self.hours[-1] * _HOUR_S)} UTC"


def read_price_file(path: Path, wanted: Wanted | None = None, *, unit: str = "") -> PriceSeries:
    """Read a file of prices; see :func:`read_prices`. A file that can't be opened is an InputError too."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is larger than {MOST_BYTES / 1e6:.0f} MB.", hint="Import one year or one point.")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.", hint="Check the path.") from None
    try:
        return read_prices(data, wanted, unit=unit)
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", hint=error.hint) from None


def import_prices(path: Path, pick: str = "") -> tuple[PriceSeries, tuple[str, ...]]:
    """Read a file for a window, and return what else could have been read: its locations, or its columns of prices.

    `pick` is one of those; without it the usual location, or the first column, is taken. Raises InputError as
    :func:`read_price_file` does.
    """
    try:
        found = read_price_file(path)
    except InputError:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            raise
        columns = price_columns(_decoded(path.read_bytes()))
        if len(columns) < 2:
            raise
        return read_price_file(path, Wanted(price_column=pick or columns[0])), columns
    if pick in found.locations and pick != found.label:
        found = read_price_file(path, Wanted(location=pick))
    return found, found.locations


def read_prices(data: bytes, wanted: Wanted | None = None, *, unit: str = "") -> PriceSeries:
    """Read prices from the bytes of a file.

    Parameters
    ----------
    wanted
        Columns, location and zone where they are not to be found by themselves.
    unit
        One of `UNITS`; empty takes what the file says, and $/MWh if it says nothing.

    Special cases
    -------------
    Rows without times count an hour each. Of rows with the same time the first counts. Gaps stay gaps. Negative prices
    are prices.

    Raises
    ------
    InputError
        Not a single row can be used, or the file is not what it seems; the message names a remedy.
    """
    if len(data) > MOST_BYTES:
        raise InputError(f"The file is larger than {MOST_BYTES / 1e6:.0f} MB.", hint="Import one year or one point.")
    rows = read_text(_decoded(data), wanted or Wanted())
    name = unit or _unit_of(rows.unit)
    if name not in UNITS:
        raise InputError(f"The unit “{name}” is not known.", hint=f"Known are: {', '.join(UNITS)}.")
    currency, factor = UNITS[name]
    prices = rows.prices * factor
    reasons = _reasons(rows, prices)
    good = reasons == ""
    refused = np.flatnonzero(~good)
    if not good.any():
        first = f" Line {rows.lines[refused[0]]}: {reasons[refused[0]]}." if len(refused) else ""
        raise InputError(f"Not one row can be used.{first}", hint="Name the columns of times and prices.")
    lines, kept = rows.lines[good], prices[good]
    said = [*rows.notes]
    times, hours = None, np.ones(len(kept))
    if rows.starts_s is not None:
        times, hours, order, told = _ordered(rows.starts_s[good], lines, rows.step_s)
        kept = kept[order]
        said += told
    else:
        said.append("The file has no times: each row counts as one hour.")
    if (negative := kept < 0).any():
        said.append(f"{_rows(int(negative.sum()))} with a negative price, the lowest {words.figure(kept.min(), 2)}.")
    if len(refused):
        named = "; ".join(f"line {rows.lines[place]}: {reasons[place]}" for place in refused[:_EXAMPLES])
        said.append(f"{_rows(len(refused))} refused: {named}{' …' if len(refused) > _EXAMPLES else ''}.")
    return PriceSeries(
        label=rows.label,
        layout=rows.layout,
        currency=currency,
        times=times,
        hours=hours,
        prices_per_mwh=kept,
        locations=rows.locations,
        handled=(f"{rows.layout}, {name}: {_rows(len(kept))} used.", *said),
        refused=tuple(
            Refusal(line=int(rows.lines[place]), reason=str(reasons[place])) for place in refused[:_MOST_REFUSALS]
        ),
        refused_rows=len(refused),
    )


def _decoded(data: bytes) -> str:
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        raise InputError("This is a ZIP or Excel file.", hint="Unpack it, or save the sheet as CSV.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise InputError("This is no text file.", hint="Save the prices as CSV.")
    if not text.strip():
        raise InputError("The file is empty.", hint="Save the prices as CSV again.")
    return text


def _unit_of(said: str) -> str:
    """Return the unit that a heading or the file itself names.

    >>> _unit_of("price_eur_mwh"), _unit_of("eur / mwh"), _unit_of("price (¢/kwh)"), _unit_of("hb_west_da")
    ('EUR/MWh', 'EUR/MWh', '¢/kWh', '$/MWh')
    """
    energy = "kWh" if "kwh" in said else "MWh"
    if re.search(r"eur|€", said):
        return f"EUR/{energy}"
    if "aud" in said or "a$" in said:
        return "AUD/MWh"
    if energy == "kWh" and "¢" in said:
        return "¢/kWh"
    if energy == "kWh" and re.search(r"\bct|cent", said):
        return "ct/kWh"
    return f"$/{energy}"


def _reasons(rows: Rows, prices: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return why each row can't be used; empty for one that can."""
    reasons = np.full(len(prices), "", dtype="<U64")
    reasons[np.abs(prices) > _LARGEST] = "the price is out of all bounds"
    reasons[np.isnan(prices)] = "no price that can be read"
    if rows.starts_s is not None:
        years = np.isfinite(rows.starts_s) & ((rows.starts_s < 0) | (rows.starts_s > 7_258_118_400))
        reasons[years] = "a year before 1970 or after 2199"
        reasons[np.isnan(rows.starts_s)] = "no time that can be read, or one that the clocks skip"
    return reasons


def _ordered(
    starts_s: NDArray[np.float64], lines: NDArray[np.int64], step_s: float | None
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], list[str]]:
    """Return times in order and each once, the hours of each, which rows they are, and what is to be said."""
    told = []
    stamps = starts_s.astype(np.int64)
    if (np.diff(stamps) < 0).any():
        told.append("The rows were not in the order of time; they were sorted.")
    times, order = np.unique(stamps, return_index=True)
    if again := len(stamps) - len(times):
        repeats = np.setdiff1d(np.arange(len(stamps)), order, assume_unique=True)[:_EXAMPLES]
        at = ", ".join(f"line {lines[place]}" for place in repeats) + (" …" if again > _EXAMPLES else "")
        told.append(f"{_rows(again)} with a time that was there before ({at}) left out.")
    if len(times) == 1:
        return times, np.array([(step_s or _HOUR_S) / _HOUR_S]), order, told
    apart = np.diff(times).astype(np.float64)
    usual = float(np.median(apart)) if step_s is None else step_s
    lengths = _lengths(apart, usual) if step_s is None else np.full(len(times), step_s)
    gaps = np.flatnonzero(apart > lengths[:-1])
    if len(gaps):
        missing = float((apart - lengths[:-1])[gaps].sum()) / _HOUR_S
        first = ", ".join(
            f"{_moment(times[gap] + lengths[gap])} (before line {lines[order[gap + 1]]})" for gap in gaps[:_EXAMPLES]
        )
        told.append(
            f"{_gaps(len(gaps))}, {missing:,.6g} h missing in all and left out: "
            f"from {first}{' …' if len(gaps) > _EXAMPLES else ''}."
        )
    overlap = apart < lengths[:-1]
    lengths[:-1] = np.where(overlap, apart, lengths[:-1])
    steps = sorted({round(length / 60, 2) for length in np.unique(lengths)})
    kinds = ", ".join(f"{step:g} min" for step in steps[:4]) + (" …" if len(steps) > 4 else "")
    told.insert(0, f"From {_moment(times[0])} to {_moment(times[-1] + lengths[-1])} UTC, intervals of {kinds}.")
    return times, lengths / _HOUR_S, order, told


def _lengths(apart: NDArray[np.float64], usual: float) -> NDArray[np.float64]:
    """Return how long each interval is if only the starts are known: as long as the one before.

    A file may go from hours over to quarters. A single longer step is a gap, and so is what is longer than an hour
    where that is not usual.
    """
    before, after = np.r_[apart[0], apart[:-1]], np.r_[apart[1:], apart[-1]]
    alone = (apart != before) & (apart != after)
    lengths = np.where(alone, np.where(before < apart, before, np.minimum(after, apart)), apart)
    lengths = np.minimum(lengths, max(usual, float(_HOUR_S)))
    return np.append(lengths, lengths[-1])


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M}"


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _gaps(number: int) -> str:
    return f"{number:,} gap{'' if number == 1 else 's'}"
