"""The watch-list: three rules about the network and the market, judged at the end of every UTC day of the record.

A rule is triggered when all of its conditions hold, quiet when one of them doesn't, unknown when none fails but one
can't be told. Nothing looks ahead: a day is judged by what was known at its end, so the history of a rule is what it
would have said then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.deals import SignedLease
from minerdesk.economics.gpu_rates import SellerDays
from minerdesk.economics.history import Times, Values, trailing_mean
from minerdesk.economics.inputs import Watch
from minerdesk.economics.leverage import Leverage
from minerdesk.economics.migration import signed_mw
from minerdesk.economics.watch_declarations import DEMAND, HASHRATE, LEVERAGE
from minerdesk.economics.watch_series import gpu_trend, on_days, rent_trend, retarget_through_time, young_epoch_s
from minerdesk.observations import RateBand, Series
from minerdesk.units import SECONDS_PER_DAY

Marks = NDArray[np.int8]

_YES, _NO, _UNKNOWN = 1, 0, -1
#: Two means of one constant differ by this much at most.
_ROUNDING = 1e-9


class State(StrEnum):
    """What a rule or a condition says of a day."""

    TRIGGERED = "triggered"
    QUIET = "quiet"
    UNKNOWN = "unknown"
    OFF = "off"


_STATES = {_YES: State.TRIGGERED, _NO: State.QUIET, _UNKNOWN: State.UNKNOWN}


@dataclass(frozen=True, kw_only=True)
class Change:
    """A state, and the first day (its start, seconds UTC) on which it holds."""

    day_s: int
    state: State


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """One condition: what it measures, what it takes, and what it said on each of the watch-list's days.

    It holds where the measured value is at or over `threshold`; `value` is the newest, None is unknown.
    """

    name: str
    label: str
    unit: str
    threshold: float
    values: Values
    marks: Marks
    is_on: bool
    changes: tuple[Change, ...]

    @property
    def value(self) -> float | None:
        """The measured value of the newest day, None where it is unknown."""
        return float(self.values[-1]) if len(self.values) and np.isfinite(self.values[-1]) else None

    @property
    def state(self) -> State:
        """What the condition says of the newest day."""
        if not self.is_on:
            return State.OFF
        return self.changes[-1].state if self.changes else State.UNKNOWN

    @property
    def since_s(self) -> int | None:
        """Since which day it says so; None where it was never known, or is off."""
        return self.changes[-1].day_s if self.changes and self.is_on else None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule with its conditions. `changes` begin with the first day on which the rule could be told."""

    name: str
    label: str
    state: State
    changes: tuple[Change, ...]
    conditions: tuple[Judged, ...]

    @property
    def since_s(self) -> int | None:
        """Since which day the rule is in its state; None where it was never known, or is off."""
        return self.changes[-1].day_s if self.changes and self.state is not State.OFF else None


