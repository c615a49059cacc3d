"""A refresh: which topics are due, their sources in order, all topics together, and an end that surely comes."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from minerdesk.economics.gpu_rates import GpuRate
from minerdesk.economics.plausibility import Doubt
from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Observation, Series
from minerdesk.quantities import QUANTITIES
from minerdesk.sources import failures
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.breaker import Insist
from minerdesk.sources.client import Client
from minerdesk.sources.opinions import Measure, Opinion, Settled, conclude, doubt_of, settle, unchecked
from minerdesk.sources.parsing import require_agreement
from minerdesk.sources.topics import TOPICS, Source, Topic

_log = logging.getLogger(__name__)
_TICK_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one topic went: what was fetched, from whom, and who failed before.

    `fetched` and `source` are None if no source gave it; `failures` is then never empty. `doubt` says who was not
    believed, and what is used. `extra` as its topic says.
    """

    topic: str
    fetched: Fetched | None
    source: str | None
    failures: tuple[SourceError, ...]
    latency_s: float
    doubt: Doubt | None = None
    extra: bool = False

    @property
    def nothing_to_ask(self) -> str:
        """Why nothing was asked of the source, empty if something was."""
        return self.fetched.nothing_to_ask if self.fetched else ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """How a refresh went: the outcome of every topic asked for, in the order asked for."""

    outcomes: tuple[Outcome, ...]

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Every observation fetched."""
        return tuple(o for outcome in self.outcomes if outcome.fetched for o in outcome.fetched.observations)

    @property
    def series(self) -> tuple[Series, ...]:
        """Every series fetched."""
        return tuple(s for outcome in self.outcomes if outcome.fetched for s in outcome.fetched.series)

    @property
    def gpu_rates(self) -> tuple[GpuRate, ...]:
        """Every rental rate fetched."""
        return tuple(rate for outcome in self.outcomes if outcome.fetched for rate in outcome.fetched.gpu_rates)

    @property
    def gpus_unknown(self) -> Mapping[str, tuple[str, ...]]:
        """By source the names of GPUs that were not understood."""
        return {
            outcome.source: outcome.fetched.gpus_unknown
            for outcome in self.outcomes
            if outcome.fetched and outcome.source and outcome.fetched.gpu_rates
        }

    @property
    def failures(self) -> tuple[SourceError, ...]:
        """Every failure, those that a fallback made good included."""
        return tuple(failure for outcome in self.outcomes for failure in outcome.failures)

    @property
    def answered(self) -> tuple[Outcome, ...]:
        """The outcomes of topics that a source gave, without those of which nothing was to be asked."""
        return tuple(one for one in self.outcomes if one.fetched is not None and not one.nothing_to_ask)

    @property
    def asked(self) -> tuple[Outcome, ...]:
        """The outcomes of topics of which something was to be asked."""
        return tuple(one for one in self.outcomes if not one.nothing_to_ask)

    @property
    def complete(self) -> bool:
        """Whether every topic but the extra ones was fetched, be it by a fallback."""
        return all(outcome.fetched is not None or outcome.extra for outcome in self.outcomes)


def due(
    names: Iterable[str],
    last_fetched: Mapping[str, datetime],
    now: datetime,
    spread: Mapping[str, float] | None = None,
) -> tuple[str, ...]:
    """Return the topics whose first quantity was never fetched, or has passed its refresh age at `now`.

    `spread` multiplies the refresh age of a topic, so that many programs started together don't ask together for long.
    A quantity that claims to have been fetched after `now` is due: the clock was set back.
    """

    def is_due(topic: Topic) -> bool:
        quantity = QUANTITIES[topic.quantities[0]]
        fetched = last_fetched.get(quantity.name)
        return fetched is None or fetched > now or now - fetched >= quantity.refresh * factors.get(topic.name, 1.0)

    wanted, factors = set(names), spread or {}
    return tuple(topic.name for topic in TOPICS if topic.name in wanted and is_due(topic))


def second_due(topics: Iterable[Topic], last_fetched: Mapping[str, datetime], now: datetime) -> frozenset[str]:
    """Return the topics of which a second opinion is wanted and was never fetched, or has passed its refresh age."""

    def is_due(quantity: str) -> bool:
        fetched = last_fetched.get(quantity)
        return fetched is None or fetched > now or now - fetched >= QUANTITIES[quantity].refresh

    return frozenset(topic.name for topic in topics if topic.second and is_due(topic.second))


class Refresher:
    """Fetches topics; the window and the command line use the same one.

    Parameters
    ----------
    max_workers
        Topics under way at the same time. They wait rather than work, so all of them at once is right: a topic that
        starts late has less of the budget left.
    topic_budget_s, least_attempt_s
        All sources of a topic together may take the first; each is given at least the second, and otherwise an equal
        share of what is left, so that a hanging source leaves time for its fallback.
    """

    def __init__(
        self,
        client: Client,
        topics: Sequence[Topic] = TOPICS,
        *,
        max_workers: int = 16,
        topic_budget_s: float = 13.0,
        least_attempt_s: float = 3.0,
    ) -> None:
        self.client = client
        self._topics = {topic.name: topic for topic in topics}
        self._max_workers = max_workers
        self._topic_budget_s = topic_budget_s
        self._least_attempt_s = least_attempt_s

    def run(
        self,
        names: Iterable[str],
        *,
        now: datetime,
        newest: Mapping[str, datetime | None] | None = None,
        oldest: Mapping[str, datetime] | None = None,
        gpu_days: frozenset[int] = frozenset(),
        difficulty: float | None = None,
        measure: Measure | None = None,
        force: bool | Insist = False,
        cancel: threading.Event | None = None,
        budget_s: float = 15.0,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> Report:
        """Fetch the named topics; return when all are done, at `budget_s` or soon after `cancel`, whichever is first.

        Blocks: the window calls it from a job of its own. What is not done at the end is reported as timed out, or
        cancelled; its threads are daemons whose sockets are shut down.

        Parameters
        ----------
        newest, oldest
            The dates of the newest and the oldest cached point of each quantity; only what follows, or comes before, is
            asked for, where that can be.
        gpu_days
            The days whose GPU offers are known: of the history only others are asked for.
        difficulty
            A difficulty that is current, if one is known; with it the hash rate is checked. One fetched in this run
            takes its place.
        measure
            By what the values are measured, and which topics want a second opinion.
        force
            The user asked for it: pass open circuit breakers (`Insist.TEST`: and blocks), and ask again what was
            answered just now.
        on_outcome
            Called with every outcome as it is there, one call at a time, from a worker thread or from this one. It
            must return at once.

        Raises
        ------
        KeyError
            A name is no topic. What goes wrong with sources is never raised, only reported.
        """
        ask = Ask(
            client=self.client,
            now=now,
            deadline=0.0,
            newest=newest or {},
            oldest=oldest or {},
            gpu_days=gpu_days,
            anew=bool(force),
        )
        run = _Run(
            [self._topics[name] for name in names],
            self,
            ask,
            difficulty=difficulty,
            measure=measure or Measure(),
            force=force,
            budget_s=budget_s,
            on_outcome=on_outcome,
        )
        for _ in range(min(self._max_workers, len(run.topics))):
            threading.Thread(target=run.work, name="refresh", daemon=True).start()
        while not run.done.wait(_TICK_S):
            if cancel is not None and cancel.is_set():
                run.close(failures.cancelled)
            elif run.monotonic() >= run.end:
                run.close(failures.timed_out)
        return Report(outcomes=tuple(run.outcomes[topic.name] for topic in run.topics))

    def share(self, remaining_s: float, sources_left: int) -> float:
        """Return how much of a topic's remaining time the next of its sources gets."""
        return min(remaining_s, max(self._least_attempt_s, remaining_s / sources_left))

    @property
    def least_attempt_s(self) -> float:
        """How long a source is given at least, and one that is asked for a second opinion at most."""
        return self._least_attempt_s

    @property
    def topic_budget_s(self) -> float:
        """How long all sources of one topic may take together."""
        return self._topic_budget_s


