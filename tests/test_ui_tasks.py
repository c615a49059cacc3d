import gc
import logging
import threading
import weakref

import pytest

from minerdesk.ui.tasks import Tasks


@pytest.fixture
def tasks(qapp):
    made = Tasks(threads=4)
    yield made
    assert made.shutdown()
    made.deleteLater()


def test_work_runs_elsewhere_and_is_answered_here(tasks, qtbot) -> None:
    seen = {}

    def work(_progress, _cancelled):
        seen["work"] = threading.get_ident()
        return 42

    def done(result):
        seen["done"] = (threading.get_ident(), result)

    tasks.run("sum", work, done)
    assert "done" not in seen, "never before run() has returned"
    qtbot.waitUntil(lambda: "done" in seen)
    assert seen["work"] != threading.get_ident()
    assert seen["done"] == (threading.get_ident(), 42)
    assert not tasks.is_running("sum")


def test_the_newest_wins_and_the_older_ends_before_it_begins(tasks, qtbot) -> None:
    release, running, seen, results = threading.Event(), threading.Event(), [], []

    def slow(_progress, cancelled):
        running.set()
        release.wait(10)
        seen.append(("old", cancelled()))
        return "old"

    def quick(name):
        def work(_progress, _cancelled):
            seen.append((name, False))
            return name

        return work

    ended, started = [], []
    tasks.ended.connect(ended.append)
    tasks.started.connect(started.append)
    tasks.run("key", slow, results.append)
    assert running.wait(5)
    for name in ("between", "new"):
        tasks.run("key", quick(name), results.append)
    qtbot.wait(50)
    assert seen == [], "one job of a key runs at a time"
    release.set()
    qtbot.waitUntil(lambda: results == ["new"])
    assert seen == [("old", True), ("new", False)], "what was superseded while it waited is never begun"
    assert (started, ended) == (["key"], ["key"])
    tasks.run("key", quick("again"), results.append)
    qtbot.waitUntil(lambda: results == ["new", "again"])


def test_a_job_that_waits_can_be_cancelled(tasks, qtbot) -> None:
    release, running, results = threading.Event(), threading.Event(), []

    def slow(_progress, _cancelled):
        running.set()
        release.wait(10)

    ended = []
    tasks.ended.connect(ended.append)
    tasks.run("key", slow, results.append)
    assert running.wait(5)
    tasks.run("key", lambda _p, _c: "waited", results.append)
    tasks.cancel("key")
    assert ended == ["key"]
    assert not tasks.is_running("key")
    release.set()
    qtbot.waitUntil(lambda: not tasks._busy)
    assert results == []
    assert not tasks._all, "nobody waits for a job that was never begun"


def test_the_second_step_of_an_end_comes_in_a_later_turn(tasks, qtbot) -> None:
    heard = []

    def done(_):
        tasks.soon("key", lambda: heard.append("second"))
        heard.append(("first", tasks.is_running("key")))

    tasks.run("key", lambda _p, _c: None, done)
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == [("first", True), "second"], "whoever waits for the job waits for both"
    assert not tasks.is_running("key")
    tasks.soon("key", lambda: heard.append("superseded"))
    tasks.run("key", lambda _p, _c: None, lambda _: heard.append("newer"))
    qtbot.waitUntil(lambda: "newer" in heard)
    qtbot.wait(20)
    assert "superseded" not in heard


def test_keys_do_not_disturb_each_other(tasks, qtbot) -> None:
    results = []
    for number in range(6):
        tasks.run(f"key {number}", lambda _p, _c, number=number: number, results.append)
    qtbot.waitUntil(lambda: sorted(results) == list(range(6)))


def test_a_failure_is_reported_and_nothing_else(tasks, qtbot) -> None:
    errors, results = [], []

    def broken(_progress, _cancelled):
        raise ZeroDivisionError("by hand")

    tasks.run("broken", broken, results.append, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ZeroDivisionError)
    assert results == []


