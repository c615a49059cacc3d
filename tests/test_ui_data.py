"""The page Data: the health of every source, its address, order, test and last body; where every number comes from."""

import pytest
from loopback import Loopback
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from sample_desk import NOW, lay_live, session_at
from sample_page import bridged, data_page, served_by, state_of

from minerdesk.errors import FailureKind
from minerdesk.source_states import Group
from minerdesk.sources import endpoints
from minerdesk.sources.topics import TOPICS, in_order
from minerdesk.store.replies import LastReply
from minerdesk.ui.bridge import TICK_MS
from minerdesk.ui.panels.data import NUMBERS, ORDER, SOURCES, DataPanel
from minerdesk.ui.panels.numbers import numbers
from minerdesk.ui.panels.reply_window import ReplyWindow, body_text
from minerdesk.ui.panels.source_words import next_words
from minerdesk.ui.panels.strip import Strip
from minerdesk.ui.theme import Appearance, Mode


@pytest.fixture
def server():
    with Loopback() as running:
        yield running


@pytest.fixture
def bridge(monkeypatch, server, qapp):
    served_by(server, monkeypatch)
    with bridged(session_at(monkeypatch)) as made:
        yield made


@pytest.fixture
def panel(bridge, qtbot, qapp):
    return data_page(bridge, qapp, qtbot)


def cells(panel, provider: str) -> list[str]:
    model = panel.table.sources
    return [str(model.index(model.row_of(provider), column).data()) for column in range(model.columnCount())]


def refreshed(bridge, qtbot) -> None:
    with qtbot.waitSignal(bridge.refreshed, timeout=20_000):
        bridge.refresh()


# The states


def test_after_a_failed_refresh_the_next_try_is_when_the_session_tries_again(panel, bridge, server, qtbot):
    server.faults["all"] = "http500"
    refreshed(bridge, qtbot)
    state = next(one for one in bridge.source_states(None) if one.provider == "okx")
    assert state.failure is FailureKind.REFUSED
    assert 50 < (state.next_try - bridge.snapshot.now).total_seconds() <= 66
    assert "open_interest" not in bridge.session.plan().names, "nothing is asked before that"


def test_who_is_asked_only_on_demand_is_listed_and_can_be_tested(panel):
    asked_by_itself = {source.provider for topic in TOPICS for source in topic.sources}
    others = [name for name in endpoints.CREDITS if name not in asked_by_itself]
    for name in others:
        assert next_words(state_of(name), NOW, offline=False) == ("as you ask" if state_of(name).is_on else "–")
        assert state_of(name).probe, f"{name} names no probe: its test button would be dead"
        panel.show_source(name)
        assert panel.detail.test.isEnabled() == state_of(name).is_on
    model = panel.table.sources
    listed = [state.provider for row in range(model.rowCount()) if (state := model.state(row))]
    assert len(listed) == len(set(listed)) and set(listed) == asked_by_itself | set(others)


@pytest.mark.parametrize(("provider", "told"), [("energy_charts", "23 prices"), ("frankfurter", "1 EUR is")])
def test_a_test_of_who_is_asked_on_demand_asks_one_thing_and_says_what_came(
    panel, bridge, server, qtbot, provider, told
):
    panel.show_source(provider)
    with qtbot.waitSignal(bridge.tested, timeout=20_000):
        panel.detail.test.click()
    assert told in panel.detail.result.text() and "1 of 1 answered" in panel.detail.result.text()
    assert [entry["provider"] for entry in server.log] == [provider]
    panel._again()
    assert cells(panel, provider)[1] == "fresh"
    server.faults[provider] = "nan"
    with qtbot.waitSignal(bridge.tested, timeout=20_000):
        panel.detail.test.click()
    assert "answer" in panel.detail.result.text() and "1 of 1" not in panel.detail.result.text()


