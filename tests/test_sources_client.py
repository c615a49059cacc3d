"""The way to the network: base URLs, the exchange that surely ends, pacing, retry, redirects, breaker."""

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest
from loopback import Loopback

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import endpoints, failures, transport
from minerdesk.sources.client import Client, retry_after_s

TICKER = "/products/BTC-USD/ticker"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


def kind_of(act: Callable[[], object]) -> FailureKind:
    with pytest.raises(SourceError) as caught:
        act()
    return caught.value.kind


class Clock:
    """A monotonic clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.now += seconds
        return event.is_set()


class Wire:
    """Stands in for the exchange: gives the prepared replies in turn and keeps the requests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, clock: Clock, *replies: transport.Reply | SourceError) -> None:
        self.requests: list[transport.Request] = []
        self.at: list[float] = []
        self._replies = list(replies)
        self._clock = clock
        monkeypatch.setattr(transport, "run", self._run)

    def _run(self, request: transport.Request, **_: object) -> transport.Reply:
        self.requests.append(request)
        self.at.append(self._clock())
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, SourceError):
            raise reply
        return reply


def reply(status: int = 200, body: bytes = b"ok", **headers: str) -> transport.Reply:
    return transport.Reply(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=body)


def fake_client(clock: Clock) -> Client:
    return Client(endpoints.resolve({}, {}), monotonic=clock, wait=clock.wait)


# The exchange


def test_body_and_user_agent(server: Loopback) -> None:
    body = Client(server.bases()).get("coinbase", TICKER, deadline=soon())
    assert b'"price": "95546.14"' in body
    assert server.log[0]["agent"].startswith("minerdesk/")


def test_parameters_are_sent(server: Loopback) -> None:
    span = {"start": "0", "end": "5"}
    Client(server.bases()).get("bitstamp", "/api/v2/ohlc/btcusd/", params=span, deadline=soon())
    assert server.log[0]["query"] == "start=0&end=5"


@pytest.mark.parametrize("fault", ["hang", "slow", "slow_headers"])
def test_deadline_ends_what_would_never_end(server: Loopback, fault: str) -> None:
    server.faults["coinbase"] = fault
    client = Client(server.bases())
    began = time.monotonic()
    assert kind_of(lambda: client.get("coinbase", TICKER, deadline=soon(0.4))) is FailureKind.TIMEOUT
    assert time.monotonic() - began < 5.0
    left = [t for t in threading.enumerate() if t.name == "fetch coinbase"]
    for thread in left:
        thread.join(5.0)
        assert not thread.is_alive(), "the socket was not shut down"


def test_cancel_ends_a_hanging_request(server: Loopback) -> None:
    server.faults["coinbase"] = "hang"
    cancel = threading.Event()
    threading.Timer(0.2, cancel.set).start()
    client = Client(server.bases())
    began = time.monotonic()
    kind = kind_of(lambda: client.get("coinbase", TICKER, deadline=soon(60), cancel=cancel))
    assert kind is FailureKind.CANCELLED
    assert time.monotonic() - began < 5.0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("refuse", FailureKind.REFUSED),
        ("huge", FailureKind.MALFORMED),
        ("bomb", FailureKind.MALFORMED),
        ("badgzip", FailureKind.MALFORMED),
        ("cut", FailureKind.MALFORMED),
        ("redirectloop", FailureKind.REFUSED),
        ("redirect_away", FailureKind.REFUSED),
        ("http401", FailureKind.BLOCKED),
        ("http403", FailureKind.BLOCKED),
        ("http451", FailureKind.BLOCKED),
        ("http404", FailureKind.REFUSED),
        ("http429", FailureKind.RATE_LIMITED),
        ("http500", FailureKind.REFUSED),
    ],
)
def test_faults_on_the_wire(server: Loopback, fault: str, kind: FailureKind) -> None:
    server.faults["coinbase"] = fault
    client = Client(server.bases())
    with pytest.raises(SourceError) as caught:
        client.get("coinbase", TICKER, deadline=soon(1.9))
    assert caught.value.kind is kind
    assert caught.value.source == "coinbase"
    assert caught.value.retry_after_s == (7.0 if fault == "http429" else None)


def test_nobody_listens() -> None:
    with Loopback() as gone:
        bases = gone.bases()
    assert kind_of(lambda: Client(bases).get("coinbase", TICKER, deadline=soon(1.9))) is FailureKind.REFUSED


def test_name_that_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    client = Client({"kraken": "http://minerdesk.invalid"})
    assert kind_of(lambda: client.get("kraken", "/x", deadline=soon())) is FailureKind.OFFLINE


