"""Security budget, the price and the fees that match AI, the cost of an attack, concentration of pools."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.economics import security as sec
from minerdesk.economics.mining import revenue_usd_per_mwh
from minerdesk.economics.network import hashprice_btc_per_ph_day, implied_hashrate_eh_s, subsidy_btc


def test_the_budget_published_for_1008_blocks_to_12_january_2026() -> None:
    """Window: the 1,008 blocks up to 2026-01-12, 3,167 BTC; published 41.23 M$ a day, 0.827 % a year, 90.7 $/MWh."""
    found = sec.budget(
        btc_per_day=3_167 / 7,
        btc_price_usd=91_132.0,
        supply=19_974_926.0,
        hashrate_eh_s=1_024.0,
        efficiency_j_per_th=18.5,
    )
    assert found.usd_per_day == pytest.approx(41.23e6, rel=1e-4)
    assert found.share_of_market_cap_per_year == pytest.approx(0.00827, abs=5e-6)
    assert found.usd_per_mwh == pytest.approx(90.7, abs=0.05)


def test_an_unknown_hash_rate_or_supply_leaves_its_figure_out() -> None:
    found = sec.budget(
        btc_per_day=450.0, btc_price_usd=90_000.0, supply=None, hashrate_eh_s=None, efficiency_j_per_th=18.5
    )
    assert (found.share_of_market_cap_per_year, found.usd_per_mwh) == (None, None)


@pytest.mark.parametrize(
    ("height", "btc"),
    [
        (0, 50.0),
        (209_999, 10_500_000.0),
        (210_000, 10_500_025.0),
        (839_999, 19_687_500.0),
        (931_786, 19_687_500.0 + 91_787 * 3.125),
    ],
)
def test_supply_of_a_height(height: int, btc: float) -> None:
    assert sec.supply_btc(height) == btc
    assert sec.supply_through_time(np.array([height], dtype=float))[0] == pytest.approx(btc, rel=1e-12)


def test_supply_ends_under_21_million() -> None:
    assert sec.supply_btc(10_000_000) == pytest.approx(20_999_999.9769, abs=1e-4)
    assert np.isnan(sec.supply_through_time(np.array([np.nan, -5.0]))).all()


@given(st.integers(0, 7_000_000))
def test_a_block_adds_its_subsidy(height: int) -> None:
    assert sec.supply_btc(height + 1) - sec.supply_btc(height) == pytest.approx(subsidy_btc(height + 1), abs=1e-7)


@given(
    ai=st.floats(20, 2_000),
    rate=st.floats(100, 2_000),
    efficiency=st.floats(8, 40),
    subsidy=st.sampled_from([3.125, 1.5625]),
    fees=st.floats(0.0, 1.0),
)
def test_at_the_matching_price_and_fees_mining_earns_what_ai_pays(
    ai: float, rate: float, efficiency: float, subsidy: float, fees: float
) -> None:
    found = sec.match_ai(
        ai_usd_per_mwh=ai,
        hashrate_eh_s=rate,
        efficiency_j_per_th=efficiency,
        subsidy_btc=subsidy,
        fees_btc_per_block=fees,
        btc_price_usd=90_000.0,
    )
    # By another way: the hashprice of a network whose difficulty stands for this hash rate.
    difficulty = rate / implied_hashrate_eh_s(1.0)
    at_price = hashprice_btc_per_ph_day(difficulty, subsidy, fees) * found.btc_price_usd
    assert revenue_usd_per_mwh(at_price, efficiency) == pytest.approx(ai, rel=1e-9)
    if found.fees_btc_per_block is not None:
        at_fees = hashprice_btc_per_ph_day(difficulty, subsidy, found.fees_btc_per_block) * 90_000.0
        assert revenue_usd_per_mwh(at_fees, efficiency) == pytest.approx(ai, rel=1e-9)
    else:
        assert revenue_usd_per_mwh(hashprice_btc_per_ph_day(difficulty, subsidy, 0.0) * 90_000.0, efficiency) > ai


TERMS = sec.AttackTerms(efficiency_j_per_th=18.5, asic_usd_per_th=18.0, power_usd_per_mwh=50.0, hours=24.0)


def test_an_attack_buys_more_than_there_is_and_runs_it() -> None:
    found = sec.attack_cost(1_000.0, TERMS)
    assert found.hashrate_eh_s / (found.hashrate_eh_s + 1_000.0) == pytest.approx(0.51)
    assert found.hardware_usd == pytest.approx(1_040.816 * 1e6 * 18.0, rel=1e-6)
    assert found.energy_mwh == pytest.approx(1_040.816 * 18.5 * 24, rel=1e-6)
    assert found.total_usd == found.hardware_usd + found.energy_usd
    for share in (0.0, 1.0):
        with pytest.raises(ValueError, match="between 0 and 1"):
            sec.attack_cost(
                1_000.0,
                sec.AttackTerms(
                    efficiency_j_per_th=18.5, asic_usd_per_th=18.0, power_usd_per_mwh=50.0, hours=24.0, share=share
                ),
            )


def test_pools_by_their_blocks() -> None:
    found = sec.concentration([("Small", 150), ("Big", 323), ("Mid", 200), ("Rest", 327)])
    assert found is not None
    assert [name for name, _ in found.shares] == ["Rest", "Big", "Mid", "Small"]
    assert found.hhi == pytest.approx(0.327**2 + 0.323**2 + 0.2**2 + 0.15**2)
    assert (found.majority_pools, found.blocks) == (2, 1_000)


@given(st.integers(1, 40))
def test_equal_pools(count: int) -> None:
    found = sec.concentration([(f"P{n}", 7) for n in range(count)])
    assert found is not None
    assert found.hhi == pytest.approx(1 / count)
    assert found.majority_pools == int(np.ceil(0.51 * count - 1e-9))


def test_without_a_block_there_is_no_concentration() -> None:
    assert sec.concentration([]) is None
    assert sec.concentration([("A", 0)]) is None
