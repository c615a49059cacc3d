"""Who is to be left alone is so after a restart too; and what is fetched by itself comes at no fixed moments."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import ASKED, NOW, Loopback, environment

from minerdesk import clock
from minerdesk.cli import main
from minerdesk.errors import FailureKind, SourceError
from minerdesk.kept import Pause
from minerdesk.session import SPREAD, Session, open_session
from minerdesk.sources import client as client_module
from minerdesk.sources import failures
from minerdesk.store.pauses import KeptPauses

BASES = {"bybit": "https://api.bybit.com", "okx": "https://www.okx.com", "kraken": "https://api.kraken.com"}
BLOCK = Pause(blocked_s=3600.0, failures_in_row=1, kind=FailureKind.BLOCKED, hint="not here")
LIMIT = Pause(limited_s=600.0, failures_in_row=1, kind=FailureKind.RATE_LIMITED, hint="too often")
OPEN = Pause(open_s=300.0, length_s=300.0, failures_in_row=3, kind=FailureKind.TIMEOUT, hint="slow", failed_ago_s=7.0)


def kept(tmp_path: Path) -> KeptPauses:
    return KeptPauses(tmp_path / "cache" / "pauses.json")


def fail(session: Session, *errors: SourceError) -> None:
    for error in errors:
        with pytest.raises(SourceError), session.client().judged(error.source):
            raise error


def waits(session: Session) -> dict[str, float]:
    """Return by provider how long it is still left alone, to ten seconds: the test takes some time itself."""
    health = session.client().health()
    return {name: round(one.next_try_s, -1) for name, one in health.items() if one.next_try_s}


BLOCKED = failures.of_status("bybit", 451, None)
LIMITED = failures.of_status("okx", 429, 600.0)
SLOW = failures.timed_out("kraken")


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Return the instant that the computer's clock shows, to be moved."""
    shown = [datetime(2026, 1, 16, 12, tzinfo=UTC)]
    monkeypatch.setattr(clock, "system_now", lambda: shown[0])
    return shown


def restarted(address: str = "192.168.1.5", **urls: str) -> Session:
    session = open_session(environ={f"MINERDESK_URL_{name.upper()}": url for name, url in urls.items()})
    session.connection.surroundings._address = lambda: address
    return session


# Over a restart


def test_blocks_bans_and_open_breakers_outlast_a_restart(moment: list[datetime]) -> None:
    session = restarted()
    fail(session, BLOCKED, LIMITED, SLOW, SLOW, SLOW)
    before = waits(session)
    assert before == {"bybit": 86_400, "okx": 600, "kraken": 300}
    session.close()
    moment[0] += timedelta(seconds=100)
    session = restarted()
    assert waits(session) == pytest.approx({name: wait - 100 for name, wait in before.items()}, abs=2)
    health = session.client().health()["bybit"]
    assert health.last_failure is not None
    assert (health.last_failure.kind, health.last_failure.hint) == (BLOCKED.kind, BLOCKED.hint)
    assert health.last_failure_s == pytest.approx(100, abs=2)
    with pytest.raises(SourceError, match="not available here"), session.client().judged("bybit", force=True):
        pass
    session.close()
    moment[0] += timedelta(seconds=600)
    assert set(waits(restarted())) == {"bybit"}, "what is over is forgotten"


def test_a_breaker_goes_on_doubling_where_it_was(moment: list[datetime]) -> None:
    session = restarted()
    fail(session, SLOW, SLOW, SLOW)
    session.close()
    session = restarted()
    moment[0] += timedelta(seconds=1)
    with pytest.raises(SourceError), session.client().judged("kraken", force=True):
        raise SLOW
    breaker = session.client()._breakers["kraken"]
    assert breaker.health().failures_in_row == 4
    assert breaker.pause() is not None and breaker.pause().length_s == 300.0


def test_what_was_forgiven_is_not_remembered(moment: list[datetime]) -> None:
    session = restarted()
    fail(session, BLOCKED, SLOW, SLOW, SLOW)
    session.close()
    session = restarted()
    for name in ("bybit", "kraken"):
        session.client()._breakers[name].succeeded()
    session.close()
    assert waits(restarted()) == {}


