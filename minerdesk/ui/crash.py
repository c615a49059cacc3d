"""The last resort: what nobody caught goes to the log and, once per distinct traceback, to a window that doesn't block.

Nothing in here may raise: whoever calls it is already in trouble. It knows no room that could break it.
"""

import contextlib
import faulthandler
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
)

from minerdesk.secrecy import scrub
from minerdesk.ui.versions import versions

_LOG = logging.getLogger(__name__)

LOG_NAME, FAULTS_NAME = "minerdesk.log", "faults.log"
#: The log and two older ones, a megabyte each.
MAX_BYTES, OLDER_LOGS = 1_000_000, 2


def redacted(text: str, home: Path | None = None) -> str:
    """Return `text` without what should not leave the machine: the home folder's path, keys, tokens, passwords.

    >>> redacted("/home/ann/x.py, https://ann:pw@host/?token=abc&n=1", Path("/home/ann"))
    '~/x.py, https://***@host/?token=***&n=1'
    """
    text = scrub(text)
    folder = str(home or Path.home())
    if len(Path(folder).parts) < 2:  # "/" is no secret, and everywhere
        return text
    for spelling in {folder, folder.replace("\\", "/"), folder.replace("\\", "\\\\")}:
        text = re.sub(rf"{re.escape(spelling)}(?![\w.-])", "~", text)
    return text


