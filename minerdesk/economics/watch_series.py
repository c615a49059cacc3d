"""The series that the watch-list is judged by, as each was known at the end of a day. Nothing looks ahead."""

from collections.abc import Iterable

import numpy as np

from minerdesk.economics.deals import SignedLease
from minerdesk.economics.gpu_panel import panel_changes
from minerdesk.economics.gpu_rates import SellerDays
from minerdesk.economics.history import LEAST_SHARE, Times, Values, difficulty_in_force, spans_s
from minerdesk.economics.migration import signed_end_s
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.observations import RateBand, Series
from minerdesk.units import SECONDS_PER_DAY

#: A daily or weekly value stands for the days after it for so long, a month's median until the next is there.
HOLDS_S, MONTH_HOLDS_S = 8 * SECONDS_PER_DAY, 36 * SECONDS_PER_DAY
#: An epoch's estimate counts from its third day on; before that the last one stands.
RETARGET_LEAST_S = 3 * SECONDS_PER_DAY
_RETARGET_CLAMP = (-0.75, 3.0)
_YEAR_DAYS, _GPU_DAYS, _GPU_SLACK_DAYS = 365, 30, 5
_MONTH_HALF_S = 15 * SECONDS_PER_DAY


def on_days(times: Times, values: Values, days: Times, hold_s: int = HOLDS_S) -> Values:
    """Return the newest known value on each day, NaN where it is older than `hold_s`; a day counts with what it is."""
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if len(times) == 0:
        return np.full(len(days), np.nan)
    place = np.searchsorted(times, days, side="right") - 1
    safe = np.maximum(place, 0)
    return np.where((place >= 0) & (days - times[safe] <= hold_s), values[safe], np.nan)


def retarget_through_time(hashrate: Series, difficulty: Series, days: Times) -> Values:
    """Return for the end of each day how the next retarget looked from the days of its epoch so far.

    ``mean observed hash rate since the epoch began / hash rate that its difficulty implies - 1``: an observed hash rate
    is a count of blocks, so this is the estimate from the pace of blocks. Clamped as the rule clamps. In the first
    three days of an epoch the estimate of the one before stands.

    Special cases: NaN without difficulty, or where less than 70 % of the epoch so far is observed.
    """
    if len(difficulty) == 0 or len(hashrate) == 0 or len(days) == 0:
        return np.full(len(days), np.nan)
    ends = days + SECONDS_PER_DAY
    place = np.searchsorted(difficulty.times, ends, side="right") - 1
    young = (place > 0) & (ends - difficulty.times[np.maximum(place, 0)] < RETARGET_LEAST_S)
    epoch = np.maximum(place - young, 0)
    begin = difficulty.times[epoch]
    until = np.where(young, difficulty.times[np.maximum(place, 0)], ends)
    amount, covered = _integral(hashrate)
    span = until - begin
    seen = covered(until) - covered(begin)
    in_force = difficulty_in_force(difficulty, ends)
    with np.errstate(divide="ignore", invalid="ignore"):
        implied = implied_hashrate_eh_s(difficulty.values[epoch])
        estimate = (amount(until) - amount(begin)) / seen / implied - 1
    valid = (place >= 0) & (span > 0) & (seen >= LEAST_SHARE * span) & np.isfinite(in_force)
    return np.where(valid, np.clip(estimate, *_RETARGET_CLAMP), np.nan)


def young_epoch_s(difficulty: Series, days: Times) -> int | None:
    """Return when the epoch of the newest day began if it is too young for an estimate of its own, else None."""
    if len(difficulty) < 2 or len(days) == 0:
        return None
    end = int(days[-1]) + SECONDS_PER_DAY
    place = int(np.searchsorted(difficulty.times, end, side="right")) - 1
    began = int(difficulty.times[max(place, 0)])
    return began if place > 0 and end - began < RETARGET_LEAST_S else None


