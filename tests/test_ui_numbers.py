"""The list of all numbers: how one stands is how what makes it stands, not what its card says beside it."""

import pytest
from sample_desk import NOW, observed, session_at

from minerdesk import words
from minerdesk.economics.plausibility import Doubt
from minerdesk.quantities import QUANTITIES
from minerdesk.ui.panels.cards import cards
from minerdesk.ui.panels.numbers import Number, numbers

VALUE, SOURCE, DATED, STATE = range(1, 5)


@pytest.fixture
def session(monkeypatch):
    """Return a desk that knows price and difficulty of today; the rest is bundled."""
    opened = session_at(monkeypatch)
    opened.desk.observe(
        [
            observed("difficulty", 146.47257e12, "blockchain_info", as_of=NOW),
            observed("btc_price_usd", 95_546.0, "kraken", minutes=1),
        ],
        [],
    )
    yield opened
    opened.close()


def card_number(session, name: str) -> Number:
    """Return the number of a card of the strip, the first of its name: a quantity of that name is listed below."""
    return next(number for number in numbers(session.desk.snapshot()) if number.name == name)


def test_a_difficulty_of_now_is_live_though_the_block_height_beside_it_is_bundled(session):
    found = card_number(session, "difficulty")
    card = next(card for card in cards(session.desk.snapshot()) if card.name == "difficulty")
    assert found.cells[SOURCE] == "Blockchain.com" and found.cells[DATED] == words.day_and_time(NOW)
    assert found.cells[STATE] == card.lines[1].variants[0] and found.cells[STATE].startswith("live")
    assert QUANTITIES["tip_height"].label in found.explained and "bundled" in found.explained


def test_what_ai_takes_in_is_of_typed_inputs_and_only_its_spread_hangs_on_the_price(session):
    before = card_number(session, "best_ai")
    session.desk.doubt("spot", Doubt(quantity="btc_price_usd", message="The price is doubted."))
    found = card_number(session, "best_ai")
    assert found.cells[VALUE] == before.cells[VALUE] != words.NOTHING
    assert found.cells[SOURCE:] == ("Your inputs", words.day_and_time(NOW), "computed now")
    head, below = found.explained.split("but not the figure itself, stands on:\n")
    assert "Kraken" in below and "Kraken" not in head and "The price is doubted." in below
    assert found.providers == ("kraken", "blockchain_info"), "they are one press away"
    assert "Kraken" in card_number(session, "mining").cells[SOURCE], "its value does hang on the price"
