"""mempool.space, or an instance of one's own: difficulty, hash rate, fees, height and prices. https://mempool.space/docs

Periods: a word that it doesn't know is no error, it returns the whole history. So only known words are sent, and the
word is left out where the whole history is wanted.
"""

import itertools
import math
from collections import defaultdict
from datetime import datetime
from typing import Any

from minerdesk import units
from minerdesk.economics import security
from minerdesk.observations import Observation, Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.client import MAX_BYTES
from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import (
    Point,
    daily,
    exact,
    height,
    instant,
    last_week,
    listed,
    loads,
    member,
    number,
    observe,
    require_agreement,
    row_value,
    text,
)

NAME = "mempool"
#: The longest gap in days for which each period is asked: some days shorter than what it returns.
_PERIODS = {"3m": 85.0, "1y": 360.0, "2y": 725.0}
#: The whole price history is several megabytes.
_PRICE_HISTORY_MAX_BYTES = 4 * MAX_BYTES
_FEE_BLOCKS = 144
_MOST_FEE_BLOCKS = 2_016
#: A week has about 1,008 blocks; another number stands for another period (an unknown word gives all of it).
_LEAST_POOL_BLOCKS, _MOST_POOL_BLOCKS = 500, 2_000
_POOLS_TOLD, _POOL_LETTERS = 10, 40


def _period(ask: Ask, quantity: str, *words: str) -> str:
    """Return the path's last part: the first of `words` that leaves no gap after the cache; empty for all of it."""
    missing = ask.days_missing(quantity)
    return next((f"/{word}" for word in words if missing <= _PERIODS[word]), "")


def parse_price(body: bytes, *, now: datetime) -> Observation:
    """Read ``/v1/prices``: USD as an integer, -1 for none, time in seconds."""
    data = loads(body, NAME)
    as_of = instant(member(data, "time", NAME), NAME, "time")
    return observe("btc_price_usd", number(member(data, "USD", NAME), NAME, "USD"), as_of=as_of, now=now, source=NAME)


def parse_tip(body: bytes, *, now: datetime) -> Observation:
    """Read ``/blocks/tip/height``: one integer in plain text, without a date; taken as of `now`."""
    digits = text(body, NAME)
    if not (digits.isascii() and digits.isdigit()):
        raise malformed(NAME, f"the height is {digits[:30]!r}")
    tip = height(number(digits, NAME, "height"), now=now, source=NAME)
    return observe("tip_height", tip, as_of=now, now=now, source=NAME)


def parse_epochs(body: bytes, *, now: datetime) -> tuple[Observation, Series, Series]:
    """Read ``/v1/mining/difficulty-adjustments``: rows of (time in s, height, difficulty, ratio), newest first.

    Returns the difficulty in force, dated by the retarget that set it, and all epochs: difficulties and first blocks.
    """
    rows = []
    for row in listed(loads(body, NAME), NAME, "the answer", least=1):
        time_s, first_block, difficulty = (
            number(cell, NAME, what)
            for cell, what in zip(listed(row, NAME, "a row", least=3), ("time", "height", "difficulty"), strict=False)
        )
        rows.append((time_s, first_block, difficulty))
    _require_epochs([first_block for _, first_block, _ in sorted(rows)])
    difficulties = exact("difficulty_epochs", [(t, d) for t, _, d in rows], now=now, source=NAME)
    heights = exact("epoch_heights", [(t, h) for t, h, _ in rows], now=now, source=NAME)
    as_of = instant(float(difficulties.times[-1]), NAME, "time")
    newest = float(difficulties.values[-1])
    return observe("difficulty", newest, as_of=as_of, now=now, source=NAME), difficulties, heights


def _require_epochs(first_blocks: list[float]) -> None:
    """Refuse first blocks, oldest first, that don't rise by whole epochs (one without a change may be left out)."""
    for earlier, later in itertools.pairwise(first_blocks):
        if later <= earlier or (later - earlier) % units.BLOCKS_PER_EPOCH:
            raise implausible(NAME, f"its epochs begin at block {earlier:g} and then at {later:g}")


