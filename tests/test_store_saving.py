"""Scenario files and preferences that two programs write, and the way out where a file can't be replaced."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import minerdesk
from minerdesk.errors import StoreError
from minerdesk.store import direct, preferences, saving
from minerdesk.store.locks import Lock
from minerdesk.store.preferences import Preferences
from minerdesk.store.saving import ChangedOnDiskError
from minerdesk.store.scenario import Scenario

KEY = "power.price_usd_per_mwh"

#: Adds one to the number in a scenario so many times; who comes second reads again and adds to that.
ADDER = """
import sys
from pathlib import Path
from minerdesk.store import saving
from minerdesk.store.scenario import Scenario
path, locks, times = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
refused = 0
while times:
    held = saving.load(path, ["power.price_usd_per_mwh"])
    work = Scenario(inputs={"power.price_usd_per_mwh": held.scenario.inputs["power.price_usd_per_mwh"] + 1})
    try:
        saving.save(path, work, known_digest=held.digest, lock_folder=locks)
        times -= 1
    except saving.ChangedOnDiskError:
        refused += 1
print(refused)
"""

#: Gives so many providers another base URL, one at a time, as a window does: it never reads what others wrote.
CHOOSER = """
import sys
from pathlib import Path
from dataclasses import replace
from minerdesk.store import preferences
path, name = Path(sys.argv[1]), sys.argv[2]
before, _ = preferences.load(path)
for number in range(25):
    after = replace(before, base_urls={**before.base_urls, f"{name}{number}": "http://127.0.0.1"})
    preferences.save_changes(path, before, after)
    before = after
"""


def together(program: str, *arguments: list[str]) -> list[str]:
    """Run one process for each list of arguments, all at once, and return what they printed."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, *given],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(minerdesk.__file__).parents[1])},
        )
        for given in arguments
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * len(running), said
    return [out for out, _ in said]


def price(number: float) -> Scenario:
    return Scenario(inputs={KEY: number})


def read(path: Path) -> float:
    return float(json.loads(path.read_text())["inputs"][KEY])


def test_of_two_programs_neither_overwrites_what_the_other_saved(tmp_path: Path) -> None:
    path, locks = tmp_path / "a.json", tmp_path / "locks"
    saving.save(path, price(0), known_digest=None, lock_folder=locks)
    refused = together(ADDER, *[[str(path), str(locks), "40"]] * 3)
    assert read(path) == 120, "each save that was reported is in the file"
    assert sum(map(int, refused)) > 0, "they were in each other's way"


def test_preferences_of_two_running_programs_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    together(CHOOSER, [str(path), "a"], [str(path), "b"])
    found, problems = preferences.load(path)
    assert problems == ()
    assert set(found.base_urls) == {f"{name}{number}" for name in "ab" for number in range(25)}
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_only_what_was_changed_here_is_written(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    ours = Preferences(theme="dark", base_urls={"a": "1", "b": "2"}, recent_files=("/a",))
    preferences.save_changes(path, Preferences(), ours)
    theirs = Preferences(theme="light", base_urls={"a": "9", "b": "2"}, recent_files=("/b", "/a"), unknown={"new": [1]})
    preferences.save(path, theirs)
    changed = Preferences(theme="dark", offline=True, base_urls={"a": "1", "c": "3"}, recent_files=("/c", "/a"))
    preferences.save_changes(path, ours, changed)
    found, _ = preferences.load(path)
    assert found == Preferences(
        theme="light",
        offline=True,
        base_urls={"a": "9", "c": "3"},
        recent_files=("/c", "/a", "/b"),
        unknown={"new": [1]},
    )
    preferences.save_changes(path, changed, Preferences(base_urls=changed.base_urls))
    assert preferences.load(path)[0].recent_files == (), "a list that was cleared stays cleared"


def test_damaged_preferences_are_kept_when_a_running_program_saves(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    path.write_text('{"theme": "dar')
    preferences.save_changes(path, Preferences(theme="dark"), Preferences(theme="dark", offline=True))
    assert preferences.load(path) == (Preferences(theme="dark", offline=True), ())
    assert [file.read_text() for file in tmp_path.glob("*.damaged-*")] == ['{"theme": "dar']


def test_a_file_that_changed_meanwhile_stays_and_one_that_is_gone_is_written(tmp_path: Path) -> None:
    path, locks = tmp_path / "a.json", tmp_path / "locks"
    held = saving.save(path, price(1), known_digest=None, lock_folder=locks)
    assert saving.load(path, [KEY]).digest == held.digest
    theirs = saving.save(path, price(2), known_digest=held.digest, lock_folder=locks)
    for known in (held.digest, "no digest"):
        with pytest.raises(ChangedOnDiskError, match=r"a\.json was changed by another program") as caught:
            saving.save(path, price(3), known_digest=known, lock_folder=locks)
        assert "Nothing was written" in caught.value.hint
        assert read(path) == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.json", "locks"]
    path.unlink()
    saving.save(path, price(4), known_digest=theirs.digest, lock_folder=locks)
    assert read(path) == 4
    (tmp_path / "file").write_text("")
    saving.save(path, price(5), known_digest=None, lock_folder=tmp_path / "file" / "locks")
    assert read(path) == 5, "without locks it is saved all the same"


def test_a_disk_that_keeps_something_else_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    monkeypatch.setattr(saving, "write_bytes", lambda path, data, check: path.write_bytes(data[:-5]))
    with pytest.raises(StoreError, match="reads differently from what was written"):
        saving.save(path, price(1), known_digest=None, lock_folder=tmp_path)


def test_a_lock_is_waited_for_and_never_held_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    first = Lock.acquire(path)
    assert first is not None
    assert Lock.wait(path, 0.05) is None
    first.release()
    second = Lock.wait(path, 0.05)
    assert second is not None
    second.release()
    assert Lock.wait(tmp_path / "no" / "a.lock", 0.05) is None


def test_many_processes_hold_a_lock_one_at_a_time(tmp_path: Path) -> None:
    program = """
import sys, os
from pathlib import Path
from minerdesk.store.locks import Lock
for _ in range(150):
    lock = Lock.wait(Path(sys.argv[1]) / "a.lock", 60)
    made = os.open(Path(sys.argv[1]) / "inside", os.O_CREAT | os.O_EXCL)
    os.close(made)
    os.unlink(Path(sys.argv[1]) / "inside")
    lock.release()
"""
    together(program, *[[str(tmp_path)]] * 3)


# -- written directly -------------------------------------------------------------------------------------------------


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, code: int) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, name, fail)


