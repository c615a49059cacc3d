"""Lines, dots and text, the strokes that every chart is made of. All in pixels, so that vector files hold plain pixels.

A line with a position in data units and a transform would come out wrong twice: the SVG writer keeps six digits, and
few viewers know pens that don't scale.
"""

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QTextLayout,
)

from minerdesk.ui import theme as themes
from minerdesk.ui.charts.geometry import Geometry, pixels, thinned
from minerdesk.ui.charts.model import Curve, Floats, Shape, View
from minerdesk.ui.theme import FILL_ALPHA, Theme, business_style
from minerdesk.words import JOINED

_LINE_PX = 1.6
_DOT_PX = 2.4
_PROJECTED_DASHES = (4.0, 4.0)
_PROJECTED_ALPHA = 0.6
_DOTS_ALPHA = 0.45
_FAINT_PX, _FAINT_ALPHA = 1.0, 0.5
_LINE_END = "\u2028"
#: Up to this many dots each is a thing of its own.
_FEW_DOTS, _FEW_DOTS_PX = 60, 6.0


@dataclass(frozen=True)
class Brushwork:
    """What painting needs besides the data: the theme, and whether it is for a screen, where it must be quick.

    For a screen points are thinned to its pixels and lines drawn piece by piece, five times faster than one antialiased
    path. A file gets every point and whole paths.
    """

    theme: Theme
    for_screen: bool = False


def curve_pen(curve: Curve, theme: Theme) -> QPen:
    """Return the pen of a curve: colour by role, dashes by business, lighter and dashed where it is projected."""
    if curve.faint:
        return pen(theme.colour(curve.role, _FAINT_ALPHA), _FAINT_PX)
    dashes = _PROJECTED_DASHES if curve.projected else business_style(curve.role).dashes
    return pen(theme.colour(curve.role, _PROJECTED_ALPHA if curve.projected else 1.0), _LINE_PX, dashes)


def pen(colour: QColor, width_px: float = 1.0, dashes: tuple[float, ...] = ()) -> QPen:
    """Return a pen; `dashes` are in pixels, empty is solid."""
    result = QPen(QBrush(colour), width_px, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)
    if dashes:
        result.setDashPattern([length / width_px for length in dashes])
    return result


