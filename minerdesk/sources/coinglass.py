"""Coinglass: open interest in BTC futures of all the exchanges that it sums up, day by day. https://docs.coinglass.com

Wants a key. What it sums is its own choice of exchanges, so it is a way of counting by itself: never joined to a
venue's series, never compared with one by level.
"""

from datetime import datetime
from typing import Any

from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Series
from minerdesk.secrecy import scrub
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import of_status, refused
from minerdesk.sources.parsing import Point, daily, listed, loads, member, number, row_value

NAME = "coinglass"
QUANTITY = "open_interest_coinglass_daily_usd"
_PATH = "/api/futures/open-interest/aggregated-history"
#: The most rows of one answer, and how many are asked for beyond what the cache lacks.
_MOST_DAYS, _OVERLAP_DAYS = 1_000, 3
_RATE_LIMITED = 429


def parse_history(body: bytes, *, now: datetime) -> Series:
    """Read ``/api/futures/open-interest/aggregated-history`` in USD: bars with milliseconds, numbers also as text.

    A bar is stamped by the start of its day, and its close is that day's. Errors come with HTTP 200 and a code other
    than 0: 401, 403 and 400.. for a key that is missing, wrong or of a plan that does not cover it.
    """
    data = loads(body, NAME)
    code = number(member(data, "code", NAME), NAME, "code")
    if code != 0:
        raise _failure(code, data)
    points: list[Point] = []
    for row in listed(member(data, "data", NAME), NAME, "data", least=1):
        time_s = number(member(row, "time", NAME), NAME, "time") / 1_000
        points.append((time_s, row_value(member(row, "close", NAME), NAME, "close")))
    return daily(QUANTITY, points, now=now, source=NAME)


def _failure(code: float, data: dict[str, Any]) -> SourceError:
    """Return the failure that a code stands for; its own words are shown, without the key if it repeats that."""
    said = f"{code:.0f}: {scrub(str(data.get('msg', '')))[:80]}"
    if code in (401, 403) or 40_000 <= code < 40_100:
        return SourceError(
            FailureKind.BLOCKED,
            NAME,
            f"It did not accept the key, or its plan does not cover this ({said}). Give another one on the page Data.",
        )
    if code == _RATE_LIMITED:
        return of_status(NAME, 429, None)
    return refused(NAME, f"It answered with an error ({said})")


def fetch_open_interest(ask: Ask) -> Fetched:
    """Fetch the open interest: what the cache lacks, at most 1,000 days."""
    days = int(min(ask.days_missing(QUANTITY) + _OVERLAP_DAYS, _MOST_DAYS))
    query = {"symbol": "BTC", "interval": "1d", "unit": "usd", "limit": str(days)}
    return Fetched(series=(parse_history(ask.get(NAME, _PATH, query), now=ask.now),))
