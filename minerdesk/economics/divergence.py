"""Price, open interest and hash rate as indexed lines, and one signed number for how far leverage runs apart from them.

The score compares three moves, each in units of its own habit, so that a calm hash rate and a wild open interest weigh
the same. It says that the three disagree, not why, and not what comes next.
"""

from dataclasses import dataclass

import numpy as np

from minerdesk.economics.history import Times, Values, held
from minerdesk.economics.leverage import HOLDS_S, LEAST_DAYS, YEAR_DAYS
from minerdesk.observations import Series
from minerdesk.units import SECONDS_PER_DAY

MOVE_DAYS = 30

#: The score in words, as the screen explains it.
DEFINITION = (
    "Of price, open interest (USD) and the 7-day mean of hash rate take the 30-day log change, each divided by the "
    "root mean square of its own 30-day log changes over the trailing year. Score = open interest − (price + hash "
    "rate) / 2. Above 0 leverage rises faster than price and hash rate, below 0 it leaves while they hold; beyond ±2 "
    "is rare."
)
NOT_COVERED = "Not covered: ETF flows, options, CME, over the counter."


@dataclass(frozen=True, kw_only=True, eq=False)
class Divergence:
    """The three lines day by day, NaN where unknown, and what they say together.

    `price_move`, `interest_move` and `hashrate_move` are the three terms of `score`, in units of their own habit.
    """

    times: Times
    price_usd: Values
    interest_usd: Values
    hashrate_eh_s: Values
    price_move: Values
    interest_move: Values
    hashrate_move: Values
    score: Values


def divergence(price: Series, interest_times: Times, interest_usd: Values, hashrate: Series) -> Divergence:
    """Lay the three on one grid of days and score every day; `hashrate` is the trailing 7-day mean.

    The grid runs from the first day of open interest to its last; a value stands for the days after it until the next,
    eight at most. Special cases: no open interest gives no day.
    """
    if len(interest_times) == 0:
        return _empty()
    times = np.arange(interest_times[0], interest_times[-1] + 1, SECONDS_PER_DAY, dtype=np.int64)
    lines = (
        held(price, times, HOLDS_S),
        _held(interest_times, interest_usd, times),
        held(hashrate, times, HOLDS_S),
    )
    moves = tuple(standard_move(line) for line in lines)
    return Divergence(
        times=times,
        price_usd=lines[0],
        interest_usd=lines[1],
        hashrate_eh_s=lines[2],
        price_move=moves[0],
        interest_move=moves[1],
        hashrate_move=moves[2],
        score=moves[1] - (moves[0] + moves[2]) / 2,
    )


def _empty() -> Divergence:
    nothing = np.array([], dtype=np.float64)
    names = ("price_usd", "interest_usd", "hashrate_eh_s", "price_move", "interest_move", "hashrate_move", "score")
    return Divergence(times=np.array([], dtype=np.int64), **dict.fromkeys(names, nothing))


def _held(known_times: Times, values: Values, times: Times) -> Values:
    place = np.searchsorted(known_times, times, side="right") - 1
    safe = np.maximum(place, 0)
    return np.where((place >= 0) & (times - known_times[safe] <= HOLDS_S), values[safe], np.nan)


def standard_move(line: Values, days: int = MOVE_DAYS) -> Values:
    """Return the log change over `days` of a line of single days, in units of its root mean square over a year.

    The mean square is of the changes of the trailing 365 days, that day's included; no mean is taken off, so the sign
    stays that of the change. Special cases: NaN where a value is unknown or not positive, where fewer than 120 changes
    of the year are known, and where all of them are zero.
    """
    logs = np.log(np.where(line > 0, line, np.nan))
    change = np.full(len(logs), np.nan)
    change[days:] = logs[days:] - logs[:-days]
    known = np.isfinite(change)
    squares = np.concatenate([[0.0], np.cumsum(np.where(known, change, 0.0) ** 2)])
    counts = np.concatenate([[0], np.cumsum(known)])
    last = np.arange(1, len(logs) + 1)
    first = np.maximum(last - YEAR_DAYS, 0)
    count = counts[last] - counts[first]
    mean_square = (squares[last] - squares[first]) / np.maximum(count, 1)
    habit = np.sqrt(np.where(mean_square > 1e-18, mean_square, np.nan))
    return np.where(count >= LEAST_DAYS, change / habit, np.nan)


def indexed(values: Values, place: int) -> Values:
    """Return a line as 100 at index `place`, or at its first known value after it.

    >>> indexed(np.array([80.0, 88.0]), 0).round(6).tolist()
    [100.0, 110.0]
    """
    later = np.flatnonzero(np.isfinite(values[place:]) & (values[place:] > 0))
    return values / values[place + later[0]] * 100 if len(later) else np.full(len(values), np.nan)
