"""Who is asked first for power prices and exchange rates: one preference for the window and the command line alike."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from loopback import NOW, Loopback, environment
from PySide6.QtWidgets import QApplication
from sample_desk import session_at
from sample_page import bridged

from minerdesk import market_prices
from minerdesk.__main__ import main
from minerdesk.errors import FailureKind, SourceError
from minerdesk.market_prices import Fetch, Kept, top_up
from minerdesk.session import open_session
from minerdesk.sources import exchange
from minerdesk.sources.client import Client
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.exchange import fetch_rate
from minerdesk.sources.markets import EUROPE, PLACES, alternatives
from minerdesk.sources.orders import POWER, RATES, orders
from minerdesk.sources.topics import TOPICS, in_order
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.data import ORDER, DataPanel
from minerdesk.ui.panels.fetch_form import FetchForm
from minerdesk.ui.panels.power_getter import PriceGetter
from minerdesk.ui.theme import Appearance

CHOSEN = {POWER: ("smard", "nobody", "awattar_de"), RATES: ("ecb",)}
OURS = ("energy_charts", "smard", "awattar_de", "awattar")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with Loopback() as running:
        for name, value in environment(running).items():
            monkeypatch.setenv(name, value)
        yield running


def asked_of(server: Loopback) -> list[str]:
    return list(dict.fromkeys(entry["provider"] for entry in server.log))


def providers(key: str, order: tuple[str, ...] = (), on: tuple[str, ...] = ()) -> list[str]:
    return [feed.provider for feed in PLACES[key].asked(on, order)]


# -- the order --------------------------------------------------------------------------------------------------------


def test_a_market_is_asked_in_the_users_order_and_loses_no_source() -> None:
    assert providers("DE-LU") == ["energy_charts", "smard", "awattar_de"]
    assert providers("DE-LU", CHOSEN[POWER]) == ["smard", "awattar_de", "energy_charts"]
    assert providers("DE-LU", ("awattar_de", *CHOSEN[POWER])) == ["awattar_de", "smard", "energy_charts"], "once first"
    assert providers("DE-LU", ("", "aemo")) == providers("DE-LU")
    assert providers("DE-LU", ("entsoe",)) == providers("DE-LU"), "an order switches nothing on"
    assert providers("DE-LU", ("entsoe",), ("entsoe",))[0] == "entsoe"
    assert providers("NSW1", CHOSEN[POWER]) == ["aemo"]


def test_everything_that_is_asked_for_stands_in_one_list_with_names_that_no_topic_has() -> None:
    rows = {row.name: row for row in orders({})}
    assert list(rows) == [*(topic.name for topic in in_order({})), POWER, RATES]
    assert not {POWER, RATES} & {topic.name for topic in TOPICS}
    assert rows["spot"].providers == tuple(source.provider for source in in_order({})[0].sources)
    assert rows[POWER].providers == OURS, "who is alone in all its markets stands in for nobody"
    assert rows[RATES].providers == ("frankfurter", "ecb")
    chosen = {row.name: row for row in orders(CHOSEN, on=("entsoe",))}
    assert chosen[POWER].providers == ("smard", "awattar_de", "energy_charts", "awattar", "entsoe")
    assert chosen[RATES].providers == ("ecb", "frankfurter")
    assert {PLACES[zone].group for name in alternatives(("entsoe",)) for zone in _zones(name)} == {EUROPE}, "its label"


def _zones(provider: str) -> list[str]:
    return [key for key, place in PLACES.items() if any(feed.provider == provider for feed in place.feeds)]


# -- exchange rates ---------------------------------------------------------------------------------------------------


def test_the_bank_is_asked_first_where_the_user_says_so(server: Loopback) -> None:
    rate = fetch_rate(Client(server.bases()), "EUR", now=NOW, order=("nobody", "ecb", "ecb"))
    assert rate.note == "ECB reference rate of 15 Jan 2026"
    assert asked_of(server) == ["ecb"]
    server.faults["ecb"] = "http500"
    assert fetch_rate(Client(server.bases()), "EUR", now=NOW, order=("ecb",)).note.endswith("by Frankfurter")
    server.faults["frankfurter"] = "html"
    with pytest.raises(SourceError) as caught:
        fetch_rate(Client(server.bases()), "EUR", now=NOW, order=("ecb",))
    assert (caught.value.source, caught.value.kind) == ("ecb", FailureKind.REFUSED)
    assert caught.value.hint.endswith("Frankfurter gave none either (malformed). Type a rate.")
    assert set(exchange.asked()) <= set(PROVIDERS)


# -- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def preferred(server: Loopback) -> Loopback:
    """Save the order as a preference, as the window does."""
    session = open_session(offline=True)
    session.save_preferences(session.preferences.__class__(source_order=CHOSEN))
    session.close()
    return server


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_command_line_reads_the_same_order(preferred: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    assert "SMARD, aWATTar Germany, Energy-Charts" in run(capsys, "markets", "list")[1]
    code, out, err = run(capsys, "markets", "fetch", "DE-LU", "--days", "30")
    assert (code, err) == (0, "")
    assert out.startswith("SMARD DE-LU, day-ahead")
    assert asked_of(preferred) == ["smard"]
    code, out, err = run(capsys, "dispatch", "--json", "--market", "DE-LU", "--days", "20", "--breakeven", "89")
    assert code == 0
    answer: dict[str, Any] = json.loads(out)
    assert answer["prices"] == "SMARD DE-LU, day-ahead"
    assert answer["rate_note"] == "ECB reference rate of 15 Jan 2026", "the bank's own, not by Frankfurter"
    assert asked_of(preferred) == ["smard", "ecb"]


def test_from_asks_another_first_once(preferred: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    fetch = ["markets", "fetch", "DE-LU", "--days", "10"]
    assert run(capsys, *fetch, "--from", "AWATTAR_DE")[1].startswith("aWATTar Germany DE-LU")
    assert asked_of(preferred) == ["awattar_de"]
    preferred.faults["awattar_de"] = "http500"
    assert "so all prices are SMARD's." in run(capsys, *fetch, "--from", "awattar_de")[1], "then the user's order"
    assert run(capsys, *fetch)[1].startswith("SMARD DE-LU"), "the preference is as it was"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("aemo", ("does not serve Germany-Luxembourg", "energy_charts, smard, awattar_de, entsoe")),
        ("nobody", ("does not serve", "smard")),
        ("entsoe", ("is off", "minerdesk sources on entsoe")),
    ],
)
def test_who_can_not_be_asked_first_is_told_and_nobody_is_asked(
    server: Loopback, capsys: pytest.CaptureFixture[str], name: str, said: tuple[str, ...]
) -> None:
    code, out, err = run(capsys, "markets", "fetch", "DE-LU", "--from", name)
    assert (code, out) == (2, "")
    assert all(words in err for words in said)
    assert server.log == []


# -- the window -------------------------------------------------------------------------------------------------------


@pytest.fixture
def bridge(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, server: Loopback) -> Iterator[Bridge]:
    with bridged(session_at(monkeypatch)) as made:
        made.prefer(source_order=CHOSEN)
        yield made


@pytest.fixture
def getter(bridge: Bridge, qtbot: Any, qapp: QApplication) -> PriceGetter:
    window = DataPanel(bridge, Appearance(qapp))
    qtbot.addWidget(window)
    made = PriceGetter(bridge, window)
    qtbot.addWidget(made.progress)
    return made


def test_the_form_and_its_fetch_begin_with_the_users_first(getter: PriceGetter, server: Loopback, qtbot: Any) -> None:
    getter.ask_market()
    qtbot.waitUntil(lambda: isinstance(getter.form, FetchForm), timeout=5_000)
    form = getter.form
    assert isinstance(form, FetchForm)
    assert [form.source.itemText(row) for row in range(form.source.count())] == [
        "SMARD, then aWATTar Germany, Energy-Charts",
        "aWATTar Germany, then SMARD, Energy-Charts",
        "Energy-Charts, then SMARD, aWATTar Germany",
    ]
    assert "SMARD" in form.note.text()
    server.faults["energy_charts"] = "http500"
    form.source.setCurrentIndex(2)
    with qtbot.waitSignal(getter.got, timeout=9_000) as got:
        form.fetch_button.click()
    assert got.args[0].name == "SMARD DE-LU"
    assert asked_of(server) == ["energy_charts", "smard"]
    server.faults.clear()
    with qtbot.waitSignal(getter.got, timeout=9_000) as got:
        getter.fetch_market("DE-LU", 10)
    assert got.args[0].name == "SMARD DE-LU", "with nobody named it is the user's first"
    with qtbot.waitSignal(getter.got_rate, timeout=9_000) as got:
        getter.fetch_rate("EUR")
    assert got.args[0].note == "ECB reference rate of 15 Jan 2026"


def test_what_is_kept_is_shown_by_a_form_without_an_order(qtbot: Any, qapp: QApplication) -> None:
    form = FetchForm(Kept(series={}), NOW, offline=False)
    qtbot.addWidget(form)
    assert form.source.currentText() == "Energy-Charts, then SMARD, aWATTar Germany"


def test_the_top_up_asks_in_the_users_order(
    bridge: Bridge, server: Loopback, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    folder = bridge.session.folders.cache
    Fetch(client=Client(server.bases()), folder=folder, place=PLACES["NSW1"], now=NOW, days=1).run()
    bridge.prefer(sources_on=("entsoe",))
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(Fetch, "run", lambda one: seen.append((one.place.key[-1], tuple(one.on), tuple(one.order))))
    due = market_prices.due_windows
    monkeypatch.setattr("minerdesk.ui.bridge.due_windows", lambda folder, now: due(folder, now + timedelta(days=3)))
    monkeypatch.setattr(market_prices, "due_windows", lambda folder, now: due(folder, now + timedelta(days=3)))
    bridge._top_up()
    qtbot.waitUntil(lambda: bool(seen), timeout=5_000)
    assert seen == [("1", ("entsoe",), CHOSEN[POWER])]
    top_up(Client(server.bases()), folder, now=NOW, cancel=threading.Event())
    assert seen[1] == ("1", (), ())


def test_the_page_orders_power_and_rates_and_takes_it_back(bridge: Bridge, qtbot: Any, qapp: QApplication) -> None:
    bridge.prefer(source_order={})
    panel = DataPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    panel.render_snapshot(bridge.snapshot)
    panel.show_view(ORDER)
    order = panel.order
    assert order.note.text().endswith("the next refresh.")

    def listed(topic: str) -> list[str]:
        rows = [order.topics.item(row) for row in range(order.topics.count())]
        order.topics.setCurrentItem(next(item for item in rows if item.text() == topic))
        return [order.sources.item(row).text() for row in range(order.sources.count())]

    assert listed("Exchange rates") == ["1.  Frankfurter", "2.  European Central Bank"]
    order.down.click()
    assert bridge.session.preferences.source_order == {RATES: ("ecb", "frankfurter")}
    assert order.note.text().endswith("the next rate that is fetched.")
    assert listed("Power prices, Europe")[0] == "1.  Energy-Charts"
    order.down.click()
    assert bridge.session.preferences.source_order[POWER][:2] == ("smard", "energy_charts")
    order.ours.click()
    listed("Exchange rates")
    order.ours.click()
    assert bridge.session.preferences.source_order == {}
