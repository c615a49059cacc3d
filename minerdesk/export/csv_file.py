"""A workbook as one CSV file, and back.

The form, made to be read by a person in a spreadsheet and by a program alike (RFC 4180, UTF-8 with a byte-order mark,
without which Excel guesses the code page; comma and point whatever the locale; one line per row)::

    # minerdesk,Mining and AI hosting per MWh
    # as_of,2026-01-16T12:00:00Z
    # note,Before income tax
    <empty line>
    # table,Comparison,The four businesses
    # title,Business,Revenue
    # unit,,$/MWh
    # kind,text,number
    table,business,revenue_usd_per_mwh
    Comparison,Mining,98.6111111111111
    <empty line>
    # table,Inputs,...

Every line that doesn't begin with ``#`` is a row, and every row names its table, so the three heading lines stand above
their columns. Numbers have all their digits. A text that a spreadsheet could run begins with an apostrophe.
In pandas: ``read_csv(path, comment="#", nrows=4)`` for the first table, or the same on any part between empty lines.
"""

import csv
import io
from collections import defaultdict
from datetime import date, datetime
from itertools import pairwise

from minerdesk.errors import InputError
from minerdesk.export.tables import Cell, Column, Kind, Table, Workbook, looks_like_formula

_ENCODING = "utf-8-sig"
_HEADER = "table"


def to_csv(workbook: Workbook) -> bytes:
    """Write `workbook` as one CSV file. `read_csv` gives back an equal one."""
    lines = [
        _line("# minerdesk", guarded(workbook.title)),
        _line("# as_of", _text(workbook.as_of)),
        *(_line("# note", guarded(note)) for note in workbook.notes),
    ]
    for table in workbook.tables:
        lines += [
            "",
            _line("# table", table.name, guarded(table.title)),
            *(_line("# note", guarded(note)) for note in table.notes),
            _line("# title", *(guarded(column.title) for column in table.columns)),
            _line("# unit", *(guarded(column.unit) for column in table.columns)),
            _line("# kind", *(column.kind.value for column in table.columns)),
            _line(_HEADER, *(column.key for column in table.columns)),
            *(_line(table.name, *map(_text, row)) for row in table.rows),
        ]
    return "".join(f"{line}\r\n" for line in lines).encode(_ENCODING)


def guarded(text: str) -> str:
    """Return `text`, behind an apostrophe if a spreadsheet could run it. `unguarded` takes exactly that one off.

    >>> guarded("=1+1"), guarded("plain")
    ("'=1+1", 'plain')
    """
    return f"'{text}" if looks_like_formula(text) else text


def unguarded(text: str) -> str:
    """Return the text that `guarded` made `text` from.

    >>> unguarded(guarded("'=1+1"))
    "'=1+1"
    """
    return text[1:] if text.startswith("'") and looks_like_formula(text[1:]) else text


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    return cell.isoformat() if isinstance(cell, date) else repr(cell)


def _line(label: str, *cells: str) -> str:
    # the label stays bare: behind a quote, "#" would no longer begin a comment
    return ",".join([label, *map(_quoted, cells)])


def _quoted(cell: str) -> str:
    # "#" as well: to a reader that skips comments a bare one ends the line
    if set(cell) & set(',"#') or cell != cell.strip():
        return '"' + cell.replace('"', '""') + '"'
    return cell


def read_csv(data: bytes) -> Workbook:
    """Read back what `to_csv` wrote.

    Raises
    ------
    InputError
        The bytes are not such a file, or no longer.
    """
    try:
        lines = list(csv.reader(io.StringIO(data.decode(_ENCODING), newline=""), strict=True))
        starts = [index for index, line in enumerate(lines) if line[:1] == ["# table"]]
        head = _by_label(lines[: starts[0]])
        return Workbook(
            title=unguarded(head["# minerdesk"][0][0]),
            as_of=datetime.fromisoformat(head["# as_of"][0][0]),
            notes=_notes(head),
            tables=tuple(_table(_by_label(lines[start:end])) for start, end in pairwise([*starts, len(lines)])),
        )
    except (ValueError, IndexError, csv.Error):
        raise InputError(
            "This is not a CSV file as minerdesk writes it.",
            hint="Nothing was read; export it again and use that file unchanged.",
        ) from None


def _by_label(lines: list[list[str]]) -> defaultdict[str, list[list[str]]]:
    """Gather the cells of lines by what the line begins with: a mark such as ``# unit``, or the name of a table."""
    gathered: defaultdict[str, list[list[str]]] = defaultdict(list)
    for line in lines:
        if line:
            gathered[line[0]].append(line[1:])
    return gathered


def _notes(part: defaultdict[str, list[list[str]]]) -> tuple[str, ...]:
    return tuple(unguarded(cells[0]) for cells in part["# note"])


def _table(part: defaultdict[str, list[list[str]]]) -> Table:
    name, title = part["# table"][0]
    described = zip(part[_HEADER][0], part["# title"][0], part["# unit"][0], part["# kind"][0], strict=True)
    columns = tuple(
        Column(key=key, title=unguarded(title), unit=unguarded(unit), kind=Kind(kind))
        for key, title, unit, kind in described
    )
    rows = tuple(
        tuple(_cell(text, column.kind) for text, column in zip(row, columns, strict=True)) for row in part[name]
    )
    return Table(name=name, title=unguarded(title), columns=columns, rows=rows, notes=_notes(part))


def _cell(text: str, kind: Kind) -> Cell:
    if kind is Kind.TEXT:
        return unguarded(text)
    if not text:
        return None
    if kind is Kind.DATETIME:
        return datetime.fromisoformat(text)
    if kind is Kind.DATE:
        return date.fromisoformat(text)
    try:
        return int(text)
    except ValueError:
        return float(text)
