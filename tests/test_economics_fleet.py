"""The fleet as a merit order: breakevens, what is under water, the three cases of a megawatt, bad rows."""

import math
import time

import numpy as np
import pytest

from minerdesk.economics import schema
from minerdesk.economics.capital import capital_recovery_factor
from minerdesk.economics.fleet import Fleet
from minerdesk.economics.machines import MOST_ROWS, MachineClass, Machines, check_rows, default_class
from minerdesk.economics.mining import breakeven_hashprice_usd_per_ph_day
from minerdesk.economics.results import Business, NetworkState, evaluate

BARE = {"mining.site_overhead": 1.0, "mining.pool_fee_fraction": 0.0}
HASHPRICE = 39.53


def machine(efficiency=17.5, count=1_000.0, **more):
    return MachineClass(model=f"{efficiency} J/TH", count=count, hashrate_th_s=200, power_w=200 * efficiency, **more)


def fleet(*classes, hashprice=HASHPRICE, **values):
    """Return a fleet; inputs are given like power__price_usd_per_mwh=50.0."""
    inputs = schema.build({key.replace("__", "."): value for key, value in values.items()})
    return Fleet(machines=Machines.of(classes), inputs=inputs, hashprice_usd_per_ph_day=hashprice)


# -- one class ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("efficiency", "expected"),
    [(9.5, 173.38), (13.5, 122.01), (17, 96.89), (17.5, 94.12), (21.5, 76.61), (22, 74.87), (29.5, 55.83), (32, 51.47)],
)
def test_the_breakeven_power_price_without_overhead_and_fee(efficiency, expected):
    found = fleet(machine(efficiency), **BARE).breakeven_usd_per_mwh
    assert found == pytest.approx([expected], abs=0.005)


@pytest.mark.parametrize(("efficiency", "power", "expected"), [(15, 50, 18.0), (17.5, 60, 25.2), (30, 70, 50.4)])
def test_the_breakeven_hashprice(efficiency, power, expected):
    found = fleet(machine(efficiency, power_price_usd_per_mwh=power), **BARE)
    assert found.breakeven_hashprice_usd_per_ph_day == pytest.approx([expected])


def test_the_reference_case_equals_the_business_of_mining():
    found = fleet(machine(17.5, count=1e8 / 3_500 / 1.05))
    assert found.mw == pytest.approx([100])
    assert found.breakeven_usd_per_mwh == pytest.approx([89.189], abs=5e-4)
    assert found.margin_usd_per_mwh == pytest.approx([39.189], abs=5e-4)
    assert found.margin_usd_per_mw_year == pytest.approx([332_997], abs=0.5)
    assert found.mwh_per_year == pytest.approx([849_720])
    assert found.breakeven_hashprice_usd_per_ph_day[0] == pytest.approx(
        breakeven_hashprice_usd_per_ph_day(found.inputs.mining, 50.0)
    )


@pytest.mark.parametrize(("price", "expected"), [(25.70, -9.1), (18.38, 12.2)])
def test_new_machines_after_capital(price, expected):
    found = fleet(machine(13.5, purchase_usd_per_th=price))
    per_mwh = found.after_capital_usd_per_mw_year / found.hours_per_year
    assert per_mwh == pytest.approx([expected], abs=0.05)


def test_the_fleet_of_the_inputs_fills_the_site_and_earns_what_mining_earns():
    inputs = schema.build({"site.capacity_mw": 37.0, "mining.asic_price_usd_per_th": 12.0})
    found = Fleet(machines=Machines.of([default_class(inputs)]), inputs=inputs, hashprice_usd_per_ph_day=HASHPRICE)
    network = NetworkState(
        difficulty=None, btc_price_usd=None, subsidy_btc=None, fees_btc_per_block=None,
        hashprice_usd_per_ph_day=HASHPRICE, hashprice_btc_per_ph_day=None, implied_hashrate_eh_s=None,
    )  # fmt: skip
    mining = evaluate(inputs, network).businesses[Business.MINING]
    assert found.total.mw == pytest.approx(37)
    assert found.margin_usd_per_mwh == pytest.approx([mining.net_of_opex_usd_per_mwh])
    assert found.after_capital_usd_per_mw_year == pytest.approx([mining.after_capital_usd_per_mw_year])


def test_what_a_class_leaves_open_is_the_sites_and_what_it_states_is_its_own():
    found = fleet(
        machine(),
        machine(uptime_fraction=0.5, site_overhead=1.2, power_price_usd_per_mwh=30.0),
        power__price_usd_per_mwh=60.0,
    )
    assert found.uptime_fraction.tolist() == [0.97, 0.5]
    assert found.site_overhead.tolist() == [1.05, 1.2]
    assert found.power_usd_per_mwh.tolist() == [60, 30]


