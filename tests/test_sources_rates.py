"""The rate of a currency: what a reply must be, who is asked next, how the page of power takes it, with its date."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import NOW, Loopback
from PySide6.QtWidgets import QApplication
from sample_desk import session_at

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import ecb
from minerdesk.sources.client import Client
from minerdesk.sources.exchange import fetch_rate
from minerdesk.sources.frankfurter import parse_latest
from minerdesk.sources.rates import Rate
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


def test_a_currency_that_neither_has(server: Loopback) -> None:
    with pytest.raises(SourceError, match="European Central Bank gave none either") as caught:
        fetch_rate(Client(server.bases()), "XYZ", now=NOW)
    assert (caught.value.kind, caught.value.source) == (FailureKind.REFUSED, "frankfurter")


@pytest.mark.parametrize("fault", ["http500", "html", "http403", "zero", "stale"])
def test_where_frankfurter_fails_the_bank_is_asked(server: Loopback, fault: str) -> None:
    server.faults["frankfurter"] = fault
    rate = fetch_rate(Client(server.bases()), "EUR", now=NOW)
    assert rate.usd_per_unit == pytest.approx(1.1555)
    assert rate.note == "ECB reference rate of 15 Jan 2026"
    dollars = fetch_rate(Client(server.bases()), "AUD", now=NOW)
    assert dollars.usd_per_unit == pytest.approx(1.1555 / 1.7325), "both are told per euro"


def test_offline_asks_nobody(server: Loopback) -> None:
    with pytest.raises(SourceError) as caught:
        fetch_rate(Client(server.bases(), offline=True), "EUR", now=NOW)
    assert caught.value.kind is FailureKind.OFFLINE
    assert server.log == []


HEAD = "FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE"


def bank(*rows: str, head: str = HEAD, currency: str = "CAD", now: datetime = NOW) -> Rate:
    return ecb.parse_rates("\n".join([head, *rows]).encode(), currency, now=now)


def test_the_bank_tells_units_per_euro_and_the_newest_common_day_counts() -> None:
    rows = ["D,CAD,2026-01-14,1.5774", "D,CAD,2026-01-15,1.6", "D,USD,2026-01-14,1.2", "D,USD,2026-01-15,1.2"]
    assert bank(*rows).usd_per_unit == pytest.approx(0.75)
    assert bank(*rows, "D,USD,2026-01-17,9").usd_per_unit == pytest.approx(0.75), "nothing of the future"
    assert bank(*rows[:3], "D,USD,2026-01-15,NaN").day == datetime(2026, 1, 14, tzinfo=UTC)
    shuffled = "OBS_VALUE,KEY,TIME_PERIOD,CURRENCY"
    assert bank("1.1,x,2026-01-15,USD", head=shuffled, currency="EUR").usd_per_unit == 1.1
    easter = bank(*rows, now=NOW + timedelta(days=5))
    assert easter.day == datetime(2026, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([], FailureKind.MALFORMED),
        (["D,USD,2026-01-15,1.2"], FailureKind.MALFORMED),
        (["D,CAD,2026-01-15,1.2"], FailureKind.MALFORMED),
        (["D,CAD,2026-01-14,1.2", "D,USD,2026-01-15,1.2"], FailureKind.MALFORMED),
        (["D,USD,2026-01-15,1.2", "D,CAD,2026-01-15,1.6", "D,CAD,2026"], FailureKind.MALFORMED),
        (["D,CAD,soon,1.2", "D,USD,2026-01-15,1.2"], FailureKind.MALFORMED),
        (["D,CAD,2026-01-15,dear", "D,USD,2026-01-15,1.2"], FailureKind.MALFORMED),
        (["D,CAD,2026-01-15,0", "D,USD,2026-01-15,1.2"], FailureKind.MALFORMED),
        (["D,CAD,2026-01-15,1.6", "D,USD,2026-01-15,0"], FailureKind.IMPLAUSIBLE),
        (["D,CAD,2026-01-15,1.6", "D,USD,2026-01-15,-1"], FailureKind.IMPLAUSIBLE),
        (["D,CAD,2026-01-15,1.6", "D,USD,2026-01-15,1e9"], FailureKind.IMPLAUSIBLE),
        (["D,CAD,2026-01-02,1.6", "D,USD,2026-01-02,1.2"], FailureKind.IMPLAUSIBLE),
    ],
)
def test_what_is_no_rate_of_the_bank(rows: list[str], kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        bank(*rows)
    assert (caught.value.kind, caught.value.source) == (kind, "ecb")


@settings(max_examples=examples(250))
@given(st.lists(st.sampled_from(["USD", "CAD", "2026-01-15", "1.2", "-1", "1e400", "NaN", '"']) | st.text(max_size=8)))
def test_any_table_gives_a_rate_or_a_failure(cells: list[str]) -> None:
    rows = [",".join(["D", *cells[n : n + 3]]) for n in range(0, len(cells), 3)]
    for currency in ("CAD", "EUR"):
        with contextlib.suppress(SourceError):
            assert 1e-6 < bank("D,USD,2026-01-15,1.2", *rows, currency=currency).usd_per_unit < 1e3


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
