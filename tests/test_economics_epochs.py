"""Epochs: the table, the height reckoned from the hash rate, the next adjustment by the rule, the next halving."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_network import DAYS, DIFFICULTY, FIRST, FIRST_HEIGHT, line, moment, network

from minerdesk.economics import epochs
from minerdesk.economics.network import difficulty_from_bits, implied_hashrate_eh_s
from minerdesk.units import BLOCKS_PER_EPOCH, SECONDS_PER_DAY

IMPLIED = implied_hashrate_eh_s(DIFFICULTY)
#: (first block, when it was found, difficulty in T) of the epochs of the winter 2025/26.
WINTER = (
    (927_360, datetime(2025, 12, 11, 3, 34, tzinfo=UTC), 148.20),
    (929_376, datetime(2025, 12, 25, 4, 53, tzinfo=UTC), 148.26),
    (931_392, datetime(2026, 1, 8, 7, 49, tzinfo=UTC), 146.47),
    (933_408, datetime(2026, 1, 22, 18, 0, tzinfo=UTC), 141.67),
)


def progress(rate: object, index: int, hour: float = 0.0) -> epochs.Progress | None:
    series = network(rate)
    at = moment(index, hour)
    return epochs.progress_at(
        series["network_hashrate_daily_eh_s"],
        series["difficulty_epochs"].cut(at),
        series["epoch_heights"].cut(at),
        at,
    )


def test_the_table_of_a_winter_has_every_adjustment() -> None:
    times = [start.timestamp() for _, start, _ in WINTER]
    found = epochs.epochs_table(
        line("difficulty_epochs", times, [t * 1e12 for *_, t in WINTER]),
        line("epoch_heights", times, [height for height, *_ in WINTER]),
    )
    assert [row.height for row in found] == [height for height, *_ in WINTER]
    assert found[0].change_fraction is None
    assert [row.change_fraction for row in found[1:]] == pytest.approx([0.0004, -0.01207, -0.03277], abs=5e-5)
    assert found[1].days == pytest.approx(14.122, abs=1e-3)
    assert found[1].seconds_per_block == pytest.approx(605.24, abs=0.05)
    assert (found[-1].days, found[-1].seconds_per_block) == (None, None)
    assert found[2].implied_hashrate_eh_s == pytest.approx(1048.473, abs=1e-3)


def test_an_epoch_without_its_neighbour_has_no_adjustment_and_no_length() -> None:
    times = [WINTER[0][1].timestamp(), WINTER[2][1].timestamp()]
    found = epochs.epochs_table(
        line("difficulty_epochs", times, [1e14, 2e14]), line("epoch_heights", times, [WINTER[0][0], WINTER[2][0]])
    )
    assert [(row.change_fraction, row.days) for row in found] == [(None, None), (None, None)]
    nothing = line("epoch_heights", [], [])
    assert epochs.epochs_table(line("difficulty_epochs", times, [1e14, 2e14]), nothing) == ()


@given(st.integers(0x1B000001, 0x1B7FFFFF) | st.integers(0x17008000, 0x177FFFFF))
def test_difficulty_and_compact_target_come_back(bits: int) -> None:
    assert difficulty_from_bits(epochs.bits_from_difficulty(difficulty_from_bits(bits))) == difficulty_from_bits(bits)


@pytest.mark.parametrize(
    ("seconds_per_block", "factor"),
    [
        (600 * 2016 / 2015, 1.0),  # 2,015 intervals measured against 2,016
        (300.0, 2016 / 2015 * 2),
        (100.0, 4.0),  # clamped
        (6_000.0, 0.25),
    ],
)
def test_the_rule_measures_2015_intervals_and_clamps(seconds_per_block: float, factor: float) -> None:
    expected = epochs.expected_difficulty(146_472_570_619_930.78, seconds_per_block)
    assert expected / 146_472_570_619_930.78 == pytest.approx(factor, rel=2e-5)


def test_the_height_follows_from_the_blocks_that_the_hash_rate_stands_for() -> None:
    found = progress(np.full(DAYS, IMPLIED), 6)  # seven days into an epoch that began with the first day
    assert found is not None
    assert found.height == FIRST_HEIGHT + 2 * BLOCKS_PER_EPOCH + 7 * 144
    assert found.next_retarget_height == FIRST_HEIGHT + 3 * BLOCKS_PER_EPOCH
    assert found.retarget is not None
    # One block more than the seven days' own: the epoch's first was found as they began.
    assert found.retarget.change_fraction == pytest.approx(1 / 1008, abs=1e-6)
    assert found.retarget.band_fraction == pytest.approx(1 / np.sqrt(1008))
    assert found.retarget.date == pytest.approx(moment(6) + timedelta(days=7), abs=timedelta(minutes=15))


def test_less_hash_rate_lowers_the_next_difficulty() -> None:
    found = progress(np.full(DAYS, IMPLIED * 0.8), 9)
    assert found is not None
    assert found.retarget is not None
    assert found.retarget.change_fraction == pytest.approx(-0.2, abs=0.002)
    assert found.expected_difficulty == pytest.approx(DIFFICULTY * 0.8, rel=2e-3)


def test_hours_without_a_day_go_on_at_the_pace_so_far() -> None:
    found = progress(np.full(7, IMPLIED), 6, hour=12.0)
    assert found is not None
    assert found.height == FIRST_HEIGHT + 2 * BLOCKS_PER_EPOCH + 7 * 144 + 72


def test_too_little_of_the_epoch_gives_a_height_but_no_estimate() -> None:
    series = network(np.full(15, IMPLIED))
    at = moment(13, hour=20.0)  # 20 h into an epoch, of which no day is over
    rate = series["network_hashrate_daily_eh_s"].cut(moment(13, hour=-1.0))
    found = epochs.progress_at(rate, series["difficulty_epochs"].cut(at), series["epoch_heights"].cut(at), at)
    assert found is not None
    assert found.retarget is None
    assert found.expected_difficulty is None
    assert found.height == FIRST_HEIGHT + 3 * BLOCKS_PER_EPOCH + 120


def test_no_running_epoch_no_progress() -> None:
    series = network(np.full(20, IMPLIED))
    rate, difficulty, heights = (
        series[name] for name in ("network_hashrate_daily_eh_s", "difficulty_epochs", "epoch_heights")
    )
    late = datetime.fromtimestamp(int(heights.times[-1]) + 30 * SECONDS_PER_DAY, UTC)
    assert epochs.progress_at(rate, difficulty, heights, late) is None
    nothing = line("epoch_heights", [], [])
    assert epochs.progress_at(rate, difficulty, nothing, moment(6)) is None
    before = datetime.fromtimestamp(FIRST - 100 * SECONDS_PER_DAY, UTC)
    assert epochs.progress_at(rate, difficulty, heights, before) is None


def test_the_halving_is_reckoned_from_the_tip() -> None:
    found = epochs.next_halving(1_049_999, datetime(2028, 4, 1, tzinfo=UTC))
    assert (found.height, found.blocks_left) == (1_050_000, 1)
    assert found.date == datetime(2028, 4, 1, 0, 10, tzinfo=UTC)
