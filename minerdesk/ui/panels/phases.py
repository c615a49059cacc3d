"""The phases of the conversion: a small table that is typed into, the defaults shown as such until the first edit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QHeaderView, QLabel, QTableView, QToolButton, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.economics.plan.phases import Phase, check_rows, default_phases, mw_words, read_rows
from minerdesk.economics.tables import Row
from minerdesk.export.tsv import to_tsv
from minerdesk.snapshot import Snapshot
from minerdesk.ui import theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.parts import FittingLabel, set_look, tip
from minerdesk.ui.panels.tables import HEADER_PX
from minerdesk.ui.plan import month_at, month_words, phase_words
from minerdesk.ui.theme import Appearance, Theme

TABLE = "phases"
#: A phase that is added begins this long after the last one, takes as much, and is built as long.
NEXT_MONTHS = 12
_ALIGN = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_DEFAULT = (
    "Default until you edit it. Type into a cell, or add a phase.",
    "Default until you edit it.",
    "Default.",
)

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, kw_only=True)
class _Column:
    cell: str
    heading: str
    help: str
    width_px: int


COLUMNS = (
    _Column(cell="label", heading="Phase", help="What you call it.", width_px=84),
    _Column(cell="mw", heading="MW", help="Megawatts at the utility meter that stop mining.", width_px=46),
    _Column(
        cell="start_month",
        heading="Dark from,\nmonth",
        help="Months from now until mining stops there: 0 is this month. Or type a month like 2027-03.",
        width_px=98,
    ),
    _Column(
        cell="build_months",
        heading="Build,\nmonths",
        help="How long these megawatts neither mine nor earn; then the lease, or the cloud, begins.",
        width_px=52,
    ),
)


@dataclass(frozen=True)
class Refused:
    """What was typed into a cell and can't be, and why."""

    row: int
    cell: str
    text: str
    reason: str


