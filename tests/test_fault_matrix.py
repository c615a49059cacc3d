"""Every provider x every fault x every state of the cache, generated from the topics: a new provider joins by itself.

In each cell one provider has one fault. Then: no exception escapes; the failure is named, by a kind that fits; the next
source is asked; what nobody gave stays as it was bit for bit, on disk and, where it is old, on the desk, with its age;
and no more is asked than one request per topic, its pages and the budget of retries allow.
"""

import dataclasses
import logging
import math
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType

import numpy as np
import pytest
import totals
from faults import ADDRESS, BODY, ENDLESS, HARMLESS, KINDS, RETRIED, FaultServer, no_such_name, providers
from loopback import NOW, credentials

from minerdesk.aftermath import lasting
from minerdesk.desk import Desk
from minerdesk.economics.gpu_rates import GpuRate, is_plausible
from minerdesk.market_prices import series_of
from minerdesk.observations import Observation, Series, State
from minerdesk.quantities import QUANTITIES
from minerdesk.snapshot import Snapshot
from minerdesk.sources import bitcoind, ecb, eia, frankfurter, pieces
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.client import MAX_REDIRECTS, Client
from minerdesk.sources.markets import PLACES
from minerdesk.sources.pacing import RETRY_BUDGET
from minerdesk.sources.pieces import Asking, Feed, Order, gather
from minerdesk.sources.refresh import Refresher, Report
from minerdesk.sources.topics import TOPICS, Source, Topic, in_order
from minerdesk.store.cache import Cache, Cached

STATES = {"none": None, "fresh": timedelta(minutes=2), "stale": timedelta(days=9)}
WORKERS = 33
#: A handshake reads all certificates of the system: done by all cells at once each would wait for all others.
COSTLY, FEW = ("self_signed", "expired"), 6
#: What a topic may take where an answer never ends: half of it is left for the fallback, among all cells at once.
ENDLESS_TOPIC_S = 8.0
#: The same of prices and rates, whose every request has a time of its own.
ENDLESS_PIECE_S = 2.0
#: What it may take otherwise: reading certificates for a hundred cells at once takes a busy machine long.
PATIENT_TOPIC_S = 60.0
#: A fault that an answer shows no trace of: these topics have no date; a price of power may be 0 or less.
_UNDATED = {"kraken/spot", "mempool/tip", "mempool/fees", "mempool/pools", "braiins/hashprice_braiins"}
_UNDATED |= {f"{name}/gpu_{name}" for name in ("lambda", "primeintellect", "runpod", "vast", "shadeform")}
INVISIBLE = {"stale": _UNDATED, "future": _UNDATED}


def _power_prices(key: str, feed: Feed) -> Source:
    """Return how the newest week of a market is fetched from one provider, as the window does it."""

    def fetch(ask: Ask) -> Fetched:
        asking = Asking(client=ask.client, provider=feed.provider, cancel=ask.cancel)
        found = gather(feed, asking, Order(zone=key, now=ask.now, days=8))
        if found.failure is not None:
            raise found.failure
        series_of(found.pieces[key], PLACES[key], feed, now=ask.now)
        return Fetched()

    return Source(provider=feed.provider, fetch=fetch)


def _industry(ask: Ask) -> Fetched:
    eia.fetch_prices(ask.client, "TX", now=ask.now, cancel=ask.cancel)
    return Fetched()


def _rate(provider: ModuleType) -> Source:
    def fetch(ask: Ask) -> Fetched:
        provider.fetch_rate(ask.client, "EUR", now=ask.now, cancel=ask.cancel)
        return Fetched()

    return Source(provider=provider.NAME, fetch=fetch)


#: The markets that are fetched, and from whom, so that each provider of power prices is there once.
POWER = {
    "DE-LU": ("energy_charts", "smard", "awattar_de", "entsoe"),
    "AT": ("awattar",),
    "HB_HUBAVG": ("ercot",),
    "NSW1": ("aemo",),
}
#: A day of prices at 0, or the same, there is; over two days it is no market any more.
INVISIBLE |= {fault: {"aemo/power NSW1"} for fault in ("zero", "units_down")}
INVISIBLE["negative"] = {f"{provider}/power {key}" for key, providers in POWER.items() for provider in providers}
#: What is fetched apart from a refresh, in the form of a topic.
APART = (
    *(
        Topic(
            name=f"power {key}",
            label="",
            quantities=(),
            sources=tuple(_power_prices(key, feed) for feed in PLACES[key].feeds if feed.provider in providers),
        )
        for key, providers in POWER.items()
    ),
    Topic(name="euro", label="", quantities=(), sources=(_rate(frankfurter), _rate(ecb))),
    Topic(name="industry", label="", quantities=(), sources=(Source(provider=eia.NAME, fetch=_industry),)),
)
ALL = (*TOPICS, *APART)
SERVING = {name: [t.name for t in ALL if any(s.provider == name for s in t.sources)] for name in providers()}


