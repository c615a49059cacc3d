"""A painted chart on screen over which mouse and keys point: what the widgets of all such charts have in common."""

from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from minerdesk.ui.theme import Theme

Spec = TypeVar("Spec")
Place = TypeVar("Place")

#: The arrow keys as steps to the right and down.
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class PointedChart(QWidget, Generic[Spec, Place]):
    """Shows a spec in a theme and points at one place of it, or at none.

    A chart says how it is painted, which place lies under a pixel, where a key leads, and tells its listeners.
    """

    usual, least = QSize(560, 360), QSize(320, 180)

    def __init__(self, theme: Theme, spec: Spec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._theme = theme
        self._cursor: Place | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # -- said by each chart -------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the spec, and the place that is pointed at, into `rect`."""
        raise NotImplementedError

    def place_at(self, position: QPointF) -> Place | None:
        """Return the place under a pixel, or None."""
        raise NotImplementedError

    def moved(self, key: Qt.Key) -> Place | None:
        """Return where a key leads from the place that is pointed at; None if it is no key of this chart's."""
        raise NotImplementedError

    def tell(self, place: Place | None) -> None:
        """Tell listeners what is pointed at now."""
        raise NotImplementedError

    # -- common to all ------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return self.usual

    def minimumSizeHint(self) -> QSize:
        """Return the room without which it can't be read."""
        return self.least

    def set_spec(self, spec: Spec) -> None:
        """Show something else."""
        self.spec = spec
        self.point(None)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self._theme = theme
        self.update()

    def point(self, place: Place | None) -> None:
        """Point at a place, or at none."""
        if place != self._cursor:
            self._cursor = place
            self.tell(place)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint."""
        self.paint(QPainter(self), QRectF(self.rect()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        self.point(self.place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        self.point(None)
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Point at nothing."""
        self.point(None)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the keys of this chart."""
        place = self.moved(Qt.Key(event.key()))
        if place is None:
            super().keyPressEvent(event)
        else:
            self.point(place)


def within(value: float, low: float, high: float) -> float:
    """Return `value`, or the end of the span that it lies beyond.

    >>> within(1.2, 0.0, 1.0)
    1.0
    """
    return min(max(value, low), high)


def share_across(position: QPointF, plot: QRectF) -> float:
    """Return how far across `plot` a pixel lies, from 0 to 1."""
    return within((position.x() - plot.left()) / plot.width(), 0.0, 1.0)
