"""Saves that come to nothing: each is said, and the third failure, or another program's save, becomes a question."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton

from minerdesk.observations import Observation, Origin
from minerdesk.quantities import QUANTITIES
from minerdesk.session import open_session
from minerdesk.sources.refresh import Report
from minerdesk.store import saving
from minerdesk.store.recovery import Recovered, Recovery, new_session_id
from minerdesk.ui import app as desktop_app
from minerdesk.ui.app import Desktop

PRICE = "power.price_usd_per_mwh"


@pytest.fixture
def desktop(qtbot: Any, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    opened = desktop_app.build(open_session(offline=True), qapp)
    opened.window.resize(1_000, 700)
    opened.window.render_snapshot(opened.bridge.snapshot)
    opened.window.show()
    qtbot.waitExposed(opened.window)
    yield opened
    opened.window.hide()
    opened.close()
    desktop_app.application().setStyleSheet("")


@pytest.fixture
def saved(desktop: Desktop, qtbot: Any, tmp_path: Path) -> Path:
    """Return the file of a scenario that was saved and edited since."""
    path = tmp_path / "site.minerdesk.json"
    desktop.bridge.edit(PRICE, 41.0)
    save(desktop, qtbot, path)
    desktop.bridge.edit(PRICE, 42.0)
    return path


def save(desktop: Desktop, qtbot: Any, path: Path, then: Callable[[], None] | None = None) -> None:
    desktop.document.save(path, then)
    idle(desktop, qtbot)


def idle(desktop: Desktop, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not any(map(desktop.tasks.is_running, ("file", "recovery"))), timeout=10_000)


def question(desktop: Desktop) -> QMessageBox | None:
    boxes = [box for box in desktop.window.findChildren(QMessageBox) if box.isVisible()]
    assert len(boxes) <= 1
    return boxes[0] if boxes else None


def press(desktop: Desktop, qtbot: Any, text: str) -> None:
    box = question(desktop)
    assert box is not None
    next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == text).click()
    idle(desktop, qtbot)


def live_price() -> Observation:
    return Observation(
        quantity="btc_price_usd",
        value=95_000.0,
        unit=QUANTITIES["btc_price_usd"].unit,
        as_of=NOW,
        fetched_at=NOW,
        source="kraken",
        origin=Origin.NETWORK,
    )


def price(path: Path) -> float:
    return float(json.loads(path.read_text())["inputs"][PRICE])


def by_another_program(path: Path, value: float) -> bytes:
    held = saving.load(path, [PRICE])
    inputs = {**held.scenario.inputs, PRICE: value}
    text = path.read_text().replace(f'"{PRICE}": 41', f'"{PRICE}": {inputs[PRICE]:g}')
    path.write_text(text)
    return path.read_bytes()


def test_a_file_that_another_program_wrote_is_asked_about(desktop: Desktop, saved: Path, qtbot: Any) -> None:
    theirs = by_another_program(saved, 77)
    save(desktop, qtbot, saved)
    box = question(desktop)
    assert box is not None
    assert "site.minerdesk.json" in box.text()
    assert str(saved) in box.informativeText()
    press(desktop, qtbot, "Cancel")
    assert saved.read_bytes() == theirs
    assert desktop.document.is_dirty
    save(desktop, qtbot, saved)
    press(desktop, qtbot, "Overwrite")
    assert price(saved) == 42
    assert not desktop.document.is_dirty
    desktop.bridge.edit(PRICE, 43.0)
    save(desktop, qtbot, saved)
    assert question(desktop) is None, "now it is ours again"
    assert price(saved) == 43


def test_what_another_program_wrote_can_be_opened_instead(desktop: Desktop, saved: Path, qtbot: Any) -> None:
    by_another_program(saved, 77)
    save(desktop, qtbot, saved)
    press(desktop, qtbot, "Open the file")
    assert desktop.bridge.snapshot.values[PRICE] == 77
    desktop.bridge.edit(PRICE, 78.0)
    save(desktop, qtbot, saved)
    assert question(desktop) is None
    assert price(saved) == 78


def test_both_can_be_kept_by_saving_under_another_name(
    desktop: Desktop, saved: Path, qtbot: Any, tmp_path: Path
) -> None:
    theirs = by_another_program(saved, 77)
    done: list[int] = []
    save(desktop, qtbot, saved, lambda: done.append(1))
    press(desktop, qtbot, "Save as…")
    (chooser,) = [dialog for dialog in desktop.window.findChildren(QFileDialog) if dialog.isVisible()]
    other = tmp_path / "ours.minerdesk.json"
    chooser.fileSelected.emit(str(other))
    chooser.close()
    qtbot.waitUntil(lambda: bool(done), timeout=5_000)
    assert price(other) == 42
    assert saved.read_bytes() == theirs


def test_two_quick_saves_are_not_taken_for_another_programs(desktop: Desktop, saved: Path, qtbot: Any) -> None:
    for value in (50.0, 51.0, 52.0):
        desktop.bridge.edit(PRICE, value)
        desktop.document.save(saved)
    idle(desktop, qtbot)
    assert question(desktop) is None
    assert price(saved) == 52
    assert not desktop.document.is_dirty


def test_after_three_failures_writing_directly_is_offered_with_a_copy_first(
    desktop: Desktop, saved: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()
    truly = os.replace

    def refuse(source: Any, target: Any) -> None:
        if str(target) == str(saved):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        truly(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    done: list[int] = []
    for attempt in range(3):
        assert question(desktop) is None
        save(desktop, qtbot, saved, lambda: done.append(1))
        (said,) = [notice for notice in desktop.notices.standing if notice.key == "file"]
        assert str(saved) in said.text, attempt
        assert "permission is denied" in said.text
        assert saved.read_bytes() == before
        assert desktop.document.is_dirty
    box = question(desktop)
    assert box is not None
    assert "failed 3 times" in box.text()
    press(desktop, qtbot, "Copy, then write directly")
    assert price(saved) == 42
    (copy,) = saved.parent.glob("site.minerdesk.json.backup-*")
    assert copy.read_bytes() == before
    assert not desktop.document.is_dirty
    assert done == [1], "what waited for the save goes on"
    (said,) = [notice for notice in desktop.notices.standing if notice.key == "file"]
    assert str(copy) in said.text
    monkeypatch.undo()
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    desktop.bridge.edit(PRICE, 44.0)
    save(desktop, qtbot, saved)
    assert price(saved) == 44
    assert not [notice for notice in desktop.notices.standing if notice.key == "file"]


def test_a_success_between_starts_the_count_of_failures_again(
    desktop: Desktop, saved: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly, failing = os.replace, [True]

    def sometimes(source: Any, target: Any) -> None:
        if str(target) == str(saved) and failing[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        truly(source, target)

    monkeypatch.setattr(os, "replace", sometimes)
    for works in (False, False, True, False, False):
        failing[0] = not works
        save(desktop, qtbot, saved)
        assert question(desktop) is None


def test_restored_work_does_not_overwrite_what_was_saved_since_the_crash(
    desktop: Desktop, saved: Path, qtbot: Any, isolated_home: Path
) -> None:
    digest = saving.load(saved, [PRICE]).digest
    work = desktop.session.scenario()
    dead, left = Recovery(isolated_home / "data" / "recovery"), new_session_id()
    dead.write(left, work, saved, digest)
    for lock in dead._locks.values():  # the process died: its locks are free
        assert lock is not None
        lock.release()
    by_another_program(saved, 99)
    offered: list[Recovered] = []
    desktop.document.look_for_abandoned(offered.append)
    qtbot.waitUntil(lambda: bool(offered), timeout=5_000)
    desktop.document.restore(offered[0])
    idle(desktop, qtbot)
    save(desktop, qtbot, saved)
    press(desktop, qtbot, "Cancel")
    assert price(saved) == 99


def test_work_that_can_not_be_recovered_is_said_and_kept(desktop: Desktop, qtbot: Any, isolated_home: Path) -> None:
    folder = isolated_home / "data" / "recovery"
    folder.mkdir(parents=True, exist_ok=True)
    damaged, newer = folder / f"{new_session_id()}.json", folder / f"{new_session_id()}.json"
    damaged.write_text('{"schema_version": 1, "inp')
    newer.write_text('{"schema_version": 99}')
    desktop.document.look_for_abandoned(lambda _: None)
    qtbot.waitUntil(lambda: any(notice.key == "file" for notice in desktop.notices.standing), timeout=5_000)
    said = " ".join(notice.text for notice in desktop.notices.standing if notice.key == "file")
    (aside,) = folder.glob("*.damaged-*")
    assert aside.name in said
    assert newer.name in said
    assert aside.read_text() == '{"schema_version": 1, "inp'
    assert newer.read_text() == '{"schema_version": 99}'


def test_preferences_that_can_not_be_written_are_said_and_written_the_next_time(
    desktop: Desktop, qtbot: Any, isolated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = isolated_home / "config" / "preferences.json"
    truly = os.replace
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.EROFS, "no")))
    desktop.bridge.prefer(chart_range="1Y")
    qtbot.waitUntil(lambda: any(str(path) in notice.text for notice in desktop.notices.standing), timeout=5_000)
    said = next(notice.text for notice in desktop.notices.standing if str(path) in notice.text)
    assert "the disk is read-only. Nothing was changed. Choose a folder" in said
    monkeypatch.setattr(os, "replace", truly)
    desktop.bridge.prefer(chart_range="5Y")
    qtbot.waitUntil(lambda: path.exists() and json.loads(path.read_text())["chart_range"] == "5Y", timeout=5_000)


def test_a_cache_that_can_not_be_written_is_said_once_and_taken_back_when_it_is_well(
    desktop: Desktop, qtbot: Any, isolated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = isolated_home / "cache"
    desktop.session.cache.close()
    shutil.rmtree(folder)
    folder.write_text("in the way")

    def told() -> list[str]:
        return [notice.text for notice in desktop.notices.standing if str(folder) in notice.text]

    for _ in range(2):
        problems = desktop.session.cache.write([live_price()], [])
        desktop.bridge.publish(desktop.session.take(Report(outcomes=()), problems))
        assert len(told()) == 1
    assert "about every minute" in told()[0]
    folder.unlink()
    monkeypatch.setattr("minerdesk.store.cache.REST_S", 0.0)
    problems = desktop.session.cache.write([], [])
    desktop.bridge.publish(desktop.session.take(Report(outcomes=()), problems))
    assert told() == []
    assert desktop.session.cache.load(NOW).observations["btc_price_usd"].value == 95_000