class _Cumulated:
    """A piecewise linear integral over time."""

    def __init__(self, knots: Values, sums: Values) -> None:
        self._knots, self._sums = knots, sums

    def __call__(self, times: Times) -> Values:
        return np.asarray(np.interp(times, self._knots, self._sums), dtype=np.float64)


def _integral(hashrate: Series) -> tuple[_Cumulated, _Cumulated]:
    """Return the integral of an observed hash rate over time, and how many seconds of it are observed.

    A point speaks for its day, or for the week that its day closes; what lies between two spans is not observed.
    """
    known = np.isfinite(hashrate.values)
    end = (hashrate.times + SECONDS_PER_DAY)[known].astype(np.float64)
    begin = end - spans_s(hashrate.times)[known]
    begin[1:] = np.maximum(begin[1:], end[:-1])
    knots = np.stack([begin, end], axis=1).ravel()
    held_s = np.stack([np.zeros(len(begin)), end - begin], axis=1).ravel()
    rate = np.repeat(hashrate.values[known], 2)
    return _Cumulated(knots, np.cumsum(held_s * rate)), _Cumulated(knots, np.cumsum(held_s))


def gpu_trend(bands: Iterable[RateBand], sellers: SellerDays | None, ends: Times) -> Values:
    """Return the change of GPU rental rates over a month, as known at each of `ends`.

    The daily record counts where it reaches back 30 days, each change over the providers that are there on both of its
    ends (`gpu_panel.panel_changes`); else the monthly median of a panel against the month before, a month being known
    once it is over. Never across two panels: of several the one whose newest month
    is newest counts, and of equals the longer one. NaN where none has both.
    """
    trend, newest = np.full(len(ends), np.nan), np.full(len(ends), -1.0)
    for band in sorted(bands, key=lambda one: len(one.times)):
        known_s = band.times + _MONTH_HALF_S  # a month is dated by its middle
        gaps = np.abs(band.times[None, :] - (band.times - _GPU_DAYS * SECONDS_PER_DAY)[:, None])
        before = gaps.argmin(axis=1)
        near = gaps[np.arange(len(before)), before] <= _GPU_SLACK_DAYS * SECONDS_PER_DAY
        change = np.where(near, band.median / band.median[before] - 1, np.nan)
        there = on_days(known_s, change, ends, MONTH_HOLDS_S)
        months = on_days(known_s, np.where(np.isfinite(change), known_s, np.nan), ends, MONTH_HOLDS_S)
        better = np.isfinite(there) & (months >= newest)
        trend, newest = np.where(better, there, trend), np.where(better, months, newest)
    if sellers is None:
        return trend
    days, change = panel_changes(sellers)
    own = on_days(days + SECONDS_PER_DAY, change, ends)
    return np.where(np.isfinite(own), own, trend)


def rent_trend(leases: Iterable[SignedLease], ends: Times) -> Values:
    """Return how the rents signed in the year up to each of `ends` stand to those of the year before.

    Means per kW and month, weighted by IT load; GPU clouds are no rents. NaN where one of the years has none.
    """
    rents = [(signed_end_s(one.signed), one.it_mw, one.mean_usd_per_kw_month) for one in leases if one.is_rent]
    dated = sorted((end, mw, mw * rent) for end, mw, rent in rents if end is not None)
    times = np.array([end for end, *_ in dated], dtype=np.int64)
    sums = [np.concatenate([[0.0], np.cumsum([row[column] for row in dated])]) for column in (1, 2)]

    def mean(first: Times, last: Times) -> Values:
        begin, end = (np.searchsorted(times, edge, side="right") for edge in (first, last))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((sums[1][end] - sums[1][begin]) / (sums[0][end] - sums[0][begin]), dtype=np.float64)

    year_s = _YEAR_DAYS * SECONDS_PER_DAY
    with np.errstate(divide="ignore", invalid="ignore"):
        return mean(ends - year_s, ends) / mean(ends - 2 * year_s, ends - year_s) - 1
