"""The page's own inputs: a choice as a row, the form of contract and stopping, classes and contracts as tables."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.desk import Desk
from minerdesk.economics.schema import DEFAULTS, FIELDS, TEXT_KEYS
from minerdesk.errors import InputError
from minerdesk.power_report import contracts_table, power_table
from minerdesk.store import scenario
from minerdesk.ui import power, render
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import duration
from minerdesk.ui.fields import ChoiceField
from minerdesk.ui.panels.power import PowerPanel
from minerdesk.ui.power_study import Study
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import LIGHT, Appearance
from minerdesk.words import THIN

CONTRACT = "power.contract"
CLASSES = [
    {"model": f"Model {n}", "count": 100.0 + n, "hashrate_th_s": 200.0, "power_w": 3_000.0 + 150 * n} for n in range(12)
]


def plain(text: str) -> str:
    return text.replace(THIN, " ")


# -- a choice as a row ------------------------------------------------------------------------------------------------


@pytest.fixture
def row(qtbot: Any) -> ChoiceField:
    made = ChoiceField(FIELDS[CONTRACT], LIGHT)
    qtbot.addWidget(made)
    desk = Desk(now=lambda: datetime(2026, 1, 16, 12, tzinfo=UTC))
    made.edited.connect(lambda key, value: made.render_snapshot(desk.apply({key: value}), {}))
    made.render_snapshot(desk.snapshot(), {})
    made.show()
    return made


def turn_wheel(row: ChoiceField, notches: int) -> None:
    centre = QPointF(row.combo.rect().center())
    event = QWheelEvent(
        centre,
        QPointF(row.combo.mapToGlobal(centre.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(row.combo, event)


def test_a_choice_shows_its_labels_and_has_a_name(row: ChoiceField) -> None:
    assert row.combo.currentText() == "Index plus adder"
    assert [row.combo.itemText(place) for place in range(row.combo.count())] == [
        "Fixed price",
        "Fixed, sold back",
        "Index plus adder",
        "Time of use",
    ]
    assert row.control.accessibleName() == "Contract"
    assert row.control.accessibleDescription() == FIELDS[CONTRACT].help
    assert row.label.buddy() is row.combo
    assert row.stops == [row.combo, row.margin_button]


def test_choosing_is_an_edit_and_the_margin_button_takes_it_back(row: ChoiceField, qtbot: Any) -> None:
    with qtbot.waitSignal(row.edited) as edited:
        row.combo.setCurrentIndex(3)
        row.combo.activated.emit(3)
    assert edited.args == [CONTRACT, "time_of_use"]
    assert row.combo.currentText() == "Time of use"
    assert row.margin_button.isVisible()
    assert "Index plus adder" in row.margin_button.toolTip()
    row.margin_button.click()
    assert row.combo.currentText() == "Index plus adder"
    assert not row.margin_button.isVisible()


def test_a_refused_choice_says_why_and_shows_what_holds(row: ChoiceField) -> None:
    row.combo.setCurrentIndex(0)
    row.refuse("No.", "index")
    assert row.combo.currentText() == "Index plus adder"
    assert row.note.text == "No."


def test_the_wheel_changes_a_choice_only_while_it_has_the_focus(row: ChoiceField, qtbot: Any) -> None:
    row.combo.clearFocus()
    turn_wheel(row, -1)
    assert row.combo.currentText() == "Index plus adder"
    row.activateWindow()
    row.combo.setFocus()
    qtbot.waitUntil(row.combo.hasFocus)
    with qtbot.waitSignal(row.edited):
        turn_wheel(row, -1)
    assert row.combo.currentText() == "Time of use"


def test_a_choice_comes_back_from_the_scenario_file_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.minerdesk.json"
    kept = scenario.save(path, scenario.Scenario(inputs={CONTRACT: "fixed_sell_back", "contract.zone": "UTC"}))
    found = scenario.load(path, DEFAULTS, text_keys=TEXT_KEYS)
    assert found.inputs == kept.inputs == {CONTRACT: "fixed_sell_back", "contract.zone": "UTC"}
    desk = Desk()
    with pytest.raises(InputError, match="fixed, fixed_sell_back, index or time_of_use"):
        desk.load({CONTRACT: "spot"})
    assert desk.load(found.inputs).inputs.power.contract == "fixed_sell_back"


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
def panel(bridge: Bridge, qtbot: Any, qapp: QApplication) -> PowerPanel:
    made = PowerPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.resize(1_000, 520)
    made.show()
    made.render_snapshot(bridge.snapshot)
    settle(qtbot, bridge)
    return made


def settle(qtbot: Any, bridge: Bridge) -> None:
    qtbot.waitUntil(lambda: not bridge.tasks.is_running("power"), timeout=5_000)


def test_the_form_holds_every_input_of_the_page(panel: PowerPanel, bridge: Bridge) -> None:
    rows = panel.terms.form.rows
    assert set(rows) == {key for key, field in FIELDS.items() if field.page == "power"}
    assert list(panel.terms.form.folds) == ["Contract", "Credits", "Stopping", "Firm AI"]
    bridge.edit("contract.demand_usd_per_kw_month", 4.0)
    assert panel.terms.form.folds["Contract"].count.text() == "1 changed"
    panel.terms.reset.click()
    assert bridge.snapshot.values["contract.demand_usd_per_kw_month"] == 0.0
    assert not panel.terms.reset.isEnabled()


def test_the_form_can_be_put_away_and_stays_so(panel: PowerPanel, bridge: Bridge) -> None:
    assert panel.terms.isVisible()
    panel._terms_button.click()
    assert not panel.terms.isVisible()
    assert bridge.session.preferences.power_terms is False


def test_another_contract_is_another_curve_with_the_market_behind(
    panel: PowerPanel, bridge: Bridge, qtbot: Any
) -> None:
    market = panel.study.curve
    bridge.edit(CONTRACT, "time_of_use")
    settle(qtbot, bridge)
    assert sorted(set(panel.study.curve.tolist())) == [40.0, 70.0]
    assert (panel.chart.spec.behind == market).all()
    assert "time of use" in panel.chart.spec.title
    bridge.edit(CONTRACT, "fixed")
    settle(qtbot, bridge)
    assert set(panel.study.curve.tolist()) == {50.0}
    assert panel.study.found.option_value_usd_per_mwh == 0.0
    bridge.edit(CONTRACT, "fixed_sell_back")
    settle(qtbot, bridge)
    assert panel.chart.spec.behind is None


def test_the_facts_say_what_the_contract_costs_mining_and_ai(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    facts = {fact.label: fact for fact in panel.chart.spec.facts}
    cost = facts["A MWh costs, index plus adder"]
    site = panel.study.site
    assert plain(cost.value) == (
        f"${site.total.cost_usd_per_mwh_taken:.2f} mining, ${site.firm.cost_usd_per_mwh:.2f} AI"
    )
    assert "$50.00" in cost.note, "what the desk compares at"
    assert cost.note.startswith("firm AI takes every hour; ")
    bridge.edit_all(
        {
            "contract.capacity_credit": True,
            "contract.demand_usd_per_kw_month": 2.0,
            "firm.business": "colocation",
            "firm.interruptible_hours_a_year": 40.0,
            "firm.penalty_usd_per_mwh": 20.0,
            "stopping.ramp_minutes": 15.0,
        }
    )
    settle(qtbot, bridge)
    facts = {fact.label: fact for fact in panel.chart.spec.facts}
    assert {"Credits for stopping", "Demand charge", "Firm AI pauses"} <= facts.keys()
    assert facts["A MWh costs, index plus adder"].note.startswith("firm AI takes every hour but its pauses; ")
    assert "no order of time: least times and ramp have no effect here" in panel.chart.spec.caption


def test_an_exported_page_names_the_terms_it_stands_on(bridge: Bridge) -> None:
    snapshot = bridge.session.desk.apply({CONTRACT: "time_of_use", "contract.capacity_credit": True})
    caption = render.page(snapshot, "power").caption
    assert "contract time of use" in caption
    assert "capacity or 4CP credit yes" in caption
    assert "time of use" not in render.page(snapshot, "compare").caption


def test_a_demand_charge_that_stops_everything_is_said(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    bridge.edit_all({CONTRACT: "fixed", "contract.demand_usd_per_kw_month": 60.0})
    settle(qtbot, bridge)
    facts = {fact.label: fact.value for fact in panel.chart.spec.facts}
    assert facts["Per MWh taken"] == "nothing taken"
    assert facts["A MWh costs, fixed price"].endswith("AI, mining takes none")
    assert "Demand charges and credits stop mining too" in panel.chart.spec.caption


def test_classes_are_named_on_the_curve_and_the_rest_is_counted(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    bridge.lay_table("fleet", [*CLASSES[:-1], {**CLASSES[-1], "power_price_usd_per_mwh": 30.0}])
    settle(qtbot, bridge)
    lines = panel.chart.spec.lines
    named = [line for line in lines if line.thin]
    assert len(named) == 8
    assert named[0].label.startswith("Model 0 ")
    assert named[-1].label.startswith("Model 10 ")
    assert "3 more classes between" in panel.chart.spec.caption
    assert "1 class pays its own price" in panel.chart.spec.caption
    assert any(line.label.startswith("fleet’s mean breakeven") for line in lines)
    panel._on_share(0.02)
    assert "of 12 classes run" in panel.said.variants[0]
    cells = [row[2] for row in power.curve_table(panel.study)[1]]
    assert (cells[0], cells[-1]) == ("1 of 12 classes", "12 of 12 classes"), "one pays a price of its own"


@pytest.mark.parametrize("levels", [[100.0, 101.0, 102.0, 250.0], [5.0, 6.0, 7.0], [190.0, 290.0, 291.0, 292.0], []])
def test_names_of_lines_keep_clear_of_each_other(levels: list[float]) -> None:
    plot = QRectF(0, 0, 400, 300)
    tops = duration._label_tops(levels, plot)
    assert all(below - above >= 14 for above, below in pairwise(tops))
    assert all(plot.top() <= top <= plot.bottom() for top in tops)
    if levels and levels[-1] > 60:
        assert tops[-1] == levels[-1] - 16, "the lowest stands over its own line"


def test_the_market_behind_another_contract_is_drawn(qapp: QApplication) -> None:
    shares, flat = np.arange(1, 101) / 100, np.full(100, 50.0)
    bare = duration.DurationSpec(title="t", shares=shares, prices=flat, stop_at=90.0)
    behind = duration.DurationSpec(title="t", shares=shares, prices=flat, stop_at=90.0, behind=np.linspace(60, 5, 100))
    pictures = []
    for spec in (bare, behind):
        image = QImage(500, 300, QImage.Format.Format_RGB32)
        image.fill(LIGHT.colour("card"))
        painter = QPainter(image)
        duration.paint_duration(painter, QRectF(0, 0, 500, 300), LIGHT, spec=spec)
        painter.end()
        pictures.append(image)
    assert pictures[0] != pictures[1]
    assert behind.price_range()[1] >= 58, "the market's prices lie within the axis"


def test_without_a_hashprice_firm_load_alone_has_a_cost(panel: PowerPanel) -> None:
    terms = replace(panel.study.terms, hashprice_usd_per_ph_day=None)
    study = Study.of(panel.study.market, terms, None)
    assert (study.found, study.stop_at_usd_per_mwh) == (None, None)
    assert "no hashprice is known" in power.title_of(study)
    assert [line.role for line in power.duration_spec(study).lines] == ["muted"]
    panel.site.show_study(study)
    cells = panel.site.contracts.cells
    assert math.isnan(cells.cell(0, 2)) and cells.cell(0, 3) == pytest.approx(50.0)
    assert panel.site.classes.cells.rowCount() == 0
    assert "No hashprice is known" in panel.site.over_classes.text()


def test_classes_and_contracts_stand_in_two_tables(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    bridge.lay_table("fleet", CLASSES)
    settle(qtbot, bridge)
    panel._views["site"].click()
    assert panel.site.isVisible()
    assert not panel._table_button.isEnabled()
    contracts, classes = panel.site.contracts.cells, panel.site.classes.cells
    assert [contracts.cell(row, 0) for row in range(4)] == [
        "Fixed price",
        "Fixed, sold back",
        "Index plus adder (yours)",
        "Time of use",
    ]
    assert contracts.cell(0, 3) == pytest.approx(50.0), "firm AI at the fixed price"
    assert classes.rowCount() == 12
    assert classes.cell(0, 0) == "Model 0"
    assert classes.cell(0, 4) >= classes.cell(11, 4), "the best class runs most"
    assert panel.page == "power"
    assert "50.0 $/MWh" in panel.site.basis.text()


def test_without_dollars_the_tables_say_what_fills_them(panel: PowerPanel, qtbot: Any, bridge: Bridge) -> None:
    panel._views["site"].click()
    panel.market.setCurrentIndex(panel.market.findData("de_lu_da_2025_eur"))
    settle(qtbot, bridge)
    assert not panel.site.contracts.isVisible()
    assert "type a rate" in panel.site.empty.text()


def test_the_workbook_has_classes_by_years_and_contracts_by_years(bridge: Bridge) -> None:
    bridge.lay_table("fleet", CLASSES[:3])
    table = power_table(bridge.snapshot)
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, row, strict=True)) for row in table.rows if row[0] == "ERCOT West, real-time 2025"]
    assert [row["model"] for row in rows] == ["Model 0", "Model 1", "Model 2"]
    assert rows[0]["run_hours"] >= rows[2]["run_hours"]
    costs = contracts_table(bridge.snapshot)
    assert len(costs.rows) % 4 == 0
    assert {row[1] for row in costs.rows} == {"Fixed price", "Fixed, sold back", "Index plus adder", "Time of use"}
    assert "50 $/MWh" in costs.notes[0]
