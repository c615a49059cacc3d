"""Coinbase Exchange: the BTC price. https://docs.cdp.coinbase.com/exchange"""

from datetime import datetime

from minerdesk.observations import Observation
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.parsing import iso_instant, loads, member, number, observe

NAME = "coinbase"


def parse_ticker(body: bytes, *, now: datetime) -> Observation:
    """Read the last trade of ``/products/BTC-USD/ticker``: price as text in USD, time in ISO."""
    data = loads(body, NAME)
    return observe(
        "btc_price_usd",
        number(member(data, "price", NAME), NAME, "price"),
        as_of=iso_instant(member(data, "time", NAME), NAME, "time"),
        now=now,
        source=NAME,
    )


def fetch_spot(ask: Ask) -> Fetched:
    """Fetch the BTC price."""
    return Fetched(observations=(parse_ticker(ask.get(NAME, "/products/BTC-USD/ticker"), now=ask.now),))
