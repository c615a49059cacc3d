"""A site under contracts: plain loops as independent checks, demand charges and credits by every choice, firm load."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerdesk.economics.contracts import Kind, PriceSpan, credits_on
from minerdesk.economics.dispatch import dispatch
from minerdesk.economics.fleet import Fleet
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.loads import MOST_LOADS, Load, loads_of
from minerdesk.economics.machines import MachineClass, Machines, default_class
from minerdesk.economics.results import evaluate, network_state
from minerdesk.economics.schema import build
from minerdesk.economics.site_dispatch import compare_contracts, dispatch_site, firm_revenue_usd_per_mwh

PRICES = [20.0, 25.0, 30.0, 60.0, 95.0, 250.0, 2000.0, 40.0]
ONE = (Load(model="one", mw=1.0, stop_at_usd_per_mwh=89.03),)
HASHPRICE = 39.53
#: The second of January 2026, a Friday, and a month on.
START_S, MONTH_S = 1_767_312_000, 31 * 86_400

price = st.floats(min_value=-200, max_value=600, allow_nan=False)


def inputs_with(**typed: Any) -> Inputs:
    return build({key.replace("__", "."): value for key, value in typed.items()})


def span_of(prices: Any, *, hours: float = 1.0, times: Any = None, ordered: bool = True) -> PriceSpan:
    values = np.array(prices, dtype=float)
    return PriceSpan(
        prices_usd_per_mwh=values,
        hours=np.full(len(values), hours),
        times=None if times is None else np.array(times),
        is_ordered=ordered,
    )


# -- the worked vectors -----------------------------------------------------------------------------------------------


def test_the_worked_vector_on_the_index_and_with_a_block_sold_back() -> None:
    index = dispatch_site(span_of(PRICES), ONE, inputs_with())
    assert index.total == dispatch(PRICES, 89.03)
    block = dispatch_site(
        span_of(PRICES), ONE, inputs_with(power__price_usd_per_mwh=45.0, power__contract="fixed_sell_back")
    )
    assert block.total.optimal_usd_per_mw == pytest.approx(2_430.15)
    assert block.total.always_on_usd_per_mw == pytest.approx(352.24)
    assert block.total.option_value_usd_per_mw == pytest.approx(2_077.91)
    assert block.total.energy_usd_per_mw == pytest.approx(8 * 45 - (95 + 250 + 2_000))
    assert block.total.revenue_usd_per_mw == pytest.approx(5 * 89.03)


def test_at_a_fixed_price_mining_runs_always_or_never() -> None:
    for price, run_hours, optimal in ((45.0, 8, 8 * 44.03), (95.0, 0, 0.0)):
        typed = inputs_with(power__price_usd_per_mwh=price, power__contract="fixed")
        found = dispatch_site(span_of(PRICES), ONE, typed)
        assert (found.total.run_hours, found.total.optimal_usd_per_mw) == (run_hours, pytest.approx(optimal))
        assert found.total.option_value_usd_per_mw == pytest.approx(max(0.0, 8 * (price - 89.03)))


def test_each_contract_means_something_else_for_mining_than_for_firm_load() -> None:
    found = {one.kind: one for one in compare_contracts(span_of(PRICES), ONE, inputs_with())}
    costs = {kind: (one.total.cost_usd_per_mwh_taken, one.firm.cost_usd_per_mwh) for kind, one in found.items()}
    assert costs[Kind.FIXED] == (pytest.approx(50.0), pytest.approx(50.0))
    assert costs[Kind.INDEX] == (pytest.approx(35.0), pytest.approx(315.0))
    sold = (8 * 50 - 2_345) / 5
    assert costs[Kind.SELL_BACK] == (pytest.approx(sold), pytest.approx(50.0)), "sold hours pay for those taken"
    tou = (70 * 80 + 40 * 88) / 168
    assert costs[Kind.TIME_OF_USE] == (pytest.approx(tou), pytest.approx(tou))


def test_every_contract_is_the_same_beside_the_others_as_alone() -> None:
    times = START_S + np.arange(8) * 5 * 86_400
    typed = inputs_with(
        contract__demand_usd_per_kw_month=0.2, contract__demand_response=True, stopping__ramp_minutes=10.0
    )
    loads = [*ONE, Load(model="own", mw=2.0, stop_at_usd_per_mwh=80.0, own_price_usd_per_mwh=30.0)]
    span = span_of(PRICES, times=times)
    for one in compare_contracts(span, loads, typed, firm_revenue_usd_per_mwh=100.0):
        alone = dispatch_site(span, loads, typed, kind=one.kind, firm_revenue_usd_per_mwh=100.0)
        assert one.firm == alone.firm
        for beside, by_itself in zip(one.found, alone.found, strict=True):
            assert vars(beside) == pytest.approx(vars(by_itself)), one.kind


def test_levels_of_a_tariff_dispatch_like_its_hours() -> None:
    times = START_S + np.arange(400) * 3_600
    span, typed = span_of([50.0] * 400, times=times), inputs_with(power__contract="time_of_use")
    found = dispatch_site(span, [Load(model="x", mw=1.0, stop_at_usd_per_mwh=60.0)], typed)
    prices = found.tariff.span.prices_usd_per_mwh
    assert found.total.run_hours == (prices == 40.0).sum()
    assert found.total.always_on_usd_per_mw == pytest.approx((60.0 - prices).sum())
    assert found.total.optimal_usd_per_mw == pytest.approx(20.0 * (prices == 40.0).sum())


def test_the_adder_is_paid_by_what_is_taken() -> None:
    load = Load(model="one", mw=1.0, stop_at_usd_per_mwh=79.03)
    found = dispatch_site(span_of(PRICES), [load], inputs_with(power__adder_usd_per_mwh=10.0))
    assert found.total.cost_usd_per_mwh_taken == pytest.approx(45.0)
    assert found.total.revenue_usd_per_mwh_taken == pytest.approx(89.03)
    assert found.firm.cost_usd_per_mwh == pytest.approx(325.0)


# -- classes ----------------------------------------------------------------------------------------------------------


def fleet_of(classes: list[MachineClass], **typed: Any) -> Fleet:
    return Fleet(machines=Machines.of(classes), inputs=inputs_with(**typed), hashprice_usd_per_ph_day=HASHPRICE)


def test_the_fleet_of_the_inputs_is_one_load() -> None:
    inputs = inputs_with(power__adder_usd_per_mwh=5.0)
    loads = loads_of(fleet_of([default_class(inputs)], power__adder_usd_per_mwh=5.0))
    assert [(load.mw, load.stop_at_usd_per_mwh) for load in loads] == [
        (pytest.approx(100.0), pytest.approx(89.189 - 5, abs=1e-3))
    ]


def test_a_class_with_a_price_of_its_own_is_beside_the_contract() -> None:
    loads = loads_of(
        fleet_of(
            [
                MachineClass(model="site", count=1_000, hashrate_th_s=200, power_w=3_500),
                MachineClass(model="own", count=500, hashrate_th_s=100, power_w=3_200, power_price_usd_per_mwh=30.0),
            ]
        )
    )
    typed = inputs_with(contract__demand_usd_per_kw_month=1.0, contract__demand_response=True)
    site, own = dispatch_site(span_of(PRICES), loads, typed).found
    assert site.demand_usd_per_mw > 0
    assert (own.demand_usd_per_mw, own.credits_usd_per_mw) == (0.0, 0.0)
    assert own.cost_usd_per_mwh_taken == pytest.approx(30.0), "whatever the market does"
    both = dispatch_site(span_of(PRICES), loads, typed)
    share = loads[0].mw / (loads[0].mw + loads[1].mw)
    assert both.total.optimal_usd_per_mw == pytest.approx(
        share * site.optimal_usd_per_mw + (1 - share) * own.optimal_usd_per_mw
    )
    assert both.on_contract == site


def test_very_many_classes_are_gathered_and_keep_their_megawatts() -> None:
    fleet = fleet_of(
        [
            MachineClass(
                model=f"m{n}",
                count=10,
                hashrate_th_s=100.0,
                power_w=1_500.0 + n,
                power_price_usd_per_mwh=40.0 if n % 4 == 0 else None,
            )
            for n in range(1_000)
        ]
    )
    loads = loads_of(fleet)
    assert len(loads) == MOST_LOADS
    assert sum(load.classes for load in loads) == 1_000
    assert sum(load.mw for load in loads) == pytest.approx(fleet.mw.sum())
    stops = [load.stop_at_usd_per_mwh for load in loads if load.own_price_usd_per_mwh is None]
    assert stops == sorted(stops, reverse=True)
    assert loads[0].model.endswith(" like it")


def test_without_a_hashprice_there_is_no_load() -> None:
    fleet = fleet_of([default_class(inputs_with())])
    assert loads_of(Fleet(machines=fleet.machines, inputs=fleet.inputs, hashprice_usd_per_ph_day=None)) == ()
    found = dispatch_site(span_of(PRICES), (), inputs_with())
    assert (found.total, found.on_contract) == (None, None)
    assert found.firm.cost_usd_per_mwh == pytest.approx(315.0)


# -- demand charges and credits ---------------------------------------------------------------------------------------


def by_every_choice(prices: list[float], months: list[int], stop_at: float, inputs: Inputs, hours: float) -> float:
    """Try every set of months with every set of credits; within a month free machines run at prices up to breakeven."""
    contract = inputs.contract
    total_h = hours * len(prices)
    dearest = sorted(range(len(prices)), key=lambda i: -prices[i])
    best = -np.inf
    credits = credits_on(contract, total_h)
    for on in product([False, True], repeat=max(months) + 1):
        run = [hours if on[month] and cost <= stop_at else 0.0 for cost, month in zip(prices, months, strict=True)]
        ran = {month for month, here in zip(months, run, strict=True) if here}
        if {month for month, is_on in enumerate(on) if is_on} - ran:
            continue
        demand = 0.0
        for month in range(max(months) + 1):
            charge = contract.demand_usd_per_kw_month * 1_000 * hours * months.count(month) / 730
            demand += charge if month in ran else charge * contract.demand_ratchet_fraction if ran else 0.0
        for chosen in product([False, True], repeat=len(credits)):
            taken = [credit for credit, is_taken in zip(credits, chosen, strict=True) if is_taken]
            left, here = max((credit.stop_hours for credit in taken), default=0.0), list(run)
            for i in dearest:
                stopped = min(left, hours)
                here[i], left = here[i] * (1 - stopped / hours), left - stopped
            gain = sum((stop_at - cost) * h for cost, h in zip(prices, here, strict=True))
            best = max(best, gain - demand + sum(credit.usd_per_mw for credit in taken))
    return best


@given(
    rows=st.lists(st.tuples(price, st.integers(0, 2)), min_size=1, max_size=9),
    stop_at=price,
    demand=st.sampled_from([0.0, 20.0, 90.0]),
    ratchet=st.sampled_from([0.0, 0.5, 1.0]),
)
@settings(max_examples=120, deadline=None)
def test_demand_charges_leave_out_the_months_that_do_not_pay(
    rows: Any, stop_at: float, demand: float, ratchet: float
) -> None:
    rows = sorted(rows, key=lambda row: row[1])
    held = sorted({month for _, month in rows})
    prices, months = [cost for cost, _ in rows], [held.index(month) for _, month in rows]
    times = [START_S + month * MONTH_S + place * 3_600 for place, (_, month) in enumerate(rows)]
    inputs = inputs_with(contract__demand_usd_per_kw_month=demand, contract__demand_ratchet_fraction=ratchet)
    found = dispatch_site(
        span_of(prices, times=times), [Load(model="x", mw=3.0, stop_at_usd_per_mwh=stop_at)], inputs
    ).total
    assert found.optimal_usd_per_mw == pytest.approx(by_every_choice(prices, months, stop_at, inputs, 1.0), abs=1e-6)
    assert found.option_value_usd_per_mw >= -1e-6


@given(
    prices=st.lists(price, min_size=1, max_size=9),
    stop_at=price,
    capacity=st.sampled_from([None, 5.0, 400.0]),
    response=st.sampled_from([None, 5.0, 400.0]),
    hours_a_year=st.sampled_from([100.0, 2_500.0, 8_760.0]),
)
@settings(max_examples=120, deadline=None)
def test_credits_are_taken_where_they_exceed_what_stopping_loses(
    prices: Any, stop_at: float, capacity: float | None, response: float | None, hours_a_year: float
) -> None:
    inputs = inputs_with(
        contract__capacity_credit=capacity is not None,
        contract__capacity_usd_per_kw_year=capacity or 0.0,
        contract__capacity_hours_a_year=hours_a_year,
        contract__demand_response=response is not None,
        contract__response_usd_per_kw_year=response or 0.0,
        contract__response_hours_a_year=1_000.0,
    )
    found = dispatch_site(span_of(prices), [Load(model="x", mw=1.0, stop_at_usd_per_mwh=stop_at)], inputs).total
    expected = by_every_choice(prices, [0] * len(prices), stop_at, inputs, 1.0)
    assert found.optimal_usd_per_mw == pytest.approx(expected, abs=1e-6)
    assert found.run_hours <= found.hours


def test_a_capacity_credit_under_a_fixed_price_costs_the_hours_stopped() -> None:
    typed = inputs_with(
        power__contract="fixed",
        contract__capacity_credit=True,
        contract__capacity_usd_per_kw_year=87.6,
        contract__capacity_earned_fraction=1.0,
        contract__capacity_hours_a_year=8_760 / 8,
    )
    found = dispatch_site(span_of(PRICES), ONE, typed).total
    assert found.credits_usd_per_mw == pytest.approx(8 * 10.0), "10 $/MWh of capacity"
    assert found.run_hours == pytest.approx(7.0)
    assert found.optimal_usd_per_mw == pytest.approx(7 * 39.03 + 80)


# -- least times and ramp ---------------------------------------------------------------------------------------------


def test_a_least_time_off_and_a_ramp_cost_something() -> None:
    prices = [20.0, 200.0, 20.0, 20.0, 300.0, 20.0]
    free = dispatch_site(span_of(prices), ONE, inputs_with()).total
    bound = dispatch_site(span_of(prices), ONE, inputs_with(stopping__minimum_down_hours=2.0)).total
    assert free.optimal_usd_per_mw == pytest.approx(4 * 69.03)
    # Stopped for two hours around 300 only costs one good hour; around 200 the other.
    assert bound.optimal_usd_per_mw == pytest.approx(2 * 69.03)
    ramp = dispatch_site(span_of(prices), ONE, inputs_with(stopping__ramp_minutes=30.0)).total
    assert (ramp.starts, ramp.unearned_usd_per_mw) == (2, pytest.approx(2 * 0.5 * 89.03))
    assert ramp.optimal_usd_per_mw == pytest.approx(4 * 69.03 - 89.03)


def test_without_an_order_of_time_they_have_no_effect() -> None:
    typed = inputs_with(stopping__minimum_down_hours=12.0, stopping__ramp_minutes=30.0)
    found = dispatch_site(span_of(PRICES, ordered=False), ONE, typed)
    assert found.total == dispatch(PRICES, 89.03)


# -- firm load --------------------------------------------------------------------------------------------------------


def test_firm_load_pays_every_hour_but_those_in_which_it_may_pause() -> None:
    typed = inputs_with(firm__interruptible_hours_a_year=8_760 / 8, firm__penalty_usd_per_mwh=500.0)
    found = dispatch_site(span_of(PRICES), ONE, typed, firm_revenue_usd_per_mwh=1_000.0).firm
    assert found.pause.gain_usd_per_mw == pytest.approx(500.0)
    assert found.cost_usd_per_mwh == pytest.approx(315 - 500 / 8)
    fixed = dispatch_site(span_of(PRICES), ONE, typed, kind=Kind.FIXED, firm_revenue_usd_per_mwh=0.0).firm
    assert fixed.pause.hours == 0.0, "a pause that saves 50 and costs 500 is none"


def test_notice_makes_the_pause_depend_on_what_was_known() -> None:
    typed = inputs_with(firm__interruptible_hours_a_year=8_760 / 8, firm__notice_hours=1.0)
    found = dispatch_site(span_of(PRICES), ONE, typed, firm_revenue_usd_per_mwh=100.0).firm
    assert found.pause.gain_usd_per_mw == pytest.approx(40 - 100), "2000 an hour before, 40 when it came"
    unordered = dispatch_site(span_of(PRICES, ordered=False), ONE, typed, firm_revenue_usd_per_mwh=100.0).firm
    assert unordered.pause.gain_usd_per_mw == pytest.approx(1_900)


def test_a_pause_costs_a_cloud_its_revenue_and_a_lease_its_penalty_alone() -> None:
    network = network_state(difficulty=None, btc_price_usd=None, subsidy_btc=None, fees_btc_per_block=None)
    results = evaluate(inputs_with(), network)
    assert firm_revenue_usd_per_mwh(inputs_with().firm, results) == pytest.approx(1_135.94, abs=0.01)
    assert firm_revenue_usd_per_mwh(inputs_with(firm__business="colocation").firm, results) == 0.0


# -- size -------------------------------------------------------------------------------------------------------------


def test_a_year_of_five_minutes_under_every_condition_adds_up() -> None:
    random = np.random.default_rng(7)
    prices = random.normal(40, 60, 100_000)
    times = START_S + np.arange(100_000) * 300
    loads = [Load(model=f"{n}", mw=1.0 + n, stop_at_usd_per_mwh=20.0 + 9 * n) for n in range(20)]
    typed = inputs_with(
        contract__demand_usd_per_kw_month=5.0,
        contract__capacity_credit=True,
        contract__demand_response=True,
        stopping__minimum_down_hours=1.0,
        stopping__ramp_minutes=10.0,
    )
    span = span_of(prices, hours=1 / 12, times=times)
    free = dispatch_site(span, loads, inputs_with())
    for one, plain in zip(dispatch_site(span, loads, typed).found, free.found, strict=True):
        earned = one.run_hours * one.breakeven_usd_per_mwh - one.unearned_usd_per_mw
        assert one.revenue_usd_per_mw == pytest.approx(earned, abs=1e-6)
        assert one.optimal_usd_per_mw == pytest.approx(one.revenue_usd_per_mw - one.cost_usd_per_mw)
        assert one.option_value_usd_per_mw >= 0
        assert one.optimal_usd_per_mw + one.demand_usd_per_mw - one.credits_usd_per_mw <= plain.optimal_usd_per_mw
