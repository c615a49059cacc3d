"""Indicators of the network's trend: means, ribbons, Puell multiple, tiers of machines. Pure functions of daily arrays.

Times are seconds UTC, each the start of its day; NaN is a gap and stays one. Nothing looks ahead: the value of a day
hangs on that day and those before it alone, so a series cut at a date gives the values that were known at that date.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.history import Times, Values, difficulty_in_force, mean_difficulty, trailing_mean, windows
from minerdesk.economics.mining import revenue_usd_per_mwh
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.observations import Series
from minerdesk.units import BLOCKS_PER_DAY, SECONDS_PER_DAY

MEAN_DAYS = (1, 7, 30, 60)
RIBBON_DAYS = (30, 60)
DIFFICULTY_RIBBON_DAYS = (9, 14, 25, 40, 60, 90, 128, 200)
PUELL_DAYS = 365
#: A day stands out where it is this many times the median of the thirty days before it, or less than its inverse.
ODD_FACTOR = 3.0
_ODD_DAYS = 30
#: Two means that differ by less than this share are equal: what is left of a running sum is no signal.
_EQUAL = 1e-9


def means(times: Times, values: Values) -> dict[int, Values]:
    """Return the trailing means over 1, 7, 30 and 60 days, each with the day that ends it."""
    return {days: values if days == 1 else trailing_mean(times, values, days) for days in MEAN_DAYS}


def first_over(times: Times, values: Values, threshold: float) -> int | None:
    """Return the first time at which `values` reach `threshold`, None where they never do.

    >>> first_over(np.array([0, 86_400]), np.array([990.0, 1_004.0]), 1_000.0)
    86400
    """
    over = np.flatnonzero(values >= threshold)
    return int(times[over[0]]) if len(over) else None


def odd_days(times: Times, values: Values) -> Times:
    """Return the days that stand out: zero, or beyond three times (under a third of) the median of 30 days before.

    They are told to the user, never left out: which of them is a mistake only the provider knows.
    """
    if len(values) == 0:
        return times
    shown = np.where(values > 0, values, np.nan)
    padded = np.concatenate([np.full(_ODD_DAYS, np.nan), shown[:-1]])
    before = np.lib.stride_tricks.sliding_window_view(padded, _ODD_DAYS)
    median = np.full(len(values), np.nan)
    known = np.isfinite(before).sum(axis=1) >= _ODD_DAYS // 3
    median[known] = np.nanmedian(before[known], axis=1)
    with np.errstate(invalid="ignore"):
        odd: NDArray[np.bool_] = (values == 0) | (values > ODD_FACTOR * median) | (values < median / ODD_FACTOR)
    return np.asarray(times[odd], dtype=np.int64)


# -- hash ribbons -----------------------------------------------------------------------------------------------------


class RibbonState(StrEnum):
    """What the hash ribbons say of a day.

    Capitulation: the 30-day mean is under the 60-day mean. Recovery: it has crossed back, and has not yet regained the
    level at which it fell under; at least the day of the cross. Expansion: everything else.
    """

    CAPITULATION = "capitulation"
    RECOVERY = "recovery"
    EXPANSION = "expansion"


@dataclass(frozen=True, kw_only=True)
class RibbonSpan:
    """A run of days in one state, from the start of its first to the end of its last, seconds UTC."""

    state: RibbonState
    start_s: int
    end_s: int


@dataclass(frozen=True, kw_only=True, eq=False)
class HashRibbons:
    """The two means, the state of every day (None where a mean is unknown), and the runs of capitulation and recovery.

    `falls` are the days on which the 30-day mean fell under the 60-day mean, `rises` those on which it crossed back.
    """

    times: Times
    short: Values
    long: Values
    states: tuple[RibbonState | None, ...]
    spans: tuple[RibbonSpan, ...]
    falls: tuple[int, ...]
    rises: tuple[int, ...]

    @property
    def state(self) -> RibbonState | None:
        """The state of the newest day whose means are known."""
        return next((state for state in reversed(self.states) if state is not None), None)

    @property
    def since(self) -> int | None:
        """Return the first day of the run that the newest known day belongs to, None where nothing is known."""
        if self.state is None:
            return None
        return _runs(self.times, self.states)[-1].start_s


def hash_ribbons(times: Times, hashrate: Values) -> HashRibbons:
    """Return the hash ribbons of a daily hash rate: means of 30 and 60 days and what their crosses say.

    Special cases: a day on which a mean is unknown has no state, and what comes after begins anew.
    """
    short, long = (trailing_mean(times, hashrate, days) for days in RIBBON_DAYS)
    states: list[RibbonState | None] = []
    falls, rises = [], []
    before: RibbonState | None = None
    level = np.inf  # the short mean on the day it fell under the long one
    for time, quick, slow in zip(times.tolist(), short.tolist(), long.tolist(), strict=True):
        if not (np.isfinite(quick) and np.isfinite(slow)):
            before = None
        elif quick < slow * (1 - _EQUAL):
            if before is not None and before is not RibbonState.CAPITULATION:
                falls.append(time)
            if before is not RibbonState.CAPITULATION:
                level = quick
            before = RibbonState.CAPITULATION
        elif before is RibbonState.CAPITULATION:
            rises.append(time)
            before = RibbonState.RECOVERY
        elif before is None or quick >= level:
            before = RibbonState.EXPANSION
        states.append(before)
    spans = tuple(run for run in _runs(times, states) if run.state is not RibbonState.EXPANSION)
    return HashRibbons(
        times=times,
        short=short,
        long=long,
        states=tuple(states),
        spans=spans,
        falls=tuple(falls),
        rises=tuple(rises),
    )


def _runs(times: Times, states: Sequence[RibbonState | None]) -> list[RibbonSpan]:
    """Return the runs of one state; a day without one ends a run."""
    runs: list[RibbonSpan] = []
    open_state: RibbonState | None = None
    for time, state in zip(times.tolist(), states, strict=True):
        end = time + SECONDS_PER_DAY
        if state is not None and state is open_state:
            runs[-1] = RibbonSpan(state=state, start_s=runs[-1].start_s, end_s=end)
        elif state is not None:
            if runs and open_state is not None:  # weeks apart: a run goes on to where the next one begins
                runs[-1] = RibbonSpan(state=open_state, start_s=runs[-1].start_s, end_s=time)
            runs.append(RibbonSpan(state=state, start_s=time, end_s=end))
        open_state = state
    return runs


# -- difficulty -------------------------------------------------------------------------------------------------------


def difficulty_by_day(epochs: Series, end_s: int) -> tuple[Times, Values]:
    """Return the difficulty in force on each day from the first epoch's to the day before `end_s`, at the day's end.

    It holds for 20 days after the newest epoch began; after that it is unknown.
    """
    if len(epochs) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    first = int(epochs.times[0]) // SECONDS_PER_DAY * SECONDS_PER_DAY
    days = np.arange(first, end_s // SECONDS_PER_DAY * SECONDS_PER_DAY, SECONDS_PER_DAY, dtype=np.int64)
    return days, difficulty_in_force(epochs, days + SECONDS_PER_DAY)


def difficulty_ribbon(times: Times, difficulty: Values) -> dict[int, Values]:
    """Return the simple means of daily difficulty over 9, 14, 25, 40, 60, 90, 128 and 200 days.

    Where the short means dive under the long ones the ribbon turns over: difficulty falls, the weakest have left.
    """
    return {days: trailing_mean(times, difficulty, days) for days in DIFFICULTY_RIBBON_DAYS}


# -- blocks and issuance ----------------------------------------------------------------------------------------------


def blocks_per_day(hashrate: Series, epochs: Series) -> Values:
    """Return the blocks found per day that an observed hash rate stands for: ``144 * observed / implied``.

    An observed hash rate *is* a count of blocks times their difficulty, so this turns it back; the difficulty is the
    mean of the day, or of the week that the value speaks for.
    """
    implied = implied_hashrate_eh_s(mean_difficulty(epochs, *windows(hashrate.times)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return BLOCKS_PER_DAY * hashrate.values / implied


def puell_multiple(times: Times, issuance_usd_per_day: Values) -> Values:
    """Return the Puell multiple: the day's issuance in USD over its mean of 365 days, that day included.

    Special cases: a constant issuance gives 1; the first day after a halving, at a constant price, 0.500686.
    """
    yearly = trailing_mean(times, issuance_usd_per_day, PUELL_DAYS)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(yearly > 0, issuance_usd_per_day / yearly, np.nan)


def fee_share(subsidy_btc: Values, fees_btc_per_block: Values) -> Values:
    """Return the share of fees in a block's whole reward: ``F / (S + F)``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return fees_btc_per_block / (subsidy_btc + fees_btc_per_block)


