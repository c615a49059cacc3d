"""The plain tables that every export is written from: what a column is, what a cell may hold, what belongs together.

A table is checked and tidied once, here, so that the writers need no care of their own: numbers are finite or absent,
text is one line, times are UTC.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from math import isfinite
from numbers import Integral, Real

Cell = float | int | str | date | datetime | None

#: What has no place in one line of text, in XML, or in UTF-8: control characters, line ends, half surrogate pairs; and
#: what turns the direction of text about, so that a name reads as another.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
#: Apostrophes, spaces and what has no width are looked through.
_FORMULA_START = re.compile(r"['\s\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,30}")
_RESERVED_NAMES = frozenset({"about", "table"})  # the sheet that a workbook adds, and the first word of a CSV header


class Kind(StrEnum):
    """What the cells of a column hold."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"


class ChartKind(StrEnum):
    """How a spreadsheet draws a table."""

    BAR = "bar"
    LINE = "line"


def one_line(text: str) -> str:
    """Return `text` with every control character and line end replaced by a space.

    >>> one_line("two\\nlines")
    'two lines'
    """
    return _UNPRINTABLE.sub(" ", text)


def looks_like_formula(text: str) -> bool:
    """Return whether a spreadsheet could run `text`: it begins with = + - @, their wide forms, or spaces before one.

    Leading apostrophes are looked through, so a text that only looks guarded counts as well.

    >>> [looks_like_formula(text) for text in ("=1+1", " @SUM(A1)", "'-1", "1-1", "")]
    [True, True, True, False, False]
    """
    return _FORMULA_START.match(text) is not None


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: `key` for programs (with the unit in words), `title` and `unit` for people.

    `decimals` is how many a person is shown, None as many as there are; files for programs hold all of them either way,
    so it doesn't count when columns are compared.
    """

    key: str
    title: str
    unit: str = ""
    kind: Kind = Kind.NUMBER
    decimals: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(f"column key {self.key!r} is not lower_case_words")
        object.__setattr__(self, "title", one_line(self.title))
        object.__setattr__(self, "unit", one_line(self.unit))

    @property
    def heading(self) -> str:
        """Title and unit as one heading.

        >>> Column(key="price_usd_per_mwh", title="Price", unit="$/MWh").heading
        'Price ($/MWh)'
        """
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The chart that a spreadsheet draws from a table: `values` over `category`, all of them column keys."""

    kind: ChartKind
    category: str
    values: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with typed columns.

    Attributes
    ----------
    name
        Short and unique in its workbook: letters, digits, spaces, ``_`` and ``-``, at most 31 (a spreadsheet's limit);
        not "About" or "Table".
    rows
        One cell per column. A number that is NaN or infinite becomes None, an absent text the empty text, a datetime
        UTC; text is made one line.
    chart
        Drawn where the format can draw; it doesn't count when tables are compared.

    Raises
    ------
    ValueError
        A row of the wrong length, a cell of the wrong kind, a datetime without a time zone, two columns with one key,
        a chart of a column that doesn't exist: mistakes of the caller, not of the user.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    chart: Chart | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name.casefold() in _RESERVED_NAMES:
            raise ValueError(f"table name {self.name!r} can't be the name of a table")
        keys = [column.key for column in self.columns]
        if not keys or len(set(keys)) != len(keys):
            raise ValueError(f"table {self.name}: no columns, or two with one key")
        if self.chart and not {self.chart.category, *self.chart.values} <= set(keys):
            raise ValueError(f"table {self.name}: its chart names a column that it hasn't")
        object.__setattr__(self, "title", one_line(self.title))
        object.__setattr__(self, "notes", tuple(map(one_line, self.notes)))
        object.__setattr__(self, "rows", tuple(self._tidy_row(row) for row in self.rows))

    def _tidy_row(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        if len(row) != len(self.columns):
            raise ValueError(f"table {self.name}: {len(row)} cells in a row of {len(self.columns)} columns")
        return tuple(_tidy_cell(cell, column) for cell, column in zip(row, self.columns, strict=True))

    def position(self, key: str) -> int:
        """Return the position of the column `key`, from 0."""
        return [column.key for column in self.columns].index(key)


@dataclass(frozen=True, kw_only=True)
class Workbook:
    """Tables that belong together, the moment they speak of (UTC), and what must be said with them.

    The first table is the one that a reader opens the file for.
    """

    title: str
    as_of: datetime
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [table.name.casefold() for table in self.tables]
        if not names or len(set(names)) != len(names):
            raise ValueError("a workbook has no tables, or two with one name")
        object.__setattr__(self, "title", one_line(self.title))
        object.__setattr__(self, "notes", tuple(map(one_line, self.notes)))
        object.__setattr__(self, "as_of", _utc(self.as_of))


def _tidy_cell(cell: Cell, column: Column) -> Cell:
    match column.kind, cell:
        case Kind.TEXT, None | str():
            return one_line(cell or "")
        case Kind.NUMBER, bool():
            pass  # Python counts a truth value as an integer, a table doesn't
        case Kind.NUMBER, Integral():
            return int(cell)
        case Kind.NUMBER, Real():
            return float(cell) if isfinite(cell) else None
        case Kind.DATETIME, datetime():
            return _utc(cell)
        case Kind.DATE, date() if not isinstance(cell, datetime):
            return cell
        case _, None:
            return None
    raise ValueError(f"column {column.key} holds {column.kind}s, not {cell!r}")


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)
