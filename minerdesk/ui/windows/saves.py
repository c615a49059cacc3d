"""Saves that come to nothing, as questions: another program wrote the file meanwhile, or it fails again and again."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from minerdesk.errors import Severity
from minerdesk.ui.document import FAILURES_BEFORE_OFFER, Document, Unsaved
from minerdesk.ui.notices import Notices
from minerdesk.ui.windows.questions import ask_about_direct_write, ask_about_overtaken

SaveAs = Callable[[Callable[[], None] | None], None]


class Saves(QObject):
    """Asks on behalf of a window what becomes of a file that was not saved; `save_as` asks for another one."""

    def __init__(self, window: QWidget, document: Document, notices: Notices, save_as: SaveAs) -> None:
        super().__init__(window)
        self._window, self._document, self._notices, self._save_as = window, document, notices, save_as
        document.failed.connect(partial(notices.post_error, key="file"))
        document.saved.connect(lambda _: notices.withdraw("file"))
        document.copied.connect(self._on_copied)
        document.overtaken.connect(self._on_overtaken)
        document.stuck.connect(self._on_stuck)

    def _on_copied(self, path: Path, copy: Path) -> None:
        text = f"{path} was written directly. As it was before, it is kept as {copy}."
        self._notices.post(text, key="file", severity=Severity.WARNING)

    def _on_overtaken(self, unsaved: Unsaved) -> None:
        ask_about_overtaken(
            self._window,
            unsaved,
            partial(self._save_as, unsaved.then),
            partial(self._document.open, unsaved.path),
            partial(self._document.save, unsaved.path, unsaved.then, overwrite=True),
        )

    def _on_stuck(self, unsaved: Unsaved) -> None:
        ask_about_direct_write(
            self._window,
            unsaved,
            FAILURES_BEFORE_OFFER,
            partial(self._save_as, unsaved.then),
            partial(self._document.save, unsaved.path, unsaved.then, directly=True),
        )
