"""A block height that does not move: how long it stands, and from when on that is doubted.

Blocks come by a Poisson process, so the time between two is exponential with a mean of 10 minutes: one block in 8,100
is followed by 90 minutes without another, one in 163,000 by two hours (``exp(-12) = 6.1e-6``), one in 66 million by
three. The pace is not always that of the rule. By the number of blocks of each day from 2014 to May 2026 (the sum of
``n * exp(-n * T / 1440)`` over days of n blocks, T in minutes) 95 gaps of more than 90 minutes are to be expected in
these twelve years, 6.8 of more than two hours, of them 1.5 in 2021, the year of the ban, and 0.1 of more than three.

So after two hours a second source is asked, and one that gives the same height settles it. Only if nobody else answers
is there a doubt that anybody sees.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from minerdesk import words
from minerdesk.economics.plausibility import LAG_BLOCKS
from minerdesk.observations import Observation

TIP = "tip_height"
#: A height that stands for so long is doubted.
STANDSTILL = timedelta(hours=2)


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A block height, and the fetch that gave it first.

    Only the time from there to another fetch that succeeds counts: nothing is known of what comes before the first and
    after the last. So a computer that sleeps, or is without a network, lets no height grow old.
    """

    height: float
    since: datetime

    @classmethod
    def after(cls, found: Observation, before: "Stand | None") -> "Stand":
        """Return how the height stands after another fetch: since the first one with the same, or since this one."""
        if before is None or found.value != before.height:
            return cls(height=found.value, since=found.fetched_at)
        return replace(before, since=min(before.since, found.fetched_at))


def standstill_doubt(found: Observation, stand: Stand | None) -> str:
    """Say since when a height stands, as “block … has been the last one since …”; empty before `STANDSTILL`."""
    if stand is None or found.quantity != TIP or found.value != stand.height:
        return ""
    stood = found.fetched_at - stand.since
    if stood < STANDSTILL:
        return ""
    return (
        f"block {words.figure(found.value)} has been the last one since {words.day_and_time(stand.since)} UTC, for "
        f"{words.age(stood)}; a block comes every 10 minutes on average"
    )


def same_height(one: float, other: float) -> bool:
    """Return whether another source says that the same height stands: two nodes may be some blocks apart.

    >>> same_height(932_513, 932_515), same_height(932_513, 932_516)
    (True, False)
    """
    return abs(one - other) <= LAG_BLOCKS
