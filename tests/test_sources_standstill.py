"""A source that serves a frozen block height: noticed by its fetches, settled by a second one, said if nobody can."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from loopback import NOW, TIP, Loopback, World, environment
from test_sources_opinions import Clock, lie

from minerdesk import clock as the_clock
from minerdesk import words
from minerdesk.economics.standstill import STANDSTILL, Stand
from minerdesk.session import Session, open_session
from minerdesk.store.stand import KeptStand

MINUTE = timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def opened(server: Loopback, clock: Clock) -> Session:
    urls = {name: url for name, url in environment(server).items() if name.startswith("MINERDESK_URL")}
    return open_session(environ=urls, now=clock)


def at(server: Loopback, clock: Clock, minutes: float, *, others: float = TIP) -> None:
    """Let time pass: the first source goes on saying the same, the second one says what it is now."""
    clock.moment = NOW + timedelta(minutes=minutes)
    server.world = World(clock.moment)
    lie(server, "blockchain_info", "/stats", lambda found: {**found, "n_blocks_total": others})  # type: ignore[dict-item]  # a JSON object


def refresh(session: Session) -> tuple[str, str, bool]:
    """Refresh the height, and return who is believed, the doubt, and whether that is settled."""
    session._attempted_s.clear()
    report, problems = session.run(replace(session.plan(everything=True), names=("tip",)))
    snapshot = session.take(report, problems)
    doubt = snapshot.doubt("tip_height")
    source = report.outcomes[0].source or ""
    return source, words.plain(doubt.message) if doubt else "", bool(doubt and doubt.settled)


def test_a_height_that_stands_for_two_hours_is_left_for_the_source_that_moved_on(server: Loopback) -> None:
    clock = Clock()
    session = opened(server, clock)
    for minutes in (0, 60, 119):
        at(server, clock, minutes, others=TIP + 9)
        assert refresh(session) == ("mempool", "", False) and server.asked("blockchain_info") == []
    at(server, clock, 121, others=TIP + 11)
    believed, said, settled = refresh(session)
    assert (believed, settled) == ("blockchain_info", True)
    assert "mempool.space is not believed: block 932 513 has been the last one since 16 Jan 2026, 12:00 UTC" in said
    assert said.endswith("Blockchain.com's 932 524 is used.")
    assert session.client().health()["mempool"].failures_in_row == 1
    at(server, clock, 126, others=TIP + 12)
    believed, said, _ = refresh(session)
    assert believed == "blockchain_info" and "block 932 513 comes before the 932 524" in said, "it stays behind"
    session.close()


def test_a_network_that_found_no_block_is_vouched_for_by_a_second_source(server: Loopback) -> None:
    clock = Clock()
    session = opened(server, clock)
    for minutes, others in ((0, TIP), (125, TIP), (130, TIP + 2)):
        at(server, clock, minutes, others=others)
        assert refresh(session) == ("mempool", "", False)
    assert len(server.asked("blockchain_info")) == 2
    assert session.client().health()["mempool"].failures_in_row == 0
    at(server, clock, 135, others=TIP + 3)
    assert refresh(session)[0] == "blockchain_info", "three blocks are more than a node's lag"
    session.close()


def test_without_a_second_source_the_doubt_says_since_when_and_what_hangs_on_it(server: Loopback) -> None:
    clock = Clock()
    session = opened(server, clock)
    refresh(session)
    server.faults["blockchain_info"] = "http500"
    for minutes, told in ((125, "for 2 h"), (185, "for 3 h")):
        at(server, clock, minutes)
        believed, said, settled = refresh(session)
        assert (believed, settled) == ("", False)
        assert f"block 932 513 has been the last one since 16 Jan 2026, 12:00 UTC, {told}" in said
        assert said.endswith("The next adjustment is reckoned from it and as doubtful.")
        found = session.desk.snapshot().observed("tip_height")
        assert found is not None and found.value == TIP and found.age(clock.moment) == timedelta(minutes=minutes)
    server.faults.clear()
    session.client().forgive("blockchain_info")
    at(server, clock, 190, others=TIP + 20)
    assert refresh(session)[0] == "blockchain_info"
    session.close()


def test_who_refreshes_by_a_timetable_notices_it_too(server: Loopback) -> None:
    clock = Clock()
    for minutes in range(0, 121, 20):
        at(server, clock, minutes, others=TIP + minutes / 10)
        session = opened(server, clock)
        believed, _, _ = refresh(session)
        session.close()
        assert believed == ("mempool" if minutes < 120 else "blockchain_info")


def test_a_clock_that_was_set_makes_no_height_old(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    session = opened(server, clock)
    server.faults["blockchain_info"] = "http500"
    refresh(session)
    at(server, clock, 180)
    monkeypatch.setattr(the_clock, "_correction", timedelta(hours=3))  # as a refresh does that finds it wrong
    report, problems = session.run(replace(session.plan(), names=()))
    session.take(report, problems)
    assert session.desk.pools.stand is None
    assert refresh(session) == ("mempool", "", False)
    session.close()


def test_what_is_kept_is_read_back_and_nonsense_is_as_good_as_nothing(tmp_path) -> None:
    path = tmp_path / "cache" / "tip.json"
    kept, stand = KeptStand(path), Stand(height=932_513.0, since=NOW)
    assert kept.recall(NOW) is None
    kept.keep(stand)
    assert KeptStand(path).recall(NOW + STANDSTILL) == stand
    assert kept.recall(NOW - MINUTE) is None, "it is dated after the clock"
    before = path.stat().st_mtime_ns
    kept.keep(stand)
    assert path.stat().st_mtime_ns == before, "nothing is written for the same"
    for text in (
        "",
        "{",
        "[]",
        "null",
        '{"schema_version": 2}',
        path.read_text().replace("932513.0", "NaN"),
        "1" * 9_000,
    ):
        path.write_text(text)
        assert kept.recall(NOW) is None
    path.write_text(f'{{"schema_version": 1, "height": 1, "since": "{NOW.replace(tzinfo=None).isoformat()}"}}')
    assert kept.recall(NOW) is None, "a time without an offset"
