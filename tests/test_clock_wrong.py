"""The computer's clock a day off, in 1970 and beyond 2038: no age is negative, and nothing that was kept is lost.

That a refresh finds it out and sets it right is tested in test_session_network.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import NOW, Loopback, environment

from minerdesk import clock, words
from minerdesk.economics.schema import FIELDS, TEXT_KEYS
from minerdesk.observations import Origin
from minerdesk.session import Session, open_session
from minerdesk.store import scenario

CLOCKS = {
    "a day behind": NOW - timedelta(days=1),
    "a day ahead": NOW + timedelta(days=1),
    "1970": datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC),
    "after 2038": datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    "2105": datetime(2105, 6, 1, tzinfo=UTC),
}
TOLERANCE = timedelta(seconds=120)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> int:
    """Fill the cache by a refresh at the right time; return how many quantities it brought."""
    with Loopback() as server:
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        session = open_session()
        report, problems = session.run(session.plan(everything=True))
        snapshot = session.take(report, problems)
        session.close()
    monkeypatch.delenv("MINERDESK_NOW")
    assert problems == ()
    return len(snapshot.observations)


def opened_at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(clock, "system_now", lambda: moment)
    return open_session(offline=True)


@pytest.mark.parametrize("moment", CLOCKS.values(), ids=CLOCKS.keys())
def test_ages_are_right_or_nothing_is_shown_and_the_cache_is_kept(
    fetched: int, monkeypatch: pytest.MonkeyPatch, isolated_home: Path, tmp_path: Path, moment: datetime
) -> None:
    session = opened_at(moment, monkeypatch)
    snapshot = session.desk.snapshot()
    for name, found in snapshot.observations.items():
        age = snapshot.age(name)
        assert age is not None
        assert age >= timedelta(0)
        assert found.age(moment) >= timedelta(0)
        assert "-" not in words.age(age)
        assert "−" not in words.age(age)
        assert found.as_of <= moment + timedelta(minutes=10), "nothing dated after the clock exists"
        if found.origin in (Origin.CACHE, Origin.NETWORK):
            assert abs(age - (moment - found.as_of)) <= TOLERANCE
    if moment > NOW:
        price = snapshot.observations["btc_price_usd"]
        assert price.origin in (Origin.CACHE, Origin.BUNDLE), "an old value is never called live"
    else:
        assert "btc_price_usd" not in snapshot.observations or snapshot.observations["btc_price_usd"].as_of <= moment
    path = tmp_path / "a.minerdesk.json"
    scenario.save(path, session.scenario())
    assert scenario.load(path, FIELDS, text_keys=TEXT_KEYS).saved_at == moment
    session.close()
    assert not list(isolated_home.rglob("*.damaged-*"))

    again = opened_at(NOW + timedelta(seconds=5), monkeypatch)
    assert len(again.desk.snapshot().observations) >= fetched, "the cache was not purged"
    again.close()
