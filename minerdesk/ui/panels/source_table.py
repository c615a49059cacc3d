"""The table of sources on the page Data: how each is doing, one a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from minerdesk import words
from minerdesk.source_states import SourceState
from minerdesk.ui.panels.parts import tip
from minerdesk.ui.panels.provenance import failure_words
from minerdesk.ui.panels.tables import HEADER_PX
from minerdesk.ui.theme import Theme, icon

Index = QModelIndex | QPersistentModelIndex
_ICON_PX, _ROW_PX = 14, 26
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def ordinal(rank: int) -> str:
    """Write a rank.

    >>> ordinal(2), ordinal(4)
    ('2nd', '4th')
    """
    return _ORDINALS.get(rank, f"{rank}th")


def size_words(size_bytes: int | None) -> str:
    """Write how much room something takes.

    >>> size_words(None), size_words(0), size_words(900), size_words(153_600)
    ('–', '0 kB', '1 kB', '154 kB')
    """
    if size_bytes is None:
        return words.NOTHING
    return f"{words.figure(-(-size_bytes // 1000))}{words.THIN}kB".replace(words.THIN, " ") if size_bytes else "0 kB"


def latency_words(seconds: float | None) -> str:
    """Write how long a reply took.

    >>> latency_words(0.0421), latency_words(3.21), latency_words(None)
    ('42 ms', '3.2 s', '–')
    """
    if seconds is None:
        return words.NOTHING
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def next_words(state: SourceState, now: datetime, *, offline: bool) -> str:
    """Say when a source is asked again."""
    if offline:
        return "offline"
    if state.next_try is None:
        return "as a fallback" if state.services else "as you ask"
    wait = (state.next_try - now).total_seconds()
    if wait <= 0:
        return "now"
    if wait < 60:
        return "within 1 min"
    return f"in {words.age(timedelta(seconds=wait + 30))}"  # the next minute, not the last one


def sign_of(state: SourceState, *, offline: bool) -> tuple[str, str, str]:
    """Return a source's icon, the role of its colour, and its state in words."""
    if state.failure is not None:
        return "warning", "warning", failure_words(state.failure)
    if offline:
        return "offline", "muted", "offline"
    if state.last_success is None:
        return "info", "muted", "not asked yet"
    if state.latency_s is None:
        return "clock", "muted", "answered earlier"
    return "live", "gain", "answers"


def services_words(state: SourceState) -> str:
    """Say what a source serves, and as which of how many it is asked."""
    if not state.services:
        return f"{state.probe}, only as you ask" if state.probe else "Nothing by itself, only what you fetch"
    return ", ".join(
        f"{service.label} ({ordinal(service.rank)} of {service.of})" if service.of > 1 else service.label
        for service in state.services
    )


@dataclass(frozen=True, kw_only=True)
class _Column:
    heading: str
    text: Callable[[SourceState, datetime, bool], str]
    width_px: int
    right: bool = False


def _age(state: SourceState, now: datetime, offline: bool) -> str:
    del offline
    return words.NOTHING if state.last_success is None else words.age(now - state.last_success)


_COLUMNS = (
    _Column(heading="Source", text=lambda state, now, offline: state.label, width_px=140),
    _Column(heading="State", text=lambda state, now, offline: sign_of(state, offline=offline)[2], width_px=164),
    _Column(
        heading="Last success\n(UTC)",
        text=lambda state, now, offline: words.day_and_time(state.last_success) if state.last_success else "never",
        width_px=132,
    ),
    _Column(heading="Age", text=_age, width_px=84, right=True),
    _Column(
        heading="Latency", text=lambda state, now, offline: latency_words(state.latency_s), width_px=64, right=True
    ),
    _Column(
        heading="Next try",
        text=lambda state, now, offline: next_words(state, now, offline=offline),
        width_px=92,
        right=True,
    ),
    _Column(
        heading="Failures\nin a row",
        text=lambda state, now, offline: str(state.failures_in_row),
        width_px=62,
        right=True,
    ),
    _Column(
        heading="Kept\non disk", text=lambda state, now, offline: size_words(state.size_bytes), width_px=64, right=True
    ),
    _Column(heading="Asked for", text=lambda state, now, offline: services_words(state), width_px=0),
)


class SourceModel(QAbstractTableModel):
    """Sources, one a row; a row keeps its place, so that a selection stays while ages move on."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._states: Sequence[SourceState] = ()
        self._now = datetime.min.replace(tzinfo=UTC)
        self._offline = False
        self._icons: dict[tuple[str, str, str], QIcon] = {}

    def set_states(self, states: Sequence[SourceState], now: datetime, *, offline: bool) -> None:
        """Show other states of the same sources, or other sources."""
        same = [state.provider for state in states] == [state.provider for state in self._states]
        if not same:
            self.beginResetModel()
        self._states, self._now, self._offline = states, now, offline
        if not same:
            self.endResetModel()
        elif states:
            self.dataChanged.emit(self.index(0, 0), self.index(len(states) - 1, len(_COLUMNS) - 1))

    def set_theme(self, theme: Theme) -> None:
        """Redraw in another theme."""
        self._theme = theme
        if self._states:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._states) - 1, len(_COLUMNS) - 1))

    def state(self, row: int) -> SourceState:
        """Return the source of a row."""
        return self._states[row]

    def row_of(self, provider: str) -> int | None:
        """Return the row of a source, None if it is not shown."""
        names = [state.provider for state in self._states]
        return names.index(provider) if provider in names else None

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of sources."""
        return 0 if parent is not None and parent.isValid() else len(self._states)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, alignment, sign and colour, and as its tip all that its row is about."""
        state, column = self._states[index.row()], _COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(state, self._now, self._offline)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.right:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        name, colour, _ = sign_of(state, offline=self._offline)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 1:
            return self._icon(name, colour)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 1 and colour == "warning":
            return QColor(self._theme.colour(colour))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(state.failure_hint if state.failure is not None and index.column() < 2 else self._whole(index))
        return None

    def _icon(self, name: str, role: str) -> QIcon:
        """Return a sign, painted once for each theme: a table asks for it with every repaint."""
        key = (self._theme.name, name, role)
        if key not in self._icons:
            self._icons[key] = icon(name, self._theme, role, _ICON_PX)
        return self._icons[key]

    def _whole(self, index: Index) -> str:
        return _COLUMNS[index.column()].text(self._states[index.row()], self._now, self._offline)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return _COLUMNS[section].heading
        return None


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
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(HEADER_PX)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for number, column in enumerate(_COLUMNS):
            if column.width_px:
                self.setColumnWidth(number, column.width_px)
        self.selectionModel().currentRowChanged.connect(self._say)

    @property
    def current(self) -> str:
        """The provider of the current row, empty if there is none."""
        row = self.currentIndex().row()
        return self.sources.state(row).provider if 0 <= row < self.sources.rowCount() else ""

    def choose(self, provider: str) -> bool:
        """Make a source the current one and return whether it is shown."""
        row = self.sources.row_of(provider)
        if row is None:
            return False
        self.selectRow(row)
        self.scrollTo(self.sources.index(row, 0))
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the whole table on Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.text())
            return
        super().keyPressEvent(event)

    def text(self) -> str:
        """Return all rows under their headings, tab-separated."""
        lines = ["\t".join(column.heading.replace("\n", " ") for column in _COLUMNS)]
        for row in range(self.sources.rowCount()):
            cells = (str(self.sources.index(row, column).data()) for column in range(len(_COLUMNS)))
            lines.append("\t".join(cells))
        return "\n".join(lines)

    def _say(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.sources.state(index.row()).provider)
