"""Vast.ai: what verified hosts ask for GPUs. Its terms forbid automated use: asked only by a user who wants it.

Asks, not trades: nobody may have paid them.
"""

import json
from typing import Any

from minerdesk.economics.gpu_names import gpu_id
from minerdesk.economics.gpu_rates import OFFERS_NEEDED, Offer
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.client import Post
from minerdesk.sources.failures import malformed
from minerdesk.sources.gpu_offers import gpu_count, per_gpu, replied
from minerdesk.sources.parsing import listed, loads, member, number

NAME = "vast"
QUANTITY = "gpu_rates_vast_usd_per_gpu_hour"
#: The models that are asked for, in its own words; the server gives at most 64 offers of each, the cheapest.
MODELS = ("B200", "H200", "H100 SXM")
MOST_OFFERS = 64
LEAST_RELIABILITY = 0.95
_VERIFIED = "verified"


def parse_bundles(body: bytes) -> tuple[list[Offer], list[str]]:
    """Read ``/api/v0/bundles/``: ``dph_total`` in USD an hour for all GPUs of an offer.

    Only offers of verified hosts with a reliability over 0.95 count: the cheapest of the others are outliers. An offer
    that is told twice counts once.

    Returns
    -------
    tuple
        The offers in USD per GPU-hour, each host a seller, and the names of GPUs that are not understood.
    """
    offers: dict[str, Offer] = {}
    unknown = []
    for row in listed(member(loads(body, NAME), "offers", NAME), NAME, "offers"):
        name = str(member(row, "gpu_name", NAME))
        gpu, offer = gpu_id(name), str(member(row, "id", NAME))
        if gpu is None:
            unknown.append(name)
        elif row.get("verification") == _VERIFIED and _reliability(row) > LEAST_RELIABILITY:
            gpus = gpu_count(member(row, "num_gpus", NAME), NAME)
            usd = number(member(row, "dph_total", NAME), NAME, "dph_total")
            offers[offer] = Offer(gpu, offer, per_gpu(usd, gpus, NAME))
    return list(offers.values()), unknown


def _reliability(row: Any) -> float:
    """Return the reliability of a host, 0 where it is not told."""
    value = row.get("reliability", row.get("reliability2"))
    found = 0.0 if value is None else number(value, NAME, "reliability")
    if not 0.0 <= found <= 1.0:
        raise malformed(NAME, f"a reliability is {found:g}")
    return found


def _post(model: str) -> Post:
    query = {
        "gpu_name": {"eq": model},
        "rentable": {"eq": True},
        "rented": {"eq": False},
        "verified": {"eq": True},
        "num_gpus": {"gte": 1},
        "order": [["dph_total", "asc"]],
        "type": "on-demand",
        "limit": MOST_OFFERS,
    }
    return Post(body=json.dumps(query).encode())


def fetch_asks(ask: Ask) -> Fetched:
    """Fetch the asks of each model; the POST is a query and changes nothing."""
    offers: list[Offer] = []
    unknown: list[str] = []
    for model in MODELS:
        found, names = parse_bundles(ask.get(NAME, "/api/v0/bundles/", post=_post(model)))
        offers, unknown = offers + found, unknown + names
    return replied(NAME, offers, unknown, ask, least=OFFERS_NEEDED)
