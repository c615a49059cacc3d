"""The last states of every scenario file, kept as they were before they were saved over.

Each scenario has a folder of its own, named after the file and a hash of its whole path; in it each state is a scenario
file whose name holds its number, when it was replaced (UTC) and the start of its SHA-256. Of a scenario five stay: the
newest; what was there before each of the last two bursts of saves (ten minutes from the first); what was there before
each of the last two days' saves; what is free goes to the newest of the others. So neither a minute of saving nor a day
of it pushes out what lay there before. Beyond 200 scenarios or 256 MiB those that were saved longest ago go.
"""

import contextlib
import errno
import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from minerdesk import clock
from minerdesk.errors import InputError, MinerdeskError, StoreError
from minerdesk.store import documents, scenario
from minerdesk.store.atomic import failure, write_bytes
from minerdesk.store.documents import DamagedError
from minerdesk.store.paths import ensure
from minerdesk.store.scenario import Scenario

SUFFIX = ".minerdesk.json"
MOST_KEPT = 5
#: Saves within this time of the first one are one burst.
BURST = timedelta(minutes=10)
MOST_SCENARIOS = 200
MOST_BYTES = 256 * 2**20

_NAME = re.compile(r"(\d{6,9})-(\d{8}T\d{6}Z)-([0-9a-f]{16})" + re.escape(SUFFIX))
_SET = re.compile(r".{1,40}-[0-9a-f]{16}")
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """One state of a scenario file. `saved_at` is what the file itself says, where it has been read."""

    path: Path
    number: int
    replaced_at: datetime
    digest: str
    size_bytes: int
    saved_at: datetime | None = None

    @property
    def as_of(self) -> datetime:
        """When the state was saved; as far as that is not known, or can't be, when it was replaced."""
        return min(self.saved_at or self.replaced_at, self.replaced_at)


class Backups:
    """The states below one folder. Any thread may call it, and several programs may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, path: Path) -> bool:
        """Return whether `path` is, or would be, one of the backups."""
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self._folder))

    def keep(self, path: Path, data: bytes) -> None:
        """Keep `data`, which the scenario file `path` holds until now, unless it is the newest backup already.

        Of this file what has to give way is removed after that.

        Raises
        ------
        StoreError
            It can't be kept; no other backup is touched. It names the scenario's folder, the same words each time.
        """
        folder = self._folder_of(path)
        try:
            self._make(folder)
            kept = _listed(folder)
            if not kept or not _holds(kept[-1].path, data):
                _write(folder, kept[-1].number + 1 if kept else 1, data)
        except (StoreError, OSError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            if isinstance(cause, OSError):
                raise failure(folder, "written", cause) from error
            raise
        with contextlib.suppress(OSError):
            kept = _listed(folder)
            stay = staying([backup.replaced_at for backup in kept])
            _remove(backup for place, backup in enumerate(kept) if place not in stay)

    def bound(self, path: Path) -> None:
        """Remove the backups of scenarios that were saved longest ago, never those of `path`, until the rest fit."""
        own = self._folder_of(path)
        sets: list[list[Backup]] = []
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if _SET.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                    sets.append(_listed(Path(entry)))
        sets = sorted(filter(None, sets), key=lambda kept: (kept[-1].path.parent == own, kept[-1].replaced_at))
        number, total = len(sets), sum(backup.size_bytes for kept in sets for backup in kept)
        for kept in sets[:-1]:
            if number <= MOST_SCENARIOS and total <= MOST_BYTES:
                return
            _remove(kept)
            with contextlib.suppress(OSError):  # something else lies in it, or is being written there
                kept[-1].path.parent.rmdir()
            number, total = number - 1, total - sum(backup.size_bytes for backup in kept)

    def of(self, path: Path) -> tuple[Backup, ...]:
        """Return the backups of a scenario file, newest first, unread; none where they can't be listed."""
        with contextlib.suppress(OSError):
            return tuple(reversed(_listed(self._folder_of(path))))
        return ()

    def usable(
        self, path: Path, known_keys: Collection[str], *, text_keys: Collection[str] = ()
    ) -> tuple[tuple[Backup, ...], tuple[str, ...]]:
        """Return those of `of` that can be opened, each with when it was saved, and why the others can't."""
        found: list[Backup] = []
        said: list[str] = []
        for backup in self.of(path):
            try:
                saved_at = read(backup, known_keys, text_keys=text_keys).saved_at
            except MinerdeskError as error:
                said.append(error.message)
            else:
                found.append(replace(backup, saved_at=saved_at))
        return tuple(found), tuple(said)

    def hint(self, error: MinerdeskError, path: Path, known_keys: Collection[str], text_keys: Collection[str]) -> str:
        """Return a sentence that names the newest backup, where one can stand in for the file; else nothing."""
        if not is_lost(error, path):
            return ""
        found, _ = self.usable(path, known_keys, text_keys=text_keys)
        return f"The newest backup of it that can be opened is {found[0].path}." if found else ""

    def _folder_of(self, path: Path) -> Path:
        whole = os.path.normcase(os.path.realpath(path))
        stem = re.sub(r"[^\w-]+", "_", Path(whole).name.removesuffix(SUFFIX), flags=re.ASCII)[:40]
        return self._folder / f"{stem or '_'}-{_hash(whole.encode('utf-8', 'surrogateescape'))}"

    def _make(self, folder: Path) -> None:
        """Create the folder of a scenario, for its user's eyes only; a link in its place is not followed."""
        ensure(self._folder)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def read(backup: Backup, known_keys: Collection[str], *, text_keys: Collection[str] = ()) -> Scenario:
    """Read a backup, once its contents are those that its name promises; see `scenario.load` for errors."""
    data = documents.read_bytes(backup.path)
    if _hash(data) != backup.digest:
        raise DamagedError(
            f"{backup.path} does not hold what was written there.", hint="Choose another backup. It is left as it is."
        )
    return scenario.from_document(
        documents.parse(data, str(backup.path)), str(backup.path), known_keys, text_keys=text_keys
    )


