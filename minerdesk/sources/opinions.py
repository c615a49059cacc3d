"""Of what several sources say of one topic, whom to believe. Pure: the refresh asks, this judges.

A value that can't follow the last one is held back until a second source was asked. Two that agree are believed
whatever was known before, the first of them in the order of asking. If none agree, one that can follow the last value
is believed, the nearest of several; if none can, the last value stays, with its age.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from minerdesk import words
from minerdesk.economics.plausibility import Doubt, agree, apart, step_doubt, value_words
from minerdesk.economics.standstill import TIP, Stand, same_height, standstill_doubt
from minerdesk.errors import SourceError
from minerdesk.observations import Observation
from minerdesk.quantities import QUANTITIES
from minerdesk.sources.ask import Fetched
from minerdesk.sources.endpoints import label_of
from minerdesk.sources.failures import ImplausibleError, implausible


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What new values are measured by.

    Attributes
    ----------
    known
        The last believed value of each quantity, of a series its newest point.
    second
        The topics of which a second source is asked although the first one's value can be true.
    stand
        Since when the last block height stands; None if it is not known.
    """

    known: Mapping[str, Observation] = field(default_factory=dict)
    second: frozenset[str] = frozenset()
    stand: Stand | None = None


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one source gave: all of it, the value that stands for it (None if it gave none), and what speaks against.

    It `stands_still` if that is a block height which has not moved for too long.
    """

    source: str
    fetched: Fetched
    stated: Observation | None
    doubt: str
    stands_still: bool = False

    @classmethod
    def of(cls, source: str, fetched: Fetched, quantity: str, measure: Measure, now: datetime) -> "Opinion":
        """Judge what a source gave by its value of `quantity`, or the newest point of a series of that name."""
        points = (series.newest() for series in fetched.series if series.quantity == quantity)
        values = (one for one in fetched.observations if one.quantity == quantity)
        stated = next((one for one in (*values, *points) if one is not None), None)
        if stated is None:
            return cls(source=source, fetched=fetched, stated=None, doubt="")
        still = standstill_doubt(stated, measure.stand)
        doubt = step_doubt(stated, measure.known.get(quantity), now, label_of) or still
        return cls(source=source, fetched=fetched, stated=stated, doubt=doubt, stands_still=bool(still))

    def agrees(self, other: "Opinion") -> bool:
        """Return whether another says the same."""
        one, two = self.stated, other.stated
        if one is None or two is None:
            return False
        if self.stands_still or other.stands_still:
            return same_height(one.value, two.value)
        return agree(one.quantity, one.value, two.value)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Who is believed (None: nobody), who says the same, and what the others failed by.

    It is not `sure` if two could be true, and nothing but the last value speaks for the one.
    """

    believed: Opinion | None
    second: Opinion | None = None
    refused: tuple[SourceError, ...] = ()
    sure: bool = True

    def fetched(self, second: str = "") -> Fetched | None:
        """Return what the believed source gave, and as the quantity `second`, if one is named, what the other said."""
        if self.believed is None:
            return None
        found, other = self.believed.fetched, self.second.stated if self.second else None
        if not second or other is None:
            return found
        return replace(found, observations=(*found.observations, replace(other, quantity=second)))


def settle(opinions: Sequence[Opinion], *, second: bool) -> Settled | None:
    """Return whom to believe, or None while another source should be asked first; `second` wants one in any case."""
    if len(opinions) == 1 and not opinions[0].doubt and not second:
        return Settled(believed=opinions[0])
    for place, one in enumerate(opinions):
        same = next((other for other in opinions[place + 1 :] if one.agrees(other)), None)
        if same is not None:
            others = [other for other in opinions if other is not one and not one.agrees(other)]
            return Settled(believed=one, second=same, refused=tuple(_refused(other, one, same) for other in others))
    return None


