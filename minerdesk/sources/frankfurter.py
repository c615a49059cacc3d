"""Frankfurter: the reference rates of the European Central Bank. https://frankfurter.dev"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minerdesk import words
from minerdesk.sources.ask import Ask, Fetched, Probe
from minerdesk.sources.client import Client
from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import iso_instant, member, number
from minerdesk.sources.parsing import loads as loads_strictly

NAME = "frankfurter"
DEADLINE_S = 15.0
#: Over Easter a rate is five days old; an older one is not the latest.
OLDEST = timedelta(days=10)
_LOWEST, _HIGHEST = 1e-6, 1e3


@dataclass(frozen=True, kw_only=True)
class Rate:
    """US dollars per unit of a currency, as the bank stated it on a day."""

    currency: str
    usd_per_unit: float
    day: datetime

    @property
    def note(self) -> str:
        """Say of when the rate is, and whose."""
        return f"ECB reference rate of {words.day(self.day)}, by Frankfurter"


def parse_latest(body: bytes, currency: str, *, now: datetime) -> Rate:
    """Read ``/v1/latest?base=EUR&symbols=USD``: one unit of the base in dollars, and the day of the fixing."""
    data = loads_strictly(body, NAME)
    if member(data, "base", NAME) != currency or number(member(data, "amount", NAME), NAME, "amount") != 1:
        raise malformed(NAME, f"it is not about one {currency}")
    rate = number(member(member(data, "rates", NAME), "USD", NAME), NAME, "the rate")
    if not _LOWEST < rate < _HIGHEST:
        raise implausible(NAME, f"its rate is {rate:g} $ per {currency}")
    day = iso_instant(member(data, "date", NAME), NAME, "date").astimezone(UTC)
    if day > now:
        raise implausible(NAME, f"its rate is dated after the clock ({words.day(day)})")
    if now - day > OLDEST:
        raise implausible(NAME, f"its newest rate is of {words.day(day)}")
    return Rate(currency=currency, usd_per_unit=rate, day=day)


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
