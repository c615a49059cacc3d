"""A file is old or new, never half: under failures, under SIGKILL, through links."""

import errno
import os
import random
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import minerdesk
from minerdesk.errors import StoreError
from minerdesk.store.atomic import set_aside, set_aside_in_words, write_bytes, write_text

WRITER = """
import sys
from pathlib import Path
from minerdesk.store.atomic import write_text
target, number = Path(sys.argv[1]), 0
while True:
    write_text(target, f"{number % 10}" * 400_000)
    if number == 0:
        print("ready", flush=True)
    number += 1
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_writes_new_and_replaces_old(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_text(path, "old\r\n")
    write_text(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    assert names(tmp_path) == ["a.json"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_keeps_the_permissions_of_the_old_file_and_the_umask_of_a_new_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    old.chmod(0o604)
    before = os.umask(0o027)
    try:
        write_text(old, "x")
        write_text(new, "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(old.stat().st_mode) == 0o604
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege elsewhere")
def test_writes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "real.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(StoreError, match="circle"):
        write_text(circle, "x")


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "permission"), (errno.EIO, "a.json")],
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, words: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(StoreError, match=words) as caught:
        write_text(path, "new")
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.json"]


def test_says_what_stands_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="it is a folder"):
        write_text(tmp_path, "x")
    with pytest.raises(StoreError, match="does not exist"):
        write_text(tmp_path / "no" / "a.json", "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="not a folder"):
        write_text(tmp_path / "file" / "a.json", "x")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match="permission"):
        write_text(tmp_path / "file", "x")
    assert (tmp_path / "file").read_text() == ""


def test_sweeps_only_its_own_stale_temporaries(tmp_path: Path) -> None:
    stale, fresh = (tmp_path / f".{digit * 32}.minerdesk-tmp" for digit in "ab")
    foreign = tmp_path / ".notes.minerdesk-tmp"
    for path in (stale, fresh, foreign):
        path.write_text("")
    old = time.time() - 7_200
    os.utime(stale, (old, old))
    os.utime(foreign, (old, old))
    write_bytes(tmp_path / "a", b"")
    assert names(tmp_path) == sorted(["a", fresh.name, foreign.name])


def test_a_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    environment = os.environ | {"PYTHONPATH": str(Path(minerdesk.__file__).parents[1])}
    delays = random.Random(1)
    for _ in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, env=environment
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready" + os.linesep.encode()
            time.sleep(delays.uniform(0, 0.02))
            process.kill()
        text = path.read_text()
        assert len(text) == 400_000
        assert len(set(text)) == 1


def test_set_aside_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2026-01-16T12:00:00Z")
    path = tmp_path / "a.json"
    found = []
    for text in ("first", "second", "third"):
        path.write_text(text)
        found.append(set_aside(path))
        assert not path.exists()
    assert [aside.name for aside in found] == [
        "a.json.damaged-20260116T120000Z",
        "a.json.damaged-20260116T120000Z-2",
        "a.json.damaged-20260116T120000Z-3",
    ]
    assert [aside.read_text() for aside in found] == ["first", "second", "third"]


def test_set_aside_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.json can't be set aside"):
        set_aside(tmp_path / "gone.json")
    assert "can't be set aside" in set_aside_in_words(tmp_path / "gone.json")
    assert names(tmp_path) == []
