"""gpurentalprices.com: rental offers of GPUs, daily, CC BY 4.0 (its credit must be shown beside the figures).

The provider's site tells the newest day alone. The days before it are snapshots in its public repository, another host;
a few of them are fetched at a time and kept for good.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from minerdesk import words
from minerdesk.economics.gpu_names import gpu_id, gpu_label
from minerdesk.economics.gpu_rates import OFFERS_NEEDED, OFFERS_SOURCE, GpuRate, Offer, is_plausible, summarised
from minerdesk.errors import SourceError
from minerdesk.observations import Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import NotPublishedError, implausible, malformed
from minerdesk.sources.parsing import CLOCK_TOLERANCE, iso_instant, listed, loads, member, number, observe

NAME = OFFERS_SOURCE
#: The repository with the snapshots of past days: another host, so another provider with a pace of its own.
HISTORY = "gpurentalprices_past"
QUANTITY = "gpu_rate_on_demand_usd_per_gpu_hour"
#: The median of the day's offers, day by day, for the check of leaps. A trend is made of the panel instead.
DAILY = "gpu_rate_daily_usd_per_gpu_hour"
#: How many providers a snapshot tells of, by day; NaN for a day that has none. It says which days are known.
COVERAGE = "gpu_history_providers"
#: Prices that anyone can pay today for a machine that nobody takes away: not spot, community, reserved or serverless.
KINDS = ("on-demand", "secure")
GPU = "b200"
#: The first day of the record there is.
FIRST_DAY = date(2026, 7, 5)
#: Snapshots fetched at a time, and how far back at most.
SNAPSHOTS_A_REFRESH, OLDEST_DAYS = 3, 400
#: A snapshot that isn't there may still come for so long.
LATE = timedelta(days=3)


def parse_latest(body: bytes, *, now: datetime) -> Fetched:
    """Read ``/api/latest.json``: the B200's median rate in USD per GPU-hour, and the rates of every GPU offered.

    Offers count if they are on demand or secure, from a provider whose page was read on that day (the others are
    carried forward from earlier days), and of a plausible size. A median is taken over at least three; beside it each
    provider's own is kept, of which the panel is made.
    """
    data = loads(body, NAME)
    as_of = iso_instant(member(data, "generated_at", NAME), NAME, "generated_at")
    offers, unknown = _offers(data, NAME)
    rates = _summarised(offers, as_of=as_of, now=now)
    newest = next((rate for rate in rates if (rate.gpu, rate.seller) == (GPU, "")), None)
    if newest is None:
        fresh = sum(offer.gpu == GPU for offer in offers)
        raise implausible(NAME, f"it has only {fresh} fresh {GPU.upper()} offers")
    found = observe(
        QUANTITY,
        newest.median,
        as_of=as_of,
        now=now,
        source=NAME,
        detail=f"median of {newest.offers} {gpu_label(GPU)} offers, on-demand and secure, {newest.sellers} providers",
    )
    daily = Series.of(DAILY, [newest.day], [newest.median], source=NAME, fetched_at=now)
    return Fetched(observations=(found,), series=(daily,), gpu_rates=rates, gpus_unknown=unknown)


def _offers(data: Any, source: str) -> tuple[list[Offer], tuple[str, ...]]:
    """Return the offers that count, and the names of GPUs that are not understood."""
    providers = member(data, "providers", source)
    offers, unknown = [], set()
    for row in listed(member(data, "offers", source), source, "offers"):
        name, seller = str(member(row, "gpu", source)), str(member(row, "provider", source))
        rate = number(member(row, "usd_hr", source), source, "usd_hr")
        if member(row, "kind", source) not in KINDS or not is_plausible(rate) or not _is_fresh(providers, seller):
            continue
        gpu = gpu_id(name)
        if gpu is None:
            unknown.add(name)
        else:
            offers.append(Offer(gpu, seller, rate))
    return offers, tuple(sorted(unknown))


def _is_fresh(providers: Any, name: str) -> bool:
    """Return whether a provider's page was read; one that the list leaves out is given the benefit of the doubt."""
    entry = providers.get(name) if isinstance(providers, dict) else None
    if not isinstance(entry, dict):
        return True
    return entry.get("ok", True) is True and entry.get("stale", False) is False