def paint_curve(painter: QPainter, curve: Curve, view: View, geometry: Geometry, brushwork: Brushwork) -> None:
    """Draw one curve with its band or fill. The caller has set the clip."""
    theme = brushwork.theme
    x, y = pixels(curve, curve.values, view, geometry)
    tint = theme.colour(curve.role, FILL_ALPHA)
    if curve.low is not None and curve.high is not None:
        low, high = (pixels(curve, edge, view, geometry) for edge in (curve.low, curve.high))
        _fill(painter, low, high[1], tint)
    if curve.fill:
        foot = geometry.plot.bottom() if geometry.log else geometry.y_of(max(0.0, geometry.low))
        _fill(painter, (x, y), np.full_like(y, foot), tint)
    if brushwork.for_screen:
        x, y = thinned(x, y, columns=max(int(geometry.plot.width()), 1))
    if curve.shape is Shape.DOTS:
        few = np.isfinite(y).sum() <= _FEW_DOTS  # each of few is a fact of its own, of many only the cloud is seen
        alpha, size_px = (1.0, _FEW_DOTS_PX) if few else (_DOTS_ALPHA, _DOT_PX)
        _dots(painter, x, y, theme.colour(curve.role, alpha), size_px)
        return
    line_pen = curve_pen(curve, theme)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if brushwork.for_screen and curve.faint:  # of many each must be quick: one pixel wide, not antialiased
        painter.setPen(line_pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawPath(path(x, y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return
    if brushwork.for_screen and line_pen.style() == Qt.PenStyle.SolidLine:
        line_pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(line_pen)
        painter.drawLines(_pieces(x, y))
    else:
        painter.setPen(line_pen)
        painter.drawPath(path(x, y))


def path(x: Floats, y: Floats) -> QPainterPath:
    """Return a path through points; a NaN lifts the pen."""
    result: QPainterPath = pg.arrayToQPath(x, y, connect="finite")
    return result


def _pieces(x: Floats, y: Floats) -> list[QLineF]:
    known = ~np.isnan(y)
    joined = np.flatnonzero(known[:-1] & known[1:])
    corners = np.column_stack([x[joined], y[joined], x[joined + 1], y[joined + 1]]).tolist()
    return [QLineF(*corner) for corner in corners]


def _dots(painter: QPainter, x: Floats, y: Floats, colour: QColor, size_px: float = _DOT_PX) -> None:
    known = ~np.isnan(y)
    painter.setPen(QPen(QBrush(colour), size_px, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPoints(QPolygonF([QPointF(*point) for point in np.column_stack([x[known], y[known]]).tolist()]))


def _fill(painter: QPainter, line: tuple[Floats, Floats], other_y: Floats, colour: QColor) -> None:
    """Fill between two lines over the same x, run by run: where either has a gap there is no fill."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    x, y = line
    known = ~np.isnan(y) & ~np.isnan(other_y)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        part = slice(first, last)
        corners = np.column_stack([np.r_[x[part], x[part][::-1]], np.r_[y[part], other_y[part][::-1]]])
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners.tolist()]))


def paint_sample(painter: QPainter, rect: QRectF, curve: Curve, theme: Theme) -> None:
    """Draw a short piece of a curve as a legend shows it, in the middle of `rect`."""
    middle = rect.center().y()
    if curve.low is not None:
        painter.fillRect(rect.adjusted(0, 1, 0, -1), theme.colour(curve.role, FILL_ALPHA * 1.6))
    if curve.shape is Shape.DOTS:
        _dots(
            painter,
            np.linspace(rect.left() + 3, rect.right() - 3, 3),
            np.full(3, middle),
            theme.colour(curve.role),
        )
        return
    painter.setPen(curve_pen(curve, theme))
    painter.drawLine(QPointF(rect.left(), middle), QPointF(rect.right(), middle))


def paint_text(
    painter: QPainter,
    rect: QRectF,
    text: str,
    colour: QColor,
    *,
    size_px: int = themes.CAPTION_PX,
    weight: QFont.Weight = themes.REGULAR,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    wrap: bool = False,
) -> None:
    """Write `text` in `rect`, vertically centred on one line, or wrapped from the top."""
    for_file = painter.paintEngine().type() != QPaintEngine.Type.Raster
    painter.setFont(themes.font(size_px, weight, for_file=for_file))
    painter.setPen(colour)
    if wrap and for_file:
        _paint_lines(painter, rect, text, align)
    elif wrap:
        flags = int(align | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(rect, flags, _units_whole(text, QFontMetricsF(painter.font()), rect.width()))
    else:
        flags = int(align | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine | Qt.TextFlag.TextDontClip)
        painter.drawText(rect, flags, text)


def _paint_lines(painter: QPainter, rect: QRectF, text: str, align: Qt.AlignmentFlag) -> None:
    """Write wrapped text line by line, each in one piece, where Qt itself would break them.

    Qt would cut a line at every mark that forbids a break, and a viewer without our font would write the pieces over
    each other, each at its own place.
    """
    metrics = QFontMetricsF(painter.font())
    whole = _units_whole(text, metrics, rect.width()).replace("\n", _LINE_END)
    layout = QTextLayout(whole, painter.font())
    layout.beginLayout()
    top = rect.top() - metrics.leading()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(rect.width())
        top = math.ceil(top + metrics.leading() - rect.top()) + rect.top()
        piece = whole[line.textStart() : line.textStart() + line.textLength()]
        place = QRectF(rect.left(), top, rect.width(), line.height())
        flags = int(align | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextSingleLine | Qt.TextFlag.TextDontClip)
        painter.drawText(place, flags, piece.replace(JOINED, "").rstrip(f" {_LINE_END}"))
        top += line.height()
    layout.endLayout()


def paint_worded(painter: QPainter, rect: QRectF, texts: tuple[str, str], theme: Theme) -> QRectF:
    """Write a title at the top and a caption at the foot of `rect`; return the room between."""
    title, caption = texts
    size_px = themes.BODY_PX + 1
    head, foot = text_height(title, rect.width(), size_px, themes.SEMIBOLD), text_height(caption, rect.width())
    place = QRectF(rect.left(), rect.top(), rect.width(), head)
    paint_text(painter, place, title, theme.colour("text"), size_px=size_px, weight=themes.SEMIBOLD, wrap=True)
    place = QRectF(rect.left(), rect.bottom() - foot, rect.width(), foot)
    paint_text(painter, place, caption, theme.colour("muted"), wrap=True)
    return rect.adjusted(0, head + 6, 0, -(foot + 8))


def text_width(text: str, size_px: int = themes.CAPTION_PX, weight: QFont.Weight = themes.REGULAR) -> float:
    """Return how wide `text` is on one line, in pixels."""
    return QFontMetricsF(themes.font(size_px, weight)).horizontalAdvance(text)


def text_height(
    text: str, width_px: float, size_px: int = themes.CAPTION_PX, weight: QFont.Weight = themes.REGULAR
) -> float:
    """Return how tall `text` is when wrapped to a width; nothing is 0."""
    if not text:
        return 0.0
    metrics = QFontMetricsF(themes.font(size_px, weight))
    room, flags = QRectF(0, 0, width_px, 10_000), int(Qt.TextFlag.TextWordWrap)
    return metrics.boundingRect(room, flags, _units_whole(text, metrics, width_px)).height()


def _units_whole(text: str, metrics: QFontMetricsF, width_px: float) -> str:
    """Forbid a line to end inside a unit such as $/MWh, where there will be more than one line.

    The mark has no width, and a file's text is without it.
    """
    if metrics.horizontalAdvance(text) <= width_px:
        return text
    return text.replace("/", f"/{JOINED}").replace("-", f"-{JOINED}")
