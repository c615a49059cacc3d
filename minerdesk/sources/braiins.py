"""Braiins Insights: the hashprice as it states it, to hold the computed one against; never in its place.

https://academy.braiins.com/en/mining-insights/public-api. insights.braiins.com sends all requests on to
learn.braiins.com, so that host is asked at once.
"""

from datetime import datetime

from minerdesk.observations import Observation
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.parsing import loads, member, number, observe
from minerdesk.units import TH_PER_PH

NAME = "braiins"
QUANTITY = "hashprice_braiins_usd_per_ph_day"


def parse_hashprice(body: bytes, *, now: datetime) -> Observation:
    """Read ``hash_price`` of ``/hashrate-stats``: USD per TH and day with three decimals, so to 1 $/PH/day.

    Without a date; taken as of `now`. ``hash_value`` beside it is in BTC and has one digit.
    """
    per_th = number(member(loads(body, NAME), "hash_price", NAME), NAME, "hash_price")
    detail = f"{per_th:.3f} $/TH/day, rounded"
    return observe(QUANTITY, per_th * TH_PER_PH, as_of=now, now=now, source=NAME, detail=detail)


def fetch_hashprice(ask: Ask) -> Fetched:
    """Fetch the hashprice as stated."""
    return Fetched(observations=(parse_hashprice(ask.get(NAME, "/hashrate-stats"), now=ask.now),))
