"""GPU rental rates on the network's page: every source's rate of every GPU side by side, and one taken as the input."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from minerdesk import words
from minerdesk.gpu_report import CAUTION, RateLine, credits_words, headline, rate_lines, record_at, unknown_words
from minerdesk.ui import theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.deck.frame import Deck
from minerdesk.ui.fieldparts import rich
from minerdesk.ui.panels.deck_tables import ShownTable, Tables
from minerdesk.ui.panels.parts import FittingLabel
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.theme import CAPTION_PX, Appearance, Theme

GPU_RATE = "gpu.rate_usd_per_gpu_hour"
_HEADER = (
    "GPU",
    "Rate\n$/GPU-h",
    "Quartiles\n$/GPU-h",
    "Offers",
    "Sellers",
    "What it is",
    "As of\n(UTC)",
    "State",
    "Source, licence",
    "Note",
)
_WEIGHTS = (1.35, 0.88, 1.1, 0.72, 0.76, 1.65, 1.0, 1.3, 1.95, 1.65)
#: A licence that is longer is a seller's own terms: the table for files has them whole.
_SHORT = 12
_RIGHT = (1, 2, 3, 4)


class RatesView(Tables):
    """The rates of every source, none pooled into another's; the selected one may be used as the GPU rate."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._lines: Sequence[RateLine] = ()
        self.table = ShownTable("GPU rental rates by source, as a table", _WEIGHTS, wraps=True)
        self.table.setSelectionMode(CellsView.SelectionMode.SingleSelection)
        self.use = QToolButton()
        self.use.setText("Use as GPU rate")
        self.use.setAccessibleName("Use the selected rate as GPU rate")
        self.use.setAutoRaise(True)
        self.use.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.use.setIconSize(QSize(16, 16))
        self.use.clicked.connect(self._use)
        self.said = FittingLabel(CAPTION_PX, "muted")
        self.bar.addWidget(self.use)
        self.bar.addWidget(self.said, 1)
        self.add_table(self.table)
        self.link("rates", self.said)
        self.table.selectionModel().selectionChanged.connect(self._follow_selection)
        self.restyle(appearance.theme)

    def show_deck(self, deck: Deck) -> None:
        """Show what had been told by then."""
        snapshot, as_of = deck.snapshot, deck.view.as_of
        chosen = self._chosen()
        self._lines = rate_lines(snapshot, as_of)
        self.table.show_rows(_HEADER, [_row(line, deck) for line in self._lines], _RIGHT)
        told = (CAUTION, credits_words(snapshot, as_of), unknown_words(record_at(snapshot, as_of)))
        self.caption.setText(" ".join(filter(None, told)))
        sentence = headline(snapshot, as_of)
        self.said.set_variants(f"{sentence}.", sentence.split(" over ", 1)[0])
        self._choose(chosen)
        self._follow_selection()

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self.use.setIcon(theme.icon("pencil", shown))

    def _chosen(self) -> RateLine | None:
        rows = self.table.selectionModel().selectedRows()
        return self._lines[rows[0].row()] if rows and rows[0].row() < len(self._lines) else None

    def _choose(self, line: RateLine | None) -> None:
        """Keep the selection where the same GPU of the same source still stands."""
        if line is not None:
            same = [row for row, one in enumerate(self._lines) if (one.gpu, one.source) == (line.gpu, line.source)]
            if same:
                self.table.selectRow(same[0])

    def _follow_selection(self) -> None:
        line = self._chosen()
        self.use.setEnabled(line is not None)
        told = "Select a rate to take it as the GPU rate."
        if line is not None:
            rate = words.with_unit(words.figure(line.usd_per_gpu_hour, 2), "$/GPU-h")
            told = (
                f"Take {rate} ({line.label}, {line.source_label}) as the GPU rate. A list price is no revenue; "
                "draw and capital of your inputs stay as they are."
            )
        self.use.setToolTip(rich([told]))

    def _use(self) -> None:
        line = self._chosen()
        if line is not None:
            self._bridge.edit(GPU_RATE, round(line.usd_per_gpu_hour, 4))


def _row(line: RateLine, deck: Deck) -> list[str]:
    span = ""
    if line.low is not None and line.high is not None:
        span = f"{words.figure(line.low, 2)}–{words.figure(line.high, 2)}"
    age = words.age(max(deck.view.moment - line.as_of, deck.view.moment - deck.view.moment))
    return [
        line.label,
        words.figure(line.usd_per_gpu_hour, 2),
        span or words.NOTHING,
        words.figure(line.offers),
        words.figure(line.sellers),
        f"{line.kind}, {line.cadence}",
        words.day(line.as_of),
        f"expired · {age}" if line.is_expired else f"{line.state.value} · {age}",
        ", ".join(filter(None, (line.source_label, line.licence if len(line.licence) <= _SHORT else "own terms"))),
        line.detail or words.NOTHING,
    ]
