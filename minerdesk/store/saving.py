"""Scenario files that several programs may write: nothing of another's is overwritten unasked, and a save is read back.

What a file holds is told by its digest, the SHA-256 of its bytes: times and sizes can stay the same.
"""

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from minerdesk.errors import StoreError
from minerdesk.store import documents, scenario
from minerdesk.store.atomic import failure, write_bytes
from minerdesk.store.direct import write_directly
from minerdesk.store.locks import Lock
from minerdesk.store.paths import ensure
from minerdesk.store.scenario import Scenario

_PATIENCE_S = 2.0


class ChangedOnDiskError(StoreError):
    """The file is no longer as it was read or written here; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A scenario, the digest of the file that holds it, and the copy of an older one that was made, if any."""

    scenario: Scenario
    digest: str
    copy: Path | None = None


def load(path: Path, known_keys: Collection[str], *, text_keys: Collection[str] = ()) -> Held:
    """Read a scenario file; see `scenario.load` for errors."""
    data = documents.read_bytes(path)
    found = scenario.from_document(documents.parse(data, str(path)), str(path), known_keys, text_keys=text_keys)
    return Held(scenario=found, digest=_digest(data))


def save(path: Path, work: Scenario, *, known_digest: str | None, lock_folder: Path) -> Held:
    """Write `work` in one step, unless the file holds something else than `known_digest` says; None overwrites it.

    Of several programs on this computer one at a time looks and writes. The file is read back.

    Raises
    ------
    ChangedOnDiskError
        Another program wrote the file meanwhile. A file that is gone is written again.
    StoreError
        The file can't be written; the old one is whole.
    """
    written = scenario.stamped(work)
    data = scenario.dumps(written).encode()

    def check(target: Path) -> None:
        if known_digest is not None and target.exists() and _digest(target.read_bytes()) != known_digest:
            raise ChangedOnDiskError(
                f"{path} was changed by another program since it was opened or saved here.",
                hint="Nothing was written. Save under another name, open what is on disk, or overwrite it.",
            )

    lock = _lock(path, lock_folder)
    try:
        write_bytes(path, data, check)
        _read_back(path, data)
    finally:
        if lock is not None:
            lock.release()
    return Held(scenario=written, digest=_digest(data))


def save_directly(path: Path, work: Scenario, *, spare_folder: Path) -> Held:
    """Write `work` into the file as it lies, after a copy was made; see `direct.write_directly` for errors."""
    written = scenario.stamped(work)
    data = scenario.dumps(written).encode()
    copy = write_directly(path, data, spare_folder)
    return Held(scenario=written, digest=_digest(data), copy=copy)


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


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
