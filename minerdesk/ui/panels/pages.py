"""The pages of the window under the result: one tab each, built when first shown, drawn only while it is seen."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from minerdesk.snapshot import Snapshot


class PagePanel(QWidget):
    """A page: renders snapshots, and says which page for files and clipboard its user asks for.

    Signals
    -------
    copy_asked(str), export_asked(str)
        The name of a page of `render.PAGES`.
    """

    copy_asked = Signal(str)
    export_asked = Signal(str)

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        raise NotImplementedError

    def seen(self, tab: str) -> str:
        """Return the page of an export that shows what is seen on the page of a tab; usually it has the same name."""
        return tab

    def forget_typing(self) -> None:
        """Give up what is half typed or refused: another scenario lies on the desk."""

    def shown(self, name: str) -> object:
        """Return what the export of the page `name` needs to show the same; None: the snapshot is enough."""
        del name
        return None


class Pages(QWidget):
    """Tabs over a stack. `page_changed(str)` names the page that is shown."""

    page_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._factories: dict[str, Callable[[], PagePanel]] = {}
        self._built: dict[str, PagePanel] = {}
        self._snapshot: Snapshot | None = None
        self._stale: set[str] = set()
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Pages")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self._stack = QStackedWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.tabs)
        layout.addWidget(self._stack, 1)
        self.tabs.currentChanged.connect(self._show)

    def add(self, name: str, title: str, factory: Callable[[], PagePanel]) -> None:
        """Add a page; `factory` is called when it is first shown."""
        self._factories[name] = factory
        index = self.tabs.addTab(title)
        self.tabs.setTabData(index, name)
        self.tabs.setVisible(self.tabs.count() > 1)

    @property
    def current(self) -> str:
        """The name of the page that is shown."""
        return str(self.tabs.tabData(self.tabs.currentIndex()))

    def page(self, name: str) -> PagePanel:
        """Return a page, built now if it has not been yet.

        Raises
        ------
        KeyError
            There is no such page.
        """
        if name not in self._built:
            widget = self._factories[name]()
            self._built[name] = widget
            self._stack.addWidget(widget)
            self._stale.add(name)
        return self._built[name]

    def shown(self, name: str) -> object:
        """Return what a page shows, as its exports need it; None if it has not been built."""
        return self._built[name].shown(name) if name in self._built else None

    def choose(self, name: str) -> None:
        """Show a page; an unknown name shows the first."""
        names = list(self._factories)
        self.tabs.setCurrentIndex(names.index(name) if name in names else 0)

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot on the page that is seen; the others take it when they are."""
        self._snapshot = snapshot
        self._stale = set(self._built)
        self._render(self.current)

    def forget_typing(self) -> None:
        """Give up what is half typed or refused on any page."""
        for panel in self._built.values():
            panel.forget_typing()

    def _show(self, index: int) -> None:
        name = str(self.tabs.tabData(index))
        if name not in self._factories:
            return
        self._stack.setCurrentWidget(self.page(name))
        self._render(name)
        self.page_changed.emit(name)

    def _render(self, name: str) -> None:
        if self._snapshot is None or name not in self._factories:
            return
        shown = self.page(name)
        if name in self._stale:
            self._stale.discard(name)
            shown.render_snapshot(self._snapshot)
