"""The phases on the page of the plan: typed in place, refused with a reason, default until edited, undone in a step."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.economics.plan.phases import Phase
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.phases import PhasesEditor, read_cell, typed_text
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance
from minerdesk.words import THIN

JANUARY = date(2026, 1, 1)


def plain(text: str) -> str:
    return text.replace(THIN, " ")


@pytest.fixture
def bridge(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    session, tasks = session_at(monkeypatch, offline=True), Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()
    session.close()


@pytest.fixture
def editor(bridge: Bridge, qtbot: Any, qapp: QApplication) -> PhasesEditor:
    made = PhasesEditor(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.resize(290, 220)
    made.render_snapshot(bridge.snapshot)
    return made


def cell(editor: PhasesEditor, row: int, column: int, role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> Any:
    return editor.table.phases.index(row, column).data(role)


def type_into(editor: PhasesEditor, row: int, column: int, text: str) -> None:
    model = editor.table.phases
    model.setData(model.index(row, column), text)
    QApplication.processEvents()  # the edit is queued behind the closing of the cell's editor


def laid(bridge: Bridge) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in bridge.snapshot.tables.get("phases", ())]


def test_default_phases_are_shown_as_such_until_the_first_edit(editor: PhasesEditor, bridge: Bridge) -> None:
    assert [cell(editor, 0, n) for n in range(4)] == ["Phase 1", "25", "Apr 2026 · 3", "12"]
    assert cell(editor, 0, 1, Qt.ItemDataRole.FontRole).italic()
    assert editor.said.variants[0].startswith("Default until you edit it.")
    assert not laid(bridge)
    assert not editor.reset.isEnabled()
    type_into(editor, 1, 1, "40")
    assert laid(bridge) == [("Phase 1", 25.0, 3, 12), ("Phase 2", 40.0, 9, 12)], "the others became the user's own too"
    assert cell(editor, 0, 1, Qt.ItemDataRole.FontRole) is None
    assert editor.reset.isEnabled()


def test_defaults_follow_the_site_and_the_users_own_do_not(editor: PhasesEditor, bridge: Bridge) -> None:
    bridge.edit("site.capacity_mw", 200.0)
    assert cell(editor, 0, 1) == "50"
    type_into(editor, 0, 1, "30")
    bridge.edit("site.capacity_mw", 100.0)
    assert cell(editor, 0, 1) == "30"


def test_a_month_is_typed_as_a_number_or_as_a_date(editor: PhasesEditor, bridge: Bridge) -> None:
    for text, month in (("7", 7), ("2027-03", 14), ("Mar 2028", 26), ("1/2026", 0)):
        type_into(editor, 0, 2, text)
        assert laid(bridge)[0][2] == month
    assert cell(editor, 0, 2) == "Jan 2026 · 0"
    assert cell(editor, 0, 2, Qt.ItemDataRole.EditRole) == "0"


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        (1, "lots", "can’t be read"),
        (1, "-5", "must lie between 0"),
        (2, "2025-12", "must lie between 0"),
        (2, "3.5", "whole months"),
        (3, "1e9", "must lie between"),
        (3, "", "can’t be read"),
        (1, "nan", "must lie between"),
    ],
)
def test_a_refused_cell_keeps_what_was_typed_and_says_why(
    editor: PhasesEditor, bridge: Bridge, column: int, text: str, words: str
) -> None:
    type_into(editor, 0, 1, "30")
    type_into(editor, 0, column, text)
    assert words in editor.said.variants[0]
    assert editor.said.property("look") == "cost"
    assert cell(editor, 0, column) == text
    assert words in cell(editor, 0, column, Qt.ItemDataRole.ToolTipRole)
    assert laid(bridge) == [("Phase 1", 30.0, 3, 12), ("Phase 2", 25.0, 9, 12)], "nothing changed"
    bridge.publish(bridge.session.desk.snapshot())
    assert cell(editor, 0, column) == text, "a tick of the clock takes nothing away"
    editor.forget_typing()
    assert cell(editor, 0, column) != text
    assert editor.said.property("look") == "caption"


def test_a_good_value_ends_a_refusal(editor: PhasesEditor, bridge: Bridge) -> None:
    type_into(editor, 0, 1, "lots")
    type_into(editor, 0, 1, "12,5 MW")
    assert cell(editor, 0, 1) == "12.5"
    assert laid(bridge)[0][1] == 12.5
    type_into(editor, 0, 1, "lots")
    type_into(editor, 0, 1, "12.5")
    assert cell(editor, 0, 1) == "12.5", "the value that holds, typed again, ends it too"
    assert editor.table.phases.refused is None


def test_phases_are_added_after_the_last_within_what_is_left(editor: PhasesEditor, bridge: Bridge) -> None:
    editor.add.click()
    assert laid(bridge)[2] == ("Phase 3", 25.0, 21, 12)
    type_into(editor, 2, 1, "40")
    editor.add.click()
    assert laid(bridge)[3] == ("Phase 4", 10.0, 33, 12), "10 MW of the site are left"
    assert editor.table.chosen() == 3


def test_the_fifty_first_phase_is_refused_in_words(editor: PhasesEditor, bridge: Bridge) -> None:
    rows = [Phase(label="", mw=1.0, start_month=1, build_months=1).row()] * 50
    bridge.lay_table("phases", rows)
    assert cell(editor, 49, 0) == "Phase 50"
    editor.add.click()
    assert len(laid(bridge)) == 50
    assert "50" in editor.said.variants[0]
    assert editor.said.property("look") == "cost"


def test_phases_are_removed_and_undo_brings_them_back(
    editor: PhasesEditor, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minerdesk.desk.MERGE_WITHIN_S", -1.0)
    type_into(editor, 0, 0, "North")
    assert not editor.remove.isEnabled()
    editor.table.choose(0, "mw")
    assert editor.remove.isEnabled()
    QTest.keyClick(editor.table, Qt.Key.Key_Delete)
    assert [row[0] for row in laid(bridge)] == ["Phase 2"]
    editor.table.choose(0, "mw")
    editor.remove.click()
    assert laid(bridge) == []
    assert cell(editor, 0, 0) == "Phase 1", "without rows of one's own the default ones stand in"
    bridge.undo()
    assert [row[0] for row in laid(bridge)] == ["Phase 2"]
    bridge.undo()
    assert [row[0] for row in laid(bridge)] == ["North", "Phase 2"]


def test_back_to_the_default_is_one_step(editor: PhasesEditor, bridge: Bridge) -> None:
    type_into(editor, 0, 1, "33")
    editor.reset.click()
    assert laid(bridge) == []
    assert editor.said.variants[0].startswith("Default")


def test_the_chosen_phase_is_said_in_a_sentence(editor: PhasesEditor) -> None:
    type_into(editor, 0, 1, "33")
    assert plain(editor.said.variants[0]) == "58 MW in 2 phases"
    editor.table.choose(0, "mw")
    said = "Phase 1: 33 MW dark from Apr 2026, built in 12 months, ready in Apr 2027."
    assert plain(editor.said.variants[0]) == said
    assert plain(cell(editor, 0, 0, Qt.ItemDataRole.ToolTipRole)) == f"<qt>{said}</qt>"
    type_into(editor, 0, 3, "0")
    assert "changed over at once in Apr 2026" in editor.said.variants[0]


def test_the_table_is_copied_as_it_is_typed(editor: PhasesEditor) -> None:
    copy = QKeySequence(QKeySequence.StandardKey.Copy)[0]
    editor.table.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, copy.key(), copy.keyboardModifiers()))
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[1] == "Phase 1\t25\t3\t12"


def test_markup_in_a_label_stays_text(editor: PhasesEditor) -> None:
    type_into(editor, 0, 0, "<b>x</b>")
    assert "&lt;b&gt;" in cell(editor, 0, 0, Qt.ItemDataRole.ToolTipRole)


def test_every_control_has_a_name_and_is_reached_by_tab(editor: PhasesEditor) -> None:
    assert all(widget.accessibleName() for widget in editor.stops())
    assert editor.table in editor.stops()


def test_what_is_typed_is_read_back() -> None:
    phase = Phase(label="North", mw=0.1 + 0.2, start_month=6, build_months=18)
    for name in ("mw", "start_month", "build_months"):
        assert read_cell(name, typed_text(phase, name), JANUARY) == pytest.approx(getattr(phase, name))
    assert read_cell("mw", "1 000.5", JANUARY) == 1_000.5