def test_a_file_is_copied_before_it_is_written_directly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2026-01-16T12:00:00Z")
    path, spare = tmp_path / "a.json", tmp_path / "spare"
    path.write_bytes(b"old and longer than the new")
    inode = path.stat().st_ino
    copy = direct.write_directly(path, b"new", spare)
    assert copy == tmp_path / "a.json.backup-20260116T120000Z"
    assert copy.read_bytes() == b"old and longer than the new"
    assert (path.read_bytes(), path.stat().st_ino) == (b"new", inode)
    second = direct.write_directly(path, b"newer", spare)
    assert second == tmp_path / "a.json.backup-20260116T120000Z-2"
    assert second.read_bytes() == b"new"
    assert direct.write_directly(tmp_path / "b.json", b"first", spare) is None
    assert not spare.exists()


def test_the_copy_goes_elsewhere_if_nothing_can_be_made_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, spare = tmp_path / "synced", tmp_path / "spare"
    folder.mkdir()
    path = folder / "a.json"
    path.write_bytes(b"old")
    truly = os.replace
    monkeypatch.setattr(
        os,
        "replace",
        lambda a, b: truly(a, b) if str(b).startswith(str(spare)) else (_ for _ in ()).throw(PermissionError(13, "no")),
    )
    copy = direct.write_directly(path, b"new", spare)
    assert copy is not None
    assert copy.parent == spare
    assert (copy.read_bytes(), path.read_bytes()) == (b"old", b"new")
    assert [file.name for file in folder.iterdir()] == ["a.json"]


def test_without_a_copy_nothing_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    refuse(monkeypatch, "replace", errno.ENOSPC)
    with pytest.raises(StoreError, match="disk is full"):
        direct.write_directly(path, b"new", tmp_path / "spare")
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("times", [1, 9])
def test_a_direct_write_that_fails_brings_the_old_contents_back_or_names_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    truly, failed = os.fsync, []

    def fail(descriptor: int) -> None:
        if os.path.samestat(os.fstat(descriptor), path.stat()) and len(failed) < times:
            failed.append(1)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        truly(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="the disk is full") as caught:
        direct.write_directly(path, b"new and longer", tmp_path / "spare")
    (copy,) = tmp_path.glob("a.json.backup-*")
    assert copy.read_bytes() == b"old"
    assert str(copy) in caught.value.message
    expected = "It holds what it held before." if times == 1 else "It may be damaged now."
    assert expected in caught.value.message
    if times == 1:
        assert path.read_bytes() == b"old"


def test_a_new_file_that_can_not_be_written_directly_is_not_left_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "fsync", errno.EIO)
    with pytest.raises(StoreError):
        direct.write_directly(tmp_path / "a.json", b"new", tmp_path / "spare")
    assert list(tmp_path.iterdir()) == []
