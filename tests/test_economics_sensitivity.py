"""Solving, mapping and the tornado: the reference points, an independent root finder, and what has no answer."""

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from minerdesk.economics import schema
from minerdesk.economics.case import RIVALS, Case, keys_of_comparison, number_words, numeric_field, value_words
from minerdesk.economics.results import Business, evaluate, network_state
from minerdesk.economics.schema import FIELDS
from minerdesk.economics.sensitivity import advantage_map, study_range, swings
from minerdesk.economics.solve import UNKNOWN_MINING, roots, solution_words, solve, study_points
from minerdesk.errors import InputError

HASHPRICE = "network.hashprice_usd_per_ph_day"
GPU, COLO, SHELL = Business.GPU_CLOUD, Business.COLOCATION, Business.POWERED_SHELL


def case_of(values: dict[str, Any] | None = None, *, hashprice: float | None = 39.53) -> Case:
    """Return the reference case, its network known; a hashprice of None leaves it to be computed."""
    inputs = schema.build({HASHPRICE: hashprice, **(values or {})})
    network = network_state(
        difficulty=146.47e12,
        btc_price_usd=91_132.0,
        subsidy_btc=3.125,
        fees_btc_per_block=0.017,
        typed_hashprice_usd_per_ph_day=hashprice,
    )
    return Case(inputs=inputs, network=network)


def apart(case: Case, key: str, rival: Business, value: float) -> float:
    return difference(case, key, value, rival)


def difference(case: Case, key: str, value: float, rival: Business) -> float:
    """Return the difference from the whole model, with the input set in its flat values."""
    changed = case.with_values({key: value})
    found = evaluate(changed.inputs, changed.network).businesses
    return found[rival].after_capital_usd_per_mw_year - found[Business.MINING].after_capital_usd_per_mw_year


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


# -- one solution -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "rival", "expected"),
    [
        ("gpu.rate_usd_per_gpu_hour", GPU, 2.384704),
        ("colo.rent_usd_per_kw_month", COLO, 171.337),
        (HASHPRICE, COLO, 30.798),
    ],
)
def test_the_reference_points(key: str, rival: Business, expected: float) -> None:
    found = solve(case_of(), key, rival)
    assert found.solution == pytest.approx(expected, rel=1e-5)
    assert found.all_solutions == (found.solution,)
    assert found.reason.startswith("One solution")


@pytest.mark.parametrize("rival", list(RIVALS))
def test_it_agrees_with_the_closed_forms_of_the_breakevens(rival: Business) -> None:
    case = case_of()
    turning = evaluate(case.inputs, case.network).breakevens
    price_key, price, level = {
        GPU: (
            "gpu.rate_usd_per_gpu_hour",
            turning.gpu_rate_usd_per_gpu_hour,
            turning.hashprice_equal_to_gpu_cloud_usd_per_ph_day,
        ),
        COLO: (
            "colo.rent_usd_per_kw_month",
            turning.colo_rent_usd_per_kw_month,
            turning.hashprice_equal_to_colocation_usd_per_ph_day,
        ),
        SHELL: (
            "shell.rent_usd_per_kw_month",
            turning.shell_rent_usd_per_kw_month,
            turning.hashprice_equal_to_powered_shell_usd_per_ph_day,
        ),
    }[rival]
    assert solve(case, price_key, rival).solution == pytest.approx(price, rel=1e-11)
    assert solve(case, HASHPRICE, rival).solution == pytest.approx(level, rel=1e-11)


