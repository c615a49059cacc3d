"""The strip of six cards and the sentence under it."""

from datetime import timedelta

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from sample_desk import NOW, lay_live, observed, session_at

from minerdesk import words
from minerdesk.desk import Desk
from minerdesk.economics.plausibility import Doubt
from minerdesk.observations import Origin
from minerdesk.ui.panels.cards import cards
from minerdesk.ui.panels.parts import FittingLabel
from minerdesk.ui.panels.sentence import Sentence
from minerdesk.ui.panels.strip import Strip
from minerdesk.ui.theme import Appearance


def texts(card) -> list[str]:
    """Return the card's value with unit and the longest form of its lines, in plain characters."""
    lines = (line.variants[0] for line in card.lines)
    return [words.plain(text) for text in (card.title, words.with_unit(card.value, card.unit), *lines)]


def named(snapshot) -> dict:
    return {card.name: card for card in cards(snapshot)}


@pytest.fixture
def live(monkeypatch):
    session = session_at(monkeypatch)
    lay_live(session)
    yield session
    session.close()


def test_live_values_are_told_with_unit_state_and_age(live):
    found = named(live.desk.snapshot())
    assert texts(found["hashprice"]) == ["Hashprice", "41.26 $/PH/day", "43 180 sats/PH/day", "live · 2 min"]
    assert texts(found["difficulty"])[:2] == ["Difficulty", "146.47 T"]
    assert texts(found["difficulty"])[2] == "next +6.2 % ± 2.8 % on 21 Jan 2026"
    assert texts(found["hashrate"]) == [
        "Network hash rate",
        "1 005 EH/s",
        "-12.7 % from 1 151 EH/s on 30 Dec 2025",
        "live · 3 min",
    ]
    assert texts(found["btc_price"]) == ["BTC price", "$95 546", "Coinbase Exchange", "live · 1 min"]
    assert [card.lines[1].sign for card in list(found.values())[:4]] == ["live"] * 4


def test_mining_and_the_best_ai_say_margin_breakeven_and_spread(live):
    snapshot = live.desk.snapshot()
    found = named(snapshot)
    assert texts(found["mining"])[1:] == ["93.1 $/MWh", "after power +43.1 $/MWh", "breakeven power price 93.1 $/MWh"]
    assert texts(found["best_ai"]) == [
        "Best AI: GPU cloud",
        "1 136 $/MWh",
        "spread +1 043 $/MWh over mining",
        "spread after capital +197 $/MWh",
    ]
    assert (found["mining"].edge, found["best_ai"].edge) == ("mining", "gpu_cloud")


def test_the_best_ai_is_the_one_that_keeps_most_not_the_one_that_takes_in_most(live):
    snapshot = live.desk.apply({"gpu.rate_usd_per_gpu_hour": 1.0})
    assert snapshot.results.ranking()[-1].business.value == "gpu_cloud"  # though its revenue is the highest
    assert named(snapshot)["best_ai"].title == "Best AI: Powered shell"


def test_a_loss_has_a_minus_sign_and_the_colour_of_costs(live):
    line = named(live.desk.apply({"power.price_usd_per_mwh": 140.0}))["mining"].lines[0]
    assert words.plain(line.variants[-1]) == "margin -46.9"
    assert all("$/MWh" in text for text in line.variants[:-1]), "its name shrinks before its unit goes"
    assert line.role == "cost"


def test_what_is_typed_has_a_pencil(live):
    found = named(live.desk.apply({"network.btc_price_usd": 120_000.0}))
    assert texts(found["btc_price"])[1:] == ["$120 000", "Your own value", "typed · under 1 min"]
    assert (found["btc_price"].lines[1].sign, found["hashprice"].lines[1].sign) == ("pencil", "pencil")
    found = named(live.desk.apply({"network.btc_price_usd": None, "network.hashprice_usd_per_ph_day": 55.0}))
    assert texts(found["hashprice"])[1:] == ["55.00 $/PH/day", "57 564 sats/PH/day", "typed · under 1 min"]
    assert found["btc_price"].lines[1].sign == "live"


