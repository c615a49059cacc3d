"""The page of signed leases: the ruler with the site's own rents on it, and under it every lease to sort, add, edit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk import words
from minerdesk.deals_report import CLOUD_NOTE, state_words
from minerdesk.economics import deals
from minerdesk.economics.deals import LeaseFigures, SignedLease, Survey
from minerdesk.export.tsv import to_tsv
from minerdesk.snapshot import Snapshot
from minerdesk.ui import theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.ruler import RulerChart
from minerdesk.ui.deal_figures import deals_ruler, lease_words
from minerdesk.ui.panels.lease_form import Cells, LeaseForm
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import FittingLabel, tip
from minerdesk.ui.panels.tables import HEADER_PX
from minerdesk.ui.theme import Appearance, Theme

TABLE = "deals"
Index = QModelIndex | QPersistentModelIndex
Value = str | float | None
_SORTED_BY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, kw_only=True)
class _Column:
    """One column: its heading, what is sorted and copied, how a number is written.

    A column of no width of its own takes its `share` of what the others leave.
    """

    heading: str
    value: Callable[[LeaseFigures], Value]
    write: Callable[[Any], str] = str
    width_px: int = 0
    share: float = 0.0


def _tenths(value: float | None) -> str:
    return words.figure(value, 1)


def _plain(value: float | None) -> str:
    return words.NOTHING if value is None else f"{value:,.6g}".replace(",", words.THIN)


def _power(found: LeaseFigures) -> str:
    lease = found.lease
    return lease.power if lease.is_rent else ", ".join(part for part in (lease.business.label, lease.power) if part)


_COLUMNS = (
    _Column(heading="Operator", value=lambda found: found.lease.operator, share=0.3),
    _Column(heading="Tenant", value=lambda found: found.lease.tenant, share=0.4),
    _Column(heading="Signed", value=lambda found: found.lease.signed, write=words.period, width_px=100),
    _Column(heading="IT load\nMW", value=lambda found: found.lease.it_mw, write=_plain, width_px=46),
    _Column(heading="Term\nyears", value=lambda found: found.lease.years, write=_plain, width_px=42),
    _Column(heading="Total", value=lambda found: found.lease.total_usd, write=words.money, width_px=62),
    _Column(
        heading="Mean\n$/kW-mo",
        value=lambda found: found.usd_per_kw_month if found.lease.is_rent else None,
        write=_tenths,
        width_px=76,
    ),
    _Column(
        heading="Year 1\n$/kW-mo",
        value=lambda found: found.first_year_usd_per_kw_month if found.lease.is_rent else None,
        write=_tenths,
        width_px=76,
    ),
    _Column(heading="$/MWh\nIT", value=lambda found: found.usd_per_mwh_it, write=_tenths, width_px=56),
    _Column(heading="$/MWh\nmeter", value=lambda found: found.usd_per_mwh_meter, write=_tenths, width_px=56),
    _Column(heading="PUE,\nfrom", value=lambda found: f"{found.pue:.2f} {found.pue_source.mark}", width_px=80),
    _Column(heading="Power", value=_power, share=0.3),
    _Column(heading="Source", value=state_words, width_px=62),
)
_RENT, _LEAST_PX = 6, 84


class LeaseModel(QAbstractTableModel):
    """Leases, one a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._leases: Sequence[LeaseFigures] = ()

    def set_leases(self, leases: Sequence[LeaseFigures]) -> None:
        """Show other leases."""
        self.beginResetModel()
        self._leases = leases
        self.endResetModel()

    def lease(self, row: int) -> SignedLease:
        """Return the lease of a row."""
        return self._leases[row].lease

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of leases."""
        return 0 if parent is not None and parent.isValid() else len(self._leases)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text or as what it is sorted by, its alignment, and the whole lease as its tip."""
        found, column = self._leases[index.row()], _COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            value = column.value(found)
            return words.NOTHING if value in (None, "") else column.write(value)
        if role == _SORTED_BY:
            return column.value(found)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.write is not str:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(lease_words(found) + ("" if found.lease.is_rent else f" {CLOUD_NOTE}"))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return _COLUMNS[section].heading
        return None