@dataclass(frozen=True, kw_only=True)
class Crash:
    """One exception that nobody caught. `text` is its traceback, already redacted."""

    what: str
    text: str
    at: datetime
    place: tuple[object, ...]

    @classmethod
    def of(cls, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> "Crash":
        """Describe an exception as the interpreter's hooks hand it over."""
        frames = traceback.extract_tb(trace)
        lines = traceback.format_exception(kind, error, trace)
        return cls(
            what=redacted("".join(traceback.format_exception_only(kind, error)).strip()),
            text=redacted("".join(lines).strip()),
            at=datetime.now(UTC),
            place=(kind, *((frame.filename, frame.lineno) for frame in frames)),
        )

    def details(self) -> str:
        """Return what a report of the bug needs: traceback, time, versions, platform."""
        known = "\n".join(f"{name}: {version}" for name, version in versions().items())
        return redacted(f"{self.text}\n\nTime: {self.at:%Y-%m-%d %H:%M:%S} UTC\n{known}\n")


class _RedactingFormatter(logging.Formatter):
    """Writes UTC times, and nothing that should not leave the machine."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ}"

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class QuietRotatingHandler(RotatingFileHandler):
    """A rotating log that is made with its first line; where it can't be written the program goes on without one."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, older: int = OLDER_LOGS) -> None:
        super().__init__(path, maxBytes=max_bytes, backupCount=older, encoding="utf-8", errors="replace", delay=True)
        self.setFormatter(_RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self.failed = False

    def _open(self) -> "TextIO":  # type: ignore[override]  # the base promises its own wider wrapper
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """Remember that the log can't be written; whoever logged is not to blame."""
        del record
        self.failed = True


class CrashWindow(QDialog):
    """Says what happened, that nothing typed is lost, and where the log is. Further crashes join it while open."""

    def __init__(self, log_path: Path | None) -> None:
        super().__init__(None)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("minerdesk: unexpected error")
        self.resize(640, 400)
        self._crashes: list[Crash] = []
        sign = QLabel()
        sign.setPixmap(self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning).pixmap(32, 32))
        self.message = _plain_label()
        log = redacted(str(log_path)) if log_path else "it could not be written"
        self.help = _plain_label()
        self.help.setText(
            "Your inputs are kept: minerdesk saves unsaved work on its own and offers it again at the next start. "
            "You can go on; if something looks wrong, save and start minerdesk again.\n"
            f"Log: {log}"
        )
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Details")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = QPushButton("&Copy details")
        self.copy.clicked.connect(self.copy_details)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (sign, self.message, self.help, self.text, buttons):
            layout.addWidget(widget)

    def add(self, crash: Crash) -> None:
        """Show one more crash."""
        self._crashes.append(crash)
        count = len(self._crashes)
        head = "Something unexpected happened" if count == 1 else f"{count} unexpected things happened"
        self.message.setText(f"{head}: {crash.what.splitlines()[0][:300]}")
        self.text.setPlainText(self.details())

    def details(self) -> str:
        """Return the details of every crash shown."""
        return "\n".join(crash.details() for crash in self._crashes)

    def copy_details(self) -> None:
        """Put the details on the clipboard."""
        QGuiApplication.clipboard().setText(self.details())


def _plain_label() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class _Relay(QObject):
    """Carries a crash from whatever thread it happened in to the window's, after what is being painted."""

    happened = Signal(object)


class CrashHandler:
    """The hooks of one installation, and what they replaced."""

    def __init__(self, folder: Path, on_crash: Callable[[Crash], object] | None = None) -> None:
        self.window: CrashWindow | None = None
        self._on_crash = on_crash
        self._folder = folder
        self._seen: set[tuple[object, ...]] = set()
        self._lock = threading.Lock()
        self._relay: _Relay | None = None
        self._log = QuietRotatingHandler(folder / LOG_NAME)
        self._faults: TextIO | None = None
        self._had_faulthandler = faulthandler.is_enabled()
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)

    def install(self) -> None:
        """Begin to log and to watch."""
        logging.getLogger().addHandler(self._log)
        with contextlib.suppress(OSError, ValueError):  # no folder, no file: the program runs without this help
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / FAULTS_NAME
            too_long = path.exists() and path.stat().st_size > MAX_BYTES
            self._faults = path.open("w" if too_long else "a", encoding="utf-8")
            faulthandler.enable(file=self._faults)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread
        sys.unraisablehook = self._on_unraisable

    def uninstall(self) -> None:
        """Put back what was there and close what is open."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        logging.getLogger().removeHandler(self._log)
        self._log.close()
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()
            if self._had_faulthandler and sys.__stderr__ is not None:
                faulthandler.enable(file=sys.__stderr__)
        if self._relay is not None:
            self._relay.happened.disconnect(self._show)
            self._relay.deleteLater()
            self._relay = None
        if self.window is not None:
            self.window.close()

    # -- the hooks ----------------------------------------------------------------------------------------------------

    def _on_exception(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._hooks[0](kind, error or kind(), trace)
            return
        self._handle(kind, error, trace)

    def _on_thread(self, told: threading.ExceptHookArgs) -> None:
        if not issubclass(told.exc_type, SystemExit):
            self._handle(told.exc_type, told.exc_value, told.exc_traceback)

    def _on_unraisable(self, told: "sys.UnraisableHookArgs") -> None:
        """Log only: it happened while something was thrown away, and the user's work doesn't hang on it."""
        with contextlib.suppress(Exception):
            _LOG.error(
                "%s: %r",
                told.err_msg or "Exception ignored",
                told.object,
                exc_info=_info(told.exc_type, told.exc_value),
            )

    def _handle(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            crash = Crash.of(kind, error, trace)
            with self._lock:
                known = crash.place in self._seen
                self._seen.add(crash.place)
            if known:
                _LOG.error("Again: %s", crash.what)
                return
            _LOG.critical("Not caught:\n%s", crash.text)
            app = QApplication.instance()
            if isinstance(app, QApplication):
                self._relay_for(app).happened.emit(crash)
            else:
                _to_stderr(crash.text)
                self._tell(crash)
        except Exception:  # noqa: BLE001 - a fault in here must not hide the fault that led here
            _to_stderr("".join(traceback.format_exception(kind, error, trace)))

    # -- the window ---------------------------------------------------------------------------------------------------

    def _relay_for(self, app: QApplication) -> _Relay:
        with self._lock:
            if self._relay is None:
                self._relay = _Relay()
                self._relay.moveToThread(app.thread())
                self._relay.happened.connect(self._show, Qt.ConnectionType.QueuedConnection)
            return self._relay

    def _show(self, crash: Crash) -> None:
        self._tell(crash)
        try:
            if self.window is None:
                self.window = CrashWindow(None if self._log.failed else self._folder / LOG_NAME)
                self.window.finished.connect(self._forget_window)
            self.window.add(crash)
            self.window.show()
        except Exception:  # noqa: BLE001 - without its window the crash is still in the log
            _LOG.exception("The crash window could not be shown.")
            _to_stderr(crash.text)

    def _tell(self, crash: Crash) -> None:
        if self._on_crash is not None:
            try:
                self._on_crash(crash)
            except Exception:  # noqa: BLE001 - what was to help must not make it worse
                _LOG.exception("The answer to a crash failed.")

    def _forget_window(self) -> None:
        self.window = None


def _info(
    kind: type[BaseException], error: BaseException | None
) -> tuple[type[BaseException], BaseException, TracebackType | None] | None:
    return (kind, error, error.__traceback__) if error is not None else None


def _to_stderr(text: str) -> None:
    with contextlib.suppress(Exception):
        if sys.stderr is not None:
            sys.stderr.write(redacted(text) + "\n")


_handler: CrashHandler | None = None


def install(folder: Path, on_crash: Callable[[Crash], object] | None = None) -> CrashHandler:
    """Watch for what nobody catches, and log into `folder`. Installing again replaces what was installed.

    Parameters
    ----------
    on_crash
        Called once per distinct traceback, with an application on the window's thread. What it raises is logged.
    """
    global _handler  # noqa: PLW0603 - the interpreter's hooks are one per process, and so is this
    uninstall()
    _handler = CrashHandler(folder, on_crash)
    _handler.install()
    return _handler


def uninstall() -> None:
    """Put everything back as it was; without an installation nothing happens."""
    global _handler  # noqa: PLW0603 - see install
    if _handler is not None:
        _handler.uninstall()
        _handler = None


def log_error(error: BaseException) -> None:
    """Log a failure that there is no window left to show."""
    _LOG.error("%s", error, exc_info=error)
