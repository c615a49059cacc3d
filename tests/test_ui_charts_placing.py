"""The words of a point stand near it, on no other words, and on no line where any place is free of them."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from minerdesk.ui.charts import paint
from minerdesk.ui.charts.model import ChartSpec, Curve, Level, Mark, Point, Shape, View
from minerdesk.ui.charts.placing import ROW_PX, Line, lines_of, place_of_words
from minerdesk.ui.charts.strokes import Brushwork
from minerdesk.ui.theme import DARK, LIGHT, Theme, load_fonts

PLOT = QRectF(50, 20, 360, 90)
DAY = 86_400
TIMES = np.arange(160, dtype=np.int64) * 7 * DAY + 1_692_000_000
#: A network that grows to its peak, after a gap of a few weeks, and falls a little.
RATE = np.where(np.arange(160) < 115, 380 + 6.6 * np.arange(160), 1_139 - 4.0 * (np.arange(160) - 115))
RATE[40:44] = np.nan


def rising(x_end: float = 410.0) -> Line:
    return Line.of(np.array([50.0, 300.0, x_end]), np.array([100.0, 25.0, 40.0]))


def test_words_stand_left_of_their_point_where_nothing_is_in_the_way() -> None:
    place = place_of_words(QPointF(300, 40), 100, PLOT, (), ())
    assert place == QRectF(194, 29, 100, ROW_PX)
    right = place_of_words(QPointF(60, 40), 100, PLOT, (), ())
    assert right.left() == 66


def test_words_make_way_for_lines_and_other_words() -> None:
    line, name = rising(), QRectF(150, 20, 60, ROW_PX)
    place = place_of_words(QPointF(300, 25), 150, PLOT, [name], [line])
    assert not line.crosses(place)
    assert not place.intersects(name)
    assert PLOT.contains(place)
    assert abs(place.center().y() - 25) <= 6 * ROW_PX


def test_where_a_line_is_everywhere_words_lie_on_it_but_on_no_other_words() -> None:
    across = [Line.of(np.array([0.0, 500.0]), np.array([y, y])) for y in np.arange(20.0, 112.0, 8.0)]
    name = QRectF(100, 20, 300, ROW_PX)
    place = place_of_words(QPointF(300, 30), 150, PLOT, [name], across)
    assert not place.intersects(name)
    assert PLOT.contains(place)


@pytest.mark.parametrize(
    ("rect", "hit"),
    [
        (QRectF(100, 80, 40, 14), True),  # it runs through between two points
        (QRectF(100, 20, 40, 14), False),
        (QRectF(420, 30, 40, 14), False),  # right of its end
        (QRectF(290, 20, 20, 10), True),  # around a point
    ],
)
def test_a_line_crosses_what_it_runs_through(rect: QRectF, hit: bool) -> None:
    assert rising().crosses(rect) is hit
    assert not Line.of(np.array([100.0]), np.array([np.nan])).crosses(rect)


def spec() -> ChartSpec:
    return ChartSpec(
        name="hashrate",
        title="Network",
        y_title="EH/s",
        summary="",
        from_zero=False,
        curves=(
            Curve(name="week", label="7-day mean", unit="EH/s", times=TIMES, values=RATE, role="network"),
            Curve(
                name="implied",
                label="Implied",
                unit="EH/s",
                times=TIMES,
                values=RATE * 0.97,
                role="muted",
                shape=Shape.STEP,
            ),
        ),
        levels=(Level(name="level", value=420.0, label="Level", unit="EH/s", role="cost"),),
        marks=(Mark(time_s=float(TIMES[36]), label="halving"),),
        points=(
            Point(
                time_s=float(TIMES[114]), value=float(RATE[114]), label="peak 1 141 EH/s, 19 Oct 2025", role="network"
            ),
        ),
    )


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("size", [(600, 136), (600, 220), (1_000, 300)])
def test_the_peaks_words_lie_on_no_line(
    qapp: Any, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], theme: Theme
) -> None:
    load_fonts()
    written: list[tuple[str, QRectF]] = []
    tag = paint._paint_tag

    def noted(painter: QPainter, place: tuple[float, float], text: str, role: str, theme: Theme) -> None:
        written.append((text, QRectF(place[0], place[1] - ROW_PX / 2, paint.text_width(text) + 6, ROW_PX)))
        tag(painter, place, text, role, theme)

    monkeypatch.setattr(paint, "_paint_tag", noted)
    image = QImage(*size, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    view = View(start_s=float(TIMES[0]), end_s=float(TIMES[-1]))
    try:
        geometry = paint.paint_plot(painter, QRectF(0, 0, *size), spec(), view, Brushwork(theme))
    finally:
        painter.end()
    (peak,) = [rect for text, rect in written if text.startswith("peak")]
    others = [rect for text, rect in written if not text.startswith("peak")]
    assert not any(peak.intersects(other) for other in others)
    assert not any(line.crosses(peak) for line in lines_of(spec(), view, geometry))
    assert geometry.plot.adjusted(-1, -1, 1, 1).contains(peak)
