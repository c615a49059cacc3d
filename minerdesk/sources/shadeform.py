"""Shadeform: machines of many clouds. Its terms forbid automated use: asked only by a user who wants it.

An aggregator: its rows are other sellers' prices. It also tells machines that nobody can have, at prices of the past.
"""

from typing import Any

from minerdesk.economics.gpu_names import gpu_id
from minerdesk.economics.gpu_rates import Offer
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import malformed
from minerdesk.sources.gpu_offers import CENTS_PER_USD, gpu_count, per_gpu, replied
from minerdesk.sources.parsing import listed, loads, member, number

NAME = "shadeform"
QUANTITY = "gpu_rates_shadeform_usd_per_gpu_hour"


def parse_types(body: bytes) -> tuple[list[Offer], list[str]]:
    """Read ``/v1/instances/types``: cents an hour for the whole machine; one that no region has is left out.

    Returns
    -------
    tuple
        The offers in USD per GPU-hour, and the names of GPUs that are not understood.
    """
    offers, unknown = [], []
    for row in listed(member(loads(body, NAME), "instance_types", NAME), NAME, "instance_types"):
        shape = member(row, "configuration", NAME)
        if not _is_there(row):
            continue
        name, memory = str(member(shape, "gpu_type", NAME)), shape.get("vram_per_gpu_in_gb")
        size = None if memory is None else number(memory, NAME, "vram_per_gpu_in_gb")
        gpu = gpu_id(name, form=str(shape.get("interconnect") or ""), memory_gb=size)
        if gpu is None:
            unknown.append(name)
        else:
            cents = number(member(row, "hourly_price", NAME), NAME, "hourly_price")
            gpus = gpu_count(member(shape, "num_gpus", NAME), NAME)
            offers.append(Offer(gpu, str(member(row, "cloud", NAME)), per_gpu(cents / CENTS_PER_USD, gpus, NAME)))
    return offers, unknown


def _is_there(row: Any) -> bool:
    """Return whether any region has the machine."""
    regions = listed(member(row, "availability", NAME), NAME, "availability")
    told = [member(region, "available", NAME) for region in regions]
    if not all(isinstance(value, bool) for value in told):
        raise malformed(NAME, "available is neither true nor false")
    return any(told)


def fetch_types(ask: Ask) -> Fetched:
    """Fetch the machines that can be had."""
    query = {"available": "true", "sort": "price"}
    return replied(NAME, *parse_types(ask.get(NAME, "/v1/instances/types", query)), ask)
