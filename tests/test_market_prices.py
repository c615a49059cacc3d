"""Markets fetched: pieces of one provider, who is asked next, cancel, offline, what is kept, and the dialog."""

import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from faults import FaultServer
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import NOW, Loopback
from PySide6.QtWidgets import QApplication
from sample_desk import session_at
from test_sources_smard import ANYTHING

from minerdesk.economics.prices import PriceSeries
from minerdesk.errors import FailureKind, SourceError
from minerdesk.market_prices import Fetch, kept, series_of
from minerdesk.sources import energy_charts
from minerdesk.sources.client import Client
from minerdesk.sources.energy_charts import parse_prices
from minerdesk.sources.markets import EUROPE, PLACES, places
from minerdesk.sources.pieces import Piece
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.fetch_form import FetchForm
from minerdesk.ui.panels.power import PowerPanel
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance

BODY: dict[str, Any] = {
    "license_info": "CC BY 4.0 from Bundesnetzagentur | SMARD.de",
    "unix_seconds": [1_759_262_400, 1_759_266_000, 1_759_269_600, 1_759_270_500],
    "price": [80, None, -70.5, 71],
    "unit": "EUR / MWh",
    "deprecated": False,
}


def parsed(**changes: Any) -> Piece:
    return parse_prices(json.dumps(BODY | changes).encode())


# -- a reply ----------------------------------------------------------------------------------------------------------


