"""The search for machines in the window: streamed, stopped, closed, refused, and what is added to the fleet."""

import os
import sys
import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from fake_miners import L7, S19_PRO, FakeMiner
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.economics.machines import MachineClass
from minerdesk.lan import scan
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.fleet import FleetPanel
from minerdesk.ui.panels.lan_scan import JOB, ScanDialog
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance

STANDIN = Path(__file__).parent / "standin"
CATALOGUE = [MachineClass(model="Antminer S19 Pro", count=1, hashrate_th_s=110, power_w=3_250)]
HANGER = {"version": {"VERSION": [{"Type": "Hanger"}]}}
SAYS = "import sys, time; print(sys.argv[1], flush=True); time.sleep(60)"


@pytest.fixture
def tasks(qapp):
    made = Tasks()
    yield made
    assert made.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name == "lan-scan"]


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(scan, "is_installed", lambda: True)


@pytest.fixture
def dialog(tasks, qtbot, installed):
    made = ScanDialog(tasks, CATALOGUE)
    qtbot.addWidget(made)
    made.show()
    return made


def lay(stack, monkeypatch, *all_answers):
    """Lay machines at 127.0.45.1 and on, and let scans ask their port."""
    first = stack.enter_context(FakeMiner("127.0.45.1", all_answers[0]))
    for number, answers in enumerate(all_answers[1:], 2):
        stack.enter_context(FakeMiner(f"127.0.45.{number}", answers, port=first.port))
    monkeypatch.setenv("STANDIN_PORT", str(first.port))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(STANDIN), str(Path(__file__).parents[1])]))
    monkeypatch.setattr(scan, "scan", partial(scan.scan, ports=(first.port,)))


def begin(dialog, text="127.0.45.0/29"):
    dialog.subnet.setText(text)
    QTest.mouseClick(dialog.start, Qt.MouseButton.LeftButton)


def shown(dialog):
    cells = dialog.table.cells
    return {cells.cell(row, 0): [cells.cell(row, column) for column in range(1, 5)] for row in range(cells.rowCount())}


def test_machines_are_listed_and_added_as_classes(dialog, qtbot, monkeypatch):
    with ExitStack() as stack:
        lay(stack, monkeypatch, S19_PRO, L7, S19_PRO)
        begin(dialog)
        assert (dialog.start.text(), dialog.subnet.isEnabled()) == ("&Stop", False)
        qtbot.waitUntil(lambda: not dialog.is_running)
    rows = shown(dialog)
    assert rows["127.0.45.1"] == [
        "Antminer S19 Pro",
        pytest.approx(109.8765),
        pytest.approx(3_246, abs=1),
        "TH/s measured, W by nameplate",
    ]
    assert rows["127.0.45.2"][-1] == "Refused: it mines Scrypt, not Bitcoin."
    assert (dialog.told.text(), dialog.start.text(), dialog.bar.value()) == (
        "Done: 6 addresses asked.",
        "&Start",
        1_000,
    )
    assert "2 × Antminer S19 Pro (nameplate W)" in dialog.sum.text()
    assert dialog.sum.text().endswith("1 machine refused.")
    assert dialog.add.text() == "&Add 2 machines to the fleet"
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.add.click()
    (row,) = chosen.args[0]
    assert (row["model"], row["count"], row["hashrate_th_s"]) == ("Antminer S19 Pro (nameplate W)", 2, 109.9)
    assert not dialog.isVisible()


def test_what_was_found_shows_before_the_scan_ends_and_stop_keeps_it(dialog, qtbot, monkeypatch):
    with ExitStack() as stack:
        lay(stack, monkeypatch, S19_PRO, HANGER, S19_PRO)
        begin(dialog)
        qtbot.waitUntil(lambda: len(shown(dialog)) == 2)
        assert dialog.is_running
        assert dialog.told.text() == "5 of 6 addresses asked."
        start = time.monotonic()
        dialog.start.click()
        qtbot.waitUntil(lambda: not dialog.is_running)
        assert time.monotonic() - start < 2  # the machine that hangs would take a minute
    assert dialog.told.text() == "Stopped: 5 of 6 addresses asked. What was found until then stands."
    assert dialog.add.isEnabled()


