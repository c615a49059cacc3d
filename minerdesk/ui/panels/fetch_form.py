"""The dialog that fetches a power market: which, how far back and from whom; or what is kept of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.market_prices import Kept
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.markets import PLACES, Place, places
from minerdesk.sources.pieces import Feed
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.theme import CAPTION_PX

USUAL_ZONE = "DE-LU"
_SPANS = {"The last 3 months": 91, "The last 12 months": 365, "The last 24 months": 730}
_PIECES = "Fetched in pieces, a few seconds each; kept on this computer for times offline."
_FOR_GOOD = (
    "It keeps no more than that: every fetch is added to what is kept on this computer, for good. Once fetched, it is "
    "fetched again by itself while the program runs."
)
_OFFLINE = "Offline mode is on: nothing is fetched. Switch it off under Data, or use prices that are kept."
_LEAST_PX, _MOST_ROWS = 520, 20


class FetchForm(QDialog):
    """Asks for a market.

    `fetch_asked(str, int, str)` holds its key, days and who is asked first, `kept_asked(PriceSeries)` what is kept.
    """

    fetch_asked = Signal(str, int, str)
    kept_asked = Signal(object)

    def __init__(
        self,
        kept: Kept,
        now: datetime,
        *,
        offline: bool,
        on: Collection[str] = (),
        order: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kept, self._now, self._on, self._offline = kept, now, on, offline
        self._order = tuple(order)
        self.setWindowTitle("Fetch a power market")
        self.setMinimumWidth(_LEAST_PX)
        self.group, self.zone, self.span, self.source = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self._offered = {place.key: place for place in (*places(on), *(PLACES[key] for key in kept.series))}
        self.group.addItems(list(dict.fromkeys(p.group for p in PLACES.values() if p.key in self._offered)))
        form = QFormLayout()
        for text, box in (("&Markets", self.group), ("&Zone", self.zone), ("&Span", self.span), ("&From", self.source)):
            box.setMaxVisibleItems(_MOST_ROWS)
            form.addRow(text, box)
        self.state, self.note = plain_label(CAPTION_PX, "muted"), plain_label(CAPTION_PX, "muted")
        refused = plain_label(CAPTION_PX, "cost", " ".join([*([_OFFLINE] if offline else []), *kept.problems]))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.fetch_button = buttons.addButton("&Fetch", QDialogButtonBox.ButtonRole.AcceptRole)
        self.kept_button = buttons.addButton("Use the &kept", QDialogButtonBox.ButtonRole.ActionRole)
        buttons.accepted.connect(self._fetch)
        buttons.rejected.connect(self.reject)
        self.kept_button.clicked.connect(self._use_kept)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        for line in (self.state, self.note, refused):
            line.setWordWrap(True)
            layout.addWidget(line)
        refused.setVisible(bool(refused.text()))
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.group.currentIndexChanged.connect(lambda _row: self._fill_zones(""))
        self.zone.currentIndexChanged.connect(lambda _row: self._fill_rest())
        self.source.currentIndexChanged.connect(lambda _row: self._describe())
        self.choose(self._first_shown())

    def choose(self, key: str) -> None:
        """Show a market."""
        with QSignalBlocker(self.group):
            self.group.setCurrentText(self._offered[key].group)
        self._fill_zones(key)

    def _first_shown(self) -> str:
        """Return what was fetched last, else the usual market."""
        fetched = {key: series.fetched_at for key, series in self._kept.series.items() if series.fetched_at is not None}
        return max(fetched, key=lambda key: fetched[key]) if fetched else USUAL_ZONE

    @property
    def _place(self) -> Place:
        return self._offered[str(self.zone.currentData())]

    def _fill_zones(self, key: str) -> None:
        with QSignalBlocker(self.zone):
            self.zone.clear()
            for place in PLACES.values():
                if place.key in self._offered and place.group == self.group.currentText():
                    self.zone.addItem(f"{place.label} ({place.key})", place.key)
            self.zone.setCurrentIndex(max(0, self.zone.findData(key)))
        self._fill_rest()

    def _fill_rest(self) -> None:
        """Offer the spans and the providers of the market, and say what is kept of it."""
        place, before = self._place, self.span.currentIndex()
        spans = _SPANS if place.window_days is None else {_window_words(place.window_days): place.window_days}
        self.span.clear()
        for text, days in spans.items():
            self.span.addItem(text, days)
        self.span.setCurrentIndex(before if 0 <= before < len(spans) and len(spans) > 1 else len(spans) // 2)
        self.span.setEnabled(len(spans) > 1)
        feeds = place.asked(self._on, self._order)
        with QSignalBlocker(self.source):
            self._fill_sources(place, feeds)
        self.source.setEnabled(len(feeds) > 1)
        self.fetch_button.setEnabled(bool(feeds) and not self._offline)
        self.fetch_button.setDefault(self.fetch_button.isEnabled())
        self._describe()
        self._say()

    def _fill_sources(self, place: Place, feeds: tuple[Feed, ...]) -> None:
        self.source.clear()
        for feed in feeds:
            asked = place.asked(self._on, (feed.provider, *self._order))
            order = [PROVIDERS[other.provider].label for other in asked]
            self.source.addItem(", then ".join([order[0], ", ".join(order[1:])] if order[1:] else order), feed.provider)

    def _describe(self) -> None:
        """Describe what the provider asked first gives."""
        chosen = self._place.asked(self._on, (str(self.source.currentData() or ""),)) or self._place.feeds
        self.note.setText(_note(self._place, chosen[0]))

    def _say(self) -> None:
        """Say what is kept of the market, and how old it is."""
        found = self._kept.series.get(self._place.key)
        self.kept_button.setEnabled(found is not None)
        if found is None or found.fetched_at is None:
            self.state.setText("Nothing is kept of this market yet.")
            return
        who = f" {found.name.removesuffix(self._place.key).strip()}’s" if found.name else ""
        self.state.setText(
            f"Kept:{who} prices, {found.span_words}, fetched {words.age(self._now - found.fetched_at)} ago."
        )

    def _fetch(self) -> None:
        self.fetch_asked.emit(self._place.key, int(self.span.currentData()), str(self.source.currentData() or ""))
        self.accept()

    def _use_kept(self) -> None:
        self.kept_asked.emit(self._kept.series[self._place.key])
        self.accept()


def _window_words(days: int) -> str:
    return "All that the provider keeps, " + ("the last 24 hours" if days == 1 else f"up to the last {days} days")


def _note(place: Place, feed: Feed) -> str:
    """Say what the prices of a market are, and on which terms its provider gives them."""
    fine = f": {feed.days_words}" if feed.days_words else ""
    declared = PROVIDERS[feed.provider]
    return (
        f"{place.kind.capitalize()} prices in {place.currency}/MWh{fine}. "
        f"Terms of {declared.label}: {declared.licence}. {_PIECES if feed.window_days is None else _FOR_GOOD}"
    )
