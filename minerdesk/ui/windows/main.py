"""The main window: arranges the panels, owns the menus, and joins bridge, document and messages."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QDockWidget, QFileDialog, QMainWindow, QMenu, QVBoxLayout, QWidget

from minerdesk.errors import Severity
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.refresh import Report
from minerdesk.store.recovery import Recovered
from minerdesk.ui import theme, whence
from minerdesk.ui.alerts import Alerts
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.document import SUFFIX, Document
from minerdesk.ui.notices import Notices
from minerdesk.ui.panels.charts import ChartsPanel
from minerdesk.ui.panels.data import NUMBERS, DataPanel
from minerdesk.ui.panels.deals import DealsPanel
from minerdesk.ui.panels.deck import DeckPanel
from minerdesk.ui.panels.fleet import FleetPanel
from minerdesk.ui.panels.indifference import IndifferencePanel
from minerdesk.ui.panels.inputs import InputsPanel
from minerdesk.ui.panels.messages import MessageArea
from minerdesk.ui.panels.pages import PagePanel, Pages
from minerdesk.ui.panels.plan import PlanPanel
from minerdesk.ui.panels.power import PowerPanel
from minerdesk.ui.panels.risk import RiskPanel
from minerdesk.ui.panels.sentence import Sentence
from minerdesk.ui.panels.status import StatusPanel
from minerdesk.ui.panels.strip import Strip
from minerdesk.ui.panels.watch import WatchPanel
from minerdesk.ui.theme import Appearance, Mode, Theme
from minerdesk.ui.whence import Asked
from minerdesk.ui.windows.about import AboutDialog
from minerdesk.ui.windows.asking import Asking
from minerdesk.ui.windows.backups import BackupOffers
from minerdesk.ui.windows.data_words import doubts_words, missing_words, old_data_words
from minerdesk.ui.windows.exporting import Exports
from minerdesk.ui.windows.preferences import PreferencesDialog
from minerdesk.ui.windows.questions import ask_about_changes, ask_about_recovery
from minerdesk.ui.windows.saves import Saves

LEAST_SIZE, FIRST_SIZE = QSize(820, 480), QSize(1_440, 900)
INPUTS_WIDTH_PX = 300
#: How long the status bar says what was done.
TOLD_MS = 8_000
FILE_FILTER = f"minerdesk scenario (*{SUFFIX})"


class MainWindow(QMainWindow):
    """The desk on screen."""

    def __init__(self, bridge: Bridge, document: Document, notices: Notices, appearance: Appearance) -> None:
        super().__init__()
        self.bridge, self.document, self.notices, self.appearance = bridge, document, notices, appearance
        self._actions: list[tuple[QAction, str]] = []
        self._spoken: set[str] = set()
        self._closing = False
        self.inputs = InputsPanel(bridge, appearance)
        self.strip, self.sentence = Strip(appearance), Sentence(appearance)
        self.charts = ChartsPanel(bridge, appearance)
        self.pages = Pages()
        self.exports = Exports(self, bridge, document, notices, self.pages)
        self.saves = Saves(self, document, notices, self._save_as)
        self.backups = BackupOffers(self, bridge, document, notices, self._after_question)
        for teller in (self.exports, self.backups):
            teller.told.connect(lambda text: self.statusBar().showMessage(text, TOLD_MS))
        self.pages.add("desk", "Desk", lambda: self.charts)
        self._add_page("fleet", "Fleet", FleetPanel)
        self._add_page("power", "Power", PowerPanel)
        self._add_page("indifference", "Indifference", IndifferencePanel)
        self._add_page("deals", "Deals", DealsPanel)
        self._add_page("plan", "Plan", PlanPanel)
        self._add_page("risk", "Risk", RiskPanel)
        self._add_page("deck", "Network", DeckPanel)
        self._add_page("watch", "Watch", WatchPanel)
        self._add_page("data", "Data", DataPanel)
        self.status = StatusPanel(bridge, appearance)
        self.messages = MessageArea(notices, appearance)
        seen = (self.pages, self.strip, self.sentence, self.inputs)
        self.asking = Asking(self, bridge, seen, self._data_page)
        self.alerts = Alerts(bridge, notices, theme.app_icon(), parent=self)
        self._arrange()
        self._make_menus()
        self._connect()
        self._restyle(appearance.theme)
        self._restore()
        self._retitle()

    # -- building -----------------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self.setMinimumSize(LEAST_SIZE)
        dock = self._dock = QDockWidget("Inputs", self)
        dock.setObjectName("inputs")
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(QWidget())
        dock.setWidget(self.inputs)
        dock.setMinimumWidth(INPUTS_WIDTH_PX)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        self.resizeDocks([dock], [INPUTS_WIDTH_PX], Qt.Orientation.Horizontal)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(theme.SPACE_PX, theme.SPACE_PX, theme.SPACE_PX, 0)
        layout.setSpacing(theme.SPACE_PX)
        for panel in (self.messages, self.strip, self.sentence):
            layout.addWidget(panel)
        layout.addWidget(self.pages, 1)
        self.pages.choose(self.bridge.session.preferences.page)
        self.pages.page_changed.connect(lambda name: self.bridge.prefer(page=name))
        self.setCentralWidget(content)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().setSizeGripEnabled(False)

    def _add_page(self, name: str, title: str, panel: Callable[[Bridge, Appearance], PagePanel]) -> None:
        """Add a tab whose panel is made when it is first shown; what it asks to export or copy is."""

        def build() -> PagePanel:
            made = panel(self.bridge, self.appearance)
            made.copy_asked.connect(self.exports.copy)
            made.export_asked.connect(self.exports.ask)
            return made

        self.pages.add(name, title, build)

    def _data_page(self) -> DataPanel:
        """Bring the page Data to the front and return it."""
        self.pages.choose("data")
        page = self.pages.page("data")
        assert isinstance(page, DataPanel)  # noqa: S101 - it was added under this name
        return page

    def show_origin(self, asked: Asked) -> None:
        """Show where a figure comes from: what every panel asks goes up to here."""
        self.asking.show(asked)

    def _show_card(self, name: str) -> None:
        for card in self.strip.cards:
            for one in card.figure() if card.name == name else ():
                self.show_origin(one)

    def _show_source(self, label: str) -> None:
        """Show a source by its label; what is bundled or typed has none, so the numbers are shown."""
        found = [name for name, provider in PROVIDERS.items() if provider.label == label]
        page = self._data_page()
        if found:
            page.show_source(found[0])
        else:
            page.show_view(NUMBERS)

    def _shown_page(self) -> str:
        """Return the page of an export that shows what is seen now."""
        tab = self.pages.current
        return "compare" if tab == "desk" else self.pages.page(tab).seen(tab)

    def _make_menus(self) -> None:
        file = self.menuBar().addMenu("&File")
        self._action(file, "&New", self._new, QKeySequence.StandardKey.New, "file-plus")
        self._action(file, "&Open…", self._open, QKeySequence.StandardKey.Open, "folder-open")
        self._recent = file.addMenu("Open &recent")
        self._recent.aboutToShow.connect(self._fill_recent)
        self._backups = self._action(file, "Open a &backup…", self.document.look_for_backups, "Ctrl+Shift+O", "clock")
        file.addSeparator()
        self._action(file, "&Save", self.save, QKeySequence.StandardKey.Save, "save")
        self._action(file, "Save &as…", self._save_as, "Ctrl+Shift+S")
        file.addSeparator()
        self._action(file, "&Export…", lambda: self.exports.ask(self._shown_page()), "Ctrl+E", "export")
        self._action(file, "&Copy chart", lambda: self.exports.copy(self._shown_page()), "Ctrl+Shift+C", "copy")
        file.addSeparator()
        self._action(file, "&Quit", self.close, QKeySequence.StandardKey.Quit)
        edit = self.menuBar().addMenu("&Edit")
        self._undo = self._action(edit, "&Undo", self.bridge.undo, QKeySequence.StandardKey.Undo, "undo")
        self._redo = self._action(edit, "&Redo", self.bridge.redo, QKeySequence.StandardKey.Redo, "redo")
        edit.addSeparator()
        self._action(edit, "&Preferences…", self._ask_preferences, QKeySequence.StandardKey.Preferences, "settings")
        data = self.menuBar().addMenu("&Data")
        self._refresh = self._action(data, "&Refresh", self.bridge.refresh, "F5", "refresh")
        self._cancel = self._action(data, "&Cancel refresh", self.bridge.cancel_refresh, "Shift+F5", "cancel")
        self._offline = self._action(data, "&Offline", None, "", "offline")
        self._offline.setCheckable(True)
        self._offline.setChecked(self.bridge.session.desk.offline)
        self._offline.toggled.connect(self._set_offline)
        self._make_view_menu()
        help_menu = self.menuBar().addMenu("&Help")
        self._action(help_menu, "&Where from…", self.asking.ask_focused, whence.SHORTCUT, "help")
        self._action(help_menu, "&About minerdesk", self._about, "F1", "info")

    def _make_view_menu(self) -> None:
        view = self.menuBar().addMenu("&View")
        group = QActionGroup(self)
        for mode, label, icon in (
            (Mode.SYSTEM, "&System theme", "system"),
            (Mode.LIGHT, "&Light theme", "sun"),
            (Mode.DARK, "&Dark theme", "moon"),
        ):
            action = self._action(view, label, partial(self._set_mode, mode), "", icon)
            action.setCheckable(True)
            action.setChecked(self.appearance.mode is mode)
            group.addAction(action)
        view.addSeparator()
        self._inputs_shown = self._action(view, "&Inputs", None, "F9")
        self._inputs_shown.setCheckable(True)
        self._inputs_shown.setChecked(True)
        self._inputs_shown.toggled.connect(self._dock.setVisible)
        self._action(view, "&Reset charts", self.charts.comparison.reset, "Ctrl+0", "maximize")

    def _action(
        self,
        menu: QMenu,
        text: str,
        do: Callable[[], object] | None,
        keys: QKeySequence.StandardKey | str = "",
        icon: str = "",
    ) -> QAction:
        action = QAction(text, self)
        if keys:
            action.setShortcut(QKeySequence(keys))
        if do is not None:
            action.triggered.connect(lambda _checked=False: do())
        menu.addAction(action)
        self._actions.append((action, icon))
        return action

    def _connect(self) -> None:
        self.bridge.changed.connect(self.render_snapshot)
        self.bridge.edited.connect(self._on_edited)
        self.bridge.failed.connect(self.notices.post_error)
        self.bridge.refreshing.connect(self._on_refreshing)
        self.bridge.refreshed.connect(self._on_refreshed)
        self.document.changed.connect(self._retitle)
        self.document.laid.connect(self._on_laid)
        self.charts.copy_asked.connect(self.exports.copy)
        self.charts.export_asked.connect(self.exports.ask)
        self.strip.asked.connect(self._show_card)
        self.status.source_asked.connect(self._show_source)
        self.appearance.changed.connect(self._restyle)

    # -- showing ------------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot in every panel."""
        for panel in (self.inputs, self.strip, self.sentence, self.pages, self.status):
            panel.render_snapshot(snapshot)
        self.asking.render()
        self._post_problems(snapshot)
        self._undo.setEnabled(self.bridge.session.desk.can_undo)
        self._redo.setEnabled(self.bridge.session.desk.can_redo)

    def _post_problems(self, snapshot: Snapshot) -> None:
        """Say what is wrong with data and files; what concerns an input stands beside its field instead."""
        doubts = doubts_words(snapshot)
        doubted = {doubt.problem.field for doubt in snapshot.doubts}
        unheard = (p for p in snapshot.problems if p.field not in snapshot.values and p.field not in doubted)
        spoken = {f"problem {p.field}": (p.message, p.severity) for p in unheard}
        spoken |= {key: (text, Severity.WARNING) for key, text in doubts.items()}
        if old := old_data_words(snapshot):
            spoken["old data"] = (old, Severity.WARNING)
        for gone in self._spoken - spoken.keys():
            self.notices.withdraw(gone)
        self._spoken = set(spoken)
        for key, (text, severity) in spoken.items():
            self.notices.post(text, key=key, severity=severity, pressing=key in doubts)

    def _restyle(self, shown: Theme) -> None:
        self.setStyleSheet(theme.style_sheet(shown))
        for action, icon in self._actions:
            if icon:
                action.setIcon(theme.icon(icon, shown))

    def _retitle(self) -> None:
        self.setWindowTitle(f"{self.document.name}[*] — minerdesk")
        self.setWindowModified(self.document.is_dirty)
        self._backups.setEnabled(self.document.has_backups)

    def _on_laid(self) -> None:
        """Another scenario lies on the desk: what was half typed, or said of the last file, is over."""
        self.notices.withdraw("file")
        self.inputs.forget_typing()
        self.pages.forget_typing()

    def _on_edited(self) -> None:
        self._retitle()

    def _on_refreshing(self, under_way: bool) -> None:
        self._refresh.setEnabled(not under_way)
        self._cancel.setEnabled(under_way)

    def _on_refreshed(self, report: Report) -> None:
        """Say once what a refresh by the user could not get; the status bar keeps the rest."""
        self.statusBar().showMessage(f"Refreshed: {len(report.answered)} of {len(report.asked)}", 6_000)
        if told := missing_words(report, self.bridge.session.desk.pools):
            self.notices.post(told, key="refresh", severity=Severity.WARNING)
        else:
            self.notices.withdraw("refresh")

    # -- files --------------------------------------------------------------------------------------------------------

    def _new(self) -> None:
        self._after_question(self.document.new)

    def _open(self) -> None:
        self._after_question(self._choose_open)

    def _choose_open(self) -> None:
        chooser = QFileDialog(self, "Open scenario", "", f"{FILE_FILTER};;All files (*)")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(lambda path: self.document.open(Path(path)))
        chooser.open()

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.bridge.session.preferences.recent_files:
            open_it = partial(self.document.open, Path(path))
            self._recent.addAction(path, partial(self._after_question, open_it))
        self._recent.addSeparator()
        self._recent.addAction("Clear this list", lambda: self.bridge.prefer(recent_files=()))
        self._recent.setToolTipsVisible(True)

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Save to the open file, or ask for one."""
        if self.document.path is None:
            self._save_as(then)
        else:
            self.document.save(self.document.path, then)

    def _save_as(self, then: Callable[[], None] | None = None) -> None:
        chooser = QFileDialog(self, "Save scenario as", "", FILE_FILTER)
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix(SUFFIX.lstrip("."))
        chooser.selectFile(f"{self.document.name}{SUFFIX}")
        chooser.fileSelected.connect(lambda path: self.document.save(Path(path), then))
        chooser.open()

    def _after_question(self, do: Callable[[], None]) -> None:
        """Do it, after asking about unsaved changes if there are any."""
        if self.document.is_dirty:
            ask_about_changes(self, self.document.name, partial(self.save, do), do)
        else:
            do()

    def offer_recovery(self, recovered: Recovered) -> None:
        """Ask whether work that a crash left behind is to be restored."""
        ask_about_recovery(
            self, recovered, partial(self.document.restore, recovered), partial(self.document.discard, recovered)
        )

    # -- choices ------------------------------------------------------------------------------------------------------

    def _set_mode(self, mode: Mode) -> None:
        self.appearance.apply(mode)
        self.bridge.prefer(theme=mode.value)

    def _set_offline(self, offline: bool) -> None:
        self.notices.withdraw("refresh")
        self.bridge.set_offline(offline)
        self._refresh.setEnabled(not offline)

    def _ask_preferences(self) -> None:
        dialog = PreferencesDialog(self.bridge.session.preferences, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(lambda changes: self.bridge.prefer(**changes))
        dialog.open()

    def _about(self) -> None:
        dialog = AboutDialog(self.bridge.session, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    # -- the frame ----------------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        self.resize(FIRST_SIZE)
        kept = self.bridge.session.preferences
        for text, restore in ((kept.window_geometry, self.restoreGeometry), (kept.window_state, self.restoreState)):
            if text:
                restore(QByteArray.fromBase64(text.encode("ascii", "ignore")))
        self._inputs_shown.setChecked(not self._dock.isHidden())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes; the window closes once that is answered."""
        if not self._closing and self.document.is_dirty:
            event.ignore()
            self._after_question(self._close_for_good)
            return
        geometry, state = (
            bytes(kept.toBase64().data()).decode("ascii") for kept in (self.saveGeometry(), self.saveState())
        )
        self.bridge.prefer(window_geometry=geometry, window_state=state)
        event.accept()

    def _close_for_good(self) -> None:
        self._closing = True
        QTimer.singleShot(0, self.close)
