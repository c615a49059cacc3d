"""The page of hourly power: the painted curve, the choice of markets, files and rates, and the exported page."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.economics.dispatch import dispatch
from minerdesk.economics.prices import PowerChoice
from minerdesk.errors import InputError
from minerdesk.power_report import contracts_table, power_table
from minerdesk.price_files import read_prices
from minerdesk.ui import power, render
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export
from minerdesk.ui.charts.duration import DurationSpec, Fact, FactRow, PriceLine, fact_rows, paint_duration, plot_rect
from minerdesk.ui.panels.power import PowerPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, LIGHT, Appearance
from minerdesk.words import THIN

HUBS = "utc_hour,hb_north_da,hb_west_rt\n" + "".join(
    f"2025-01-01T{hour:02}:00:00Z,{20 + hour},{10 * hour}\n" for hour in range(24)
)


def plain(text: str) -> str:
    return text.replace(THIN, " ")


# -- the painted curve ------------------------------------------------------------------------------------------------


def spec_of(**more: Any) -> DurationSpec:
    prices = np.linspace(200, 0, 200)
    lines = (PriceLine(label="stops", value=100.0, role="mining"),)
    return DurationSpec(
        title="t", unit="$/MWh", shares=np.arange(1, 201) / 200, prices=prices, stop_at=100.0, lines=lines, **more
    )


def painted(spec: DurationSpec, theme: Any, size: tuple[int, int] = (900, 420)) -> QImage:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(theme.colour("card"))
    painter = QPainter(image)
    paint_duration(painter, QRectF(0, 0, *size), theme, spec=spec)
    painter.end()
    return image


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_what_stopping_avoids_and_what_mining_keeps_are_tinted_apart(qapp: QApplication, theme: Any) -> None:
    spec = spec_of()
    image, plot = painted(spec, theme), plot_rect(QRectF(0, 0, 900, 420), spec)
    low, high = spec.price_range()

    def colour_at(share: float, price: float) -> QColor:
        y = plot.bottom() - (price - low) / (high - low) * plot.height()
        return image.pixelColor(round(plot.left() + share * plot.width()), round(y))

    card = theme.colour("card")
    assert colour_at(0.13, 130) != card, "dear hours, over the breakeven and under the curve"
    assert colour_at(0.87, 65) != card, "cheap hours, under the breakeven and over the curve"
    assert colour_at(0.13, 130) != colour_at(0.87, 65)
    assert colour_at(0.87, 130) == card
    assert colour_at(0.13, 65) == card


def test_the_axis_is_not_lost_to_a_single_spike() -> None:
    spike = np.concatenate([[5_000.0], np.linspace(60, -500, 399)])
    spec = DurationSpec(title="t", shares=np.arange(1, 401) / 400, prices=spike)
    low, high = spec.price_range()
    assert high < 70
    assert -500 <= low < -480
    flat = DurationSpec(title="t", shares=np.array([1.0]), prices=np.array([-10.0]))
    assert flat.price_range() == (-10.0, 1.0)


def test_facts_stand_beside_a_wide_curve_and_leave_a_narrow_one_the_room(qapp: QApplication) -> None:
    spec = spec_of(facts=(Fact(label="Value", value="$1"),))
    assert plot_rect(QRectF(0, 0, 900, 420), spec).right() < 900 - 230
    assert plot_rect(QRectF(0, 0, 400, 420), spec).right() > 370
    assert painted(spec, LIGHT) != painted(spec_of(), LIGHT)


def test_an_empty_curve_says_why(qapp: QApplication) -> None:
    blank = DurationSpec(title="t", shares=np.empty(0), prices=np.empty(0))
    said = DurationSpec(title="t", shares=np.empty(0), prices=np.empty(0), empty_text="Import a file.")
    assert painted(blank, LIGHT) != painted(said, LIGHT)
    assert power.duration_spec(None).empty_text.startswith("No market year")


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
    made.resize(960, 520)
    made.show()
    made.render_snapshot(bridge.snapshot)
    settle(qtbot, made, bridge)
    return made


def settle(qtbot: Any, panel: PowerPanel, bridge: Bridge) -> None:
    qtbot.waitUntil(lambda: not any(bridge.tasks.is_running(key) for key in ("power", "power import")), timeout=5_000)


def choose(panel: PowerPanel, key: str) -> None:
    panel.market.setCurrentIndex(panel.market.findData(key))


def test_the_first_start_shows_the_newest_year_of_the_usual_market(panel: PowerPanel, bridge: Bridge) -> None:
    assert panel.market.currentText() == "ERCOT West, real-time 2025"
    assert panel.market.count() == 14
    study = panel.study
    assert study is not None and study.found is not None
    stop_at = bridge.snapshot.results.breakevens.power_usd_per_mwh
    year = next(year for year in bridge.snapshot.market_years if year.key == "ercot_hb_west_rt_2025")
    expected = dispatch(year.prices_per_mwh, stop_at, hours=year.hours / 200)
    assert study.found == expected
    assert f"${expected.option_value_usd_per_mwh:.2f} per MWh of capacity" in plain(panel.chart.accessibleName())
    assert "Option value of interruptibility" in panel.chart.accessibleDescription()
    assert "ERCOT settlement prices" in panel.chart.spec.caption
    assert not panel.rate.isVisible()


def test_what_is_paid_on_top_lowers_the_price_to_stop_at(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    before = panel.study.stop_at_usd_per_mwh
    bridge.edit("power.adder_usd_per_mwh", 12.0)
    settle(qtbot, panel, bridge)
    assert panel.study.stop_at_usd_per_mwh == pytest.approx(before - 12)
    assert plain(panel.chart.spec.lines[0].label) == "your all-in price 62.0"


def test_another_currency_is_dispatched_only_at_a_typed_rate(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    choose(panel, "de_lu_da_2025_eur")
    settle(qtbot, panel, bridge)
    assert panel.study.found is None
    assert panel.chart.spec.unit == "EUR/MWh"
    assert "prices in EUR" in panel.chart.accessibleName()
    assert panel.chart.spec.lines == (), "no line in dollars lies on a curve in euros"
    assert panel.rate.isVisible()
    for typed in ("x", "0", "-1", "nan"):
        panel.rate.setText(typed)
        panel.rate.editingFinished.emit()
        assert panel._typed_rate() is None
    euros = float(panel.study.curve[0])
    panel.rate.setText("1,2")
    panel.rate.editingFinished.emit()
    settle(qtbot, panel, bridge)
    assert panel.study.curve[0] == pytest.approx(1.2 * euros)
    assert panel.study.found is not None
    assert "1.2 $ per EUR" in panel.chart.spec.caption
    assert bridge.session.preferences.power_market == "de_lu_da_2025_eur"


def test_a_file_is_read_and_its_columns_are_offered(
    panel: PowerPanel, bridge: Bridge, qtbot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "hubs.csv"
    path.write_text(HUBS)
    panel.getter.import_file(path)
    settle(qtbot, panel, bridge)
    assert panel.market.currentText() == "hubs.csv, hb_north_da"
    assert panel.part.isVisible()
    assert "24 rows used" in panel.said.variants[0]
    panel.part.setCurrentIndex(panel.part.findText("hb_west_rt"))
    settle(qtbot, panel, bridge)
    settle(qtbot, panel, bridge)
    assert panel.market.currentText() == "hubs.csv, hb_west_rt"
    assert panel.part.currentText() == "hb_west_rt"
    assert panel.study.curve[0] == 230.0
    assert panel.study.found.hours == 24
    choose(panel, "ercot_hb_north_da_2024")
    settle(qtbot, panel, bridge)
    assert not panel.part.isVisible()
    assert panel.study.market.label == "ERCOT North, day-ahead 2024"


def test_a_file_that_changed_is_read_again(panel: PowerPanel, bridge: Bridge, qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    for highest in (70.0, 90.0):
        path.write_text(f"price\n{highest}\n20\n")
        panel.getter.import_file(path)
        settle(qtbot, panel, bridge)
        qtbot.waitUntil(lambda: not bridge.tasks.is_running("power"))
        assert panel.study.curve[0] == highest


@pytest.mark.parametrize(
    ("way", "body"),
    [
        ("import_file", b"these are, no prices\nat all, really\n"),
        ("import_file", b""),
        ("import_file", b"\0\1\2" * 99),
        ("import_table", b""),
        ("import_table", b"\0\1\2" * 99),
    ],
)
def test_a_file_that_is_none_is_said_and_changes_nothing(
    panel: PowerPanel, bridge: Bridge, qtbot: Any, tmp_path: Path, way: str, body: bytes
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(body)
    before = panel.study
    with qtbot.waitSignal(bridge.failed) as failed:
        getattr(panel.getter, way)(path)
    assert isinstance(failed.args[0], InputError)
    assert str(failed.args[0]).startswith("notes.txt: ")
    assert "The prices are as they were. " in str(failed.args[0])
    assert panel.study is before
    assert panel.import_button.isEnabled()


def test_pointer_keys_and_table_read_the_curve(panel: PowerPanel, qtbot: Any) -> None:
    plot = plot_rect(QRectF(panel.chart.rect()), panel.chart.spec)
    qtbot.mouseMove(panel.chart, QPointF(plot.left() + 0.9 * plot.width(), plot.center().y()).toPoint())
    assert "mining runs" in panel.said.variants[0]
    qtbot.keyClick(panel.chart, Qt.Key.Key_Left)
    assert "of the hours cost more than" in panel.said.variants[0]
    panel._table_button.click()
    cells = panel.table.cells
    assert cells.rowCount() == 200
    assert (cells.cell(0, 1), cells.cell(0, 2)) == (388.85, "stopped")
    assert cells.cell(199, 2) == "runs"


def test_before_any_year_is_over_the_page_asks_for_a_file(
    qtbot: Any, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, tasks = session_at(monkeypatch, "2023-05-01T12:00:00Z", offline=True), Tasks()
    bridge = Bridge(session, tasks)
    panel = PowerPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    panel.render_snapshot(bridge.snapshot)
    assert panel.study is None
    assert "Import a file" in panel.chart.spec.empty_text
    assert power.plate(None).caption == ""
    bridge.stop()
    tasks.shutdown()
    session.close()


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_the_exported_page_says_what_the_screen_says(panel: PowerPanel, bridge: Bridge, theme_name: str) -> None:
    figure = render.page(bridge.snapshot, "power", panel.shown("power"), theme_name=theme_name)
    drawing = export.render(figure, "svg").decode()
    assert "mining stops above" in drawing
    assert "Option value of interruptibility" in drawing
    assert "ERCOT settlement prices" in drawing
    assert figure.sentence.startswith("Being able to stop is worth")
    usual = render.page(bridge.snapshot, "power")
    assert usual.sentence == figure.sentence, "without a page on screen the usual market is drawn"


def test_the_workbook_lists_every_market_year(bridge: Bridge) -> None:
    table = power_table(bridge.snapshot)
    rows = {row[0]: dict(zip((column.key for column in table.columns), row, strict=True)) for row in table.rows}
    assert len(rows) == 14
    west, germany = rows["ERCOT West, real-time 2025"], rows["Germany-Luxembourg, day-ahead 2025"]
    assert west["breakeven_usd_per_mwh"] == bridge.snapshot.stop_at_usd_per_mwh
    gained = west["optimal_usd_per_mw"] - west["always_on_usd_per_mw"]
    assert west["option_value_usd_per_mwh"] == pytest.approx(gained / 8_760)
    assert germany["mean_price_per_mwh"] == pytest.approx(89.3, abs=0.5)
    assert germany["option_value_usd_per_mwh"] is None, "euros are not dollars"
    bridge.session.desk.apply({"power.adder_usd_per_mwh": 5.0})
    assert bridge.session.desk.snapshot().stop_at_usd_per_mwh == pytest.approx(west["breakeven_usd_per_mwh"] - 5)


def test_the_workbook_has_the_scenarios_own_prices_first(bridge: Bridge) -> None:
    prices = read_prices(b"time,price\n2025-01-01T00:00Z,20\n2025-01-01T01:00Z,2000\n2025-01-01T02:00Z,40\n")
    bridge.session.desk.lay_power(PowerChoice(market="", prices=replace(prices, name="mine.csv")))
    table = power_table(bridge.session.desk.snapshot())
    keys = [column.key for column in table.columns]
    own = dict(zip(keys, table.rows[0], strict=True))
    assert (own["market"], own["hours"], own["run_hours"]) == ("mine.csv, price", 3, 2)
    assert own["mean_price_per_mwh"] == pytest.approx(2_060 / 3)
    assert own["option_value_usd_per_mwh"] == pytest.approx((2_000 - own["breakeven_usd_per_mwh"]) / 3)
    costs = contracts_table(bridge.session.desk.snapshot())
    assert [row[0] for row in costs.rows[:5]] == ["mine.csv, price"] * 4 + [table.rows[1][0]]
    assert costs.rows[2][3] == pytest.approx(30), "mining takes 20 and 40 alone"
    assert costs.rows[2][4] == pytest.approx(2_060 / 3), "firm AI takes every hour of the index"


def test_own_prices_without_a_rate_are_a_row_of_prices_alone(bridge: Bridge) -> None:
    prices = read_prices(b"price_eur_mwh\n20\n40\n")
    bridge.session.desk.lay_power(PowerChoice(prices=prices))
    row = power_table(bridge.session.desk.snapshot()).rows[0]
    assert (row[1], row[2], row[6]) == ("EUR", 30, 2)
    assert set(row[7:]) == {None}


# -- facts where there is little room ---------------------------------------------------------------------------------

NINE = tuple(
    Fact(label=f"Fact {n}", value=f"${n}.00", note="more of it, in words that take two lines or so") for n in range(9)
)


def test_facts_with_room_are_written_whole() -> None:
    rows = fact_rows(NINE, QSizeF(232, 900))
    assert [row.note for row in rows] == [fact.note for fact in NINE]


def test_facts_short_of_room_give_up_their_notes_before_any_is_left_out(qapp: QApplication) -> None:
    rows = fact_rows(NINE, QSizeF(232, 290))
    assert [row.fact for row in rows] == list(NINE)
    assert (rows[0].note, rows[-1].note) == (NINE[0].note, "")
    assert rows[1].note == NINE[1].note, "what room is left goes to notes, from the top"
    assert sum(row.height(232) + row.gap_px for row in rows) - rows[-1].gap_px <= 290


def test_facts_that_have_no_room_at_all_are_counted(qapp: QApplication) -> None:
    rows = fact_rows(NINE, QSizeF(232, 130))
    assert 1 < len(rows) < 9
    full, cut = (
        painted(spec_of(facts=NINE), LIGHT, (900, 160)),
        painted(spec_of(facts=rows_facts(rows)), LIGHT, (900, 160)),
    )
    assert full != cut, "how many more there are is written"


def rows_facts(rows: list[FactRow]) -> tuple[Fact, ...]:
    return tuple(row.fact for row in rows)


def test_hours_that_are_none_have_no_decimals() -> None:
    assert plain(power._hours(0.0)) == "0 h"
    assert plain(power._hours(2.5)) == "2.50 h"
