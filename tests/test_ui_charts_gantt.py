"""Phases painted as bars over the megawatts: what is where, in both themes, and what lies under mouse and keys."""

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from minerdesk.ui.charts import export
from minerdesk.ui.charts.export import Figure, Plate
from minerdesk.ui.charts.gantt import (
    Frame,
    GanttBar,
    GanttSpec,
    Halving,
    hatching,
    least_height_px,
    paint_gantt,
    roomiest,
)
from minerdesk.ui.charts.ganttchart import GanttChart
from minerdesk.ui.charts.model import Floats
from minerdesk.ui.theme import DARK, LIGHT, Theme

SIZE = (900, 300)
HALVING = datetime(2028, 4, 1, tzinfo=UTC).timestamp()


def months(count: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    first = [datetime(2026 + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(count + 1)]
    return np.array([int(day.timestamp()) for day in first], dtype=np.int64)


def spec_of(phases: int = 2, count: int = 120, **more: Any) -> GanttSpec:
    """Return phases of 50 MW in all out of 100, each dark from the 12th month on, later by a year, built in a year."""
    mining, building, ai = np.full(count + 1, 100.0), np.zeros(count + 1), np.zeros(count + 1)
    bars = []
    for number in range(phases):
        start, mw = 12 * (number + 1), 50 / phases
        live = start + 12
        bars.append(
            GanttBar(
                label=f"Phase {number + 1}",
                mw_words=f"{mw:g} MW",
                start=start,
                live=live,
                less=96,
                end=count,
                detail=f"About {number + 1}.",
            )
        )
        mining[start:] -= mw
        building[start:live] += mw
        ai[live:] += mw
    usual: dict[str, Any] = {
        "title": "Hybrid",
        "times": months(count),
        "bars": tuple(bars),
        "mining_mw": mining,
        "building_mw": building,
        "ai_mw": ai,
        "describe": lambda month: f"Month {month}.",
    }
    return GanttSpec(**{**usual, **more})


def painted(spec: GanttSpec, theme: Theme, size: tuple[int, int] = SIZE, **pointed: Any) -> QImage:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(theme.colour("card"))
    painter = QPainter(image)
    paint_gantt(painter, QRectF(0, 0, *size), theme, spec=spec, **pointed)
    painter.end()
    return image


def colours(image: QImage, place: QRectF) -> set[int]:
    """Return every colour inside a rectangle, a pixel from its edges."""
    inside = place.adjusted(2, 2, -2, -2).toRect()
    across, down = range(inside.left(), inside.right() + 1), range(inside.top(), inside.bottom() + 1)
    return {image.pixel(x, y) for x in across for y in down}


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_phase_is_hatched_while_it_is_built_and_filled_while_it_runs(qapp: QApplication, theme: Theme) -> None:
    spec = spec_of()
    image, frame = painted(spec, theme), Frame.of(spec, QRectF(0, 0, *SIZE))
    build, live, less = frame.bar(spec, 0)
    assert len(colours(image, build)) > 3, "lines on a tint"
    assert len(colours(image, live)) <= 2, "one colour, but for a line of the axis"
    assert colours(image, live) & colours(image, build) == set()
    assert build.left() == pytest.approx(frame.x(float(spec.times[12])))
    assert build.right() == pytest.approx(live.left()) == pytest.approx(frame.x(float(spec.times[24])))
    assert colours(image, live) & colours(image, less) == set(), "lighter once only a part of it goes on"
    assert less.left() == pytest.approx(live.right()) == pytest.approx(frame.x(float(spec.times[96])))
    assert less.right() == pytest.approx(frame.area.right())


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_megawatts_are_stacked_mining_below_and_ai_on_top(qapp: QApplication, theme: Theme) -> None:
    spec = spec_of(ai_label="", bars=())
    image, frame = painted(spec, theme), Frame.of(spec, QRectF(0, 0, *SIZE))

    def colour_at(month: int, mw: float) -> QColor:
        return image.pixelColor(round(frame.x(float(spec.times[month])) + 3), round(frame.y(mw)))

    mining, building, ai = colour_at(100, 13), colour_at(27, 62), colour_at(100, 88)
    assert len({mining.rgb(), building.rgb(), ai.rgb(), theme.colour("card").rgb()}) == 4
    assert colour_at(3, 88) == mining, "before the first phase all of it mines"
    assert colour_at(40, 88) == ai


def test_the_axis_bears_the_real_years_and_the_halving_stands_on_its_day(qapp: QApplication) -> None:
    spec = spec_of(halvings=(Halving(time_s=HALVING), Halving(time_s=HALVING + 1e9)))
    plate = Plate(title="", caption="", paint=lambda painter, rect, theme: paint_gantt(painter, rect, theme, spec=spec))
    svg = export.render(Figure(title="Phases", plates=(plate,), width_px=1_000, height_px=500), "svg")
    texts = [node.text for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]
    assert {"2026", "2027", "2030", "Phase 1", "25 MW", "Mining", "Building"} <= set(texts)
    assert texts.count("halving") == 1, "the one after the last year shown is left out"
    frame = Frame.of(spec, QRectF(0, 0, *SIZE))
    april = frame.x(HALVING)
    assert frame.x(float(spec.times[26])) < april < frame.x(float(spec.times[28]))


def test_hatching_stays_inside_its_rectangle() -> None:
    for place in (QRectF(10, 20, 3, 30), QRectF(0, 0, 200, 8), QRectF(5, 5, 7, 7)):
        lines = hatching(place)
        assert lines
        for line in lines:
            for end in (line.p1(), line.p2()):
                assert place.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(end)
            assert line.dx() == pytest.approx(-line.dy()), "at 45 degrees"


def test_a_name_stands_where_its_share_is_tallest_or_nowhere() -> None:
    low, high = np.zeros(10), np.array([1.0, 1, 5, 5, 5, 1, 1, 1, 1, 1])
    assert roomiest(low, high, 3) == (2, 0.0, 5.0)
    assert roomiest(low, high, 4) == (3, 0.0, 1.0)
    assert roomiest(low, high, 11) is None


def test_twenty_phases_keep_their_names_at_the_height_that_is_asked_for(qapp: QApplication) -> None:
    many = spec_of(20, 300)
    tall = least_height_px(many)
    assert Frame.of(many, QRectF(0, 0, 640, tall)).row_px >= 12.5
    low = Frame.of(many, QRectF(0, 0, 640, 150))
    assert 0 < low.row_px < 6
    assert low.area.bottom() <= 150
    assert painted(many, LIGHT, (640, 150)) != painted(spec_of(19, 300), LIGHT, (640, 150))


def test_a_phase_after_the_last_year_is_said_to_come_later(qapp: QApplication) -> None:
    spec = spec_of(2, 12)  # the second begins in month 24
    image, frame = painted(spec, LIGHT), Frame.of(spec, QRectF(0, 0, *SIZE))
    row = QRectF(frame.rows.right() - 40, frame.rows.top() + frame.row_px, 40, frame.row_px)
    assert len(colours(image, row)) > 3, "letters"


def test_without_months_it_says_why(qapp: QApplication) -> None:
    assert painted(GanttSpec.nothing("", "Type a hashprice."), LIGHT) != painted(GanttSpec.nothing("", ""), LIGHT)
    idle: Floats = np.zeros(25)
    flat = spec_of(0, 24, mining_mw=idle, building_mw=idle, ai_mw=idle)
    assert not painted(flat, LIGHT).isNull(), "a site of no megawatts is drawn, on an axis to 1"


@pytest.fixture
def chart(qtbot: Any) -> GanttChart:
    made = GanttChart(LIGHT)
    qtbot.addWidget(made)
    made.resize(800, 320)
    made.set_spec(spec_of(caption="Hatched while it is built.", summary="Two phases."))
    made.show()
    return made


def test_the_mouse_names_month_and_phase(chart: GanttChart, qtbot: Any) -> None:
    said: list[str] = []
    chart.pointed.connect(said.append)
    frame = Frame.of(chart.spec, QRectF(chart.plot.rect()))
    over = QPointF(frame.x(float(chart.spec.times[30])) + 1, frame.rows.top() + 1.5 * frame.row_px)
    qtbot.mouseMove(chart.plot, over.toPoint())
    assert said[-1] == "Month 30. About 2."
    qtbot.mouseMove(chart.plot, QPointF(over.x(), frame.area.center().y()).toPoint())
    assert said[-1] == "Month 30."
    chart.plot.leaveEvent(QEvent(QEvent.Type.Leave))
    assert said[-1] == ""


def test_keys_walk_over_months_years_and_phases(chart: GanttChart, qtbot: Any) -> None:
    said: list[str] = []
    chart.pointed.connect(said.append)
    qtbot.keyClick(chart.plot, Qt.Key.Key_Right)
    qtbot.keyClick(chart.plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert said == ["Month 0.", "Month 12."]
    qtbot.keyClick(chart.plot, Qt.Key.Key_Down)
    qtbot.keyClick(chart.plot, Qt.Key.Key_Down)
    qtbot.keyClick(chart.plot, Qt.Key.Key_Down)
    assert said[-1] == "Month 12. About 2."
    qtbot.keyClick(chart.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(chart.plot, Qt.Key.Key_Left)
    assert said[-1] == "Month 0. About 2."
    qtbot.keyClick(chart.plot, Qt.Key.Key_Escape)
    assert said[-1] == ""


def test_other_phases_forget_the_pointer_and_name_the_chart(chart: GanttChart) -> None:
    chart.plot.point(3, 1)
    chart.set_spec(spec_of(1, title="One phase", summary="One."))
    assert (chart.plot.month, chart.plot.row) == (None, None)
    assert chart.accessibleName() == "One phase"
    assert chart.plot.accessibleDescription() == "One."
    chart.set_spec(GanttSpec.nothing("Phases", "Type a hashprice."))
    assert chart.plot.accessibleDescription() == "Type a hashprice."


def test_a_theme_changes_colours_and_nothing_else(chart: GanttChart) -> None:
    light = chart.plot.grab().toImage()
    chart.set_theme(DARK)
    assert chart.plot.grab().toImage() != light
    chart.set_theme(LIGHT)
    assert chart.plot.grab().toImage() == light
