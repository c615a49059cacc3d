"""The rate of a currency: what a reply must be, and how the page of power takes it, with its date."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from loopback import NOW, Loopback
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.client import Client
from minerdesk.sources.frankfurter import fetch_rate, parse_latest
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.power import PowerPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance

BODY: dict[str, Any] = {"amount": 1.0, "base": "EUR", "date": "2026-01-15", "rates": {"USD": 1.1555}}


def test_a_rate_comes_with_its_day() -> None:
    rate = parse_latest(json.dumps(BODY).encode(), "EUR", now=NOW)
    assert (rate.currency, rate.usd_per_unit) == ("EUR", 1.1555)
    assert rate.note == "ECB reference rate of 15 Jan 2026, by Frankfurter"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"base": "USD"}, FailureKind.MALFORMED),
        ({"amount": 100}, FailureKind.MALFORMED),
        ({"rates": {"GBP": 0.86}}, FailureKind.MALFORMED),
        ({"rates": {"USD": None}}, FailureKind.MALFORMED),
        ({"rates": {"USD": 0}}, FailureKind.IMPLAUSIBLE),
        ({"rates": {"USD": -1.1}}, FailureKind.IMPLAUSIBLE),
        ({"rates": {"USD": 1e6}}, FailureKind.IMPLAUSIBLE),
        ({"date": "soon"}, FailureKind.MALFORMED),
        ({"date": "2026-01-17"}, FailureKind.IMPLAUSIBLE),
        ({"date": "2026-01-02"}, FailureKind.IMPLAUSIBLE),
    ],
)
def test_what_is_not_as_expected_is_no_rate(changes: dict[str, Any], kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        parse_latest(json.dumps(BODY | changes).encode(), "EUR", now=NOW)
    assert (caught.value.kind, caught.value.source) == (kind, "frankfurter")


def test_five_days_of_easter_are_the_latest() -> None:
    assert parse_latest(json.dumps(BODY).encode(), "EUR", now=NOW + timedelta(days=5)).usd_per_unit == 1.1555


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def test_a_currency_that_the_bank_has_not(server: Loopback) -> None:
    with pytest.raises(SourceError) as caught:
        fetch_rate(Client(server.bases()), "XYZ", now=NOW)
    assert caught.value.kind is FailureKind.REFUSED


def test_the_page_takes_the_rate_with_its_source_until_another_is_typed(
    qtbot: Any, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, server: Loopback
) -> None:
    monkeypatch.setenv("MINERDESK_URL_FRANKFURTER", server.base("frankfurter"))
    session, tasks = session_at(monkeypatch), Tasks()
    bridge = Bridge(session, tasks)
    panel = PowerPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    bridge.changed.connect(panel.render_snapshot)
    panel.show()
    panel.render_snapshot(bridge.snapshot)

    def idle() -> None:
        for _ in range(2):
            qtbot.waitUntil(lambda: not any(map(tasks.is_running, ("power", "power import"))), timeout=9_000)

    assert not panel.bank_rate.isVisible(), "dollars need no rate"
    panel.market.setCurrentIndex(panel.market.findData("de_lu_da_2025_eur"))
    idle()
    panel.bank_rate.click()
    qtbot.waitUntil(lambda: bool(bridge.snapshot.power.usd_per), timeout=9_000)
    idle()
    assert panel.rate.text() == "1.1555"
    assert "1.1555 $ per EUR (ECB reference rate of 15 Jan 2026, by Frankfurter)" in panel.chart.spec.caption
    panel.rate.editingFinished.emit()
    idle()
    assert bridge.snapshot.power.rate_notes, "leaving the field changes nothing"
    panel.rate.setText("1.2")
    panel.rate.editingFinished.emit()
    idle()
    assert "Converted at your 1.2 $ per EUR." in panel.chart.spec.caption
    assert bridge.snapshot.power.rate_notes == {}
    bridge.session.set_offline(True)
    bridge.publish(session.desk.snapshot())
    assert not panel.bank_rate.isEnabled()
    idle()
    bridge.stop()
    tasks.shutdown()
    session.close()
