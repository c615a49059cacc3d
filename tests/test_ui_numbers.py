"""The list of all numbers: how one stands is how what makes it stands, not what its card says beside it."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QStyleOptionViewItem
from sample_desk import NOW, observed, session_at

from minerdesk import words
from minerdesk.economics.plausibility import Doubt
from minerdesk.quantities import QUANTITIES
from minerdesk.ui.panels.cards import cards
from minerdesk.ui.panels.number_table import DATED, NAME, SOURCE, STATE, VALUE
from minerdesk.ui.panels.numbers import Number, NumbersView, numbers


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


@pytest.fixture
def table(qapp, qtbot, session):
    """Return the table of all numbers in the room that a window of 1280 x 800 leaves it."""
    view = NumbersView()
    qtbot.addWidget(view)
    view.resize(960, 520)
    view.render_snapshot(session.desk.snapshot())
    view.show()
    return view.table


def drawn(table, row: int, column: int) -> tuple[str, bool]:
    """Return what is drawn into a cell, and whether there is room for all of it."""
    index = table.cells.index(row, column)
    option = QStyleOptionViewItem()
    option.initFrom(table)
    option.rect = QRect(0, 0, table.columnWidth(column), 24)
    table.itemDelegateForIndex(index).initStyleOption(option, index)
    return option.text, option.fontMetrics.horizontalAdvance(option.text) <= option.rect.width() - 6


def test_in_a_small_window_sources_dates_and_states_are_readable_without_scrolling(table):
    assert not table.horizontalScrollBar().isVisible()
    sources = set()
    for row in range(table.cells.rowCount()):
        for column in (SOURCE, DATED, STATE):
            text, fits = drawn(table, row, column)
            assert fits, text
        if not (cell := table.cells.cell(row, VALUE)).startswith("on the page"):
            assert drawn(table, row, VALUE) == (cell, True)
        sources.add((table.cells.cell(row, SOURCE), drawn(table, row, SOURCE)[0]))
    assert ("Bundled data: Weekly means of public chain data", "Weekly means of public chain data") in sources
    assert ("Your inputs, Kraken, Blockchain.com, Bundled data", "Your inputs, Kraken + 2 more") in sources


def test_a_cell_that_may_be_cut_has_all_of_it_in_its_tip(table):
    row = next(row for row in range(table.cells.rowCount()) if ", " in str(table.cells.cell(row, SOURCE)))
    told = table.cells.index(row, SOURCE).data(Qt.ItemDataRole.ToolTipRole)
    assert told == f"<qt>{table.cells.cell(row, SOURCE)}</qt>"
    assert table.cells.index(row, NAME).data(Qt.ItemDataRole.ToolTipRole) == f"<qt>{table.cells.cell(row, NAME)}</qt>"


def test_a_name_grows_with_the_window_until_the_user_draws_it_to_a_width(table, qtbot):
    view = table.parentWidget()
    small = table.columnWidth(NAME)
    view.resize(1_600, 520)
    qtbot.waitUntil(lambda: table.columnWidth(NAME) > small)
    table.setColumnWidth(NAME, 222)
    view.resize(1_000, 520)
    qtbot.waitUntil(lambda: table.viewport().width() < 1_000)
    assert table.columnWidth(NAME) == 222
