"""The form for one published hashprice that the user wants held against formula and record."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from minerdesk.economics import published
from minerdesk.economics.published import NUMBERS
from minerdesk.ui import quantity
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.theme import CAPTION_PX
from minerdesk.units import DisplayUnit

Cells = dict[str, str | float | bool | None]
_UNIT_PX, _LEAST_PX = 72, 440


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One line of the form."""

    label: str
    unit: DisplayUnit | None = None
    example: str = ""


_LINES = {
    "day": _Line(label="&Day (UTC)", example="2026-01-16"),
    "hashprice_usd_per_ph_day": _Line(
        label="&Hashprice", unit=DisplayUnit(label="$/PH/day", factor=1.0), example="as published"
    ),
    "difficulty_t": _Line(label="Di&fficulty", unit=DisplayUnit(label="T", factor=1.0), example="if stated beside it"),
    "btc_price_usd": _Line(label="&BTC price", unit=DisplayUnit(label="$", factor=1.0), example="if stated beside it"),
    "fee_share": _Line(label="Fee &share", unit=DisplayUnit(label="%", factor=100.0), example="if stated beside it"),
    "source": _Line(label="S&ource", example="who published it"),
}


class PublishedForm(QDialog):
    """Asks for one published value. `submit` takes the cells and returns why they can't be taken, or an empty text."""

    def __init__(self, submit: Callable[[Cells], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._submit = submit
        self.setWindowTitle("Add a published hashprice")
        self.setMinimumWidth(_LEAST_PX)
        self.edits = {column: QLineEdit() for column in _LINES}
        self.notes = {column: plain_label(CAPTION_PX, "cost") for column in _LINES}
        self.problem = plain_label(CAPTION_PX, "cost")
        form = QFormLayout()
        form.setVerticalSpacing(6)
        for column, line in _LINES.items():
            form.addRow(*self._row(column, line))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton("&Add value", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        buttons.accepted.connect(self._check)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        self.problem.setWordWrap(True)
        self.problem.hide()
        layout.addWidget(self.problem)
        layout.addWidget(buttons)

    def _row(self, column: str, line: _Line) -> tuple[QLabel, QWidget]:
        edit, note = self.edits[column], self.notes[column]
        edit.setPlaceholderText(line.example)
        edit.setAccessibleName(line.label.replace("&", ""))
        if column in NUMBERS:
            edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        else:
            edit.setMaxLength(published.MOST_LETTERS)
        name = QLabel(line.label, textFormat=Qt.TextFormat.PlainText)
        name.setBuddy(edit)
        across = QHBoxLayout()
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(6)
        across.addWidget(edit, 1)
        if line.unit is not None:
            unit = plain_label(CAPTION_PX, "muted", line.unit.label)
            unit.setFixedWidth(_UNIT_PX)
            across.addWidget(unit)
        note.setWordWrap(True)
        note.hide()
        holder = QWidget()
        down = QVBoxLayout(holder)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(across)
        down.addWidget(note)
        return name, holder

    def cells(self) -> tuple[Cells, dict[str, str]]:
        """Return the cells as typed, empty ones left out, and by column what is wrong with them."""
        cells: Cells = {}
        wrong: dict[str, str] = {}
        for column, edit in self.edits.items():
            text, unit = edit.text().strip(), _LINES[column].unit
            if not text:
                continue
            if unit is None:
                cells[column] = text
                continue
            reading = quantity.read(text, (unit,), unit, final=True)
            if reading.value is None:
                wrong[column] = reading.refusal
            else:
                cells[column] = reading.value
        for column, message in published.check_row(cells):
            wrong.setdefault(column, f"It {message}")
        return cells, wrong

    def _check(self) -> None:
        """Hand the cells on if nothing is wrong with them; else say at each field what is."""
        cells, wrong = self.cells()
        for column, note in self.notes.items():
            note.setText(wrong.get(column, ""))
            note.setVisible(column in wrong)
        refusal = "" if wrong else self._submit(cells)
        self.problem.setText(refusal)
        self.problem.setVisible(bool(refusal))
        if wrong:
            self.edits[next(column for column in _LINES if column in wrong)].setFocus()
        elif not refusal:
            self.accept()
