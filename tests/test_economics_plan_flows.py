"""The monthly cash of the plan: closed forms, each input at both its edges, and what holds for any inputs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_plan import STILL, case_of, flows_of, hybrid, line, row, still

from minerdesk.economics.plan.drivers import Drivers, base_drivers
from minerdesk.economics.plan.evaluate import evaluate_plan
from minerdesk.economics.plan.strategies import LINES, Strategy
from minerdesk.economics.results import Business, evaluate
from minerdesk.economics.schema import FIELDS

KEEP, ALL, HYBRID = Strategy.KEEP_MINING, Strategy.CONVERT_ALL, Strategy.HYBRID
BUSINESSES = ("gpu_cloud", "colocation", "powered_shell")


def desk_net_usd_a_year(case, business) -> float:
    result = evaluate(case.inputs, case.network).businesses[business]
    return result.net_of_opex_usd_per_mwh * result.mwh_per_year


# -- closed forms -----------------------------------------------------------------------------------------------------


def test_a_hashprice_that_holds_mines_the_desks_net_every_year() -> None:
    case = still({"mining.opex_usd_per_mwh": 3.0}, tip=None)
    keep = flows_of(case)[KEEP]
    assert keep.cash_usd[0] == 0
    assert keep.cash_usd.sum() == pytest.approx(20 * desk_net_usd_a_year(case, Business.MINING), rel=1e-12)
    assert keep.cash_usd[1] == pytest.approx(keep.cash_usd[240], rel=1e-12)
    assert keep.cash_usd.sum() / 20 / 100 == pytest.approx(332_997 - 3 * 8_497.2, rel=1e-5)


@pytest.mark.parametrize("business", BUSINESSES)
@pytest.mark.parametrize("passed", [True, False])
def test_a_site_converted_today_at_once_earns_the_desks_net(business: str, passed: bool) -> None:
    values = {
        "plan.business": business,
        "plan.gpu_refresh_cost_fraction": 0.0,
        "gpu.residual_fraction": 0.0,
        "colo.power_passed_through": passed,
        "shell.power_passed_through": passed,
        "colo.load_factor": 0.8,
    }
    case = still(values, [row(100, 0, 0)], tip=None)
    found = hybrid(case)
    assert found.noi_usd.sum() == pytest.approx(20 * desk_net_usd_a_year(case, Business(business)), rel=1e-12)
    capex = {"gpu_cloud": 50_000 * 100_000 / 2.17, "colocation": 1e9 / 1.3, "powered_shell": 4e8 / 1.3}[business]
    assert found.lines["capital"][0] == pytest.approx(-capex)
    assert found.cash_usd.sum() == pytest.approx(found.noi_usd.sum() - capex, rel=1e-12)


def test_the_months_of_a_phase() -> None:
    case = still(
        {"plan.lease_delay_months": 2.0, "plan.term_years": 1.0, "plan.renewal_fraction": 0.5}, [row(40, 3, 4)]
    )
    found = hybrid(case)
    assert found.mining_mw[[2, 3]].tolist() == [100, 60]
    assert found.building_mw[[2, 3, 8, 9]].tolist() == [0, 40, 40, 0]
    assert found.ai_mw[[8, 9, 20, 21, 33]].tolist() == [0, 40, 40, 20, 10]
    rent = found.lines["ai_revenue"]
    assert rent[9] == 0
    assert rent[10] == pytest.approx(150 * 40_000 / 1.3), "the tenth month is the first, paid at its end"
    assert rent[22] == pytest.approx(rent[10] / 2)


# -- each input at its edges ------------------------------------------------------------------------------------------


def total(case, name, strategy=HYBRID) -> float:
    return float(line(case, name, strategy).sum())


def test_capital_is_spent_as_its_curve_says() -> None:
    capex = 40 * 1e7 / 1.3
    up_front, even, s_curve = (
        -line(still({"plan.capex_curve": curve}, [row(40, 2, 4)]), "capital")
        for curve in ("up_front", "even", "s_curve")
    )
    assert up_front[[1, 2, 3]].tolist() == pytest.approx([0, capex, 0])
    assert even[[2, 3, 4, 5, 6, 7]].tolist() == pytest.approx([0, *[capex / 4] * 4, 0])
    assert np.cumsum(s_curve)[[2, 3, 4, 5, 6]] / capex == pytest.approx([0, 0.15625, 0.5, 0.84375, 1])
    for curve in ("up_front", "even", "s_curve"):
        at_once = line(still({"plan.capex_curve": curve}, [row(40, 2, 0)]), "capital")
        assert at_once[2] == pytest.approx(-capex)


def test_hash_revenue_is_lost_while_dark_unless_it_mines_on() -> None:
    per_mw_month = 332_997 / 12
    dark = evaluate_plan(still({}, [row(40, 3, 10)], tip=None)).strategies[HYBRID]
    assert dark.lost_while_dark_usd == pytest.approx(40 * 10 * per_mw_month, rel=1e-5)
    half = still({"plan.mines_while_building_fraction": 0.5}, [row(40, 3, 10)], tip=None)
    assert evaluate_plan(half).strategies[HYBRID].lost_while_dark_usd == pytest.approx(dark.lost_while_dark_usd / 2)
    on = still({"plan.mines_while_building_fraction": 1.0}, [row(40, 3, 10)], tip=None)
    result = evaluate_plan(on).strategies[HYBRID]
    assert result.lost_while_dark_usd == 0
    assert result.flows.mining_mw[[12, 13]].tolist() == [100, 60]


def test_freed_machines_are_sold_where_they_stop_at_a_price_that_falls() -> None:
    values = {"plan.asic_resale_usd_per_th": 5.0, "plan.asic_resale_decline_fraction_a_year": 0.36}
    sold = line(still(values, [row(40, 12, 6)]), "asic_resale")
    th_per_mw = 1e6 / 17.5 / 1.05
    assert sold[12] == pytest.approx(40 * th_per_mw * 5 * 0.64)
    assert sold[240] == pytest.approx(60 * th_per_mw * 5 * 0.64**20)
    assert np.count_nonzero(sold) == 2
    assert line(still({**values, "plan.resold_fraction": 0.25}, [row(40, 12, 6)]), "asic_resale")[12] == sold[12] / 4
    kept = {**values, "plan.asic_resale_decline_fraction_a_year": 0.0}
    assert line(still(kept, [row(40, 12, 6)]), "asic_resale")[240] == pytest.approx(60 * th_per_mw * 5)
    on = {**values, "plan.mines_while_building_fraction": 0.5}
    assert line(still(on, [row(40, 12, 6)]), "asic_resale")[[12, 18]] == pytest.approx(
        [sold[12] / 2, sold[12] / 2 * 0.8]
    )


def test_a_fleet_with_a_price_is_bought_today() -> None:
    case = still({"mining.asic_price_usd_per_th": 12.0}, [row(40, 0, 6)])
    th_per_mw = 1e6 / 17.5 / 1.05
    assert line(case, "asic_purchase", KEEP)[0] == pytest.approx(-100 * th_per_mw * 12)
    assert line(case, "asic_purchase")[0] == pytest.approx(-60 * th_per_mw * 12), "what is built on isn't bought"
    assert line(case, "asic_resale")[0] == 0


def test_a_refresh_buys_better_machines_and_sells_the_old() -> None:
    values = {
        "plan.asic_refresh_years": 5.0,
        "plan.asic_refresh_usd_per_th": 10.0,
        "plan.asic_refresh_gain_fraction": 0.2,
        "plan.asic_resale_usd_per_th": 5.0,
        "plan.asic_resale_decline_fraction_a_year": 0.5,
    }
    case = still(values, tip=None)
    keep, th_per_mw = flows_of(case)[KEEP], 1e6 / 17.5 / 1.05
    bought, sold = keep.lines["asic_purchase"], keep.lines["asic_resale"]
    assert np.flatnonzero(bought).tolist() == [60, 120, 180], "not at the horizon"
    assert bought[60] == pytest.approx(-100 * th_per_mw / 0.8 * 10)
    assert bought[120] == pytest.approx(-100 * th_per_mw / 0.64 * 10)
    assert sold[60] == pytest.approx(100 * th_per_mw * 5 * 0.5**5)
    assert sold[240] == pytest.approx(100 * th_per_mw / 0.8**3 * 10 * 0.5**5)
    revenue = keep.lines["mining_revenue"]
    assert revenue[61] / revenue[60] == pytest.approx(1 / 0.8)
    assert not line(still({**values, "plan.asic_refresh_years": 0.0}), "asic_purchase", KEEP).any()


def test_a_fleet_stops_at_a_loss_or_runs_on() -> None:
    stopped = flows_of(still({"power.price_usd_per_mwh": 100.0}, tip=None))[KEEP]
    assert not stopped.noi_usd.any()
    on = flows_of(still({"power.price_usd_per_mwh": 100.0, "plan.stops_at_a_loss": False}, tip=None))[KEEP]
    assert on.noi_usd[1] == pytest.approx((89.189 - 100) * 849_720 / 12, rel=1e-3)


def test_credits_are_earned_by_what_mines_and_lost_on_conversion() -> None:
    case = still({"plan.interruption_credit_usd_per_kw_year": 60.0}, [row(40, 12, 6)])
    credit = line(case, "interruption_credits")
    assert credit[12] == pytest.approx(100 * 1_000 * 60 / 12)
    assert credit[13] == pytest.approx(60 * 1_000 * 60 / 12)
    assert not line(still({}, [row(40, 12, 6)]), "interruption_credits").any()
    dear = {"power.price_usd_per_mwh": 92.0, "plan.interruption_credit_usd_per_kw_year": 60.0}
    assert flows_of(still(dear))[KEEP].noi_usd[1] > 0, "the credit keeps it running"


def test_power_steps_up_each_year() -> None:
    paid = line(
        still({"plan.power_escalation_fraction_a_year": 0.1, "plan.stops_at_a_loss": False}), "mining_power", KEEP
    )
    assert paid[[12, 13, 25]] / paid[1] == pytest.approx([1, 1.1, 1.21])


def test_rent_ramps_steps_and_is_renewed() -> None:
    values = {
        "plan.ramp_months": 3.0,
        "plan.rent_escalator_fraction_a_year": 0.03,
        "plan.term_years": 5.0,
        "plan.renewal_fraction": 0.6,
        "plan.renewal_rent_ratio": 0.9,
    }
    rent = line(still(values, [row(40, 0, 0)]), "ai_revenue") / (150 * 40_000 / 1.3)
    assert rent[1:6] == pytest.approx([0.25, 0.5, 0.75, 1, 1])
    assert rent[[12, 13, 60, 61, 121]] == pytest.approx([1, 1.03, 1.03**4, 1.03**5 * 0.6 * 0.9, 1.03**10 * 0.36 * 0.81])
    opex = line(still(values, [row(40, 0, 0)]), "ai_opex")
    assert opex[13] == pytest.approx(-0.15 * 1.03 * 150 * 40_000 / 1.3)


def test_a_prepayment_is_received_first_and_credited_evenly_within_the_term() -> None:
    values = {"plan.prepaid_months": 12.0, "plan.prepaid_credit_months": 24.0}
    flows = line(still(values, [row(40, 3, 4)]), "prepayment") / (150 * 40_000 / 1.3)
    assert flows[7] == pytest.approx(12)
    assert flows[8:32] == pytest.approx([-0.5] * 24)
    assert flows.sum() == pytest.approx(0)
    short = line(still({**values, "plan.term_years": 1.0}, [row(40, 3, 4)]), "prepayment") / (150 * 40_000 / 1.3)
    assert short[8:20] == pytest.approx([-1] * 12)
    assert not hybrid(still(values, [row(40, 3, 4)])).noi_usd[7] > hybrid(still({}, [row(40, 3, 4)])).noi_usd[7]


def test_rent_is_due_at_least_for_the_take_or_pay_share() -> None:
    def rent(load, least):
        values = {"colo.load_factor": load, "plan.take_or_pay_fraction": least}
        return line(still(values, [row(40, 0, 0)]), "ai_revenue")[1] / (150 * 40_000 / 1.3)

    assert [rent(0.6, 1.0), rent(0.6, 0.8), rent(0.6, 0.0), rent(1.0, 0.0)] == pytest.approx([1, 0.8, 0.6, 1])


def test_gpu_hours_are_due_at_least_for_their_take_or_pay_share() -> None:
    def revenue(least):
        values = {"plan.business": "gpu_cloud", "plan.gpu_take_or_pay_fraction": least}
        return line(still(values, [row(40, 0, 0)]), "ai_revenue")[1] / (2.9 * 730 * 40_000 / 2.17)

    assert [revenue(0.0), revenue(0.85), revenue(1.0)] == pytest.approx([0.85, 0.85, 1])


def test_gpus_age_are_sold_and_replaced() -> None:
    values = {
        "plan.business": "gpu_cloud",
        "plan.gpu_rate_decay_fraction_a_year": 0.2,
        "plan.gpu_refresh_rate_ratio": 0.9,
        "plan.gpu_refresh_cost_fraction": 0.7,
        "plan.horizon_years": 12.0,
    }
    gpus = 40_000 / 2.17
    found = hybrid(still(values, [row(40, 12, 12)])).lines
    full = 2.9 * 0.85 * 730 * gpus
    revenue = found["ai_revenue"] / full
    assert revenue[[25, 37, 84, 85, 97]] == pytest.approx([1, 0.8, 0.8 ** (59 / 12), 0.9, 0.72])
    assert np.flatnonzero(found["gpu_refresh"]).tolist() == [84]
    assert found["gpu_refresh"][84] == pytest.approx(-0.7 * 50_000 * gpus)
    assert found["gpu_resale"][84] == pytest.approx(0.1 * 50_000 * gpus)
    assert found["gpu_resale"][144] == pytest.approx(0.1 * 0.7 * 50_000 * gpus), "five years old at the horizon"
    ends = hybrid(still({**values, "plan.gpu_refresh": False}, [row(40, 12, 12)]))
    assert ends.ai_mw[[83, 84]].tolist() == [40, 0]
    assert ends.lines["gpu_resale"][84] == pytest.approx(0.1 * 50_000 * gpus)
    assert not ends.lines["gpu_refresh"].any()
    early = hybrid(still({**values, "plan.horizon_years": 4.0}, [row(40, 0, 0)])).lines
    assert early["gpu_resale"][48] == pytest.approx((1 - 0.9 * 4 / 5) * 50_000 * gpus), "a straight line with age"


def test_what_isnt_renewed_is_taken_down_and_what_stands_has_its_value() -> None:
    values = {
        "plan.term_years": 10.0,
        "plan.renewal_fraction": 0.25,
        "plan.decommissioning_usd_per_mw": 1e5,
        "plan.salvage_fraction": 0.2,
    }
    found = hybrid(still(values, [row(40, 0, 0)])).lines
    assert found["decommissioning"][120] == pytest.approx(-30 * 1e5)
    assert found["decommissioning"][240] == pytest.approx(-7.5 * 1e5), "a term that ends with the horizon"
    assert found["salvage"][240] == pytest.approx(0.2 * 40e7 / 1.3 / 16)
    lasting = hybrid(still({**values, "plan.term_years": 25.0}, [row(40, 0, 0)])).lines
    assert not lasting["decommissioning"].any()
    assert lasting["salvage"][240] == pytest.approx(0.2 * 40e7 / 1.3)


# -- edges of a plan --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        ({}, [row(50, 600, 240)]),
        ({"plan.horizon_years": 1.0}, [row(50, 12, 0)]),
        ({}, [row(0, 3, 12)]),
        ({"plan.convertible_fraction": 0.0}, [row(50, 0, 12)]),
        ({"plan.interconnection_mw": 0.0}, []),
    ],
)
def test_a_hybrid_that_converts_nothing_in_time_is_mining_on(values: dict, rows: list) -> None:
    flows = flows_of(case_of(values, rows))
    assert flows[HYBRID].cash_usd == pytest.approx(flows[KEEP].cash_usd)


def test_a_phase_that_ends_after_the_horizon_costs_and_earns_what_lies_within() -> None:
    case = still({"plan.horizon_years": 1.0, "plan.capex_curve": "even", "debt.enabled": True}, [row(50, 6, 12)])
    found = hybrid(case)
    assert found.lines["capital"].sum() == pytest.approx(-0.5 * 50e7 / 1.3)
    assert not found.lines["ai_revenue"].any()
    assert found.lines["loan_left"][-1] == pytest.approx(-0.6 * 0.5 * 50e7 / 1.3)


def test_convert_all_takes_what_the_caps_allow_in_the_same_proportions() -> None:
    case = case_of({"plan.convertible_fraction": 0.8, "plan.interconnection_mw": 70.0}, [row(10, 0, 6), row(30, 6, 6)])
    found = flows_of(case)
    assert [phase.mw for phase in found[ALL].phases] == pytest.approx([17.5, 52.5])
    assert found[ALL].mining_mw[-1] == pytest.approx(30)


# -- for any inputs ---------------------------------------------------------------------------------------------------


def plan_values():
    def values_of(field):
        if field.is_switch:
            return st.booleans()
        if field.is_choice:
            return st.sampled_from([choice.value for choice in field.choices])
        low, high = field.bounds if field.bounds[1] < 1e4 else field.plausible
        if field.whole:
            return st.integers(int(low), int(high)).map(float)
        return st.one_of(st.floats(low, high), st.sampled_from([low, high, field.default]))

    keys = [key for key in FIELDS if key.split(".")[0] in ("plan", "debt", "tax")]
    some = st.lists(st.sampled_from(keys), max_size=12, unique=True)  # all at once would take long to make up
    return some.flatmap(lambda chosen: st.fixed_dictionaries({key: values_of(FIELDS[key]) for key in chosen}))


# no phase at all, or one of a watt at least: less than that is lost to rounding when it is scaled
megawatts = st.one_of(st.just(0.0), st.floats(1e-6, 200))
phase_rows = st.lists(st.builds(row, megawatts, st.integers(0, 260), st.integers(0, 60)), max_size=4)


@settings(max_examples=80)
@given(values=plan_values(), rows=phase_rows)
def test_lines_sum_to_cash_whatever_is_typed(values: dict, rows: list) -> None:
    case = case_of(values, rows)
    for one in flows_of(case).values():
        assert list(one.lines) == list(LINES)
        size = sum(np.abs(flow) for flow in one.lines.values())
        assert np.all(np.abs(sum(one.lines.values()) - one.cash_usd) <= 1e-9 * (1 + size))
        assert np.isfinite(one.cash_usd).all()
        assert one.cash_usd.shape == (case.months + 1,)
        assert (one.mining_mw >= 0).all()
        assert (one.mining_mw + one.dark_mw + one.ai_mw <= 100 * (1 + 1e-9)).all()
        if not case.inputs.debt.enabled:
            assert one.unlevered_usd == pytest.approx(one.cash_usd)


@settings(max_examples=25)
@given(values=plan_values(), rows=phase_rows, factor=st.floats(0.1, 10))
def test_cash_is_linear_in_the_size_of_the_site_and_its_phases(values: dict, rows: list, factor: float) -> None:
    values = {key: value for key, value in values.items() if key != "plan.interconnection_mw"}
    small = flows_of(case_of(values, rows))
    bigger = [{**one, "mw": one["mw"] * factor} for one in rows]
    large = flows_of(case_of({**values, "site.capacity_mw": 100 * factor}, bigger))
    for strategy in Strategy:
        scale = np.abs(small[strategy].cash_usd).max() + 1
        assert np.abs(large[strategy].cash_usd / factor - small[strategy].cash_usd).max() <= 1e-7 * scale


@settings(max_examples=25)
@given(values=plan_values(), capex=st.floats(1e6, 2e7), more=st.floats(1.01, 2))
def test_more_capital_is_never_worth_more(values: dict, capex: float, more: float) -> None:
    """Without loan and tax, whose interest may be below the discount rate, and without a value at the end."""
    values = values | {
        "debt.enabled": False,
        "tax.enabled": False,
        "plan.business": "colocation",
        "plan.salvage_fraction": 0.0,
    }
    less, dear = (
        evaluate_plan(case_of({**values, "colo.capex_usd_per_it_mw": spent})).strategies[ALL].npv_usd
        for spent in (capex, capex * more)
    )
    assert dear <= less + 1e-6 * abs(less)


def test_paths_give_what_each_gives_alone() -> None:
    case = case_of({"plan.business": "gpu_cloud", "debt.enabled": True, "tax.enabled": True})
    base, generator = base_drivers(case), np.random.default_rng(7)
    many = Drivers(
        **{
            name: getattr(base, name) * generator.uniform(0.7, 1.2, (5, case.months))
            for name in base.__dataclass_fields__
        }
    )
    together = flows_of(case, many)
    for path in range(5):
        one = Drivers(**{name: getattr(many, name)[path] for name in base.__dataclass_fields__})
        for strategy, alone in flows_of(case, one).items():
            assert together[strategy].cash_usd[path] == pytest.approx(alone.cash_usd)
            assert together[strategy].unlevered_usd[path] == pytest.approx(alone.unlevered_usd)
            assert together[strategy].dscr[path] == pytest.approx(alone.dscr, nan_ok=True)
            assert together[strategy].lines["tax"].shape == (5, case.months + 1)


def test_drivers_may_be_shorter_than_the_horizon() -> None:
    case = case_of({**STILL, "plan.horizon_years": 20.0})
    base = base_drivers(case)
    short = Drivers(**{name: getattr(base, name)[:60] for name in base.__dataclass_fields__})
    assert flows_of(case, short)[HYBRID].cash_usd.shape == (61,)
