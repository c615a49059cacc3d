import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolButton

from minerdesk.ui.charts.model import BarsSpec, BusinessBars, ChartSpec, Curve, Level
from minerdesk.ui.charts.readout import values_at
from minerdesk.ui.charts.timechart import TimeChart
from minerdesk.ui.charts.waterfall import ROUNDING_NOTE, WaterfallChart, full_caption, scale_words
from minerdesk.ui.theme import DARK, LIGHT, load_fonts
from minerdesk.words import THIN

DAY = 86_400
TIMES = np.arange(1_200, dtype=np.int64) * DAY + 1_664_928_000
VALUES = 60 + 20 * np.sin(np.arange(1_200) / 90)


def spec(name: str = "revenue", *, first: int = 0, **more) -> ChartSpec:
    mining = Curve(
        name="mining", label="Mining", unit="$/MWh", times=TIMES[first:], values=VALUES[first:], role="mining"
    )
    colo = Curve(
        name="colo", label="Colocation", unit="$/MWh", times=TIMES[::30], values=np.full(40, 158.0), role="colocation"
    )
    power = Level(name="power", value=50.0, label="Power", unit="$/MWh", role="cost")
    settings = {"title": f"Title of {name}", "y_title": "$", "summary": f"Summary of {name}"} | more
    return ChartSpec(**({"name": name, "curves": (mining, colo), "levels": (power,)} | settings))


@pytest.fixture
def chart(qtbot):
    load_fonts()
    made = TimeChart(LIGHT)
    qtbot.addWidget(made)
    made.set_spec(spec())
    made.resize(700, 400)
    made.show()
    made.flush()
    return made


@pytest.fixture
def pair(qtbot, chart):
    other = TimeChart(LIGHT)
    qtbot.addWidget(other)
    other.set_spec(spec("network", first=600))
    other.resize(700, 400)
    other.show()
    chart.link_x(other)
    chart.flush()
    other.flush()
    return chart, other


def point_with_mouse(chart: TimeChart, place: QPointF) -> None:
    none, no_keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    there = chart.plot.viewport().mapToGlobal(place)
    QApplication.sendEvent(chart.plot.viewport(), QMouseEvent(QEvent.Type.MouseMove, place, there, none, none, no_keys))


def test_names_and_descriptions_are_there_for_a_screen_reader(chart) -> None:
    for widget in (chart, chart.plot):
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface.text(QAccessible.Text.Name) == "Title of revenue"
        assert interface.text(QAccessible.Text.Description) == "Summary of revenue"


def test_linked_charts_share_span_edges_and_crosshair(pair) -> None:
    chart, other = pair
    assert (other.view.start_s, other.view.end_s) == (TIMES[0], TIMES[-1])
    other.set_range("1Y")
    assert (chart.view.start_s, chart.view.end_s) == (TIMES[-1] - 365 * DAY, TIMES[-1])
    chart.flush()
    other.flush()
    assert chart.plot.geometry_px.plot.right() == other.plot.geometry_px.plot.right()
    chart.point_at(float(TIMES[-3]))
    assert other.plot.cursor_s == TIMES[-3]
    chart.point_at(None)
    assert other.plot.cursor_s is None


def test_the_wheel_zooms_in_time_and_home_shows_all_again(pair, qtbot) -> None:
    chart, other = pair
    middle = QPointF(chart.plot.geometry_px.plot.center())
    event = QWheelEvent(
        middle, chart.plot.viewport().mapToGlobal(middle), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    with qtbot.waitSignal(chart.range_changed) as told:
        QApplication.sendEvent(chart.plot.viewport(), event)
    assert told.args == [""]
    assert chart.view.start_s > TIMES[0]
    assert other.view.start_s == chart.view.start_s
    zoomed = chart.view
    chart.set_spec(spec(title="Edited"))
    assert chart.view == zoomed, "an edit does not throw the user's view away"
    qtbot.keyClick(chart.plot, Qt.Key.Key_Home)
    assert chart.view.start_s == other.view.start_s == TIMES[0]


def test_dragging_pans_and_a_double_click_resets(chart, qtbot) -> None:
    chart.set_range("3M")
    chart.flush()
    before, viewport = chart.view, chart.plot.viewport()
    start = chart.plot.geometry_px.plot.center().toPoint()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(viewport, start + QPoint(20 * step, 0))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start + QPoint(100, 0))
    assert chart.view.start_s < before.start_s
    assert chart.view.end_s - chart.view.start_s == pytest.approx(before.end_s - before.start_s, rel=1e-6)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=start)
    assert chart.view.start_s == TIMES[0]


