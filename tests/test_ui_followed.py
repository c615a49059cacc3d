"""An open window takes notice of `minerdesk sources`: of a key that is given, replaced or removed, of the switch."""

import sys
from typing import Any

import pytest
from sample_desk import session_at
from sample_page import bridged, data_page
from test_sources_keys import Ring

from minerdesk import cli
from minerdesk.cli.orders import Front
from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import failures
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.data import DataPanel

FIRST, SECOND = "k3y-of-the-tests-0001", "k3y-of-the-tests-0002"


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    made = Ring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    monkeypatch.setitem(sys.modules, "keyring.errors", made.errors)
    return made


@pytest.fixture
def bridge(ring: Ring, monkeypatch: pytest.MonkeyPatch, qapp: Any) -> Any:
    with bridged(session_at(monkeypatch, offline=True)) as made:
        yield made


@pytest.fixture
def panel(bridge: Bridge, qapp: Any, qtbot: Any) -> DataPanel:
    return data_page(bridge, qapp, qtbot, height=640)


def command(monkeypatch: pytest.MonkeyPatch, *words: str, typed: str = "") -> None:
    """Run the command of the sources as another program would, beside the window."""
    monkeypatch.setattr("minerdesk.cli.sources._typed", lambda _prompt: typed)
    front = Front(open_window=None, self_test=None, draw_chart=None)  # type: ignore[arg-type]  # not called
    assert cli.main(["sources", *words], front) == 0


def noticed(bridge: Bridge, qtbot: Any) -> frozenset[str]:
    """Let the window look as it does with every tick, and return whom it took notice of."""
    with qtbot.waitSignal(bridge.sources_changed, timeout=10_000) as told:
        bridge._tick()
    return told.args[0]  # type: ignore[no-any-return]  # the signal's own


def state_word(panel: DataPanel, provider: str) -> str:
    row = panel.table.sources.row_of(provider)
    assert row is not None
    return str(panel.table.sources.index(row, 1).data())


def test_a_key_given_by_the_command_line_is_used_by_an_open_window(
    panel: DataPanel, bridge: Bridge, ring: Ring, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bridge.session.keys.get("coinglass") is None and state_word(panel, "coinglass") == "off"
    command(monkeypatch, "key", "coinglass", typed=FIRST)
    asked = ring.asked
    assert noticed(bridge, qtbot) == {"coinglass"}
    assert ring.asked == asked, "to notice it the keyring is not opened: it may want to be unlocked"
    assert state_word(panel, "coinglass") != "off"
    assert "open_interest_coinglass" in [topic.name for topic in bridge.session.topics()]
    assert bridge.session.client()._credentials.headers("coinglass") == {"CG-API-KEY": FIRST}
    assert ring.asked == asked + 1


def test_a_key_that_is_replaced_ends_the_pause_after_the_old_one(
    bridge: Bridge, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(monkeypatch, "key", "coinglass", typed=FIRST)
    noticed(bridge, qtbot)
    assert bridge.session.keys.get("coinglass") == FIRST
    client = bridge.session.client()
    client.offline = False
    with pytest.raises(SourceError), client.judged("coinglass"):
        raise failures.of_status("coinglass", 401, None, with_key=True)
    assert client.health()["coinglass"].next_try_s > 3_600
    command(monkeypatch, "key", "coinglass", typed=SECOND)
    assert noticed(bridge, qtbot) == {"coinglass"}, "though it was on before"
    assert bridge.session.keys.get("coinglass") == SECOND
    assert client.health()["coinglass"].next_try_s == 0 and client.health()["coinglass"].last_failure is None


def test_what_is_switched_off_or_loses_its_key_is_asked_no_more(
    panel: DataPanel, bridge: Bridge, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(monkeypatch, "key", "coinglass", typed=FIRST)
    command(monkeypatch, "on", "vast", "--accept-terms")
    assert noticed(bridge, qtbot) == {"coinglass", "vast"}
    command(monkeypatch, "key", "coinglass", "--remove")
    command(monkeypatch, "off", "vast")
    assert noticed(bridge, qtbot) == {"coinglass", "vast"}
    assert bridge.session.preferences.sources_on == ()
    assert state_word(panel, "coinglass") == state_word(panel, "vast") == "off"


def test_the_card_that_is_shown_asks_the_keyring_once_more(
    panel: DataPanel, bridge: Bridge, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.show_source("coinglass")
    assert panel.keys.state("coinglass").has is None
    command(monkeypatch, "key", "coinglass", typed=FIRST)
    noticed(bridge, qtbot)
    qtbot.waitUntil(lambda: panel.keys.state("coinglass").has is True, timeout=10_000)


def test_a_node_s_user_is_taken_over_and_what_this_window_chose_meanwhile_stays(
    bridge: Bridge, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.prefer(sources_on=("vast",), theme="dark")
    qtbot.waitUntil(lambda: not bridge.tasks.is_running("preferences"), timeout=10_000)
    command(monkeypatch, "on", "bitcoind", "--user", "miner")
    bridge.prefer(theme="light")
    assert noticed(bridge, qtbot) == {"bitcoind"}
    held = bridge.session.preferences
    assert (set(held.sources_on), held.node_user, held.theme) == ({"vast", "bitcoind"}, "miner", "light")


def test_a_key_that_the_window_takes_is_told_to_other_programs(
    panel: DataPanel, bridge: Bridge, ring: Ring, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.show_source("coinglass")
    panel.keys.give("coinglass", FIRST)
    qtbot.waitUntil(lambda: "coinglass" in bridge.session.preferences.keys_changed, timeout=10_000)
    qtbot.waitUntil(lambda: not bridge.tasks.is_running("preferences"), timeout=10_000)
    other = session_at(monkeypatch, offline=True)
    assert other.preferences.keys_changed.keys() == {"coinglass"}
    assert FIRST not in other.preferences_path.read_text()
    other.close()


def test_a_source_that_failed_for_want_of_a_key_is_asked_again(
    bridge: Bridge, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.prefer(sources_on=("coinglass",))
    client = bridge.session.client()
    client.offline = False
    with pytest.raises(SourceError) as refused, client.judged("coinglass"):
        client._credentials.headers("coinglass")
    assert refused.value.kind is FailureKind.NEEDS_KEY
    qtbot.waitUntil(lambda: not bridge.tasks.is_running("preferences"), timeout=10_000)
    command(monkeypatch, "key", "coinglass", typed=FIRST)
    assert noticed(bridge, qtbot) == {"coinglass"}
    assert client.health()["coinglass"].last_failure is None and client._credentials.headers("coinglass")
