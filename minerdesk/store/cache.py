"""What was fetched, kept on disk: one SQLite file, shown at start before any reply of the network.

A cache is a convenience. Whatever is wrong with it becomes a problem in words, never an exception: a damaged file is
set aside and a fresh one begun; one that can't be opened or written is left alone for a minute and tried again by the
next write after it. What could not be written meanwhile is owed: it is written along as soon as the disk is well.
"""

import contextlib
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from minerdesk.economics.gpu_rates import GpuRate
from minerdesk.errors import Problem, Severity, StoreError
from minerdesk.observations import Observation, Origin, Series
from minerdesk.quantities import QUANTITIES
from minerdesk.store.atomic import set_aside
from minerdesk.store.gpu_rows import read_rates, write_rates
from minerdesk.store.paths import ensure

SCHEMA = 1
BUSY_SECONDS = 5.0
CLOCK_TOLERANCE = timedelta(minutes=10)
#: After an error of the disk the file is left alone for so long.
REST_S = 60.0
#: Of what could not be written the newest so many values and series are kept in memory.
MOST_OWED, MOST_OWED_RATES = 400, 5_000

_TABLES = """
CREATE TABLE observation (
    quantity TEXT NOT NULL, day TEXT NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL, as_of TEXT NOT NULL,
    fetched_at TEXT NOT NULL, source TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (quantity, day)
) WITHOUT ROWID;
CREATE TABLE series (quantity TEXT PRIMARY KEY, fetched_at TEXT NOT NULL);
CREATE TABLE point (
    quantity TEXT NOT NULL, t INTEGER NOT NULL, value REAL, source TEXT NOT NULL, PRIMARY KEY (quantity, t)
) WITHOUT ROWID;
"""

#: What SQLite says of values that don't fit, not of the file.
_REFUSALS = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError)
_DAMAGE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Cached:
    """What the cache holds at a moment, by quantity, and what was wrong with it."""

    observations: dict[str, Observation] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    gpu_rates: tuple[GpuRate, ...] = ()
    problems: tuple[Problem, ...] = ()


class _DamagedError(Exception):
    """The file opens, but is not a cache of this version or its contents make no sense."""


class _RefusedError(Exception):
    """The file is well, but it can't hold what was given."""


