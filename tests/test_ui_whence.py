"""Every number can be asked where it comes from: the list of what each page shows is generated from the real window."""

import re
from collections.abc import Iterator

import pytest
import totals
from loopback import NOW
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QTableView, QWidget
from sample_desk import lay_live

from minerdesk.provenance.catalogue import figure_at
from minerdesk.provenance.figure import entry_of
from minerdesk.session import open_session
from minerdesk.ui import app as desktop_app
from minerdesk.ui import whence
from minerdesk.ui.app import Desktop
from minerdesk.ui.charts.sheet import Sheet
from minerdesk.ui.charts.timechart import TimeChart
from minerdesk.ui.charts.waterfall import WaterfallChart
from minerdesk.ui.deck.registry import DECK
from minerdesk.ui.fieldparts import FieldRow
from minerdesk.ui.panels.forms import FieldForm
from minerdesk.ui.theme import Mode

PAGES = ("desk", "fleet", "power", "indifference", "deals", "plan", "risk", "deck", "watch")
#: Headings of dates, which are no figures, and of what the user chooses by name.
NO_FIGURE = re.compile(r"Date \(UTC\)|Input|Unit|Class|Contract|Strategy|Rule and its conditions .*|.* History")
DIGIT = re.compile(r"\d")
JOBS = ("power", "indifference", "plan", "risk")


@pytest.fixture
def desktop(qtbot, qapp, monkeypatch) -> Iterator[Desktop]:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    session = open_session(offline=True)
    lay_live(session)
    made = desktop_app.build(session, qapp)
    made.window.resize(1_280, 800)
    made.window.render_snapshot(made.bridge.snapshot)
    made.window.show()
    qtbot.waitExposed(made.window)
    yield made
    made.window.hide()
    made.close()
    desktop_app.application().setStyleSheet("")


def opened(desktop: Desktop, qtbot, page: str) -> QWidget:
    """Show a page and wait until its job is done."""
    desktop.window.pages.choose(page)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not any(desktop.tasks.is_running(job) for job in JOBS), timeout=60_000)
    QApplication.processEvents()
    return desktop.window.pages.page(page)


def states(page: QWidget, name: str) -> Iterator[str]:
    """Bring the page into each of the states in which it shows other figures."""
    yield "as it opens"
    if name == "power":
        for view, button in page._views.items():
            button.setChecked(True)
            page._on_view()
            yield view
        page._table_button.setChecked(True)
        for view, button in page._views.items():
            button.setChecked(True)
            page._on_view()
            yield f"{view}, as a table"
    elif name == "deck":
        for chart in DECK:
            page.charts.slots[0].choose(chart)
            page.charts._on_chosen()
            page.charts.as_table.setChecked(True)
            yield f"{chart}, as a table"
            page.charts.as_table.setChecked(False)
            yield chart
        for view in page._buttons:
            page.choose_view(view)
            yield view
    else:
        for button in ("_table_button", "data_table", "table_button"):
            if hasattr(page, button):
                getattr(page, button).setChecked(True)
                yield "as a table"


def shown_figures(page: QWidget) -> Iterator[tuple[str, bool]]:
    """Yield every figure that is seen on a page, and whether it can be asked where it comes from."""
    for view in page.findChildren(QTableView):
        if view.isVisible():
            yield from _of_table(view)
    for chart in page.findChildren(TimeChart):
        if chart.isVisible():
            for name, label in dict.fromkeys(chart.spec.columns()[1:]):
                yield f"{chart.spec.name}: {label}", figure_at(chart.spec.name, name) is not None
    for chart in (*page.findChildren(Sheet), *page.findChildren(WaterfallChart)):
        if chart.isVisible():
            found = whence.link_of(chart)
            yield f"{type(chart).__name__} {chart.accessibleName():.60}", found is not None and bool(found.listed())
    for label in page.findChildren(QLabel):
        if label.isVisible() and DIGIT.search(label.text()) and not _is_beside(label):
            found = whence.link_of(label)
            yield f"label {label.text():.60}", found is not None and bool(found.listed())


def _of_table(view: QTableView) -> Iterator[tuple[str, bool]]:
    model = view.model()
    link = whence.link_of(view)
    for column in range(model.columnCount()):
        for row in range(min(model.rowCount(), 12)):
            text = str(model.index(row, column).data() or "")
            heading = entry_of(str(model.headerData(column, Qt.Orientation.Horizontal)))
            if DIGIT.search(text) and not NO_FIGURE.fullmatch(heading):
                view.setCurrentIndex(model.index(row, column))
                found = link.here() if link is not None else []
                yield f"{view.accessibleName()}: {heading}: {text}", bool(found)


