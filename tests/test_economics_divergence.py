"""The divergence score: its sign, its units, and that nothing looks ahead; power signed against hash rate lost."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_market import DAY, line, stamp

from minerdesk.economics.deals import SignedLease
from minerdesk.economics.divergence import MOVE_DAYS, divergence, indexed, standard_move
from minerdesk.economics.migration import Event, lost_eh_s, migration, signed_end_s, signed_mw

DAYS = 500
WAVE = np.exp(0.05 * np.sin(np.arange(DAYS) / 9))


def scored(price: np.ndarray, interest: np.ndarray, hashrate: np.ndarray) -> np.ndarray:
    times = line("btc_price_daily_usd", "2024-09-01", price).times
    return divergence(
        line("btc_price_daily_usd", "2024-09-01", price),
        times,
        interest,
        line("network_hashrate_daily_eh_s", "2024-09-01", hashrate),
    ).score


def test_three_lines_that_move_together_score_zero_whatever_their_units() -> None:
    score = scored(WAVE * 9e4, WAVE**3 * 4e10, WAVE**0.5 * 1_000)
    np.testing.assert_allclose(score[200:], 0, atol=1e-9)


def test_leverage_that_rises_while_the_others_stay_scores_above_zero_and_the_other_way_round() -> None:
    up = WAVE.copy()
    up[-20:] *= 1.2
    assert scored(WAVE * 9e4, up * 4e10, WAVE * 1_000)[-1] > 1
    assert scored(up * 9e4, WAVE * 4e10, up * 1_000)[-1] < -1


def test_a_standard_move_by_hand() -> None:
    rng = np.random.default_rng(7)
    values = np.exp(np.cumsum(rng.normal(0, 0.02, DAYS)))
    change = np.log(values[MOVE_DAYS:] / values[:-MOVE_DAYS])
    expected = change[-1] / np.sqrt(np.mean(change[-365:] ** 2))
    assert standard_move(values)[-1] == pytest.approx(expected)


def test_what_is_unknown_stays_unknown() -> None:
    holed = WAVE * 4e10
    holed[300:320] = np.nan
    score = scored(WAVE * 9e4, holed, WAVE * 1_000)
    assert np.isfinite(score[299])
    assert np.isnan(score[310])
    assert np.isnan(score[: MOVE_DAYS + 119]).all(), "a habit needs 120 moves"
    assert np.isnan(standard_move(np.full(DAYS, 5.0))).all(), "no move, no habit"
    assert np.isnan(standard_move(np.where(np.arange(DAYS) == 250, 0.0, 5.0))[250])
    assert (
        len(
            divergence(
                line("btc_price_daily_usd", "2025-01-01", [1.0]),
                np.array([], dtype=np.int64),
                np.array([]),
                line("network_hashrate_daily_eh_s", "2025-01-01", [1.0]),
            ).times
        )
        == 0
    )


@settings(max_examples=25)
@given(st.integers(200, DAYS - 1), st.floats(0.1, 10))
def test_nothing_looks_ahead_and_units_cancel(keep: int, factor: float) -> None:
    rng = np.random.default_rng(3)
    price, interest, hashrate = np.exp(np.cumsum(rng.normal(0, 0.02, (3, DAYS)), axis=1))
    whole, part = scored(price, interest, hashrate)[:keep], scored(price[:keep], interest[:keep], hashrate[:keep])
    np.testing.assert_allclose(whole, part, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(scored(price, interest * factor, hashrate), scored(price, interest, hashrate), atol=1e-6)


def test_weekly_values_stand_for_the_days_after_them_and_eight_at_most() -> None:
    week = line("open_interest_aggregate_usd", "2025-01-05", [1.0, 2.0, 3.0], step=7)
    price = line("btc_price_daily_usd", "2025-01-05", np.ones(30))
    hashrate = line("network_hashrate_daily_eh_s", "2025-01-05", [5.0])
    found = divergence(price, week.times, week.values, hashrate)
    assert found.interest_usd.tolist() == [1.0] * 7 + [2.0] * 7 + [3.0]
    assert np.isfinite(found.hashrate_eh_s).sum() == 9


def test_an_index_begins_at_its_first_known_day() -> None:
    assert indexed(np.array([np.nan, 0.0, 50.0, 75.0]), 0)[2:].tolist() == [100.0, 150.0]
    assert np.isnan(indexed(np.array([np.nan, np.nan]), 0)).all()


# -- migration --------------------------------------------------------------------------------------------------------


def lease(signed: str, it_mw: float) -> SignedLease:
    return SignedLease(operator="Alder", signed=signed, total_usd=1e9, years=10, it_mw=it_mw)


def test_a_lease_counts_from_the_end_of_its_day_month_or_year() -> None:
    assert signed_end_s("2025-12-17") == stamp("2025-12-18")
    assert signed_end_s("2025-12") == stamp("2026-01-01")
    assert signed_end_s("2025") == stamp("2026-01-01")


def test_megawatts_are_cumulated_by_signing_and_undated_ones_told_apart() -> None:
    signed = signed_mw([lease("2025-09-25", 168.0), lease("2025-08-14", 200.0), lease("", 70.0)])
    days = np.array([stamp(day) for day in ("2025-08-14", "2025-08-15", "2025-09-26", "2026-08-16")])
    assert signed.at(days).tolist() == [0.0, 200.0, 368.0, 368.0]
    assert signed.within(days, 365).tolist() == [0.0, 200.0, 368.0, 168.0]
    assert signed.undated_mw == 70.0
    assert signed_mw([]).at(days).tolist() == [0.0] * 4


def test_both_sides_in_gw_on_one_day() -> None:
    hashrate = np.array([1_151.5, 992.3, np.nan, 826.0])
    times = stamp("2025-12-16") + np.arange(4) * DAY
    storm = Event(label="storm", kind="storm", start=utc("2025-12-18"), end=utc("2025-12-30"))
    past = Event(label="past", kind="storm", start=utc("2021-02-13"), end=utc("2021-02-17"))
    found = migration(times, hashrate, [lease("2025-12-17", 245.0)], events=[storm, past], efficiency_j_per_th=20.0)
    assert found.signed_gw.tolist() == [0.0, 0.245, 0.245, 0.245]
    assert found.lost_eh_s.tolist() == pytest.approx([0.0, 159.2, np.nan, 325.5], nan_ok=True)
    assert found.lost_gw[-1] == pytest.approx(6.51)
    assert found.events == (storm,)


def utc(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


@given(st.lists(st.floats(0.1, 2_000), min_size=1, max_size=80))
def test_what_is_lost_is_never_negative_and_nothing_at_a_new_high(values: list[float]) -> None:
    lost = lost_eh_s(np.array(values))
    assert (lost >= 0).all()
    assert (lost[np.array(values) == np.maximum.accumulate(values)] == 0).all()


def test_nothing_to_compare_breaks_nothing() -> None:
    found = migration(
        np.array([], dtype=np.int64), np.array([]), [lease("2025-12-17", 245.0)], efficiency_j_per_th=20.0
    )
    assert len(found.times) == len(found.signed_gw) == 0
