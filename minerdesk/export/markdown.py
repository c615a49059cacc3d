"""A workbook as Markdown, for a mail or an issue: aligned tables, numbers as a person reads them."""

import re
from datetime import UTC, date, datetime

from minerdesk.export.tables import Cell, Column, Kind, Table, Workbook

_SPECIAL = re.compile(r"[\\`*|<\[\]]")
_SHORTEST_RULE = 4


def to_markdown(workbook: Workbook) -> str:
    """Write `workbook` as Markdown: its title, the moment it speaks of, its notes, then table after table.

    Numbers have the decimals of their column and commas between thousands; without a stated number of decimals they
    have all of them.
    """
    parts = [f"# {_escaped(workbook.title)}", f"As of {_moment(workbook.as_of)}.", *_notes(workbook.notes)]
    for table in workbook.tables:
        parts += [f"## {_escaped(table.title)}", _grid(table), *_notes(table.notes)]
    return "\n\n".join(parts) + "\n"


def _notes(notes: tuple[str, ...]) -> list[str]:
    return ["\n".join(f"- {_escaped(note)}" for note in notes)] if notes else []


def _grid(table: Table) -> str:
    rows = [[_text(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    headings = [_escaped(column.heading) for column in table.columns]
    widths = [max(_SHORTEST_RULE, *map(len, cells)) for cells in zip(headings, *rows, strict=True)]
    sides = [">" if column.kind is Kind.NUMBER else "<" for column in table.columns]
    rules = ["-" * (width - 1) for width in widths]
    rule = [f"{dashes}:" if side == ">" else f":{dashes}" for dashes, side in zip(rules, sides, strict=True)]
    return "\n".join(_line(cells, widths, sides) for cells in (headings, rule, *rows))


def _line(cells: list[str], widths: list[int], sides: list[str]) -> str:
    padded = (f"{cell:{side}{width}}" for cell, width, side in zip(cells, widths, sides, strict=True))
    return f"| {' | '.join(padded)} |"


def _text(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _escaped(cell)
    if isinstance(cell, datetime):
        return _moment(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return repr(cell) if column.decimals is None else f"{cell:z,.{column.decimals}f}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
