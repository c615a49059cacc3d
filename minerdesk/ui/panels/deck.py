"""The page of the network: linked charts and figures, epochs, January 2026, published values; now or at a past day."""

from datetime import date, timedelta
from functools import partial

from PySide6.QtCore import QDate, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDateEdit,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk import words
from minerdesk.economics.security_declarations import DECK
from minerdesk.economics.trend import NetworkTrend
from minerdesk.network_report import end_of_day, network_view
from minerdesk.snapshot import Snapshot, Trends
from minerdesk.ui import theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.deck.frame import Deck
from minerdesk.ui.panels.deck_charts import DeckCharts
from minerdesk.ui.panels.deck_figures import DeckFigures
from minerdesk.ui.panels.deck_tables import CaseView, EpochsView, PublishedView, Tables
from minerdesk.ui.panels.gpu_rates import RatesView
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import SignedLine
from minerdesk.ui.render import DeckShown
from minerdesk.ui.theme import Appearance, Theme

CHARTS, EPOCHS, CASE, PUBLISHED, RATES = "charts", "epochs", "case", "published", "rates"
_TITLES = {CHARTS: "Charts", EPOCHS: "Epochs", CASE: "January 2026", PUBLISHED: "Published values", RATES: "GPU rates"}
_FIRST_DAY, _PROPOSED = date(2010, 7, 19), date(2026, 1, 16)
_FIGURES_FROM_PX = 880
#: The trend of now is derived anew when this much time has passed, or when the observations change.
_RENEW_AFTER = timedelta(minutes=10)


