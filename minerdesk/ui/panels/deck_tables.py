"""The tables of the network's page: epochs, January 2026, published hashprices and those of the user's own."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QHeaderView, QToolButton, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.economics import casestudy, epochs, published
from minerdesk.network_tables import (
    EPOCHS_NOTE,
    PUBLISHED_NOTES,
    as_of_words,
    case_rows,
    case_sentence,
    case_value,
    checked_points,
)
from minerdesk.ui import theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.deck.frame import Deck, moment
from minerdesk.ui.panels.parts import FittingLabel, plain_label
from minerdesk.ui.panels.published_form import Cells, PublishedForm
from minerdesk.ui.panels.tables import CellsModel, CellsView, Index
from minerdesk.ui.theme import CAPTION_PX, Appearance, Theme

PUBLISHED = "published"
_CASE_END = date(2026, 1, 31)
_HEADER_PX = 58  # three lines
_EPOCH_HEADER = (
    "Began (UTC)",
    "First block",
    "Difficulty",
    "Adjustment",
    "Implied\nhash rate",
    "Length\ndays",
    "Time per block\ns",
)
_CASE_HEADER = ("Figure", "Published", "Record", "Record of\n(UTC)", "Finding", "Note")
_PUBLISHED_HEADER = (
    "Day\n(UTC)",
    "Published\n$/PH/day",
    "Ours, on its\nown terms\n$/PH/day",
    "Error",
    "Ours, of\nthat day\n$/PH/day",
    "Error of\nthat day",
    "Verdict",
    "Reason",
    "Source",
)
_PUBLISHED_WEIGHTS = (1.25, 0.9, 1.0, 0.95, 0.9, 0.95, 1.3, 2.9, 1.6)


class _Model(CellsModel):
    """Cells as text; the columns in `right` hold numbers and stand at the right."""

    right: frozenset[int] = frozenset()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell, or how it is aligned."""
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in self.right:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return super().data(index, role)


