"""The strip of six cards: the network now, what mining takes in, and the best use for AI beside it."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from minerdesk.snapshot import Snapshot
from minerdesk.ui.panels.cards import Card, cards
from minerdesk.ui.panels.parts import FittingLabel, SignedLine, plain_label, tip
from minerdesk.ui.theme import CAPTION_PX, KPI_PX, SEMIBOLD, SPACE_PX, Appearance, Theme, font

_EDGE_PX, _SIDE_PX, _TOP_PX = 3, 8, 6


class CardWidget(QFrame):
    """One card: a title, a value with its unit, two lines. A business's card carries its colour at the left edge."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._edge = ""
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

    def show_card(self, card: Card) -> None:
        """Show what a card says."""
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

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame, and the business's colour inside its left edge."""
        super().paintEvent(event)
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
    """Six cards of equal width in one row."""

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
        appearance.changed.connect(self._restyle)

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        for widget, card in zip(self.cards, cards(snapshot), strict=True):
            widget.show_card(card)

    def _restyle(self, theme: Theme) -> None:
        for card in self.cards:
            card.set_theme(theme)
