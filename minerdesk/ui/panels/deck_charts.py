"""Two linked charts of the deck above each other, each chosen from the list of all; one time axis, one crosshair."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk.economics.zones import Row, auto_zones, check_rows
from minerdesk.ui import theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.model import RANGES, ChartSpec, View
from minerdesk.ui.charts.timechart import TimeChart
from minerdesk.ui.deck.frame import Deck, DeckChart
from minerdesk.ui.deck.registry import DECK, FIRST
from minerdesk.ui.panels import zones_form
from minerdesk.ui.panels.parts import plain_label, tip
from minerdesk.ui.panels.tables import CellsView, link_twin
from minerdesk.ui.panels.zones_form import ZonesForm
from minerdesk.ui.theme import CAPTION_PX, Appearance, Theme

_NONE = ""
_ICON = QSize(16, 16)
_LETTERS, _CHOICE_PX = 12, 260
_CHART_PX = 196  # below it there is no room left between title and caption


class Slot(QFrame):
    """One place for a chart: the list it is chosen from, what it means, the chart or its table.

    Signals: `chosen(str)` with the name of a chart, empty for none; `edit_asked(str)` with the name of the table that
    it draws and the user may fill.
    """

    chosen = Signal(str)
    edit_asked = Signal(str)

    def __init__(self, place: str, shown: Theme, *, may_be_empty: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self.choice = QComboBox()
        self.choice.setAccessibleName(f"Chart {place}")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(_LETTERS)
        self.choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.choice.setMaximumWidth(_CHOICE_PX)
        for entry in DECK.values():
            self.choice.addItem(entry.label, entry.name)
        if may_be_empty:
            self.choice.addItem("No second chart", _NONE)
        self.help = _button("help", "What is this?")
        self.help.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.help.setCheckable(True)
        self.help.toggled.connect(self._show_help)
        self.edit = _button("pencil", "Edit…")
        self.edit.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.edit.clicked.connect(lambda: self.edit_asked.emit(self.entry.table if self.entry else ""))
        self.told = plain_label(CAPTION_PX, "muted")
        self.told.setWordWrap(True)
        self.told.setContentsMargins(12, 2, 12, 0)
        self.told.hide()
        self.chart = TimeChart(shown)
        self.chart.setMinimumHeight(_CHART_PX)
        self.table = CellsView(f"Chart {place}, as a table")
        link_twin(self.table, self.chart)
        self.table.scroll_columns(3)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.chart)
        self._stack.addWidget(self.table)
        self.bar = QHBoxLayout()
        self.bar.setContentsMargins(10, 6, 8, 0)
        self.bar.setSpacing(4)
        self.bar.addWidget(self.choice, 100)  # up to its greatest width before the rest of the bar gets any
        self.bar.addWidget(self.help)
        self.bar.addWidget(self.edit)
        self.bar.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.bar)
        layout.addWidget(self.told)
        layout.addWidget(self._stack, 1)
        self.choice.currentIndexChanged.connect(self._on_choice)

    @property
    def entry(self) -> DeckChart | None:
        """The declaration of the chart that is chosen, None for none."""
        return DECK.get(str(self.choice.currentData()))

    def choose(self, name: str) -> None:
        """Choose a chart; a name that is not in the list chooses the first."""
        self.choice.setCurrentIndex(max(self.choice.findData(name), 0))
        self._on_choice(signal=False)

    def show_spec(self, spec: ChartSpec) -> None:
        """Show a chart."""
        self.chart.set_spec(spec)
        self.fill_table()

    def fill_table(self) -> None:
        """Bring the table up to date, where it is what is seen."""
        if self._stack.currentIndex() == 1:
            self.table.cells.set_table(*self.chart.spec.table())

    def show_table(self, shown: bool) -> None:
        """Show the values in place of the picture."""
        self._stack.setCurrentIndex(1 if shown else 0)
        self.fill_table()

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self.chart.set_theme(shown)
        self.help.setIcon(theme.icon("help", shown, "muted"))
        self.edit.setIcon(theme.icon("pencil", shown, "muted"))

    def _on_choice(self, *_: object, signal: bool = True) -> None:
        entry = self.entry
        self.chart.setVisible(entry is not None)
        self.help.setVisible(entry is not None)
        self.edit.setVisible(entry is not None and bool(entry.table))
        self._show_help(self.help.isChecked())
        if entry is not None:
            self.help.setToolTip(tip(entry.help))
            self.told.setText(entry.help)
            self.help.setAccessibleName(f"What is {entry.label}?")
            self.help.setAccessibleDescription(entry.help)
            what = f"Draw {entry.table} of your own"
            self.edit.setToolTip(what)
            self.edit.setAccessibleName(what)
        if signal:
            self.chosen.emit(str(self.choice.currentData()))

    def _show_help(self, shown: bool) -> None:
        self.told.setVisible(shown and self.entry is not None)


class DeckCharts(QWidget):
    """Two slots, the tools of both in the bar of the upper one. Signals: `copy_asked()`, `export_asked()`."""

    copy_asked = Signal()
    export_asked = Signal()

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._deck: Deck | None = None
        self._log: dict[str, bool] = {}
        shown = appearance.theme
        self.slots = (Slot("above", shown, may_be_empty=False), Slot("below", shown, may_be_empty=True))
        self._down = QSplitter(Qt.Orientation.Vertical)
        self._tools: list[tuple[QToolButton, str]] = []
        self._build()
        above, below = self.slots
        above.chart.link_x(below.chart)
        chosen = bridge.session.preferences.deck_charts or FIRST
        above.choose(chosen[0])
        below.choose(chosen[1] if len(chosen) > 1 else _NONE)
        self._show_slots()
        prefs = bridge.session.preferences
        above.chart.set_range(prefs.chart_range if prefs.chart_range in RANGES else "3Y")
        for slot in self.slots:
            slot.chosen.connect(self._on_chosen)
            slot.edit_asked.connect(self._edit_zones)
            slot.chart.copy_asked.connect(self.copy_asked)
            slot.chart.export_asked.connect(self.export_asked)
            slot.chart.log_changed.connect(partial(self._on_log, slot))
        above.chart.range_changed.connect(self._on_range)
        self._on_range(above.chart.range_name)
        appearance.changed.connect(self._restyle)
        self._restyle(shown)

    # -- showing ------------------------------------------------------------------------------------------------------

    def show_deck(self, deck: Deck) -> None:
        """Show another moment in the charts that are chosen."""
        self._deck = deck
        for slot in self.slots:
            self._draw(slot)

    def _draw(self, slot: Slot) -> None:
        entry = slot.entry
        if self._deck is None or entry is None:
            return
        slot.chart.set_log(self._log.get(entry.name, entry.log))
        slot.show_spec(entry.build(self._deck))
        self._show_log()

    def shown(self) -> tuple[tuple[str, View], ...]:
        """Return which charts are shown, each with its view."""
        return tuple((slot.entry.name, slot.chart.view) for slot in self.slots if slot.entry is not None)

    def _restyle(self, shown: Theme) -> None:
        for slot in self.slots:
            slot.restyle(shown)
        for button, icon in self._tools:
            button.setIcon(theme.icon(icon, shown))

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._add_tools(self.slots[0].bar)
        for slot in self.slots:
            self._down.addWidget(slot)
        self._down.setChildrenCollapsible(False)
        self._down.setHandleWidth(theme.SPACE_PX)
        layout.addWidget(self._down, 1)

    def _add_tools(self, bar: QHBoxLayout) -> None:
        self._ranges: dict[str, QToolButton] = {}
        self._range_group = QButtonGroup(self)
        for name in RANGES:
            button = _button("", name)
            button.setCheckable(True)
            button.setAccessibleName(f"Show {name if name != 'All' else 'the whole history'}")
            button.clicked.connect(partial(self.slots[0].chart.set_range, name))
            self._range_group.addButton(button)
            self._ranges[name] = button
            bar.addWidget(button)
        bar.addSpacing(theme.SPACE_PX)
        self.log = self._tool("log-scale", "Log", "Log scale for the charts that are shown")
        self.log.clicked.connect(self._set_log)
        self.as_table = self._tool("table", "Table", "Show the values behind the charts")
        self.as_table.toggled.connect(self._show_tables)
        bar.addWidget(self.log)
        bar.addWidget(self.as_table)

    def _tool(self, icon: str, text: str, hint: str) -> QToolButton:
        button = _button(icon, text)
        button.setCheckable(True)
        button.setToolTip(hint)
        self._tools.append((button, icon))
        return button

    # -- choices ------------------------------------------------------------------------------------------------------

    def _on_chosen(self) -> None:
        self._show_slots()
        names = tuple(slot.entry.name for slot in self.slots if slot.entry is not None)
        self._bridge.prefer(deck_charts=names)
        for slot in self.slots:
            self._draw(slot)

    def _edit_zones(self) -> None:
        """Ask for the price zones of the user's own."""
        rows = self._bridge.snapshot.tables.get(zones_form.TABLE, ())
        price = self._deck.view.trend.price if self._deck else None
        found = auto_zones(price.times, price.values) if price is not None else ()
        form = ZonesForm(self._lay_zones, rows, found, self)
        form.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form.open()

    def _lay_zones(self, rows: Sequence[Row]) -> str:
        problems = check_rows(rows)
        if problems:
            return " ".join(problem.message for problem in problems)
        self._bridge.lay_table(zones_form.TABLE, rows)
        return ""

    def _show_slots(self) -> None:
        """Without a second chart its place is only as tall as its list."""
        below = self.slots[1]
        alone = below.entry is None
        below.setMaximumHeight(below.choice.sizeHint().height() + 16 if alone else 16_777_215)

    def _set_log(self, log: bool) -> None:
        for slot in self.slots:
            if slot.entry is not None:
                self._log[slot.entry.name] = log
                slot.chart.set_log(log)
        self._show_log()

    def _on_log(self, slot: Slot, log: bool) -> None:
        if slot.entry is not None:
            self._log[slot.entry.name] = log
        self._show_log()

    def _show_log(self) -> None:
        self.log.setChecked(all(slot.chart.view.log for slot in self.slots if slot.entry is not None))

    def _show_tables(self, shown: bool) -> None:
        for slot in self.slots:
            slot.show_table(shown)

    def _on_range(self, name: str) -> None:
        self._range_group.setExclusive(False)
        for known, button in self._ranges.items():
            button.setChecked(known == name)
        self._range_group.setExclusive(True)
        if name:
            self._bridge.prefer(chart_range=name)


def _button(icon: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setAccessibleName(text)
    if icon:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(_ICON)
    return button
