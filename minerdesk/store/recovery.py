"""Autosaved work: one file per running session, offered again only when its session has died.

A recovery file is a scenario file with one more key, ``recovery``, that names the file being edited. Beside it lies a
lock that the session holds while it lives, so that the work of a running window is never offered to another one.
"""

import contextlib
import threading
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from minerdesk import clock
from minerdesk.errors import InputError, Problem, Severity, StoreError
from minerdesk.store import documents, scenario
from minerdesk.store.atomic import failure, set_aside_in_words, write_text
from minerdesk.store.locks import Lock
from minerdesk.store.migrations import NewerFormatError
from minerdesk.store.paths import ensure
from minerdesk.store.scenario import Scenario

_KEY = "recovery"


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """The unsaved work of a session that died.

    `original_path` is the file it had open, if any, and `original_digest` tells what that held then (see `saving`).
    """

    session_id: str
    scenario: Scenario
    original_path: Path | None
    original_digest: str | None = None


def new_session_id() -> str:
    """Return a name for a session that no other has."""
    return str(uuid.uuid4())


class Recovery:
    """The autosaves in one folder. Its methods may be called from any thread, one at a time each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._locks: dict[str, Lock | None] = {}
        self._one_at_a_time = threading.Lock()

    def write(
        self, session_id: str, work: Scenario, original_path: Path | None, original_digest: str | None = None
    ) -> None:
        """Save the work of this session in one step; the first call takes the session's lock.

        Raises
        ------
        StoreError
            The file can't be written; what was autosaved before is whole.
        """
        document = scenario.to_document(replace(work, saved_at=clock.now()))
        document[_KEY] = {
            "original_path": str(original_path.absolute()) if original_path else None,
            "original_digest": original_digest,
        }
        with self._one_at_a_time:
            ensure(self._folder)
            if session_id not in self._locks:
                # A file system without locks gives None: then another window may offer this work, which loses nothing.
                self._locks[session_id] = Lock.acquire(self._lock_path(session_id))
            write_text(self._path(session_id), documents.dumps(document))

    def abandoned(
        self, known_keys: Collection[str], *, text_keys: Collection[str] = ()
    ) -> tuple[tuple[Recovered, ...], tuple[Problem, ...]]:
        """Return the work of every session that died, oldest first, and what could not be read.

        A damaged file is set aside with a problem; the file of a newer version stays where it is. Nothing is raised.
        """
        found: list[tuple[float, Recovered]] = []
        problems: list[Problem] = []
        with self._one_at_a_time:
            for path in sorted(self._folder.glob("*.json")):
                if path.stem in self._locks or not _is_session(path.stem):
                    continue
                lock = Lock.acquire(path.with_suffix(".lock"))
                if lock is None:
                    continue
                try:
                    found.append((path.stat().st_mtime, _read(path, known_keys, text_keys)))
                except (NewerFormatError, StoreError, OSError) as error:
                    problems.append(_problem(path, str(error)))
                except InputError as error:
                    problems.append(_problem(path, f"{error.message} {set_aside_in_words(path)}"))
                finally:
                    lock.release()
        found.sort(key=lambda pair: pair[0])
        return tuple(recovered for _, recovered in found), tuple(problems)

    def discard(self, session_id: str) -> None:
        """Delete the work of a session and let its lock go: after a clean exit, or once it was restored or refused.

        Raises
        ------
        StoreError
            The file can't be deleted.
        """
        path = self._path(session_id)
        with self._one_at_a_time:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise failure(path, "deleted", error) from error
            lock = self._locks.pop(session_id, None)
            if lock is not None:
                lock.release()
            else:
                with contextlib.suppress(OSError):
                    self._lock_path(session_id).unlink(missing_ok=True)

    def _path(self, session_id: str) -> Path:
        return self._folder / f"{uuid.UUID(session_id)}.json"

    def _lock_path(self, session_id: str) -> Path:
        return self._path(session_id).with_suffix(".lock")


def _read(path: Path, known_keys: Collection[str], text_keys: Collection[str]) -> Recovered:
    document = documents.read(path)
    about = document.pop(_KEY, None)
    original, digest = (
        about.get(f"original_{part}") if isinstance(about, dict) else None for part in ("path", "digest")
    )
    return Recovered(
        session_id=path.stem,
        scenario=scenario.from_document(document, str(path), known_keys, text_keys=text_keys),
        original_path=Path(original) if isinstance(original, str) else None,
        original_digest=digest if isinstance(digest, str) else None,
    )


def _is_session(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _problem(path: Path, why: str) -> Problem:
    return Problem(field=str(path), severity=Severity.WARNING, message=f"Unsaved work could not be recovered. {why}")
