"""Series derived from observed ones: rolling means, drawdown, subsidy and hashprice through time.

Times are seconds UTC; a day's value is dated by the start of its day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.network import hashprice_btc_per_ph_day, subsidy_btc
from minerdesk.observations import Series
from minerdesk.units import BLOCKS_PER_EPOCH, BLOCKS_PER_HALVING, SECONDS_PER_DAY

Times = NDArray[np.int64]
Values = NDArray[np.float64]

WEEK_S = 7 * SECONDS_PER_DAY
#: How long a value speaks for what follows when nothing newer is known: a slow epoch of difficulty, a week of fees
#: with some slack. Beyond it the derived series has a gap, not a guess.
DIFFICULTY_HOLDS_S = 20 * SECONDS_PER_DAY
FEES_HOLD_S = 10 * SECONDS_PER_DAY
#: Of a window this share must be known for its mean to be one: five days of seven.
LEAST_SHARE = 0.7
#: Series whose points speak from their own moment on. All others hold days, and a day is known once it is over.
EVENTS = frozenset({"difficulty_epochs", "epoch_heights"})


def known_by(series: Series, moment: datetime) -> Series:
    """Return the part of a series that could be known at `moment`: events up to then, and the days that were over."""
    return series.cut(moment if series.quantity in EVENTS else moment - timedelta(days=1))


def spans_s(times: Times) -> Times:
    """Return how long each point speaks for: a week where both neighbours are a week away or more, else a day."""
    if len(times) < 2:
        return np.full(len(times), SECONDS_PER_DAY, dtype=np.int64)
    steps = np.diff(times)
    shortest = np.minimum(np.append(steps, steps[-1]), np.insert(steps, 0, steps[0]))
    return np.where(shortest >= WEEK_S, WEEK_S, SECONDS_PER_DAY).astype(np.int64)


def trailing_mean(times: Times, values: Values, days: int = 7) -> Values:
    """Return for each point the mean over the `days` that end with it, each point weighted by what it speaks for.

    A point whose window is known by less than LEAST_SHARE gives NaN: too little for a mean of that length.
    """
    if len(times) == 0:
        return values
    known = np.isfinite(values)
    weights = np.where(known, spans_s(times), 0).astype(np.float64)
    weight = np.concatenate([[0.0], np.cumsum(weights)])
    total = np.concatenate([[0.0], np.cumsum(weights * np.where(known, values, 0.0))])
    window_s = days * SECONDS_PER_DAY
    first = np.searchsorted(times, times - window_s, side="right")
    last = np.arange(1, len(times) + 1)
    covered = weight[last] - weight[first]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total[last] - total[first]) / covered
    return np.where(covered >= LEAST_SHARE * window_s, mean, np.nan)


@dataclass(frozen=True, kw_only=True)
class Drawdown:
    """The distance of the newest value from the highest before it. `fraction` is negative below the peak."""

    peak: float
    peak_time: int
    latest: float
    latest_time: int
    fraction: float


def drawdown(times: Times, values: Values) -> Drawdown | None:
    """Return the drawdown of the newest finite value from the series' highest, or None for an empty series."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) == 0:
        return None
    peak, latest = known[np.argmax(values[known])], known[-1]
    return Drawdown(
        peak=float(values[peak]),
        peak_time=int(times[peak]),
        latest=float(values[latest]),
        latest_time=int(times[latest]),
        fraction=float(values[latest] / values[peak] - 1),
    )


def held(known: Series, times: Times, hold_s: int) -> Values:
    """Return the last known value at each of `times`; NaN before the first and `hold_s` after it was last renewed."""
    if len(known) == 0:
        return np.full(len(times), np.nan)
    index = np.searchsorted(known.times, times, side="right") - 1
    safe = np.maximum(index, 0)
    valid = (index >= 0) & (times - known.times[safe] <= hold_s)
    return np.where(valid, known.values[safe], np.nan)


def fees_of_day(fees: Series, times: Times) -> Values:
    """Return the mean fees per block of each day: of the day itself, of the week that covers it, or the last known.

    A weekly mean is dated by its last day and speaks for the six before it too.
    """
    if len(fees) == 0:
        return np.full(len(times), np.nan)
    following = np.searchsorted(fees.times, times, side="left")
    safe = np.minimum(following, len(fees) - 1)
    covered = (following < len(fees)) & (fees.times[safe] - times < spans_s(fees.times)[safe])
    return np.where(covered, fees.values[safe], held(fees, times, FEES_HOLD_S))


