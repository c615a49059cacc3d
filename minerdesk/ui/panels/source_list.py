"""The list behind the status bar: every believed value with its source, date, age and state, and what failed."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.observations import QUANTITIES
from minerdesk.snapshot import Snapshot
from minerdesk.ui.panels.parts import plain_label, set_look
from minerdesk.ui.panels.provenance import believed, failure_words, full_source, source_label, standing, value_words
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.theme import BODY_PX, PADDING_PX, SPACE_PX

HEADER = ("Quantity", "Value", "Source", "As of (UTC)", "State and age")
_SIZE = QSize(960, 440)


def value_rows(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """Return a row for each believed value: quantity, value, source, date, state with age."""
    return [
        (
            QUANTITIES[found.quantity].label,
            value_words(found),
            full_source(found),
            words.day_and_time(found.as_of),
            standing(found, snapshot.now).text,
        )
        for found in believed(snapshot)
    ]


def failure_lines(snapshot: Snapshot) -> list[str]:
    """Return a sentence for each failed source, with what follows from it and what can be done."""
    return [
        f"{source_label(failure.source)}: {failure_words(failure.kind)} at {words.day_and_time(failure.at)} UTC. "
        f"{failure.hint}".strip()
        for failure in snapshot.failures
    ]


class SourceList(QDialog):
    """A window that may stay open beside the desk and follows it. It deletes itself when closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Sources")
        self.resize(_SIZE)
        self._rows: list[tuple[str, ...]] = []
        self.table = CellsView("Values and their sources")
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.failures = plain_label(BODY_PX, "warning")
        self.failures.setWordWrap(True)
        self.failures.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX)
        layout.setSpacing(SPACE_PX)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.failures)
        layout.addWidget(buttons)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot; rows that are the same are left alone, so that a selection stays."""
        rows = value_rows(snapshot)
        if rows != self._rows:
            self._rows = rows
            self.table.cells.set_table(HEADER, rows[::-1])  # the table shows the last one first
        lines = failure_lines(snapshot)
        self.failures.setText("\n".join(lines) or "No source failed when it was last asked.")
        set_look(self.failures, "warning" if lines else "muted")
