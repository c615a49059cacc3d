"""The cache: what comes back, what is cut, and that nothing wrong with its file ever raises."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

import minerdesk
from minerdesk.observations import Observation, Origin, Series, merge
from minerdesk.store import cache as store_cache
from minerdesk.store.cache import REST_S, Cache

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
DAY = 86_400
T0 = 1_767_225_600  # 2026-01-01

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from minerdesk.observations import Series
from minerdesk.store.cache import Cache
cache, quantity, rounds = Cache(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
for number in range(rounds):
    line = Series.of(quantity, range(0, 400_000, 1_000), [float(number)] * 400, source="test",
                     fetched_at=datetime(2026, 1, 1, tzinfo=UTC))
    problems = cache.write([], [line])
    if problems:
        sys.exit(problems[0].message)
    if number == 0:
        print("ready", flush=True)
cache.close()
"""


@pytest.fixture
def cache(tmp_path: Path):
    found = Cache(tmp_path / "cache" / "observations.sqlite")
    yield found
    found.close()


def price(value: float = 95_546, *, at: datetime = NOW, origin: Origin = Origin.NETWORK) -> Observation:
    return Observation(
        quantity="btc_price_usd",
        value=value,
        unit="$/BTC",
        as_of=at,
        fetched_at=at,
        source="coinbase",
        origin=origin,
        detail="last trade",
    )


def series(days: dict[int, float], source: str = "bitstamp", fetched_at: datetime = NOW) -> Series:
    times = [T0 + day * DAY for day in days]
    return Series.of("btc_price_daily_usd", times, days.values(), source=source, fetched_at=fetched_at)


def content(line: Series) -> list[tuple[int, float | None, str]]:
    """Return the points with their sources; None for a gap, because NaN is equal to nothing."""
    names = [line.source_names[index] for index in line.source_index]
    values = [None if np.isnan(value) else value for value in line.values.tolist()]
    return list(zip(line.times.tolist(), values, names, strict=True))


def writer(path: Path, quantity: str, rounds: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), quantity, str(rounds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(minerdesk.__file__).parents[1])},
    )


def test_making_a_cache_touches_nothing(tmp_path: Path) -> None:
    Cache(tmp_path / "cache" / "a.sqlite").close()
    assert not any(tmp_path.iterdir())


def test_what_is_written_comes_back_as_cached(cache: Cache, tmp_path: Path) -> None:
    at = NOW.replace(microsecond=123_456)
    assert cache.write([price(at=at)], [series({0: 1.5, 1: np.nan, 2: 2.5})]) == ()
    cache.close()
    with_new_eyes = Cache(tmp_path / "cache" / "observations.sqlite")
    found = with_new_eyes.load(at)
    with_new_eyes.close()
    assert found.problems == ()
    assert found.observations == {"btc_price_usd": price(at=at, origin=Origin.CACHE)}
    line = found.series["btc_price_daily_usd"]
    assert content(line) == content(series({0: 1.5, 1: np.nan, 2: 2.5}))
    assert (line.origin, line.fetched_at, line.unit) == (Origin.CACHE, NOW, "$/BTC")


def test_only_finite_values_from_the_network_are_written(cache: Cache) -> None:
    rest = [price(origin=origin) for origin in Origin if origin is not Origin.NETWORK]
    assert cache.write([*rest, price(float("nan"))], [series({})]) == ()
    found = cache.load(NOW)
    assert (found.observations, found.series, found.problems) == ({}, {}, ())


def test_is_cut_at_the_clock(cache: Cache) -> None:
    cache.write([price(at=NOW + timedelta(minutes=9))], [series({0: 1, 15: 2, 16: 3})])
    assert len(cache.load(NOW).observations) == 1
    assert len(cache.load(NOW).series["btc_price_daily_usd"]) == 2
    earlier = cache.load(NOW - timedelta(minutes=2))
    assert earlier.observations == {}
    assert earlier.series["btc_price_daily_usd"].fetched_at == NOW - timedelta(minutes=2)
    assert cache.load(datetime(2012, 1, 1, tzinfo=UTC)).series == {}


def test_the_newest_write_of_a_value_wins(cache: Cache) -> None:
    cache.write([price(1)], [])
    cache.write([price(2)], [])
    assert cache.load(NOW).observations["btc_price_usd"].value == 2


batches = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, 12), st.floats(1, 9) | st.just(float("nan")), max_size=6),
        st.sampled_from(["bitstamp", "mempool", "kraken"]),
        st.integers(0, 60),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=examples(40), deadline=None)
