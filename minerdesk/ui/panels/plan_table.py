"""The strategies of the plan as a table: one row each, chosen by mouse or arrow keys, copied with Ctrl+C."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import QFrame, QHeaderView, QTableView, QWidget

from minerdesk.economics.plan.strategies import Strategy
from minerdesk.export.tsv import to_tsv
from minerdesk.ui import theme
from minerdesk.ui.panels.parts import tip
from minerdesk.ui.plan_results import COLUMNS, ResultRow
from minerdesk.ui.theme import Theme

_ROW_PX, _HEAD_PX, _SWATCH = 24, 36, QSize(4, 16)
_ALIGN = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

Index = QModelIndex | QPersistentModelIndex


class ResultsModel(QAbstractTableModel):
    """The rows as words; the best one in semibold, losses and breaches in their colour beside sign or word."""

    def __init__(self, shown: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = shown
        self.rows: tuple[ResultRow, ...] = ()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of strategies."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text, its look, and what there is to say of it as its tip."""
        row = self.rows[index.row()]
        cell = row.cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return tip(cell.note) if role == Qt.ItemDataRole.ToolTipRole else cell.note
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column():
            return _ALIGN
        if role == Qt.ItemDataRole.ForegroundRole:
            return self.theme.colour(cell.role)
        if role == Qt.ItemDataRole.FontRole and row.is_best:
            return theme.font(theme.BODY_PX, theme.SEMIBOLD)
        if role == Qt.ItemDataRole.DecorationRole and not index.column():
            return _swatch(self.theme.colour(row.role))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading, and what it means."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].heading
        if role == Qt.ItemDataRole.TextAlignmentRole and not section:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return tip(COLUMNS[section].help) if role == Qt.ItemDataRole.ToolTipRole else None


def _swatch(colour: QColor) -> QPixmap:
    pixmap = QPixmap(_SWATCH)
    pixmap.fill(colour)
    return pixmap


class ResultsTable(QTableView):
    """The strategies. `chosen(Strategy)` tells whose phases and monthly lines are wanted; the hybrid's at first."""

    chosen = Signal(object)

    def __init__(self, shown: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.results = ResultsModel(shown, self)
        self.setModel(self.results)
        self.setAccessibleName("What each strategy comes to, as a table")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(_HEAD_PX)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        header.setFont(theme.font(theme.CAPTION_PX))
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(0, COLUMNS[0].width_px)
        self.setFixedHeight(_HEAD_PX + 3 * _ROW_PX + 2)
        self.setMinimumWidth(sum(column.width_px for column in COLUMNS) - 20)

    def show_rows(self, rows: tuple[ResultRow, ...]) -> None:
        """Show other figures; the chosen strategy stays chosen."""
        if len(rows) != len(self.results.rows):
            self.results.beginResetModel()
            self.results.rows = rows
            self.results.endResetModel()
            hybrid = next(number for number, row in enumerate(rows) if row.strategy is Strategy.HYBRID)
            self.selectRow(hybrid)
            self.selectionModel().currentRowChanged.connect(self._tell)
        else:
            self.results.rows = rows
            self.results.dataChanged.emit(self.results.index(0, 0), self.results.index(len(rows) - 1, len(COLUMNS) - 1))

    def set_theme(self, shown: Theme) -> None:
        """Write in the colours of another theme."""
        self.results.theme = shown
        self.viewport().update()

    def choose(self, strategy: Strategy) -> None:
        """Choose a strategy."""
        for number, row in enumerate(self.results.rows):
            if row.strategy is strategy:
                self.selectRow(number)

    def _tell(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self.results.rows[current.row()].strategy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy on Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.all_text())
            return
        super().keyPressEvent(event)

    def all_text(self) -> str:
        """Return headings and rows, tab-separated."""
        headings = [column.heading.replace("\n", " ") for column in COLUMNS]
        return to_tsv([headings, *([cell.text for cell in row.cells] for row in self.results.rows)])
