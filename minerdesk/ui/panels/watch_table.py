"""The rules of the watch-list as a table: what each measures, the threshold to type, its state, and its whole history.

The last column draws the history of every row on one time axis, whose dates stand in its heading.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QGuiApplication, QHelpEvent, QKeyEvent, QKeySequence, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from minerdesk import words
from minerdesk.economics.schema import FIELDS
from minerdesk.economics.watch import Judged, Rule, State, WatchList
from minerdesk.export.tsv import to_tsv
from minerdesk.snapshot import Snapshot
from minerdesk.ui import quantity, theme
from minerdesk.ui.charts.strips import StripsSpec, paint_dates, paint_runs
from minerdesk.ui.panels.parts import tip
from minerdesk.ui.theme import Theme
from minerdesk.units import DisplayUnit
from minerdesk.watch_report import STATE_WORDS, value_words

Index = QModelIndex | QPersistentModelIndex
Line = Rule | Judged

ROW_PX, HEADER_PX = 24, 26
_ROLES = {State.TRIGGERED: "accent", State.QUIET: "text", State.UNKNOWN: "muted", State.OFF: "muted"}
_LEAST_HISTORY_PX = 160


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The inputs behind a condition: its switch, its threshold and its days; the last two may be missing."""

    on: str
    threshold: str = ""
    days: str = ""


KEYS = {
    "hashrate_7d": Keys(on="watch.hashrate_on", threshold="watch.hashrate_eh_s", days="watch.hashrate_days"),
    "hash_ribbon": Keys(on="watch.ribbon_on"),
    "next_retarget": Keys(on="watch.retarget_on", threshold="watch.retarget_fraction"),
    "mw_signed": Keys(on="watch.signed_on", threshold="watch.signed_mw", days="watch.signed_days"),
    "gpu_trend": Keys(on="watch.gpu_on", threshold="watch.gpu_change_fraction"),
    "rent_trend": Keys(on="watch.rent_on", threshold="watch.rent_change_fraction"),
    "open_interest_share": Keys(on="watch.share_on", threshold="watch.share_z"),
    "open_interest_change": Keys(on="watch.interest_on", threshold="watch.interest_change_fraction"),
}
LABEL, NOW, LEAST, DAYS, STATE, SINCE, HISTORY = range(7)
_HEADINGS = ("Rule and its conditions", "Now", "At least", "Days", "State", "Since (UTC)", "History")
_WIDTHS = {LABEL: 258, NOW: 92, LEAST: 82, DAYS: 44, STATE: 84, SINCE: 96}
_RIGHT = frozenset({NOW, LEAST, DAYS})
#: While an epoch is young its retarget is not judged yet: the figure is not the next one that the card above names.
_RETARGET, _FORMER = "next_retarget", "Former epoch’s retarget, estimate"
#: Before words that follow a column of right-aligned numbers.
_GAP = "\u2002"