@dataclass(frozen=True, kw_only=True, eq=False)
class WatchList:
    """Every rule, judged on `days`, the newest of them last. `interest_covers` says whose open interest it is.

    `former_epoch_s` is when a new epoch of difficulty began whose retarget can't be told yet, so that the estimate is
    still the former epoch's last; None where the estimate is the running epoch's.
    """

    days: Times
    rules: tuple[Rule, ...]
    interest_covers: str
    former_epoch_s: int | None = None

    @property
    def triggered(self) -> tuple[Rule, ...]:
        """The rules that are triggered on the newest day."""
        return tuple(rule for rule in self.rules if rule.state is State.TRIGGERED)


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What the rules are judged by, as known at `moment`. `week_mean_eh_s` lies at the times of `hashrate`."""

    moment: datetime
    hashrate: Series
    week_mean_eh_s: Values
    difficulty: Series
    leases: Sequence[SignedLease] = ()
    gpu_rates: Sequence[RateBand] = ()
    gpu_sellers: SellerDays | None = None
    leverage: Leverage | None = None
    days: Times = field(init=False)

    def __post_init__(self) -> None:
        end = int(self.moment.timestamp()) // SECONDS_PER_DAY * SECONDS_PER_DAY
        firsts = [int(self.hashrate.times[0])] if len(self.hashrate) else []
        firsts += [int(self.leverage.interest.times[0])] if self.leverage else []
        first = min(firsts, default=end) // SECONDS_PER_DAY * SECONDS_PER_DAY
        object.__setattr__(self, "days", np.arange(first, end, SECONDS_PER_DAY, dtype=np.int64))


def watch(evidence: Evidence, thresholds: Watch) -> WatchList:
    """Judge every rule on every day of the record."""
    groups = {
        ("hashrate_back", HASHRATE): _hashrate_conditions(evidence, thresholds),
        ("ai_demand", DEMAND): _demand_conditions(evidence, thresholds),
        ("leverage", LEVERAGE): _leverage_conditions(evidence, thresholds),
    }
    days = evidence.days
    return WatchList(
        days=days,
        rules=tuple(_rule(days, name, label, conditions) for (name, label), conditions in groups.items()),
        interest_covers=evidence.leverage.interest.covers if evidence.leverage else "",
        former_epoch_s=young_epoch_s(evidence.difficulty, days),
    )


def _rule(days: Times, name: str, label: str, conditions: tuple[Judged, ...]) -> Rule:
    """Return a rule: no condition that is on fails and none is unknown."""
    counted = [condition.marks for condition in conditions if condition.is_on]
    if not counted:
        return Rule(name=name, label=label, state=State.OFF, changes=(), conditions=conditions)
    stacked = np.stack(counted)
    marks = np.where(
        (stacked == _NO).any(axis=0), _NO, np.where((stacked == _UNKNOWN).any(axis=0), _UNKNOWN, _YES)
    ).astype(np.int8)
    changes = changes_of(days, marks)
    state = changes[-1].state if changes else State.UNKNOWN
    return Rule(name=name, label=label, state=state, changes=changes, conditions=conditions)


def changes_of(days: Times, marks: Marks) -> tuple[Change, ...]:
    """Return the first day of every run of one state, from the first day on that is known."""
    known = np.flatnonzero(marks != _UNKNOWN)
    if len(known) == 0:
        return ()
    first = known[0]
    turns = np.concatenate([[first], np.flatnonzero(np.diff(marks[first:])) + first + 1])
    return tuple(Change(day_s=int(days[turn]), state=_STATES[int(marks[turn])]) for turn in turns)


def _judged(
    evidence: Evidence,
    values: Values,
    threshold: float,
    *,
    name: str,
    label: str,
    unit: str,
    is_on: bool,
    for_days: int = 1,
) -> Judged:
    """Hold values against a threshold; they have to reach it on each of the last `for_days`."""
    failed = np.isfinite(values) & (values < threshold - _ROUNDING * max(abs(threshold), 1.0))
    unknown = _within(~np.isfinite(values), for_days, before_first=True)
    marks = np.where(_within(failed, for_days), _NO, np.where(unknown, _UNKNOWN, _YES)).astype(np.int8)
    return Judged(
        name=name,
        label=label,
        unit=unit,
        threshold=threshold,
        values=values,
        marks=marks,
        is_on=is_on,
        changes=changes_of(evidence.days, marks),
    )


def _within(is_so: NDArray[np.bool_], days: int, *, before_first: bool = False) -> NDArray[np.bool_]:
    """Return for each day whether something is so on it or on one of the `days` - 1 before it."""
    padded = np.concatenate([np.full(days - 1, before_first), is_so])
    counts = np.concatenate([[0], np.cumsum(padded)])
    return np.asarray(counts[days:] - counts[:-days] > 0)


# -- hash rate --------------------------------------------------------------------------------------------------------


def _hashrate_conditions(evidence: Evidence, thresholds: Watch) -> tuple[Judged, ...]:
    times, days = evidence.hashrate.times, evidence.days
    short, long = (trailing_mean(times, evidence.hashrate.values, span) for span in (30, 60))
    with np.errstate(divide="ignore", invalid="ignore"):
        ribbon = short / long - 1
    return (
        _judged(
            evidence,
            on_days(times, evidence.week_mean_eh_s, days),
            thresholds.hashrate_eh_s,
            name="hashrate_7d",
            label=f"7-day hash rate, {thresholds.hashrate_days:.0f} days in a row",
            unit="EH/s",
            is_on=thresholds.hashrate_on,
            for_days=round(thresholds.hashrate_days),
        ),
        _judged(
            evidence,
            on_days(times, ribbon, days),
            0.0,
            name="hash_ribbon",
            label="30-day against 60-day mean",
            unit="fraction",
            is_on=thresholds.ribbon_on,
        ),
        _judged(
            evidence,
            retarget_through_time(evidence.hashrate, evidence.difficulty, days),
            thresholds.retarget_fraction,
            name="next_retarget",
            label="Next retarget, estimate",
            unit="fraction",
            is_on=thresholds.retarget_on,
        ),
    )


# -- AI demand --------------------------------------------------------------------------------------------------------


def _demand_conditions(evidence: Evidence, thresholds: Watch) -> tuple[Judged, ...]:
    ends = evidence.days + SECONDS_PER_DAY
    window = round(thresholds.signed_days)
    newly = signed_mw(evidence.leases).within(ends, window)
    return (
        _judged(
            evidence,
            np.where(newly > 0, newly, np.nan),  # a list without a lease in the window is too old to tell
            thresholds.signed_mw,
            name="mw_signed",
            label=f"IT load signed to AI in {window} days",
            unit="MW",
            is_on=thresholds.signed_on,
        ),
        _judged(
            evidence,
            gpu_trend(evidence.gpu_rates, evidence.gpu_sellers, ends),
            thresholds.gpu_change_fraction,
            name="gpu_trend",
            label="GPU rental rate over a month",
            unit="fraction",
            is_on=thresholds.gpu_on,
        ),
        _judged(
            evidence,
            rent_trend(evidence.leases, ends),
            thresholds.rent_change_fraction,
            name="rent_trend",
            label="Rents against the year before",
            unit="fraction",
            is_on=thresholds.rent_on,
        ),
    )


# -- leverage ---------------------------------------------------------------------------------------------------------


def _leverage_conditions(evidence: Evidence, thresholds: Watch) -> tuple[Judged, ...]:
    found, nothing = evidence.leverage, np.full(len(evidence.days), np.nan)

    return (
        _judged(
            evidence,
            on_days(found.interest.times, found.z_score, evidence.days) if found else nothing,
            thresholds.share_z,
            name="open_interest_share",
            label="Open-interest share, in its own year",
            unit="σ",
            is_on=thresholds.share_on,
        ),
        _judged(
            evidence,
            on_days(found.interest.times, found.change_30d, evidence.days) if found else nothing,
            thresholds.interest_change_fraction,
            name="open_interest_change",
            label="Open interest over 30 days",
            unit="fraction",
            is_on=thresholds.interest_on,
        ),
    )