def test_another_network_forgives_all_but_a_retry_after(moment: list[datetime]) -> None:
    session = restarted()
    fail(session, BLOCKED, LIMITED, SLOW, SLOW, SLOW)
    session.close()
    assert waits(restarted(address="")) == {"bybit": 86_400, "okx": 600, "kraken": 300}, "none is no other one"
    assert waits(restarted(address="10.0.0.7")) == {"okx": 600}


def test_another_base_url_is_judged_anew(moment: list[datetime]) -> None:
    session = restarted()
    fail(session, BLOCKED, LIMITED)
    session.close()
    assert waits(restarted(bybit="https://bybit.example")) == {"okx": 600}


@pytest.mark.parametrize("days", [-3650, -1, 3650])
def test_a_clock_that_is_set_lengthens_no_pause(moment: list[datetime], days: int) -> None:
    session = restarted()
    fail(session, BLOCKED, LIMITED)
    session.close()
    moment[0] += timedelta(days=days)
    assert waits(restarted()) == ({"bybit": 86_400, "okx": 600} if days < 0 else {})


def test_a_replay_holds_no_pause_up(moment: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2025-06-01T00:00:00Z")
    session = restarted()
    fail(session, LIMITED)
    session.close()
    moment[0] += timedelta(seconds=601)
    assert waits(restarted()) == {}


def test_offline_nothing_is_looked_at_or_written(moment: list[datetime], isolated_home: Path) -> None:
    session = restarted()
    fail(session, BLOCKED)
    session.close()
    file = isolated_home / "cache" / "pauses.json"
    before = file.read_bytes()
    offline = open_session(environ={}, offline=True)

    def address() -> str:
        raise AssertionError("the network was looked at offline")

    offline.connection.surroundings._address = address
    assert waits(offline) == {"bybit": 86_400}
    fail(offline)
    offline.close()
    assert file.read_bytes() == before


def test_a_command_that_was_refused_is_remembered_by_the_next(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(client_module, "is_loopback", lambda url: False)  # the stand-in as somebody else's server
    monkeypatch.setattr(client_module, "_gap_s", lambda provider, url: 0.0)
    with Loopback(now=datetime.now(UTC)) as server:
        for name, url in environment(server).items():
            monkeypatch.setenv(name, url)
        monkeypatch.delenv("MINERDESK_NOW", raising=False)
        server.faults["bybit"] = "http451"
        main(["refresh"], None)
        asked = len(server.asked("bybit"))
        assert asked == 1
        capsys.readouterr()
        main(["refresh"], None)
        assert len(server.asked("bybit")) == asked
        assert "Not asked again for another 24 h" in capsys.readouterr().out


def test_who_is_given_another_key_or_switched_on_is_judged_anew(moment: list[datetime]) -> None:
    session = restarted()
    fail(session, BLOCKED, LIMITED)
    session.close()
    session = restarted()
    session.connection.forgive(["bybit"])
    assert waits(session) == {"okx": 600}
    session.adopt_preferences(replace(session.preferences, sources_on=("okx",)))
    assert waits(session) == {}
    session.close()
    assert waits(restarted()) == {}, "nor in the next run"


def test_this_computer_is_never_kept_waiting() -> None:
    with Loopback() as server:
        session = restarted(**server.bases())
        server.faults["all"] = "http403"
        session.run(session.plan(everything=True))
        session.close()
        assert waits(restarted(**server.bases())) == {}


# The file


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "pauses.json"
    kept(tmp_path).keep({"bybit": BLOCK}, BASES, network="a", now=NOW)
    whole = file.read_text()
    row = json.loads(whole)["pauses"]["bybit"]
    damaged = [
        "", "[]", "null", "{", whole[:-20],
        '{"schema_version": 1}', '{"schema_version": 9, "pauses": {}}', "[" * 100_000,
        '{"schema_version": 1, "pauses": 3}', '{"schema_version": 1, "pauses": {"bybit": 3}}', " " * 300_000,
    ]  # fmt: skip
    for key, value in (
        ("written_at", "yesterday"), ("written_at", "2026-01-16T12:00:00"), ("blocked_until", 5), ("kind", "bored"),
        ("length_s", []), ("failed_at", None), ("failures_in_row", 1e999), ("blocked_until", "9999-99-99"),
    ):  # fmt: skip
        damaged.append(json.dumps({"schema_version": 1, "pauses": {"bybit": row | {key: value}}}))
    for text in damaged:
        file.write_text(text)
        assert kept(tmp_path).recall(BASES, network="a", now=NOW) == {}, text[:60]
        kept(tmp_path).keep({"okx": LIMIT}, BASES, network="a", now=NOW)
        assert "okx" in kept(tmp_path).recall(BASES, network="a", now=NOW), text[:60]


def test_it_names_neither_addresses_nor_networks(tmp_path: Path) -> None:
    secret = {"bybit": "https://user:hunter2@proxy.example"}
    kept(tmp_path).keep({"bybit": BLOCK}, secret, network="192.168.1.5", now=NOW)
    text = (tmp_path / "cache" / "pauses.json").read_text()
    assert "hunter2" not in text and "proxy.example" not in text and "192.168" not in text
    assert kept(tmp_path).recall(secret, network="192.168.1.5", now=NOW) == {"bybit": BLOCK}


def test_two_programs_keep_each_others_pauses(tmp_path: Path) -> None:
    kept(tmp_path).keep({"bybit": BLOCK}, BASES, network="a", now=NOW)
    kept(tmp_path).keep({"okx": LIMIT, "kraken": None}, BASES, network="a", now=NOW)
    assert kept(tmp_path).recall(BASES, network="a", now=NOW) == {"bybit": BLOCK, "okx": LIMIT}
    kept(tmp_path).keep({"bybit": None}, BASES, network="a", now=NOW)
    assert kept(tmp_path).recall(BASES, network="a", now=NOW) == {"okx": LIMIT}


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "pauses.json"
    pauses = kept(tmp_path)
    pauses.keep({"kraken": None}, BASES, network="a", now=NOW)
    assert not file.exists()
    pauses.keep({"kraken": OPEN}, BASES, network="a", now=NOW)
    written = file.stat().st_mtime_ns
    later = Pause(
        open_s=240.0, length_s=300.0, failures_in_row=3, kind=FailureKind.TIMEOUT, hint="slow", failed_ago_s=67.0
    )
    pauses.keep({"kraken": later}, BASES, network="a", now=NOW + timedelta(seconds=60))
    assert file.stat().st_mtime_ns == written
    pauses.keep({"kraken": None}, BASES, network="a", now=NOW + timedelta(seconds=60))
    assert json.loads(file.read_text())["pauses"] == {}


def test_a_folder_that_can_not_be_written_costs_nothing_but_the_memory(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    kept(tmp_path).keep({"bybit": BLOCK}, BASES, network="a", now=NOW)
    assert kept(tmp_path).recall(BASES, network="a", now=NOW) == {}


# No fixed moments


def test_what_is_due_is_spread_by_a_tenth_and_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minerdesk.session.RETRY_S", 0.0)
    now = [NOW]
    with Loopback() as server:
        urls = {name: url for name, url in environment(server).items() if name.startswith("MINERDESK_URL")}
        session = open_session(environ=urls, now=lambda: now[0])
        fetched: list[datetime] = []
        assert session.plan().names == ASKED
        session.take(*session.run(session.plan(everything=True)))
        found = session.desk.snapshot().observed("btc_price_usd")
        assert found is not None
        for _ in range(20):
            fetched.append(now[0])
            session.desk.observe([replace(found, fetched_at=now[0], as_of=now[0])], [])
            now[0] += timedelta(seconds=52)
            while "spot" not in session.plan().names:
                now[0] += timedelta(seconds=1)
        session.close()
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(fetched)]
    assert all(60 * (1 - SPREAD) <= gap <= 60 * (1 + SPREAD) + 1 for gap in gaps)
    assert len(set(gaps)) > 4, "they differ"
