"""On a small screen: dialogs keep their buttons in reach, and tables of many columns are read by scrolling."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QWidget
from sample_desk import session_at

from minerdesk import words
from minerdesk.ui import app as desktop_app
from minerdesk.ui.app import Desktop
from minerdesk.ui.windows.preferences import PreferencesDialog


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch, qapp: QApplication, qtbot: Any) -> Iterator[Desktop]:
    made = desktop_app.build(session_at(monkeypatch, offline=True), qapp)
    made.window.resize(1_280, 800)
    made.window.render_snapshot(made.bridge.snapshot)
    made.window.show()
    qtbot.wait(20)
    yield made
    made.window.hide()
    made.close()


def test_a_window_opens_no_larger_than_its_screen(qapp: QApplication, qtbot: Any) -> None:
    del qapp
    window = QWidget()
    qtbot.addWidget(window)
    room = window.screen().availableSize()
    window.resize(room.width() + 200, 300)
    desktop_app.keep_on_screen(window)
    assert room.width() - 40 <= window.width() < room.width() and window.height() == 300
    window.resize(room)
    window.setWindowState(Qt.WindowState.WindowMaximized)
    desktop_app.keep_on_screen(window)
    assert window.size() == room, "what fills the screen keeps its size"


def test_the_preferences_fit_a_small_screen_with_their_buttons_in_reach(desktop: Desktop, qtbot: Any) -> None:
    dialog = PreferencesDialog(desktop.session.preferences)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.height() <= 640 and dialog.minimumSizeHint().height() <= 640
    assert len(dialog.urls) > 20, "each source has a line, and they scroll"


def test_in_the_table_of_many_columns_none_is_cut_and_a_date_reads_as_everywhere(desktop: Desktop) -> None:
    charts = desktop.window.charts
    charts._table_button.click()
    view, metrics = charts.comparison_table, charts.comparison_table.fontMetrics()
    header = view.horizontalHeader()
    for column in range(view.cells.columnCount()):
        width = header.sectionSize(column)
        wrapped = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
        heading = metrics.boundingRect(QRect(0, 0, width - 8, 1_000), wrapped, view.cells.heading(column))
        assert heading.width() <= width and heading.height() <= header.height(), view.cells.heading(column)
    shown = view.cells.index(0, 0).data()
    assert metrics.horizontalAdvance(shown) < header.sectionSize(0) - 6
    iso = str(view.cells.cell(0, 0))
    assert shown == words.day(date.fromisoformat(iso)) and shown != iso, "copied it stays ISO"
