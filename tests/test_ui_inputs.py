"""The input panel over a real session: what is typed reaches the results, what is observed is shown."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from minerdesk.economics.field import DESK
from minerdesk.economics.schema import DEFAULTS, FIELDS
from minerdesk.observations import Observation, Origin
from minerdesk.session import open_session
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.fields import QuantityField
from minerdesk.ui.panels.inputs import GPU_MEDIAN, GPU_RATE, GROUPS, InputsPanel
from minerdesk.ui.panels.networkfield import NetworkField
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance, Mode
from minerdesk.words import NOTHING, THIN

POWER, PRICE, HASHPRICE = "power.price_usd_per_mwh", "network.btc_price_usd", "network.hashprice_usd_per_ph_day"
NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Iterator[Bridge]:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    session = open_session(offline=True)
    tasks = Tasks()
    bridge = Bridge(session, tasks)
    yield bridge
    bridge.stop()
    tasks.shutdown()
    session.close()


@pytest.fixture
def appearance(qapp: QApplication) -> Appearance:
    appearance = Appearance(qapp)
    appearance.apply(Mode.LIGHT)
    return appearance


@pytest.fixture
def panel(qtbot: QtBot, bridge: Bridge, appearance: Appearance) -> InputsPanel:
    panel = InputsPanel(bridge, appearance)
    bridge.changed.connect(panel.render_snapshot)
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    panel.activateWindow()
    qtbot.waitActive(panel)
    return panel


def quantity_row(panel: InputsPanel, key: str) -> QuantityField:
    row = panel.rows[key]
    assert isinstance(row, QuantityField)
    return row


def network_row(panel: InputsPanel, key: str) -> NetworkField:
    row = panel.rows[key]
    assert isinstance(row, NetworkField)
    return row


def observe(bridge: Bridge, quantity: str, value: float, *, minutes: float = 2) -> None:
    then = NOW - timedelta(minutes=minutes)
    found = Observation(
        quantity=quantity, value=value, unit="", as_of=then, fetched_at=then, source="coinbase", origin=Origin.NETWORK
    )
    bridge.publish(bridge.session.desk.observe([found], ()))


def type_over(qtbot: QtBot, row: QuantityField, text: str) -> None:
    row.edit.setFocus()
    row.edit.selectAll()
    qtbot.keyClicks(row.edit, text)


def edits_of(bridge: Bridge) -> list[object]:
    seen: list[object] = []
    bridge.edited.connect(lambda: seen.append(dict(bridge.snapshot.values)))
    return seen


def test_an_edit_reaches_the_results_while_it_is_typed(qtbot: QtBot, bridge: Bridge, panel: InputsPanel) -> None:
    type_over(qtbot, quantity_row(panel, POWER), "58.5")
    assert bridge.snapshot.inputs.power.price_usd_per_mwh == 58.5
    assert (
        bridge.snapshot.results.businesses[next(iter(bridge.snapshot.results.businesses))].power_cost_usd_per_mwh
        == 58.5
    )


def test_showing_edits_nothing_and_leaves_the_focus(qtbot: QtBot, bridge: Bridge, panel: InputsPanel) -> None:
    seen = edits_of(bridge)
    row = quantity_row(panel, POWER)
    type_over(qtbot, row, "-")
    bridge.publish(bridge.session.desk.apply({"gpu.rate_usd_per_gpu_hour": 3.5}))
    observe(bridge, "btc_price_usd", 95_546.0)
    assert seen == []
    assert row.edit.hasFocus()
    assert row.edit.text() == "-"
    assert quantity_row(panel, GPU_RATE).edit.text() == "3.5"


def test_every_input_has_a_row_and_the_featured_ones_stand_open(panel: InputsPanel) -> None:
    of_desk = {key: field for key, field in FIELDS.items() if field.page == DESK}
    assert set(panel.rows) == set(of_desk)
    visible = {key for key, row in panel.rows.items() if row.isVisibleTo(panel)}
    assert visible == {key for key, field in of_desk.items() if field.featured}


def test_a_folded_group_opens_and_is_remembered(
    qtbot: QtBot, bridge: Bridge, panel: InputsPanel, appearance: Appearance
) -> None:
    panel.folds["Network"].heading.click()
    assert panel.rows[PRICE].isVisibleTo(panel)
    assert bridge.session.preferences.folded_groups is not None
    assert set(bridge.session.preferences.folded_groups) >= set(GROUPS) - {"Network"}
    assert "Network" not in bridge.session.preferences.folded_groups
    again = InputsPanel(bridge, appearance)
    qtbot.addWidget(again)
    assert not again.folds["Network"].is_folded
    assert again.folds["Mining"].is_folded


def test_a_folded_group_says_how_many_of_its_inputs_are_changed(bridge: Bridge, panel: InputsPanel) -> None:
    bridge.edit_all({"mining.pool_fee_fraction": 0.01, "mining.opex_usd_per_mwh": 5.0, POWER: 60.0})
    assert panel.folds["Mining"].count.text() == "2 changed"
    assert "2 changed" in panel.folds["Mining"].heading.accessibleName()
    assert panel.folds["Power"].count.text() == ""  # the price stands open above


def test_reset_all_is_one_step(bridge: Bridge, panel: InputsPanel) -> None:
    assert not panel.reset_all.isEnabled()
    bridge.edit_all({POWER: 60.0, "colo.power_passed_through": False})
    bridge.edit(PRICE, 90_000.0)
    seen = edits_of(bridge)
    panel.reset_all.click()
    assert dict(bridge.snapshot.values) == dict(DEFAULTS)
    assert len(seen) == 1
    bridge.undo()
    assert bridge.snapshot.values[PRICE] == 90_000.0


def test_a_network_value_is_shown_with_its_state_and_age(bridge: Bridge, panel: InputsPanel) -> None:
    row = network_row(panel, PRICE)
    assert "bundled" in row.state.text
    assert "of " in row.state.text  # expired: told by its date
    observe(bridge, "btc_price_usd", 95_546.4)
    assert row.edit.text() == f"95{THIN}546"
    assert row.state.text == "live · 2 min"
    assert row.edit.isReadOnly()


def test_an_unknown_network_value_is_a_dash_that_says_what_fills_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, bridge: Bridge, panel: InputsPanel
) -> None:
    monkeypatch.setattr(bridge.session.desk.pools, "values", {})
    bridge.publish(bridge.session.desk.snapshot())
    row = network_row(panel, PRICE)
    assert row.edit.text() == NOTHING
    assert "lock to type one" in row.state.text
    row.margin_button.click()
    assert not row.edit.isReadOnly()
    assert bridge.snapshot.values[PRICE] is None
    qtbot.keyClicks(row.edit, "95000")
    assert bridge.snapshot.values[PRICE] == 95_000.0


def test_the_lock_takes_the_value_over_and_gives_it_back(qtbot: QtBot, bridge: Bridge, panel: InputsPanel) -> None:
    panel.folds["Network"].heading.click()
    observe(bridge, "btc_price_usd", 95_546.4)
    row = network_row(panel, PRICE)
    row.margin_button.click()
    assert bridge.snapshot.values[PRICE] == 95_546.4
    assert row.state.text == "typed 16 Jan 2026, 12:00"
    assert row.edit.hasFocus()
    qtbot.keyClicks(row.edit, "90000")
    assert bridge.snapshot.results.network.btc_price_usd == 90_000.0
    row.margin_button.click()
    assert bridge.snapshot.values[PRICE] is None
    assert row.edit.text() == f"95{THIN}546"
    assert row.edit.isReadOnly()
    assert not row.margin_button.isChecked()


def test_an_emptied_network_value_is_given_back(qtbot: QtBot, bridge: Bridge, panel: InputsPanel) -> None:
    bridge.edit(PRICE, 90_000.0)
    row = network_row(panel, PRICE)
    assert row.margin_button.isChecked()
    row.edit.clear()
    row.edit.setModified(True)
    qtbot.keyClick(row.edit, Qt.Key.Key_Return)
    assert bridge.snapshot.values[PRICE] is None
    assert row.edit.isReadOnly()


@pytest.mark.parametrize("key", [key for key, field in FIELDS.items() if field.optional and field.page == DESK])
def test_taking_over_changes_no_result_that_is_shown(bridge: Bridge, panel: InputsPanel, key: str) -> None:
    for quantity, value in (
        ("btc_price_usd", 95_546.37),
        ("difficulty", 146_472_570_619_930.78),
        ("tip_height", 932_145),
    ):
        observe(bridge, quantity, value)
    before = bridge.snapshot.results.network.hashprice_usd_per_ph_day
    row = network_row(panel, key)
    row.margin_button.click()
    assert bridge.snapshot.values[key] is not None
    assert bridge.snapshot.results.network.hashprice_usd_per_ph_day == pytest.approx(before, rel=1e-6)
    assert len(row.edit.text()) <= 10  # as much as the field shows


def test_a_hashprice_can_be_typed_in_satoshis(qtbot: QtBot, bridge: Bridge, panel: InputsPanel) -> None:
    observe(bridge, "btc_price_usd", 100_000.0)
    row = network_row(panel, HASHPRICE)
    next(action for action in row.unit_button.menu().actions() if "sats" in action.text()).trigger()
    assert bridge.session.preferences.display_units["$/PH/day"] == "sats/PH/day"
    row.margin_button.click()
    row.edit.selectAll()
    qtbot.keyClicks(row.edit, "41000")
    assert bridge.snapshot.inputs.network.hashprice_usd_per_ph_day == pytest.approx(41.0)


def test_a_unit_is_chosen_once_for_every_input_of_it(bridge: Bridge, panel: InputsPanel) -> None:
    bridge.edit_all({POWER: 58.5, "mining.opex_usd_per_mwh": 3.0})
    seen = edits_of(bridge)
    published: list[object] = []
    bridge.changed.connect(published.append)
    actions = quantity_row(panel, POWER).unit_button.menu().actions()
    next(action for action in actions if action.text() == "¢/kWh").trigger()
    assert quantity_row(panel, POWER).edit.text() == "5.85"
    assert quantity_row(panel, "mining.opex_usd_per_mwh").edit.text() == "0.3"
    assert bridge.snapshot.values[POWER] == 58.5
    assert seen == []
    assert len(published) == 1  # the other panels hear of it


def test_the_observed_gpu_median_can_be_used(bridge: Bridge, panel: InputsPanel) -> None:
    found = bridge.snapshot.observed(GPU_MEDIAN)
    assert found is not None
    assert f"{found.value:.2f}" in panel.suggestion.value.text()
    assert "bundled" in panel.suggestion.note.text
    panel.suggestion.button.click()
    assert bridge.snapshot.values[GPU_RATE] == found.value
    assert not panel.suggestion.button.isEnabled()


def test_a_refused_edit_is_told_at_its_field(bridge: Bridge, panel: InputsPanel) -> None:
    assert not bridge.edit(POWER, 1e9)
    row = quantity_row(panel, POWER)
    assert "must lie between" in row.note.text
    assert row.edit.text() == "50"


def test_undo_reaches_the_panel_and_the_field_with_the_focus(qtbot: QtBot, bridge: Bridge, panel: InputsPanel) -> None:
    row = quantity_row(panel, POWER)
    type_over(qtbot, row, "58")
    qtbot.keyClick(row.edit, Qt.Key.Key_Return)
    bridge.undo()
    assert row.edit.hasFocus()
    assert row.edit.text() == "50"


def test_a_german_desktop_changes_nothing(qtbot: QtBot, bridge: Bridge, panel: InputsPanel) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        type_over(qtbot, quantity_row(panel, GPU_RATE), "0.07")
        assert bridge.snapshot.values[GPU_RATE] == 0.07
        type_over(qtbot, quantity_row(panel, GPU_RATE), "2,90")
        assert bridge.snapshot.values[GPU_RATE] == 2.9
    finally:
        QLocale.setDefault(before)


def test_tab_goes_through_everything_and_everything_has_a_name(panel: InputsPanel) -> None:
    for fold in panel.folds.values():
        fold.fold(False)
    stops: list[QWidget] = []
    widget = panel.reset_all.nextInFocusChain()
    while widget is not panel.reset_all:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and panel.isAncestorOf(widget):
            stops.append(widget)
        widget = widget.nextInFocusChain()
    controls = [row.control for row in panel.rows.values()]
    assert set(controls) <= set(stops)
    named = [stop for stop in stops if stop.focusProxy() is None]
    assert [stop for stop in named if not stop.accessibleName()] == []
    wanted = sorted(controls, key=lambda control: control.mapTo(panel, control.rect().topLeft()).y())
    assert [stop for stop in stops if stop in controls] == wanted


def test_every_label_leads_to_its_control(panel: InputsPanel) -> None:
    for row in panel.rows.values():
        assert row.label.buddy() is row.control
    marked = [row.label.text() for row in panel.rows.values() if "&" in row.label.text()]
    letters = [text[text.index("&") + 1].lower() for text in marked]
    assert len(letters) == 5
    assert len(set(letters)) == 5
    assert not set(letters) & set("fevdhc")  # the menus, and the basis of the chart


@pytest.mark.parametrize("mode", [Mode.LIGHT, Mode.DARK])
def test_nothing_is_clipped_at_its_width(
    qtbot: QtBot, bridge: Bridge, panel: InputsPanel, appearance: Appearance, mode: Mode
) -> None:
    appearance.apply(mode)
    for fold in panel.folds.values():
        fold.fold(False)
    bridge.edit_all({"colo.capex_usd_per_it_mw": 12_500_000.0, POWER: 1234.56})
    panel.resize(300, 1_900)
    qtbot.wait(1)
    assert panel.width() == 300
    for row in panel.rows.values():
        assert row.width() <= 300
        for label in row.findChildren(QLabel):
            if label.isVisible() and label.text() and not label.wordWrap():
                assert label.sizeHint().width() <= label.width()
        if isinstance(row, QuantityField):
            text_px = row.edit.fontMetrics().horizontalAdvance(row.edit.text())
            assert text_px <= row.edit.width() - 12, row.field.key
