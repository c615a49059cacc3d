"""What sources of GPU offers have in common: a row's price made one of USD per GPU-hour, and offers made a reply."""

from collections.abc import Iterable

from minerdesk.economics.gpu_rates import Offer, is_plausible, summarised
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import number

CENTS_PER_USD = 100.0
#: No machine that is let as one has more GPUs; a rack of 72 is one.
MOST_GPUS = 72


def gpu_count(value: object, source: str) -> int:
    """Return how many GPUs a machine has: a whole number from 1 to 72; what else it says is malformed."""
    found = number(value, source, "the number of GPUs")
    if not (1 <= found <= MOST_GPUS and found.is_integer()):
        raise malformed(source, f"a machine has {found:g} GPUs")
    return int(found)


def per_gpu(usd_per_hour: float, gpus: int, source: str) -> float:
    """Return the price of a whole machine by GPU, in USD per GPU-hour; one that can't be true is implausible.

    >>> per_gpu(15.92, 8, "lambda")
    1.99
    """
    found = usd_per_hour / gpus
    if not is_plausible(found):
        raise implausible(source, f"a price is {found:g} $/GPU-h")
    return found


def replied(source: str, offers: Iterable[Offer], unknown: Iterable[str], ask: Ask, *, least: int = 1) -> Fetched:
    """Return a source's offers of this moment as rates by GPU, an offer that is told twice counted once.

    Raises
    ------
    SourceError
        None of them is of a GPU that is known.
    """
    distinct = list(dict.fromkeys(offers))
    rates = summarised(source, distinct, as_of=ask.now, now=ask.now, least=least)
    if not rates:
        raise implausible(source, f"it has no {least} offers of a GPU that is known here")
    return Fetched(gpu_rates=rates, gpus_unknown=tuple(sorted(set(unknown))))
