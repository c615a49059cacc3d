"""Three secrets are planted and all that can fail fails: not one of them is in any file or text that comes of it."""

import base64
import html
import io
import json
import logging
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from loopback import NOW
from test_sources_keys import Echo, Ring

from minerdesk import cli, secrecy
from minerdesk.report import PARTS, report_object, table_bytes
from minerdesk.session import open_session
from minerdesk.source_states import source_states
from minerdesk.sources.client import Client
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.store import preferences, saving
from minerdesk.store.preferences import Preferences
from minerdesk.store.replies import KeptReplies
from minerdesk.ui import crash

IN_KEYRING, IN_HEADER, IN_URL = "K3yr1ng/s3cret\"&'<+=0001", "H3ader-s3cret-0002", "Us3rinfo-s3cret-0003"
SECRETS = (IN_KEYRING, IN_HEADER, IN_URL)


@pytest.fixture
def echo() -> Any:
    server = Echo()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, isolated_home: Path, echo: Echo) -> Path:
    """Give two providers keys, one of them sent as Authorization, and send all requests to one that says them back."""
    ring = Ring()
    ring.kept = {("minerdesk", "kraken"): IN_KEYRING, ("minerdesk", "coinbase"): IN_HEADER}
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", ring.errors)
    for name, header in (("kraken", "X-Key"), ("coinbase", "Authorization")):
        keyed = replace(PROVIDERS[name], access=Access.KEY, key_header=header, key_prefix="Bearer ")
        monkeypatch.setitem(PROVIDERS, name, keyed)
    for number, name in enumerate(PROVIDERS):
        status = ("401", "403", "500", "200")[number % 4]
        monkeypatch.setenv(f"MINERDESK_URL_{name.upper()}", f"{echo.base}/{status}/{name}")
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    monkeypatch.setattr(secrecy, "_known", set())
    preferences.save(isolated_home / "config" / "preferences.json", Preferences(sources_on=("kraken", "coinbase")))
    return isolated_home


def found_in(text: str) -> list[str]:
    """Return the secrets of which a piece is in a text, in whatever way its other signs and it are written there."""
    pieces = [(secret, piece) for secret in SECRETS for piece in (secret[:7], secret[-9:]) if piece in text]
    packed = [base64.b64encode(bytes(before) + one.encode())[6:-4].decode() for before in range(3) for one in SECRETS]
    return [secret for secret, _ in pieces] + [piece for piece in packed if piece in text]


def run_cli(*words: str) -> int:
    front = cli.Front(open_window=None, self_test=None, draw_chart=None)  # type: ignore[arg-type]  # not called
    return cli.main(words, front)


