"""Bitstamp: the BTC price and its daily history since 2011. https://www.bitstamp.net/api"""

from datetime import UTC, datetime, timedelta

from minerdesk import units
from minerdesk.observations import Observation, Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.parsing import Point, daily, instant, listed, loads, member, number, observe, row_value

NAME = "bitstamp"
FIRST_DAY = datetime(2011, 8, 18, tzinfo=UTC)
DAYS_PER_PAGE = 1_000


def parse_ticker(body: bytes, *, now: datetime) -> Observation:
    """Read the last trade of ``/api/v2/ticker/btcusd/``: price and Unix time, both as text."""
    data = loads(body, NAME)
    return observe(
        "btc_price_usd",
        number(member(data, "last", NAME), NAME, "last"),
        as_of=instant(member(data, "timestamp", NAME), NAME, "timestamp"),
        now=now,
        source=NAME,
    )


def parse_candles(body: bytes) -> list[Point]:
    """Read one page of ``/api/v2/ohlc/btcusd/``: (start of the candle, closing price) of each row."""
    data = member(loads(body, NAME), "data", NAME)
    return [
        (
            number(member(row, "timestamp", NAME), NAME, "timestamp"),
            row_value(member(row, "close", NAME), NAME, "close"),
        )
        for row in listed(member(data, "ohlc", NAME), NAME, "ohlc")
    ]


def parse_history(pages: list[bytes], *, now: datetime) -> Series:
    """Read the pages of the daily history into closing prices, each dated by the start of its day."""
    points = [point for page in pages for point in parse_candles(page)]
    return daily("btc_price_daily_usd", points, now=now, source=NAME)


def fetch_spot(ask: Ask) -> Fetched:
    """Fetch the BTC price."""
    return Fetched(observations=(parse_ticker(ask.get(NAME, "/api/v2/ticker/btcusd/"), now=ask.now),))


def fetch_history(ask: Ask) -> Fetched:
    """Fetch the daily closes from the newest cached day on, in pages; without a cache from 2011-08-18."""
    step, pages = units.SECONDS_PER_DAY, []
    newest = min(ask.newest.get("btc_price_daily_usd") or FIRST_DAY, ask.now - timedelta(days=1))
    start = int(newest.timestamp()) // step * step
    while start <= ask.now.timestamp():
        end = start + (DAYS_PER_PAGE - 1) * step
        span = {"start": str(start), "end": str(end)}
        pages.append(ask.get(NAME, "/api/v2/ohlc/btcusd/", {"step": str(step), "limit": str(DAYS_PER_PAGE), **span}))
        start = end + step
    return Fetched(series=(parse_history(pages, now=ask.now),))
