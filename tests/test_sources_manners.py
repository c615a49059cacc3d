"""More of the engine's manners: gaps that grow, turns given up, answers that still hold, an end within a moment."""

import threading
import time
from collections.abc import Mapping

import pytest
from loopback import ASKED, NOW, Loopback

from minerdesk.errors import FailureKind, SourceError
from minerdesk.kept import Kept
from minerdesk.sources import endpoints, failures, transport
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.client import Client
from minerdesk.sources.pacing import LONGEST_GAP_S, Pace
from minerdesk.sources.refresh import Refresher
from minerdesk.sources.topics import Source, Topic
from minerdesk.sources.validators import LEAST_AGE_S, MOST_AGE_S, NoReplies, current_s


class Clock:
    """A monotonic clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.now += seconds
        return event.is_set()


class Memory(NoReplies):
    """Keeps bodies for as long as the test runs."""

    def __init__(self) -> None:
        self.bodies: dict[str, Kept] = {}

    def recall(self, provider: str, key: str) -> Kept | None:
        return self.bodies.get(provider + key)

    def keep(self, provider: str, key: str, kept: Kept) -> None:
        self.bodies[provider + key] = kept


class Wire:
    """Answers every request by `status`, or raises `error`, and keeps the moments at which it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
        self.at: list[float] = []
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.error: SourceError | None = None
        self._clock = clock
        monkeypatch.setattr(transport, "run", self._run)

    def _run(self, request: transport.Request, **_: object) -> transport.Reply:
        self.at.append(self._clock())
        if self.error is not None:
            raise self.error
        return transport.Reply(status=self.status, headers=self.headers, body=b"[%d]" % len(self.at))

    @property
    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in zip(self.at, self.at[1:], strict=False)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Wire:
    return Wire(monkeypatch, clock)


def client_of(clock: Clock) -> Client:
    return Client(endpoints.resolve({}, {}), monotonic=clock, wait=clock.wait, replies=Memory())


def ask(client: Client, provider: str = "kraken", *, anew: bool = True, path: str = "/x") -> bytes | None:
    try:
        return client.get(provider, path, deadline=client.monotonic() + 100, anew=anew)
    except SourceError:
        return None


# The gap at a host


@pytest.mark.parametrize("status", [429, 500, 403])
def test_the_gap_doubles_with_every_failure_and_halves_with_every_success(
    wire: Wire, clock: Clock, status: int
) -> None:
    client = client_of(clock)
    wire.status = status
    for _ in range(8):
        ask(client)
    assert wire.gaps == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_GAP_S], "the turn after a failure was taken before it"
    wire.status = 200
    for _ in range(8):
        ask(client)
    assert wire.gaps[7:] == [32.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0, 1.0], "never below the provider's own"


def test_a_provider_that_wants_a_longer_gap_keeps_it_and_this_computer_needs_none() -> None:
    clock = Clock()
    pace = Pace(clock)
    for host, gap_s in (("slow.example", 60.0), ("127.0.0.1:1", 0.0)):
        for _ in range(4):
            pace.judge(host, gap_s, well=False, since=clock())
        pace.turn(host, gap_s, clock() + 1000)
        assert pace.turn(host, gap_s, clock() + 1000) == gap_s


def test_of_requests_that_took_their_turns_together_one_failure_counts() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(5):
        clock.now += 1
        pace.judge("a.example", 1.0, well=False, since=1000.0)
    pace.turn("a.example", 1.0, clock() + 100)
    assert pace.turn("a.example", 1.0, clock() + 100) == 2.0


@pytest.mark.parametrize(
    ("error", "gap_s"),
    [
        (failures.timed_out("kraken"), 2.0),
        (failures.refused("kraken", "x"), 2.0),
        (failures.cancelled("kraken"), 1.0),
        (failures.unreachable("kraken", "x"), 1.0),
    ],
)
def test_what_says_nothing_about_the_host_does_not_lengthen_its_gap(
    wire: Wire, clock: Clock, error: SourceError, gap_s: float
) -> None:
    client = client_of(clock)
    wire.error = error
    for _ in range(3):
        ask(client)
    assert wire.gaps[1] == gap_s


def test_a_page_that_is_not_there_and_another_network_leave_the_gap_as_it_is(wire: Wire, clock: Clock) -> None:
    client = client_of(clock)
    wire.status = 404
    for _ in range(3):
        ask(client)
    assert wire.gaps == [1.0, 1.0]
    wire.status = 500
    ask(client)
    client.resume()
    clock.now += 100
    for _ in range(2):
        ask(client)
    assert wire.gaps[-1] == 1.0


# Turns given up


def test_who_waits_for_its_turn_asks_no_more_once_the_host_wants_to_be_left_alone(wire: Wire, clock: Clock) -> None:
    client = client_of(clock)
    ask(client)

    def wait(event: threading.Event, seconds: float) -> bool:
        clock.now += seconds / 2
        with pytest.raises(SourceError, match="429"), client.judged("kraken"):
            raise failures.of_status("kraken", 429, 600.0)  # another thread's, meanwhile
        clock.now += seconds / 2
        return event.is_set()

    client._wait = wait
    with pytest.raises(SourceError, match="Not asked again for another 10 min") as refused, client.judged("kraken"):
        client.get("kraken", "/y", deadline=clock() + 100)
    assert refused.value.kind is FailureKind.RATE_LIMITED
    assert len(wire.at) == 1
    assert client.health()["kraken"].next_try_s == 599.5, "what was not asked lengthens nothing"
    assert client.health()["kraken"].failures_in_row == 1


