"""The one place where a rate of a currency into dollars is fetched: from Frankfurter, else from the bank itself."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import ecb, frankfurter
from minerdesk.sources.client import Client
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.rates import Rate

#: Who gives rates, in the order in which they are asked unless the user chose another.
_GIVERS: Mapping[str, Callable[..., Rate]] = {frankfurter.NAME: frankfurter.fetch_rate, ecb.NAME: ecb.fetch_rate}


def asked(order: Sequence[str] = ()) -> tuple[str, ...]:
    """Return who is asked for a rate: first those that `order` names, as it does, the others in our order.

    >>> asked(), asked(("ecb", "nobody"))
    (('frankfurter', 'ecb'), ('ecb', 'frankfurter'))
    """
    return tuple(dict.fromkeys((*(name for name in order if name in _GIVERS), *_GIVERS)))


def fetch_rate(
    client: Client,
    currency: str,
    *,
    now: datetime,
    order: Sequence[str] = (),
    cancel: threading.Event | None = None,
) -> Rate:
    """Fetch the newest rate of a currency into dollars, from the first that gives it; `order` is the user's. Blocks.

    Raises
    ------
    SourceError
        Nobody gave it: the first failure, with what came of the other.
    """
    failures: list[SourceError] = []
    for name in asked(order):
        try:
            return _GIVERS[name](client, currency, now=now, cancel=cancel)
        except SourceError as error:
            if error.kind is FailureKind.CANCELLED or client.offline:
                raise
            failures.append(error)
    first, *others = failures
    told = " ".join(f"{PROVIDERS[error.source].label} gave none either ({error.kind.value})." for error in others)
    raise SourceError(
        first.kind, first.source, f"{first.hint} {told} Type a rate.", retry_after_s=first.retry_after_s
    ) from failures[-1]