@given(batches)
def test_writing_merges_as_observations_merge(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[dict[int, float], str, int]]
) -> None:
    cache = Cache(tmp_path_factory.mktemp("cache") / "a.sqlite")
    expected: Series | None = None
    for days, source, age_minutes in batches:
        line = series(days, source, NOW - timedelta(minutes=age_minutes))
        cache.write([], [line])
        expected = merge(expected, line)
    found = cache.load(NOW).series.get("btc_price_daily_usd")
    cache.close()
    assert expected is not None
    if len(expected) == 0:
        assert found is None
    else:
        assert found is not None
        assert content(found) == content(expected)
        assert found.fetched_at == expected.fetched_at


def half_written(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def no_database(path: Path) -> None:
    path.write_bytes(b"price,95546\n" * 100)


def torn(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    for start in range(4_096, len(whole), 4_096):
        whole[start : start + 64] = b"\xa5" * 64
    path.write_bytes(bytes(whole))


def lost_pages(path: Path) -> None:
    """Claim five free pages in the header that are nowhere: every row can still be read."""
    whole = bytearray(path.read_bytes())
    whole[36:40] = (5).to_bytes(4, "big")
    path.write_bytes(bytes(whole))


def sql(*statements: str):
    def damage(path: Path) -> None:
        database = sqlite3.connect(path)
        for statement in statements:
            database.execute(statement)
        database.commit()
        database.close()

    return damage


def spoilt_schema(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"TABLE observation", b"TABLE ob\xed\xa0\x80vation", 1))


DAMAGES = {
    "a schema that is no UTF-8": spoilt_schema,
    "half written": half_written,
    "no database": no_database,
    "torn pages": torn,
    "lost pages": lost_pages,
    "newer schema": sql("PRAGMA user_version = 7"),
    "another program's": sql("PRAGMA user_version = 0"),
    "a table is missing": sql("DROP TABLE point"),
    "no date": sql("UPDATE observation SET as_of = 'noon'"),
    "a date without an offset": sql("UPDATE series SET fetched_at = '2026-01-01T00:00:00'"),
    "no number": sql("UPDATE point SET value = 'much'"),
    "no text": sql("UPDATE observation SET source = CAST(x'ff' AS TEXT)"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_cache_is_set_aside_and_a_fresh_one_begun(tmp_path: Path, damage) -> None:
    path = tmp_path / "a.sqlite"
    first = Cache(path)
    first.write([price()], [series(dict.fromkeys(range(400), 1.0))])
    first.close()
    damage(path)
    damaged = path.read_bytes()

    cache = Cache(path)
    found = cache.load(datetime(2030, 1, 1, tzinfo=UTC))
    assert (found.observations, found.series) == ({}, {})
    (problem,) = found.problems
    (aside,) = tmp_path.glob("a.sqlite.damaged-*")
    assert aside.read_bytes() == damaged
    assert str(path) in problem.message
    assert aside.name in problem.message
    assert cache.write([price()], []) == ()
    assert cache.load(NOW).problems == ()
    assert len(cache.load(NOW).observations) == 1
    assert not cache.resting
    assert cache.trouble is None
    cache.close()


def test_damage_found_while_writing_loses_nothing_of_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    no_database(path)
    cache = Cache(path)
    assert len(cache.write([price()], [])) == 1
    assert len(cache.load(NOW).observations) == 1
    cache.close()


@pytest.mark.parametrize("suffix", ["-journal", "-wal"])
def test_a_left_journal_does_not_reach_the_fresh_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "a.sqlite"
    no_database(path)
    left = path.with_name(path.name + suffix)
    left.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"left" * 1_000)
    cache = Cache(path)
    assert len(cache.load(NOW).problems) == 1
    assert cache.write([price()], []) == ()
    cache.close()
    assert not left.exists()
    assert cache.load(NOW).problems == ()
    cache.close()


def test_unknown_quantities_are_passed_over(cache: Cache, tmp_path: Path) -> None:
    cache.write([price()], [series({0: 1})])
    cache.close()
    path = tmp_path / "cache" / "observations.sqlite"
    sql("UPDATE observation SET quantity = 'moon'", "UPDATE series SET quantity = 'moon'")(path)
    found = cache.load(NOW)
    assert (found.observations, found.series, found.problems) == ({}, {}, ())


def test_without_a_folder_the_program_goes_on_without_a_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "a.sqlite")
    found = cache.load(NOW)
    assert cache.resting
    assert "goes on without it" in found.problems[0].message
    assert cache.write([price()], []) == ()
    assert cache.load(NOW).problems == ()
    blocked = Cache(tmp_path)
    assert len(blocked.load(NOW).problems) == 1
    assert blocked.resting


def test_a_cache_comes_back_by_itself_and_what_was_fetched_meanwhile_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s, tries = [1_000.0], []
    monkeypatch.setattr("minerdesk.store.cache.time.monotonic", lambda: now_s[0])
    truly = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: (tries.append(1), truly(*a, **k))[1])
    folder = tmp_path / "cache"
    folder.write_text("in the way")
    cache = Cache(folder / "a.sqlite")
    (problem,) = cache.write([price(1)], [series({0: 1, 1: 2})])
    assert str(folder) in problem.message
    assert cache.trouble == problem
    now_s[0] += REST_S - 1
    assert cache.write([price(2)], [series({5: 5})]) == ()
    now_s[0] += 2
    assert cache.write([price(3)], [series({0: 3, 1: 4, 2: 5})]) == (), "it is said once"
    assert cache.trouble == problem
    assert tries == []
    assert cache.owed == 3, "one value of the day and two series, of which one covers the first"
    folder.unlink()
    assert cache.write([], []) == (), "still resting"
    assert cache.owed == 3
    now_s[0] += REST_S + 1
    assert cache.write([], []) == ()
    assert (cache.trouble, cache.owed, cache.resting) == (None, 0, False)
    found = cache.load(NOW)
    cache.close()
    assert found.observations["btc_price_usd"].value == 3
    assert [value for _, value, _ in content(found.series["btc_price_daily_usd"])] == [3, 4, 5, 5]


