"""Tells on the desktop when a rule of the watch-list changes its state. Off until the user asks for it."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QSystemTrayIcon

from minerdesk.errors import Severity
from minerdesk.snapshot import Snapshot
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.notices import Notices
from minerdesk.ui.watch_figures import Watcher

TITLE = "minerdesk watch-list"
KEY = "watch"
_SHOWN_MS = 20_000

#: Shows a message on the desktop; False if this desktop can't.
Tell = Callable[[str, str], bool]


class Alerts(QObject):
    """Compares the rules' states with those that were told last, which are kept between runs.

    Only what the data changed is told: an edit of a threshold or of the leases is the user's own doing, and a replay is
    no news. A desktop without notifications gets a line in the window.
    """

    def __init__(
        self, bridge: Bridge, notices: Notices, icon: QIcon, *, tell: Tell | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge, self._notices, self._icon = bridge, notices, icon
        self._watcher = Watcher()
        self._tray: QSystemTrayIcon | None = None
        self._tell = tell or self._tell_by_tray
        self._judged_by: tuple[object, ...] | None = None
        bridge.changed.connect(self._look)

    def _look(self, snapshot: Snapshot) -> None:
        prefs = self._bridge.session.preferences
        if not prefs.watch_notify or snapshot.replaying:
            self._judged_by = None
            if self._tray is not None:
                self._tray.hide()
            return
        found = self._watcher.watched(snapshot).found
        states = {rule.name: rule.state.value for rule in found.rules}
        judged_by = (snapshot.inputs.watch, snapshot.tables.get("deals", ()))
        own_doing = self._judged_by is not None and judged_by != self._judged_by
        self._judged_by = judged_by
        before = prefs.watch_states
        if states == before:
            return
        self._bridge.prefer(watch_states=states)
        changed = [
            f"{rule.label}: {rule.state.value}, was {before[rule.name]}"
            for rule in found.rules
            if rule.name in before and rule.state.value != before[rule.name]
        ]
        if changed and not own_doing and not self._tell(TITLE, "\n".join(changed)):
            self._notices.post(f"Watch-list. {'; '.join(changed)}.", key=KEY, severity=Severity.WARNING)

    def _tell_by_tray(self, title: str, text: str) -> bool:
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            return False
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._icon, self)
            self._tray.setToolTip(TITLE)
        self._tray.show()
        self._tray.showMessage(title, text, self._icon, _SHOWN_MS)
        return True
