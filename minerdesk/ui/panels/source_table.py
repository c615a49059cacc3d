"""The table of sources on the page Data: how each is doing, one a row."""

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from minerdesk.export.tsv import to_tsv
from minerdesk.ui.panels.served import ServedCell
from minerdesk.ui.panels.source_badge import BadgeCell
from minerdesk.ui.panels.source_model import COLUMNS, SourceModel
from minerdesk.ui.panels.tables import HEADER_PX
from minerdesk.ui.theme import Theme

_ROW_PX = 26


class SourceTable(QTableView):
    """The sources to choose from. `chosen(str)` names the provider of the row that is current; Ctrl+C copies all."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sources = SourceModel(theme, self)
        self.setModel(self.sources)
        self.setAccessibleName("Sources")
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setItemDelegateForColumn(1, BadgeCell(self, self.sources.badge, lambda: self.sources.theme))
        self.setItemDelegateForColumn(len(COLUMNS) - 1, ServedCell(self, self.sources.served))
        self.sources.modelReset.connect(self._span_headings)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(HEADER_PX)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for number, column in enumerate(COLUMNS):
            if column.width_px:
                self.setColumnWidth(number, column.width_px)
        self.selectionModel().currentRowChanged.connect(self._say)

    @property
    def current(self) -> str:
        """The provider of the current row, empty if there is none."""
        state = self.sources.state(self.currentIndex().row())
        return state.provider if state is not None else ""

    def choose(self, provider: str) -> bool:
        """Make a source the current one and return whether it is shown."""
        row = self.sources.row_of(provider)
        if row is None:
            return False
        self.selectRow(row)
        self.scrollTo(self.sources.index(row, 0))
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the current row in sight if it was: the card of a source just chosen may take room from the table."""
        row, before = self.visualRect(self.currentIndex()), event.oldSize().height()
        was_seen = before < 0 or (row.bottom() >= 0 and row.top() < before)
        super().resizeEvent(event)
        if was_seen and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the whole table on Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.text())
            return
        super().keyPressEvent(event)

    def text(self) -> str:
        """Return all rows under their headings, tab-separated."""
        columns = range(len(COLUMNS))
        rows = [row for row in range(self.sources.rowCount()) if self.sources.state(row) is not None]
        return to_tsv(
            [
                [column.heading.replace("\n", " ") for column in COLUMNS],
                *([self.sources.index(row, column).data() for column in columns] for row in rows),
            ]
        )

    def _say(self, index: QModelIndex) -> None:
        state = self.sources.state(index.row())
        if state is not None:
            self.chosen.emit(state.provider)

    def _span_headings(self) -> None:
        """Let the headings of groups run over all columns."""
        self.clearSpans()
        for row in range(self.sources.rowCount()):
            if self.sources.group(row) is not None:
                self.setSpan(row, 0, 1, self.sources.columnCount())