class _Sorted(QSortFilterProxyModel):
    """Sorts by what a cell holds; what is not known, or is no rent, comes last either way."""

    def lessThan(self, left: Index, right: Index) -> bool:
        one, other = (index.data(_SORTED_BY) for index in (left, right))
        if one in (None, "") or other in (None, ""):
            unknown_is_less = self.sortOrder() is Qt.SortOrder.DescendingOrder
            return (one in (None, "")) == unknown_is_less and one != other
        if isinstance(one, str):
            return one.casefold() < str(other).casefold()
        return bool(one < other)


class LeaseTable(QTableView):
    """The leases, sortable. Ctrl+C copies them with headings, at full precision; Delete asks to remove one."""

    remove_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.leases = LeaseModel(self)
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(self.leases)
        self.setModel(self._sorted)
        self.setAccessibleName("Signed leases, as a table")
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(HEADER_PX)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        header.setFont(theme.font(theme.CAPTION_PX))
        for number, column in enumerate(_COLUMNS):
            self.setColumnWidth(number, column.width_px)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setSortingEnabled(True)
        self.sortByColumn(_RENT, Qt.SortOrder.DescendingOrder)

    def show_leases(self, leases: Sequence[LeaseFigures]) -> None:
        """Show other leases; the selected one stays selected if it is among them."""
        chosen = self.chosen()
        self.leases.set_leases(leases)
        if chosen is not None:
            self.choose(chosen)

    def chosen(self) -> SignedLease | None:
        """Return the selected lease."""
        rows = self.selectionModel().selectedRows()
        return self.leases.lease(self._sorted.mapToSource(rows[0]).row()) if rows else None

    def choose(self, lease: SignedLease) -> None:
        """Select a lease and bring it into view; one that is not there selects nothing."""
        for row in range(self.leases.rowCount()):
            if self.leases.lease(row) == lease:
                index = self._sorted.mapFromSource(self.leases.index(row, 0))
                flags = QItemSelectionModel.SelectionFlag
                self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self.scrollTo(index)
                return

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the columns of text what the numbers leave."""
        super().resizeEvent(event)
        spare = self.viewport().width() - sum(column.width_px for column in _COLUMNS)
        for number, column in enumerate(_COLUMNS):
            if column.share:
                self.setColumnWidth(number, max(int(spare * column.share), _LEAST_PX))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy on Ctrl+C, ask to remove on Delete."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.all_text())
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)

    def all_text(self) -> str:
        """Return headings and every lease in the order shown, tab-separated."""
        columns = range(len(_COLUMNS))
        rows = range(self._sorted.rowCount())
        return to_tsv(
            [
                [column.heading.replace("\n", " ") for column in _COLUMNS],
                *([self._sorted.index(row, column).data(_SORTED_BY) for column in columns] for row in rows),
            ]
        )


class DealsPanel(PagePanel):
    """Ruler over table."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._survey: Survey | None = None
        self.ruler, self.table = RulerChart(appearance.theme), LeaseTable()
        self._tools: list[tuple[QToolButton, str]] = []
        self.add = self._tool("plus", "Add lease…", "Place a lease of your own on the ruler", self._add)
        self.edit = self._tool("pencil", "Edit…", "Change the selected lease of your own", self._edit)
        self.remove = self._tool("minus", "Remove", "Take the selected lease of your own away (undo brings it back)")
        self.remove.clicked.connect(self._remove)
        export = self._tool("export", "Export…", "Write the ruler or its data to a file")
        export.clicked.connect(partial(self.export_asked.emit, TABLE))
        self.hint = FittingLabel()
        self._build(export)
        self.ruler.copy_asked.connect(partial(self.copy_asked.emit, TABLE))
        self.ruler.export_asked.connect(partial(self.export_asked.emit, TABLE))
        self.table.selectionModel().selectionChanged.connect(self._follow_selection)
        self.table.doubleClicked.connect(self._edit)
        self.table.remove_asked.connect(self._remove)
        whence.link(self.ruler, "ruler", "leases", "your rent")
        whence.link_table(self.table, TABLE)
        appearance.changed.connect(self._restyle)
        self._restyle(appearance.theme)
        self._follow_selection()

    def _build(self, export: QToolButton) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 0)
        bar.setSpacing(4)
        for button in (self.add, self.edit, self.remove):
            bar.addWidget(button)
        bar.addWidget(self.hint, 1)
        bar.addWidget(export)
        listed = _card()
        below = QVBoxLayout(listed)
        below.setContentsMargins(1, 1, 1, 1)
        below.setSpacing(4)
        below.addLayout(bar)
        below.addWidget(self.table, 1)
        above = _card()
        over = QVBoxLayout(above)
        over.setContentsMargins(0, 0, 0, 0)
        over.addWidget(self.ruler)
        down = QSplitter(Qt.Orientation.Vertical)
        down.addWidget(above)
        down.addWidget(listed)
        down.setChildrenCollapsible(False)
        down.setHandleWidth(theme.SPACE_PX)
        down.setSizes([260, 280])
        down.setStretchFactor(0, 3)
        down.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scroll = QScrollArea()  # in a window smaller than both need, they scroll and are not squeezed
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(down)
        layout.addWidget(scroll)

    def _tool(self, icon: str, text: str, hint: str, do: Callable[[], None] | None = None) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(hint)
        button.setAccessibleName(text.rstrip("…"))
        if do is not None:
            button.clicked.connect(do)
        self._tools.append((button, icon))
        return button

    # -- showing ------------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot; unchanged leases and rents are not drawn again."""
        survey = snapshot.lease_survey()
        if survey == self._survey:
            return
        self._survey = survey
        self.ruler.set_spec(deals_ruler(snapshot))
        self.table.show_leases(survey.leases)
        self._follow_selection()

    def _restyle(self, shown: Theme) -> None:
        self.ruler.set_theme(shown)
        for button, icon in self._tools:
            button.setIcon(theme.icon(icon, shown))

    def _follow_selection(self) -> None:
        chosen = self.table.chosen()
        is_own = chosen is not None and chosen.is_own
        self.edit.setEnabled(is_own)
        self.remove.setEnabled(is_own)
        bundled = chosen is not None and not is_own
        long = "Bundled leases stay as they were announced; add your own beside them."
        self.hint.set_variants(*((long, "Bundled leases can’t be changed.", "") if bundled else ("",)))

    # -- the user's own -----------------------------------------------------------------------------------------------

    def _rows(self) -> list[deals.Row]:
        return list(self._bridge.snapshot.tables.get(TABLE, ()))

    def _own_index(self) -> int | None:
        chosen = self.table.chosen()
        own = deals.read_rows(self._rows())
        return own.index(chosen) if chosen is not None and chosen in own else None

    def _add(self) -> None:
        self._ask(None)

    def _edit(self) -> None:
        index = self._own_index()
        if index is not None:
            self._ask(index)

    def _ask(self, index: int | None) -> None:
        row = None if index is None else self._rows()[index]
        form = LeaseForm(partial(self._lay, index), row, self)
        form.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form.open()

    def _lay(self, index: int | None, cells: Cells) -> str:
        """Put a row in its place, or at the end, and select it; return why it can't be, or an empty text."""
        rows = self._rows()
        if index is None or index >= len(rows):
            rows.append(cells)
        else:
            rows[index] = cells
        problems = deals.check_rows(rows)
        if problems:
            return " ".join(problem.message for problem in problems)
        self._bridge.lay_table(TABLE, rows)
        self.table.choose(deals.read_rows([cells])[0])
        return ""

    def _remove(self) -> None:
        index = self._own_index()
        if index is not None:
            rows = self._rows()
            self._bridge.lay_table(TABLE, rows[:index] + rows[index + 1 :])


def _card() -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    return frame
