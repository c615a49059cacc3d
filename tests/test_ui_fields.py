"""The rows that hold a value, over a desk without files or network."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QActionGroup, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from minerdesk.desk import Desk
from minerdesk.economics.schema import FIELDS, Value
from minerdesk.snapshot import Snapshot
from minerdesk.ui.fieldparts import FieldRow
from minerdesk.ui.fields import QuantityField, SwitchField
from minerdesk.ui.theme import LIGHT
from minerdesk.units import DISPLAY_UNITS
from minerdesk.words import THIN

POWER, PASSED_THROUGH = "power.price_usd_per_mwh", "colo.power_passed_through"
USD_PER_MWH, USD_PER_KWH, CENTS_PER_KWH = DISPLAY_UNITS["$/MWh"]


class Bench:
    """One row over a desk: its edits are applied and the snapshot comes back at once, as in the window."""

    def __init__(self, row: FieldRow) -> None:
        self.desk = Desk(now=lambda: datetime(2026, 1, 16, 12, tzinfo=UTC))
        self.row = row
        self.unit_labels: dict[str, str] = {}
        self.edits: list[Value] = []
        row.edited.connect(self._on_edited)
        if isinstance(row, QuantityField):
            row.unit_chosen.connect(self._on_unit)
        self.show(self.desk.snapshot())

    @property
    def value(self) -> Value:
        return self.desk.snapshot().values[self.row.field.key]

    def show(self, snapshot: Snapshot) -> None:
        self.row.render_snapshot(snapshot, self.unit_labels)

    def _on_edited(self, key: str, value: Value) -> None:
        self.edits.append(value)
        self.show(self.desk.apply({key: value}))

    def _on_unit(self, base_unit: str, label: str) -> None:
        self.unit_labels[base_unit] = label
        self.show(self.desk.snapshot())


@pytest.fixture
def power(qtbot: QtBot) -> Iterator[tuple[Bench, QuantityField]]:
    row = QuantityField(FIELDS[POWER], LIGHT)
    bench = Bench(row)
    qtbot.addWidget(row)
    row.show()
    row.activateWindow()
    qtbot.waitActive(row)
    yield bench, row


def type_over(qtbot: QtBot, row: QuantityField, text: str) -> None:
    row.edit.setFocus()
    row.edit.selectAll()
    qtbot.keyClicks(row.edit, text)


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
@pytest.mark.parametrize("text", ["0.07", "0,07"])
def test_a_decimal_typed_in_any_locale_is_that_decimal(
    qtbot: QtBot, power: tuple[Bench, QuantityField], text: str, locale: str
) -> None:
    bench, row = power
    before = QLocale()
    QLocale.setDefault(QLocale(locale))
    try:
        type_over(qtbot, row, text)
        qtbot.keyClick(row.edit, Qt.Key.Key_Return)
        assert bench.value == 0.07
        assert row.edit.text() == "0.07"
    finally:
        QLocale.setDefault(before)


def test_every_complete_number_is_an_edit_at_once_and_the_text_is_left_alone(
    qtbot: QtBot, power: tuple[Bench, QuantityField]
) -> None:
    bench, row = power
    type_over(qtbot, row, "58.50")
    assert bench.edits == [5.0, 58.0, 58.5]
    assert bench.value == 58.5
    bench.show(bench.desk.snapshot())
    assert row.edit.text() == "58.50"
    qtbot.keyClick(row.edit, Qt.Key.Key_Return)
    assert row.edit.text() == "58.5"
    assert bench.edits == [5.0, 58.0, 58.5]


@pytest.mark.parametrize("text", ["-", "0.", "5 $"])
def test_an_unfinished_number_is_judged_only_once_the_field_is_left(
    qtbot: QtBot, power: tuple[Bench, QuantityField], text: str
) -> None:
    bench, row = power
    type_over(qtbot, row, text)
    assert row.note.text == ""
    assert not row.edit.property("level")
    row.edit.clearFocus()
    assert row.note.text != ""
    assert row.edit.property("level") == ("warning" if text == "0." else "error")
    assert bench.value == (0.0 if text == "0." else 50.0)


def test_out_of_bounds_is_not_emitted_and_what_held_before_holds(
    qtbot: QtBot, power: tuple[Bench, QuantityField]
) -> None:
    bench, row = power
    row.edit.setFocus()
    row.edit.selectAll()
    row.edit.insert("9999")  # pasted
    assert bench.edits == []
    qtbot.keyClick(row.edit, Qt.Key.Key_Return)
    assert bench.edits == []
    assert bench.value == 50.0
    assert row.edit.text() == "9999"
    assert row.edit.property("level") == "error"
    assert "between −500 and 5 000 $/MWh" in row.note.text.replace(THIN, " ")
    assert "50 $/MWh still holds" in row.note.text.replace(THIN, " ")
    assert row.note.text in row.edit.accessibleDescription()
    bench.show(bench.desk.snapshot())
    assert row.edit.text() == "9999"
    qtbot.keyClick(row.edit, Qt.Key.Key_Escape)
    assert (row.edit.text(), row.note.text, row.edit.property("level")) == ("50", "", "")


def test_the_way_to_a_refused_number_leaves_no_trace(qtbot: QtBot, power: tuple[Bench, QuantityField]) -> None:
    bench, row = power
    type_over(qtbot, row, "99999")
    assert bench.value == 999.0
    qtbot.keyClick(row.edit, Qt.Key.Key_Return)
    assert bench.value == 50.0


def test_escape_goes_back_to_what_held_before_typing(qtbot: QtBot, power: tuple[Bench, QuantityField]) -> None:
    bench, row = power
    type_over(qtbot, row, "58")
    assert bench.value == 58.0
    qtbot.keyClick(row.edit, Qt.Key.Key_Escape)
    assert (bench.value, row.edit.text()) == (50.0, "50")


def test_an_unusual_value_is_used_with_a_sign_and_words(qtbot: QtBot, power: tuple[Bench, QuantityField]) -> None:
    bench, row = power
    type_over(qtbot, row, "900")
    assert row.note.text == ""
    qtbot.keyClick(row.edit, Qt.Key.Key_Return)
    assert bench.value == 900.0
    assert row.edit.property("level") == "warning"
    assert "Usual is 10 to 150" in row.note.text
    assert row.note.isVisible()


def test_a_value_from_elsewhere_is_shown_but_not_under_the_cursor(
    qtbot: QtBot, power: tuple[Bench, QuantityField]
) -> None:
    bench, row = power
    type_over(qtbot, row, "-")
    bench.show(bench.desk.apply({POWER: 61.0}))
    assert row.edit.text() == "-"
    qtbot.keyClick(row.edit, Qt.Key.Key_Escape)
    assert (row.edit.text(), bench.value) == ("61", 61.0)
    bench.show(bench.desk.apply({POWER: 62.0}))
    assert row.edit.text() == "62"


def test_arrow_keys_step_in_the_unit_shown(qtbot: QtBot, power: tuple[Bench, QuantityField]) -> None:
    bench, row = power
    row.edit.setFocus()
    qtbot.keyClick(row.edit, Qt.Key.Key_Up)
    assert bench.value == 51.0
    bench.unit_labels["$/MWh"] = USD_PER_KWH.label
    bench.show(bench.desk.snapshot())
    qtbot.keyClick(row.edit, Qt.Key.Key_Down)
    qtbot.keyClick(row.edit, Qt.Key.Key_Down)
    assert (bench.value, row.edit.text()) == (49.0, "0.049")


def wheel(row: QuantityField, notches: int) -> bool:
    spot = row.edit.rect().center()
    event = QWheelEvent(
        QPointF(spot),
        QPointF(row.edit.mapToGlobal(spot)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(row.edit, event)
    return event.isAccepted()


def test_the_wheel_steps_with_the_focus_and_is_left_to_the_panel_without(
    power: tuple[Bench, QuantityField],
) -> None:
    bench, row = power
    row.edit.clearFocus()
    assert not wheel(row, 1)
    assert bench.edits == []
    row.edit.setFocus()
    assert wheel(row, 2)
    assert bench.value == 52.0


def test_another_unit_keeps_the_exact_value(qtbot: QtBot, power: tuple[Bench, QuantityField]) -> None:
    bench, row = power
    bench.show(bench.desk.apply({POWER: 58.5}))
    for unit, text in ((USD_PER_KWH, "0.0585"), (CENTS_PER_KWH, "5.85"), (USD_PER_MWH, "58.5")):
        action = next(action for action in row.unit_button.menu().actions() if action.text() == unit.label)
        action.trigger()
        assert row.edit.text() == text
        assert row.unit_button.text() == unit.label
        assert row.edit.accessibleName() == f"Power price, {unit.label}"
    assert bench.edits == []
    assert bench.value == 58.5
    qtbot.waitUntil(lambda: len(row.unit_button.menu().findChildren(QActionGroup)) == 1)


def test_reset_is_there_while_there_is_something_to_reset(qtbot: QtBot, power: tuple[Bench, QuantityField]) -> None:
    bench, row = power
    assert not row.margin_button.isVisible()
    type_over(qtbot, row, "58")
    assert row.margin_button.isVisible()
    assert "Reset to 50" in row.margin_button.toolTip()
    assert FIELDS[POWER].origin in row.margin_button.toolTip()
    row.margin_button.click()
    assert (bench.value, row.edit.text()) == (50.0, "50")
    assert not row.margin_button.isVisible()


def test_a_refused_edit_is_told_beside_the_field(power: tuple[Bench, QuantityField]) -> None:
    bench, row = power
    row.refuse("Not now.", 50.0)
    assert row.note.text == "Not now."
    assert row.edit.property("level") == "error"
    bench.show(bench.desk.snapshot())
    assert row.note.text == "Not now."


def test_help_and_names_are_where_they_are_looked_for(power: tuple[Bench, QuantityField]) -> None:
    _, row = power
    assert row.edit.accessibleName() == "Power price, $/MWh"
    assert FIELDS[POWER].help in row.edit.accessibleDescription()
    assert row.label.buddy() is row.edit
    for text in (row.edit.toolTip(), row.edit.whatsThis(), row.label.toolTip()):
        assert "at the utility meter" in text
        assert "Allowed: −500 to 5 000 $/MWh" in text.replace(THIN, " ")
        assert "reference case" in text


def test_a_switch_is_switched_by_box_and_label(qtbot: QtBot) -> None:
    row = SwitchField(FIELDS[PASSED_THROUGH], LIGHT)
    bench = Bench(row)
    qtbot.addWidget(row)
    row.show()
    assert row.check.isChecked()
    assert bench.edits == []
    assert row.check.accessibleName() == FIELDS[PASSED_THROUGH].label
    qtbot.mouseClick(row.label, Qt.MouseButton.LeftButton)
    assert bench.value is False
    assert not row.check.isChecked()
    assert "on: the usual form" in row.margin_button.toolTip()
    row.margin_button.click()
    assert bench.value is True
    assert row.check.isChecked()
    row.check.click()
    assert bench.edits == [False, None, False]
