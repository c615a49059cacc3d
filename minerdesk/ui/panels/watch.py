"""The page of the watch-list: its rules with thresholds to type and their history, and every change of state."""

from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk.economics.schema import FIELDS
from minerdesk.economics.watch_declarations import PAGE
from minerdesk.snapshot import Snapshot
from minerdesk.ui import theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.model import RANGES
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import FittingLabel, plain_label, set_look, tip
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.panels.watch_table import WatchTable
from minerdesk.ui.theme import Appearance, Theme
from minerdesk.ui.watch_figures import Watched, Watcher, history_cells, strips

VENUE = "watch.interest_venue"
#: Headings of one line.
_HEADER_PX = 26


class WatchPanel(PagePanel):
    """Rules over changes."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._watcher = Watcher()
        self._watched: Watched | None = None
        prefs = bridge.session.preferences
        self._span = prefs.watch_range if prefs.watch_range in RANGES else "3Y"
        self.table = WatchTable(appearance.theme)
        self.changes = CellsView("Every change of state, the newest first")
        self.headline = FittingLabel(theme.BODY_PX, "title")
        self.said = plain_label(theme.CAPTION_PX, "warning")
        self.caption = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.caption.setProperty("look", "caption")
        self.venue = QComboBox()
        self.notify = QCheckBox("&Notify me of a change")
        self._tools: list[tuple[QToolButton, str]] = []
        self._build(prefs.watch_notify)
        self.table.typed.connect(bridge.edit)
        self.table.said.connect(self._say)
        bridge.refused.connect(lambda error: self._say(error.message))
        appearance.changed.connect(self._restyle)
        self._restyle(appearance.theme)
        for line in (self.headline, self.caption):
            whence.link(line, PAGE, "headline")
        whence.link_table(self.table, PAGE, self.table.entry)
        whence.link_table(self.changes, "changes")

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self, notify: bool) -> None:
        rules, past = _card(), _card()
        above = QVBoxLayout(rules)
        above.setContentsMargins(1, 6, 1, 6)
        above.setSpacing(4)
        head = QHBoxLayout()
        head.setContentsMargins(11, 0, 11, 0)
        head.addWidget(self.headline, 1)
        head.addWidget(self.said)
        foot = QHBoxLayout()
        foot.setContentsMargins(11, 0, 11, 0)
        foot.addWidget(self.caption)
        above.addLayout(head)
        above.addWidget(self.table, 1)
        above.addLayout(foot)
        below = QVBoxLayout(past)
        below.setContentsMargins(1, 1, 1, 1)
        below.addWidget(self.changes)
        self.changes.horizontalHeader().setFixedHeight(_HEADER_PX)
        down = QSplitter(Qt.Orientation.Vertical)
        down.setChildrenCollapsible(False)
        down.setHandleWidth(theme.SPACE_PX)
        down.addWidget(rules)
        down.addWidget(past)
        down.setSizes([376, 90])
        down.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._bar(notify))
        layout.addWidget(down, 1)

    def _bar(self, notify: bool) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setSpacing(4)
        group = QButtonGroup(self)
        for name in RANGES:
            button = self._tool("", name, f"Show {name if name != 'All' else 'the whole history'}")
            button.setCheckable(True)
            button.setChecked(name == self._span)
            button.clicked.connect(partial(self._set_range, name))
            group.addButton(button)
            bar.addWidget(button)
        field = FIELDS[VENUE]
        label = QLabel("&Open interest of")
        label.setProperty("look", "muted")
        label.setBuddy(self.venue)
        self.venue.setAccessibleName("Whose open interest is judged")
        self.venue.setToolTip(tip(field.help))
        for choice in field.choices:
            self.venue.addItem(choice.label, choice.value)
            self.venue.setItemData(self.venue.count() - 1, tip(choice.help), Qt.ItemDataRole.ToolTipRole)
        self.venue.activated.connect(lambda _: self._bridge.edit(VENUE, str(self.venue.currentData())))
        self.notify.setToolTip("A message on the desktop when a rule changes its state while minerdesk runs")
        self.notify.setChecked(notify)
        self.notify.toggled.connect(lambda on: self._bridge.prefer(watch_notify=on))
        export = self._tool("export", "Export…", "Write the history or its data to a file")
        export.clicked.connect(partial(self.export_asked.emit, PAGE))
        bar.addSpacing(theme.SPACE_PX)
        for widget in (label, self.venue):
            bar.addWidget(widget)
        bar.addSpacing(theme.SPACE_PX)
        bar.addWidget(self.notify)
        bar.addStretch(1)
        bar.addWidget(export)
        return bar

    def _tool(self, icon: str, text: str, hint: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAutoRaise(True)
        button.setToolTip(hint)
        button.setAccessibleName(text.rstrip("…") if icon else hint)
        if icon:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIconSize(QSize(16, 16))
            self._tools.append((button, icon))
        return button

    # -- showing ------------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot; the rules are judged anew only where something that they hang on changed."""
        watched = self._watcher.watched(snapshot)
        if watched is self._watched:
            return
        self._watched = watched
        self.table.lines.show_list(watched.found, snapshot)
        self.table.setMinimumHeight(min(self.table.whole_px, 160))
        self.table.setMaximumHeight(self.table.whole_px)
        self.venue.setCurrentIndex(self.venue.findData(snapshot.values[VENUE]))
        self.changes.cells.set_table(*history_cells(watched.found))
        self._draw()

    def shown(self, name: str) -> str:
        """Return the range of the history."""
        del name
        return self._span

    def _draw(self) -> None:
        if self._watched is not None:
            spec = strips(self._watched, span=self._span)
            self.table.show_spec(spec)
            self.table.setAccessibleDescription(spec.summary)
            self.headline.set_variants(spec.title)
            self.caption.setText(spec.caption)

    def _say(self, text: str) -> None:
        """Say why a threshold was refused, or what is odd about it."""
        self.said.setText(text)
        set_look(self.said, "warning")

    def _restyle(self, shown: Theme) -> None:
        self.table.set_theme(shown)
        for button, icon in self._tools:
            button.setIcon(theme.icon(icon, shown))

    # -- choices ------------------------------------------------------------------------------------------------------

    def _set_range(self, name: str) -> None:
        self._span = name
        self._bridge.prefer(watch_range=name)
        self._draw()


def _card() -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    return frame
