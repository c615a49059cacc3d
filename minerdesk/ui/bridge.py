"""The one way between the window and the desk: edits and refreshes in, Snapshots out.

Everything that waits for network or disk runs as a job; the desk itself is touched by the window's thread alone.
"""

import math
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from minerdesk.economics.prices import PowerChoice
from minerdesk.economics.schema import Value
from minerdesk.economics.tables import Row
from minerdesk.errors import InputError, MinerdeskError, Problem
from minerdesk.market_prices import due_windows, top_up
from minerdesk.session import Session
from minerdesk.snapshot import Snapshot
from minerdesk.source_states import SourceState, source_states
from minerdesk.sources.orders import POWER
from minerdesk.sources.refresh import Outcome, Report
from minerdesk.store.shared_preferences import News
from minerdesk.ui.tasks import Progress, Tasks

REFRESH, TOP_UP = "refresh", "top up markets"
_NEWS, _FOLLOWED = "news of preferences", "preferences followed"
TICK_MS = 15_000
TOP_UP_S = 3_600.0
#: Each look at what is due comes up to this much sooner or later than the last one would have it.
TICK_SPREAD = 0.1


class Bridge(QObject):
    """Edits and refreshes in, `changed(Snapshot)` out; one for the whole window.

    Signals
    -------
    changed(Snapshot)
        After every edit, every observation, and every quarter of a minute (ages move on).
    edited()
        The inputs changed, by an edit, an undo or a redo; not by an observation.
    refused(InputError)
        An edit was refused; nothing changed.
    failed(MinerdeskError)
        Something on disk failed; the message says what the user can do.
    refreshing(bool), progressed(int, int, str)
        A refresh begins or ends; topics done, topics in all, and the label of the last one.
    sources_changed(frozenset)
        Another program switched sources on or off, or changed their keys.
    network_off()
        Nothing may be asked of the network any more: offline mode was switched on, or the end has come.
    refreshed(Report)
        A refresh that the user asked for is over.
    tested(str, Report)
        A provider was tested.
    replies_measured(dict), reply_read(str, LastReply | None)
        How much room each provider's bodies take; the last one of a provider.
    """

    changed = Signal(object)
    edited = Signal()
    refused = Signal(object)
    failed = Signal(object)
    refreshing = Signal(bool)
    progressed = Signal(int, int, str)
    refreshed = Signal(object)
    tested = Signal(str, object)
    replies_measured = Signal(object)
    reply_read = Signal(str, object)
    sources_changed = Signal(object)
    network_off = Signal()

    def __init__(self, session: Session, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.tasks = tasks
        self._snapshot = session.desk.snapshot()
        self._stop: threading.Event | None = None
        self._tests: dict[str, threading.Event] = {}
        self.network_off.connect(self._stop_tests)
        self._topped_up_s = -math.inf
        self._topping_up: threading.Event | None = None
        self.network_off.connect(self._stop_topping_up)
        self._ticker = QTimer(self)
        self._ticker.setInterval(TICK_MS)
        self._ticker.timeout.connect(self._tick)

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""
        return self._snapshot

    # -- edits ------------------------------------------------------------------------------------------------------

    def edit(self, key: str, value: Value) -> bool:
        """Set one input; None resets it. Return whether it was accepted."""
        return self.edit_all({key: value})

    def edit_all(self, edits: Mapping[str, Value]) -> bool:
        """Set several inputs as one step. Return whether they were accepted; if not, nothing changed."""
        return self._edited(lambda: self.session.desk.apply(edits))

    def lay_table(self, name: str, rows: Iterable[Row]) -> bool:
        """Put a table in the place of the one of that name, as one step. Return whether it was accepted."""
        return self._edited(lambda: self.session.desk.lay_table(name, rows))

    def lay_power(self, choice: PowerChoice) -> None:
        """Look at another market, or at prices of the scenario's own, as one step."""
        self._edited(lambda: self.session.desk.lay_power(choice))

    def _edited(self, edit: Callable[[], Snapshot]) -> bool:
        try:
            snapshot = edit()
        except InputError as error:
            self.refused.emit(error)
            return False
        self.publish(snapshot)
        self.edited.emit()
        return True

    def undo(self) -> None:
        """Take the last edit back."""
        self.publish(self.session.desk.undo())
        self.edited.emit()

    def redo(self) -> None:
        """Make the edit again that was last taken back."""
        self.publish(self.session.desk.redo())
        self.edited.emit()

    def publish(self, snapshot: Snapshot) -> None:
        """Make `snapshot` the newest and show it."""
        self._snapshot = snapshot
        self.changed.emit(snapshot)

    # -- refresh ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Show what is there, fetch what is due, and keep both going."""
        self.changed.emit(self._snapshot)
        self._ticker.start()
        if self.session.preferences.auto_refresh:
            self.refresh(everything=False)

    def refresh(self, *, everything: bool = True) -> None:
        """Fetch what is due, or `everything`. One refresh at a time; offline it does nothing."""
        if self.tasks.is_running(REFRESH):
            return
        plan = self.session.plan(everything=everything)
        if not plan.names:
            return
        self._stop = stop = threading.Event()
        done: list[str] = []

        def work(progress: Callable[[float | None, str], None], cancelled: Callable[[], bool]) -> Any:
            del cancelled  # the event reaches the sockets, a flag would not

            def on_outcome(outcome: Outcome) -> None:
                done.append(outcome.topic)
                progress(min(1.0, len(done) / len(plan.names)), outcome.topic)

            return self.session.run(plan, cancel=stop, on_outcome=on_outcome)

        def on_progress(fraction: float | None, text: str) -> None:
            self.progressed.emit(round((fraction or 0) * len(plan.names)), len(plan.names), text)

        def on_done(result: tuple[Report, tuple[Problem, ...]]) -> None:
            report, problems = result
            shown, taken = self._snapshot, self.session.take(report, problems)

            def show() -> None:
                if self._snapshot is shown:  # else an edit came between, and what is shown holds the report already
                    self.publish(taken)
                self.refreshing.emit(False)
                if everything:
                    self.refreshed.emit(report)

            self.tasks.soon(REFRESH, show)  # taking and drawing in one turn would hold the window for both

        self.refreshing.emit(True)
        self.progressed.emit(0, len(plan.names), "")
        self.tasks.run(REFRESH, work, on_done, self._on_refresh_failed, on_progress)

    def cancel_refresh(self) -> None:
        """Stop the refresh under way; what it already got is kept."""
        if self._stop is not None:
            self._stop.set()

    # -- sources ------------------------------------------------------------------------------------------------------

    def source_states(self, sizes_bytes: Mapping[str, int] | None) -> tuple[SourceState, ...]:
        """Return every source as it is now; `sizes_bytes` as `replies_measured` gave them."""
        session = self.session
        return source_states(
            now=self._snapshot.now,
            offline=self._snapshot.offline,
            topics=session.topics(),
            on=session.preferences.sources_on,
            bases=session.bases,
            health=session.health(),
            last_given=session.desk.last_given(),
            last_fetched=session.desk.last_fetched(),
            sizes_bytes=sizes_bytes,
            rests_s=session.rests_s(),
        )

    def test_source(self, provider: str) -> None:
        """Ask one provider for all that it serves, as a job; `tested` says how that went."""
        key = f"test {provider}"
        if self.tasks.is_running(key):
            return
        now, stop = self._snapshot.now, threading.Event()
        self._tests[provider] = stop
        self.tasks.run(
            key,
            lambda progress, cancelled: self.session.test(provider, now, cancel=stop),
            lambda report: self.tested.emit(provider, report),
        )

    def _stop_tests(self) -> None:
        for stop in self._tests.values():
            stop.set()

    def measure_replies(self) -> None:
        """Look up how much room the bodies kept take, as a job; `replies_measured` has the answer."""
        replies = self.session.replies
        self.tasks.run("replies", lambda progress, cancelled: replies.sizes_bytes(), self.replies_measured.emit)

    def read_reply(self, provider: str, most_bytes: int) -> None:
        """Read the last body of a provider, as a job; `reply_read` has the answer."""
        replies = self.session.replies
        self.tasks.run(
            "reply",
            lambda progress, cancelled: replies.last(provider, most_bytes),
            lambda reply: self.reply_read.emit(provider, reply),
        )

    def _on_refresh_failed(self, error: BaseException) -> None:
        self.refreshing.emit(False)
        raise error  # a bug: the crash window shows it

    def _tick(self) -> None:
        self._ticker.setInterval(round(TICK_MS * random.uniform(1 - TICK_SPREAD, 1 + TICK_SPREAD)))
        self.session.look_around()
        self.look_at_preferences()
        self.publish(self.session.desk.snapshot())
        if self.session.preferences.auto_refresh:
            self.refresh(everything=False)
            self._top_up()

    def _top_up(self) -> None:
        """Once an hour fetch the power markets again that are public for days only; a failure is tried again then."""
        if self.session.desk.offline or time.monotonic() - self._topped_up_s < TOP_UP_S:
            return
        self._topped_up_s = time.monotonic()
        session, now = self.session, self._snapshot.now
        folder, preferred = session.folders.cache, session.preferences
        on, order = preferred.sources_on, preferred.source_order.get(POWER, ())
        stop = self._topping_up = threading.Event()

        def work(progress: Progress, cancelled: Callable[[], bool]) -> None:
            del progress, cancelled  # nobody looks, and the event reaches the socket
            if due_windows(folder, now):
                top_up(session.client(), folder, now=now, on=on, order=order, cancel=stop)

        self.tasks.run(TOP_UP, work, on_failed=self._on_disk_failed)

    def _stop_topping_up(self) -> None:
        if self._topping_up is not None:
            self._topping_up.set()

    # -- preferences --------------------------------------------------------------------------------------------------

    def prefer(self, **changes: Any) -> None:
        """Change preferences and write them in the background."""
        changed = replace(self.session.preferences, **changes)
        if changed == self.session.preferences:
            return
        self.session.adopt_preferences(changed)
        self.tasks.run(
            "preferences",
            lambda progress, cancelled: self.session.save_preferences(changed),
            on_failed=self._on_disk_failed,
            ordered=True,
        )

    def look_at_preferences(self) -> None:
        """Take over what another program changed of the sources since the last look, as the command line does."""
        shared = self.session.shared

        def follow(news: News | None) -> None:
            if news is None:
                return
            self.tasks.run(_FOLLOWED, lambda progress, cancelled: shared.followed(news), ordered=True)
            concerned = self.session.follow(news)
            self.publish(self.session.desk.snapshot())
            self.sources_changed.emit(concerned)

        if not self.tasks.is_running(_NEWS):
            self.tasks.run(_NEWS, lambda progress, cancelled: shared.news(), follow, ordered=True)

    def set_offline(self, offline: bool) -> None:
        """Switch the network off or on; off, nothing is requested any more."""
        if offline:
            self.cancel_refresh()
            self.network_off.emit()
        self.session.set_offline(offline)
        self.prefer(offline=offline)
        self.publish(self.session.desk.snapshot())
        if not offline:
            self.refresh(everything=False)

    def _on_disk_failed(self, error: BaseException) -> None:
        if not isinstance(error, MinerdeskError):
            raise error
        self.failed.emit(error)

    def stop(self) -> None:
        """End the ticking and the refresh; called once, before the tasks are shut down."""
        self._ticker.stop()
        self.cancel_refresh()
        self.network_off.emit()