def test_no_secret_is_in_anything_that_comes_of_a_failing_refresh(planted: Path, echo: Echo, qapp: Any) -> None:
    session = open_session()
    report, problems = session.run(session.plan(everything=True))
    snapshot = session.take(report, problems)
    sent = [asked.get(header, "") for asked in echo.seen for header in ("X-Key", "Authorization")]
    assert any(IN_KEYRING in one for one in sent), "the secrets went out"
    assert any(IN_HEADER in one for one in sent)
    assert report.failures

    texts = [
        repr(report),
        repr(snapshot.problems),
        repr(snapshot.failures),
        json.dumps(report_object(snapshot), default=str),
    ]
    texts += [table_bytes(snapshot, kind).decode() for kind in ("csv", "json", "md")]
    texts += [table_bytes(snapshot, "json", part).decode() for part in PARTS if part not in ("risk", "plan")]
    texts.append(repr(session.client().pauses()))
    states = source_states(
        now=NOW,
        offline=False,
        topics=session.topics(),
        bases=session.bases,
        health=session.health(),
        last_given={},
        last_fetched={},
        sizes_bytes=None,
    )
    texts.append(repr(states))
    for name in PROVIDERS:
        last = session.replies.last(name, 10_000)
        texts.append("" if last is None else last.body.decode("utf-8", "replace"))
    for work in (session.scenario(), replace(session.scenario(), name="again")):
        saving.save(
            planted / "a.minerdesk.json",
            work,
            known_digest=None,
            lock_folder=planted / "locks",
            backups=session.backups,
        )
    assert len(session.backups.of(planted / "a.minerdesk.json")) == 1
    session.save_preferences(replace(session.preferences, theme="dark"))
    session.close()
    for text in texts:
        assert found_in(text) == []
    files = [path for path in planted.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        assert found_in(path.read_bytes().decode("utf-8", "replace")) == [], path


def test_no_secret_is_in_a_crash_report_or_a_log(planted: Path, qapp: Any, qtbot: Any) -> None:
    session = open_session()
    session.run(session.plan(everything=True))
    session.close()
    handler = crash.install(planted / "log")
    try:
        try:
            raise RuntimeError(
                f"{IN_KEYRING} Authorization: Bearer {IN_HEADER} https://ann:{IN_URL}@host/?token={IN_URL}"
            )
        except RuntimeError as error:
            logging.getLogger("minerdesk.test").exception("with %s and https://ann:%s@host", IN_KEYRING, IN_URL)
            made = crash.Crash.of(type(error), error, error.__traceback__)
            sys.excepthook(type(error), error, error.__traceback__)
        qtbot.waitUntil(lambda: handler.window is not None, timeout=5_000)
        assert handler.window is not None
        assert found_in(handler.window.details() + handler.window.message.text()) == []
        handler.window.close()
    finally:
        crash.uninstall()
    assert found_in(made.details()) == []
    for path in (planted / "log").iterdir():
        assert found_in(path.read_text(encoding="utf-8")) == [], path


@pytest.mark.parametrize("words", [("refresh",), ("compare", "--json"), ("sources", "list")])
def test_no_secret_is_in_what_a_command_says(
    planted: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    run_cli(*words)
    said = capsys.readouterr()
    assert said.out + said.err
    assert found_in(said.out + said.err) == []


def test_a_log_in_inside_an_address_is_refused_in_words_and_not_repeated(
    planted: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"https://ann:{IN_URL}@example.invalid/api"
    assert run_cli("refresh", "--base-url", f"bitstamp={address}") == 2
    said = capsys.readouterr().err
    assert "user name and no password" in said
    assert found_in(said) == []
    monkeypatch.setenv("MINERDESK_URL_BITSTAMP", address)
    assert run_cli("compare", "--json") == 2
    said = capsys.readouterr()
    assert "MINERDESK_URL_BITSTAMP" in said.err
    assert found_in(said.out + said.err) == []
    monkeypatch.delenv("MINERDESK_URL_BITSTAMP")
    preferences.save(planted / "config" / "preferences.json", Preferences(base_urls={"bitstamp": address}))
    session = open_session(offline=True)
    told = [problem.message for problem in session.desk.snapshot().problems if "bitstamp" in problem.message]
    session.close()
    assert told, "and the default is used"
    assert found_in(" ".join(told)) == []
    assert session.bases["bitstamp"] == PROVIDERS["bitstamp"].base


def test_a_secret_is_found_if_it_is_there() -> None:
    stream = io.StringIO(f"x{IN_URL}y")
    assert set(found_in(stream.read())) == {IN_URL}
    assert len(found_in(base64.b64encode(f"ann:{IN_KEYRING}".encode()).decode())) == 1


# Spellings

KEY = "SEK+r3t/k8Zq=y"
STRANGE = """K3y/'<"&>+=`\\-00%1"""


def php(text: str) -> str:
    return json.dumps(text).replace("/", "\\/")


def dotnet(text: str) -> str:
    codes = {sign: f"\\u{ord(sign):04X}" for sign in "<>&'+`"} | {'"': "\\u0022", "\\": "\\\\"}
    return "".join(codes.get(sign, sign) for sign in text)


def go(text: str) -> str:
    return json.dumps(text).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


WRITERS: dict[str, Callable[[str], str]] = {
    "json": json.dumps,
    "php": php,
    "dotnet": dotnet,
    "go": go,
    "json in json": lambda text: json.dumps({"body": json.dumps({"key": text})}),
    "php in php": lambda text: php(php(text)),
    "html": html.escape,
    "html in json": lambda text: json.dumps(html.escape(text)),
    "php's html": lambda text: html.escape(text).replace("&#x27;", "&#039;"),
    "path": quote,
    "form": quote_plus,
    "lower case": lambda text: re.sub("%..", lambda sign: sign.group().lower(), quote(text, safe="")),
    "repr": repr,
}


@pytest.mark.parametrize("secret", [KEY, STRANGE, "an ordinary one"])
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_whatever_way_a_reply_repeats_it_it_is_taken_out(
    monkeypatch: pytest.MonkeyPatch, secret: str, write: Callable[[str], str]
) -> None:
    monkeypatch.setattr(secrecy, "_known", set())
    secrecy.keep_secret(secret)
    body = f"a {write(secret)} b"
    assert secret[:2] in body
    for scrubbed in (secrecy.scrub_bytes(body.encode()).decode(), secrecy.scrub(body)):
        assert "***" in scrubbed
        assert secret[:2] not in scrubbed and secret[-4:] not in scrubbed
        assert scrubbed.startswith("a ") and scrubbed.endswith(" b")


@pytest.mark.parametrize("pack", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("secret", [KEY, STRANGE])
@pytest.mark.parametrize("before", ["", "a", "ab", "Bearer ", "__cookie__:"])
def test_base64_of_a_secret_is_taken_out_behind_any_prefix(
    monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes], secret: str, before: str
) -> None:
    monkeypatch.setattr(secrecy, "_known", set())
    secrecy.keep_secret(secret)
    packed = pack(f"{before}{secret}:x".encode())
    for body in (b"Basic " + packed, json.dumps({"a": packed.decode()}).replace("/", "\\/").encode()):
        scrubbed = secrecy.scrub_bytes(body)
        assert b"***" in scrubbed
        assert len(scrubbed) - 3 <= len(body) - len(base64.b64encode(secret.encode())) + 6, "two or three signs remain"


def test_a_short_password_is_taken_out_where_it_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrecy, "_known", set())
    for password in ("hunt3", "702", "ab"):
        secrecy.keep_secret(password)
    said = b'{"password":"hunt3","as":"ann:hunt3@host","why":"no hunt3.","else":"hunt3r","n":702,"v":702.5,"w":0.702}'
    assert secrecy.scrub_bytes(said) == (
        b'{"password":"***","as":"ann:***@host","why":"no ***.","else":"hunt3r","n":***,"v":702.5,"w":0.702}'
    )
    assert secrecy.scrub("ab") == "ab", "one of two letters would be found everywhere"


def test_bytes_that_are_no_text_pass_unchanged() -> None:
    body = bytes(range(256)) * 3
    assert secrecy.scrub_bytes(body) == body


def test_a_body_with_a_hole_answers_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key that happens to be in a reply is not kept, and the reply without it is no answer to the next question."""
    monkeypatch.setattr(secrecy, "_known", set())
    given = [b'{"bitcoin":1}', b'{"litecoin":1}', b'{"bitcoin":2}']
    asked: list[str | None] = []

    class _Tagged(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Keep quiet."""

        def do_GET(self) -> None:
            asked.append(self.headers.get("If-None-Match"))
            body = given[len(asked) - 1]
            self.send_response(200)
            self.send_header("ETag", f'"{len(asked)}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tagged)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        secrecy.keep_secret("bitcoin")
        client = Client({"kraken": f"http://127.0.0.1:{server.server_port}"}, replies=KeptReplies(tmp_path))
        bodies = [client.get("kraken", "/x", deadline=client.monotonic() + 10.0) for _ in given]
    finally:
        server.shutdown()
        server.server_close()
    assert bodies == given
    assert asked == [None, None, '"2"'], "only what is whole is asked for again on a condition"