@dataclasses.dataclass
class World:
    """What all cells stand on: caches to copy, what a healthy run asks and gives, and idle servers."""

    folder: Path
    caches: dict[str, Path]
    newest: dict[str, dict[str, datetime | None]]
    asked: dict[str, Counter[str]]
    healthy: dict[str, Report]
    idle: "SimpleQueue[FaultServer]"
    cells: Counter[str]


def topics_of(provider: str) -> tuple[Topic, ...]:
    """Return what a provider serves, with it asked first and one other source after it."""
    first = {t.name: [provider, *(s.provider for s in t.sources)] for t in ALL if t.name in SERVING[provider]}
    chosen = in_order(first, ALL, on=SERVING)
    return tuple(dataclasses.replace(t, sources=t.sources[:2]) for t in chosen if t.name in SERVING[provider])


def run(server: FaultServer, provider: str, fault: str, newest: dict[str, datetime | None]) -> Report:
    bases, trusted = server.spoil(provider, fault) if fault else (server.bases(), "")
    endless = fault in ENDLESS
    topics = topics_of(provider)
    refresher = Refresher(
        Client(bases, ca_file=trusted, credentials=credentials()),
        topics,
        topic_budget_s=ENDLESS_TOPIC_S if endless else PATIENT_TOPIC_S,
        least_attempt_s=0.3,
    )
    budget_s = ENDLESS_TOPIC_S + 1.0 if endless else PATIENT_TOPIC_S + 10.0
    return refresher.run([t.name for t in topics], now=NOW, newest=newest, budget_s=budget_s)


def remembered(report: Report, age: timedelta) -> tuple[list[Observation], list[Series], list[GpuRate]]:
    """Return what was fetched as it would have been `age` ago, a little different: so it can't be taken for today's."""
    values = [
        dataclasses.replace(o, value=o.value * 0.97, as_of=o.as_of - age, fetched_at=o.fetched_at - age)
        for o in report.observations
    ]
    series = [
        dataclasses.replace(s.cut(NOW - age), values=s.cut(NOW - age).values * 0.97, fetched_at=s.fetched_at - age)
        for s in report.series
    ]
    ago = int(age.total_seconds())
    rates = [rate._replace(fetched_at=rate.fetched_at - ago, median=rate.median * 0.97) for rate in report.gpu_rates]
    return values, series, rates


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    servers = [FaultServer(folder) for _ in range(WORKERS)]
    patch = pytest.MonkeyPatch()
    patch.setenv("MINERDESK_HOME", str(folder / "home"))
    patch.setattr(socket, "getaddrinfo", no_such_name(socket.getaddrinfo))
    patch.setattr(bitcoind, "_BATCH_S", 1e6)  # so that a busy machine doesn't ask a node in smaller batches
    patch.setattr(bitcoind, "FEE_BLOCKS", 24)
    patch.setattr(bitcoind, "LEAST_FEE_BLOCKS", 12)
    made = World(folder, {}, {}, {}, {}, SimpleQueue(), Counter())
    for server in servers:
        server.__enter__()
        made.idle.put(server)
    full = Refresher(Client(servers[0].bases(), credentials=credentials()), ALL).run([t.name for t in ALL], now=NOW)
    assert full.complete
    for state, age in STATES.items():
        made.caches[state] = folder / f"{state}.sqlite3"
        made.newest[state] = {}
        if age is not None:
            cache = Cache(made.caches[state])
            assert cache.write(*remembered(full, age)) == ()
            held = cache.load(NOW)
            cache.close()
            made.newest[state] = {name: series.last_time() for name, series in held.series.items()}
    for provider in SERVING:
        servers[0].log.clear()
        made.healthy[provider] = run(servers[0], provider, "", {})
        made.asked[provider] = Counter(entry["provider"] for entry in servers[0].log)
    yield made
    patch.undo()
    for server in servers:
        server.__exit__(None, None, None)
    if made.cells:
        totals.LINES.append(_summary(made))


