"""The preferences of several running programs in one file: each writes its own changes, and notices those of sources.

What is noticed is what `minerdesk sources` writes: which sources are on, whose key is another now, how one's own node
is logged in to. A key itself is never in the file, only that it was changed; it is read when it is needed.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from minerdesk.errors import Problem
from minerdesk.store.preferences import Preferences, load, merged, save_changes

#: The preferences that a running program takes over from another.
FOLLOWED = ("sources_on", "keys_changed", "node_cookie", "node_user")

_Mark = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class News:
    """What another program changed: what is followed, as it was known here and as it is on disk now."""

    before: Preferences
    found: Preferences

    def laid_over(self, ours: Preferences) -> Preferences:
        """Return `ours` with the other program's changes; what was changed here meanwhile stays."""
        return merged(self.before, self.found, ours)

    @property
    def rekeyed(self) -> frozenset[str]:
        """The sources whose key was given, replaced or removed."""
        was, now = self.before.keys_changed, self.found.keys_changed
        return frozenset(name for name in {*was, *now} if was.get(name) != now.get(name))

    @property
    def switched(self) -> frozenset[str]:
        """The sources that were switched on or off."""
        return frozenset(self.before.sources_on) ^ frozenset(self.found.sources_on)


class SharedPreferences:
    """The file, and what is known of it here. Its methods are for one thread at a time, whichever that is.

    Parameters
    ----------
    path
        The file.
    known
        What was read of it.
    mark
        What the file was recognised by before it was read.
    """

    def __init__(self, path: Path, known: Preferences, mark: _Mark | None) -> None:
        self.path = path
        self._known = known
        self._mark = mark

    @classmethod
    def opened(cls, path: Path) -> tuple["SharedPreferences", Preferences, tuple[Problem, ...]]:
        """Read the file; also return what is in it and what was wrong with it."""
        mark = _mark(path)
        found, problems = load(path)
        return cls(path, found, mark), found, problems

    def used(self, taken: Preferences) -> None:
        """Take note of what is used of the file: what was left out of it is no change, and stays on disk."""
        self._known = taken

    def save(self, changed: Preferences) -> None:
        """Write what differs in `changed` from what was last read, written or followed here.

        Raises
        ------
        StoreError
            The file can't be written; the old one is whole.
        """
        save_changes(self.path, self._known, changed)
        self._known = changed

    def news(self) -> News | None:
        """Return what another program changed since the last look, None if nothing; a look is one `stat` mostly."""
        mark = _mark(self.path)
        if mark is None or mark == self._mark:
            return None
        found, problems = load(self.path)
        self._mark = mark
        if problems or _mark(self.path) is None:
            return None
        told = News(before=self._known, found=_with(self._known, found))
        return told if told.before != told.found else None

    def followed(self, news: News) -> None:
        """Take note that news were taken over here: they are no changes of this program's own."""
        self._known = news.laid_over(self._known)


def _with(known: Preferences, found: Preferences) -> Preferences:
    """Return what is known with what is followed as it was found."""
    changes: dict[str, Any] = {name: getattr(found, name) for name in FOLLOWED}
    return replace(known, **changes)


def _mark(path: Path) -> _Mark | None:
    """Return what a file is recognised by: each save replaces it by a new one. None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
