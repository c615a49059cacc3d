"""A heat-map of a difference over two inputs: two colours from a neutral zero, the zero line, and today's point."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from minerdesk import words
from minerdesk.ui.charts.contour import zero_line
from minerdesk.ui.charts.model import Floats
from minerdesk.ui.charts.pointed import ARROWS, PointedChart, within
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.charts.ticks import Tick, linear_ticks, log_ticks
from minerdesk.ui.theme import BODY_PX, SEMIBOLD, Theme

_ROW_PX, _GAP_PX, _KEY_PX = 14.0, 8.0, 46.0
_X_TICK_PX, _Y_TICK_PX = 70.0, 32.0
_SWATCH_MOST_PX, _SWATCH_PX, _STEPS = 44.0, 10.0, 5
_PALEST, _DEEPEST = 0.06, 0.88
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """One axis: its words, its ascending grid values in the unit shown, and today's value if it is known."""

    title: str
    values: Floats
    log: bool = False
    today: float | None = None

    def share(self, value: float) -> float:
        """Return how far along the axis a value lies, 0 to 1 within it."""
        low, high = float(self.values[0]), float(self.values[-1])
        if self.log:
            return math.log(value / low) / math.log(high / low) if value > 0 else 0.0
        return (value - low) / (high - low)

    def ticks(self, most: int) -> list[Tick]:
        """Return at most about `most` round values."""
        return (log_ticks if self.log else linear_ticks)(float(self.values[0]), float(self.values[-1]), most)

    @property
    def heading(self) -> str:
        """The title; a scale by equal ratios is said."""
        return f"{self.title} · log scale" if self.log else self.title


@dataclass(frozen=True, kw_only=True)
class Side:
    """One sign of the difference: its colour role, and who keeps more there."""

    role: str
    words: str


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatSpec:
    """What a heat-map shows: ``values[row, column]`` over `y` and `x`; NaN is unknown. Without axes it is empty."""

    title: str
    caption: str = ""
    summary: str = ""
    unit: str = ""
    x: Scale | None = None
    y: Scale | None = None
    values: Floats
    below: Side
    above: Side
    describe: Callable[[int, int], str] = lambda _column, _row: ""
    empty_text: str = ""


def colour_steps(largest: float) -> list[float]:
    """Return the round values, 1-2-5, at which a colour deepens, the last within `largest`; nothing for nothing.

    >>> colour_steps(26.1)
    [1.0, 2.0, 5.0, 10.0, 20.0]
    """
    if not (largest > 0 and math.isfinite(largest)):
        return []
    power = math.floor(math.log10(largest))
    ladder = [float(f"{factor}e{p}") for p in range(power - 2, power + 1) for factor in (1, 2, 5)]
    return [step for step in ladder if step <= largest * (1 + 1e-12)][-_STEPS:]


def shade(theme: Theme, role: str, level: int, levels: int) -> QColor:
    """Return the opaque colour of a level: the surface, tinted the more the higher the level."""
    share = _PALEST + (_DEEPEST - _PALEST) * level / max(levels, 1)
    base, tint = theme.colour("card"), theme.colour(role)
    parts = ((base.red(), tint.red()), (base.green(), tint.green()), (base.blue(), tint.blue()))
    return QColor(*(round(low + (high - low) * share) for low, high in parts))


def plot_rect(rect: QRectF, spec: HeatSpec) -> QRectF:
    """Return where the cells lie inside `rect`, in whole pixels so that neighbours meet."""
    if spec.x is None or spec.y is None:
        return QRectF()
    gutter = max((text_width(tick.text) for tick in spec.y.ticks(8)), default=20.0) + _GAP_PX
    left, top = math.ceil(rect.left() + gutter), math.ceil(rect.top() + _ROW_PX + 5)
    bottom = math.floor(rect.bottom() - _KEY_PX - 2 * _ROW_PX - 6)
    return QRectF(left, top, max(math.floor(rect.right() - 2) - left, 20), max(bottom - top, 20))


