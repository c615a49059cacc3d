"""Asking the main window where a figure comes from: the one window that answers, and its ways to the page Data."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from minerdesk.provenance.resolve import Origins
from minerdesk.ui import whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.data import DataPanel
from minerdesk.ui.panels.origin import OriginWindow
from minerdesk.ui.whence import Asked


class Asking(QObject):
    """Opens one window, when it is first wanted; `seen` are the parts of the main one, in the order of the list."""

    def __init__(
        self, window: QWidget, bridge: Bridge, seen: Sequence[QWidget], data_page: Callable[[], DataPanel]
    ) -> None:
        super().__init__(window)
        self._window, self._bridge, self._seen, self._data_page = window, bridge, seen, data_page
        self.opened: OriginWindow | None = None

    def show(self, asked: Asked | None) -> None:
        """Show where a figure comes from, among all that are seen now; without one the first of these."""
        if self.opened is None:
            self.opened = OriginWindow(self._window)
            self.opened.view.source_asked.connect(self._leave_for_source)
            self.opened.view.number_asked.connect(self._leave_for_number)
        listed = [one for part in self._seen for link in whence.links_in(part) for one in link.listed()]
        self.opened.show_page(listed, asked, self._origins())
        self.opened.show()
        self.opened.activateWindow()

    def ask_focused(self) -> None:
        """Ask about the figure where the keyboard is, else show all that are seen."""
        focused = QApplication.focusWidget()
        link = whence.link_of(focused) if focused is not None and self._window.isAncestorOf(focused) else None
        self.show(next(iter(link.here()), None) if link is not None else None)

    def render(self) -> None:
        """Bring the open window up to date."""
        if self.opened is not None and self.opened.isVisible():
            self.opened.render_origins(self._origins())

    def _origins(self) -> Origins:
        session = self._bridge.session
        return Origins(self._bridge.snapshot, session.bundle.credits, session.preferences.power_market)

    def _leave_for_source(self, provider: str) -> None:
        self._close()
        self._data_page().show_source(provider)

    def _leave_for_number(self, name: str) -> None:
        self._close()
        self._data_page().show_number(name)

    def _close(self) -> None:
        if self.opened is not None:
            self.opened.close()
        self._window.activateWindow()
