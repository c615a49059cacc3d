"""Markets of which the provider keeps only days: every fetch is added to what is kept, of every zone, for good."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loopback import NOW, Loopback
from sample_desk import session_at

from minerdesk.economics.prices import PriceSeries
from minerdesk.errors import FailureKind, SourceError, StoreError
from minerdesk.market_prices import Fetch, due_windows, kept, top_up
from minerdesk.sources.client import Client
from minerdesk.sources.markets import PLACES
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.tasks import Tasks


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def fetch(client: Client, folder: Path, key: str, now: datetime = NOW) -> PriceSeries:
    return Fetch(client=client, folder=folder, place=PLACES[key], now=now, days=365).run()


def prices(series: PriceSeries) -> dict[str, float]:
    assert series.times is not None
    starts = [f"{datetime.fromtimestamp(time, UTC):%d %H:%M}" for time in series.times.tolist()]
    return dict(zip(starts, series.prices_per_mwh.tolist(), strict=True))


def test_a_day_of_australia_and_the_interval_that_ended_meanwhile(server: Loopback, tmp_path: Path) -> None:
    found = fetch(Client(server.bases()), tmp_path, "NSW1")
    assert (found.name, found.currency, found.zone) == ("AEMO NSW1", "AUD", "+10:00")
    assert set(found.hours.tolist()) == {300 / 3_600}
    assert len(found) == 24 * 12 + 1
    assert list(prices(found).items())[-1] == ("16 11:55", 61.5)
    assert server.asked("aemo") == ["/5MIN", "/ELEC_NEM_SUMMARY"]
    assert "NSW1.json" in {path.name for path in (tmp_path / "power").iterdir()}
    assert len(kept(tmp_path, NOW).series["SA1"]) == len(found), "what came of another region is kept as well"


def test_days_add_up_for_good_and_a_gap_stays_one(server: Loopback, tmp_path: Path) -> None:
    fetch(Client(server.bases()), tmp_path, "NSW1")
    later = NOW + timedelta(days=3)
    with Loopback(later) as other:
        found = fetch(Client(other.bases()), tmp_path, "SA1", later)
    assert len(found) == 2 * (24 * 12 + 1)
    assert found.fetched_at == later
    assert "289 rows kept from earlier fetches, the first of 2026-01-15 11:55 UTC." in found.handled
    times = found.times
    assert times is not None
    assert np.diff(times).max() > 86_400
    assert found.hours.max() == 300 / 3_600
    assert len(kept(tmp_path, later).series["NSW1"]) == len(found)
    shown = kept(tmp_path, NOW + timedelta(days=1)).series
    assert shown == {}, "a replay of an earlier day shows nothing that was fetched later"
    with Loopback() as again:
        replayed = fetch(Client(again.bases()), tmp_path, "NSW1")
    assert len(replayed) == 24 * 12 + 1, "cut at the clock"
    assert len(kept(tmp_path, later).series["NSW1"]) == len(found), "and nothing of later days was lost by it"


def test_texas_in_quarters_and_only_what_is_not_there_yet(server: Loopback, tmp_path: Path) -> None:
    server.world.quarters = 8
    client = Client(server.bases())
    found = fetch(client, tmp_path, "HB_HUBAVG")
    assert len(server.asked("ercot")) == 1 + 8
    assert list(prices(found)) == [f"16 {hour}:{minute:02}" for hour in (10, 11) for minute in (0, 15, 30, 45)]
    assert prices(found)["16 11:45"] == pytest.approx(25.45), "a quarter to six in Chicago"
    assert (found.title, found.currency, found.zone) == ("ERCOT HB_HUBAVG, real-time", "USD", "America/Chicago")
    assert prices(kept(tmp_path, NOW).series["LZ_WEST"])["16 11:45"] == -3.5, "not the one weighted by energy"
    server.log.clear()
    again = fetch(client, tmp_path, "LZ_WEST")
    assert server.asked("ercot") == ["/misapp/servlets/IceDocListJsonWS"], "all quarters were there"
    assert len(again) == 8
    later = NOW + timedelta(hours=1)
    with Loopback(later) as other:
        other.world.quarters = 8
        more = fetch(Client(other.bases()), tmp_path, "HB_HUBAVG", later)
        assert len(other.asked("ercot")) == 1 + 4
    assert list(prices(more))[-1] == "16 12:45"
    assert len(more) == 12


def test_texas_day_ahead(server: Loopback, tmp_path: Path) -> None:
    server.world.days_ahead = 3
    client = Client(server.bases())
    found = fetch(client, tmp_path, "HB_WEST_DA")
    assert list(prices(found))[-1] == "16 11:00"
    assert prices(found)["16 11:00"] == 12.5, "five to six in Chicago: hour ending 6"
    assert set(found.hours.tolist()) == {1.0}
    server.log.clear()
    fetch(client, tmp_path, "HB_WEST_DA")
    assert len(server.asked("ercot")) == 1 + 1, "two days are whole, the third is fetched as it is not over"


def test_what_came_before_a_failure_is_kept(server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.world.quarters = 8
    real = type(server.world).ercot
    monkeypatch.setattr(
        type(server.world),
        "ercot",
        lambda self, path, query: b"PK no" if query.get("doclookupId") == ["1003"] else real(self, path, query),
    )
    with pytest.raises(SourceError) as caught:
        fetch(Client(server.bases()), tmp_path, "HB_HUBAVG")
    assert (caught.value.source, caught.value.kind) == ("ercot", FailureKind.MALFORMED)
    assert caught.value.hint.endswith("What came before is kept; fetch again for the rest.")
    assert list(prices(kept(tmp_path, NOW).series["HB_HUBAVG"])) == ["16 10:00", "16 10:15", "16 10:30", "16 10:45"]
    monkeypatch.undo()
    server.log.clear()
    assert len(fetch(Client(server.bases()), tmp_path, "HB_HUBAVG")) == 8
    assert len(server.asked("ercot")) == 1 + 4


def test_what_can_not_be_read_is_not_written_over(server: Loopback, tmp_path: Path) -> None:
    folder = tmp_path / "power"
    folder.mkdir()
    (folder / "NSW1.json").write_text("{")
    (folder / "SA1.json").write_text(json.dumps({"provider": "other", "prices": {}}))
    assert len(fetch(Client(server.bases()), tmp_path, "NSW1")) == 289
    assert len(list(folder.glob("NSW1.json.damaged-*"))) == len(list(folder.glob("SA1.json.damaged-*"))) == 1
    (folder / "NSW1.json").unlink()
    (folder / "NSW1.json").mkdir()
    with pytest.raises(StoreError):
        fetch(Client(server.bases()), tmp_path, "NSW1")


def test_a_zone_that_nobody_lists_says_so(server: Loopback, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no real-time prices of TAS1"):
        fetch(Client(server.bases()), tmp_path, "TAS1")
    assert len(kept(tmp_path, NOW).series) == 2, "what came of the others is kept"


# -- topping up -------------------------------------------------------------------------------------------------------


def test_what_was_fetched_is_fetched_again_before_the_provider_forgets_it(server: Loopback, tmp_path: Path) -> None:
    client = Client(server.bases())
    assert due_windows(tmp_path, NOW) == ()
    fetch(client, tmp_path, "DE-LU")
    fetch(client, tmp_path, "NSW1")
    fetch(client, tmp_path, "HB_HUBAVG")
    assert due_windows(tmp_path, NOW + timedelta(hours=11)) == ()
    due = due_windows(tmp_path, NOW + timedelta(hours=12))
    assert [place.feeds[0].provider for place in due] == ["aemo"], "one region, the others come with it"
    assert {place.feeds[0].provider for place in due_windows(tmp_path, NOW + timedelta(days=4))} == {"aemo", "ercot"}
    (tmp_path / "power" / "VIC1.json").write_text("{")
    later = NOW + timedelta(hours=13)
    with Loopback(later) as other:
        assert top_up(Client(other.bases()), tmp_path, now=later, cancel=threading.Event()) == ()
        assert other.asked("ercot") == []
    assert len(kept(tmp_path, later).series["SA1"]) == 24 * 12 + 1 + 13 * 12
    server.faults["aemo"] = "http500"
    failures = top_up(client, tmp_path, now=NOW + timedelta(days=2), cancel=threading.Event())
    assert [failure.source for failure in failures] == ["aemo"]


def test_the_window_tops_up_once_an_hour_and_not_offline(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, server: Loopback
) -> None:
    for name, url in server.bases().items():
        monkeypatch.setenv(f"MINERDESK_URL_{name.upper()}", url)
    session, tasks = session_at(monkeypatch), Tasks()
    bridge = Bridge(session, tasks)
    monkeypatch.setattr(bridge, "refresh", lambda *, everything: None)
    with Loopback(NOW - timedelta(hours=20)) as earlier:
        fetch(Client(earlier.bases()), session.folders.cache, "NSW1", NOW - timedelta(hours=20))
    session.set_offline(True)
    bridge._tick()
    assert not tasks.is_running("top up markets")
    session.set_offline(False)
    bridge._tick()
    qtbot.waitUntil(lambda: not tasks.is_running("top up markets"), timeout=5_000)
    assert server.asked("aemo") == ["/5MIN", "/ELEC_NEM_SUMMARY"]
    bridge._tick()
    assert not tasks.is_running("top up markets"), "an hour has not passed"
    assert len(kept(session.folders.cache, NOW).series["NSW1"]) == 24 * 12 + 1 + 20 * 12
    bridge.stop()
    tasks.shutdown()
    session.close()
