"""The scenario file behind the window: which one it is, whether it is saved, autosave, and recovery after a crash.

Reading and writing are jobs; a file is never overwritten by anything but the user's own save, and that asks first if
another program wrote the file meanwhile. In the place of a damaged file its backups are offered.
"""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from minerdesk.economics.schema import DEFAULTS, FIELDS, TEXT_KEYS
from minerdesk.errors import MinerdeskError, Problem, StoreError
from minerdesk.snapshot import Snapshot
from minerdesk.store import backups, saving
from minerdesk.store.backups import Backup
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


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a scenario file held before, newest first: `error` says why it can't be opened itself, if it can't.

    `unusable` says of other backups why they can't be opened. `digest` tells what a file holds that can't be opened.
    """

    path: Path
    error: MinerdeskError | None
    backups: tuple[Backup, ...]
    unusable: tuple[str, ...]
    digest: str | None


class Document(QObject):
    """The open scenario.

    Signals: `changed()` when path or dirtiness differ, `laid()` when another scenario lies on the desk, `saved(Path)`,
    `copied(Path, Path)` when a file was written directly and where the copy of it is, and `failed(MinerdeskError)` when
    a file could not be read or written. Two failures are questions: `overtaken(Unsaved)` when another program wrote the
    file meanwhile, `stuck(Unsaved)` when saving failed again and again. Of backups: `backups_found(Offer)`;
    `backed(Path, StoreError | None)` after a save, with what kept the older state from being one; `set_aside(Path,
    Path)` when the file held no whole scenario, and where that is kept; `backup_laid(Path, Backup)`.
    """

    changed = Signal()
    failed = Signal(object)
    saved = Signal(object)
    copied = Signal(object, object)
    overtaken = Signal(object)
    stuck = Signal(object)
    laid = Signal()
    backups_found = Signal(object)
    backed = Signal(object, object)
    set_aside = Signal(object, object)
    backup_laid = Signal(object, object)

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._base = Scenario()
        self._saved: tuple[object, ...] | None = typed_by_user(bridge.snapshot)
        self.path: Path | None = None
        self.has_backups = False
        self._backups = bridge.session.backups
        self._digests: dict[Path, str] = {}
        self._whole: set[str] = set()  # digests of what was read or written here as a scenario
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
        """Read `path` in the background and lay it on the desk; a file that can't be used changes nothing.

        If it is damaged or gone its backups are offered.
        """

        def read() -> Held | Offer:
            try:
                return saving.load(path, FIELDS, text_keys=TEXT_KEYS)
            except MinerdeskError as error:
                if not backups.is_lost(error, path):
                    raise
                return self._look(path.absolute(), error)

        def lay(found: Held | Offer) -> None:
            if isinstance(found, Offer):
                self._offer(found)
                return
            try:
                snapshot = self._bridge.session.lay(found.scenario, name=str(path))
            except MinerdeskError as error:
                self.failed.emit(error)
                return
            self._bridge.publish(snapshot)
            self._digests[path.absolute()] = found.digest
            self._whole.add(found.digest)
            self._settle(path.absolute(), found.scenario)
            self._remember(path)

        self._bridge.tasks.run(
            "file",
            lambda progress, cancelled: read(),
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
                held = saving.save_directly(target, work, spare_folder=self._spare_folder, backups=self._backups)
            else:
                known = None if overwrite else self._digests.get(target)
                held = saving.save(
                    target,
                    work,
                    known_digest=known,
                    known_whole=known in self._whole,
                    lock_folder=self._locks,
                    backups=self._backups,
                )
            self._digests[target] = held.digest
            self._whole.add(held.digest)
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
        if held.aside is not None:
            self.set_aside.emit(path, held.aside)
        self.backed.emit(path, held.unkept)
        self._count_backups()
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
        self._count_backups()

    def _remember(self, path: Path) -> None:
        self._bridge.prefer(recent_files=self._bridge.session.preferences.with_recent_file(path).recent_files)

    def _on_failed(self, error: BaseException) -> None:
        if not isinstance(error, MinerdeskError):
            raise error
        self.failed.emit(error)

    # -- backups ------------------------------------------------------------------------------------------------------

    def look_for_backups(self) -> None:
        """Look in the background for what the open file held before, and offer it."""
        path = self.path
        if path is not None:
            self._bridge.tasks.run(
                "file", lambda progress, cancelled: self._look(path, None), self._offer, self._on_failed
            )

    def open_backup(self, offer: Offer, backup: Backup) -> None:
        """Lay a backup on the desk, unsaved: it is written to the file that it is of once the user saves."""

        def lay(found: Scenario) -> None:
            try:
                snapshot = self._bridge.session.lay(found, name=str(backup.path))
            except MinerdeskError as error:
                self.failed.emit(error)
                return
            self.path, self._base, self._saved = offer.path, found, None
            if offer.digest is not None:
                self._digests[offer.path] = offer.digest
            self._bridge.publish(snapshot)
            self.laid.emit()
            self.changed.emit()
            self._count_backups()
            self._write_recovery()
            self.backup_laid.emit(offer.path, backup)

        self._bridge.tasks.run(
            "file",
            lambda progress, cancelled: backups.read(backup, FIELDS, text_keys=TEXT_KEYS),
            lay,
            self._on_failed,
        )

    def _look(self, path: Path, error: MinerdeskError | None) -> Offer:
        """Return what can be offered of a file; run in a job."""
        digest = None
        if error is not None:
            with contextlib.suppress(StoreError):
                digest = saving.digest_of(path)
        found, unusable = self._backups.usable(path, FIELDS, text_keys=TEXT_KEYS)
        return Offer(path=path, error=error, backups=found, unusable=unusable, digest=digest)

    def _offer(self, offer: Offer) -> None:
        """Say why the file can't be opened, and offer what can; or say that nothing can."""
        if not offer.backups and (offer.unusable or offer.error is None):
            why = " ".join(offer.unusable) or "There is none any more."
            before = f"{offer.error} " if offer.error else ""
            self.failed.emit(StoreError(f"{before}No backup of {offer.path} can be opened. {why}"))
            return
        if offer.error is not None:
            self.failed.emit(offer.error)
        if offer.backups:
            self.backups_found.emit(offer)

    def _count_backups(self) -> None:
        """Look in the background whether the open file has backups; `changed` says so if that is new."""

        def take(found: bool) -> None:
            if found != self.has_backups:
                self.has_backups = found
                self.changed.emit()

        path = self.path
        if path is None:
            self._bridge.tasks.cancel("backups")
            take(found=False)
        else:
            self._bridge.tasks.run("backups", lambda progress, cancelled: bool(self._backups.of(path)), take)

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
        self._count_backups()
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