def test_expired_values_stand_with_their_date_as_a_warning_and_the_next_adjustment_is_unknown(monkeypatch):
    session = session_at(monkeypatch, "2026-11-20T12:00:00Z", offline=True)
    found = named(session.desk.snapshot())
    session.close()
    for name in ("hashprice", "difficulty", "hashrate", "btc_price"):
        line = found[name].lines[1]
        assert line.variants[0].startswith("of ") and line.variants[0].endswith("2026 · bundled")
        assert (line.role, line.sign) == ("warning", "warning")
    assert texts(found["difficulty"])[2] == "next adjustment unknown: block height is bundled"


def test_a_hashprice_answers_for_the_gravest_of_its_parts(live):
    live.desk.observe([observed("difficulty", 146.47257e12, "mempool", origin=Origin.CACHE, minutes=1)], [])
    old = observed("fees_btc_per_block", 0.019, "mempool", minutes=60 * 24 * 3)
    snapshot = Desk(now=lambda: NOW).observe(
        [observed("btc_price_usd", 95_546.0, "coinbase"), observed("difficulty", 1e14, "mempool"), old], []
    )
    assert named(snapshot)["hashprice"].lines[1].variants[0] == "of 13 Jan 2026 · cached"


def test_a_doubted_value_says_so_beside_itself_and_in_every_figure_that_stands_on_it(live):
    live.desk.observe([observed("fees_btc_per_block", 8.375, "mempool", minutes=0)], [])
    live.desk.observe([observed("network_hashrate_7d_eh_s", 500.0, "mempool", minutes=0)], [])
    found = named(live.desk.snapshot())
    for name, age in (("hashprice", "2 min"), ("hashrate", "under 1 min")):
        line = found[name].lines[1]
        assert line.variants == (f"in doubt · live · {age}", f"in doubt · {age}")
        assert (line.role, line.sign) == ("warning", "warning")
    assert "Warning: Fees per block of 8.3750 BTC (mempool.space) are 268 %" in words.plain(found["hashprice"].tip)
    assert [found[name].lines[1].sign for name in ("difficulty", "btc_price")] == ["live"] * 2


def test_a_value_that_was_believed_in_anothers_place_has_the_sign_and_keeps_its_words(live):
    live.desk.doubt("spot", Doubt(quantity="btc_price_usd", message="Kraken is not believed.", settled=True))
    found = named(live.desk.snapshot())
    line = found["btc_price"].lines[1]
    assert line.variants == ("live · 1 min · warning", "live · 1 min") and line.sign == "warning"
    assert (
        "Warning: Kraken is not believed." in found["btc_price"].tip and found["hashprice"].lines[1].sign == "warning"
    )
    live.desk.doubt("spot", None)
    assert named(live.desk.snapshot())["btc_price"].lines[1].sign == "live"


def test_what_is_typed_over_is_in_no_doubt(live):
    live.desk.observe([observed("fees_btc_per_block", 8.375, "mempool", minutes=0)], [])
    snapshot = live.desk.apply({"network.fees_btc_per_block": 0.02})
    assert snapshot.doubts == () and named(snapshot)["hashprice"].lines[1].sign == "pencil"


def test_an_empty_desk_shows_dashes_and_what_fills_them():
    found = named(Desk(now=lambda: NOW).snapshot())
    for name in ("hashprice", "difficulty", "hashrate", "btc_price", "mining"):
        assert found[name].value == words.NOTHING
    assert found["hashprice"].lines[0].variants[0] == "needs: BTC price, Difficulty, Fees per block"
    assert found["btc_price"].lines[1].variants[0] == "Refresh, or type a value"
    assert found["mining"].lines[0].variants[0] == "needs a hashprice"
    assert found["best_ai"].lines[0].variants[0] == "no spread: mining is unknown"


def test_tooltips_hold_formula_source_and_date_and_no_markup_from_outside(live, qtbot, qapp):
    live.desk.observe([observed("btc_price_usd", 95_546.0, "<img src=x>", minutes=0.5)], [])
    strip = Strip(Appearance(qapp))
    qtbot.addWidget(strip)
    strip.render_snapshot(live.desk.snapshot())
    tip = strip.cards[0].toolTip()
    assert "/ (difficulty × 2³²)" in tip
    assert "Difficulty: 146.47" in tip and "mempool.space, as of 8 Jan 2026, 07:52 UTC" in tip
    assert "&lt;img src=x&gt;" in tip and "<img" not in tip


