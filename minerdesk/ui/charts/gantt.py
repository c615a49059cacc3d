"""Phases over the years as bars, and under them how many megawatts mine, are dark while building, and run AI.

A phase is hatched while it is built and filled while it runs. Where there are so many that a row is lower than its
letters, every second or third keeps its name; pointing at a row or the table gives all of them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPolygonF

from minerdesk.ui.charts.geometry import stepped
from minerdesk.ui.charts.model import Floats
from minerdesk.ui.charts.strokes import paint_text, path, pen, text_width
from minerdesk.ui.charts.ticks import calendar_ticks, linear_ticks
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, SEMIBOLD, Theme, font

_LINE_PX, _AXIS_PX, _GAP_PX, _RIGHT_PX = 14.0, 20.0, 8.0, 14.0
_ROW_LEAST_PX, _ROW_MOST_PX, _BAR_SHARE = 13.0, 24.0, 0.72
_AREA_SHARE, _AREA_LEAST_PX = 0.42, 44.0
_GUTTER_MOST_SHARE, _GUTTER_LEAST_PX = 0.3, 40.0
_TICK_EVERY_PX, _MW_TICK_PX = 50.0, 26.0
_HATCH_PX = 5.0
_LIVE_ALPHA, _LESS_ALPHA, _BUILD_ALPHA, _AREA_ALPHA = 0.85, 0.45, 0.14, 0.30
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, kw_only=True)
class GanttBar:
    """One phase: it is built from month `start` on, live from `live` up to `end`; places in the times of its spec.

    From `less` on only a part of it is live; `end` if that never comes.
    """

    label: str
    mw_words: str
    start: int
    live: int
    less: int
    end: int
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Halving:
    """A halving of the block subsidy, and what is written at it."""

    time_s: float
    label: str = "halving"


@dataclass(frozen=True, kw_only=True, eq=False)
class GanttSpec:
    """Phases and megawatts by month. No times: it is empty.

    Attributes
    ----------
    times
        The first instant of every month, seconds UTC.
    mining_mw, building_mw, ai_mw
        Megawatts at the utility meter in every month.
    role
        The theme's role of the business that the phases turn to; `ai_label` is what it is called in the picture.
    describe
        What there is to say of a month, by its place.
    """

    title: str
    caption: str = ""
    summary: str = ""
    empty_text: str = ""
    times: NDArray[np.int64]
    bars: tuple[GanttBar, ...] = ()
    mining_mw: Floats
    building_mw: Floats
    ai_mw: Floats
    role: str = "gpu_cloud"
    ai_label: str = "AI"
    halvings: tuple[Halving, ...] = ()
    describe: Callable[[int], str] = str

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return len(self.times) < 2

    @property
    def top_mw(self) -> float:
        """The upper end of the axis of megawatts."""
        return (float((self.mining_mw + self.building_mw + self.ai_mw).max()) if len(self.times) else 0.0) or 1.0

    @classmethod
    def nothing(cls, title: str, empty_text: str) -> "GanttSpec":
        """Return an empty one that says why."""
        none = np.empty(0)
        times = np.empty(0, dtype=np.int64)
        return cls(title=title, empty_text=empty_text, times=times, mining_mw=none, building_mw=none, ai_mw=none)


class Frame(NamedTuple):
    """Where things lie: the rows of phases, the area of megawatts under them, the height of one row."""

    rows: QRectF
    area: QRectF
    row_px: float
    start_s: float
    end_s: float
    top_mw: float

    @classmethod
    def of(cls, spec: GanttSpec, rect: QRectF) -> "Frame":
        """Lay a spec out in `rect`: the area gets what the rows leave, and its share at least."""
        names = [f"{bar.label} {bar.mw_words}" for bar in spec.bars]
        widest = max((text_width(name) for name in names), default=0.0) + 2 * _GAP_PX
        gutter = max(min(widest, rect.width() * _GUTTER_MOST_SHARE), _GUTTER_LEAST_PX)
        left, width = rect.left() + gutter, max(rect.width() - gutter - _RIGHT_PX, 20.0)
        top = rect.top() + (_LINE_PX if spec.halvings else 0.0)
        tall = max(rect.bottom() - _AXIS_PX - top, 30.0)
        area_px = max(tall * _AREA_SHARE, min(_AREA_LEAST_PX, tall))
        row_px = min(max(tall - area_px - _GAP_PX, 1.0) / len(spec.bars), _ROW_MOST_PX) if spec.bars else 0.0
        rows = QRectF(left, top, width, row_px * len(spec.bars))
        area_top = rows.bottom() + (_GAP_PX if spec.bars else 0.0)
        area = QRectF(left, area_top, width, top + tall - area_top)
        return cls(rows, area, row_px, float(spec.times[0]), float(spec.times[-1]), spec.top_mw)

    def x(self, time_s: float) -> float:
        """Return the x pixel of a time."""
        return self.area.left() + (time_s - self.start_s) / (self.end_s - self.start_s) * self.area.width()

    def y(self, mw: float) -> float:
        """Return the y pixel of megawatts in the area."""
        return self.area.bottom() - mw / self.top_mw * self.area.height()

    def bar(self, spec: GanttSpec, number: int) -> tuple[QRectF, QRectF, QRectF]:
        """Return where a phase is drawn while it is built, while all of it runs, and while a part of it does."""
        bar = spec.bars[number]
        top = self.rows.top() + (number + (1 - _BAR_SHARE) / 2) * self.row_px
        edges = [
            self.x(float(spec.times[min(max(place, 0), len(spec.times) - 1)]))
            for place in (bar.start, bar.live, bar.less, bar.end)
        ]
        tall = self.row_px * _BAR_SHARE
        build, live, less = (QRectF(left, top, max(right - left, 0.0), tall) for left, right in pairwise(edges))
        return build, live, less


def least_height_px(spec: GanttSpec) -> int:
    """Return the height at which every phase keeps its name."""
    rows = _ROW_LEAST_PX * len(spec.bars) + _GAP_PX
    return math.ceil(max(rows / (1 - _AREA_SHARE), rows + _AREA_LEAST_PX) + _AXIS_PX + _LINE_PX)


def paint_gantt(
    painter: QPainter,
    rect: QRectF,
    theme: Theme,
    *,
    spec: GanttSpec,
    month: int | None = None,
    row: int | None = None,
) -> None:
    """Paint phases and megawatts into `rect`; `month` and `row` mark what is pointed at."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if spec.is_empty:
        room = rect.adjusted(16, 16, -16, -16)
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=_CENTRE, wrap=True)
        painter.restore()
        return
    frame = Frame.of(spec, rect)
    if row is not None:
        stripe = QRectF(rect.left(), frame.rows.top() + row * frame.row_px, rect.width(), frame.row_px)
        painter.fillRect(stripe, theme.colour("selection", 0.4))
    _paint_area(painter, frame, spec, theme)
    _paint_axes(painter, rect, frame, theme)
    _paint_names(painter, rect, frame, spec, theme)
    for number in range(len(spec.bars)):
        _paint_bar(painter, frame.bar(spec, number), spec.role, theme)
    _paint_halvings(painter, frame, spec, theme)
    _paint_labels(painter, frame, spec, theme)
    if month is not None:
        painter.setPen(pen(theme.colour("text"), 1.0))
        at = frame.x(float(spec.times[month]))
        painter.drawLine(QPointF(at, frame.rows.top()), QPointF(at, frame.area.bottom()))
    painter.restore()


