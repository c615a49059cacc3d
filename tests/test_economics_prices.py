"""Interval prices: by hour and month on the market's clock, whole hours, and the cut at the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.economics.prices import OWN, PowerChoice, PriceSeries, clock_of, hours_of_months, ordered

JANUARY = 1_735_689_600


def series(times: list[int], hours: float = 1.0) -> PriceSeries:
    return PriceSeries(
        label="",
        layout="",
        currency="USD",
        times=np.array(times),
        hours=np.full(len(times), hours),
        prices_per_mwh=np.arange(len(times), dtype=np.float64),
    )


def by_loop(times: np.ndarray, hours: np.ndarray, prices: np.ndarray, zone: str, stop_at: float) -> np.ndarray:
    """Return sum of hours, of hours times price, and of hours above the breakeven, cell by cell."""
    sums = np.zeros((3, 12, 24))
    for start, length, price in zip(times.tolist(), hours.tolist(), prices.tolist(), strict=True):
        moment = datetime.fromtimestamp(start, ZoneInfo(zone))
        sums[:, moment.month - 1, moment.hour] += (length, length * price, length * (price > stop_at))
    return sums


@pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"])
@given(
    first=st.integers(0, 2 * 366 * 24),
    count=st.integers(1, 400),
    step=st.sampled_from([300, 900, 1_800, 3_600, 86_100]),
)
def test_the_map_is_what_a_plain_loop_finds(zone: str, first: int, count: int, step: int) -> None:
    times = JANUARY + 3_600 * first + step * np.arange(count)
    hours = np.full(count, min(step, 3_600) / 3_600)
    prices = np.sin(np.arange(count)) * 100
    found = hours_of_months(times, hours, prices, zone=zone, stop_at=20.0)
    total, cost, above = by_loop(times, hours, prices, zone, 20.0)
    held = total > 0
    assert found.stopped_fraction is not None
    np.testing.assert_allclose(found.hours, total, atol=1e-9)
    np.testing.assert_allclose(found.mean_price[held], cost[held] / total[held], atol=1e-9)
    np.testing.assert_allclose(found.stopped_fraction[held], above[held] / total[held], atol=1e-9)
    assert np.isnan(found.mean_price[~held]).all()


def test_the_repeated_and_the_skipped_hour_count_on_the_markets_clock() -> None:
    autumn = int(datetime(2025, 10, 26, 0, tzinfo=UTC).timestamp()) + 3_600 * np.arange(3)
    found = hours_of_months(autumn, np.ones(3), np.array([1.0, 3.0, 7.0]), zone="Europe/Berlin")
    assert found.hours[9, 2] == 2, "from 2 to 3 comes twice"
    assert found.mean_price[9, 2] == 2.0
    assert found.mean_price[9, 3] == 7.0
    spring = int(datetime(2025, 3, 30, 0, tzinfo=UTC).timestamp()) + 3_600 * np.arange(2)
    found = hours_of_months(spring, np.ones(2), np.array([1.0, 3.0]), zone="Europe/Berlin")
    assert found.hours[2, 1:4].tolist() == [1, 0, 1]
    assert found.stopped_fraction is None


def test_an_interval_of_several_hours_counts_in_each() -> None:
    found = hours_of_months(np.array([JANUARY]), np.array([2.5]), np.array([10.0]))
    assert found.hours[0, :4].tolist() == [1, 1, 0.5, 0]
    assert found.mean_price[0, 2] == 10.0


def test_a_zone_that_is_not_known_is_utc_and_says_so() -> None:
    assert hours_of_months(np.array([JANUARY]), np.ones(1), np.ones(1), zone="Moon/Sea").zone == "UTC"
    found = hours_of_months(np.array([JANUARY]), np.ones(1), np.ones(1), zone="+10:00")
    assert (found.zone, found.hours[0, 10]) == ("+10:00", 1)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("UTC", 0),
        ("", 0),
        ("+10:00", 10),
        ("UTC−5", -5),
        ("GMT+5:30", 5.5),
        ("utc+0930", None),
        ("+99", None),
        ("+x", None),
    ],
)
def test_offsets_as_people_write_them(zone: str, hours: float | None) -> None:
    clock = clock_of(zone)
    assert (clock.utcoffset(None) if clock else None) == (None if hours is None else timedelta(hours=hours))


def test_nothing_after_the_clock_exists() -> None:
    whole = series([JANUARY + 3_600 * hour for hour in range(4)])
    cut = whole.cut(datetime.fromtimestamp(JANUARY + 2 * 3_600 + 1_800, UTC))
    assert len(cut) == 2, "the third hour is not over"
    assert whole.cut(datetime.fromtimestamp(JANUARY + 4 * 3_600, UTC)) is whole


def test_order_keeps_the_first_of_equal_times() -> None:
    times, hours, order, told = ordered(np.array([0.0, 7_200, 3_600, 3_600]), np.array([2, 3, 4, 5]), None)
    assert times.tolist() == [0, 3_600, 7_200]
    assert (hours.tolist(), order.tolist()) == ([1.0, 1.0, 1.0], [0, 2, 1])
    assert any("line 5" in line for line in told)


def test_a_choice_keeps_a_rate_for_each_currency() -> None:
    choice = PowerChoice().with_rate("EUR", 1.16).with_rate("AUD", 0.66)
    assert choice.usd_per == {"EUR": 1.16, "AUD": 0.66}
    assert choice.with_rate("EUR", None).usd_per == {"AUD": 0.66}
    own = series([JANUARY])
    assert PowerChoice(market="de_lu_da_2025_eur", prices=own).chosen is None
    assert PowerChoice(market=OWN, prices=own).chosen is own