def _summarised(
    offers: Iterable[Offer], *, as_of: datetime, now: datetime, day: date | None = None
) -> tuple[GpuRate, ...]:
    return summarised(
        NAME,
        offers,
        as_of=min(as_of, now),
        now=now,
        day=None if day is None else _start(day),
        least=OFFERS_NEEDED,
        by_seller=True,
    )


def fetch_rates(ask: Ask) -> Fetched:
    """Fetch the rental rates of the day."""
    return parse_latest(ask.get(NAME, "/api/latest.json"), now=ask.now)


# -- the days before --------------------------------------------------------------------------------------------------


def parse_snapshot(body: bytes, day: date, *, now: datetime) -> Fetched:
    """Read the snapshot of a day: each provider's rates, and how many providers there were.

    Raises
    ------
    SourceError
        It is of another day, dated after the clock, or holds no offer that counts.
    """
    data = loads(body, HISTORY)
    as_of = iso_instant(member(data, "generated_at", HISTORY), HISTORY, "generated_at")
    if member(data, "date", HISTORY) != day.isoformat() or abs(as_of.date() - day) > timedelta(days=1):
        raise malformed(HISTORY, f"the snapshot of {day} is of another day")
    if as_of > now + CLOCK_TOLERANCE:
        raise implausible(HISTORY, f"its snapshot of {day} is dated after the clock")
    offers, unknown = _offers(data, HISTORY)
    if not offers:
        raise implausible(HISTORY, f"its snapshot of {day} has no offer that counts")
    sellers = {offer.seller for offer in offers}
    return Fetched(
        series=(_coverage(day, float(len(sellers)), now),),
        gpu_rates=_summarised(offers, as_of=as_of, now=now, day=day),
        gpus_unknown=unknown,
    )


def _coverage(day: date, providers: float, now: datetime) -> Series:
    """Return one point of the coverage: a series each, for a longer one would stand for the days between, too."""
    return Series.of(COVERAGE, [_start(day)], [providers], source=HISTORY, fetched_at=now)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _start(day: date) -> int:
    return int(_midnight(day).timestamp())


def days_wanted(now: datetime, held: frozenset[int]) -> list[date]:
    """Return the past days to be asked for now: of those that are not known yet one of every week first, newest first.

    So a trend is there soon. Days whose snapshot may only be late come last. With none missing it is yesterday once
    more: that asks whether it is still the same. Of a clock before the first day nothing is wanted.
    """
    yesterday = now.date() - timedelta(days=1)
    first = max(FIRST_DAY, yesterday - timedelta(days=OLDEST_DAYS))
    days = [first + timedelta(days=n) for n in range((yesterday - first).days + 1)]
    missing = sorted(
        (day for day in days if _start(day) not in held),
        key=lambda day: ((yesterday - day).days % 7 != 0, now.date() - day <= LATE, yesterday - day),
    )
    return missing[:SNAPSHOTS_A_REFRESH] or days[-1:]


def fetch_history(ask: Ask) -> Fetched:
    """Fetch a few of the snapshots that are not known yet; nothing is asked of a clock before the first.

    A day without a snapshot is kept as a gap, so that it isn't asked for again, but only if another day had one (the
    first is asked for where the others had none), and not while it may only be late. What was read before a failure is
    kept.
    """
    observed: list[Fetched] = []
    gaps: list[date] = []
    days = days_wanted(ask.now, ask.gpu_days)
    if not days:
        return Fetched(nothing_to_ask=f"its record begins on {words.day(_midnight(FIRST_DAY))}")
    while days:
        day = days.pop(0)
        try:
            body = ask.get(HISTORY, f"/data/snapshots/{day.isoformat()}.json")
            observed.append(parse_snapshot(body, day, now=ask.now))
        except NotPublishedError:
            if day == FIRST_DAY:
                raise
            if ask.now.date() - day > LATE:
                gaps.append(day)
            if len(days) <= 1 and not observed:
                days = [FIRST_DAY]
        except SourceError:
            if not observed:
                raise
            break
    return Fetched(
        series=(*(s for one in observed for s in one.series), *(_coverage(day, np.nan, ask.now) for day in gaps)),
        gpu_rates=tuple(rate for one in observed for rate in one.gpu_rates),
        gpus_unknown=tuple(sorted({name for one in observed for name in one.gpus_unknown})),
    )
