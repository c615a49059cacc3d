"""How a source is let in: the switch with its terms, its key or password, the way to the user's own node.

What is typed into a field for a secret goes to the keyring and is never shown again, nor kept by the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from minerdesk.source_states import SourceState
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.store.node import NODE, usual_cookies
from minerdesk.ui.panels.parts import plain_label, set_look
from minerdesk.ui.source_keys import KeyState
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, SPACE_PX

_LEAST_PX, _FIELD_PX = 200, 320


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of text that a source is reached by: the preference that keeps it, its words, whether it is a file."""

    preference: str
    label: str
    hint: str
    is_file: bool = False


#: Beside switch, key and address: what a source of the user's own is reached by.
LINES: Mapping[str, tuple[Line, ...]] = {
    NODE: (
        Line(
            preference="node_cookie",
            label="Cookie &file",
            hint=f"found by itself: {usual_cookies()[0] if usual_cookies() else ''}",
            is_file=True,
        ),
        Line(preference="node_user", label="Use&r", hint="empty: by the cookie file"),
    )
}
_SECRETS = {NODE: "Pass&word"}


def is_shown(provider: str) -> bool:
    """Return whether a source has anything to switch or to give."""
    declared = PROVIDERS[provider]
    return declared.access is not Access.OPEN or bool(declared.key_header)


def _wrapped(size_px: int) -> QLabel:
    label = plain_label(size_px, "muted")
    label.setWordWrap(True)
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    """Return a row; text takes what the rest leaves, and without any the rest stands at the left."""
    row = QHBoxLayout()
    row.setSpacing(SPACE_PX)
    for widget in widgets:
        row.addWidget(widget, 1 if isinstance(widget, QLabel) and widget.wordWrap() else 0)
    if not any(isinstance(widget, QLabel) and widget.wordWrap() for widget in widgets):
        row.addStretch(1)
    return row


class SourceAccess(QWidget):
    """The form of one source; rows that it has no use for are hidden.

    Signals
    -------
    switched(str, bool)
        Ask a source, or no more.
    given(str, str), removed(str)
        A secret for the keyring; take it out.
    preferred(dict)
        Preferences that were typed.
    """

    switched = Signal(str, bool)
    given = Signal(str, str)
    removed = Signal(str)
    preferred = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._provider = ""
        self.switch = QCheckBox("&Ask this source")
        self.terms, self.told = _wrapped(BODY_PX), _wrapped(CAPTION_PX)
        self.secret, self.give, self.remove = QLineEdit(), QPushButton("&Set"), QPushButton("Re&move")
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setMinimumWidth(_LEAST_PX)
        self.secret.setMaximumWidth(_FIELD_PX)
        self.give.setToolTip("Put it into the system’s keyring; it is not shown again")
        self.remove.setToolTip("Take it out of the system’s keyring")
        self.lines: dict[str, QLineEdit] = {}
        self._line_widgets: dict[str, tuple[str, list[QWidget]]] = {}
        self._secret_label = QLabel("&Key", textFormat=Qt.TextFormat.PlainText)
        self._secret_label.setBuddy(self.secret)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 2, 0, 2)
        down.setSpacing(4)
        down.addLayout(_row(self.switch, self.terms))
        for provider, lines in LINES.items():
            down.addLayout(_row(*(widget for line in lines for widget in self._line(provider, line))))
        down.addLayout(_row(self._secret_label, self.secret, self.give, self.remove, self.told))
        self.switch.clicked.connect(lambda on: self.switched.emit(self._provider, on))
        self.give.clicked.connect(self._give)
        self.secret.returnPressed.connect(self._give)
        self.secret.textChanged.connect(lambda text: self.give.setEnabled(bool(text.strip())))
        self.remove.clicked.connect(lambda: self.removed.emit(self._provider))

    def _line(self, provider: str, line: Line) -> list[QWidget]:
        """Return the widgets of a line: its label, its field, and for a file the way to choose it."""
        label, edit = QLabel(line.label, textFormat=Qt.TextFormat.PlainText), QLineEdit()
        label.setBuddy(edit)
        edit.setPlaceholderText(line.hint)
        edit.setAccessibleName(line.label.replace("&", ""))
        edit.setClearButtonEnabled(True)
        edit.setMinimumWidth(_LEAST_PX)
        edit.setMaximumWidth(_FIELD_PX)
        edit.editingFinished.connect(lambda: self._prefer(line.preference))
        self.lines[line.preference] = edit
        widgets: list[QWidget] = [label, edit]
        if line.is_file:
            choose = QPushButton("C&hoose…")
            choose.clicked.connect(lambda: self._choose(line.preference))
            widgets.append(choose)
        self._line_widgets[line.preference] = (provider, widgets)
        return widgets

    def show_source(self, state: SourceState, key: KeyState, preferred: Mapping[str, str]) -> None:
        """Show a source, what is known of its key, and the preferences of `LINES`; half-typed text stays."""
        another = state.provider != self._provider
        self._provider = state.provider
        declared = PROVIDERS[state.provider]
        self.setVisible(is_shown(state.provider))
        self.switch.setVisible(declared.access is not Access.OPEN)
        with QSignalBlocker(self.switch):
            self.switch.setChecked(state.is_on)
        where = f" A key is had from {declared.key_from}." if declared.key_header and declared.key_from else ""
        self.terms.setText(f"{declared.terms}{where}")
        for name, (provider, widgets) in self._line_widgets.items():
            for widget in widgets:
                widget.setVisible(provider == state.provider)
            if not self.lines[name].hasFocus():
                self.lines[name].setText(preferred.get(name, ""))
        self._show_secret(state.provider, key, needs=not preferred or bool(preferred.get("node_user")))
        if another:
            self.secret.clear()
            self.give.setEnabled(False)

    def _show_secret(self, provider: str, key: KeyState, *, needs: bool) -> None:
        label = _SECRETS.get(provider, "&Key")
        what = label.replace("&", "").lower()
        wanted = bool(PROVIDERS[provider].key_header) or (provider in _SECRETS and needs)
        self._secret_label.setText(label)
        self.secret.setAccessibleName(what.capitalize())
        self.secret.setPlaceholderText(f"another {what}" if key.has else f"paste the {what}")
        for widget in (self._secret_label, self.secret, self.give, self.remove, self.told):
            widget.setVisible(wanted)
        self.remove.setEnabled(key.has is not False and not key.busy)
        self.secret.setEnabled(not key.busy)
        said = {True: f"A {what} is stored in the system’s keyring.", False: f"No {what} is stored.", None: ""}[key.has]
        self.told.setText("Waiting for the keyring…" if key.busy else key.problem or said)
        set_look(self.told, "warning" if key.problem and not key.busy else "muted")

    def _give(self) -> None:
        text = self.secret.text()
        self.secret.clear()  # from here on it is the keyring's alone
        if text.strip():
            self.given.emit(self._provider, text)

    def _prefer(self, name: str) -> None:
        self.preferred.emit({name: self.lines[name].text().strip()})

    def _choose(self, name: str) -> None:
        chooser = QFileDialog(self, "Cookie file of Bitcoin Core", self.lines[name].text() or "", "All files (*)")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(lambda path: self._take(name, path))
        chooser.open()

    def _take(self, name: str, path: str) -> None:
        self.lines[name].setText(path)
        self._prefer(name)
