"""The dialog that fetches day-ahead prices: zone and span, or what is kept of a zone."""

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.day_ahead import Kept
from minerdesk.sources.energy_charts import ZONES
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.theme import CAPTION_PX

USUAL_ZONE = "DE-LU"
_SPANS = {"The last 3 months": 91, "The last 12 months": 365, "The last 24 months": 730}
_NOTE = (
    "Prices of the day-ahead auction in EUR/MWh, by energy-charts.info of Fraunhofer ISE. Each zone has its own "
    "licence, which stands under the picture. Fetched in pieces, a few seconds each; kept on this computer for times "
    "offline."
)
_OFFLINE = "Offline mode is on: nothing is fetched. Switch it off under Data, or use prices that are kept."
_LEAST_PX = 460


class FetchForm(QDialog):
    """Asks for a zone. `fetch_asked(str, int)` holds zone and days, `kept_asked(PriceSeries)` what is kept of it."""

    fetch_asked = Signal(str, int)
    kept_asked = Signal(object)

    def __init__(self, kept: Kept, now: datetime, *, offline: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept, self._now = kept, now
        self.setWindowTitle("Fetch day-ahead prices")
        self.setMinimumWidth(_LEAST_PX)
        self.zone, self.span = QComboBox(), QComboBox()
        for code, label in sorted(ZONES.items(), key=lambda item: item[1]):
            self.zone.addItem(f"{label} ({code})", code)
        self.zone.setMaxVisibleItems(len(ZONES))
        self.zone.setCurrentIndex(self.zone.findData(next(iter(kept.series), USUAL_ZONE)))
        for text, days in _SPANS.items():
            self.span.addItem(text, days)
        self.span.setCurrentIndex(1)
        form = QFormLayout()
        form.addRow("&Zone", self.zone)
        form.addRow("&Span", self.span)
        self.state = plain_label(CAPTION_PX, "muted")
        note = plain_label(CAPTION_PX, "muted", _NOTE)
        refused = plain_label(CAPTION_PX, "cost", " ".join([*([_OFFLINE] if offline else []), *kept.problems]))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.fetch_button = buttons.addButton("&Fetch", QDialogButtonBox.ButtonRole.AcceptRole)
        self.kept_button = buttons.addButton("Use the &kept", QDialogButtonBox.ButtonRole.ActionRole)
        self.fetch_button.setEnabled(not offline)
        self.fetch_button.setDefault(not offline)
        buttons.accepted.connect(self._fetch)
        buttons.rejected.connect(self.reject)
        self.kept_button.clicked.connect(self._use_kept)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        for line in (self.state, note, refused):
            line.setWordWrap(True)
            layout.addWidget(line)
        refused.setVisible(bool(refused.text()))
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.zone.currentIndexChanged.connect(self._say)
        self._say()

    def _say(self) -> None:
        """Say what is kept of the zone, and how old it is."""
        found = self._kept.series.get(str(self.zone.currentData()))
        self.kept_button.setEnabled(found is not None)
        if found is None or found.fetched_at is None:
            self.state.setText("Nothing is kept of this zone yet.")
            return
        self.state.setText(f"Kept: {found.span_words}, fetched {words.age(self._now - found.fetched_at)} ago.")

    def _fetch(self) -> None:
        self.fetch_asked.emit(str(self.zone.currentData()), int(self.span.currentData()))
        self.accept()

    def _use_kept(self) -> None:
        self.kept_asked.emit(self._kept.series[str(self.zone.currentData())])
        self.accept()