def test_what_waits_for_the_disk_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minerdesk.store.cache.MOST_OWED", 5)
    cache = Cache(tmp_path)
    for day in range(9):
        cache.write([price(day)], [series({day: day})])
    assert cache.owed == 5


def test_a_damaged_file_that_cannot_be_moved_disables_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite"
    no_database(path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "replace", refuse)
    cache = Cache(path)
    (problem,) = cache.load(NOW).problems
    assert "permission is denied" in problem.message
    assert cache.resting
    assert path.exists()


def test_a_file_in_use_is_tried_again_next_time(cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minerdesk.store.cache.BUSY_SECONDS", 0.05)
    cache.write([price(1)], [])
    cache.close()
    other = sqlite3.connect(tmp_path / "cache" / "observations.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    (problem,) = cache.write([price(2)], [])
    assert "in use" in problem.message
    assert cache.write([price(3)], []) == (), "it is said once"
    assert cache.load(NOW).observations["btc_price_usd"].value == 1
    other.execute("ROLLBACK")
    other.close()
    assert cache.write([], [series({0: 1})]) == ()
    assert len(cache.load(NOW).series["btc_price_daily_usd"]) == 1
    assert cache.load(NOW).observations["btc_price_usd"].value == 3


def test_a_failed_write_changes_nothing(cache: Cache) -> None:
    cache.write([price(1)], [series({0: 1, 1: 2})])
    broken = price(2)
    object.__setattr__(broken, "source", None)
    assert len(cache.write([price(3), broken], [series({0: 9})])) == 1
    assert cache.owed == 0, "no fault of the disk: it is not tried for ever"
    assert not cache.resting
    cache.close()
    again = Cache(cache._path)
    found = again.load(NOW)
    again.close()
    assert found.observations["btc_price_usd"].value == 1
    assert content(found.series["btc_price_daily_usd"]) == content(series({0: 1, 1: 2}))


def test_two_processes_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    quantities = ("btc_price_daily_usd", "network_hashrate_daily_eh_s")
    processes = [writer(path, quantity, 25) for quantity in quantities]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, b"")
    cache = Cache(path)
    found = cache.load(NOW)
    cache.close()
    assert found.problems == ()
    assert [set(found.series[quantity].values) for quantity in quantities] == [{24.0}, {24.0}]
    assert [len(found.series[quantity]) for quantity in quantities] == [400, 400]


def test_of_two_first_starts_at_once_the_later_finds_the_others_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite"
    truly = store_cache._version
    overtaken: list[bool] = []

    def version_seen_too_early(database: sqlite3.Connection) -> int:
        if overtaken:
            return truly(database)
        overtaken.append(True)
        other = Cache(path)
        other.write([price()], [])
        other.close()
        return 0

    monkeypatch.setattr(store_cache, "_version", version_seen_too_early)
    cache = Cache(path)
    found = cache.load(NOW)
    cache.close()
    assert found.problems == ()
    assert len(found.observations) == 1


def test_a_kill_leaves_a_whole_cache(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    delays = random.Random(2)
    for _ in range(10):
        with writer(path, "btc_price_daily_usd", 1_000_000) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
            time.sleep(delays.uniform(0, 0.03))
            process.kill()
        cache = Cache(path)
        found = cache.load(NOW)
        cache.close()
        assert found.problems == ()
        line = found.series["btc_price_daily_usd"]
        assert len(line) == 400
        assert len(set(line.values)) == 1
