"""The refresh engine's manners: conditional requests, pacing by host, retries, blocks, sleep, a wrong clock, order."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import endpoints, failures, transport
from minerdesk.sources.breaker import BLOCK_PAUSE_S, Breaker, Insist
from minerdesk.sources.client import Client
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.pacing import RETRY_BUDGET, Pace, host_of
from minerdesk.sources.skew import Skew
from minerdesk.sources.surroundings import Surroundings, local_address
from minerdesk.sources.topics import TOPICS, in_order, only_from
from minerdesk.store.replies import MOST_KEPT, KeptReplies


class Clock:
    """A monotonic clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.now += seconds
        return event.is_set()


class Origin(ThreadingHTTPServer):
    """A provider with one document that it recognises by its ETag and by its date."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.etag, self.body = '"one"', b"[1]"
        self.seen: list[dict[str, str]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Origin

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.seen.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
        same = self.headers.get("If-None-Match") == self.server.etag
        self.send_response(304 if same else 200)
        self.send_header("ETag", self.server.etag)
        self.send_header("Last-Modified", "Fri, 16 Jan 2026 11:00:00 GMT")
        self.end_headers()
        if not same:
            self.wfile.write(self.server.body)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def fetch(client: Client, path: str = "/x", **params: str) -> bytes:
    return client.get("kraken", path, params=params, deadline=client.monotonic() + 10)


# Conditional requests


def test_not_modified_is_answered_from_what_is_kept_also_after_a_restart(origin: Origin, tmp_path) -> None:
    for _ in range(2):
        assert fetch(Client({"kraken": origin.base}, replies=KeptReplies(tmp_path))) == b"[1]"
    assert "if-none-match" not in origin.seen[0]
    assert origin.seen[1]["if-none-match"] == '"one"'
    assert origin.seen[1]["if-modified-since"] == "Fri, 16 Jan 2026 11:00:00 GMT"
    origin.etag, origin.body = '"two"', b"[2]"
    assert fetch(Client({"kraken": origin.base}, replies=KeptReplies(tmp_path))) == b"[2]", "modified: the new one"


def test_another_question_is_not_asked_with_the_validators_of_the_first(origin: Origin, tmp_path) -> None:
    client = Client({"kraken": origin.base}, replies=KeptReplies(tmp_path))
    fetch(client, key="a")
    fetch(client, key="b")
    assert "if-none-match" not in origin.seen[1]


def test_what_could_not_be_read_is_fetched_whole_again(origin: Origin, tmp_path) -> None:
    client = Client({"kraken": origin.base}, replies=KeptReplies(tmp_path))
    with pytest.raises(SourceError), client.judged("kraken"):
        fetch(client)
        raise failures.malformed("kraken", "nonsense")
    fetch(client)
    assert "if-none-match" not in origin.seen[1]
    last = KeptReplies(tmp_path).last("kraken", 2)
    assert last is not None
    assert (last.body, last.size_bytes, last.path) == (b"[1", 3, "/x"), "the body stays to be looked at"


def test_a_damaged_file_is_as_good_as_none_and_the_folder_stays_small(origin: Origin, tmp_path) -> None:
    replies = KeptReplies(tmp_path)
    client = Client({"kraken": origin.base}, replies=replies)
    fetch(client, token="a secret")
    (file,) = (tmp_path / "kraken").iterdir()
    assert b"secret" not in file.read_bytes() and "secret" not in file.name
    for damage in (b"", b"{}\nxx", b"\xff\xfe", file.read_bytes()[:-3]):
        file.write_bytes(damage)
        assert fetch(client, token="a secret") == b"[1]"
    for day in range(MOST_KEPT + 5):
        fetch(client, day=str(day))
    assert len(list((tmp_path / "kraken").iterdir())) == MOST_KEPT
    assert replies.sizes_bytes()["kraken"] > 0


def test_a_folder_that_can_not_be_written_costs_nothing_but_the_saving(origin: Origin, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    client = Client({"kraken": origin.base}, replies=KeptReplies(tmp_path / "file"))
    assert fetch(client) == fetch(client) == b"[1]"


# Pacing, retries, blocks


def test_providers_of_one_host_share_its_turns() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.turn(host_of("https://www.bitstamp.net/a"), 1.0, clock() + 10) == 0.0
    assert pace.turn(host_of("https://bitstamp.net/b"), 1.0, clock() + 10) == 1.0
    assert pace.turn(host_of("https://bitstamp.net:8443/b"), 1.0, clock() + 10) == 0.0
    assert pace.turn("bitstamp.net", 1.0, clock() + 1.5) is None


def test_retries_come_out_of_a_budget_that_grows_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = Clock(), []

    def run(request: transport.Request, **_: object) -> transport.Reply:
        asked.append(request.url)
        return transport.Reply(status=503, headers={}, body=b"")

    monkeypatch.setattr(transport, "run", run)
    client = Client({"kraken": "http://127.0.0.1:9"}, monotonic=clock, wait=clock.wait)  # unpaced: no time passes
    for _ in range(10):
        with pytest.raises(SourceError):
            fetch(client)
    assert len(asked) == 10 + RETRY_BUDGET
    clock.now += 60
    with pytest.raises(SourceError):
        fetch(client)
    assert len(asked) == 12 + RETRY_BUDGET


@pytest.mark.parametrize("status", [401, 403, 451])
def test_who_does_not_serve_us_is_left_alone_for_a_day_unless_tested(status: int) -> None:
    clock = Clock()
    breaker = Breaker("bybit", clock)
    breaker.failed(failures.of_status("bybit", status, None))
    assert breaker.health().next_try_s == BLOCK_PAUSE_S
    for insist in (Insist.NO, Insist.REFRESH):
        with pytest.raises(SourceError, match="another 24 h: it is not available here"):
            breaker.admit(insist)
    breaker.admit(Insist.TEST)
    breaker.succeeded()
    breaker.admit(Insist.NO)


def test_a_ban_lasts_as_long_as_it_says_and_a_rate_limit_an_hour_at_most() -> None:
    assert failures.of_status("binance", 418, 200_000.0).retry_after_s == 200_000.0
    assert failures.of_status("binance", 429, 200_000.0).retry_after_s == 3600.0


# Sleep, networks, clocks


def test_after_a_sleep_or_on_another_network_all_may_be_asked_but_a_rate_limit_holds() -> None:
    clock = Clock()
    client = Client(endpoints.resolve({}, {}), monotonic=clock)
    for error in [failures.timed_out("kraken")] * 3 + [failures.of_status("bybit", 451, None)]:
        with pytest.raises(SourceError), client.judged(error.source):
            raise error
    with pytest.raises(SourceError), client.judged("okx"):
        raise failures.of_status("okx", 429, 600.0)
    client.resume(slept_s=100.0)
    waits = {name: health.next_try_s for name, health in client.health().items()}
    assert (waits["kraken"], waits["bybit"], waits["okx"]) == (0.0, 0.0, 500.0)


def test_another_address_is_judged_anew_and_the_others_are_not() -> None:
    client = Client(endpoints.resolve({}, {}))
    for provider in ("kraken", "bybit"):
        with pytest.raises(SourceError), client.judged(provider):
            raise failures.of_status(provider, 451, None)
    client.rebase(endpoints.resolve({"kraken": "http://127.0.0.1:9"}, {}))
    assert client.health()["kraken"].next_try_s == 0.0
    assert client.health()["bybit"].next_try_s > 0.0


@pytest.mark.parametrize(
    ("moved", "address", "slept_s", "what"),
    [
        ((15, 15, 15), "192.168.1.5", 0, set()),
        ((15, 3600, 3600), "192.168.1.5", 3585, {"woke"}),  # the monotonic clock stood still
        ((3600, 3600, 3600), "192.168.1.5", 0, {"woke"}),  # it went on, but nobody looked
        ((15, 15, 15), "10.0.0.7", 0, {"moved"}),
        ((15, 15, 15), "", 0, set()),  # the network went: nothing to try
        ((15, 15, 86_415), "192.168.1.5", 0, {"clock_was_set"}),
        ((15, 15, -86_385), "192.168.1.5", 0, {"clock_was_set"}),
    ],
)
def test_a_look_around(moved: tuple[float, float, float], address: str, slept_s: float, what: set[str]) -> None:
    now, where = [100.0, 900.0, 1.8e9], ["192.168.1.5"]
    around = Surroundings(
        monotonic=lambda: now[0], through_sleep=lambda: now[1], wall=lambda: now[2], address=lambda: where[0]
    )
    assert not around.look(), "the first look finds nothing"
    now = [old + by for old, by in zip(now, moved, strict=True)]
    where[0] = address
    change = around.look()
    assert {name for name in ("woke", "moved", "clock_was_set") if getattr(change, name)} == what
    assert change.slept_s == slept_s
    assert bool(change) == bool(what)


def test_a_network_that_comes_back_is_noticed() -> None:
    where = iter(["10.0.0.1", "", "10.0.0.1"])
    still = {"monotonic": lambda: 0.0, "through_sleep": lambda: 0.0, "wall": lambda: 0.0}
    around = Surroundings(**still, address=lambda: next(where))
    assert [bool(around.look()) for _ in range(3)] == [False, False, True]


def test_the_local_address_is_found_without_sending_anything() -> None:
    assert local_address() == local_address()


NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)


def dated(seconds: float, **more: str) -> dict[str, str]:
    return {"date": format_datetime(NOW + timedelta(seconds=seconds), usegmt=True), **more}


@pytest.mark.parametrize(
    ("opinions", "behind_s"),
    [
        ([dated(1)], 0),
        ([dated(119)], 0),
        ([dated(86_400), dated(86_402), dated(86_401)], 86_401),
        ([dated(-7200)], -7200),
        ([dated(0), dated(0), dated(9_000)], 0),  # one server is wrong
        ([dated(0), dated(9_000)], 0),  # who is right?
        ([dated(-500, age="500")], 0),  # out of a cache
        ([{"date": "yesterday"}, {}, dated(300, age="x")], 0),
    ],
)
def test_the_clock_is_judged_by_most_of_the_servers(opinions: list[dict[str, str]], behind_s: float) -> None:
    skew = Skew()
    for number, headers in enumerate(opinions):
        skew.note(f"host{number}", headers, NOW)
    assert skew.behind() == timedelta(seconds=behind_s)
    if behind_s:
        assert skew.sure == (len(opinions) > 1), "one host alone is not sure"
    skew.forget()
    assert skew.behind() == timedelta(0)


# The order


def test_the_users_order_comes_first_and_loses_nobody() -> None:
    spot = in_order({"spot": ("bitstamp", "nobody", "kraken"), "unknown": ("okx",)})[0]
    assert [source.provider for source in spot.sources][:3] == ["bitstamp", "kraken", "coinbase"]
    assert {source.provider for source in spot.sources} == {source.provider for source in TOPICS[0].sources}
    alone = [t.name for t in TOPICS if not t.only_with and any(PROVIDERS[s.provider].is_asked(()) for s in t.sources)]
    assert [topic.name for topic in in_order({})] == alone
    assert in_order({}, on=[source.provider for topic in TOPICS for source in topic.sources]) == TOPICS


def test_a_test_of_one_provider_asks_no_other() -> None:
    served = only_from("kraken")
    assert [topic.name for topic in served] == ["spot"]
    assert {source.provider for topic in served for source in topic.sources} == {"kraken"}


def test_no_failure_of_a_kind_without_an_answer_counts_as_a_block() -> None:
    breaker = Breaker("kraken", Clock())
    breaker.failed(failures.of_status("kraken", 404, None))
    assert breaker.health().next_try_s == 0.0
    assert breaker.health().last_failure_s == 0.0
    assert failures.of_status("kraken", 407, None).kind is FailureKind.OFFLINE