def _paint_axes(painter: QPainter, rect: QRectF, frame: Frame, theme: Theme) -> None:
    area, muted = frame.area, theme.colour("muted")
    most = max(int(area.width() / _TICK_EVERY_PX), 2)
    for tick in calendar_ticks(frame.start_s, frame.end_s, most):
        x = frame.x(tick.at)
        painter.setPen(pen(theme.colour("grid")))
        painter.drawLine(QPointF(x, frame.rows.top()), QPointF(x, area.bottom()))
        painter.setPen(pen(muted))
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
        half = text_width(tick.text) / 2 + 1
        middle = min(max(x, rect.left() + half), rect.right() - half)
        place = QRectF(middle - half, area.bottom() + 5, 2 * half, _LINE_PX)
        paint_text(painter, place, tick.text, muted, align=_CENTRE)
    for tick in linear_ticks(0.0, frame.top_mw, max(int(area.height() / _MW_TICK_PX), 1)):
        y = frame.y(tick.at)
        painter.setPen(pen(theme.colour("grid")))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        place = QRectF(rect.left(), y - _LINE_PX / 2, area.left() - rect.left() - 6, _LINE_PX)
        paint_text(painter, place, tick.text + (" MW" if tick.at else ""), muted, align=_RIGHT)
    painter.setPen(pen(muted))
    painter.drawLine(area.bottomLeft(), area.bottomRight())


