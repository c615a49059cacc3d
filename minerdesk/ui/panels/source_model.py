"""What the table of sources holds: its columns, and the sources under their groups, one a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QWidget

from minerdesk import words
from minerdesk.source_states import Group, SourceState
from minerdesk.ui.panels.parts import tip
from minerdesk.ui.panels.provenance import failure_sentence
from minerdesk.ui.panels.served import served
from minerdesk.ui.panels.source_badge import SIGN_PX, Badge
from minerdesk.ui.panels.source_words import badge_of, latency_words, next_words, size_words
from minerdesk.ui.theme import CAPTION_PX, SEMIBOLD, Theme, font, icon

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its heading, what it says of a source, and how wide it begins; 0 takes what is left."""

    heading: str
    text: Callable[[SourceState, datetime, bool], str]
    width_px: int
    right: bool = False


def _age(state: SourceState, now: datetime, offline: bool) -> str:
    del offline
    return words.NOTHING if state.last_success is None else words.age(now - state.last_success)


COLUMNS = (
    Column(heading="Source", text=lambda state, now, offline: state.label, width_px=152),
    Column(heading="State", text=lambda state, now, offline: badge_of(state, now, offline=offline)[2], width_px=110),
    Column(
        heading="Last success\n(UTC)",
        text=lambda state, now, offline: words.day_and_time(state.last_success) if state.last_success else "never",
        width_px=134,
    ),
    Column(heading="Age", text=_age, width_px=80, right=True),
    Column(heading="Latency", text=lambda state, now, offline: latency_words(state.latency_s), width_px=60, right=True),
    Column(
        heading="Next try",
        text=lambda state, now, offline: next_words(state, now, offline=offline),
        width_px=88,
        right=True,
    ),
    Column(
        heading="Failures\nin a row",
        text=lambda state, now, offline: str(state.failures_in_row),
        width_px=58,
        right=True,
    ),
    Column(
        heading="Kept\non disk", text=lambda state, now, offline: size_words(state.size_bytes), width_px=64, right=True
    ),
    Column(heading="Asked for", text=lambda state, now, offline: ", ".join(served(state)), width_px=0),
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
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(COLUMNS) - 1))

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
            written = {s.provider: tuple(column.text(s, now, offline) for column in COLUMNS) for s in found}
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
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

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

    def badge(self, row: int) -> Badge | None:
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
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let the keyboard pass over headings."""
        return super().flags(index) if self.state(index.row()) is not None else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, alignment and colour, and as its tip all that its row is about."""
        state, cells, column = self.state(index.row()), self._cells[index.row()], COLUMNS[index.column()]
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
                return tip(failure_sentence(state.failure, state.failure_hint))
            return tip(cells[index.column()])
        return None

    def _icon(self, name: str, role: str) -> QIcon:
        """Return a sign, painted once for each theme: a table asks for it with every repaint."""
        key = (self._theme.name, name, role)
        if key not in self._icons:
            self._icons[key] = icon(name, self._theme, role, SIGN_PX)
        return self._icons[key]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return COLUMNS[section].heading
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
