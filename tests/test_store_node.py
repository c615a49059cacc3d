"""The log-in at one's own Bitcoin Core: cookie files and passwords, where they are sent, and the command for them."""

import base64
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import NOW, Loopback, environment
from test_sources_keys import Ring

from minerdesk import cli, secrecy
from minerdesk.errors import FailureKind, InputError, SourceError, StoreError
from minerdesk.session import open_session
from minerdesk.sources import bitcoind, endpoints
from minerdesk.sources.ask import Ask
from minerdesk.sources.client import Client
from minerdesk.sources.credentials import KeyCredentials
from minerdesk.store import preferences
from minerdesk.store.node import NodeLogin, read_cookie, usual_cookies
from minerdesk.store.paths import Folders
from minerdesk.store.preferences import Preferences

COOKIE = "__cookie__:" + "5f" * 32
PASSWORD = "correct-horse-battery"


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    made = Ring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    monkeypatch.setitem(sys.modules, "keyring.errors", made.errors)
    return made


def login(cookie: Path | str = "", user: str = "", password: str | None = None) -> NodeLogin:
    return NodeLogin(lambda: Preferences(node_cookie=str(cookie), node_user=user), lambda _: password)


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_where_cookies_are_by_themselves() -> None:
    home = Path("/h")
    assert usual_cookies("linux", {}, home) == (home / ".bitcoin" / ".cookie",)
    assert usual_cookies("darwin", {}, home) == (home / "Library" / "Application Support" / "Bitcoin" / ".cookie",)
    windows = {"LOCALAPPDATA": "/l", "APPDATA": "/r"}
    assert usual_cookies("win32", windows, home) == (
        Path("/l") / "Bitcoin" / ".cookie",
        Path("/r") / "Bitcoin" / ".cookie",
    )
    assert usual_cookies("win32", {}, home) == ()


def test_a_cookie_becomes_a_header_and_is_read_anew_each_time(tmp_path: Path) -> None:
    (tmp_path / ".cookie").write_text(COOKIE)
    own = login(tmp_path)
    assert own.headers() == basic(COOKIE), "the folder stands for the file in it"
    assert str(tmp_path / ".cookie") in own.told() and COOKIE[11:] not in own.told()
    (tmp_path / ".cookie").write_text("__cookie__:another-secret")
    assert own.headers() == basic("__cookie__:another-secret")
    assert secrecy.scrub(f"{COOKIE} {basic(COOKIE)}").count(COOKIE[11:]) == 0


def test_the_usual_cookie_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = (tmp_path / "new" / ".cookie", tmp_path / "old" / ".cookie")
    monkeypatch.setattr("minerdesk.store.node.usual_cookies", lambda: places)
    assert login().cookie() == places[0], "it is named in the message where none is there"
    places[1].parent.mkdir()
    places[1].write_text(COOKIE)
    assert login().cookie() == places[1] and login().headers() == basic(COOKIE)


@pytest.mark.parametrize(
    "bad", [b"", b"no colon", b":only", b"user:", b"x:" + b"y" * 600, b"u:\xff\xfe", b"u:a\nb:c", b"u:\x00\x01"]
)
def test_what_is_no_cookie_is_refused_and_not_repeated(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "c").write_bytes(bad)
    with pytest.raises(StoreError, match="no cookie file"):
        read_cookie(tmp_path / "c")


