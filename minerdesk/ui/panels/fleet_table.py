"""The table of the fleet page: the cells that are typed, and beside them what follows from each class.

Sorted by columns of numbers and read cell by cell as they come into view, so that its length costs nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QTableView, QWidget

from minerdesk import words
from minerdesk.economics.fleet import Fleet
from minerdesk.export.tsv import to_tsv
from minerdesk.ui import theme
from minerdesk.ui.fleet_figures import class_words
from minerdesk.ui.panels.parts import tip
from minerdesk.ui.panels.tables import HEADER_PX

Index = QModelIndex | QPersistentModelIndex
_ALIGN = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _plain(value: float) -> str:
    return words.figure(value) if value >= 1_000 else f"{value:.6g}"


def _money(value: float) -> str:
    return "$0" if value == 0 else words.money(value)


def _mw(value: float) -> str:
    return words.general(value, decimals=1 if value >= 1 else 3)


def _percent(value: float) -> str:
    return words.percent(value)


@dataclass(frozen=True, kw_only=True)
class FleetColumn:
    """One column: `name` is what the fleet calls it, `cell` the row's column that is typed there, if it is typed.

    Where nothing is typed the site's own value stands in, in italics.
    """

    heading: str
    name: str
    write: Callable[[float], str]
    width_px: int
    cell: str = ""
    help: str = ""


COLUMNS = (
    FleetColumn(heading="Model", name="models", write=str, width_px=178, cell="model"),
    FleetColumn(heading="Machines", name="count", write=_plain, width_px=66, cell="count"),
    FleetColumn(heading="TH/s\neach", name="hashrate_th_s", write=_plain, width_px=52, cell="hashrate_th_s"),
    FleetColumn(heading="W\neach", name="power_w", write=_plain, width_px=56, cell="power_w"),
    FleetColumn(heading="J/TH", name="efficiency_j_per_th", write=words.efficiency_j_per_th, width_px=44),
    FleetColumn(
        heading="Breakeven\n$/MWh",
        name="breakeven_usd_per_mwh",
        write=words.usd_per_mwh,
        width_px=86,
        help="Power price at which revenue equals power cost; opex and capital left out.",
    ),
    FleetColumn(
        heading="Breakeven\n$/PH/day",
        name="breakeven_hashprice_usd_per_ph_day",
        write=words.hashprice,
        width_px=70,
        help="Hashprice at which revenue equals power cost; opex and capital left out.",
    ),
    FleetColumn(heading="Margin\n$/MWh", name="margin_usd_per_mwh", write=words.usd_per_mwh, width_px=56),
    FleetColumn(heading="Load\nMW", name="mw", write=_mw, width_px=52),
    FleetColumn(heading="Margin\n$/year", name="margin_usd_per_year", write=_money, width_px=66),
    FleetColumn(
        heading="Convert:\n$/MW-yr",
        name="conversion_loss_usd_per_mw_year",
        write=_money,
        width_px=66,
        help="What giving up a MW costs a year: the margin, less capital still to be spent or the resale value.",
    ),
    FleetColumn(
        heading="Power\n$/MWh",
        name="power_usd_per_mwh",
        write=words.usd_per_mwh,
        width_px=52,
        cell="power_price_usd_per_mwh",
        help="All-in, at the meter. Clear the cell for the site’s own price, on the page Power its contract.",
    ),
    FleetColumn(
        heading="Uptime",
        name="uptime_fraction",
        write=_percent,
        width_px=56,
        cell="uptime_fraction",
        help="Clear the cell for the site’s own.",
    ),
    FleetColumn(
        heading="Over-\nhead",
        name="site_overhead",
        write=lambda value: words.figure(value, 2),
        width_px=46,
        cell="site_overhead",
        help="Power at the meter over power at the plug. Clear the cell for the site’s own.",
    ),
    FleetColumn(
        heading="Resale\n$/TH",
        name="resale_usd_per_th",
        write=lambda value: words.figure(value, 2),
        width_px=52,
        cell="resale_usd_per_th",
    ),
    FleetColumn(
        heading="Buy\n$/TH",
        name="purchase_usd_per_th",
        write=lambda value: words.figure(value, 2),
        width_px=52,
        cell="purchase_usd_per_th",
        help="Price of machines still to be bought; 0 is a sunk class.",
    ),
    FleetColumn(
        heading="Sold frees\n$/MW-yr",
        name="resale_usd_per_mw_year",
        write=_money,
        width_px=72,
        help="Resale value spread over the life and at the discount rate of new machines.",
    ),
    FleetColumn(heading="After capital\n$/MW-yr", name="after_capital_usd_per_mw_year", write=_money, width_px=84),
    FleetColumn(
        heading="Fleet at its\nstop, $/yr",
        name="fleet_margin_at_stop_usd_per_year",
        write=_money,
        width_px=76,
        help="What the rest of the fleet earns a year at the hashprice at which this class stops.",
    ),
)
#: What is typed as percent and kept as a fraction.
_PERCENT_CELLS = frozenset({"uptime_fraction"})
BREAKEVEN = next(n for n, column in enumerate(COLUMNS) if column.name == "breakeven_usd_per_mwh")


class FleetModel(QAbstractTableModel):
    """A fleet, a class a row. `typed(int, str, str)` tells class, row's column and text; the model changes nothing."""

    typed = Signal(int, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fleet: Fleet | None = None
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._sorting = (BREAKEVEN, Qt.SortOrder.DescendingOrder)
        self.is_own = False

    def show_fleet(self, fleet: Fleet, *, is_own: bool, keep_order: bool = False) -> None:
        """Show a fleet; `keep_order` leaves classes where they stand, as long as there are as many."""
        same_size = self._fleet is not None and len(fleet) == len(self._fleet) and is_own == self.is_own
        if same_size and keep_order:
            self._fleet = fleet
            self.dataChanged.emit(self.index(0, 0), self.index(len(fleet) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._fleet, self.is_own = fleet, is_own
        self._order = self._sorted_order()
        self.endResetModel()

    def class_at(self, row: int) -> int:
        """Return which class a row shows."""
        return int(self._order[row])

    def row_of(self, index: int) -> int | None:
        """Return the row that shows a class."""
        found = np.flatnonzero(self._order == index)
        return int(found[0]) if len(found) else None

    def _column(self, number: int) -> Any:
        """Return the values of a column: an array, or the models' names."""
        fleet, name = self._fleet, COLUMNS[number].name
        return getattr(fleet if hasattr(fleet, name) else fleet.machines, name) if fleet is not None else ()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of classes."""
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let the typed cells of own classes be edited."""
        flags = super().flags(index)
        editable = self.is_own and index.isValid() and COLUMNS[index.column()].cell
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text, as what is typed, its alignment, its font, and the whole class as its tip."""
        column, place = COLUMNS[index.column()], self.class_at(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            value = self._column(index.column())[place]
            return value if isinstance(value, str) else column.write(float(value))
        if role == Qt.ItemDataRole.EditRole:
            return self._typed_text(column, place)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.write is not str:
            return _ALIGN
        if role == Qt.ItemDataRole.FontRole and self.is_own and column.cell and not self._typed_text(column, place):
            font = theme.font(theme.BODY_PX)
            font.setItalic(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole and self._fleet is not None:
            return tip(class_words(self._fleet, place))
        return None

    def _typed_text(self, column: FleetColumn, place: int) -> str:
        """Return what is typed in a cell, empty where the site's own value stands in."""
        if self._fleet is None or not column.cell:
            return ""
        if column.cell == "model":
            return self._fleet.machines.models[place]
        value = float(getattr(self._fleet.machines, column.cell)[place])
        factor = 100 if column.cell in _PERCENT_CELLS else 1
        return "" if np.isnan(value) else f"{value * factor:.12g}"

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Say that something was typed; whether it is taken is decided elsewhere."""
        column = COLUMNS[index.column()]
        text = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or text == self._typed_text(column, self.class_at(index.row())):
            return False
        self.typed.emit(self.class_at(index.row()), column.cell, text)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading, and what it means."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].heading
        return tip(COLUMNS[section].help) if role == Qt.ItemDataRole.ToolTipRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by what a column holds; what is not known comes last either way."""
        self.beginResetModel()
        self._sorting = (column, order)
        self._order = self._sorted_order()
        self.endResetModel()

    def _sorted_order(self) -> NDArray[np.intp]:
        if self._fleet is None:
            return np.empty(0, dtype=np.intp)
        column, order = self._sorting
        values = self._column(column)
        falling = order is Qt.SortOrder.DescendingOrder
        if COLUMNS[column].write is str:
            names = [name.casefold() for name in values]
            return np.array(sorted(range(len(names)), key=names.__getitem__, reverse=falling), dtype=np.intp)
        return np.argsort(-values if falling else values, kind="stable")

    def text(self, places: Sequence[int]) -> str:
        """Return headings and classes, tab-separated, at full precision, as a spreadsheet and this table take them."""
        headings = [column.heading.replace("-\n", "").replace("\n", " ") for column in COLUMNS]
        columns = [self._column(number) for number in range(len(COLUMNS))]
        return to_tsv([headings, *([values[place] for values in columns] for place in places)])


class FleetTable(QTableView):
    """The classes, sortable and typed into. Ctrl+C copies, Ctrl+V and Delete ask: `paste_asked`, `remove_asked`."""

    paste_asked = Signal()
    remove_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes = FleetModel(self)
        self.setModel(self.classes)
        self.setAccessibleName("Machine classes, as a table")
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setEditTriggers(
            QTableView.EditTrigger.DoubleClicked
            | QTableView.EditTrigger.EditKeyPressed
            | QTableView.EditTrigger.AnyKeyPressed
        )
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(HEADER_PX)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        header.setFont(theme.font(theme.CAPTION_PX))
        for number, column in enumerate(COLUMNS):
            self.setColumnWidth(number, column.width_px)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        header.setSortIndicator(BREAKEVEN, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)

    def chosen(self) -> list[int]:
        """Return the selected classes, in the order shown."""
        return [self.classes.class_at(index.row()) for index in sorted(self.selectionModel().selectedRows())]

    def choose(self, index: int, *, cell: str = "model", edit: bool = False) -> None:
        """Select a class and bring it into view; `edit` opens one of its cells."""
        row = self.classes.row_of(index)
        if row is None:
            return
        column = next(number for number, found in enumerate(COLUMNS) if found.cell == cell)
        place = self.classes.index(row, column)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(place, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(place)
        if edit:
            self.edit(place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the models what the numbers leave."""
        super().resizeEvent(event)
        spare = self.viewport().width() - sum(column.width_px for column in COLUMNS)
        self.setColumnWidth(0, COLUMNS[0].width_px + max(spare, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, paste and remove."""
        if event.matches(QKeySequence.StandardKey.Copy):
            places = self.chosen() or [self.classes.class_at(row) for row in range(self.classes.rowCount())]
            QGuiApplication.clipboard().setText(self.classes.text(places))
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_asked.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)
