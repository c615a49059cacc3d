"""The circuit breaker: a provider that fails again and again is left alone for a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.failures import NotPublishedError

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 5 * 60.0
LONGEST_PAUSE_S = 60 * 60.0
#: How long a provider is left alone that answers 429 without saying for how long.
RATE_LIMIT_PAUSE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a provider is doing, for the status bar.

    `next_try_s` is 0 if it may be asked now; `last_success_s` is how long ago it last gave a usable value, None if it
    has not yet done so in this process.
    """

    last_success_s: float | None
    last_failure: SourceError | None
    failures_in_row: int
    next_try_s: float


class Breaker:
    """Closed, it lets every attempt through; three failures in a row open it; then one probe at a time may close it.

    It stays open for 5 minutes, doubling with every failed probe up to 60. A rate limit is honoured apart from that and
    by everybody: not even an explicit refresh asks before the provider's Retry-After. What says nothing about the
    provider (a page it doesn't publish, a cancelled request, a computer without a network) doesn't count.
    """

    def __init__(self, provider: str, monotonic: Callable[[], float]) -> None:
        self._provider = provider
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._in_row = 0
        self._pause_s = 0.0
        self._open_until = float("-inf")
        self._limited_until = float("-inf")
        self._probing = False
        self._last_success: float | None = None
        self._last_failure: SourceError | None = None

    def admit(self, *, force: bool) -> None:
        """Let an attempt through, or raise the `SourceError` that says why not and until when.

        `force` (the user asked for it) passes an open breaker, never a rate limit.
        """
        with self._lock:
            now = self._monotonic()
            if now < self._limited_until:
                raise self._closed_door(self._limited_until - now)
            if force or self._in_row < FAILURES_TO_OPEN:
                return
            if now < self._open_until:
                raise self._closed_door(self._open_until - now)
            if self._probing:
                raise self._closed_door(0.0)
            self._probing = True

    def succeeded(self) -> None:
        """Record a usable answer: everything is forgiven."""
        with self._lock:
            self._in_row, self._pause_s, self._probing = 0, 0.0, False
            self._open_until = float("-inf")
            self._last_success = self._monotonic()

    def failed(self, error: SourceError) -> None:
        """Record a failed attempt. Failures of requests that were under way when it opened don't lengthen the pause."""
        with self._lock:
            self._probing = False
            if error.kind is FailureKind.CANCELLED:
                return
            self._last_failure = error
            if isinstance(error, NotPublishedError) or error.kind is FailureKind.OFFLINE:
                return
            now = self._monotonic()
            self._in_row += 1
            if error.kind is FailureKind.RATE_LIMITED or error.retry_after_s is not None:
                wait_s = RATE_LIMIT_PAUSE_S if error.retry_after_s is None else error.retry_after_s
                self._limited_until = max(self._limited_until, now + min(wait_s, LONGEST_PAUSE_S))
            if self._in_row >= FAILURES_TO_OPEN and now >= self._open_until:
                self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
                self._open_until = now + self._pause_s

    def abandoned(self) -> None:
        """Record that an attempt ended without a verdict."""
        with self._lock:
            self._probing = False

    def health(self) -> Health:
        """Return how the provider is doing now."""
        with self._lock:
            now = self._monotonic()
            barred_until = max(self._limited_until, self._open_until)
            return Health(
                last_success_s=None if self._last_success is None else now - self._last_success,
                last_failure=self._last_failure,
                failures_in_row=self._in_row,
                next_try_s=max(0.0, barred_until - now),
            )

    def _closed_door(self, wait_s: float) -> SourceError:
        last = self._last_failure
        kind = last.kind if last is not None else FailureKind.REFUSED
        wait = f"{wait_s / 60:.0f} min" if wait_s >= 90 else f"{wait_s:.0f} s"
        why = "it asked to be left alone" if kind is FailureKind.RATE_LIMITED else "it failed several times in a row"
        return SourceError(kind, self._provider, f"Not asked again for another {wait}: {why}.")
