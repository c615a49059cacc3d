"""Of several sources whom to believe: alone and in a refresh, with providers on loopback that say something else."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import NOW, PRICE, TIP, Loopback, World, environment

from minerdesk import words
from minerdesk.economics.plausibility import agree
from minerdesk.errors import FailureKind
from minerdesk.observations import Observation, Origin
from minerdesk.quantities import QUANTITIES
from minerdesk.session import Session, open_session
from minerdesk.source_states import source_states
from minerdesk.sources.ask import Fetched
from minerdesk.sources.opinions import Measure, Opinion, conclude, settle
from minerdesk.sources.topics import TOPICS

PRICE_QUANTITY, SECOND = "btc_price_usd", "btc_price_second_usd"


def stated(value: float, source: str, quantity: str = PRICE_QUANTITY, minutes: float = 0.0) -> Observation:
    moment = NOW - timedelta(minutes=minutes)
    return Observation(
        quantity=quantity,
        value=value,
        unit=QUANTITIES[quantity].unit,
        as_of=moment,
        fetched_at=moment,
        source=source,
        origin=Origin.NETWORK,
    )


KNOWN = stated(PRICE, "coinbase", minutes=1)
NAMES = ("coinbase", "kraken", "bitstamp", "mempool")


def opinions(*values: float, known: Observation | None = KNOWN) -> list[Opinion]:
    measure = Measure(known={} if known is None else {PRICE_QUANTITY: known})
    return [
        Opinion.of(name, Fetched(observations=(stated(value, name),)), PRICE_QUANTITY, measure, NOW)
        for name, value in zip(NAMES, values, strict=False)
    ]


def test_one_source_that_can_be_right_is_believed_at_once_unless_a_second_is_wanted() -> None:
    alone = opinions(96_000)
    settled = settle(alone, second=False)
    assert settled is not None and settled.believed is alone[0] and settled.refused == ()
    assert settle(alone, second=True) is None
    assert conclude(alone, known=KNOWN).believed is alone[0], "nobody else answered: no reason to doubt it"


def test_a_step_waits_for_a_second_source_and_is_believed_if_that_agrees() -> None:
    jumped = opinions(150_000, 151_000)
    assert jumped[0].doubt and settle(jumped[:1], second=False) is None
    settled = settle(jumped, second=False)
    assert settled is not None and settled.believed is jumped[0] and settled.second is jumped[1]
    assert settled.refused == () and settled.sure


def test_a_slip_of_unit_loses_to_the_next_source_and_both_numbers_are_in_its_failure() -> None:
    slipped = opinions(PRICE * 1000, 95_550)
    assert settle(slipped, second=False) is None
    settled = conclude(slipped, known=KNOWN)
    assert settled.believed is slipped[1] and settled.sure
    (failure,) = settled.refused
    assert (failure.source, failure.kind) == ("coinbase", FailureKind.IMPLAUSIBLE)
    assert "$95 546 140 is 1 000 times the $95 546" in words.plain(failure.hint)


def test_two_that_agree_outvote_the_first_and_what_was_known() -> None:
    told = opinions(88_000, 95_000, 95_600)
    settled = settle(told, second=True)
    assert settled is not None and settled.believed is told[1] and settled.second is told[2]
    assert "$88 000 is 7 % below the $95 000 of Kraken, and Bitstamp agrees" in words.plain(settled.refused[0].hint)
    both = opinions(140_000, 60_000, 61_000, known=stated(139_000, "coinbase", minutes=1))
    settled = settle(both, second=False)
    assert settled is not None and settled.believed is both[1]


def test_without_agreement_the_nearest_to_the_last_value_is_believed_and_that_is_not_sure() -> None:
    told = opinions(88_000, 96_000)
    settled = conclude(told, known=KNOWN)
    assert settled.believed is told[1] and not settled.sure
    assert "no third source answered" in settled.refused[0].hint
    first = conclude(opinions(88_000, 96_000, known=None), known=None)
    assert first.believed is not None and first.believed.source == "coinbase", "without a last value the order decides"


def test_if_none_can_be_right_nobody_is_believed() -> None:
    settled = conclude(opinions(PRICE * 1000, 300_000), known=KNOWN)
    assert settled.believed is None and [failure.source for failure in settled.refused] == ["coinbase", "kraken"]
    assert conclude([], known=KNOWN).believed is None


@given(values=st.lists(st.floats(1e-2, 1e8), max_size=4), known=st.none() | st.floats(1e-2, 1e8))
def test_whoever_is_believed_agrees_with_another_or_can_follow_the_last_value(
    values: list[float], known: float | None
) -> None:
    last = None if known is None else stated(known, "coinbase", minutes=1)
    told = opinions(*values, known=last)
    settled = conclude(told, known=last)
    if settled.believed is None:
        assert all(one.doubt for one in told)
        assert not any(agree(PRICE_QUANTITY, a, b) for a, b in itertools.combinations(values, 2))
        return
    assert settled.second is not None or not settled.believed.doubt
    believed = settled.believed.stated
    assert believed is not None
    agreeing = sum(agree(PRICE_QUANTITY, value, believed.value) for value in values)
    doubted = {failure.source for failure in settled.refused}
    assert settled.believed.source not in doubted and len(doubted) == len(values) - agreeing


# -- in a refresh ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


class Clock:
    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def opened(server: Loopback) -> Iterator[tuple[Session, Clock]]:
    urls = {name: url for name, url in environment(server).items() if name.startswith("MINERDESK_URL")}
    clock = Clock()
    session = open_session(environ=urls, now=clock)
    yield session, clock
    session.close()


def lie(server: Loopback, provider: str, path: str, answer: Callable[[object], object]) -> None:
    """Let a provider answer something else at one path."""
    honest = getattr(server.world, provider)

    def other(asked: str, query: object) -> object:
        found = honest(asked, query)
        return answer(found) if asked == path else found

    setattr(server.world, provider, other)


def coinbase_says(server: Loopback, price: float) -> None:
    lie(server, "coinbase", "/products/BTC-USD/ticker", lambda found: {**found, "price": f"{price}"})  # type: ignore[dict-item]  # a JSON object


def refresh(session: Session, names: tuple[str, ...] = ("spot",), *, everything: bool = True) -> dict[str, str]:
    """Refresh and return the warnings about data, by quantity."""
    plan = session.plan(everything=everything)
    plan = replace(plan, names=names) if everything else plan
    report, problems = session.run(plan)
    snapshot = session.take(report, problems)
    told = {problem.field: words.plain(problem.message) for problem in snapshot.problems}
    assert all(told[f"doubt {doubt.quantity}"] == words.plain(doubt.message) for doubt in snapshot.doubts)
    return {doubt.quantity: words.plain(doubt.message) for doubt in snapshot.doubts}


def shown(session: Session, quantity: str = PRICE_QUANTITY) -> tuple[float, str]:
    found = session.desk.snapshot().observed(quantity)
    assert found is not None
    return found.value, found.source


def test_healthy_sources_bring_a_second_opinion_and_no_warning(server: Loopback, opened) -> None:
    session, clock = opened
    assert refresh(session) == {}
    assert shown(session) == (PRICE, "coinbase") and shown(session, SECOND) == (95_550.0, "kraken")
    clock.moment += timedelta(minutes=2)
    session._attempted_s.clear()
    refresh(session, everything=False)
    assert len(server.asked("kraken")) == 1, "within a quarter of an hour nobody is asked twice for the check"


def test_two_prices_six_per_cent_apart_warn_until_a_refresh_clears_it(server: Loopback, opened) -> None:
    session, _ = opened
    coinbase_says(server, 102_000.0)
    said = refresh(session)[PRICE_QUANTITY]
    assert "Coinbase Exchange is not believed: $102 000 is 7 % above the $95 550 of Kraken" in said
    assert said.endswith("Kraken's $95 550 is used; Bitstamp says the same.")
    assert shown(session) == (95_550.0, "kraken") and shown(session, SECOND) == (95_540.0, "bitstamp")
    assert session.desk.snapshot().doubt(PRICE_QUANTITY).settled  # type: ignore[union-attr]  # it was just read
    assert "spot" in session.plan().measure.second, "while a doubt stands a second source is asked each time"
    coinbase_says(server, PRICE)
    assert refresh(session) == {} and shown(session) == (PRICE, "coinbase")


def test_a_slip_of_unit_keeps_the_last_value_with_its_age_if_nobody_else_answers(server: Loopback, opened) -> None:
    session, clock = opened
    refresh(session)
    coinbase_says(server, PRICE * 1000)
    spot = next(topic for topic in TOPICS if topic.name == "spot")
    server.faults.update({source.provider: "http500" for source in spot.sources if source.provider != "coinbase"})
    clock.moment += timedelta(minutes=4)
    lie(server, "coinbase", "/products/BTC-USD/ticker", lambda found: {**found, "time": "2026-01-16T12:04:00Z"})
    said = refresh(session)[PRICE_QUANTITY]
    assert "too large for its day" in said
    assert "the last one stays: $95 546 of 16 Jan 2026, 11:59 UTC (Coinbase Exchange)" in said
    found = session.desk.snapshot().observed(PRICE_QUANTITY)
    assert found is not None and found.value == PRICE and found.age(clock.moment) == timedelta(minutes=4)
    assert not session.desk.snapshot().doubt(PRICE_QUANTITY).settled  # type: ignore[union-attr]  # it was just read


def test_a_crash_that_two_sources_report_is_believed_and_told_against_yesterday(server: Loopback, opened) -> None:
    session, _ = opened
    refresh(session, ("spot", "price_history"))
    coinbase_says(server, 45_000.0)
    lie(server, "kraken", "/0/public/Ticker", lambda _: {"error": [], "result": {"XXBTZUSD": {"c": ["45100.0", "1"]}}})
    said = refresh(session)[PRICE_QUANTITY]
    assert shown(session) == (45_000.0, "coinbase")
    assert "$45 000 (Coinbase Exchange) is 53 % below the close of 15 Jan 2026, $95 546 (Bitstamp)" in said


def test_a_block_height_that_falls_is_not_believed(server: Loopback, opened) -> None:
    session, _ = opened
    refresh(session, ("tip",))
    lie(server, "mempool", "/blocks/tip/height", lambda _: str(TIP - 40))
    said = refresh(session, ("tip",))["tip_height"]
    assert "mempool.space is not believed: block 932 473 comes before the 932 513 that was known" in said
    assert said.endswith("Blockchain.com's 932 513 is used.")


@pytest.mark.parametrize(
    ("topic", "path", "change"),
    [
        ("difficulty", "/v1/mining/difficulty-adjustments", lambda rows: [[t, h, d * 1e3, r] for t, h, d, r in rows]),
        ("fees", "/v1/mining/reward-stats/144", lambda found: {**found, "totalFee": "33009120000000"}),
        ("fees", "/v1/mining/reward-stats/144", lambda found: {**found, "totalFee": "330091"}),
    ],
)
def test_a_thousandfold_of_anything_is_not_believed(server: Loopback, opened, topic: str, path: str, change) -> None:
    session, _ = opened
    refresh(session, (topic,))
    honest = server.world.mempool
    server.world.mempool = lambda asked, query: (  # type: ignore[method-assign]  # it lies
        change(honest(asked, query)) if asked.startswith(path) else honest(asked, query)
    )
    report, _ = session.run(replace(session.plan(everything=True), names=(topic,)))
    (outcome,) = report.outcomes
    assert outcome.source == "blockchain_info" and outcome.doubt is not None and outcome.doubt.settled
    assert "mempool.space is not believed" in outcome.doubt.message


def test_a_check_that_hangs_holds_nothing_back_for_long_and_nobody_else_is_asked_for_it(
    server: Loopback, opened
) -> None:
    session, _ = opened
    server.faults["kraken"] = "hang"
    report, _ = session.run(replace(session.plan(everything=True), names=("spot",)))
    (outcome,) = report.outcomes
    assert outcome.source == "coinbase" and outcome.latency_s < 3.0 + 2.0
    assert outcome.doubt is not None and "not checked by a second source: Kraken gave none" in outcome.doubt.message
    assert [failure.source for failure in outcome.failures] == ["kraken"] and server.asked("bitstamp") == []


@pytest.mark.parametrize("fault", ["http429", "refuse", "http403", "html"])
def test_a_check_that_is_refused_goes_on_to_the_next_source(server: Loopback, opened, fault: str) -> None:
    session, _ = opened
    coinbase_says(server, PRICE * 1.08)
    server.faults["kraken"] = fault
    said = refresh(session)[PRICE_QUANTITY]
    assert "Coinbase Exchange is not believed: $103 190 is 8 % above the $95 540 of Bitstamp" in said
    assert shown(session)[1] == "bitstamp" and server.asked("bitstamp")


def test_a_price_that_nobody_could_check_says_so_until_somebody_did(server: Loopback, opened) -> None:
    session, clock = opened
    others = [source.provider for topic in TOPICS if topic.name == "spot" for source in topic.sources[1:]]
    server.faults.update(dict.fromkeys(others, "http429"))
    said = refresh(session)[PRICE_QUANTITY]
    assert said.startswith("BTC price: the $95 546 of Coinbase Exchange is not checked by a second source: Kraken, ")
    assert said.endswith(" gave none. It is used as it is; the next refresh asks again.") and " and " in said
    assert not session.desk.snapshot().doubt(PRICE_QUANTITY).settled  # type: ignore[union-attr]  # it was just read
    server.faults.clear()
    session.client().forgive("kraken")
    assert refresh(session) == {} and shown(session, SECOND) == (95_550.0, "kraken")
    server.faults.update(dict.fromkeys(others, "http429"))
    clock.moment += timedelta(minutes=20)
    lie(server, "coinbase", "/products/BTC-USD/ticker", lambda found: {**found, "time": "2026-01-16T12:20:00Z"})
    assert refresh(session) == {}, "Kraken's price of twenty minutes ago vouches for it"
    coinbase_says(server, PRICE * 1.08)
    assert "not checked by a second source" in refresh(session)[PRICE_QUANTITY]


def test_ten_times_the_price_is_not_believed_after_two_days_of_silence(server: Loopback, opened) -> None:
    session, clock = opened
    refresh(session)
    clock.moment += timedelta(days=2)
    server.world = World(clock.moment)
    coinbase_says(server, PRICE * 10)
    server.faults.update(dict.fromkeys(("kraken", "bitstamp", "coingecko", "mempool"), "refuse"))
    said = refresh(session)[PRICE_QUANTITY]
    assert "Coinbase Exchange is not believed: $955 461 is 10.0 times the $95 546 of 16 Jan 2026" in said
    assert shown(session) == (PRICE, "coinbase")


def test_a_jump_that_nobody_could_check_is_told_in_both_ways(server: Loopback, opened) -> None:
    session, _ = opened
    refresh(session, ("spot", "price_history"))
    session.desk.pools.values.pop(SECOND)
    coinbase_says(server, PRICE * 1.3)
    server.faults.update(dict.fromkeys(("kraken", "bitstamp", "coingecko", "mempool"), "http500"))
    said = refresh(session)[PRICE_QUANTITY]
    assert "not checked by a second source" in said and "30 % above the close of 15 Jan 2026" in said


def test_who_is_not_believed_is_not_called_healthy_on_the_page_data(server: Loopback, opened) -> None:
    session, clock = opened
    refresh(session)
    coinbase_says(server, PRICE * 1.08)
    refresh(session)
    health = session.client().health()
    assert health["coinbase"].failures_in_row == 1 and health["kraken"].failures_in_row == 0
    state = next(
        state
        for state in source_states(
            now=clock(),
            offline=False,
            topics=session.topics(),
            bases=session.bases,
            health=health,
            last_given={},
            last_fetched=session.desk.last_fetched(),
            sizes_bytes=None,
        )
        if state.provider == "coinbase"
    )
    assert state.failure is FailureKind.IMPLAUSIBLE and "8 % above" in words.plain(state.failure_hint)
    coinbase_says(server, PRICE)
    refresh(session)
    assert session.client().health()["coinbase"].failures_in_row == 0
