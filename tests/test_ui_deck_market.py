"""The deck's charts of leverage and price: venues by name, zones, the score and what it leaves out, migration."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QTableWidgetItem
from sample_desk import session_at
from sample_network import DAYS, days, line, network

from minerdesk.network_report import network_view
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.model import Band, ChartSpec, Curve, View
from minerdesk.ui.charts.paint import paint_plot
from minerdesk.ui.charts.strokes import Brushwork
from minerdesk.ui.deck.frame import Deck
from minerdesk.ui.deck.registry import DECK
from minerdesk.ui.panels.deck import DeckPanel
from minerdesk.ui.panels.zones_form import ZonesForm
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import DARK, LIGHT, Appearance
from minerdesk.words import THIN

NOW = "2026-02-25T12:00:00Z"
NAMES = (
    *("price_zones", "open_interest", "open_interest_btc", "open_interest_change", "open_interest_share"),
    *("divergence", "divergence_score", "migration"),
)
OWN = [
    {"label": "January", "low_usd": 80_000.0, "high_usd": 85_000.0},
    {"label": "", "low_usd": 95_000.0, "high_usd": 99_000.0},
]


def record() -> dict:
    rng = np.random.default_rng(5)
    rate = 1_000 * np.exp(np.cumsum(rng.normal(0, 0.01, DAYS)))
    series = network(rate)
    closes = 90_000 * np.exp(np.cumsum(rng.normal(0, 0.01, DAYS)))
    series["btc_price_daily_usd"] = line("btc_price_daily_usd", days(), closes)
    levels = 3e9 * np.exp(np.cumsum(rng.normal(0, 0.02, DAYS)))
    series["open_interest_daily_usd"] = line("open_interest_daily_usd", days(), levels, source="okx")
    return series


@pytest.fixture
def session(monkeypatch):
    opened = session_at(monkeypatch, NOW, offline=True)
    opened.desk.observe([], record().values())
    yield opened
    opened.close()


@pytest.fixture
def bridge(session, qapp):
    tasks = Tasks()
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()


def spec_of(session, name, as_of=None) -> ChartSpec:
    snapshot = session.desk.snapshot()
    return DECK[name].build(Deck(snapshot=snapshot, view=network_view(snapshot, as_of)))


def told(text) -> str:
    return text.replace(THIN, " ")


def test_they_are_all_in_the_deck_each_with_its_help():
    assert set(NAMES) <= set(DECK)
    assert all(len(DECK[name].help) > 60 for name in NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("open_interest")])
def test_open_interest_says_whose_it_is_and_of_when(session, name):
    caption = spec_of(session, name).caption
    assert "Open interest: OKX alone" in caption
    assert "OKX to 24 Feb 2026" in told(caption)


def test_another_venue_is_shown_when_it_is_chosen(session):
    session.desk.apply({"watch.interest_venue": "aggregate"})
    spec = spec_of(session, "open_interest")
    assert "One aggregator’s venues" in spec.title
    assert "0.5 to 1.7 times" in spec.caption
    assert max(spec.curves[0].values[-10:]) > 20, "billions of that set of venues"


def test_a_past_day_shows_nothing_of_what_came_after(session):
    end = datetime(2026, 1, 17, tzinfo=UTC).timestamp()
    for name in NAMES:
        spec = spec_of(session, name, date(2026, 1, 16))
        assert all(len(one.times) == 0 or one.times[-1] < end for one in spec.curves), name
        assert all(span.start_s < end for span in spec.spans), name


def test_zones_are_found_or_the_users_own(session):
    found = spec_of(session, "price_zones")
    assert found.bands
    assert "densest" in found.caption
    session.desk.lay_table("zones", OWN)
    own = spec_of(session, "price_zones")
    assert [band.low for band in own.bands] == [80_000.0, 95_000.0]
    assert told(own.bands[0].label) == "January $80 000–85 000"
    assert "Zones of your own" in own.caption
    header, rows = own.table()
    name = told(own.bands[1].label)
    assert [told(title) for title in header[-2:]] == [f"{name} from ($)", f"{name} to ($)"]
    assert rows[-1][-2:] == [95_000.0, 99_000.0]


def test_a_zone_changes_its_name_with_the_side_it_lies_on(session):
    session.desk.lay_table("zones", OWN)
    close = float(session.desk.snapshot().trends.price.values[-1])
    sides = {"support": close > 99_000.0, "resistance": close < 95_000.0}
    expected = next((side for side, holds in sides.items() if holds), "inside")
    assert told(spec_of(session, "price_zones").bands[1].label).startswith(expected)


def picture(spec, shown):
    image = QImage(800, 400, QImage.Format.Format_ARGB32)
    image.fill(shown.colour("card"))
    painter = QPainter(image)
    geometry = paint_plot(painter, QRectF(image.rect()), spec, View.of(spec), Brushwork(shown))
    painter.end()
    return image, geometry


@pytest.mark.parametrize("shown", [LIGHT, DARK], ids=["light", "dark"])
def test_a_band_is_shaded_between_its_edges_and_within_the_axis(qapp, shown):
    price = Curve(name="p", label="P", unit="$", times=days(), values=np.full(DAYS, 50.0), role="text")
    band = Band(name="b", label="support", low=100.0, high=120.0, unit="$", role="gain")
    image, geometry = picture(ChartSpec(name="c", title="", y_title="", curves=(price,), bands=(band,)), shown)
    x = int(geometry.plot.right()) - 20
    inside, outside = (image.pixelColor(x, int(geometry.y_of(value))) for value in (113.0, 85.0))
    assert inside != outside
    assert outside == shown.colour("card")
    assert geometry.high >= 120


def test_divergence_says_what_is_not_covered_and_defines_itself_in_its_help(session):
    for name in ("divergence", "divergence_score"):
        spec = spec_of(session, name)
        assert "Not covered: ETF flows, options" in spec.caption
        assert "root mean square" in DECK[name].help
    lines = spec_of(session, "divergence")
    at = int(np.flatnonzero(lines.curves[0].values == 100.0)[0])
    assert all(one.values[at] == 100.0 for one in lines.curves), "one day is 100 for all three"
    score = spec_of(session, "divergence_score")
    by_name = {one.name: one.values[-1] for one in score.curves}
    assert by_name["score"] == pytest.approx(by_name["interest"] - (by_name["price"] + by_name["hashrate"]) / 2)


def test_migration_compares_shades_events_and_attributes_nothing(session):
    spec = spec_of(session, "migration")
    assert "not an attribution" in spec.caption
    assert "18.5 J/TH" in spec.caption
    assert "Winter storm of January 2026" in [span.label for span in spec.spans]
    assert all(one.end_s <= two.start_s for one, two in zip(spec.spans, spec.spans[1:], strict=False))
    before = spec.curves[0].values[-1]
    session.desk.apply({"security.fleet_efficiency_j_per_th": 37.0})
    assert spec_of(session, "migration").curves[0].values[-1] == pytest.approx(2 * before)


def test_what_is_shaded_is_said_in_the_caption_and_only_what_is_there(session):
    assert "Shaded: summer peaks in amber, storms in red, a ban in grey." in spec_of(session, "migration").caption
    early = spec_of(session, "migration", date(2025, 3, 1)).caption
    assert ("a ban" in early, "crosshair" in early) == (True, False), "a picture has no crosshair"


def test_where_the_record_ends_before_the_moment_every_title_says_so(monkeypatch):
    opened = session_at(monkeypatch, "2026-11-28T12:00:00Z", offline=True)
    titles = {name: spec_of(opened, name).title for name in NAMES}
    opened.close()
    assert titles["migration"].startswith("By 31 May 2026 ")
    assert titles["price_zones"] == "BTC price: the record ends on 26 Jul 2026"
    assert titles["open_interest"].startswith("Open interest: the record ends on ")
    assert titles["open_interest"].endswith("Jul 2026")
    assert not any(" is " in title and "the network is" in title for title in titles.values())


# -- zones of the user's own --------------------------------------------------------------------


def form_of(submit=lambda rows: "", rows=(), found=()):
    return ZonesForm(submit, rows, found)


def test_the_form_hands_its_rows_over(qtbot):
    taken = []
    form = form_of(lambda rows: taken.extend(rows) or "")
    qtbot.addWidget(form)
    form.take_example.click()
    form.add.click()
    form.table.setItem(2, 0, QTableWidgetItem("low"))
    form.table.setItem(2, 1, QTableWidgetItem("$85 000"))
    form.table.setItem(2, 2, QTableWidgetItem("88000,5"))
    form.add.click()  # an empty row is left out
    form._check()
    assert [(row["low_usd"], row["high_usd"]) for row in taken] == [(92e3, 95e3), (96e3, 100e3), (85e3, 88_000.5)]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [("many", "5", "not a number"), ("95000", "92000", "above low_usd"), ("", "5", "Type a number")],
)
def test_the_form_says_what_is_wrong_and_stays_open(qtbot, low, high, said):
    taken = []
    form = form_of(lambda rows: taken.append(rows) or "")
    qtbot.addWidget(form)
    form.add.click()
    form.table.setItem(0, 1, QTableWidgetItem(low))
    form.table.setItem(0, 2, QTableWidgetItem(high))
    form._check()
    assert said in form.problem.text()
    assert taken == []


def test_zones_are_drawn_from_the_page_and_undone(bridge, qtbot, qapp):
    panel = DeckPanel(bridge, Appearance(qapp))
    qtbot.addWidget(panel)
    bridge.changed.connect(panel.render_snapshot)
    panel.render_snapshot(bridge.snapshot)
    panel.show()
    above = panel.charts.slots[0]
    above.choose("hashrate")
    assert not above.edit.isVisibleTo(panel)
    above.choose("price_zones")
    assert above.edit.isVisibleTo(panel)
    above.edit.click()
    (form,) = panel.findChildren(ZonesForm)
    form.take_example.click()
    form._check()
    QApplication.processEvents()
    assert [row["low_usd"] for row in bridge.snapshot.tables["zones"]] == [92_000.0, 96_000.0]
    assert [band.low for band in above.chart.spec.bands] == [92_000.0, 96_000.0]
    bridge.undo()
    assert "zones" not in bridge.snapshot.tables or not bridge.snapshot.tables["zones"]
