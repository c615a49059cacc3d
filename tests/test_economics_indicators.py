"""Indicators: hand values, crosses of the ribbons, the halving in the Puell multiple, gaps, zeros and spikes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sample_network import DIFFICULTY, FIRST, days, line, network

from minerdesk.economics import indicators as ind
from minerdesk.economics.indicators import KnownMachine, MiningTerms, RibbonState
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.units import SECONDS_PER_DAY

CAPITULATION, RECOVERY, EXPANSION = RibbonState.CAPITULATION, RibbonState.RECOVERY, RibbonState.EXPANSION


def test_means_over_one_to_sixty_days_of_a_rising_line() -> None:
    times, values = days(60), np.arange(60, dtype=float)
    found = ind.means(times, values)
    assert [found[n][-1] for n in (1, 7, 30, 60)] == pytest.approx([59.0, 56.0, 44.5, 29.5])


def test_the_first_day_over_a_threshold() -> None:
    times = days(4)
    assert ind.first_over(times, np.array([np.nan, 999.0, 1000.0, 990.0]), 1000.0) == times[2]
    assert ind.first_over(times, np.full(4, np.nan), 1000.0) is None


# -- hash ribbons -----------------------------------------------------------------------------------------------------


def fall_and_return() -> np.ndarray:
    return np.concatenate([np.full(100, 1000.0), np.full(40, 800.0), np.full(120, 1100.0)])


def test_ribbons_cross_down_in_a_fall_and_back_in_the_return() -> None:
    times, rate = days(260), fall_and_return()
    found = ind.hash_ribbons(times, rate)
    # One low day already pulls the shorter mean under the longer one.
    assert found.falls == (times[100],)
    short = np.array([rate[max(0, i - 29) : i + 1].mean() for i in range(260)])
    long = np.array([rate[max(0, i - 59) : i + 1].mean() for i in range(260)])
    back = next(i for i in range(101, 260) if short[i] >= long[i])
    assert found.rises == (times[back],)
    regained = next(i for i in range(back, 260) if short[i] >= short[100])
    assert [(span.state, span.start_s) for span in found.spans] == [
        (CAPITULATION, times[100]),
        (RECOVERY, times[back]),
    ]
    assert found.spans[1].end_s == times[regained]
    assert found.states[back - 1 : back + 1] == (CAPITULATION, RECOVERY)
    assert found.state is EXPANSION
    assert found.since == times[regained]


def test_a_recovery_lasts_a_day_at_least_and_ends_in_the_next_fall() -> None:
    rate = np.concatenate([np.full(100, 1000.0), np.full(30, 800.0), np.full(22, 1000.0), np.full(40, 500.0)])
    found = ind.hash_ribbons(days(len(rate)), rate)
    assert len(found.falls) == len(found.rises) + 1 == 2
    assert found.state is CAPITULATION


def test_equal_means_are_no_capitulation_and_no_data_has_no_state() -> None:
    assert ind.hash_ribbons(days(100), np.full(100, 5.0)).state is EXPANSION
    steady = ind.hash_ribbons(days(400), np.full(400, 1_002.146))  # its running sums don't come out even
    assert (set(steady.states), steady.spans) == ({None, EXPANSION}, ())
    empty = ind.hash_ribbons(days(0), np.empty(0))
    assert (empty.state, empty.since, empty.spans) == (None, None, ())
    short = ind.hash_ribbons(days(20), np.full(20, 5.0))
    assert (short.state, set(short.states)) == (None, {None})


def test_a_gap_in_the_record_ends_a_span_and_invents_no_cross() -> None:
    rate = fall_and_return()
    keep = np.ones(260, dtype=bool)
    keep[110:180] = False
    found = ind.hash_ribbons(days(260)[keep], rate[keep])
    assert found.falls == (days(260)[100],)
    assert found.rises == ()
    first = found.spans[0]
    assert (first.state, first.end_s) == (CAPITULATION, days(260)[109] + SECONDS_PER_DAY)
    assert None in found.states


@settings(deadline=None, max_examples=40)
@given(arrays(np.float64, st.integers(61, 200), elements=st.floats(0, 2000)), st.integers(61, 200))
def test_nothing_looks_ahead(rate: np.ndarray, cut: int) -> None:
    """The indicators of a record cut at a day are those of the whole record up to that day."""
    times, cut = days(len(rate)), min(cut, len(rate))
    whole, part = ind.hash_ribbons(times, rate), ind.hash_ribbons(times[:cut], rate[:cut])
    assert part.states == whole.states[:cut]
    assert ind.puell_multiple(times[:cut], rate[:cut]) == pytest.approx(
        ind.puell_multiple(times, rate)[:cut], nan_ok=True
    )
    assert set(ind.odd_days(times[:cut], rate[:cut])) == {
        t for t in ind.odd_days(times, rate) if t < times[cut - 1] + 1
    }


@settings(deadline=None, max_examples=40)
@given(arrays(np.float64, 150, elements=st.floats(0.1, 2000)), st.integers(-10, 10))
def test_the_state_hangs_on_no_unit(rate: np.ndarray, power: int) -> None:
    """A power of two changes no rounding, so the crosses stay where they are."""
    times = days(150)
    assert ind.hash_ribbons(times, rate * 2.0**power).states == ind.hash_ribbons(times, rate).states


# -- odd days ---------------------------------------------------------------------------------------------------------


def test_a_zero_and_a_spike_stand_out_and_stay_in_the_record() -> None:
    rate = np.full(60, 1000.0)
    rate[40], rate[50] = 0.0, 9_000.0
    assert list(ind.odd_days(days(60), rate)) == [days(60)[40], days(60)[50]]
    assert list(ind.odd_days(days(60), np.full(60, 1000.0))) == []
    assert list(ind.odd_days(days(0), np.empty(0))) == []


# -- difficulty, blocks, issuance -------------------------------------------------------------------------------------


def test_the_difficulty_ribbon_follows_a_retarget_the_short_means_first() -> None:
    epochs = line("difficulty_epochs", [FIRST, FIRST + 300 * SECONDS_PER_DAY], [100e12, 80e12])
    end = FIRST + 310 * SECONDS_PER_DAY
    times, daily = ind.difficulty_by_day(epochs, end)
    assert (times[-1], len(times)) == (end - SECONDS_PER_DAY, 310)
    ribbon = ind.difficulty_ribbon(times, daily)
    last = [ribbon[n][-1] for n in ind.DIFFICULTY_RIBBON_DAYS]
    # Ends of ten days (299 to 308) lie under the new difficulty, the last 11 with day 299's end on the retarget.
    assert last[0] == pytest.approx(80e12)
    assert last[-1] == pytest.approx((11 * 80e12 + 189 * 100e12) / 200)
    assert last == sorted(last)


def test_difficulty_is_not_drawn_on_beyond_twenty_days() -> None:
    epochs = line("difficulty_epochs", [FIRST], [100e12])
    _, daily = ind.difficulty_by_day(epochs, FIRST + 40 * SECONDS_PER_DAY)
    assert np.isfinite(daily).sum() == 20
    assert len(ind.difficulty_by_day(line("difficulty_epochs", [], []), FIRST)[0]) == 0


def test_blocks_come_back_out_of_the_hash_rate_they_made() -> None:
    implied = implied_hashrate_eh_s(DIFFICULTY)
    series = network([implied, implied * 130 / 144, 0.0])
    found = ind.blocks_per_day(series["network_hashrate_daily_eh_s"], series["difficulty_epochs"])
    assert found == pytest.approx([144.0, 130.0, 0.0])


def test_puell_of_a_constant_is_one_and_after_a_halving_as_reckoned() -> None:
    issuance = np.concatenate([np.full(400, 144 * 6.25 * 60_000.0), np.full(30, 144 * 3.125 * 60_000.0)])
    found = ind.puell_multiple(days(430), issuance)
    assert found[399] == pytest.approx(1.0)
    assert found[400] == pytest.approx(0.500686, abs=5e-7)
    assert np.isnan(found[100])
    assert np.isnan(ind.puell_multiple(days(400), np.zeros(400))).all()


def test_fee_share() -> None:
    assert ind.fee_share(np.array([3.125, 0.0]), np.array([0.03125, 0.0])) == pytest.approx(
        [1 / 101, np.nan], nan_ok=True
    )


# -- tiers ------------------------------------------------------------------------------------------------------------

TERMS = MiningTerms(power_usd_per_mwh=50.0)
MACHINES = (
    KnownMachine(model="Old", efficiency_j_per_th=34.0, released_s=FIRST),
    KnownMachine(model="New", efficiency_j_per_th=13.5, released_s=FIRST + 5 * SECONDS_PER_DAY),
    KnownMachine(model="Undated", efficiency_j_per_th=9.0, released_s=None),
)


@pytest.mark.parametrize(("tier", "published"), [(17.0, 96.89), (22.0, 74.87), (32.0, 51.47)])
def test_tiers_earn_what_a_public_index_says_of_them(tier: float, published: float) -> None:
    (found,) = ind.tier_revenues(np.array([39.53]), {"tier": tier}, TERMS).values()
    assert found[0] == pytest.approx(published, abs=0.005)


def test_the_share_under_water_counts_models_that_were_there() -> None:
    times = days(10)
    # 50 $/MWh and 39.53 $/PH/day: the breakeven is at 32.94 J/TH.
    share = ind.share_under_water(MACHINES, times, np.full(10, 39.53), TERMS)
    assert list(share) == [1.0] * 5 + [0.5] * 5
    assert TERMS.breakeven_j_per_th(np.array([39.53]))[0] == pytest.approx(32.942, abs=1e-3)
    free = MiningTerms(power_usd_per_mwh=-5.0)
    assert list(ind.share_under_water(MACHINES, times, np.full(10, 39.53), free)) == [0.0] * 10
    assert np.isnan(ind.share_under_water(MACHINES, times, np.full(10, np.nan), TERMS)).all()
    assert np.isnan(ind.share_under_water((), times, np.full(10, 39.53), TERMS)).all()


def test_a_machine_counts_from_its_release() -> None:
    assert [one.model for one in ind.released_by(MACHINES, FIRST + 1)] == ["Old"]


def test_the_cost_of_a_bitcoin_is_its_power() -> None:
    """At its own cost of production a machine earns exactly its power: two formulas, one answer."""
    hashprice_btc = np.array([4.3e-4])
    terms = MiningTerms(power_usd_per_mwh=60.0, site_overhead=1.05, pool_fee_fraction=0.005)
    (cost,) = ind.production_cost_usd_per_btc(hashprice_btc, 17.5, terms)
    assert cost == pytest.approx(0.024 * 17.5 * 1.05 * 60.0 / (4.3e-4 * 0.995))
    assert terms.revenue_usd_per_mwh(hashprice_btc * cost, 17.5)[0] == pytest.approx(60.0)
