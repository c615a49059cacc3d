"""Under the power price: what industry in a US state pays, by EIA with a key of one's own, to be used at a press."""

import threading

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.errors import MinerdeskError
from minerdesk.industry_price import USUAL_STATE, IndustryPrice, fetch, kept
from minerdesk.snapshot import Snapshot
from minerdesk.sources import eia
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.fieldparts import GAP_PX, MARGIN_PX, Note, quiet_button, rich
from minerdesk.ui.theme import Theme

POWER_PRICE, JOB = "power.price_usd_per_mwh", "industry price"
_WHAT = "A monthly mean of retail prices, delivery included, two or three months old. Not a market price."
_OFFLINE = "Offline mode is on: nothing is fetched."
_MOST_ROWS = 20


class IndustryRow(QWidget):
    """Shown while EIA is switched on. `used(float)` holds the price that is to be taken."""

    used = Signal(float)

    def __init__(self, bridge: Bridge, shown: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._theme = bridge, shown
        self._found: IndustryPrice | None = None
        self._was_read = False
        self._stop: threading.Event | None = None
        self.state, self.note = QComboBox(), Note(self)
        self.value = QLabel(self, textFormat=Qt.TextFormat.PlainText)
        self.state.setAccessibleName("State whose industrial power price is fetched")
        self.state.setMaxVisibleItems(_MOST_ROWS)
        for code, label in eia.STATES.items():
            self.state.addItem(label, code)
        self.state.setCurrentIndex(self.state.findData(USUAL_STATE))
        self.value.setProperty("look", "caption")
        self.value.setWordWrap(True)
        self.fetch_button = quiet_button("Fetch what industry in the state pays", self)
        self.fetch_button.setText("Fetch")
        self.use_button = quiet_button("Use the industrial price", self)
        self.use_button.setText("Use")
        self.use_button.setObjectName("use")
        self.use_button.setToolTip(rich(["Take it as the power price.", _WHAT]))
        self.fetch_button.clicked.connect(self._fetch)
        self.use_button.clicked.connect(self._use)
        self.state.activated.connect(lambda _row: self._fetch())
        bridge.network_off.connect(self._cancel)
        self._arrange()
        self.setFocusProxy(self.state)
        self.hide()

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show the figure with its month, state and age while the source is on."""
        is_on = eia.NAME in self._bridge.session.preferences.sources_on
        self.setVisible(is_on)
        if not is_on:
            return
        if not self._was_read:
            self._was_read = True
            folder, now = self._bridge.session.folders.cache, snapshot.now
            self._bridge.tasks.run(JOB, lambda progress, cancelled: kept(folder, now), self._show_kept)
        self.fetch_button.setEnabled(not snapshot.offline and not self._bridge.tasks.is_running(JOB))
        self.fetch_button.setToolTip(rich([_OFFLINE if snapshot.offline else "Ask EIA for the newest month.", _WHAT]))
        found = self._found
        self.use_button.setVisible(found is not None)
        self.use_button.setEnabled(found is not None and snapshot.values[POWER_PRICE] != found.usd_per_mwh)
        if found is None:
            self.value.setText("Industrial price by EIA: none fetched yet")
            self.note.say("", self._theme)
            return
        price = words.with_unit(words.figure(found.usd_per_mwh, 2), "$/MWh")
        self.value.setText(f"Industry in {found.words}: {price}")
        self.note.say(f"EIA, fetched {words.age(snapshot.now - found.fetched_at)} ago", self._theme, icon="clock")
        self.setToolTip(rich([_WHAT]))

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = shown
        self.note.restyle(shown)

    def _arrange(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.state, 1)
        first.addWidget(self.fetch_button)
        second.addWidget(self.note, 1, Qt.AlignmentFlag.AlignVCenter)
        second.addStretch(0)
        second.addWidget(self.use_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN_PX + GAP_PX, 0, 4, 0)
        layout.setSpacing(2)
        layout.addLayout(first)
        layout.addWidget(self.value)
        layout.addLayout(second)

    def _show_kept(self, found: IndustryPrice | None) -> None:
        if found is not None and self._found is None:
            self._show(found)

    def _show(self, found: IndustryPrice) -> None:
        self._found = found
        with QSignalBlocker(self.state):
            self.state.setCurrentIndex(self.state.findData(found.state))
        self.render_snapshot(self._bridge.snapshot)

    def _fetch(self) -> None:
        session, now = self._bridge.session, self._bridge.snapshot.now
        if session.desk.offline:
            return
        client, folder, state = session.client(), session.folders.cache, str(self.state.currentData())
        self._stop = stop = threading.Event()
        self._bridge.tasks.run(
            JOB,
            lambda progress, cancelled: fetch(client, folder, state, now=now, cancel=stop),
            self._show,
            self._on_failed,
        )
        self.fetch_button.setEnabled(False)

    def _on_failed(self, error: BaseException) -> None:
        if not isinstance(error, MinerdeskError):
            raise error
        self._bridge.failed.emit(error)
        self.render_snapshot(self._bridge.snapshot)

    def _cancel(self) -> None:
        if self._stop is not None:
            self._stop.set()

    def _use(self) -> None:
        if self._found is not None:
            self.used.emit(self._found.usd_per_mwh)
