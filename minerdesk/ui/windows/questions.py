"""The questions that the window asks. They open and return at once: no nested event loop."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from minerdesk import words
from minerdesk.store.recovery import Recovered
from minerdesk.ui.document import Unsaved


def ask_about_changes(parent: QWidget, name: str, save: Callable[[], None], give_up: Callable[[], None]) -> None:
    """Ask whether unsaved changes are to be saved; on Cancel neither function is called."""
    box = _question(parent, f"Save the changes to “{name}”?", "Without saving they are lost.")
    yes = box.addButton("&Save", QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton("&Don’t save", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(yes)
    box.finished.connect(lambda: _call(box, {yes: save, no: give_up}))
    box.open()


def ask_about_recovery(
    parent: QWidget, recovered: Recovered, restore: Callable[[], None], discard: Callable[[], None]
) -> None:
    """Ask whether work that a crash left behind is to be restored; “later” calls neither function."""
    name = recovered.original_path.name if recovered.original_path else "an untitled scenario"
    when = words.day_and_time(recovered.scenario.saved_at)
    box = _question(
        parent,
        "minerdesk ended unexpectedly with unsaved changes.",
        f"They belong to {name} and were kept at {when} UTC. Restore them?",
    )
    yes = box.addButton("&Restore", QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton("&Discard", QMessageBox.ButtonRole.DestructiveRole)
    box.setEscapeButton(box.addButton("Ask &later", QMessageBox.ButtonRole.RejectRole))
    box.setDefaultButton(yes)
    box.finished.connect(lambda: _call(box, {yes: restore, no: discard}))
    box.open()


def ask_about_overtaken(
    parent: QWidget,
    unsaved: Unsaved,
    save_as: Callable[[], None],
    open_theirs: Callable[[], None],
    overwrite: Callable[[], None],
) -> None:
    """Ask what becomes of a file that another program wrote meanwhile; on Cancel nothing does."""
    box = _question(
        parent,
        f"“{unsaved.path.name}” was changed by another program.",
        f"{unsaved.path} is no longer as it was opened or saved here. Nothing was written.\n\nSaving under another "
        "name keeps both; opening the file gives up the changes on this desk; overwriting gives up what the other "
        "program wrote.",
    )
    other = box.addButton("Save &as…", QMessageBox.ButtonRole.AcceptRole)
    theirs = box.addButton("Open the &file", QMessageBox.ButtonRole.DestructiveRole)
    ours = box.addButton("&Overwrite", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(other)
    box.finished.connect(lambda: _call(box, {other: save_as, theirs: open_theirs, ours: overwrite}))
    box.open()


def ask_about_direct_write(
    parent: QWidget, unsaved: Unsaved, failures: int, save_as: Callable[[], None], write: Callable[[], None]
) -> None:
    """Ask whether a file that can't be replaced is to be written as it lies; on Cancel nothing is done."""
    box = _question(
        parent,
        f"Saving “{unsaved.path.name}” has failed {failures} times.",
        f"{unsaved.error}\n\nSome synchronised and network folders let no file be replaced. minerdesk can write into "
        "the file directly instead: first it copies the file as it is, and that copy stays. A power cut while it "
        "writes would damage the file, not the copy.",
    )
    other = box.addButton("Save &as…", QMessageBox.ButtonRole.AcceptRole)
    direct = box.addButton("Copy, then &write directly", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(other)
    box.finished.connect(lambda: _call(box, {other: save_as, direct: write}))
    box.open()


def _question(parent: QWidget, text: str, more: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(more)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def _call(box: QMessageBox, answers: dict[QPushButton, Callable[[], None]]) -> None:
    for button, do in answers.items():
        if box.clickedButton() is button:
            do()
