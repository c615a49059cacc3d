"""A refresh as a whole: every fault at every topic is a named failure in time, and fallbacks come in their order."""

import dataclasses
import gc
import logging
import threading
import time
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import loopback
import pytest
from loopback import FAULTS, NOW, PROVIDERS, Loopback, credentials

from minerdesk.errors import FailureKind
from minerdesk.quantities import QUANTITIES
from minerdesk.sources import failures, topics
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.client import Client
from minerdesk.sources.refresh import Outcome, Refresher, Report, due
from minerdesk.sources.topics import Source, Topic, in_order

K = FailureKind
#: What is asked without a key, consent or a system of one's own.
TOPICS = in_order({}, on=("coinglass",))
TOPIC_NAMES = tuple(topic.name for topic in TOPICS)
EXPECTED = {
    "refuse": {K.REFUSED},
    "hang": {K.TIMEOUT},
    "slow": {K.TIMEOUT},
    "slow_headers": {K.TIMEOUT},
    "http401": {K.BLOCKED},
    "http403": {K.BLOCKED},
    "http451": {K.BLOCKED},
    "http429": {K.RATE_LIMITED},
    "redirectloop": {K.REFUSED},
    "redirect_away": {K.REFUSED},
    "http404": {K.REFUSED},
    "http500": {K.REFUSED},
    "http503": {K.REFUSED},
    "http503_later": {K.REFUSED},
    "truncated": {K.MALFORMED, K.IMPLAUSIBLE},
    "negative": {K.MALFORMED, K.IMPLAUSIBLE},
    "zero": {K.IMPLAUSIBLE},
    "stale": {K.IMPLAUSIBLE, K.MALFORMED},  # a snapshot of another day than asked for
}
#: These have no date in their body, so an old one can't be told from a new one.
UNDATED = {"spot": "kraken", "tip": "mempool", "fees": "mempool", "pools": "mempool"}
UNDATED |= {"hashprice_braiins": "braiins"}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def refresher(server: Loopback, *, topic_s: float = 20.0, least_s: float = 1.0) -> Refresher:
    client = Client(server.bases(), credentials=credentials())
    return Refresher(client, TOPICS, topic_budget_s=topic_s, least_attempt_s=least_s)


def run(server: Loopback, *names: str, **kwargs: object) -> Report:
    return refresher(server).run(names or TOPIC_NAMES, now=NOW, budget_s=30.0, **kwargs)  # type: ignore[arg-type] # options of run


def test_everything_at_once(server: Loopback) -> None:
    report = run(server)
    assert report.complete
    assert report.failures == ()
    assert [outcome.source for outcome in report.outcomes] == [topic.sources[0].provider for topic in TOPICS]
    assert {o.quantity: o.value for o in report.observations} == {
        "btc_price_usd": loopback.PRICE,
        "difficulty": loopback.DIFFICULTY,
        "tip_height": loopback.TIP,
        "fees_btc_per_block": pytest.approx(0.022923, rel=1e-4),
        "network_hashrate_7d_eh_s": pytest.approx(loopback.MEAN_7D),
        "gpu_rate_on_demand_usd_per_gpu_hour": pytest.approx(6.74),
        "open_interest_usd": 5.04e9,
        "hashprice_braiins_usd_per_ph_day": pytest.approx(41.0),
        "pool_hhi": pytest.approx(0.225),
        "pools_for_majority": 2.0,
        "pool_largest_share": pytest.approx(0.3),
    }
    assert {s.quantity for s in report.series} == {
        "difficulty_epochs",
        "epoch_heights",
        "network_hashrate_daily_eh_s",
        "btc_price_daily_usd",
        "fees_daily_btc_per_block",
        "gpu_rate_daily_usd_per_gpu_hour",
        "gpu_history_providers",
        "open_interest_daily_usd",
        "open_interest_bybit_daily_btc",
        "open_interest_binance_daily_usd",
        "open_interest_binance_files_daily_usd",
        "open_interest_coinglass_daily_usd",
    }
    assert {rate.source for rate in report.gpu_rates} == {"gpurentalprices", "getdeploying"}
    assert report.gpus_unknown["gpurentalprices"] == ("v100",)


def test_every_quantity_belongs_to_exactly_one_topic_or_is_only_bundled() -> None:
    fetched = [q for topic in topics.TOPICS if not topic.only_with for q in topic.quantities]
    seconds = [topic.second for topic in topics.TOPICS if topic.second]
    assert sorted([*fetched, *seconds, "open_interest_aggregate_usd"]) == sorted(QUANTITIES)


