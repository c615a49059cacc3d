"""The one place where a rate of a currency into dollars is fetched: from Frankfurter, else from the bank itself."""

import threading
from datetime import datetime

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import ecb, frankfurter
from minerdesk.sources.client import Client
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.rates import Rate


def fetch_rate(client: Client, currency: str, *, now: datetime, cancel: threading.Event | None = None) -> Rate:
    """Fetch the newest rate of a currency into dollars, from whoever of the two gives it. Blocks.

    Raises
    ------
    SourceError
        Neither gave it: the first failure, with what came of the other.
    """
    try:
        return frankfurter.fetch_rate(client, currency, now=now, cancel=cancel)
    except SourceError as error:
        if error.kind is FailureKind.CANCELLED or client.offline:
            raise
        first = error
    try:
        return ecb.fetch_rate(client, currency, now=now, cancel=cancel)
    except SourceError as second:
        if second.kind is FailureKind.CANCELLED:
            raise
        other = f"{PROVIDERS[ecb.NAME].label} gave none either ({second.kind.value}). Type a rate."
        raise SourceError(
            first.kind, first.source, f"{first.hint} {other}", retry_after_s=first.retry_after_s
        ) from second