def test_opex_is_in_the_margin_and_not_in_the_breakeven():
    bare, paid = fleet(machine()), fleet(machine(), mining__opex_usd_per_mwh=45.0)
    assert paid.breakeven_usd_per_mwh == pytest.approx(bare.breakeven_usd_per_mwh)
    assert paid.margin_usd_per_mwh == pytest.approx(bare.margin_usd_per_mwh - 45)
    assert not paid.is_under_water.any()


# -- the order ----------------------------------------------------------------------------------


def test_the_supply_curve_falls_and_adds_up():
    found = fleet(machine(30.0), machine(13.5), machine(20.0), machine(13.5, count=5))
    assert found.merit_order.tolist() == [1, 3, 2, 0]
    assert found.cumulative_mw[-1] == pytest.approx(found.mw.sum())
    assert np.all(np.diff(found.breakeven_usd_per_mwh[found.merit_order]) <= 0)
    assert found.cumulative_mw[0] == pytest.approx(found.mw[1])


def test_under_water_is_below_ones_own_price_and_the_sum_leaves_it_out():
    found = fleet(machine(17.5), machine(34.0), machine(17.5, power_price_usd_per_mwh=95.0))
    assert found.is_under_water.tolist() == [False, True, True]
    assert found.total.classes_under_water == 2
    assert found.total.mw_under_water == pytest.approx(found.mw[1:].sum())
    assert found.total.margin_of_running_usd_per_year == pytest.approx(found.margin_usd_per_year[0])
    assert found.total.margin_usd_per_year == pytest.approx(found.margin_usd_per_year.sum())
    assert found.total.margin_usd_per_year < found.total.margin_of_running_usd_per_year


def test_the_fleets_margin_when_each_class_stops_against_a_plain_loop():
    classes = [
        machine(13.5, count=300), machine(17.5, count=900, power_price_usd_per_mwh=70.0), machine(25.0, count=100),
        machine(34.0), machine(13.5, count=7),
    ]  # fmt: skip
    found = fleet(*classes, mining__opex_usd_per_mwh=2.0)
    stops = found.breakeven_hashprice_usd_per_ph_day
    for index, hashprice in enumerate(stops):
        then = fleet(*classes, mining__opex_usd_per_mwh=2.0, hashprice=float(hashprice))
        running = sum(then.margin_usd_per_year[n] for n in range(len(classes)) if stops[n] < hashprice)
        assert found.fleet_margin_at_stop_usd_per_year[index] == pytest.approx(running, abs=1e-3)
    assert found.fleet_margin_at_stop_usd_per_year[stops.argmin()] == 0


def test_the_mean_efficiency_weighs_by_hash_rate():
    found = fleet(machine(10.0, count=3), machine(30.0, count=1))
    assert found.total.mean_efficiency_j_per_th == pytest.approx(15)
    assert found.total.hashrate_eh_s == pytest.approx(800e-6)
    assert found.total.machines == 4


# -- which megawatt first ----------------------------------------------------------------------------------


def test_a_sunk_class_frees_its_resale_value():
    found = fleet(machine(17.5, resale_usd_per_th=8.0))
    per_mw = 1e6 / 17.5 / 1.05 * 8
    assert found.resale_usd_per_mw == pytest.approx([per_mw])
    yearly = per_mw * capital_recovery_factor(0.15, 4)
    assert found.conversion_loss_usd_per_mw_year == pytest.approx([332_996.79 - yearly])


def test_what_is_under_water_is_given_up_for_nothing_and_gains_its_resale():
    found = fleet(machine(34.0), machine(34.0, resale_usd_per_th=1.0))
    assert found.margin_usd_per_mwh[0] < 0
    assert found.conversion_loss_usd_per_mw_year[0] == 0
    assert found.conversion_loss_usd_per_mw_year[1] == pytest.approx(-found.resale_usd_per_mw_year[1])
    assert found.first_to_convert == 1


def test_a_class_still_to_be_bought_spares_its_capital_and_has_nothing_to_sell():
    found = fleet(machine(13.5, purchase_usd_per_th=18.38, resale_usd_per_th=10.0), machine(13.5))
    kept = found.margin_usd_per_mw_year[0] - found.capital_usd_per_mw_year[0]
    assert found.conversion_loss_usd_per_mw_year[0] == pytest.approx(kept)
    assert found.first_to_convert == 0
    dear = fleet(machine(13.5, purchase_usd_per_th=25.70))
    assert dear.conversion_loss_usd_per_mw_year[0] == 0, "nobody buys what loses"


