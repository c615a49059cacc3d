"""A map of the hours of the day (across) by the months (down): each cell coloured, and written where there is room."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from minerdesk import words
from minerdesk.ui.charts.heatmap import Side, colour_steps, shade
from minerdesk.ui.charts.model import Floats
from minerdesk.ui.charts.pointed import ARROWS, PointedChart, within
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.theme import BODY_PX, SEMIBOLD, Theme, contrast

_ROW_PX, _GAP_PX, _KEY_PX, _LEAST_CELL_PX = 14.0, 8.0, 44.0, 13.0
_SWATCH_MOST_PX, _SWATCH_PX = 46.0, 10.0
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, kw_only=True, eq=False)
class HoursSpec:
    """What is shown: ``values[month, hour]``; NaN is unknown. Without a value it is empty.

    A cell's colour deepens with its distance from `origin`, in the colour of the side on which it lies. `written` turns
    a value into the letters of its cell, `stepped` a distance into those of the key. The steps of colour are of equal
    width, or, if `ladder`, 1-2-5: then small distances differ too.
    """

    title: str
    caption: str = ""
    summary: str = ""
    x_title: str = ""
    values: Floats
    origin: float = 0.0
    ladder: bool = False
    below: Side
    above: Side
    written: Callable[[float], str] = str
    stepped: Callable[[float], str] = str
    describe: Callable[[int, int], str] = lambda _month, _hour: ""
    empty_text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not np.isfinite(self.values).any()

    def steps(self) -> list[float]:
        """Return the distances at which a colour deepens."""
        if self.is_empty:
            return []
        largest = float(np.nanmax(np.abs(self.values - self.origin)))
        return colour_steps(largest) if self.ladder else equal_steps(largest)


def equal_steps(largest: float) -> list[float]:
    """Return three to eight round values of equal width within `largest`; nothing for nothing.

    >>> equal_steps(93.0), equal_steps(0.0)
    ([20.0, 40.0, 60.0, 80.0], [])
    """
    if not (largest > 0 and math.isfinite(largest)):
        return []
    power = math.floor(math.log10(largest))
    step = next(float(f"{f}e{p}") for p in (power - 1, power) for f in (1, 2, 5) if largest / float(f"{f}e{p}") < 9)
    return [step * number for number in range(1, int(largest / step * (1 + 1e-12)) + 1)]


def plot_rect(rect: QRectF, spec: HoursSpec) -> QRectF:
    """Return where the cells lie inside `rect`, a whole number of pixels each so that they are alike."""
    if spec.is_empty:
        return QRectF()
    rows, columns = spec.values.shape
    left, top = math.ceil(rect.left() + text_width("May") + _GAP_PX + 2), math.ceil(rect.top() + _ROW_PX + 4)
    wide = max(math.floor((rect.right() - 2 - left) / columns), 4)
    high = max(math.floor((rect.bottom() - _key_px(spec, wide * columns) - _ROW_PX - 4 - top) / rows), 4)
    return QRectF(left, top, wide * columns, high * rows)


def _key_px(spec: HoursSpec, width: float) -> float:
    """Return how tall the key is: a row more where its words and the title of the hours have no room side by side."""
    needed = text_width(spec.x_title) + text_width(f"◀ {spec.below.words}", weight=SEMIBOLD) + 2 * _GAP_PX
    return _KEY_PX if needed <= width - _key_side_px(spec, width) else _KEY_PX + _ROW_PX + 2


def _key_side_px(spec: HoursSpec, width: float) -> float:
    """Return how wide one side of the key is."""
    levels, sides = len(spec.steps()) + 1, 2 if spec.below.words else 1
    return levels * math.floor(min(_SWATCH_MOST_PX, width * 0.6 / (sides * levels))) + 12


def paint_hours(
    painter: QPainter, rect: QRectF, theme: Theme, *, spec: HoursSpec, cursor: tuple[int, int] | None = None
) -> None:
    """Paint axes, cells and key into `rect`; `cursor` marks a (month, hour)."""
    painter.save()
    if spec.is_empty:
        room = rect.adjusted(24, 24, -24, -24)
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=_CENTRE, wrap=True)
        painter.restore()
        return
    plot, steps = plot_rect(rect, spec), spec.steps()
    _paint_axes(painter, rect, plot, spec, theme)
    _paint_cells(painter, plot, spec, steps, theme)
    if cursor is not None:
        painter.setPen(pen(theme.colour("text"), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(_cell(plot, spec, *cursor))
    _paint_key(painter, QRectF(plot.left(), plot.bottom() + _GAP_PX + 4, plot.width(), _KEY_PX), spec, steps, theme)
    painter.restore()


def _cell(plot: QRectF, spec: HoursSpec, month: int, hour: int) -> QRectF:
    rows, columns = spec.values.shape
    wide, high = plot.width() / columns, plot.height() / rows
    return QRectF(plot.left() + hour * wide, plot.top() + month * high, wide, high)


def _paint_axes(painter: QPainter, rect: QRectF, plot: QRectF, spec: HoursSpec, theme: Theme) -> None:
    muted = theme.colour("muted")
    for month in range(spec.values.shape[0]):
        cell = _cell(plot, spec, month, 0)
        if cell.height() >= _LEAST_CELL_PX - 2 or month % 3 == 0:
            place = QRectF(rect.left(), cell.center().y() - _ROW_PX / 2, plot.left() - rect.left() - 6, _ROW_PX)
            paint_text(painter, place, words.month(month + 1), muted, align=_RIGHT)
    every = 1 if plot.width() / 24 >= text_width("00") + 4 else 3
    for hour in range(0, spec.values.shape[1], every):
        cell = _cell(plot, spec, 0, hour)
        place = QRectF(cell.center().x() - 20, plot.top() - _ROW_PX - 2, 40, _ROW_PX)
        paint_text(painter, place, f"{hour:02}", muted, align=_CENTRE)


def _paint_cells(painter: QPainter, plot: QRectF, spec: HoursSpec, steps: list[float], theme: Theme) -> None:
    letters = [spec.written(float(value)) for value in spec.values[np.isfinite(spec.values)]]
    first = _cell(plot, spec, 0, 0)
    has_room = first.width() >= max(map(text_width, letters)) + 3 and first.height() >= _LEAST_CELL_PX
    for month, line in enumerate(spec.values):
        for hour, value in enumerate(line):
            if not math.isfinite(value):
                continue
            cell = _cell(plot, spec, month, hour)
            distance = abs(value - spec.origin)
            level = int(np.searchsorted(steps, distance, side="right"))
            side = spec.below if value < spec.origin else spec.above
            ground = shade(theme, side.role, level, len(steps)) if distance > 0 else theme.colour("card")
            painter.fillRect(cell.adjusted(0, 0, -1, -1), ground)
            if has_room:
                place = QRectF(cell.left(), cell.center().y() - _ROW_PX / 2 - 0.5, cell.width() - 1, _ROW_PX)
                paint_text(painter, place, spec.written(float(value)), _ink(theme, ground), align=_CENTRE)


def _ink(theme: Theme, ground: QColor) -> QColor:
    """Return the colour of letters on a ground: that of texts or of the card, whichever stands out more."""
    return theme.colour(max(("text", "card"), key=lambda role: contrast(getattr(theme, role), ground.name())))


def _paint_key(painter: QPainter, rect: QRectF, spec: HoursSpec, steps: list[float], theme: Theme) -> None:
    """Draw the swatches from the origin outwards, on both sides or on one, with what lies there in words."""
    muted = theme.colour("muted")
    paint_text(painter, QRectF(rect.left(), rect.top(), rect.width(), _ROW_PX), spec.x_title, muted)
    if not steps:
        return
    rect = rect.adjusted(0, _key_px(spec, rect.width()) - _KEY_PX, 0, 0)
    two_sided, levels = bool(spec.below.words), len(steps) + 1
    side_px = _key_side_px(spec, rect.width())
    wide, middle = math.floor((side_px - 12) / levels), math.floor(rect.right() - side_px)
    top = math.floor(rect.top() + _ROW_PX + 3)
    for level in range(levels):
        for side, sign in ((spec.below, -1), (spec.above, 1)) if two_sided else ((spec.above, 1),):
            left = middle + (level * wide if sign > 0 else -(level + 1) * wide)
            painter.fillRect(QRectF(left, top, wide, _SWATCH_PX), shade(theme, side.role, level, len(steps)))
    labels = [(0, spec.stepped(0.0))] + [(number, spec.stepped(step)) for number, step in enumerate(steps, start=1)]
    if two_sided:
        labels += [(-number, spec.stepped(-step)) for number, step in enumerate(steps, start=1)]
        painter.setPen(pen(theme.colour("text"), 2.0))
        painter.drawLine(QPointF(middle, top - 2), QPointF(middle, top + _SWATCH_PX + 1))
    for number, text in labels:
        place = QRectF(middle + number * wide - 40, top + _SWATCH_PX + 2, 80, _ROW_PX)
        paint_text(painter, place, text, muted, align=_CENTRE)
    above = QRectF(middle + _GAP_PX - 4, rect.top() - 1, rect.right() - middle, _ROW_PX)
    if not two_sided:
        paint_text(painter, above, spec.above.words, theme.colour(spec.above.role), weight=SEMIBOLD)
        return
    # The longer side may reach beyond its swatches, towards the free middle of the row.
    room = QRectF(rect.left(), above.top(), middle - rect.left() - _GAP_PX, _ROW_PX)
    paint_text(painter, room, f"◀ {spec.below.words}", theme.colour(spec.below.role), align=_RIGHT, weight=SEMIBOLD)
    paint_text(painter, above, f"{spec.above.words} ▶", theme.colour(spec.above.role), weight=SEMIBOLD)


class HoursChart(PointedChart[HoursSpec, tuple[int, int]]):
    """The painted map. Mouse and arrow keys move over it; `pointed(str)` says what lies there, or nothing."""

    pointed = Signal(str)
    usual = QSize(860, 360)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        side = Side(role="muted", words="")
        super().__init__(theme, HoursSpec(title="", values=np.empty((0, 0)), below=side, above=side), parent)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the map."""
        paint_hours(painter, rect, self._theme, spec=self.spec, cursor=self._cursor)

    def place_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return month and hour under a pixel."""
        plot = plot_rect(QRectF(self.rect()), self.spec)
        if plot.isEmpty() or not plot.contains(position):
            return None
        rows, columns = self.spec.values.shape
        month = int((position.y() - plot.top()) / plot.height() * rows)
        hour = int((position.x() - plot.left()) / plot.width() * columns)
        return min(month, rows - 1), min(hour, columns - 1)

    def moved(self, key: Qt.Key) -> tuple[int, int] | None:
        """Move over the cells by the arrow keys, from noon in January."""
        move = ARROWS.get(key)
        if move is None or self.spec.is_empty:
            return None
        rows, columns = self.spec.values.shape
        if self._cursor is None:
            return 0, columns // 2
        month, hour = self._cursor
        return int(within(month + move[1], 0, rows - 1)), int(within(hour + move[0], 0, columns - 1))

    def tell(self, place: tuple[int, int] | None) -> None:
        """Say what lies there."""
        self.pointed.emit("" if place is None else self.spec.describe(*place))
