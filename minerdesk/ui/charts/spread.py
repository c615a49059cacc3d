"""How outcomes are spread: histograms as outlines over each other, their quantiles marked below."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from minerdesk import words
from minerdesk.ui.charts.model import Floats
from minerdesk.ui.charts.pointed import PointedChart, share_across, within
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.charts.ticks import scale_ticks
from minerdesk.ui.theme import BODY_PX, FILL_ALPHA, SEMIBOLD, Theme

_ROW_PX, _GAP_PX, _X_TICK_PX = 15.0, 8.0, 64.0
_BOX_PX, _DOT_PX = 7.0, 3.6
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, kw_only=True, eq=False)
class Outline:
    """One sample, `ordered` from its lowest value; the share of it in every bin; its P5, P25, P50, P75 and P95."""

    label: str
    role: str
    ordered: Floats
    shares: Floats
    quantiles: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class SpreadSpec:
    """Samples over shared bins, whose `edges` are in dollars; no outlines: `empty_text` is shown."""

    title: str
    axis: str
    edges: Floats
    outlines: tuple[Outline, ...] = ()
    caption: str = ""
    summary: str = ""
    empty_text: str = ""

    @cached_property
    def span(self) -> tuple[float, float]:
        """The ends of the axis: the bins, and every quantile that is marked."""
        marks = [float(mark) for outline in self.outlines for mark in outline.quantiles]
        low, high = min([float(self.edges[0]), *marks]), max([float(self.edges[-1]), *marks])
        return low, high if high > low else low + 1.0

    def readout(self, value: float) -> str:
        """Say which share of each sample lies below a value."""
        parts = []
        for outline in self.outlines:
            below = np.searchsorted(outline.ordered, value) / len(outline.ordered)
            parts.append(f"{outline.label} {words.percent(float(below), decimals=0)}")
        return f"Below {words.money(value)}: {' · '.join(parts)} of the paths"


def plot_rect(rect: QRectF, spec: SpreadSpec) -> QRectF:
    """Return where the outlines lie inside `rect`: the marks and the axis stand below."""
    below = len(spec.outlines) * _ROW_PX + 2 * _ROW_PX + 12
    room = rect.adjusted(_label_px(spec) + _GAP_PX, 4, -14, -below)
    return QRectF(room.left(), room.top(), max(room.width(), 20.0), max(room.height(), 20.0))


def _label_px(spec: SpreadSpec) -> float:
    return max((text_width(outline.label, weight=SEMIBOLD) for outline in spec.outlines), default=0.0)


def paint_spread(
    painter: QPainter, rect: QRectF, theme: Theme, *, spec: SpreadSpec, cursor: float | None = None
) -> None:
    """Paint outlines, axis and marks into `rect`; `cursor` marks a value."""
    painter.save()
    if not spec.outlines:
        room = rect.adjusted(24, 24, -24, -24)
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=_CENTRE, wrap=True)
        painter.restore()
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    plot = plot_rect(rect, spec)
    for outline in spec.outlines:
        _paint_outline(painter, plot, spec, outline=outline, theme=theme)
    _paint_axis(painter, plot, spec, theme)
    for row, outline in enumerate(spec.outlines):
        middle = plot.bottom() + 2 * _ROW_PX + 12 + (row + 0.5) * _ROW_PX - 4
        _paint_marks(painter, plot, spec, outline=outline, middle=middle, theme=theme)
    if cursor is not None:
        at = _x(plot, spec, cursor)
        painter.setPen(pen(theme.colour("text"), 1.0))
        painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()))
    painter.restore()


def _x(plot: QRectF, spec: SpreadSpec, value: float) -> float:
    low, high = spec.span
    return plot.left() + (value - low) / (high - low) * plot.width()


def _paint_outline(painter: QPainter, plot: QRectF, spec: SpreadSpec, *, outline: Outline, theme: Theme) -> None:
    """Draw a sample as steps, its own highest bin at the top: on one height a narrow one would flatten the wide."""
    top = float(outline.shares.max())
    x = np.repeat([_x(plot, spec, float(edge)) for edge in spec.edges], 2)
    y = plot.bottom() - np.r_[0.0, np.repeat(outline.shares, 2), 0.0] / (top or 1.0) * plot.height()
    corners = QPolygonF([QPointF(*corner) for corner in np.column_stack([x, y]).tolist()])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(outline.role, FILL_ALPHA))
    painter.drawPolygon(corners)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen(theme.colour(outline.role), 1.5))
    painter.drawPolyline(corners)


def _paint_axis(painter: QPainter, plot: QRectF, spec: SpreadSpec, theme: Theme) -> None:
    muted = theme.colour("muted")
    painter.setPen(pen(theme.colour("border")))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    low, high = spec.span
    if low < 0 < high:
        at = _x(plot, spec, 0.0)
        painter.setPen(pen(theme.colour("muted"), 1.0, (2, 3)))
        painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()))
    for tick in scale_ticks(low, high, max(2, int(plot.width() / _X_TICK_PX))):
        at = _x(plot, spec, tick.at)
        painter.setPen(pen(theme.colour("border")))
        painter.drawLine(QPointF(at, plot.bottom()), QPointF(at, plot.bottom() + 4))
        room = QRectF(at - 50, plot.bottom() + 4, 100, _ROW_PX)
        paint_text(painter, room, tick.text, muted, align=_CENTRE)
    room = QRectF(plot.left(), plot.bottom() + 4 + _ROW_PX, plot.width(), _ROW_PX)
    paint_text(painter, room, spec.axis, muted, align=_CENTRE)


def _paint_marks(
    painter: QPainter, plot: QRectF, spec: SpreadSpec, *, outline: Outline, middle: float, theme: Theme
) -> None:
    """Draw a sample's quantiles as a line from P5 to P95, a box over its middle half, and a dot at its median."""
    colour = theme.colour(outline.role)
    width = _label_px(spec)
    room = QRectF(plot.left() - _GAP_PX - width, middle - _ROW_PX / 2, width, _ROW_PX)
    paint_text(painter, room, outline.label, colour, align=_RIGHT, weight=SEMIBOLD)
    low, lower, half, upper, high = (_x(plot, spec, float(mark)) for mark in outline.quantiles)
    painter.setPen(pen(colour, 1.4))
    painter.drawLine(QPointF(low, middle), QPointF(high, middle))
    for end in (low, high):
        painter.drawLine(QPointF(end, middle - 3), QPointF(end, middle + 3))
    painter.fillRect(
        QRectF(lower, middle - _BOX_PX / 2, max(upper - lower, 1.0), _BOX_PX), theme.colour(outline.role, 0.4)
    )
    painter.setBrush(theme.colour("card"))
    painter.drawEllipse(QPointF(half, middle), _DOT_PX, _DOT_PX)


