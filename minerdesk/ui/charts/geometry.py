"""From values to pixels: which y span a view needs, where the plot lies in its rectangle, how labels keep apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF

from minerdesk.ui.charts.model import ChartSpec, Curve, Floats, Shape, View, broken_at_gaps

TOP_PX, BOTTOM_PX, LEFT_PX = 24.0, 22.0, 52.0
LABEL_STEP_PX = 14.0

#: Room above the highest and below the lowest value, as a fraction of the span.
_HEADROOM = 0.06


def visible(curve: Curve, view: View) -> slice:
    """Return the part of a curve that a view needs: the points inside and one beyond each edge."""
    first = int(np.searchsorted(curve.times, view.start_s, side="left"))
    last = int(np.searchsorted(curve.times, view.end_s, side="right"))
    return slice(max(first - 1, 0), min(last + 1, len(curve.times)))


def y_span(spec: ChartSpec, view: View) -> tuple[float, float]:
    """Return the lowest and highest value of the axis for what is on show, with some air.

    Special cases: on a log scale only positive values count; with nothing to show it is 0 to 1, or 1 to 10.
    """
    inside = [curve.inside(view.start_s, view.end_s) for curve in spec.curves if curve.name not in view.hidden]
    points = [
        point.value
        for point in spec.points
        if view.start_s <= point.time_s <= view.end_s and point.of not in view.hidden
    ]
    levels = [level.value for level in spec.levels if level.name not in view.hidden]
    edges = [edge for band in spec.bands for edge in (band.low, band.high)]
    values = np.concatenate([*inside, np.asarray(points + levels + edges, dtype=np.float64)])
    values = values[np.isfinite(values) & ((values > 0) | (not view.log))]
    if len(values) == 0:
        return (1.0, 10.0) if view.log else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if view.log:
        air = max(math.log10(high / low), 0.1) * _HEADROOM
        return low / 10**air, high * 10**air
    if spec.from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    air = (high - low or abs(high) or 1.0) * _HEADROOM
    return (low if low == 0.0 and spec.from_zero else low - air), high + air


@dataclass(frozen=True)
class Geometry:
    """The plot's rectangle in pixels and what its edges mean."""

    plot: QRectF
    start_s: float
    end_s: float
    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, spec: ChartSpec, view: View, outer: QRectF, gutter_px: float) -> "Geometry":
        """Return the geometry of `spec` in `outer`; `gutter_px` is the room for the labels at the lines' ends."""
        low, high = y_span(spec, view)
        plot = outer.adjusted(LEFT_PX, TOP_PX, -gutter_px, -BOTTOM_PX)
        return cls(plot, view.start_s, view.end_s, low, high, view.log)

    def x(self, times_s: Floats) -> Floats:
        """Return the x pixels of times."""
        return self.plot.left() + (times_s - self.start_s) * (self.plot.width() / (self.end_s - self.start_s))

    def y(self, values: Floats) -> Floats:
        """Return the y pixels of values; what a log scale can't show is NaN."""
        low, high, shown = self.low, self.high, values
        if self.log:
            low, high = math.log10(low), math.log10(high)
            shown = np.log10(np.where(values > 0, values, np.nan))
        return self.plot.bottom() - (shown - low) * (self.plot.height() / (high - low))

    def x_of(self, time_s: float) -> float:
        """Return the x pixel of one time."""
        return float(self.x(np.asarray([time_s], dtype=np.float64))[0])

    def y_of(self, value: float) -> float:
        """Return the y pixel of one value, NaN where the scale can't show it."""
        return float(self.y(np.asarray([value], dtype=np.float64))[0])

    def time_at(self, x_px: float) -> float:
        """Return the time at an x pixel."""
        return self.start_s + (x_px - self.plot.left()) / self.plot.width() * (self.end_s - self.start_s)

    def shows(self, time_s: float) -> bool:
        """Return whether a time lies inside the view."""
        return self.start_s <= time_s <= self.end_s


def pixels(curve: Curve, values: Floats, view: View, geometry: Geometry) -> tuple[Floats, Floats]:
    """Return the pixels of a curve's visible points (or of a band's edge), with NaN in gaps; steps have corners."""
    part = visible(curve, view)
    whole = np.where(np.isinf(values[part]), np.nan, values[part])
    times, shown = broken_at_gaps(curve, part, whole)
    x, y = geometry.x(times), geometry.y(shown)
    return stepped(x, y) if curve.shape is Shape.STEP else (x, y)


def stepped(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return points in which every value holds until the next one begins.

    >>> [list(map(float, part)) for part in stepped(np.array([0.0, 1.0]), np.array([5.0, 7.0]))]
    [[0.0, 1.0, 1.0], [5.0, 5.0, 7.0]]
    """
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]


def thinned(x: Floats, y: Floats, columns: int) -> tuple[Floats, Floats]:
    """Return lowest and highest point of every pixel column, in order, if there are many more points than columns.

    A column with a NaN keeps one, so a gap stays a gap. Few points come back untouched.
    """
    if len(x) <= 4 * columns:
        return x, y
    size = math.ceil(len(x) / columns)
    rows = math.ceil(len(x) / size)
    grid = np.concatenate([y, np.full(rows * size - len(y), np.nan)]).reshape(rows, size)
    known = ~np.isnan(grid)
    gap = ~known & (np.arange(rows * size).reshape(rows, size) < len(y))
    first, some, torn = np.arange(rows) * size, known.any(axis=1), gap.any(axis=1)
    keep = np.concatenate(
        [
            [0, len(x) - 1],
            (first + np.where(known, grid, np.inf).argmin(axis=1))[some],
            (first + np.where(known, grid, -np.inf).argmax(axis=1))[some],
            (first + gap.argmax(axis=1))[torn],
        ]
    )
    order = np.unique(keep)
    return x[order], y[order]


def spread(wanted: Sequence[float], low: float, high: float, step: float = LABEL_STEP_PX) -> list[float]:
    """Move label centres apart to at least `step`, as little as possible, inside low to high where they fit.

    >>> spread([50, 52, 10], 0, 100, 14)
    [44.0, 58.0, 10.0]
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    groups: list[tuple[float, int]] = []  # (centre, how many labels), from top to bottom
    for index in order:
        centre, count = float(wanted[index]), 1
        while True:
            half = (count - 1) * step / 2
            centre = min(max(centre, low + half), max(high - half, low + half))
            if not groups or groups[-1][0] + (groups[-1][1] - 1) * step / 2 + step <= centre - half + 1e-9:
                break
            above, many = groups.pop()
            centre = (centre * count + above * many) / (count + many)
            count += many
        groups.append((centre, count))
    placed = [centre + (number - (count - 1) / 2) * step for centre, count in groups for number in range(count)]
    result = [0.0] * len(wanted)
    for index, y in zip(order, placed, strict=True):
        result[index] = y
    return result
