"""What has sources that the user may put in another order: what is fetched by itself, power prices, exchange rates."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from minerdesk.sources import exchange
from minerdesk.sources.markets import alternatives
from minerdesk.sources.topics import in_order

#: Under these names the preference of the order holds the providers of power markets, and of exchange rates.
POWER, RATES = "power", "rates"
_POWER_NOTE = "A new order holds from the next fetch of a market that several of them serve."
_RATES_NOTE = "A new order holds from the next rate that is fetched."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for: `providers` as they are asked, the first first; `note` is empty if it is fetched by itself."""

    name: str
    label: str
    providers: tuple[str, ...]
    note: str = ""


def orders(chosen: Mapping[str, Sequence[str]], *, on: Collection[str] = ()) -> tuple[Asked, ...]:
    """Return everything that is asked for, with its sources in the user's order, which `chosen` holds by name.

    Sources that are off by themselves are left out unless `on` names them.
    """
    topics = (
        Asked(name=topic.name, label=topic.label, providers=tuple(source.provider for source in topic.sources))
        for topic in in_order(chosen, on=on)
    )
    power = alternatives(on, chosen.get(POWER, ()))
    rates = exchange.asked(chosen.get(RATES, ()))
    return (
        *topics,
        Asked(name=POWER, label="Power prices, Europe", providers=power, note=_POWER_NOTE),
        Asked(name=RATES, label="Exchange rates", providers=rates, note=_RATES_NOTE),
    )
