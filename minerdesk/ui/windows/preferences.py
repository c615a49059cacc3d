"""Preferences that have no place in a menu: whether to refresh by itself, and from where."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QGroupBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from minerdesk.errors import InputError
from minerdesk.sources import endpoints
from minerdesk.store.preferences import Preferences

#: The providers that are asked; the others have no base URL to replace yet.
ASKED = tuple(name for name in endpoints.PROVIDERS if name in endpoints.CREDITS)
_SIZE = QSize(520, 600)


class PreferencesDialog(QDialog):
    """Asks for the preferences; `chosen(dict)` holds the changed ones once they are valid."""

    chosen = Signal(object)

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(_SIZE.width())
        self.resize(_SIZE)
        self.auto_refresh = QCheckBox("&Refresh by itself when a value reaches its refresh age")
        self.auto_refresh.setChecked(preferences.auto_refresh)
        self.urls = {name: QLineEdit(preferences.base_urls.get(name, "")) for name in ASKED}
        group = QGroupBox("Base URLs")
        lines = QWidget()
        form = QFormLayout(lines)
        for name, line in self.urls.items():
            provider = endpoints.PROVIDERS[name]
            line.setPlaceholderText(provider.base)
            line.setClearButtonEnabled(True)
            form.addRow(provider.label, line)
        scroll = QScrollArea()  # more sources than a small screen is tall: they scroll, and OK stays in reach
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(lines)
        within = QVBoxLayout(group)
        within.setContentsMargins(0, 0, 0, 0)
        within.addWidget(scroll)
        note = QLabel(
            "Empty takes the provider’s own address. For an instance of your own, type its base (mempool: with /api). "
            f"A variable {endpoints.VARIABLE_PREFIX}… or a flag goes before what stands here.",
            textFormat=Qt.TextFormat.PlainText,
        )
        note.setProperty("look", "caption")
        note.setWordWrap(True)
        self.ca_file = QLineEdit(preferences.ca_file)
        self.ca_file.setPlaceholderText("the system’s own, and what the environment names")
        self.ca_file.setClearButtonEnabled(True)
        trust = QGroupBox("Certificates")
        trust_form = QFormLayout(trust)
        trust_form.addRow("Trust &also (file)", self.ca_file)
        trust_note = QLabel(
            "For a network whose proxy opens connections: the file of its certificates (PEM). Every connection is "
            "checked; the proxy itself is the system’s."
        )
        trust_note.setProperty("look", "caption")
        trust_note.setWordWrap(True)
        self.problem = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.problem.setProperty("look", "cost")
        self.problem.setWordWrap(True)
        self.problem.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._check)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.auto_refresh, group, note, trust, trust_note, self.problem, buttons):
            layout.addWidget(widget)

    def _check(self) -> None:
        base_urls = {name: line.text().strip() for name, line in self.urls.items() if line.text().strip()}
        try:
            endpoints.resolve(base_urls, {})
        except InputError as error:
            self.problem.setText("\n".join(problem.message for problem in error.problems) or error.message)
            self.problem.show()
            return
        ca_file = self.ca_file.text().strip()
        if ca_file and not Path(ca_file).exists():
            self.problem.setText(f"There is no file {ca_file}. Choose another, or leave it empty.")
            self.problem.show()
            return
        self.chosen.emit({"auto_refresh": self.auto_refresh.isChecked(), "base_urls": base_urls, "ca_file": ca_file})
        self.accept()
