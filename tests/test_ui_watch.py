"""The page of the watch-list: rows, typing, switches, histories, the exported page, and what is told on the desktop."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QIcon, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLineEdit
from sample_desk import session_at
from sample_network import DAYS, DIFFICULTY, network

from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.store import scenario
from minerdesk.ui import render
from minerdesk.ui.alerts import Alerts
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export
from minerdesk.ui.charts.strips import Run, Strip, StripsSpec, paint_strips
from minerdesk.ui.notices import Notices
from minerdesk.ui.panels.watch import VENUE, WatchPanel
from minerdesk.ui.panels.watch_table import DAYS as DAYS_COLUMN
from minerdesk.ui.panels.watch_table import HISTORY, LABEL, LEAST, SINCE, STATE
from minerdesk.ui.panels.watch_table import NOW as MEASURED
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, LIGHT, Appearance
from minerdesk.ui.watch_figures import Watcher, strips
from minerdesk.words import NOTHING, THIN

IMPLIED = implied_hashrate_eh_s(DIFFICULTY)
NOW = datetime(2026, 2, 25, 12, tzinfo=UTC)
FLOOR, RIBBON, NEXT = 1, 2, 3  # the rows of three conditions; row 0 is their rule


@pytest.fixture
def session(monkeypatch):
    opened = session_at(monkeypatch, "2026-02-25T12:00:00Z", offline=True)
    rate = np.full(DAYS, IMPLIED * 1.06)
    rate[300:330] = IMPLIED * 0.8
    opened.desk.observe([], network(rate).values())
    yield opened
    opened.close()


@pytest.fixture
def bridge(session, qapp):
    tasks = Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()


@pytest.fixture
def panel(bridge, qtbot, qapp):
    made = WatchPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.render_snapshot(bridge.snapshot)
    made.resize(960, 520)
    made.show()
    QApplication.processEvents()
    return made


def cell(panel, row, column):
    return panel.table.lines.index(row, column).data().replace(THIN, " ")


def type_into(panel, row, column, text):
    index = panel.table.lines.index(row, column)
    panel.table.setCurrentIndex(index)
    panel.table.edit(index)
    editor = panel.table.indexWidget(index) or panel.table.viewport().findChildren(QLineEdit)[-1]
    editor.setText(text)
    panel.table.commitData(editor)
    panel.table.closeEditor(editor, panel.table.itemDelegate().EndEditHint.NoHint)
    QApplication.processEvents()


# -- what is shown -------------------------------------------------------------------------------


def test_every_rule_stands_over_its_conditions_with_state_and_since(panel):
    assert panel.table.lines.rowCount() == 11
    assert [cell(panel, row, LABEL) for row in (0, 4, 8)] == [
        "Hash rate is back",
        "AI demand grows",
        "Leverage is high",
    ]
    assert cell(panel, 0, STATE) == "triggered"
    assert cell(panel, FLOOR, MEASURED) == f"{IMPLIED * 1.06:,.1f} EH/s".replace(",", " ")
    assert cell(panel, FLOOR, LEAST) == "1 000 EH/s"
    assert cell(panel, FLOOR, DAYS_COLUMN) == "14"
    assert cell(panel, RIBBON, LEAST) == "0 %"
    assert cell(panel, RIBBON, DAYS_COLUMN) == ""
    assert cell(panel, 0, SINCE).endswith("2025") or cell(panel, 0, SINCE).endswith("2026")
    assert "Triggered: Hash rate is back" in panel.headline.text()
    assert "aggregator" in panel.caption.text()


def test_all_rows_are_seen_in_a_small_window(panel):
    last = panel.table.visualRect(panel.table.lines.index(10, LABEL))
    assert panel.table.viewport().rect().contains(last)


def test_the_estimate_of_a_former_epoch_is_not_called_the_next(panel, bridge):
    found = panel._watched.found
    assert cell(panel, NEXT, LABEL) == "Next retarget, estimate"
    panel.table.lines.show_list(replace(found, former_epoch_s=1_767_000_000), bridge.snapshot)
    assert cell(panel, NEXT, LABEL) == "Former epoch’s retarget, estimate"
    assert panel.fontMetrics().horizontalAdvance(cell(panel, NEXT, LABEL)) < panel.table.columnWidth(LABEL) - 28
    panel.table.lines.show_list(replace(found, former_epoch_s=None), bridge.snapshot)
    assert cell(panel, NEXT, LABEL) == "Next retarget, estimate"


def test_the_changes_stand_below_newest_first(panel):
    cells = panel.changes.cells
    dates = [cells.cell(row, 0) for row in range(cells.rowCount())]
    assert dates == sorted(dates, reverse=True)
    assert len(dates) > 10


def test_the_whole_table_is_copied_as_text(panel, qtbot):
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().split("\n")
    assert copied[0].split("\t")[:2] == ["Rule and its conditions", "Now"]
    assert len(copied) == 12


# -- typing --------------------------------------------------------------------------------------


def test_a_threshold_is_typed_and_the_rule_judged_anew(panel, bridge):
    type_into(panel, FLOOR, LEAST, "1100 EH/s")
    assert bridge.snapshot.values["watch.hashrate_eh_s"] == 1_100
    assert cell(panel, 0, STATE) == "quiet"
    bridge.undo()
    assert cell(panel, 0, STATE) == "triggered"


def test_a_percentage_is_typed_as_one(panel, bridge):
    type_into(panel, 3, LEAST, "-1,5")
    assert bridge.snapshot.values["watch.retarget_fraction"] == pytest.approx(-0.015)
    assert cell(panel, 3, LEAST) == "−1.5 %"


@pytest.mark.parametrize(("text", "said"), [("many", "not a number"), ("-5", "between"), ("1,000", "two ways")])
def test_a_bad_threshold_is_refused_with_its_reason_and_the_old_one_stays(panel, bridge, text, said):
    type_into(panel, FLOOR, LEAST, text)
    assert bridge.snapshot.values["watch.hashrate_eh_s"] == 1_000
    assert said in panel.said.text()
    type_into(panel, FLOOR, LEAST, "990")
    assert panel.said.text() == ""


def test_an_odd_threshold_is_used_and_said(panel, bridge):
    type_into(panel, FLOOR, LEAST, "20")
    assert bridge.snapshot.values["watch.hashrate_eh_s"] == 20
    assert "Used as typed" in panel.said.text()


def test_a_condition_is_switched_off_by_its_tick(panel, bridge):
    index = panel.table.lines.index(FLOOR, LABEL)
    assert index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    panel.table.lines.setData(index, Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    assert bridge.snapshot.values["watch.hashrate_on"] is False
    assert cell(panel, FLOOR, STATE) == "off"
    assert cell(panel, FLOOR, SINCE) == NOTHING
    assert panel.table.spec.strips[FLOOR].runs == ()


def test_the_venue_is_chosen_and_a_scenario_keeps_it(panel, bridge, session, tmp_path):
    panel.venue.setCurrentIndex(panel.venue.findData("aggregate"))
    panel.venue.activated.emit(panel.venue.currentIndex())
    assert bridge.snapshot.values[VENUE] == "aggregate"
    scenario.save(tmp_path / "a.minerdesk.json", session.scenario())
    bridge.undo()
    session.open_scenario(tmp_path / "a.minerdesk.json")
    assert session.desk.snapshot().values[VENUE] == "aggregate"


# -- histories -----------------------------------------------------------------------------------


def test_the_histories_stand_in_the_rows_and_say_what_was(panel, monkeypatch):
    said = []
    tips = SimpleNamespace(showText=lambda place, text, widget: said.append(text))
    monkeypatch.setattr("minerdesk.ui.panels.watch_table.QToolTip", tips)
    spec = panel.table.spec
    assert [strip.label for strip in spec.strips] == [cell(panel, row, LABEL) for row in range(11)]
    assert [strip.heading for strip in spec.strips].count(True) == 3
    left = panel.table.columnViewportPosition(HISTORY)
    place = QPoint(left + panel.table.columnWidth(HISTORY) - 3, 40)
    QApplication.sendEvent(
        panel.table.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, panel.table.mapToGlobal(place))
    )
    assert "Hash rate is back: triggered since" in said[0]
    assert "Leverage is high" in said[0]


def test_the_range_is_remembered(panel, bridge):
    before = panel.table.spec.start_s
    panel._set_range("All")
    assert panel.table.spec.start_s < before
    assert bridge.session.preferences.watch_range == "All"
    assert panel.shown("watch") == "All"


def picture(spec, shown=LIGHT):
    image = QImage(900, 300, QImage.Format.Format_ARGB32)
    image.fill(shown.colour("card"))
    painter = QPainter(image)
    paint_strips(painter, QRectF(image.rect()), shown, spec)
    painter.end()
    return image


@pytest.mark.parametrize("shown", [LIGHT, DARK], ids=["light", "dark"])
def test_a_strip_is_filled_where_its_state_holds(qapp, shown):
    runs = (Run(0.0, 50.0, "quiet", None), Run(50.0, 100.0, "triggered", "accent"))
    spec = StripsSpec(title="", strips=(Strip(label="A", runs=runs, heading=True),), start_s=0.0, end_s=100.0)
    drawn = picture(spec, shown)
    middle = int(4 + (300 - 4 - 24) / 2) + 5
    assert drawn.pixelColor(226 + 500, middle).name() == shown.colour("accent").name()
    assert drawn.pixelColor(226 + 100, middle).name() == shown.colour("card").name()


def test_nothing_known_says_what_to_do(qapp, monkeypatch):
    opened = session_at(monkeypatch, "2010-01-01T00:00:00Z", offline=True)
    try:
        spec = strips(Watcher().watched(opened.desk.snapshot()))
        assert spec.is_empty
        assert "Refresh (F5)" in spec.empty_text
        picture(spec)
    finally:
        opened.close()


def test_the_rules_are_judged_once_a_day_of_the_same_data(session):
    watcher, snapshot = Watcher(), session.desk.snapshot()
    first = watcher.watched(snapshot)
    assert watcher.watched(session.desk.snapshot()) is first
    assert watcher.watched(session.desk.apply({"power.price_usd_per_mwh": 61.0})) is first
    assert watcher.watched(session.desk.apply({"watch.hashrate_eh_s": 900.0})) is not first


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_exported_page_shows_every_rule(session, qapp, tmp_path, name):
    figure = render.page(session.desk.snapshot(), "watch", "All", theme_name=name)
    export.write_svg(figure, tmp_path / "watch.svg")
    text = (tmp_path / "watch.svg").read_text()
    for words in ("Hash rate is back", "AI demand grows", "Leverage is high"):
        assert words in text.replace("\u00a0", " ")


# -- on the desktop ------------------------------------------------------------------------------


@pytest.fixture
def running(session, bridge, monkeypatch):
    """A session whose clock runs: what is replayed is no news."""
    session.desk._now = lambda: NOW
    monkeypatch.setattr("minerdesk.desk.clock.frozen_at", lambda: None)
    return bridge


def alerts_of(bridge, told, *, can=True):
    def tell(title, text):
        told.append(text)
        return can

    notices = Notices()
    return Alerts(bridge, notices, QIcon(), tell=tell), notices


def fall(bridge):
    """The hash rate of the last days falls."""
    rate = np.full(DAYS, IMPLIED * 1.06)
    rate[300:330] = rate[-9:] = IMPLIED * 0.8
    bridge.publish(bridge.session.desk.observe([], network(rate).values()))


def test_a_change_is_told_once_and_only_if_it_is_wanted(running):
    told = []
    made, _ = alerts_of(running, told)
    running.publish(running.session.desk.snapshot())
    fall(running)
    assert told == [], "off by default"
    running.prefer(watch_notify=True)
    running.publish(running.session.desk.snapshot())
    assert told == [], "the first look is no change"
    rate = np.full(DAYS, IMPLIED * 1.06)
    rate[300:330] = IMPLIED * 0.8
    running.publish(running.session.desk.observe([], network(rate).values()))
    assert told == ["Hash rate is back: triggered, was quiet"]
    running.publish(running.session.desk.snapshot())
    assert len(told) == 1
    assert running.session.preferences.watch_states["hashrate_back"] == "triggered"
    del made


def test_an_edit_of_ones_own_is_no_news_and_a_replay_neither(running, monkeypatch):
    told = []
    made, _ = alerts_of(running, told)
    running.prefer(watch_notify=True)
    running.publish(running.session.desk.snapshot())
    running.edit("watch.hashrate_eh_s", 1_500.0)
    assert told == []
    assert running.session.preferences.watch_states["hashrate_back"] == "quiet"
    monkeypatch.setattr("minerdesk.desk.clock.frozen_at", lambda: NOW)
    fall(running)
    running.edit("watch.hashrate_eh_s", 100.0)
    assert told == []
    del made


def test_without_notifications_the_window_says_it(running):
    told = []
    made, notices = alerts_of(running, told, can=False)
    running.prefer(watch_notify=True)
    running.publish(running.session.desk.snapshot())
    fall(running)
    (notice,) = notices.standing
    assert "Hash rate is back: quiet, was triggered" in notice.text
    del made


def test_a_desktop_without_a_tray_breaks_nothing(running):
    made = Alerts(running, Notices(), QIcon())
    running.prefer(watch_notify=True)
    running.publish(running.session.desk.snapshot())
    fall(running)
    made.deleteLater()


def test_the_switch_is_a_preference_and_off_at_first(panel, bridge):
    assert not panel.notify.isChecked()
    panel.notify.click()
    assert bridge.session.preferences.watch_notify is True