def test_a_reply_is_read() -> None:
    found = parsed()
    assert found.times == (1_759_262_400, 1_759_266_000, 1_759_269_600, 1_759_270_500)
    assert found.prices == (80.0, None, -70.5, 71.0)
    assert found.licence.startswith("CC BY 4.0")
    assert parsed(license_info=None).licence == ""


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"price": [80, 81, 82]}, FailureKind.MALFORMED),
        ({"price": [], "unix_seconds": []}, FailureKind.MALFORMED),
        ({"price": "80"}, FailureKind.MALFORMED),
        ({"price": [80, True, 1, 2]}, FailureKind.MALFORMED),
        ({"price": [80, "dear", 1, 2]}, FailureKind.MALFORMED),
        ({"unix_seconds": [1, 2, 3, None]}, FailureKind.MALFORMED),
        ({"unit": "EUR / kWh"}, FailureKind.IMPLAUSIBLE),
        ({"unit": 3}, FailureKind.IMPLAUSIBLE),
        ({"price": [80, 80_000, 1, 2]}, FailureKind.IMPLAUSIBLE),
        ({"price": [80, -1_001, 1, 2]}, FailureKind.IMPLAUSIBLE),
        ({"unix_seconds": BODY["unix_seconds"][::-1]}, FailureKind.IMPLAUSIBLE),
        ({"unix_seconds": [t * 1_000 + 1 for t in BODY["unix_seconds"]]}, FailureKind.IMPLAUSIBLE),
    ],
)
def test_what_is_not_as_expected_is_no_price(changes: dict[str, Any], kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        parsed(**changes)
    assert (caught.value.kind, caught.value.source) == (kind, "energy_charts")


@given(st.binary(max_size=80), st.integers(0, 150))
def test_damage_anywhere_is_a_source_error_or_harmless(noise: bytes, at: int) -> None:
    whole = json.dumps(BODY).encode()
    with contextlib.suppress(SourceError):
        parse_prices(whole[:at] + noise + whole[at + len(noise) :])


@settings(max_examples=250)
@given(st.sampled_from(["unix_seconds", "price", "unit"]), ANYTHING, st.integers(0, 3), ANYTHING)
def test_nothing_but_prices_comes_out(key: str, whole: Any, at: int, cell: Any) -> None:
    cells = list(BODY[key])
    cells[at] = cell
    for value in (whole, cells):
        with contextlib.suppress(SourceError):
            found = parsed(**{key: value})
            assert all(price is None or -1_000 <= price <= 10_000 for price in found.prices)


# -- pieces -----------------------------------------------------------------------------------------------------------


def piece(first: int, prices: list[float | None], step: int = 3_600) -> Piece:
    return Piece(times=tuple(first + step * n for n in range(len(prices))), prices=tuple(prices), licence="CC BY 4.0")


def test_pieces_become_one_series_that_goes_over_to_quarters_and_ends_at_the_clock() -> None:
    begin = int(NOW.timestamp()) - 7_200
    found = series_of(
        (piece(begin - 7_200, [1, None]), piece(begin, [3, -4, 5, 6, 7, 8, 9, 10, 11], 900)),
        PLACES["AT"],
        energy_charts.FEED,
        now=NOW,
    )
    assert found.prices_per_mwh.tolist() == [1, 3, -4, 5, 6, 7, 8, 9, 10], "what is not over yet does not exist"
    assert found.hours.tolist() == [1.0] + [0.25] * 8
    assert (found.currency, found.zone, found.fetched_at) == ("EUR", "Europe/Berlin", NOW)
    said = " ".join(found.handled)
    assert "Austria, EUR/MWh: 9 rows fetched." in said
    assert "1 gap, 1 h missing in all and left out: from 2026-01-16 09:00." in said
    assert "1 row with a negative price" in said
    assert found.credit == "Day-ahead power prices by energy-charts.info (Fraunhofer ISE). CC BY 4.0"


@pytest.mark.parametrize("prices", [[None, None], [1.0]])
def test_no_price_and_none_before_the_clock_are_failures(prices: list[float | None]) -> None:
    first = int(NOW.timestamp()) - 7_200 * len(prices) + 7_200
    with pytest.raises(SourceError) as caught:
        series_of((piece(first, prices),), PLACES["AT"], energy_charts.FEED, now=NOW)
    assert caught.value.kind is FailureKind.IMPLAUSIBLE


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def fetch(client: Client, folder: Path, key: str = "DE-LU", days: int = 91, **more: Any) -> PriceSeries:
    return Fetch(client=client, folder=folder, place=PLACES[key], now=NOW, days=days, **more).run()


def test_a_year_is_asked_in_pieces_of_whole_days_before_today(server: Loopback, tmp_path: Path) -> None:
    shares: list[float] = []
    client = Client(server.bases())
    found = fetch(client, tmp_path, days=365, on_part=lambda share, _feed: shares.append(share))
    queries = [entry["query"] for entry in server.log]
    assert [query.split("&", 1)[0] for query in queries] == ["bzn=DE-LU"] * 4
    assert queries[0].endswith("start=2025-01-16&end=2025-04-17")
    assert queries[-1].endswith("start=2025-10-19&end=2026-01-15")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert found.hours.sum() == pytest.approx(365 * 24, abs=200)
    assert found.span_words.endswith("2026-01-16 00:00 UTC")
    again = kept(tmp_path, NOW + timedelta(days=3)).series["DE-LU"]
    assert again.prices_per_mwh.tolist() == found.prices_per_mwh.tolist()
    assert again.fetched_at == NOW


def test_a_zone_that_is_not_published_says_so_and_does_not_count_against_the_source(
    server: Loopback, tmp_path: Path
) -> None:
    client = Client(server.bases())
    with pytest.raises(SourceError, match="no day-ahead prices of CH from 2025-10-17 to 2026-01-15"):
        fetch(client, tmp_path, "CH")
    assert client.health()["energy_charts"].failures_in_row == 0


@pytest.mark.parametrize("fault", ["http500", "html", "truncated", "http429", "wrongtype", "zero", "units_down"])
def test_where_one_fails_the_next_is_asked_and_all_of_it_is_that_ones(tmp_path: Path, fault: str) -> None:
    with FaultServer(tmp_path) as server:
        server.spoil("energy_charts", fault)
        found = fetch(Client(server.bases()), tmp_path)
        assert found.name == "SMARD DE-LU"
        assert found.credit == "Day-ahead power prices by Bundesnetzagentur | SMARD.de (CC BY 4.0)"
        assert found.handled[0].startswith("Energy-Charts gave none (")
        assert found.handled[0].endswith("so all prices are SMARD’s.")
        assert found.hours.tolist() == [1.0] * (91 * 24 + 1), "one series, nothing of the other in it"
        assert "awattar_de" not in {entry["provider"] for entry in server.log}
        assert kept(tmp_path, NOW).series["DE-LU"].name == "SMARD DE-LU"


def test_the_same_hours_cost_the_same_whoever_is_asked(server: Loopback, tmp_path: Path) -> None:
    client = Client(server.bases())
    found = [fetch(client, tmp_path, days=20, first=first) for first in ("energy_charts", "smard", "awattar_de")]
    assert [one.name for one in found] == ["Energy-Charts DE-LU", "SMARD DE-LU", "aWATTar Germany DE-LU"]
    first, second, third = (
        dict(zip((one.times if one.times is not None else []), one.prices_per_mwh, strict=True)) for one in found
    )
    assert second == third
    both = first.keys() & second.keys()
    assert len(both) > 460
    assert all(first[time] == second[time] for time in both)
    assert all(one.hours.min() == one.hours.max() == 1.0 for one in found)


def test_if_nobody_gives_any_all_failures_are_told_and_what_is_kept_stays(server: Loopback, tmp_path: Path) -> None:
    client = Client(server.bases())
    fetch(client, tmp_path)
    server.faults |= {"energy_charts": "http500", "smard": "html", "awattar_de": "http403"}
    with pytest.raises(SourceError) as caught:
        fetch(client, tmp_path)
    assert (caught.value.source, caught.value.kind) == ("energy_charts", FailureKind.REFUSED)
    assert "SMARD gave none either (malformed: " in caught.value.hint
    assert "aWATTar Germany gave none either (blocked: " in caught.value.hint
    assert len(kept(tmp_path, NOW).series["DE-LU"]) > 2_000


def test_cancel_and_offline_ask_nothing(server: Loopback, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(SourceError) as caught:
        fetch(Client(server.bases()), tmp_path, cancel=stop)
    assert caught.value.kind is FailureKind.CANCELLED
    with pytest.raises(SourceError) as caught:
        fetch(Client(server.bases(), offline=True), tmp_path)
    assert caught.value.kind is FailureKind.OFFLINE
    assert server.log == []


def test_a_damaged_file_is_set_aside_and_the_others_stay(server: Loopback, tmp_path: Path) -> None:
    fetch(Client(server.bases()), tmp_path)
    (tmp_path / "power" / "AT.json").write_text('{"zone": "AT", "prices": {"intervals": 5}}')
    (tmp_path / "power" / "BE.json").write_text("{")
    found = kept(tmp_path, NOW)
    assert list(found.series) == ["DE-LU"]
    assert len(found.problems) == 2
    assert all("Fetch" in problem and "again" in problem for problem in found.problems)
    assert not (tmp_path / "power" / "AT.json").exists()
    assert kept(tmp_path, NOW).problems == ()
    assert kept(tmp_path, NOW - timedelta(days=1)).series == {}, "nothing dated after the clock exists"


@pytest.mark.parametrize("price", [0.0, 87.5, 1e-9])
def test_days_that_all_cost_the_same_are_no_market(price: float) -> None:
    prices: list[float | None] = [price] * 60
    with pytest.raises(SourceError, match="every price in it is"):
        series_of((piece(1_767_225_600, prices),), PLACES["AT"], energy_charts.FEED, now=NOW)
    assert series_of((piece(1_767_225_600, prices[:40]),), PLACES["AT"], energy_charts.FEED, now=NOW)


# -- the window -------------------------------------------------------------------------------------------------------


@pytest.fixture
def bridge(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, server: Loopback) -> Iterator[Bridge]:
    for name, url in server.bases().items():
        monkeypatch.setenv(f"MINERDESK_URL_{name.upper()}", url)
    session, tasks = session_at(monkeypatch), Tasks()
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
    made.show()
    made.render_snapshot(bridge.snapshot)
    return made


def idle(qtbot: Any, bridge: Bridge) -> None:
    for _ in range(2):
        qtbot.waitUntil(lambda: not any(map(bridge.tasks.is_running, ("power", "power import"))), timeout=9_000)


def dialog(panel: PowerPanel, qtbot: Any) -> FetchForm:
    panel.getter.ask_market()
    qtbot.waitUntil(lambda: panel.getter.form is not None, timeout=5_000)
    assert isinstance(panel.getter.form, FetchForm)
    return panel.getter.form


def test_a_zone_is_fetched_shown_and_there_offline(panel: PowerPanel, bridge: Bridge, qtbot: Any) -> None:
    form = dialog(panel, qtbot)
    assert form.zone.currentData() == "DE-LU"
    assert form.zone.count() == sum(place.group == EUROPE for place in places(())) == 15
    assert form.source.currentText() == "Energy-Charts, then SMARD, aWATTar Germany"
    assert not form.kept_button.isEnabled()
    form.span.setCurrentIndex(0)
    form.fetch_button.click()
    qtbot.waitUntil(lambda: bridge.snapshot.power.chosen is not None, timeout=9_000)
    idle(qtbot, bridge)
    assert panel.market.currentText() == "Energy-Charts DE-LU, day-ahead"
    assert panel.study is not None
    assert "Fetched 16 Jan 2026, 12:00 UTC" in panel.study.market.source
    assert "CC BY 4.0" in panel.chart.spec.caption
    assert panel.said.variants[0].startswith("Fetched under 1 min ago.")
    assert panel.rate.isVisible()
    bridge.undo()
    idle(qtbot, bridge)
    assert bridge.snapshot.power.prices is None
    bridge.session.set_offline(True)
    form = dialog(panel, qtbot)
    assert not form.fetch_button.isEnabled()
    assert "fetched under 1 min ago" in form.state.text()
    form.kept_button.click()
    idle(qtbot, bridge)
    assert panel.market.currentText() == "Energy-Charts DE-LU, day-ahead"


def test_a_failure_is_said_and_offline_mode_ends_a_fetch(
    panel: PowerPanel, bridge: Bridge, qtbot: Any, server: Loopback
) -> None:
    before = bridge.snapshot.power
    server.faults["all"] = "http500"
    with qtbot.waitSignal(bridge.failed) as failed:
        panel.getter.fetch_market("DE-LU", 91)
    assert isinstance(failed.args[0], SourceError)
    server.faults["energy_charts"] = "hang"
    with qtbot.waitSignal(bridge.failed) as failed:
        panel.getter.fetch_market("DE-LU", 91)
        server.wait_until_asked("energy_charts")
        bridge.network_off.emit()
    assert failed.args[0].kind is FailureKind.CANCELLED
    assert bridge.snapshot.power == before
    assert panel.import_button.isEnabled()
    idle(qtbot, bridge)


def test_cancel_forgets_a_fetch_at_once(panel: PowerPanel, bridge: Bridge, qtbot: Any, server: Loopback) -> None:
    server.faults["energy_charts"] = "hang"
    panel.getter.fetch_market("DE-LU", 91)
    qtbot.waitUntil(panel.getter.progress.isVisible, timeout=5_000)
    assert "Germany-Luxembourg" in panel.getter.progress.doing.variants[0]
    panel.getter.progress.cancel.click()
    assert not panel.getter.progress.isVisible()
    assert panel.import_button.isEnabled()
    assert bridge.snapshot.power.prices is None
    idle(qtbot, bridge)
