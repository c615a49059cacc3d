"""The small widgets that several panels are made of: signs with text, text that fits itself, plain-text tooltips."""

import html

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QWidget

from minerdesk.ui import whence
from minerdesk.ui.theme import CAPTION_PX, Theme, font, icon

SIGN_PX = 12
_LEAST_HIGH_PX = 48


def set_look(widget: QWidget, look: str) -> None:
    """Give a widget a look of the style sheet and have it restyled, if it has not that look already."""
    if widget.property("look") != look:
        widget.setProperty("look", look)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def tip(text: str) -> str:
    """Return a tooltip that wraps and shows `text` as it is, whatever a file or a provider put into it.

    >>> tip("a <b>\\nc")
    '<qt>a &lt;b&gt;<br>c</qt>'
    """
    return f"<qt>{html.escape(text, quote=False).replace(chr(10), '<br>')}</qt>" if text else ""


def plain_label(size_px: int, look: str = "", text: str = "") -> QLabel:
    """Return a label for plain text in one of the theme's sizes."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(font(size_px))
    if look:
        label.setProperty("look", look)
    return label


class FigureLabel(QLabel):
    """A figure that is asked where it comes from like a link: by click, and by Enter where the keyboard is on it."""

    def __init__(self, size_px: int = CAPTION_PX, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(size_px))
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # by keyboard Shift+F1 lists all of a page: no 30 tab stops
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleDescription("Press to see where this number comes from")

    def _underline(self, on: bool) -> None:
        shown = self.font()
        shown.setUnderline(on)
        self.setFont(shown)

    def _ask(self) -> None:
        found = whence.link_of(self)
        for one in found.here()[:1] if found is not None else ():
            whence.ask(self, one)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Look like a link."""
        self._underline(on=True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Look like text again."""
        self._underline(on=self.hasFocus())
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keyboard is here."""
        self._underline(on=True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it has left."""
        self._underline(on=False)
        super().focusOutEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the press, so that the release comes here too."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask, if the button comes up over the figure."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._ask()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask on Enter and on the space bar."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._ask()
        else:
            super().keyPressEvent(event)


class FittingLabel(QLabel):
    """One line of text that is said in as many words as there is room for: the longest variant that fits.

    If none fits the last one is cut with an ellipsis. The whole text is its accessible name.
    """

    def __init__(self, size_px: int = CAPTION_PX, look: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(size_px))
        self.setProperty("look", look)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._variants: tuple[str, ...] = ("",)

    @property
    def variants(self) -> tuple[str, ...]:
        """The ways to say it, longest first."""
        return self._variants

    def set_variants(self, *variants: str) -> None:
        """Say something else; `variants` from the longest to the shortest."""
        self._variants = variants or ("",)
        self.setAccessibleName(self._variants[0])
        self._fit()

    def sizeHint(self) -> QSize:
        """Return the room for the longest variant."""
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._variants[0]) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Return a line of no width: it always finds a way to fit."""
        return QSize(0, QFontMetrics(self.font()).height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose anew what to say."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics, room = QFontMetrics(self.font()), self.width()
        fitting = (text for text in self._variants if metrics.horizontalAdvance(text) <= room)
        shortest = self._variants[-1]
        self.setText(next(fitting, None) or metrics.elidedText(shortest, Qt.TextElideMode.ElideRight, room))


class WrappingLabel(QLabel):
    """Plain text on as many lines as its width needs.

    Its least height follows: what scrolls asks for no height at a width, and would squeeze what lies under it.
    """

    def __init__(self, size_px: int = CAPTION_PX, look: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFont(font(size_px))
        self.setProperty("look", look)

    def say(self, text: str) -> None:
        """Show another text."""
        self.setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for the lines that the new width needs."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(max(self.heightForWidth(self.width()), 0))


class Sign(QLabel):
    """An icon of the theme beside a text; the text says the same, so it has no name of its own."""

    def __init__(self, theme: Theme, size_px: int = SIGN_PX, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._size_px = theme, size_px
        self._name, self._role = "", "muted"
        self.setFixedSize(size_px, size_px)
        self.hide()

    @property
    def name(self) -> str:
        """The name of the icon shown, empty if none is."""
        return self._name

    def set_sign(self, name: str, role: str = "muted") -> None:
        """Show an icon in the colour of a role; without a name none."""
        if (name, role) != (self._name, self._role):
            self._name, self._role = name, role
            self._draw()

    def set_theme(self, theme: Theme) -> None:
        """Redraw in another theme."""
        self._theme = theme
        self._draw()

    def _draw(self) -> None:
        if self._name:
            drawn = icon(self._name, self._theme, self._role, self._size_px)
            self.setPixmap(drawn.pixmap(QSize(self._size_px, self._size_px), self.devicePixelRatioF()))
        self.setVisible(bool(self._name))


class SignedLine(QWidget):
    """A sign and a fitting line of text beside it."""

    def __init__(self, theme: Theme, size_px: int = CAPTION_PX, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sign = Sign(theme, parent=self)
        self.label = FittingLabel(size_px)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.sign)
        layout.addWidget(self.label, 1)

    def say(self, variants: tuple[str, ...], *, role: str = "muted", sign: str = "", sign_role: str = "") -> None:
        """Show a text, with its colour and its sign."""
        self.sign.set_sign(sign, sign_role or role)
        set_look(self.label, role)
        self.label.set_variants(*variants)

    def set_theme(self, theme: Theme) -> None:
        """Redraw the sign in another theme."""
        self.sign.set_theme(theme)


class HalfHigh(QScrollArea):
    """A card as high as what is in it, that scrolls where this is more than half of what holds it."""

    def __init__(self, inside: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = inside
        self.setWidget(inside)
        inside.installEventFilter(self)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the size of what holds this from now on."""
        super().showEvent(event)
        holder = self.parentWidget()
        if holder is not None:
            holder.installEventFilter(self)
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit anew."""
        super().resizeEvent(event)
        self.fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit anew when what is inside asks for other room, or what holds this has other room."""
        wanted = QEvent.Type.LayoutRequest if watched is self._inside else QEvent.Type.Resize
        if event.type() == wanted:
            self.fit()
        return super().eventFilter(watched, event)

    def fit(self) -> None:
        """Be as high as is needed and allowed."""
        inside, holder = self._inside, self.parentWidget()
        wraps = inside.hasHeightForWidth()
        needed = inside.heightForWidth(self.viewport().width()) if wraps else inside.sizeHint().height()
        allowed = holder.height() // 2 if holder is not None and holder.height() > 0 else needed
        self.setFixedHeight(max(_LEAST_HIGH_PX, min(needed, allowed)))
