"""OKX: open interest of all its BTC futures and swaps, in USD, day by day. https://www.okx.com/docs-v5

Only the last 180 days are given out; what the cache holds of earlier days stays there.
"""

from datetime import datetime, timedelta

from minerdesk import units
from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Observation, Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import refused
from minerdesk.sources.parsing import Point, daily, end_of_newest_day, listed, loads, member, number, observe, row_value

NAME = "okx"
_PATH = "/api/v5/rubik/stat/contracts/open-interest-volume"
_RATE_LIMITED = frozenset({50011, 50013, 50061})
#: The whole history that it gives out, and what is asked for when the cache has the rest.
_WINDOW_DAYS, _OVERLAP_DAYS = 180, 3


def parse_open_interest(body: bytes) -> list[Point]:
    """Read ``/rubik/stat/contracts/open-interest-volume``: rows of (ms, open interest in USD, volume in USD) as text.

    A row belongs to the UTC day in which its bar begins: the bars of a day open at 16:00 UTC (midnight in UTC+8).
    Errors come with HTTP 200 and a code other than "0".
    """
    data = loads(body, NAME)
    code = number(member(data, "code", NAME), NAME, "code")
    if code != 0:
        said = f"{code:.0f}: {str(data.get('msg', ''))[:60]}"
        if code in _RATE_LIMITED:
            raise SourceError(FailureKind.RATE_LIMITED, NAME, f"It was asked too often ({said}).")
        raise refused(NAME, f"It answered with an error ({said})")
    points: list[Point] = []
    for row in listed(member(data, "data", NAME), NAME, "data", least=1):
        time_ms, usd, *_ = listed(row, NAME, "a row", least=2)
        points.append((number(time_ms, NAME, "time") / 1_000, row_value(usd, NAME, "open interest")))
    return points


def parse_history(body: bytes, *, now: datetime) -> tuple[Observation, Series]:
    """Read the daily open interest, and its newest whole day as the single value."""
    series = daily("open_interest_daily_usd", parse_open_interest(body), now=now, source=NAME)
    newest = observe(
        "open_interest_usd",
        float(series.values[-1]),
        as_of=end_of_newest_day(series),
        now=now,
        source=NAME,
        detail="OKX alone: its BTC futures and swaps",
    )
    return newest, series


def fetch_open_interest(ask: Ask) -> Fetched:
    """Fetch the open interest: what the cache lacks, at most the 180 days that there are."""
    days = min(ask.days_missing("open_interest_daily_usd") + _OVERLAP_DAYS, _WINDOW_DAYS)
    begin_ms = (
        int((ask.now - timedelta(days=days)).timestamp()) // units.SECONDS_PER_DAY * units.SECONDS_PER_DAY * 1_000
    )
    body = ask.get(NAME, _PATH, {"ccy": "BTC", "period": "1D", "begin": str(begin_ms)})
    observation, series = parse_history(body, now=ask.now)
    return Fetched(observations=(observation,), series=(series,))
