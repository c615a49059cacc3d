"""What a scenario file held before earlier saves: offered where the file is damaged, and from the menu."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.errors import Severity, StoreError
from minerdesk.store.backups import MOST_KEPT, Backup
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.document import Document, Offer
from minerdesk.ui.notices import Notices
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.panels.source_words import size_words
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.theme import BODY_PX, PADDING_PX, SEMIBOLD, SPACE_PX, TITLE_PX, font

_WIDTH_PX = 640
_ROW_PX, _HEADER_PX, _TIME_PX = 24, 28, 160
#: A line has room for so many signs without a place to break it.
_UNBROKEN = 60

#: Does something, after asking about unsaved changes if there are any.
AfterQuestion = Callable[[Callable[[], None]], None]


class BackupDialog(QDialog):
    """Lists the backups of one file; `chosen(Backup)` is the one to open. It deletes itself when closed."""

    chosen = Signal(object)

    def __init__(self, offer: Offer, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Open a backup")
        self.setMinimumWidth(_WIDTH_PX)
        self.setAccessibleDescription(f"{_title(offer)} {_note(offer)}")
        self._backups = offer.backups
        self.title = plain_label(TITLE_PX, text=_breakable(_title(offer)))
        self.title.setFont(font(TITLE_PX, SEMIBOLD))
        self.note = plain_label(BODY_PX, "muted", _breakable(_note(offer)))
        self.table = CellsView("Backups, the newest first")
        self.table.cells.set_table(
            ("Saved (UTC)", "Replaced (UTC)", "Age", "Size"),
            [_cells(backup, now) for backup in reversed(offer.backups)],
        )
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setFixedHeight(_HEADER_PX)
        for column in (0, 1):
            self.table.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.horizontalHeader().resizeSection(column, _TIME_PX)
        self.table.setFixedHeight(_HEADER_PX + MOST_KEPT * _ROW_PX + 2 * self.table.frameWidth())
        self.table.selectRow(0)
        self.table.doubleClicked.connect(self._open)
        self.unusable = plain_label(BODY_PX, "muted", _breakable(_unusable(offer)))
        buttons = QDialogButtonBox()
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.open_button: QPushButton = buttons.addButton("&Open backup", QDialogButtonBox.ButtonRole.AcceptRole)
        self.open_button.setDefault(True)
        buttons.accepted.connect(self._open)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX)
        layout.setSpacing(SPACE_PX)
        for label in (self.title, self.note, self.unusable):
            label.setWordWrap(True)
        for widget in (self.title, self.note, self.table, self.unusable, buttons):
            layout.addWidget(widget)
        self.unusable.setVisible(bool(offer.unusable))
        self.resize(_WIDTH_PX, layout.totalHeightForWidth(_WIDTH_PX))  # a label that wraps asks for less than it needs
        self.table.setFocus()

    def _open(self, _index: QModelIndex | None = None) -> None:
        row = self.table.currentIndex().row()
        self.accept()
        self.chosen.emit(self._backups[max(row, 0)])


class BackupOffers(QObject):
    """Offers backups on behalf of a window, one dialog at a time, and says what became of what a save replaced.

    `told(str)` is what was done at the user's wish.
    """

    told = Signal(str)

    def __init__(
        self, window: QWidget, bridge: Bridge, document: Document, notices: Notices, after_question: AfterQuestion
    ) -> None:
        super().__init__(window)
        self._window, self._bridge, self._document, self._notices = window, bridge, document, notices
        self._after_question = after_question
        self._shown: BackupDialog | None = None
        document.backups_found.connect(self._offer)
        document.backup_laid.connect(self._on_laid)
        document.set_aside.connect(self._on_set_aside)
        document.backed.connect(self._on_backed)

    def _offer(self, offer: Offer) -> None:
        if self._shown is not None:
            self._shown.reject()
        dialog = self._shown = BackupDialog(offer, self._bridge.snapshot.now, self._window)
        dialog.finished.connect(self._on_finished)
        dialog.chosen.connect(lambda backup: self._after_question(partial(self._document.open_backup, offer, backup)))
        dialog.open()

    def _on_finished(self) -> None:
        self._shown = None

    def _on_laid(self, path: Path, backup: Backup) -> None:
        when = words.day_and_time(backup.as_of)
        self.told.emit(f"{path.name} as of {when} UTC lies on the desk, unsaved")

    def _on_set_aside(self, path: Path, aside: Path) -> None:
        text = f"{path} was saved. What it held before was no whole scenario; it is kept as {aside}."
        self._notices.post(text, key="file", severity=Severity.WARNING)

    def _on_backed(self, path: Path, error: StoreError | None) -> None:
        if error is None:
            self._notices.withdraw("backup")
            return
        text = f"{path} was saved, but as it was before it is not kept as a backup: {error}"
        self._notices.post(text, key="backup", severity=Severity.WARNING)


def _breakable(text: str) -> str:
    """Let paths be broken behind each stroke, and long names anywhere: a label cuts off what has no place for it."""
    return re.sub(rf"/|[^\s/]{{{_UNBROKEN}}}(?=[^\s/])", "\\g<0>\u200b", text)


def _title(offer: Offer) -> str:
    return f"“{offer.path.name}” can’t be opened." if offer.error else f"Backups of “{offer.path.name}”"


def _note(offer: Offer) -> str:
    if offer.error is None:
        return (
            "The file as it was before earlier saves. A backup is laid on the desk, unsaved; the file stays as it is "
            "until you save, and is then a backup itself."
        )
    then = "the file stays as it is until you save, and is copied first" if offer.digest else "saving writes the file"
    return (
        f"{offer.error.message}\n\nThis is what it held before earlier saves. A backup is laid on the desk, unsaved; "
        f"{then}."
    )


def _unusable(offer: Offer) -> str:
    if not offer.unusable:
        return ""
    more = f" (and {len(offer.unusable) - 1} more)" if len(offer.unusable) > 1 else ""
    return f"Not listed, as it can’t be opened: {offer.unusable[0]}{more}"


def _cells(backup: Backup, now: datetime) -> list[str]:
    saved = words.day_and_time(backup.saved_at)
    replaced = words.day_and_time(backup.replaced_at)
    return [saved, replaced, words.age(now - backup.as_of), size_words(backup.size_bytes)]