def test_a_cookie_that_can_not_be_had_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"is not there.*start it"):
        read_cookie(tmp_path / "c")
    with pytest.raises(StoreError, match="is no file"):
        read_cookie(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(StoreError, match="is no file"):
            read_cookie(tmp_path / "pipe")


def test_a_user_has_a_password_or_is_told(tmp_path: Path) -> None:
    assert login(user="minerdesk", password=PASSWORD).headers() == basic(f"minerdesk:{PASSWORD}")
    with pytest.raises(StoreError, match="no password for the user “minerdesk”"):
        login(tmp_path, user="minerdesk").headers()


# What is sent


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def client(base: str, own: NodeLogin) -> Client:
    return Client({"bitcoind": base}, credentials=KeyCredentials(lambda _: None, {"bitcoind": own.headers}))


def fetch(base: str, own: NodeLogin) -> None:
    asked = client(base, own)
    bitcoind.fetch_tip(Ask(client=asked, now=NOW, deadline=asked.monotonic() + 5.0))


def test_the_log_in_goes_with_the_request(server: Loopback, tmp_path: Path) -> None:
    (tmp_path / ".cookie").write_text(COOKIE)
    fetch(server.base("bitcoind"), login(tmp_path))
    assert [entry["login"] for entry in server.log] == [basic(COOKIE)["Authorization"]]


@pytest.mark.parametrize("address", ["http://8.8.8.8:8332", "http://node.example.org:8332"])
def test_it_is_not_sent_over_the_open_network(tmp_path: Path, address: str) -> None:
    (tmp_path / ".cookie").write_text(COOKIE)
    with pytest.raises(SourceError, match="was not sent"):
        fetch(address, login(tmp_path))


def test_no_cookie_is_no_fault_of_the_nodes(server: Loopback, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not there") as raised:
        fetch(server.base("bitcoind"), login(tmp_path / "none"))
    assert raised.value.kind is FailureKind.NEEDS_KEY and server.log == []


def test_a_cookie_renewed_meanwhile_is_read_once_more(server: Loopback) -> None:
    """The node was started anew between reading the file and sending what was in it."""
    server.faults["bitcoind"] = "http401"
    cookies = iter(["old:secret-1", "new:secret-2"])

    class Renewed(NodeLogin):
        def headers(self) -> dict[str, str]:
            text = next(cookies, "new:secret-2")
            if len(server.log) == 1:
                server.faults.clear()
            return basic(text)

    fetch(server.base("bitcoind"), Renewed(Preferences, lambda _: None))
    assert [entry["login"] for entry in server.log] == [
        basic("old:secret-1")["Authorization"],
        basic("new:secret-2")["Authorization"],
    ]


def test_a_log_in_that_stays_wrong_is_sent_once(server: Loopback) -> None:
    server.faults["bitcoind"] = "http401"
    with pytest.raises(SourceError, match="did not accept the log-in"):
        fetch(server.base("bitcoind"), login(user="minerdesk", password=PASSWORD))
    assert len(server.log) == 1


def test_an_address_may_hold_no_password() -> None:
    with pytest.raises(InputError, match="no user name and no password"):
        endpoints.resolve({"bitcoind": "http://user:pass@127.0.0.1:8332"}, {})


# The session and the command


def run(*words: str) -> int:
    return cli.main(["sources", *words], cli.Front(open_window=None, self_test=None, draw_chart=None))  # type: ignore[arg-type] # not called


def chosen() -> Preferences:
    return preferences.load(Folders.of_user().config / "preferences.json")[0]


def test_the_command_switches_it_on_with_a_cookie_or_a_user(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("on", "bitcoind", "--cookie", str(tmp_path)) == 0
    assert (chosen().sources_on, chosen().node_cookie, chosen().node_user) == (("bitcoind",), str(tmp_path), "")
    assert run("on", "bitcoind", "--user", "minerdesk") == 0 and chosen().node_user == "minerdesk"
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert run("key", "bitcoind") == 0 and ring.kept == {("minerdesk", "bitcoind"): PASSWORD}
    said = capsys.readouterr()
    assert "by its password in the keyring" in said.err and PASSWORD not in said.out + said.err
    assert run("off", "bitcoind") == 0 and chosen().sources_on == ()
    assert run("on", "bitcoind", "--cookie", "") == 0 and (chosen().node_cookie, chosen().node_user) == ("", "")


def test_the_command_warns_where_nobody_can_log_in(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("on", "bitcoind", "--cookie", str(tmp_path / "none")) == 0 and chosen().sources_on == ("bitcoind",)
    said = capsys.readouterr().err
    assert "is asked from now on" in said
    assert "Warning: it gives nothing yet" in said and "none is not there" in said and "start it" in said
    assert run("on", "bitcoind", "--user", "ann") == 0
    assert "with: minerdesk sources key bitcoind" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert run("on", "bitcoind", "--user", "ann") == 0
    assert "pip install 'minerdesk[keys]'" in capsys.readouterr().err
    (tmp_path / ".cookie").write_text(COOKIE)
    assert run("on", "bitcoind", "--cookie", str(tmp_path)) == 0
    assert "Warning" not in capsys.readouterr().err


def test_another_source_takes_no_cookie(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("on", "coinbase", "--cookie", "x") == 2
    assert chosen() == Preferences()


def test_a_session_asks_the_node_first_and_keeps_the_histories(server: Loopback, tmp_path: Path) -> None:
    (tmp_path / ".cookie").write_text(COOKIE)
    session = open_session(environ=environment(server), now=lambda: NOW)
    try:
        session.adopt_preferences(
            replace(session.preferences, sources_on=("bitcoind",), node_cookie=str(tmp_path / ".cookie"))
        )
        plan = session.plan()
        assert {"difficulty_epochs", "hashrate_daily"} <= set(plan.names)
        report, problems = session.run(plan)
        assert report.complete and problems == ()
        gave = {outcome.topic: outcome.source for outcome in report.outcomes}
        assert {gave[topic] for topic in ("difficulty", "tip", "fees", "hashrate")} == {"bitcoind"}
        assert gave["difficulty_epochs"] == gave["hashrate_daily"] == "mempool"
        snapshot = session.take(report)
        assert snapshot.observations["fees_btc_per_block"].source == "bitcoind"
        assert (Folders.of_user().cache / "blocks.json").is_file()
    finally:
        session.close()
