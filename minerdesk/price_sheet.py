"""A delimited text as columns: its header, a row of units if there is one, and the line of every row.

Read in pieces, with equal cells kept once: a file of 100 MB holds up nobody else, and takes little more memory than its
own size.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from minerdesk.errors import InputError
from minerdesk.price_cells import is_number, is_time

#: Told the share of a file that is read; it may raise to stop the reading.
Watch = Callable[[float], None]


class _Reader(Protocol):
    """What csv.reader gives: rows, and the line at which the last one ended."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


_Row = tuple[int, list[str]]
_PIECE, _SAMPLE = 20_000, 50
#: A column with more different cells than this is one of numbers: there is no use in looking for equal ones.
_MOST_KINDS = 40_000
_MOST_COLUMNS = 1_000


class Sheet:
    """The columns of a text whose separator is the likeliest of comma, semicolon and tab."""

    def __init__(self, text: str, watch: Watch = lambda _share: None) -> None:
        first = "".join(islice(filter(str.strip, _lines(text)), 3))
        self.separator = max(",;\t", key=first.count)
        reader = csv.reader(_lines(text), delimiter=self.separator)
        try:
            self._read(reader, text.count("\n"), watch)
        except csv.Error as error:
            raise InputError(
                f"Line {reader.line_num} can't be read: {error}.", hint="Save the file as CSV again."
            ) from None

    def _read(self, reader: _Reader, total: int, watch: Watch) -> None:
        head = self._head(reader)
        header = head[0][1] if head else []
        # A header is words; a file that begins with a number has none.
        self.has_header = bool(header) and not all(is_number(cell) for cell in header)
        self.header = [
            (cell.strip() if self.has_header else "") or f"column {place}" for place, cell in enumerate(header, start=1)
        ]
        rows = head[1:] if self.has_header else head
        self.units = [""] * len(self.header)
        if self.has_header and rows and _is_of_units(rows[0][1]):
            self.units = [cell.strip() for cell in rows.pop(0)[1]]
        self.names = [folded(cell) for cell in self.header]
        self.sample = [row for _, row in rows[:_SAMPLE]]
        width = len(self.header)
        self._columns: list[list[str]] = [[] for _ in range(width)]
        kinds: list[dict[str, str] | None] = [{} for _ in range(width)]
        numbers: list[NDArray[np.int64]] = []
        while rows:
            numbers.append(np.array([line for line, _ in rows], dtype=np.int64))
            padded = islice(zip_longest(*(row for _, row in rows), fillvalue=""), width)
            for place, cells in enumerate(padded):
                known = kinds[place]
                if known is None:
                    self._columns[place].extend(cells)
                else:
                    self._columns[place].extend(map(known.setdefault, cells, cells))
                    if len(known) > _MOST_KINDS:
                        kinds[place] = None
            for column in self._columns:  # rows all too short for it
                column.extend([""] * (sum(map(len, numbers)) - len(column)))
            watch(reader.line_num / max(total, 1))
            rows = _piece(reader)
        self.lines: NDArray[np.int64] = np.concatenate(numbers) if numbers else np.empty(0, dtype=np.int64)

    def _head(self, reader: _Reader) -> list[_Row]:
        """Return the first rows; titles above the header, of a single cell, are passed over."""
        head = _piece(reader)
        if head and len(head[0][1]) > _MOST_COLUMNS:
            raise InputError(f"The file has {len(head[0][1]):,} columns.", hint="Choose the right file.")
        if len(head) > 2 and len(head[-1][1]) > 1:
            while len(list(filter(str.strip, head[0][1]))) == 1 and len(head) > 2:
                head.pop(0)
        return head

    def __len__(self) -> int:
        return len(self.lines)

    def find(self, names: Sequence[str]) -> int | None:
        """Return the column whose folded heading is the first of `names` that there is."""
        return next((self.names.index(name) for name in names if name in self.names), None)

    def named(self, name: str) -> int:
        """Return the column that the user names. Raises InputError with those that there are."""
        if folded(name) in self.names:
            return self.names.index(folded(name))
        raise InputError(f"There is no column “{name}”.", hint=self.columns_words)

    def column(self, index: int) -> list[str]:
        """Return a column as text; a row too short has nothing there."""
        return list(map(str.strip, self._columns[index]))

    def said_of(self, index: int) -> str:
        """Return heading and unit of a column, lower case."""
        return f"{self.header[index]} {self.units[index] if index < len(self.units) else ''}".strip().lower()

    @property
    def columns_words(self) -> str:
        """Name the columns that there are."""
        return f"There are: {', '.join(filter(None, self.header))}."


def _lines(text: str) -> Iterator[str]:
    """Return the lines of a text with their ends; unlike StringIO it makes no copy of four bytes a letter."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _piece(reader: _Reader) -> list[_Row]:
    """Return the next rows that hold anything, each with its line; nothing at the end."""
    rows: list[_Row] = []
    while not rows:
        before = reader.line_num
        rows = [
            (reader.line_num, row)
            for row in islice(reader, _PIECE)
            if row and (row[0].strip() or any(map(str.strip, row)))
        ]
        if reader.line_num == before:
            break
    return rows


def _is_of_units(row: Sequence[str]) -> bool:
    """Whether a row under the header names units: no number and no time in it, but energy."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return any(re.search(r"[mk]wh", cell, re.IGNORECASE) for cell in cells) and not any(
        is_number(cell) or is_time(cell) for cell in cells
    )


def folded(text: str) -> str:
    """Return a heading without case, spaces and marks."""
    return re.sub(r"[\s_\-().]+", "", text.strip().lower())
