"""The page Data: every source and how it is doing, who is asked first, and where every number comes from."""

from functools import partial

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from minerdesk.provenance.resolve import Origins
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.refresh import Report
from minerdesk.store.replies import LastReply
from minerdesk.ui import theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.numbers import NumbersView
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import HalfHigh
from minerdesk.ui.panels.reply_window import MOST_BYTES, ReplyWindow
from minerdesk.ui.panels.source_detail import SourceDetail
from minerdesk.ui.panels.source_order import SourceOrder
from minerdesk.ui.panels.source_table import SourceTable
from minerdesk.ui.theme import Appearance, Theme

SOURCES, ORDER, NUMBERS = "sources", "order", "numbers"
_VIEWS = {
    SOURCES: ("Sources", "How each source is doing, and when it is asked again"),
    ORDER: ("Order", "Who is asked first, and who if that fails"),
    NUMBERS: ("Numbers", "Where every number comes from: formula, inputs, source, date"),
}


class DataPanel(PagePanel):
    """Three views under one row of buttons. The table follows the engine with every snapshot."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot: Snapshot | None = None
        self._sizes: dict[str, int] | None = None
        self.table, self.detail = SourceTable(appearance.theme), SourceDetail(appearance.theme)
        self.order, self.numbers = SourceOrder(), NumbersView()
        self.buttons: dict[str, QToolButton] = {}
        self._stack = QStackedWidget()
        self._build()
        self.table.chosen.connect(lambda _name: self._show_detail())
        self.detail.test_asked.connect(bridge.test_source)
        self.detail.body_asked.connect(lambda name: bridge.read_reply(name, MOST_BYTES))
        self.detail.base_chosen.connect(self._choose_base)
        self.order.order_chosen.connect(lambda order: self._prefer(source_order=order))
        self.numbers.source_asked.connect(self.show_source)
        bridge.tested.connect(self._on_tested)
        bridge.reply_read.connect(self._on_reply)
        bridge.replies_measured.connect(self._on_measured)
        bridge.refreshing.connect(lambda busy: None if busy else bridge.measure_replies())
        appearance.changed.connect(self._restyle)

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(2)
        group = QButtonGroup(self)
        pages: dict[str, QWidget] = {ORDER: self.order, NUMBERS: self.numbers}
        pages[SOURCES] = QWidget()
        down = QVBoxLayout(pages[SOURCES])  # not a splitter: it would give wrapped lines too little room
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(theme.SPACE_PX)
        down.addWidget(self.table, 1)
        down.addWidget(HalfHigh(self.detail))
        for name, (label, told) in _VIEWS.items():
            button = QToolButton()
            button.setText(label)
            button.setToolTip(told)
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.clicked.connect(partial(self.show_view, name))
            group.addButton(button)
            self.buttons[name] = button
            bar.addWidget(button)
            self._stack.addWidget(pages[name])
        bar.addStretch(1)
        self._pages = pages
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(bar)
        layout.addWidget(self._stack, 1)
        self.show_view(SOURCES)

    # -- what is shown ------------------------------------------------------------------------------------------------

    @property
    def view(self) -> str:
        """The name of the view that is shown."""
        return next(name for name, button in self.buttons.items() if button.isChecked())

    def show_view(self, name: str) -> None:
        """Show one of the three views."""
        self.buttons[name].setChecked(True)
        self._render_view()
        self._stack.setCurrentWidget(self._pages[name])

    def show_source(self, provider: str) -> None:
        """Show one source."""
        self.show_view(SOURCES)
        self.table.choose(provider)
        self.table.setFocus()

    def show_number(self, name: str) -> None:
        """Show where one number comes from."""
        self.show_view(NUMBERS)
        self.numbers.choose(name)
        self.numbers.table.setFocus()

    def seen(self, tab: str) -> str:
        """Return the desk's page: its export holds every observed value with its source."""
        del tab
        return "compare"

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot, and how the sources are doing at its moment; a view that is not seen waits until it is."""
        self._snapshot = snapshot
        self._render_view()

    def _render_view(self) -> None:
        if self._snapshot is None:
            return
        if self.view == ORDER:
            self.order.show_order(self._bridge.session.preferences.source_order)
        elif self.view == NUMBERS:
            session = self._bridge.session
            origins = Origins(self._snapshot, session.bundle.credits, session.preferences.power_market)
            self.numbers.render_snapshot(self._snapshot, origins)
        else:
            self._render_sources(self._snapshot)

    def _render_sources(self, snapshot: Snapshot) -> None:
        states = self._bridge.source_states(self._sizes)
        self.table.sources.set_states(states, snapshot.now, offline=snapshot.offline)
        if not self.table.current and states:
            self.table.choose(states[0].provider)
        self._show_detail()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure anew what is kept."""
        super().showEvent(event)
        self._bridge.measure_replies()

    def _show_detail(self) -> None:
        row = self.table.sources.row_of(self.table.current)
        if row is not None and self._snapshot is not None:
            self.detail.show_source(
                self.table.sources.state(row),
                self._bridge.session.preferences.base_urls,
                offline=self._snapshot.offline,
            )

    def _again(self) -> None:
        if self._snapshot is not None:
            self.render_snapshot(self._bridge.snapshot)

    # -- what is done -------------------------------------------------------------------------------------------------

    def _choose_base(self, provider: str, url: str) -> None:
        known = {name: base for name, base in self._bridge.session.preferences.base_urls.items() if name != provider}
        self._prefer(base_urls=known | ({provider: url} if url else {}))

    def _prefer(self, **changes: object) -> None:
        self._bridge.prefer(**changes)
        self._again()

    def _on_tested(self, provider: str, report: Report) -> None:
        self.detail.show_result(provider, report, self._bridge.snapshot.now)
        self._again()
        self._bridge.measure_replies()

    def _on_measured(self, sizes: dict[str, int]) -> None:
        if sizes != self._sizes:
            self._sizes = sizes
            self._again()

    def _on_reply(self, provider: str, reply: LastReply | None) -> None:
        window = ReplyWindow(PROVIDERS[provider].label, reply, self)
        window.show()

    def _restyle(self, shown: Theme) -> None:
        self.table.sources.set_theme(shown)
        self.detail.set_theme(shown)