def test_every_number_of_the_schema_is_solved_as_brentq_does() -> None:
    """SciPy's root finder on the whole model, between the same bounds: the same root, or none for both."""
    solved = 0
    for rival in RIVALS:
        for hashprice in (39.53, None):
            case = case_of({"mining.asic_price_usd_per_th": 12.0}, hashprice=hashprice)
            for key in (key for key, field in FIELDS.items() if field.is_number):
                low, high = FIELDS[key].bounds
                ends = [difference(case, key, end, rival) for end in (low, high)]
                found = solve(case, key, rival)
                if ends[0] * ends[1] < 0:
                    # The bounds of some span twenty decades: brentq is led by the sign change that surrounds ours.
                    root = brentq(partial(apart, case, key, rival), low, high, xtol=1e-300, rtol=1e-13, maxiter=5_000)
                    assert found.solution == pytest.approx(root, rel=1e-9), key
                    solved += 1
                else:
                    assert found.all_solutions == (), key
    assert solved > 60


def test_the_input_at_its_solution_makes_both_equal() -> None:
    case = case_of(hashprice=None)
    for key in ("network.btc_price_usd", "network.difficulty", "power.price_usd_per_mwh", "colo.discount_rate"):
        root = solve(case, key, COLO).solution
        assert root is not None
        assert abs(difference(case, key, root, COLO)) < 1e-3, "within a tenth of a cent of 330 k$"


@settings(deadline=None, max_examples=25)
@given(
    rate=st.floats(0.2, 12),
    utilisation=st.floats(0.2, 1),
    power=st.floats(-50, 200),
    hashprice=st.floats(5, 200),
)
def test_the_gpu_rate_is_the_breakevens_whatever_the_inputs(
    rate: float, utilisation: float, power: float, hashprice: float
) -> None:
    values = {
        "gpu.rate_usd_per_gpu_hour": rate,
        "gpu.utilisation_fraction": utilisation,
        "power.price_usd_per_mwh": power,
    }
    case = case_of(values, hashprice=hashprice)
    closed = evaluate(case.inputs, case.network).breakevens.gpu_rate_usd_per_gpu_hour
    found = solve(case, "gpu.rate_usd_per_gpu_hour", GPU).solution
    assert (found is None) == (closed is None)
    assert found is None or found == pytest.approx(closed, rel=1e-9)


def test_a_price_of_power_below_zero_can_be_the_answer() -> None:
    case = case_of({"colo.capex_usd_per_it_mw": 7e6}, hashprice=20.0)
    found = solve(case, "power.price_usd_per_mwh", COLO)
    assert found.solution is not None
    assert found.solution < 0
    assert abs(difference(case, "power.price_usd_per_mwh", found.solution, COLO)) < 1e-3


# -- none, any, several -----------------------------------------------------------------------------------------------


def test_no_solution_says_who_is_ahead_over_the_whole_range() -> None:
    found = solve(case_of(), "power.price_usd_per_mwh", GPU)
    assert (found.solution, found.all_solutions) == (None, ())
    assert plain(found.reason) == (
        "No solution: GPU cloud is ahead of mining at any power price between −500 and 5 000 $/MWh."
    )
    behind = solve(case_of(), "colo.pue", COLO)
    assert "mining is ahead of colocation at any colocation PUE between 1 and 3" in plain(behind.reason)


@pytest.mark.parametrize("key", ["site.capacity_mw", "colo.pue", "mining.asic_life_years"])
def test_an_input_that_does_not_enter_is_said_to(key: str) -> None:
    found = solve(case_of(), key, GPU)
    assert found.solution is None
    assert "does not enter: at any value GPU cloud keeps $1.77 M more than mining" in plain(found.reason)


def test_a_typed_hashprice_takes_btc_price_and_difficulty_out() -> None:
    for key in ("network.btc_price_usd", "network.difficulty", "network.fees_btc_per_block", "network.subsidy_btc"):
        reason = solve(case_of(), key, COLO).reason
        assert "does not enter, for a hashprice is typed" in reason
        assert "does not enter" not in solve(case_of(hashprice=None), key, COLO).reason