class _Run:
    """One run's state, shared by its workers."""

    def __init__(
        self,
        topics: list[Topic],
        refresher: Refresher,
        ask: Ask,
        *,
        difficulty: float | None,
        measure: Measure,
        force: bool | Insist,
        budget_s: float,
        on_outcome: Callable[[Outcome], None] | None,
    ) -> None:
        self.topics = topics
        self.outcomes: dict[str, Outcome] = {}
        self.done = threading.Event()
        self.monotonic = time.monotonic
        self.end = self.monotonic() + budget_s
        self._began = self.monotonic()
        self._refresher = refresher
        self._client = refresher.client
        self._stop = threading.Event()
        self._ask = replace(ask, cancel=self._stop)
        self._difficulty = difficulty
        self._measure = measure
        self._force = force
        self._on_outcome = on_outcome
        self._waiting = deque(topics)
        self._failures: dict[str, list[SourceError]] = {topic.name: [] for topic in topics}
        self._opinions: dict[str, list[Opinion]] = {topic.name: [] for topic in topics}
        self._asking: dict[str, str] = {topic.name: topic.sources[0].provider for topic in topics}
        self._lock = threading.RLock()
        if not topics:
            self.done.set()

    def work(self) -> None:
        """Fetch one waiting topic after the other."""
        while not self._stop.is_set():
            try:
                topic = self._waiting.popleft()
            except IndexError:
                return
            self._fetch(topic)

    def close(self, failure: Callable[[str], SourceError]) -> None:
        """End the run: what is not done has failed by `failure` of the source that it was waiting for."""
        with self._lock:
            for topic in self.topics:
                if topic.name not in self.outcomes:
                    settled = self._concluded(topic)
                    if settled.believed is None:
                        self._failures[topic.name].append(failure(self._asking[topic.name]))
                    self._deliver(topic, settled, self._began)
        self._stop.set()

    def _fetch(self, topic: Topic) -> None:
        """Ask a topic's sources in order until one is believed."""
        began = self.monotonic()
        end = min(began + self._refresher.topic_budget_s, self.end)
        for index, source in enumerate(topic.sources):
            with self._lock:
                self._asking[topic.name] = source.provider
            remaining_s = end - self.monotonic()
            share_s = self._refresher.share(remaining_s, len(topic.sources) - index)
            check = bool(heard := self._opinions[topic.name]) and not any(one.doubt for one in heard)
            if check:
                share_s = min(share_s, self._refresher.least_attempt_s)  # it must not hold back what is there
            try:
                if remaining_s <= 0:
                    raise failures.timed_out(source.provider, "no time was left to ask it")
                fetched = self._attempt(source, share_s)
            except SourceError as error:
                with self._lock:
                    if topic.name in self.outcomes:
                        return
                    self._failures[topic.name].append(failures.bare(error))
                if check and len(heard) == 1 and _is_slow(error):
                    break  # one who hangs is enough: the check is made up for soon
            else:
                with self._lock:
                    heard.append(self._opinion(topic, source.provider, fetched))
            settled = settle(heard, second=topic.name in self._measure.second)
            if settled is not None:
                self._deliver(topic, settled, began)
                return
        self._deliver(topic, self._concluded(topic), began)

    def _opinion(self, topic: Topic, provider: str, fetched: Fetched) -> Opinion:
        return Opinion.of(provider, fetched, topic.headline, self._measure, self._ask.now)

    def _concluded(self, topic: Topic) -> Settled:
        """Return whom to believe of those heard, for nobody else is asked any more."""
        return conclude(self._opinions[topic.name], known=self._measure.known.get(topic.headline))

    def _attempt(self, source: Source, share_s: float) -> Fetched:
        """Ask one source; whatever goes wrong comes out as a `SourceError` and counts for its breaker."""
        with self._client.judged(source.provider, force=self._force):
            try:
                fetched = source.fetch(replace(self._ask, deadline=self._client.monotonic() + share_s))
            except SourceError:
                raise
            except Exception as error:
                _log.exception("A body from %s was not foreseen", source.provider)
                raise failures.malformed(source.provider, f"its shape was not foreseen ({error!r:.60})") from error
            hashrate = fetched.value("network_hashrate_7d_eh_s")
            if hashrate is not None and self._difficulty is not None:
                require_agreement(hashrate, self._difficulty, source.provider)
            return fetched

    def _doubt(self, topic: Topic, failed: Sequence[SourceError], settled: Settled) -> Doubt | None:
        known = self._measure.known
        found = doubt_of(topic.headline, failed, settled, known.get(topic.headline))
        if found is not None or topic.name not in self._measure.second:
            return found
        others = [known[name] for name in (topic.headline, topic.second) if name in known]
        return unchecked(topic.headline, failed, settled, others, self._ask.now) if topic.second else None

    def _deliver(self, topic: Topic, settled: Settled, began: float) -> None:
        with self._lock:
            if topic.name in self.outcomes:
                return  # the run was closed meanwhile
            for error in settled.refused:
                self._client.disbelieve(error)
            failed = (*self._failures[topic.name], *settled.refused)
            fetched = settled.fetched(topic.second)
            outcome = Outcome(
                topic=topic.name,
                fetched=fetched,
                source=settled.believed.source if settled.believed else None,
                failures=failed,
                latency_s=self.monotonic() - began,
                doubt=self._doubt(topic, failed, settled),
                extra=topic.extra,
            )
            self.outcomes[topic.name] = outcome
            self._difficulty = (fetched.value("difficulty") if fetched else None) or self._difficulty
            try:
                if self._on_outcome is not None:
                    self._on_outcome(outcome)
            except Exception:  # noqa: BLE001 - a fault of the receiver must not lose the outcome
                _log.exception("The receiver of outcomes failed")
            if len(self.outcomes) == len(self.topics):
                self.done.set()


def _is_slow(error: SourceError) -> bool:
    """Return whether a failure took the time that it was given; one that was not asked took none."""
    return error.kind in (FailureKind.TIMEOUT, FailureKind.CANCELLED) and not isinstance(error, failures.NotAskedError)