def test_the_window_never_waits_for_a_scan(dialog, qtbot, monkeypatch):
    with ExitStack() as stack:
        lay(stack, monkeypatch, HANGER, *[S19_PRO] * 5)
        begin(dialog)
        longest, until = 0.0, time.monotonic() + 20
        while len(shown(dialog)) < 5 and time.monotonic() < until:
            turn = time.thread_time()  # what this thread itself works, however busy the machine
            QApplication.processEvents()
            longest = max(longest, time.thread_time() - turn)
        assert len(shown(dialog)) == 5
        assert longest < 0.2
        dialog.close()


def test_closing_ends_the_scan(dialog, tasks, qtbot, monkeypatch):
    with ExitStack() as stack:
        lay(stack, monkeypatch, HANGER)
        begin(dialog, "127.0.45.1")
        qtbot.wait(100)
        dialog.close()
        assert not tasks.is_running(JOB)
        qtbot.waitUntil(lambda: not [one for one in threading.enumerate() if one.name == "lan-scan"], timeout=1_000)


def test_a_subnet_that_may_not_be_asked_is_refused_beside_the_field(dialog):
    begin(dialog, "8.8.8.0/24")
    assert not dialog.is_running
    assert "8.8.8.0/24 is not a private network. Nothing was asked." in dialog.told.text()
    assert dialog.told.property("look") == "cost"
    begin(dialog, "")
    assert "Write it like 192.168.1.0/24" in dialog.told.text()


def test_a_scan_that_fails_keeps_what_was_found(dialog, qtbot, monkeypatch):
    told = '{"kind": "machine", "address": "127.0.45.1", "model": "S19 Pro", "hashrate_th_s": 110}\nnonsense'
    monkeypatch.setattr(scan, "scan", partial(scan.scan, start=[sys.executable, "-c", SAYS, told]))
    begin(dialog)
    qtbot.waitUntil(lambda: not dialog.is_running)
    assert "can’t be read" in dialog.told.text()
    assert dialog.told.property("look") == "cost"
    assert dialog.add.text() == "&Add 1 machine to the fleet"


def test_a_second_scan_starts_from_nothing(dialog, qtbot, monkeypatch):
    with ExitStack() as stack:
        lay(stack, monkeypatch, S19_PRO)
        begin(dialog)
        qtbot.waitUntil(lambda: not dialog.is_running)
        assert len(shown(dialog)) == 1
        begin(dialog, "127.0.45.4/31")
        qtbot.waitUntil(lambda: not dialog.is_running)
    assert (shown(dialog), dialog.add.isEnabled()) == ({}, False)
    assert dialog.told.text() == "Done: 2 addresses asked."


def test_without_the_package_it_says_how_to_get_it(tasks, qtbot, monkeypatch):
    monkeypatch.setattr(scan, "is_installed", lambda: False)
    dialog = ScanDialog(tasks, CATALOGUE)
    qtbot.addWidget(dialog)
    assert 'pip install "minerdesk[lan]"' in dialog.told.text()
    assert not dialog.start.isEnabled()


def test_reading_only_is_promised_on_screen(dialog):
    texts = [label.text() for label in dialog.findChildren(type(dialog.told))]
    assert any("Reads only" in text and "no password is sent" in text for text in texts)


def test_the_fleet_takes_the_classes_in_one_step_that_undo_takes_back(qtbot, qapp, monkeypatch, installed):
    monkeypatch.setattr("minerdesk.desk.MERGE_WITHIN_S", 0.0)
    session = session_at(monkeypatch, offline=True)
    tasks = Tasks()
    bridge = Bridge(session, tasks)
    panel = FleetPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    bridge.changed.connect(panel.render_snapshot)
    panel.render_snapshot(bridge.snapshot)
    panel.show()
    bridge.lay_table("fleet", [CATALOGUE[0].row()])
    panel.scan.click()
    (dialog,) = panel.findChildren(ScanDialog)
    panel.scan.click()
    assert panel.findChildren(ScanDialog) == [dialog]
    assert not dialog.isModal()
    with ExitStack() as stack:
        lay(stack, monkeypatch, S19_PRO, S19_PRO)
        begin(dialog)
        qtbot.waitUntil(lambda: not dialog.is_running)
    dialog.add.click()
    models = [row["model"] for row in bridge.snapshot.tables["fleet"]]
    assert models == ["Antminer S19 Pro", "Antminer S19 Pro (nameplate W)"]
    assert panel.hint.variants[0] == "Added 1 class found on the network."
    bridge.undo()
    assert [row["model"] for row in bridge.snapshot.tables["fleet"]] == ["Antminer S19 Pro"]
    qtbot.waitUntil(lambda: not panel.findChildren(ScanDialog))
    bridge.stop()
    tasks.shutdown()
    session.close()