def parse_latest_fees(body: bytes, *, now: datetime) -> Observation:
    """Read ``/v1/mining/reward-stats/144``: total fees in satoshis, as text, from the start to the end block.

    ``fees per block [BTC] = totalFee / 1e8 / (endBlock - startBlock + 1)``. Without a date; taken as of `now`.
    """
    data = loads(body, NAME)
    first, last, sats = (number(member(data, key, NAME), NAME, key) for key in ("startBlock", "endBlock", "totalFee"))
    blocks = last - first + 1
    if blocks < 1:
        raise malformed(NAME, "the end block lies before the start block")
    if blocks > _MOST_FEE_BLOCKS or not (first.is_integer() and last.is_integer()):
        raise malformed(NAME, f"{first:g} to {last:g} is no stretch of blocks")
    per_block = units.btc_from_sats(sats) / blocks
    return observe(
        "fees_btc_per_block", per_block, as_of=now, now=now, source=NAME, detail=f"mean of {blocks:.0f} blocks"
    )


def parse_hashrate(body: bytes, *, now: datetime) -> tuple[Observation, Series]:
    """Read ``/v1/mining/hashrate``: daily values in H/s as a series in EH/s, and the mean of its last seven whole days.

    ``currentHashrate`` is not used: it has no date, and is 0 while the instance doesn't reach its node. The difficulty
    in the body, if there is one, must agree with the mean.
    """
    data = loads(body, NAME)
    points: list[Point] = []
    for row in listed(member(data, "hashrates", NAME), NAME, "hashrates", least=1):
        value = row_value(member(row, "avgHashrate", NAME), NAME, "avgHashrate")
        time_s = number(member(row, "timestamp", NAME), NAME, "timestamp")
        points.append((time_s, value and value / units.H_PER_EH))
    series = daily("network_hashrate_daily_eh_s", points, now=now, source=NAME)
    mean, end = last_week(series, source=NAME)
    difficulty = _difficulty_beside(data, now)
    if difficulty is not None:
        require_agreement(mean, difficulty, NAME)
    return observe("network_hashrate_7d_eh_s", mean, as_of=end, now=now, source=NAME), series


def _difficulty_beside(data: Any, now: datetime) -> float | None:
    """Return the difficulty that a hash-rate body states, of its newest retarget or else the current one."""
    dated = []
    for row in listed(data.get("difficulty", []), NAME, "difficulty"):
        # The documentation says timestamp, the service sends time.
        moment = row.get("time", row.get("timestamp")) if isinstance(row, dict) else None
        value = row_value(member(row, "difficulty", NAME), NAME, "difficulty")
        time_s = number(moment, NAME, "time")
        if value is not None and time_s <= now.timestamp():
            dated.append((time_s, value))
    return max(dated)[1] if dated else row_value(data.get("currentDifficulty"), NAME, "currentDifficulty")


def parse_price_history(body: bytes, *, now: datetime) -> Series:
    """Read ``/v1/historical-price?currency=USD``: rows newest first, several a day, -1 or 0 where there is none.

    The last price of each UTC day is taken for its close.
    """
    rows = listed(member(loads(body, NAME), "prices", NAME), NAME, "prices", least=1)
    points: list[Point] = []
    for row in rows:
        price = row_value(member(row, "USD", NAME), NAME, "USD")
        if price is not None:  # a missing hour is no missing day: others of the same day may be there
            points.append((number(member(row, "time", NAME), NAME, "time"), price))
    if len(points) < len(rows) / 2:
        raise implausible(NAME, f"only {len(points)} of {len(rows)} prices are there")
    return daily("btc_price_daily_usd", points, now=now, source=NAME)


def parse_fees_history(body: bytes, *, now: datetime) -> Series:
    """Read ``/v1/mining/blocks/fees``: means in satoshis per block over buckets of hours, averaged over each UTC day.

    The first day is dropped: the period begins somewhere inside it. All buckets of a day weigh the same; an empty one
    doesn't count.
    """
    buckets: dict[int, list[float | None]] = defaultdict(list)
    for row in listed(loads(body, NAME), NAME, "the answer", least=1):
        time_s = number(member(row, "timestamp", NAME), NAME, "timestamp")
        sats = row_value(member(row, "avgFees", NAME), NAME, "avgFees")
        buckets[math.floor(time_s / units.SECONDS_PER_DAY) * units.SECONDS_PER_DAY].append(sats)
    first = min(buckets)
    points = [(day, _mean_btc(sats)) for day, sats in buckets.items() if day > first]
    return daily("fees_daily_btc_per_block", points, now=now, source=NAME)


def _mean_btc(sats: list[float | None]) -> float | None:
    present = [value for value in sats if value is not None]
    return units.btc_from_sats(sum(present) / len(present)) if present else None


