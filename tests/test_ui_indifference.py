"""The page of indifference: the zero line, the painted map and tornado, the panel's choices, and the exported page."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication
from sample_desk import lay_live, session_at

from minerdesk.economics.results import Business
from minerdesk.ui import indifference, render
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export
from minerdesk.ui.charts.contour import zero_line
from minerdesk.ui.charts.heatmap import HeatSpec, Scale, Side, colour_steps, paint_heatmap, plot_rect, shade
from minerdesk.ui.charts.tornado import TornadoBar, TornadoSpec, rows_in
from minerdesk.ui.indifference import Choice
from minerdesk.ui.panels.indifference import JOB, IndifferencePanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, LIGHT, Appearance, contrast

HASHPRICE = "network.hashprice_usd_per_ph_day"
BELOW, ABOVE = Side(role="mining", words="mining keeps more"), Side(role="gpu_cloud", words="GPU cloud keeps more")


# -- the zero line ----------------------------------------------------------------------------------------------------


def test_the_zero_line_of_a_plane_lies_where_the_plane_is_zero() -> None:
    columns, rows = np.meshgrid(np.arange(9.0), np.arange(7.0))
    pieces = zero_line(columns + 2 * rows - 7.3)
    assert len(pieces) >= 7
    for piece in pieces:
        for column, row in piece:
            assert column + 2 * row == pytest.approx(7.3)


def test_the_zero_line_of_a_circle_is_closed() -> None:
    columns, rows = np.meshgrid(np.arange(21.0), np.arange(21.0))
    ends: dict[tuple[float, float], int] = {}
    for piece in zero_line((columns - 10) ** 2 + (rows - 10) ** 2 - 36.5):
        for column, row in piece:
            assert np.hypot(column - 10, row - 10) == pytest.approx(np.sqrt(36.5), abs=0.05)
            place = (round(column, 9), round(row, 9))
            ends[place] = ends.get(place, 0) + 1
    assert set(ends.values()) == {2}, "every piece meets the next"


def test_the_zero_line_in_a_saddle_beside_a_gap_and_without_a_change_of_sign() -> None:
    assert len(zero_line(np.array([[1.0, -1.0], [-1.0, 1.0]]))) == 2
    joined = zero_line(np.array([[3.0, -1.0], [-1.0, 3.0]]))  # the mean is positive: the negative corners are cut off
    assert all((column > 0.5) == (row < 0.5) for piece in joined for column, row in piece)
    assert zero_line(np.array([[1.0, np.nan], [-1.0, 1.0]])) == []
    assert zero_line(np.ones((4, 4))) == []
    assert zero_line(np.array([[0.0, 0.0], [0.0, 0.0]])) == []


# -- the painted map --------------------------------------------------------------------------------------------------


def heat_spec() -> HeatSpec:
    x, y = np.linspace(0, 10, 21), np.linspace(0, 5, 11)
    return HeatSpec(
        title="t",
        x=Scale(title="x, $", values=x, today=8.0),
        y=Scale(title="y, MW", values=y, today=1.0),
        values=(x[None, :] - 4.25) * 1e6 + 0 * y[:, None],
        below=BELOW,
        above=ABOVE,
    )


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_each_side_of_the_map_has_its_own_colour_and_zero_is_neutral(qapp: QApplication, theme: Any) -> None:
    image = QImage(700, 420, QImage.Format.Format_RGB32)
    image.fill(theme.colour("card"))
    rect, spec = QRectF(0, 0, 700, 420), heat_spec()
    painter = QPainter(image)
    paint_heatmap(painter, rect, spec, theme)
    painter.end()
    plot = plot_rect(rect, spec)

    def colour_at(x: float, y: float) -> QColor:
        return image.pixelColor(
            round(plot.left() + x / 10 * plot.width()), round(plot.bottom() - y / 5 * plot.height())
        )

    steps = colour_steps(6e6)
    assert colour_at(0.2, 3) == shade(theme, "mining", len([s for s in steps if s <= 4e6]), len(steps))
    assert colour_at(9.8, 3) == shade(theme, "gpu_cloud", len(steps), len(steps))
    neutral = contrast(colour_at(4.05, 3).name(), theme.card)
    assert neutral < 1.15, "close to zero the map is close to the surface"
    assert colour_at(4.25, 3).name() == QColor(theme.text).name(), "the zero line"
    assert colour_at(8.0, 1.0) == theme.colour("card"), "today's point"


def test_colour_steps_are_round_and_few() -> None:
    assert colour_steps(330_000) == [10_000, 20_000, 50_000, 100_000, 200_000]
    assert colour_steps(0.0) == []
    assert colour_steps(float("nan")) == []


def test_a_log_scale_says_so_and_spaces_by_ratio() -> None:
    scale = Scale(title="Site", values=np.geomspace(1, 10_000, 5), log=True)
    assert scale.share(100) == pytest.approx(0.5)
    assert scale.heading.endswith("log scale")
    assert [tick.at for tick in scale.ticks(5)] == [1, 10, 100, 1_000, 10_000]


def test_a_tornado_shows_as_many_bars_as_there_is_room_for() -> None:
    bars = tuple(
        TornadoBar(label=f"i{n}", at_low=-n, at_high=n, low_words="1", high_words="2", unit="$", detail="")
        for n in range(15, 0, -1)
    )
    spec = TornadoSpec(title="t", bars=bars, below=BELOW, above=ABOVE)
    assert len(rows_in(QRectF(0, 0, 300, 500), spec)) == 15
    few = rows_in(QRectF(0, 0, 300, 160), spec)
    assert [bar.label for bar, _ in few] == [bar.label for bar in bars[: len(few)]]
    assert 2 < len(few) < 15
    assert few[-1][1].bottom() <= 160 - 30
    falling = TornadoBar(label="p", at_low=5, at_high=-5, low_words="10", high_words="150", unit="$/MWh", detail="")
    assert falling.ends.replace("\u202f", " ") == "150 → 10 $/MWh", "the value at the left end first"


# -- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def open_panel(
    qtbot: Any, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., IndifferencePanel]]:
    opened: list[tuple[Tasks, Any]] = []

    def build(*, live: bool = True, moment: str = "2026-01-16T12:00:00Z", **preferences: Any) -> IndifferencePanel:
        session = session_at(monkeypatch, moment, offline=True)
        if live:
            lay_live(session)
        tasks = Tasks()
        opened.append((tasks, session))
        bridge = Bridge(session, tasks)
        bridge.prefer(**preferences)
        panel = IndifferencePanel(bridge, Appearance(qapp))
        qtbot.addWidget(panel)
        panel.resize(960, 480)
        bridge.changed.connect(panel.render_snapshot)
        bridge.publish(session.desk.snapshot())
        panel.show()
        settle(qtbot, panel)
        return panel

    yield build
    for tasks, session in opened:
        tasks.shutdown()
        session.close()


def settle(qtbot: Any, panel: IndifferencePanel) -> None:
    tasks = panel._bridge.tasks
    qtbot.waitUntil(lambda: not tasks.is_running(JOB) and not tasks.is_running("preferences"), timeout=10_000)


def choose(qtbot: Any, panel: IndifferencePanel, combo: Any, value: str) -> None:
    combo.setCurrentIndex(combo.findData(value))
    settle(qtbot, panel)


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def test_the_page_opens_with_the_answer_the_map_and_the_tornado(
    open_panel: Callable[..., IndifferencePanel], qtbot: Any
) -> None:
    panel = open_panel()
    panel._bridge.edit(HASHPRICE, 39.53)
    settle(qtbot, panel)
    assert plain(panel.sentence.variants[0]) == "GPU rate at which GPU cloud equals mining: 2.38 $/GPU-h; today 2.90"
    assert panel.heatmap.spec.values.shape == (31, 41)
    assert plain(panel.heatmap.spec.title) == "Today GPU cloud keeps $1.77 M more than mining per MW-year"
    assert "16 Jan 2026" in panel.heatmap.spec.caption
    assert len(panel.tornado.spec.bars) > 8
    assert "usual range" in panel.tornado.spec.caption
    for picture in (panel.heatmap, panel.tornado):
        assert picture.accessibleName()
        assert picture.accessibleDescription()


def test_another_business_brings_its_own_inputs_and_is_remembered(
    open_panel: Callable[..., IndifferencePanel], qtbot: Any
) -> None:
    panel = open_panel()
    choose(qtbot, panel, panel.rival, "colocation")
    choose(qtbot, panel, panel.across, "colo.pue")
    choose(qtbot, panel, panel.solve_for, "power.price_usd_per_mwh")
    choose(qtbot, panel, panel.rival, "powered_shell")
    expected = Choice(rival=Business.POWERED_SHELL, x="shell.pue", y=HASHPRICE, solve_for="power.price_usd_per_mwh")
    assert panel.choice == expected
    assert panel.sentence.variants[0].startswith("Power price at which powered shell equals mining")
    assert Choice.read(panel._bridge.session.preferences.indifference) == expected
    again = open_panel(indifference=expected.kept())
    assert again.choice == expected
    assert again.across.currentData() == "shell.pue"


def test_axes_given_the_same_input_change_places(open_panel: Callable[..., IndifferencePanel], qtbot: Any) -> None:
    panel = open_panel()
    x, y = panel.choice.x, panel.choice.y
    choose(qtbot, panel, panel.across, y)
    assert (panel.choice.x, panel.choice.y) == (y, x)
    assert panel.up.currentData() == x
    choose(qtbot, panel, panel.up, y)
    assert (panel.choice.x, panel.choice.y) == (x, y)


@pytest.mark.parametrize(
    "kept",
    [{}, {"rival": "mining", "x": "gone"}, {"x": HASHPRICE, "y": HASHPRICE}, {"rival": "gpu_cloud", "x": "colo.pue"}],
)
def test_a_choice_that_fits_no_longer_is_the_usual_one(kept: dict[str, str]) -> None:
    assert Choice.read(kept) == Choice.usual(Business.GPU_CLOUD)


def test_pointing_reads_the_models_own_values(open_panel: Callable[..., IndifferencePanel], qtbot: Any) -> None:
    panel = open_panel()
    heatmap = panel.heatmap
    assert "arrow keys" in panel.pointed.variants[0]
    plot = plot_rect(QRectF(heatmap.rect()), heatmap.spec)
    heatmap.point(heatmap.place_at(QPointF(plot.left(), plot.bottom())))
    assert plain(panel.pointed.variants[0]).startswith("GPU rate 0.50 $/GPU-h · Hashprice ")
    assert "mining keeps" in panel.pointed.variants[0]
    heatmap.point(heatmap.place_at(QPointF(plot.right(), plot.top())))
    assert plain(panel.pointed.variants[0]).startswith("GPU rate 10 $/GPU-h")
    heatmap.point(heatmap.place_at(QPointF(-5, -5)))
    assert "arrow keys" in panel.pointed.variants[0]
    qtbot.keyClick(heatmap, Qt.Key.Key_Right)
    right = plain(panel.pointed.variants[0])
    qtbot.keyClick(heatmap, Qt.Key.Key_Up)
    assert right.startswith("GPU rate 5.49 $/GPU-h")
    assert plain(panel.pointed.variants[0]) != right
    qtbot.mouseMove(heatmap, QPointF(plot.center()).toPoint())


def test_an_unchanged_snapshot_computes_nothing_again(open_panel: Callable[..., IndifferencePanel], qtbot: Any) -> None:
    panel = open_panel()
    before = panel.study
    panel._bridge.publish(panel._bridge.session.desk.snapshot())
    assert not panel._bridge.tasks.is_running(JOB)
    assert panel.study is before
    panel._bridge.edit("power.price_usd_per_mwh", 45.0)
    settle(qtbot, panel)
    assert panel.study is not before


def test_the_tables_hold_what_the_charts_show(open_panel: Callable[..., IndifferencePanel], qtbot: Any) -> None:
    panel = open_panel()
    panel._table_button.click()
    cells = panel.map_table.cells
    assert cells.rowCount() == 41 * 31
    assert panel.study is not None
    assert cells.cell(0, 2) == panel.study.map.usd_per_mw_year[0, 0]
    tornado = panel.tornado_table.cells
    assert [tornado.cell(row, 0) for row in range(tornado.rowCount())] == [b.label for b in panel.tornado.spec.bars]


def test_without_a_hashprice_the_page_says_what_fills_it(
    open_panel: Callable[..., IndifferencePanel], qtbot: Any
) -> None:
    panel = open_panel(live=False, moment="2009-01-01T00:00:00Z")
    assert "no hashprice is known" in panel.sentence.variants[0]
    assert "Type one" in panel.tornado.spec.empty_text
    choose(qtbot, panel, panel.up, "gpu.utilisation_fraction")
    assert panel.heatmap.spec.x is None
    assert "Type one" in panel.heatmap.spec.empty_text
    assert not panel.grab().isNull()


def test_an_input_without_effect_is_named_under_the_map(
    open_panel: Callable[..., IndifferencePanel], qtbot: Any
) -> None:
    panel = open_panel()
    choose(qtbot, panel, panel.across, "network.btc_price_usd")
    assert "BTC price does not enter." in panel.heatmap.spec.caption
    assert "does not enter" not in indifference.map_spec(study_of(panel, x="gpu.life_years"), "").caption


def study_of(panel: IndifferencePanel, **changes: str) -> indifference.Study:
    snapshot = panel._bridge.snapshot
    case = indifference.Case(inputs=snapshot.inputs, network=snapshot.results.network)
    return indifference.Study.of(case, Choice.read({**panel.choice.kept(), **changes}))


@pytest.mark.parametrize("size", [(1_600, 900), (1_123, 794)])
def test_the_exported_page_is_drawn_of_shapes_and_text(
    open_panel: Callable[..., IndifferencePanel], size: tuple[int, int]
) -> None:
    snapshot = open_panel()._bridge.snapshot
    figure = render.page(snapshot, "indifference", Choice.usual(Business.COLOCATION), size=size, theme_name="dark")
    svg = plain(export.render(figure, "svg").decode())
    assert "<image" not in svg
    for words in ("mining keeps more", "colocation keeps more", "today", "Colocation rent, $/kW-month", "16 Jan 2026"):
        assert words in svg, words
    assert svg.count("<rect") > 200, "the cells are rectangles"
    assert export.render(figure, "pdf").startswith(b"%PDF")