def difficulty_in_force(epochs: Series, times: Times) -> Values:
    """Return the difficulty at each of `times`: between two known epochs certain, after the newest for 20 days."""
    if len(epochs) == 0:
        return np.full(len(times), np.nan)
    before_newest = times < epochs.times[-1]
    certain = held(epochs, times, int(times[-1] - epochs.times[0]) + 1 if len(times) else 0)
    return np.where(before_newest, certain, held(epochs, times, DIFFICULTY_HOLDS_S))


def mean_difficulty(epochs: Series, begin: Times, end: Times) -> Values:
    """Return the mean difficulty over each span from `begin` to `end`, weighted by time: a retarget may fall inside.

    The newest known difficulty goes on for ever here; NaN without an epoch, or where a span begins before the first.
    """
    if len(epochs) == 0:
        return np.full(len(begin), np.nan)
    knots = np.append(epochs.times, max(int(epochs.times[-1]), int(end.max(initial=0))) + 1)
    summed = np.concatenate([[0.0], np.cumsum(epochs.values * np.diff(knots))])
    mean = (np.interp(end, knots, summed) - np.interp(begin, knots, summed)) / (end - begin)
    return np.where(begin >= epochs.times[0], mean, np.nan)


def windows(times: Times) -> tuple[Times, Times]:
    """Return where the span that each point speaks for begins and ends: a day, or the week that its day closes."""
    end = times + SECONDS_PER_DAY
    return end - spans_s(times), end


def height_through_time(epoch_heights: Series, times: Times) -> Values:
    """Return the block height at each of `times`, from the heights at which epochs began.

    Within an epoch blocks are taken as evenly spaced, after the start of the newest as ten minutes apart.
    """
    if len(epoch_heights) == 0:
        return np.full(len(times), np.nan)
    anchors = np.append(epoch_heights.times, epoch_heights.times[-1] + BLOCKS_PER_EPOCH * 600)
    heights = np.append(epoch_heights.values, epoch_heights.values[-1] + BLOCKS_PER_EPOCH)
    slope = (heights[-1] - heights[-2]) / (anchors[-1] - anchors[-2])
    height = np.interp(times, anchors, heights)
    beyond = heights[-1] + (times - anchors[-1]) * slope
    return np.asarray(np.where(times > anchors[-1], beyond, height), dtype=np.float64)


def subsidy_through_time(epoch_heights: Series, times: Times) -> Values:
    """Return the block subsidy in BTC at each of `times`, from the heights at which epochs began.

    A halving falls on its height, good to a day: see `height_through_time`.
    """
    if len(epoch_heights) == 0:
        return np.full(len(times), np.nan)
    halvings = np.maximum(height_through_time(epoch_heights, times), 0) // BLOCKS_PER_HALVING
    subsidies = {era: subsidy_btc(int(era) * BLOCKS_PER_HALVING) for era in np.unique(halvings)}
    return np.array([subsidies[era] for era in halvings])


def halving_times(epoch_heights: Series) -> tuple[int, ...]:
    """Return when each halving height was reached, seconds UTC; blocks evenly spaced in an epoch, so good to a day."""
    if len(epoch_heights) < 2:
        return ()
    first, last = epoch_heights.values[0], epoch_heights.values[-1]
    eras = np.arange(np.floor(first / BLOCKS_PER_HALVING) + 1, np.floor(last / BLOCKS_PER_HALVING) + 1)
    times = np.interp(eras * BLOCKS_PER_HALVING, epoch_heights.values, epoch_heights.times)
    return tuple(int(time) for time in times)


def hashprice_history_btc(times: Times, difficulty: Series, epoch_heights: Series, fees: Series) -> Values:
    """Return the hashprice in BTC/PH/day on each day of `times`; NaN where a part is unknown.

    Difficulty is the one in force at the day's end, fees those of the day or of its week.
    """
    day_end = times + SECONDS_PER_DAY
    return hashprice_btc_per_ph_day(
        difficulty_in_force(difficulty, day_end),
        subsidy_through_time(epoch_heights, day_end),
        fees_of_day(fees, times),
    )


def hashprice_history_usd(price: Series, difficulty: Series, epoch_heights: Series, fees: Series) -> Values:
    """Return the hashprice in $/PH/day at each point of `price`; NaN where a part is unknown."""
    return hashprice_history_btc(price.times, difficulty, epoch_heights, fees) * price.values
