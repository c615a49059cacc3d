"""How often a host may be asked: a least gap between two requests, longer while it fails; a budget of retries."""

import ipaddress
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

#: A provider is asked again after a passing failure this many times in a burst; then one more time comes back a minute.
RETRY_BUDGET = 3
RETRY_REGAINED_S = 60.0
#: With every failure the gap at a host doubles, up to this; a provider whose own gap is longer keeps its own.
LONGEST_GAP_S = 32.0


class Pace:
    """Turns at hosts, and budgets of retries, of one client. Safe to use from several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next_turn: dict[str, float] = {}
        self._retries: dict[str, tuple[float, float]] = {}
        self._doubled: dict[str, int] = {}
        self._doubled_at: dict[str, float] = {}

    def turn(self, host: str, gap_s: float, deadline: float) -> float | None:
        """Take the next turn at a host and return the seconds until it comes; None, and no turn, if past `deadline`.

        The turn after it comes no sooner than `gap_s` later, and later still while the host fails. Providers that share
        a host share its turns.
        """
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._next_turn.get(host, now))
            if turn >= deadline:
                return None
            self._next_turn[host] = turn + self._gap_s(host, gap_s)
            return turn - now

    def judge(self, host: str, gap_s: float, *, well: bool, since: float) -> None:
        """Let the gap at a host grow after a request that failed, and shrink again after one that went well.

        A failure doubles it, up to `LONGEST_GAP_S`, a success halves it, down to `gap_s`. Of requests that took their
        turns together (`since` is when this one did) only the first failure counts.
        """
        with self._lock:
            times = self._doubled.get(host, 0)
            if well:
                self._doubled[host] = max(0, times - 1)
            elif since >= self._doubled_at.get(host, since) and self._gap_s(host, gap_s) < LONGEST_GAP_S:
                self._doubled[host] = times + 1
                self._doubled_at[host] = self._monotonic()

    def forgive(self) -> None:
        """Let every gap be the provider's own again: the computer slept or joined another network."""
        with self._lock:
            self._doubled.clear()

    def _gap_s(self, host: str, gap_s: float) -> float:
        """Return the gap at a host as it is now; one of zero (this computer) stays zero."""
        return max(gap_s, min(LONGEST_GAP_S, gap_s * 2.0 ** self._doubled.get(host, 0)))

    def may_retry(self, provider: str) -> bool:
        """Take one retry out of a provider's budget and return whether there was one left.

        So a provider in trouble is not asked twice for each of its quantities.
        """
        with self._lock:
            now = self._monotonic()
            left, since = self._retries.get(provider, (float(RETRY_BUDGET), now))
            left = min(float(RETRY_BUDGET), left + (now - since) / RETRY_REGAINED_S)
            allowed = left >= 1.0
            self._retries[provider] = (left - 1.0 if allowed else left, now)
            return allowed


def host_of(url: str) -> str:
    """Return the host and port that a URL leads to, with or without www. the same.

    >>> host_of("https://www.mempool.space/api"), host_of("http://127.0.0.1:8332")
    ('mempool.space', '127.0.0.1:8332')
    """
    parts = urlsplit(url)
    name = (parts.hostname or "").removeprefix("www.")
    return f"{name}:{parts.port}" if parts.port else name


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this computer: then it is neither paced nor sent through a proxy."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
