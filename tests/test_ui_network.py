"""The window while sources hang: a stop, the offline switch and the end act at once, and nothing is left."""

import threading
import time

import pytest
from loopback import Loopback
from sample_desk import session_at

from minerdesk.ui.bridge import Bridge
from minerdesk.ui.tasks import Tasks

#: What platform.md's bar allows (0.2 s for a stop, 1 s for the end), and room for a busy machine.
STOP_S, END_S, ROOM_S = 0.2, 1.0, 1.0


@pytest.fixture
def server():
    with Loopback() as running:
        running.faults["all"] = "hang"
        yield running


@pytest.fixture
def tasks():
    made = Tasks()
    yield made
    made.shutdown()


@pytest.fixture
def bridge(monkeypatch, server, qapp, tasks):
    for provider, url in server.bases().items():
        monkeypatch.setenv(f"MINERDESK_URL_{provider.upper()}", url)
    session = session_at(monkeypatch)
    made = Bridge(session, tasks)
    yield made
    made.stop()
    tasks.shutdown()
    session.close()


def hanging(bridge, server) -> None:
    bridge.refresh()
    server.wait_until_asked("coinbase")


@pytest.mark.parametrize(
    "stop", [Bridge.cancel_refresh, lambda bridge: bridge.set_offline(True)], ids=["stop", "offline"]
)
def test_a_stop_and_the_offline_switch_act_at_once(bridge, server, qtbot, stop) -> None:
    hanging(bridge, server)
    began = time.monotonic()
    with qtbot.waitSignal(bridge.refreshed, timeout=10_000) as told:
        stop(bridge)
    assert time.monotonic() - began < STOP_S + ROOM_S
    assert {failure.kind.value for failure in told.args[0].failures} <= {"cancelled", "offline"}


def test_the_end_comes_within_a_second_and_leaves_no_thread_five_seconds_later(bridge, server, tasks) -> None:
    hanging(bridge, server)
    began = time.monotonic()
    bridge.stop()
    tasks.shutdown()
    bridge.session.close()
    ended = time.monotonic()
    assert ended - began < END_S + ROOM_S
    for thread in threading.enumerate():
        if thread.name.startswith(("fetch", "refresh")):
            thread.join(max(0.0, 5.0 - (time.monotonic() - ended)))
            assert not thread.is_alive(), thread.name
