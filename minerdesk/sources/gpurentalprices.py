"""gpurentalprices.com: rental offers of GPUs, daily, CC BY 4.0 (its credit must be shown beside the figures)."""

import statistics
from collections import defaultdict
from datetime import datetime
from typing import Any

from minerdesk.observations import QUANTITIES, Series
from minerdesk.sources.ask import Ask, Fetched, GpuMedian
from minerdesk.sources.failures import implausible
from minerdesk.sources.parsing import iso_instant, listed, loads, member, number, observe
from minerdesk.units import SECONDS_PER_DAY

NAME = "gpurentalprices"
QUANTITY = "gpu_rate_on_demand_usd_per_gpu_hour"
#: The same median day by day: one point a fetch, kept for good, for the provider tells today's alone.
DAILY = "gpu_rate_daily_usd_per_gpu_hour"
#: Prices that anyone can pay today for a machine that nobody takes away: not spot, community, reserved or serverless.
KINDS = ("on-demand", "secure")
GPU = "b200"
OFFERS_NEEDED = 3


def parse_latest(body: bytes, *, now: datetime) -> Fetched:
    """Read ``/api/latest.json``: the B200's median rate in USD per GPU-hour, and the median of every GPU offered.

    Offers count if they are on demand or secure, from a provider whose page was read on that day (the others are
    carried forward from earlier days), and of a plausible size. A median is taken over at least three.
    """
    data = loads(body, NAME)
    providers = member(data, "providers", NAME)
    plausible = QUANTITIES[QUANTITY]
    rates: dict[str, list[float]] = defaultdict(list)
    sellers: set[str] = set()
    for offer in listed(member(data, "offers", NAME), NAME, "offers"):
        gpu, seller = str(member(offer, "gpu", NAME)), str(member(offer, "provider", NAME))
        rate = number(member(offer, "usd_hr", NAME), NAME, "usd_hr")
        if (
            member(offer, "kind", NAME) in KINDS
            and plausible.low <= rate <= plausible.high
            and _is_fresh(providers, seller)
        ):
            rates[gpu].append(rate)
            if gpu == GPU:
                sellers.add(seller)
    if len(rates[GPU]) < OFFERS_NEEDED:
        raise implausible(NAME, f"it has only {len(rates[GPU])} fresh {GPU.upper()} offers")
    found = observe(
        QUANTITY,
        statistics.median(rates[GPU]),
        as_of=iso_instant(member(data, "generated_at", NAME), NAME, "generated_at"),
        now=now,
        source=NAME,
        detail=f"median of {len(rates[GPU])} {GPU.upper()} offers, on-demand and secure, {len(sellers)} providers",
    )
    day = int(found.as_of.timestamp()) // SECONDS_PER_DAY * SECONDS_PER_DAY
    return Fetched(
        observations=(found,),
        series=(Series.of(DAILY, [day], [found.value], source=NAME, fetched_at=now),),
        gpu_medians=tuple(
            GpuMedian(gpu=gpu, usd_per_gpu_hour=statistics.median(found), offers=len(found))
            for gpu, found in sorted(rates.items())
            if len(found) >= OFFERS_NEEDED
        ),
    )


def _is_fresh(providers: Any, name: str) -> bool:
    """Return whether a provider's page was read; one that the list leaves out is given the benefit of the doubt."""
    entry = providers.get(name) if isinstance(providers, dict) else None
    if not isinstance(entry, dict):
        return True
    return entry.get("ok", True) is True and entry.get("stale", False) is False


def fetch_rates(ask: Ask) -> Fetched:
    """Fetch the rental rates of the day."""
    return parse_latest(ask.get(NAME, "/api/latest.json"), now=ask.now)
