"""The page of the plan: its sentence, table and charts for a case, what is evaluated when, and the exported page."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QTableView
from sample_desk import session_at
from sample_plan import case_of, row, still

from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.evaluate import evaluate_plan
from minerdesk.economics.plan.running import running_usd
from minerdesk.economics.plan.strategies import LINES, Strategy
from minerdesk.economics.plan.worth import npv_usd
from minerdesk.ui import plan, render
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export
from minerdesk.ui.charts.model import View
from minerdesk.ui.panels.plan import PlanPanel
from minerdesk.ui.plan import ORDER, Shown, Study
from minerdesk.ui.plan_results import COLUMNS, plate, result_rows
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance, Mode
from minerdesk.words import THIN

ROWS = (row(25.0, 3, 12, "North"), row(25.0, 9, 12, "South"))
GOOD = {"colo.rent_usd_per_kw_month": 300.0}
INDEBTED = {**GOOD, "debt.enabled": True}


def plain(text: str) -> str:
    return text.replace(THIN, " ")


def study_of(values: dict[str, Any] | None = None, rows: Any = ROWS, **known: Any) -> Study:
    return Study.of(case_of(values, rows, hashprice=39.53, **known))


def cells(study: Study, strategy: Strategy) -> dict[str, str]:
    found = next(one for one in result_rows(study) if one.strategy is strategy)
    headings = [column.heading.replace("\n", " ") for column in COLUMNS]
    return dict(zip(headings, (plain(cell.text) for cell in found.cells), strict=True))


# -- words ------------------------------------------------------------------------------------------------------------


def test_the_sentence_says_worth_need_and_payback() -> None:
    said = plain(plan.headline(study_of(GOOD)))
    result = evaluate_plan(case_of(GOOD, ROWS, hashprice=39.53))
    gain = result.incremental[Strategy.HYBRID].npv_usd
    assert gain > 0
    assert said.startswith(f"Converting 50 MW in two phases is worth ${gain / 1e6:.0f} M more than mining on, needs $")
    years = (result.strategies[Strategy.HYBRID].payback_months or 0) / 12
    assert said.endswith(f" at its deepest and pays back in {years:.1f} years.")


def test_losses_are_said_as_losses() -> None:
    study = study_of({"colo.rent_usd_per_kw_month": 20.0, "plan.stops_at_a_loss": False})
    said = plain(plan.headline(study))
    assert "less than mining on, loses $" in said
    assert said.endswith("and doesn’t pay back in 20 years.")
    found = cells(study, Strategy.HYBRID)
    assert found["NPV"].startswith("−$")
    assert found["Against mining on"].startswith("−$")
    assert found["Payback"] == found["Discounted payback"] == "never"
    roles = [cell.role for cell in result_rows(study)[1].cells]
    assert roles[1] == roles[2] == roles[4] == "cost"


def test_mining_on_is_told_by_its_own_worth() -> None:
    said = plain(plan.headline(study_of(), Strategy.KEEP_MINING))
    assert said.startswith("Mining on with the whole site is worth $")
    assert said.endswith("today, over 20 years.")
    found = cells(study_of(), Strategy.KEEP_MINING)
    assert found["Against mining on"] == "–"
    assert found["IRR"] == "none"
    assert found["Payback"] == "no outlay"
    assert found["Peak funding"] == "none"


def test_no_rate_and_several_are_words_with_their_reason() -> None:
    study = study_of(GOOD)
    assert study.result is not None
    hybrid = study.result.strategies[Strategy.HYBRID]
    for rates, word in (((), "none"), ((0.1, 0.2), "several"), ((0.182,), "18.2 %"), ((-0.05,), "−5.0 %")):
        strategies = {**study.result.strategies, Strategy.HYBRID: replace(hybrid, irr=rates, irr_note="As it is.")}
        told = Study(case=study.case, result=replace(study.result, strategies=strategies))
        cell = result_rows(told)[1].cells[3]
        assert plain(cell.text) == word
        assert cell.note.startswith("As it is.")
        assert (cell.role == "cost") == (rates == (-0.05,))


def test_a_breached_covenant_is_marked_and_counted() -> None:
    study = study_of({**INDEBTED, "debt.minimum_dscr": 9.0})
    assert study.result is not None
    months = study.result.strategies[Strategy.HYBRID].dscr_breached_months
    cover = result_rows(study)[1].cells[-1]
    assert months > 0
    assert cover.text.endswith("× ▼")
    assert f"covenant of 9 in {months} months" in cover.note
    held = result_rows(study_of({**INDEBTED, "debt.minimum_dscr": 0.0}))[1].cells[-1]
    assert held.text.endswith("×")
    assert "Never under" in held.note


def test_the_best_strategy_is_the_one_worth_most() -> None:
    assert [one.is_best for one in result_rows(study_of(GOOD))] == [False, False, True]
    poor = study_of({"colo.rent_usd_per_kw_month": 20.0})
    assert [one.is_best for one in result_rows(poor)] == [True, False, False]


# -- cash -------------------------------------------------------------------------------------------------------------


def test_the_running_sum_ends_at_the_net_present_value() -> None:
    cash = np.array([-100.0, 30.0, -5.0, 90.0])
    assert running_usd(cash, 0.12)[-1] == pytest.approx(npv_usd(cash, 0.12), rel=1e-12)
    assert running_usd(np.stack([cash, 2 * cash]))[1].tolist() == [-200.0, -140.0, -150.0, 30.0]


def test_curves_are_the_running_cash_with_their_marks() -> None:
    study = study_of(GOOD)
    assert study.result is not None
    spec = plan.cash_chart(study, Shown())
    assert [curve.label for curve in spec.curves] == ["Keep mining", "Hybrid", "Convert all"]
    assert [curve.role for curve in spec.curves] == ["mining", "text", "colocation"]
    assert {curve.unit for curve in spec.curves} == {"$ M"}
    hybrid = study.result.strategies[Strategy.HYBRID]
    assert spec.curves[1].values[-1] * 1e6 == pytest.approx(hybrid.flows.cash_usd.sum())
    assert len(spec.curves[1].times) == 241
    deepest, back = [point for point in spec.points if point.of == "hybrid"]
    assert deepest.value * 1e6 == pytest.approx(-hybrid.peak_funding_usd)
    assert deepest.time_s == spec.curves[1].times[hybrid.peak_funding_month]
    assert hybrid.payback_months is not None
    index = int(np.searchsorted(spec.curves[1].times, back.time_s))
    assert 0 <= index - hybrid.payback_months < 1, "the first month's end at which it is back"
    assert [mark.label for mark in spec.marks] == ["halving"] * 5
    assert "All projected: not discounted, no debt, before tax" in spec.caption
    assert not spec.looks_back


def test_discounted_and_before_debt_change_the_curves_and_are_said() -> None:
    study = study_of(INDEBTED)
    assert study.result is not None
    hybrid = study.result.strategies[Strategy.HYBRID]
    discounted = plan.cash_chart(study, Shown(discounted=True))
    assert discounted.curves[1].values[-1] * 1e6 == pytest.approx(hybrid.npv_usd)
    assert "discounted at 12.0" in discounted.caption
    assert discounted.title.startswith("Discounted")
    bare = plan.cash_chart(study, Shown(before_debt=True))
    assert bare.curves[1].values[-1] * 1e6 == pytest.approx(hybrid.flows.unlevered_usd.sum())
    assert "before debt" in bare.caption
    both = plan.cash_chart(study, Shown(before_debt=True, discounted=True))
    assert both.curves[1].values[-1] * 1e6 == pytest.approx(hybrid.unlevered_npv_usd)


@pytest.mark.parametrize(("mw", "unit"), [(0.05, "$ k"), (100.0, "$ M"), (3_000.0, "$ B")])
def test_the_unit_of_the_axis_fits_the_site(mw: float, unit: str) -> None:
    spec = plan.cash_chart(study_of({**GOOD, "site.capacity_mw": mw}, ()), Shown())
    assert spec.curves[0].unit == unit
    assert spec.y_title == f"Cumulative cash, {unit}"
    assert 10 < max(float(np.abs(curve.values).max()) for curve in spec.curves) < 20_000


def test_points_leave_with_their_hidden_curve() -> None:
    from minerdesk.ui.charts.geometry import y_span

    spec = plan.cash_chart(study_of(GOOD), Shown())
    hidden = frozenset({"hybrid", "convert_all"})
    shown = y_span(spec, View.of(spec))
    left = y_span(spec, replace(View.of(spec), hidden=hidden))
    assert shown[0] < -100
    assert left[0] == 0.0


def test_monthly_lines_add_up_in_the_table() -> None:
    study = study_of(INDEBTED)
    header, rows = plan.cash_table(study, Shown())
    assert header[0] == "Date (UTC)"
    assert header[-2:] == ["Cash ($)", "Cumulative cash ($)"]
    assert {name.removesuffix(" ($)") for name in header[1:-2]} <= set(LINES.values())
    assert "Interest ($)" in header
    assert [rows[0][0], rows[1][0], rows[-1][0]] == ["2026-01-01", "2026-02-01", "2046-01-01"]
    total = 0.0
    for line in rows:
        *parts, cash, running = [float(value or 0) for value in line[1:]]
        total += cash
        assert sum(parts) == pytest.approx(cash, abs=1e-3)
        assert running == pytest.approx(total, abs=1e-2)
    mined = plan.cash_table(study, Shown(strategy=Strategy.KEEP_MINING))[0]
    assert "AI revenue ($)" not in mined


# -- phases -----------------------------------------------------------------------------------------------------------


def test_bars_follow_lease_and_term() -> None:
    values = {**GOOD, "plan.lease_delay_months": 3.0, "plan.term_years": 5.0, "plan.renewal_fraction": 0.5}
    spec = plan.gantt_spec(study_of(values))
    first = spec.bars[0]
    assert (first.label, first.start, first.live, first.less, first.end) == ("North", 3, 18, 78, 240)
    assert plain(first.detail).endswith("ready in Apr 2027. From Jul 2032 on 50 % of it is let again.")
    ended = plan.gantt_spec(study_of({**values, "plan.renewal_fraction": 0.0})).bars[0]
    assert (ended.less, ended.end) == (78, 78)
    assert ended.detail.endswith("Its term ends in Jul 2032.")
    assert spec.caption == "Hatched until it earns, lighter once only a part is let again."


def test_megawatts_are_those_of_the_strategy() -> None:
    study = study_of(GOOD)
    spec = plan.gantt_spec(study)
    assert spec.mining_mw[[0, 5, 30]].tolist() == [100.0, 75.0, 50.0]
    assert spec.building_mw[[0, 5, 30]].tolist() == [0.0, 25.0, 0.0]
    assert spec.ai_mw[[0, 5, 30]].tolist() == [0.0, 0.0, 50.0]
    assert plain(spec.describe(10)) == "Nov 2026: mining 50 MW, dark 50 MW."
    assert plain(spec.title) == "Hybrid: 50 MW of colocation, 50 MW go on mining"
    kept = plan.gantt_spec(study, Strategy.KEEP_MINING)
    assert kept.bars == ()
    assert plain(kept.title) == "Keep mining: 100 MW mine on"
    everything = plan.gantt_spec(study, Strategy.CONVERT_ALL)
    assert plain(everything.title) == "Convert all: 100 MW of colocation, 0 MW go on mining"


def test_what_was_cut_or_taken_for_granted_is_said_under_the_phases() -> None:
    assert "The phases are the default ones." in plan.gantt_spec(study_of(GOOD, ())).caption
    cut = plan.gantt_spec(study_of({"plan.convertible_fraction": 0.3}))
    assert "can be converted: the last are cut" in cut.caption
    unknown = plan.gantt_spec(study_of(tip=None))
    assert unknown.halvings == ()
    assert "halvings are left out" in unknown.caption


def test_extremes_are_drawn(qapp: QApplication) -> None:
    many = [row(90.0, 3 + 6 * number, 18, f"Hall {number + 1}") for number in range(20)]
    for values, rows in (
        ({"site.capacity_mw": 2_000.0, "plan.business": "gpu_cloud", "debt.enabled": True}, many),
        ({"plan.horizon_years": 1.0}, ROWS),
        ({"site.capacity_mw": 0.01}, ()),
        ({}, [row(0.0, 0, 0)]),
    ):
        study = study_of(values, rows)
        for strategy in ORDER:
            spec = plan.gantt_spec(study, strategy)
            assert np.isfinite(spec.mining_mw + spec.building_mw + spec.ai_mw).all()
            assert plan.headline(study, strategy)
        figure = export.Figure(title="t", plates=(plate(study, Shown()),), width_px=900, height_px=600)
        assert export.render(figure, "svg")


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
def panel(bridge: Bridge, qtbot: Any, qapp: QApplication) -> PlanPanel:
    made = PlanPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.resize(960, 520)
    made.show()
    made.render_snapshot(bridge.snapshot)
    settle(qtbot, bridge)
    return made


def settle(qtbot: Any, bridge: Bridge) -> None:
    qtbot.waitUntil(lambda: not bridge.tasks.is_running("plan"))


def test_a_first_start_shows_a_whole_plan(panel: PlanPanel) -> None:
    assert panel.headline.text().startswith("Converting")
    assert panel.results.results.rowCount() == 3
    assert not panel.cash.spec.is_empty
    assert [bar.label for bar in panel.gantt.spec.bars] == ["Phase 1", "Phase 2"]
    assert panel.study.result is not None
    assert panel.best.text() == panel.study.result.optimum.words


def test_it_is_evaluated_again_only_when_what_it_stands_on_changed(
    panel: PlanPanel, bridge: Bridge, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[PlanCase | None] = []
    genuine = Study.of
    monkeypatch.setattr(Study, "of", lambda case: asked.append(case) or genuine(case))  # type: ignore[func-returns-value]  # counts on the way
    bridge.publish(bridge.session.desk.snapshot())
    assert asked == []
    assert not bridge.tasks.is_running("plan")
    bridge.edit("plan.discount_rate", 0.2)
    assert bridge.tasks.is_running("plan")
    settle(qtbot, bridge)
    bridge.lay_table("phases", [row(10.0, 6, 6, "Small")])
    settle(qtbot, bridge)
    assert len(asked) == 2
    assert "10" in panel.headline.text()
    assert panel.gantt.spec.bars[0].label == "Small"


def test_typing_into_the_form_edits_the_desk(panel: PlanPanel, bridge: Bridge, qtbot: Any) -> None:
    assert "plan.horizon_years" in panel.form.rows
    assert all(key.split(".")[0] in ("plan", "debt", "tax") for key in panel.form.rows)
    panel.form.rows["plan.business"].edited.emit("plan.business", "gpu_cloud")
    settle(qtbot, bridge)
    assert bridge.snapshot.values["plan.business"] == "gpu_cloud"
    assert panel.gantt.spec.role == "gpu_cloud"
    panel.reset.click()
    settle(qtbot, bridge)
    assert bridge.snapshot.values["plan.business"] == "colocation"


def test_the_chosen_strategy_is_told_drawn_and_exported(panel: PlanPanel, qtbot: Any) -> None:
    qtbot.keyClick(panel.results, Qt.Key.Key_Down)
    assert panel.shown_as.strategy is Strategy.CONVERT_ALL
    assert panel.gantt.spec.title.startswith("Convert all")
    panel.results.choose(Strategy.KEEP_MINING)
    assert panel.headline.text().startswith("Mining on")
    assert panel.shown("plan")[1].strategy is Strategy.KEEP_MINING


def test_debt_is_left_out_only_where_there_is_some(panel: PlanPanel, bridge: Bridge, qtbot: Any) -> None:
    assert not panel.before_debt.isEnabled()
    bridge.edit("debt.enabled", True)
    settle(qtbot, bridge)
    panel.before_debt.click()
    panel.discounted.click()
    assert panel.shown_as == Shown(discounted=True, before_debt=True)
    assert "before debt" in panel.cash.spec.caption
    bridge.edit("debt.enabled", False)
    settle(qtbot, bridge)
    assert panel.shown_as == Shown(discounted=True)
    assert "no debt" in panel.cash.spec.caption


def test_a_low_window_shows_one_chart_and_a_tall_one_both(panel: PlanPanel, qtbot: Any) -> None:
    cash, phases = panel._cards
    assert panel.cash.isVisible()
    assert not panel.gantt.isVisible()
    phases.click()
    assert panel.gantt.isVisible()
    assert not panel.cash.isVisible()
    panel.resize(1_200, 900)
    qtbot.waitUntil(lambda: panel.cash.isVisible() and panel.gantt.isVisible())
    assert not cash.isVisible()


def test_the_data_table_holds_the_monthly_lines_of_the_chosen_strategy(panel: PlanPanel) -> None:
    panel.data_table.click()
    model = panel.table.cells
    assert panel.table.isVisible()
    assert model.rowCount() == 241
    assert model.cell(0, 0) == "2026-01-01"
    assert "AI revenue ($)" in [model.heading(column) for column in range(model.columnCount())]
    panel.results.choose(Strategy.KEEP_MINING)
    assert "AI revenue ($)" not in [model.heading(column) for column in range(model.columnCount())]


def test_without_a_hashprice_it_says_what_to_do(bridge: Bridge, qtbot: Any, qapp: QApplication) -> None:
    study = Study.of(None)
    assert "Type one under Network, or refresh" in plan.headline(study)
    assert plan.cash_chart(study, Shown()).is_empty
    assert plan.gantt_spec(study).is_empty
    assert plan.cash_table(study, Shown())[1] == []
    assert {cell.text for one in result_rows(study) for cell in one.cells[1:]} == {"–"}
    made = PlanPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    made._show(study)
    assert "no hashprice" in made.headline.text()
    assert made.results.results.rowCount() == 3


def test_results_are_copied_and_pointing_is_said(panel: PlanPanel) -> None:
    copy = QKeySequence(QKeySequence.StandardKey.Copy)[0]
    panel.results.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, copy.key(), copy.keyboardModifiers()))
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("Strategy\tNPV\tAgainst mining on\tIRR")
    assert lines[1].startswith("Keep mining\t$")
    panel.gantt.pointed.emit("Jul 2028: mining 50 MW.")
    assert panel.said.text() == "Jul 2028: mining 50 MW."
    panel.gantt.pointed.emit("")
    assert panel.said.text().startswith("Choose a strategy")


def test_both_themes_draw_and_nothing_else_changes(panel: PlanPanel, qapp: QApplication) -> None:
    look = Appearance(qapp)
    panel.resize(1_200, 900)
    light = panel.grab().toImage()
    look.changed.connect(panel._restyle)
    look.apply(Mode.DARK)
    assert panel.grab().toImage() != light
    look.apply(Mode.LIGHT)


def test_every_control_has_a_name(panel: PlanPanel) -> None:
    controls = [*panel.findChildren(QAbstractButton), *panel.findChildren(QComboBox), *panel.findChildren(QTableView)]
    unnamed = [control for control in controls if not control.accessibleName() and control.isVisible()]
    assert [control for control in unnamed if control.objectName() != "qt_spinbox_lineedit"] == []
    assert all(field.accessibleName() for field in panel.form.findChildren(QLineEdit))


def test_splitters_are_remembered(panel: PlanPanel, bridge: Bridge) -> None:
    from PySide6.QtWidgets import QSplitter

    across = next(one for one in panel.findChildren(QSplitter) if one.objectName() == "plan_across")
    across.splitterMoved.emit(300, 1)
    assert set(bridge.session.preferences.splitter_sizes) == {"plan_across"}


# -- the page of a file -----------------------------------------------------------------------------------------------


def test_the_exported_page_holds_results_cash_and_phases(bridge: Bridge) -> None:
    svg = export.render(render.page(bridge.snapshot, "plan"), "svg")
    root = ElementTree.fromstring(svg)
    texts = [plain(node.text or "") for node in root.iter() if node.tag.endswith("text")]
    assert {"Keep mining", "Hybrid", "Convert all", "NPV", "Phase 1", "Phase 2", "2026", "2046"} <= set(texts)
    assert texts.count("halving") == 10, "in both charts"
    assert any(text.startswith("Converting 50 MW in two phases") for text in texts)
    assert any(text.startswith("paid back ") for text in texts)
    lines = [node for node in root.iter() if node.tag.endswith("polyline") or node.tag.endswith("path")]
    long = [node.get("points") or node.get("d") or "" for node in lines]
    assert sum(text.count(",") >= 240 for text in long) >= 3, "every month of the three curves"


def test_the_exported_page_shows_what_is_chosen(panel: PlanPanel, bridge: Bridge) -> None:
    panel.results.choose(Strategy.KEEP_MINING)
    panel.discounted.click()
    figure = render.page(bridge.snapshot, "plan", panel.shown("plan"), theme_name="dark")
    assert figure.sentence.startswith("Mining on")
    texts = export.render(figure, "svg").decode()
    assert "discounted at" in plain(texts)
    assert "Phase 1" not in texts


def test_what_is_typed_on_the_page_is_told_in_the_caption(bridge: Bridge) -> None:
    bridge.edit("plan.ramp_months", 9.0)
    assert "ramp 9 months" in render.page(bridge.snapshot, "plan").caption
    assert "ramp" not in render.page(bridge.snapshot, "compare").caption


def test_a_case_without_phases_in_reach_is_mining_on() -> None:
    study = Study.of(still(rows=[row(25.0, 400, 12, "Late")]))
    assert plan.gantt_spec(study).bars == ()
    assert "starts after the horizon" in plan.gantt_spec(study).caption
    assert plan.headline(study).startswith("Nothing is converted within 20 years: it is mining on, worth $")
    part = Study.of(still(rows=[row(25.0, 3, 12), row(25.0, 400, 12, "Late")]))
    assert plan.headline(part).replace(THIN, " ").startswith("Converting 25 MW in one phase ")


def test_no_row_of_the_form_is_wider_than_the_form(panel: PlanPanel) -> None:
    for fold in panel.form.folds.values():
        fold.fold(False)
    QApplication.processEvents()
    assert panel.form.widget().minimumSizeHint().width() <= panel.form.viewport().width()
