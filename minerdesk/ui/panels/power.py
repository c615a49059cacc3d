"""The page of hourly power: a market or a file of prices, the duration curve, and what being able to stop is worth."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk.economics.dispatch import Floats
from minerdesk.errors import MinerdeskError
from minerdesk.price_files import PriceSeries, import_prices
from minerdesk.snapshot import Snapshot
from minerdesk.ui import power, theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.duration import DurationChart
from minerdesk.ui.charts.sheet import Sheet
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import FittingLabel
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.power import Market, Study, Terms
from minerdesk.ui.theme import Appearance, Theme

JOB, IMPORT = "power", "power import"
_FILES = "Price files (*.csv *.txt *.json);;All files (*)"
_MARKET_PX, _PART_PX, _RATE_PX = 340, 180, 64


class PowerPanel(PagePanel):
    """Choice of the market on top, then the curve, then what was handled. Files and figures are read as jobs."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot: Snapshot | None = None
        self._asked: tuple[Floats, Terms, float | None] | None = None
        self._file: tuple[Path, Market, tuple[str, ...]] | None = None
        self.study: Study | None = None
        self.market, self.part, self.rate = QComboBox(), QComboBox(), QLineEdit()
        self.chart = DurationChart(appearance.theme)
        self.sheet = Sheet(self.chart)
        self.table = CellsView("Prices from the dearest hour to the cheapest, as a table")
        self.said = FittingLabel(theme.CAPTION_PX, "muted")
        self._stack = QStackedWidget()
        self._part_label, self._rate_label = QLabel("&Column"), QLabel("")
        self._build()
        self._restyle(appearance.theme)
        self.chart.pointed.connect(self._on_pointed)
        self.sheet.copy_asked.connect(lambda: self.copy_asked.emit(JOB))
        self.sheet.export_asked.connect(lambda: self.export_asked.emit(JOB))
        appearance.changed.connect(self._restyle)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. What follows from the same prices on the same terms is not computed again."""
        self._snapshot = snapshot
        self._fill_markets()
        market, terms = self._chosen(), Terms.of(snapshot)
        self._show_rate(market)
        if market is None:
            self._show(None)
            return
        rate = self._typed_rate()
        before, asked = self._asked, (market.prices_per_mwh, terms, rate)
        if before is None or before[0] is not asked[0] or before[1:] != asked[1:]:
            self._asked = asked
            self._bridge.tasks.run(JOB, lambda progress, cancelled: Study.of(market, terms, rate), self._show)

    def _show(self, study: Study | None) -> None:
        self.study = study
        spec = power.duration_spec(study)
        self.chart.set_spec(spec)
        self.sheet.say(title=spec.title, caption=spec.caption, description=spec.summary or spec.empty_text)
        self._on_pointed(-1.0)
        self._fill_table()

    def shown(self, name: str) -> Study | None:
        """Return the study on screen."""
        del name
        return self.study

    def _on_pointed(self, share: float) -> None:
        """Say what lies under the pointer; else what was handled in an imported file."""
        if self.study is None:
            self.said.set_variants("")
        elif share >= 0:
            self.said.set_variants(power.place_words(self.study, share))
        else:
            handled = " ".join(self.study.market.handled)
            self.said.set_variants(handled or "Point at the curve, or use the arrow keys, to read its values.")
            self.said.setToolTip("\n".join(self.study.market.handled))

    def _fill_table(self) -> None:
        if self.study is not None and self._table_button.isChecked():
            header, rows = power.curve_table(self.study)
            self.table.cells.set_table(header, rows[::-1])  # the view shows the last row first

    def _show_table(self, shown: bool) -> None:
        self._fill_table()
        self._stack.setCurrentIndex(1 if shown else 0)

    def _restyle(self, shown: Theme) -> None:
        self.chart.set_theme(shown)
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
        inside.setContentsMargins(0, 0, 0, 8)
        inside.setSpacing(0)
        self._stack.addWidget(self.sheet)
        self._stack.addWidget(self.table)
        inside.addWidget(self._stack, 1)
        line = QHBoxLayout()
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self.said, 1)
        inside.addLayout(line)
        layout.addWidget(card, 1)

    def _controls(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setSpacing(4)
        market_label = QLabel("&Market")
        for label, control, name in (
            (market_label, self.market, "Market"),
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
        self.part.currentIndexChanged.connect(self._on_part)
        self.rate.editingFinished.connect(self._again)
        bar.addStretch(1)
        self.import_button = _tool("Import prices…", "Read a file of hourly or finer prices")
        self.import_button.clicked.connect(self._choose_file)
        self._table_button = _tool("Data table", "Show the values behind the curve")
        self._table_button.setCheckable(True)
        self._table_button.toggled.connect(self._show_table)
        export = _tool("Export…", "Write this page to a file (Ctrl+E)")
        export.clicked.connect(lambda: self.export_asked.emit(JOB))
        self._tools = ((self.import_button, "folder-open"), (self._table_button, "table"), (export, "export"))
        for button, _ in self._tools:
            bar.addWidget(button)
        return bar

    # -- choices ------------------------------------------------------------------------------------------------------

    def _fill_markets(self) -> None:
        """Offer the bundled years, newest first, and the imported file."""
        if self._snapshot is None:
            return
        years = sorted(self._snapshot.market_years, key=lambda year: (-year.year, year.label))
        offered = [(year.label, year.key) for year in years]
        if self._file is not None:
            offered.insert(0, (self._file[1].label, self._file[1].key))
        if offered == [(self.market.itemText(row), self.market.itemData(row)) for row in range(self.market.count())]:
            return
        usual = power.usual_market(self._snapshot.market_years, self._bridge.session.preferences.power_market)
        kept = self.market.currentData() or (usual.key if usual else "")
        with QSignalBlocker(self.market):
            self.market.clear()
            for label, key in offered:
                self.market.addItem(label, key)
            self.market.setCurrentIndex(max(self.market.findData(kept), 0 if offered else -1))

    def _chosen(self) -> Market | None:
        key = self.market.currentData()
        if self._file is not None and key == self._file[1].key:
            return self._file[1]
        return power.usual_market(self._snapshot.market_years, str(key or "")) if self._snapshot else None

    def _show_rate(self, market: Market | None) -> None:
        foreign = market is not None and market.currency != "USD"
        self._rate_label.setText(f"$ per {market.currency}" if market is not None and foreign else "")
        self._rate_label.setVisible(foreign)
        self.rate.setVisible(foreign)
        several = self._file is not None and market is self._file[1] and len(self._file[2]) > 1
        self._part_label.setVisible(several)
        self.part.setVisible(several)

    def _typed_rate(self) -> float | None:
        """Return the typed rate; None for nothing and for what is no positive number."""
        try:
            rate = float(self.rate.text().strip().replace(",", "."))
        except ValueError:
            return None
        return rate if 0 < rate < 1e6 else None

    def _on_market(self) -> None:
        key = str(self.market.currentData() or "")
        if not key.startswith("file "):
            self._bridge.prefer(power_market=key)
        self._again()

    def _again(self) -> None:
        if self._snapshot is not None:
            self.render_snapshot(self._snapshot)

    # -- files --------------------------------------------------------------------------------------------------------

    def _choose_file(self) -> None:
        chooser = QFileDialog(self, "Import prices", "", _FILES)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(lambda path: self.import_file(Path(path)))
        chooser.open()

    def import_file(self, path: Path, pick: str = "") -> None:
        """Read a file as a job and show it; one that can't be used is said in the window, and nothing changes.

        `pick` names a column or a location of a file that has several.
        """
        self.import_button.setEnabled(False)
        self._bridge.tasks.run(
            IMPORT,
            lambda progress, cancelled: import_prices(path, pick),
            partial(self._imported, path),
            self._import_failed,
        )

    def _imported(self, path: Path, result: tuple[PriceSeries, tuple[str, ...]]) -> None:
        series, parts = result
        self.import_button.setEnabled(True)
        self._file = (path, Market.of_file(series, path.name), parts)
        with QSignalBlocker(self.part):
            self.part.clear()
            self.part.addItems(list(parts))
            self.part.setCurrentIndex(self.part.findText(series.label))
        self._fill_markets()
        with QSignalBlocker(self.market):
            self.market.setCurrentIndex(self.market.findData(self._file[1].key))
        self._again()

    def _import_failed(self, error: BaseException) -> None:
        self.import_button.setEnabled(True)
        if not isinstance(error, MinerdeskError):
            raise error
        self._bridge.failed.emit(error)

    def _on_part(self) -> None:
        """Read the same file again by another column or location."""
        if self._file is None:
            return
        self.import_file(self._file[0], self.part.currentText())


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    button.setAccessibleName(text.rstrip("…"))
    return button