def test_a_difference_of_zero_everywhere_is_said() -> None:
    """Mining at a hashprice of nothing and free power against a hall that costs nothing: both keep nothing."""
    idle = {
        "power.price_usd_per_mwh": 0.0,
        "colo.rent_usd_per_kw_month": 0.0,
        "colo.capex_usd_per_it_mw": 0.0,
    }
    found = solve(case_of(idle, hashprice=0.0), "colo.pue", COLO)
    assert found.all_solutions == ()
    assert "does not enter: at any value colocation and mining keep the same" in found.reason


def test_without_a_hashprice_only_the_hashprice_itself_can_be_solved() -> None:
    nothing = network_state(difficulty=None, btc_price_usd=None, subsidy_btc=None, fees_btc_per_block=None)
    case = Case(inputs=schema.build({}), network=nothing)
    assert solve(case, "gpu.rate_usd_per_gpu_hour", GPU).reason == UNKNOWN_MINING
    assert solve(case, HASHPRICE, COLO).solution == pytest.approx(30.798, abs=5e-4)
    assert swings(case, GPU) == ()
    assert case.advantage(GPU) is None


def test_several_roots_are_all_found_and_none_is_preferred() -> None:
    def cubic(x: float) -> float:
        return (x + 2) * (x - 0.5) * (x - 3)

    found = roots(cubic, np.linspace(-5, 5, 38).tolist())
    assert found == pytest.approx([-2, 0.5, 3], rel=1e-12)


def test_roots_at_points_at_the_ends_and_beside_what_is_no_number() -> None:
    assert roots(lambda x: x, [0.0, 1.0]) == [0.0]
    assert roots(lambda x: x - 1, [0.0, 1.0]) == [1.0]
    assert roots(lambda x: (x - 1) ** 2, [0.0, 1.0, 2.0]) == [1.0]
    assert roots(lambda x: math.nan if x < 1 else x - 1.5, [0.0, 1.0, 2.0]) == pytest.approx([1.5], rel=1e-12)
    assert roots(lambda x: x * x + 1, [-1.0, 0.0, 1.0]) == []


@pytest.mark.parametrize("key", ["gpu.rate", "nonsense", "colo.power_passed_through"])
def test_what_is_no_number_among_the_inputs_is_refused(key: str) -> None:
    with pytest.raises(InputError) as refused:
        solve(case_of(), key, GPU)
    assert refused.value.problems[0].field == key


def test_the_grid_keeps_to_the_bounds_and_holds_zero_negative_and_todays_value() -> None:
    field = FIELDS["power.price_usd_per_mwh"]
    points = study_points(field, 51.234)
    assert (points[0], points[-1]) == field.bounds
    assert {0.0, 51.234} <= set(points)
    assert points == sorted(set(points))
    difficulty = study_points(FIELDS["network.difficulty"], None)
    assert sum(point < 1e15 for point in difficulty) > 100, "dense by ratio, not by distance"


# -- words ------------------------------------------------------------------------------------------------------------


def test_the_answer_in_words() -> None:
    text = plain(solution_words(solve(case_of(), "gpu.rate_usd_per_gpu_hour", GPU)))
    assert text == "GPU rate at which GPU cloud equals mining: 2.38 $/GPU-h; today 2.90"


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("gpu.utilisation_fraction", 0.6986, "69.86 %"),
        ("network.difficulty", 146.47e12, "146.5 T"),
        ("colo.capex_usd_per_it_mw", 8.375e6, "8.38 M $/MW IT"),
        ("network.btc_price_usd", 91_132.0, "91 132 $/BTC"),
        ("network.fees_btc_per_block", 0.0171, "0.0171 BTC"),
        ("power.price_usd_per_mwh", -12.5, "−12.50 $/MWh"),
        ("power.price_usd_per_mwh", 50.0, "50 $/MWh"),
    ],
)
def test_values_are_written_as_people_say_them(key: str, value: float, text: str) -> None:
    assert plain(value_words(FIELDS[key], value)) == text
    assert number_words(FIELDS[key], None) == "–"


# -- the case ---------------------------------------------------------------------------------------------------------