def test_a_turn_that_would_come_too_late_does_not_count_against_the_provider(wire: Wire, clock: Clock) -> None:
    client = client_of(clock)
    ask(client)
    for _ in range(4):
        with pytest.raises(SourceError, match="turn did not come") as late, client.judged("kraken"):
            client.get("kraken", "/y", deadline=clock() + 0.5)
        assert late.value.kind is FailureKind.TIMEOUT
    assert client.health()["kraken"].failures_in_row == 0
    assert client.health()["kraken"].last_failure is None


def test_of_a_retry_whose_turn_would_come_too_late_the_first_failure_is_told(wire: Wire, clock: Clock) -> None:
    client = client_of(clock)
    wire.status = 503
    for _ in range(4):
        ask(client)
    clock.now += 1000
    with pytest.raises(SourceError, match="HTTP 503"):
        client.get("kraken", "/x", deadline=clock() + 10)


# Answers that still hold


@pytest.mark.parametrize(
    ("headers", "holds_s"),
    [
        ({}, LEAST_AGE_S),
        ({"cache-control": "public, max-age=60"}, 60.0),
        ({"cache-control": "max-age=90000"}, MOST_AGE_S),
        ({"expires": "Fri, 16 Jan 2026 12:02:00 GMT", "date": "Fri, 16 Jan 2026 12:00:00 GMT"}, 120.0),
        ({"cache-control": "no-store, max-age=60"}, LEAST_AGE_S),
    ],
)
def test_by_itself_a_question_is_put_no_sooner_than_its_answer_ages(
    wire: Wire, clock: Clock, headers: Mapping[str, str], holds_s: float
) -> None:
    client = client_of(clock)
    wire.headers = headers
    assert ask(client, anew=False) == b"[1]"
    clock.now += holds_s - 1
    assert ask(client, anew=False) == b"[1]" and len(wire.at) == 1
    assert ask(client, anew=True) == b"[2]", "the user may ask at any time"
    assert ask(client, anew=False, path="/other") == b"[3]"
    clock.now += holds_s + 1
    assert ask(client, anew=False) == b"[4]"


def test_what_could_not_be_read_is_asked_again(wire: Wire, clock: Clock) -> None:
    client = client_of(clock)
    ask(client, anew=False)
    with pytest.raises(SourceError), client.judged("kraken"):
        raise failures.malformed("kraken", "nonsense")
    assert ask(client, anew=False) == b"[2]"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "max-age=60", "age": "70"}, 0.0),
        ({"cache-control": "max-age=x"}, 0.0),
        ({"cache-control": "max-age=nan"}, 0.0),
        ({"cache-control": "max-age=-5"}, 0.0),
        ({"expires": "0", "date": "Fri, 16 Jan 2026 12:00:00 GMT"}, 0.0),
        ({"expires": "Fri, 16 Jan 2026 12:02:00 GMT"}, 0.0),
        ({"cache-control": "max-age=30", "expires": "Fri, 16 Jan 2026 12:02:00 GMT"}, 30.0),
    ],
)
def test_how_long_a_body_is_current(headers: Mapping[str, str], seconds: float) -> None:
    assert current_s(headers) == seconds


# The end


@pytest.mark.parametrize("workers", [1, 3])
def test_fetches_run_together_within_their_bound(workers: int) -> None:
    lock, under_way, most = threading.Lock(), set(), []

    def fetch(ask: Ask) -> Fetched:
        with lock:
            under_way.add(threading.get_ident())
            most.append(len(under_way))
        time.sleep(0.05)
        with lock:
            under_way.discard(threading.get_ident())
        return Fetched()

    sources = (Source(provider="kraken", fetch=fetch),)
    topics = [Topic(name=f"t{n}", label="", quantities=(), sources=sources) for n in range(9)]
    report = Refresher(Client(endpoints.resolve({}, {})), topics, max_workers=workers).run(
        [topic.name for topic in topics], now=NOW
    )
    assert report.complete and len(report.outcomes) == 9
    assert max(most) == workers


@pytest.mark.parametrize("fault", ["hang", "slow", "slow_headers"])
def test_a_stop_acts_within_200_ms_and_leaves_no_thread_5_s_after(fault: str) -> None:
    with Loopback() as server:
        server.faults["all"] = fault
        cancel, stopped = threading.Event(), []

        def stop() -> None:
            server.wait_until_asked("coinbase")
            stopped.append(time.monotonic())
            cancel.set()

        stopper = threading.Thread(target=stop)
        stopper.start()
        report = Refresher(Client(server.bases())).run(ASKED, now=NOW, cancel=cancel)
        ended = time.monotonic()
        stopper.join()
        assert {failure.kind for failure in report.failures} == {FailureKind.CANCELLED}
        # Two looks of 50 ms each are what it takes; the rest is room for a busy machine.
        assert ended - stopped[0] < 0.2 + 0.8
        for thread in threading.enumerate():
            if thread.name.startswith(("fetch", "refresh")):
                thread.join(max(0.0, 5.0 - (time.monotonic() - ended)))
                assert not thread.is_alive(), thread.name
