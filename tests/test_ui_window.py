"""The real window: the main job from first click to exported file, files and recovery, and a life without freezes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW, Loopback, environment
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from minerdesk.economics.plausibility import Doubt
from minerdesk.economics.results import Business
from minerdesk.export.csv_file import read_csv
from minerdesk.observations import State
from minerdesk.session import open_session
from minerdesk.store.recovery import Recovery, new_session_id
from minerdesk.ui import app as desktop_app
from minerdesk.ui.app import Desktop
from minerdesk.ui.document import Document
from minerdesk.ui.theme import Mode
from minerdesk.ui.windows.export import ExportDialog, ExportOrder
from minerdesk.ui.windows.exporting import job_of
from minerdesk.ui.windows.preferences import PreferencesDialog


@pytest.fixture
def open_desktop(qtbot: Any, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Desktop]]:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    opened: list[Desktop] = []

    def build(*, offline: bool = True, size: tuple[int, int] = (1_280, 800)) -> Desktop:
        desktop = desktop_app.build(open_session(offline=offline), qapp)
        opened.append(desktop)
        desktop.window.resize(*size)
        desktop.window.render_snapshot(desktop.bridge.snapshot)
        desktop.window.show()
        qtbot.waitExposed(desktop.window)
        return desktop

    yield build
    for desktop in opened:
        desktop.window.hide()
        desktop.close()
    desktop_app.application().setStyleSheet("")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with Loopback() as running:
        for name, url in environment(running).items():
            monkeypatch.setenv(name, url)
        yield running


def question(desktop: Desktop) -> QMessageBox:
    boxes = [box for box in desktop.window.findChildren(QMessageBox) if box.isVisible()]
    assert len(boxes) == 1
    return boxes[0]


def press(box: QMessageBox, text: str) -> None:
    button = next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == text)
    button.click()


def idle(desktop: Desktop, qtbot: Any, *keys: str) -> None:
    qtbot.waitUntil(lambda: not any(desktop.tasks.is_running(key) for key in keys), timeout=10_000)


# -- the main job ----------------------------------------------------------------------------------


def test_an_edit_reaches_every_panel_at_once(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    desktop = open_desktop()
    before = desktop.window.charts.comparison.spec.title
    desktop.bridge.edit("network.hashprice_usd_per_ph_day", 39.53)
    window = desktop.window
    assert "Mining earns 89.2 $/MWh" in window.charts.comparison.spec.title != before
    assert window.charts.waterfall.spec.businesses[0].left == pytest.approx(39.189, abs=0.001)
    assert "171\u202f$/kW-month" in window.sentence.turns.text()
    assert window.windowTitle() == "Untitled[*] — minerdesk"
    assert window.isWindowModified()


def test_a_refresh_shows_live_values_and_the_january_case(
    open_desktop: Callable[..., Desktop], server: Loopback, qtbot: Any
) -> None:
    desktop = open_desktop(offline=False)
    assert desktop.bridge.snapshot.state("btc_price_usd") is State.BUNDLED
    with qtbot.waitSignal(desktop.bridge.refreshed, timeout=15_000):
        desktop.bridge.refresh()
    snapshot = desktop.bridge.snapshot
    assert snapshot.state("btc_price_usd") is State.LIVE
    assert snapshot.results.network.difficulty == pytest.approx(146.47e12, rel=1e-4)
    assert snapshot.results.network.hashprice_usd_per_ph_day == pytest.approx(41.3, abs=0.1)
    assert "Network at" in desktop.window.charts.network.spec.title
    assert desktop.window.charts.comparison.spec.seams


def test_a_refresh_is_cancelled_at_once_and_the_window_stays_alive(
    open_desktop: Callable[..., Desktop], server: Loopback, qtbot: Any
) -> None:
    server.faults["all"] = "hang"
    desktop = open_desktop(offline=False)
    gaps: list[int] = []
    clock = QElapsedTimer()
    clock.start()
    beat = QTimer()
    beat.setTimerType(Qt.TimerType.PreciseTimer)
    beat.timeout.connect(lambda: gaps.append(clock.restart()))
    beat.start(5)
    desktop.bridge.refresh()
    qtbot.waitUntil(lambda: len(gaps) > 10, timeout=10_000)  # a loop that is blocked beats once or twice
    assert desktop.tasks.is_running("refresh")
    desktop.bridge.edit("power.price_usd_per_mwh", 20.0)
    assert desktop.bridge.snapshot.inputs.power.price_usd_per_mwh == 20
    with qtbot.waitSignal(desktop.bridge.refreshed, timeout=3_000):
        desktop.bridge.cancel_refresh()
    beat.stop()
    assert desktop.bridge.snapshot.failures
    assert desktop.bridge.snapshot.state("btc_price_usd") is State.BUNDLED


def test_doubts_are_said_one_by_one_and_many_in_one_message(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    desktop = open_desktop(offline=True)
    desk = desktop.bridge.session.desk

    def said(*quantities: str) -> list[str]:
        for topic, quantity in enumerate(quantities):
            desk.doubt(str(topic), Doubt(quantity=quantity, message=f"{quantity} of X is not believed."))
        desktop.bridge.publish(desk.snapshot())
        return [notice.text for notice in desktop.window.notices.standing if notice.pressing]

    assert said("btc_price_usd", "difficulty") == [
        "btc_price_usd of X is not believed.",
        "difficulty of X is not believed.",
    ]
    (one,) = said("btc_price_usd", "difficulty", "tip_height")
    assert "BTC price; difficulty; block height" in one and "page Data" in one
    for topic in range(3):
        desk.doubt(str(topic), None)
    assert said() == []


def test_offline_asks_nothing(open_desktop: Callable[..., Desktop], server: Loopback, qtbot: Any) -> None:
    desktop = open_desktop(offline=False)
    desktop.bridge.set_offline(True)
    desktop.bridge.refresh()
    qtbot.wait(100)
    assert list(server.log) == []
    assert desktop.bridge.snapshot.offline


def test_the_export_holds_what_the_screen_shows(
    open_desktop: Callable[..., Desktop], tmp_path: Path, qtbot: Any
) -> None:
    desktop = open_desktop()
    desktop.bridge.edit("network.hashprice_usd_per_ph_day", 39.53)
    order: dict[str, Any] = {"scale": 2, "size": (1_200, 800), "dark": False}
    for page, kind in (
        ("compare", "svg"),
        ("network", "png"),
        ("waterfall", "pdf"),
        ("data", "csv"),
        ("fleet", "xlsx"),
    ):
        out = tmp_path / f"{page}.{kind}"
        desktop.window.exports.write(ExportOrder(page=page, kind=kind, out=out, **order))
        idle(desktop, qtbot, job_of(out))
    svg = (tmp_path / "compare.svg").read_text().replace("\u202f", " ")
    for words in ("Mining earns 89.2 $/MWh", "39.2", "GPU cloud", "hashprice 39.53", "16 Jan 2026", "bundled"):
        assert words in svg, words
    book = {table.name: table for table in read_csv((tmp_path / "data.csv").read_bytes()).tables}
    kept = book["Comparison"].rows[0][book["Comparison"].position("after_capital_usd_per_mw_year")]
    mined = desktop.bridge.snapshot.results.businesses[Business.MINING]
    assert kept == mined.after_capital_usd_per_mw_year
    assert (tmp_path / "fleet.xlsx").read_bytes().startswith(b"PK"), "a page's own table"
    assert (tmp_path / "network.png").read_bytes().startswith(b"\x89PNG")


def test_exports_asked_for_in_one_breath_are_all_written(
    open_desktop: Callable[..., Desktop], tmp_path: Path, qtbot: Any
) -> None:
    desktop = open_desktop()
    files = [tmp_path / f"{number}.png" for number in range(8)]  # more than there are threads
    for out in files:
        desktop.window.exports.write(
            ExportOrder(page="compare", kind="png", scale=1, size=(1_200, 800), dark=False, out=out)
        )
    for out in files:
        idle(desktop, qtbot, job_of(out))
    assert [out.name for out in files if not out.exists()] == []


def test_an_export_that_cannot_be_written_is_said_without_a_dialog(
    open_desktop: Callable[..., Desktop], tmp_path: Path, qtbot: Any
) -> None:
    desktop = open_desktop()
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file" / "x.svg"
    desktop.window.exports.write(
        ExportOrder(page="compare", kind="svg", scale=1, size=(1_200, 800), dark=False, out=out)
    )
    idle(desktop, qtbot, job_of(out))
    assert any(notice.key == "export" for notice in desktop.notices.standing)
    assert not desktop.window.findChildren(QMessageBox)


def test_the_export_dialog_orders_what_is_chosen(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    dialog = ExportDialog("network", "site")
    qtbot.addWidget(dialog)
    assert dialog.order(Path("x")) == ExportOrder(
        page="network", kind="png", scale=2, size=(1_600, 900), dark=False, out=Path("x.png")
    )
    dialog.page.setCurrentIndex(dialog.page.findData("data"))
    assert dialog.order(Path("a.b")).out == Path("a.b.xlsx")
    assert not dialog.scale.isEnabled()


# -- choices ----------------------------------------------------------------------------------


def test_basis_range_and_theme_are_remembered(
    open_desktop: Callable[..., Desktop], isolated_home: Path, qtbot: Any
) -> None:
    desktop = open_desktop()
    charts = desktop.window.charts
    charts._choose_basis("after_capital")
    charts.comparison.set_range("6M")
    desktop.window._set_mode(Mode.DARK)
    assert not charts.comparison.view.log, "what is left may be negative: no log scale"
    assert "Mining keeps" in charts.comparison.spec.title
    assert charts.network.range_name == "6M"
    idle(desktop, qtbot, "preferences")
    desktop.window.hide()
    desktop.close()
    again = open_session(offline=True).preferences
    assert (again.chart_basis, again.chart_range, again.theme) == ("after_capital", "6M", "dark")
    desktop.appearance.apply(Mode.LIGHT)


def test_the_inputs_give_way_and_the_choice_is_remembered(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    desktop = open_desktop()
    action = next(a for a in desktop.window.findChildren(QAction) if a.shortcut().toString() == "F9")
    action.trigger()
    assert not desktop.window.inputs.isVisible()
    desktop.window.close()
    idle(desktop, qtbot, "preferences")
    again = open_desktop()
    assert not again.window.inputs.isVisible()
    next(a for a in again.window.findChildren(QAction) if a.shortcut().toString() == "F9").trigger()
    assert again.window.inputs.isVisible()


def test_the_table_twin_holds_the_charts_values(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    desktop = open_desktop()
    charts = desktop.window.charts
    charts._table_button.click()
    model = charts.network_table.cells
    assert model.rowCount() == len(charts.network.spec.instants())
    assert "7-day mean (EH/s)" in [model.heading(column) for column in range(model.columnCount())]
    charts.network_table.selectRow(0)
    copied = charts.network_table.selected_text().splitlines()
    assert len(copied) == 2
    assert copied[1].count("\t") == model.columnCount() - 1


def test_a_bad_base_url_is_refused_in_the_dialog(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    desktop = open_desktop()
    dialog = PreferencesDialog(desktop.session.preferences)
    qtbot.addWidget(dialog)
    chosen: list[dict[str, Any]] = []
    dialog.chosen.connect(chosen.append)
    dialog.urls["mempool"].setText("ftp://here")
    dialog._check()
    assert chosen == []
    assert "http" in dialog.problem.text()
    dialog.urls["mempool"].setText("http://127.0.0.1:3006/api")
    dialog._check()
    assert chosen == [{"auto_refresh": True, "base_urls": {"mempool": "http://127.0.0.1:3006/api"}, "ca_file": ""}]
    desktop.bridge.prefer(**chosen[0])
    assert desktop.session.bases["mempool"] == "http://127.0.0.1:3006/api"


def test_a_key_figure_and_a_source_lead_to_their_row_on_the_page_data(
    open_desktop: Callable[..., Desktop], qtbot: Any
) -> None:
    window = open_desktop().window
    qtbot.mouseClick(window.strip.cards[0], Qt.MouseButton.LeftButton)
    window.asking.opened.view.among.click()
    page = window.pages.page("data")
    assert window.pages.current == "data" and page.view == "numbers"
    assert page.numbers.current.name == "hashprice"
    window.status.source_asked.emit("Kraken")
    assert page.view == "sources" and page.table.current == "kraken"
    window.status.source_asked.emit("Bundled data")
    assert page.view == "numbers"
    assert window._shown_page() == "compare"


def test_a_file_of_certificates_must_be_there(open_desktop: Callable[..., Desktop], qtbot: Any, tmp_path: Path) -> None:
    desktop = open_desktop()
    dialog = PreferencesDialog(desktop.session.preferences)
    qtbot.addWidget(dialog)
    chosen: list[dict[str, Any]] = []
    dialog.chosen.connect(chosen.append)
    file = tmp_path / "company.pem"
    dialog.ca_file.setText(str(file))
    dialog._check()
    assert chosen == [] and str(file) in dialog.problem.text()
    file.write_text("x")
    dialog._check()
    desktop.bridge.prefer(**chosen[0])
    assert desktop.session.client().ca_file == str(file)


def test_every_command_has_its_shortcut_once_and_every_panel_its_name(
    open_desktop: Callable[..., Desktop], qtbot: Any
) -> None:
    window = open_desktop().window
    keys = [action.shortcut().toString() for action in window.findChildren(QAction) if not action.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))
    assert {"F5", "Ctrl+E", "Ctrl+Shift+C", "F1"} <= set(keys)
    assert QKeySequence(QKeySequence.StandardKey.Save).toString() in keys
    for chart in (window.charts.comparison, window.charts.network, window.charts.waterfall):
        assert chart.accessibleName()


@pytest.mark.parametrize("size", [(1_280, 800), (1_920, 1_080)])
def test_nothing_demands_more_room_than_the_screen_has(
    open_desktop: Callable[..., Desktop], size: tuple[int, int], qtbot: Any
) -> None:
    window = open_desktop(size=size).window
    qtbot.wait(50)
    assert (window.width(), window.height()) == size
    assert window.inputs.width() >= 290
    assert window.charts.comparison.plot.height() > 120
    assert window.charts.network.plot.height() > 80


def test_the_catalogue_fills_inputs_in(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    desktop = open_desktop()
    menu = desktop.window.inputs.catalogue.menu()
    menu.aboutToShow.emit()
    actions = {action.text(): action for action in menu.findChildren(QAction) if action.menu() is None}
    model = next(text for text in actions if text.startswith("Antminer S21") and "17.5 J/TH" in text)
    desktop.bridge.edit("mining.efficiency_j_per_th", 30.0)
    actions[model].trigger()
    assert desktop.bridge.snapshot.inputs.mining.efficiency_j_per_th == 17.5
    assert "sources agree" in actions[model].toolTip() or "unconfirmed" in actions[model].toolTip()
    filled = len(actions)
    menu.aboutToShow.emit()
    assert len([a for a in menu.findChildren(QAction) if a.menu() is None]) == filled


# -- files ----------------------------------------------------------------------------------


def test_save_open_and_the_unsaved_changes_question(
    open_desktop: Callable[..., Desktop], tmp_path: Path, qtbot: Any
) -> None:
    desktop = open_desktop()
    path = tmp_path / "site.minerdesk.json"
    desktop.bridge.edit("power.price_usd_per_mwh", 41.5)
    desktop.document.save(path)
    idle(desktop, qtbot, "file")
    assert json.loads(path.read_text())["inputs"]["power.price_usd_per_mwh"] == 41.5
    assert desktop.window.windowTitle() == "site[*] — minerdesk"
    assert not desktop.document.is_dirty
    desktop.bridge.edit("power.price_usd_per_mwh", 60.0)
    desktop.window._new()
    press(question(desktop), "Cancel")
    assert desktop.bridge.snapshot.values["power.price_usd_per_mwh"] == 60
    desktop.window._new()
    press(question(desktop), "Don’t save")
    assert desktop.bridge.snapshot.values["power.price_usd_per_mwh"] == 50
    assert desktop.document.path is None
    desktop.document.open(path)
    idle(desktop, qtbot, "file")
    assert desktop.bridge.snapshot.values["power.price_usd_per_mwh"] == 41.5
    assert desktop.session.preferences.recent_files == (str(path),)


def test_undo_takes_the_dirt_away(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    desktop = open_desktop()
    desktop.bridge.edit("colo.pue", 1.2)
    assert desktop.document.is_dirty
    desktop.bridge.undo()
    assert not desktop.document.is_dirty
    desktop.bridge.redo()
    assert desktop.bridge.snapshot.values["colo.pue"] == 1.2


def test_closing_asks_and_saving_closes(open_desktop: Callable[..., Desktop], tmp_path: Path, qtbot: Any) -> None:
    desktop = open_desktop()
    path = tmp_path / "a.minerdesk.json"
    desktop.document.save(path)
    idle(desktop, qtbot, "file")
    desktop.bridge.edit("colo.pue", 1.2)
    desktop.window.close()
    assert desktop.window.isVisible()
    press(question(desktop), "Save")
    qtbot.waitUntil(lambda: not desktop.window.isVisible(), timeout=5_000)
    assert json.loads(path.read_text())["inputs"]["colo.pue"] == 1.2


@pytest.mark.parametrize(
    "text", ["{", '{"schema_version": 9, "inputs": {}}', '{"schema_version": 1, "inputs": {"colo.pue": 9}}']
)
def test_a_file_that_cannot_be_used_changes_nothing_and_is_said(
    open_desktop: Callable[..., Desktop], tmp_path: Path, text: str, qtbot: Any
) -> None:
    desktop = open_desktop()
    desktop.bridge.edit("colo.pue", 1.2)
    path = tmp_path / "bad.minerdesk.json"
    path.write_text(text)
    desktop.document.open(path)
    idle(desktop, qtbot, "file")
    assert desktop.bridge.snapshot.values["colo.pue"] == 1.2
    assert len(desktop.notices.standing) >= 1
    assert path.read_text() == text


def test_autosave_keeps_unsaved_work_and_a_clean_end_removes_it(
    open_desktop: Callable[..., Desktop], isolated_home: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop = open_desktop()
    desktop.document._autosave.setInterval(20)
    desktop.bridge.edit("colo.pue", 1.2)
    folder = isolated_home / "data" / "recovery"
    qtbot.waitUntil(lambda: any(folder.glob("*.json")), timeout=5_000)
    kept = json.loads(next(folder.glob("*.json")).read_text())
    assert kept["inputs"]["colo.pue"] == 1.2
    idle(desktop, qtbot, "recovery")
    desktop.window.hide()
    desktop.close()
    assert not any(folder.glob("*.json"))


def test_work_of_a_crashed_session_is_offered_and_restored_unsaved(
    open_desktop: Callable[..., Desktop], isolated_home: Path, qtbot: Any
) -> None:
    session = open_session(offline=True)
    session.desk.apply({"colo.pue": 1.25})
    folder = isolated_home / "data" / "recovery"
    dead = Recovery(folder)
    left = new_session_id()
    dead.write(left, session.scenario(), None)
    for lock in dead._locks.values():  # the process died: its locks are free
        assert lock is not None
        lock.release()
    desktop = open_desktop()
    desktop.document.look_for_abandoned(desktop.window.offer_recovery)
    qtbot.waitUntil(lambda: bool(desktop.window.findChildren(QMessageBox)), timeout=5_000)
    press(question(desktop), "Restore")
    assert desktop.bridge.snapshot.values["colo.pue"] == 1.25
    assert desktop.document.is_dirty
    idle(desktop, qtbot, "recovery")
    assert not (folder / f"{left}.json").exists()


def test_a_document_tells_its_name(open_desktop: Callable[..., Desktop], qtbot: Any) -> None:
    document: Document = open_desktop().document
    document.path = Path("/x/West Texas.minerdesk.json")
    assert document.name == "West Texas"


# -- the whole program ----------------------------------------------------------------------------------


def test_the_self_test_passes_silently_without_a_request(tmp_path: Path, server: Loopback) -> None:
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "MINERDESK_HOME": str(tmp_path / "untouched")}
    done = subprocess.run(
        [sys.executable, "-m", "minerdesk", "--self-test"], capture_output=True, text=True, env=environ, check=False
    )
    said = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]
    assert (done.returncode, said, done.stdout) == (0, [], "")
    assert list(server.log) == []
    assert not (tmp_path / "untouched").exists()


def test_the_tab_key_walks_from_input_to_input_and_is_not_trapped(
    open_desktop: Callable[..., Desktop], qtbot: Any
) -> None:
    desktop = open_desktop()
    window, rows = desktop.window, desktop.window.inputs.rows
    window.activateWindow()
    rows["power.price_usd_per_mwh"].control.setFocus()
    visited = []
    for _ in range(12):
        focused = window.focusWidget()
        assert focused is not None
        visited.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert len(set(visited)) == len(visited), "a widget came twice before the others had their turn"
    for key in ("site.capacity_mw", "mining.efficiency_j_per_th", "gpu.rate_usd_per_gpu_hour"):
        assert rows[key].control in visited
