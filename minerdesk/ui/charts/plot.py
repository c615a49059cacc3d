"""The drawing area of a chart on screen: pyqtgraph's view box for wheel, drag and limits; everything visible is ours.

The box carries the time span in seconds UTC and nothing else. Curves are painted by `paint` in pixels and kept as a
picture until something changes; the crosshair lies above it, so that moving it repaints no curve.
"""

import math
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QFrame, QGraphicsItem, QGraphicsObject, QGraphicsWidget, QStyleOptionGraphicsItem, QWidget

from minerdesk.ui.charts.geometry import Geometry
from minerdesk.ui.charts.model import ChartSpec, View
from minerdesk.ui.charts.paint import gutter_px, paint_plot
from minerdesk.ui.charts.strokes import Brushwork, pen
from minerdesk.ui.theme import Theme

pg.setConfigOptions(antialias=False, useOpenGL=False)  # what is antialiased is decided stroke by stroke

_LEAST_SPAN_S = 86_400.0
_EDGE_FRACTION = 0.02


class _Picture(QGraphicsWidget):
    """The chart as painted; Qt keeps the picture until `update`."""

    def __init__(self, plot: "PlotView") -> None:
        super().__init__()
        self._plot = plot
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        self._plot.paint_on(painter, self.rect())


class _Crosshair(QGraphicsObject):
    """A line at one date with a ring on every curve."""

    def __init__(self, parent: QGraphicsWidget) -> None:
        super().__init__(parent)
        self.height = 0.0
        self.rings: list[tuple[float, str]] = []
        self.theme: Theme | None = None
        self.setVisible(False)

    def show_at(self, x: float, geometry: Geometry, rings: list[tuple[float, str]], theme: Theme) -> None:
        self.prepareGeometryChange()
        self.height, self.rings, self.theme = geometry.plot.height(), rings, theme
        self.setPos(x, geometry.plot.top())
        self.setVisible(True)
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(-6, -6, 12, self.height + 12)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        if self.theme is None:
            return
        painter.setPen(pen(self.theme.colour("muted", 0.8)))
        painter.drawLine(QPointF(0, 0), QPointF(0, self.height))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self.theme.colour("card"))
        for y, role in self.rings:
            painter.setPen(pen(self.theme.colour(role), 2.0))
            painter.drawEllipse(QPointF(0, y), 3.5, 3.5)


