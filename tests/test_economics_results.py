"""The whole model: the reference case, the breakevens, and what must hold for any inputs."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.economics import schema
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.results import Business, NetworkState, Results, evaluate, network_state

HASHPRICE = 39.53
NETWORK = network_state(
    difficulty=146.47e12,
    btc_price_usd=91_132,
    subsidy_btc=3.125,
    fees_btc_per_block=0.017,
    typed_hashprice_usd_per_ph_day=HASHPRICE,
)


def run(network: NetworkState = NETWORK, **values: Any) -> Results:
    return evaluate(schema.build({key.replace("__", "."): value for key, value in values.items()}), network)


@pytest.mark.parametrize(
    ("business", "values", "mwh", "revenue", "net", "after"),
    [
        (Business.MINING, {}, 849_720, 89.189, 39.189, 39.189),
        (
            Business.MINING,
            {"mining__efficiency_j_per_th": 13.5, "mining__asic_price_usd_per_th": 25.70},
            849_720,
            115.615,
            65.615,
            -9.1,
        ),
        (
            Business.MINING,
            {"mining__efficiency_j_per_th": 13.5, "mining__asic_price_usd_per_th": 18.38},
            849_720,
            115.615,
            65.615,
            12.2,
        ),
        (Business.COLOCATION, {}, 876_000, 158.061, 134.352, 18.9),
        (Business.COLOCATION, {"colo__power_passed_through": False}, 876_000, 158.061, 84.352, -31.1),
        (Business.GPU_CLOUD, {}, 876_000, 1135.94, 928.1, 239.86),
    ],
)
def test_reference_case(
    business: Business, values: dict[str, Any], mwh: float, revenue: float, net: float, after: float
) -> None:
    result = run(**values).businesses[business]
    assert result.mwh_per_year == pytest.approx(mwh)
    assert result.revenue_usd_per_mwh == pytest.approx(revenue, rel=1e-5)
    assert result.net_of_opex_usd_per_mwh == pytest.approx(net, rel=1e-4)
    assert result.after_capital_usd_per_mwh == pytest.approx(after, abs=0.05)


def test_reference_case_per_mw_year_and_its_turning_points() -> None:
    results = run()
    kept = {business: result.after_capital_usd_per_mw_year for business, result in results.businesses.items()}
    assert kept[Business.MINING] == pytest.approx(332_997, abs=1)
    assert kept[Business.COLOCATION] == pytest.approx(165_586, abs=1)
    assert kept[Business.GPU_CLOUD] == pytest.approx(2_101_153, abs=1)
    assert results.breakevens.gpu_rate_usd_per_gpu_hour == pytest.approx(2.384704, abs=1e-6)
    assert results.breakevens.colo_rent_usd_per_kw_month == pytest.approx(171.337, abs=5e-4)
    assert results.breakevens.hashprice_equal_to_colocation_usd_per_ph_day == pytest.approx(30.798, abs=5e-4)
    assert results.breakevens.gpu_own_breakeven_usd_per_gpu_hour == pytest.approx(2.28766, abs=1e-5)
    assert [result.business for result in results.ranking()][:2] == [Business.GPU_CLOUD, Business.MINING]


def test_per_mwh_instead_of_per_mw_year_would_turn_elsewhere() -> None:
    """The megawatt is the scarce thing: mining runs 97 % of the year, so equal $/MWh is not indifference."""
    kept = run().businesses[Business.MINING].after_capital_usd_per_mwh
    cloud = [run(gpu__rate_usd_per_gpu_hour=rate).businesses[Business.GPU_CLOUD] for rate in (2.0, 3.0)]
    rent = [run(colo__rent_usd_per_kw_month=rent).businesses[Business.COLOCATION] for rent in (100.0, 200.0)]

    def crossing(low: float, high: float, at_low: float, at_high: float) -> float:
        return low + (high - low) * (kept - at_low) / (at_high - at_low)

    values = [result.after_capital_usd_per_mwh for result in (*cloud, *rent)]
    assert crossing(2.0, 3.0, values[0], values[1]) == pytest.approx(2.387705, abs=1e-6)
    assert crossing(100.0, 200.0, values[2], values[3]) == pytest.approx(172.649, abs=5e-4)


def test_short_run_breakevens() -> None:
    breakevens = run().breakevens
    assert breakevens.power_usd_per_mwh == pytest.approx(89.189, abs=5e-4)
    assert breakevens.hashprice_usd_per_ph_day == pytest.approx(0.024 * 17.5 * 1.05 * 50 / 0.995)
    assert NETWORK.hashprice_btc_per_ph_day is not None
    assert breakevens.btc_price_usd == pytest.approx(
        breakevens.hashprice_usd_per_ph_day / NETWORK.hashprice_btc_per_ph_day  # type: ignore[operator] # not None here
    )


def test_the_adder_is_part_of_the_power_price() -> None:
    with_adder = run(power__price_usd_per_mwh=30.0, power__adder_usd_per_mwh=20.0)
    assert with_adder.businesses == run().businesses
    assert with_adder.breakevens == run().breakevens


def test_a_typed_hashprice_overrides_and_btc_follows_from_the_price() -> None:
    assert NETWORK.hashprice_usd_per_ph_day == HASHPRICE
    assert NETWORK.hashprice_btc_per_ph_day == pytest.approx(HASHPRICE / 91_132)


def test_computed_hashprice_of_mid_january_2026() -> None:
    state = network_state(
        difficulty=146_472_570_619_930.78, btc_price_usd=95_546.14, subsidy_btc=3.125, fees_btc_per_block=0.0229
    )
    assert state.hashprice_usd_per_ph_day == pytest.approx(41.3, abs=0.05)
    assert state.implied_hashrate_eh_s == pytest.approx(1048.49, abs=0.01)


def test_without_a_network_mining_is_missing_and_the_rest_stands() -> None:
    results = run(network_state(difficulty=None, btc_price_usd=None, subsidy_btc=None, fees_btc_per_block=None))
    assert Business.MINING not in results.businesses
    assert len(results.ranking()) == 3
    assert results.breakevens.power_usd_per_mwh is None
    assert results.breakevens.gpu_own_breakeven_usd_per_gpu_hour == pytest.approx(2.28766, abs=1e-5)


def test_no_root_is_said_as_none() -> None:
    assert run(colo__opex_fraction_of_rent=1.0).breakevens.colo_rent_usd_per_kw_month is None
    assert run(gpu__utilisation_fraction=0.0).breakevens.gpu_rate_usd_per_gpu_hour is None
    hopeless = run(colo__capex_usd_per_it_mw=90e6)
    assert hopeless.breakevens.hashprice_equal_to_colocation_usd_per_ph_day is None


inputs = st.fixed_dictionaries(
    {
        "power.price_usd_per_mwh": st.floats(-100, 400),
        "site.capacity_mw": st.floats(0.1, 900),
        "mining.efficiency_j_per_th": st.floats(5, 100),
        "mining.site_overhead": st.floats(1, 1.5),
        "mining.uptime_fraction": st.floats(0.1, 1),
        "mining.pool_fee_fraction": st.floats(0, 0.1),
        "mining.asic_price_usd_per_th": st.floats(0, 60),
        "gpu.rate_usd_per_gpu_hour": st.floats(0, 20),
        "gpu.utilisation_fraction": st.floats(0.05, 1),
        "colo.rent_usd_per_kw_month": st.floats(0, 400),
        "colo.pue": st.floats(1, 2),
        "colo.load_factor": st.floats(0.2, 1),
        "colo.power_passed_through": st.booleans(),
        "colo.opex_fraction_of_rent": st.floats(0, 0.5),
    }
)


@given(inputs, st.floats(1, 500))
def test_at_each_turning_point_both_sides_are_equal(values: dict[str, Any], hashprice: float) -> None:
    built = schema.build(values)
    results = evaluate(built, _typed(hashprice))
    turning, mined = results.breakevens, results.businesses[Business.MINING]
    scale = 1e-6 * (1 + abs(mined.after_capital_usd_per_mw_year) + 8760 * abs(built.power.price_usd_per_mwh) + 1e7)
    if turning.gpu_rate_usd_per_gpu_hour is not None:
        gpu = replace(built.gpu, rate_usd_per_gpu_hour=turning.gpu_rate_usd_per_gpu_hour)
        assert _gap(replace(built, gpu=gpu), hashprice, Business.GPU_CLOUD) == pytest.approx(0, abs=scale)
    if turning.colo_rent_usd_per_kw_month is not None:
        colo = replace(built.colo, rent_usd_per_kw_month=turning.colo_rent_usd_per_kw_month)
        assert _gap(replace(built, colo=colo), hashprice, Business.COLOCATION) == pytest.approx(0, abs=scale)
    equal = turning.hashprice_equal_to_colocation_usd_per_ph_day
    if equal is not None:
        assert _gap(built, equal, Business.COLOCATION) == pytest.approx(0, abs=scale)
    if turning.hashprice_usd_per_ph_day is not None:
        at_breakeven = evaluate(built, _typed(turning.hashprice_usd_per_ph_day)).businesses[Business.MINING]
        assert at_breakeven.net_of_power_usd_per_mwh == pytest.approx(0, abs=1e-9 * (1 + built.power.price_usd_per_mwh))


@given(inputs, st.floats(1, 500), st.floats(0.01, 200))
def test_a_dearer_mwh_never_raises_profit(values: dict[str, Any], hashprice: float, more: float) -> None:
    dearer = {**values, "power.price_usd_per_mwh": values["power.price_usd_per_mwh"] + more}
    before, after = evaluate(schema.build(values), _typed(hashprice)), evaluate(schema.build(dearer), _typed(hashprice))
    for business, result in before.businesses.items():
        assert after.businesses[business].after_capital_usd_per_mw_year <= result.after_capital_usd_per_mw_year
    assert (
        after.businesses[Business.MINING].after_capital_usd_per_mwh
        < before.businesses[Business.MINING].after_capital_usd_per_mwh
    )


@given(inputs, st.floats(1, 500), st.floats(0.01, 100))
def test_a_larger_site_changes_no_figure_per_mwh_or_mw(values: dict[str, Any], hashprice: float, factor: float) -> None:
    larger = {**values, "site.capacity_mw": values["site.capacity_mw"] * factor}
    small, large = evaluate(schema.build(values), _typed(hashprice)), evaluate(schema.build(larger), _typed(hashprice))
    assert large.breakevens == small.breakevens or _close(large, small)
    for business, result in small.businesses.items():
        scaled = large.businesses[business]
        assert scaled.mwh_per_year == pytest.approx(result.mwh_per_year * factor)
        assert scaled.after_capital_usd_per_mwh == pytest.approx(result.after_capital_usd_per_mwh)
        assert scaled.after_capital_usd_per_mw_year == pytest.approx(result.after_capital_usd_per_mw_year)


def _close(one: Results, other: Results) -> bool:
    pairs = zip(vars(one.breakevens).values(), vars(other.breakevens).values(), strict=True)
    return all(
        a == b or (a is not None and b is not None and a == pytest.approx(b, rel=1e-6, abs=1e-6)) for a, b in pairs
    )


def _typed(hashprice: float) -> NetworkState:
    return replace(NETWORK, hashprice_usd_per_ph_day=hashprice)


def _gap(built: Inputs, hashprice: float, business: Business) -> float:
    businesses = evaluate(built, _typed(hashprice)).businesses
    return (
        businesses[business].after_capital_usd_per_mw_year - businesses[Business.MINING].after_capital_usd_per_mw_year
    )