class Cache:
    """The cache in one file. Opened on first use, so that making one costs nothing.

    Any thread may call it; its own lock lets one in at a time. Several processes may share the file: each waits up to
    five seconds for the other.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._failed_s: float | None = None
        self._trouble: Problem | None = None
        self._owed: list[Observation | Series] = []
        self._owed_rates: dict[tuple[str, str, str, int], GpuRate] = {}

    @property
    def resting(self) -> bool:
        """Whether the program goes on without a cache for now, because the file can't be opened or written."""
        return self._failed_s is not None and time.monotonic() - self._failed_s < REST_S

    @property
    def trouble(self) -> Problem | None:
        """What keeps the cache from being used, in words that stay the same while that lasts; None while all is well.

        It is among the problems that `load` and `write` return, too, the first time that it happens.
        """
        return self._trouble

    @property
    def owed(self) -> int:
        """How many values and series wait in memory for the disk."""
        return len(self._owed)

    def load(self, now: datetime) -> Cached:
        """Return what is cached, cut at `now`: nothing dated after the clock exists.

        An observation dated or fetched more than ten minutes after `now` is left out (two clocks may differ by some),
        and so is a quantity that this version doesn't know.
        """
        with self._lock:
            read, problems = self._attempt(lambda database: _read(database, now))
        return replace(read or Cached(), problems=problems)

    def write(
        self, observations: Iterable[Observation], series: Iterable[Series], gpu_rates: Iterable[GpuRate] = ()
    ) -> tuple[Problem, ...]:
        """Lay what was fetched over what is there, in one transaction, and return what went wrong.

        Only what came from the network is written. A series follows the rule of `observations.merge`: inside the span
        that the new one covers only its points count. So give it as fetched, not merged with bundled points.
        What an earlier call could not write is written before it.
        """
        values = [item for item in observations if item.origin is Origin.NETWORK and math.isfinite(item.value)]
        lines = [item for item in series if item.origin is Origin.NETWORK and len(item)]
        rates = tuple(gpu_rates)
        if not values and not lines and not rates and not self._owed and not self._owed_rates:
            return ()
        with self._lock:
            due = _still_needed([*self._owed, *values, *lines])

            due_rates = self._owed_rates | {rate[:4]: rate for rate in rates}

            def work(database: sqlite3.Connection) -> bool:
                try:
                    with _transaction(database, "IMMEDIATE"):
                        _write_observations(database, [item for item in due if isinstance(item, Observation)])
                        for item in due:
                            if isinstance(item, Series):
                                _write_series(database, item)
                        write_rates(database, due_rates.values())
                except _REFUSALS as error:
                    raise _RefusedError(str(error)) from error
                return True

            try:
                written, problems = self._attempt(work)
            except _RefusedError as error:  # no fault of the disk: it would be refused again and again
                written, problems = None, (self._problem(f"What was fetched can't be kept in {self._path} ({error})."),)
                due, due_rates = [], {}
            self._owed = [] if written else due
            self._owed_rates = {} if written else dict(list(due_rates.items())[-MOST_OWED_RATES:])
        return problems

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._lock:
            self._close()

    def _attempt(self, work: Callable[[sqlite3.Connection], _T]) -> tuple[_T | None, tuple[Problem, ...]]:
        """Do `work` on the open database; if that is damaged, set it aside and do the work once more on a fresh one.

        While the cache rests nothing is tried; a trouble that goes on is returned once.
        """
        problems: list[Problem] = []
        if self.resting:
            return None, ()
        while len(problems) < 2:
            try:
                done = work(self._open())
            except StoreError as error:
                problems.append(self._rest(str(error)))
                break
            except (_DamagedError, sqlite3.Error, UnicodeDecodeError) as error:
                self._close()
                if not _is_damage(error):
                    problems.append(self._cannot(error))
                    break
                problems.append(self._start_afresh(error))
                if self.resting:
                    break
            else:
                self._failed_s = self._trouble = None
                return done, tuple(problems)
        known, self._trouble = self._trouble, problems[-1]
        return None, tuple(problem for problem in problems if problem != known)

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            ensure(self._path.parent)
            self._database = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode = DELETE")
            self._database.execute("PRAGMA synchronous = FULL")
            _prepare(self._database)
        return self._database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _start_afresh(self, error: Exception) -> Problem:
        """Set the file aside. SQLite has dealt with a left journal of it by then: it does so on opening."""
        what = f"The cache {self._path} is not usable ({error})."
        try:
            aside = set_aside(self._path)
        except StoreError as second:
            return self._rest(f"{what} {second}")
        return self._problem(f"{what} It was set aside as {aside.name} and a new one is begun.")

    def _cannot(self, error: Exception) -> Problem:
        """Return the problem of a file that is whole as far as we know, but can't be used now."""
        if _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return self._problem(f"The cache {self._path} is in use by another minerdesk; it is tried again next time.")
        if _code(error) == sqlite3.SQLITE_FULL:
            return self._rest(f"The cache {self._path} can't be written: the disk is full. Free some space.")
        why = f"The cache {self._path} can't be used ({error})."
        return self._rest(f"{why} Check its disk and the permissions of its folder.")

    def _rest(self, why: str) -> Problem:
        """Leave the file alone for a while, so that a sick disk is not asked at every reply."""
        self._failed_s = time.monotonic()
        return self._problem(
            f"{why} Until then minerdesk goes on without it, keeps what it fetches in memory and tries the cache again "
            "about every minute."
        )

    def _problem(self, message: str) -> Problem:
        return Problem(field=str(self._path), severity=Severity.WARNING, message=message)


def _still_needed(items: list[Observation | Series]) -> list[Observation | Series]:
    """Return the items without those that later ones overwrite whole, the newest `MOST_OWED` of them."""
    needed: list[Observation | Series] = []
    for item in reversed(items):
        if not any(_overwrites(later, item) for later in needed):
            needed.append(item)
    return needed[:MOST_OWED][::-1]


def _overwrites(later: Observation | Series, item: Observation | Series) -> bool:
    if later.quantity != item.quantity:
        return False
    if isinstance(later, Series) and isinstance(item, Series):
        return bool(later.times[0] <= item.times[0] and item.times[-1] <= later.times[-1])
    if isinstance(later, Observation) and isinstance(item, Observation):
        return _stamp(later.fetched_at)[:10] == _stamp(item.fetched_at)[:10]
    return False


