"""What stands in the way of writing, made real where this computer allows it: a full disk, a read-only one, locks."""

import contextlib
import ctypes
import errno
import os
import resource
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NEW_MOUNTS, _PRIVATE, _RECURSIVE, _REMOUNT, _READ_ONLY = 0x00020000, 1 << 18, 1 << 14, 32, 1
_DISK = "size=2m"


class Switch:
    """Puts one obstacle in the way and takes it away again; `how` says what it is made of."""

    def __init__(self, folder: Path, what: str, *, is_disk: bool) -> None:
        self.folder, self.what, self.is_disk = folder, what, is_disk
        self.how = "a disk of 2 MB" if is_disk else {"full": "RLIMIT_FSIZE", "read-only": "chmod"}.get(what, "locks")
        if what == "locked":
            self.how = "locks"
        self._held: list[Any] = []

    def __call__(self, on: bool) -> None:
        match self.what:
            case "full":
                self._fill(on) if self.is_disk else self._limit(on)
            case "read-only":
                self._remount(on) if self.is_disk else self._forbid(on)
            case _:
                self._lock(on)

    def _fill(self, on: bool) -> None:
        filler = self.folder / "filler"
        if not on:
            filler.unlink()
            return
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 512)

    def _limit(self, on: bool) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 if on else hard, hard))

    def _remount(self, on: bool) -> None:
        flags = _REMOUNT | (_READ_ONLY if on else 0)
        if _libc().mount(b"tmpfs", os.fsencode(self.folder), b"tmpfs", flags, None):
            raise OSError(ctypes.get_errno(), "remount")

    def _forbid(self, on: bool) -> None:
        for folder in (self.folder, *(path for path in self.folder.rglob("*") if path.is_dir())):
            folder.chmod(0o555 if on else 0o755)
        for file in self.folder.rglob("*"):
            if file.is_file():
                file.chmod(0o444 if on else 0o644)

    def _lock(self, on: bool) -> None:
        """Refuse renames as Windows does over a file that another program has open, and hold SQLite's own lock."""
        if not on:
            connection, os.replace = self._held
            connection.execute("ROLLBACK")
            connection.close()
            self._held.clear()
            return
        truly = os.replace

        def refuse(source: Any, target: Any) -> None:
            if os.fspath(target).startswith(os.fspath(self.folder)):
                raise PermissionError(errno.EACCES, "Another program has the file open")
            truly(source, target)

        connection = sqlite3.connect(self._database(), isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        self._held[:] = (connection, truly)
        os.replace = refuse

    def _database(self) -> str:
        found = list(self.folder.rglob("*.sqlite3"))
        return str(found[0]) if found else ":memory:"


@contextlib.contextmanager
def obstructed(folder: Path, what: str) -> Iterator[Switch]:
    """Give a switch for an obstacle; the folder becomes a small disk of its own if this user may mount one."""
    is_disk = what != "locked" and _mounted(folder)
    if what == "read-only" and not is_disk and os.geteuid() == 0:
        raise SystemExit("nothing is read-only to this user")
    yield Switch(folder, what, is_disk=is_disk)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _mounted(folder: Path) -> bool:
    """Mount a small disk on the folder, seen by this process alone and gone with it."""
    if sys.platform != "linux" or os.geteuid() != 0 or _libc().unshare(_NEW_MOUNTS):
        return False
    if _libc().mount(None, b"/", None, _PRIVATE | _RECURSIVE, None):
        return False
    return not _libc().mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, _DISK.encode())
