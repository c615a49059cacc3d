"""A session: what it reads at start, when it fetches, and what a restart shows."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import ASKED, NOW, PRICE, Loopback, environment

from minerdesk.errors import InputError
from minerdesk.observations import Origin, State
from minerdesk.session import Session, open_session
from minerdesk.store import preferences, scenario
from minerdesk.store.preferences import Preferences


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def opened(server: Loopback, clock: Clock, **options: bool) -> Session:
    urls = {name: url for name, url in environment(server).items() if name.startswith("MINERDESK_URL")}
    return open_session(environ=urls, now=clock, **options)


def refreshed(session: Session, *, everything: bool = True) -> None:
    report, problems = session.run(session.plan(everything=everything))
    session.take(report, problems)
    session.close()


def test_a_first_start_without_a_network_shows_the_bundle_of_its_date() -> None:
    snapshot = open_session(offline=True, now=Clock(NOW)).desk.snapshot()
    assert {snapshot.state(name) for name in snapshot.observations} == {State.BUNDLED}
    assert all(found.as_of <= NOW for found in snapshot.observations.values())
    assert snapshot.results.network.hashprice_usd_per_ph_day == pytest.approx(40, abs=3)
    assert len(snapshot.trends.price) > 700
    assert snapshot.trends.drawdown is not None
    assert snapshot.trends.drawdown.peak == pytest.approx(1151, rel=0.02)


def test_offline_nothing_is_planned_and_no_client_is_made(server: Loopback) -> None:
    session = opened(server, Clock(NOW), offline=True)
    assert session.plan(everything=True).names == ()
    assert not session.connection.client_was_made


def test_each_topic_is_due_at_its_own_age(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minerdesk.session.RETRY_S", 0.0)
    clock = Clock(NOW)
    session = opened(server, clock)
    assert session.plan().names == ASKED
    refreshed(session)
    assert session.plan().names == ()
    clock.moment = NOW + timedelta(minutes=2)
    assert session.plan().names == ("spot",)
    clock.moment = NOW + timedelta(minutes=6)
    assert set(session.plan().names) == {"spot", "difficulty", "tip", "fees"}
    clock.moment = NOW + timedelta(hours=7)
    assert session.plan().names == ASKED


def test_a_topic_that_failed_is_left_alone_for_a_while(server: Loopback) -> None:
    server.faults["gpurentalprices"] = "http404"
    session = opened(server, Clock(NOW))
    refreshed(session, everything=False)
    assert session.plan().names == ()
    assert session.plan(everything=True).names == ASKED, "the user may ask at any time"


def test_a_restart_within_the_refresh_age_is_live_and_after_it_cached(server: Loopback) -> None:
    clock = Clock(NOW)
    refreshed(opened(server, clock))
    clock.moment = NOW + timedelta(seconds=30)
    assert opened(server, clock).desk.snapshot().state("btc_price_usd") is State.LIVE
    assert opened(server, clock, offline=True).desk.snapshot().state("btc_price_usd") is State.CACHED
    clock.moment = NOW + timedelta(minutes=3)
    again = opened(server, clock).desk.snapshot()
    assert again.state("btc_price_usd") is State.CACHED
    assert again.results.network.btc_price_usd == PRICE
    assert again.state("gpu_rate_on_demand_usd_per_gpu_hour") is State.LIVE, "it is refreshed every six hours"


def test_at_an_earlier_clock_the_later_cache_does_not_exist(server: Loopback) -> None:
    refreshed(opened(server, Clock(NOW)))
    earlier = opened(server, Clock(datetime(2025, 6, 1, tzinfo=UTC)), offline=True).desk.snapshot()
    assert {found.origin for found in earlier.observations.values()} == {Origin.BUNDLE}
    assert earlier.trends.price.times[-1] <= datetime(2025, 6, 1, tzinfo=UTC).timestamp()
    again = opened(server, Clock(NOW), offline=True).desk.snapshot().observed("btc_price_usd")
    assert again is not None and again.value == PRICE, "a clock that was wrong for a while costs nothing"


def test_the_seam_between_bundle_and_live_history_is_kept(server: Loopback) -> None:
    session = opened(server, Clock(NOW))
    refreshed(session)
    price = session.desk.snapshot().trends.price
    assert price.values[-1] == PRICE
    assert price.source_names[price.source_index[0]].startswith("bundled")
    assert [name for _, name in price.seams()] == ["bitstamp"]


def test_a_scenario_round_trip_keeps_inputs_observations_and_unknown_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.minerdesk.json"
    path.write_text(
        json.dumps({"schema_version": 1, "inputs": {"shell.pue": 1.4, "x.y": 5}, "observations": [], "z": [1]})
    )
    session = open_session(offline=True, now=Clock(NOW))
    base = session.open_scenario(path)
    session.desk.apply({"power.price_usd_per_mwh": 33.0, "network.btc_price_usd": 80_000.0})
    before = session.desk.snapshot()
    scenario.save(path, session.scenario(base))
    written = json.loads(path.read_text())
    assert (written["inputs"]["x.y"], written["z"]) == (5, [1])
    other = open_session(offline=True, now=Clock(NOW + timedelta(hours=1)))
    other.open_scenario(path)
    after = other.desk.snapshot()
    assert dict(after.values) == dict(before.values)
    assert after.typed_at == before.typed_at
    assert after.results.businesses == before.results.businesses


def test_a_scenario_of_a_later_day_makes_the_same_report_again(server: Loopback, tmp_path: Path) -> None:
    path = tmp_path / "a.minerdesk.json"
    session = opened(server, Clock(NOW))
    refreshed(session)
    before = session.desk.snapshot().results
    scenario.save(path, session.scenario())
    session.folders.cache.joinpath("observations.sqlite3").unlink()
    other = open_session(offline=True, now=Clock(NOW + timedelta(hours=2)))
    other.open_scenario(path)
    assert other.desk.snapshot().results == before


def test_replaced_base_urls_take_effect_at_once_and_bad_ones_change_nothing(server: Loopback) -> None:
    session = open_session(environ={}, now=Clock(NOW))
    chosen = replace(session.preferences, base_urls={"coinbase": server.base("coinbase")})
    session.adopt_preferences(chosen)
    assert session.bases["coinbase"] == server.base("coinbase")
    with pytest.raises(InputError):
        session.adopt_preferences(replace(chosen, base_urls={"coinbase": "file:///etc/passwd"}))
    assert session.preferences == chosen


def test_a_base_url_that_can_not_be_used_is_named_and_stays_in_the_file_until_it_is_mended(isolated_home: Path) -> None:
    path = isolated_home / "config" / "preferences.json"
    preferences.save(
        path, Preferences(base_urls={"coinbase": "file:///etc/passwd", "kraken": "https://kraken.example"})
    )
    session = open_session(offline=True, environ={}, now=Clock(NOW))
    assert any("base URL coinbase" in problem.field for problem in session.desk.snapshot().problems)
    session.save_preferences(replace(session.preferences, theme="dark"))
    found, _ = preferences.load(path)
    assert found.theme == "dark" and found.base_urls["coinbase"] == "file:///etc/passwd"
    session.close()


def test_damaged_preferences_are_set_aside_with_a_word_and_defaults_hold(isolated_home: Path) -> None:
    folder = isolated_home / "config"
    folder.mkdir(parents=True)
    (folder / "preferences.json").write_text("{ half")
    session = open_session(offline=True, now=Clock(NOW))
    assert session.preferences == Preferences()
    assert any("preferences.json" in problem.message for problem in session.desk.snapshot().problems)
    assert list(folder.glob("*damaged*"))
