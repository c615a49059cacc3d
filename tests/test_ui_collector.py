import gc
import threading
import weakref

import pytest

from minerdesk.ui import collector as module
from minerdesk.ui.collector import OLDER_EVERY, Collector


class Ring:
    """Garbage that only the collector can take away."""

    def __init__(self) -> None:
        self.itself = self


def make_garbage() -> "weakref.ref[Ring]":
    ring = Ring()
    ring.many = [[] for _ in range(2 * gc.get_threshold()[0])]
    return weakref.ref(ring)


@pytest.fixture
def collector(qapp):
    was = gc.isenabled()
    gc.enable()
    made = Collector()
    made.start()
    yield made
    made.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    made.deleteLater()
    if not was:
        gc.disable()


def test_garbage_goes_by_the_timer_and_never_in_another_thread(collector, qtbot, monkeypatch) -> None:
    where = []

    def note(phase, _info):
        where.append((phase, threading.get_ident()))

    gc.callbacks.append(note)
    try:
        collector._timer.setInterval(5)
        rings = []
        thread = threading.Thread(target=lambda: rings.append(make_garbage()))
        thread.start()
        thread.join()
        assert rings[0]() is not None, "no collector runs where the garbage is made"
        qtbot.waitUntil(lambda: rings[0]() is None)
    finally:
        gc.callbacks.remove(note)
    assert {ident for _, ident in where} == {threading.get_ident()}


def test_what_was_there_at_the_start_is_not_looked_at_again(collector) -> None:
    assert gc.get_freeze_count() > 1_000
    assert len(gc.get_objects()) < gc.get_freeze_count()


def test_older_generations_have_their_turn(collector, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(module.gc, "get_count", lambda: (10_000, 0, 0))
    monkeypatch.setattr(module.gc, "collect", asked.append)
    for _ in range(OLDER_EVERY**2):
        collector.collect_some()
    assert (asked.count(0), asked.count(1), asked.count(2)) == (90, 9, 1)
    assert asked[-1] == 2


def test_nothing_is_collected_where_little_was_made(collector, monkeypatch) -> None:
    monkeypatch.setattr(module.gc, "get_count", lambda: (3, 0, 0))
    monkeypatch.setattr(module.gc, "collect", None)
    collector.collect_some()