# -- tiers of machines ------------------------------------------------------------------------------------------------

#: The tiers that are always shown, J/TH; the best on the market and the user's own stand beside them.
TIERS_J_PER_TH = (17.0, 22.0, 32.0)


@dataclass(frozen=True, kw_only=True)
class KnownMachine:
    """A model of the catalogue: `released_s` is when its month was over, seconds UTC, None where it is not known."""

    model: str
    efficiency_j_per_th: float
    released_s: int | None


@dataclass(frozen=True, kw_only=True)
class MiningTerms:
    """On which terms machines are judged: the all-in power price, and what a site and a pool take off."""

    power_usd_per_mwh: float
    site_overhead: float = 1.0
    pool_fee_fraction: float = 0.0

    def revenue_usd_per_mwh(self, hashprice_usd_per_ph_day: Values, efficiency_j_per_th: float) -> Values:
        """Return the revenue per MWh at the meter of a machine of this efficiency."""
        return revenue_usd_per_mwh(
            hashprice_usd_per_ph_day,
            efficiency_j_per_th,
            site_overhead=self.site_overhead,
            pool_fee_fraction=self.pool_fee_fraction,
        )

    def breakeven_j_per_th(self, hashprice_usd_per_ph_day: Values) -> Values:
        """Return the efficiency at which revenue equals the power cost; infinite where power costs nothing."""
        if self.power_usd_per_mwh <= 0:
            return np.where(np.isfinite(hashprice_usd_per_ph_day), np.inf, np.nan)
        return self.revenue_usd_per_mwh(hashprice_usd_per_ph_day, 1.0) / self.power_usd_per_mwh


