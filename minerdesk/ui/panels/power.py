"""The page of hourly power: a market, or prices of one's own, as a curve or by hour and month."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk import words
from minerdesk.economics.dispatch import Floats
from minerdesk.economics.prices import OWN, HoursOfMonths, PriceSeries
from minerdesk.snapshot import Snapshot
from minerdesk.sources.rates import Rate
from minerdesk.ui import power, power_hours, theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.duration import DurationChart
from minerdesk.ui.charts.hours import HoursChart
from minerdesk.ui.charts.sheet import Sheet
from minerdesk.ui.panels.contract_form import ContractForm
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import FittingLabel, tip
from minerdesk.ui.panels.power_getter import PriceGetter
from minerdesk.ui.panels.site_tables import SiteTables
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.power_study import Market, Study, Terms, market_of
from minerdesk.ui.theme import Appearance, Theme

JOB = "power"
CURVE, PRICE, STOPPED, SITE = "curve", "price", "stopped", "site"
_VIEWS = {
    CURVE: ("Duration curve", "Prices from the dearest hour to the cheapest, and what stopping is worth"),
    PRICE: ("Price by hour", "Mean price by hour of the day and month"),
    STOPPED: ("Standstill by hour", "How often mining stands still, by hour of the day and month"),
    SITE: ("Contracts", "What each machine class does, and what each contract costs mining and AI"),
}
_BANK = "Fetch the newest reference rate of the European Central Bank"
_BANK_OFFLINE = "Offline mode is on: nothing is fetched. Type a rate"
_MARKET_PX, _PART_PX, _RATE_PX = 340, 180, 64


class PowerPanel(PagePanel):
    """Choice of the market on top, then the curve or a map, then what was handled. Figures are computed as jobs."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot: Snapshot | None = None
        self._asked: tuple[Floats, Terms, float | None, str] | None = None
        self._months: HoursOfMonths | None = None
        self.study: Study | None = None
        self.market, self.part, self.rate = QComboBox(), QComboBox(), QLineEdit()
        self.chart, self.map = DurationChart(appearance.theme), HoursChart(appearance.theme)
        self.sheet, self.map_sheet = Sheet(self.chart), Sheet(self.map)
        self.terms, self.site = ContractForm(bridge, appearance), SiteTables()
        self.table = CellsView("Prices from the dearest hour to the cheapest, as a table")
        self.said = FittingLabel(theme.CAPTION_PX, "muted")
        self.bank_rate = _tool("ECB rate", _BANK)
        self.getter = PriceGetter(bridge, self)
        self._stack = QStackedWidget()
        self._part_label = QLabel("&Column", textFormat=Qt.TextFormat.PlainText)
        self._rate_label = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._build()
        self._restyle(appearance.theme)
        self.chart.pointed.connect(self._on_share)
        self.map.pointed.connect(self._say)
        self.getter.got.connect(self._take)
        self.getter.got_rate.connect(self._take_rate)
        self.getter.busy.connect(self._on_busy)
        for sheet in (self.sheet, self.map_sheet):
            sheet.copy_asked.connect(lambda: self.copy_asked.emit(self.page))
            sheet.export_asked.connect(lambda: self.export_asked.emit(self.page))
        appearance.changed.connect(self._restyle)
        self._link()

    def _link(self) -> None:
        """Let every figure be asked where it comes from."""
        whence.link_to(self.sheet, self._curve_figures)
        whence.link_to(self.map_sheet, lambda: whence.entries("hours", ("price", "standstill")))
        whence.link_table(self.table, lambda: "curve" if self.view in (CURVE, SITE) else "by hour")
        whence.link_table(self.site.contracts, "contracts")
        whence.link_table(self.site.classes, "classes")
        whence.link(self.site.basis, "site", "basis")
        for line in (self.site.title, self.site.over_classes):
            whence.link(line, "site", "title")

    def _curve_figures(self) -> list[whence.Asked]:
        spec = self.chart.spec
        names = ["price", *(["stop"] if spec.stop_at is not None else []), *(line.label for line in spec.lines)]
        facts = (whence.at("duration", fact.label, fact.value) for fact in spec.facts)
        return [*whence.entries("duration", names), *(one for one in facts if one is not None)]

    @property
    def view(self) -> str:
        """Which of the views is chosen."""
        return next((name for name, button in self._views.items() if button.isChecked()), CURVE)

    @property
    def page(self) -> str:
        """The page of an export that shows what is seen."""
        return "power_hours" if self.view in (PRICE, STOPPED) else JOB

    def seen(self, tab: str) -> str:
        """Return the page of the curve or that of the maps."""
        del tab
        return self.page

    # -- what is shown ------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. What follows from the same prices on the same terms is not computed again."""
        self._snapshot = snapshot
        self.terms.render_snapshot(snapshot)
        self._fill_markets()
        market, terms = market_of(snapshot, self._bridge.session.preferences.power_market), Terms.of(snapshot)
        self._show_rate(market)
        if market is None:
            self._bridge.tasks.cancel(JOB)  # what is still computed is of a market that is gone
            self._asked = None
            self._show((None, None))
            return
        rate = snapshot.power.usd_per.get(market.currency)
        before, asked = self._asked, (market.prices_per_mwh, terms, rate, market.rate_note)
        if before is None or before[0] is not asked[0] or before[1:] != asked[1:]:
            self._asked = asked
            self._bridge.tasks.run(JOB, lambda progress, cancelled: _studied(market, terms, rate), self._show)

    def _show(self, found: tuple[Study | None, HoursOfMonths | None]) -> None:
        self.study, self._months = found
        curve = power.duration_spec(self.study)
        self.chart.set_spec(curve)
        self.sheet.say(title=curve.title, caption=curve.caption, description=curve.summary or curve.empty_text)
        self.site.show_study(self.study)
        self._show_map()

    def shown(self, name: str) -> Study | None:
        """Return the study on screen."""
        del name
        return self.study

    def _show_map(self) -> None:
        """Fill the map that is chosen, the words under it, and the table."""
        make = power_hours.stopped_spec if self.view == STOPPED else power_hours.price_spec
        spec = make(self.study, self._months)
        self.map.set_spec(spec)
        self.map_sheet.say(title=spec.title, caption=spec.caption, description=spec.summary or spec.empty_text)
        self._say("")
        self._fill_table()

    def _on_share(self, share: float) -> None:
        self._say(power.place_words(self.study, share) if self.study is not None and share >= 0 else "")

    def _say(self, pointed: str) -> None:
        """Say what lies under the pointer; else how old fetched prices are, and what was handled in a file."""
        if self.study is None:
            self.said.set_variants("")
        elif pointed:
            self.said.set_variants(pointed)
        else:
            handled = [*self._age_words(), *self.study.market.handled]
            blank = self.view == SITE or (self.view != CURVE and self.map.spec.is_empty)
            hint = "" if blank else "Point at the picture, or use the arrow keys, to read its values."
            self.said.set_variants(" ".join(handled) or hint)
            self.said.setToolTip(tip("\n".join(handled)))

    def _age_words(self) -> list[str]:
        own = self._snapshot.power.chosen if self._snapshot is not None else None
        if own is None or own.fetched_at is None or self._snapshot is None:
            return []
        return [f"Fetched {words.age(self._snapshot.now - own.fetched_at)} ago."]

    def _fill_table(self) -> None:
        if self.study is None or not self._table_button.isChecked():
            return
        if self.view in (CURVE, SITE):
            header, rows = power.curve_table(self.study)
        else:
            header, rows = power_hours.hours_table(self.study, self._months)
        self.table.cells.set_table(header, rows[::-1])  # the view shows the last row first

    def _on_view(self) -> None:
        self._bridge.prefer(power_view=self.view)
        self._show_stack()
        self._show_map()

    def _show_stack(self) -> None:
        table = self._table_button.isChecked()
        self._fill_table()
        page = {CURVE: self.sheet, SITE: self.site}.get(self.view, self.map_sheet)
        self._stack.setCurrentWidget(self.table if table and self.view != SITE else page)
        self._table_button.setEnabled(self.view != SITE)

    def _restyle(self, shown: Theme) -> None:
        self.chart.set_theme(shown)
        self.map.set_theme(shown)
        for button, icon in self._tools:
            button.setIcon(theme.icon(icon, shown))

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._controls())
        card = QFrame()
        card.setProperty("look", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(0, 4, 0, 8)
        inside.setSpacing(0)
        inside.addLayout(self._view_bar())
        for page in (self.sheet, self.map_sheet, self.table, self.site):
            self._stack.addWidget(page)
        inside.addWidget(self._stack, 1)
        line = QHBoxLayout()
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self.said, 1)
        line.addWidget(self.getter.progress)
        inside.addLayout(line)
        sides = QHBoxLayout()
        sides.setSpacing(theme.SPACE_PX)
        sides.addWidget(self.terms)
        sides.addWidget(card, 1)
        layout.addLayout(sides, 1)
        self.terms.setVisible(self._terms_button.isChecked())
        self._show_stack()

    def _controls(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setSpacing(4)
        for label, control, name in (
            (QLabel("&Market"), self.market, "Market"),
            (self._part_label, self.part, "Column or location of the file"),
            (self._rate_label, self.rate, "US dollars per unit of the market’s currency"),
        ):
            label.setProperty("look", "muted")
            label.setBuddy(control)
            control.setAccessibleName(name)
            bar.addWidget(label)
            bar.addWidget(control)
            bar.addSpacing(theme.SPACE_PX)
        self.market.setMaxVisibleItems(20)
        for combo in (self.market, self.part):
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.market.setMaximumWidth(_MARKET_PX)
        self.part.setMaximumWidth(_PART_PX)
        self.rate.setFixedWidth(_RATE_PX)
        self.rate.setPlaceholderText("rate")
        self.market.currentIndexChanged.connect(self._on_market)
        self.part.currentIndexChanged.connect(lambda: self.getter.read_again(self.part.currentText()))
        self.rate.editingFinished.connect(self._on_rate)
        self.bank_rate.clicked.connect(self._ask_bank)
        bar.addWidget(self.bank_rate)
        bar.addStretch(1)
        self.import_button = _tool("Get prices ▾", "Read a file of prices, or fetch a market")
        self.import_button.setAccessibleName("Get prices")
        self.import_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.import_button.setMenu(self.getter.menu)
        self.import_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._terms_button = _tool("Terms", "Show or hide contract, credits, stopping and firm load")
        self._terms_button.setCheckable(True)
        self._terms_button.setChecked(self._bridge.session.preferences.power_terms)
        self._terms_button.toggled.connect(self._on_terms)
        bar.insertWidget(0, self._terms_button)
        bar.addWidget(self.import_button)
        return bar

    def _on_terms(self, shown: bool) -> None:
        self.terms.setVisible(shown)
        self._bridge.prefer(power_terms=shown)

    def _view_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 0, 8, 0)
        bar.setSpacing(4)
        group = QButtonGroup(self)
        self._views: dict[str, QToolButton] = {}
        for name, (text, hint) in _VIEWS.items():
            button = _tool(text, hint)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setCheckable(True)
            group.addButton(button)
            self._views[name] = button
            bar.addWidget(button)
        self._views.get(self._bridge.session.preferences.power_view, self._views[CURVE]).setChecked(True)
        group.buttonClicked.connect(self._on_view)
        bar.addStretch(1)
        self._table_button = _tool("Data table", "Show the values behind the picture")
        self._table_button.setCheckable(True)
        self._table_button.toggled.connect(self._show_stack)
        export = _tool("Export…", "Write this page to a file (Ctrl+E)")
        export.clicked.connect(lambda: self.export_asked.emit(self.page))
        for button in (self._table_button, export):
            bar.addWidget(button)
        self._tools = (
            (self._terms_button, "settings"),
            (self.import_button, "folder-open"),
            (self._table_button, "table"),
            (export, "export"),
        )
        return bar

    # -- choices ------------------------------------------------------------------------------------------------------

    def _fill_markets(self) -> None:
        """Offer the scenario's own prices and the bundled years, newest first, and show the one that is chosen."""
        if self._snapshot is None:
            return
        years = sorted(self._snapshot.market_years, key=lambda year: (-year.year, year.label))
        offered = [(year.label, year.key) for year in years]
        own = self._snapshot.power.prices
        if own is not None:
            offered.insert(0, (Market.of_series(own).label, OWN))
        with QSignalBlocker(self.market):
            if offered != [
                (self.market.itemText(row), self.market.itemData(row)) for row in range(self.market.count())
            ]:
                self.market.clear()
                for label, key in offered:
                    self.market.addItem(label, key)
            shown = market_of(self._snapshot, self._bridge.session.preferences.power_market)
            self.market.setCurrentIndex(self.market.findData(shown.key) if shown else -1)
        parts = self.getter.parts_of(own)
        with QSignalBlocker(self.part):
            if parts != tuple(self.part.itemText(row) for row in range(self.part.count())):
                self.part.clear()
                self.part.addItems(list(parts))
            self.part.setCurrentIndex(self.part.findText(own.label) if own is not None else -1)

    def _show_rate(self, market: Market | None) -> None:
        foreign = market is not None and market.currency != "USD"
        self._rate_label.setText(f"$ per {market.currency}" if market is not None and foreign else "")
        for widget in (self._rate_label, self.rate, self.bank_rate):
            widget.setVisible(foreign)
        offline = self._snapshot is not None and self._snapshot.offline
        self.bank_rate.setEnabled(not offline)
        self.bank_rate.setToolTip(_BANK_OFFLINE if offline else _BANK)
        if market is not None and foreign and self._snapshot is not None and not self.rate.hasFocus():
            rate = self._snapshot.power.usd_per.get(market.currency)
            if rate != self._typed_rate():
                self.rate.setText("" if rate is None else f"{rate:.10g}")
        several = market is not None and market.key == OWN and self.part.count() > 1
        self._part_label.setVisible(several)
        self.part.setVisible(several)

    def _typed_rate(self) -> float | None:
        """Return the typed rate; None for nothing and for what is no positive number."""
        try:
            rate = float(self.rate.text().strip().replace(",", "."))
        except ValueError:
            return None
        return rate if 0 < rate < 1e6 else None

    def _on_rate(self) -> None:
        if self._snapshot is None or self.study is None or self.study.market.currency == "USD":
            return
        currency, power = self.study.market.currency, self._snapshot.power
        if self._typed_rate() != power.usd_per.get(currency):
            self._bridge.lay_power(power.with_rate(currency, self._typed_rate()))

    def _ask_bank(self) -> None:
        if self.study is not None and self.study.market.currency != "USD":
            self.getter.fetch_rate(self.study.market.currency)

    def _take_rate(self, rate: Rate) -> None:
        power = self._bridge.snapshot.power
        self._bridge.lay_power(power.with_rate(rate.currency, rate.usd_per_unit, rate.note))

    def _on_market(self) -> None:
        key = str(self.market.currentData() or "")
        if self._snapshot is None or not key:
            return
        if key != OWN:
            self._bridge.prefer(power_market=key)
        self._bridge.lay_power(replace(self._snapshot.power, market=key))

    def _take(self, series: PriceSeries) -> None:
        """Make prices that were read or fetched the scenario's own, and show them."""
        self._bridge.lay_power(replace(self._bridge.snapshot.power, market=OWN, prices=series))

    def _on_busy(self, busy: bool) -> None:
        self.import_button.setEnabled(not busy)
        self.bank_rate.setEnabled(not busy and not self._bridge.session.desk.offline)


def _studied(market: Market, terms: Terms, rate: float | None) -> tuple[Study, HoursOfMonths | None]:
    study = Study.of(market, terms, rate)
    return study, power_hours.hours_of(study)


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    button.setAccessibleName(text.rstrip("…"))
    return button
