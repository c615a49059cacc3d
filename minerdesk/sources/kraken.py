"""Kraken: the BTC price. https://docs.kraken.com/api"""

from datetime import datetime

from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Observation
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import malformed, refused
from minerdesk.sources.parsing import listed, loads, member, number, observe

NAME = "kraken"


def parse_ticker(body: bytes, *, now: datetime) -> Observation:
    """Read the last trade of ``/0/public/Ticker``, of the one pair in the answer.

    The pair has another name there than the one asked for. Errors come with HTTP 200. The answer has no date: it is
    taken as of `now`.
    """
    data = loads(body, NAME)
    errors = listed(member(data, "error", NAME), NAME, "error")
    if errors:
        said = str(errors[0])[:60]
        if "limit" in said.lower() or "many" in said.lower():
            raise SourceError(FailureKind.RATE_LIMITED, NAME, f"It was asked too often ({said}).")
        raise refused(NAME, f"It answered with an error ({said})")
    pairs = member(data, "result", NAME)
    if not isinstance(pairs, dict) or len(pairs) != 1:
        raise malformed(NAME, "it holds not one pair")
    (pair,) = pairs.values()
    last = listed(member(pair, "c", NAME), NAME, "c", least=1)[0]
    return observe("btc_price_usd", number(last, NAME, "last trade"), as_of=now, now=now, source=NAME)


def fetch_spot(ask: Ask) -> Fetched:
    """Fetch the BTC price."""
    return Fetched(observations=(parse_ticker(ask.get(NAME, "/0/public/Ticker", {"pair": "XBTUSD"}), now=ask.now),))