def is_lost(error: MinerdeskError, path: Path) -> bool:
    """Return whether a file that gave `error` is damaged or gone, so that a backup could stand in for it.

    Not so a file of a newer format, one with a value that can't be used, one that may not be read, and one whose
    folder is gone too: a disk that is not there.
    """
    if isinstance(error, InputError):
        return isinstance(error, DamagedError)
    code = error.__cause__.errno if isinstance(error.__cause__, OSError) else None
    return code == errno.EIO or (code == errno.ENOENT and path.parent.is_dir())


def staying(moments: Sequence[datetime]) -> set[int]:
    """Return the places of those backups that stay, of ones that were made at `moments`, the newest last.

    At most `MOST_KEPT`: the newest, the first of each of the last two bursts and of the last two days (UTC), which are
    what was there before, and then the newest of the others.

    >>> hours = [datetime(2026, 1, day, hour, tzinfo=UTC) for day, hour in ((14, 9), (15, 9))]
    >>> sorted(staying([*hours, *(hours[-1] + timedelta(minutes=n) for n in range(1, 8))]))
    [0, 1, 6, 7, 8]
    """
    places = range(len(moments))
    bursts: list[int] = []
    for n in places:
        if not bursts or abs(moments[n] - moments[bursts[-1]]) >= BURST:
            bursts.append(n)
    days = [n for n in places if not n or moments[n].date() != moments[n - 1].date()]
    stay = {*places[-1:], *bursts[-2:], *days[-2:]}
    others = [n for n in reversed(places) if n not in stay]
    return stay | set(others[: MOST_KEPT - len(stay)])


def _listed(folder: Path) -> list[Backup]:
    """Return the backups in one folder, the newest last; links and whatever else lies there are passed over."""
    found: list[Backup] = []
    if folder.is_symlink() or not folder.is_dir():
        return found
    with os.scandir(folder) as entries:
        for entry in entries:
            parts = _NAME.fullmatch(entry.name)
            if parts is None or not entry.is_file(follow_symlinks=False):
                continue
            with contextlib.suppress(ValueError, FileNotFoundError):  # no date; gone meanwhile
                found.append(
                    Backup(
                        path=Path(entry),
                        number=int(parts[1]),
                        replaced_at=datetime.fromisoformat(parts[2]).astimezone(UTC),
                        digest=parts[3],
                        size_bytes=entry.stat(follow_symlinks=False).st_size,
                    )
                )
    return sorted(found, key=lambda backup: (backup.number, backup.path.name))


def _write(folder: Path, number: int, data: bytes) -> None:
    path = folder / f"{number:06}-{clock.now().strftime(_STAMP)}-{_hash(data)}{SUFFIX}"
    write_bytes(path, data)
    if not _holds(path, data):
        path.unlink(missing_ok=True)
        raise StoreError(f"{folder} keeps something else than was written there.", hint="Look at that disk.")


def _holds(path: Path, data: bytes) -> bool:
    with contextlib.suppress(OSError):
        return path.stat().st_size == len(data) and path.read_bytes() == data
    return False


def _remove(backups: Iterable[Backup]) -> None:
    for backup in backups:
        with contextlib.suppress(OSError):
            backup.path.unlink(missing_ok=True)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