def test_even_an_exit_inside_a_job_is_only_a_failure(tasks, qtbot) -> None:
    errors = []

    def leaving(_progress, _cancelled):
        raise SystemExit(3)

    tasks.run("leaving", leaving, None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], SystemExit)


def test_a_failure_that_nobody_hears_is_logged(tasks, qtbot, caplog) -> None:
    def broken(_progress, _cancelled):
        raise ValueError("unheard")

    with caplog.at_level(logging.ERROR), qtbot.waitSignal(tasks.ended):
        tasks.run("broken", broken)
    assert "unheard" in caplog.text


def test_progress_arrives_in_order_on_this_thread(tasks, qtbot) -> None:
    heard, results = [], []

    def work(progress, _cancelled):
        progress(None, "asking")
        progress(0.5, "half")
        return "end"

    tasks.run("p", work, results.append, None, lambda *what: heard.append((threading.get_ident(), *what)))
    qtbot.waitUntil(lambda: results == ["end"])
    me = threading.get_ident()
    assert heard == [(me, None, "asking"), (me, 0.5, "half")]


def test_cancelling_tells_the_job_and_drops_its_result(tasks, qtbot) -> None:
    started, stopped, results = threading.Event(), threading.Event(), []

    def patient(_progress, cancelled):
        started.set()
        while not cancelled():
            stopped.wait(0.005)
        stopped.set()
        return "too late"

    tasks.run("wait", patient, results.append, results.append)
    assert started.wait(5)
    with qtbot.waitSignal(tasks.ended):
        tasks.cancel("wait")
    assert not tasks.is_running("wait")
    assert stopped.wait(5)
    assert tasks._pool.waitForDone(5_000)
    qtbot.wait(20)
    assert results == []
    tasks.cancel("wait")  # nothing runs: nothing happens


def test_a_job_cut_short_may_still_deliver_what_it_has(tasks, qtbot) -> None:
    started, results = threading.Event(), []

    def partial(_progress, cancelled):
        started.set()
        while not cancelled():
            threading.Event().wait(0.005)
        return "half of it"

    tasks.run("refresh", partial, results.append)
    assert started.wait(5)
    tasks.cancel("refresh", drop=False)
    qtbot.waitUntil(lambda: results == ["half of it"])


def test_shutdown_leaves_no_thread_and_no_callback(qapp, qtbot) -> None:
    tasks, started, results = Tasks(threads=1), threading.Event(), []

    def patient(_progress, cancelled):
        started.set()
        while not cancelled():
            threading.Event().wait(0.005)
        return "late"

    tasks.run("running", patient, results.append, results.append)
    tasks.run("queued", lambda _p, _c: "never", results.append, results.append)
    assert started.wait(5)
    assert tasks.shutdown()
    assert tasks._pool.activeThreadCount() == 0
    tasks.run("after", lambda _p, _c: "no", results.append)
    qtbot.wait(20)
    assert results == []
    tasks.deleteLater()


def test_shutdown_says_when_a_job_will_not_stop(qapp) -> None:
    tasks, started, release = Tasks(), threading.Event(), threading.Event()

    def deaf(_progress, _cancelled):
        started.set()
        release.wait(10)

    tasks.run("deaf", deaf)
    assert started.wait(5)
    assert not tasks.shutdown(wait_ms=10)
    release.set()
    assert tasks.shutdown()
    tasks.deleteLater()


def test_a_job_that_is_over_is_let_go_of_however_quick_it_was(tasks, qtbot) -> None:
    works = []

    def run_one(number):
        def work(_progress, _cancelled):
            return number

        works.append(weakref.ref(work))
        tasks.run(f"key {number}", work, results.append)

    results = []
    for number in range(50):
        run_one(number)
        qtbot.waitUntil(lambda number=number: len(results) > number)
    assert tasks._pool.waitForDone(5_000)
    gc.collect()
    assert sum(work() is not None for work in works) == 0
