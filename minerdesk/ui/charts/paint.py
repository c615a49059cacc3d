"""Paint a chart over time into any rectangle of any painter: the screen and every export are drawn by these lines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from minerdesk import words
from minerdesk.ui.charts.geometry import Geometry, spread
from minerdesk.ui.charts.model import Band, ChartSpec, Curve, Level, View
from minerdesk.ui.charts.placing import lines_of, place_of_words
from minerdesk.ui.charts.strokes import Brushwork, paint_curve, paint_text, pen, text_width
from minerdesk.ui.charts.ticks import Tick, calendar_ticks, linear_ticks, log_ticks
from minerdesk.ui.theme import BODY_PX, FILL_ALPHA, SEMIBOLD, Theme, business_style

_ROW_PX = 14.0
_LEAST_TICKS = 2
_LABEL_GAP_PX = 8.0
_GUTTER_LEAST_PX = 36.0
_X_TICK_PX, _Y_TICK_PX = 78.0, 36.0
_TICK_MARK_LEAST_PX = 8.0
_RIGHT = Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True)
class _EndLabel:
    text: str
    role: str
    x: float
    y: float


def gutter_px(spec: ChartSpec, view: View) -> float:
    """Return the width that the labels at the lines' ends need."""
    widths = [text_width(text, weight=SEMIBOLD) for text, *_ in _ends(spec, view)]
    return max([_GUTTER_LEAST_PX, *(math.ceil(width) + _LABEL_GAP_PX + 4 for width in widths)])


def paint_plot(
    painter: QPainter, outer: QRectF, spec: ChartSpec, view: View, brushwork: Brushwork, *, gutter: float | None = None
) -> Geometry:
    """Paint axes, curves and labels of `spec` into `outer` and return where everything lies.

    `gutter` overrides the room at the right, so that charts above each other line up. An empty one says what fills it.
    """
    theme = brushwork.theme
    geometry = Geometry.of(spec, view, outer, gutter_px(spec, view) if gutter is None else gutter)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if spec.is_empty:
        room = outer.adjusted(24, 24, -24, -24)
        paint_text(
            painter,
            room,
            spec.empty_text,
            theme.colour("muted"),
            size_px=BODY_PX,
            align=Qt.AlignmentFlag.AlignHCenter,
            wrap=True,
        )
        painter.restore()
        return geometry
    _paint_spans(painter, spec, geometry, theme)
    bands = _paint_bands(painter, spec, geometry, theme)
    _paint_axes(painter, outer, spec, geometry, theme)
    painter.save()
    painter.setClipRect(geometry.plot.adjusted(-1, -1, 1, 1))
    for curve in spec.curves:
        if curve.name not in view.hidden:
            paint_curve(painter, curve, view, geometry, brushwork)
    painter.restore()
    _paint_band_names(painter, spec, geometry, theme, bands)
    _paint_levels(painter, spec, view, geometry, theme)
    names = _paint_marks(painter, spec, geometry, theme)
    taken = [QRectF(left - 4, geometry.plot.top(), right - left + 8, _ROW_PX) for left, right in names]
    taken += _paint_span_names(painter, spec, geometry, theme, beside=names)
    taken += _paint_seams(painter, spec, geometry, theme)
    _paint_points(painter, spec, view, geometry, theme, names=taken)
    _paint_ends(painter, spec, view, geometry, theme)
    painter.restore()
    return geometry


def y_title(spec: ChartSpec, geometry: Geometry) -> str:
    """Return the words above the y axis; a scale that is not plain from zero is said, never silent."""
    if geometry.log:
        return f"{spec.y_title} · log scale (values of zero or less are not drawn)"
    return f"{spec.y_title} · axis does not begin at zero" if geometry.low > 0 else spec.y_title


