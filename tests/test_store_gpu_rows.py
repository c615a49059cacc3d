"""Rental rates in the cache's file: kept for good, added to files of before, owed while the disk refuses."""

import math
import sqlite3
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from loopback import NOW
from sample_rates import sample_rates

from minerdesk.store.cache import REST_S, Cache
from minerdesk.store.gpu_rows import DAILY_DAYS


def test_what_is_written_is_read_again_quartiles_or_none(tmp_path: Path) -> None:
    rates = sample_rates(NOW)
    cache = Cache(tmp_path / "a.sqlite")
    assert cache.load(NOW).gpu_rates == (), "a file of before has no such table"
    assert cache.write([], [], rates) == ()
    cache.close()
    again = Cache(tmp_path / "a.sqlite").load(NOW).gpu_rates
    assert len(again) == len({rate[:4] for rate in rates})
    by_key = {rate[:4]: rate for rate in again}
    assert all(repr(by_key[rate[:4]]) == repr(rate) for rate in rates)
    assert any(math.isnan(rate.low) for rate in again)


def test_of_one_day_the_later_fetch_stays_whatever_comes_after(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    (rate,) = [found for found in sample_rates(NOW, days=0) if found.source == "lambda"]
    cache.write([], [], [rate])
    cache.write([], [], [rate._replace(median=9.0, fetched_at=rate.fetched_at - 60)])
    assert [found.median for found in cache.load(NOW).gpu_rates] == [rate.median]
    cache.write([], [], [rate._replace(median=5.0, fetched_at=rate.fetched_at + 60)])
    assert [found.median for found in cache.load(NOW).gpu_rates] == [5.0]
    assert cache.load(NOW - timedelta(days=1)).gpu_rates == (), "at an earlier clock it does not exist"
    cache.close()


def test_rates_that_can_not_be_written_are_owed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [1_000.0]
    monkeypatch.setattr("minerdesk.store.cache.time.monotonic", lambda: now_s[0])
    folder = tmp_path / "cache"
    folder.write_text("in the way")
    cache = Cache(folder / "a.sqlite")
    assert cache.write([], [], sample_rates(NOW, days=3))
    folder.unlink()
    now_s[0] += REST_S + 1
    assert cache.write([], []) == ()
    found = cache.load(NOW).gpu_rates
    cache.close()
    assert {rate[:4] for rate in found} == {rate[:4] for rate in sample_rates(NOW, days=3)}


def test_beyond_some_months_a_day_of_a_week_is_loaded_and_all_stay_in_the_file(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    cache.write([], [], sample_rates(NOW, days=180))
    found = cache.load(NOW).gpu_rates
    cache.close()
    own = sorted({rate.day for rate in found if rate.seller})
    pooled = {rate.day for rate in found if rate.source == "gpurentalprices" and not rate.seller}
    early = [day for day in own if day < NOW.timestamp() - DAILY_DAYS * 86_400]
    assert len(pooled) == 181
    assert len(own) - len(early) == DAILY_DAYS, "days begin at midnight, the clock stands at noon"
    assert {b - a for a, b in pairwise(early)} == {7 * 86_400}
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        kept = database.execute("SELECT count(DISTINCT day) FROM gpu_rate WHERE seller = 'alder'").fetchone()
    database.close()
    assert kept == (181,)


def test_rows_that_can_not_be_are_left_out(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a.sqlite")
    cache.write([], [], sample_rates(NOW, days=0))
    good = cache.load(NOW).gpu_rates
    cache.close()
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        row = "INSERT INTO gpu_rate VALUES (?, 'b200', '', ?, 1, ?, 1, 1, 1, ?, ?, '')"
        moment = int(NOW.timestamp())
        database.execute(row, ("lambda", moment - 86_400, 1e9, moment, moment))
        database.execute(row, ("nobody", moment, 3.0, moment, moment))
        database.execute(row, ("lambda", moment, 3.0, -(10**17), moment))
    database.close()
    cache = Cache(tmp_path / "a.sqlite")
    assert repr(cache.load(NOW).gpu_rates) == repr(good)
    cache.close()