def test_a_venue_that_serves_not_everybody_leaves_a_refresh_complete(server: Loopback) -> None:
    server.faults.update(bybit="http403", binance="http451")
    report = run(server)
    assert report.complete
    assert {f.source: f.kind for f in report.failures} == {"bybit": K.BLOCKED, "binance": K.BLOCKED}
    server.faults["okx"] = "http451"
    assert not run(server, "open_interest").complete


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_fallbacks_come_in_their_order(server: Loopback, topic: Topic) -> None:
    for broken in range(1, len(topic.sources)):
        for source in topic.sources[:broken]:
            server.faults[source.provider] = "http500"
        (outcome,) = run(server, topic.name).outcomes
        assert outcome.source == topic.sources[broken].provider
        assert [f.source for f in outcome.failures] == [s.provider for s in topic.sources[:broken]]
        assert outcome.fetched is not None
        fetched = outcome.fetched
        got = {o.quantity for o in fetched.observations} | {s.quantity for s in fetched.series}
        assert topic.quantities[0] in got
        assert all(o.source == outcome.source for o in fetched.observations)
        assert all(s.source_names == (outcome.source,) for s in fetched.series)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_at_every_topic_is_a_named_failure(server: Loopback, fault: str) -> None:
    server.faults["all"] = fault
    endless = fault in ("hang", "slow", "slow_headers")
    report = refresher(server, topic_s=1.0 if endless else 20.0, least_s=0.2).run(
        TOPIC_NAMES, now=NOW, force=True, budget_s=30.0
    )
    assert [outcome.topic for outcome in report.outcomes] == list(TOPIC_NAMES)
    for outcome, topic in zip(report.outcomes, TOPICS, strict=True):
        if fault == "stale" and topic.name in UNDATED:
            assert outcome.source == UNDATED[topic.name]
            continue
        assert outcome.fetched is None, topic.name
        assert [f.source for f in outcome.failures] == [s.provider for s in topic.sources]
        assert {f.kind for f in outcome.failures} <= EXPECTED.get(fault, {K.MALFORMED})
        assert all(f.hint for f in outcome.failures)


def test_hanging_source_leaves_time_for_its_fallback(server: Loopback) -> None:
    server.faults["mempool"] = "hang"
    report = refresher(server, topic_s=4.0, least_s=0.2).run(["difficulty", "tip"], now=NOW, budget_s=10.0)
    assert [o.source for o in report.outcomes] == ["blockchain_info"] * 2
    assert {f.kind for f in report.failures} == {K.TIMEOUT}


def test_shares_of_the_time() -> None:
    a_refresher = Refresher(Client({}))
    assert a_refresher.share(15.0, 2) == 7.5
    assert a_refresher.share(8.0, 4) == 3.0
    assert a_refresher.share(1.0, 1) == 1.0


def test_budget_ends_the_run_and_names_who_was_waited_for(server: Loopback) -> None:
    server.faults["all"] = "hang"
    began = time.monotonic()
    report = refresher(server).run(TOPIC_NAMES, now=NOW, budget_s=0.5)
    assert time.monotonic() - began < 5.0
    assert not report.complete
    assert {f.kind for f in report.failures} == {K.TIMEOUT}
    assert [o.failures[0].source for o in report.outcomes] == [topic.sources[0].provider for topic in TOPICS]
    for thread in threading.enumerate():
        if thread.name.startswith(("fetch", "refresh")):
            assert thread.daemon
            thread.join(5.0)
            assert not thread.is_alive()


def test_cancel_ends_the_run(server: Loopback) -> None:
    server.faults["all"] = "hang"
    cancel = threading.Event()
    seen: list[Outcome] = []

    def stop() -> None:
        server.wait_until_asked("coinbase")
        cancel.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    began = time.monotonic()
    report = run(server, cancel=cancel, on_outcome=seen.append)
    stopper.join()
    assert time.monotonic() - began < 10.0
    assert {f.kind for f in report.failures} == {K.CANCELLED}
    assert len(seen) == len(TOPICS), "every topic is reported, also those that were stopped"


def test_outcomes_are_delivered_once_each(server: Loopback) -> None:
    seen: list[Outcome] = []
    report = run(server, on_outcome=seen.append)
    assert sorted(o.topic for o in seen) == sorted(TOPIC_NAMES)
    assert {id(o) for o in seen} == {id(o) for o in report.outcomes}


