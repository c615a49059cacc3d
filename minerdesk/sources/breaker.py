"""The circuit breaker: a provider that fails again and again is left alone for a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from minerdesk.errors import FailureKind, SourceError
from minerdesk.kept import Pause
from minerdesk.sources.failures import RATE_LIMIT_PAUSE_S, NotAskedError, NotPublishedError, bare

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 5 * 60.0
LONGEST_PAUSE_S = 60 * 60.0
#: A Retry-After is believed up to this: Binance bans for three days at most, nobody is known to ask for more.
LONGEST_BAN_S = 3 * 86_400.0
#: How long a provider is left alone that does not serve this network, country or program (HTTP 401, 403, 451).
BLOCK_PAUSE_S = 24 * 3600.0
#: What says nothing about the provider: this computer has no network, or no key for it.
_OURS = (FailureKind.OFFLINE, FailureKind.NEEDS_KEY)
_WHY = {
    FailureKind.RATE_LIMITED: "it asked to be left alone",
    FailureKind.BLOCKED: "it is not available here. Test it on the page Data, or use another network",
}


class Insist(IntEnum):
    """How much an attempt is wanted: by the clock, by the user's refresh, or by the user's test of this very source."""

    NO = 0
    REFRESH = 1
    TEST = 2


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a provider is doing, for the status bar.

    `next_try_s` is 0 if it may be asked now; `last_success_s` is how long ago it last gave a usable value, None if it
    has not yet done so in this process; `latency_s` is how long its last reply took. There was `nothing_to_ask` if the
    last attempt sent no request, since all that it has is known, or it has nothing for now.
    """

    last_success_s: float | None
    last_failure: SourceError | None
    failures_in_row: int
    next_try_s: float
    latency_s: float | None = None
    last_failure_s: float | None = None
    nothing_to_ask: bool = False


