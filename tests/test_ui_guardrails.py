"""Guard-rails beside the fields of the input panel: said once a number is settled, gone when it is mended."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from minerdesk.session import open_session
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.fields import QuantityField
from minerdesk.ui.panels.inputs import InputsPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance, Mode

POWER, GPU_KW, PAYS = "power.price_usd_per_mwh", "gpu.meter_kw_per_gpu", "shell.power_passed_through"
ASIC_PRICE, EFFICIENCY = "mining.asic_price_usd_per_th", "mining.efficiency_j_per_th"


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Iterator[Bridge]:
    monkeypatch.setenv("MINERDESK_NOW", datetime(2026, 1, 16, 12, tzinfo=UTC).isoformat())
    session = open_session(offline=True)
    tasks = Tasks()
    bridge = Bridge(session, tasks)
    yield bridge
    bridge.stop()
    tasks.shutdown()
    session.close()


@pytest.fixture
def panel(qtbot: QtBot, bridge: Bridge, qapp: QApplication) -> InputsPanel:
    appearance = Appearance(qapp)
    appearance.apply(Mode.LIGHT)
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


def test_a_pitfall_is_said_beside_its_field_and_goes_when_it_is_mended(bridge: Bridge, panel: InputsPanel) -> None:
    row = quantity_row(panel, GPU_KW)
    bridge.edit(GPU_KW, 0.7)
    assert row.note.text.startswith("0.7 kW is the TDP")  # the label stands beside it
    assert "Usual is" not in row.note.text
    assert row.edit.property("level") == "warning"
    assert "TDP" in row.edit.accessibleDescription()
    bridge.edit(GPU_KW, 1.73)
    assert row.note.text == ""
    assert not row.edit.property("level")


def test_nothing_is_said_of_a_number_that_is_still_being_typed(
    qtbot: QtBot, bridge: Bridge, panel: InputsPanel
) -> None:
    row = quantity_row(panel, POWER)
    row.edit.setFocus()
    row.edit.selectAll()
    qtbot.keyClicks(row.edit, "5")
    assert bridge.snapshot.inputs.power.price_usd_per_mwh == 5
    assert row.note.text == ""
    row.edit.editingFinished.emit()
    assert "¢/kWh" in row.note.text
    row.edit.selectAll()
    qtbot.keyClicks(row.edit, "58")
    row.edit.editingFinished.emit()
    assert row.note.text == ""


def test_an_edit_elsewhere_can_raise_and_still_a_warning(bridge: Bridge, panel: InputsPanel) -> None:
    row = quantity_row(panel, ASIC_PRICE)
    assert "sunk fleet" in row.note.text  # a note: good to know, nothing wrong
    assert row.edit.property("level") == "note"
    bridge.edit(EFFICIENCY, 13.5)
    assert row.edit.property("level") == "warning"
    assert "13.5 J/TH" in row.note.text
    bridge.edit(EFFICIENCY, 17.5)
    assert row.edit.property("level") == "note"


def test_a_switch_says_it_too(bridge: Bridge, panel: InputsPanel) -> None:
    row = panel.rows[PAYS]
    bridge.edit(PAYS, False)
    assert "out of 73.8 $/MWh of rent" in row.note.text
    bridge.edit(POWER, 20.0)
    assert row.note.text == ""


def test_a_refused_number_is_not_hidden_by_a_guard_rail(qtbot: QtBot, bridge: Bridge, panel: InputsPanel) -> None:
    row = quantity_row(panel, GPU_KW)
    bridge.edit(GPU_KW, 0.7)
    row.edit.setFocus()
    row.edit.selectAll()
    qtbot.keyClicks(row.edit, "900")
    row.edit.editingFinished.emit()
    assert row.edit.property("level") == "error"
    bridge.publish(bridge.session.desk.apply({POWER: 60.0}))
    assert "must lie between" in row.note.text
