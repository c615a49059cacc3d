"""The result in one sentence, full width: who keeps what per MW-year, and the numbers that would turn it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.snapshot import Snapshot
from minerdesk.ui import whence
from minerdesk.ui.panels.parts import Sign, plain_label
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, PADDING_PX, SEMIBOLD, SPACE_PX, TITLE_PX, Appearance, Theme, font


class Tag(QWidget):
    """A sign and a word on how the whole window is to be read; hidden while it doesn't apply."""

    def __init__(self, theme: Theme, sign: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = Sign(theme, parent=self)
        self._sign.set_sign(sign, "warning")
        self._text = plain_label(CAPTION_PX, "warning")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._sign)
        layout.addWidget(self._text)
        self.hide()

    @property
    def text(self) -> str:
        """What the tag says; empty while it is hidden."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Say something, or with an empty text nothing."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))

    def set_theme(self, theme: Theme) -> None:
        """Redraw in another theme."""
        self._sign.set_theme(theme)


class Sentence(QFrame):
    """The headline and its turning points, both to be selected and copied, and the tags of replays and offline mode."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.headline = _selectable(plain_label(TITLE_PX), "Result")
        self.headline.setFont(font(TITLE_PX, SEMIBOLD))
        self.turns = _selectable(plain_label(BODY_PX, "muted"), "What would turn it")
        self.replaying = Tag(appearance.theme, "clock")
        self.offline = Tag(appearance.theme, "offline")
        whence.link(self.headline, "verdict", "headline")
        whence.link(self.turns, "verdict", "turns")
        tags = QHBoxLayout()
        tags.setSpacing(PADDING_PX)
        tags.addWidget(self.replaying)
        tags.addWidget(self.offline)
        tags.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, SPACE_PX, PADDING_PX, SPACE_PX)
        layout.setSpacing(2)
        layout.addLayout(tags)
        layout.addWidget(self.headline)
        layout.addWidget(self.turns)
        appearance.changed.connect(self._restyle)

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. A text that is the same is left alone, so that what is selected in it stays selected."""
        for label, text in ((self.headline, snapshot.verdict.headline), (self.turns, snapshot.verdict.turns)):
            if label.text() != text:
                label.setText(text)
        self.turns.setVisible(bool(snapshot.verdict.turns))
        self.replaying.say(f"replaying {words.day_and_time(snapshot.now)} UTC" if snapshot.replaying else "")
        self.offline.say("offline" if snapshot.offline else "")

    def _restyle(self, theme: Theme) -> None:
        self.replaying.set_theme(theme)
        self.offline.set_theme(theme)


def _selectable(label: QLabel, name: str) -> QLabel:
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setAccessibleDescription(name)
    return label
