"""How each provider is tested: all that it serves by itself, or the probe of one that is asked only as the user wants.

A new provider of the second kind declares its PROBE and gets a place here; button, command line and states follow.
"""

from collections.abc import Mapping
from types import MappingProxyType

from minerdesk.sources import aemo, awattar, ecb, eia, energy_charts, entsoe, ercot, frankfurter, smard
from minerdesk.sources.ask import Probe
from minerdesk.sources.topics import Source, Topic, only_from

#: The probes by provider.
PROBES: Mapping[str, Probe] = MappingProxyType(
    {
        probe.provider: probe
        for probe in (
            energy_charts.PROBE,
            smard.PROBE,
            *awattar.PROBES,
            entsoe.PROBE,
            ercot.PROBE,
            aemo.PROBE,
            frankfurter.PROBE,
            ecb.PROBE,
            eia.PROBE,
        )
    }
)


def topics_to_test(provider: str) -> tuple[Topic, ...]:
    """Return what a provider is asked for when it is tested, with it as the only source; empty if there is nothing."""
    probe = PROBES.get(provider)
    asked = only_from(provider)
    if probe is None:
        return asked
    source = Source(provider=provider, fetch=probe.fetch)
    return (*asked, Topic(name=f"probe {provider}", label=probe.label, quantities=(), sources=(source,)))
