"""The watch-list: each condition by hand, rules from conditions, histories, and that nothing looks ahead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_market import DAY, line, stamp

from minerdesk.economics.deals import SignedLease
from minerdesk.economics.gpu_rates import SellerDays
from minerdesk.economics.history import trailing_mean
from minerdesk.economics.inputs import Watch
from minerdesk.economics.leverage import VENUES, Interest, Leverage, change_fraction, z_score
from minerdesk.economics.results import Business
from minerdesk.economics.schema import build
from minerdesk.economics.watch import Evidence, Judged, Rule, State, WatchList, watch
from minerdesk.economics.watch_series import gpu_trend, on_days, rent_trend, retarget_through_time, young_epoch_s
from minerdesk.observations import RateBand, Series
from minerdesk.watch_report import former_epoch_note

DEFAULTS: Watch = build({}).watch
FIRST = "2025-06-01"
OKX = next(venue for venue in VENUES if venue.key == "okx")
#: The difficulty whose network finds a block every ten minutes at 1,000 EH/s.
AT_1000_EH_S = 1_000e18 * 600 / 2**32
UNKNOWN_DIFFICULTY = Series.of("difficulty_epochs", [], [], source="", fetched_at=datetime(2025, 1, 1, tzinfo=UTC))


def evidence(hashrate: Sequence[float] | np.ndarray, **changes: object) -> Evidence:
    series = line("network_hashrate_daily_eh_s", FIRST, hashrate)
    given_: dict[str, object] = {
        "moment": datetime.fromtimestamp(int(series.times[-1]) + DAY, UTC),
        "hashrate": series,
        "week_mean_eh_s": trailing_mean(series.times, series.values),
        "difficulty": UNKNOWN_DIFFICULTY,
    }
    return Evidence(**{**given_, **changes})  # type: ignore[arg-type] # the keyword arguments by name


def judged(found: WatchList, name: str) -> Judged:
    return next(one for rule in found.rules for one in rule.conditions if one.name == name)


def rule(found: WatchList, name: str) -> Rule:
    return next(one for one in found.rules if one.name == name)


def days_of(changes: object) -> list[tuple[str, str]]:
    return [(f"{datetime.fromtimestamp(c.day_s, UTC):%m-%d}", c.state.value) for c in changes]  # type: ignore[attr-defined] # changes


def lease(signed: str, mw: float, rent: float = 150.0, business: Business = Business.COLOCATION) -> SignedLease:
    return SignedLease(
        operator="Alder", signed=signed, business=business, total_usd=rent * 12 * 10 * mw * 1_000, years=10, it_mw=mw
    )


def leverage_of(usd: np.ndarray, first: str = FIRST) -> Leverage:
    times = line("open_interest_daily_usd", first, usd).times
    nothing = np.full(len(usd), np.nan)
    interest = Interest(venue=OKX, source="okx", times=times, usd=usd, btc=nothing)
    return Leverage(
        interest=interest,
        change_7d=nothing,
        change_30d=change_fraction(times, usd, 30),
        change_ytd=nothing,
        share_of_market_cap=usd / 1.8e12,
        z_score=z_score(times, usd),
    )


def test_the_hash_rate_has_to_hold_over_the_floor_for_fourteen_days_in_a_row() -> None:
    rate = np.concatenate([np.full(20, 900.0), np.full(30, 1_100.0), [100.0], np.full(9, 1_100.0)])
    found = judged(watch(evidence(rate), DEFAULTS), "hashrate_7d")
    # The mean of seven days passes 1,000 with the fourth day over (06-24); fourteen days of it end on 07-07.
    # The day of 100 on 07-21 takes the mean under the floor from that day on.
    assert days_of(found.changes) == [("06-05", "quiet"), ("07-07", "triggered"), ("07-21", "quiet")]
    assert (found.state, found.value, found.threshold) == (State.QUIET, pytest.approx(1_100.0), 1_000.0)


def test_a_floor_that_is_reached_exactly_holds() -> None:
    found = judged(watch(evidence(np.full(40, 1_000.0)), DEFAULTS), "hashrate_7d")
    assert found.state is State.TRIGGERED
    assert found.since_s == stamp("2025-06-05") + 13 * DAY


def test_thresholds_are_the_users() -> None:
    rate = np.full(40, 950.0)
    assert judged(watch(evidence(rate), DEFAULTS), "hashrate_7d").state is State.QUIET
    lower = replace(DEFAULTS, hashrate_eh_s=940.0, hashrate_days=1)
    found = judged(watch(evidence(rate), lower), "hashrate_7d")
    assert (found.state, found.since_s) == (State.TRIGGERED, stamp("2025-06-05"))


def test_the_ribbon_turns_with_its_means() -> None:
    rate = np.concatenate([np.full(60, 1_000.0), np.linspace(1_000, 800, 30), np.full(60, 900.0)])
    found = judged(watch(evidence(rate), DEFAULTS), "hash_ribbon")
    assert [state for _, state in days_of(found.changes)] == ["triggered", "quiet", "triggered"]
    assert found.changes[1].day_s == stamp(FIRST) + 61 * DAY  # the first day under a flat year shows the day it falls


def test_the_retarget_follows_the_pace_of_blocks_and_the_first_three_days_keep_the_last_estimate() -> None:
    rate = line("network_hashrate_daily_eh_s", FIRST, np.concatenate([np.full(14, 1_100.0), np.full(14, 990.0)]))
    epochs = Series.of(
        "difficulty_epochs",
        [stamp("2025-06-01"), stamp("2025-06-15")],
        [AT_1000_EH_S, 1.1 * AT_1000_EH_S],
        source="test",
        fetched_at=rate.fetched_at,
    )
    days = rate.times
    estimate = retarget_through_time(rate, epochs, days)
    np.testing.assert_allclose(estimate[2:16], 0.1)
    np.testing.assert_allclose(estimate[16:], -0.1)  # from the end of the third day of the new epoch on
    assert np.isnan(retarget_through_time(rate, epochs, days - 30 * DAY)).all()
    assert np.isnan(retarget_through_time(rate, UNKNOWN_DIFFICULTY, days)).all()


def test_an_epoch_that_is_hardly_observed_is_not_judged() -> None:
    values = np.full(28, 1_000.0)
    values[3:20] = np.nan
    rate = line("network_hashrate_daily_eh_s", FIRST, values)
    epochs = Series.of("difficulty_epochs", [stamp(FIRST)], [AT_1000_EH_S], source="test", fetched_at=rate.fetched_at)
    estimate = retarget_through_time(rate, epochs, rate.times)
    assert np.isfinite(estimate[2])
    assert np.isnan(estimate[10])


def test_megawatts_signed_within_the_window_and_an_old_list_is_not_taken_for_no_demand() -> None:
    leases = [lease("2025-06-10", 200.0), lease("2025-06-20", 100.0)]
    thresholds = replace(DEFAULTS, signed_days=30)
    found = judged(watch(evidence(np.full(60, 1_000.0), leases=leases), thresholds), "mw_signed")
    assert days_of(found.changes) == [
        ("06-10", "quiet"),
        ("06-20", "triggered"),
        ("07-10", "quiet"),
        ("07-20", "unknown"),
    ]
    assert found.state is State.UNKNOWN


def band(panel: str, first_month: str, medians: Sequence[float]) -> RateBand:
    middle = np.array(
        [stamp(first_month) + 15 * DAY + round(k * 30.4) * DAY for k in range(len(medians))], dtype=np.int64
    )
    values = np.array(medians)
    return RateBand(gpu="B200", panel=panel, times=middle, low=values, median=values, high=values)


def test_a_gpu_trend_stays_within_one_panel() -> None:
    old, new = band("a", "2025-01-01", [4.0, 4.0, 4.0, 5.0]), band("b", "2025-04-01", [9.0, 9.0, 9.0, 8.1])
    ends = np.array([stamp("2025-04-10"), stamp("2025-05-10"), stamp("2025-08-10"), stamp("2026-01-01")])
    assert gpu_trend([old, new], None, ends)[:3].tolist() == pytest.approx([0.0, 0.25, -0.1])
    assert np.isnan(gpu_trend([old, new], None, ends)[3])
    assert gpu_trend([old], None, np.array([stamp("2025-04-20")]))[0] == 0, "April is not over"
    assert np.isnan(gpu_trend([], None, ends)).all()


def sellers_of(first_day: str, usd: np.ndarray) -> SellerDays:
    days = stamp(first_day) + np.arange(len(usd)) * DAY
    return SellerDays(days=days, names=tuple("abcdefgh"[: usd.shape[1]]), usd=usd)


def test_the_own_daily_record_of_gpu_rates_goes_before_the_months() -> None:
    daily = sellers_of("2025-04-01", np.linspace(6.0, 7.5, 31)[:, None] + np.array([[-1.0, 0.0, 2.0]]))
    ends = np.array([stamp("2025-05-02"), stamp("2025-04-20")])
    assert gpu_trend([band("a", "2025-02-01", [4.0, 5.0])], daily, ends).tolist() == pytest.approx([0.25, 0.25])
    assert gpu_trend([band("a", "2025-02-01", [4.0, 4.0])], daily, ends).tolist() == pytest.approx([0.25, 0.0])


def test_providers_that_join_the_list_are_no_trend() -> None:
    usd = np.full((31, 6), np.nan)
    usd[:, :3] = 6.0
    usd[20:, 3:] = 2.0, 2.1, 2.2  # the median of all offers falls by a third
    assert gpu_trend([], sellers_of("2025-04-01", usd), np.array([stamp("2025-05-02")])).tolist() == [0.0]


def test_a_rent_trend_weighs_by_load_and_leaves_gpu_clouds_out() -> None:
    leases = [
        lease("2024-06-01", 100.0, 100.0),
        lease("2024-07-01", 300.0, 140.0),
        lease("2025-07-01", 100.0, 156.0),
        lease("2025-07-02", 500.0, 900.0, Business.GPU_CLOUD),
    ]
    ends = np.array([stamp("2025-06-01"), stamp("2025-07-02"), stamp("2025-07-15")])
    # By 2025-07-15 both leases of 2024 lie in the year before: (100 * 100 + 300 * 140) / 400 = 130 against 156.
    assert rent_trend(leases, ends)[-1] == pytest.approx(156 / 130 - 1)
    assert np.isnan(rent_trend(leases, ends)[0])


def test_leverage_is_high_when_share_and_change_both_are() -> None:
    usd = np.concatenate([np.tile([10e9, 10.2e9], 100), np.full(10, 12e9)])
    found = watch(evidence(np.full(210, 1_000.0), leverage=leverage_of(usd)), DEFAULTS)
    assert rule(found, "leverage").state is State.TRIGGERED
    assert rule(found, "leverage").since_s == stamp(FIRST) + 200 * DAY
    assert found.triggered == (rule(found, "leverage"),)
    assert "OKX" in found.interest_covers


def test_a_rule_is_quiet_when_one_condition_fails_and_unknown_when_none_fails_but_one_is_untold() -> None:
    falling = np.concatenate([np.full(100, 1_100.0), np.linspace(1_100, 1_050, 40)])
    found = watch(evidence(falling), DEFAULTS)
    assert judged(found, "next_retarget").state is State.UNKNOWN
    assert rule(found, "hashrate_back").state is State.QUIET, "the ribbon fails, whatever the retarget"
    assert rule(found, "ai_demand").state is State.UNKNOWN
    assert rule(found, "ai_demand").since_s is None
    rising = np.linspace(1_000, 1_100, 140)
    assert rule(watch(evidence(rising), DEFAULTS), "hashrate_back").state is State.UNKNOWN


def test_a_condition_that_is_off_counts_in_no_rule_and_a_rule_without_any_is_off() -> None:
    rising = np.linspace(1_000, 1_100, 140)
    without = replace(DEFAULTS, retarget_on=False)
    found = watch(evidence(rising), without)
    assert rule(found, "hashrate_back").state is State.TRIGGERED
    assert judged(found, "next_retarget").state is State.OFF
    none = replace(without, hashrate_on=False, ribbon_on=False)
    assert rule(watch(evidence(rising), none), "hashrate_back").state is State.OFF
    assert rule(watch(evidence(rising), none), "hashrate_back").since_s is None


def test_a_record_that_ends_is_held_for_eight_days_and_then_unknown() -> None:
    rising = evidence(np.linspace(1_000, 1_100, 140))
    later = replace(DEFAULTS, retarget_on=False)
    for days, state in ((8, State.TRIGGERED), (9, State.UNKNOWN)):
        moment = datetime.fromtimestamp(int(rising.hashrate.times[-1]) + (days + 1) * DAY, UTC)
        found = watch(
            Evidence(
                moment=moment,
                hashrate=rising.hashrate,
                week_mean_eh_s=rising.week_mean_eh_s,
                difficulty=UNKNOWN_DIFFICULTY,
            ),
            later,
        )
        assert rule(found, "hashrate_back").state is state


def test_a_gap_is_unknown_and_a_spike_counts_as_it_is() -> None:
    rate = np.full(60, 1_100.0)
    rate[20:35] = np.nan
    found = judged(watch(evidence(rate), replace(DEFAULTS, hashrate_days=1)), "hashrate_7d")
    assert [state for _, state in days_of(found.changes)] == ["triggered", "unknown", "triggered"]
    spiked = np.full(60, 900.0)
    spiked[30] = 90_000.0
    assert judged(watch(evidence(spiked), DEFAULTS), "hashrate_7d").state is State.QUIET


def test_nothing_at_all_is_unknown_and_breaks_nothing() -> None:
    empty = Series.of("network_hashrate_daily_eh_s", [], [], source="", fetched_at=datetime(2026, 1, 1, tzinfo=UTC))
    found = watch(
        Evidence(
            moment=datetime(2026, 1, 1, tzinfo=UTC),
            hashrate=empty,
            week_mean_eh_s=np.array([]),
            difficulty=UNKNOWN_DIFFICULTY,
        ),
        DEFAULTS,
    )
    assert [one.state for one in found.rules] == [State.UNKNOWN] * 3
    assert all(one.value is None for one_rule in found.rules for one in one_rule.conditions)


@settings(max_examples=25)
@given(st.lists(st.floats(800, 1_200), min_size=100, max_size=140), st.integers(70, 99))
def test_the_history_of_a_rule_is_what_it_would_have_said_then(values: list[float], keep: int) -> None:
    whole, part = watch(evidence(values), DEFAULTS), watch(evidence(values[:keep]), DEFAULTS)
    until = stamp(FIRST) + keep * DAY
    for one, other in zip(whole.rules, part.rules, strict=True):
        assert tuple(change for change in one.changes if change.day_s < until) == other.changes


def test_the_newest_known_value_stands_until_it_is_too_old() -> None:
    times, days = np.array([0, 7 * DAY]), np.arange(20) * DAY
    held = on_days(times, np.array([1.0, 2.0]), days)
    assert held[:16].tolist() == [1.0] * 7 + [2.0] * 9
    assert np.isnan(held[16:]).all()


def test_a_new_epoch_that_is_too_young_is_named() -> None:
    epochs = Series.of(
        "difficulty_epochs",
        [stamp(FIRST), stamp("2025-06-15")],
        [AT_1000_EH_S, AT_1000_EH_S],
        source="test",
        fetched_at=datetime(2025, 7, 1, tzinfo=UTC),
    )
    days = stamp(FIRST) + np.arange(30, dtype=np.int64) * DAY
    young = [young_epoch_s(epochs, days[: count + 1]) for count in range(30)]
    began = stamp("2025-06-15")
    assert young == [None] * 13 + [began] * 3 + [None] * 14, "the first epoch has none before it"
    found = watch(evidence(np.full(15, 1_000.0), difficulty=epochs), DEFAULTS)
    assert former_epoch_note(found).startswith("Next retarget: a new epoch began on 15")
    older = watch(evidence(np.full(17, 1_000.0), difficulty=epochs), DEFAULTS)
    assert former_epoch_note(older) == ""
    assert young_epoch_s(UNKNOWN_DIFFICULTY, days) is None
