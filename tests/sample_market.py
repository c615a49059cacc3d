"""Hand-made series for tests of leverage, divergence and the watch-list."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from minerdesk.observations import Series

DAY = 86_400


def stamp(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def line(
    quantity: str, first: str, values: Sequence[float] | np.ndarray, *, step: int = 1, source: str = "test"
) -> Series:
    """A series that begins on a day and goes on by `step` days."""
    times = stamp(first) + np.arange(len(values)) * step * DAY
    return Series.of(quantity, times, values, source=source, fetched_at=datetime.fromtimestamp(int(times[-1]), UTC))