def _paint_axes(painter: QPainter, outer: QRectF, spec: ChartSpec, geometry: Geometry, theme: Theme) -> None:
    plot, muted = geometry.plot, theme.colour("muted")
    title_rect = QRectF(outer.left(), outer.top(), outer.width(), 16)
    paint_text(painter, title_rect, y_title(spec, geometry), muted)
    for tick in _y_ticks(geometry):
        y = geometry.y_of(tick.at)
        painter.setPen(pen(theme.colour("border" if tick.at == 0 else "grid")))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        label = QRectF(outer.left(), y - _ROW_PX / 2, plot.left() - outer.left() - _LABEL_GAP_PX, _ROW_PX)
        paint_text(painter, label, tick.text, muted, align=_RIGHT)
    painter.setPen(pen(theme.colour("border")))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    row = plot.bottom() + 5
    for tick in calendar_ticks(geometry.start_s, geometry.end_s, max(2, int(plot.width() / _X_TICK_PX))):
        x = geometry.x_of(tick.at)
        painter.setPen(pen(theme.colour("border")))
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 4))
        half = min(60.0, text_width(tick.text) / 2 + 1)
        left = max(x - half, outer.left())
        paint_text(painter, QRectF(left, row, half * 2, _ROW_PX), tick.text, muted, align=Qt.AlignmentFlag.AlignHCenter)
    paint_text(painter, QRectF(plot.right(), row, outer.right() - plot.right(), _ROW_PX), "UTC", muted, align=_RIGHT)


def _y_ticks(geometry: Geometry) -> list[Tick]:
    """Return the ticks of the y axis: as many as have room, and two wherever there is any, for one gives no scale."""
    ticks_of = log_ticks if geometry.log else linear_ticks
    most = max(2, int(geometry.plot.height() / _Y_TICK_PX))
    ticks = ticks_of(geometry.low, geometry.high, most)
    for more in range(most + 1, max(most, int(geometry.plot.height() / _ROW_PX)) + 1):
        if len(ticks) >= _LEAST_TICKS:
            break
        ticks = ticks_of(geometry.low, geometry.high, more)
    return ticks


def _paint_spans(painter: QPainter, spec: ChartSpec, geometry: Geometry, theme: Theme) -> None:
    """Shade the stretches of time."""
    plot = geometry.plot
    for span in spec.spans:
        left = max(geometry.x_of(span.start_s), plot.left())
        right = min(geometry.x_of(span.end_s), plot.right())
        if right > left:
            painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), theme.colour(span.role, FILL_ALPHA))


def _paint_span_names(
    painter: QPainter, spec: ChartSpec, geometry: Geometry, theme: Theme, *, beside: Sequence[tuple[float, float]]
) -> list[QRectF]:
    """Name the stretches of time, each right of the names of marks that stand in it, and return where.

    A narrow one has no name.
    """
    plot, named = geometry.plot, list[QRectF]()
    for span in spec.spans:
        left = max(geometry.x_of(span.start_s), plot.left()) + 4
        right = min(geometry.x_of(span.end_s), plot.right()) - 4
        left = max([left, *(end + 4 for begin, end in beside if begin < right and end > left)])
        if text_width(span.label) <= right - left:
            place = QRectF(left, plot.top() + 1, right - left, _ROW_PX)
            paint_text(painter, place, span.label, theme.colour(span.role))
            named.append(QRectF(left, place.top(), text_width(span.label), _ROW_PX))
    return named


def _paint_bands(painter: QPainter, spec: ChartSpec, geometry: Geometry, theme: Theme) -> list[tuple[Band, float]]:
    """Shade the spans of values and return those that are seen, each with the middle of what is seen of it."""
    plot, named = geometry.plot, list[tuple[Band, float]]()
    for band in spec.bands:
        top, bottom = geometry.y_of(band.high), geometry.y_of(band.low)
        if math.isnan(top) or math.isnan(bottom):
            continue
        top, bottom = max(top, plot.top()), min(bottom, plot.bottom())
        if bottom <= top:
            continue
        painter.fillRect(QRectF(plot.left(), top, plot.width(), bottom - top), theme.colour(band.role, FILL_ALPHA))
        named.append((band, (top + bottom) / 2))
    return named