def parse_pools(body: bytes, *, now: datetime) -> tuple[Observation, ...]:
    """Read ``/v1/mining/pools/1w``: blocks by pool. Concentration: HHI, how many pools have 51 %, the largest share.

    Without a date; taken as of `now`. The shares themselves stand in the detail of the largest.
    """
    rows = listed(member(loads(body, NAME), "pools", NAME), NAME, "pools", least=1)
    counts = []
    for row in rows:
        blocks = number(member(row, "blockCount", NAME), NAME, "blockCount")
        name = member(row, "name", NAME)
        if not isinstance(name, str) or blocks < 0 or blocks != int(blocks):
            raise malformed(NAME, "a pool has no name, or no count of blocks")
        counts.append((" ".join(name.split())[:_POOL_LETTERS], int(blocks)))
    if len({name for name, _ in counts}) < len(counts):
        raise malformed(NAME, "a pool is in it twice")
    found = security.concentration(counts)
    if found is None or not _LEAST_POOL_BLOCKS <= found.blocks <= _MOST_POOL_BLOCKS:
        raise implausible(NAME, f"its pools found {found.blocks if found else 0} blocks in a week")
    shares = ", ".join(f"{name} {share:.1%}" for name, share in found.shares[:_POOLS_TOLD])
    told = {
        "pool_hhi": (found.hhi, f"{found.blocks} blocks of a week"),
        "pools_for_majority": (float(found.majority_pools), f"{found.blocks} blocks of a week"),
        "pool_largest_share": (found.shares[0][1], shares),
    }
    return tuple(
        observe(quantity, value, as_of=now, now=now, source=NAME, detail=detail)
        for quantity, (value, detail) in told.items()
    )


def fetch_pools(ask: Ask) -> Fetched:
    """Fetch which pool found how many blocks in the last week."""
    return Fetched(observations=parse_pools(ask.get(NAME, "/v1/mining/pools/1w"), now=ask.now))


def fetch_spot(ask: Ask) -> Fetched:
    """Fetch the BTC price."""
    return Fetched(observations=(parse_price(ask.get(NAME, "/v1/prices"), now=ask.now),))


def fetch_difficulty(ask: Ask) -> Fetched:
    """Fetch the difficulty and its epochs: a year of them, or all where the cache is older than two years."""
    body = ask.get(NAME, f"/v1/mining/difficulty-adjustments{_period(ask, 'difficulty_epochs', '1y', '2y')}")
    observation, difficulties, heights = parse_epochs(body, now=ask.now)
    return Fetched(observations=(observation,), series=(difficulties, heights))


def fetch_epochs(ask: Ask) -> Fetched:
    """Fetch the epochs alone."""
    return Fetched(series=fetch_difficulty(ask).series)


def fetch_daily_hashrate(ask: Ask) -> Fetched:
    """Fetch the daily hash rate alone."""
    return Fetched(series=fetch_hashrate(ask).series)


def fetch_tip(ask: Ask) -> Fetched:
    """Fetch the block height."""
    return Fetched(observations=(parse_tip(ask.get(NAME, "/blocks/tip/height"), now=ask.now),))


def fetch_fees(ask: Ask) -> Fetched:
    """Fetch the mean fees of the last 144 blocks."""
    return Fetched(
        observations=(parse_latest_fees(ask.get(NAME, f"/v1/mining/reward-stats/{_FEE_BLOCKS}"), now=ask.now),)
    )


def fetch_hashrate(ask: Ask) -> Fetched:
    """Fetch the daily hash rate: what the cache lacks, or all of it."""
    body = ask.get(NAME, f"/v1/mining/hashrate{_period(ask, 'network_hashrate_daily_eh_s', *_PERIODS)}")
    observation, series = parse_hashrate(body, now=ask.now)
    return Fetched(observations=(observation,), series=(series,))


def fetch_price_history(ask: Ask) -> Fetched:
    """Fetch the whole price history; there is no way to ask for a part."""
    body = ask.get(NAME, "/v1/historical-price", {"currency": "USD"}, max_bytes=_PRICE_HISTORY_MAX_BYTES)
    return Fetched(series=(parse_price_history(body, now=ask.now),))


def fetch_fees_history(ask: Ask) -> Fetched:
    """Fetch the fees per block: what the cache lacks, at most three years."""
    period = _period(ask, "fees_daily_btc_per_block", *_PERIODS) or "/3y"
    return Fetched(series=(parse_fees_history(ask.get(NAME, f"/v1/mining/blocks/fees{period}"), now=ask.now),))
