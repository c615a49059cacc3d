"""Keys: in the keyring and nowhere else, sent only where nobody listens; posts; what comes with a refusal."""

import base64
import html
import io
import json
import logging
import sys
import types
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

import pytest
from loopback import NOW

from minerdesk import cli, secrecy
from minerdesk.errors import FailureKind, InputError, SourceError, StoreError
from minerdesk.sources import endpoints, topics, transport
from minerdesk.sources.ask import Fetched
from minerdesk.sources.client import Client, Post
from minerdesk.sources.credentials import KeyCredentials, may_carry_secrets
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.sources.topics import Source, Topic, in_order
from minerdesk.store import preferences
from minerdesk.store.keys import Keys
from minerdesk.store.paths import Folders
from minerdesk.store.replies import KeptReplies

KEY = "s3cr3t-of-the-operator"


class Ring(types.ModuleType):
    """Stands in for the library keyring, with one keyring in memory."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.asked = 0
        self.errors = types.ModuleType("keyring.errors")
        self.errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined] # a stand-in

    def get_keyring(self) -> object:
        return self

    def get_password(self, service: str, name: str) -> str | None:
        self.asked += 1
        if self.locked:
            raise self.errors.KeyringError("the collection is locked")  # type: ignore[attr-defined] # a stand-in
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, key: str) -> None:
        self.get_password(service, name)
        self.kept[service, name] = key

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


@pytest.fixture
def ring(monkeypatch):
    made = Ring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    monkeypatch.setitem(sys.modules, "keyring.errors", made.errors)
    return made


@pytest.fixture
def keyed(monkeypatch):
    """Let Kraken want a key, and Bitstamp ask for consent to its terms."""
    kraken = replace(PROVIDERS["kraken"], access=Access.KEY, key_header="X-Key", key_prefix="Bearer ")
    bitstamp = replace(PROVIDERS["bitstamp"], access=Access.OPT_IN, terms="Its terms forbid programs.")
    monkeypatch.setitem(PROVIDERS, "kraken", kraken)
    monkeypatch.setitem(PROVIDERS, "bitstamp", bitstamp)


class Echo(ThreadingHTTPServer):
    """Answers with what it was asked, with the status that its path begins with."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Echo)
        self.seen: list[dict[str, str]] = []
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Echo(BaseHTTPRequestHandler):
    server: Echo

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self._echo("")

    def do_POST(self) -> None:
        self._echo(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _echo(self, posted: str) -> None:
        self.server.seen.append({**self.headers, "method": self.command, "posted": posted, "path": self.path})
        status = int(self.path[1:4])
        key = self.headers.get("X-Key", "")
        packed = base64.b64encode(f"ann:{key}".encode()).decode()
        said = {"key": key, "posted": posted, "page": html.escape(key), "packed": packed, "in_url": quote(key)}
        body = json.dumps(said).replace("/", "\\/").encode()  # as PHP writes it
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + (9_999 if self.path.endswith("/endless") else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if self.path.endswith("/endless"):
            self.server.seen.append({})
            self.rfile.read(1)  # until the client hangs up


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.shutdown()
    server.server_close()


def get(client: Client, path: str, **given: object) -> bytes:
    return client.get("kraken", path, deadline=client.monotonic() + 10.0, **given)  # type: ignore[arg-type] # options


# Where keys are kept


def test_a_key_is_read_once_and_is_nowhere_but_in_the_keyring(ring):
    keys = Keys()
    assert keys.get("luxor") is None
    keys.set("luxor", f"  {KEY}\n")
    assert ring.kept == {("minerdesk", "luxor"): KEY}
    asked = ring.asked
    assert [Keys().get("luxor"), keys.get("luxor"), keys.get("luxor")] == [KEY] * 3 and ring.asked == asked + 1
    keys.remove("luxor")
    keys.remove("luxor")
    assert ring.kept == {} and keys.get("luxor") is None


def test_a_locked_keyring_says_so_and_is_asked_again(ring):
    ring.kept["minerdesk", "luxor"] = KEY
    ring.locked = True
    keys = Keys()
    for call in (lambda: keys.get("luxor"), lambda: keys.set("luxor", KEY), lambda: keys.remove("luxor")):
        with pytest.raises(StoreError, match=r"locked.*Unlock it") as raised:
            call()
        assert KEY not in str(raised.value)
    ring.locked = False
    assert keys.get("luxor") == KEY


@pytest.mark.parametrize("bad", ["", "  \n", "ключ-123456", "two\nlines", "x" * 1_001])
def test_what_is_no_key_is_refused_and_not_repeated(ring, bad):
    with pytest.raises(StoreError) as raised:
        Keys().set("luxor", bad)
    assert ring.kept == {} and (not bad.strip() or bad not in str(raised.value))


def test_without_the_extra_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(StoreError, match=r"not installed.*pip install 'minerdesk\[keys\]'"):
        Keys().get("luxor")


def test_a_keyring_of_plain_files_is_refused(ring, monkeypatch):
    monkeypatch.setattr(Ring, "__module__", "keyrings.alt.file")
    with pytest.raises(StoreError, match="writes keys to a file"):
        Keys().set("luxor", KEY)
    assert ring.kept == {}


# Which sources are asked


def test_sources_that_are_off_by_themselves_join_only_when_switched_on(keyed):
    spot = next(topic for topic in topics.TOPICS if topic.name == "spot")
    assert [s.provider for s in in_order({}, [spot])[0].sources] == ["coinbase", "coingecko", "mempool"]
    on_too = in_order({}, [spot], on=["kraken"])[0].sources
    assert [s.provider for s in on_too] == ["coinbase", "kraken", "coingecko", "mempool"]
    alone = Topic(
        name="alone", label="", quantities=(), sources=(Source(provider="kraken", fetch=lambda _: Fetched()),)
    )
    assert in_order({}, [alone]) == () and in_order({}, [alone], on=["kraken"]) == (alone,)


# What is sent


def test_a_key_goes_out_in_its_header_alone(keyed, echo, tmp_path):
    secrecy.keep_secret(KEY)
    replies = KeptReplies(tmp_path)
    client = Client({"kraken": echo.base}, credentials=KeyCredentials(lambda _: KEY), replies=replies)
    body = get(client, "/200/x", params={"a": "1"})
    assert json.loads(body)["key"] == f"Bearer {KEY}", "whoever reads the body sees what was sent"
    assert echo.seen[0]["X-Key"] == f"Bearer {KEY}" and echo.seen[0]["path"] == "/200/x?a=1"
    kept = replies.last("kraken", 10_000)
    assert kept is not None and KEY.encode() not in kept.body and b"***" in kept.body
    assert all(KEY.encode() not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_without_a_key_nothing_is_asked(keyed, echo):
    client = Client({"kraken": echo.base}, credentials=KeyCredentials(lambda _: None))
    with pytest.raises(SourceError, match="wants a key") as raised, client.judged("kraken"):
        get(client, "/200/x")
    assert raised.value.kind is FailureKind.NEEDS_KEY and echo.seen == []
    assert client.health()["kraken"].failures_in_row == 0, "it says nothing about the provider"


def test_a_keyring_that_fails_is_the_sources_failure(keyed, ring, echo):
    ring.locked = True
    client = Client({"kraken": echo.base}, credentials=KeyCredentials(Keys().get))
    with pytest.raises(SourceError, match="locked") as raised:
        get(client, "/200/x")
    assert raised.value.kind is FailureKind.NEEDS_KEY and echo.seen == []


def test_a_key_does_not_travel_where_others_read_along(keyed):
    client = Client({"kraken": "http://exchange.example"}, credentials=KeyCredentials(lambda _: KEY))
    with pytest.raises(SourceError, match="Its key was not sent") as raised:
        get(client, "/200/x")
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "own", "may"),
    [
        ("https://host.example", False, True),
        ("http://host.example", True, False),
        ("http://127.0.0.1:8332", False, True),
        ("http://localhost:8332", True, True),
        ("http://10.1.2.3", True, True),
        ("http://10.1.2.3", False, False),
        ("http://8.8.8.8", True, False),
        ("http://node.local", True, True),
        ("http://node", False, False),
        ("http://[fd00::1]", True, True),
    ],
)
def test_where_secrets_may_travel(url, own, may):
    assert may_carry_secrets(url, own=own) is may


@pytest.mark.parametrize(("status", "words"), [(401, "did not accept the key"), (403, "did not accept the key")])
def test_a_refused_key_is_named(keyed, echo, status, words):
    secrecy.keep_secret(KEY)
    client = Client({"kraken": echo.base}, credentials=KeyCredentials(lambda _: KEY))
    with pytest.raises(SourceError, match=words) as raised:
        get(client, f"/{status}/x")
    assert raised.value.kind is FailureKind.BLOCKED
    assert b"posted" in raised.value.body and KEY.encode() not in raised.value.body


# Posts and refusals


def test_a_post_is_sent_whole_and_never_answered_from_what_was_kept(echo, tmp_path):
    client = Client({"kraken": echo.base}, replies=KeptReplies(tmp_path))
    for number in ("1", "2"):
        body = get(client, "/200/rpc", post=Post(body=number.encode()))
        assert json.loads(body)["posted"] == number
    assert [(s["method"], s["Content-Type"]) for s in echo.seen] == [("POST", "application/json")] * 2
    assert not any(name.startswith("If-") for seen in echo.seen for name in seen)


def test_what_comes_with_a_refusal_is_in_the_failure(echo):
    with pytest.raises(SourceError) as raised:
        get(Client({"kraken": echo.base}), "/500/x", post=Post(body=b"why"))
    assert json.loads(raised.value.body)["posted"] == "why"


def test_a_refusal_whose_body_never_ends_counts_by_its_status_at_once(echo):
    client = Client({"kraken": echo.base})
    began = client.monotonic()
    with pytest.raises(SourceError, match="HTTP 403"):
        get(client, "/403/endless")
    assert client.monotonic() - began < transport.REFUSAL_S + 2.0


# Texts that leave


def test_secrets_are_scrubbed_from_logs_and_the_command_lines_words(capsys):
    secrecy.keep_secret(KEY)
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(secrecy.ScrubbingFormatter())
    log = logging.getLogger("test of secrecy")
    log.addHandler(handler)
    try:
        raise ValueError(f"the key {KEY} in an exception")
    except ValueError:
        log.exception("asked with %s", KEY)
    finally:
        log.removeHandler(handler)
    assert "asked with ***" in stream.getvalue() and KEY not in stream.getvalue()
    cli.judge.say(f"it said {KEY}")
    assert KEY not in capsys.readouterr().err


# The command


def run(*words: str) -> int:
    return cli.main(["sources", *words], cli.Front(open_window=None, self_test=None, draw_chart=None))  # type: ignore[arg-type] # not called


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MINERDESK_HOME", str(tmp_path))
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    return tmp_path


def switched_on() -> tuple[str, ...]:
    return preferences.load(Folders.of_user().config / "preferences.json")[0].sources_on


def test_a_key_given_by_the_command_is_in_no_file(home, keyed, ring, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(KEY + "\n"))
    assert run("key", "kraken") == 0
    assert ring.kept == {("minerdesk", "kraken"): KEY} and switched_on() == ("kraken",)
    assert all(KEY.encode() not in file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert run("list") == 0
    said = capsys.readouterr()
    assert "kraken" in said.out and KEY not in said.out + said.err
    assert run("key", "kraken", "--remove") == 0
    assert ring.kept == {} and switched_on() == ()


def test_the_list_keeps_its_columns_apart(home, capsys):
    assert run("list") == 0
    for line in capsys.readouterr().out.splitlines():
        name, state = line.split()[:2]
        assert name in PROVIDERS and state in ("on", "off")


def test_terms_are_said_before_a_source_is_switched_on(home, keyed, capsys):
    assert run("on", "bitstamp") == 2
    assert "Its terms forbid programs." in capsys.readouterr().err and switched_on() == ()
    assert run("on", "bitstamp", "--accept-terms") == 0 and switched_on() == ("bitstamp",)
    assert run("off", "bitstamp") == 0 and switched_on() == ()


@pytest.mark.parametrize("words", [("on", "coinbase"), ("on", "nobody"), ("key", "coinbase"), ("on", "kraken")])
def test_what_can_not_be_switched_says_why(home, keyed, ring, words):
    assert run(*words) == 2 and switched_on() == ()


def test_every_source_that_is_off_by_itself_says_on_which_terms():
    for provider in PROVIDERS.values():
        if provider.access is Access.KEY:
            assert provider.key_header and provider.key_from, provider.name
        if provider.access is Access.OPT_IN:
            assert provider.terms, provider.name
    with pytest.raises(InputError):
        endpoints.resolve({}, {}, ["nobody=http://x"])
