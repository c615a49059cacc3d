"""Bybit: open interest of its BTCUSDT perpetual, in BTC, day by day. https://bybit-exchange.github.io/docs/v5

Its ``openInterest`` counts both sides of every contract; the newer ``singleOpenInterest`` counts one, as everybody else
does. Where a row lacks the second, the whole answer is taken as both sides and its source is named so.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from minerdesk import units
from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import malformed, refused
from minerdesk.sources.parsing import Point, daily, listed, loads, member, number, row_value

NAME = "bybit"
QUANTITY = "open_interest_bybit_daily_btc"
#: What the two ways to count are called as sources; a change is never reckoned from one to the other.
ONE_SIDE, BOTH_SIDES = "bybit: one side", "bybit: both sides"
_ONE, _BOTH = "singleOpenInterest", "openInterest"
_RATE_LIMITED = 10006
#: The most rows of one answer; without a cache five of them are asked for.
DAYS_PER_PAGE = 200
FIRST_PAGES = 5
_OVERLAP_DAYS = 3


def parse_page(body: bytes) -> list[dict[str, object]]:
    """Read the rows of ``/v5/market/open-interest`` for a linear contract, newest first, all numbers as text.

    Errors come with HTTP 200 and a code other than 0.
    """
    data = loads(body, NAME)
    code = number(member(data, "retCode", NAME), NAME, "retCode")
    if code != 0:
        said = f"{code:.0f}: {str(data.get('retMsg', ''))[:60]}"
        if code == _RATE_LIMITED:
            raise SourceError(FailureKind.RATE_LIMITED, NAME, f"It was asked too often ({said}).")
        raise refused(NAME, f"It answered with an error ({said})")
    result = member(data, "result", NAME)
    if member(result, "category", NAME) != "linear":
        raise malformed(NAME, "it is not of the linear contract, whose unit is BTC")
    rows = listed(member(result, "list", NAME), NAME, "list")
    if not all(isinstance(row, dict) for row in rows):
        raise malformed(NAME, "a row is no object")
    return rows


def parse_history(pages: list[bytes], *, now: datetime) -> Series:
    """Read the pages of the daily open interest in BTC.

    A row is stamped at midnight: it closes the day before and belongs to it, as a daily close does.
    """
    rows = [row for page in pages for row in parse_page(page)]
    if not rows:
        raise malformed(NAME, "it holds no row")
    one_side = all(row.get(_ONE) not in (None, "") for row in rows)
    key = _ONE if one_side else _BOTH
    points: list[Point] = [
        (
            number(member(row, "timestamp", NAME), NAME, "timestamp") / 1_000 - units.SECONDS_PER_DAY,
            row_value(member(row, key, NAME), NAME, key),
        )
        for row in rows
    ]
    series = daily(QUANTITY, points, now=now, source=NAME)
    return replace(series, source_names=(ONE_SIDE if one_side else BOTH_SIDES,))


def fetch_open_interest(ask: Ask) -> Fetched:
    """Fetch the open interest in pages of 200 days: what the cache lacks, or the last 1,000 days."""
    missing = ask.days_missing(QUANTITY) + _OVERLAP_DAYS
    days = int(min(missing, FIRST_PAGES * DAYS_PER_PAGE))
    end, pages = ask.now, []
    while days > 0:
        # A start alone is passed over: both ends are sent.
        start = end - timedelta(days=min(days, DAYS_PER_PAGE - 1))
        span = {"startTime": f"{start.timestamp() * 1_000:.0f}", "endTime": f"{end.timestamp() * 1_000:.0f}"}
        contract = {"category": "linear", "symbol": "BTCUSDT", "intervalTime": "1d", "limit": str(DAYS_PER_PAGE)}
        pages.append(ask.get(NAME, "/v5/market/open-interest", {**contract, **span}))
        days -= DAYS_PER_PAGE - 1
        end = start
    return Fetched(series=(parse_history(pages, now=ask.now),))