class WatchModel(QAbstractTableModel):
    """A rule a row, its conditions under it. `typed(str, object)` asks for an edit of an input."""

    typed = Signal(str, object)

    def __init__(self, shown: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = shown
        self.lines: list[Line] = []
        self.snapshot: Snapshot | None = None
        self.is_former = False

    def show_list(self, found: WatchList, snapshot: Snapshot) -> None:
        """Show another watch-list; where its rows are the same only what stands in them changes."""
        rules: list[Line] = []
        for rule in found.rules:
            rules += [rule, *rule.conditions]
        same = [line.name for line in rules] == [line.name for line in self.lines]
        if not same:
            self.beginResetModel()
        self.lines, self.snapshot, self.is_former = rules, snapshot, found.former_epoch_s is not None
        if same:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rules) - 1, HISTORY))
        else:
            self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of rules and conditions."""
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(_HEADINGS)

    def key(self, row: int, column: int) -> str:
        """Return the input that is typed in a cell, empty where none is."""
        line = self.lines[row]
        if isinstance(line, Rule):
            return ""
        keys = KEYS[line.name]
        return {LABEL: keys.on, LEAST: keys.threshold, DAYS: keys.days}.get(column, "")

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let switches be ticked and thresholds be typed."""
        flags = super().flags(index)
        if self.key(index.row(), index.column()):
            flags |= Qt.ItemFlag.ItemIsUserCheckable if index.column() == LABEL else Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text, the text to type over, its tick, alignment, weight, colour and help."""
        line, row, column = self.lines[index.row()], index.row(), index.column()
        is_rule = isinstance(line, Rule)
        key = self.key(row, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.EditRole and key:
            return self.written(key)
        if role == Qt.ItemDataRole.CheckStateRole and key and column == LABEL:
            return Qt.CheckState.Checked if isinstance(line, Judged) and line.is_on else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _RIGHT:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole and is_rule:
            return theme.font(theme.BODY_PX, theme.SEMIBOLD)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QBrush(self.theme.colour(self._shade(line, column)))
        if role == Qt.ItemDataRole.ToolTipRole and key:
            return tip(self.help(key))
        if role == Qt.ItemDataRole.AccessibleTextRole and column == HISTORY:
            return f"{len(line.changes)} states so far"
        return None

    def text(self, row: int, column: int) -> str:
        """Return what stands in a cell."""
        line = self.lines[row]
        if column == LABEL:
            return _FORMER if line.name == _RETARGET and self.is_former else line.label
        if column == STATE:
            return STATE_WORDS[line.state]
        if column == SINCE:
            return words.NOTHING if line.since_s is None else words.day(datetime.fromtimestamp(line.since_s, UTC))
        if isinstance(line, Rule) or column == HISTORY:
            return ""
        if column == NOW:
            return value_words(line.value, line.unit)
        key = self.key(row, column)
        if column == DAYS:
            return self.written(key) if key else ""
        return words.with_unit(self.written(key), self.unit(key).label) if key else words.with_unit("0", "%")

    def _shade(self, line: Line, column: int) -> str:
        if column == STATE:
            return _ROLES[line.state]
        return "muted" if line.state is State.OFF else "text"

    def value(self, key: str) -> float:
        """Return the number that an input holds."""
        assert self.snapshot is not None  # noqa: S101 - there is one as soon as there are rows
        held = self.snapshot.values[key]
        return float(held) if isinstance(held, int | float) else 0.0

    @staticmethod
    def unit(key: str) -> DisplayUnit:
        """Return the unit in which an input is shown."""
        return quantity.units_of(FIELDS[key], None)[0]

    def written(self, key: str) -> str:
        """Return the number of an input as it is typed."""
        return quantity.written(self.value(key), self.unit(key))

    def help(self, key: str) -> str:
        """Return what an input means, and what is odd about its value."""
        field = FIELDS[key]
        told = quantity.help_lines(field, self.unit(key), [self.unit(key)])
        odd = quantity.judge(field, self.value(key), self.unit(key)) if field.is_number else None
        return "\n".join([*([odd.message] if odd else []), *told])

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for the edit of a switch or of a number; text that is none is refused by the delegate before."""
        key = self.key(index.row(), index.column())
        if role == Qt.ItemDataRole.CheckStateRole and key:
            self.typed.emit(key, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and key and isinstance(value, float):
            self.typed.emit(key, value)
            return True
        return False

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading; that of the history draws its dates itself."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return f"{_GAP}{_HEADINGS[section]}" if section == STATE else _HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _RIGHT else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class _Typing(QStyledItemDelegate):
    """Takes a threshold as typed: read like every number of the program, refused with its reason."""

    def __init__(self, say: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._say = say

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Keep a state away from the days before it."""
        super().initStyleOption(option, index)
        if index.column() == STATE:
            option.text = f"{_GAP}{option.text}"

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:
        """Hand the number over, or say why it can't be one and leave the old one."""
        assert isinstance(editor, QLineEdit)  # noqa: S101 - the editor of text
        key = model.key(index.row(), index.column())
        field, unit = FIELDS[key], model.unit(key)
        found = quantity.read(editor.text(), [unit], unit, final=True)
        if found.value is None:
            self._say(f"{field.label}: {found.refusal}")
            return
        wrong = quantity.judge(field, found.value, unit)
        self._say(f"{field.label}: {wrong.message}" if wrong else "")
        model.setData(index, found.value)


class _Drawing(QStyledItemDelegate):
    """Draws the history of a row."""

    def __init__(self, table: "WatchTable") -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the strip."""
        super().paint(painter, option, index)
        spec, rect = self._table.spec, QRectF(option.rect)
        if spec is not None and index.row() < len(spec.strips):
            paint_runs(painter, rect, self._table.lines.theme, spec, spec.strips[index.row()])


class _Header(QHeaderView):
    """Writes the dates of the history over it."""

    def __init__(self, table: "WatchTable") -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._table = table
        self.setHighlightSections(False)
        self.setFixedHeight(HEADER_PX)
        self.setFont(theme.font(theme.CAPTION_PX))
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def paintSection(self, painter: QPainter, rect: Any, section: int) -> None:
        """Draw a heading, or the dates."""
        if section != HISTORY or self._table.spec is None:
            super().paintSection(painter, rect, section)
            return
        painter.save()
        painter.fillRect(rect, self._table.lines.theme.colour("card"))
        paint_dates(painter, QRectF(rect), self._table.lines.theme, self._table.spec)
        painter.restore()


class WatchTable(QTableView):
    """The table.

    Signals
    -------
    typed(str, object)
        The input that was edited, and its value.
    said(str)
        Why a threshold was refused or is odd; empty takes it back.
    """

    typed = Signal(str, object)
    said = Signal(str)

    def __init__(self, shown: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec: StripsSpec | None = None
        self.lines = WatchModel(shown, self)
        self.lines.typed.connect(self.typed)
        self.setModel(self.lines)
        self.setHorizontalHeader(_Header(self))
        self.setItemDelegate(_Typing(self.said.emit, self))
        self.setItemDelegateForColumn(HISTORY, _Drawing(self))
        self.setAccessibleName("Watch-list, as a table")
        self.setAccessibleDescription("Space switches a condition, F2 types its threshold.")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        for column, width in _WIDTHS.items():
            self.setColumnWidth(column, width)

    def entry(self, index: Index) -> str:
        """Return what the catalogue of figures calls a cell: the condition, or the rule, and the column."""
        line, heading = self.lines.lines[index.row()], _HEADINGS[index.column()]
        return f"{'rule' if isinstance(line, Rule) or index.column() in (STATE, SINCE) else line.name} {heading}"

    def show_spec(self, spec: StripsSpec) -> None:
        """Draw other histories."""
        self.spec = spec
        self.viewport().update()
        self.horizontalHeader().viewport().update()

    def set_theme(self, shown: Theme) -> None:
        """Write in the colours of another theme."""
        self.lines.theme = shown
        self.viewport().update()
        self.horizontalHeader().viewport().update()

    @property
    def whole_px(self) -> int:
        """How tall the table is with every row in view."""
        return HEADER_PX + ROW_PX * self.lines.rowCount() + 4

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the history what the numbers leave."""
        super().resizeEvent(event)
        self.setColumnWidth(HISTORY, max(self.viewport().width() - sum(_WIDTHS.values()), _LEAST_HISTORY_PX))

    def viewportEvent(self, event: Any) -> bool:
        """Say over the history what every row was at that time."""
        if isinstance(event, QHelpEvent) and self.spec is not None and self.columnAt(event.pos().x()) == HISTORY:
            left = self.columnViewportPosition(HISTORY)
            rect = QRectF(left, 0, self.columnWidth(HISTORY), 1)
            note = self.spec.note_at(self.spec.time_at(rect, event.pos().x()))
            QToolTip.showText(event.globalPos(), tip(note), self)
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy all of it on Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.all_text())
        else:
            super().keyPressEvent(event)

    def all_text(self) -> str:
        """Return headings and every row, tab-separated."""
        columns = range(HISTORY)
        rows = [[_HEADINGS[column] for column in columns]]
        rows += [[self.lines.text(row, column) for column in columns] for row in range(self.lines.rowCount())]
        return to_tsv(rows)
