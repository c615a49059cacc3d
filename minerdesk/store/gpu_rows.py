"""The rental rates of GPUs in the cache's file: a row per source, GPU, seller and day, kept for good.

The table was added to a format that was there: it is made on the first write, and its absence means that it is empty.
"""

import math
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from minerdesk.economics.gpu_rates import RATE_SOURCES, GpuRate, is_plausible

#: Older rows stay in the file and are not loaded: a trend looks back a year.
LOADED_DAYS = 400
_TABLE = """
CREATE TABLE IF NOT EXISTS gpu_rate (
    source TEXT NOT NULL, gpu TEXT NOT NULL, seller TEXT NOT NULL, day INTEGER NOT NULL, low REAL, median REAL NOT NULL,
    high REAL, offers INTEGER NOT NULL, sellers INTEGER NOT NULL, as_of INTEGER NOT NULL, fetched_at INTEGER NOT NULL,
    detail TEXT NOT NULL, PRIMARY KEY (source, gpu, seller, day)
) WITHOUT ROWID
"""


def write_rates(database: sqlite3.Connection, rates: Iterable[GpuRate]) -> None:
    """Lay rates over what is there, inside the caller's transaction; of two of one day the later fetch counts."""
    rows = [tuple(None if value != value else value for value in rate) for rate in rates]  # noqa: PLR0124 - NaN only
    if rows:
        database.execute(_TABLE)
        database.executemany(
            "INSERT INTO gpu_rate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " low = excluded.low, median = excluded.median, high = excluded.high, offers = excluded.offers,"
            " sellers = excluded.sellers, as_of = excluded.as_of, fetched_at = excluded.fetched_at,"
            " detail = excluded.detail WHERE excluded.fetched_at >= fetched_at",
            rows,
        )


def read_rates(database: sqlite3.Connection, now: datetime, tolerance: timedelta) -> tuple[GpuRate, ...]:
    """Return the rates of the last 400 days without what is dated after the clock; those that can't be are left out.

    Raises
    ------
    ValueError, TypeError
        A row is not what was written: the file is damaged.
    """
    if database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'gpu_rate'").fetchone() == (0,):
        return ()
    latest = (now + tolerance).timestamp()
    found = []
    for row in database.execute(
        "SELECT * FROM gpu_rate WHERE day >= ? AND as_of BETWEEN 0 AND ? AND fetched_at BETWEEN 0 AND ?"
        " ORDER BY source, gpu, seller, day",
        (int((now - timedelta(days=LOADED_DAYS)).timestamp()), latest, latest),
    ):
        source, gpu, seller, day, low, median, high, offers, sellers, as_of, fetched_at, detail = row
        rate = GpuRate(
            str(source),
            str(gpu),
            str(seller),
            int(day),
            _number(low),
            float(median),
            _number(high),
            int(offers),
            int(sellers),
            int(as_of),
            int(fetched_at),
            str(detail),
        )
        if rate.source in RATE_SOURCES and is_plausible(rate.median):
            found.append(rate)
    return tuple(found)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
