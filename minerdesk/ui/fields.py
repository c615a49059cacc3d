"""Input rows generated from the declarations: a label, a control, its unit, a reset button, and a note when needed.

A row shows what the snapshot holds and says `edited(key, value)`; it never changes anything itself. While somebody is
typing, every complete and allowed number is an edit at once, and no snapshot touches the text under the cursor.
"""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from minerdesk.economics.declarations import Field
from minerdesk.economics.schema import Value
from minerdesk.errors import Problem, Severity
from minerdesk.snapshot import Snapshot
from minerdesk.ui import quantity, theme
from minerdesk.ui.fieldparts import (
    CHEVRON_PX,
    NUMBER_PX,
    ROW_PX,
    UNIT_PX,
    FieldRow,
    NumberEdit,
    UnitButton,
    rich,
    set_property,
)
from minerdesk.ui.quantity import Reading
from minerdesk.ui.theme import Theme
from minerdesk.units import DisplayUnit, preferred_unit
from minerdesk.words import with_unit

#: Role and icon of a note by the severity of what it says.
_LOOKS: Mapping[str, tuple[str, str]] = {
    Severity.ERROR: ("cost", "warning"),
    Severity.WARNING: ("warning", "warning"),
    Severity.NOTE: ("muted", "info"),
}


class QuantityField(FieldRow):
    """A number with its unit.

    Enter and leaving the field settle what was typed; Escape goes back to what held before typing began. Text that is
    refused stays in sight with the reason, and what held before holds again.

    Signals
    -------
    unit_chosen(str, str)
        The base unit, and the label of the unit in which every input of it is to be shown.
    """

    unit_chosen = Signal(str, str)

    def __init__(self, field: Field, shown: Theme, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(field, shown, QLabel(label or field.label, textFormat=Qt.TextFormat.PlainText), parent)
        self._value = self._before = _number(field.default)
        self._units = quantity.units_of(field, None)
        self.unit: DisplayUnit = self._units[0]
        self.edit = NumberEdit(self)
        self.edit.setFixedSize(NUMBER_PX, ROW_PX)
        self.edit.textEdited.connect(self._on_typed)
        self.edit.editingFinished.connect(self._settle)
        self.edit.stepped.connect(self._step)
        self.edit.cancelled.connect(self._cancel)
        self.label.setBuddy(self.edit)
        self.unit_button = UnitButton(self)
        self.unit_label = QLabel(self, textFormat=Qt.TextFormat.PlainText)
        self._build_unit()
        self.grid.addWidget(self.label, 0, 1)
        self.grid.addWidget(self.edit, 0, 2, Qt.AlignmentFlag.AlignTop)
        self._dress()
        self._show()

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def control(self) -> QWidget:
        """The line of the number."""
        return self.edit

    @property
    def stops(self) -> list[QWidget]:
        """Where Tab stops in this row, in order."""
        return [self.edit, self.unit_button, self.margin_button]

    def render_snapshot(self, snapshot: Snapshot, unit_labels: Mapping[str, str]) -> None:
        """Show the value of this input, unless somebody is typing it."""
        other_unit = self._use_units(snapshot, unit_labels)
        value = _number(snapshot.values[self.field.key])
        from_elsewhere = value != self._value
        self._value = value
        if from_elsewhere:
            self._before = value
        self._show_margin_button(value)
        advised_anew = self._take_advice(snapshot)
        if other_unit or (self._canonical() != self.edit.text() and self._may_rewrite(from_elsewhere)):
            self._show()
        elif advised_anew and not self.edit.isModified():
            self._mark(self._judged())

    def forget_typing(self) -> None:
        """Show the value that holds in place of what is half typed or refused."""
        self._show()

    def refuse(self, message: str, value: Value) -> None:
        """Say why an edit was refused; `value` still holds."""
        self._value = self._before = _number(value)
        self._mark(self._error(message))

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        super().restyle(shown)
        if not self.unit_button.icon().isNull():
            self._draw_chevron()

    def _may_rewrite(self, from_elsewhere: bool) -> bool:
        """Whether the text may be replaced: not under the cursor, nor refused text that waits for the user."""
        return not self.edit.isModified() or (from_elsewhere and not self.edit.hasFocus())

    def _canonical(self) -> str:
        return "" if self._value is None else quantity.written(self._value, self.unit)

    def _show(self) -> None:
        """Write the value as it is; what was typed is settled or given up."""
        self._before = self._value
        self.edit.setText(self._canonical())
        self.edit.setCursorPosition(0)  # of a number that is too long the first digits are the ones to see
        self._mark(self._judged())

    def _judged(self) -> Problem | None:
        """Return what is to be said of the value: a guard-rail knows more than the usual range does."""
        if self._value is None:
            return None
        judged = quantity.judge(self.field, self._value, self.unit)
        return judged if _is_error(judged) else self.advice or judged

    def _mark(self, problem: Problem | None, then: str = "") -> None:
        """Say what is wrong by sign, word and colour together."""
        level = problem.severity.value if problem else ""
        if (self.edit.property("level") or "") != level:
            set_property(self.edit, "level", level)
        message = f"{problem.message} {then}".strip() if problem else ""
        role, icon = _LOOKS.get(level, ("muted", ""))
        self.note.say(message, self.theme, icon=icon, role=role)
        self.edit.setAccessibleDescription(f"{message} {self.field.help}".strip())

    # -- the unit -----------------------------------------------------------------------------------------------------

    def _build_unit(self) -> None:
        """Make the unit a menu where it has alternatives, a muted word where it has none."""
        has_choice = len(quantity.units_of(self.field, 1.0)) > 1
        shown, other = (self.unit_button, self.unit_label) if has_choice else (self.unit_label, self.unit_button)
        other.hide()
        self.unit_label.setProperty("look", "caption")
        self.unit_label.setWordWrap(True)
        if has_choice:
            self._draw_chevron()
        self.unit_label.setFixedWidth(UNIT_PX)
        self.unit_label.setIndent(2)
        self.grid.setColumnMinimumWidth(3, UNIT_PX)
        self.grid.addWidget(shown, 0, 3, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _draw_chevron(self) -> None:
        self.unit_button.setIcon(theme.icon("chevron-down", self.theme, "muted", CHEVRON_PX))

    def _use_units(self, snapshot: Snapshot, unit_labels: Mapping[str, str]) -> bool:
        """Take the units that are known now and the chosen one; return whether it is another than before."""
        units = quantity.units_of(self.field, snapshot.results.network.btc_price_usd)
        unit = preferred_unit(units, unit_labels.get(self.field.unit))
        if units == self._units and unit == self.unit:
            return False
        other = unit.label != self.unit.label
        self._units, self.unit = units, unit
        self._dress()
        return other

    def _dress(self) -> None:
        """Write the unit wherever it stands: beside the number, in the menu, in help and names."""
        label = self.unit.label
        self.unit_label.setText(label)
        self.unit_button.setText(label)
        self.unit_button.setFixedWidth(self.unit_button.sizeHint().width())
        self.unit_button.setEnabled(len(self._units) > 1)
        self.unit_button.setAccessibleName(f"Unit of {self.field.label}: {label}")
        self.unit_button.setToolTip("Show it in another unit")
        self._fill_unit_menu()
        self._explain(
            f"{self.field.label}, {label}" if label else self.field.label,
            quantity.help_lines(self.field, self.unit, self._units),
        )
        self.margin_button.setToolTip(self._margin_tip())

    def _margin_tip(self) -> str:
        return rich([f"Reset to {quantity.default_words(self.field, self.unit)}"])

    def _fill_unit_menu(self) -> None:
        menu = self.unit_button.menu()
        menu.clear()
        for old in menu.findChildren(QActionGroup):
            old.deleteLater()  # with its actions: the menu lets go of them, but does not end them
        group = QActionGroup(menu)
        for unit in self._units:
            action = QAction(unit.label, group)
            action.setCheckable(True)
            action.setChecked(unit == self.unit)
            action.triggered.connect(partial(self._choose_unit, unit.label))
            menu.addAction(action)

    def _choose_unit(self, label: str, _checked: bool = False) -> None:
        self._settle()
        self.unit_chosen.emit(self.field.unit, label)

    # -- typing -------------------------------------------------------------------------------------------------------

    def _on_typed(self, text: str) -> None:
        reading = quantity.read(text, self._units, self.unit)
        problem = self._weigh(reading)
        self._mark(problem if _is_error(problem) else None)  # 5 is unusual, but it may be on its way to 58
        if reading.value is not None and not _is_error(problem):
            self._say(reading.value)

    def _settle(self) -> None:
        """Take what was typed as final: show it as it is kept, or say why it is refused."""
        if not self.edit.isModified():
            return
        text = self.edit.text()
        if self.field.optional and not text.strip():
            self._on_margin_button()
            return
        reading = quantity.read(text, self._units, self.unit, final=True)
        problem = self._weigh(reading)
        if _is_error(problem):
            self._say(self._before)
            self._mark(problem, self._what_holds())
        elif self._say(reading.value):
            self._show()

    def _cancel(self) -> None:
        self._say(self._before)
        self._show()

    def _step(self, steps: int) -> None:
        typed = quantity.read(self.edit.text(), self._units, self.unit, final=True).value
        start = typed if self.edit.isModified() and typed is not None else self._value
        if start is not None:
            self.edit.setModified(False)
            if self._say(quantity.stepped(self.field, start, self.unit, steps)):
                self._show()

    def _say(self, value: float | None) -> bool:
        """Emit an edit, if it is one. Return whether it holds: whoever listens may have refused it."""
        if value != self._value:
            self._value = value
            self.edited.emit(self.field.key, value)
        return self._value == value

    def _on_margin_button(self) -> None:
        self.edit.setModified(False)
        super()._on_margin_button()

    def _weigh(self, reading: Reading) -> Problem | None:
        if reading.refusal:
            return self._error(reading.refusal)
        return None if reading.value is None else quantity.judge(self.field, reading.value, self.unit)

    def _error(self, message: str) -> Problem:
        return Problem(field=self.field.key, severity=Severity.ERROR, message=message)

    def _what_holds(self) -> str:
        if self._value is None:
            return ""
        return f"{with_unit(quantity.written(self._value, self.unit), self.unit.label)} still holds."


class _SwitchLabel(QLabel):
    """A label that wraps, as a check box's own can't, and switches it all the same."""

    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class SwitchField(FieldRow):
    """A yes-or-no input."""

    def __init__(self, field: Field, shown: Theme, label: str = "", parent: QWidget | None = None) -> None:
        words = _SwitchLabel(label or field.label)
        super().__init__(field, shown, words, parent)
        self.check = QCheckBox(self)
        self.check.clicked.connect(self._on_clicked)
        words.clicked.connect(self.check.click)
        self.label.setBuddy(self.check)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.check)
        line.addWidget(self.label, 1)
        self.grid.addLayout(line, 0, 1, 1, 3)
        unit = quantity.units_of(field, None)[0]
        self._explain(field.label, quantity.help_lines(field, unit, ()))
        self.margin_button.setToolTip(rich([f"Reset to {quantity.default_words(field, unit)}"]))

    @property
    def control(self) -> QWidget:
        """The check box."""
        return self.check

    def render_snapshot(self, snapshot: Snapshot, unit_labels: Mapping[str, str]) -> None:
        """Show whether it is on."""
        value = snapshot.values[self.field.key]
        self.check.setChecked(bool(value))
        self._show_margin_button(value)
        self._take_advice(snapshot)
        role, icon = _LOOKS[self.advice.severity] if self.advice else ("muted", "")
        self.note.say(self.advice.message if self.advice else "", self.theme, icon=icon, role=role)

    def _on_clicked(self, on: bool) -> None:
        self.edited.emit(self.field.key, on)

    def refuse(self, message: str, value: Value) -> None:
        """Say why an edit was refused; `value` still holds."""
        self.check.setChecked(bool(value))
        self.note.say(message, self.theme, icon="warning", role="cost")


class ChoiceField(FieldRow):
    """One of a few named values, under its label."""

    def __init__(self, field: Field, shown: Theme, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(field, shown, QLabel(label or field.label, textFormat=Qt.TextFormat.PlainText), parent)
        self.combo = _Combo(self)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for choice in field.choices:
            self.combo.addItem(choice.label, choice.value)
        self.combo.activated.connect(self._on_activated)
        self.label.setBuddy(self.combo)
        self.grid.removeWidget(self.note)
        self.grid.addWidget(self.label, 0, 1, 1, 3)
        self.grid.addWidget(self.combo, 1, 1, 1, 3)
        self.grid.addWidget(self.note, 2, 1, 1, 3)
        unit = quantity.units_of(field, None)[0]
        self._explain(field.label, quantity.help_lines(field, unit, ()))
        self.margin_button.setToolTip(rich([f"Reset to {quantity.default_words(field, unit)}"]))

    @property
    def control(self) -> QWidget:
        """The list."""
        return self.combo

    def render_snapshot(self, snapshot: Snapshot, unit_labels: Mapping[str, str]) -> None:
        """Show what is chosen."""
        value = snapshot.values[self.field.key]
        self.combo.setCurrentIndex(self.combo.findData(value))
        self._show_margin_button(value)
        self._take_advice(snapshot)
        role, icon = _LOOKS[self.advice.severity] if self.advice else ("muted", "")
        self.note.say(self.advice.message if self.advice else "", self.theme, icon=icon, role=role)

    def _on_activated(self, index: int) -> None:
        self.edited.emit(self.field.key, self.combo.itemData(index))

    def refuse(self, message: str, value: Value) -> None:
        """Say why an edit was refused; `value` still holds."""
        self.combo.setCurrentIndex(self.combo.findData(value))
        self.note.say(message, self.theme, icon="warning", role="cost")


class _Combo(QComboBox):
    """A list that the wheel leaves alone unless it has the focus: the wheel scrolls the form."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _number(value: Value) -> float | None:
    """Return the value of a number, which is never text."""
    return None if isinstance(value, str) else value


def _is_error(problem: Problem | None) -> bool:
    return problem is not None and problem.severity is Severity.ERROR
