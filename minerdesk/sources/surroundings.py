"""What happens to the computer itself: it slept, its clock was set, or it joined another network."""

import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

#: A look comes every quarter of a minute; one that comes this much later comes after a sleep.
PAUSE_S = 90.0
#: A clock that jumped by more than this was set.
JUMP_S = 30.0
#: Addresses that nobody has (RFC 5737, RFC 3849): a datagram socket is pointed there, and nothing is sent.
_NOWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happened since the last look; `slept_s` is what a monotonic clock may have missed."""

    slept_s: float = 0.0
    woke: bool = False
    moved: bool = False
    clock_was_set: bool = False

    def __bool__(self) -> bool:
        return self.woke or self.moved or self.clock_was_set


def local_address() -> str:
    """Return the address by which this computer reaches others, empty if no route leads out. Sends nothing."""
    for family, nowhere in _NOWHERE:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((nowhere, 9))
            return str(probe.getsockname()[0])
    return ""


def _through_sleep() -> float:
    """Return seconds of a clock that goes on while the computer sleeps, and that nobody sets where there is one."""
    clock_id = getattr(time, "CLOCK_BOOTTIME", None)
    return time.time() if clock_id is None else time.clock_gettime(clock_id)


class Surroundings:
    """Compares each look with the one before. The clocks and the address may be replaced by tests."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        through_sleep: Callable[[], float] = _through_sleep,
        wall: Callable[[], float] = time.time,
        address: Callable[[], str] = local_address,
    ) -> None:
        self._monotonic, self._through_sleep, self._wall, self._address = monotonic, through_sleep, wall, address
        self._last: tuple[float, float, float] | None = None
        self._last_address: str | None = None

    def network(self) -> str:
        """Return what the network that this computer is on is recognised by, empty if no route leads out."""
        return self._address()

    def look(self) -> Change:
        """Return what happened since the last look; the first one finds nothing."""
        now = self._monotonic(), self._through_sleep(), self._wall()
        address = self._address()
        before, known = self._last, self._last_address
        self._last, self._last_address = now, address
        if before is None:
            return Change()
        awake_s, passed_s, wall_s = (new - old for new, old in zip(now, before, strict=True))
        slept_s = max(0.0, passed_s - awake_s)
        return Change(
            slept_s=slept_s,
            woke=max(awake_s, passed_s) > PAUSE_S or slept_s > JUMP_S,
            moved=address not in ("", known),
            clock_was_set=abs(wall_s - passed_s) > JUMP_S,
        )
