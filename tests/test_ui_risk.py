"""The page of risk: fans, spread and convergence as painted; quick looks, full runs, what is out of date; exports."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QSplitter
from sample_desk import session_at

from minerdesk.ui import render, risk
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export, fan, settling, spread
from minerdesk.ui.charts.fan import Fan, FanSpec
from minerdesk.ui.charts.settling import Settling, SettlingSpec
from minerdesk.ui.charts.spread import Outline, SpreadSpec
from minerdesk.ui.charts.ticks import linear_ticks, scale_ticks
from minerdesk.ui.panels.risk import RiskPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, LIGHT, Appearance
from minerdesk.words import plain

SIZE = (900, 300)
CONTRADICTING = {
    "risk.correlation_btc_gpu_rate": 0.9,
    "risk.correlation_gpu_rate_utilisation": 0.9,
    "risk.correlation_btc_utilisation": -0.5,
}


def fans(**more: Any) -> FanSpec:
    months = np.arange(25.0)
    bands = np.stack([level * months * 1e6 for level in (-1, 1, 2, 3, 5)])
    made = tuple(
        Fan(label=label, role=role, bands=size * bands, planned=size * bands[2], notes=("beats mining often", "wins"))
        for label, role, size in (("Keep mining", "mining", 1), ("Convert all", "colocation", 10))
    )
    return FanSpec(title="Cash", start=date(2026, 1, 1), fans=made, **more)


def painted(paint: Any, spec: Any, theme: Any, size: tuple[int, int] = SIZE, **more: Any) -> QImage:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(theme.colour("card"))
    painter = QPainter(image)
    paint(painter, QRectF(0, 0, *size), theme, spec=spec, **more)
    painter.end()
    return image


def differing(one: QImage, other: QImage) -> list[tuple[int, int]]:
    return [(x, y) for x in range(one.width()) for y in range(one.height()) if one.pixel(x, y) != other.pixel(x, y)]


# -- painted charts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_bands_lie_where_their_values_are(qapp: QApplication, theme: Any) -> None:
    spec = fans()
    image = painted(fan.paint_fans, spec, theme)
    plot = fan.plot_rects(QRectF(0, 0, *SIZE), spec)[1]
    low, high = spec.spans[1]

    def colour(value: float) -> int:
        return image.pixel(int(plot.right()) - 2, int(plot.bottom() - (value - low) / (high - low) * plot.height()))

    card, outer, inner = theme.colour("card").rgb(), colour(10 * 24e6 * 4), colour(10 * 24e6 * 2.5)
    assert len({card, outer, inner}) == 3
    assert colour(10 * 24e6 * -0.5) == outer, "below P25 as above P75"


@pytest.mark.parametrize(("low", "high"), [(-330e9, 190e9), (0.058, 0.146), (-1.0, 9.0), (0.0, 1.2e6)])
def test_an_axis_has_two_numbers_at_least(low: float, high: float) -> None:
    for most in (2, 3, 5):
        assert 2 <= len(scale_ticks(low, high, most)) <= 2 * most
    assert len(linear_ticks(-330e9, 190e9, 2)) == 1, "where the plain ticks have one"


def test_fans_share_a_scale_or_have_their_own(qapp: QApplication) -> None:
    shared, own = fans(), fans(own_scales=True)
    assert shared.spans[0] == shared.spans[1]
    assert own.spans[0][1] == pytest.approx(own.spans[1][1] / 10)
    left, right = fan.plot_rects(QRectF(0, 0, *SIZE), own)
    assert left.right() < right.left()
    assert right.right() <= SIZE[0]


def test_the_cursor_is_drawn_in_every_fan_at_its_month(qapp: QApplication) -> None:
    spec = fans()
    marked = differing(painted(fan.paint_fans, spec, LIGHT), painted(fan.paint_fans, spec, LIGHT, cursor=12))
    for plot in fan.plot_rects(QRectF(0, 0, *SIZE), spec):
        assert any(abs(x - plot.center().x()) <= 2 for x, _ in marked)


def test_a_month_is_read_out_with_its_date(qapp: QApplication) -> None:
    long, _, short = map(plain, fans().readouts(12))
    assert long.startswith("Jan 2027, after 12 months. Keep mining: $24.0 M, -$12.0 M to $60.0 M")
    assert short == "Jan 2027, medians: keep mining $24.0 M, convert all $240 M"


def test_an_outline_ends_at_its_bins_and_its_marks_at_its_quantiles(qapp: QApplication) -> None:
    sample = np.linspace(-50e6, 150e6, 1_000)
    edges = np.linspace(-50e6, 150e6, 11)
    outline = Outline(
        label="Hybrid",
        role="colocation",
        ordered=sample,
        shares=np.full(10, 0.1),
        quantiles=np.quantile(sample, (0.05, 0.25, 0.5, 0.75, 0.95)),
    )
    spec = SpreadSpec(title="NPV", axis="NPV, $", edges=edges, outlines=(outline,))
    assert plain(spec.readout(50e6)) == "Below $50.0 M: Hybrid 50 % of the paths"
    image, plot = painted(spread.paint_spread, spec, LIGHT), spread.plot_rect(QRectF(0, 0, *SIZE), spec)
    inside = image.pixel(int(plot.center().x()), int(plot.center().y()))
    outside = image.pixel(int(plot.right()) + 6, int(plot.center().y()))
    assert inside != outside == LIGHT.colour("card").rgb()


def test_shares_settle_within_what_is_possible(qapp: QApplication) -> None:
    line = Settling(
        label="All",
        role="mining",
        paths=np.array([50.0, 100.0]),
        values=np.array([0.99, 1.0]),
        bands=np.array([0.05, 0]),
    )
    spec = SettlingSpec(title="t", lines=(line,))
    assert 0 <= spec.span[0] < spec.span[1] <= 1
    empty = SettlingSpec(title="t", empty_text="nothing yet")
    assert differing(painted(settling.paint_settling, spec, DARK), painted(settling.paint_settling, empty, DARK))


# -- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def bridge(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    session, tasks = session_at(monkeypatch, offline=True), Tasks()
    session.desk.apply({"plan.horizon_years": 2.0, "risk.paths": 1_500.0})
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()
    session.close()


@pytest.fixture
def panel(bridge: Bridge, qtbot: Any, qapp: QApplication) -> RiskPanel:
    made = RiskPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.resize(970, 520)
    made.show()
    made.render_snapshot(bridge.snapshot)
    settle(qtbot, bridge)
    return made


def settle(qtbot: Any, bridge: Bridge) -> None:
    qtbot.waitUntil(lambda: not bridge.tasks.is_running("risk"), timeout=20_000)


def test_a_quick_look_fills_the_page_by_itself(panel: RiskPanel) -> None:
    assert panel.outcome is not None
    assert panel.outcome.result.paths == 1_000
    assert [one.label for one in panel.fans.spec.fans] == ["Keep mining", "Convert all", "Hybrid"]
    assert plain(panel.headline.variants[0]).startswith("Converting all to colocation beats mining in")
    assert panel.status.label.variants[0].startswith("A quick look: 1")
    assert plain(panel.run_button.text()) == "Run 1 500 paths"
    assert "beats mining" in panel.fans.accessibleDescription()
    assert not panel.bar.isVisible()


def test_a_full_run_stays_and_is_marked_once_its_inputs_have_changed(
    panel: RiskPanel, bridge: Bridge, qtbot: Any
) -> None:
    panel.run_button.click()
    assert panel.cancel_button.isVisible()
    settle(qtbot, bridge)
    full = panel.outcome
    assert full is not None and full.result.paths == 1_500
    assert plain(panel.status.label.variants[0]).startswith("1 500 paths, seed 1")
    assert panel.shown("risk").outcome is full
    bridge.edit("power.price_usd_per_mwh", 42.0)
    settle(qtbot, bridge)
    assert panel.outcome is full
    told = plain(panel.status.label.variants[0])
    assert told.startswith("Out of date")
    assert "A quick look at what holds now: Converting all" in told
    assert panel.headline.property("look") == "muted"
    look = panel.shown("risk").outcome
    assert look is not None and look.result.paths == 1_000, "an export shows what is on the desk"
    bridge.undo()
    assert panel.headline.property("look") == "title"
    assert panel.shown("risk").outcome is full


def test_a_quick_look_follows_the_inputs(panel: RiskPanel, bridge: Bridge, qtbot: Any) -> None:
    before = panel.outcome
    bridge.edit("power.price_usd_per_mwh", 42.0)
    settle(qtbot, bridge)
    assert panel.outcome is not before
    assert panel.outcome is not None and panel.outcome.is_of(bridge.snapshot.risk_case())


def test_nothing_is_run_again_for_what_changes_no_path(panel: RiskPanel, bridge: Bridge) -> None:
    before = panel.outcome
    for key, value in (("risk.paths", 9_000.0), ("colo.pue", bridge.snapshot.values["colo.pue"])):
        bridge.edit(key, value)
        assert not bridge.tasks.is_running("risk")
    assert panel.outcome is before


def test_a_cancelled_run_leaves_what_was_shown(panel: RiskPanel, bridge: Bridge) -> None:
    before = panel.outcome
    panel.run_button.click()
    panel.cancel_button.click()
    assert not bridge.tasks.is_running("risk")
    assert panel.outcome is before
    assert panel.run_button.isEnabled()
    assert not panel.bar.isVisible()


def test_a_contradiction_is_said_beside_its_field_and_in_the_page(panel: RiskPanel, bridge: Bridge, qtbot: Any) -> None:
    row = panel.form.rows["risk.correlation_btc_utilisation"]
    bridge.edit_all(CONTRADICTING)
    assert "don’t allow BTC price with utilisation −0.5" in panel.fans.spec.empty_text
    assert "from 0.62 to 1" in row.note.text
    assert not panel.run_button.isEnabled()
    assert panel.shown("risk").outcome is None
    bridge.edit("risk.correlation_btc_utilisation", 0.8)
    settle(qtbot, bridge)
    assert row.note.text == ""
    assert panel.fans.spec.fans
    assert panel.run_button.isEnabled()


def test_without_a_hashprice_the_page_says_what_fills_it(
    qapp: QApplication, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, tasks = session_at(monkeypatch, "2009-06-01T00:00:00Z", offline=True), Tasks()
    made = RiskPanel(Bridge(session, tasks), Appearance(qapp))
    qtbot.addWidget(made)
    made.render_snapshot(session.desk.snapshot())
    assert "No hashprice is known" in made.fans.spec.empty_text
    assert not made.run_button.isEnabled()
    tasks.shutdown()
    session.close()


def test_an_estimate_stands_in_its_field_until_one_is_typed(panel: RiskPanel, bridge: Bridge) -> None:
    row: Any = panel.form.rows["risk.btc_volatility"]
    assert row.edit.text() == ""
    assert row.edit.placeholderText() == "44.7"
    assert row.state.text.startswith("Estimated from 156 changes, 15 Jan 2023 to")
    assert panel.form.rows["risk.gpu_rate_volatility"].state.text.startswith("An assumption")
    bridge.edit("risk.btc_volatility", 0.6)
    assert (row.edit.text(), row.state.text) == ("60", "Typed")
    row.edit.clear()
    row.edit.setModified(True)
    row._settle()
    assert bridge.snapshot.values["risk.btc_volatility"] is None


def test_pointer_and_keys_read_the_fans_and_the_spread(panel: RiskPanel, qtbot: Any) -> None:
    plot = fan.plot_rects(QRectF(panel.fans.rect()), panel.fans.spec)[2]
    qtbot.mouseMove(panel.fans, QPoint(int(plot.center().x()), int(plot.center().y())))
    assert "Jan 2027, after 12 months" in panel.said.variants[0]
    panel.fans.setFocus()
    qtbot.keyClick(panel.fans, Qt.Key.Key_Right)
    assert "Feb 2027" in panel.said.variants[0]
    qtbot.keyClick(panel.spread, Qt.Key.Key_Right)
    assert panel.said.variants[0].startswith("Below ")


def test_the_table_twins_hold_the_same_values(panel: RiskPanel) -> None:
    panel.table_button.click()
    npv, months, shares = panel.tables.npv.cells, panel.tables.months.cells, panel.tables.settling.cells
    assert panel.outcome is not None
    mining = panel.outcome.result.strategies["keep_mining"]
    assert npv.cell(5, 1) == pytest.approx(mining.npv.quantiles[2] / 1e6)
    assert (npv.cell(5, 0), months.heading(3)) == ("NPV P50 (M$)", "Keep mining P50 (M$)")
    assert months.rowCount() == 25
    assert months.cell(24, 3) == pytest.approx(mining.fan_usd[2, -1] / 1e6)
    assert shares.cell(shares.rowCount() - 1, 0) == "1000"


def test_the_parts_of_the_page_are_as_they_were_left(panel: RiskPanel, bridge: Bridge, qtbot: Any) -> None:
    down = panel.findChild(QSplitter, "risk_down")
    down.moveSplitter(200, 1)
    kept = bridge.session.preferences.splitter_sizes["risk_down"]
    assert kept == tuple(down.sizes())
    again = RiskPanel(bridge, Appearance(QApplication.instance()))
    qtbot.addWidget(again)
    again.resize(panel.size())
    again.show()
    assert again.findChild(QSplitter, "risk_down").sizes()[0] == pytest.approx(kept[0], abs=25)


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_the_exported_page_shows_the_run_on_screen(panel: RiskPanel, bridge: Bridge, theme_name: str) -> None:
    figure = render.page(bridge.snapshot, "risk", panel.shown("risk"), theme_name=theme_name)
    text = " ".join(
        "".join(node.itertext())
        for node in ET.fromstring(export.render(figure, "svg")).iter()
        if node.tag.endswith("text")
    )
    told = plain(text)
    for part in (
        "beats mining in",
        "Keep mining",
        "Convert all",
        "Hybrid",
        "NPV over all paths",
        "1 000 paths, seed 1",
    ):
        assert part in told, part
    assert "expected shortfall" in told.lower()


def test_a_page_without_a_run_on_screen_makes_a_quick_look(bridge: Bridge) -> None:
    figure = render.page(bridge.snapshot, "risk")
    assert "beats mining" in figure.sentence
    assert "1 000 paths" in plain(figure.plates[1].caption)
    assert risk.page_sentence(None).startswith("No hashprice")
