"""A lock that the operating system lets go of when its process dies, however it dies.

A process id in a file would not do: ids are given out again, and on Windows asking whether one lives can end it.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

_PAUSE_S = 0.01

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """A held lock on the file `path`; made by `acquire`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path) -> "Lock | None":
        """Take the lock at once, creating its file; return None if somebody holds it or it can't be had."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return None
        try:
            _take(descriptor)
            if os.name == "posix" and not os.path.samestat(os.fstat(descriptor), path.stat()):
                raise FileNotFoundError  # the last holder removed the file between our opening and our taking
        except OSError:
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    @classmethod
    def wait(cls, path: Path, most_s: float) -> "Lock | None":
        """Take the lock, waiting `most_s` seconds at most for who holds it; return None if it can't be had."""
        until = time.monotonic() + most_s
        while True:
            lock = cls.acquire(path)
            if lock is not None or time.monotonic() >= until:
                return lock
            time.sleep(_PAUSE_S)

    def release(self) -> None:
        """Let go and remove the file."""
        if os.name == "posix":  # while it is still held, so that nobody takes a lock on a file about to vanish
            self._remove()
        os.close(self._descriptor)
        if os.name != "posix":  # Windows removes no open file
            self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
