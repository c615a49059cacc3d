"""Stated hashprices: read in their unit, held against the computed one, and never in its place."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import NOW, Loopback, credentials, environment

from minerdesk.economics.published import Judgement
from minerdesk.errors import FailureKind, SourceError
from minerdesk.network_report import network_object, network_view
from minerdesk.network_tables import checked_points
from minerdesk.observations import Observation, Origin
from minerdesk.quantities import QUANTITIES, STATED_HASHPRICES
from minerdesk.session import Session, open_session
from minerdesk.snapshot import Snapshot
from minerdesk.sources import luxor
from minerdesk.sources.ask import Ask
from minerdesk.sources.braiins import parse_hashprice as parse_braiins
from minerdesk.sources.client import Client
from minerdesk.ui.deck.frame import Deck
from minerdesk.ui.deck.revenue import STATED_DAILY, hashprice_chart
from minerdesk.ui.panels.cards import cards

K = FailureKind
#: As recorded on 14 December 2025.
BRAIINS = {"avg_fees_per_block": 0.016, "current_hashrate": 1001.23, "hash_price": 0.039, "hash_value": 4e-7}


def current(**data: Any) -> bytes:
    told = {"priceBTC": 0.0005, "priceUSD": 50.0, "timestamp": "2026-01-16T11:55:00Z"}
    return json.dumps({"data": told | data}).encode()


def test_dollars_per_terahash_become_dollars_per_petahash() -> None:
    told = parse_braiins(json.dumps(BRAIINS).encode(), now=NOW)
    assert told.value == pytest.approx(39.0) and told.unit == "$/PH/day"
    assert told.detail == "0.039 $/TH/day, rounded"


def test_the_index_with_its_moment() -> None:
    told = luxor.parse_hashprice(current(), now=NOW)
    assert (told.value, told.unit, told.as_of) == (50.0, "$/PH/day", datetime(2026, 1, 16, 11, 55, tzinfo=UTC))


def test_days_of_the_index_without_the_unfinished_one() -> None:
    rows = [{"price": 40.0 + day, "timestamp": f"2026-01-{day}T00:00:00Z"} for day in (16, 15, 14)]
    series = luxor.parse_history(json.dumps({"data": rows}).encode(), now=NOW)
    assert list(series.values) == [54.0, 55.0] and series.last_time() == datetime(2026, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read", "body", "kind"),
    [
        (parse_braiins, b"{}", K.MALFORMED),
        (parse_braiins, b'{"hash_price": null}', K.MALFORMED),
        (parse_braiins, b'{"hash_price": 0}', K.IMPLAUSIBLE),
        (parse_braiins, b'{"hash_price": 39.0}', K.IMPLAUSIBLE),  # already per PH
        (parse_braiins, b'{"hash_price": 4e-7}', K.IMPLAUSIBLE),  # BTC
        (luxor.parse_hashprice, current(priceUSD=0.05), K.IMPLAUSIBLE),  # per TH
        (luxor.parse_hashprice, current(timestamp="yesterday"), K.MALFORMED),
        (luxor.parse_hashprice, current(timestamp="2026-01-10T11:55:00Z"), K.IMPLAUSIBLE),
        (luxor.parse_hashprice, b'{"data": []}', K.MALFORMED),
        (luxor.parse_history, b'{"data": []}', K.MALFORMED),
        (luxor.parse_history, b'{"data": [{"price": 1}]}', K.MALFORMED),
    ],
)
def test_what_is_no_hashprice_is_named(read: Any, body: bytes, kind: FailureKind) -> None:
    with pytest.raises(SourceError) as raised:
        read(body, now=NOW)
    assert raised.value.kind is kind


@settings(max_examples=examples(200), deadline=None)
@given(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12))
def test_any_number_is_a_hashprice_or_named(told: Any) -> None:
    rows = [{"price": told, "timestamp": "2026-01-15T00:00:00Z"}]
    for read, data in (
        (parse_braiins, {"hash_price": told}),
        (luxor.parse_hashprice, {"data": {"priceUSD": told, "timestamp": "2026-01-16T11:00:00Z"}}),
        (luxor.parse_history, {"data": rows}),
    ):
        try:
            found = read(json.dumps(data).encode(), now=NOW)
        except SourceError as error:
            assert error.kind in (K.MALFORMED, K.IMPLAUSIBLE)
        else:
            values = [found.value] if isinstance(found, Observation) else list(found.values)
            assert all(1.0 <= value <= 5_000.0 for value in values)


@pytest.mark.parametrize(("days", "span"), [(None, "1Y"), (5, "1M"), (60, "3M"), (300, "1Y")])
def test_only_the_span_that_the_cache_lacks_is_asked_for_in_petahashes(days: int | None, span: str) -> None:
    with Loopback() as server:
        client = Client(server.bases(), credentials=credentials())
        newest = {luxor.DAILY: None if days is None else NOW - timedelta(days=days)}
        luxor.fetch_history(Ask(client=client, now=NOW, deadline=client.monotonic() + 5, newest=newest))
        query = server.log[-1]["query"]
    assert f"span={span}&" in query and "hashunit=PHS" in query and "currency=USD" in query


# On screen


@pytest.fixture
def session() -> Iterator[Session]:
    with Loopback() as server:
        opened = open_session(environ=environment(server), now=lambda: NOW)
        report, _ = opened.run(opened.plan())
        opened.take(report)
        yield opened
        opened.close()


def with_stated(session: Session, value: float, source: str = "luxor") -> Snapshot:
    name = f"hashprice_{source}_usd_per_ph_day"
    told = Observation(
        quantity=name,
        value=value,
        unit="$/PH/day",
        as_of=NOW,
        fetched_at=NOW,
        source=source,
        origin=Origin.NETWORK,
    )
    return session.desk.observe([told], [])


def test_the_computed_one_stays_and_the_stated_one_stands_beside_it(session: Session) -> None:
    snapshot = session.desk.snapshot()
    assert snapshot.results.network.hashprice_usd_per_ph_day == pytest.approx(41.31, abs=0.01)
    (stated,) = snapshot.stated_hashprices()
    assert (stated.value, stated.source) == (pytest.approx(41.0), "braiins")
    assert snapshot.doubt(stated.quantity) is None, "41 and 41.31 are the same where one is rounded to 1"
    tip = cards(snapshot)[0].tip
    assert "Braiins Insights" in tip and "41.00" in tip
    (row,) = [one for one in checked_points(snapshot, network_view(snapshot)) if one.point.source == "Braiins Insights"]
    assert row.judgement is Judgement.AGREES and row.from_record == pytest.approx(41.31, abs=0.01)
    (told,) = network_object(snapshot, network_view(snapshot))["stated_hashprices"]
    assert (told["source"], told["usd_per_ph_day"]) == ("braiins", pytest.approx(41.0))
    assert "stated as 0.041 $/TH/day, rounded" in row.reason and row.record_error == pytest.approx(
        41 / 41.31 - 1, abs=1e-3
    )


@pytest.mark.parametrize(("value", "judgement"), [(43.3, Judgement.AGREES), (43.5, Judgement.DIFFERS)])
def test_a_stated_one_that_differs_is_said_and_not_taken(session: Session, value: float, judgement: Judgement) -> None:
    snapshot = with_stated(session, value)
    assert snapshot.results.network.hashprice_usd_per_ph_day == pytest.approx(41.31, abs=0.01)
    rows = {one.point.source: one for one in checked_points(snapshot, network_view(snapshot))}
    assert rows["Hashrate Index"].judgement is judgement
    doubt = snapshot.doubt("hashprice_luxor_usd_per_ph_day")
    assert (doubt is not None) == (judgement is Judgement.DIFFERS)
    assert doubt is None or "Hashrate Index states a hashprice of 43.50" in doubt.message


def test_an_old_one_or_one_of_another_day_says_nothing(session: Session) -> None:
    snapshot = session.desk.snapshot()
    past = checked_points(snapshot, network_view(snapshot, NOW.date() - timedelta(days=3)))
    assert all(one.point.source != "Braiins Insights" for one in past)
    for name in STATED_HASHPRICES:
        assert QUANTITIES[name].expired <= timedelta(hours=2)


def test_the_index_by_day_is_a_curve_beside_the_computed_one(session: Session) -> None:
    body = json.dumps(
        {"data": [{"price": 41.0, "timestamp": f"2026-01-{day}T00:00:00Z"} for day in (13, 14, 15)]}
    ).encode()
    snapshot = session.desk.observe([], [luxor.parse_history(body, now=NOW)])
    spec = hashprice_chart(Deck(snapshot=snapshot, view=network_view(snapshot)))
    assert [curve.name for curve in spec.curves] == ["hashprice", "stated"] and luxor.DAILY == STATED_DAILY
    assert list(spec.curves[1].values) == [41.0] * 3
    past = network_view(snapshot, NOW.date() - timedelta(days=3))
    earlier = hashprice_chart(Deck(snapshot=snapshot, view=past))
    assert list(earlier.curves[1].values) == [41.0], "nothing of later days"
