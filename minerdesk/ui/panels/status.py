"""The status bar: every source with its state and age, how a refresh is going, and the button that starts one."""

from itertools import accumulate

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QToolButton, QWidget

from minerdesk.snapshot import Snapshot
from minerdesk.sources.topics import TOPICS
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.parts import FittingLabel, tip
from minerdesk.ui.panels.provenance import SourceSummary, sources
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, SPACE_PX, Appearance, Theme, font, icon

_ICON_PX, _BAR_PX, _DOING_PX, _HEIGHT_PX = 14, 110, 190, 26
_GAP_PX = 2

#: A refresh that is over sooner than this shows no progress bar.
SHOW_AFTER_MS = 500

_LABELS = {topic.name: topic.label for topic in TOPICS}


class SourceRow(QWidget):
    """A button for every source, with as many words as there is room for; where even names don't fit, a count.

    `asked(str)` is emitted with the label of the one that is pressed; the count has none.
    """

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._variants: list[tuple[str, ...]] = []
        self._signs: list[tuple[str, str]] = []
        self._labels: dict[QToolButton, str] = {}
        self.buttons: list[QToolButton] = []
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._rest = self._made_button()
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_GAP_PX)
        self._layout.addWidget(self._rest)
        self._layout.addStretch(1)

    def show_sources(self, summaries: list[SourceSummary], snapshot: Snapshot) -> None:
        """Show sources, one button each."""
        while len(self.buttons) < len(summaries):
            button = self._made_button()
            self._layout.insertWidget(len(self.buttons), button)
            self.buttons.append(button)
        while len(self.buttons) > len(summaries):
            gone = self.buttons.pop()
            self._labels.pop(gone, None)
            gone.hide()
            gone.deleteLater()
        now = snapshot.now
        self._variants, self._signs = [], []
        for button, summary in zip(self.buttons, summaries, strict=True):
            said = summary.standing(now)
            self._labels[button] = summary.label
            self._variants.append((f"{summary.label} {said.text}", f"{summary.label} {said.brief}", summary.label))
            self._signs.append((said.icon, said.role))
            button.setAccessibleName(f"{summary.label}, {said.text}")
            button.setToolTip(tip(summary.explained(now)))
        self.set_theme(self._theme)
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        """Redraw the signs in another theme."""
        self._theme = theme
        for button, (name, role) in zip(self.buttons, self._signs, strict=True):
            button.setIcon(icon(name, theme, role, _ICON_PX))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose anew how much is said."""
        super().resizeEvent(event)
        self._fit()

    def _made_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setAutoRaise(True)
        button.setFont(font(CAPTION_PX))
        button.setIconSize(QSize(_ICON_PX, _ICON_PX))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFixedHeight(_HEIGHT_PX - 4)
        button.clicked.connect(lambda: self.asked.emit(self._labels.get(button, "")))
        return button

    def _fit(self) -> None:
        """Say as much as fits: everything, names with ages, names, or the first names and a count of the rest."""
        if not self.buttons:
            self._rest.hide()
            return
        metrics, room, first = QFontMetrics(font(CAPTION_PX)), self.width(), self.buttons[0]
        first.setText(first.text() or self._variants[0][0])  # an empty button has other margins
        around = first.sizeHint().width() - metrics.horizontalAdvance(first.text()) + _GAP_PX  # sign, margins, frame

        def width(text: str) -> int:
            return metrics.horizontalAdvance(text) + around

        def widths(level: int) -> list[int]:
            return [width(texts[level]) for texts in self._variants]

        level = next((level for level in range(3) if sum(widths(level)) <= room), 2)
        needed = widths(level)
        shown = len(needed)
        if sum(needed) > room:
            within = [end <= room - width("+99") for end in accumulate(needed)]
            shown = within.index(False)
        for index, (button, texts) in enumerate(zip(self.buttons, self._variants, strict=True)):
            button.setText(texts[level])
            button.setFixedWidth(needed[index] - _GAP_PX)
            button.setVisible(index < shown)
        hidden = len(needed) - shown
        self._rest.setVisible(hidden > 0)
        self._rest.setText(f"+{hidden}")
        self._rest.setAccessibleName(f"{hidden} more sources")
        self._rest.setToolTip("Show all sources")


class StatusPanel(QWidget):
    """What stands in the status bar. `source_asked(str)` names the source that was pressed, by its label."""

    source_asked = Signal(str)

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._offline = False
        self._busy = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT_PX)
        self.sources = SourceRow(appearance.theme)
        self.sources.asked.connect(self.source_asked)
        self.doing = FittingLabel()
        self.doing.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.doing.setFixedWidth(_DOING_PX)
        self.doing.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = QProgressBar()
        self.bar.setFixedSize(_BAR_PX, 12)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the refresh")
        self.cancel = _button("Cancel", "Stop the refresh; what it already got is kept")
        self.cancel.clicked.connect(self._stop)
        self.refresh = _button("Refresh", "Fetch everything now (F5)")
        self.refresh.clicked.connect(bridge.refresh)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_PX, 0, SPACE_PX, 0)
        layout.setSpacing(SPACE_PX)
        layout.addWidget(self.sources, 1)
        for widget in (self.doing, self.bar, self.cancel, self.refresh):
            layout.addWidget(widget)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SHOW_AFTER_MS)
        self._patience.timeout.connect(lambda: self._show_progress(True))
        self._show_progress(False)
        self._restyle(appearance.theme)
        appearance.changed.connect(self._restyle)
        bridge.refreshing.connect(self._on_refreshing)
        bridge.progressed.connect(self._on_progressed)

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        self.sources.show_sources(sources(snapshot), snapshot)
        self._offline = snapshot.offline
        self._allow()

    def _on_refreshing(self, busy: bool) -> None:
        self._busy = busy
        self.cancel.setEnabled(busy)
        self._allow()
        if busy:
            self._patience.start()
        else:
            self._patience.stop()
            self._show_progress(False)

    def _on_progressed(self, done: int, total: int, topic: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        if not self.cancel.isEnabled() and self._busy:
            return  # it is stopping, and says so
        last = _LABELS.get(topic, topic)
        count = f"{done} of {total} fetched"
        self.doing.set_variants(*((f"{count}: {last}", count) if last else (f"Fetching {total} quantities",)))

    def _stop(self) -> None:
        self.cancel.setEnabled(False)
        self.doing.set_variants("Stopping the refresh")
        self._bridge.cancel_refresh()

    def _allow(self) -> None:
        self.refresh.setEnabled(not self._offline and not self._busy)
        self.refresh.setToolTip("Offline mode is on: nothing is fetched" if self._offline else "Fetch everything (F5)")

    def _show_progress(self, shown: bool) -> None:
        for widget in (self.doing, self.bar, self.cancel):
            widget.setVisible(shown)

    def _restyle(self, theme: Theme) -> None:
        self.sources.set_theme(theme)
        self.refresh.setIcon(icon("refresh", theme, "text", _ICON_PX))
        self.cancel.setIcon(icon("cancel", theme, "text", _ICON_PX))


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setFont(font(BODY_PX))
    button.setFlat(True)
    button.setToolTip(tooltip)
    button.setFixedHeight(_HEIGHT_PX - 2)
    return button
