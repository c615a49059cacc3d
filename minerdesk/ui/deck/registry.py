"""The list of the deck's charts. A new one is a `DeckChart` in its module and a place here."""

from collections.abc import Mapping
from types import MappingProxyType

from minerdesk.ui.deck import divergence, gpu, hashrate, interest, revenue, security
from minerdesk.ui.deck.frame import DeckChart

_MODULES = (hashrate, revenue, security, gpu, interest, divergence)

#: Every chart by name, in the order of the list.
DECK: Mapping[str, DeckChart] = MappingProxyType({chart.name: chart for module in _MODULES for chart in module.CHARTS})

#: What stands above and below on a first visit.
FIRST = ("hashrate", "bid")
