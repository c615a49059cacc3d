"""One's own Bitcoin Core on the page Data: refused, given its cookie, tested, and asked first with the next refresh."""

import base64
from pathlib import Path

import pytest
from loopback import NOW, TIP, Loopback
from sample_desk import session_at

from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.data import DataPanel
from minerdesk.ui.panels.numbers import numbers
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance

COOKIE = "__cookie__:" + "5f" * 32


@pytest.fixture
def server():
    with Loopback() as running:
        running.logins["bitcoind"] = "Basic " + base64.b64encode(COOKIE.encode()).decode()
        yield running


@pytest.fixture
def bridge(monkeypatch, server, qapp):
    for provider, url in server.bases().items():
        monkeypatch.setenv(f"MINERDESK_URL_{provider.upper()}", url)
    session = session_at(monkeypatch)
    tasks = Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()
    session.close()


@pytest.fixture
def panel(bridge, qtbot, qapp):
    made = DataPanel(bridge, Appearance(qapp))
    qtbot.addWidget(made)
    made.resize(960, 520)
    bridge.changed.connect(made.render_snapshot)
    made.render_snapshot(bridge.snapshot)
    made.show()
    made.show_source("bitcoind")
    return made


def answer_of(panel: DataPanel, bridge: Bridge, qtbot) -> str:
    with qtbot.waitSignal(bridge.tested, timeout=20_000):
        panel.detail.test.click()
    return panel.detail.result.text()


def test_a_node_is_let_in_by_the_cookie_that_is_chosen(panel, bridge, server, qtbot, tmp_path):
    cookie = Path(tmp_path / ".cookie")
    assert not panel.detail.test.isEnabled(), "it is off"
    panel.detail.access.switch.click()
    panel.detail.access._take("node_cookie", str(cookie))
    assert "is not there" in answer_of(panel, bridge, qtbot) and server.asked("bitcoind") == []
    cookie.write_text("__cookie__:of-another-run")
    assert "did not accept the log-in" in answer_of(panel, bridge, qtbot)
    cookie.write_text(COOKIE)
    said = answer_of(panel, bridge, qtbot)
    assert f"{TIP:,}".replace(",", "\u202f") in said, "a test passes the pause after the refusal"
    assert COOKIE[11:] not in said


def test_switched_on_it_is_asked_first_and_its_values_say_so(panel, bridge, server, qtbot, tmp_path):
    (tmp_path / ".cookie").write_text(COOKIE)
    panel.detail.access._take("node_cookie", str(tmp_path))
    panel.detail.access.switch.click()
    with qtbot.waitSignal(bridge.refreshed, timeout=20_000):
        bridge.refresh()
    believed = bridge.snapshot.observations
    for quantity in ("difficulty", "tip_height", "fees_btc_per_block", "network_hashrate_7d_eh_s"):
        assert believed[quantity].source == "bitcoind"
    assert believed["fees_btc_per_block"].detail == "mean of 144 blocks"
    assert believed["difficulty"].as_of < NOW
    assert any("Bitcoin Core" in str(row) for row in numbers(bridge.snapshot))
    model = panel.table.sources
    row = model.row_of("bitcoind")
    assert "1st of 3" in str(model.index(row, 8).data())
