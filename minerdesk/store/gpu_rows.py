"""The rental rates of GPUs in the cache's file: a row per source, GPU, seller and day, kept for good.

The table was added to a format that was there: it is made on the first write, and its absence means that it is empty.
"""

import math
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from minerdesk.economics.gpu_rates import PLAUSIBLE_USD, RATE_SOURCES, GpuRate

#: Older rows stay in the file and are not loaded: a trend looks back a year. Of each seller's rows one day a week is
#: enough beyond the last few months: a year of all of them would take a third of a second of the first window.
LOADED_DAYS, DAILY_DAYS = 400, 120
_TABLE = """
CREATE TABLE IF NOT EXISTS gpu_rate (
    source TEXT NOT NULL, gpu TEXT NOT NULL, seller TEXT NOT NULL, day INTEGER NOT NULL, low REAL, median REAL NOT NULL,
    high REAL, offers INTEGER NOT NULL, sellers INTEGER NOT NULL, as_of INTEGER NOT NULL, fetched_at INTEGER NOT NULL,
    detail TEXT NOT NULL, PRIMARY KEY (source, gpu, seller, day)
) WITHOUT ROWID
"""

_TYPES = {"text": ("source", "gpu", "seller", "detail"), "integer": ("day", "offers", "sellers", "as_of", "fetched_at")}
_SOUND = " AND ".join(f"typeof({name}) = '{kind}'" for kind, names in _TYPES.items() for name in names)
_SOUND += " AND typeof(median) = 'real' AND typeof(low) IN ('real', 'null') AND typeof(high) IN ('real', 'null')"


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
    """Return the rates of the last 400 days without what is dated after the clock, in the order of `GpuRecord`.

    Each seller's are thinned beyond 120 days to one day of a week, the same for all.

    Rows that can't be (of another type, of an unknown source, of a size that no rate has) are left out. The database
    looks at all of that: a year holds fifty thousand rows, and the first window waits for them.
    """
    if database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'gpu_rate'").fetchone() == (0,):
        return ()
    latest = (now + tolerance).timestamp()
    rows = database.execute(
        f"SELECT * FROM gpu_rate WHERE {_SOUND} AND source IN ({', '.join('?' * len(RATE_SOURCES))})"  # noqa: S608 - ours
        " AND day >= ? AND (seller = '' OR day >= ? OR day / 86400 % 7 = 0)"
        " AND as_of BETWEEN 0 AND ? AND fetched_at BETWEEN 0 AND ? AND median BETWEEN ? AND ?"
        " ORDER BY source, gpu, seller, day",
        (*RATE_SOURCES, *_days_ago(now, LOADED_DAYS, DAILY_DAYS), latest, latest, *PLAUSIBLE_USD),
    ).fetchall()
    return tuple([GpuRate._make(row) if None not in row else _with_gaps(row) for row in rows])


def _days_ago(now: datetime, *days: int) -> tuple[int, ...]:
    return tuple(int((now - timedelta(days=one)).timestamp()) for one in days)


def _with_gaps(row: tuple[Any, ...]) -> GpuRate:
    """Return a row whose quartiles are not told: NaN here, nothing there."""
    return GpuRate._make(math.nan if value is None else value for value in row)