def paint_heatmap(
    painter: QPainter, rect: QRectF, spec: HeatSpec, theme: Theme, *, cursor: tuple[int, int] | None = None
) -> None:
    """Paint axes, cells, zero line, today's point and the colour key into `rect`; `cursor` marks a grid place."""
    painter.save()
    if spec.x is None or spec.y is None:
        room = rect.adjusted(24, 24, -24, -24)
        muted = theme.colour("muted")
        paint_text(painter, room, spec.empty_text, muted, size_px=BODY_PX, align=_CENTRE, wrap=True)
        painter.restore()
        return
    plot = plot_rect(rect, spec)
    steps = colour_steps(float(np.nanmax(np.abs(spec.values))))
    _paint_cells(painter, plot, spec, steps, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_axes(painter, rect, plot, (spec.x, spec.y), theme)
    _paint_zero_line(painter, plot, spec.values, theme)
    _paint_today(painter, plot, (spec.x, spec.y), theme)
    if cursor is not None:
        painter.setPen(pen(theme.colour("text"), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        at = _place(plot, spec.values.shape, cursor)
        painter.drawRect(QRectF(at.x() - 4, at.y() - 4, 8, 8))
    _paint_key(painter, QRectF(plot.left(), rect.bottom() - _KEY_PX, plot.width(), _KEY_PX), spec, steps, theme)
    painter.restore()


def _place(plot: QRectF, shape: tuple[int, ...], where: tuple[float, float]) -> QPointF:
    """Return the pixel of a (column, row) of the grid; the first row lies at the bottom."""
    rows, columns = shape
    x = plot.left() + where[0] / (columns - 1) * plot.width()
    return QPointF(x, plot.bottom() - where[1] / (rows - 1) * plot.height())


def _paint_cells(painter: QPainter, plot: QRectF, spec: HeatSpec, steps: list[float], theme: Theme) -> None:
    """Fill the cells, each by the mean of its corners; equal neighbours make one rectangle.

    Each reaches a pixel under the next one, or viewers that smooth edges would let the ground shine through.
    """
    corners = spec.values
    means = (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]) / 4
    levels = np.searchsorted(steps, np.abs(means), side="right")
    signed = np.where(np.isnan(means), -99, np.where(means < 0, -1 - levels, levels))
    painter.setClipRect(plot)
    for row, line in enumerate(signed):
        edges = [0, *(np.flatnonzero(np.diff(line)) + 1).tolist(), len(line)]
        for first, last in pairwise(edges):
            level = int(line[first])
            if level == -99:
                continue
            side = spec.below if level < 0 else spec.above
            colour = shade(theme, side.role, -1 - level if level < 0 else level, len(steps))
            low, high = (_place(plot, corners.shape, at) for at in ((first, row), (last, row + 1)))
            left, top = round(low.x()), round(high.y())
            painter.fillRect(QRectF(left, top, round(high.x()) - left + 1, round(low.y()) - top + 1), colour)
    painter.setClipping(False)


def _paint_axes(painter: QPainter, rect: QRectF, plot: QRectF, scales: tuple[Scale, Scale], theme: Theme) -> None:
    x, y = scales
    muted, line = theme.colour("muted"), pen(theme.colour("border"))
    paint_text(painter, QRectF(rect.left(), rect.top(), rect.width(), _ROW_PX), y.heading, muted)
    for tick in y.ticks(max(2, int(plot.height() / _Y_TICK_PX))):
        at = plot.bottom() - y.share(tick.at) * plot.height()
        painter.setPen(line)
        painter.drawLine(QPointF(plot.left() - 4, at), QPointF(plot.left(), at))
        label = QRectF(rect.left(), at - _ROW_PX / 2, plot.left() - rect.left() - _GAP_PX + 1, _ROW_PX)
        paint_text(painter, label, tick.text, muted, align=_RIGHT)
    for tick in x.ticks(max(2, int(plot.width() / _X_TICK_PX))):
        at = plot.left() + x.share(tick.at) * plot.width()
        painter.setPen(line)
        painter.drawLine(QPointF(at, plot.bottom()), QPointF(at, plot.bottom() + 4))
        half = text_width(tick.text) / 2 + 1
        middle = min(max(at, rect.left() + half), rect.right() - half)
        label = QRectF(middle - half, plot.bottom() + 5, 2 * half, _ROW_PX)
        paint_text(painter, label, tick.text, muted, align=_CENTRE)
    title = QRectF(plot.left(), plot.bottom() + 5 + _ROW_PX, plot.width(), _ROW_PX)
    paint_text(painter, title, x.heading, muted, align=_CENTRE)
    painter.setPen(line)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(plot)


def _paint_zero_line(painter: QPainter, plot: QRectF, values: Floats, theme: Theme) -> None:
    """Draw where both keep the same, on a halo that keeps it visible on every colour."""
    lines = [QLineF(_place(plot, values.shape, one), _place(plot, values.shape, two)) for one, two in zero_line(values)]
    for role, width in (("card", 4.5), ("text", 2.0)):
        stroke = pen(theme.colour(role), width)
        stroke.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(stroke)
        painter.drawLines(lines)


def _paint_today(painter: QPainter, plot: QRectF, scales: tuple[Scale, Scale], theme: Theme) -> None:
    x, y = scales
    if x.today is None or y.today is None:
        return
    at = QPointF(plot.left() + x.share(x.today) * plot.width(), plot.bottom() - y.share(y.today) * plot.height())
    painter.setPen(pen(theme.colour("text"), 2.0))
    painter.setBrush(theme.colour("card"))
    painter.drawEllipse(at, 5.0, 5.0)
    width = text_width("today", weight=SEMIBOLD) + 6
    left = at.x() + 9 if at.x() + 9 + width <= plot.right() else at.x() - 9 - width
    top = min(max(at.y() - _ROW_PX / 2, plot.top() + 1), plot.bottom() - _ROW_PX - 1)
    tag = QRectF(left, top, width, _ROW_PX)
    painter.fillRect(tag, theme.colour("card"))
    paint_text(painter, tag.translated(3, 0), "today", theme.colour("text"), weight=SEMIBOLD)


def _paint_key(painter: QPainter, rect: QRectF, spec: HeatSpec, steps: list[float], theme: Theme) -> None:
    """Draw the key: swatches of both sides from zero outwards, the values between them, who keeps more above them."""
    levels = len(steps) + 1
    wide = math.floor(min(_SWATCH_MOST_PX, rect.width() / (2 * levels)))
    middle, top = math.floor(rect.center().x()), math.floor(rect.top() + _ROW_PX + 4)
    if not steps:
        return
    for level in range(levels):
        for side, sign in ((spec.below, -1), (spec.above, 1)):
            left = middle + (level * wide if sign > 0 else -(level + 1) * wide)
            painter.fillRect(QRectF(left, top, wide, _SWATCH_PX), shade(theme, side.role, level, len(steps)))
    painter.setPen(pen(theme.colour("text"), 2.0))
    painter.drawLine(QPointF(middle, top - 3), QPointF(middle, top + _SWATCH_PX + 1))
    labels = [(0, "0")]
    crowded = any(text_width("+" + _round_words(step)) + _GAP_PX > wide for step in steps)
    for number, step in enumerate(steps, start=1):
        if crowded and (len(steps) - number) % 2:
            continue  # every second one; the outermost stays
        labels += [(-number, words.MINUS + _round_words(step)), (number, "+" + _round_words(step))]
    for number, text in labels:
        place = QRectF(middle + number * wide - 30, top + _SWATCH_PX + 2, 60, _ROW_PX)
        paint_text(painter, place, text, theme.colour("muted"), align=_CENTRE)
    above = QRectF(rect.left(), rect.top(), rect.width(), _ROW_PX)
    left_side = QRectF(above.left(), above.top(), middle - above.left() - _GAP_PX, _ROW_PX)
    right_side = QRectF(middle + _GAP_PX, above.top(), above.right() - middle, _ROW_PX)
    paint_text(
        painter, left_side, f"◀ {spec.below.words}", theme.colour(spec.below.role), align=_RIGHT, weight=SEMIBOLD
    )
    paint_text(painter, right_side, f"{spec.above.words} ▶", theme.colour(spec.above.role), weight=SEMIBOLD)


def _round_words(step: float) -> str:
    """Write a 1-2-5 value in as few letters as it needs."""
    for factor, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if step >= factor:
            return f"{step / factor:g}{words.THIN}{letter}"
    return f"{step:g}"


class Heatmap(PointedChart[HeatSpec, tuple[int, int]]):
    """The painted map. Mouse and arrow keys move over its grid; `pointed(str)` says what lies there, or nothing."""

    pointed = Signal(str)
    least = QSize(320, 200)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        side = Side(role="muted", words="")
        super().__init__(theme, HeatSpec(title="", values=np.empty((0, 0)), below=side, above=side), parent)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the map."""
        paint_heatmap(painter, rect, self.spec, self._theme, cursor=self._cursor)

    def place_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return column and row of the grid place nearest to a pixel; outside the cells None."""
        plot = plot_rect(QRectF(self.rect()), self.spec)
        if plot.isEmpty() or not plot.adjusted(-4, -4, 4, 4).contains(position):
            return None
        rows, columns = self.spec.values.shape
        column = round((position.x() - plot.left()) / plot.width() * (columns - 1))
        row = round((plot.bottom() - position.y()) / plot.height() * (rows - 1))
        return int(within(column, 0, columns - 1)), int(within(row, 0, rows - 1))

    def moved(self, key: Qt.Key) -> tuple[int, int] | None:
        """Move over the grid by the arrow keys, from its middle."""
        move = ARROWS.get(key)
        if move is None or self.spec.x is None:
            return None
        rows, columns = self.spec.values.shape
        column, row = self._cursor or (columns // 2, rows // 2)
        return int(within(column + move[0], 0, columns - 1)), int(within(row - move[1], 0, rows - 1))

    def tell(self, place: tuple[int, int] | None) -> None:
        """Say what lies there."""
        self.pointed.emit("" if place is None else self.spec.describe(*place))