def _is_beside(label: QLabel) -> bool:
    """Return whether a label is a name, a unit or a help: words with a digit in them, no figure."""
    up = label.parentWidget()
    while up is not None:
        if isinstance(up, FieldForm | FieldRow | TimeChart | Sheet | WaterfallChart):
            return True  # an input has its own origin, a chart's words are of its figures
        up = up.parentWidget()
    return label.property("look") == "muted" and not label.wordWrap() and len(label.text()) < 30


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_of_every_page_can_be_asked_where_it_comes_from(desktop, qtbot, name):
    page = opened(desktop, qtbot, name)
    seen: dict[str, bool] = {}
    for state in states(page, name):
        QApplication.processEvents()
        for what, known in shown_figures(page):
            seen[f"{what} ({state})"] = known
    totals.LINES.append(f"Figures with provenance on the page {name}: {sum(seen.values())} of {len(seen)}")
    assert len(seen) > 5, "nothing was looked at"
    assert not [what for what, known in seen.items() if not known]


# Asking


def asked_about(desktop: Desktop) -> str:
    """Return the title of what the window of origins shows."""
    assert desktop.window.asking.opened is not None and desktop.window.asking.opened.isVisible()
    return desktop.window.asking.opened.view.title.text()


def rows_of(desktop: Desktop) -> list[tuple[str, ...]]:
    cells = desktop.window.asking.opened.view.table.cells
    return [
        tuple(str(cells.cell(row, column)) for column in range(cells.columnCount())) for row in range(cells.rowCount())
    ]


def test_enter_on_a_cell_shows_formula_inputs_and_the_cells_of_its_row(desktop, qtbot):
    page = opened(desktop, qtbot, "fleet")
    headings = [entry_of(str(page.table.model().headerData(c, Qt.Orientation.Horizontal))) for c in range(8)]
    page.table.setCurrentIndex(page.table.model().index(0, headings.index("Breakeven $/MWh")))
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    view = desktop.window.asking.opened.view
    assert asked_about(desktop).startswith("Breakeven power price, ") and "hashprice × 1 000" in view.formula.text()
    rows = {row[0]: row[1:] for row in rows_of(desktop)}
    assert rows["J/TH"][0] == "17.5" and rows["J/TH"][3] == "this row"
    assert rows["Pool fee"][1] == "reference case: an S21-class fleet" and rows["Pool fee"][3] == "default"
    assert rows["Hashprice"][3].startswith("live") and "$/PH/day" in rows["Hashprice"][0]


def test_a_figure_is_followed_down_to_its_source_on_the_page_data(desktop, qtbot):
    desktop.window.show_origin(whence.at("waterfall", "mining Revenue"))
    view = desktop.window.asking.opened.view
    view.table.setCurrentIndex(view.table.model().index(0, 0))
    view.table.activated.emit(view.table.currentIndex())
    assert view.title.text().startswith("Hashprice: ") and view.back.isVisible()
    assert [link.text() for link in view._links] == ["mempool.space", "Coinbase Exchange"]
    place = [row[0] for row in rows_of(desktop)].index("BTC price")
    view.table.activated.emit(view.table.model().index(place, 0))
    assert desktop.window.pages.current == "data" and not desktop.window.asking.opened.isVisible()
    assert desktop.window.pages.page("data").table.current == "coinbase"


def test_back_returns_and_all_numbers_leads_to_the_list_on_the_page_data(desktop, qtbot):
    desktop.window.show_origin(whence.at("waterfall", "mining Revenue"))
    view = desktop.window.asking.opened.view
    view.table.activated.emit(view.table.model().index(0, 0))
    qtbot.mouseClick(view.back, Qt.MouseButton.LeftButton)
    assert view.title.text().startswith("Mining, revenue") and not view.back.isVisible()
    view.among.click()
    numbers = desktop.window.pages.page("data").numbers
    assert numbers.current.name == "mining.revenue" and "hashprice × 1 000" in numbers.explained.text()


def test_shift_f1_asks_about_the_focused_number_among_all_of_the_page(desktop, qtbot):
    page = opened(desktop, qtbot, "deals")
    page.table.setFocus()
    page.table.setCurrentIndex(page.table.model().index(0, 6))
    desktop.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is page.table)
    desktop.window.asking.ask_focused()
    assert asked_about(desktop).startswith("Mean rent, ")
    listed = desktop.window.asking.opened.list
    titles = [listed.item(row).text() for row in range(listed.count())]
    assert any(title.startswith("Hashprice: ") for title in titles), "the strip is on every page"
    assert any(title.startswith("What each business keeps") for title in titles)
    desktop.window.asking.opened.filter.setText("your rent")
    assert listed.count() == 1
    listed.setCurrentRow(0)
    assert asked_about(desktop).startswith("Your rent among the leases")


