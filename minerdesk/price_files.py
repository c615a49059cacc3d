"""Power prices from a file: in order, each with the length of its interval, and in words what was handled.

Known layouts are ERCOT's settlement point prices (day-ahead and real-time), gridstatus exports, ENTSO-E, SMARD,
energy-charts, aWATTar and AEMO; any other table is read by its columns of times and prices.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.prices import PriceSeries, Refusal, ordered, rows_words
from minerdesk.errors import InputError
from minerdesk.price_layout import Rows, Wanted
from minerdesk.price_rows import price_columns, read_text
from minerdesk.price_sheet import Watch

__all__ = ["PriceSeries", "Refusal", "Wanted", "import_prices", "read_price_file", "read_prices"]

MOST_BYTES = 200_000_000
#: Currencies whose prices are read besides US dollars and euros.
CURRENCIES = ("AUD", "BGN", "BRL", "CAD", "CHF", "CZK", "DKK", "GBP", "HUF", "INR", "JPY", "NOK", "PLN", "RON", "SEK")
#: What a file's unit may be called, and how much of its currency per MWh one of it is.
UNITS: Mapping[str, tuple[str, float]] = {
    "$/MWh": ("USD", 1.0),
    "$/kWh": ("USD", 1_000.0),
    "¢/kWh": ("USD", 10.0),
    "EUR/MWh": ("EUR", 1.0),
    "EUR/kWh": ("EUR", 1_000.0),
    "ct/kWh": ("EUR", 10.0),
    **{f"{code}/MWh": (code, 1.0) for code in CURRENCIES},
    **{f"{code}/kWh": (code, 1_000.0) for code in CURRENCIES},
}
_LARGEST, _LAST_S = 1e6, 7_258_118_400
#: What half of the prices of a MWh lie between in any market, in currencies of the dollar's size.
_USUAL, _OF_DOLLARS_SIZE = (1.0, 1_000.0), ("USD", "EUR", "GBP", "CHF", "AUD", "CAD")
_WHY = (
    "",
    "the price is out of all bounds",
    "no price that can be read",
    "a year before 1970 or after 2199",
    "no time that can be read, or one that the clocks skip",
)
_MOST_REFUSALS, _EXAMPLES, _HEAD_BYTES = 1_000, 3, 65_536


def read_price_file(
    path: Path, wanted: Wanted | None = None, *, unit: str = "", watch: Watch = lambda _share: None
) -> PriceSeries:
    """Read a file of prices; see :func:`read_prices`. A file that can't be opened is an InputError too."""
    with naming(path):
        found = read_prices(read_file(path), wanted, unit=unit, watch=watch)
    return replace(found, name=path.name)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let what is said of a file that can't be used begin with its name."""
    try:
        yield
    except InputError as error:
        if error.message.startswith((str(path), path.name)):
            raise
        raise InputError(f"{path.name}: {error.message}", hint=error.hint) from None


def read_file(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a file of prices, or the whole lines of its first `most`. Raises InputError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is larger than {MOST_BYTES / 1e6:.0f} MB.", hint="Import one year or one point.")
        with path.open("rb") as file:
            data = file.read(most)
            return data if not file.read(1) else data[: data.rfind(b"\n") + 1]
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.", hint="Check the path.") from None


def import_prices(
    path: Path, pick: str = "", watch: Watch = lambda _share: None
) -> tuple[PriceSeries, tuple[str, ...]]:
    """Read a file for a window, and return what else could have been read: its locations, or its columns of prices.

    `pick` is one of those; without it the usual location, or the first column, is taken. Raises InputError as
    :func:`read_price_file` does.
    """
    with naming(path):
        columns = price_columns(decoded(read_file(path, _HEAD_BYTES)))
    if len(columns) > 1:
        wanted = Wanted(price_column=pick if pick in columns else columns[0])
        return read_price_file(path, wanted, watch=watch), columns
    found = read_price_file(path, Wanted(location=pick), watch=watch)
    return found, found.locations


def read_prices(
    data: bytes, wanted: Wanted | None = None, *, unit: str = "", watch: Watch = lambda _share: None
) -> PriceSeries:
    """Read prices from the bytes of a file.

    Parameters
    ----------
    wanted
        Columns, location and zone where they are not to be found by themselves.
    unit
        One of `UNITS`; empty takes what the file says, and $/MWh if it says nothing.
    watch
        Told the share of the file that is read; what it raises ends the reading.

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
    rows = read_text(decoded(data), wanted or Wanted(), watch)
    name = unit or _unit_of(rows.unit)
    if name not in UNITS:
        raise InputError(f"The unit “{name}” is not known.", hint=f"Known are: {', '.join(UNITS)}.")
    currency, factor = UNITS[name]
    prices = rows.prices * factor
    reasons = _reasons(rows, prices)
    good = reasons == 0
    refused = np.flatnonzero(~good)
    if not good.any():
        first = f" Line {rows.lines[refused[0]]}: {_WHY[reasons[refused[0]]]}." if len(refused) else ""
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
    said = [*_unit_words(kept, name, currency), *said]
    if len(refused):
        named = "; ".join(f"line {rows.lines[place]}: {_WHY[reasons[place]]}" for place in refused[:_EXAMPLES])
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
            Refusal(line=int(rows.lines[place]), reason=_WHY[reasons[place]]) for place in refused[:_MOST_REFUSALS]
        ),
        refused_rows=len(refused),
    )


def decoded(data: bytes) -> str:
    """Return the text of a file; what is none, or empty, is an InputError."""
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
    if "a$" in said:
        return f"AUD/{energy}"
    if code := re.search(rf"(?<![a-z])({'|'.join(CURRENCIES)})(?![a-z])", said, re.IGNORECASE):
        return f"{code[1].upper()}/{energy}"
    if energy == "kWh" and "¢" in said:
        return "¢/kWh"
    if energy == "kWh" and re.search(r"\bct|cent", said):
        return "ct/kWh"
    return f"$/{energy}"


def _unit_words(prices_per_mwh: NDArray[np.float64], unit: str, currency: str) -> list[str]:
    """Say that prices look like those of another unit; zeros, which markets do have, are left out of the judgement.

    >>> _unit_words(np.array([0.03, 0.0, 0.045]), "$/MWh", "USD")[0][:55]
    'Half of the prices are under 0.0375 USD/MWh: the unit, '
    >>> _unit_words(np.array([30.0, -5.0, 45.0]), "$/MWh", "USD")
    []
    """
    sizes = np.abs(prices_per_mwh[prices_per_mwh != 0])
    if currency not in _OF_DOLLARS_SIZE or not len(sizes):
        return []
    middle = float(np.median(sizes))
    if _USUAL[0] <= middle <= _USUAL[1]:
        return []
    is_low = middle < _USUAL[0]
    size = f"under {middle:.3g}" if is_low else f"over {middle:,.0f}"
    return [
        f"Half of the prices are {size} {currency}/MWh: the unit, {unit}, may be another one. "
        "They are used as they are; choose the unit if it is."
    ]


def _reasons(rows: Rows, prices: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return why each row can't be used, as a place in `_WHY`; 0 for one that can."""
    reasons = np.zeros(len(prices), dtype=np.uint8)
    reasons[np.abs(prices) > _LARGEST] = 1
    reasons[np.isnan(prices)] = 2
    if rows.starts_s is not None:
        reasons[np.isfinite(rows.starts_s) & ((rows.starts_s < 0) | (rows.starts_s > _LAST_S))] = 3
        reasons[np.isnan(rows.starts_s)] = 4
    return reasons
