"""Every source as the page Data shows it: how it is doing, when it is asked again, what it serves, on which terms."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

from minerdesk.errors import FailureKind
from minerdesk.quantities import QUANTITIES
from minerdesk.sources import frankfurter
from minerdesk.sources.breaker import Health
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.sources.probes import PROBES
from minerdesk.sources.topics import Topic, only_from


class Group(StrEnum):
    """What sources are listed under, in the order of the list. Those that are off stand under the last."""

    NETWORK = "Network and price"
    INTEREST = "Open interest"
    GPU = "GPU rents"
    POWER = "Power prices"
    RATES = "Exchange rates"
    OFF = "Off until you switch them on"


@dataclass(frozen=True, kw_only=True)
class Service:
    """One topic that a source serves, and as which of how many it is asked: the first is number one, 0 is off."""

    topic: str
    label: str
    rank: int
    of: int


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """One source at a moment.

    Attributes
    ----------
    last_success
        When it last gave a usable value, in this run or an earlier one; None if it never did.
    access, is_on
        Who may ask it, and whether it is asked: one that is not open is off until the user switches it on.
    services
        What it is asked for by itself; empty if only when the user wants something of it.
    probe
        What it is tested with if it is asked only as the user wants, empty if there is nothing.
    next_try
        When it is asked again: past or now means with the next look; None if only as a fallback, or not by itself.
    failure, failure_hint, failed_at
        The last failure since its last success, if there is one.
    size_bytes
        The room that its last bodies take on disk, None while it is not known.
    stale_after
        The age from which what it gives is no longer live; None of one that is asked only as a fallback or on demand.
    nothing_to_ask
        Whether nothing was sent when it was last its turn: it has nothing that is wanted now.
    """

    provider: str
    label: str
    base: str
    own_base: str
    credit: str
    licence: str
    services: tuple[Service, ...]
    access: Access = Access.OPEN
    is_on: bool = True
    last_success: datetime | None = None
    latency_s: float | None = None
    next_try: datetime | None = None
    failures_in_row: int = 0
    failure: FailureKind | None = None
    failure_hint: str = ""
    failed_at: datetime | None = None
    size_bytes: int | None = None
    probe: str = ""
    stale_after: timedelta | None = None
    nothing_to_ask: bool = False

    @property
    def group(self) -> Group:
        """What it is listed under."""
        return group_of(self.provider) if self.is_on else Group.OFF

    @property
    def can_be_tested(self) -> bool:
        """Whether there is anything to ask it for."""
        return bool(self.services or self.probe)


@cache
def group_of(name: str) -> Group:
    """Return what a provider is listed under while it is on.

    >>> group_of("okx").name, group_of("mempool").name, group_of("ecb").name
    ('INTEREST', 'NETWORK', 'RATES')
    """
    served = [topic.name for topic in only_from(name)]
    if not served:
        banks = name in PROBES and PROBES[name].label == frankfurter.PROBE.label  # those of rates share their words
        return Group.RATES if banks else Group.NETWORK if PROVIDERS[name].access is Access.OWN else Group.POWER
    if served[0].startswith("open_interest"):
        return Group.INTEREST
    return Group.GPU if served[0].startswith("gpu") else Group.NETWORK


def source_states(
    *,
    now: datetime,
    offline: bool,
    topics: Sequence[Topic],
    on: Collection[str] = (),
    bases: Mapping[str, str],
    health: Mapping[str, Health],
    last_given: Mapping[str, datetime],
    last_fetched: Mapping[str, datetime],
    sizes_bytes: Mapping[str, int] | None,
    rests_s: Mapping[str, float] | None = None,
) -> tuple[SourceState, ...]:
    """Return the state of every source that is asked, in the order of the providers' declaration.

    One that serves no topic is asked only when the user wants something of it.

    `last_given` is the newest value's fetch by source, `last_fetched` by quantity; `topics` are what is asked for, in
    the user's order; `on` names the sources that the user switched on; `rests_s` is for how long a topic that was tried
    a moment ago is not tried again by itself.
    """
    serving = {source.provider for topic in topics for source in topic.sources}
    return tuple(
        _state(
            name,
            now=now,
            offline=offline,
            topics=topics,
            is_on=PROVIDERS[name].is_asked(on),
            base=bases.get(name, PROVIDERS[name].base),
            health=health.get(name),
            given=last_given.get(name),
            last_fetched=last_fetched,
            size_bytes=None if sizes_bytes is None else sizes_bytes.get(name, 0),
            rests_s=rests_s or {},
        )
        for name in PROVIDERS
        if name in serving or PROVIDERS[name].credit
    )


def _state(
    name: str,
    *,
    now: datetime,
    offline: bool,
    topics: Sequence[Topic],
    is_on: bool,
    base: str,
    health: Health | None,
    given: datetime | None,
    last_fetched: Mapping[str, datetime],
    size_bytes: int | None,
    rests_s: Mapping[str, float],
) -> SourceState:
    provider = PROVIDERS[name]
    services = tuple(
        Service(topic=topic.name, label=topic.label, rank=rank, of=len(topic.sources))
        for topic in topics
        for rank, source in enumerate(topic.sources, 1)
        if source.provider == name
    )
    if not is_on:
        services = tuple(Service(topic=t.name, label=t.label, rank=0, of=len(t.sources)) for t in only_from(name))
    if health is not None and health.last_success_s is not None:
        recent = now - timedelta(seconds=health.last_success_s)
        given = recent if given is None else max(given, recent)
    failing = (
        health is not None
        and health.last_failure is not None
        and health.last_failure_s is not None
        and (health.last_success_s is None or health.last_failure_s < health.last_success_s)
    )
    return SourceState(
        provider=name,
        label=provider.label,
        base=base,
        own_base=provider.base,
        credit=provider.credit,
        licence=provider.licence,
        services=services,
        access=provider.access,
        is_on=is_on,
        last_success=given,
        latency_s=health.latency_s if health else None,
        next_try=None
        if offline or not is_on
        else _next_try(services, topics, last_fetched=last_fetched, rests_s=rests_s, now=now, health=health),
        failures_in_row=health.failures_in_row if health else 0,
        failure=health.last_failure.kind if failing and health and health.last_failure else None,
        failure_hint=health.last_failure.hint if failing and health and health.last_failure else "",
        failed_at=now - timedelta(seconds=health.last_failure_s or 0.0) if failing and health else None,
        size_bytes=size_bytes,
        probe=PROBES[name].label if name in PROBES else "",
        stale_after=_stale_after(services, topics),
        nothing_to_ask=health is not None and health.nothing_to_ask,
    )


def _stale_after(services: Sequence[Service], topics: Sequence[Topic]) -> timedelta | None:
    """Return the shortest stale age of what a source is asked for before all others."""
    first = {service.topic for service in services if service.rank == 1}
    return min((QUANTITIES[topic.quantities[0]].stale for topic in topics if topic.name in first), default=None)


def _next_try(
    services: Sequence[Service],
    topics: Sequence[Topic],
    *,
    last_fetched: Mapping[str, datetime],
    rests_s: Mapping[str, float],
    now: datetime,
    health: Health | None,
) -> datetime | None:
    """Return when the first of the topics that a source is asked for before all others is due, or its pause ends."""
    first = {service.topic for service in services if service.rank == 1}
    due = [
        max(
            last_fetched[quantity] + QUANTITIES[quantity].refresh if quantity in last_fetched else now,
            now + timedelta(seconds=rests_s.get(topic.name, 0.0)),
        )
        for topic in topics
        if topic.name in first
        for quantity in topic.quantities[:1]
    ]
    pause_s = health.next_try_s if health else 0.0
    if pause_s > 0:
        return max([now + timedelta(seconds=pause_s), *([min(due)] if due else [])])
    return min(due) if due else None
