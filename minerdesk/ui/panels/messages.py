"""The message area: slim bars above the content, each to be read, copied and dismissed; never a dialog."""

from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from minerdesk.errors import Severity
from minerdesk.ui.notices import Notice, Notices
from minerdesk.ui.panels.parts import Sign, plain_label
from minerdesk.ui.theme import BODY_PX, Appearance, Theme, icon

#: So many messages are shown at once; the others wait behind a button.
SHOWN = 1
_ICON_PX = 16
#: A refresh says several things: the window is laid out once for all of them, and not in the turn that shows values.
_TOGETHER_MS = 20

_ROLES = {Severity.ERROR: "cost", Severity.WARNING: "warning"}
_WORDS = {Severity.ERROR: "Error", Severity.WARNING: "Warning"}


class MessageBar(QFrame):
    """One message with its sign and the button that dismisses it."""

    def __init__(self, notice: Notice, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = notice
        self.setProperty("look", "card")
        self.setAccessibleName(f"{_WORDS[notice.severity]}: {notice.text}")
        self._sign = Sign(theme, _ICON_PX, self)
        self._sign.set_sign("warning", _ROLES[notice.severity])
        self.text = plain_label(BODY_PX, text=notice.text)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.dismiss = QToolButton()
        self.dismiss.setAutoRaise(True)
        self.dismiss.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.dismiss.setAccessibleName("Dismiss")
        self.dismiss.setAccessibleDescription(notice.text)
        self.dismiss.setToolTip("Dismiss")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 3, 4, 3)
        layout.addWidget(self._sign)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.dismiss)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Redraw in another theme."""
        self._sign.set_theme(theme)
        self.dismiss.setIcon(icon("cancel", theme, "muted", _ICON_PX))


class MessageArea(QWidget):
    """Shows what stands in `Notices`: errors, doubts, then the newest first; without any it takes no room."""

    def __init__(self, notices: Notices, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notices, self._appearance = notices, appearance
        self._bars: dict[Notice, MessageBar] = {}
        self.setAccessibleName("Messages")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.more = QPushButton()
        self.more.setFlat(True)
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_all)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        self._layout = QVBoxLayout()
        self._layout.setSpacing(4)
        across.addLayout(self._layout, 1)
        across.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)  # beside: a line of its own would cost the charts one
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_TOGETHER_MS)
        self._later.timeout.connect(self._rebuild)
        notices.changed.connect(self._later.start)
        appearance.changed.connect(self._restyle)
        self._rebuild()

    @property
    def bars(self) -> tuple[MessageBar, ...]:
        """Every bar from the top, those that wait behind the button included."""
        if self._later.isActive():
            self._rebuild()
        return tuple(self._bars.values())

    def _rebuild(self) -> None:
        """Keep the bars whose message still stands, make the missing ones, and order them."""
        self._later.stop()
        newest_first = reversed(self._notices.standing)
        wanted = sorted(newest_first, key=lambda notice: (notice.severity is not Severity.ERROR, not notice.pressing))
        old, self._bars = self._bars, {}
        for index, notice in enumerate(wanted):
            bar = old.pop(notice, None) or self._made(notice)
            self._bars[notice] = bar
            self._layout.insertWidget(index, bar)
        for gone in old.values():
            self._layout.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self._show_all(self.more.isChecked())
        if self.parentWidget() is not None or not wanted:  # shown without a parent it would be a window of its own
            self.setVisible(bool(wanted))

    def _made(self, notice: Notice) -> MessageBar:
        bar = MessageBar(notice, self._appearance.theme, self)
        bar.dismiss.clicked.connect(partial(self._dismiss, notice.key))
        return bar

    def _dismiss(self, key: str) -> None:
        self._notices.dismiss(key)
        self._rebuild()

    def _show_all(self, every: bool) -> None:
        for index, bar in enumerate(self._bars.values()):
            bar.setVisible(every or index < SHOWN)
        waiting = len(self._bars) - SHOWN
        self.more.setVisible(waiting > 0)
        self.more.setText("Show fewer" if every else f"and {waiting} more")

    def _restyle(self, theme: Theme) -> None:
        for bar in self._bars.values():
            bar.set_theme(theme)
