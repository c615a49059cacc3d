"""Lambda: its own list prices of GPU machines. Wants a key. https://docs.lambda.ai/api/cloud"""

import re
from typing import Any

from minerdesk.economics.gpu_names import gpu_id
from minerdesk.economics.gpu_rates import Offer
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.gpu_offers import CENTS_PER_USD, gpu_count, per_gpu, replied
from minerdesk.sources.parsing import loads, member, number

NAME = "lambda"
QUANTITY = "gpu_rates_lambda_usd_per_gpu_hour"
_TYPE = re.compile(r"gpu_(\d+)x_(.+)")


def parse_types(body: bytes) -> tuple[list[Offer], list[str]]:
    """Read ``/api/v1/instance-types``: machines by name, priced in cents an hour for the whole machine.

    A machine without GPUs is left out. How many it has is told by its specs and by its name; where both are there
    they must agree. A list price counts whether or not a region has one free.

    Returns
    -------
    tuple
        The offers in USD per GPU-hour, and the names of GPUs that are not understood.
    """
    found = member(loads(body, NAME), "data", NAME)
    if not isinstance(found, dict):
        raise malformed(NAME, "data is no table of machines by name")
    offers, unknown = [], []
    for name, row in found.items():
        kind = member(row, "instance_type", NAME)
        cents = number(member(kind, "price_cents_per_hour", NAME), NAME, "price_cents_per_hour")
        told = _TYPE.fullmatch(name)
        if told is None:
            continue  # a machine of processors alone
        gpu = gpu_id(str(kind.get("gpu_description") or "")) or gpu_id(told[2])
        if gpu is None:
            unknown.append(told[2])
        else:
            offers.append(Offer(gpu, NAME, per_gpu(cents / CENTS_PER_USD, _gpus(kind, told[1]), NAME)))
    return offers, unknown


def _gpus(kind: Any, by_name: str) -> int:
    """Return how many GPUs a machine has."""
    named = gpu_count(by_name, NAME)
    specs = kind.get("specs")
    told = gpu_count(specs["gpus"], NAME) if isinstance(specs, dict) and "gpus" in specs else named
    if told != named:
        raise implausible(NAME, f"a machine has {told} GPUs by its specs and {named} by its name")
    return told


def fetch_types(ask: Ask) -> Fetched:
    """Fetch the list prices."""
    return replied(NAME, *parse_types(ask.get(NAME, "/api/v1/instance-types")), ask)