def test_sources_stand_in_groups_those_that_are_off_last_and_muted(panel, bridge):
    model = panel.table.sources
    groups = [model.group(row) for row in range(model.rowCount()) if model.group(row)]
    assert groups == list(Group), "every group has somebody"
    off = [s for s in (model.state(row) for row in range(model.rowCount())) if s and not s.is_on]
    assert off and model.state(model.rowCount() - 1) in off
    row = model.row_of(off[0].provider)
    muted = panel.table.sources.theme.colour("muted")
    assert model.index(row, 8).data(Qt.ItemDataRole.ForegroundRole) == muted
    heading = next(row for row in range(model.rowCount()) if model.group(row))
    assert not model.flags(model.index(heading, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert panel.table.columnSpan(heading, 0) == model.columnCount()
    assert "Network and price" not in panel.table.text() and "Kraken" in panel.table.text()


def test_the_filter_leaves_what_holds_every_word_and_a_link_from_elsewhere_lifts_it(panel, qtbot):
    model = panel.table.sources
    qtbot.keyClicks(panel.filter, "open interest b")
    listed = [state.provider for row in range(model.rowCount()) if (state := model.state(row))]
    assert "bybit" in listed and "kraken" not in listed and panel.table.current in listed
    panel.show_source("kraken")
    assert panel.filter.text() == "" and panel.table.current == "kraken" == panel.detail.provider
    panel.show_view(NUMBERS)
    assert not panel.filter.isVisible()


def test_only_rows_that_changed_are_told_and_none_while_nothing_does(panel, bridge, qtbot):
    told, resets = [], []
    panel.table.sources.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    panel.table.sources.modelReset.connect(lambda: resets.append(1))
    panel._again()
    assert told == [] and resets == []
    bridge.session.client()._breakers["kraken"].succeeded()
    panel._again()
    row = panel.table.sources.row_of("kraken")
    assert told == [(row, row)] and resets == []


# The page


def test_after_a_refresh_every_source_says_how_it_is_doing(panel, bridge, server, qtbot):
    server.faults["coinbase"] = "http451"
    refreshed(bridge, qtbot)
    qtbot.waitUntil(lambda: cells(panel, "mempool")[7] not in ("–", "0 kB"), timeout=10_000)
    mempool, coinbase = cells(panel, "mempool"), cells(panel, "coinbase")
    assert mempool[1] == "fresh" and mempool[2] == "16 Jan 2026, 12:00" and mempool[3] == "under 1 min"
    assert mempool[4].endswith((" ms", " s")) and mempool[5] == "in 5 min" and mempool[6] == "0"
    assert coinbase[1:4] == ["blocked", "never", "–"] and coinbase[5:7] == ["in 24 h", "1"]
    panel.show_source("coinbase")
    assert "HTTP 451" in panel.detail.failure.text() and panel.detail.failure.isVisible()
    assert "Coinbase's market data terms" in panel.detail.terms.text()
    assert "\tblocked\t" in panel.table.text()


def test_a_selection_stays_while_ages_move_on(panel, bridge):
    panel.show_source("kraken")
    panel.detail.base.setText("half typ")
    panel.render_snapshot(bridge.session.desk.snapshot())
    assert panel.table.current == "kraken" and panel.detail.base.text() == "half typ"
    panel.show_source("okx")
    assert panel.detail.base.text() == ""


def test_a_test_says_what_came_and_takes_nothing_over(panel, bridge, server, qtbot):
    panel.show_source("kraken")
    with qtbot.waitSignal(bridge.tested, timeout=20_000):
        qtbot.mouseClick(panel.detail.test, Qt.MouseButton.LeftButton)
        assert not panel.detail.test.isEnabled()
    assert "1 of 1 answered" in panel.detail.result.text() and "$95\u202f550" in panel.detail.result.text()
    assert panel.detail.test.isEnabled()
    found = bridge.session.desk.snapshot().observed("btc_price_usd")
    assert found.source.startswith("bundled")
    server.faults["kraken"] = "html"
    with qtbot.waitSignal(bridge.tested, timeout=20_000):
        qtbot.mouseClick(panel.detail.test, Qt.MouseButton.LeftButton)
    assert "can't be read" in panel.detail.result.text()


def test_the_last_body_is_shown_as_plain_text(panel, bridge, qtbot):
    panel.show_source("kraken")
    with qtbot.waitSignal(bridge.tested, timeout=20_000):
        panel.detail.test.click()
    with qtbot.waitSignal(bridge.reply_read, timeout=20_000):
        panel.detail.body.click()
    (window,) = panel.findChildren(ReplyWindow)
    assert '"XXBTZUSD"' in window.text.toPlainText() and "/0/public/Ticker" in window.note.text()
    window.close()
    QApplication.processEvents()


def test_without_a_body_the_window_says_what_to_do(qtbot):
    window = ReplyWindow("Kraken", None)
    qtbot.addWidget(window)
    assert "Refresh, or test it" in window.note.text() and window.text.toPlainText() == ""


def test_a_refusal_is_shown_with_its_status_and_said_to_be_no_value(panel, bridge, server, qtbot):
    server.faults["kraken"] = "http403"
    panel.show_source("kraken")
    with qtbot.waitSignal(bridge.tested, timeout=20_000):
        panel.detail.test.click()
    with qtbot.waitSignal(bridge.reply_read, timeout=20_000):
        panel.detail.body.click()
    (window,) = panel.findChildren(ReplyWindow)
    assert window.text.toPlainText() == '{"error":"no"}' and window.note.text().startswith("Refused with HTTP 403")
    window.close()
    QApplication.processEvents()


def test_a_hostile_body_stays_text_is_cut_and_broken():
    body = b"<img src=x>\x00\xff\x1b[31m" + b"a" * 5_000
    shown = body_text(LastReply(path="/x", received_at=NOW, size_bytes=9_999_999, body=body))
    assert shown.startswith("<img src=x>\ufffd\ufffd\ufffd[31m")
    assert max(map(len, shown.split("\n"))) <= 2_000


def test_a_base_url_is_checked_kept_and_taken_back(panel, bridge, monkeypatch, server):
    monkeypatch.delenv("MINERDESK_URL_MEMPOOL")
    panel.show_source("mempool")
    panel.detail.base.setText("ftp://here")
    panel.detail.use.click()
    assert "http" in panel.detail.problem.text() and bridge.session.preferences.base_urls == {}
    panel.detail.base.setText("http://127.0.0.1:3006/api/")
    panel.detail.use.click()
    assert not panel.detail.problem.isVisible()
    assert bridge.session.preferences.base_urls == {"mempool": "http://127.0.0.1:3006/api/"}
    assert panel.detail._note.text() == "Asked at http://127.0.0.1:3006/api"
    panel.detail.base.clear()
    panel.detail.use.click()
    assert bridge.session.preferences.base_urls == {}


def test_the_order_is_edited_by_keyboard_and_mouse_and_taken_back(panel, bridge, qtbot):
    panel.show_view(ORDER)
    panel.order.sources.setCurrentRow(1)
    qtbot.keyClick(panel.order.up, Qt.Key.Key_Space)
    chosen = bridge.session.preferences.source_order
    assert chosen["spot"][:2] == ("kraken", "coinbase")
    assert in_order(chosen)[0].sources[0].provider == "kraken"
    assert panel.order.sources.currentRow() == 0 and not panel.order.up.isEnabled()
    panel.show_view(SOURCES)
    assert cells(panel, "kraken")[8] == "BTC price (1st of 5)"
    panel.order.down.click()
    assert bridge.session.preferences.source_order == {}, "our own order is no preference"
    panel.order.down.click()
    panel.order.ours.click()
    assert bridge.session.preferences.source_order == {} and not panel.order.ours.isEnabled()


def test_a_source_that_is_switched_on_has_its_place_in_the_order_and_loses_it_again(panel, bridge):
    panel.show_view(ORDER)

    def listed(topic):
        rows = [panel.order.topics.item(row) for row in range(panel.order.topics.count())]
        panel.order.topics.setCurrentItem(next(item for item in rows if item.text() == topic))
        return [panel.order.sources.item(row).text() for row in range(panel.order.sources.count())]

    assert listed("Difficulty")[0] == "1.  mempool.space"
    bridge.prefer(sources_on=("bitcoind", "coinglass"))
    panel._again()
    assert listed("Difficulty")[0] == "1.  Bitcoin Core" and listed("Open interest, Coinglass") == ["1.  Coinglass"]
    bridge.prefer(sources_on=())
    panel._again()
    assert listed("Difficulty")[0] == "1.  mempool.space"
    with pytest.raises(StopIteration):
        listed("Open interest, Coinglass")


@pytest.mark.parametrize("height", [160, 520, 900])
def test_a_low_window_leaves_the_table_half_of_the_room(panel, bridge, height, qtbot):
    for view, table in ((SOURCES, panel.table), (NUMBERS, panel.numbers.table)):
        panel.show_view(view)
        panel.show_number("best_ai") if view == NUMBERS else panel.show_source("mempool")
        panel.resize(700, height)
        qtbot.waitUntil(lambda table=table: table.height() >= (height - 40) // 2 - 40, timeout=5_000)
        card = panel.numbers.explained if view == NUMBERS else panel.detail.services
        if height == 900:
            qtbot.waitUntil(lambda card=card: card.height() >= card.heightForWidth(card.width()), timeout=5_000)


# The numbers


def test_a_key_figure_names_formula_inputs_sources_and_dates(panel, bridge, qtbot):
    lay_live(bridge.session)
    panel.render_snapshot(bridge.session.desk.snapshot())
    panel.show_number("hashprice")
    number = panel.numbers.current
    assert number.cells[2:] == ("Coinbase Exchange, mempool.space", "8 Jan 2026, 07:52", "live · 2 min")
    for part in ("(subsidy + fees per block) × BTC price", "BTC price: $95\u202f546", "Difficulty: 146.47", "as of"):
        assert part in panel.numbers.explained.text()
    panel.numbers.buttons.itemAt(0).widget().click()
    assert panel.view == SOURCES and panel.table.current == "coinbase"


def test_every_value_that_is_believed_is_listed_with_its_source(bridge):
    lay_live(bridge.session)
    snapshot = bridge.session.desk.snapshot()
    listed = {number.name: number for number in numbers(snapshot)}
    assert set(snapshot.observations) <= set(listed)
    assert listed["difficulty"].providers == ("mempool",)
    assert all(len(number.cells) == 5 and all(number.cells) for number in listed.values())


def test_what_a_business_keeps_names_its_steps_and_every_input_with_its_origin(bridge):
    lay_live(bridge.session)
    snapshot = bridge.session.desk.apply({"gpu.rate_usd_per_gpu_hour": 3.25})
    listed = {number.name: number for number in numbers(snapshot)}
    gpu, mining = listed["gpu_cloud, kept"], listed["mining, kept"]
    assert gpu.cells[2] == "Your inputs" and gpu.providers == ()
    assert "GPU rate 3.25\u202f$/GPU-h (typed)" in gpu.explained and "GPU life" in gpu.explained
    assert "(default)" in gpu.explained and "less capital" in gpu.explained
    assert "Fleet efficiency 17.5\u202fJ/TH (default)" in mining.explained
    assert "Pool fee" in listed["mining"].explained and "GPU life" in listed["best_ai"].explained
    assert mining.providers == ("coinbase", "mempool")


def test_a_typed_hashprice_is_its_own_source(bridge):
    snapshot = bridge.session.desk.apply({"network.hashprice_usd_per_ph_day": 39.5})
    for name in ("hashprice", "mining"):
        found = next(number for number in numbers(snapshot) if number.name == name)
        assert found.cells[2] == "Your own value" and found.cells[4].startswith("typed") and found.providers == ()


def test_a_card_of_the_strip_asks_for_its_number_by_mouse_and_keyboard(bridge, qapp, qtbot):
    strip = Strip(Appearance(qapp))
    qtbot.addWidget(strip)
    strip.render_snapshot(bridge.snapshot)
    strip.show()
    asked = []
    strip.asked.connect(asked.append)
    qtbot.mouseClick(strip.cards[0], Qt.MouseButton.LeftButton)
    qtbot.keyClick(strip.cards[3], Qt.Key.Key_Return)
    qtbot.keyClick(strip.cards[4], Qt.Key.Key_Space)
    assert asked == ["hashprice", "btc_price", "mining"]


def test_everything_that_takes_focus_has_a_name_in_both_themes(bridge, qapp, qtbot):
    appearance = Appearance(qapp)
    panel = DataPanel(bridge, appearance)
    qtbot.addWidget(panel)
    panel.render_snapshot(bridge.snapshot)
    panel.show()
    for mode in (Mode.DARK, Mode.LIGHT):
        appearance.apply(mode)
        for view in (SOURCES, ORDER, NUMBERS):
            panel.show_view(view)
            QApplication.processEvents()
            for widget in panel.findChildren(object):
                if getattr(widget, "isVisible", lambda: False)() and getattr(widget, "focusPolicy", None):
                    named = widget.accessibleName() or getattr(widget, "text", lambda: "")()
                    takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                    assert not takes or named or type(widget).__name__ in ("QScrollBar",), widget


def test_the_looks_at_what_is_due_are_spread_by_a_tenth(bridge):
    bridge.session.set_offline(True)
    spans = set()
    for _ in range(20):
        bridge._tick()
        spans.add(bridge._ticker.interval())
    assert all(0.9 * TICK_MS <= span <= 1.1 * TICK_MS for span in spans)
    assert len(spans) > 10