def released_by(machines: Iterable[KnownMachine], moment_s: float) -> tuple[KnownMachine, ...]:
    """Return the models whose release month was over at a moment; those without a date are left out."""
    return tuple(one for one in machines if one.released_s is not None and one.released_s <= moment_s)


def share_under_water(
    machines: Sequence[KnownMachine], times: Times, hashprice_usd: Values, terms: MiningTerms
) -> Values:
    """Return which share of the models released by then earned less than their power cost, each model counted once.

    Special cases: without a model, or without a hashprice, unknown; at a power price of zero or less it is 0.
    """
    dated = [one for one in machines if one.released_s is not None]
    released = np.array([one.released_s for one in dated], dtype=np.int64)[:, None]
    efficiency = np.array([one.efficiency_j_per_th for one in dated], dtype=np.float64)[:, None]
    there = released <= times[None, :]
    breakeven = terms.breakeven_j_per_th(hashprice_usd)[None, :]
    under = there & (efficiency > breakeven)
    count = there.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((count > 0) & np.isfinite(hashprice_usd), under.sum(axis=0) / count, np.nan)


def production_cost_usd_per_btc(hashprice_btc: Values, efficiency_j_per_th: float, terms: MiningTerms) -> Values:
    """Return what the electricity of one mined BTC costs: ``0.024 e overhead power / (hashprice in BTC * (1 - fee))``.

    Electricity alone: no capital, no wages. Two efficiencies give a band.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return terms.power_usd_per_mwh / terms.revenue_usd_per_mwh(hashprice_btc, efficiency_j_per_th)


def tier_revenues(hashprice_usd: Values, tiers: Mapping[str, float], terms: MiningTerms) -> dict[str, Values]:
    """Return the revenue per MWh at the meter of every tier, by its name."""
    return {name: terms.revenue_usd_per_mwh(hashprice_usd, efficiency) for name, efficiency in tiers.items()}


def newest(times: Times, values: Values, *, not_before: float) -> tuple[int, float] | None:
    """Return time and value of the newest finite point, None where it is older than `not_before` or there is none."""
    known: NDArray[np.intp] = np.flatnonzero(np.isfinite(values))
    if len(known) == 0 or times[known[-1]] < not_before:
        return None
    return int(times[known[-1]]), float(values[known[-1]])
