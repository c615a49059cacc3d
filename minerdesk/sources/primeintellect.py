"""Prime Intellect: machines of many sellers at their list prices. Wants a key. https://docs.primeintellect.ai

An aggregator: it repeats rows of RunPod, Lambda and others, so its median is never laid together with theirs.
"""

from typing import Any

from minerdesk.economics.gpu_names import gpu_id
from minerdesk.economics.gpu_rates import Offer
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import malformed
from minerdesk.sources.gpu_offers import gpu_count, per_gpu, replied
from minerdesk.sources.parsing import listed, loads, member, number

NAME = "primeintellect"
QUANTITY = "gpu_rates_primeintellect_usd_per_gpu_hour"
PAGE_ROWS, MOST_PAGES = 100, 10
_SECURE = "secure_cloud"


def parse_page(body: bytes) -> tuple[list[Offer], list[str], int, int]:
    """Read a page of ``/api/v1/availability/gpus``: on demand in USD an hour for the whole machine.

    Spot, community clouds, prices that vary, other currencies, and machines without a price are left out.

    Returns
    -------
    tuple
        The offers in USD per GPU-hour, the names that are not understood, the rows of the page, and those of all pages.
    """
    data = loads(body, NAME)
    rows = listed(member(data, "items", NAME), NAME, "items")
    total = number(member(data, "totalCount", NAME), NAME, "totalCount")
    if not (0 <= total < 1e6 and total.is_integer()):
        raise malformed(NAME, f"totalCount is {total:g}")
    offers, unknown = [], []
    for row in rows:
        name, memory = str(member(row, "gpuType", NAME)), row.get("gpuMemory")
        size = None if memory is None else number(memory, NAME, "gpuMemory")
        gpu = gpu_id(name, form=str(row.get("socket") or ""), memory_gb=size)
        if gpu is None:
            unknown.append(name)
        elif (rate := _rate(row)) is not None:
            offers.append(Offer(gpu, str(member(row, "provider", NAME)), rate))
    return offers, unknown, len(rows), int(total)


def _rate(row: Any) -> float | None:
    """Return a row's price in USD per GPU-hour, None if it is none of those that count."""
    prices = member(row, "prices", NAME)
    asked = member(prices, "onDemand", NAME)
    on_demand = None if asked is None else number(asked, NAME, "onDemand")
    gpus = gpu_count(member(row, "gpuCount", NAME), NAME)
    if on_demand is None or prices.get("currency") != "USD" or prices.get("isVariable") is True:
        return None
    if row.get("isSpot") is True or row.get("security") != _SECURE:
        return None
    return per_gpu(on_demand, gpus, NAME)


def fetch_offers(ask: Ask) -> Fetched:
    """Fetch all pages, ten at the most; a seller's same price in several places counts once."""
    offers: list[Offer] = []
    unknown: list[str] = []
    seen = 0
    for page in range(1, MOST_PAGES + 1):
        query = {"page": str(page), "page_size": str(PAGE_ROWS)}
        found, names, rows, total = parse_page(ask.get(NAME, "/api/v1/availability/gpus", query))
        offers, unknown, seen = offers + found, unknown + names, seen + rows
        if rows == 0 or seen >= total:
            break
    return replied(NAME, offers, unknown, ask)
