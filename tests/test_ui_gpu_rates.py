"""Rental rates of GPUs on the network's page and among the catalogues: side by side, never joined, taken as input."""

import numpy as np
import pytest
from loopback import NOW
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from sample_desk import session_at
from sample_rates import sample_rates

from minerdesk.network_report import network_view
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.deck.frame import Deck
from minerdesk.ui.deck.registry import DECK
from minerdesk.ui.panels.catalogue import CatalogueMenu
from minerdesk.ui.panels.deck import RATES, DeckPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance
from minerdesk.words import NOTHING, plain


@pytest.fixture
def bridge(monkeypatch, qapp):
    session = session_at(monkeypatch)
    session.desk.observe([], [], gpu_rates=sample_rates(NOW))
    tasks = Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()
    session.close()


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


def test_rates_of_every_source_stand_side_by_side_and_one_is_taken_as_the_input(panel, bridge):
    panel.choose_view(RATES)
    view = panel.tables[RATES]
    cells = [[view.table.model().index(row, column).data() for column in range(10)] for row in range(3)]
    assert [row[0] for row in cells] == ["B200"] * 3
    assert [row[8].split(",")[0] for row in cells] == ["gpurentalprices.com", "GetDeploying", "Lambda"]
    assert [row[1] for row in cells] == ["5.30", "6.50", "5.14"]
    assert cells[1][2] == NOTHING, "it tells no quartiles"
    assert "weekly" in cells[1][5]
    assert "CC BY 4.0" in view.caption.text()
    assert "the same 5 providers" in view.said.toolTip() or "the same 5 providers" in view.said.text()
    assert not view.use.isEnabled()
    view.table.selectRow(1)
    assert view.use.isEnabled()
    view.use.click()
    assert bridge.snapshot.inputs.gpu.rate_usd_per_gpu_hour == 6.5
    assert view.table.selectionModel().selectedRows()[0].row() == 1, "the selection stays"


def test_a_line_of_rates_never_goes_from_one_panel_to_another(bridge):
    snapshot = bridge.snapshot
    spec = DECK["gpu_rates"].build(Deck(snapshot=snapshot, view=network_view(snapshot)))
    assert [found.label for found in spec.curves] == [
        "B200 weekly, GetDeploying",
        "B200 daily, same 5 providers",
        "H100 daily, same 5 providers",
    ]
    lines = {found.name: found for found in spec.curves}
    daily = lines["b200_1"]
    assert set(np.round(daily.values, 6)) == {6.0, 6.3}, "the two that joined at 3.00 are not of it"
    assert lines["b200_0"].low is None
    assert "the same 5 providers" in spec.title
    assert "gpurentalprices.com, CC BY 4.0" in spec.caption


def test_the_catalogue_lists_the_rates_of_the_moment(bridge, qtbot):
    menu = CatalogueMenu(bridge)
    qtbot.addWidget(menu)
    menu.aboutToShow.emit()
    (rates,) = [action.menu() for action in menu.actions() if action.text() == "GPU rental rate"]
    rates.aboutToShow.emit()
    labels = {plain(action.text()): action for action in rates.findChildren(QAction) if action.menu() is None}
    labels["5.14 $/GPU-h, Lambda"].trigger()
    assert bridge.snapshot.inputs.gpu.rate_usd_per_gpu_hour == 5.14
    bridge.session.desk.observe(
        [], [], gpu_rates=[rate._replace(median=4.5) for rate in sample_rates(NOW, days=0) if rate.source == "lambda"]
    )
    bridge.edit("gpu.rate_usd_per_gpu_hour", 3.0)
    rates.aboutToShow.emit()
    assert any("4.50" in action.text() for sub in rates.actions() for action in sub.menu().actions())
