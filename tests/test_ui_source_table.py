"""The table of sources: the chosen row stays in sight, and what a source serves is readable in a narrow cell."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from sample_desk import session_at
from sample_page import bridged, data_page

from minerdesk.source_states import Service, SourceState
from minerdesk.ui.panels.data import DataPanel
from minerdesk.ui.panels.served import fitted, served, services_words

ASKED_FOR = 8


@pytest.fixture
def panel(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, qtbot: Any) -> Iterator[DataPanel]:
    with bridged(session_at(monkeypatch)) as bridge:
        yield data_page(bridge, qapp, qtbot, height=480)


def is_in_sight(panel: DataPanel) -> bool:
    row, height = panel.table.visualRect(panel.table.currentIndex()), panel.table.viewport().height()
    return row.isValid() and row.top() >= 0 and row.bottom() < height


def settled(panel: DataPanel, qtbot: Any) -> None:
    """Wait until the table's height has not changed for a while: cards are laid out in several turns of the loop."""
    heights: list[int] = []
    for _ in range(100):
        heights.append(panel.table.viewport().height())
        if len(heights) > 10 and len(set(heights[-10:])) == 1:
            return
        qtbot.wait(10)


def test_a_source_whose_card_grows_stays_in_sight(panel: DataPanel, qtbot: Any) -> None:
    panel.show_source("kraken")
    settled(panel, qtbot)
    room = panel.table.viewport().height()
    panel.show_source("bitcoind")
    qtbot.waitUntil(lambda: panel.table.viewport().height() < room)  # its card takes room from the table
    settled(panel, qtbot)
    assert panel.table.current == "bitcoind"
    assert is_in_sight(panel)
    panel.resize(960, 380)
    settled(panel, qtbot)
    assert is_in_sight(panel)
    panel.table.scrollToTop()
    panel.resize(960, 400)
    settled(panel, qtbot)
    assert panel.table.verticalScrollBar().value() == 0, "who looks at other rows is not taken away from them"


def written(panel: DataPanel, provider: str) -> str:
    """Return what is drawn into the cell of what a source serves."""
    row = panel.table.sources.row_of(provider)
    assert row is not None
    index = panel.table.sources.index(row, ASKED_FOR)
    option = QStyleOptionViewItem()
    option.initFrom(panel.table)
    option.rect = panel.table.visualRect(index)
    panel.table.itemDelegateForIndex(index).initStyleOption(option, index)  # type: ignore[attr-defined]  # PySide: it is there
    assert option.fontMetrics.horizontalAdvance(option.text) <= option.rect.width(), f"{option.text} is cut"
    return option.text


def test_no_row_is_cut_in_a_small_window_and_the_tip_holds_all(panel: DataPanel, qtbot: Any) -> None:
    settled(panel, qtbot)
    model = panel.table.sources
    names = [state.provider for row in range(model.rowCount()) if (state := model.state(row)) is not None]
    cells = {name: written(panel, name) for name in names}
    assert len(names) > 25
    assert cells["mempool"].startswith("BTC price (5th of 5)") and cells["mempool"].endswith(" more")
    assert cells["vast"] == "GPU rental rates" and cells["smard"] == "Day-ahead power prices"
    row = model.row_of("mempool")
    assert row is not None
    told = model.index(row, ASKED_FOR).data(Qt.ItemDataRole.ToolTipRole)
    assert all(service.label in told for service in model.state(row).services)  # type: ignore[union-attr]  # it is shown
    panel.resize(1_900, 480)
    settled(panel, qtbot)
    assert len(written(panel, "mempool")) > len(cells["mempool"]), "a wide window names more"


def test_what_fits_is_whole_and_the_rest_is_counted() -> None:
    parts = ("Difficulty", "Block height", "Fees")
    assert fitted(parts, 99, len) == "Difficulty, Block height, Fees"
    assert fitted(parts, 29, len) == "Difficulty + 2 more"
    assert fitted(parts, 31, len) == "Difficulty, Block height, Fees"
    assert fitted(parts[:2], 23, len) == "Difficulty + 1 more"
    assert fitted(parts, 3, len) == "Difficulty + 2 more"
    assert fitted(("Fees (2nd of 2)",), 14, len) == "Fees"


def test_a_cell_leaves_out_the_sources_own_name_and_a_card_says_all() -> None:
    services = (
        Service(topic="hashprice", label="Hashprice, Hashrate Index", rank=1, of=1),
        Service(topic="spot", label="BTC price", rank=2, of=3),
    )
    state = SourceState(
        provider="luxor", label="Hashrate Index", base="", own_base="", credit="", licence="", services=services
    )
    assert served(state) == ("Hashprice", "BTC price (2nd of 3)")
    assert services_words(state) == "Hashprice, Hashrate Index, BTC price (2nd of 3)"