def _paint_band_names(
    painter: QPainter, spec: ChartSpec, geometry: Geometry, theme: Theme, named: Sequence[tuple[Band, float]]
) -> None:
    """Name the spans of values from the first curve's newest value outwards; one too near to another has no name."""
    plot = geometry.plot
    known = spec.curves[0].values[np.isfinite(spec.curves[0].values)] if spec.curves else np.empty(0)
    newest = geometry.y_of(float(known[-1])) if len(known) else plot.bottom()
    newest = plot.bottom() if math.isnan(newest) else newest
    taken: list[float] = []
    for band, middle in sorted(named, key=lambda one: abs(one[1] - newest)):
        if all(abs(middle - other) >= _ROW_PX for other in taken):
            taken.append(middle)
            _paint_tag(painter, (plot.left() + 2, middle), band.label, band.role, theme)


def _paint_levels(painter: QPainter, spec: ChartSpec, view: View, geometry: Geometry, theme: Theme) -> None:
    for level in spec.levels:
        y = geometry.y_of(level.value)
        if level.name in view.hidden or math.isnan(y):
            continue
        painter.setPen(pen(theme.colour(level.role), 1.4, business_style(level.role).dashes))
        painter.drawLine(QPointF(geometry.plot.left(), y), QPointF(geometry.plot.right(), y))
        if not level.at_end:
            _paint_tag(painter, (geometry.plot.left() + 6, y - _ROW_PX / 2 - 1), level.label, level.role, theme)


def _paint_tag(painter: QPainter, place: tuple[float, float], text: str, role: str, theme: Theme) -> None:
    """Write a short text on a see-through ground, so that a line behind it does not cross the letters."""
    left, middle = place
    rect = QRectF(left, middle - _ROW_PX / 2, text_width(text) + 6, _ROW_PX)
    painter.fillRect(rect, theme.colour("card", 0.8))
    paint_text(painter, rect.translated(3, 0), text, theme.colour(role))


def _paint_marks(painter: QPainter, spec: ChartSpec, geometry: Geometry, theme: Theme) -> list[tuple[float, float]]:
    """Draw the marks and return from where to where each name stands along x.

    Names that would touch and ticks that would run together are left out.
    """
    names: list[tuple[float, float]] = []
    plot, free_from = geometry.plot, -math.inf
    shown = sorted((mark for mark in spec.marks if geometry.shows(mark.time_s)), key=lambda mark: mark.time_s)
    crowded = sum(not mark.label for mark in shown) * _TICK_MARK_LEAST_PX > plot.width()
    for mark in shown:
        x = geometry.x_of(mark.time_s)
        if not mark.label and crowded:
            continue
        if not mark.label:
            painter.setPen(pen(theme.colour("muted", 0.7)))
            painter.drawLine(QPointF(x, plot.bottom() - 4), QPointF(x, plot.bottom()))
            continue
        painter.setPen(pen(theme.colour("muted", 0.6), 1.0, (2, 3)))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        width = text_width(mark.label) + 6
        left = x + 2 if x + 2 + width <= plot.right() else x - 2 - width
        if left >= free_from:
            _paint_tag(painter, (left, plot.top() + _ROW_PX / 2), mark.label, "muted", theme)
            free_from = left + width
            names.append((left, free_from))
    return names


def _paint_seams(painter: QPainter, spec: ChartSpec, geometry: Geometry, theme: Theme) -> list[QRectF]:
    """Draw the seams and return where their names stand; names that would touch go one above the other."""
    plot, rows, named = geometry.plot, [-math.inf] * 4, list[QRectF]()
    for seam in sorted(spec.seams, key=lambda seam: seam.time_s):
        if not geometry.shows(seam.time_s):
            continue
        x, width = geometry.x_of(seam.time_s), text_width(seam.label) + 8
        left = x + 2 if x + 2 + width <= plot.right() else x - 2 - width
        row = next((number for number, end in enumerate(rows) if end <= left), len(rows) - 1)
        rows[row] = left + width
        painter.setPen(pen(theme.colour("muted"), 1.2))
        painter.drawLine(QPointF(x, plot.bottom() - 8 - row * _ROW_PX), QPointF(x, plot.bottom() + 3))
        middle = plot.bottom() - 11 - row * _ROW_PX
        _paint_tag(painter, (left, middle), seam.label, "muted", theme)
        named.append(QRectF(left, middle - _ROW_PX / 2, width, _ROW_PX))
    return named


