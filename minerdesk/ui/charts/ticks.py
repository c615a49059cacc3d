"""Where an axis puts its ticks and what it writes there: calendar dates in UTC, round numbers, powers of ten."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minerdesk import words

_HOUR, _DAY = 3_600, 86_400
#: Smaller steps are written as powers of ten: the room beside an axis takes seven letters.
_MOST_DECIMALS = 5


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in the axis's own unit, and the words there."""

    at: float
    text: str


def linear_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most about `most` ticks at multiples of 1, 2, 2.5 or 5 times a power of ten.

    >>> [tick.text for tick in linear_ticks(0, 130, 5)]
    ['0', '50', '100']
    """
    if not high > low:
        return []
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    decimals = max(0, -math.floor(math.log10(step))) + (1 if f"{step / power:.1f}" == "2.5" and power <= 1 else 0)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [Tick(index * step, _short(index * step, decimals)) for index in range(first, last + 1)]


def scale_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return ticks as `linear_ticks` does, in finer steps where those would write one number: that is no scale.

    >>> [tick.text for tick in linear_ticks(-330e9, 190e9, 2)], [tick.text for tick in scale_ticks(-330e9, 190e9, 2)]
    (['0'], ['−200\u202fB', '0'])
    """
    found = linear_ticks(low, high, most)
    for more in range(most + 1, 4 * most + 4):
        if len(found) >= 2:
            break
        found = linear_ticks(low, high, more)
    return found


def _short(value: float, decimals: int) -> str:
    size = abs(value)
    for factor, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if size >= factor:
            return words.with_unit(f"{value / factor:.4g}".replace("-", words.MINUS), letter)
    if decimals > _MOST_DECIMALS:
        return f"{value:.3g}".replace("-", words.MINUS)
    return words.figure(value, decimals)


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return ticks for a logarithmic axis from `low` to `high`, both positive.

    1-2-5 in every decade where there is room, else powers of ten; within half a decade plain round numbers do.

    >>> [tick.text for tick in log_ticks(8, 130, 8)]
    ['10', '20', '50', '100']
    """
    decades = math.log10(high / low)
    if decades < 0.5:
        return linear_ticks(low, high, most)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = max(1, math.ceil(decades / max(most, 1)))
    factors = (1, 2, 5) if decades * 3 <= most else (1, 3) if decades * 2 <= most else (1,)
    values = [factor * 10.0**exponent for exponent in exponents for factor in factors if exponent % every == 0]
    return [Tick(v, _short(v, max(0, -math.floor(math.log10(v))))) for v in values if low <= v <= high]


def calendar_ticks(start_s: float, end_s: float, most: int) -> list[Tick]:
    """Return at most about `most` ticks at round dates in UTC; the year is written where it is not plain from before.

    >>> [tick.text for tick in calendar_ticks(1_735_689_600, 1_767_225_600, 5)]
    ['2025', 'Apr', 'Jul', 'Oct', '2026']
    """
    span = max(end_s - start_s, 1.0)
    length, steps = next(((length, steps) for length, steps in _CALENDAR if span / length <= most), _CALENDAR[-1])
    begin = datetime.fromtimestamp(math.floor(start_s), UTC)
    result: list[Tick] = []
    before: datetime | None = None
    for moment in steps(begin):
        seconds = moment.timestamp()
        if seconds > end_s:
            break
        if seconds >= start_s:
            result.append(Tick(seconds, _date_text(moment, before, length)))
            before = moment
    return result


def _date_text(moment: datetime, before: datetime | None, length: float) -> str:
    new_year = before is None or before.year != moment.year
    if length >= 365 * _DAY:
        return str(moment.year)
    if length >= 28 * _DAY:
        if moment.month == 1:
            return str(moment.year)
        return f"{words.month(moment.month)} {moment.year}" if new_year else words.month(moment.month)
    if length >= _DAY or moment.hour == moment.minute == 0:
        return words.day(moment) if new_year else f"{moment.day} {words.month(moment.month)}"
    return words.day_and_time(moment) if before is None else f"{moment:%H:%M}"


def _years(every: int) -> Callable[[datetime], Iterator[datetime]]:
    def steps(begin: datetime) -> Iterator[datetime]:
        for year in range(begin.year // every * every, 9_999, every):
            yield datetime(max(year, 1), 1, 1, tzinfo=UTC)

    return steps


def _months(every: int) -> Callable[[datetime], Iterator[datetime]]:
    def steps(begin: datetime) -> Iterator[datetime]:
        for year in range(begin.year, 9_999):
            for month in range(1, 13, every):
                yield datetime(year, month, 1, tzinfo=UTC)

    return steps


def _days_of_month(*days: int) -> Callable[[datetime], Iterator[datetime]]:
    def steps(begin: datetime) -> Iterator[datetime]:
        for first in _months(1)(begin):
            if first.month >= begin.month or first.year > begin.year:
                yield from (first.replace(day=day) for day in days)

    return steps


def _every(seconds: int) -> Callable[[datetime], Iterator[datetime]]:
    def steps(begin: datetime) -> Iterator[datetime]:
        moment = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        while True:
            yield moment
            moment += timedelta(seconds=seconds)

    return steps


#: (length in seconds, generator of round dates), from fine to coarse.
_CALENDAR: tuple[tuple[float, Callable[[datetime], Iterator[datetime]]], ...] = (
    *(
        (float(seconds), _every(seconds))
        for seconds in (300, 900, 1_800, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY)
    ),
    (2.0 * _DAY, _days_of_month(*range(1, 28, 2))),
    (7.0 * _DAY, _days_of_month(1, 8, 15, 22)),
    (15.0 * _DAY, _days_of_month(1, 15)),
    *((months * 30.5 * _DAY, _months(months)) for months in (1, 3, 6)),
    *((years * 365.25 * _DAY, _years(years)) for years in (1, 2, 5, 10, 20)),
)
