"""One run of the program, with or without a window: the desk, what is on disk, and the way to the network.

The window and the command line open the same session; neither reads a file or fetches a value by any other way.
"""

import functools
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from minerdesk import aftermath, clock
from minerdesk.connection import Bases, Connection
from minerdesk.desk import Desk
from minerdesk.economics.schema import FIELDS, TEXT_KEYS
from minerdesk.economics.standstill import TIP, Stand
from minerdesk.errors import InputError, MinerdeskError, Problem, Severity
from minerdesk.observations import Observation, Origin, Series
from minerdesk.quantities import QUANTITIES
from minerdesk.right_time import CLOCK_FIELD, clock_problem, set_clock_right
from minerdesk.snapshot import LISTED_QUANTITIES, Snapshot
from minerdesk.sources import endpoints, refresh
from minerdesk.sources.breaker import Health, Insist
from minerdesk.sources.client import Client
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.opinions import Measure
from minerdesk.sources.probes import topics_to_test
from minerdesk.sources.refresh import Outcome, Refresher, Report
from minerdesk.sources.topics import TOPICS, Topic, in_order
from minerdesk.store import bundle, scenario
from minerdesk.store.backups import Backups
from minerdesk.store.bundle import Bundle
from minerdesk.store.cache import Cache
from minerdesk.store.node import NODE
from minerdesk.store.paths import Folders
from minerdesk.store.preferences import Preferences
from minerdesk.store.scenario import Scenario
from minerdesk.store.shared_preferences import News, SharedPreferences
from minerdesk.store.stand import KeptStand

Found = TypeVar("Found", Observation, Series)

#: A topic that failed is not tried again by itself before this many seconds; the user may at any time.
RETRY_S = 60.0
#: Whatever the program fetches by itself comes up to this much sooner or later, anew each time: many programs that were
#: started together by one power cut don't ask together for long.
SPREAD = 0.1

CACHE_FIELD = "cache"

#: Every topic that a refresh asks for.
TOPIC_NAMES = tuple(topic.name for topic in TOPICS)


@dataclass(frozen=True, kw_only=True)
class RefreshPlan:
    """What a refresh needs to know of the desk, taken on the desk's thread so that the worker never reads it."""

    names: tuple[str, ...]
    topics: tuple[Topic, ...] = TOPICS
    now: datetime
    newest: Mapping[str, datetime | None]
    oldest: Mapping[str, datetime]
    gpu_days: frozenset[int] = frozenset()
    difficulty: float | None
    measure: Measure
    force: bool


