"""The status bar, and About."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QToolTip
from sample_desk import NOW, fail, lay_live, observed, session_at

from minerdesk.desk import Desk
from minerdesk.errors import FailureKind
from minerdesk.observations import Origin
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels import status as status_room
from minerdesk.ui.panels.provenance import failure_words, sources
from minerdesk.ui.panels.status import StatusPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance
from minerdesk.ui.windows.about import AboutDialog, licences_text


@pytest.fixture
def live(monkeypatch):
    session = session_at(monkeypatch)
    lay_live(session)
    fail(session)
    yield session
    session.close()


@pytest.fixture
def bridge(live, qapp):
    tasks = Tasks()
    made = Bridge(live, tasks)
    yield made
    made.stop()
    tasks.shutdown()


@pytest.fixture
def panel(bridge, qtbot, qapp):
    made = StatusPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    made.render_snapshot(bridge.snapshot)
    made.resize(1600, made.height())
    made.show()
    QApplication.processEvents()
    return made


def test_sources_are_grouped_and_stand_for_the_gravest_of_their_values(live):
    found = {summary.label: summary for summary in sources(live.desk.snapshot())}
    assert list(found) == ["Coinbase Exchange", "mempool.space", "Bundled data", "gpurentalprices.com"]
    assert found["Coinbase Exchange"].standing(NOW).text == "live · 1 min"
    assert found["mempool.space"].standing(NOW).text == "live · 3 min"
    assert {value.quantity for value in found["mempool.space"].values} >= {"difficulty", "network_hashrate_daily_eh_s"}
    assert found["Bundled data"].standing(NOW).text == "(oldest: 1 Dec 2025)", "others are younger"
    assert found["gpurentalprices.com"].standing(NOW).icon == "warning"


def test_a_source_that_failed_shows_it_though_an_older_value_of_it_stands():
    desk = Desk(now=lambda: NOW)
    desk.observe([observed("btc_price_usd", 1e5, "kraken", origin=Origin.CACHE)], [])
    session = type("Holder", (), {"desk": desk})
    fail(session, "kraken", "It was too slow.")
    (only,) = sources(desk.snapshot())
    assert only.standing(NOW).text == "unreadable answer"
    assert "It was too slow." in only.explained(NOW) and "$100" in only.explained(NOW)


def test_every_kind_of_failure_has_words():
    assert len({failure_words(kind) for kind in FailureKind}) == len(FailureKind)


def test_the_bar_says_state_and_age_with_reason_and_remedy_on_hover(panel):
    texts = [button.text() for button in panel.sources.buttons]
    assert texts[0] == "Coinbase Exchange live · 1 min"
    assert texts[-1] == "gpurentalprices.com unreadable answer"
    failed = panel.sources.buttons[-1]
    assert failed.accessibleName() == "gpurentalprices.com, unreadable answer"
    assert "can't be read: &lt;b&gt;1&lt;/b&gt;" in failed.toolTip()


@pytest.mark.parametrize("width", [1600, 1280, 700, 460, 300])
def test_with_less_room_it_says_less_and_clips_nothing(panel, width):
    panel.resize(width, panel.height())
    QApplication.processEvents()
    row = panel.sources
    shown = [button for button in row.buttons if button.isVisible()]
    for button in shown:
        assert button.x() + button.width() <= row.width()
        assert button.sizeHint().width() <= button.width() + 1, button.text()
    rest = row.findChildren(type(row.buttons[0]))[0]
    assert rest.isVisible() == (len(shown) < len(row.buttons))
    if rest.isVisible():
        assert rest.text() == f"+{len(row.buttons) - len(shown)}"
        assert rest.x() + rest.width() <= row.width()


def test_progress_shows_after_a_while_with_what_is_done_and_goes_at_the_end(panel, bridge, qtbot, monkeypatch):
    bridge.refreshing.emit(True)
    bridge.progressed.emit(0, 8, "")
    assert not panel.bar.isVisible() and not panel.refresh.isEnabled()
    qtbot.waitUntil(panel.bar.isVisible, timeout=5_000)
    bridge.progressed.emit(3, 8, "spot")
    assert (panel.bar.value(), panel.bar.maximum()) == (3, 8)
    assert panel.doing.accessibleName() == "3 of 8 fetched: BTC price"
    bridge.refreshing.emit(False)
    assert not panel.bar.isVisible() and panel.refresh.isEnabled()


def test_a_quick_refresh_shows_no_bar(panel, bridge, qtbot):
    panel._patience.setInterval(20)
    bridge.refreshing.emit(True)
    bridge.refreshing.emit(False)
    qtbot.wait(60)
    assert not panel.bar.isVisible()


def test_cancel_stops_the_refresh_and_says_so_at_once(panel, bridge, qtbot, monkeypatch):
    stopped = []
    monkeypatch.setattr(bridge, "cancel_refresh", lambda: stopped.append(True))
    bridge.refreshing.emit(True)
    panel._show_progress(True)
    qtbot.mouseClick(panel.cancel, Qt.MouseButton.LeftButton)
    assert stopped and not panel.cancel.isEnabled()
    bridge.progressed.emit(4, 8, "tip")
    assert panel.doing.accessibleName() == "Stopping the refresh"
    bridge.refreshing.emit(False)


def test_refresh_asks_for_everything_and_is_off_while_offline(live, qtbot, qapp, monkeypatch):
    asked = []
    monkeypatch.setattr(Bridge, "refresh", lambda self, *, everything=True: asked.append(everything))
    tasks = Tasks()
    bridge = Bridge(live, tasks)
    panel = StatusPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    panel.render_snapshot(bridge.snapshot)
    qtbot.mouseClick(panel.refresh, Qt.MouseButton.LeftButton)
    assert asked == [True]
    live.set_offline(True)
    panel.render_snapshot(live.desk.snapshot())
    assert not panel.refresh.isEnabled() and "Offline" in panel.refresh.toolTip()
    tasks.shutdown()


def test_a_press_on_a_source_names_it(panel, qtbot):
    asked = []
    panel.source_asked.connect(asked.append)
    for button in panel.sources.buttons:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == ["Coinbase Exchange", "mempool.space", "Bundled data", "gpurentalprices.com"]


def test_everything_that_takes_focus_has_a_name(panel):
    for button in (*panel.sources.buttons, panel.cancel, panel.refresh):
        assert button.accessibleName() or button.text()
    assert panel.bar.accessibleName()
    assert not QToolTip.isVisible()


def test_about_names_versions_credits_and_whole_licences(live, qtbot):
    dialog = AboutDialog(live)
    qtbot.addWidget(dialog)
    shown = [dialog.pages.widget(index).toPlainText() for index in range(dialog.pages.count())]
    assert "minerdesk: 0.1.0" in shown[0] and "numpy: " in shown[0] and "Qt: 6." in shown[0]
    assert "BTC price by Coinbase Exchange" in shown[1] and "Bitcoin difficulty by epoch" in shown[1]
    for words in ("Permission is hereby granted", "GNU LESSER GENERAL PUBLIC LICENSE", "SIL OPEN FONT", "ISC License"):
        assert words.lower() in shown[2].lower()
    assert "missing" not in shown[2].split("MINERDESK: MIT LICENSE")[0]
    assert all(isinstance(dialog.pages.widget(index), QPlainTextEdit) for index in range(3))  # no link to follow


def test_a_missing_licence_file_is_said_and_breaks_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr("minerdesk.ui.windows.about.resources_dir", lambda: tmp_path / "a" / "b")
    assert licences_text().count("can’t be read. Reinstall minerdesk.") >= 4


def test_the_labels_of_progress_are_those_of_the_topics():
    assert status_room._LABELS["price_history"] == "Price history"