def _code(error: Exception) -> int | None:
    """Return SQLite's primary result code; the extended ones carry more in the higher bits."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _is_damage(error: Exception) -> bool:
    if isinstance(error, UnicodeDecodeError):
        return True  # SQLite's complaint about its schema quotes what is no UTF-8, and Python can't read the complaint
    if isinstance(error, sqlite3.OperationalError) and _code(error) is None:
        return True  # Python's own complaint: a text column that is not UTF-8
    return isinstance(error, _DamagedError) or _code(error) in _DAMAGE


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection, kind: str) -> Iterator[None]:
    database.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # SQLite may have rolled back by itself
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _prepare(database: sqlite3.Connection) -> None:
    """Check the file, and create the tables in an empty one."""
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise _DamagedError(verdict)
    if _version(database) == 0:
        with _transaction(database, "IMMEDIATE"):  # another process may have been first: ask again, holding the lock
            if _version(database) == 0:
                if database.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                    raise _DamagedError("it is a database of another program")
                for statement in filter(str.strip, _TABLES.split(";")):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {SCHEMA}")
    if _version(database) != SCHEMA:
        raise _DamagedError(f"it has the format {_version(database)}; this minerdesk uses {SCHEMA}")


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def _is_usable(found: Observation) -> bool:
    """Return whether an observation is of a known quantity and plausible; nothing else was written by us."""
    return found.quantity in QUANTITIES and QUANTITIES[found.quantity].allows(found.value)


def _stamp(moment: datetime) -> str:
    """Return `moment` as text that sorts as time does: always UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _write_observations(database: sqlite3.Connection, observations: list[Observation]) -> None:
    """Keep the last value of every day: a replay of the past must not cost what is known today."""
    database.executemany(
        "INSERT OR REPLACE INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                o.quantity,
                _stamp(o.fetched_at)[:10],
                o.value,
                o.unit,
                _stamp(o.as_of),
                _stamp(o.fetched_at),
                o.source,
                o.detail,
            )
            for o in observations
        ],
    )


def _write_series(database: sqlite3.Connection, series: Series) -> None:
    first, last = int(series.times[0]), int(series.times[-1])
    database.execute("DELETE FROM point WHERE quantity = ? AND t BETWEEN ? AND ?", (series.quantity, first, last))
    names = [series.source_names[index] for index in series.source_index]
    database.executemany(  # NaN, a known gap, becomes NULL by itself
        "INSERT INTO point VALUES (?, ?, ?, ?)",
        [
            (series.quantity, t, value, name)
            for t, value, name in zip(series.times.tolist(), series.values.tolist(), names, strict=True)
        ],
    )
    database.execute(
        "INSERT INTO series VALUES (?, ?) ON CONFLICT DO UPDATE SET fetched_at = max(fetched_at, excluded.fetched_at)",
        (series.quantity, _stamp(series.fetched_at)),
    )


def _read(database: sqlite3.Connection, now: datetime) -> Cached:
    observations: dict[str, Observation] = {}
    series: dict[str, Series] = {}
    with _transaction(database, "DEFERRED"):
        try:
            for row in database.execute(
                "SELECT as_of, fetched_at, value, quantity, unit, source, detail FROM observation ORDER BY fetched_at"
            ):
                observation = _observation(row)
                if _is_usable(observation) and _exists(observation, now):
                    observations[observation.quantity] = observation
            for quantity, fetched_at in database.execute("SELECT quantity, fetched_at FROM series").fetchall():
                if quantity in QUANTITIES:
                    line = _read_series(database, quantity, min(datetime.fromisoformat(fetched_at), now))
                    if len(line := line.cut(now)):
                        series[quantity] = line
            rates = read_rates(database, now, CLOCK_TOLERANCE)
        except (ValueError, TypeError) as error:
            raise _DamagedError(str(error)) from error
    return Cached(observations=observations, series=series, gpu_rates=rates)


def _observation(row: tuple[Any, ...]) -> Observation:
    as_of, fetched_at, value, quantity, unit, source, detail = row
    return Observation(
        quantity=quantity,
        value=float(value),
        unit=unit,
        as_of=datetime.fromisoformat(as_of),
        fetched_at=datetime.fromisoformat(fetched_at),
        source=source,
        origin=Origin.CACHE,
        detail=detail,
    )


def _exists(observation: Observation, now: datetime) -> bool:
    return max(observation.as_of, observation.fetched_at) <= now + CLOCK_TOLERANCE


def _read_series(database: sqlite3.Connection, quantity: str, fetched_at: datetime) -> Series:
    rows = database.execute("SELECT t, value, source FROM point WHERE quantity = ? ORDER BY t", (quantity,)).fetchall()
    names = list(dict.fromkeys(row[2] for row in rows))
    numbers = {name: number for number, name in enumerate(names)}
    return Series(
        quantity=quantity,
        unit=QUANTITIES[quantity].unit,
        times=np.array([row[0] for row in rows], dtype=np.int64),
        values=np.array([np.nan if row[1] is None else row[1] for row in rows], dtype=np.float64),
        source_index=np.array([numbers[row[2]] for row in rows], dtype=np.int16),
        source_names=tuple(names),
        fetched_at=fetched_at,
        origin=Origin.CACHE,
    )