class ShownTable(CellsView):
    """A table as people read it: columns by weight, long texts on several lines, the first row on top."""

    def __init__(self, name: str, weights: Sequence[float], *, wraps: bool, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._weights = weights
        self.cells = self.shown = _Model(self)
        self.setModel(self.shown)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setWordWrap(wraps)
        if wraps:
            self.setStyleSheet("QTableView::item { padding: 3px 4px; }")
            self.horizontalHeader().setFixedHeight(_HEADER_PX)
            self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            self.verticalHeader().setMinimumSectionSize(26)

    def show_rows(self, header: Sequence[str], rows: Sequence[Sequence[str]], right: Iterable[int]) -> None:
        """Show rows of text under a header."""
        self.shown.right = frozenset(right)
        self.shown.set_table(header, rows[::-1])  # the model shows the last row first
        self._spread()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width out anew."""
        super().resizeEvent(event)
        self._spread()

    def _spread(self) -> None:
        room, total = self.viewport().width(), sum(self._weights)
        for place, weight in enumerate(self._weights[: self.shown.columnCount()]):
            self.setColumnWidth(place, int(room * weight / total))


class Tables(QWidget):
    """A caption over one table. `replay_asked(date)`: the deck is to be shown as of that day."""

    replay_asked = Signal(object)

    table: ShownTable

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.caption = plain_label(CAPTION_PX, "muted")
        self.caption.setWordWrap(True)
        self.bar = QHBoxLayout()
        self.bar.setContentsMargins(8, 4, 8, 0)
        self.bar.setSpacing(4)
        card = QFrame()
        card.setProperty("look", "card")
        self.inside = QVBoxLayout(card)
        self.inside.setContentsMargins(1, 4, 1, 1)
        self.inside.setSpacing(4)
        self.inside.addLayout(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(card)

    def add_table(self, table: CellsView) -> None:
        """Put the table under the bar, and the caption under it."""
        self.inside.addWidget(table, 1)
        holder = QHBoxLayout()
        holder.setContentsMargins(12, 2, 12, 8)
        holder.addWidget(self.caption)
        self.inside.addLayout(holder)

    def link(self, place: str, *lines: QWidget) -> None:
        """Let every figure of the table, and of the lines around it, be asked where it comes from."""
        whence.link_table(self.table, place)
        for line in (self.caption, *lines):
            whence.link(line, place, "caption")

    def show_deck(self, deck: Deck) -> None:
        """Show a moment."""
        raise NotImplementedError

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""


class EpochsView(Tables):
    """Every difficulty epoch, newest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = ShownTable("Difficulty epochs, as a table", (1.5, 1, 1, 1, 1.2, 0.9, 1), wraps=False)
        self.add_table(self.table)
        self.link("epochs")

    def show_deck(self, deck: Deck) -> None:
        """Show the epochs that had begun by then."""
        rows = [
            [
                words.day_and_time(epoch.start),
                words.figure(epoch.height),
                words.difficulty(epoch.difficulty),
                words.percent(epoch.change_fraction, change=True, decimals=2),
                words.hashrate_eh_s(epoch.implied_hashrate_eh_s),
                words.figure(epoch.days, 2),
                words.figure(epoch.seconds_per_block, 1),
            ]
            for epoch in reversed(epochs.epochs_table(deck.view.trend.difficulty, deck.view.trend.heights))
        ]
        self.table.show_rows(_EPOCH_HEADER, rows, range(1, 7))
        self.caption.setText(f"{words.typeset(EPOCHS_NOTE)} {as_of_words(deck.view)}.")


class CaseView(Tables):
    """January 2026: each figure as published, as the record has it, and whether it holds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = ShownTable("January 2026, published against record", (2.5, 1.15, 1.15, 1.2, 1.3, 2.8), wraps=True)
        self.replay = QToolButton()
        self.replay.setText("Replay 31 Jan 2026")
        self.replay.setAutoRaise(True)
        self.replay.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.replay.setIconSize(QSize(16, 16))
        self.replay.setToolTip("Show the whole page as it was known at the end of that day")
        self.replay.clicked.connect(lambda: self.replay_asked.emit(_CASE_END))
        self.said = FittingLabel(CAPTION_PX, "muted")
        self.bar.addWidget(self.said, 1)
        self.bar.addWidget(self.replay)
        self.add_table(self.table)
        self.link("case", self.said)

    def show_deck(self, deck: Deck) -> None:
        """Show the case as it was known at a moment."""
        found = case_rows(deck.snapshot, deck.view)
        rows = [
            [
                row.figure,
                case_value(row.published, row.measure),
                case_value(row.record, row.measure),
                words.day(None if row.record_day_s is None else moment(row.record_day_s)),
                row.finding.value,
                row.note,
            ]
            for row in found
        ]
        self.table.show_rows(_CASE_HEADER, rows, (1, 2))
        self.caption.setText(casestudy.CAUTION)
        said = case_sentence(found, deck.view.moment)
        self.said.set_variants(f"{casestudy.TITLE}: {said}", said)
        self.replay.setEnabled(deck.snapshot.now.date() > _CASE_END)

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self.replay.setIcon(theme.icon("clock", shown))


class PublishedView(Tables):
    """Published hashprices with our value, error and verdict; the user's own may be added and removed."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._found: Sequence[published.Checked] = ()
        self.table = ShownTable("Published hashprices, as a table", _PUBLISHED_WEIGHTS, wraps=True)
        self.table.setSelectionMode(CellsView.SelectionMode.SingleSelection)
        self.add = self._tool("Add value…", "Hold a published hashprice of your own against formula and record")
        self.remove = self._tool("Remove", "Take the selected value of your own away (undo brings it back)")
        self.said = FittingLabel(CAPTION_PX, "muted")
        for widget in (self.add, self.remove):
            self.bar.addWidget(widget)
        self.bar.addWidget(self.said, 1)
        self.add_table(self.table)
        self.link(PUBLISHED, self.said)
        self.add.clicked.connect(self._ask)
        self.remove.clicked.connect(self._remove)
        self.table.selectionModel().selectionChanged.connect(self._follow_selection)
        self.restyle(appearance.theme)

    def _tool(self, text: str, hint: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(hint)
        button.setAccessibleName(text.rstrip("…"))
        return button

    def show_deck(self, deck: Deck) -> None:
        """Show the points that had been published by then."""
        self._found = checked_points(deck.snapshot, deck.view)
        rows = [
            [
                words.day(one.point.day),
                words.hashprice(one.point.hashprice_usd_per_ph_day),
                words.hashprice(one.from_stated),
                words.percent(one.stated_error, change=True, decimals=2),
                words.hashprice(one.from_record),
                words.percent(one.record_error, change=True, decimals=2),
                one.judgement.value,
                one.reason,
                f"{one.point.source} (own)".strip() if one.point.is_own else one.point.source,
            ]
            for one in self._found
        ]
        self.table.show_rows(_PUBLISHED_HEADER, rows, range(1, 6))
        self.caption.setText(words.typeset(" ".join(PUBLISHED_NOTES)))
        flagged = sum(one.judgement.is_flagged for one in self._found)
        self.said.set_variants(
            f"{len(self._found)} published values by then, {flagged} of them can’t be right.",
            f"{flagged} of {len(self._found)} flagged.",
        )
        self._follow_selection()

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self.add.setIcon(theme.icon("plus", shown))
        self.remove.setIcon(theme.icon("minus", shown))

    def _chosen_own(self) -> int | None:
        """Return the place of the selected value among the user's own rows, None if it is none of them."""
        rows = self.table.selectionModel().selectedRows()
        if not rows or not self._found[rows[0].row()].point.is_own:
            return None
        own = published.read_rows(self._bridge.snapshot.tables.get(PUBLISHED, ()))
        return own.index(self._found[rows[0].row()].point)

    def _follow_selection(self) -> None:
        self.remove.setEnabled(self._chosen_own() is not None)

    def _ask(self) -> None:
        form = PublishedForm(self._submit, self)
        form.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form.open()

    def _submit(self, cells: Cells) -> str:
        """Add a row; return why it was refused, or an empty text."""
        rows = [*self._bridge.snapshot.tables.get(PUBLISHED, ()), cells]
        problems = published.check_rows(rows)
        if problems:
            return " ".join(problem.message for problem in problems)
        self._bridge.lay_table(PUBLISHED, rows)
        return ""

    def _remove(self) -> None:
        place = self._chosen_own()
        if place is not None:
            rows = list(self._bridge.snapshot.tables.get(PUBLISHED, ()))
            del rows[place]
            self._bridge.lay_table(PUBLISHED, rows)
