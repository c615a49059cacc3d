"""A damaged scenario file: its backups are offered, one is opened unsaved, the damaged file is kept byte for byte."""

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox
from test_ui_plain_text import assert_plain
from test_ui_saves import PRICE, desktop, idle, press, price, question, save

from minerdesk import cli
from minerdesk.store import saving, scenario
from minerdesk.store.backups import Backups
from minerdesk.store.recovery import Recovery
from minerdesk.ui.app import Desktop
from minerdesk.ui.document import Offer
from minerdesk.ui.windows.backups import BackupDialog

__all__ = ["desktop"]

HOURS = ("2026-01-14T09:00:00Z", "2026-01-15T17:00:00Z", "2026-01-16T10:30:00Z")


@pytest.fixture
def site(desktop: Desktop, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a scenario that was saved with the prices 40, 41 and 42: the first two are backups."""
    path = tmp_path / "site.minerdesk.json"
    for number, hour in enumerate(HOURS):
        monkeypatch.setenv("MINERDESK_NOW", hour)
        desktop.bridge.edit(PRICE, 40.0 + number)
        save(desktop, qtbot, path)
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    desktop.bridge.publish(desktop.session.desk.snapshot())
    idle(desktop, qtbot)
    return path


def spoil(path: Path) -> bytes:
    damaged = path.read_bytes()[:-60]
    path.write_bytes(damaged)
    return damaged


def open_file(desktop: Desktop, qtbot: Any, path: Path) -> None:
    desktop.document.open(path)
    idle(desktop, qtbot)


def offered(desktop: Desktop) -> BackupDialog | None:
    shown = [dialog for dialog in desktop.window.findChildren(BackupDialog) if dialog.isVisible()]
    assert len(shown) <= 1
    return shown[0] if shown else None


def dialog_of(desktop: Desktop) -> BackupDialog:
    dialog = offered(desktop)
    assert dialog is not None
    return dialog


def rows(dialog: BackupDialog) -> list[list[str]]:
    cells = dialog.table.cells
    return [[str(cells.cell(row, column)) for column in range(cells.columnCount())] for row in range(cells.rowCount())]


def said(desktop: Desktop, key: str = "file") -> str:
    return " ".join(notice.text for notice in desktop.notices.standing if notice.key == key)


def command(desktop: Desktop) -> QAction:
    return next(action for action in desktop.window.findChildren(QAction) if "backup" in action.text())


def test_the_backups_of_a_damaged_file_are_offered_opened_unsaved_and_the_damaged_one_is_kept(
    desktop: Desktop, site: Path, qtbot: Any
) -> None:
    damaged = spoil(site)
    desktop.document.new()
    idle(desktop, qtbot)
    open_file(desktop, qtbot, site)
    assert "is damaged" in said(desktop)
    dialog = dialog_of(desktop)
    assert [row[0] for row in rows(dialog)] == ["15 Jan 2026, 17:00", "14 Jan 2026, 09:00"]
    assert [row[2] for row in rows(dialog)] == ["19 h", "2 days"]
    assert all(row[3].endswith(" kB") for row in rows(dialog))
    assert "site.minerdesk.json" in dialog.title.text()
    assert "site.minerdesk.json" in dialog.accessibleDescription()
    assert "is copied first" in dialog.note.text()
    dialog.table.selectRow(1)
    dialog.open_button.click()
    idle(desktop, qtbot)
    assert offered(desktop) is None
    assert desktop.bridge.snapshot.values[PRICE] == 40
    assert desktop.document.path == site
    assert desktop.document.is_dirty, "only the user's own save writes the file"
    assert site.read_bytes() == damaged
    assert said(desktop) == ""
    save(desktop, qtbot, site)
    assert price(site) == 40
    assert not desktop.document.is_dirty
    (aside,) = site.parent.glob("site.minerdesk.json.damaged-*")
    assert aside.read_bytes() == damaged
    assert aside.name in said(desktop)


def test_what_was_opened_outlives_a_crash_before_it_is_saved(
    desktop: Desktop, site: Path, qtbot: Any, isolated_home: Path
) -> None:
    damaged = spoil(site)
    open_file(desktop, qtbot, site)
    dialog_of(desktop).open_button.click()
    idle(desktop, qtbot)
    (kept,) = (isolated_home / "data" / "recovery").glob("*.json")
    held = json.loads(kept.read_text())
    assert held["inputs"][PRICE] == 41
    assert held["recovery"]["original_path"] == str(site)
    for lock in desktop.document._recovery._locks.values():  # as if the process died
        assert lock is not None
        lock.release()
    found, problems = Recovery(kept.parent).abandoned([PRICE])
    assert problems == ()
    assert found[0].original_digest == saving.digest_of(site)
    assert site.read_bytes() == damaged
    desktop.document._recovery._locks.clear()
    desktop.document.restore(found[0])
    idle(desktop, qtbot)
    save(desktop, qtbot, site)
    assert price(site) == 41
    assert [aside.read_bytes() for aside in site.parent.glob("*.damaged-*")] == [damaged]


def test_what_was_read_or_written_here_is_not_parsed_again_when_it_is_saved_over(
    desktop: Desktop, site: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    truly = scenario.check_whole
    monkeypatch.setattr(scenario, "check_whole", lambda data, name: (looked.append(name), truly(data, name)))
    open_file(desktop, qtbot, site)
    for value in (80.0, 81.0):
        desktop.bridge.edit(PRICE, value)
        save(desktop, qtbot, site)
    assert looked == []
    assert price(desktop.session.backups.of(site)[0].path) == 80
    site.write_text(site.read_text().replace(": 81", ": 90"))
    save(desktop, qtbot, site)
    press(desktop, qtbot, "Overwrite")
    assert looked == [str(site)]


def test_a_file_that_came_back_meanwhile_is_not_overwritten_unasked(desktop: Desktop, site: Path, qtbot: Any) -> None:
    sound = site.read_bytes()
    spoil(site)
    open_file(desktop, qtbot, site)
    dialog_of(desktop).open_button.click()
    idle(desktop, qtbot)
    site.write_bytes(sound)
    save(desktop, qtbot, site)
    assert "changed by another program" in (question(desktop) or QMessageBox()).text()
    press(desktop, qtbot, "Cancel")
    assert site.read_bytes() == sound


@pytest.mark.parametrize(
    "text", ['{"schema_version": 9, "inputs": {}}', json.dumps({"schema_version": 1, "inputs": {PRICE: -9e9}})]
)
def test_a_file_that_is_newer_or_holds_a_value_out_of_range_is_no_damaged_one(
    desktop: Desktop, site: Path, qtbot: Any, text: str
) -> None:
    site.write_text(text)
    open_file(desktop, qtbot, site)
    assert str(site) in said(desktop)
    assert offered(desktop) is None


def test_without_a_backup_nothing_is_offered_and_a_file_that_is_gone_has_its_backups(
    desktop: Desktop, site: Path, qtbot: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other.minerdesk.json"
    other.write_text("{")
    open_file(desktop, qtbot, other)
    assert "is damaged" in said(desktop)
    assert offered(desktop) is None
    site.unlink()
    open_file(desktop, qtbot, site)
    assert "does not exist" in said(desktop)
    assert "saving writes the file" in dialog_of(desktop).note.text()
    dialog_of(desktop).open_button.click()
    idle(desktop, qtbot)
    save(desktop, qtbot, site)
    assert price(site) == 41
    assert list(tmp_path.glob("*.damaged-*")) == []


def test_a_damaged_backup_is_not_offered_and_is_said(desktop: Desktop, site: Path, qtbot: Any) -> None:
    newest, older = desktop.session.backups.of(site)
    spoil(newest.path)
    spoil(site)
    open_file(desktop, qtbot, site)
    dialog = dialog_of(desktop)
    assert len(rows(dialog)) == 1
    assert newest.path.name in dialog.unusable.text().replace("\u200b", "")
    dialog.reject()
    spoil(older.path)
    open_file(desktop, qtbot, site)
    assert offered(desktop) is None
    assert "is damaged" in said(desktop)
    assert "No backup of" in said(desktop) and older.path.name in said(desktop)


def test_the_menu_opens_a_backup_of_the_file_that_is_open_after_the_question(
    desktop: Desktop, site: Path, qtbot: Any
) -> None:
    assert command(desktop).isEnabled()
    desktop.bridge.edit(PRICE, 50.0)
    command(desktop).trigger()
    idle(desktop, qtbot)
    dialog = dialog_of(desktop)
    qtbot.waitUntil(dialog.table.hasFocus, timeout=5_000)
    assert dialog.table.accessibleName()
    qtbot.keyClick(dialog.table, Qt.Key.Key_Down)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert offered(desktop) is None
    press(desktop, qtbot, "Cancel")
    assert desktop.bridge.snapshot.values[PRICE] == 50, "unsaved changes are asked about"
    command(desktop).trigger()
    idle(desktop, qtbot)
    dialog = dialog_of(desktop)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Down)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    press(desktop, qtbot, "Don’t save")
    assert desktop.bridge.snapshot.values[PRICE] == 40
    save(desktop, qtbot, site)
    assert question(desktop) is None
    assert price(site) == 40
    assert list(site.parent.glob("*.damaged-*")) == [], "what was there is a backup"
    found, _ = desktop.session.backups.usable(site, [PRICE])
    assert price(found[0].path) == 42


def test_the_menu_is_idle_where_there_is_no_backup(desktop: Desktop, site: Path, qtbot: Any, tmp_path: Path) -> None:
    desktop.document.new()
    qtbot.waitUntil(lambda: not command(desktop).isEnabled(), timeout=5_000)
    desktop.bridge.edit(PRICE, 60.0)
    save(desktop, qtbot, tmp_path / "new.minerdesk.json")
    idle(desktop, qtbot)
    assert not command(desktop).isEnabled()
    open_file(desktop, qtbot, site)
    qtbot.waitUntil(command(desktop).isEnabled, timeout=5_000)
    for backup in desktop.session.backups.of(site):
        backup.path.unlink()
    command(desktop).trigger()
    idle(desktop, qtbot)
    assert offered(desktop) is None
    assert "There is none any more" in said(desktop)


def test_a_backup_that_can_not_be_kept_is_said_once_and_taken_back(
    desktop: Desktop, site: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, truly = str(desktop.session.folders.data / "backups"), os.replace

    def refuse(source: Any, target: Any) -> None:
        if str(target).startswith(where):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        truly(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    for value in (70.0, 71.0):
        desktop.bridge.edit(PRICE, value)
        save(desktop, qtbot, site)
        assert price(site) == value
        assert not desktop.document.is_dirty
        assert "the disk is full" in said(desktop, "backup")
        assert len([notice for notice in desktop.notices.standing if notice.key == "backup"]) == 1
    desktop.notices.dismiss("backup")
    desktop.bridge.edit(PRICE, 72.0)
    save(desktop, qtbot, site)
    assert said(desktop, "backup") == "", "once"
    monkeypatch.setattr(os, "replace", truly)
    desktop.bridge.edit(PRICE, 73.0)
    save(desktop, qtbot, site)
    found, _ = desktop.session.backups.usable(site, [PRICE])
    assert price(found[0].path) == 72


def test_names_in_the_offer_are_shown_as_they_are_and_long_ones_are_broken(desktop: Desktop, site: Path) -> None:
    name = "<b>m4rk</b>".replace("/", "_") + "x" * 200
    (backup, _) = desktop.session.backups.usable(site, [PRICE])[0]
    with pytest.raises(Exception, match="does not exist") as caught:
        saving.load(site.parent / name, [PRICE])
    offer = Offer(
        path=site.parent / name,
        error=caught.value,
        backups=(backup,),
        unusable=(name, name),
        digest=None,  # type: ignore[arg-type]  # it is one of ours
    )
    desktop.document.backups_found.emit(offer)
    dialog = dialog_of(desktop)
    assert_plain(dialog)
    for label in (dialog.title, dialog.note, dialog.unusable):
        assert "<b>m4rk" in label.text()
        assert max(map(len, re.split(r"[\s/\u200b]", label.text()))) <= 60
    assert "and 1 more" in dialog.unusable.text()
    dialog.reject()


def test_the_command_line_names_the_newest_backup_of_a_damaged_file(
    desktop: Desktop, site: Path, capsys: pytest.CaptureFixture[str], qtbot: Any
) -> None:
    front = cli.Front(open_window=None, self_test=None, draw_chart=None)  # type: ignore[arg-type]  # not called
    newest, older = Backups(desktop.session.folders.data / "backups").of(site)
    spoil(site)
    assert cli.main(["compare", "--offline", str(site)], front) == 2
    told = capsys.readouterr().err
    assert "is damaged" in told
    assert f"The newest backup of it that can be opened is {newest.path}." in told
    spoil(newest.path)
    assert cli.main(["compare", "--offline", str(site)], front) == 2
    told = capsys.readouterr().err
    assert str(older.path) in told and str(newest.path) not in told
    assert cli.main(["compare", "--offline", "--json", str(older.path)], front) == 0
    site.write_text('{"schema_version": 9, "inputs": {}}')
    capsys.readouterr()
    assert cli.main(["compare", "--offline", str(site)], front) == 2
    assert "The newest backup" not in capsys.readouterr().err
