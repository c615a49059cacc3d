"""A lock that the operating system lets go of when its process dies, however it dies.

A process id in a file would not do: ids are given out again, and on Windows asking whether one lives can end it.
"""

import contextlib
import os
import sys
from pathlib import Path

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
        except OSError:
            os.close(descriptor)
            return None
        return cls(path, descriptor)

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
