"""Scenario files that several programs may write: nothing of another's is overwritten unasked, and a save is read back.

What a file holds is told by its digest, the SHA-256 of its bytes: times and sizes can stay the same. What it held
before is kept: a whole scenario among its backups, anything else beside it.
"""

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from minerdesk.errors import InputError, StoreError
from minerdesk.store import documents, scenario
from minerdesk.store.atomic import copy_aside, failure, write_bytes
from minerdesk.store.backups import Backups
from minerdesk.store.direct import write_directly
from minerdesk.store.locks import Lock
from minerdesk.store.paths import ensure
from minerdesk.store.scenario import Scenario

_PATIENCE_S = 2.0
#: So often what a file holds is kept anew if it changes while that is done.
_LOOKS = 3


class ChangedOnDiskError(StoreError):
    """The file is no longer as it was read or written here; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A scenario and the digest of the file that holds it.

    `copy` is one of the older file, made before it was written directly; `aside` one of what was no scenario; `unkept`
    says why the older scenario is not among the backups.
    """

    scenario: Scenario
    digest: str
    copy: Path | None = None
    aside: Path | None = None
    unkept: StoreError | None = None


def load(path: Path, known_keys: Collection[str], *, text_keys: Collection[str] = ()) -> Held:
    """Read a scenario file; see `scenario.load` for errors."""
    data = documents.read_bytes(path)
    found = scenario.from_document(documents.parse(data, str(path)), str(path), known_keys, text_keys=text_keys)
    return Held(scenario=found, digest=_digest(data))


def save(
    path: Path,
    work: Scenario,
    *,
    known_digest: str | None,
    known_whole: bool = False,
    lock_folder: Path,
    backups: Backups | None = None,
) -> Held:
    """Write `work` in one step, unless the file holds something else than `known_digest` says; None overwrites it.

    Of several programs on this computer one at a time looks and writes. What the file held is kept right before it is
    replaced, if it differs: among `backups`, a failure of which hinders no save, or beside the file if it is damaged.
    With `known_whole` that of `known_digest` is not looked at again: parsing 20 MB holds every thread for 0.3 s. The
    file is read back.

    Raises
    ------
    ChangedOnDiskError
        Another program wrote the file meanwhile. A file that is gone is written again.
    StoreError
        The file can't be written, or a damaged one not be copied; the old one is whole.
    """
    _refuse_backup(path, backups)
    written = scenario.stamped(work)
    data = scenario.dumps(written).encode()
    keeper = _Keeper(path, backups, known_digest if known_whole else None)

    def check(target: Path) -> None:
        for _ in range(_LOOKS):
            held = digest_of(target)
            if known_digest is not None and held not in (None, known_digest):
                raise ChangedOnDiskError(
                    f"{path} was changed by another program since it was opened or saved here.",
                    hint="Nothing was written. Save under another name, open what is on disk, or overwrite it.",
                )
            if held is None or held in (keeper.kept, _digest(data)):
                return
            keeper.keep(target)

    lock = _lock(path, lock_folder)
    try:
        write_bytes(path, data, check)
        _read_back(path, data)
    finally:
        if lock is not None:
            lock.release()
    keeper.tidy()
    return Held(scenario=written, digest=_digest(data), aside=keeper.aside, unkept=keeper.unkept)


def save_directly(path: Path, work: Scenario, *, spare_folder: Path, backups: Backups | None = None) -> Held:
    """Write `work` into the file as it lies, after a copy was made; see `direct.write_directly` for errors.

    A whole scenario that the file held is kept among `backups`, too: there it is found if the write is cut short.
    """
    _refuse_backup(path, backups)
    written = scenario.stamped(work)
    data = scenario.dumps(written).encode()
    keeper = _Keeper(path, backups)
    if backups is not None and path.exists():
        keeper.keep_whole(path)
    copy = write_directly(path, data, spare_folder)
    keeper.tidy()
    return Held(scenario=written, digest=_digest(data), copy=copy, unkept=keeper.unkept)


class _Keeper:
    """Keeps what one file holds before it is replaced. `kept` is the digest of what was kept last.

    Contents of the digest `whole` are known to be a whole scenario.
    """

    def __init__(self, path: Path, backups: Backups | None, whole: str | None = None) -> None:
        self._path, self._backups, self._whole = path, backups, whole
        self.kept = ""
        self.aside: Path | None = None
        self.unkept: StoreError | None = None

    def keep(self, target: Path) -> None:
        """Keep what is there: a whole scenario among the backups, anything else beside it, or a StoreError says why."""
        if self._backups is None:
            self.kept = digest_of(target) or ""
        elif not self.keep_whole(target):
            self.aside = copy_aside(target)
            self.kept = digest_of(self.aside) or ""

    def keep_whole(self, target: Path) -> bool:
        """Keep what is there among the backups, as far as that can be done; return whether it is a whole scenario."""
        data = documents.read_bytes(target)
        digest = _digest(data)
        try:
            if digest != self._whole:
                scenario.check_whole(data, str(target))
        except InputError:
            return False
        self.kept = digest
        try:
            if self._backups is not None:
                self._backups.keep(self._path, data)
        except StoreError as error:
            self.unkept = error
        return True

    def tidy(self) -> None:
        """Make room among all backups, once the file is written: that can take longer than writing it."""
        if self._backups is not None and self.kept:
            self._backups.bound(self._path)


def _refuse_backup(path: Path, backups: Backups | None) -> None:
    if backups is not None and backups.holds(path):
        raise StoreError(
            f"{path} is a backup, which is not written over.", hint="Nothing was written. Save under another name."
        )


def _lock(path: Path, folder: Path) -> Lock | None:
    """Return the lock of a file, None if it can't be had: then the look just before writing has to do."""
    try:
        ensure(folder)
    except StoreError:
        return None
    name = hashlib.sha256(os.path.realpath(path).encode("utf-8", "surrogateescape")).hexdigest()
    return Lock.wait(folder / f"{name[:32]}.lock", _PATIENCE_S)


def _read_back(path: Path, data: bytes) -> None:
    try:
        same = path.read_bytes() == data
    except OSError as error:
        raise failure(path, "read back", error) from error
    if not same:
        raise StoreError(
            f"{path} reads differently from what was written.", hint="Save under another name, on another disk."
        )


def digest_of(path: Path) -> str | None:
    """Return the digest of what a file holds, None if there is no such file; a StoreError says why it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failure(path, "read", error) from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