def test_faulty_receiver_loses_nothing(server: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    def receiver(outcome: Outcome) -> None:
        raise RuntimeError(outcome.topic)

    with caplog.at_level(logging.CRITICAL):
        assert run(server, "spot", on_outcome=receiver).complete


def test_offline_asks_nobody(server: Loopback) -> None:
    report = Refresher(Client(server.bases(), offline=True), TOPICS).run(TOPIC_NAMES, now=NOW)
    assert {f.kind for f in report.failures} == {K.OFFLINE}
    assert not report.complete
    assert server.log == []


def test_nothing_asked_for() -> None:
    report = Refresher(Client({})).run((), now=NOW)
    assert report.complete
    assert report.outcomes == ()


def test_unforeseen_exception_is_a_malformed_body_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fetch(ask: Ask) -> Fetched:
        raise KeyError("surprise")

    topic = Topic(
        name="spot", label="", quantities=("btc_price_usd",), sources=(Source(provider="kraken", fetch=fetch),)
    )
    client = Client({"kraken": "http://127.0.0.1:1"})
    report = Refresher(client, [topic]).run(["spot"], now=NOW)
    assert [f.kind for f in report.failures] == [K.MALFORMED]
    assert "was not foreseen" in caplog.text
    assert client.health()["kraken"].failures_in_row == 1


def test_hash_rate_is_held_against_the_difficulty_known(server: Loopback) -> None:
    assert run(server, "hashrate", difficulty=loopback.DIFFICULTY).complete
    report = run(server, "hashrate", difficulty=loopback.DIFFICULTY * 1000)
    assert [(f.source, f.kind) for f in report.failures] == [
        ("mempool", K.IMPLAUSIBLE),
        ("blockchain_info", K.IMPLAUSIBLE),
    ]


def test_hash_rate_that_fails_the_check_is_asked_of_the_fallback(server: Loopback) -> None:
    topic = next(topic for topic in TOPICS if topic.name == "hashrate")

    def wrong_unit(ask: Ask) -> Fetched:
        fetched = topic.sources[0].fetch(ask)
        (observation,) = fetched.observations
        return Fetched(observations=(dataclasses.replace(observation, value=observation.value / 1000),))

    broken = dataclasses.replace(topic, sources=(Source(provider="mempool", fetch=wrong_unit), topic.sources[1]))
    report = Refresher(Client(server.bases()), [broken]).run(["hashrate"], now=NOW, difficulty=loopback.DIFFICULTY)
    assert report.outcomes[0].source == "blockchain_info"


@pytest.mark.parametrize(
    ("days", "paths"),
    [
        (None, {"hashrate", "difficulty-adjustments", "fees/3y"}),
        (3, {"hashrate/3m", "difficulty-adjustments/1y", "fees/3m"}),
        (200, {"hashrate/1y", "difficulty-adjustments/1y", "fees/1y"}),
        (500, {"hashrate/2y", "difficulty-adjustments/2y", "fees/2y"}),
        (800, {"hashrate", "difficulty-adjustments", "fees/3y"}),
    ],
)
def test_only_what_the_cache_lacks_is_asked_for(server: Loopback, days: int | None, paths: set[str]) -> None:
    newest = {} if days is None else {name: NOW - timedelta(days=days) for name in QUANTITIES}
    assert run(server, "hashrate", "difficulty", "fees_history", newest=newest).complete
    asked = {path.removeprefix("/v1/mining/").removeprefix("blocks/") for path in server.asked("mempool")}
    assert asked == paths


@pytest.mark.parametrize(("newest", "pages"), [(None, 6), (datetime(2026, 1, 14, tzinfo=UTC), 1), (NOW, 1)])
def test_price_history_comes_in_pages(server: Loopback, newest: datetime | None, pages: int) -> None:
    report = run(server, "price_history", newest={"btc_price_daily_usd": newest})
    assert report.outcomes[0].source == "bitstamp"
    assert len(server.asked("bitstamp")) == pages
    last = report.series[0].last_time()
    assert last == datetime(2026, 1, 15, tzinfo=UTC)


def test_due_by_the_refresh_age_of_the_first_quantity() -> None:
    assert due(TOPIC_NAMES, {}, NOW) == TOPIC_NAMES
    fetched = dict.fromkeys(QUANTITIES, NOW - timedelta(minutes=6))
    assert due(TOPIC_NAMES, fetched, NOW) == ("spot", "difficulty", "tip", "fees")
    assert due(["gpu", "spot"], fetched, NOW) == ("spot",)
    assert due(TOPIC_NAMES, dict.fromkeys(QUANTITIES, NOW), NOW) == ()
    assert due(["gpu"], dict.fromkeys(QUANTITIES, NOW + timedelta(days=1)), NOW) == ("gpu",), "the clock was set back"


def test_environment_points_at_the_server(server: Loopback) -> None:
    variables = loopback.environment(server)
    assert variables["MINERDESK_NOW"] == "2026-01-16T12:00:00+00:00"
    assert len(variables) == len(PROVIDERS) + 1
    assert variables["MINERDESK_URL_MEMPOOL"].endswith("/mempool/api")


def test_a_remembered_failure_does_not_keep_the_body_alive_that_it_came_from() -> None:
    bodies: list[weakref.ref[object]] = []

    class Body:
        """Stands in for megabytes."""

    def fetch(ask: Ask) -> Fetched:
        body = Body()
        bodies.append(weakref.ref(body))
        try:
            raise ValueError("unreadable")
        except ValueError as error:
            raise failures.malformed("kraken", "nonsense") from error

    spot = dataclasses.replace(TOPICS[0], sources=(Source(provider="kraken", fetch=fetch),))
    client = Client({"kraken": "http://127.0.0.1:1"})
    report = Refresher(client, [spot]).run(["spot"], now=NOW)
    assert report.failures[0].kind is K.MALFORMED and "nonsense" in str(report.failures[0])
    last = client.health()["kraken"].last_failure
    assert last is not None and str(last) == str(report.failures[0])
    gc.collect()
    assert [body() for body in bodies] == [None]