class PhasesModel(QAbstractTableModel):
    """Phases, one a row. `typed(int, str, str)` tells row, cell and text; the model changes nothing."""

    typed = Signal(int, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.phases: tuple[Phase, ...] = ()
        self.start: date | None = None
        self.is_own = False
        self.refused: Refused | None = None

    def show_phases(self, phases: Sequence[Phase], start: date, *, is_own: bool) -> None:
        """Show phases whose month 0 is that of `start`; the rows keep their places where there are as many."""
        same = len(phases) == len(self.phases)
        if not same:
            self.beginResetModel()
        self.phases, self.start, self.is_own = tuple(phases), start, is_own
        if not same:
            self.endResetModel()
        self.show_refused(None)

    def show_refused(self, refused: Refused | None) -> None:
        """Mark a cell as refused, with what was typed there; None marks none."""
        self.refused = refused
        if self.phases:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.phases) - 1, len(COLUMNS) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of phases."""
        return 0 if parent is not None and parent.isValid() else len(self.phases)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let every cell be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text or as what is typed, its look, and the whole phase as its tip."""
        phase, cell = self.phases[index.row()], COLUMNS[index.column()].cell
        refused = self.refused
        is_refused = refused is not None and (refused.row, refused.cell) == (index.row(), cell)
        if role == Qt.ItemDataRole.DisplayRole:
            return refused.text if is_refused and refused is not None else self._shown(phase, cell)
        if role == Qt.ItemDataRole.EditRole:
            return refused.text if is_refused and refused is not None else typed_text(phase, cell)
        if role == Qt.ItemDataRole.TextAlignmentRole and cell != "label":
            return _ALIGN
        if role == Qt.ItemDataRole.FontRole and not self.is_own:
            font = theme.font(theme.BODY_PX)
            font.setItalic(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole and self.start is not None:
            return tip(refused.reason if is_refused and refused is not None else phase_words(phase, self.start))
        return None

    def _shown(self, phase: Phase, cell: str) -> str:
        if cell == "mw":
            return words.exact(phase.mw)
        if cell != "start_month" or self.start is None:
            return typed_text(phase, cell)
        return f"{month_words(month_at(self.start, phase.start_month))} · {phase.start_month}"

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Say that something was typed; whether it is taken is decided elsewhere."""
        cell, text = COLUMNS[index.column()].cell, str(value).strip()
        if role != Qt.ItemDataRole.EditRole:
            return False
        if text == typed_text(self.phases[index.row()], cell):
            self.show_refused(None)
            return False
        self.typed.emit(index.row(), cell, text)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading, and what it means."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].heading
        return tip(COLUMNS[section].help) if role == Qt.ItemDataRole.ToolTipRole else None


def typed_text(phase: Phase, cell: str) -> str:
    """Return what stands in a cell when it is edited.

    >>> typed_text(Phase(label="North", mw=12.5, start_month=6, build_months=18), "mw")
    '12.5'
    """
    value = getattr(phase, cell)
    return value if isinstance(value, str) else f"{value:.12g}"


def read_cell(cell: str, text: str, start: date) -> str | float:
    """Return what was typed into a cell in its own unit. A month may be typed as a date: 2027-03 or Mar 2027.

    Raises
    ------
    ValueError
        It is no number; the message says how to write one.
    """
    if cell == "label":
        return text
    if cell == "start_month":
        for form in ("%Y-%m", "%b %Y", "%m/%Y"):
            try:
                wanted = datetime.strptime(text, form)  # noqa: DTZ007 - a month of the calendar, not an instant
            except ValueError:
                continue
            return float((wanted.year - start.year) * 12 + wanted.month - start.month)
    bare = "".join(text.split()).replace(",", ".").removesuffix("MW")
    try:
        return float(bare)
    except ValueError:
        how = "a number of months like 6, or a month like 2027-03" if cell == "start_month" else "a number like 12.5"
        raise ValueError(f"“{text:.24}” can’t be read; write {how}.") from None


class PhasesTable(QTableView):
    """The phases. Ctrl+C copies them with headings, Delete asks to remove: `remove_asked`."""

    remove_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.phases = PhasesModel(self)
        self.setModel(self.phases)
        self.setAccessibleName("Phases of the conversion, as a table")
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(
            QTableView.EditTrigger.DoubleClicked
            | QTableView.EditTrigger.EditKeyPressed
            | QTableView.EditTrigger.AnyKeyPressed
            | QTableView.EditTrigger.SelectedClicked
        )
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(HEADER_PX - 4)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        header.setFont(theme.font(theme.CAPTION_PX))
        header.setMinimumSectionSize(30)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for number, column in enumerate(COLUMNS):
            self.setColumnWidth(number, column.width_px)

    def sizeHint(self) -> QSize:
        """Return the room for five phases."""
        return QSize(270, HEADER_PX + 5 * 24)

    def minimumSizeHint(self) -> QSize:
        """Return the room for two phases."""
        return QSize(200, HEADER_PX + 2 * 24)

    def chosen(self) -> int | None:
        """Return the phase that the cursor is in."""
        index = self.currentIndex()
        return index.row() if index.isValid() and index.row() < len(self.phases.phases) else None

    def choose(self, row: int, cell: str, *, edit: bool = False) -> None:
        """Put the cursor into a cell and bring it into view; `edit` opens it."""
        column = next(number for number, known in enumerate(COLUMNS) if known.cell == cell)
        index = self.phases.index(row, column)
        self.setCurrentIndex(index)
        self.scrollTo(index)
        if edit:
            self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy and remove."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.all_text())
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)

    def all_text(self) -> str:
        """Return headings and phases, tab-separated, as they are typed."""
        headings = [column.heading.replace("\n", " ") for column in COLUMNS]
        phases = self.phases.phases
        return to_tsv([headings, *([typed_text(phase, column.cell) for column in COLUMNS] for phase in phases)])


class PhasesEditor(QWidget):
    """The table with its heading, its buttons, and why a cell was refused. Every edit is one step that undo takes."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.table = PhasesTable()
        self.said = FittingLabel(theme.CAPTION_PX, "caption")
        self._tools: list[tuple[QToolButton, str]] = []
        self.add = self._tool("plus", "Add phase", "Add a phase like the last, a year later")
        self.add.clicked.connect(self._add)
        self.remove = self._tool("minus", "Remove phase", "Take the phase under the cursor away (undo brings it back)")
        self.remove.clicked.connect(self._remove)
        self.reset = self._tool("reset", "Default phases", "Go back to the default phases (undo brings yours back)")
        self.reset.clicked.connect(lambda: self._lay([]))
        self._build()
        self.table.remove_asked.connect(self._remove)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._follow())
        # Queued: the cell's editor is closed before the table under it changes.
        self.table.phases.typed.connect(self._on_typed, Qt.ConnectionType.QueuedConnection)
        appearance.changed.connect(self._restyle)
        self._restyle(appearance.theme)

    def _build(self) -> None:
        title = QLabel("&Phases")
        title.setProperty("look", "title")
        title.setBuddy(self.table)
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 6, 6, 0)
        bar.setSpacing(2)
        bar.addWidget(title)
        bar.addStretch(1)
        for button, _ in self._tools:
            bar.addWidget(button)
        line = QHBoxLayout()
        line.setContentsMargins(12, 0, 12, 6)
        line.addWidget(self.said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(4)
        layout.addLayout(bar)
        layout.addWidget(self.table, 1)
        layout.addLayout(line)

    def _tool(self, icon: str, name: str, hint: str) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(hint)
        button.setAccessibleName(name)
        self._tools.append((button, icon))
        return button

    def stops(self) -> list[QWidget]:
        """Return where Tab stops, in order."""
        return [self.table, *(button for button, _ in self._tools)]

    # -- showing ------------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot; unchanged phases stay untouched, and so does what was refused."""
        rows = snapshot.tables.get(TABLE, ())
        phases = read_rows(rows) or default_phases(snapshot.inputs.site.capacity_mw)
        model = self.table.phases
        start = snapshot.now.date().replace(day=1)
        if (phases, bool(rows), start) != (model.phases, model.is_own, model.start):
            model.show_phases(phases, start, is_own=bool(rows))
            self._follow()

    def forget_typing(self) -> None:
        """Give up what was refused: every cell shows the value that holds."""
        self.table.phases.show_refused(None)
        self._follow()

    def _restyle(self, shown: Theme) -> None:
        for button, icon in self._tools:
            button.setIcon(theme.icon(icon, shown))

    def _follow(self) -> None:
        """Say why a cell was refused, else that these are the defaults, else what the chosen phase comes to."""
        model, row = self.table.phases, self.table.chosen()
        self.remove.setEnabled(row is not None)
        self.reset.setEnabled(model.is_own)
        refused = model.refused
        set_look(self.said, "cost" if refused else "caption")
        if refused is not None:
            self.said.set_variants(refused.reason, refused.reason.split(": ", 1)[-1])
            self.said.setToolTip(tip(refused.reason))
            return
        self.said.setToolTip("")
        if not model.is_own:
            self.said.set_variants(*_DEFAULT)
        elif row is not None and model.start is not None:
            self.said.set_variants(phase_words(model.phases[row], model.start))
        else:
            taken = sum(phase.mw for phase in model.phases)
            self.said.set_variants(f"{mw_words(taken)} in {len(model.phases)} phases")

    # -- editing ------------------------------------------------------------------------------------------------------

    def _rows(self) -> list[dict[str, Any]]:
        """Return the phases shown as rows: the first edit makes the defaults the user's own."""
        return [phase.row() for phase in self.table.phases.phases]

    def _on_typed(self, row: int, cell: str, text: str) -> None:
        model, rows = self.table.phases, self._rows()
        if row >= len(rows) or model.start is None:
            return
        try:
            rows[row][cell] = read_cell(cell, text, model.start)
            reason = " ".join(problem.message for problem in check_rows(rows))
        except ValueError as error:
            reason = str(error)
        if reason:
            model.show_refused(Refused(row, cell, text, reason))
            self._follow()
        else:
            self._lay(rows)

    def _lay(self, rows: Sequence[Row]) -> bool:
        self.table.phases.show_refused(None)
        laid = self._bridge.lay_table(TABLE, rows)
        self._follow()
        return laid

    def _add(self) -> None:
        """Add a phase like the last one, a year later; where the site has less left, with what is left."""
        rows, phases = self._rows(), self.table.phases.phases
        site = self._bridge.snapshot.inputs.site.capacity_mw
        left = site - sum(phase.mw for phase in phases)
        last = phases[-1] if phases else default_phases(site)[0]
        mw = min(last.mw, left) if left > 0 else last.mw
        start = last.start_month + NEXT_MONTHS if phases else last.start_month
        rows.append(
            {
                "label": f"Phase {len(rows) + 1}",
                "mw": mw,
                "start_month": start,
                "build_months": last.build_months,
            }
        )
        problems = check_rows(rows)
        if problems:
            self.said.set_variants(" ".join(problem.message for problem in problems))
            set_look(self.said, "cost")
        elif self._lay(rows):
            self.table.choose(len(rows) - 1, "mw")

    def _remove(self) -> None:
        row = self.table.chosen()
        if row is not None:
            rows = self._rows()
            self._lay(rows[:row] + rows[row + 1 :])
