"""The drivers of the plan: halvings on their heights, difficulty that grows or follows, hashprice, power, GPU rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_plan import case_of

from minerdesk.economics.network import hashprice_after_exit, hashprice_btc_per_ph_day, subsidy_sats
from minerdesk.economics.plan.drivers import (
    BLOCKS_PER_MONTH,
    base_drivers,
    difficulty_ratio,
    halving_months,
    hashprice_path,
    subsidy_ratio,
)


@given(st.integers(0, 6_900_000), st.integers(1, 240))
def test_the_subsidy_of_a_month_is_the_mean_of_its_blocks(tip: int, months: int) -> None:
    """Against Bitcoin's own rule, block by block but in steps that no era is shorter than."""
    assert BLOCKS_PER_MONTH == 4_380
    ratio = subsidy_ratio(tip, months)
    first = tip + 1 + BLOCKS_PER_MONTH * (months - 1)
    start, end = subsidy_sats(first), subsidy_sats(first + BLOCKS_PER_MONTH - 1)
    if start == end:
        mean = float(start)
    else:
        before = 210_000 - first % 210_000
        mean = (start * before + end * (BLOCKS_PER_MONTH - before)) / BLOCKS_PER_MONTH
    # the rule rounds down to satoshis, which is left out here
    assert ratio[-1] == pytest.approx(mean / subsidy_sats(tip + 1), abs=1.5 / subsidy_sats(tip + 1))


def test_after_the_last_satoshi_there_is_none_and_without_a_tip_no_halving() -> None:
    assert not subsidy_ratio(6_930_000, 12).any()
    assert subsidy_ratio(None, 3).tolist() == [1, 1, 1]


def test_halvings_are_counted_from_the_tip() -> None:
    case = case_of(tip=932_640)
    assert halving_months(case) == (26, 74, 122, 170, 218)
    assert [case.month_date(month).isoformat() for month in halving_months(case)[:2]] == ["2028-03-01", "2032-03-01"]
    assert halving_months(case_of(tip=None)) == ()
    assert halving_months(case_of(tip=1_049_998))[0] == 0, "the next block but one halves"
    assert halving_months(case_of(tip=1_049_999))[0] == 47


def growth_case(**more):
    return case_of({"plan.difficulty_mode": "growth", **more})


def test_the_path_starts_from_today_and_has_the_desks_formula() -> None:
    case = growth_case(**{"plan.btc_growth_fraction_a_year": 0.2, "plan.difficulty_growth_fraction_a_year": 0.3})
    drivers = base_drivers(case)
    assert drivers.hashprice_usd_per_ph_day[0] == pytest.approx(case.hashprice_usd_per_ph_day)
    assert drivers.btc_price_usd[12] == pytest.approx(95_546 * 1.2)
    later = hashprice_btc_per_ph_day(146.47e12 * 1.3**5, 1.5625, 0.019) * 95_546 * 1.2**5
    assert drivers.hashprice_usd_per_ph_day[60] == pytest.approx(later)


def test_fees_grow_in_btc_and_weigh_more_after_halvings() -> None:
    drivers = base_drivers(growth_case(**{"plan.fees_growth_fraction_a_year": 0.5}))
    expected = hashprice_btc_per_ph_day(146.47e12, 1.5625, 0.019 * 1.5**4) * 95_546
    assert drivers.hashprice_usd_per_ph_day[48] == pytest.approx(expected)


@pytest.mark.parametrize(("elasticity", "left"), [(0.0, 0.5), (0.5, 0.5**0.5), (1.0, 1.0)])
def test_difficulty_follows_the_reward_as_far_as_its_elasticity(elasticity: float, left: float) -> None:
    case = case_of(
        {"plan.difficulty_elasticity": elasticity, "plan.difficulty_lag_months": 0.0}, fees_btc_per_block=0.0
    )
    path = base_drivers(case).hashprice_usd_per_ph_day
    assert path[40] / path[0] == pytest.approx(left)


def test_difficulty_lags_by_its_time() -> None:
    case = case_of({"plan.difficulty_elasticity": 1.0, "plan.difficulty_lag_months": 6.0})
    reward = np.full(60, 0.5)
    ratio = difficulty_ratio(case, reward)
    assert np.log(ratio[5]) / np.log(0.5) == pytest.approx(1 - np.exp(-1)), "63 % of the way after six months"
    assert ratio[59] == pytest.approx(0.5, rel=1e-3)
    both = difficulty_ratio(case, np.stack([reward, np.ones(60)]))
    assert both[0] == pytest.approx(ratio)
    assert both[1] == pytest.approx(np.ones(60))
    assert difficulty_ratio(case, reward, np.log(1.1)) == pytest.approx(1.1 * ratio)


def test_the_share_that_leaves_raises_hashprice_for_the_rest() -> None:
    gone = {"plan.hash_leaving_fraction": 0.15, "plan.hash_leaving_months": 24.0}
    stays = base_drivers(growth_case()).hashprice_usd_per_ph_day
    path = base_drivers(growth_case(**gone)).hashprice_usd_per_ph_day
    assert path[0] == pytest.approx(stays[0])
    assert path[12] == pytest.approx(hashprice_after_exit(stays[12], 0.075))
    assert path[24:] == pytest.approx(stays[24:] / 0.85)
    at_once = base_drivers(growth_case(**{**gone, "plan.hash_leaving_months": 0.0})).hashprice_usd_per_ph_day
    assert at_once == pytest.approx(stays / 0.85)


def test_a_typed_hashprice_moves_on_by_the_same_ratios() -> None:
    known, typed = growth_case(), case_of({"plan.difficulty_mode": "growth"}, hashprice=39.53)
    ratio = base_drivers(known).hashprice_usd_per_ph_day / known.hashprice_usd_per_ph_day
    assert base_drivers(typed).hashprice_usd_per_ph_day == pytest.approx(39.53 * ratio)
    nothing = {"difficulty": None, "btc_price_usd": None, "subsidy_btc": None, "fees_btc_per_block": None}
    alone = base_drivers(case_of({"plan.difficulty_mode": "growth"}, hashprice=39.53, **nothing))
    assert np.isnan(alone.btc_price_usd).all()
    assert alone.hashprice_usd_per_ph_day[[0, 40]] == pytest.approx([39.53, 39.53 / 2])


def test_power_and_gpu_rates_move_as_typed() -> None:
    values = {
        "plan.power_escalation_fraction_a_year": 0.02,
        "power.adder_usd_per_mwh": 10.0,
        "plan.gpu_rate_decay_fraction_a_year": 0.2,
    }
    drivers = base_drivers(case_of(values))
    assert drivers.power_usd_per_mwh[[0, 11, 12, 239]] == pytest.approx([60, 60, 61.2, 60 * 1.02**19])
    assert drivers.gpu_rate_usd_per_gpu_hour[[0, 12, 18]] == pytest.approx([2.9, 2.32, 2.9 * 0.8**1.5])
    assert set(drivers.gpu_utilisation_fraction) == {0.85}
    assert drivers.months == 240


def test_paths_of_hashprice_are_each_their_own() -> None:
    case, rising = case_of(), np.linspace(1, 3, 240)
    paths = hashprice_path(case, np.stack([np.ones(240), rising]))
    assert paths[0] == pytest.approx(base_drivers(case).hashprice_usd_per_ph_day)
    assert paths[1] == pytest.approx(hashprice_path(case, rising))
