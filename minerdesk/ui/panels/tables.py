"""The table twin of a chart: the same values to read, select and copy into a spreadsheet."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from minerdesk import words
from minerdesk.export.tsv import to_tsv
from minerdesk.ui import whence
from minerdesk.ui.charts.model import Cell
from minerdesk.ui.charts.timechart import TimeChart

#: Two lines of text.
HEADER_PX = 42
_LINE_PX = 16
#: A date with its time of day.
_COLUMN_PX = 124
#: The column of instants: ISO text in the cells, so that a spreadsheet knows it, a date like all others on screen.
_DATES = "Date (UTC)"

Index = QModelIndex | QPersistentModelIndex


class CellsModel(QAbstractTableModel):
    """Rows of cells under a header, newest row first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._header: list[str] = []
        self._rows: list[list[Cell]] = []

    def set_table(self, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Show other rows; given oldest first, shown newest first. Of as many rows only those that changed are told."""
        shown, heading = [list(row) for row in reversed(rows)], list(header)
        if heading == self._header and len(shown) == len(self._rows) and shown:
            changed = [place for place, (old, new) in enumerate(zip(self._rows, shown, strict=True)) if old != new]
            self._rows = shown
            if changed:
                self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(heading) - 1))
            return
        self.beginResetModel()
        self._header, self._rows = heading, shown
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of rows."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._header)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text, and its alignment."""
        cell = self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            if isinstance(cell, str):
                return _date_words(cell) if self._header[index.column()] == _DATES else cell
            return words.general(cell, decimals=2)
        if role == Qt.ItemDataRole.TextAlignmentRole and not isinstance(cell, str):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._header[section].replace("/", f"/{words.JOINED}")
        return None

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell with its full precision."""
        return self._rows[row][column]

    def heading(self, column: int) -> str:
        """Return a column's heading."""
        return self._header[column]


class CellsView(QTableView):
    """A read-only table; Ctrl+C copies the selection, with headings, tab-separated and at full precision."""

    def __init__(self, name: str, parent: QWidget | None = None, *, cells: CellsModel | None = None) -> None:
        super().__init__(parent)
        self.cells = cells or CellsModel()
        self.cells.setParent(self)
        self.setModel(self.cells)
        self.setAccessibleName(name)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        self.horizontalHeader().setFixedHeight(HEADER_PX)
        self.setShowGrid(False)

    def scroll_columns(self, heading_lines: int) -> None:
        """Give headings so many lines, and columns a least width: many of them scroll, none is cut."""
        self.horizontalHeader().setFixedHeight(10 + _LINE_PX * heading_lines)
        self.horizontalHeader().setMinimumSectionSize(_COLUMN_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy on Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.selected_text())
            return
        super().keyPressEvent(event)

    def selected_text(self) -> str:
        """Return the selected rows with headings, or all rows if none is selected."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = chosen or range(self.cells.rowCount())
        columns = range(self.cells.columnCount())
        headings = [self.cells.heading(column) for column in columns]
        return to_tsv([headings, *([self.cells.cell(row, column) for column in columns] for row in rows)])


def link_twin(view: CellsView, chart: TimeChart) -> None:
    """Let every cell of a chart's table be asked where it comes from, as the chart's curves are."""
    whence.link_table(
        view, lambda: chart.spec.name, lambda index: chart.spec.columns()[index.column()][0] if index.column() else ""
    )


def _date_words(iso: str) -> str:
    """Write ISO text of an instant as dates are written on screen; what is none stays as it is."""
    try:
        moment = datetime.fromisoformat(iso).replace(tzinfo=UTC)
    except ValueError:
        return iso
    return words.day_and_time(moment) if ":" in iso else words.day(moment)