def test_an_input_field_says_who_typed_it_or_why_it_is_the_default(desktop, qtbot):
    desktop.bridge.edit("gpu.rate_usd_per_gpu_hour", 3.25)
    row = next(row for row in desktop.window.inputs.findChildren(FieldRow) if row.field.key.startswith("gpu.rate"))
    (found,) = whence.link_of(row.control).here()
    desktop.window.show_origin(found)
    assert rows_of(desktop) == [("GPU rate", "3.25\u202f$/GPU-h", "You typed it", "", "typed")]
    desktop.bridge.edit("gpu.rate_usd_per_gpu_hour", None)
    assert rows_of(desktop)[0][4] == "default" and desktop.window.asking.opened.view.note.isVisible()


def test_a_typed_hashprice_is_said_to_be_typed_wherever_it_is_stood_on(desktop, qtbot):
    desktop.bridge.edit("network.hashprice_usd_per_ph_day", 39.53)
    desktop.window.show_origin(whence.at("strip", "hashprice"))
    view = desktop.window.asking.opened.view
    assert "You typed it in the place" in view.formula.text() and not view._links
    assert rows_of(desktop)[0][2:] == ("You typed it", "16 Jan 2026, 12:00", "typed")


def test_right_click_on_a_cell_a_label_and_a_chart_offers_it(desktop, qtbot):
    page = opened(desktop, qtbot, "deals")
    cell = page.table.visualRect(page.table.model().index(1, 6)).center()
    assert page.table.contextMenuPolicy() is Qt.ContextMenuPolicy.CustomContextMenu
    menu = whence.menu_at(whence.link_of(page.table), cell)
    assert [action.text() for action in menu.actions()] == ["Where from…"]
    menu.actions()[0].trigger()
    assert asked_about(desktop).startswith("Mean rent")
    headline = desktop.window.sentence.headline
    assert headline.contextMenuPolicy() is Qt.ContextMenuPolicy.CustomContextMenu
    said = whence.menu_at(whence.link_of(headline), QPoint(5, 5))
    assert [action.text() for action in said.actions()] == ["Where from…", "Copy"]
    said.actions()[1].trigger()
    assert QApplication.clipboard().text() == headline.text()
    for one in (menu, said):
        one.deleteLater()
    chart = opened(desktop, qtbot, "desk").comparison
    menu = chart.menu()
    assert menu.actions()[0].text() == "Where from" and menu.actions()[1].isSeparator()
    inside = [action.text() for action in menu.actions()[0].menu().actions()]
    assert any(text.startswith("Mining through time, Mining, 17.5 J/TH") for text in inside)
    menu.deleteLater()


def test_figures_of_the_network_are_links_for_mouse_and_keyboard(desktop, qtbot):
    desktop.window.resize(1_600, 900)
    page = opened(desktop, qtbot, "deck")
    label = page.figures.values["Revenue: Puell multiple"]
    qtbot.mouseClick(label, Qt.MouseButton.LeftButton)
    assert asked_about(desktop) == f"Puell multiple: {label.text()}"
    desktop.window.asking.opened.close()
    qtbot.keyClick(page.figures.values["Hash rate: 7-day mean"], Qt.Key.Key_Space)
    assert asked_about(desktop).startswith("Mean hash rate, 7-day mean: ")


def test_a_card_opens_its_number_over_the_page_that_is_open(desktop, qtbot):
    opened(desktop, qtbot, "plan")
    qtbot.mouseClick(desktop.window.strip.cards[0], Qt.MouseButton.LeftButton)
    assert asked_about(desktop).startswith("Hashprice: ") and desktop.window.pages.current == "plan"


def test_the_window_has_names_for_all_that_takes_focus_in_both_themes(desktop, qtbot):
    for mode in (Mode.DARK, Mode.LIGHT):
        desktop.appearance.apply(mode)
        desktop.window.show_origin(whence.at("strip", "mining"))
        QTest.qWait(10)
        for widget in desktop.window.asking.opened.findChildren(QWidget):
            if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                named = widget.accessibleName() or getattr(widget, "text", lambda: "")()
                assert named or type(widget).__name__ == "QScrollBar", widget


def test_a_panel_by_itself_answers_nothing_and_falls_over_nothing(qtbot):
    label = QLabel("7")
    qtbot.addWidget(label)
    whence.ask(label, whence.Asked(figure="hashprice", label="Hashprice"))
    assert whence.link_of(label) is None
