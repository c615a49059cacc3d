"""From bytes to believed numbers. Whatever arrives, these functions return what was asked for or raise SourceError."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from minerdesk import units
from minerdesk.economics.plausibility import band
from minerdesk.errors import SourceError
from minerdesk.observations import Observation, Origin, Series
from minerdesk.quantities import QUANTITIES
from minerdesk.sources.failures import implausible, malformed

#: How far a provider's clock may run ahead of ours before we stop believing one of the two.
CLOCK_TOLERANCE = timedelta(minutes=10)
#: The share of unusable rows that a history may hold: those are gaps; more means that the body is not what we think.
GAPS_ALLOWED = 0.05
GENESIS = datetime(2009, 1, 3, 18, 15, 5, tzinfo=UTC)
WEEK_DAYS = 7
WEEK_DAYS_NEEDED = 5
#: The largest day of a week over its smallest, at most: days of hash rate differ by luck, some tenths, not by units.
MOST_WITHIN_A_WEEK = 10.0

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

#: One row of a history: seconds UTC and a value, None where the provider has none.
Point = tuple[float, float | None]


def text(body: bytes, source: str) -> str:
    """Return a body as text; an empty one, a web page and what is no UTF-8 are malformed."""
    try:
        decoded = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise malformed(source, "it is not text") from None
    if not decoded:
        raise malformed(source, "it is empty")
    if decoded.startswith("<"):
        raise malformed(
            source, "it is a web page; a log-in page of this network (captive portal) or a filter may stand in between"
        )
    return decoded


def loads(body: bytes, source: str) -> Any:
    """Return the JSON of a body, read strictly: no NaN or Infinity, no key twice, no nesting without end.

    The check of each object for repeated keys is Python code, so a large body doesn't keep other threads waiting: the
    decoder alone would not let them run until it is through.
    """
    try:
        return json.loads(text(body, source), parse_constant=_no_constant, object_pairs_hook=_unique)
    except SourceError:
        raise
    except RecursionError:
        raise malformed(source, "it is nested too deeply") from None
    except ValueError as error:  # with json.JSONDecodeError, and integers of thousands of digits
        raise malformed(source, f"it is not the JSON expected ({str(error)[:80]})") from None


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def member(value: Any, key: str, source: str) -> Any:
    """Return `value[key]` of a JSON object that has it."""
    if not isinstance(value, dict) or key not in value:
        raise malformed(source, f"“{key}” is missing")
    return value[key]


def listed(value: Any, source: str, what: str, *, least: int = 0) -> list[Any]:
    """Return a JSON array of at least `least` elements."""
    if not isinstance(value, list) or len(value) < least:
        raise malformed(source, f"{what} is no list of at least {least}" if least else f"{what} is no list")
    return value


def number(value: Any, source: str, what: str) -> float:
    """Return a finite number that was sent as a JSON number or as decimal text; true and false are none."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        found = float(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
    else:
        raise malformed(source, f"{what} is no number ({str(value)[:30]!r})")
    if not math.isfinite(found):
        raise malformed(source, f"{what} is not finite")
    return found


def row_value(value: Any, source: str, what: str) -> float | None:
    """Return the value of one row of a history: null and zero or less are a gap, None; other types are malformed."""
    if value is None:
        return None
    found = number(value, source, what)
    return found if found > 0 else None


def instant(value: Any, source: str, what: str, *, per_second: float = 1.0) -> datetime:
    """Return the moment of a Unix time in seconds, or in parts of which `per_second` make one."""
    try:
        return datetime.fromtimestamp(number(value, source, what) / per_second, UTC)
    except (OverflowError, OSError, ValueError):
        raise malformed(source, f"{what} is no time") from None


