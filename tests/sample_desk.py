"""A desk at a moment, with the few hand-made observations that the tests of the panels look at."""

from datetime import UTC, datetime, timedelta

from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Observation, Origin, Series
from minerdesk.quantities import QUANTITIES
from minerdesk.session import Session, open_session

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
RETARGET = datetime(2026, 1, 8, 7, 52, tzinfo=UTC)
PEAK_DAY = datetime(2025, 12, 30, tzinfo=UTC)


def session_at(monkeypatch, moment="2026-01-16T12:00:00Z", *, offline=False) -> Session:
    """Open a session with the bundled data and a clock that stands still."""
    monkeypatch.setenv("MINERDESK_NOW", moment)
    return open_session(offline=offline)


def observed(quantity, value, source, *, minutes=2.0, as_of=None, origin=Origin.NETWORK) -> Observation:
    fetched = NOW - timedelta(minutes=minutes)
    return Observation(
        quantity=quantity,
        value=value,
        unit=QUANTITIES[quantity].unit,
        as_of=as_of or fetched,
        fetched_at=fetched,
        source=source,
        origin=origin,
    )


def lay_live(session: Session) -> None:
    """Lay on the desk what a refresh brings in January 2026: a peak of 1,151 EH/s, then 1,005."""
    days = [PEAK_DAY + timedelta(days=n - 7) for n in range(24)]  # the last one is the 15th
    hashrate = Series.of(
        "network_hashrate_daily_eh_s",
        [day.timestamp() for day in days],
        [1151.0 if days[0] < day <= PEAK_DAY else 1004.8 for day in days],
        source="mempool",
        fetched_at=NOW - timedelta(minutes=3),
    )
    session.desk.observe(
        [
            observed("btc_price_usd", 95_546.0, "coinbase", minutes=1),
            observed("difficulty", 146.47257e12, "mempool", as_of=RETARGET),
            observed("tip_height", 932_640.0, "mempool"),
            observed("fees_btc_per_block", 0.019, "mempool"),
            observed("network_hashrate_7d_eh_s", 1004.8, "mempool", minutes=3, as_of=datetime(2026, 1, 16, tzinfo=UTC)),
        ],
        [hashrate],
    )


def fail(session: Session, source="gpurentalprices", hint="Its answer can't be read: <b>1</b>.") -> None:
    session.desk.observe([], [], failures=[SourceError(FailureKind.MALFORMED, source, hint)])