def test_cap_is_on_the_decompressed_body(server: Loopback) -> None:
    client = Client(server.bases())
    assert kind_of(lambda: client.get("coinbase", TICKER, deadline=soon(), max_bytes=50)) is FailureKind.MALFORMED


def test_offline_opens_no_connection(server: Loopback) -> None:
    client = Client(server.bases(), offline=True)
    assert kind_of(lambda: client.get("coinbase", TICKER, deadline=soon())) is FailureKind.OFFLINE
    assert server.log == []


def test_certificates_are_always_verified() -> None:
    context = transport.trusted_context()
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_requests_is_not_imported_before_the_first_request() -> None:
    code = "import sys, minerdesk.sources.refresh; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Pacing, retry, redirects


def test_requests_to_a_host_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    wire = Wire(monkeypatch, clock, reply())
    client = fake_client(clock)
    for provider in ("mempool", "mempool", "bitstamp", "mempool"):
        client.get(provider, "/x", deadline=clock() + 100)
    assert wire.at == [1000.0, 1001.0, 1001.0, 1002.0]
    assert all(request.use_proxy for request in wire.requests)


def test_loopback_is_neither_paced_nor_sent_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    wire = Wire(monkeypatch, clock, reply())
    client = Client({"mempool": "http://localhost:3006/api"}, monotonic=clock, wait=clock.wait)
    for _ in range(3):
        client.get("mempool", "/x", deadline=clock() + 100)
    assert wire.at == [1000.0] * 3
    assert not any(request.use_proxy for request in wire.requests)


def test_turn_after_the_deadline_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    wire = Wire(monkeypatch, clock, reply())
    client = fake_client(clock)
    client.get("mempool", "/x", deadline=clock() + 0.5)
    assert kind_of(lambda: client.get("mempool", "/x", deadline=clock() + 0.5)) is FailureKind.TIMEOUT
    assert len(wire.requests) == 1


RESET = failures.PassingError(FailureKind.REFUSED, "kraken", "reset")


@pytest.mark.parametrize(
    ("first", "requests"),
    [(RESET, 2), (reply(503), 2), (reply(502), 2), (reply(503, retry_after="9"), 1), (reply(429), 1), (reply(500), 1)],
)
def test_one_quick_retry_of_what_may_pass(
    monkeypatch: pytest.MonkeyPatch, first: transport.Reply | SourceError, requests: int
) -> None:
    clock = Clock()
    wire = Wire(monkeypatch, clock, first, reply())
    client = fake_client(clock)
    if requests == 2:
        assert client.get("kraken", "/x", deadline=clock() + 10) == b"ok"
    else:
        kind_of(lambda: client.get("kraken", "/x", deadline=clock() + 10))
    assert len(wire.requests) == requests


def test_no_second_retry_and_none_without_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    wire = Wire(monkeypatch, clock, reply(503))
    client = fake_client(clock)
    kind_of(lambda: client.get("kraken", "/x", deadline=clock() + 10))
    assert len(wire.requests) == 2
    clock.now += 10
    kind_of(lambda: client.get("kraken", "/x", deadline=clock() + 1))
    assert len(wire.requests) == 3


@pytest.mark.parametrize(
    ("location", "followed"),
    [
        ("/api/y", True),
        ("https://mempool.space/y", True),
        ("https://www.mempool.space/y", True),
        ("http://mempool.space/y", False),
        ("https://login.hotel.example/", False),
        ("file:///etc/passwd", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_redirects(monkeypatch: pytest.MonkeyPatch, location: str, followed: bool) -> None:
    clock = Clock()
    wire = Wire(monkeypatch, clock, reply(302, location=location), reply())
    client = fake_client(clock)
    if followed:
        assert client.get("mempool", "/x", deadline=clock() + 10) == b"ok"
        assert len(wire.requests) == 2
    else:
        assert kind_of(lambda: client.get("mempool", "/x", deadline=clock() + 10)) is FailureKind.REFUSED
        assert len(wire.requests) == 1


def test_three_redirects_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    wire = Wire(monkeypatch, clock, reply(302, location="/again"))
    assert kind_of(lambda: fake_client(clock).get("mempool", "/x", deadline=clock() + 60)) is FailureKind.REFUSED
    assert len(wire.requests) == 4


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "9" * 400}, 1e6),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 16 Jan 2026 12:00:30 GMT", "date": "Fri, 16 Jan 2026 12:00:00 GMT"}, 30.0),
        ({"retry-after": "Fri, 16 Jan 2026 11:00:00 GMT", "date": "Fri, 16 Jan 2026 12:00:00 GMT"}, 0.0),
    ],
)
def test_retry_after(headers: Mapping[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds
