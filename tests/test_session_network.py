"""A session on the network: order, a test of one source, sleep, a wrong clock, offline, and what is kept for good."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from loopback import ASKED, DAY, NOW, Loopback, environment

from minerdesk import clock
from minerdesk.errors import FailureKind
from minerdesk.observations import Origin, Series
from minerdesk.session import Session, open_session
from minerdesk.sources.surroundings import Surroundings
from minerdesk.store.cache import Cache
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


def opened(server: Loopback, now=None, **options: bool) -> Session:
    urls = {name: url for name, url in environment(server).items() if name.startswith("MINERDESK_URL")}
    return open_session(environ=urls, now=now or Clock(NOW), **options)


def refreshed(session: Session, *, everything: bool = True) -> None:
    report, problems = session.run(session.plan(everything=everything))
    session.take(report, problems)
    session.close()


def test_the_preferred_source_is_asked_first(server: Loopback) -> None:
    session = opened(server)
    session.adopt_preferences(Preferences(source_order={"spot": ("kraken",)}))
    refreshed(session)
    found = session.desk.snapshot().observed("btc_price_usd")
    assert found is not None and found.source == "kraken"
    second = session.desk.snapshot().observed("btc_price_second_usd")
    assert second is not None and second.source == "coinbase", "the next in order is asked as a check alone"


def test_a_test_believes_nothing_and_passes_a_block(server: Loopback) -> None:
    session = opened(server)
    server.faults["coinbase"] = "http403"
    refreshed(session)
    server.faults.clear()
    report = session.test("coinbase", NOW)
    assert report.complete and [outcome.source for outcome in report.outcomes] == ["coinbase"]
    found = session.desk.snapshot().observed("btc_price_usd")
    assert found is not None and found.source == "kraken", "what the desk believes is what a refresh brought"
    assert session.client().health()["coinbase"].next_try_s == 0.0


def test_offline_opens_no_socket_at_all(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened(server)
    refreshed(session)
    asked = len(server.log)
    session.set_offline(True)

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened offline")

    monkeypatch.setattr(socket.socket, "__init__", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert not session.look_around()
    refreshed(session)
    assert session.test("kraken", NOW).failures[0].kind is FailureKind.OFFLINE
    monkeypatch.undo()
    assert len(server.log) == asked
    session.set_offline(False)
    assert session.client().health()["coinbase"].last_success_s is not None, "pacing and pauses go on through it"


def test_after_a_sleep_what_failed_is_due_at_once(server: Loopback) -> None:
    server.faults["all"] = "http500"
    session = opened(server)
    refreshed(session, everything=False)
    assert session.plan().names == (), "it is left alone for a while"
    seconds = iter([0.0, 7200.0])
    ticking = lambda: next(seconds)  # noqa: E731 - one clock for both
    session.connection.surroundings = Surroundings(
        monotonic=lambda: 0.0, through_sleep=ticking, wall=lambda: 0.0, address=lambda: "10.0.0.1"
    )
    assert not session.look_around()
    assert session.look_around()
    server.faults.clear()
    plan = session.plan()
    assert plan.names == ASKED
    report = session.run(plan)[0]
    assert report.failures == (), "no breaker is in the way"
    session.close()


@pytest.mark.parametrize(
    ("behind_h", "span"), [(26, "26 h"), (-26, "26 h"), (56 * 8_800, "56 years"), (-15 * 8_800, "15 years")]
)
def test_a_wrong_clock_is_said_and_set_right_within_one_refresh(
    behind_h: float, span: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = datetime.now(UTC)
    behind = timedelta(hours=behind_h)
    monkeypatch.setattr(clock, "system_now", lambda: datetime.now(UTC) - behind)
    with Loopback(now=real) as server, Loopback(now=real) as other:
        session = opened(server, now=clock.now)
        session.adopt_preferences(Preferences())
        session.client().rebase({**session.bases, "kraken": other.base("kraken"), "mempool": other.base("mempool")})
        refreshed(session)
    snapshot = session.desk.snapshot()
    assert clock.correction() == pytest.approx(behind, abs=timedelta(seconds=5))
    assert abs(snapshot.now - datetime.now(UTC)) < timedelta(seconds=5)
    said = [problem.message for problem in snapshot.problems if problem.field == "clock"]
    assert len(said) == 1 and span in said[0] and ("behind" if behind_h > 0 else "ahead of") in said[0]
    price = snapshot.observed("btc_price_usd")
    assert price is not None and price.origin is Origin.NETWORK
    assert timedelta(0) <= price.age(snapshot.now) < timedelta(minutes=2)
    monkeypatch.setattr(clock, "system_now", lambda: datetime.now(UTC))
    moments = iter([(0.0, 0.0, 0.0), (15.0, 15.0, 15.0 + behind_h * 3600)])
    now = next(moments)
    session.connection.surroundings = Surroundings(
        monotonic=lambda: now[0], through_sleep=lambda: now[1], wall=lambda: now[2], address=lambda: "10.0.0.1"
    )
    session.look_around()
    now = next(moments)
    assert session.look_around(), "the user set it right"
    assert clock.correction() == timedelta(0)


def test_one_host_alone_is_told_of_and_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = datetime.now(UTC)
    monkeypatch.setattr(clock, "system_now", lambda: datetime.now(UTC) - timedelta(hours=3))
    with Loopback(now=real) as server:
        session = opened(server, now=clock.now)
        refreshed(session)
    assert clock.correction() == timedelta(0)
    (said,) = [problem.message for problem in session.desk.snapshot().problems if problem.field == "clock"]
    assert "3 h behind" in said and "Only one of them says so" in said


def test_a_frozen_clock_is_nobodys_mistake(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    session = opened(server)
    refreshed(session)
    assert clock.correction() == timedelta(0)
    assert not [problem for problem in session.desk.snapshot().problems if problem.field == "clock"]


def test_a_history_that_a_provider_keeps_for_days_stays_for_good(tmp_path) -> None:
    cache = Cache(tmp_path / "cache.sqlite3")
    first = int(NOW.timestamp()) // DAY * DAY - 400 * DAY
    quantity = "open_interest_bybit_daily_btc"
    for day in range(0, 400, 7):  # once a week it gives the last thirty days
        times = [first + n * DAY for n in range(max(0, day - 30), day + 1)]
        found = Series.of(quantity, times, [50_000.0 + t // DAY for t in times], source="bybit", fetched_at=NOW)
        assert cache.write([], [found]) == ()
    kept = cache.load(NOW).series[quantity]
    cache.close()
    assert len(kept) == 400 // 7 * 7 + 1
    assert (kept.values == 50_000.0 + kept.times // DAY).all()


def test_a_source_that_counts_in_two_ways_has_given_under_its_own_name(server: Loopback) -> None:
    session = opened(server)
    refreshed(session)
    given = session.desk.last_given()
    assert given["bybit"] == NOW and not any(":" in name for name in given)
