"""Three secrets are planted and all that can fail fails: not one of them is in any file or text that comes of it."""

import io
import json
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW
from test_sources_keys import Echo, Ring

from minerdesk import cli, secrecy
from minerdesk.report import PARTS, report_object, table_bytes
from minerdesk.session import open_session
from minerdesk.source_states import source_states
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.store import preferences
from minerdesk.store.preferences import Preferences
from minerdesk.ui import crash

IN_KEYRING, IN_HEADER, IN_URL = "K3yr1ng-s3cret-0001", "H3ader-s3cret-0002", "Us3rinfo-s3cret-0003"
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
    return [secret for secret in SECRETS if secret in text]


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
    session.save_scenario(planted / "a.minerdesk.json")
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
    assert found_in(stream.read()) == [IN_URL]