class DeckPanel(PagePanel):
    """Bar with the views and the time machine, then the view that is chosen."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot: Snapshot | None = None
        self._derived: tuple[Trends, date | None, NetworkTrend] | None = None
        self.deck: Deck | None = None
        self.charts = DeckCharts(bridge, appearance)
        self.figures = DeckFigures(bridge, appearance)
        self.tables: dict[str, Tables] = {
            EPOCHS: EpochsView(),
            CASE: CaseView(),
            PUBLISHED: PublishedView(bridge, appearance),
            RATES: RatesView(bridge, appearance),
        }
        self.replays = QCheckBox("&As of")
        self.day = QDateEdit()
        self.said = SignedLine(appearance.theme)
        self._views = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        self._stack = QStackedWidget()
        self._build()
        self._connect()
        appearance.changed.connect(self._restyle)
        self._restyle(appearance.theme)
        self.choose_view(CHARTS)

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        beside = QWidget()
        across = QHBoxLayout(beside)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme.SPACE_PX)
        across.addWidget(self.charts, 1)
        across.addWidget(self.figures)
        self._stack.addWidget(beside)
        for table in self.tables.values():
            self._stack.addWidget(table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._bar())
        scroll = QScrollArea()  # in a window smaller than the charts need, they scroll and are not squeezed
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._stack)
        layout.addWidget(scroll, 1)

    def _bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setSpacing(4)
        for name, title in _TITLES.items():
            button = QToolButton()
            button.setText(title)
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.clicked.connect(partial(self.choose_view, name))
            self._views.addButton(button)
            self._buttons[name] = button
            bar.addWidget(button)
        bar.addSpacing(theme.SPACE_PX)
        self.replays.setToolTip("Show everything as it was known at the end of a past day (UTC)")
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setCalendarPopup(True)
        self.day.setKeyboardTracking(False)
        self.day.setAccessibleName("Day to replay, UTC")
        self.day.setMinimumDate(_qdate(_FIRST_DAY))
        self.day.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.day.setEnabled(False)
        bar.addWidget(self.replays)
        bar.addWidget(self.day)
        bar.addWidget(self.said, 1)
        self.export = QToolButton()
        self.export.setText("Export…")
        self.export.setAutoRaise(True)
        self.export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.export.setIconSize(QSize(16, 16))
        self.export.setToolTip("Write the charts, or the tables behind them, to a file (Ctrl+E)")
        self.export.setAccessibleName("Export")
        bar.addWidget(self.export)
        return bar

    def _connect(self) -> None:
        self.replays.toggled.connect(self._on_replay)
        self.day.dateChanged.connect(self._on_day)
        self.export.clicked.connect(partial(self.export_asked.emit, DECK))
        self.charts.export_asked.connect(partial(self.export_asked.emit, DECK))
        self.charts.copy_asked.connect(partial(self.copy_asked.emit, DECK))
        for table in self.tables.values():
            table.replay_asked.connect(self.replay)

    def _restyle(self, shown: Theme) -> None:
        self.export.setIcon(theme.icon("export", shown))
        self.said.set_theme(shown)
        for table in self.tables.values():
            table.restyle(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the figures out where the charts need the room."""
        super().resizeEvent(event)
        self.figures.setVisible(self.width() >= _FIGURES_FROM_PX)

    # -- showing ------------------------------------------------------------------------------------------------------

    @property
    def as_of(self) -> date | None:
        """The day that is replayed, None for now."""
        return _pydate(self.day.date()) if self.replays.isChecked() else None

    def shown(self, name: str) -> DeckShown:
        """Return the charts with their views, and the day that is replayed."""
        del name
        return DeckShown(as_of=self.as_of, charts=self.charts.shown())

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot, as of now or as of the day that is replayed."""
        self._snapshot = snapshot
        last = snapshot.now.date() - timedelta(days=1)
        if self.day.maximumDate() != _qdate(last):
            with QSignalBlocker(self.day):
                self.day.setMaximumDate(_qdate(last))
                if not self.replays.isChecked():
                    self.day.setDate(_qdate(min(last, _PROPOSED)))
        view = network_view(snapshot, self.as_of, trend=self._trend(snapshot))
        self.deck = Deck(snapshot=snapshot, view=view)
        self._say()
        self._show()

    def _trend(self, snapshot: Snapshot) -> NetworkTrend:
        """Return the trend of the moment; one that was derived from the same series serves again."""
        as_of, trends = self.as_of, snapshot.trends
        if self._derived is not None and self._derived[0] is trends and self._derived[1] == as_of:
            trend = self._derived[2]
            if as_of is not None or abs(snapshot.now - trend.moment) < _RENEW_AFTER:
                return trend
        trend = NetworkTrend.of(trends.series, snapshot.now if as_of is None else end_of_day(as_of))
        self._derived = (trends, as_of, trend)
        return trend

    def _say(self) -> None:
        if self.as_of is None:
            self.said.say(("",))
            return
        day = words.day(self.as_of)
        self.said.say(
            (
                f"Replay: as known at the end of {day} (UTC). Inputs, and all above this page, are of today.",
                f"Replay: as known at the end of {day} (UTC).",
                f"Replay: {day}",
            ),
            role="warning",
            sign="clock",
        )

    def _show(self) -> None:
        """Draw the view that is seen; the others follow when they are."""
        if self.deck is None:
            return
        if self.view_name == CHARTS:
            self.charts.show_deck(self.deck)
            self.figures.show_deck(self.deck)
        else:
            self.tables[self.view_name].show_deck(self.deck)

    # -- choices ------------------------------------------------------------------------------------------------------

    @property
    def view_name(self) -> str:
        """The name of the view that is shown."""
        return next(name for name, button in self._buttons.items() if button.isChecked())

    def choose_view(self, name: str) -> None:
        """Show one of the views."""
        self._buttons[name].setChecked(True)
        self._stack.setCurrentIndex(list(_TITLES).index(name))
        for view in self._stack.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            seen = view is self._stack.currentWidget()  # the page is as tall as what is seen, not as its tallest view
            tall = QSizePolicy.Policy.Preferred if seen else QSizePolicy.Policy.Ignored
            view.setSizePolicy(QSizePolicy.Policy.Preferred, tall)
        self._show()

    def replay(self, day: date | None) -> None:
        """Show everything as it was known at the end of a day; None goes back to now."""
        with QSignalBlocker(self.replays), QSignalBlocker(self.day):
            self.replays.setChecked(day is not None)
            self.day.setEnabled(day is not None)
            if day is not None:
                self.day.setDate(_qdate(day))
        self._again()

    def _on_replay(self, replays: bool) -> None:
        self.day.setEnabled(replays)
        self._again()

    def _on_day(self) -> None:
        if self.replays.isChecked():
            self._again()

    def _again(self) -> None:
        if self._snapshot is not None:
            self.render_snapshot(self._snapshot)


def _qdate(day: date) -> QDate:
    return QDate(day.year, day.month, day.day)


def _pydate(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())
