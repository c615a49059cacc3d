"""What a fetch function is given, and what it returns."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minerdesk.economics.gpu_rates import GpuRate
from minerdesk.observations import Observation, Series
from minerdesk.sources.client import MAX_BYTES, Client, Post


@dataclass(frozen=True, kw_only=True)
class Ask:
    """The circumstances of one attempt at one source.

    Attributes
    ----------
    now
        The clock: nothing dated after it is taken over.
    deadline
        The instant of the client's monotonic clock at which the attempt is given up.
    newest
        The date of the newest cached point or value of each quantity, None or absent where there is none.
    oldest
        The date of the oldest cached point of each quantity, absent where there is none.
    anew
        Whether to ask again what was answered just now: the user wants it.
    gpu_days
        The days whose GPU offers are known already, starts in seconds UTC.
    """

    client: Client
    now: datetime
    deadline: float
    cancel: threading.Event | None = None
    newest: Mapping[str, datetime | None] = field(default_factory=dict)
    oldest: Mapping[str, datetime] = field(default_factory=dict)
    anew: bool = True
    gpu_days: frozenset[int] = frozenset()

    def get(
        self,
        provider: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        post: Post | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> bytes:
        """Return a body from a provider, see `Client.get`."""
        return self.client.get(
            provider,
            path,
            params=params,
            post=post,
            deadline=self.deadline,
            cancel=self.cancel,
            max_bytes=max_bytes,
            anew=self.anew,
        )

    def days_missing(self, quantity: str) -> float:
        """Return how many days have passed since the newest cached point of a quantity; infinite without a cache."""
        newest = self.newest.get(quantity)
        return float("inf") if newest is None else (self.now - newest).total_seconds() / 86_400


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What one source gave for one topic.

    `told` says in words what a probe found; `gpus_unknown` are names of GPUs that were not understood and left out.
    Where nothing was asked, since the source has nothing that is wanted now, `nothing_to_ask` says why.
    """

    observations: tuple[Observation, ...] = ()
    series: tuple[Series, ...] = ()
    gpu_rates: tuple[GpuRate, ...] = ()
    gpus_unknown: tuple[str, ...] = ()
    told: str = ""
    nothing_to_ask: str = ""

    def value(self, quantity: str) -> float | None:
        """Return the observed value of a quantity, or None if it is not among the observations."""
        return next((o.value for o in self.observations if o.quantity == quantity), None)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """The smallest question to a provider that is asked only when the user wants something of it: does it answer?

    Declared as PROBE in the provider's module and listed in `probes`. `label` says what it is asked for; `fetch` asks
    once, reads the answer like any other, and returns what it found in words.
    """

    provider: str
    label: str
    fetch: Callable[[Ask], Fetched]