def test_among_equals_the_lowest_margin_goes_first():
    found = fleet(machine(34.0), machine(40.0), machine(17.5))
    assert found.conversion_order.tolist() == [1, 0, 2]


def test_without_a_hashprice_order_and_sizes_are_known_and_money_is_not():
    found = fleet(machine(30.0), machine(13.5), hashprice=None)
    assert found.merit_order.tolist() == [1, 0]
    assert found.breakeven_hashprice_usd_per_ph_day == pytest.approx(
        fleet(machine(30.0), machine(13.5)).breakeven_hashprice_usd_per_ph_day
    )
    assert np.isnan(found.margin_usd_per_year).all()
    assert (found.total.margin_usd_per_year, found.first_to_convert) == (None, None)
    assert not found.is_under_water.any()


# -- rows ----------------------------------------------------------------------------------

ROW = {"model": "S21", "count": 10, "hashrate_th_s": 200, "power_w": 3_500}


def test_a_class_and_its_row_are_the_same():
    one = machine(uptime_fraction=0.9, resale_usd_per_th=3.0)
    assert check_rows([one.row()]) == []
    assert "site_overhead" not in one.row()
    machines = Machines.of_rows([one.row(), ROW])
    assert machines.models == ("17.5 J/TH", "S21")
    assert machines.uptime_fraction[0] == 0.9
    assert math.isnan(machines.uptime_fraction[1])
    assert machines.resale_usd_per_th.tolist() == [3, 0]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"count": None}, "Machine class 2: count is empty."),
        ({"model": "  "}, "Machine class 2: model is empty."),
        ({"model": 3}, "Machine class 2: model takes text."),
        ({"model": "x" * 121}, "has 121 letters"),
        ({"count": "many"}, "Machine class 2: count takes a number."),
        ({"count": True}, "Machine class 2: count takes a number."),
        ({"uptime_fraction": 97}, "uptime_fraction is 97; it must lie between 0.01 and 1."),
        ({"resale_usd_per_th": -1}, "resale_usd_per_th is -1"),
        ({"power_w": 3.5e7}, "power_w is 35,000,000"),
        ({"hashrate_th_s": 0.02}, "1.75e+05 J/TH"),
        ({"colour": "red"}, "colour is no column of a machine class."),
    ],
)
def test_a_bad_cell_is_named_with_its_row(cells, told):
    problems = check_rows([ROW, {**ROW, **cells}])
    assert len(problems) == 1
    assert told in problems[0].message
    assert problems[0].field.startswith("fleet[2].")


def test_an_empty_text_in_an_optional_cell_is_an_empty_cell():
    assert check_rows([{**ROW, "uptime_fraction": "", "site_overhead": None}]) == []


def test_of_very_many_problems_the_first_are_told():
    problems = check_rows([{**ROW, "count": -1}] * 500)
    assert len(problems) == 201
    assert problems[-1].message == "300 more cells of the fleet can’t be used."


def test_too_many_rows_are_refused_at_once():
    (problem,) = check_rows([ROW] * (MOST_ROWS + 1))
    assert "100,000 are the most" in problem.message


def test_a_hundred_thousand_rows_are_checked_and_evaluated_column_by_column(record_property):
    rows = [{**ROW, "model": f"m{n % 40}", "count": 1 + n % 9, "power_w": 3_000 + n % 997} for n in range(100_000)]
    begin = time.perf_counter()
    assert check_rows(rows) == []
    machines = Machines.of_rows(rows)
    read = time.perf_counter()
    found = Fleet(machines=machines, inputs=schema.build({}), hashprice_usd_per_ph_day=HASHPRICE)
    total, first, last = found.total, found.first_to_convert, found.fleet_margin_at_stop_usd_per_year
    done = time.perf_counter()
    floor = float(machines.count @ machines.power_w)
    record_property("read_s", read - begin)
    record_property("evaluate_s", done - read)
    record_property("floor_s", time.perf_counter() - done)
    assert total.mw == pytest.approx(floor * 1.05 / 1e6)
    assert total.mean_efficiency_j_per_th == pytest.approx(floor / (machines.count.sum() * 200))
    assert found.margin_usd_per_mw_year[first] == found.margin_usd_per_mw_year.min()
    assert last.shape == (100_000,)
