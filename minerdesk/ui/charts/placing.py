"""Where the words of a point stand: near it, and neither on other words nor on a line."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from minerdesk.ui.charts.geometry import Geometry, pixels
from minerdesk.ui.charts.model import ChartSpec, Floats, View

ROW_PX = 14.0
_GAP_PX = 6.0
_MOST_ROWS = 6


@dataclass(frozen=True)
class Line:
    """The pixels of one drawn line from left to right, without those that are unknown."""

    x: Floats
    y: Floats

    @classmethod
    def of(cls, x: Floats, y: Floats) -> "Line":
        """Return the line through those points that are known."""
        known = np.isfinite(y)
        return cls(x[known], y[known])

    def crosses(self, rect: QRectF) -> bool:
        """Return whether the line runs through a rectangle; it goes straight from point to point, also over a gap."""
        x, y = self.x, self.y
        if not len(x) or x[-1] < rect.left() or x[0] > rect.right():
            return False
        edges = np.interp([max(rect.left(), x[0]), min(rect.right(), x[-1])], x, y)
        inside = y[np.searchsorted(x, rect.left()) : np.searchsorted(x, rect.right(), side="right")]
        run = np.concatenate([edges, inside])
        return bool(run.min() <= rect.bottom() and run.max() >= rect.top())


def lines_of(spec: ChartSpec, view: View, geometry: Geometry) -> tuple[Line, ...]:
    """Return every line of a chart that is on show: its curves, and its levels."""
    plot = geometry.plot
    curves = [Line.of(*pixels(c, c.values, view, geometry)) for c in spec.curves if c.name not in view.hidden]
    levels = [geometry.y_of(level.value) for level in spec.levels if level.name not in view.hidden]
    across = np.array([plot.left(), plot.right()])
    return (*curves, *(Line(across, np.full(2, y)) for y in levels if not math.isnan(y)))


def place_of_words(
    point: QPointF, width_px: float, plot: QRectF, taken: Sequence[QRectF], lines: Sequence[Line]
) -> QRectF:
    """Return where the words of a point stand: left of it, or the next place around it in which nothing is in the way.

    Special cases: where a line is in the way everywhere, words lie on it but not on other words; where those are
    everywhere too, they stand left or right of the point.
    """
    x, y = point.x(), point.y()
    left = x - width_px - _GAP_PX
    sides = [left, x + _GAP_PX] if left > plot.left() else [x + _GAP_PX]
    middles = [max(y - 4, plot.top() + 8)]
    places = [_row(side, middles[0], width_px) for side in sides]
    for rows in range(1, _MOST_ROWS + 1):
        for side, middle in itertools.product([*sides, x - width_px / 2], (y - rows * ROW_PX, y + rows * ROW_PX)):
            places.append(_row(side, middle, width_px))
    inside = [place for place in places if plot.adjusted(-1, -1, 1, 1).contains(place)]
    free = [place for place in inside if not any(place.intersects(other) for other in taken)]
    clear = (place for place in free if not any(line.crosses(place) for line in lines))
    return next(clear, next(iter(free or inside), places[0]))


def _row(left: float, middle: float, width_px: float) -> QRectF:
    return QRectF(left, middle - ROW_PX / 2, width_px, ROW_PX)
