"""Hash rate, subsidy, hashprice and retarget against the consensus rules and published figures."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.economics import network as net

T = 1e12


@pytest.mark.parametrize(
    ("difficulty_t", "eh_s"), [(101.65, 727.639), (125.86, 900.941), (146.47, 1048.473), (155.97, 1116.477)]
)
def test_implied_hashrate(difficulty_t: float, eh_s: float) -> None:
    assert net.implied_hashrate_eh_s(difficulty_t * T) == pytest.approx(eh_s, abs=5e-4)


def test_observed_hashrate_is_the_implied_one_when_blocks_come_on_time() -> None:
    assert net.observed_hashrate_eh_s(146.47 * T, 144, 86_400) == pytest.approx(net.implied_hashrate_eh_s(146.47 * T))


@pytest.mark.parametrize(
    ("height", "btc"),
    [
        (0, 50),
        (839_999, 6.25),
        (840_000, 3.125),
        (1_049_999, 3.125),
        (1_050_000, 1.5625),
        (6_929_999, 1e-8),
        (6_930_000, 0),
        (10**8, 0),
    ],
)
def test_subsidy(height: int, btc: float) -> None:
    assert net.subsidy_btc(height) == btc


def test_subsidy_refuses_a_negative_height() -> None:
    with pytest.raises(ValueError, match="negative"):
        net.subsidy_sats(-1)


@given(st.integers(0, 13_000_000))
def test_subsidy_halves_at_the_next_halving(height: int) -> None:
    halving = net.next_halving_height(height)
    assert height < halving
    assert net.subsidy_sats(halving) == net.subsidy_sats(halving - 1) // 2


def test_hashprice_in_btc() -> None:
    # 1 PH/s finds 1.373426e-4 blocks a day at this difficulty.
    assert net.hashprice_btc_per_ph_day(146.47 * T, 1.0, 0.0) == pytest.approx(1.373426e-4, rel=5e-7)
    assert net.hashprice_btc_per_ph_day(146.47 * T, 3.125, 0.0) == pytest.approx(4.29196e-4, rel=2e-6)


@pytest.mark.parametrize(
    ("day", "difficulty_t", "price", "fee_share", "published_usd", "formula_usd"),
    [
        ("2024-12-23", 108.52, 93_450, 0.0242, 55.21, 55.48),
        ("2025-11-03", 155.97, 106_935, 0.0062, 43.33, 43.37),
        ("2026-01-12", 146.47, 91_132, 0.0055, 39.53, 39.33),
        ("2026-01-17", 146.47, 95_700, 0.0055, 41.22, 41.30),
    ],
)
def test_hashprice_against_published_indices(
    day: str, difficulty_t: float, price: float, fee_share: float, published_usd: float, formula_usd: float
) -> None:
    reward = net.reward_from_fee_share(3.125, fee_share)
    usd = net.hashprice_btc_per_ph_day(difficulty_t * T, reward, 0.0) * price
    assert usd == pytest.approx(formula_usd, abs=0.006), day
    assert usd == pytest.approx(published_usd, rel=0.01), day


def test_a_published_hashprice_that_contradicts_its_own_day_is_told_apart() -> None:
    usd = net.hashprice_btc_per_ph_day(144.40 * T, net.reward_from_fee_share(3.125, 0.006), 0.0) * 67_000
    assert usd == pytest.approx(29.34, abs=0.01)
    assert abs(usd / 23.9 - 1) > 0.2


def test_a_page_that_prints_the_difficulty_before_the_adjustment_is_told_apart() -> None:
    """On 2026-01-12 the difficulty had been 146.47 T for four days; a widely copied page still printed 148.26 T."""
    reward = net.reward_from_fee_share(3.125, 0.0055)
    right, copied = (net.hashprice_btc_per_ph_day(d * T, reward, 0.0) * 91_132 for d in (146.47, 148.26))
    assert right == pytest.approx(39.33, abs=0.006)
    assert copied / right - 1 == pytest.approx(146.47 / 148.26 - 1)
    assert net.implied_hashrate_eh_s(148.26 * T) - net.implied_hashrate_eh_s(146.47 * T) == pytest.approx(
        12.8, abs=0.05
    )


@pytest.mark.parametrize(
    ("bits", "first", "last", "expected"),
    [
        (0x1D00FFFF, 1261130161, 1262152739, 0x1D00D86A),
        (0x1C05A3F4, 1279008237, 1279297671, 0x1C0168FD),  # clamped at a quarter
        (0x1D00FFFF, 1231006505, 1233061996, 0x1D00FFFF),  # held at the limit
    ],
)
def test_next_bits(bits: int, first: int, last: int, expected: int) -> None:
    assert net.next_bits(bits, first, last) == expected


def test_an_epoch_of_exact_ten_minute_blocks_raises_difficulty_a_little() -> None:
    bits = 0x17020F79
    after = net.next_bits(bits, 0, 2015 * 600)
    assert net.difficulty_from_bits(after) / net.difficulty_from_bits(bits) - 1 == pytest.approx(0.000496, abs=1e-5)


def test_difficulty_from_bits_of_known_epochs() -> None:
    assert net.difficulty_from_bits(0x170240C3) == pytest.approx(124_932_866_006_548.16)
    assert net.difficulty_from_bits(0x17020F79) == pytest.approx(136_607_070_854_775.06)


@given(st.integers(1, net.POW_LIMIT))
def test_compact_form_keeps_the_leading_bytes(target: int) -> None:
    back = net.target_from_bits(net.bits_from_target(target))
    assert back <= target
    assert target - back <= target >> 15


@pytest.mark.parametrize("bits", [0x1D80FFFF, 0x1D000000])
def test_invalid_compact_targets_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="no valid compact target"):
        net.target_from_bits(bits)


def test_retarget_estimate_vector() -> None:
    estimate = net.retarget_estimate(
        tip_height=750_134,
        epoch_start=datetime(2022, 8, 18, 11, 7, tzinfo=UTC),
        now=datetime(2022, 8, 19, 14, 3, 53, tzinfo=UTC),
    )
    assert estimate.progress_fraction * 100 == pytest.approx(9.0278, abs=5e-5)
    assert estimate.change_fraction * 100 == pytest.approx(13.180707740199772, abs=1e-9)
    assert estimate.blocks_left == 1834
    assert estimate.height == 751_968
    assert estimate.band_fraction == pytest.approx(1 / 182**0.5)


def test_retarget_estimate_is_clamped_and_uses_the_last_blocks_own_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    fast = net.retarget_estimate(
        tip_height=2016 * 460 + 1000, epoch_start=start, now=datetime(2026, 1, 1, 1, tzinfo=UTC)
    )
    assert fast.change_fraction == 3.0
    slow = net.retarget_estimate(tip_height=2016 * 460 + 1, epoch_start=start, now=datetime(2026, 3, 1, tzinfo=UTC))
    assert slow.change_fraction == -0.75
    on_time = net.retarget_estimate(
        tip_height=2016 * 460 + 2015,
        epoch_start=start,
        now=datetime(2026, 2, 1, tzinfo=UTC),
        last_block=datetime(2026, 1, 15, tzinfo=UTC),
    )
    assert on_time.change_fraction == pytest.approx(0)
    assert on_time.blocks_left == 1


def test_retarget_estimate_refuses_an_epoch_of_the_future() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="begins after"):
        net.retarget_estimate(tip_height=1, epoch_start=moment, now=moment)


def test_hashprice_after_exit() -> None:
    assert net.hashprice_after_exit(40.0, 0.15) == pytest.approx(40 * 1.1765, rel=1e-4)