class Session:
    """The desk and its surroundings. Make one with `open_session`.

    `plan` and `take` belong to the thread that owns the desk; `run` may be called from any thread.
    """

    def __init__(
        self,
        *,
        desk: Desk,
        folders: Folders,
        prefs: Preferences,
        shared: SharedPreferences,
        carried: Bundle,
        resolve: Callable[[Preferences], Bases],
    ) -> None:
        self.desk = desk
        self.folders = folders
        self.preferences = prefs
        self.shared = shared
        self.bundle = carried
        self.connection = Connection(folders, lambda: self.preferences, lambda: desk.offline, resolve(prefs))
        self.keys, self.node, self.replies = self.connection.keys, self.connection.node, self.connection.replies
        self._resolve = resolve
        self.cache = Cache(folders.cache / "observations.sqlite3")
        self.backups = Backups(folders.data / "backups")
        self.stands = KeptStand(folders.cache / "tip.json")
        self._counted_by = clock.correction()
        self._attempted_s: dict[str, float] = {}
        self._spread: dict[str, float] = {}

    # -- the network ----------------------------------------------------------------------------------------------

    def plan(self, *, everything: bool = False) -> RefreshPlan:
        """Return what is to be fetched now: what has passed its refresh age, or `everything`. Offline it is nothing."""
        snapshot = self.desk.snapshot()
        topics = self.topics()
        asked = tuple(topic.name for topic in topics)
        if self.desk.offline:
            names: tuple[str, ...] = ()
        elif everything:
            names = asked
        else:
            resting = self.rests_s()
            due = refresh.due(asked, self.desk.last_fetched(), snapshot.now, self._spread)
            names = tuple(name for name in due if name not in resting)
        self._attempted_s.update(dict.fromkeys(names, time.monotonic()))
        self._spread.update({name: random.uniform(1 - SPREAD, 1 + SPREAD) for name in names})
        difficulty = snapshot.observed("difficulty")
        current = difficulty is not None and difficulty.origin is Origin.NETWORK
        return RefreshPlan(
            names=names,
            topics=topics,
            now=snapshot.now,
            newest=dict(self.desk.newest()),
            oldest=self.desk.oldest(),
            gpu_days=self.desk.pools.gpu_days(),
            difficulty=difficulty.value if current and difficulty else None,
            measure=Measure(
                known=self.desk.pools.references(),
                second=self.desk.doubted_topics
                | refresh.second_due(topics, {} if everything else self.desk.last_fetched(), snapshot.now),
                stand=self.desk.pools.stand,
            ),
            force=everything,
        )

    def topics(self) -> tuple[Topic, ...]:
        """Return what is fetched by itself, with the sources that are on, in the user's order."""
        return in_order(self.preferences.source_order, on=self.preferences.sources_on)

    def rests_s(self) -> dict[str, float]:
        """Return for how long each topic is not tried by itself: one that keeps failing is due at every look."""
        tried = ((name, RETRY_S * self._spread.get(name, 1.0), at) for name, at in self._attempted_s.items())
        now = time.monotonic()
        return {name: at + pause_s - now for name, pause_s, at in tried if now - at < pause_s}

    def run(
        self,
        plan: RefreshPlan,
        *,
        cancel: threading.Event | None = None,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> tuple[Report, tuple[Problem, ...]]:
        """Fetch what is planned and write it to the cache. Blocks; returns within the refresher's budget.

        If the replies show that the clock is wrong it is corrected, and everything is asked for once more: values were
        dated by it, or refused because their right date seemed to lie in the future.
        """
        refresher = Refresher(self.client(), plan.topics)

        def fetched(now: datetime, measure: Measure = plan.measure) -> Report:
            return refresher.run(
                plan.names,
                now=now,
                newest=plan.newest,
                oldest=plan.oldest,
                gpu_days=plan.gpu_days,
                difficulty=plan.difficulty,
                measure=measure,
                force=plan.force,
                cancel=cancel,
                on_outcome=on_outcome,
            )

        report = fetched(plan.now)
        off_by = set_clock_right(self.client().skew)
        if off_by:
            self.client().resume()
            report = fetched(plan.now + off_by, replace(plan.measure, stand=None))
        self.connection.keep_pauses()
        for found in report.observations:
            if found.quantity == TIP:
                self.stands.keep(Stand.after(found, None if off_by else plan.measure.stand))
        return report, self.cache.write(report.observations, report.series, report.gpu_rates)

    def test(self, provider: str, now: datetime, *, cancel: threading.Event | None = None) -> Report:
        """Ask one provider for all that it serves, and believe none of it. Blocks; passes a block, no Retry-After."""
        served = topics_to_test(provider)
        names = [topic.name for topic in served]
        report = Refresher(self.client(), served).run(names, now=now, force=Insist.TEST, cancel=cancel)
        self.connection.keep_pauses()
        return report

    def look_around(self) -> bool:
        """Notice a sleep, a clock that was set or another network, and return whether anything was noticed.

        Then all that is due is tried again at once, whatever failed before. Offline nothing is looked at.
        """
        if self.desk.offline:
            return False
        change = self.connection.look()
        if change is None:
            return False
        self._attempted_s.clear()
        if change.clock_was_set:
            self.desk.pools.stand = None
        return True

    def client(self) -> Client:
        """Return the one client of this session, from any thread."""
        return self.connection.client()

    @property
    def bases(self) -> Bases:
        """The base URL of each provider."""
        return self.connection.bases

    def health(self) -> dict[str, Health]:
        """Return how each provider is doing; nothing is known before anything was asked."""
        return self.connection.health()

    def set_offline(self, offline: bool) -> None:
        """Switch the network off or on for what follows; pacing and pauses go on through it."""
        self.desk.offline = offline
        self.connection.switch(offline=offline)

    def take(self, report: Report, problems: Iterable[Problem] = ()) -> Snapshot:
        """Lay what a refresh brought on the desk."""
        if clock.correction() != self._counted_by:  # what was dated by a wrong clock says nothing of how long it is ago
            self._counted_by, self.desk.pools.stand = clock.correction(), None
        self.desk.state(CLOCK_FIELD, clock_problem(self.connection.skew))
        self.state_cache()
        told = [problem for problem in problems if problem != self.cache.trouble]
        for outcome in report.outcomes:
            if outcome.doubt is not None or outcome.fetched is not None:
                self.desk.doubt(outcome.topic, outcome.doubt)
        return self.desk.observe(
            report.observations,
            report.series,
            gpu_rates=report.gpu_rates,
            gpus_unknown=report.gpus_unknown,
            failures=aftermath.explained(aftermath.lasting(report), report.outcomes, self.desk.pools),
            problems=told,
        )

    def state_cache(self) -> None:
        """Let what keeps the cache from being used stand on the desk for as long as it does."""
        self.desk.state(CACHE_FIELD, self.cache.trouble)

    # -- scenario files -------------------------------------------------------------------------------------------

    def scenario(self, base: Scenario | None = None) -> Scenario:
        """Return the desk as a scenario: every input, and the observations it was judged with.

        What `base` holds and this version doesn't know is kept.
        """
        snapshot = self.desk.snapshot()
        return replace(
            base or Scenario(),
            inputs=dict(snapshot.values),
            typed_at=dict(snapshot.typed_at),
            tables={**(base.tables if base else {}), **snapshot.tables},
            power=snapshot.power,
            observations=tuple(
                snapshot.observations[name] for name in LISTED_QUANTITIES if name in snapshot.observations
            ),
        )

    def open_scenario(self, path: Path) -> Scenario:
        """Lay the scenario in `path` on the desk.

        Raises
        ------
        StoreError, InputError
            It can't be read or used; the desk is as it was. If it is damaged the newest backup is named.
        """
        try:
            found = scenario.load(path, FIELDS, text_keys=TEXT_KEYS)
        except MinerdeskError as error:
            error.hint = f"{error.hint} {self.backups.hint(error, path, FIELDS, TEXT_KEYS)}".strip()
            raise
        self.lay(found, name=str(path))
        return found

    def lay(self, found: Scenario, name: str = "The scenario") -> Snapshot:
        """Lay a scenario that is already read on the desk; an InputError names it, and the desk is as it was."""
        known = [item for item in found.observations if item.quantity in QUANTITIES]
        try:
            return self.desk.load(
                found.inputs,
                known,
                tables=found.tables,
                power=found.power,
                typed_at=found.typed_at,
                problems=found.problems,
            )
        except InputError as error:
            raise InputError(
                f"{name} can't be used: {error.message}",
                hint="Correct it in a text editor. It is left as it is.",
                problems=error.problems,
            ) from error

    # -- preferences ----------------------------------------------------------------------------------------------

    @property
    def preferences_path(self) -> Path:
        """Where the preferences are kept."""
        return self.folders.config / "preferences.json"

    def adopt_preferences(self, changed: Preferences) -> None:
        """Go by `changed` from now on; what is under way still ends by the old ones.

        Raises
        ------
        InputError
            A base URL can't be used; nothing changed.
        """
        bases = self._resolve(changed)
        anew = set(changed.sources_on) - set(self.preferences.sources_on)
        if (changed.node_cookie, changed.node_user) != (self.preferences.node_cookie, self.preferences.node_user):
            anew.add(NODE)
        self.preferences = changed
        self.connection.go_by(bases, changed.ca_file)
        self.connection.forgive(anew)

    def save_preferences(self, changed: Preferences) -> None:
        """Write what differs in `changed` from what was last read or written here; a StoreError says why it failed."""
        self.shared.save(changed)

    def follow(self, news: News) -> frozenset[str]:
        """Go by what another program changed of the sources, and return which it concerns.

        A key that is another now is read when it is needed; the source is asked again whatever kept it from that.
        """
        rekeyed = news.rekeyed & PROVIDERS.keys()
        for provider in rekeyed:
            self.keys.forget(provider)
        self.connection.forgive(rekeyed)
        self.adopt_preferences(news.laid_over(self.preferences))
        return news.rekeyed | news.switched

    def close(self) -> None:
        """Close what is open on disk, and write down who is to be left alone."""
        self.connection.keep_pauses()
        self.cache.close()


def open_session(
    *,
    base_urls: Sequence[str] = (),
    offline: bool = False,
    environ: Mapping[str, str] = os.environ,
    now: Callable[[], datetime] = clock.now,
) -> Session:
    """Open a session: preferences, bundle and cache are read, nothing is fetched.

    Raises
    ------
    InputError
        A base URL or the frozen clock can't be used. What is wrong on disk is a problem on the desk instead.
    """
    moment = now()
    folders = Folders.of_user()
    shared, read, problems = SharedPreferences.opened(folders.config / "preferences.json")
    prefs, unusable = _without_bad_urls(read, shared.path)
    shared.used(prefs)
    carried = bundle.load(moment)
    desk = Desk(
        now=now,
        offline=offline or prefs.offline,
        signed_leases=tuple(deal.lease() for deal in carried.deals),
        catalogue=carried.asics,
        gpu_rates=carried.gpu_rates,
        market_years=carried.market_years,
        events=carried.events,
    )
    session = Session(
        desk=desk,
        folders=folders,
        prefs=prefs,
        shared=shared,
        carried=carried,
        resolve=lambda chosen: endpoints.resolve(chosen.base_urls, environ, base_urls),
    )
    cached = session.cache.load(moment)
    desk.observe(carried.observations.values(), carried.series.values())
    session.state_cache()
    if TIP in cached.observations:
        desk.pools.stand = session.stands.recall(moment)  # what is cached goes on with it, or begins another
    told = [problem for problem in cached.problems if problem != session.cache.trouble]
    fresh = functools.partial(_adopted, now=moment, offline=desk.offline)
    desk.observe(
        map(fresh, cached.observations.values()),
        map(fresh, cached.series.values()),
        gpu_rates=cached.gpu_rates,
        problems=(*problems, *unusable, *carried.problems, *told),
    )
    return session


def _without_bad_urls(prefs: Preferences, path: Path) -> tuple[Preferences, tuple[Problem, ...]]:
    """Leave out the base URLs that can't be used: the default takes their place, and the window can mend them."""
    usable, problems = {}, []
    for name, url in prefs.base_urls.items():
        try:
            endpoints.resolve({name: url}, {})
            usable[name] = url
        except InputError as error:
            message = f"{path}: {error.message} The default is used. Mend it under Edit, Preferences."
            problems.append(Problem(field=f"base URL {name}", severity=Severity.WARNING, message=message))
    return replace(prefs, base_urls=usable), tuple(problems)


def _adopted(found: Found, now: datetime, *, offline: bool) -> Found:
    """Take what is cached over as this session's own if it is so fresh that it would not be fetched again.

    So a restart within a quantity's refresh age shows what an uninterrupted run would show. Offline nothing is live.
    """
    fresh = not offline and now - found.fetched_at < QUANTITIES[found.quantity].refresh
    return replace(found, origin=Origin.NETWORK) if fresh else found
