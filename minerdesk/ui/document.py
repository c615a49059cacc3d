"""The scenario file behind the window: which one it is, whether it is saved, autosave, and recovery after a crash.

Reading and writing are jobs; a file is never overwritten by anything but the user's own save, and that asks first if
another program wrote the file meanwhile.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from minerdesk.economics.schema import DEFAULTS, FIELDS, TEXT_KEYS
from minerdesk.errors import MinerdeskError, Problem, StoreError
from minerdesk.snapshot import Snapshot
from minerdesk.store import saving
from minerdesk.store.recovery import Recovered, Recovery, new_session_id
from minerdesk.store.saving import ChangedOnDiskError, Held
from minerdesk.store.scenario import Scenario
from minerdesk.ui.bridge import Bridge

AUTOSAVE_MS = 2_000
SUFFIX = ".minerdesk.json"
#: After so many failed saves of one file in a row it is offered to be written in another way.
FAILURES_BEFORE_OFFER = 3


@dataclass(frozen=True, kw_only=True)
class Unsaved:
    """A save that came to nothing, and what was to be done after it."""

    path: Path
    error: MinerdeskError
    then: Callable[[], None] | None


class Document(QObject):
    """The open scenario.

    Signals: `changed()` when path or dirtiness differ, `laid()` when another scenario lies on the desk, `saved(Path)`,
    `copied(Path, Path)` when a file was written directly and where the copy of it is, and `failed(MinerdeskError)` when
    a file could not be read or written. Two failures are questions: `overtaken(Unsaved)` when another program wrote the
    file meanwhile, `stuck(Unsaved)` when saving failed again and again.
    """

    changed = Signal()
    failed = Signal(object)
    saved = Signal(object)
    copied = Signal(object, object)
    overtaken = Signal(object)
    stuck = Signal(object)
    laid = Signal()

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._base = Scenario()
        self._saved: tuple[object, ...] | None = typed_by_user(bridge.snapshot)
        self.path: Path | None = None
        self._digests: dict[Path, str] = {}
        self._failures: Counter[Path] = Counter()
        data = bridge.session.folders.data
        self._locks, self._spare_folder = data / "locks", data / "backups"
        self._recovery = Recovery(data / "recovery")
        self._session_id = new_session_id()
        self._autosave = QTimer(self)
        self._autosave.setSingleShot(True)
        self._autosave.setInterval(AUTOSAVE_MS)
        self._autosave.timeout.connect(self._write_recovery)
        bridge.edited.connect(self._on_edited)

    @property
    def is_dirty(self) -> bool:
        """Whether the inputs differ from those on disk."""
        return typed_by_user(self._bridge.snapshot) != self._saved

    @property
    def name(self) -> str:
        """Return the name for the title bar."""
        return self.path.name.removesuffix(SUFFIX) if self.path else "Untitled"

    def _on_edited(self) -> None:
        self.changed.emit()
        if not self._autosave.isActive():
            self._autosave.start()

    # -- opening and saving -----------------------------------------------------------------------------------------

    def new(self) -> None:
        """Begin an empty scenario: every input at its default."""
        self._bridge.publish(self._bridge.session.desk.load(DEFAULTS))
        self._settle(None, Scenario())

    def open(self, path: Path) -> None:
        """Read `path` in the background and lay it on the desk; a file that can't be used changes nothing."""

        def lay(found: Held) -> None:
            try:
                snapshot = self._bridge.session.lay(found.scenario, name=str(path))
            except MinerdeskError as error:
                self.failed.emit(error)
                return
            self._bridge.publish(snapshot)
            self._digests[path.absolute()] = found.digest
            self._settle(path.absolute(), found.scenario)
            self._remember(path)

        self._bridge.tasks.run(
            "file",
            lambda progress, cancelled: saving.load(path, FIELDS, text_keys=TEXT_KEYS),
            lay,
            self._on_failed,
        )

    def save(
        self, path: Path, then: Callable[[], None] | None = None, *, overwrite: bool = False, directly: bool = False
    ) -> None:
        """Write the desk to `path` in the background; `then` is called once it is safely on disk.

        With `overwrite` it doesn't matter what another program wrote there meanwhile; `directly` writes into the file
        as it lies, after a copy of it was made.
        """
        target = path.absolute()
        work, kept = self._bridge.session.scenario(self._base), typed_by_user(self._bridge.snapshot)

        def write() -> Held:
            """Run in the one thread of ordered jobs: a save that a newer one supersedes leaves its digest, too."""
            if directly:
                held = saving.save_directly(target, work, spare_folder=self._spare_folder)
            else:
                known = None if overwrite else self._digests.get(target)
                held = saving.save(target, work, known_digest=known, lock_folder=self._locks)
            self._digests[target] = held.digest
            return held

        self._bridge.tasks.run(
            "file",
            lambda progress, cancelled: write(),
            lambda held: self._on_saved(target, held, kept, then),
            lambda error: self._on_unsaved(target, error, then),
            ordered=True,
        )

    def _on_saved(self, path: Path, held: Held, kept: tuple[object, ...], then: Callable[[], None] | None) -> None:
        self._failures.pop(path, None)
        self._base, self._saved, self.path = held.scenario, kept, path
        if not self.is_dirty:
            self._forget_recovery()
        self._remember(path)
        self.changed.emit()
        self.saved.emit(path)
        if held.copy is not None:
            self.copied.emit(path, held.copy)
        if then is not None:
            then()

    def _on_unsaved(self, path: Path, error: BaseException, then: Callable[[], None] | None) -> None:
        if isinstance(error, ChangedOnDiskError):
            self.overtaken.emit(Unsaved(path=path, error=error, then=then))
            return
        self._on_failed(error)
        if isinstance(error, StoreError):
            self._failures[path] += 1
            if self._failures[path] >= FAILURES_BEFORE_OFFER:
                self.stuck.emit(Unsaved(path=path, error=error, then=then))

    def _settle(self, path: Path | None, base: Scenario) -> None:
        self.path, self._base = path, base
        self._saved = typed_by_user(self._bridge.snapshot)
        self._forget_recovery()
        self.laid.emit()
        self.changed.emit()

    def _remember(self, path: Path) -> None:
        self._bridge.prefer(recent_files=self._bridge.session.preferences.with_recent_file(path).recent_files)

    def _on_failed(self, error: BaseException) -> None:
        if not isinstance(error, MinerdeskError):
            raise error
        self.failed.emit(error)

    # -- autosave and recovery ----------------------------------------------------------------------------------------

    def keep_now(self) -> None:
        """Autosave at once: something has gone wrong and may go on to do so."""
        self._autosave.stop()
        self._write_recovery()

    def _write_recovery(self) -> None:
        if not self.is_dirty:
            self._forget_recovery()
            return
        work, path = self._bridge.session.scenario(self._base), self.path
        digest = self._digests.get(path) if path else None
        self._bridge.tasks.run(
            "recovery",
            lambda progress, cancelled: self._recovery.write(self._session_id, work, path, digest),
            on_failed=self._on_failed,
            ordered=True,
        )

    def _forget_recovery(self) -> None:
        self._autosave.stop()
        self._bridge.tasks.run(
            "recovery",
            lambda progress, cancelled: self._recovery.discard(self._session_id),
            on_failed=self._on_failed,
            ordered=True,
        )

    def look_for_abandoned(self, offer: Callable[[Recovered], None]) -> None:
        """Look in the background for work that a crash left behind, offer the newest, and say what can't be read."""

        def on_found(result: tuple[tuple[Recovered, ...], tuple[Problem, ...]]) -> None:
            found, problems = result
            if problems:
                self.failed.emit(StoreError(" ".join(problem.message for problem in problems)))
            if found:
                offer(found[-1])

        self._bridge.tasks.run(
            "abandoned",
            lambda progress, cancelled: self._recovery.abandoned(FIELDS, text_keys=TEXT_KEYS),
            on_found,
            self._on_failed,
        )

    def restore(self, recovered: Recovered) -> None:
        """Lay recovered work on the desk, unsaved, and let its autosave go once ours is written."""
        try:
            snapshot = self._bridge.session.lay(recovered.scenario)
        except MinerdeskError as error:
            self.failed.emit(error)
            return
        self.path, self._base = recovered.original_path, recovered.scenario
        if self.path is not None and recovered.original_digest is not None:
            self._digests[self.path] = recovered.original_digest
        self._saved = None
        self._bridge.publish(snapshot)
        self.laid.emit()
        self.changed.emit()
        work = self._bridge.session.scenario(self._base)

        def hand_over() -> None:
            self._recovery.write(self._session_id, work, recovered.original_path, recovered.original_digest)
            self._recovery.discard(recovered.session_id)

        self._bridge.tasks.run(
            "recovery", lambda progress, cancelled: hand_over(), on_failed=self._on_failed, ordered=True
        )

    def discard(self, recovered: Recovered) -> None:
        """Delete recovered work at the user's wish."""
        self._bridge.tasks.run(
            "discard",
            lambda progress, cancelled: self._recovery.discard(recovered.session_id),
            on_failed=self._on_failed,
            ordered=True,
        )

    def close(self) -> None:
        """End cleanly: nothing unsaved is left that the user did not give up. Called once, after the question."""
        self._autosave.stop()
        self._recovery.discard(self._session_id)


def typed_by_user(snapshot: Snapshot) -> tuple[object, ...]:
    """Return what a scenario file keeps of the user's own: two that are equal need no saving."""
    return dict(snapshot.values), {name: rows for name, rows in snapshot.tables.items() if rows}, snapshot.power