def _paint_names(painter: QPainter, rect: QRectF, frame: Frame, spec: GanttSpec, theme: Theme) -> None:
    """Write name and megawatts of every phase before its row, or of every second, third ... where rows are low."""
    every = max(math.ceil((_ROW_LEAST_PX - 1) / frame.row_px), 1) if spec.bars else 1
    metrics = QFontMetricsF(font(CAPTION_PX))
    for number in range(0, len(spec.bars), every):
        bar = spec.bars[number]
        middle = frame.rows.top() + (number + 0.5) * frame.row_px
        place = QRectF(rect.left(), middle - _LINE_PX / 2, frame.rows.left() - rect.left() - 6, _LINE_PX)
        paint_text(painter, place, bar.mw_words, theme.colour("muted"), align=_RIGHT)
        room = place.width() - text_width(bar.mw_words) - 6
        name = metrics.elidedText(bar.label, Qt.TextElideMode.ElideRight, room)
        paint_text(painter, place, name, theme.colour("text"))


def _paint_bar(painter: QPainter, places: tuple[QRectF, QRectF, QRectF], role: str, theme: Theme) -> None:
    build, live, less = places
    if less.right() - build.left() < 0.5:  # begins after the last year shown
        place = QRectF(build.right() - 100, build.top(), 98, build.height())
        paint_text(painter, place, "later", theme.colour("muted"), align=_RIGHT)
        return
    colour = theme.colour(role)
    painter.fillRect(live.united(less), theme.colour("card"))  # so that nothing behind it shines through
    painter.fillRect(live, theme.colour(role, _LIVE_ALPHA))
    painter.fillRect(less, theme.colour(role, _LESS_ALPHA))
    if build.width() > 0:
        painter.fillRect(build, theme.colour(role, _BUILD_ALPHA))
        painter.setPen(pen(colour, 1.0))
        painter.drawLines(hatching(build))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(build)


def hatching(place: QRectF) -> list[QLineF]:
    """Return the diagonal lines that fill a rectangle, cut at its edges: vector files then need no clip or pattern.

    >>> [(line.x1(), line.y1(), line.x2(), line.y2()) for line in hatching(QRectF(0, 0, 6, 4))]
    [(0.0, 4.0, 4.0, 0.0), (5.0, 4.0, 6.0, 3.0)]
    """
    tall, lines = place.height(), []
    for foot in np.arange(-math.floor(tall / _HATCH_PX) * _HATCH_PX, place.width(), _HATCH_PX).tolist():
        before, beyond = max(-foot, 0.0), max(foot + tall - place.width(), 0.0)
        if tall - before - beyond > 0:
            lines.append(
                QLineF(
                    place.left() + foot + before,
                    place.bottom() - before,
                    place.left() + foot + tall - beyond,
                    place.top() + beyond,
                )
            )
    return lines