def _paint_points(
    painter: QPainter,
    spec: ChartSpec,
    view: View,
    geometry: Geometry,
    theme: Theme,
    *,
    names: Sequence[QRectF],
) -> None:
    """Draw the points, each with its words left of it, or where no line and nothing else's name is in the way."""
    plot, taken = geometry.plot, list(names)
    lines = lines_of(spec, view, geometry) if spec.points else ()
    for point in spec.points:
        y = geometry.y_of(point.value)
        if not geometry.shows(point.time_s) or math.isnan(y) or point.of in view.hidden:
            continue
        x = geometry.x_of(point.time_s)
        painter.setPen(pen(theme.colour(point.role), 1.4))
        painter.setBrush(theme.colour("card"))
        painter.drawEllipse(QPointF(x, y), 3.5, 3.5)
        place = place_of_words(QPointF(x, y), text_width(point.label) + 6, plot, taken, lines)
        taken.append(place)
        _paint_leader(painter, QPointF(x, y), place, theme.colour(point.role, 0.55))
        _paint_tag(painter, (place.left(), place.center().y()), point.label, point.role, theme)


def _paint_leader(painter: QPainter, point: QPointF, words_rect: QRectF, colour: QColor) -> None:
    """Tie words that had to go further off to their point, dotted as at the lines' ends."""
    below = words_rect.center().y() > point.y()
    edge = words_rect.top() if below else words_rect.bottom()
    if abs(edge - point.y()) > _ROW_PX:
        start = QPointF(point.x(), point.y() + (4 if below else -4))
        painter.setPen(pen(colour, 1.0, (1, 2)))
        painter.drawLine(start, QPointF(min(max(point.x(), words_rect.left()), words_rect.right()), edge))


def _value_words(value: float, decimals: int) -> str:
    """Write the value at a line's end; one that its decimals would leave nothing of, with two digits that count."""
    nothing = value != 0 and abs(value) < 0.5 * 10.0**-decimals
    return f"{value:.2g}".replace("-", words.MINUS) if nothing else words.general(value, decimals=decimals)


def _ends(spec: ChartSpec, view: View) -> list[tuple[str, Curve | Level, float, float]]:
    """Return (text, what, time, value) for everything that is named at the right edge."""
    result: list[tuple[str, Curve | Level, float, float]] = []
    for curve in spec.curves:
        last = int(np.searchsorted(curve.times, view.end_s, side="right"))
        known = np.flatnonzero(np.isfinite(curve.values[:last]))
        if not curve.at_end or curve.name in view.hidden or not len(known) or curve.times[known[-1]] < view.start_s:
            continue
        value = float(curve.values[known[-1]])
        text = f"{curve.label} {_value_words(value, spec.decimals)}{curve.note}"
        result.append((text, curve, float(curve.times[known[-1]]), value))
    for level in spec.levels:
        if level.at_end and level.name not in view.hidden:
            text = f"{level.label} {_value_words(level.value, spec.decimals)}{level.note}"
            result.append((text, level, view.end_s, level.value))
    return result


def _paint_ends(painter: QPainter, spec: ChartSpec, view: View, geometry: Geometry, theme: Theme) -> None:
    plot = geometry.plot
    labels = [
        _EndLabel(text, what.role, geometry.x_of(time), y)
        for text, what, time, value in _ends(spec, view)
        if not math.isnan(y := geometry.y_of(value))
    ]
    places = spread([label.y for label in labels], plot.top() + 2, plot.bottom() - 2)
    for label, y in zip(labels, places, strict=True):
        painter.setPen(pen(theme.colour(label.role, 0.55), 1.0, (1, 2) if label.x < plot.right() - 12 else ()))
        painter.drawLine(QPointF(min(label.x + 2, plot.right()), label.y), QPointF(plot.right() + 1, label.y))
        painter.drawLine(QPointF(plot.right() + 1, label.y), QPointF(plot.right() + _LABEL_GAP_PX - 2, y))
        rect = QRectF(plot.right() + _LABEL_GAP_PX, y - _ROW_PX / 2, 200, _ROW_PX)
        paint_text(painter, rect, label.text, theme.colour(label.role), weight=SEMIBOLD)