def iso_instant(value: Any, source: str, what: str) -> datetime:
    """Return the moment of an ISO 8601 text; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise malformed(source, f"{what} is no time ({str(value)[:30]!r})") from None


def checked(quantity: str, value: float, source: str) -> float:
    """Return a value that is positive (a provider's 0 means that it has none) and inside its plausible range."""
    if value <= 0:
        raise implausible(source, f"its {QUANTITIES[quantity].label} is {value:g}, which stands for none")
    return _in_range(quantity, value, source)


def _in_range(quantity: str, value: float, source: str) -> float:
    declared = QUANTITIES[quantity]
    if not declared.low <= value <= declared.high:
        span = f"{declared.low:g} to {declared.high:g} {declared.unit}".strip()
        raise implausible(source, f"its {declared.label} is {value:g}, outside {span}")
    return value


def observe(
    quantity: str, value: float, *, as_of: datetime, now: datetime, source: str, detail: str = ""
) -> Observation:
    """Return a value as a live observation, if its size and its date are believable at `now`."""
    declared = QUANTITIES[quantity]
    if as_of > now + CLOCK_TOLERANCE:
        raise implausible(source, f"its {declared.label} is dated after the clock ({as_of:%Y-%m-%d %H:%M} UTC)")
    _not_expired(quantity, as_of, now, source)
    _not_of_another_unit(quantity, value, as_of, source)
    return Observation(
        quantity=quantity,
        value=checked(quantity, value, source),
        unit=declared.unit,
        as_of=min(as_of, now),
        fetched_at=now,
        source=source,
        origin=Origin.NETWORK,
        detail=detail,
    )


def _not_expired(quantity: str, as_of: datetime, now: datetime, source: str) -> None:
    declared = QUANTITIES[quantity]
    if now - as_of > declared.lag + declared.expired:
        raise implausible(source, f"its newest {declared.label} is from {as_of:%Y-%m-%d}")


def _not_of_another_unit(quantity: str, value: float, as_of: datetime, source: str) -> None:
    least, most = band(quantity, as_of)
    if not least <= value <= most and value > 0 and QUANTITIES[quantity].allows(value):
        unit = QUANTITIES[quantity].unit
        said, span = f"{value:g} {unit}".rstrip(), f"{least:g} to {most:g} {unit}".rstrip()
        raise implausible(
            source,
            f"its {QUANTITIES[quantity].label} is {said}, too {'small' if value < least else 'large'} for its day; it "
            f"looks like another unit (since 2020: {span})",
        )


def daily(quantity: str, points: Iterable[Point], *, now: datetime, source: str) -> Series:
    """Return a daily series of whole UTC days, each dated by its start, from rows in any order.

    Of several rows of one day the last one counts; the unfinished day and everything later is dropped. A gap, or a
    value outside the plausible range, is left out; but the newest day must be good and of the rows since the first
    good one at most 5 % may be bad, else the whole answer is not believed.
    """
    end_of_day = int(now.timestamp()) // units.SECONDS_PER_DAY * units.SECONDS_PER_DAY
    by_day: dict[int, float | None] = {}
    for time_s, value in sorted(points, key=lambda point: point[0]):
        day = math.floor(time_s / units.SECONDS_PER_DAY) * units.SECONDS_PER_DAY
        if 0 <= day < end_of_day:
            by_day[day] = value
    low, high = QUANTITIES[quantity].low, QUANTITIES[quantity].high
    good = {d: v for d, v in by_day.items() if v is not None and v > 0 and low <= v <= high}
    label = QUANTITIES[quantity].label
    if not good:
        raise implausible(source, f"its {label} holds no usable day")
    first, newest = min(good), max(by_day)
    rows = sum(1 for day in by_day if day >= first)
    if newest not in good:
        raise implausible(source, f"its {label} of {_date(newest)} is missing or out of range")
    if rows - len(good) > GAPS_ALLOWED * rows:
        raise implausible(source, f"its {label} is bad on {rows - len(good)} of {rows} days")
    _not_expired(quantity, datetime.fromtimestamp(newest + units.SECONDS_PER_DAY, UTC), now, source)
    _not_of_another_unit(quantity, good[newest], datetime.fromtimestamp(newest, UTC), source)
    return Series.of(quantity, good.keys(), good.values(), source=source, fetched_at=now)


def exact(quantity: str, points: Sequence[tuple[float, float]], *, now: datetime, source: str) -> Series:
    """Return a series whose every point must be good (an epoch can't be missing), without what is dated after `now`."""
    present = [(time_s, _in_range(quantity, v, source)) for time_s, v in points if 0 <= time_s <= now.timestamp()]
    if not present:
        raise implausible(source, f"its {QUANTITIES[quantity].label} holds nothing before the clock")
    newest_s, newest = max(present)
    _not_expired(quantity, datetime.fromtimestamp(newest_s, UTC), now, source)
    _not_of_another_unit(quantity, newest, datetime.fromtimestamp(newest_s, UTC), source)
    return Series.of(quantity, *zip(*present, strict=True), source=source, fetched_at=now)


def last_week(series: Series, *, source: str) -> tuple[float, datetime]:
    """Return the mean of the seven days that end with a daily series' newest day, and the moment at which they end.

    Up to two of the seven may be missing.
    """
    newest = int(series.times[-1])
    week = series.values[series.times > newest - WEEK_DAYS * units.SECONDS_PER_DAY]
    if len(week) < WEEK_DAYS_NEEDED:
        raise implausible(source, f"it has only {len(week)} of the last {WEEK_DAYS} days")
    if week.max() > MOST_WITHIN_A_WEEK * week.min():
        raise implausible(source, f"its last {WEEK_DAYS} days go from {week.min():g} to {week.max():g}")
    return float(week.mean()), end_of_newest_day(series)


def end_of_newest_day(series: Series) -> datetime:
    """Return the moment at which the newest day of a daily series ends."""
    return datetime.fromtimestamp(int(series.times[-1]) + units.SECONDS_PER_DAY, UTC)


def height(value: float, *, now: datetime, source: str) -> float:
    """Return a block height that fits the time since the first block, 600 s a block, to a fifth.

    The network has always been a few per cent ahead. What is far off is a number cut short, or another chain's.
    """
    expected = (now - GENESIS).total_seconds() / units.BLOCK_SECONDS
    if not 0.8 * expected <= value <= 1.2 * expected:
        raise implausible(source, f"its block height is {value:.0f}, when about {expected:.0f} is expected")
    return value


def hashrate_agrees(hashrate_eh_s: float, difficulty: float) -> bool:
    """Return whether a hash rate lies within a factor of two of the one that the difficulty implies.

    The implied one is ``difficulty * 2^32 / 600`` H/s. Only a mean over days can be held against it: single days differ
    by luck. A wrong unit is off by a thousand or a million.

    >>> hashrate_agrees(1004.8, 146_472_570_619_930.78), hashrate_agrees(1.0048, 146_472_570_619_930.78)
    (True, False)
    """
    implied_eh_s = difficulty * units.HASHES_PER_DIFFICULTY / units.BLOCK_SECONDS / units.H_PER_EH
    return 0.5 <= hashrate_eh_s / implied_eh_s <= 2.0 if implied_eh_s > 0 else False


def require_agreement(hashrate_eh_s: float, difficulty: float, source: str) -> None:
    """Raise the failure of a hash rate that `hashrate_agrees` denies."""
    if not hashrate_agrees(hashrate_eh_s, difficulty):
        raise implausible(
            source, f"its hash rate of {hashrate_eh_s:g} EH/s does not fit a difficulty of {difficulty:g}"
        )


def _date(time_s: float) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d}"
