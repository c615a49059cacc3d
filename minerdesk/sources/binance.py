"""Binance: open interest of its BTCUSDT perpetual, day by day. https://developers.binance.com/docs/derivatives

Only the last 30 days are given out; what the cache holds of earlier days stays there. The United States and some other
countries are answered HTTP 451.
"""

from datetime import datetime
from typing import Any

from minerdesk import units
from minerdesk.observations import Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import malformed, refused
from minerdesk.sources.parsing import Point, daily, listed, loads, member, number, row_value

NAME = "binance"
QUANTITY = "open_interest_binance_daily_usd"
SYMBOL = "BTCUSDT"
_DAYS = 30


def parse_history(body: bytes, *, now: datetime) -> Series:
    """Read ``/futures/data/openInterestHist``: BTC and USDT as text, milliseconds as a number or as text.

    A USDT is taken for a dollar. A row is stamped at midnight: it closes the day before and belongs to it. The coin
    margined contracts have the same shape with other units; they name no symbol, and are refused.
    """
    data: Any = loads(body, NAME)
    if isinstance(data, dict) and "code" in data:
        raise refused(NAME, f"It answered with an error ({data.get('code')}: {str(data.get('msg', ''))[:60]})")
    points: list[Point] = []
    for row in listed(data, NAME, "the answer", least=1):
        if member(row, "symbol", NAME) != SYMBOL:
            raise malformed(NAME, f"it is not of {SYMBOL}")
        time_s = number(member(row, "timestamp", NAME), NAME, "timestamp") / 1_000
        usdt = row_value(member(row, "sumOpenInterestValue", NAME), NAME, "sumOpenInterestValue")
        points.append((time_s - units.SECONDS_PER_DAY, usdt))
    return daily(QUANTITY, points, now=now, source=NAME)


def fetch_open_interest(ask: Ask) -> Fetched:
    """Fetch the open interest of the last 30 days."""
    query = {"symbol": SYMBOL, "period": "1d", "limit": str(_DAYS)}
    return Fetched(series=(parse_history(ask.get(NAME, "/futures/data/openInterestHist", query), now=ask.now),))
