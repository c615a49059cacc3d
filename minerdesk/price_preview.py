"""What would be read from a file of prices, before it is: its first rows, its columns, and what the whole comes to."""

from dataclasses import dataclass
from pathlib import Path

from minerdesk import words
from minerdesk.economics.prices import PriceSeries, rows_words
from minerdesk.errors import InputError
from minerdesk.price_cells import is_number
from minerdesk.price_files import decoded, naming, read_file, read_prices
from minerdesk.price_layout import Wanted
from minerdesk.price_rows import price_columns, time_column
from minerdesk.price_sheet import Sheet, Watch

#: A preview of a larger file reads its beginning alone.
PREVIEW_BYTES = 8_000_000
_HEAD_BYTES, _ROWS, _REFUSALS = 65_536, 12, 200


@dataclass(frozen=True, kw_only=True)
class Head:
    """The beginning of a table: its headings, its first rows with their lines, and which columns are what.

    `time_column` is the one that is found by itself, or empty; `price_columns` may be prices, `numeric` hold numbers.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    time_column: str
    price_columns: tuple[str, ...]
    numeric: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Preview:
    """What one choice of columns gives: prices, or why there are none; `partly` if only the beginning was read."""

    series: PriceSeries | None
    error: InputError | None = None
    partly: bool = False

    @property
    def sentence(self) -> str:
        """Say in a sentence what would be imported, or what is wrong."""
        if self.series is None:
            return str(self.error) if self.error else ""
        series = self.series
        mean = float((series.prices_per_mwh * series.hours).sum() / series.hours.sum())
        unit = f"{'$' if series.currency == 'USD' else series.currency}/MWh"
        part = " in the first 8 MB; the whole file is read on import" if self.partly else ""
        span = f", {series.span_words}" if series.span_words else ""
        low, high = (
            words.general(float(price)) for price in (series.prices_per_mwh.min(), series.prices_per_mwh.max())
        )
        told = f"{rows_words(len(series))}{part}{span}: mean {words.general(mean)} {unit}, from {low} to {high}"
        return f"{told}; {rows_words(series.refused_rows)} refused." if series.refused_rows else f"{told}."

    @property
    def details(self) -> tuple[str, ...]:
        """What was found and done, then the refused rows, each with its line and why."""
        if self.series is None:
            return ()
        refused = [f"Line {row.line}: {row.reason}." for row in self.series.refused[:_REFUSALS]]
        more = self.series.refused_rows - len(refused)
        handled = [line for line in self.series.handled if " refused: line " not in line]  # each is named below
        return (*handled, *refused, *([f"… and {more:,} more."] if refused and more > 0 else []))


def head_of(path: Path) -> Head:
    """Return the beginning of a file. Raises InputError if it holds no table."""
    with naming(path):
        text = decoded(read_file(path, _HEAD_BYTES))
    if text.lstrip()[:1] in ("{", "["):
        raise InputError(f"{path.name} is JSON, which has no columns.", hint="Import it as it is: “Import a file…”.")
    sheet = Sheet(text)
    if not len(sheet):
        raise InputError(f"{path.name} holds no rows.", hint="Save the prices as CSV, with a heading.")
    names = tuple(sheet.header)
    columns = [[cell.strip() for cell in sheet.column(place)[:_ROWS]] for place in range(len(names))]
    numeric = [name for name, cells in zip(names, columns, strict=True) if sum(map(is_number, cells)) * 2 > len(cells)]
    return Head(
        header=names,
        rows=tuple(zip(*columns, strict=True)),
        lines=tuple(sheet.lines[:_ROWS].tolist()),
        time_column=time_column(sheet),
        price_columns=price_columns(text),
        numeric=tuple(numeric),
    )


def preview(path: Path, wanted: Wanted, unit: str, watch: Watch = lambda _share: None) -> Preview:
    """Read the file, or the beginning of a large one, as the user says. Raises InputError if it can't be opened."""
    data = read_file(path, PREVIEW_BYTES)
    partly = path.stat().st_size > len(data)
    try:
        return Preview(series=read_prices(data, wanted, unit=unit, watch=watch), partly=partly)
    except InputError as error:
        return Preview(series=None, error=error, partly=partly)
