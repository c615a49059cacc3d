"""How shares settle as paths are added: a line with its band for each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from minerdesk import words
from minerdesk.ui.charts.model import Floats
from minerdesk.ui.charts.strokes import paint_text, pen
from minerdesk.ui.charts.ticks import scale_ticks
from minerdesk.ui.theme import BODY_PX, FILL_ALPHA, SEMIBOLD, Theme, business_style

_ROW_PX, _X_TICK_PX, _Y_TICK_PX = 15.0, 70.0, 40.0
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, kw_only=True, eq=False)
class Settling:
    """How one share settles: after ``paths[i]`` paths it is ``values[i]``, give or take ``bands[i]``."""

    label: str
    role: str
    paths: Floats
    values: Floats
    bands: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class SettlingSpec:
    """Shares that settle as paths are added; none: `empty_text` is shown."""

    title: str
    lines: tuple[Settling, ...] = ()
    caption: str = ""
    summary: str = ""
    empty_text: str = ""

    @cached_property
    def span(self) -> tuple[float, float]:
        """The lowest and highest share shown, at least four points apart, within 0 to 1."""
        low = min((float((line.values - line.bands).min()) for line in self.lines), default=0.0)
        high = max((float((line.values + line.bands).max()) for line in self.lines), default=1.0)
        air = max(0.02 - (high - low) / 2, 0.005)
        return max(low - air, 0.0), min(high + air, 1.0)


@dataclass(frozen=True)
class _Frame:
    """The plot's rectangle and what its edges mean."""

    plot: QRectF
    low: float
    high: float
    most: float

    @classmethod
    def of(cls, rect: QRectF, spec: SettlingSpec) -> "_Frame":
        room = rect.adjusted(38, len(spec.lines) * _ROW_PX + 6, -24, -2 * _ROW_PX - 6)
        plot = QRectF(room.left(), room.top(), max(room.width(), 20.0), max(room.height(), 20.0))
        return cls(plot, *spec.span, float(spec.lines[0].paths[-1]))

    def x(self, paths: Floats) -> Floats:
        return np.asarray(self.plot.left() + paths / self.most * self.plot.width())

    def y(self, values: Floats) -> Floats:
        return np.asarray(self.plot.bottom() - (values - self.low) / (self.high - self.low) * self.plot.height())


def paint_settling(painter: QPainter, rect: QRectF, theme: Theme, *, spec: SettlingSpec) -> None:
    """Paint the shares with their bands into `rect`, and above them what they have come to."""
    painter.save()
    if not spec.lines:
        room = rect.adjusted(24, 24, -24, -24)
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=_CENTRE, wrap=True)
        painter.restore()
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = _Frame.of(rect, spec)
    _paint_axes(painter, rect, frame, theme)
    for row, line in enumerate(spec.lines):
        _paint_line(painter, frame, line, theme)
        text = f"{line.label} {words.percent(float(line.values[-1]))}"
        room = QRectF(rect.left(), rect.top() + row * _ROW_PX, frame.plot.right() - rect.left(), _ROW_PX)
        paint_text(painter, room, text, theme.colour(line.role), align=_RIGHT, weight=SEMIBOLD)
    painter.restore()


def _paint_axes(painter: QPainter, rect: QRectF, frame: _Frame, theme: Theme) -> None:
    plot, muted = frame.plot, theme.colour("muted")
    for tick in scale_ticks(frame.low * 100, frame.high * 100, max(2, int(plot.height() / _Y_TICK_PX))):
        at = float(frame.y(np.asarray([tick.at / 100]))[0])
        painter.setPen(pen(theme.colour("grid")))
        painter.drawLine(QPointF(plot.left(), at), QPointF(plot.right(), at))
        text = QRectF(rect.left(), at - _ROW_PX / 2, 32, _ROW_PX)
        paint_text(painter, text, words.with_unit(tick.text, "%"), muted, align=_RIGHT)
    for tick in scale_ticks(0, frame.most, max(2, int(plot.width() / _X_TICK_PX))):
        at = float(frame.x(np.asarray([tick.at]))[0])
        paint_text(painter, QRectF(at - 40, plot.bottom() + 3, 80, _ROW_PX), tick.text, muted, align=_CENTRE)
    title = QRectF(plot.left(), plot.bottom() + 3 + _ROW_PX, plot.width(), _ROW_PX)
    paint_text(painter, title, "Paths", muted, align=_CENTRE)


def _paint_line(painter: QPainter, frame: _Frame, line: Settling, theme: Theme) -> None:
    painter.save()
    painter.setClipRect(frame.plot.adjusted(-1, -1, 1, 1))
    x = frame.x(line.paths)
    below, middle, above = (frame.y(line.values + side * line.bands) for side in (-1, 0, 1))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(line.role, FILL_ALPHA))
    edge = np.column_stack([np.r_[x, x[::-1]], np.r_[below, above[::-1]]])
    painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in edge.tolist()]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen(theme.colour(line.role), 1.6, business_style(line.role).dashes))
    painter.drawPolyline(QPolygonF([QPointF(*point) for point in np.column_stack([x, middle]).tolist()]))
    painter.restore()


class SettlingChart(QWidget):
    """The painted shares."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = SettlingSpec(title="")
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(320, 210)

    def minimumSizeHint(self) -> QSize:
        """Return the room that two lines need."""
        return QSize(200, 110)

    def set_spec(self, spec: SettlingSpec) -> None:
        """Show other shares."""
        self.spec = spec
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self._theme = theme
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint."""
        paint_settling(QPainter(self), QRectF(self.rect()), self._theme, spec=self.spec)
