"""RunPod: list prices of its secure cloud. Its terms forbid automated use: asked only by a user who wants it."""

import json

from minerdesk.economics.gpu_names import gpu_id
from minerdesk.economics.gpu_rates import Offer
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.client import Post
from minerdesk.sources.failures import refused
from minerdesk.sources.gpu_offers import per_gpu, replied
from minerdesk.sources.parsing import listed, loads, member, number

NAME = "runpod"
QUANTITY = "gpu_rates_runpod_usd_per_gpu_hour"
_QUERY = "query{gpuTypes{id displayName memoryInGb secureCloud securePrice}}"


def parse_types(body: bytes) -> tuple[list[Offer], list[str]]:
    """Read ``/graphql``, gpuTypes: ``securePrice`` in USD per GPU-hour, null or 0 where it is not offered.

    Errors come with HTTP 200 and a list ``errors``.

    Returns
    -------
    tuple
        The offers in USD per GPU-hour, and the names of GPUs that are not understood.
    """
    data = loads(body, NAME)
    if isinstance(data, dict) and data.get("errors"):
        raise refused(NAME, f"It answered with an error ({str(data['errors'])[:80]})")
    offers, unknown = [], []
    for row in listed(member(member(data, "data", NAME), "gpuTypes", NAME), NAME, "gpuTypes", least=1):
        asked, name = member(row, "securePrice", NAME), str(member(row, "displayName", NAME))
        price = 0.0 if asked is None else number(asked, NAME, "securePrice")
        memory = row.get("memoryInGb")
        size = None if memory is None else number(memory, NAME, "memoryInGb")
        if price == 0.0 or row.get("secureCloud") is False:
            continue
        gpu = gpu_id(name, memory_gb=size)
        if gpu is None:
            unknown.append(name)
        else:
            offers.append(Offer(gpu, NAME, per_gpu(price, 1, NAME)))
    return offers, unknown


def fetch_types(ask: Ask) -> Fetched:
    """Fetch the list prices; the POST is a query and changes nothing."""
    body = ask.get(NAME, "/graphql", post=Post(body=json.dumps({"query": _QUERY}).encode()))
    return replied(NAME, *parse_types(body), ask)
