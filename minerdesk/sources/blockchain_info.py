"""Blockchain.com's charts, the fallback for everything about the chain. https://api.blockchain.info

Its units differ from chart to chart and from everybody else's: TH/s here, GH/s in ``/stats``, BTC per day for fees,
seconds in the charts, milliseconds in ``/stats``. Of ``/stats`` only the block count is used: its fee totals have been
seen negative.
"""

from datetime import datetime

from minerdesk import units
from minerdesk.observations import Observation, Series
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.failures import malformed
from minerdesk.sources.parsing import (
    Point,
    daily,
    height,
    instant,
    last_week,
    listed,
    loads,
    member,
    number,
    observe,
    row_value,
)

NAME = "blockchain_info"
_RECENT_DAYS = 50.0
_FEES_DETAIL = "a day's fees over 144 blocks"


def parse_chart(body: bytes, *, unit: str) -> list[Point]:
    """Read the rows of a chart whose stated unit must contain `unit`."""
    data = loads(body, NAME)
    stated = member(data, "unit", NAME)
    if not isinstance(stated, str) or unit not in stated:
        raise malformed(NAME, f"its unit is {str(stated)[:30]!r}, not {unit}")
    return [
        (number(member(row, "x", NAME), NAME, "x"), row_value(member(row, "y", NAME), NAME, "y"))
        for row in listed(member(data, "values", NAME), NAME, "values", least=1)
    ]


def parse_difficulty(body: bytes, *, now: datetime) -> Observation:
    """Read ``/charts/difficulty``: the newest day's value. Daily, so the day of a retarget is known, not its block."""
    points = [p for p in parse_chart(body, unit="Difficulty") if p[0] <= now.timestamp()]
    if not points:
        raise malformed(NAME, "it holds nothing before the clock")
    time_s, value = max(points, key=lambda point: point[0])
    as_of = instant(time_s, NAME, "x")
    return observe("difficulty", value or 0.0, as_of=as_of, now=now, source=NAME, detail="daily chart")


def parse_tip(body: bytes, *, now: datetime) -> Observation:
    """Read the block count of ``/stats``, dated in milliseconds."""
    data = loads(body, NAME)
    return observe(
        "tip_height",
        height(number(member(data, "n_blocks_total", NAME), NAME, "n_blocks_total"), now=now, source=NAME),
        as_of=instant(member(data, "timestamp", NAME), NAME, "timestamp", per_second=1_000),
        now=now,
        source=NAME,
    )


def parse_hashrate(body: bytes, *, now: datetime) -> tuple[Observation, Series]:
    """Read ``/charts/hash-rate`` in TH/s: the daily estimates in EH/s and the mean of their last seven days."""
    points = [
        (time_s, value and value * units.H_PER_TH / units.H_PER_EH) for time_s, value in parse_chart(body, unit="TH/s")
    ]
    series = daily("network_hashrate_daily_eh_s", points, now=now, source=NAME)
    mean, end = last_week(series, source=NAME)
    return observe("network_hashrate_7d_eh_s", mean, as_of=end, now=now, source=NAME), series


def parse_fees(body: bytes, *, now: datetime) -> Series:
    """Read ``/charts/transaction-fees`` in BTC per day: fees per block, taking a day for 144 blocks."""
    points = [(time_s, value and value / units.BLOCKS_PER_DAY) for time_s, value in parse_chart(body, unit="BTC")]
    return daily("fees_daily_btc_per_block", points, now=now, source=NAME)


def parse_latest_fees(body: bytes, *, now: datetime) -> Observation:
    """Read the newest whole day of ``/charts/transaction-fees`` as fees per block."""
    series = parse_fees(body, now=now)
    end = instant(float(series.times[-1]) + units.SECONDS_PER_DAY, NAME, "x")
    value = float(series.values[-1])
    return observe("fees_btc_per_block", value, as_of=end, now=now, source=NAME, detail=_FEES_DETAIL)


def _chart(ask: Ask, name: str, timespan: str) -> bytes:
    # sampled=true, the default, thins long charts out until they are no longer daily.
    return ask.get(NAME, f"/charts/{name}", {"timespan": timespan, "format": "json", "sampled": "false"})


def _timespan(ask: Ask, quantity: str) -> str:
    return "60days" if ask.days_missing(quantity) <= _RECENT_DAYS else "1year"


def fetch_difficulty(ask: Ask) -> Fetched:
    """Fetch the difficulty. Its history is left alone: a daily value says nothing of epochs."""
    return Fetched(observations=(parse_difficulty(_chart(ask, "difficulty", "30days"), now=ask.now),))


def fetch_tip(ask: Ask) -> Fetched:
    """Fetch the block height."""
    return Fetched(observations=(parse_tip(ask.get(NAME, "/stats"), now=ask.now),))


def fetch_hashrate(ask: Ask) -> Fetched:
    """Fetch the hash rate: a year of days, or two months where the cache has the rest."""
    body = _chart(ask, "hash-rate", _timespan(ask, "network_hashrate_daily_eh_s"))
    observation, series = parse_hashrate(body, now=ask.now)
    return Fetched(observations=(observation,), series=(series,))


def fetch_daily_hashrate(ask: Ask) -> Fetched:
    """Fetch the daily hash rate alone."""
    return Fetched(series=fetch_hashrate(ask).series)


def fetch_fees(ask: Ask) -> Fetched:
    """Fetch the fees per block of the last whole day."""
    return Fetched(observations=(parse_latest_fees(_chart(ask, "transaction-fees", "30days"), now=ask.now),))


def fetch_fees_history(ask: Ask) -> Fetched:
    """Fetch the daily fees per block: a year of days, or two months where the cache has the rest."""
    body = _chart(ask, "transaction-fees", _timespan(ask, "fees_daily_btc_per_block"))
    return Fetched(series=(parse_fees(body, now=ask.now),))