def test_the_crosshair_snaps_to_a_date_and_lists_every_series(chart, qtbot) -> None:
    chart.set_range("3M")
    chart.flush()
    geometry = chart.plot.geometry_px
    there = TIMES[-20] + 0.3 * DAY
    place = QPointF(geometry.x_of(there), geometry.plot.center().y())
    point_with_mouse(chart, place)
    assert chart.plot.cursor_s == TIMES[-20]
    words = chart.plot.accessibleDescription()
    assert f"Mining {VALUES[-20]:.1f}{THIN}$/MWh" in words
    assert f"Colocation 158{THIN}$/MWh" in words
    assert f"Power 50.0{THIN}$/MWh" in words


def test_the_crosshair_goes_by_keys_too(chart, qtbot) -> None:
    qtbot.keyClick(chart.plot, Qt.Key.Key_Right)
    assert chart.plot.cursor_s == TIMES[-1]
    qtbot.keyClick(chart.plot, Qt.Key.Key_Left)
    assert chart.plot.cursor_s == TIMES[-2]
    qtbot.keyClick(chart.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert chart.plot.cursor_s == TIMES[-12]
    qtbot.keyClick(chart.plot, Qt.Key.Key_Escape)
    assert chart.plot.cursor_s is None
    assert chart.plot.accessibleDescription() == "Summary of revenue"
    span = chart.view.end_s - chart.view.start_s
    qtbot.keyClick(chart.plot, Qt.Key.Key_Plus)
    assert chart.view.end_s - chart.view.start_s < span


def test_a_curve_is_silent_where_it_is_not_known(chart) -> None:
    late = spec(first=1_000)
    rows = {curve.name: text for curve, text in values_at(late, chart.view, float(TIMES[30]))}
    assert rows["mining"] == "–"
    assert rows["colo"] == f"158{THIN}$/MWh"


def test_the_legend_hides_a_curve_and_its_values(chart, qtbot) -> None:
    buttons = {button.text(): button for button in chart.legend.findChildren(QToolButton)}
    assert list(buttons) == ["Mining", "Colocation", "Power"]
    chart.flush()
    assert chart.plot.geometry_px.high > 158
    with qtbot.waitSignal(chart.hidden_changed) as told:
        buttons["Colocation"].click()
    assert told.args == [frozenset({"colo"})]
    chart.flush()
    assert chart.plot.geometry_px.high < 100
    assert "Colocation" not in [curve.label for curve, _ in values_at(chart.spec, chart.view, 0.0)]
    chart.set_spec(spec())
    assert chart.view.hidden == {"colo"}


def test_the_menu_is_ours_and_switches_the_scale(chart, qtbot) -> None:
    menu = chart.menu()
    actions = {action.text(): action for action in menu.actions()}
    assert {"Reset view", "Log scale", "Copy chart", "Export…"} <= set(actions)
    with qtbot.waitSignal(chart.log_changed) as told:
        actions["Log scale"].trigger()
    assert told.args == [True]
    assert chart.view.log
    with qtbot.waitSignals([chart.copy_asked, chart.export_asked]):
        actions["Copy chart"].trigger()
        actions["Export…"].trigger()
    menu.deleteLater()


def test_a_theme_recolours_and_moves_nothing(chart) -> None:
    before = chart.plot.geometry_px
    light = chart.grab().toImage()
    chart.set_theme(DARK)
    chart.flush()
    dark = chart.grab().toImage()
    assert chart.plot.geometry_px == before
    corner = chart.plot.mapTo(chart, QPoint(3, chart.plot.height() - 3))
    assert light.pixelColor(corner).name() == LIGHT.card.lower()
    assert dark.pixelColor(corner).name() == DARK.card.lower()


def test_changes_are_drawn_once_per_turn_of_the_event_loop(chart, qtbot, monkeypatch) -> None:
    qtbot.wait(30)
    drawn = []
    paint = chart.plot.paint_on
    monkeypatch.setattr(chart.plot, "paint_on", lambda *what: (drawn.append(1), paint(*what)))
    for number in range(20):
        chart.set_spec(spec(title=f"{number}"))
    assert drawn == []
    qtbot.waitUntil(lambda: bool(drawn))
    qtbot.wait(30)
    assert len(drawn) <= 2


def test_no_reference_to_none_is_lost_while_repainting(chart) -> None:
    before = sys.getrefcount(None)
    for number in range(500):
        chart.point_at(float(TIMES[-1 - number]))
        chart.set_range("1Y" if number % 2 else "3Y")
        chart.flush()
        chart.repaint()
    assert sys.getrefcount(None) > before - 1_000


def test_an_empty_chart_takes_mouse_and_keys_in_its_stride(qtbot) -> None:
    load_fonts()
    empty = TimeChart(LIGHT)
    qtbot.addWidget(empty)
    empty.resize(500, 300)
    empty.set_spec(ChartSpec(name="e", title="Empty", y_title="$", empty_text="Press F5."))
    empty.show()
    empty.flush()
    point_with_mouse(empty, QPointF(200, 100))
    qtbot.keyClick(empty.plot, Qt.Key.Key_Left)
    qtbot.keyClick(empty.plot, Qt.Key.Key_Home)
    assert empty.plot.cursor_s is None
    assert empty.plot.accessibleDescription() == "Press F5."
    empty.set_spec(spec())
    assert empty.view.end_s == TIMES[-1]


BARS = BarsSpec(
    name="bars",
    title="Revenue to after capital",
    unit="$/MWh",
    summary="Mining keeps 39.2",
    businesses=(
        BusinessBars(name="mining", label="Mining", role="mining", revenue=89.2, power_cost=50.0, opex=0, capital=0,
                     left=39.2),
        BusinessBars(name="gpu", label="GPU cloud", role="gpu_cloud", revenue=1000.0, power_cost=50.0, opex=150.0,
                     capital=900.0, left=-100.0),
    ),
)  # fmt: skip


@pytest.fixture
def waterfall(qtbot):
    load_fonts()
    made = WaterfallChart(LIGHT)
    qtbot.addWidget(made)
    made.set_spec(BARS)
    made.resize(320, 500)
    made.show()
    return made


def widest_run(image, colour: str) -> int:
    """Return the longest horizontal run of pixels of one colour."""
    best = 0
    for y in range(image.height()):
        run = 0
        for x in range(image.width()):
            run = run + 1 if image.pixelColor(x, y).name() == colour.lower() else 0
            best = max(best, run)
    return best


def test_bars_share_a_scale_until_told_otherwise_and_say_so(waterfall, qtbot) -> None:
    shared = waterfall.grab().toImage()
    mining, gpu = widest_run(shared, LIGHT.mining), widest_run(shared, LIGHT.gpu_cloud)
    assert mining / gpu == pytest.approx(0.0892, abs=0.015)
    assert "one scale" in scale_words(BARS, own_scales=False)
    button = waterfall.findChild(QToolButton)
    with qtbot.waitSignal(waterfall.own_scales_changed) as told:
        button.click()
    assert told.args == [True]
    assert "don’t compare" in scale_words(BARS, own_scales=True)
    assert widest_run(waterfall.grab().toImage(), LIGHT.mining) > 5 * mining


def test_a_loss_is_drawn_in_the_colour_of_loss(waterfall) -> None:
    image = waterfall.grab().toImage()
    assert widest_run(image, LIGHT.cost) >= 8
    waterfall.set_theme(DARK)
    assert widest_run(waterfall.grab().toImage(), DARK.gpu_cloud) == widest_run(image, LIGHT.gpu_cloud)


def test_parts_that_round_apart_carry_a_note() -> None:
    assert full_caption(BARS) == ""
    thirds = BusinessBars(
        name="t", label="T", role="mining", revenue=10.04, power_cost=3.33, opex=3.33, capital=0.04, left=3.34
    )
    assert full_caption(BarsSpec(name="b", title="", unit="$", businesses=(thirds,), caption="As of now.")) == (
        f"As of now. {ROUNDING_NOTE}"
    )


def test_the_waterfall_has_a_name_a_description_and_an_empty_state(waterfall, qtbot) -> None:
    interface = QAccessible.queryAccessibleInterface(waterfall)
    assert interface.text(QAccessible.Text.Name) == "Revenue to after capital"
    assert interface.text(QAccessible.Text.Description) == "Mining keeps 39.2"
    waterfall.set_spec(BarsSpec(name="b", title="Nothing", unit="$/MWh"))
    assert widest_run(waterfall.grab().toImage(), LIGHT.mining) == 0
    assert not waterfall.findChild(QToolButton).isEnabled()


def test_the_box_of_values_is_whole_in_a_low_chart(qtbot, chart):
    many = tuple(
        Curve(name=f"c{n}", label=f"Series {n}", unit="$", times=TIMES, values=VALUES + n, role="mining")
        for n in range(11)
    )
    chart.set_spec(spec(curves=many, levels=()))
    chart.resize(600, 240)
    chart.flush()
    chart.point_at(float(TIMES[-100]))
    box = chart._readout
    assert box.isVisible()
    assert box.height() > chart.plot.geometry_px.plot.height(), "or it proves nothing"
    assert chart.rect().contains(box.geometry())
