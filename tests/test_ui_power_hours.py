"""The maps of hours and months: painted cells, what they say, the page, and what a scenario keeps of its market."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.__main__ import main
from minerdesk.economics.prices import OWN
from minerdesk.ui import power_hours, render
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export
from minerdesk.ui.charts.heatmap import Side
from minerdesk.ui.charts.hours import HoursSpec, equal_steps, paint_hours, plot_rect
from minerdesk.ui.document import Document
from minerdesk.ui.panels.power import PowerPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, LIGHT, Appearance
from minerdesk.words import THIN

#: A year of hours on UTC: dear from 18 to 20 h, dearer in August.
PRICES = "utc_hour,price_usd_mwh\n" + "".join(
    f"{moment},{30 + (400 if moment[11:13] in ('18', '19') else 0) * (moment[5:7] == '08') + int(moment[11:13])}\n"
    for moment in (np.datetime64("2025-01-01T00") + np.arange(8_760)).astype(str).tolist()
)


def plain(text: str) -> str:
    return text.replace(THIN, " ")


# -- the painted map --------------------------------------------------------------------------------------------------


def spec_of(values: np.ndarray, **more: Any) -> HoursSpec:
    below, above = Side(role="mining", words="cheaper"), Side(role="cost", words="dearer")
    return HoursSpec(title="t", values=values, below=below, above=above, **more)


def painted(spec: HoursSpec, theme: Any, size: tuple[int, int] = (900, 380), **more: Any) -> QImage:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(theme.colour("card"))
    painter = QPainter(image)
    paint_hours(painter, QRectF(0, 0, *size), theme, spec=spec, **more)
    painter.end()
    return image


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_cell_has_the_colour_of_its_side_and_deepens(qapp: QApplication, theme: Any) -> None:
    values = np.full((12, 24), 50.0)
    values[0, 0], values[1, 1], values[2, 2], values[3, 3] = 10, 45, 90, np.nan
    spec = spec_of(values, origin=50.0)
    image, plot = painted(spec, theme), plot_rect(QRectF(0, 0, 900, 380), spec)

    def ground(month: int, hour: int) -> tuple[int, int, int]:
        x = plot.left() + hour * plot.width() / 24 + 2
        y = plot.top() + month * plot.height() / 12 + 2
        colour = image.pixelColor(round(x), round(y))
        return colour.red(), colour.green(), colour.blue()

    def away(colour: tuple[int, int, int], role: str) -> int:
        wanted = theme.colour(role)
        return sum(map(abs, np.subtract(colour, (wanted.red(), wanted.green(), wanted.blue())).tolist()))

    card = theme.colour("card")
    assert ground(5, 5) == ground(3, 3) == (card.red(), card.green(), card.blue())
    assert away(ground(0, 0), "mining") < away(ground(1, 1), "mining")
    assert away(ground(2, 2), "cost") < away(ground(0, 0), "cost")


def test_steps_are_round_and_equal() -> None:
    assert equal_steps(93.0) == [20, 40, 60, 80]
    assert equal_steps(164.0) == [20, 40, 60, 80, 100, 120, 140, 160]
    assert equal_steps(0.35) == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35])
    assert equal_steps(float("nan")) == equal_steps(0) == []
    for largest in (1.0, 7.99, 8.0, 19.0, 20.0, 49.0, 5_000.0):
        assert 3 <= len(equal_steps(largest)) <= 8


def test_a_narrow_map_gives_its_key_another_row(qapp: QApplication) -> None:
    spec = spec_of(np.arange(288.0).reshape(12, 24), origin=100.0, x_title="Hour of the day by its beginning, UTC")
    under = [380 - plot_rect(QRectF(0, 0, wide, 380), spec).bottom() for wide in (900, 420)]
    assert under[1] >= under[0] + 4, "title and words of the key would lie on each other"


@pytest.mark.parametrize("values", [np.full((12, 24), 7.0), np.full((12, 24), np.nan), np.empty((0, 0))])
def test_flat_unknown_and_empty_maps_are_painted(qapp: QApplication, values: np.ndarray) -> None:
    said = spec_of(values, origin=7.0, empty_text="Import a file.")
    assert painted(said, LIGHT) != painted(spec_of(np.empty((0, 0))), LIGHT)
    painted(said, LIGHT, size=(60, 40))


# -- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def bridge(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    session, tasks = session_at(monkeypatch, offline=True), Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()
    session.close()


@pytest.fixture
def panel(bridge: Bridge, qtbot: Any, qapp: QApplication, tmp_path: Path) -> PowerPanel:
    made = PowerPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.resize(960, 520)
    made.show()
    bridge.edit("network.hashprice_usd_per_ph_day", 39.53)
    (tmp_path / "year.csv").write_text(PRICES)
    made.getter.import_file(tmp_path / "year.csv")
    settle(qtbot, bridge)
    return made


def settle(qtbot: Any, bridge: Bridge) -> None:
    for _ in range(2):  # what was read is laid on the desk, and then computed
        qtbot.waitUntil(lambda: not any(map(bridge.tasks.is_running, ("power", "power import", "file"))), timeout=9_000)


def test_the_map_of_prices_finds_the_dear_hours(panel: PowerPanel, qtbot: Any) -> None:
    panel._views["price"].click()
    title = plain(panel.map.accessibleName())
    assert title.startswith("year.csv, price_usd_mwh: dearest in Aug 19–20 h, 449 $/MWh; cheapest in ")
    assert "around the breakeven" not in title
    assert "UTC" in panel.map.spec.x_title
    assert panel.map.spec.values[7, 18] == 448.0
    assert panel.map.spec.values[0, 5] == 35.0
    assert "cheaper than the breakeven of 89" in panel.map.spec.below.words
    qtbot.keyClick(panel.map, Qt.Key.Key_Down)
    qtbot.keyClick(panel.map, Qt.Key.Key_Down)
    assert plain(panel.said.variants[0]).startswith(
        "Feb 12–13 h (UTC): 42.0 $/MWh on average, mining stands still in 0"
    )
    plot = plot_rect(QRectF(panel.map.rect()), panel.map.spec)
    cell = QPointF(plot.left() + 18.5 / 24 * plot.width(), plot.top() + 7.5 / 12 * plot.height())
    qtbot.mouseMove(panel.map, cell.toPoint())
    assert "Aug 18–19 h" in panel.said.variants[0]
    assert "mining stands still in 100" in panel.said.variants[0]


def test_the_map_of_standstill_and_its_table(panel: PowerPanel) -> None:
    panel._views["stopped"].click()
    assert panel.map.spec.values[7, 18] == 100.0
    assert panel.map.spec.values[0, 18] == 0.0
    assert plain(panel.map.accessibleName()).endswith("most often in Aug 18–19 h, 100.0 %")
    panel._table_button.click()
    cells = panel.table.cells
    assert cells.rowCount() == 12 * 24
    row = next(row for row in range(288) if (cells.cell(row, 0), cells.cell(row, 1)) == ("Aug", "18"))
    assert [cells.cell(row, column) for column in (2, 3, 4)] == [448.0, 100.0, 31.0]
    assert panel.seen("power") == "power_hours", "Ctrl+E exports what is seen"
    assert panel._bridge.session.preferences.power_view == "stopped"


def test_a_bundled_year_says_what_fills_the_map(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    panel.market.setCurrentIndex(panel.market.findData("ercot_hb_north_da_2024"))
    settle(qtbot, bridge)
    panel._views["price"].click()
    assert panel.map.spec.is_empty
    assert "Import a file of prices with times, or fetch" in panel.map.accessibleDescription()
    (plate,) = power_hours.plates(panel.study)
    assert plate.title == "Mean price by hour and month"


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_the_exported_page_holds_both_maps(panel: PowerPanel, bridge: Bridge, theme_name: str) -> None:
    figure = render.page(bridge.snapshot, "power_hours", panel.shown("power_hours"), theme_name=theme_name)
    drawing = plain(export.render(figure, "svg").decode())
    for text in (
        "dearest in Aug 19–20 h",
        "mining stands still",
        "cheaper than the breakeven",
        "449",
        "Imported from year.csv",
    ):
        assert text in drawing
    alone = render.page(bridge.snapshot, "power_hours")
    assert [plate.title for plate in alone.plates] == [plate.title for plate in figure.plates]


# -- what the scenario keeps ------------------------------------------------------------------------------------------


def test_undo_takes_the_import_back_and_redo_brings_it_again(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    own = bridge.snapshot.power.prices
    bridge.undo()
    settle(qtbot, bridge)
    assert panel.market.findData(OWN) == -1
    assert panel.market.currentText() == "ERCOT West, real-time 2025"
    bridge.redo()
    settle(qtbot, bridge)
    assert bridge.snapshot.power.chosen is own
    assert panel.market.currentText() == "year.csv, price_usd_mwh"


def test_a_reopened_scenario_shows_the_same_page_and_dispatches_the_same_from_the_command_line(
    panel: PowerPanel, bridge: Bridge, qtbot: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = panel.study
    assert before is not None and before.found is not None
    document = Document(bridge)
    bridge.edit("site.capacity_mw", 42.0)
    path = tmp_path / "a.minerdesk.json"
    document.save(path)
    settle(qtbot, bridge)
    assert not document.is_dirty
    document.new()
    settle(qtbot, bridge)
    assert bridge.snapshot.power.prices is None
    document.open(path)
    settle(qtbot, bridge)
    assert panel.market.currentText() == "year.csv, price_usd_mwh"
    assert panel.study is not before
    assert panel.study.found == before.found
    assert panel.study.market.handled == before.market.handled
    assert not document.is_dirty
    panel.market.setCurrentIndex(1)
    assert document.is_dirty, "the market is a part of the scenario"
    settle(qtbot, bridge)
    assert main(["dispatch", str(path), "--offline", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["option_value_usd_per_mw"] == before.found.option_value_usd_per_mw
    assert answer["hours"] == 8_760
    document.close()


def test_a_scenario_that_looks_at_a_bundled_year_dispatches_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2026-01-16T12:00:00Z")
    path = tmp_path / "a.minerdesk.json"
    power = {"market": "de_lu_da_2025_eur", "usd_per": {"EUR": 1.2}}
    path.write_text(json.dumps({"schema_version": 1, "inputs": {}, "power": power}))
    assert main(["dispatch", str(path), "--offline", "--json", "--breakeven", "89"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["currency"], answer["usd_per_currency_unit"], answer["intervals"]) == ("EUR", 1.2, 200)
    path.write_text(json.dumps({"schema_version": 1, "inputs": {}}))
    assert main(["dispatch", str(path), "--offline", "--breakeven", "89"]) == 0
    assert "No prices were named, so the usual market is taken." in capsys.readouterr().out


def test_a_rate_belongs_to_its_currency(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    panel.market.setCurrentIndex(panel.market.findData("de_lu_da_2025_eur"))
    settle(qtbot, bridge)
    panel.rate.setText("1.2")
    panel.rate.editingFinished.emit()
    settle(qtbot, bridge)
    assert bridge.snapshot.power.usd_per == {"EUR": 1.2}
    bridge.undo()
    settle(qtbot, bridge)
    assert panel.rate.text() == "", "what was taken back stands no longer in the field"
    assert panel.study.found is None
