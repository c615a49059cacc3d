"""Power prices from a file: in order, each with the length of its interval, and in words what was handled.

Known layouts are ERCOT's settlement point prices (day-ahead and real-time), gridstatus exports, energy-charts, aWATTar
and AEMO; any other table is read by its columns of times and prices.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.prices import PriceSeries, Refusal, ordered, rows_words
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
_MOST_REFUSALS, _EXAMPLES = 1_000, 3


def read_price_file(path: Path, wanted: Wanted | None = None, *, unit: str = "") -> PriceSeries:
    """Read a file of prices; see :func:`read_prices`. A file that can't be opened is an InputError too."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is larger than {MOST_BYTES / 1e6:.0f} MB.", hint="Import one year or one point.")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.", hint="Check the path.") from None
    try:
        return replace(read_prices(data, wanted, unit=unit), name=path.name)
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
        times, hours, order, told = ordered(rows.starts_s[good], lines, rows.step_s)
        kept = kept[order]
        said += told
    else:
        said.append("The file has no times: each row counts as one hour.")
    if (negative := kept < 0).any():
        said.append(
            f"{rows_words(int(negative.sum()))} with a negative price, the lowest {words.figure(kept.min(), 2)}."
        )
    if len(refused):
        named = "; ".join(f"line {rows.lines[place]}: {reasons[place]}" for place in refused[:_EXAMPLES])
        said.append(f"{rows_words(len(refused))} refused: {named}{' …' if len(refused) > _EXAMPLES else ''}.")
    return PriceSeries(
        label=rows.label,
        zone=rows.zone,
        layout=rows.layout,
        currency=currency,
        times=times,
        hours=hours,
        prices_per_mwh=kept,
        locations=rows.locations,
        handled=(f"{rows.layout}, {name}: {rows_words(len(kept))} used.", *said),
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
