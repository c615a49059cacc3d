"""The form for one lease of the user's own: typed as announced, judged at once, shown in the ruler's unit."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from minerdesk import words
from minerdesk.economics import deals
from minerdesk.economics.deals import NUMBERS, REQUIRED
from minerdesk.ui import quantity
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.theme import CAPTION_PX
from minerdesk.units import DisplayUnit

_DOLLARS = (
    DisplayUnit(label="M$", factor=1e-6),
    DisplayUnit(label="B$", factor=1e-9),
    DisplayUnit(label="$", factor=1.0),
)
_UNIT_PX, _LEAST_PX = 64, 460

#: What a form gives: the cells of a row by column.
Cells = dict[str, str | float | bool | None]


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One line of the form."""

    label: str
    units: tuple[DisplayUnit, ...] = ()
    example: str = ""


def _unit(label: str, factor: float = 1.0) -> tuple[DisplayUnit, ...]:
    return (DisplayUnit(label=label, factor=factor),)


_LINES = {
    "operator": _Line(label="&Operator"),
    "tenant": _Line(label="&Tenant"),
    "signed": _Line(label="Si&gned", example="2025-12-17, 2025-12 or 2025"),
    "business": _Line(label="What is &let"),
    "power": _Line(label="&Power", example="pass-through, modified gross …"),
    "total_usd": _Line(label="&Contract value", units=_DOLLARS, example="all years together, like 3700 or 3.7 B$"),
    "years": _Line(label="T&erm", units=_unit("years")),
    "it_mw": _Line(label="Critical &IT load", units=_unit("MW")),
    "gross_mw": _Line(label="&Gross load", units=_unit("MW"), example="at the meter, if known"),
    "pue": _Line(label="P&UE", units=_unit(""), example="if stated; else gross / IT, else your site’s"),
    "escalator_fraction": _Line(label="E&scalator", units=_unit("% a year", 100.0), example="if known"),
}


class LeaseForm(QDialog):
    """Asks for one lease. `submit` takes the cells and returns why they can't be taken, or an empty text.

    Parameters
    ----------
    row
        The cells to begin with; None is a new lease.
    """

    def __init__(
        self, submit: Callable[[Cells], str], row: deals.Row | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._submit = submit
        self.setWindowTitle("Add a lease" if row is None else "Edit a lease")
        self.setMinimumWidth(_LEAST_PX)
        self.edits = {column: QLineEdit() for column in _LINES if column != "business"}
        self.business = QComboBox()
        for business in deals.BUSINESSES:
            self.business.addItem(business.label, business.value)
        self.notes = {column: plain_label(CAPTION_PX, "cost") for column in _LINES}
        self.preview = plain_label(CAPTION_PX, "muted")
        self.problem = plain_label(CAPTION_PX, "cost")
        self._build("&Add lease" if row is None else "&Save lease")
        self._fill(row or {})
        for edit in self.edits.values():
            edit.textChanged.connect(self._preview)
        self._preview()

    def _build(self, verb: str) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(6)
        for column, line in _LINES.items():
            form.addRow(*self._row(column, line))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        buttons.accepted.connect(self._check)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        for label in (self.preview, self.problem):
            label.setWordWrap(True)
            layout.addWidget(label)
        self.problem.hide()
        layout.addWidget(buttons)

    def _row(self, column: str, line: _Line) -> tuple[QLabel, QWidget]:
        control = self._control(column)
        name = QLabel(line.label, textFormat=Qt.TextFormat.PlainText)
        name.setBuddy(control)
        control.setAccessibleName(line.label.replace("&", ""))
        across = QHBoxLayout()
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(6)
        across.addWidget(control, 1)
        if line.units:
            unit = plain_label(CAPTION_PX, "muted", line.units[0].label)
            unit.setFixedWidth(_UNIT_PX)
            across.addWidget(unit)
        note = self.notes[column]
        note.setWordWrap(True)
        note.hide()
        holder = QWidget()
        down = QVBoxLayout(holder)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(across)
        down.addWidget(note)
        return name, holder

    def _control(self, column: str) -> QWidget:
        if column == "business":
            return self.business
        edit, line = self.edits[column], _LINES[column]
        edit.setPlaceholderText(line.example)
        if column in NUMBERS:
            edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        else:
            edit.setMaxLength(deals.MOST_LETTERS)
        return edit

    def _fill(self, row: deals.Row) -> None:
        for column, edit in self.edits.items():
            cell = row.get(column)
            if isinstance(cell, str):
                edit.setText(cell)
            elif cell is not None:
                edit.setText(quantity.written(float(cell), _LINES[column].units[0]))
        self.business.setCurrentIndex(max(self.business.findData(row.get("business")), 0))

    # -- what is typed ------------------------------------------------------------------------------------------------

    def cells(self) -> tuple[Cells, dict[str, str]]:
        """Return the cells as typed, empty ones left out, and by column what is wrong with them."""
        cells: Cells = {"business": str(self.business.currentData())}
        wrong: dict[str, str] = {}
        for column, edit in self.edits.items():
            text = edit.text().strip()
            if not text:
                continue
            if column not in NUMBERS:
                cells[column] = text
                continue
            units = _LINES[column].units
            reading = quantity.read(text, units, units[0], final=True)
            if reading.value is None:
                wrong[column] = reading.refusal
            else:
                cells[column] = reading.value
        for column, message in deals.check_row(cells):
            wrong.setdefault(column, f"It {message}")
        return cells, wrong

    def _preview(self) -> None:
        """Say what the lease comes to as soon as it can be said; what was wrong and is mended is no longer said."""
        cells, wrong = self.cells()
        for column, note in self.notes.items():
            if column not in wrong:
                note.hide()
        if wrong:
            missing = REQUIRED & wrong.keys()
            self.preview.setText("Operator, contract value, term and IT load are needed." if missing else "")
            return
        found = deals.figures(deals.read_rows([cells])[0], 1.0)
        first = found.first_year_usd_per_kw_month
        year_1 = "" if first is None else f"; year 1 {words.figure(first, 1)}"
        self.preview.setText(
            f"{words.figure(found.usd_per_kw_month, 1)} $/kW-month on average{year_1}; "
            f"{words.figure(found.usd_per_mwh_it, 1)} $/MWh of IT load."
        )

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
            first = next(column for column in _LINES if column in wrong)
            self.edits.get(first, self.business).setFocus()
        elif not refusal:
            self.accept()
