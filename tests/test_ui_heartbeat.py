"""The heart of the window: how long a fault, at all providers at once, holds the event loop; none freezes it.

A timer beats every 5 ms. What lies between two beats is what the event loop was held for: less what the machine, busy
with something else, kept its thread from a core, but never less than what this process computed meanwhile.
The aim is 50 ms for 999 beats of 1,000 and 100 ms for each, above what the same window, idle, measured in the same run:
the totals say what was reached. The test fails where the window froze for half a second, as no busy machine explains.
What misses the aim is tried again: what holds the loop does so each time, another program doesn’t.
"""

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import totals
from apart import Apart
from faults import ENDLESS, KINDS, no_such_name
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from minerdesk.session import open_session
from minerdesk.ui import app as desktop_app
from minerdesk.ui.app import Desktop
from minerdesk.ui.collector import Collector

BEAT_MS = 5
LONGEST_MS, FREEZE_MS = 100, 500
TRIES = 3
#: How long a fault is watched that never ends, and any other at most.
ENDLESS_S, LONGEST_S = 0.6, 5.0
#: The pages that are looked at, a fault each in turn.
PAGES = ("desk", "data", "deck", "watch")


class CoreWait:
    """How long this thread was ready to run but had no core (Linux; elsewhere nothing is known).

    One call of the system a reading: more would be more occasions to lose the interpreter, and so be what is measured.
    """

    def __init__(self) -> None:
        path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._file = os.open(path, os.O_RDONLY) if path.exists() else None

    def seconds(self) -> float:
        return 0.0 if self._file is None else int(os.pread(self._file, 64, 0).split()[1]) / 1e9

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)


@dataclass
class Heart:
    """Beats, and remembers the time between the beats in milliseconds."""

    held_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._core = CoreWait()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._last = self._clocks()
        self._timer.start(BEAT_MS)

    def _clocks(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), self._core.seconds()

    def _beat(self) -> None:
        now = self._clocks()
        wall, computed, waited = (1e3 * (new - old) for new, old in zip(now, self._last, strict=True))
        self.wall_ms.append(wall)
        self.held_ms.append(min(wall, max(computed, wall - waited)))
        self._last = now

    def stop(self) -> None:
        self._beat()
        self._timer.stop()
        self._core.close()


def thousandth(gaps: list[float]) -> float:
    """Return what 999 of 1,000 gaps don't exceed."""
    return sorted(gaps)[math.ceil(0.999 * len(gaps)) - 1]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Apart]:
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name(socket.getaddrinfo))
    with Apart() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def desktop(server: Apart, qapp: QApplication, qtbot: Any) -> Iterator[Desktop]:
    made = desktop_app.build(open_session(), qapp)
    made.window.resize(1_280, 800)
    made.window.render_snapshot(made.bridge.snapshot)
    made.window.show()
    qtbot.waitExposed(made.window)
    for page in PAGES:
        look_at(made, page, qtbot)
    collector = Collector()
    collector.start()
    yield made
    collector.stop()
    collector.deleteLater()
    made.window.hide()
    made.close()


def look_at(desktop: Desktop, page: str, qtbot: Any) -> None:
    desktop.window.pages.choose(page)
    qtbot.wait(30)
    qtbot.waitUntil(lambda: not desktop.tasks._newest, timeout=60_000)
    qtbot.wait(30)


def idle(qtbot: Any) -> Heart:
    heart = Heart()
    qtbot.wait(1_500)
    heart.stop()
    return heart


def beats(desktop: Desktop, server: Apart, fault: str, qtbot: Any) -> Heart:
    """Return the heart of a refresh under a fault, to its end and the drawing of what it brought."""
    bases, trusted = server.lay(fault)
    client, bridge, tasks = desktop.session.client(), desktop.bridge, desktop.tasks
    client.rebase(bases)
    client.ca_file = trusted
    client.resume(1e9)  # everybody is asked, whatever the fault before was
    heart = Heart()
    bridge.refresh()
    end = time.monotonic() + (ENDLESS_S if fault in ENDLESS else LONGEST_S)
    while tasks.is_running("refresh"):
        qtbot.wait(20)
        if time.monotonic() > end:
            bridge.cancel_refresh()
    qtbot.wait(60)
    heart.stop()
    qtbot.waitUntil(lambda: not tasks._newest, timeout=60_000)
    return heart


# truststore leaves a socket whose certificate it refused to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <truststore:ResourceWarning")
def test_no_fault_at_all_providers_freezes_the_window(desktop: Desktop, server: Apart, qtbot: Any) -> None:
    before = idle(qtbot)
    hearts: dict[str, Heart] = {}
    again = 0
    for number, fault in enumerate(("", *KINDS)):
        look_at(desktop, PAGES[number % len(PAGES)], qtbot)
        for _ in range(TRIES):
            heart = beats(desktop, server, fault, qtbot)
            best = hearts.get(fault)
            if best is None or max(heart.held_ms) < max(best.held_ms):
                hearts[fault] = heart
            if max(hearts[fault].held_ms) <= LONGEST_MS:
                break
            again += 1
    after = idle(qtbot)
    control = max(*before.held_ms, *after.held_ms)
    held = [gap for heart in hearts.values() for gap in heart.held_ms]
    wall = [gap for heart in hearts.values() for gap in heart.wall_ms]
    worst = sorted(((max(heart.held_ms), fault or "none") for fault, heart in hearts.items()), reverse=True)
    totals.LINES.append(
        f"Heartbeat: {len(hearts) - 1} faults at all providers, {len(held)} beats; event loop held "
        f"{thousandth(held):.0f} ms (p99.9), {worst[0][0]:.0f} ms at most ({worst[0][1]}); idle {control:.0f} ms at "
        f"most; by the wall clock {thousandth(wall):.0f} and {max(wall):.0f} ms, idle "
        f"{max(*before.wall_ms, *after.wall_ms):.0f} ms; {again} tries again."
    )
    assert worst[0][0] - control <= FREEZE_MS, worst[:8]


def test_a_loop_that_is_held_is_noticed(qtbot: Any) -> None:
    """What computes holds it, and what only waits too."""
    for hold in (lambda: time.sleep(0.15), lambda: sum(range(12_000_000))):
        heart = Heart()
        QTimer.singleShot(10, hold)
        qtbot.wait(400)
        heart.stop()
        assert max(heart.held_ms) > LONGEST_MS
