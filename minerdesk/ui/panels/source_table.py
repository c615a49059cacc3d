"""The table of sources on the page Data: how each is doing, one a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QKeyEvent, QKeySequence, QPainter, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from minerdesk import words
from minerdesk.errors import FailureKind
from minerdesk.export.tsv import to_tsv
from minerdesk.source_states import Group, SourceState
from minerdesk.ui.panels.parts import tip
from minerdesk.ui.panels.provenance import failure_words
from minerdesk.ui.panels.served import ServedCell, served
from minerdesk.ui.panels.tables import HEADER_PX
from minerdesk.ui.theme import CAPTION_PX, SEMIBOLD, Theme, font, icon

Index = QModelIndex | QPersistentModelIndex
_ICON_PX, _ROW_PX, _PAD_PX = 12, 26, 6
#: For one that is asked on demand, or in reserve, an answer is news for so long.
_FRESH_FOR = timedelta(hours=1)


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
    if not state.is_on:
        return words.NOTHING
    if offline:
        return "offline"
    if state.nothing_to_ask and state.last_success is None:
        return words.NOTHING
    if state.next_try is None:
        return "as a fallback" if state.services else "as you ask"
    wait = (state.next_try - now).total_seconds()
    if wait <= 0:
        return "now"
    if wait < 60:
        return "within 1 min"
    return f"in {words.age(timedelta(seconds=wait + 30))}"  # the next minute, not the last one


_BADGES = {
    FailureKind.NEEDS_KEY: ("lock", "needs a key"),
    FailureKind.BLOCKED: ("warning", "blocked"),
    FailureKind.RATE_LIMITED: ("clock", "paused"),
    FailureKind.OFFLINE: ("offline", "no network"),
    FailureKind.CANCELLED: ("cancel", "stopped"),
    FailureKind.IMPLAUSIBLE: ("warning", "not believed"),
}


def badge_of(state: SourceState, now: datetime, *, offline: bool) -> tuple[str, str, str]:
    """Return the icon of a source's state, the role of its colour, and the state in a word or two.

    Fresh: what it gives is within its stale age. In reserve: it is asked only if those before it fail.
    """
    if not state.is_on:
        return "minus", "muted", "off"
    news = state.last_success is not None and now - state.last_success <= (state.stale_after or _FRESH_FOR)
    if state.failure is not None and not (news and not state.failures_in_row):  # a page not there is no ill health
        icon, word = _BADGES.get(state.failure, ("warning", "down"))
        return icon, "warning", word
    if offline:
        return "offline", "muted", "offline"
    age = None if state.last_success is None else now - state.last_success
    if age is None and state.nothing_to_ask:
        return "info", "muted", "nothing to ask"
    if state.stale_after is None and (age is None or age > _FRESH_FOR):
        return ("clock", "muted", "in reserve") if state.services else ("info", "muted", "on demand")
    if age is None:
        return "info", "muted", "not asked yet"
    if age > (state.stale_after or _FRESH_FOR):
        return "clock", "warning", "stale"
    return "live", "gain", "fresh"


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
    _Column(heading="Source", text=lambda state, now, offline: state.label, width_px=152),
    _Column(heading="State", text=lambda state, now, offline: badge_of(state, now, offline=offline)[2], width_px=110),
    _Column(
        heading="Last success\n(UTC)",
        text=lambda state, now, offline: words.day_and_time(state.last_success) if state.last_success else "never",
        width_px=134,
    ),
    _Column(heading="Age", text=_age, width_px=80, right=True),
    _Column(
        heading="Latency", text=lambda state, now, offline: latency_words(state.latency_s), width_px=60, right=True
    ),
    _Column(
        heading="Next try",
        text=lambda state, now, offline: next_words(state, now, offline=offline),
        width_px=88,
        right=True,
    ),
    _Column(
        heading="Failures\nin a row",
        text=lambda state, now, offline: str(state.failures_in_row),
        width_px=58,
        right=True,
    ),
    _Column(
        heading="Kept\non disk", text=lambda state, now, offline: size_words(state.size_bytes), width_px=64, right=True
    ),
    _Column(heading="Asked for", text=lambda state, now, offline: ", ".join(served(state)), width_px=0),
)


Row = Group | SourceState


class SourceModel(QAbstractTableModel):
    """Sources under their groups, one a row. A row keeps its place, so that a selection stays while ages move on."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._states: Sequence[SourceState] = ()
        self._rows: list[Row] = []
        self._cells: list[tuple[str, ...]] = []
        self._badges: dict[str, tuple[str, str, str]] = {}
        self._now = datetime.min.replace(tzinfo=UTC)
        self._offline = False
        self._wanted: list[str] = []
        self._icons: dict[tuple[str, str, str], QIcon] = {}

    def set_states(self, states: Sequence[SourceState], now: datetime, *, offline: bool) -> None:
        """Show other states of the same sources, or other sources; only rows that changed are told."""
        self._states, self._now, self._offline = states, now, offline
        self._fill()

    def set_filter(self, text: str) -> None:
        """Show only sources whose name, state or services hold every word of `text`."""
        self._wanted = text.casefold().split()
        self._fill()

    def set_theme(self, theme: Theme) -> None:
        """Redraw in another theme."""
        self._theme = theme
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(_COLUMNS) - 1))

    @property
    def theme(self) -> Theme:
        """The theme that it is drawn in."""
        return self._theme

    def _fill(self) -> None:
        now, offline = self._now, self._offline
        rows, cells = list[Row](), list[tuple[str, ...]]()
        self._badges = {state.provider: badge_of(state, now, offline=offline) for state in self._states}
        for group in Group:
            found = [state for state in self._states if state.group is group]
            written = {s.provider: tuple(column.text(s, now, offline) for column in _COLUMNS) for s in found}
            shown = [state for state in found if self._lets_through(written[state.provider])]
            if shown:
                rows += [group, *shown]
                cells += [(_heading(group, shown, self._badges),), *(written[state.provider] for state in shown)]
        same = [_key(row) for row in rows] == [_key(row) for row in self._rows]
        before = self._cells
        if not same:
            self.beginResetModel()
        self._rows, self._cells = rows, cells
        if not same:
            self.endResetModel()
            return
        for row, (old, new) in enumerate(zip(before, cells, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(_COLUMNS) - 1))

    def _lets_through(self, cells: tuple[str, ...]) -> bool:
        told = " ".join(cells).casefold()
        return all(word in told for word in self._wanted)

    def group(self, row: int) -> Group | None:
        """Return the group that a row heads, None of a source's row."""
        found = self._rows[row]
        return found if isinstance(found, Group) else None

    def state(self, row: int) -> SourceState | None:
        """Return the source of a row, None of a heading."""
        found = self._rows[row] if 0 <= row < len(self._rows) else None
        return found if isinstance(found, SourceState) else None

    def served(self, row: int) -> tuple[str, ...]:
        """Return what the source of a row serves, one by one; nothing of a heading."""
        state = self.state(row)
        return served(state) if state is not None else ()

    def row_of(self, provider: str) -> int | None:
        """Return the row of a source, None if it is not shown."""
        keys = [_key(row) for row in self._rows]
        return keys.index(provider) if provider in keys else None

    def badge(self, row: int) -> tuple[QIcon, str, str] | None:
        """Return icon, colour's role and words of the badge in a source's row."""
        state = self.state(row)
        if state is None:
            return None
        name, role, text = self._badges[state.provider]
        return self._icon(name, role), role, text

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of sources and headings."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let the keyboard pass over headings."""
        return super().flags(index) if self.state(index.row()) is not None else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, alignment and colour, and as its tip all that its row is about."""
        state, cells, column = self.state(index.row()), self._cells[index.row()], _COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cells[index.column()] if index.column() < len(cells) else ""
        if state is None:
            return _head_look(role, self._theme)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.right:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and not state.is_on:
            return QColor(self._theme.colour("muted"))
        if role == Qt.ItemDataRole.ToolTipRole:
            if state.failure is not None and index.column() < 2:
                return tip(f"{failure_words(state.failure).capitalize()}: {state.failure_hint}")
            return tip(cells[index.column()])
        return None

    def _icon(self, name: str, role: str) -> QIcon:
        """Return a sign, painted once for each theme: a table asks for it with every repaint."""
        key = (self._theme.name, name, role)
        if key not in self._icons:
            self._icons[key] = icon(name, self._theme, role, _ICON_PX)
        return self._icons[key]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return _COLUMNS[section].heading
        return None


def _key(row: Row) -> str:
    return row.value if isinstance(row, Group) else row.provider


def _heading(group: Group, shown: Sequence[SourceState], badges: Mapping[str, tuple[str, str, str]]) -> str:
    """Return the heading of a group, with how many of its sources want a look."""
    troubled = sum(badges[state.provider][1] == "warning" for state in shown)
    return f"{group.value} · {troubled} of {len(shown)} in trouble" if troubled else group.value


def _head_look(role: int, theme: Theme) -> Any:
    if role == Qt.ItemDataRole.FontRole:
        return font(CAPTION_PX, SEMIBOLD)
    if role == Qt.ItemDataRole.ForegroundRole:
        return QColor(theme.colour("muted"))
    if role == Qt.ItemDataRole.BackgroundRole:
        return QColor(theme.colour("window"))
    return None


class _Badge(QStyledItemDelegate):
    """Draws a source's state as a badge: sign and words in a frame of its colour."""

    def __init__(self, table: "SourceTable") -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell's ground, and the badge on it."""
        found = self._table.sources.badge(index.row())
        if found is None:
            super().paint(painter, option, index)
            return
        sign, role, text = found
        ground = QStyleOptionViewItem(option)
        self.initStyleOption(ground, index)
        ground.text = ""
        style = self._table.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, ground, painter, self._table)
        theme = self._table.sources.theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(CAPTION_PX))
        wide = painter.fontMetrics().horizontalAdvance(text) + _ICON_PX + 3 * _PAD_PX
        place = QRectF(option.rect.left() + 3, option.rect.center().y() - 9, min(wide, option.rect.width() - 6), 19)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(role, 0.14))
        painter.drawRoundedRect(place, 9, 9)
        sign.paint(painter, int(place.left()) + _PAD_PX, int(place.top()) + 3, _ICON_PX, _ICON_PX)
        painter.setPen(theme.colour("text" if role == "gain" else role))
        words_at = place.adjusted(_ICON_PX + 2 * _PAD_PX - 2, 0, -_PAD_PX + 2, 0)
        painter.drawText(words_at, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        painter.restore()


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
        self.setItemDelegateForColumn(1, _Badge(self))
        self.setItemDelegateForColumn(len(_COLUMNS) - 1, ServedCell(self, self.sources.served))
        self.sources.modelReset.connect(self._span_headings)
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
        columns = range(len(_COLUMNS))
        rows = [row for row in range(self.sources.rowCount()) if self.sources.state(row) is not None]
        return to_tsv(
            [
                [column.heading.replace("\n", " ") for column in _COLUMNS],
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
