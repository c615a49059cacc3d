"""The network's page: its charts from any record, the time machine, figures, tables, published values, exports."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QApplication
from sample_desk import session_at
from sample_network import DAYS, DIFFICULTY, days, line, network
from sample_rates import sample_rates

from minerdesk.economics.gpu_rates import GpuRecord
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.network_report import network_view
from minerdesk.network_tables import deck_tables
from minerdesk.report import table_bytes
from minerdesk.ui import render
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export
from minerdesk.ui.charts.model import ChartSpec, Shape, View
from minerdesk.ui.deck.frame import Deck
from minerdesk.ui.deck.registry import DECK, FIRST
from minerdesk.ui.panels.deck import CASE, CHARTS, EPOCHS, PUBLISHED, DeckPanel
from minerdesk.ui.panels.published_form import PublishedForm
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, Appearance
from minerdesk.words import MINUS, NOTHING, THIN

IMPLIED = implied_hashrate_eh_s(DIFFICULTY)
NOW = "2026-02-26T12:00:00Z"


def fallen() -> np.ndarray:
    rate = np.full(DAYS, IMPLIED)
    rate[300:307], rate[400:] = IMPLIED * 1.15, IMPLIED * 0.9
    return rate


def only(session, series) -> None:
    """Lay series on the desk in the place of what is bundled."""
    session.desk.pools.series.clear()
    session.desk.pools.values.clear()
    session.desk.pools.gpu_record = GpuRecord()
    session.desk._gpu_rates = ()
    session.desk._trends = None
    session.desk.observe([], series.values())


@pytest.fixture
def session(monkeypatch):
    opened = session_at(monkeypatch, NOW, offline=True)
    interest = line("open_interest_daily_usd", days(), np.linspace(2e9, 3e9, DAYS), source="okx")
    only(opened, {**network(fallen()), interest.quantity: interest})
    opened.desk.observe([], [], gpu_rates=sample_rates(datetime.fromisoformat(NOW), days=400))
    yield opened
    opened.close()


@pytest.fixture
def bridge(session, qapp):
    tasks = Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()


@pytest.fixture
def panel(bridge, qtbot, qapp):
    made = DeckPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    bridge.changed.connect(made.render_snapshot)
    made.render_snapshot(bridge.snapshot)
    made.resize(980, 560)
    made.show()
    QApplication.processEvents()
    return made


def deck_of(session, as_of=None) -> Deck:
    snapshot = session.desk.snapshot()
    return Deck(snapshot=snapshot, view=network_view(snapshot, as_of))


def built(session, as_of=None) -> dict[str, ChartSpec]:
    deck = deck_of(session, as_of)
    return {name: entry.build(deck) for name, entry in DECK.items()}


def curve(spec, name):
    return next(found for found in spec.curves if found.name == name)


# -- the charts -------------------------------------------------------------------------------------------------------


def test_every_chart_is_whole(session):
    for name, spec in built(session).items():
        entry = DECK[name]
        assert not spec.is_empty, name
        assert spec.name == name
        assert spec.title
        assert "as of 26 Feb 2026" in spec.caption, name
        assert len(entry.help) > 60, f"{name} says what it is"
        header, rows = spec.table()
        assert len(rows) > 300, name
        assert len(header) == len(rows[0])
    assert set(FIRST) <= set(DECK)


def test_an_empty_desk_says_in_every_chart_what_fills_it(session):
    only(session, {})
    for name, spec in built(session).items():
        assert spec.is_empty, name
        assert "Refresh (F5)" in spec.empty_text
        assert "not known" in spec.title or "bids" in spec.title or spec.title.startswith("Catalogue"), name


@pytest.mark.parametrize("missing", sorted(network(np.full(3, 1.0))))
def test_a_missing_series_breaks_no_chart(session, missing):
    series = network(fallen())
    del series[missing]
    only(session, series)
    assert set(built(session)) == set(DECK)
    assert deck_tables(session.desk.snapshot())


def test_a_gap_a_zero_and_a_spike_are_drawn_as_they_are(session, qapp):
    rate = fallen()
    rate[200], rate[250] = 0.0, 6 * IMPLIED
    series = network(rate)
    keep = np.ones(DAYS, dtype=bool)
    keep[100:130] = False
    series["network_hashrate_daily_eh_s"] = line("network_hashrate_daily_eh_s", days()[keep], rate[keep])
    only(session, series)
    specs = built(session)
    dots = curve(specs["hashrate"], "days")
    assert dots.shape is Shape.DOTS
    assert dots.value_at(float(days()[200])) == 0.0
    assert dots.value_at(float(days()[250])) == pytest.approx(6 * IMPLIED)
    assert np.isnan(dots.value_at(float(days()[115])))
    assert "lacks 30 days" in specs["hashrate"].caption
    assert "zero or far from the month before" in specs["hashrate"].caption
    assert curve(specs["security"], "budget").value_at(float(days()[250])) > 0
    for spec in specs.values():
        figure = export.Figure(title="t", charts=((spec, View.of(spec, log=True)), (spec, View.of(spec))))
        assert export.render(figure, "svg")


def test_the_ribbons_shade_the_fall_and_name_it_in_the_table(session):
    spec = built(session)["hashrate"]
    assert spec.spans[-1].label == "capitulation"
    assert spec.span_at(float(days()[410])) == "capitulation"
    assert spec.span_at(float(days()[200])) == ""
    header, rows = spec.table()
    assert header[-1] == "Hash ribbons"
    assert {None, "capitulation"} <= {row[-1] for row in rows} <= {None, "capitulation", "recovery"}
    assert "21.7" in spec.title
    assert "capitulation since" in spec.title


def test_a_shaded_stretch_is_named_where_its_name_has_room(session, qapp):
    spec = built(session)["hashrate"]
    close, far = View.of(spec, range_name="3M"), View.of(spec)
    for view, named in ((close, True), (replace(far, end_s=far.end_s + 40 * 365 * 86_400), False)):
        text = export.render(export.Figure(title="t", charts=((spec, view),)), "svg").decode()
        assert (">capitulation<" in text.replace(" <", "<").replace("> ", ">")) is named


def test_a_replay_draws_nothing_that_came_later(session):
    as_of = date(2025, 11, 10)
    end = datetime(2025, 11, 11, tzinfo=UTC).timestamp()
    for name, spec in built(session, as_of).items():
        assert all(len(one.times) == 0 or one.times[-1] < end for one in spec.curves), name
        assert all(mark.time_s <= end for mark in spec.marks), name
        assert "as known at the end of 10 Nov 2025" in spec.caption, name


def test_the_tiers_are_those_of_the_report_and_the_own_is_the_desks(session):
    specs = built(session)
    own = curve(specs["tiers"], "own")
    snapshot = session.desk.snapshot()
    from_desk = snapshot.mining_revenue_history_usd_per_mwh()
    assert own.values[-1] == pytest.approx(from_desk[-1])
    assert [one.label for one in specs["tiers"].curves][1:4] == ["17 J/TH", "22 J/TH", "32 J/TH"]


def test_the_bid_chart_names_what_ai_pays(session):
    spec = built(session)["bid"]
    assert [level.label for level in spec.levels] == ["Colocation", "GPU cloud"]
    assert "18.5 J/TH" in spec.caption
    session.desk.apply({"security.fleet_efficiency_j_per_th": 37.0})
    halved = curve(built(session)["bid"], "paid").values[-1]
    assert halved == pytest.approx(curve(spec, "paid").values[-1] / 2)


# -- the panel --------------------------------------------------------------------------------------------------------


def figure_of(panel, name):
    return panel.figures.values[name].text()


def test_the_page_shows_two_charts_and_the_figures(panel):
    above, below = (slot.chart.spec.name for slot in panel.charts.slots)
    assert (above, below) == FIRST
    assert figure_of(panel, "Hash rate: From the peak") == f"{MINUS}21.7{THIN}%"
    assert figure_of(panel, "Hash rate: Hash ribbons") == "capitulation"
    assert figure_of(panel, "Security: 51 % of blocks") == NOTHING
    assert "±" in figure_of(panel, "Difficulty: Next retarget")


def test_in_a_narrow_window_the_charts_have_the_room(panel):
    assert panel.figures.isVisible()
    assert panel.minimumSizeHint().width() < 760
    panel.resize(700, 500)
    assert not panel.figures.isVisible()
    assert panel.charts.isVisible()


def test_charts_share_span_and_crosshair(panel):
    above, below = (slot.chart for slot in panel.charts.slots)
    above.set_range("3M")
    assert (below.view.start_s, below.view.end_s) == (above.view.start_s, above.view.end_s)
    above.point_at(float(days()[380]))
    assert above.plot.cursor_s == below.plot.cursor_s == float(days()[380])


def test_another_chart_is_chosen_and_remembered(panel, bridge):
    slot = panel.charts.slots[1]
    slot.choice.setCurrentIndex(slot.choice.findData("puell"))
    assert slot.chart.spec.name == "puell"
    assert bridge.session.preferences.deck_charts == ("hashrate", "puell")
    slot.choice.setCurrentIndex(slot.choice.findData(""))
    assert bridge.session.preferences.deck_charts == ("hashrate",)
    assert not slot.chart.isVisibleTo(panel)
    assert [name for name, _ in panel.shown("deck").charts] == ["hashrate"]


def test_each_chart_keeps_its_own_scale(panel):
    above, below = panel.charts.slots
    assert (above.chart.view.log, below.chart.view.log) == (False, True)
    panel.charts.log.click()
    assert (above.chart.view.log, below.chart.view.log) == (True, True)
    below.choice.setCurrentIndex(below.choice.findData("puell"))
    assert below.chart.view.log is False
    below.choice.setCurrentIndex(below.choice.findData("bid"))
    assert below.chart.view.log is True


def test_the_tables_are_the_charts_values(panel):
    panel.charts.as_table.setChecked(True)
    slot = panel.charts.slots[0]
    header, rows = slot.chart.spec.table()
    assert slot.table.cells.rowCount() == len(rows)
    assert slot.table.cells.heading(0) == header[0]
    panel.replay(date(2025, 11, 10))
    assert slot.table.cells.cell(0, 0) <= "2025-11-11"


def test_the_time_machine_is_labelled_and_goes_back_to_now(panel):
    panel.replays.setChecked(True)
    panel.day.setDate(QDate(2025, 11, 10))
    assert panel.as_of == date(2025, 11, 10)
    assert "Replay" in panel.said.label.text()
    assert panel.deck.view.moment == datetime(2025, 11, 11, tzinfo=UTC)
    assert figure_of(panel, "Hash rate: Hash ribbons") == "expansion"
    panel.replays.setChecked(False)
    assert panel.as_of is None
    assert panel.said.label.text() == ""
    assert figure_of(panel, "Hash rate: Hash ribbons") == "capitulation"


def test_no_day_that_is_not_over_can_be_replayed(panel):
    assert panel.day.maximumDate() == QDate(2026, 2, 25)
    panel.replay(date(2026, 3, 9))
    assert panel.as_of == date(2026, 2, 25)


def test_an_edit_redraws_what_hangs_on_it_and_derives_nothing_anew(panel, bridge):
    trend = panel.deck.view.trend
    bridge.edit("security.fleet_efficiency_j_per_th", 37.0)
    assert panel.deck.view.trend is trend
    assert panel.deck.view.fleet_efficiency_j_per_th == 37.0
    assert "37" in panel.charts.slots[1].chart.spec.caption


def test_the_assumptions_are_typed_on_the_page(panel, bridge, qtbot):
    row = panel.figures.form.rows["security.attack_hours"]
    before = figure_of(panel, "Security: An attack costs")
    row.edit.selectAll()
    qtbot.keyClicks(row.edit, "8760")
    qtbot.keyClick(row.edit, Qt.Key.Key_Return)
    assert bridge.snapshot.inputs.security.attack_hours == 8_760
    assert figure_of(panel, "Security: An attack costs") != before


def test_the_views_and_their_tables(panel):
    panel.choose_view(EPOCHS)
    epochs = panel.tables[EPOCHS].table.shown
    assert epochs.rowCount() == len(panel.deck.view.trend.difficulty)
    assert epochs.cell(0, 0).startswith("11 Feb 2026")
    assert epochs.cell(epochs.rowCount() - 1, 0).startswith("4 Dec 2024"), "newest first"
    assert epochs.cell(0, 5) == NOTHING, "the running epoch has no length yet"
    panel.choose_view(CASE)
    assert panel.tables[CASE].table.shown.rowCount() == 13
    assert "figures hold" in panel.tables[CASE].said.variants[0]
    panel.choose_view(CHARTS)
    assert panel.view_name == CHARTS


def test_a_table_scrolls_by_itself_and_not_the_page_with_it(panel):
    panel.resize(940, 380)
    outer = panel._stack.parentWidget().parentWidget().verticalScrollBar()
    for view, scrolls in ((CHARTS, True), (EPOCHS, False), (CHARTS, True)):
        panel.choose_view(view)
        QApplication.processEvents()
        assert (outer.maximum() > 0) is scrolls, view


def test_the_case_replays_the_end_of_january(panel):
    panel.choose_view(CASE)
    panel.tables[CASE].replay.click()
    assert panel.as_of == date(2026, 1, 31)
    assert panel.view_name == CASE


def test_help_is_shown_by_its_button(panel):
    slot = panel.charts.slots[0]
    assert "capitulate" in slot.help.accessibleDescription()
    assert not slot.told.isVisible()
    slot.help.click()
    assert slot.told.isVisible()
    slot.choice.setCurrentIndex(slot.choice.findData("puell"))
    assert "365 days" in slot.told.text()


def test_the_other_theme(panel):
    panel._restyle(DARK)
    panel.charts._restyle(DARK)
    for slot in panel.charts.slots:
        assert slot.chart.theme is DARK


# -- published values -------------------------------------------------------------------------------------------------


def fill(form, **texts):
    for name, text in texts.items():
        form.edits[name].setText(text)


def published_rows(panel):
    shown = panel.tables[PUBLISHED].table.shown
    return [[shown.cell(row, column) for column in range(9)] for row in range(shown.rowCount())]


def test_a_value_of_ones_own_is_judged_kept_and_taken_away(panel, bridge, monkeypatch):
    monkeypatch.setattr("minerdesk.desk.MERGE_WITHIN_S", 0.0)  # two quick edits of a table are one step
    panel.choose_view(PUBLISHED)
    view = panel.tables[PUBLISHED]
    before = len(published_rows(panel))
    view.add.click()
    (form,) = [found for found in panel.findChildren(PublishedForm) if found.isVisible()]
    fill(form, day="2026-02-20", hashprice_usd_per_ph_day="50,5", fee_share="0.6", source="A <b>page</b>")
    form._check()
    assert bridge.snapshot.tables["published"] == (
        {"day": "2026-02-20", "hashprice_usd_per_ph_day": 50.5, "fee_share": 0.006, "source": "A <b>page</b>"},
    )
    rows = published_rows(panel)
    assert len(rows) == before + 1
    (own,) = [row for row in rows if row[0] == "20 Feb 2026"]
    assert own[8] == "A <b>page</b> (own)"
    assert own[6] in ("agrees", "differs")
    view.table.selectRow(rows.index(own))
    assert view.remove.isEnabled()
    view.remove.click()
    assert len(published_rows(panel)) == before
    bridge.undo()
    assert len(published_rows(panel)) == before + 1


def test_bundled_values_cant_be_removed(panel):
    panel.choose_view(PUBLISHED)
    panel.tables[PUBLISHED].table.selectRow(0)
    assert not panel.tables[PUBLISHED].remove.isEnabled()


def test_what_is_wrong_is_said_at_its_field(panel):
    panel.choose_view(PUBLISHED)
    panel.tables[PUBLISHED].add.click()
    (form,) = [found for found in panel.findChildren(PublishedForm) if found.isVisible()]
    fill(form, day="16.1.2026", hashprice_usd_per_ph_day="x")
    form._check()
    assert "write a date like" in form.notes["day"].text()
    assert form.notes["hashprice_usd_per_ph_day"].text()
    assert form.isVisible()
    form.reject()


# -- exports ----------------------------------------------------------------------------------------------------------


def test_the_exported_page_shows_what_the_screen_shows(panel, bridge):
    panel.replay(date(2025, 11, 10))
    panel.charts.slots[0].chart.set_range("3M")
    shown = panel.shown("deck")
    figure = render.page(bridge.snapshot, "deck", shown)
    assert [spec.name for spec, _ in figure.charts] == list(FIRST)
    assert figure.charts[0][1] == panel.charts.slots[0].chart.view
    text = export.render(figure, "svg").decode()
    assert "as known at the end of 10 Nov 2025" in text


def test_without_a_window_the_page_opens_as_on_a_first_visit(session, qapp):
    figure = render.page(session.desk.snapshot(), "deck")
    assert [spec.name for spec, _ in figure.charts] == list(FIRST)
    assert [view.log for _, view in figure.charts] == [False, True]


def test_the_tables_of_the_page_as_json_and_of_a_past_day(session):
    snapshot = session.desk.snapshot()
    now = json.loads(table_bytes(snapshot, "json", "deck"))
    past = json.loads(table_bytes(snapshot, "json", "deck", date(2025, 11, 10)))
    assert {"network", "epochs", "indicators", "published", "january 2026"} <= set(now)
    assert len(now["indicators"]) == DAYS
    assert past["indicators"][-1]["date"] == "2025-11-10"
    assert past["indicators"][-1]["hashrate_7d_eh_s"] == pytest.approx(
        now["indicators"][len(past["indicators"]) - 1]["hashrate_7d_eh_s"]
    )
    figures = {row["figure"]: row for row in now["network"]}
    assert figures["Distance from the peak"]["value"] == pytest.approx(0.9 / 1.15 - 1)
    assert figures["Security budget"]["unit"] == "$/MWh"


def test_the_page_in_a_workbook_and_as_text(session):
    snapshot = session.desk.snapshot()
    assert table_bytes(snapshot, "xlsx", "deck").startswith(b"PK")
    text = table_bytes(snapshot, "md", "deck").decode()
    assert "January 2026" in text
    assert "Indicators by day" not in text


def test_sixteen_years_of_days_are_painted_point_by_point(session, qapp):
    """Every chart of 6,000 days can be painted for the screen; speed is told by tests/benchmark.py."""
    rng = np.random.default_rng(3)
    long = network(IMPLIED * rng.normal(1, 0.05, 6_000))
    only(session, {name: one.cut(datetime(2026, 2, 26, tzinfo=UTC)) for name, one in long.items()})
    for spec in built(session).values():
        assert export.render(export.Figure(title="t", charts=((spec, View.of(spec)),)), "png")