def _summary(world: World) -> str:
    cells = sum(count for name, count in world.cells.items() if name.startswith("state "))
    kinds = ", ".join(f"{n[5:]} {c}" for n, c in sorted(world.cells.items()) if n.startswith("kind "))
    return (
        f"Fault matrix: {cells} cells of {len(SERVING)} providers x {len(KINDS)} faults x {len(STATES)} states of the "
        f"cache; {world.cells['topics']} topics tried, {world.cells['requests']} requests; failures by kind: {kinds}; "
        f"fallback taken {world.cells['fallback']}, last good value kept {world.cells['kept']}, harmless or not to be "
        f"seen {world.cells['used']}."
    )


def test_every_provider_that_is_asked_is_in_the_matrix(world: World) -> None:
    assert {source.provider for topic in TOPICS for source in topic.sources} <= set(SERVING)
    for provider, report in world.healthy.items():
        assert SERVING[provider], f"{provider} serves no topic: give it one in APART"
        assert report.failures == ()
        assert {o.source for o in report.outcomes} == {provider}
    assert len(KINDS) >= 36


# truststore leaves a socket whose certificate it refused to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <truststore:ResourceWarning")
@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_at_every_provider_in_every_state(world: World, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    cells = [(provider, state) for provider in SERVING for state in STATES]
    patch = pytest.MonkeyPatch()
    if fault in ENDLESS:
        patch.setattr(pieces, "PIECE_DEADLINE_S", ENDLESS_PIECE_S)
        for module in (frankfurter, ecb, eia):
            patch.setattr(module, "DEADLINE_S", ENDLESS_PIECE_S)
    with patch.context(), ThreadPoolExecutor(FEW if fault in COSTLY else WORKERS) as pool:
        found = [c for cs in pool.map(lambda cell: complaints(world, *cell, fault), cells) for c in cs]
    patch.undo()
    assert not found, "\n".join(found)
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == [], "nothing was unforeseen"


def complaints(world: World, provider: str, state: str, fault: str) -> list[str]:
    """Run one cell and return what is wrong in it."""
    server = world.idle.get()
    path = world.folder / f"cell-{threading.get_ident()}.sqlite3"
    try:
        return [
            f"{provider} x {fault} x {state}: {what}" for what in _cell(world, server, path, provider, state, fault)
        ]
    finally:
        server.close_doors()
        world.idle.put(server)


def _cell(world: World, server: FaultServer, path: Path, provider: str, state: str, fault: str) -> Iterator[str]:
    before = after = Cached()
    shown = Desk(now=lambda: NOW) if state == "stale" else None
    if STATES[state] is not None:
        shutil.copy(world.caches[state], path)
        cache = Cache(path)
        before = cache.load(NOW)
    if shown:
        shown.observe(before.observations.values(), before.series.values())
    report = run(server, provider, fault, world.newest[state])
    failures = lasting(report)
    snapshot = shown.observe(report.observations, report.series, failures=failures) if shown else None
    if STATES[state] is not None:
        problems = cache.write(report.observations, report.series, report.gpu_rates)
        after = cache.load(NOW)
        cache.close()
        if problems or after.problems:
            yield f"the cache complains: {problems} {after.problems}"
    if not report.gpu_rates and repr(before.gpu_rates) != repr(after.gpu_rates):
        yield "rental rates changed on disk"
    asked = server.asked(provider)
    world.cells.update({f"state {state}": 1, "requests": len(server.log), "topics": len(report.outcomes)})
    yield from _requests(world, provider, fault, asked, len(report.outcomes))
    told = {failure.source for failure in (snapshot.failures if snapshot else failures)}
    topics = {topic.name: topic for topic in topics_of(provider)}
    for outcome in report.outcomes:
        topic = topics[outcome.topic]
        if outcome.source == provider:
            world.cells["used"] += 1
            yield from _used(world, provider, fault, outcome.topic, outcome.fetched or Fetched())
            continue
        first = outcome.failures[0]
        world.cells[f"kind {first.kind.value}"] += 1
        if first.source != provider or not first.hint or first.kind not in KINDS[fault]:
            yield f"{topic.name}: named {first.kind} of {first.source} ({first.hint})"
        if len(topic.sources) > 1:
            world.cells["fallback"] += 1
            if outcome.source != topic.sources[1].provider:
                yield f"{topic.name}: the fallback was not taken but {outcome.source}; {outcome.failures}"
            continue
        if outcome.fetched is not None:
            yield f"{topic.name}: given by {outcome.source}"
        if provider not in told and not any(o.source == provider for o in report.outcomes):
            yield f"{topic.name}: nobody is told that {provider} failed"
        world.cells["kept"] += 1
        given = {one.quantity for one in (*report.observations, *report.series)}  # by another topic's source
        names = [name for name in topic.quantities if name not in given]
        yield from _kept_on_disk(names, before, after)
        if snapshot is not None:
            yield from _kept_on_desk(names, snapshot, before)


def _requests(world: World, provider: str, fault: str, asked: list[str], topics: int) -> Iterator[str]:
    """Say if more was asked than one request per topic, or a healthy run's pages, and the retries allow."""
    healthy = world.asked[provider][provider]
    if fault in ADDRESS:
        allowed = 0
    elif fault in BODY or fault in HARMLESS or fault == "http404":
        allowed = healthy + (topics if fault == "gaps" else 0)  # where rows of a page are missing another may follow
    elif fault in ("redirectloop", "circle_301"):
        allowed = topics * (MAX_REDIRECTS + 1)
    else:
        allowed = topics + (RETRY_BUDGET if fault in RETRIED else 0)
    if len(asked) > allowed:
        yield f"{len(asked)} requests, {allowed} are allowed: {asked}"


def _used(world: World, provider: str, fault: str, topic: str, fetched: Fetched) -> Iterator[str]:
    """Say if an answer with a fault was used though it shows, or if what was used can't be true."""
    if fault not in HARMLESS and f"{provider}/{topic}" not in INVISIBLE.get(fault, ()):
        yield f"{topic}: believed: {[(o.quantity, o.value) for o in fetched.observations]}"
    for observation in fetched.observations:
        if not QUANTITIES[observation.quantity].allows(observation.value) or observation.as_of > NOW:
            yield f"{topic}: {observation}"
    if fault in ("twice", "unsorted"):
        right = next(o.fetched for o in world.healthy[provider].outcomes if o.topic == topic)
        for observation, other in zip(fetched.observations, right.observations if right else (), strict=True):
            if not math.isclose(observation.value, other.value, rel_tol=1e-12):
                yield f"{topic}: {observation.value} in place of {other.value}"
    for rate in fetched.gpu_rates:
        if not is_plausible(rate.median) or rate.as_of > NOW.timestamp():
            yield f"{topic}: {rate}"
    for series in fetched.series:
        if np.any(np.diff(series.times) <= 0) or np.isinf(series.values).any() or series.last_time() > NOW:
            yield f"{topic}: {series.quantity} is out of order, infinite or in the future"


def _kept_on_disk(names: list[str], before: Cached, after: Cached) -> Iterator[str]:
    """Say if something that nobody gave is not what it was, bit for bit."""
    for name in names:
        if before.observations.get(name) != after.observations.get(name):
            yield f"{name} changed on disk"
        if not _same(before.series.get(name), after.series.get(name)):
            yield f"the series {name} changed on disk"


def _kept_on_desk(names: list[str], snapshot: Snapshot, before: Cached) -> Iterator[str]:
    """Say if an old value that nobody renewed is not what it was, has lost its age or is called live."""
    for name in names:
        held, on_desk = before.observations.get(name), snapshot.observations.get(name)
        if held is not None and on_desk != held and not held.is_expired(NOW):
            yield f"{name} changed on the desk: {on_desk}"
        if held is not None and on_desk is not None and on_desk.age(NOW) != held.age(NOW):
            yield f"{name} has lost its age"
        if snapshot.state(name) is State.LIVE:
            yield f"{name} is called live"
        if not _same(before.series.get(name), snapshot.trends.series.get(name)):
            yield f"the series {name} changed on the desk"


def _same(one: Series | None, other: Series | None) -> bool:
    if one is None or other is None:
        return one is other or (other is not None and len(other) == 0)
    return (
        one.times.tobytes() == other.times.tobytes()
        and one.values.tobytes() == other.values.tobytes()
        and one.fetched_at == other.fetched_at
        and one.source_names == other.source_names
    )
