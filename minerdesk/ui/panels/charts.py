"""The charts of the desk: revenue through time over the network, and the four businesses beside them."""

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk.snapshot import Snapshot
from minerdesk.ui import figures, theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.model import RANGES
from minerdesk.ui.charts.timechart import TimeChart
from minerdesk.ui.charts.waterfall import WaterfallChart
from minerdesk.ui.network_figure import network_chart
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.tables import CellsView, link_twin
from minerdesk.ui.render import ChartsShown
from minerdesk.ui.theme import Appearance, Theme

ACROSS, DOWN = "charts_across", "charts_down"


class ChartsPanel(PagePanel):
    """Two linked charts over time beside the waterfall, with their one tool bar."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._appearance = appearance
        self._snapshot: Snapshot | None = None
        shown = appearance.theme
        self.comparison, self.network = TimeChart(shown), TimeChart(shown)
        self.waterfall = WaterfallChart(shown)
        self.comparison_table = CellsView("Mining and AI per MWh, as a table")
        self.network_table = CellsView("Network hash rate, as a table")
        self._stacks = (QStackedWidget(), QStackedWidget())
        for stack, chart, table in zip(
            self._stacks, (self.comparison, self.network), (self.comparison_table, self.network_table), strict=True
        ):
            stack.addWidget(chart)
            stack.addWidget(table)
            table.scroll_columns(4 if chart is self.comparison else 2)  # a band's heading is the longest
            link_twin(table, chart)
        self._tools: list[tuple[QToolButton, str]] = []
        self._build()
        self.comparison.link_x(self.network)
        prefs = bridge.session.preferences
        self._choose_basis(prefs.chart_basis)
        self.comparison.set_range(prefs.chart_range if prefs.chart_range in RANGES else "3Y")
        charts: dict[str, TimeChart | WaterfallChart] = {
            "compare": self.comparison,
            "network": self.network,
            "waterfall": self.waterfall,
        }
        for name, source in charts.items():
            source.copy_asked.connect(partial(self.copy_asked.emit, name))
            source.export_asked.connect(partial(self.export_asked.emit, name))
        self.comparison.range_changed.connect(self._on_range)
        self.comparison.log_changed.connect(self._on_log)
        appearance.changed.connect(self._restyle)
        self._on_range(self.comparison.range_name)
        self._restyle(shown)

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def basis(self) -> str:
        """The name of the basis that is compared."""
        return str(self._basis.currentData())

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. What is drawn from unchanged parts is not drawn again."""
        before, self._snapshot = self._snapshot, snapshot
        same_trends = before is not None and before.trends is snapshot.trends
        if not (same_trends and before is not None and before.results == snapshot.results):
            self.comparison.set_spec(figures.comparison_chart(snapshot, self.basis))
            self.waterfall.set_spec(figures.business_bars(snapshot))
        if not same_trends:
            self.network.set_spec(network_chart(snapshot))
        self._fill_tables()

    def shown(self, name: str) -> ChartsShown:
        """Return basis, scales and span of the charts."""
        charts = {"compare": self.comparison, "network": self.network}
        return ChartsShown(
            basis=self.basis,
            own_scales=self.waterfall.own_scales,
            view=charts[name].view if name in charts else None,
        )

    def _fill_tables(self) -> None:
        if self._table_button.isChecked():
            for view, chart in ((self.comparison_table, self.comparison), (self.network_table, self.network)):
                view.cells.set_table(*chart.spec.table())

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE_PX)
        layout.addLayout(self._tool_bar())
        down = QSplitter(Qt.Orientation.Vertical)
        for stack in self._stacks:
            down.addWidget(_card(stack))
        down.setSizes([300, 220])
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(down)
        across.addWidget(_card(self.waterfall))
        across.setSizes([640, 320])
        across.setStretchFactor(0, 2)
        across.setStretchFactor(1, 1)
        self._splitters = {DOWN: down, ACROSS: across}
        for name, splitter in self._splitters.items():
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(theme.SPACE_PX)
            sizes = self._bridge.session.preferences.splitter_sizes.get(name)
            if sizes and len(sizes) == splitter.count():
                splitter.setSizes(list(sizes))
            splitter.splitterMoved.connect(self._remember_splitters)
        layout.addWidget(across, 1)

    def _tool_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setSpacing(4)
        label = QLabel("&Compare")
        label.setProperty("look", "muted")
        self._basis = QComboBox()
        self._basis.setAccessibleName("Basis of the comparison")
        self._basis.setToolTip("What the chart compares: gross revenue, or what is left after costs and capital")
        for basis in figures.BASES.values():
            self._basis.addItem(basis.label, basis.name)
        self._basis.currentIndexChanged.connect(self._on_basis)
        label.setBuddy(self._basis)
        bar.addWidget(label)
        bar.addWidget(self._basis)
        bar.addSpacing(theme.SPACE_PX)
        self._ranges: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        for name in RANGES:
            button = _button(name, checkable=True)
            button.setAccessibleName(f"Show {name if name != 'All' else 'the whole history'}")
            button.clicked.connect(partial(self.comparison.set_range, name))
            group.addButton(button)
            self._ranges[name] = button
            bar.addWidget(button)
        self._range_group = group
        bar.addSpacing(theme.SPACE_PX)
        self._log_button = self._tool("log-scale", "Log scale", "Log scale for the revenue chart", checkable=True)
        self._log_button.toggled.connect(self._set_log)
        self._table_button = self._tool("table", "Data table", "Show the values behind both charts", checkable=True)
        self._table_button.toggled.connect(self._show_tables)
        bar.addWidget(self._log_button)
        bar.addWidget(self._table_button)
        bar.addStretch(1)
        export = self._tool("export", "Export…", "Write the charts or their data to a file (Ctrl+E)")
        export.clicked.connect(partial(self.export_asked.emit, "compare"))
        bar.addWidget(export)
        return bar

    def _tool(self, icon: str, text: str, tip: str, *, checkable: bool = False) -> QToolButton:
        button = _button(text, checkable=checkable)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tip)
        button.setAccessibleName(text.rstrip("…"))
        self._tools.append((button, icon))
        return button

    def _restyle(self, shown: Theme) -> None:
        for chart in (self.comparison, self.network, self.waterfall):
            chart.set_theme(shown)
        for button, icon in self._tools:
            button.setIcon(theme.icon(icon, shown))

    # -- choices ------------------------------------------------------------------------------------------------------

    def _choose_basis(self, name: str) -> None:
        index = self._basis.findData(name)
        self._basis.setCurrentIndex(max(index, 0))
        self._on_basis()

    def _on_basis(self) -> None:
        gross = figures.BASES[self.basis].is_gross
        self._log_button.setEnabled(gross)
        self._log_button.setChecked(gross and self._bridge.session.preferences.chart_log_scale)
        self._set_log(self._log_button.isChecked())
        self._bridge.prefer(chart_basis=self.basis)
        if self._snapshot is not None:
            self.comparison.set_spec(figures.comparison_chart(self._snapshot, self.basis))
            self._fill_tables()

    def _set_log(self, log: bool) -> None:
        self.comparison.set_log(log)
        if figures.BASES[self.basis].is_gross:
            self._bridge.prefer(chart_log_scale=log)

    def _on_log(self, log: bool) -> None:
        self._log_button.setChecked(log)

    def _on_range(self, name: str) -> None:
        self._range_group.setExclusive(False)
        for known, button in self._ranges.items():
            button.setChecked(known == name)
        self._range_group.setExclusive(True)
        if name:
            self._bridge.prefer(chart_range=name)

    def _show_tables(self, shown: bool) -> None:
        self._fill_tables()
        for stack in self._stacks:
            stack.setCurrentIndex(1 if shown else 0)

    def _remember_splitters(self) -> None:
        sizes = {name: tuple(splitter.sizes()) for name, splitter in self._splitters.items()}
        known = self._bridge.session.preferences.splitter_sizes
        self._bridge.prefer(splitter_sizes={**known, **sizes})


def _button(text: str, *, checkable: bool) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(checkable)
    button.setAutoRaise(True)
    return button


def _card(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(content)
    return frame