class PlotView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph ships no types
    """Shows one `ChartSpec` through a `View`.

    Signals: `view_changed(View)` after a zoom or pan, `pointed(time_s | None)` while the mouse is over the plot,
    `reset_asked()` on a double click, `menu_asked(QPoint)` in global pixels.
    """

    view_changed = Signal(object)
    pointed = Signal(object)
    reset_asked = Signal()
    menu_asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.spec = ChartSpec(name="empty", title="", y_title="")
        self.view = View.of(self.spec)
        self.theme = theme
        self.least_gutter_px = 0.0
        self.cursor_s: float | None = None
        self._setting = False
        self._instants = self.spec.instants()
        self._picture = _Picture(self)
        self._geometry = Geometry.of(self.spec, self.view, QRectF(0, 0, 200, 100), 0)
        self._box = pg.ViewBox(parent=self._picture, enableMenu=False, enableMouse=True)
        self._box.setMouseEnabled(x=True, y=False)
        self._box.disableAutoRange()
        self._box.sigXRangeChanged.connect(self._box_moved)
        self._crosshair = _Crosshair(self._picture)
        self._crosshair.setZValue(10)
        self.setCentralItem(self._picture)
        self._picture.geometryChanged.connect(self._place)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.redraw)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_theme(theme)

    @property
    def geometry_px(self) -> Geometry:
        """Where everything lies, as last drawn."""
        return self._geometry

    def set_spec(self, spec: ChartSpec, view: View) -> None:
        """Show another chart, or the same with other values."""
        self.spec = spec
        self.set_view(view)
        self.setAccessibleName(spec.title)
        self.setAccessibleDescription(spec.summary or spec.empty_text)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`; nothing moves."""
        self.theme = theme
        self.setBackground(theme.colour("card"))
        self._later.start()

    def set_view(self, view: View) -> None:
        """Show a part of the chart; emits nothing."""
        self.view = view
        self._instants = self.spec.instants(view.hidden)
        self._setting = True
        extent = self.spec.extent() or (view.start_s, view.end_s)
        first, last = min(extent[0], view.start_s), max(extent[1], view.end_s)
        edge = (last - first) * _EDGE_FRACTION
        self._box.setLimits(xMin=first - edge, xMax=last + edge, minXRange=min(_LEAST_SPAN_S, last - first))
        self._box.setXRange(view.start_s, view.end_s, padding=0)
        self._setting = False
        self._later.start()

    def set_least_gutter(self, width_px: float) -> None:
        """Keep at least this much room at the right, so that linked charts line up."""
        if width_px != self.least_gutter_px:
            self.least_gutter_px = width_px
            self._later.start()

    def own_gutter(self) -> float:
        """Return the room at the right that this chart's own labels need."""
        return gutter_px(self.spec, self.view)

    def zoom(self, factor: float) -> None:
        """Show `factor` times the span, around its middle."""
        self._box.scaleBy(x=factor)

    def set_cursor(self, time_s: float | None) -> None:
        """Show the crosshair at a time, or hide it."""
        self.cursor_s = time_s
        geometry = self._geometry
        if time_s is None or not geometry.shows(time_s) or self.spec.is_empty:
            self._crosshair.setVisible(False)
            return
        rings = []
        for curve in self.spec.curves:
            y = geometry.y_of(curve.value_at(time_s)) - geometry.plot.top()
            if curve.name not in self.view.hidden and not math.isnan(y):
                rings.append((y, curve.role))
        self._crosshair.show_at(geometry.x_of(time_s), geometry, rings, self.theme)

    def snapped(self, time_s: float) -> float | None:
        """Return the nearest time inside the view at which a shown curve has a point."""
        inside = self._instants_inside()
        return float(inside[np.abs(inside - time_s).argmin()]) if len(inside) else None

    def stepped(self, time_s: float | None, steps: int) -> float | None:
        """Return the time `steps` points after `time_s` (before, if negative); from nowhere the newest point."""
        inside = self._instants_inside()
        if not len(inside):
            return None
        if time_s is None:
            return float(inside[-1])
        here = int(np.searchsorted(inside, time_s))
        return float(inside[min(max(here + steps, 0), len(inside) - 1)])

    def paint_on(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the chart as it is shown."""
        paint_plot(painter, rect, self.spec, self.view, Brushwork(self.theme, for_screen=True), gutter=self._gutter())

    def redraw(self) -> None:
        """Bring the picture up to date now; changes ask for it once per turn of the event loop."""
        self._later.stop()
        self._place()
        self._picture.update()
        self.set_cursor(self.cursor_s)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the nearest date."""
        super().mouseMoveEvent(event)
        place, geometry = event.position(), self._geometry
        inside = geometry.plot.adjusted(-4, -4, 4, 4).contains(place) and not event.buttons()
        self.pointed.emit(self.snapped(geometry.time_at(place.x())) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Ask for the whole view again."""
        self.reset_asked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the chart's menu."""
        self.menu_asked.emit(event.globalPos())

    def _instants_inside(self) -> NDArray[np.int64]:
        first, last = np.searchsorted(self._instants, [self.view.start_s, self.view.end_s + 1])
        return self._instants[first:last]

    def _gutter(self) -> float:
        return max(self.least_gutter_px, self.own_gutter())

    def _place(self) -> None:
        self._geometry = Geometry.of(self.spec, self.view, self._picture.rect(), self._gutter())
        self._box.setGeometry(self._geometry.plot)

    def _box_moved(self, _box: object, span: tuple[float, float]) -> None:
        if self._setting:
            return
        self.view = replace(self.view, start_s=float(span[0]), end_s=float(span[1]))
        self._later.start()
        self.view_changed.emit(self.view)
