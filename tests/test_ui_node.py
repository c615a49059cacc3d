"""One's own Bitcoin Core on the page Data: refused, given its cookie, tested, and asked first with the next refresh."""

import base64
from pathlib import Path

import pytest
from loopback import NOW, TIP, Loopback
from sample_desk import session_at
from sample_page import bridged, data_page, served_by

from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.data import ORDER, DataPanel
from minerdesk.ui.panels.numbers import numbers

COOKIE = "__cookie__:" + "5f" * 32


@pytest.fixture
def server():
    with Loopback() as running:
        running.logins["bitcoind"] = "Basic " + base64.b64encode(COOKIE.encode()).decode()
        yield running


@pytest.fixture
def bridge(monkeypatch, server, qapp):
    served_by(server, monkeypatch)
    with bridged(session_at(monkeypatch)) as made:
        yield made


@pytest.fixture
def panel(bridge, qtbot, qapp):
    made = data_page(bridge, qapp, qtbot)
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


def test_the_order_shows_what_is_asked_for_and_every_row_can_be_chosen(panel, bridge):
    def rows() -> dict[str, list[str]]:
        found = {}
        for row in range(panel.order.topics.count()):
            panel.order.topics.setCurrentRow(row)
            sources = panel.order.sources
            found[panel.order.topics.item(row).text()] = [sources.item(i).text() for i in range(sources.count())]
        return found

    panel.show_view(ORDER)
    off = rows()
    assert off["Difficulty"] == ["1.  mempool.space", "2.  Blockchain.com"] and "Difficulty by epoch" not in off
    panel.order.topics.setCurrentRow(1)
    bridge.prefer(sources_on=("bitcoind",))
    panel.render_snapshot(bridge.snapshot)
    assert panel.order.topics.currentItem().text() == "Difficulty" and panel.order.topics.currentRow() == 1
    on = rows()
    assert on["Difficulty"] == ["1.  Bitcoin Core", "2.  mempool.space", "3.  Blockchain.com"]
    assert set(on) - set(off) == {"Difficulty by epoch", "Daily hash rate"}
    panel.order.topics.setCurrentRow(list(on).index("Difficulty"))
    panel.order.sources.setCurrentRow(0)
    panel.order.down.click()
    assert bridge.session.preferences.source_order == {"difficulty": ("mempool", "bitcoind", "blockchain_info")}
    panel.order.up.click()
    assert bridge.session.preferences.source_order == {}, "that is our order again"