def conclude(opinions: Sequence[Opinion], *, known: Observation | None) -> Settled:
    """Return whom to believe where nobody else can be asked; `known` is the last believed value."""
    settled = settle(opinions, second=len(opinions) > 1)
    if settled is not None:
        return settled
    possible = [one for one in opinions if not one.doubt]
    if not possible:
        return Settled(believed=None, refused=tuple(implausible(one.source, one.doubt) for one in opinions))
    believed = min(possible, key=lambda one: _distance(one, known))
    others = [other for other in opinions if other is not believed]
    return Settled(
        believed=believed,
        refused=tuple(_refused(other, believed, None) for other in others),
        sure=len(possible) == 1,
    )


def _distance(one: Opinion, known: Observation | None) -> float:
    """Return how far a value lies from the last one, as a ratio's logarithm; without a last one all lie equally far."""
    if one.stated is None or known is None or not (one.stated.value > 0 and known.value > 0):
        return 0.0
    return abs(math.log(one.stated.value) - math.log(known.value))


def _refused(one: Opinion, believed: Opinion, second: Opinion | None) -> SourceError:
    """Build the failure of a source whose value was not believed; both numbers are in it."""
    if one.doubt or one.stated is None or believed.stated is None:
        return implausible(one.source, one.doubt or "it does not say what it was asked for")
    value, other = one.stated, believed.stated
    how = apart(value.value, other.value) if min(value.value, other.value) > 0 else "not"
    why = (
        f"and {label_of(second.source)} agrees with the latter"
        if second
        else "which lies nearer to the last value; no third source answered"
    )
    return implausible(
        one.source,
        f"{value_words(value.quantity, value.value)} is {how} the {value_words(other.quantity, other.value)} of "
        f"{label_of(believed.source)}, {why}",
    )


def doubt_of(
    quantity: str, failures: Sequence[SourceError], settled: Settled, known: Observation | None
) -> Doubt | None:
    """Return the warning that a topic's implausible answers make: whose, why, and what is used; None without any."""
    found = [failure for failure in failures if isinstance(failure, ImplausibleError)]
    if not found or not quantity:
        return None
    label = QUANTITIES[quantity].label
    said = " ".join(f"{label_of(failure.source)} is not believed: {failure.what}." for failure in found)
    believed = settled.believed
    if believed is None:
        return Doubt(quantity=quantity, message=f"{label}: {said} {_kept_words(known)}")
    value = believed.stated
    shown = f"’s {value_words(value.quantity, value.value)}" if value else ""
    used = f"{label_of(believed.source)}{shown} is used"
    also = f"; {label_of(settled.second.source)} says the same" if settled.second else ""
    return Doubt(quantity=quantity, message=f"{label}: {said} {used}{also}.", settled=settled.sure)


def unchecked(
    quantity: str, failures: Sequence[SourceError], settled: Settled, others: Sequence[Observation], now: datetime
) -> Doubt | None:
    """Return the warning that nobody else was there to check a value, or None if somebody vouches for it.

    That does whoever says the same, now or with one of `others`, as long as that is current and another source's.
    """
    one = settled.believed
    if one is None or one.stated is None or settled.second is not None:
        return None
    value = one.stated
    for other in others:
        is_another = other.source.split(":")[0] != value.source.split(":")[0]
        if is_another and not other.is_expired(now) and agree(quantity, value.value, other.value):
            return None
    names = list(dict.fromkeys(label_of(failure.source) for failure in failures if failure.source != one.source))
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    why = f"{listed} gave none" if names else "nobody else was asked in time"
    return Doubt(
        quantity=quantity,
        message=f"{QUANTITIES[quantity].label}: the {value_words(value.quantity, value.value)} of "
        f"{label_of(one.source)} is not checked by a second source: {why}. It is used as it is; the next refresh asks "
        "again.",
    )


def _kept_words(known: Observation | None) -> str:
    if known is None:
        return "Nobody else gave one."
    hangs_on_it = " The next adjustment is reckoned from it and as doubtful." if known.quantity == TIP else ""
    return (
        f"Nobody else gave one that is; the last one stays: {value_words(known.quantity, known.value)} of "
        f"{words.day_and_time(known.as_of)} UTC ({label_of(known.source)}).{hangs_on_it}"
    )