SCENES = {
    "live": ("2026-01-16T12:00:00Z", {}),
    "typed": ("2026-01-16T12:00:00Z", {"network.btc_price_usd": 1_250_000.0, "power.price_usd_per_mwh": -20.0}),
    "bundled": ("2026-01-16T12:00:00Z", {}),
    "expired": ("2026-11-20T12:00:00Z", {}),
    "early": ("2012-11-20T12:00:00Z", {}),
}


@pytest.mark.parametrize("width", [960, 1600])
@pytest.mark.parametrize("scene", SCENES)
def test_no_card_is_clipped_and_all_are_equally_wide(scene, width, monkeypatch, qtbot, qapp):
    moment, edits = SCENES[scene]
    session = session_at(monkeypatch, moment)
    if scene in ("live", "typed"):
        lay_live(session)
    appearance = Appearance(qapp)
    appearance.apply("light")
    strip = Strip(appearance)
    qtbot.addWidget(strip)
    strip.render_snapshot(session.desk.apply(edits))
    session.close()
    strip.resize(width, strip.sizeHint().height())
    strip.show()
    QApplication.processEvents()
    widths = [card.width() for card in strip.cards]
    assert max(widths) - min(widths) <= 1
    for card in strip.cards:
        room = card.contentsRect().width() - 16
        value = QFontMetrics(card.value.font()).horizontalAdvance(card.value.text())
        assert card.value.width() >= value and card.value.height() >= QFontMetrics(card.value.font()).height()
        for label in (card.title, card.unit, *(line.label for line in card.lines)):
            metrics = QFontMetrics(label.font())
            assert label.text() in label.variants, f"cut: {label.text()}"
            assert metrics.horizontalAdvance(label.text()) <= label.width() <= room
            assert label.height() >= metrics.height()
        assert card.accessibleName().startswith(card.title.text())


def test_a_wider_strip_says_more(live, qtbot, qapp):
    strip = Strip(Appearance(qapp))
    qtbot.addWidget(strip)
    strip.render_snapshot(live.desk.snapshot())
    strip.show()
    said = {}
    for width in (960, 1600):
        strip.resize(width, 90)
        QApplication.processEvents()
        said[width] = words.plain(strip.cards[2].lines[0].label.text())
    assert said == {960: "-12.7 % since Dec 2025", 1600: "-12.7 % from 1 151 EH/s on 30 Dec 2025"}


def test_a_label_without_room_is_cut_but_its_name_is_whole(qtbot):
    label = FittingLabel()
    qtbot.addWidget(label)
    label.set_variants("a long way to say it", "the short way")
    label.resize(30, 14)
    label.show()
    assert label.text().endswith("…")
    assert label.accessibleName() == "a long way to say it"


def test_the_sentence_is_the_verdict_as_plain_text_to_be_selected(live, qtbot, qapp):
    sentence = Sentence(Appearance(qapp))
    qtbot.addWidget(sentence)
    snapshot = live.desk.snapshot()
    sentence.render_snapshot(snapshot)
    assert (sentence.headline.text(), sentence.turns.text()) == (snapshot.verdict.headline, snapshot.verdict.turns)
    sentence.headline.setSelection(0, 9)
    sentence.render_snapshot(live.desk.snapshot())
    assert sentence.headline.selectedText() == "GPU cloud"  # the same words are left alone


def test_the_sentence_says_replaying_and_offline_only_when_so(monkeypatch, qtbot, qapp):
    sentence = Sentence(Appearance(qapp))
    qtbot.addWidget(sentence)
    session = session_at(monkeypatch, offline=True)
    sentence.render_snapshot(session.desk.snapshot())
    assert (sentence.replaying.text, sentence.offline.text) == ("replaying 16 Jan 2026, 12:00 UTC", "offline")
    session.close()
    sentence.render_snapshot(Desk(now=lambda: NOW + timedelta(days=1)).snapshot())
    monkeypatch.delenv("MINERDESK_NOW")
    sentence.render_snapshot(Desk(now=lambda: NOW).snapshot())
    assert sentence.replaying.isHidden() and sentence.offline.isHidden()


def test_a_change_of_theme_redraws_the_signs(live, qtbot, qapp):
    appearance = Appearance(qapp)
    appearance.apply("light")
    strip = Strip(appearance)
    qtbot.addWidget(strip)
    strip.render_snapshot(live.desk.snapshot())
    before = strip.cards[0].lines[1].sign.pixmap().toImage()
    appearance.apply("dark")
    assert strip.cards[0].lines[1].sign.pixmap().toImage() != before
