"""The page Data where a source wants to be let in: switch and terms, keys to the keyring, one's own Bitcoin Core."""

import sys
import threading
import types
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from sample_desk import session_at
from sample_page import bridged, data_page

from minerdesk.errors import StoreError
from minerdesk.secrecy import scrub
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.store.keys import EXTRA
from minerdesk.ui.panels.source_access import LINES, is_shown
from minerdesk.ui.source_keys import NO_KEY

KEY = "k3y-of-the-tests-0123"


class Ring(types.ModuleType):
    """Stands in for the library keyring; notes from which threads it is asked, and may be slow or locked."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.kept: dict[str, str] = {}
        self.threads: set[int] = set()
        self.locked = False
        self.gate = threading.Event()
        self.gate.set()
        self.errors = types.ModuleType("keyring.errors")
        self.errors.KeyringError = type("KeyringError", (Exception,), {})

    def get_keyring(self) -> object:
        return self

    def _asked(self) -> None:
        self.threads.add(threading.get_ident())
        self.gate.wait(10)
        if self.locked:
            raise self.errors.KeyringError("the collection is locked")

    def get_password(self, _service: str, name: str) -> str | None:
        self._asked()
        return self.kept.get(name)

    def set_password(self, _service: str, name: str, key: str) -> None:
        self._asked()
        self.kept[name] = key

    def delete_password(self, _service: str, name: str) -> None:
        self._asked()
        del self.kept[name]


@pytest.fixture
def ring(monkeypatch):
    made = Ring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    monkeypatch.setitem(sys.modules, "keyring.errors", made.errors)
    yield made
    made.gate.set()


@pytest.fixture
def bridge(monkeypatch, qapp):
    bitstamp = replace(PROVIDERS["bitstamp"], access=Access.OPT_IN, terms="Its terms forbid programs.")
    monkeypatch.setitem(PROVIDERS, "bitstamp", bitstamp)
    with bridged(session_at(monkeypatch)) as made:
        yield made


@pytest.fixture
def panel(bridge, qtbot, qapp):
    return data_page(bridge, qapp, qtbot, height=640)


def told(panel, qtbot, provider: str):
    """Wait until the keyring has answered, and return the state."""
    qtbot.waitUntil(lambda: not panel.keys.state(provider).busy, timeout=10_000)
    return panel.keys.state(provider)


def is_on(bridge, provider: str) -> bool:
    return provider in bridge.session.preferences.sources_on


def state_word(panel, provider: str) -> str:
    model = panel.table.sources
    return str(model.index(model.row_of(provider), 1).data())


# The switch


def test_an_open_source_has_no_switch_and_one_with_terms_says_them_beside_it(panel, bridge, qtbot):
    panel.show_source("coinbase")
    assert not panel.detail.access.isVisible()
    panel.show_source("bitstamp")
    form = panel.detail.access
    assert form.switch.isVisible() and not form.switch.isChecked() and "forbid programs" in form.terms.text()
    assert not form.secret.isVisible() and not panel.detail.test.isEnabled() and state_word(panel, "bitstamp") == "off"
    qtbot.keyClick(form.switch, Qt.Key.Key_Space)
    assert is_on(bridge, "bitstamp") and form.switch.isChecked() and panel.detail.test.isEnabled()
    assert panel.table.current == "bitstamp", "it moved to its group, and stays chosen"
    form.switch.click()
    assert not is_on(bridge, "bitstamp") and state_word(panel, "bitstamp") == "off"


def test_every_source_that_is_not_open_has_its_form_with_terms(panel):
    for name, provider in PROVIDERS.items():
        if panel.table.sources.row_of(name) is None:
            continue
        panel.show_source(name)
        form = panel.detail.access
        assert form.isVisible() == is_shown(name)
        if provider.access is not Access.OPEN:
            assert form.switch.isVisible() and len(form.terms.text()) > 20, name
        if provider.key_header:
            assert form.secret.isVisible() and provider.key_from in form.terms.text(), name
        assert all(edit.isVisible() == (name in LINES) for edit in form.lines.values())


# Keys


def test_a_key_goes_to_the_keyring_switches_on_and_is_shown_nowhere(panel, bridge, qtbot, ring):
    panel.show_source("coinglass")
    form = panel.detail.access
    assert form.secret.echoMode() is QLineEdit.EchoMode.Password and not form.give.isEnabled()
    assert ring.threads == set(), "looking at one that is off opens no keyring"
    qtbot.keyClicks(form.secret, KEY)
    qtbot.mouseClick(form.give, Qt.MouseButton.LeftButton)
    assert form.secret.text() == ""
    assert told(panel, qtbot, "coinglass").has and ring.kept == {"coinglass": KEY}
    assert is_on(bridge, "coinglass") and form.switch.isChecked()
    assert "stored in the system’s keyring" in form.told.text()
    written = [w.text() for w in panel.findChildren(QLineEdit)] + [str(bridge.session.preferences)]
    assert not any(KEY in text for text in written) and KEY not in scrub(f"x {KEY}")
    form.remove.click()
    assert not told(panel, qtbot, "coinglass").has and ring.kept == {} and not is_on(bridge, "coinglass")


def test_a_switch_without_a_key_stays_off_and_says_what_is_missing(panel, bridge, qtbot, ring):
    panel.show_source("coinglass")
    panel.detail.access.switch.click()
    assert told(panel, qtbot, "coinglass").problem == NO_KEY
    assert not is_on(bridge, "coinglass") and not panel.detail.access.switch.isChecked()
    assert panel.detail.access.told.text() == NO_KEY
    ring.kept["coinglass"] = KEY
    panel.detail.access.switch.click()
    assert told(panel, qtbot, "coinglass").has
    qtbot.waitUntil(lambda: is_on(bridge, "coinglass"))


def test_the_keyring_is_never_asked_by_the_thread_of_the_window_and_may_take_its_time(panel, bridge, qtbot, ring):
    ring.gate.clear()
    panel.show_source("coinglass")
    panel.detail.access.secret.setText(KEY)
    panel.detail.access.give.click()
    assert panel.detail.access.told.text() == "Waiting for the keyring…" and not panel.detail.access.secret.isEnabled()
    panel.show_source("kraken")
    panel.show_source("coinglass")
    assert panel.keys.state("coinglass").busy
    ring.gate.set()
    told(panel, qtbot, "coinglass")
    assert ring.threads and threading.get_ident() not in ring.threads


def test_a_locked_keyring_and_a_missing_extra_are_said_with_their_remedy(panel, bridge, qtbot, ring, monkeypatch):
    ring.locked = True
    panel.show_source("coinglass")
    panel.detail.access.secret.setText(KEY)
    panel.detail.access.give.click()
    assert "Unlock it" in told(panel, qtbot, "coinglass").problem and not is_on(bridge, "coinglass")
    monkeypatch.setitem(sys.modules, "keyring", None)
    panel.detail.access.secret.setText(KEY)
    panel.detail.access.give.click()
    assert EXTRA in told(panel, qtbot, "coinglass").problem
    assert EXTRA in panel.detail.access.told.text() and KEY not in panel.detail.access.told.text()


def test_what_is_no_key_is_refused_without_being_repeated(panel, bridge, qtbot, ring):
    panel.show_source("coinglass")
    panel.detail.access.secret.setText("kéy of nobody")
    panel.detail.access.give.click()
    problem = told(panel, qtbot, "coinglass").problem
    assert "That is no key" in problem and "kéy" not in problem and ring.kept == {}


def test_an_open_source_with_an_optional_key_has_no_switch_and_stays_asked_without(panel, bridge, qtbot, ring):
    panel.show_source("coingecko")
    form = panel.detail.access
    assert not form.switch.isVisible() and form.secret.isVisible() and "without a key" in form.terms.text()
    form.secret.setText(KEY)
    form.give.click()
    told(panel, qtbot, "coingecko")
    assert is_on(bridge, "coingecko")
    form.remove.click()
    told(panel, qtbot, "coingecko")
    assert not is_on(bridge, "coingecko") and panel.table.sources.state(panel.table.sources.row_of("coingecko")).is_on


# One's own node


def test_bitcoin_core_takes_a_cookie_file_or_user_and_password(panel, bridge, qtbot, ring, tmp_path):
    panel.show_source("bitcoind")
    form = panel.detail.access
    assert form.lines["node_cookie"].placeholderText().startswith("found by itself: ")
    assert not form.secret.isVisible(), "the cookie needs no password"
    form.switch.click()
    assert is_on(bridge, "bitcoind")
    form._take("node_cookie", str(tmp_path / ".cookie"))
    assert bridge.session.preferences.node_cookie == str(tmp_path / ".cookie")
    form.lines["node_user"].setText("ann")
    form.lines["node_user"].editingFinished.emit()
    assert bridge.session.preferences.node_user == "ann" and form.secret.isVisible()
    assert form._secret_label.text() == "Pass&word"
    form.secret.setText(KEY)
    form.give.click()
    assert told(panel, qtbot, "bitcoind").has and ring.kept == {"bitcoind": KEY}
    assert bridge.session.node.headers()["Authorization"].startswith("Basic ")
    form.remove.click()
    told(panel, qtbot, "bitcoind")
    assert is_on(bridge, "bitcoind"), "its cookie may still let in"
    with pytest.raises(StoreError):
        bridge.session.node.headers()


def test_half_typed_text_stays_while_ages_move_on_and_goes_with_the_source(panel, bridge):
    panel.show_source("coinglass")
    panel.detail.access.secret.setText("half")
    panel.render_snapshot(bridge.session.desk.snapshot())
    assert panel.detail.access.secret.text() == "half"
    panel.show_source("entsoe")
    assert panel.detail.access.secret.text() == ""


def test_all_of_the_form_is_reached_and_named_by_keyboard(panel, qtbot):
    for name in ("bitcoind", "coinglass", "bitstamp"):
        panel.show_source(name)
        form = panel.detail.access
        for widget in (form.switch, form.secret, form.give, form.remove, *form.lines.values()):
            if widget.isVisible():
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                assert widget.accessibleName() or widget.text()
