"""The page Data: every source and how it is doing, who is asked first, and where every number comes from."""

from functools import partial

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QStackedWidget, QToolButton, QVBoxLayout, QWidget

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
from minerdesk.ui.panels.source_access import LINES, is_shown
from minerdesk.ui.panels.source_detail import SourceDetail
from minerdesk.ui.panels.source_order import SourceOrder
from minerdesk.ui.panels.source_table import SourceTable
from minerdesk.ui.source_keys import UNASKED, SourceKeys
from minerdesk.ui.theme import Appearance, Theme

_FILTER_PX = 220
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
        self.keys = SourceKeys(bridge, self)
        self.order, self.numbers, self.filter = SourceOrder(), NumbersView(), QLineEdit()
        self.buttons: dict[str, QToolButton] = {}
        self._stack = QStackedWidget()
        self._build()
        self.table.chosen.connect(lambda _name: self._on_chosen())
        self.detail.test_asked.connect(bridge.test_source)
        self.detail.body_asked.connect(lambda name: bridge.read_reply(name, MOST_BYTES))
        self.detail.base_chosen.connect(self._choose_base)
        self.detail.access.switched.connect(lambda name, on: self.keys.switch(name, on=on))
        self.detail.access.given.connect(self.keys.give)
        self.detail.access.removed.connect(self.keys.remove)
        self.detail.access.preferred.connect(lambda changes: self._prefer(**changes))
        self.keys.told.connect(lambda _name, _state: self._again())
        bridge.sources_changed.connect(self._on_others_changed)
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
        self.filter.setPlaceholderText("Filter sources")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter sources by name, state or what they serve")
        self.filter.setMaximumWidth(_FILTER_PX)
        self.filter.textChanged.connect(self._filter_sources)
        bar.addWidget(self.filter, 1)
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
        self.filter.setVisible(name == SOURCES)
        self._render_view()
        self._stack.setCurrentWidget(self._pages[name])

    def show_source(self, provider: str) -> None:
        """Show one source, whatever the filter lets through."""
        self.show_view(SOURCES)
        if self.table.sources.row_of(provider) is None:
            self.filter.clear()
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
            preferred = self._bridge.session.preferences
            self.order.show_order(preferred.source_order, preferred.sources_on)
        elif self.view == NUMBERS:
            session = self._bridge.session
            origins = Origins(self._snapshot, session.bundle.credits, session.preferences.power_market)
            self.numbers.render_snapshot(self._snapshot, origins)
        else:
            self._render_sources(self._snapshot)

    def _render_sources(self, snapshot: Snapshot) -> None:
        states = self._bridge.source_states(self._sizes)
        chosen = self.table.current or self.detail.provider or (states[0].provider if states else "")
        self.table.sources.set_states(states, snapshot.now, offline=snapshot.offline)
        if self.table.current != chosen:  # rows were added or moved, one was switched on or off
            self.table.choose(chosen)
        self._show_detail()

    def _filter_sources(self, text: str) -> None:
        """Keep the source that is chosen, else choose the first that is left."""
        chosen = self.table.current or self.detail.provider
        self.table.sources.set_filter(text)
        shown = (self.table.sources.state(row) for row in range(self.table.sources.rowCount()))
        first = next((state.provider for state in shown if state is not None), "")
        if not self.table.choose(chosen) and first:
            self.table.choose(first)

    def showEvent(self, event: QShowEvent) -> None:
        """Measure anew what is kept."""
        super().showEvent(event)
        self._bridge.measure_replies()

    def _show_detail(self) -> None:
        state = self.table.sources.state(self.table.currentIndex().row())
        if state is not None and self._snapshot is not None:
            preferences = self._bridge.session.preferences
            chosen = [line.preference for line in LINES.get(state.provider, ())]
            self.detail.show_source(
                state,
                preferences.base_urls,
                offline=self._snapshot.offline,
                key=self.keys.state(state.provider),
                lines={name: getattr(preferences, name) for name in chosen},
            )

    def _on_chosen(self) -> None:
        """Show the source that was chosen; only of one that is on the keyring is asked: it may want to be unlocked."""
        self._show_detail()
        provider = self.detail.provider
        on = provider in self._bridge.session.preferences.sources_on
        if on and is_shown(provider) and self.keys.state(provider) == UNASKED:
            self.keys.look(provider)

    def _on_others_changed(self, providers: frozenset[str]) -> None:
        """Show what another program changed; of the source that is shown the keyring is asked once more."""
        self._again()
        if self.detail.provider in providers and self.isVisible():
            self._on_chosen()

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
        if self.isVisible() and sizes != self._sizes:  # whoever comes back has them measured anew
            self._sizes = sizes
            self._again()

    def _on_reply(self, provider: str, reply: LastReply | None) -> None:
        window = ReplyWindow(PROVIDERS[provider].label, reply, self)
        window.show()

    def _restyle(self, shown: Theme) -> None:
        self.table.sources.set_theme(shown)
        self.detail.set_theme(shown)
