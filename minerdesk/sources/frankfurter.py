"""Frankfurter: the reference rates of the European Central Bank. https://frankfurter.dev"""

import threading
from datetime import UTC, datetime

from minerdesk.sources.ask import Ask, Fetched, Probe
from minerdesk.sources.client import Client
from minerdesk.sources.failures import malformed
from minerdesk.sources.parsing import iso_instant, member, number
from minerdesk.sources.parsing import loads as loads_strictly
from minerdesk.sources.rates import Rate, believed

NAME = "frankfurter"
DEADLINE_S = 15.0


def parse_latest(body: bytes, currency: str, *, now: datetime) -> Rate:
    """Read ``/v1/latest?base=EUR&symbols=USD``: one unit of the base in dollars, and the day of the fixing."""
    data = loads_strictly(body, NAME)
    if member(data, "base", NAME) != currency or number(member(data, "amount", NAME), NAME, "amount") != 1:
        raise malformed(NAME, f"it is not about one {currency}")
    rate = number(member(member(data, "rates", NAME), "USD", NAME), NAME, "the rate")
    day = iso_instant(member(data, "date", NAME), NAME, "date").astimezone(UTC)
    return believed(Rate(currency=currency, usd_per_unit=rate, day=day, by="Frankfurter"), now=now, source=NAME)


def fetch_rate(client: Client, currency: str, *, now: datetime, cancel: threading.Event | None = None) -> Rate:
    """Fetch the newest rate of a currency into dollars. Blocks; raises SourceError."""
    with client.judged(NAME, force=True):
        body = client.get(
            NAME,
            "/v1/latest",
            params={"base": currency, "symbols": "USD"},
            deadline=client.monotonic() + DEADLINE_S,
            cancel=cancel,
        )
        return parse_latest(body, currency, now=now)


def _probe(ask: Ask) -> Fetched:
    rate = parse_latest(ask.get(NAME, "/v1/latest", {"base": "EUR", "symbols": "USD"}), "EUR", now=ask.now)
    return Fetched(told=f"1 EUR is {rate.usd_per_unit:.4f} $, {rate.note}")


PROBE = Probe(provider=NAME, label="Exchange rates", fetch=_probe)
