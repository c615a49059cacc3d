"""Whether this computer's clock is right, by the Date that every reply carries."""

import statistics
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: A clock that is off by more than this is wrong; below it lie the replies' own delays.
WRONG_FROM = timedelta(seconds=120)


class Skew:
    """How far this computer's clock is behind the servers' (negative: ahead), one opinion per host."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_host: dict[str, float] = {}

    def note(self, host: str, headers: Mapping[str, str], now: datetime) -> None:
        """Take one reply's opinion, received at `now` by this computer's own clock.

        A reply out of a cache between here and there is as old as its Age says. A Date that is none is no opinion.
        """
        try:
            sent = parsedate_to_datetime(headers["date"])
            kept_s = max(0.0, float(headers.get("age", "0")))
            behind_s = (sent.astimezone(UTC) - now).total_seconds() + kept_s
        except (KeyError, ValueError, TypeError, OverflowError):
            return
        with self._lock:
            self._by_host[host] = behind_s

    def forget(self) -> None:
        """Forget every opinion: the clock was set since."""
        with self._lock:
            self._by_host.clear()

    @property
    def sure(self) -> bool:
        """Whether at least two hosts say what `behind` returns: one may be wrong itself."""
        behind = self.behind()
        with self._lock:
            near = [abs(timedelta(seconds=one) - behind) <= WRONG_FROM for one in self._by_host.values()]
        return sum(near) > 1

    def behind(self) -> timedelta:
        """Return by how much this computer's clock is behind the servers', zero while they agree within two minutes.

        The median of the hosts: of three one may be wrong itself. Two that don't agree with each other say nothing.
        """
        with self._lock:
            opinions = sorted(self._by_host.values())
        if not opinions:
            return timedelta(0)
        middle = timedelta(seconds=statistics.median(opinions))
        agreeing = sum(abs(opinion - middle.total_seconds()) <= WRONG_FROM.total_seconds() for opinion in opinions)
        if abs(middle) <= WRONG_FROM or 2 * agreeing <= len(opinions):
            return timedelta(0)
        return middle
