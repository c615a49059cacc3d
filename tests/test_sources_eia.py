"""EIA: cents per kWh as text, number or null into $/MWh; kept with its month; offered under the power price."""

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import KEY, NOW, Loopback, credentials
from PySide6.QtWidgets import QApplication
from sample_desk import session_at
from test_sources_smard import ANYTHING

from minerdesk.errors import FailureKind, SourceError
from minerdesk.industry_price import fetch, kept
from minerdesk.sources.client import Client
from minerdesk.sources.eia import STATES, parse_prices
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.inputs import InputsPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance

ROW: dict[str, Any] = {
    "period": "2025-10",
    "stateid": "TX",
    "sectorid": "IND",
    "price": "6.71",
    "price-units": "cents per kilowatt-hour",
}


def parsed(*rows: Any, now: datetime = NOW) -> list[tuple[str, float]]:
    body = json.dumps({"response": {"total": "3", "data": list(rows)}}).encode()
    return [(f"{one.month:%Y-%m}", one.usd_per_mwh) for one in parse_prices(body, "TX", now=now)]


def test_cents_become_dollars_and_null_is_no_month() -> None:
    rows = (ROW, ROW | {"period": "2025-11", "price": None}, ROW | {"period": "2025-09", "price": 6.4})
    assert parsed(*rows) == [("2025-09", 64.0), ("2025-10", 67.1)]
    assert parsed(ROW, ROW | {"period": "2026-02", "price": 9}) == [("2025-10", 67.1)], "nothing after the clock"
    assert len(STATES) == 52


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"price": None}, FailureKind.IMPLAUSIBLE),
        ({"price": "dear"}, FailureKind.MALFORMED),
        ({"price": True}, FailureKind.MALFORMED),
        ({"price": 0}, FailureKind.IMPLAUSIBLE),
        ({"price": -6}, FailureKind.IMPLAUSIBLE),
        ({"price": 67.1 * 10}, FailureKind.IMPLAUSIBLE),
        ({"price-units": "million dollars"}, FailureKind.IMPLAUSIBLE),
        ({"stateid": "CA"}, FailureKind.MALFORMED),
        ({"sectorid": "RES"}, FailureKind.MALFORMED),
        ({"period": "2025"}, FailureKind.MALFORMED),
        ({"period": None}, FailureKind.MALFORMED),
        ({"period": "2024-10"}, FailureKind.IMPLAUSIBLE),
        ({"period": "2027-10"}, FailureKind.IMPLAUSIBLE),
    ],
)
def test_what_is_no_price_of_industry(changes: dict[str, Any], kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        parsed(ROW | changes)
    assert (caught.value.kind, caught.value.source) == (kind, "eia")


@settings(max_examples=examples(250))
@given(st.sampled_from(sorted(ROW)), ANYTHING, ANYTHING)
def test_nothing_but_prices_comes_out(key: str, cell: Any, whole: Any) -> None:
    for rows in ([ROW, ROW | {key: cell}], [whole], whole if isinstance(whole, list) else []):
        with contextlib.suppress(SourceError):
            assert all(10 <= usd <= 1_000 for _, usd in parsed(*rows))


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def test_it_is_kept_with_its_month_and_the_key_travels_in_a_header(server: Loopback, tmp_path: Path) -> None:
    client = Client(server.bases(), credentials=credentials())
    found = fetch(client, tmp_path, "TX", now=NOW)
    assert (found.words, found.usd_per_mwh) == ("Texas, November 2025", 67.1)
    assert KEY not in server.log[0]["query"]
    assert kept(tmp_path, NOW + timedelta(days=9)) == found
    assert kept(tmp_path, NOW - timedelta(days=1)) is None
    (tmp_path / "industry_price.json").write_text('{"state": "XX"}')
    assert kept(tmp_path, NOW) is None
    assert list(tmp_path.glob("industry_price.json.damaged-*"))
    with pytest.raises(SourceError) as caught:
        fetch(Client(server.bases()), tmp_path, "TX", now=NOW)
    assert caught.value.kind is FailureKind.BLOCKED


def test_it_is_offered_under_the_power_price_once_it_is_on(
    qtbot: Any, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, server: Loopback
) -> None:
    monkeypatch.setenv("MINERDESK_URL_EIA", server.base("eia"))
    session, tasks = session_at(monkeypatch), Tasks()
    monkeypatch.setattr(session.keys, "get", lambda _name: KEY)
    bridge = Bridge(session, tasks)
    panel = InputsPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    bridge.changed.connect(panel.render_snapshot)
    panel.show()
    row = panel.industry
    assert not row.isVisible()
    bridge.prefer(sources_on=("eia",))
    bridge.publish(bridge.snapshot)
    qtbot.waitUntil(lambda: not tasks.is_running("industry price"), timeout=5_000)
    bridge.publish(bridge.snapshot)
    assert row.isVisible()
    assert "none fetched yet" in row.value.text()
    assert not row.use_button.isEnabled()
    row.fetch_button.click()
    qtbot.waitUntil(lambda: "Texas" in row.value.text(), timeout=9_000)
    assert row.value.text().replace("\u202f", " ") == "Industry in Texas, November 2025: 67.10 $/MWh"
    row.use_button.click()
    assert bridge.snapshot.inputs.power.price_usd_per_mwh == 67.1
    assert not row.use_button.isEnabled()
    bridge.undo()
    assert row.use_button.isEnabled()
    server.faults["eia"] = "http500"
    with qtbot.waitSignal(bridge.failed):
        row.fetch_button.click()
    qtbot.waitUntil(row.fetch_button.isEnabled, timeout=5_000)
    assert "67.10" in row.value.text(), "the last figure stays"
    session.set_offline(True)
    bridge.publish(session.desk.snapshot())
    assert not row.fetch_button.isEnabled()
    qtbot.waitUntil(lambda: not tasks.is_running("preferences"), timeout=5_000)
    bridge.stop()
    tasks.shutdown()
    session.close()
