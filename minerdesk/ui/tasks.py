"""Work off the GUI thread: the only place where Qt threads are used.

A job is a plain function of two arguments. It never touches a widget: what it returns, raises or reports comes back as
a queued signal of `Tasks`, which lives on the GUI thread, and the callbacks run there. Per key the newest job wins, and
one runs at a time: a job that was superseded may take a while to notice, and several side by side would hold as many
times the memory and slow down the only one whose answer is wanted.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QDeadlineTimer, QObject, Qt, QThreadPool, QTimer, Signal

_LOG = logging.getLogger(__name__)

#: Reports how far a job is: a fraction from 0 to 1 (None while unknown) and what it is doing.
Progress = Callable[[float | None, str], None]
#: Tells a job whether it should stop; asked often, answered at once.
Cancelled = Callable[[], bool]
Work = Callable[[Progress, Cancelled], Any]


class StoppedError(Exception):
    """Ends a job that nobody waits for any more; it is reported to nobody."""


def stop_if(cancelled: Cancelled, progress: Progress | None = None) -> Callable[[float], None]:
    """Return what a long piece of work calls with its share done: it passes it on, and ends a job that should stop."""

    def watch(share: float) -> None:
        if cancelled():
            raise StoppedError
        if progress is not None:
            progress(share, "")

    return watch


@dataclass(eq=False)
class _Ticket:
    """One run of one job. It carries no Qt object, so it may outlive the pool that ran it."""

    key: str
    takes_turns: bool  # with others of its key
    on_done: Callable[[Any], None] | None
    on_failed: Callable[[BaseException], None] | None
    on_progress: Callable[[float | None, str], None] | None
    stop: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False


class _Job:
    """What a thread of the pool calls. No QRunnable: the pool's wrapper keeps one for ever that ends quickly."""

    def __init__(self, owner: "Tasks", ticket: _Ticket, work: Work) -> None:
        self._owner, self._ticket, self._work = owner, ticket, work

    def __call__(self) -> None:
        ticket, owner = self._ticket, self._owner
        if ticket.dropped:
            owner.ended_in_thread.emit(ticket, None, None)
            return
        result, error = None, None
        try:
            result = self._work(
                lambda fraction, text: owner.progressed_in_thread.emit(ticket, fraction, text), ticket.stop.is_set
            )
        except BaseException as caught:  # noqa: BLE001 - nothing may escape into the pool's thread; it is reported
            error = caught
        owner.ended_in_thread.emit(ticket, result, error)


class Tasks(QObject):
    """Runs jobs in a bounded pool. `started(key)` and `ended(key)` tell who shows that something is going on."""

    started = Signal(str)
    ended = Signal(str)
    progressed = Signal(str, object, str)
    ended_in_thread = Signal(object, object, object)
    progressed_in_thread = Signal(object, object, str)

    def __init__(self, parent: QObject | None = None, *, threads: int = 4) -> None:
        super().__init__(parent)
        self._newest: dict[str, _Ticket] = {}
        self._all: set[_Ticket] = set()
        self._busy: set[str] = set()
        self._waiting: dict[str, _Job] = {}
        self._closed = False
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._ordered = QThreadPool(self)
        self._ordered.setMaxThreadCount(1)
        self.ended_in_thread.connect(self._end, Qt.ConnectionType.QueuedConnection)
        self.progressed_in_thread.connect(self._progress, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        key: str,
        work: Work,
        on_done: Callable[[Any], None] | None = None,
        on_failed: Callable[[BaseException], None] | None = None,
        on_progress: Callable[[float | None, str], None] | None = None,
        *,
        ordered: bool = False,
    ) -> None:
        """Run ``work(progress, cancelled)`` in a thread; an older job of the same key is told to stop and forgotten.

        The new one begins when the older has ended; of those that wait meanwhile only the newest is ever begun. Exactly
        one of `on_done(result)` and `on_failed(exception)` is called, later and on the GUI thread, unless the job was
        superseded or cancelled. Without `on_failed` a failure is logged. After `shutdown` nothing runs.

        Ordered jobs run one after the other, whatever their keys: a write to a file must not overtake an older one.
        """
        if self._closed:
            return
        running = key in self._newest
        self._forget(key)
        ticket = _Ticket(key, not ordered, on_done, on_failed, on_progress)
        job = _Job(self, ticket, work)
        self._newest[key] = ticket
        self._all.add(ticket)
        if ordered:
            self._ordered.start(job)
        elif key in self._busy:
            self._waiting[key] = job
        else:
            self._busy.add(key)
            self._pool.start(job)
        if not running:
            self.started.emit(key)

    def soon(self, key: str, call: Callable[[], None]) -> None:
        """Call something in a later turn of the event loop; until then `key` counts as running. Called on that thread.

        For a job's end that has two long steps: between them the window hears its user.
        """
        if self._closed:
            return
        running = key in self._newest
        self._forget(key)
        ticket = _Ticket(key, False, lambda _: call(), None, None)
        self._newest[key] = ticket
        if not running:
            self.started.emit(key)
        QTimer.singleShot(0, self, lambda: self._end(ticket, None, None))

    def cancel(self, key: str, *, drop: bool = True) -> None:
        """Ask the job of `key` to stop. With `drop` its result is forgotten at once; else it is still delivered.

        ``drop=False`` is for jobs whose part result is worth having, such as a refresh cut short.
        """
        ticket = self._newest.get(key)
        if ticket is None:
            return
        if drop:
            self._forget(key)
            self.ended.emit(key)
        else:
            ticket.stop.set()

    def is_running(self, key: str) -> bool:
        """Return whether a result of `key` is still awaited."""
        return key in self._newest

    def shutdown(self, wait_ms: int = 5_000) -> bool:
        """Stop everything: no callback is called any more. Return whether all threads have ended within `wait_ms`."""
        self._closed = True
        self._newest.clear()
        for ticket in self._all:
            ticket.dropped = True
            ticket.stop.set()
        self._all.clear()
        self._waiting.clear()
        deadline = QDeadlineTimer(wait_ms)
        for pool in (self._pool, self._ordered):
            pool.clear()
        ended = [
            pool.waitForDone(deadline) for pool in (self._pool, self._ordered)
        ]  # wait for both, whatever the first says
        return all(ended)

    def _forget(self, key: str) -> None:
        ticket = self._newest.pop(key, None)
        if ticket is None:
            return
        ticket.dropped = True
        ticket.stop.set()
        if self._waiting.pop(key, None) is not None:
            self._all.discard(ticket)  # it was never begun, so nothing will say that it ended

    def _begin_next(self, key: str) -> None:
        job = self._waiting.pop(key, None)
        if job is None:
            self._busy.discard(key)
        else:
            self._pool.start(job)

    def _end(self, ticket: _Ticket, result: object, error: BaseException | None) -> None:
        self._all.discard(ticket)
        if ticket.takes_turns:
            self._begin_next(ticket.key)
        if self._newest.get(ticket.key) is not ticket:
            return
        del self._newest[ticket.key]
        self.ended.emit(ticket.key)
        if error is None:
            if ticket.on_done is not None:
                ticket.on_done(result)
        elif ticket.on_failed is not None:
            ticket.on_failed(error)
        else:
            _LOG.error("The job “%s” failed.", ticket.key, exc_info=error)

    def _progress(self, ticket: _Ticket, fraction: float | None, text: str) -> None:
        if self._newest.get(ticket.key) is not ticket:
            return
        self.progressed.emit(ticket.key, fraction, text)
        if ticket.on_progress is not None:
            ticket.on_progress(fraction, text)