def test_a_changed_network_value_moves_the_hashprice_as_the_model_would() -> None:
    case = case_of(hashprice=None)
    doubled = case.with_values({"network.btc_price_usd": 2 * 91_132.0})
    before, after = case.value(HASHPRICE), doubled.value(HASHPRICE)
    assert before is not None
    assert after == pytest.approx(2 * before)
    assert doubled.value("network.btc_price_usd") == 182_264
    assert case.value("network.btc_price_usd") == 91_132, "the case itself is as it was"
    assert case_of().with_values({"network.btc_price_usd": 1.0}).value(HASHPRICE) == 39.53


# -- map and tornado --------------------------------------------------------------------------------------------------


def test_the_map_holds_the_models_differences() -> None:
    case = case_of()
    found = advantage_map(case, "gpu.rate_usd_per_gpu_hour", HASHPRICE, GPU, columns=5, rows=4)
    assert found.usd_per_mw_year.shape == (4, 5)
    for row, column in ((0, 0), (3, 4), (1, 2)):
        x, y = float(found.x.values[column]), float(found.y.values[row])
        expected = difference(case.with_values({HASHPRICE: y}), "gpu.rate_usd_per_gpu_hour", x, GPU)
        assert found.usd_per_mw_year[row, column] == expected
    assert found.today_usd_per_mw_year == pytest.approx(2_101_153 - 332_997, abs=2)
    assert not found.is_empty
    assert found.without_effect() == ()
    overridden = advantage_map(case, "network.difficulty", HASHPRICE, COLO, columns=3, rows=3)
    assert [field.key for field in overridden.without_effect()] == ["network.difficulty"]


def test_a_map_without_a_hashprice_is_empty_and_one_over_the_same_input_twice_is_refused() -> None:
    nothing = network_state(difficulty=None, btc_price_usd=None, subsidy_btc=None, fees_btc_per_block=None)
    case = Case(inputs=schema.build({}), network=nothing)
    assert advantage_map(case, "colo.pue", "colo.rent_usd_per_kw_month", COLO, columns=3, rows=2).is_empty
    with pytest.raises(ValueError, match="different"):
        advantage_map(case_of(), HASHPRICE, HASHPRICE, GPU)


def test_ranges_are_the_plausible_ones_widened_to_today() -> None:
    rate = FIELDS["gpu.rate_usd_per_gpu_hour"]
    assert study_range(rate, 2.9) == rate.plausible
    assert study_range(rate, 25.0) == (0.5, 25.0)
    assert study_range(rate, 0.1) == (0.1, 10)
    assert study_range(FIELDS["network.difficulty"], 146e12) == (73e12, 292e12)
    assert study_range(FIELDS["network.difficulty"], None) == FIELDS["network.difficulty"].plausible
    assert study_range(FIELDS[HASHPRICE], 0.0) == (0.0, 500.0)


def test_the_tornado_is_sorted_by_swing_and_true_to_the_model() -> None:
    case = case_of()
    found = swings(case, COLO)
    sizes = [swing.size_usd_per_mw_year for swing in found]
    assert sizes == sorted(sizes, reverse=True)
    assert 10 <= len(found) <= 15
    keys = [swing.field.key for swing in found]
    assert "network.btc_price_usd" not in keys, "a typed hashprice leaves it without effect"
    assert "mining.asic_life_years" not in keys
    rent = next(swing for swing in found if swing.field.key == "colo.rent_usd_per_kw_month")
    assert (rent.low, rent.today, rent.high) == (60, 150, 220)
    assert rent.at_low_usd_per_mw_year == difference(case, "colo.rent_usd_per_kw_month", 60, COLO)
    assert len(swings(case, COLO, most=3)) == 3


def test_what_can_enter_a_comparison() -> None:
    keys = keys_of_comparison(SHELL)
    assert "shell.pue" in keys
    assert not {"site.capacity_mw", "colo.pue", "shell.power_passed_through"} & set(keys)
    assert all(numeric_field(key) for key in keys)
