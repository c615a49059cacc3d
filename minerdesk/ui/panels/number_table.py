"""The table of all numbers: what it is, how much, whose and of when, readable in a narrow window."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from minerdesk.ui.panels.parts import tip
from minerdesk.ui.panels.served import ServedCell
from minerdesk.ui.panels.tables import CellsModel, CellsView, Index

HEADER = ("Number", "Value", "Source", "As of (UTC)", "State and age")
NAME, VALUE, SOURCE, DATED, STATE = range(len(HEADER))
#: Value, date and state are as wide as these need; the name is, within bounds, a share of all, the source has the rest.
_WIDEST = {VALUE: "$2.10\u202fM\u202fper MW-year", DATED: "20 Nov 2026, 20:00", STATE: "of 20 Nov 2026 · bundled"}
_MARGIN_PX = 10
_NAME_SHARE, _NAME_PX = 0.25, (180, 310)


def sources_in(cell: str) -> tuple[str, ...]:
    """Return the sources that a cell names, one by one; one with a detail behind a colon stands by itself.

    >>> sources_in("mempool.space, Bundled data"), sources_in("Bundled data: Closes, by week")
    (('mempool.space', 'Bundled data'), ('Bundled data: Closes, by week',))
    """
    return (cell,) if ":" in cell else tuple(cell.split(", "))


class NumbersModel(CellsModel):
    """The numbers' cells; the tip of each is all that it says, for it may be cut."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text, and as its tip the same."""
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(str(self.cell(index.row(), index.column())))
        return super().data(index, role)


class NumbersTable(CellsView):
    """The numbers; of several sources as many are named as fit, and the rest is counted.

    Where a source and its detail don't fit, the detail stands alone: the state beside it says what is bundled.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Numbers and their sources", parent, cells=NumbersModel())
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setItemDelegateForColumn(SOURCE, ServedCell(self, self._sources))
        self._name_px = 0
        self.cells.modelReset.connect(self._lay_columns)

    def _sources(self, row: int) -> tuple[str, ...]:
        cell = str(self.cells.cell(row, SOURCE))
        fits = self.fontMetrics().horizontalAdvance(cell) + _MARGIN_PX <= self.columnWidth(SOURCE)
        detail = cell.partition(": ")[2]
        return (detail,) if detail and not fits else sources_in(cell)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the name its share of the new width, unless the user has drawn it to another."""
        super().resizeEvent(event)
        self._share()

    def _lay_columns(self) -> None:
        """Set how columns behave: they are there from the first table on."""
        header = self.horizontalHeader()
        if not self._name_px and header.count() == len(HEADER):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
            header.setSectionResizeMode(SOURCE, QHeaderView.ResizeMode.Stretch)
            for column, widest in _WIDEST.items():
                self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(widest) + _MARGIN_PX)
            self._name_px = self.columnWidth(NAME)
            self._share()

    def _share(self) -> None:
        if self._name_px and self.columnWidth(NAME) == self._name_px:
            least, most = _NAME_PX
            self._name_px = min(max(round(_NAME_SHARE * self.viewport().width()), least), most)
            self.setColumnWidth(NAME, self._name_px)
