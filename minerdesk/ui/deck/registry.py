"""The list of the deck's charts. A new one is a `DeckChart` in its module and a place here."""

from collections.abc import Mapping
from types import MappingProxyType

from minerdesk.ui.deck import divergence, hashrate, interest, revenue, security
from minerdesk.ui.deck.frame import DeckChart

#: Every chart by name, in the order of the list.
DECK: Mapping[str, DeckChart] = MappingProxyType(
    {chart.name: chart for module in (hashrate, revenue, security, interest, divergence) for chart in module.CHARTS}
)

#: What stands above and below on a first visit.
FIRST = ("hashrate", "bid")
