"""The strip of six cards: the network now, what mining takes in, and the best use for AI beside it."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from minerdesk.snapshot import Snapshot
from minerdesk.ui import whence
from minerdesk.ui.panels.cards import Card, cards
from minerdesk.ui.panels.parts import FittingLabel, SignedLine, plain_label, tip
from minerdesk.ui.theme import CAPTION_PX, KPI_PX, SEMIBOLD, SPACE_PX, Appearance, Theme, font

_EDGE_PX, _SIDE_PX, _TOP_PX = 3, 8, 6


class CardWidget(QFrame):
    """One card: a title, a value with its unit, two lines. A business's card carries its colour at the left edge.

    `asked(str)` is emitted with its name when it is pressed: by mouse, Enter or the space bar.
    """

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._edge = self._name = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleDescription("Press to see where this number comes from")
        self.setProperty("look", "card")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.title = FittingLabel(CAPTION_PX)
        self.value = plain_label(KPI_PX)
        self.value.setFont(font(KPI_PX, SEMIBOLD))
        self.unit = FittingLabel(CAPTION_PX)
        drop = QFontMetrics(self.value.font()).descent() - QFontMetrics(self.unit.font()).descent()
        self.unit.setContentsMargins(0, 0, 0, max(drop, 0))  # so that value and unit stand on one line
        self.lines = (SignedLine(theme), SignedLine(theme))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.value)
        row.addWidget(self.unit, 1, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_SIDE_PX, _TOP_PX, _SIDE_PX, _TOP_PX)
        layout.setSpacing(1)
        layout.addWidget(self.title)
        layout.addLayout(row)
        for line in self.lines:
            layout.addWidget(line)
        whence.link_to(self, self.figure, pops=True)

    @property
    def name(self) -> str:
        """The name of the card that is shown."""
        return self._name

    def figure(self) -> list[whence.Asked]:
        """Return the figure that the card shows."""
        found = whence.at("strip", self._name, f"{self.value.text()} {self.unit.variants[0]}".strip())
        return [] if found is None else [found]

    def show_card(self, card: Card) -> None:
        """Show what a card says."""
        self._name = card.name
        self.title.set_variants(card.title)
        self.value.setText(card.value)
        self.unit.set_variants(card.unit)
        for widget, line in zip(self.lines, card.lines, strict=True):
            widget.say(line.variants, role=line.role, sign=line.sign, sign_role=line.sign_role)
        self.setAccessibleName(card.spoken)
        self.setToolTip(tip(card.tip))
        if card.edge != self._edge:
            self._edge = card.edge
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Redraw in another theme."""
        self._theme = theme
        for line in self.lines:
            line.set_theme(theme)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask for the number's origin, if the button comes up over the card."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.asked.emit(self._name)
        super().mouseReleaseEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the press, so that the release comes here too."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for the number's origin."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.asked.emit(self._name)
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keyboard is here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it has left."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame, the keyboard's if it is here, and the business's colour inside the left edge."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._theme.colour("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
            painter.end()
        if not self._edge:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(self._edge))
        height = self.height() - 2.0 * _TOP_PX
        painter.drawRoundedRect(QRectF(1.0, _TOP_PX, _EDGE_PX, height), _EDGE_PX / 2, _EDGE_PX / 2)
        painter.end()


class Strip(QWidget):
    """Six cards of equal width in one row. `asked(str)` names the card whose origin is asked for."""

    asked = Signal(str)

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Key figures")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.cards: tuple[CardWidget, ...] = tuple(CardWidget(appearance.theme) for _ in range(6))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_PX)
        for card in self.cards:
            layout.addWidget(card, 1)
            card.asked.connect(self.asked)
        appearance.changed.connect(self._restyle)

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        for widget, card in zip(self.cards, cards(snapshot), strict=True):
            widget.show_card(card)

    def _restyle(self, theme: Theme) -> None:
        for card in self.cards:
            card.set_theme(theme)