class Breaker:
    """Closed, it lets every attempt through; three failures in a row open it; then one probe at a time may close it.

    It stays open for 5 minutes, doubling with every failed probe up to 60. A rate limit is honoured apart from that and
    by everybody: not even an explicit refresh asks before the provider's Retry-After. A provider that does not serve
    this network or country is left alone for a day, unless the user tests it or the network changes. What says nothing
    about the provider (a page it doesn't publish, a cancelled request, a computer without a network) doesn't count.
    """

    def __init__(self, provider: str, monotonic: Callable[[], float]) -> None:
        self._provider = provider
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._in_row = 0
        self._pause_s = 0.0
        self._open_until = float("-inf")
        self._limited_until = float("-inf")
        self._blocked_until = float("-inf")
        self._barred_at = float("-inf")
        self._probing = False
        self._failed_at: float | None = None
        self._last_success: float | None = None
        self._last_failure: SourceError | None = None
        self._nothing_to_ask = False
        #: What the last success forgave: failures in a row, the pause, the success before.
        self._forgiven: tuple[int, float, float | None] | None = None

    def admit(self, insist: Insist = Insist.NO) -> None:
        """Let an attempt through, or raise the `SourceError` that says why not and until when.

        A refresh by the user passes an open breaker, a test by the user a block as well; nothing passes a rate limit.
        """
        with self._lock:
            now = self._monotonic()
            if now < self._limited_until:
                raise self._closed_door(self._limited_until - now)
            if now < self._blocked_until and insist < Insist.TEST:
                raise self._closed_door(self._blocked_until - now)
            if insist or self._in_row < FAILURES_TO_OPEN:
                return
            if now < self._open_until:
                raise self._closed_door(self._open_until - now)
            if self._probing:
                raise self._closed_door(0.0)
            self._probing = True

    def still_admits(self, since: float) -> None:
        """Raise a `SourceError` if the provider asked to be left alone, or blocked us, after the instant `since`.

        Whoever was let through and then waited for its turn would ask all the same.
        """
        with self._lock:
            barred_until = max(self._limited_until, self._blocked_until)
            if self._barred_at > since and self._monotonic() < barred_until:
                raise self._closed_door(barred_until - self._monotonic())

    def succeeded(self) -> None:
        """Record a usable answer: everything is forgiven."""
        with self._lock:
            self._forgiven = self._in_row, self._pause_s, self._last_success
            self._in_row, self._pause_s, self._probing, self._nothing_to_ask = 0, 0.0, False, False
            self._open_until = self._blocked_until = float("-inf")
            self._last_success = self._monotonic()

    def disbelieved(self, error: SourceError) -> None:
        """Record that the last answer was not believed after all, once others were heard: it is no success any more."""
        with self._lock:
            if self._forgiven is not None:
                self._in_row, self._pause_s, self._last_success = self._forgiven
                self._forgiven = None
        self.failed(error)

    def failed(self, error: SourceError) -> None:
        """Record a failed attempt. Failures of requests that were under way when it opened don't lengthen the pause."""
        with self._lock:
            self._probing, self._nothing_to_ask = False, False
            if error.kind is FailureKind.CANCELLED or isinstance(error, NotAskedError):
                return
            now = self._monotonic()
            self._last_failure, self._failed_at = bare(error), now
            if isinstance(error, NotPublishedError) or error.kind in _OURS:
                return
            self._in_row += 1
            if error.kind is FailureKind.BLOCKED:
                self._blocked_until, self._barred_at = now + BLOCK_PAUSE_S, now
            if error.kind is FailureKind.RATE_LIMITED or error.retry_after_s is not None:
                wait_s = RATE_LIMIT_PAUSE_S if error.retry_after_s is None else error.retry_after_s
                self._limited_until = max(self._limited_until, now + min(wait_s, LONGEST_BAN_S))
                self._barred_at = now
            if self._in_row >= FAILURES_TO_OPEN and now >= self._open_until:
                self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
                self._open_until = now + self._pause_s

    def abandoned(self) -> None:
        """Record that an attempt ended without a verdict."""
        with self._lock:
            self._probing = False

    def unasked(self) -> None:
        """Record that there was nothing to ask: neither a success nor a failure."""
        with self._lock:
            self._probing, self._nothing_to_ask = False, True

    def resume(self, slept_s: float) -> None:
        """Forgive what was open or blocked, and shorten a Retry-After by the time slept."""
        with self._lock:
            self._in_row, self._pause_s = 0, 0.0
            self._limited_until -= slept_s
            self._open_until = self._blocked_until = float("-inf")

    def pause(self) -> Pause | None:
        """Return how long the provider is still left alone, None if it may be asked now."""
        with self._lock:
            now = self._monotonic()
            limited_s, blocked_s, open_s = (
                max(0.0, until - now) for until in (self._limited_until, self._blocked_until, self._open_until)
            )
            last = self._last_failure
            if last is None or self._failed_at is None or not limited_s + blocked_s + open_s:
                return None
            return Pause(
                limited_s=limited_s,
                blocked_s=blocked_s,
                open_s=open_s,
                length_s=self._pause_s,
                failures_in_row=self._in_row,
                kind=last.kind,
                hint=last.hint,
                failed_ago_s=now - self._failed_at,
            )

    @property
    def judged(self) -> bool:
        """Whether anything is known of the provider."""
        with self._lock:
            return self._last_success is not None or self._failed_at is not None

    def restore(self, pause: Pause) -> None:
        """Go on with a pause of an earlier run; none is longer than one that began now."""
        with self._lock:
            now = self._monotonic()
            if pause.limited_s > 0:
                self._limited_until = now + min(pause.limited_s, LONGEST_BAN_S)
            if pause.blocked_s > 0:
                self._blocked_until = now + min(pause.blocked_s, BLOCK_PAUSE_S)
            if pause.open_s > 0:
                self._open_until = now + min(pause.open_s, LONGEST_PAUSE_S)
                self._pause_s = min(pause.length_s, LONGEST_PAUSE_S)
            self._in_row = pause.failures_in_row
            self._last_failure = SourceError(pause.kind, self._provider, pause.hint)
            self._failed_at = now - pause.failed_ago_s

    def health(self, latency_s: float | None = None) -> Health:
        """Return how the provider is doing now."""
        with self._lock:
            now = self._monotonic()
            barred_until = max(self._limited_until, self._open_until, self._blocked_until)
            return Health(
                last_success_s=None if self._last_success is None else now - self._last_success,
                last_failure=self._last_failure,
                failures_in_row=self._in_row,
                next_try_s=max(0.0, barred_until - now),
                latency_s=latency_s,
                last_failure_s=None if self._failed_at is None else now - self._failed_at,
                nothing_to_ask=self._nothing_to_ask,
            )

    def _closed_door(self, wait_s: float) -> SourceError:
        last = self._last_failure
        kind = last.kind if last is not None else FailureKind.REFUSED
        wait = f"{wait_s / 60:.0f} min" if wait_s >= 90 else f"{wait_s:.0f} s"
        if wait_s >= 5_400:
            wait = f"{wait_s / 3600:.0f} h"
        why = _WHY.get(kind, "it failed several times in a row")
        return NotAskedError(kind, self._provider, f"Not asked again for another {wait}: {why}.")
