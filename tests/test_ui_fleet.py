"""The fleet page: the supply curve, the typed table, the catalogue, paste and import, and the exported page."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication, QMenu
from sample_desk import session_at

from minerdesk.ui import render
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export
from minerdesk.ui.charts.supply import SupplySpec, blocks, paint_supply
from minerdesk.ui.panels.fleet import FleetPanel, RefusedRows
from minerdesk.ui.panels.fleet_table import COLUMNS
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, LIGHT, Appearance
from minerdesk.words import THIN

S21 = {"model": "S21 <b>1</b>", "count": 5_000, "hashrate_th_s": 200, "power_w": 3_500}
S19 = {"model": "S19", "count": 9_000, "hashrate_th_s": 95, "power_w": 3_250, "power_price_usd_per_mwh": 62}
SHEET = "Model\tMachines\tTH/s\tW\nS21\t10\t200\t3500\nS19\t20\t95\t3250\n"


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr("minerdesk.desk.MERGE_WITHIN_S", 0.0)
    opened = session_at(monkeypatch, offline=True)
    yield opened
    opened.close()


@pytest.fixture
def bridge(session, qapp):
    tasks = Tasks()
    made = Bridge(session, tasks)
    made.edit("network.hashprice_usd_per_ph_day", 39.53)
    yield made
    made.stop()
    tasks.shutdown()


@pytest.fixture
def panel(bridge, qtbot, qapp):
    made = FleetPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.render_snapshot(bridge.snapshot)
    made.resize(960, 520)
    made.show()
    QApplication.processEvents()
    return made


def number(name):
    return next(place for place, column in enumerate(COLUMNS) if column.name == name)


def shown(panel, name):
    model = panel.table.classes
    return [model.index(row, number(name)).data() for row in range(model.rowCount())]


def type_into(panel, row, name, text):
    model = panel.table.classes
    model.setData(model.index(row, number(name)), text)
    QApplication.processEvents()


def wait_for_reading(bridge):
    end = time.monotonic() + 10
    while bridge.tasks.is_running("fleet import") and time.monotonic() < end:
        QApplication.processEvents()
    QApplication.processEvents()


# -- the curve ----------------------------------------------------------------------------------


def curve(mw, breakeven, site=50.0, price=None):
    return SupplySpec(
        title="t",
        model="Class {}".format,
        mw=np.array(mw, dtype=float),
        breakeven_usd_per_mwh=np.array(breakeven, dtype=float),
        price_usd_per_mwh=np.full(len(mw), site if price is None else price, dtype=float),
        site_price_usd_per_mwh=site,
        note="class {}".format,
        empty_text="nothing known",
    )


def painted(spec, theme=LIGHT, size=(500, 200)):
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(theme.colour("card"))
    blank = QImage(image)
    painter = QPainter(image)
    paint_supply(painter, QRectF(0, 0, *size), theme, spec)
    painter.end()
    return image, blank


def test_blocks_are_as_wide_as_their_mw(qapp):
    drawn = blocks(curve([10, 30], [80, 60]), QRectF(0, 0, 500, 200))
    widths = drawn.right - drawn.left
    assert widths[1] == pytest.approx(3 * widths[0])
    assert drawn.index.tolist() == [0, 1]


def test_very_many_classes_are_one_block_a_pixel_without_a_gap(qapp):
    drawn = blocks(curve(np.ones(100_000), np.linspace(120, 20, 100_000)), QRectF(0, 0, 500, 200))
    assert len(drawn.left) <= 501
    assert np.allclose(drawn.left[1:], drawn.right[:-1])
    assert drawn.right[-1] <= 500


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("mw", "breakeven", "site"),
    [
        ([100], [89], 50),
        ([1, 2, 3], [120, 60, 20], 50),
        ([1, 1], [80, 70], -20),
        ([5], [0.0], 0.0),
        ([1e-6, 1e5], [900, 1], 50),
    ],
)
def test_any_fleet_paints_something(qapp, theme, mw, breakeven, site):
    image, blank = painted(curve(mw, breakeven, site), theme)
    assert image != blank


def test_what_is_under_water_has_another_colour(qapp):
    above, _ = painted(curve([1.0], [40.0], 30.0))
    below, _ = painted(curve([1.0], [40.0], 30.0, price=45.0))
    assert above.pixelColor(300, 140) != below.pixelColor(300, 140)


# -- the page ----------------------------------------------------------------------------------


def test_the_first_start_shows_the_fleet_of_the_inputs_and_says_so(panel, bridge):
    assert panel.table.classes.rowCount() == 1
    assert shown(panel, "mw") == ["100"]
    assert "fleet of the inputs" in panel.hint.accessibleName()
    assert "fleet of the inputs" in panel.chart.spec.caption
    assert not panel.remove.isEnabled()
    index = panel.table.classes.index(0, 0)
    assert not panel.table.classes.flags(index) & Qt.ItemFlag.ItemIsEditable
    bridge.edit("mining.efficiency_j_per_th", 25.0)
    assert shown(panel, "efficiency_j_per_th") == ["25.0"]


def test_own_classes_stand_in_merit_order_with_what_is_under_water_said(panel, bridge):
    bridge.lay_table("fleet", [S19, S21])
    assert shown(panel, "models") == ["S21 <b>1</b>", "S19"]
    spec = panel.chart.spec
    assert spec.title.startswith("1 class is under water, 30.7 MW")
    assert "Convert S19 first" in spec.title
    assert [spec.model(0), spec.model(1)] == ["S21 <b>1</b>", "S19"]
    assert spec.price_usd_per_mwh.tolist() == [50, 62]
    assert "Dashed" in spec.caption
    assert "S19 45.6" in panel.chart.accessibleDescription()
    assert panel.hint.accessibleName() == ""
    bridge.edit("power.price_usd_per_mwh", 95.0)
    assert panel.chart.spec.title.startswith("2 classes are under water, 49.1 MW; with them off the fleet earns no")


def test_hovering_tells_the_class_as_plain_text(panel, bridge):
    bridge.lay_table("fleet", [S21, S19])
    plot = panel.chart.plot
    first, last = (plot.note_at(QPointF(x, 60)) for x in (60, plot.width() - 40))
    assert first.startswith("S21 <b>1</b>: ")
    assert last.startswith("S19: ")
    assert "pays 62.0 $/MWh" in last
    assert plot.note_at(QPointF(5, 60)) == ""


def test_the_table_sorts_by_number_and_by_name(panel, bridge):
    bridge.lay_table("fleet", [S19, S21, {**S21, "model": "aaa", "count": 7}])
    panel.table.sortByColumn(number("count"), Qt.SortOrder.AscendingOrder)
    assert shown(panel, "count") == ["7", f"5{THIN}000", f"9{THIN}000"]
    panel.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert shown(panel, "models") == ["S21 <b>1</b>", "S19", "aaa"]


def test_a_cell_is_typed_cleared_and_undone(panel, bridge):
    bridge.lay_table("fleet", [S19, S21])
    type_into(panel, 1, "power_usd_per_mwh", "40")
    assert bridge.snapshot.tables["fleet"][0]["power_price_usd_per_mwh"] == 40
    assert shown(panel, "power_usd_per_mwh")[1] == "40.0"
    type_into(panel, 1, "uptime_fraction", "90 %")
    assert bridge.snapshot.tables["fleet"][0]["uptime_fraction"] == 0.9
    type_into(panel, 1, "power_usd_per_mwh", "")
    assert "power_price_usd_per_mwh" not in bridge.snapshot.tables["fleet"][0]
    assert shown(panel, "power_usd_per_mwh")[1] == "50.0", "the site’s own stands in"
    bridge.undo()
    assert bridge.snapshot.tables["fleet"][0]["power_price_usd_per_mwh"] == 40


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("count", "many", "no number"),
        ("count", "-3", "count is -3"),
        ("models", "", "model is empty"),
        ("power_w", "9e6", "J/TH"),
    ],
)
def test_what_can_not_be_typed_is_said_and_nothing_changes(panel, bridge, name, text, told):
    bridge.lay_table("fleet", [S21])
    type_into(panel, 0, name, text)
    assert told in panel.hint.accessibleName()
    assert bridge.snapshot.tables["fleet"] == (S21,)


def test_machines_come_from_the_catalogue_with_the_number_of_sources(panel, bridge):
    menu = panel.add.menu()
    shelves = {action.text(): action.menu() for action in menu.actions() if isinstance(action.menu(), QMenu)}
    action = next(found for found in shelves["Bitmain"].actions() if found.text().startswith("Antminer S21 XP,"))
    assert "2 sources agree" in action.toolTip()
    assert any(found.text().startswith("Catalogue as of 20") for found in menu.actions())
    action.trigger()
    (row,) = bridge.snapshot.tables["fleet"]
    assert (row["model"], row["hashrate_th_s"], row["power_w"], row["count"]) == ("Antminer S21 XP", 270, 3_645, 1)
    assert panel.table.classes.is_own
    assert panel.table.state() == panel.table.State.EditingState
    menu.actions()[0].trigger()
    assert [row["model"] for row in bridge.snapshot.tables["fleet"]] == ["Antminer S21 XP", "Own machine"]
    QApplication.processEvents()


def test_rows_are_pasted_and_removed_each_undoable(panel, bridge, qtbot):
    QGuiApplication.clipboard().setText(SHEET)
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    wait_for_reading(bridge)
    assert [row["model"] for row in bridge.snapshot.tables["fleet"]] == ["S21", "S19"]
    assert panel.hint.accessibleName() == "Added 2 rows."
    panel.table.selectRow(1)
    assert panel.remove.isEnabled()
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert [row["model"] for row in bridge.snapshot.tables["fleet"]] == ["S21"]
    bridge.undo()
    assert len(bridge.snapshot.tables["fleet"]) == 2
    bridge.undo()
    assert not bridge.snapshot.tables.get("fleet")


def test_what_is_copied_can_be_pasted(panel, bridge, qtbot):
    bridge.lay_table("fleet", [S21, S19])
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    bridge.lay_table("fleet", [])
    panel.paste.click()
    wait_for_reading(bridge)
    found = bridge.snapshot.tables["fleet"]
    for row, laid in zip(found, (S21, S19), strict=True):
        assert {name: row[name] for name in laid} == laid


def test_a_file_with_refused_lines_asks_before_it_adds_the_others(panel, bridge, tmp_path):
    path = tmp_path / "fleet.csv"
    path.write_text("model;TH/s;W;Rack\nS21;200;3500;a\nS19;x;3250;b\n", encoding="utf-8")
    panel.import_file(str(path))
    wait_for_reading(bridge)
    (dialog,) = panel.findChildren(RefusedRows)
    assert dialog.text.toPlainText() == "Line 3: TH/s is “x”, which is no number."
    assert not bridge.snapshot.tables.get("fleet")
    dialog.take.click()
    assert [row["model"] for row in bridge.snapshot.tables["fleet"]] == ["S21"]
    assert "columns not used: Rack" in panel.hint.accessibleName()
    QApplication.processEvents()


@pytest.mark.parametrize("content", [None, "no table at all"])
def test_a_file_that_can_not_be_read_is_said(panel, bridge, tmp_path, content):
    path = tmp_path / "fleet.csv"
    if content is not None:
        path.write_text(content)
    failures = []
    bridge.failed.connect(failures.append)
    panel.import_file(str(path))
    wait_for_reading(bridge)
    assert len(failures) == 1
    assert "fleet.csv" in failures[0].message
    assert not bridge.snapshot.tables.get("fleet")


def test_a_tick_without_news_draws_nothing_again(panel, bridge):
    bridge.lay_table("fleet", [S21, S19])
    panel.table.selectRow(1)
    spec = panel.chart.spec
    bridge.publish(bridge.session.desk.snapshot())
    assert panel.chart.spec is spec
    assert panel.table.chosen() == [1]


def test_without_a_hashprice_the_curve_says_what_is_missing(monkeypatch, qtbot, qapp):
    early = session_at(monkeypatch, "2009-01-01T00:00:00Z", offline=True)
    tasks = Tasks()
    bridge = Bridge(early, tasks)
    panel = FleetPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    panel.render_snapshot(bridge.snapshot)
    assert panel.chart.spec.is_empty
    assert "Refresh, or type one" in panel.chart.accessibleDescription()
    assert shown(panel, "breakeven_usd_per_mwh") == ["–"]
    painted(panel.chart.spec)
    bridge.stop()
    tasks.shutdown()
    early.close()


def test_the_exported_page_is_the_curve_on_screen(panel, bridge):
    bridge.lay_table("fleet", [S21, S19])
    figure = render.page(bridge.snapshot, "fleet")
    assert figure.sentence == panel.chart.spec.title
    (plate,) = figure.plates
    assert plate.caption == panel.chart.spec.caption
    drawing = export.render(figure, "svg").decode()
    assert "power today 50.0 $/MWh" in drawing
    assert "S19" in drawing


def test_the_fleet_of_the_inputs_stands_beside_known_machines(bridge, panel) -> None:
    rungs = {rung.label: rung.breakeven_usd_per_mwh for rung in panel.chart.spec.ladder}
    mining = bridge.snapshot.inputs.mining
    s19 = next(label for label in rungs if label.startswith("Antminer S19 XP, 21.5"))
    expected = 39.53 / (0.024 * 21.5 * mining.site_overhead) * (1 - mining.pool_fee_fraction)
    assert rungs[s19] == pytest.approx(expected, rel=1e-9)
    drawing = export.render(render.page(bridge.snapshot, "fleet"), "svg").decode()
    assert "Antminer S21 XP, 13.5" in drawing.replace(THIN, " ")
    bridge.lay_table("fleet", [S21])
    assert not panel.chart.spec.ladder, "beside the user's own classes nobody else's stand"