def _paint_area(painter: QPainter, frame: Frame, spec: GanttSpec, theme: Theme) -> None:
    """Stack mining, building and AI in steps of months; a share that is nowhere is not drawn."""
    low = np.zeros(len(spec.times))
    times = np.asarray(spec.times, dtype=np.float64)
    x = frame.area.left() + (times - frame.start_s) / (frame.end_s - frame.start_s) * frame.area.width()
    for mw, role, alpha in (
        (spec.mining_mw, "mining", _AREA_ALPHA),
        (spec.building_mw, spec.role, _BUILD_ALPHA / 2),
        (spec.ai_mw, spec.role, _AREA_ALPHA),
    ):
        high = low + mw
        if (mw > 0).any():
            y = frame.area.bottom() - high / frame.top_mw * frame.area.height()
            across, top = stepped(x, y)
            foot = stepped(x, frame.area.bottom() - low / frame.top_mw * frame.area.height())[1]
            corners = np.column_stack([np.r_[across, across[::-1]], np.r_[top, foot[::-1]]]).tolist()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(role, alpha))
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
            painter.setPen(pen(theme.colour(role), 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path(*stepped(x, np.where(mw > 0, y, np.nan))))
        low = high


def _paint_labels(painter: QPainter, frame: Frame, spec: GanttSpec, theme: Theme) -> None:
    """Name each share of the megawatts where there is most room for its letters; without room it goes unnamed."""
    low = np.zeros(len(spec.times))
    month_px = frame.area.width() / (len(spec.times) - 1)
    for mw, role, name in (
        (spec.mining_mw, "mining", "Mining"),
        (spec.building_mw, spec.role, "Building"),
        (spec.ai_mw, spec.role, spec.ai_label),
    ):
        months = math.ceil((text_width(name, weight=SEMIBOLD) + 8) / month_px)
        place = roomiest(low[:-1], (low + mw)[:-1], months)
        if place is not None and (place[2] - place[1]) / frame.top_mw * frame.area.height() >= _LINE_PX:
            left, middle = frame.x(float(spec.times[place[0]])), frame.y((place[1] + place[2]) / 2)
            label = QRectF(left, middle - _LINE_PX / 2, months * month_px, _LINE_PX)
            paint_text(painter, label, name, theme.colour(role), align=_CENTRE, weight=SEMIBOLD)
        low = low + mw


def roomiest(low: Floats, high: Floats, width: int) -> tuple[int, float, float] | None:
    """Return where between two edges a box of `width` places is tallest: first place, foot, top; None if none fits.

    >>> roomiest(np.array([0.0, 0, 0, 0, 0]), np.array([1.0, 2, 2, 2, 1]), 2)
    (1, 0.0, 2.0)
    """
    if width > len(low):
        return None
    feet = np.lib.stride_tricks.sliding_window_view(low, width).max(axis=1)
    tops = np.lib.stride_tricks.sliding_window_view(high, width).min(axis=1)
    best = np.flatnonzero(tops - feet >= (tops - feet).max() - 1e-9)
    first = int(best[(len(best) - 1) // 2])
    return first, float(feet[first]), float(tops[first])


def _paint_halvings(painter: QPainter, frame: Frame, spec: GanttSpec, theme: Theme) -> None:
    """Draw each halving across rows and area, named above where names keep apart."""
    free_from = -math.inf
    for halving in spec.halvings:
        if not frame.start_s <= halving.time_s <= frame.end_s:
            continue
        x = frame.x(halving.time_s)
        painter.setPen(pen(theme.colour("muted", 0.8), 1.0, (2.0, 3.0)))
        painter.drawLine(QPointF(x, frame.rows.top()), QPointF(x, frame.area.bottom()))
        half = text_width(halving.label) / 2
        left = min(max(x - half, frame.rows.left()), frame.rows.right() - 2 * half)
        if left >= free_from:
            place = QRectF(left, frame.rows.top() - _LINE_PX, 2 * half, _LINE_PX)
            paint_text(painter, place, halving.label, theme.colour("muted"))
            free_from = left + 2 * half + _GAP_PX
