"""CoinGecko: the BTC price, and its daily history of a year. https://docs.coingecko.com

Without a key a pool of all users of one address shares few requests, so it is asked late; a demo key (free) makes it
one's own share. Its credit has to be shown.
"""

import math
from datetime import datetime

from minerdesk import units
from minerdesk.observations import Observation, Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import malformed
from minerdesk.sources.parsing import Point, daily, instant, listed, loads, member, number, observe, row_value

NAME = "coingecko"
#: More is refused without a paid key.
MOST_DAYS = 365
_MS = 1_000


def parse_spot(body: bytes, *, now: datetime) -> Observation:
    """Read ``/simple/price``: USD as a number, the moment of the last update in seconds."""
    coin = member(loads(body, NAME), "bitcoin", NAME)
    return observe(
        "btc_price_usd",
        number(member(coin, "usd", NAME), NAME, "usd"),
        as_of=instant(member(coin, "last_updated_at", NAME), NAME, "last_updated_at"),
        now=now,
        source=NAME,
    )


def parse_history(body: bytes, *, now: datetime) -> Series:
    """Read ``/coins/bitcoin/market_chart``: rows of (time in ms, price in USD), one a day and one of now.

    A row is the price at the first moment of its day: the close of the day before, which it is dated by here. What
    lies off that grid is the price of now and no close.
    """
    points: list[Point] = []
    for row in listed(member(loads(body, NAME), "prices", NAME), NAME, "prices", least=2):
        time_ms, price = listed(row, NAME, "a row", least=2)[:2]
        time_s = number(time_ms, NAME, "time") / _MS
        if not 0 <= time_s < math.inf:
            raise malformed(NAME, "a row has no time")
        if time_s % units.SECONDS_PER_DAY == 0:
            points.append((time_s - units.SECONDS_PER_DAY, row_value(price, NAME, "price")))
    return daily("btc_price_daily_usd", points, now=now, source=NAME)


def fetch_spot(ask: Ask) -> Fetched:
    """Fetch the BTC price."""
    params = {"ids": "bitcoin", "vs_currencies": "usd", "include_last_updated_at": "true"}
    return Fetched(observations=(parse_spot(ask.get(NAME, "/api/v3/simple/price", params), now=ask.now),))


def fetch_history(ask: Ask) -> Fetched:
    """Fetch the daily closes that the cache lacks, at most of a year."""
    days = min(ask.days_missing("btc_price_daily_usd") + 2, MOST_DAYS)
    params = {"vs_currency": "usd", "days": f"{math.ceil(days)}", "interval": "daily"}
    body = ask.get(NAME, "/api/v3/coins/bitcoin/market_chart", params)
    return Fetched(series=(parse_history(body, now=ask.now),))
