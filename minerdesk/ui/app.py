"""Builds everything that the window needs, runs it, and takes it down in order."""

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from minerdesk import __version__
from minerdesk.errors import MinerdeskError
from minerdesk.session import Session, open_session
from minerdesk.ui import crash, theme
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.collector import Collector
from minerdesk.ui.document import Document
from minerdesk.ui.guard import check_binding, prepare_environment
from minerdesk.ui.notices import Notices
from minerdesk.ui.tasks import Tasks
from minerdesk.ui.theme import Appearance
from minerdesk.ui.windows.main import MainWindow

#: How often Python gets a turn to notice Ctrl+C in a terminal.
_SIGNAL_MS = 250
#: What a window's frame and title take at most.
_FRAME = QSize(16, 40)


@dataclass(frozen=True, kw_only=True)
class Desktop:
    """Everything behind one window, made by `build` and taken down by `close`."""

    session: Session
    tasks: Tasks
    bridge: Bridge
    document: Document
    notices: Notices
    appearance: Appearance
    window: MainWindow

    def close(self) -> None:
        """Take everything down: no thread, no timer and no open file is left."""
        self.bridge.stop()
        self.tasks.shutdown()
        try:
            self.document.close()
            self.session.save_preferences(self.session.preferences)
        except MinerdeskError as error:  # the window is gone; the log is the last to hear of it
            crash.log_error(error)
        self.session.close()
        self.window.deleteLater()


def application() -> QApplication:
    """Return the one application, with our name, font and style."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    prepare_environment(screen=True)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("minerdesk")
    app.setApplicationVersion(__version__)
    return app


def build(session: Session, app: QApplication) -> Desktop:
    """Make the window and what stands behind it; nothing is shown or fetched yet."""
    appearance = Appearance(app)
    appearance.apply(session.preferences.theme)
    app.setWindowIcon(theme.app_icon())
    tasks = Tasks()
    bridge = Bridge(session, tasks)
    document, notices = Document(bridge), Notices()
    window = MainWindow(bridge, document, notices, appearance)
    return Desktop(
        session=session,
        tasks=tasks,
        bridge=bridge,
        document=document,
        notices=notices,
        appearance=appearance,
        window=window,
    )


def run(file: Path | None, *, offline: bool = False, base_urls: Sequence[str] = ()) -> int:
    """Open the window and return the exit code once it is closed.

    Raises
    ------
    InputError
        A base URL or the frozen clock can't be used.
    """
    check_binding()
    session = open_session(base_urls=base_urls, offline=offline)
    app = application()
    desktop = build(session, app)
    crash.install(session.folders.log, on_crash=lambda _: desktop.document.keep_now())
    desktop.window.render_snapshot(desktop.bridge.snapshot)
    keep_on_screen(desktop.window)
    desktop.window.show()
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    python_turn = QTimer()
    python_turn.start(_SIGNAL_MS)
    python_turn.timeout.connect(lambda: None)
    collector = Collector()
    collector.start()
    QTimer.singleShot(0, lambda: _begin(desktop, file))  # after the first paint
    try:
        return app.exec()
    finally:
        collector.stop()
        python_turn.stop()
        desktop.close()
        crash.uninstall()


def keep_on_screen(window: QWidget) -> None:
    """Make a window that is not shown yet no larger than its screen, with room for the frame that it gets."""
    if window.windowState() is Qt.WindowState.WindowNoState:
        window.resize(window.size().boundedTo(window.screen().availableSize() - _FRAME))


def _begin(desktop: Desktop, file: Path | None) -> None:
    desktop.bridge.start()
    if file is not None:
        desktop.document.open(file)
    desktop.document.look_for_abandoned(desktop.window.offer_recovery)
