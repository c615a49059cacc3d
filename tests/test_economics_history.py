"""Derived series: week means, drawdown, subsidy and hashprice through time."""

from datetime import UTC, datetime

import numpy as np
import pytest

from minerdesk.economics import history
from minerdesk.observations import Series
from minerdesk.units import SECONDS_PER_DAY

DAY0 = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def days(count: int, step: int = 1) -> np.ndarray:
    return DAY0 + np.arange(count, dtype=np.int64) * step * SECONDS_PER_DAY


def series(quantity: str, times: object, values: object) -> Series:
    return Series.of(quantity, times, values, source="test", fetched_at=NOW)  # type: ignore[arg-type] # arrays are iterable


def test_week_mean_of_daily_points() -> None:
    values = np.arange(10, dtype=float)
    mean = history.trailing_mean(days(10), values)
    assert np.isnan(mean[1:4]).all()
    assert mean[6] == pytest.approx(3.0)
    assert mean[9] == pytest.approx(6.0)


def test_week_mean_bridges_one_missing_day_and_one_bad_value_but_not_three() -> None:
    times, values = days(8), np.array([1.0, 1, 1, np.nan, 1, 1, 1, 8])
    keep = np.array([True, True, False, True, True, True, True, True])
    mean = history.trailing_mean(times[keep], values[keep])
    assert mean[-2] == pytest.approx(1.0)
    sparse = np.array([True, False, False, False, True, True, True, True])
    assert np.isnan(history.trailing_mean(times[sparse], values[sparse])[-2])


def test_weekly_points_stand_for_themselves() -> None:
    values = np.array([900.0, 1000.0, 950.0])
    assert history.trailing_mean(days(3, step=7), values) == pytest.approx(values)


def test_a_month_of_weeks_and_of_days_have_the_same_mean() -> None:
    weekly = history.trailing_mean(days(9, step=7), np.full(9, 1000.0), days=30)
    assert weekly[-1] == pytest.approx(1000.0)
    daily = history.trailing_mean(days(60), np.arange(60, dtype=float), days=30)
    assert np.isnan(daily[15])
    assert daily[-1] == pytest.approx(np.arange(30, 60).mean())


def test_the_first_day_after_a_long_gap_is_a_day_not_a_week() -> None:
    times = np.concatenate([days(20), days(20) + 60 * SECONDS_PER_DAY])
    mean = history.trailing_mean(times, np.ones(40))
    assert np.isnan(mean[20])
    assert mean[-1] == pytest.approx(1.0)


def test_a_weekly_mean_of_fees_speaks_for_its_own_week() -> None:
    sundays = days(4, step=7)
    fees = series("fees_daily_btc_per_block", sundays, [1.0, 2.0, 3.0, 4.0])
    at = np.array([sundays[1] - 3 * 86_400, sundays[1], sundays[1] + 86_400, sundays[3] + 2 * 86_400], dtype=np.int64)
    assert history.fees_of_day(fees, at) == pytest.approx([2.0, 2.0, 3.0, 4.0])


def test_halvings_are_found_from_the_heights_of_epochs() -> None:
    begins = [int(datetime(2024, 4, day, hour, tzinfo=UTC).timestamp()) for day, hour in ((10, 16), (24, 22))]
    (halving,) = history.halving_times(series("epoch_heights", begins, [838_656, 840_672]))
    assert abs(halving - datetime(2024, 4, 20, tzinfo=UTC).timestamp()) < 86_400
    assert history.halving_times(series("epoch_heights", [], [])) == ()


def test_drawdown_knows_peak_and_dates() -> None:
    found = history.drawdown(days(4), np.array([1000.0, 1151.0, np.nan, 1005.0]))
    assert found is not None
    assert found.fraction == pytest.approx(1005 / 1151 - 1)
    assert (found.peak_time, found.latest_time) == (DAY0 + SECONDS_PER_DAY, DAY0 + 3 * SECONDS_PER_DAY)
    assert history.drawdown(days(2), np.array([np.nan, np.nan])) is None


def test_held_values_end_when_they_are_too_old() -> None:
    known = series("fees_daily_btc_per_block", days(2), [0.02, 0.03])
    at = np.array([DAY0 - 1, DAY0, DAY0 + 86_400 + 100, DAY0 + 40 * 86_400], dtype=np.int64)
    held = history.held(known, at, hold_s=10 * 86_400)
    assert np.isnan(held[0])
    assert held[1:3] == pytest.approx([0.02, 0.03])
    assert np.isnan(held[3])


def test_the_halving_of_2024_falls_on_its_day() -> None:
    # Epochs 416 and 417 began with blocks 838,656 and 840,672; block 840,000 was mined on 2024-04-20 at 00:09 UTC.
    begins = [int(datetime(2024, 4, day, hour, tzinfo=UTC).timestamp()) for day, hour in ((10, 16), (24, 22))]
    heights = series("epoch_heights", begins, [838_656, 840_672])
    at = [int(datetime(2024, 4, day, tzinfo=UTC).timestamp()) for day in (18, 22)]
    assert history.subsidy_through_time(heights, np.array(at, dtype=np.int64)) == pytest.approx([6.25, 3.125])


def test_hashprice_history_equals_the_formula_and_has_gaps_where_parts_are_unknown() -> None:
    price = series("btc_price_daily_usd", days(30), [95_546.14] * 30)
    difficulty = series("difficulty_epochs", [DAY0 - 86_400], [146_472_570_619_930.78])
    heights = series("epoch_heights", [DAY0 - 86_400], [931_392])
    fees = series("fees_daily_btc_per_block", days(30), [0.0229] * 30)
    usd = history.hashprice_history_usd(price, difficulty, heights, fees)
    assert usd[0] == pytest.approx(41.308, abs=0.001)
    assert np.isnan(usd[-1])
