"""A network of hand-made days for the tests of the trend: epochs on time, a price, fees, and a hash rate to bend."""

from datetime import UTC, datetime

import numpy as np

from minerdesk.observations import Series
from minerdesk.units import BLOCKS_PER_EPOCH, SECONDS_PER_DAY

FIRST = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
DAYS = 420
EPOCH_S = 14 * SECONDS_PER_DAY
FIRST_HEIGHT = 430 * BLOCKS_PER_EPOCH  # 866,880: the subsidy is 3.125
DIFFICULTY = 140e12
FETCHED = datetime(2026, 3, 1, tzinfo=UTC)


def days(count: int = DAYS, first: int = FIRST) -> np.ndarray:
    return first + np.arange(count, dtype=np.int64) * SECONDS_PER_DAY


def line(quantity: str, times: object, values: object, source: str = "test") -> Series:
    return Series.of(quantity, times, values, source=source, fetched_at=FETCHED)  # type: ignore[arg-type] # arrays are iterable


def moment(index: int, hour: float = 0.0) -> datetime:
    """Return the end of the day of that index (or some hours later)."""
    return datetime.fromtimestamp(FIRST + (index + 1) * SECONDS_PER_DAY + hour * 3_600, UTC)


def network(hashrate: object, *, price: float = 90_000.0, fees: float = 0.02) -> dict[str, Series]:
    """Return the five series, with epochs of exactly two weeks and a constant difficulty."""
    rates = np.asarray(hashrate, dtype=float)
    times = days(len(rates))
    starts = np.arange(FIRST - 2 * EPOCH_S, times[-1] + SECONDS_PER_DAY, EPOCH_S)
    heights = FIRST_HEIGHT + np.arange(len(starts)) * BLOCKS_PER_EPOCH
    return {
        "btc_price_daily_usd": line("btc_price_daily_usd", times, np.full(len(times), price)),
        "network_hashrate_daily_eh_s": line("network_hashrate_daily_eh_s", times, rates),
        "fees_daily_btc_per_block": line("fees_daily_btc_per_block", times, np.full(len(times), fees)),
        "difficulty_epochs": line("difficulty_epochs", starts, np.full(len(starts), DIFFICULTY)),
        "epoch_heights": line("epoch_heights", starts, heights),
    }