class SpreadChart(PointedChart[SpreadSpec, float]):
    """The painted outlines. Mouse and arrow keys move along them; `pointed(float)`, NaN for none."""

    pointed = Signal(float)
    usual, least = QSize(460, 210), QSize(240, 130)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, SpreadSpec(title="", axis="", edges=np.array([0.0, 1.0])), parent)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the outlines."""
        paint_spread(painter, rect, self._theme, spec=self.spec, cursor=self._cursor)

    def place_at(self, position: QPointF) -> float | None:
        """Return the value under a pixel of the outlines or of the marks below them."""
        plot = plot_rect(QRectF(self.rect()), self.spec)
        if not self.spec.outlines or not plot.adjusted(-2, -4, 2, 60).contains(position):
            return None
        low, high = self.spec.span
        return low + share_across(position, plot) * (high - low)

    def moved(self, key: Qt.Key) -> float | None:
        """Move along the axis, a fiftieth of it each time, from its middle."""
        move = {Qt.Key.Key_Left: -0.02, Qt.Key.Key_Right: 0.02}.get(key)
        if move is None or not self.spec.outlines:
            return None
        low, high = self.spec.span
        return within((low + high) / 2 if self._cursor is None else self._cursor + move * (high - low), low, high)

    def tell(self, place: float | None) -> None:
        """Tell the value."""
        self.pointed.emit(float("nan") if place is None else place)
