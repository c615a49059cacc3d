"""What every test stands on: a home of its own, no network but loopback, and, with a window, nothing left behind."""

import gc
import os
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np  # before Qt: numpy first is quicker and smaller
import pytest
import totals
from depth import examples
from hypothesis import settings

# In CI the examples are the same in every run: a rare find is made at a desk, where somebody can look at it.
# No deadline anywhere: a busy machine is not a fault of the code.
settings.register_profile("desk", deadline=None, max_examples=examples(100))
settings.register_profile("ci", deadline=None, max_examples=examples(100), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_NETWORK_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "requests_ca_bundle", "curl_ca_bundle", "ssl_cert_file")
_LOOPBACK = ("127.", "::1", "localhost")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the totals of generated tests, which a row of dots does not show."""
    for line in totals.LINES:
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def isolated_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test its own folders and take away what the developer's environment may say."""
    home = tmp_path / "home"
    for name in list(os.environ):
        if name.startswith("MINERDESK_") or name.lower() in _NETWORK_VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("MINERDESK_HOME", str(home))
    monkeypatch.setattr("minerdesk.clock._correction", timedelta(0))
    return home


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection of this process that would leave the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        # A datagram socket that is pointed somewhere sends nothing.
        if self.family in (socket.AF_INET, socket.AF_INET6) and self.type != socket.SOCK_DGRAM:
            host = str(address[0]) if isinstance(address, tuple) else str(address)
            if not host.startswith(_LOOPBACK):
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test with a window that leaves a thread, a top-level widget or a running timer.

    pytest-qt closes the widgets that were given to `qtbot` before this looks. It keeps no reference to them, so a
    window that a test has let go of could be collected in the midst of its own repaint: no collector runs until then.
    """
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    before = _left()
    gc.disable()
    yield
    gc.enable()
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    gone_on: list[object] = []
    for _ in range(4):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QApplication.processEvents()
        gone_on = [what for what in _left() if what not in before]
        if not gone_on:
            return
        gc.collect()
    raise AssertionError(f"left behind: {gone_on}")


def _left() -> list[object]:
    import shiboken6
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    threads = [thread for thread in threading.enumerate() if thread.is_alive()]
    timers = [
        timer
        for timer in gc.get_objects()
        if isinstance(timer, QTimer) and shiboken6.isValid(timer) and timer.isActive()
    ]
    return [*threads, *QApplication.topLevelWidgets(), *timers]


@pytest.fixture
def days() -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return twenty days up to 16 January 2026, as seconds UTC."""
    return np.arange(20, dtype=np.int64) * 86_400 + 1_768_521_600 - 19 * 86_400
