"""A workbook as an XLSX file: a sheet per table, then a sheet "About" with the moment it speaks of and the notes.

Cells are typed: numbers are numbers (with 16 digits, one more than a spreadsheet shows), dates are dates (UTC), text is
text and never a formula. The same workbook gives the same bytes.
"""

import io
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from minerdesk.export.tables import Cell, Chart, ChartKind, Column, Kind, Table, Workbook, looks_like_formula

if TYPE_CHECKING:
    from xlsxwriter import Workbook as File
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_HEADING_ROWS = 2
_LONGEST_TEXT = 32_767  # a sheet's limit on one cell
_WIDTHS = (9, 60)
_SAMPLED_ROWS = 200  # enough to judge a column's width by
_CHART_PIXELS = {"width": 900, "height": 480}
_TIME_FORMATS = {Kind.DATE: "yyyy-mm-dd", Kind.DATETIME: "yyyy-mm-dd hh:mm:ss"}


def to_xlsx(workbook: Workbook) -> bytes:
    """Write `workbook` as an XLSX file, dated by its own `as_of`.

    The heading and the units stand in two frozen rows. A table called "History" gets the sheet "History data", for
    spreadsheets keep that name to themselves.
    """
    import xlsxwriter  # noqa: PLC0415 - 30 ms that only an export should pay

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as file:
        created = workbook.as_of.replace(tzinfo=None)
        file.set_properties({"title": workbook.title, "author": "minerdesk", "created": created})
        formats = _Formats(file)
        for table in workbook.tables:
            _write_table(file, formats, table)
        _write_about(file, formats, workbook)
    return buffer.getvalue()


class _Formats:
    """The cell formats of one file, each made once."""

    def __init__(self, file: "File") -> None:
        self._file = file
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, **properties: Any) -> "Format":
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._file.add_format(properties)
        return self._made[key]

    def of(self, column: Column) -> "Format":
        """Return the format of the cells of `column`."""
        if column.kind in _TIME_FORMATS:
            return self(num_format=_TIME_FORMATS[column.kind], align="left")
        if column.kind is Kind.NUMBER and column.decimals is not None:
            return self(num_format="#,##0" + ("." + "0" * column.decimals if column.decimals else ""))
        return self()


class _Sheet:
    """One sheet and the ways to write a cell of it."""

    def __init__(self, file: "File", formats: _Formats, name: str) -> None:
        self.raw: Worksheet = file.add_worksheet(name)
        self._formats = formats

    def text(self, row: int, column: int, text: str, **properties: Any) -> None:
        """Write text as text. What looks like a formula is marked as quoted, so editing its cell doesn't run it."""
        if looks_like_formula(text):
            properties["quote_prefix"] = True
        if text:
            self.raw.write_string(row, column, text[:_LONGEST_TEXT], self._formats(**properties))
        elif properties:
            self.raw.write_blank(row, column, None, self._formats(**properties))

    def cell(self, row: int, column: int, cell: Cell, cell_format: "Format") -> None:
        """Write a cell as what it is; an absent one stays empty."""
        if isinstance(cell, str):
            self.text(row, column, cell)
        elif isinstance(cell, datetime):
            self.raw.write_datetime(row, column, cell.replace(tzinfo=None), cell_format)
        elif isinstance(cell, date):
            self.raw.write_datetime(row, column, cell, cell_format)
        elif cell is not None:
            self.raw.write_number(row, column, cell, cell_format)


def sheet_name(table: Table) -> str:
    """Return the name of the sheet that holds `table`."""
    return "History data" if table.name.casefold() == "history" else table.name


def _write_table(file: "File", formats: _Formats, table: Table) -> None:
    sheet = _Sheet(file, formats, sheet_name(table))
    sheet.raw.freeze_panes(_HEADING_ROWS, 0)
    for position, column in enumerate(table.columns):
        side = "right" if column.kind is Kind.NUMBER else "left"
        unit = column.unit or ("UTC" if column.kind is Kind.DATETIME else "")
        sheet.text(0, position, column.title, bold=True, align=side)
        sheet.text(1, position, unit, italic=True, align=side, bottom=1)
        sheet.raw.set_column(position, position, _width(table, position))
        cell_format = formats.of(column)
        for number, row in enumerate(table.rows, _HEADING_ROWS):
            sheet.cell(number, position, row[position], cell_format)
    if table.chart and table.rows:
        _insert_chart(file, sheet, table, table.chart)


def _width(table: Table, position: int) -> int:
    column = table.columns[position]
    narrowest, widest = _WIDTHS
    cells = (row[position] for row in table.rows[:_SAMPLED_ROWS])
    lengths = (len(_shown(cell, column)) for cell in cells)
    longest = max(chain((len(column.title), len(column.unit)), lengths))
    return min(max(longest + 2, narrowest), widest)


def _shown(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    if column.kind in _TIME_FORMATS:
        return _TIME_FORMATS[column.kind]  # as long as what it shows
    if column.kind is Kind.NUMBER:
        return f"{cell:,.{column.decimals}f}" if column.decimals is not None else f"{cell:.10g}"
    return str(cell)


def _insert_chart(file: "File", sheet: _Sheet, table: Table, chart: Chart) -> None:
    drawn = file.add_chart({"type": chart.kind.value})
    over = table.position(chart.category)
    for key in chart.values:
        position = table.position(key)
        series: dict[str, Any] = {
            "name": table.columns[position].title,
            "categories": _reference(table, over),
            "values": _reference(table, position),
        }
        drawn.add_series(series | ({"line": {"width": 1.25}} if chart.kind is ChartKind.LINE else {}))
    units = dict.fromkeys(table.columns[table.position(key)].unit for key in chart.values)
    value_axis = {"name": ", ".join(filter(None, units))}
    if chart.kind is ChartKind.BAR:  # lies on its side: categories run down, the first on top
        drawn.set_x_axis(value_axis)
        drawn.set_y_axis({"reverse": True, "label_position": "low"})
    else:
        dated = table.columns[over].kind in _TIME_FORMATS
        drawn.set_x_axis({"date_axis": dated, "num_format": "yyyy-mm", "label_position": "low"} if dated else {})
        drawn.set_y_axis(value_axis)
    drawn.set_title({"name": chart.title or table.title, "overlay": False})
    drawn.set_legend({"position": "bottom"})
    drawn.set_size(_CHART_PIXELS)
    sheet.raw.insert_chart(1, len(table.columns) + 1, drawn, {"description": chart.title or table.title})


def _reference(table: Table, position: int) -> list[str | int]:
    return [sheet_name(table), _HEADING_ROWS, position, _HEADING_ROWS + len(table.rows) - 1, position]


def _write_about(file: "File", formats: _Formats, workbook: Workbook) -> None:
    sheet = _Sheet(file, formats, "About")
    sheet.raw.set_column(0, 0, 24)
    sheet.raw.set_column(1, 1, 100)
    lines = [
        (workbook.title, ""),
        ("As of (UTC)", workbook.as_of.strftime("%Y-%m-%d %H:%M:%S")),
        *(("Note", note) for note in workbook.notes),
    ]
    for table in workbook.tables:
        lines += [(sheet_name(table), table.title), *(("", note) for note in table.notes)]
    for number, (label, text) in enumerate(lines):
        sheet.text(number, 0, label, bold=True, valign="top")
        sheet.text(number, 1, text, text_wrap=True)
