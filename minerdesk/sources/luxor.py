"""Luxor's Hashrate Index, with a key: its hashprice now and by day, held against the computed one, never in its place.

https://docs.hashrateindex.com. The unit is always asked for: the same number per TH would be a thousandth.
"""

from datetime import datetime

from minerdesk.observations import Observation, Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.parsing import Point, daily, iso_instant, listed, loads, member, number, observe, row_value

NAME = "luxor"
QUANTITY = "hashprice_luxor_usd_per_ph_day"
DAILY = "hashprice_luxor_daily_usd_per_ph_day"
_UNIT = {"hashunit": "PHS"}
#: The longest gap in days for which each span is asked: some days shorter than what it returns.
_SPANS = {"1M": 25.0, "3M": 80.0}


def parse_hashprice(body: bytes, *, now: datetime) -> Observation:
    """Read ``/hashprice/current`` in USD per PH and day, with its moment."""
    data = member(loads(body, NAME), "data", NAME)
    return observe(
        QUANTITY,
        number(member(data, "priceUSD", NAME), NAME, "priceUSD"),
        as_of=iso_instant(member(data, "timestamp", NAME), NAME, "timestamp"),
        now=now,
        source=NAME,
    )


def parse_history(body: bytes, *, now: datetime) -> Series:
    """Read ``/hashprice`` in buckets of a day: (start of the day, USD per PH and day)."""
    points: list[Point] = []
    for row in listed(member(loads(body, NAME), "data", NAME), NAME, "data", least=1):
        moment = iso_instant(member(row, "timestamp", NAME), NAME, "timestamp")
        points.append((moment.timestamp(), row_value(member(row, "price", NAME), NAME, "price")))
    return daily(DAILY, points, now=now, source=NAME)


def fetch_hashprice(ask: Ask) -> Fetched:
    """Fetch the hashprice of now."""
    body = ask.get(NAME, "/v1/hashrateindex/hashprice/current", _UNIT)
    return Fetched(observations=(parse_hashprice(body, now=ask.now),))


def fetch_history(ask: Ask) -> Fetched:
    """Fetch the daily hashprice: what the cache lacks, at most a year."""
    missing = ask.days_missing(DAILY)
    span = next((span for span, days in _SPANS.items() if missing <= days), "1Y")
    params = {"span": span, "bucket": "1D", "currency": "USD", **_UNIT}
    return Fetched(series=(parse_history(ask.get(NAME, "/v1/hashrateindex/hashprice", params), now=ask.now),))
