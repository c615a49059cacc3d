"""Guard-rails of contract, credits, stopping and firm load: each fires on its pitfall and not just beside it."""

import pytest

from minerdesk.economics import guardrails, powerrails
from minerdesk.economics.declarations import FIELDS, Value
from minerdesk.economics.schema import build, validate
from minerdesk.errors import Severity

TOU: dict[str, Value] = {"power.contract": "time_of_use"}
CAPACITY: dict[str, Value] = {"contract.capacity_credit": True}
RESPONSE: dict[str, Value] = {"contract.demand_response": True}


def said(edits: dict[str, Value]) -> dict[str, str]:
    return {problem.field: problem.message for problem in guardrails.warnings(build(edits))}


#: Rule, what fires it, what doesn't, the field that it speaks beside, and words of it.
CASES: list[tuple[str, dict[str, Value], dict[str, Value], str, list[str]]] = [
    (
        "demand_counted_twice",
        {"contract.demand_usd_per_kw_month": 7.3, "power.adder_usd_per_mwh": 12.0},
        {"contract.demand_usd_per_kw_month": 7.3, "power.adder_usd_per_mwh": 2.0},
        "contract.demand_usd_per_kw_month",
        ["10.0", "12.0", "one of the two"],
    ),
    (
        "credit_counted_twice",
        {**CAPACITY, "power.adder_usd_per_mwh": -6.0},
        {**CAPACITY, "power.adder_usd_per_mwh": 0.0},
        "contract.capacity_credit",
        ["a credit already", "power.adder_usd_per_mwh"],
    ),
    ("same_hours_paid_twice", {**CAPACITY, **RESPONSE}, RESPONSE, "contract.demand_response", ["pays both"]),
    (
        "hours_turned_round",
        {**TOU, "contract.on_peak_from_hour": 22.0, "contract.on_peak_to_hour": 6.0},
        {"contract.on_peak_from_hour": 22.0, "contract.on_peak_to_hour": 6.0},
        "contract.on_peak_from_hour",
        ["over midnight, 8 hours", "from 6 to 22"],
    ),
    (
        "hours_turned_round",
        {**TOU, "contract.on_peak_from_hour": 7.0, "contract.on_peak_to_hour": 7.0},
        {**TOU, "contract.on_peak_from_hour": 7.0, "contract.on_peak_to_hour": 8.0},
        "contract.on_peak_to_hour",
        ["no hour at all"],
    ),
    (
        "peak_under_off_peak",
        {"contract.on_peak_usd_per_mwh": 40.0, "contract.off_peak_usd_per_mwh": 70.0},
        {"contract.on_peak_usd_per_mwh": 40.0, "contract.off_peak_usd_per_mwh": 40.0},
        "contract.on_peak_usd_per_mwh",
        ["each other’s place"],
    ),
    (
        "called_most_of_the_year",
        {**RESPONSE, "contract.response_hours_a_year": 8_000.0},
        {"contract.response_hours_a_year": 400.0, **RESPONSE},
        "contract.response_hours_a_year",
        ["91 % of the year"],
    ),
    (
        "credit_above_the_power",
        {**CAPACITY, "contract.capacity_usd_per_kw_year": 600.0},
        {**CAPACITY, "contract.capacity_usd_per_kw_year": 140.0},
        "contract.capacity_usd_per_kw_year",
        ["68.5", "per kW and year"],
    ),
    (
        "pause_that_never_pays",
        {"firm.business": "colocation", "firm.interruptible_hours_a_year": 50.0},
        {"firm.business": "gpu_cloud", "firm.interruptible_hours_a_year": 50.0},
        "firm.penalty_usd_per_mwh",
        ["for nothing"],
    ),
    (
        "another_unit",
        {"contract.demand_usd_per_kw_month": 96.0},
        {"contract.demand_usd_per_kw_month": 12.0},
        "contract.demand_usd_per_kw_month",
        ["$/kW-year", "type 8"],
    ),
    (
        "another_unit",
        {"contract.capacity_usd_per_kw_year": 5.0},
        {"contract.capacity_usd_per_kw_year": 60.0},
        "contract.capacity_usd_per_kw_year",
        ["$/kW-month", "type 60"],
    ),
    (
        "another_unit",
        {"contract.on_peak_usd_per_mwh": 0.07, "contract.off_peak_usd_per_mwh": 0.04},
        {},
        "contract.off_peak_usd_per_mwh",
        ["$/kWh", "type 40"],
    ),
    (
        "another_unit",
        {"stopping.ramp_minutes": 600.0},
        {"stopping.ramp_minutes": 10.0},
        "stopping.ramp_minutes",
        ["in seconds", "type 10"],
    ),
    (
        "another_unit",
        {"stopping.minimum_down_hours": 30.0},
        {"stopping.minimum_down_hours": 0.5},
        "stopping.minimum_down_hours",
        ["in minutes", "type 0.5"],
    ),
]


@pytest.mark.parametrize(("rule", "fires", "is_silent", "key", "words"), CASES)
def test_each_rule_fires_on_its_pitfall_alone(
    rule: str, fires: dict[str, Value], is_silent: dict[str, Value], key: str, words: list[str]
) -> None:
    message = said(fires)[key]
    assert message.startswith(f"{FIELDS[key].label}: ")
    assert all(word in message for word in words), (rule, message)
    assert "It is used as typed." in message
    assert key not in said(is_silent)


def test_every_rule_has_its_case() -> None:
    assert {rule.__name__ for rule in powerrails.RULES} <= {case[0] for case in CASES}


def test_the_defaults_are_silent_under_every_contract() -> None:
    for choice in FIELDS["power.contract"].choices:
        assert said({"power.contract": choice.value}) == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("contract.response_hours_a_year", 9_000.0),
        ("contract.on_peak_to_hour", 25.0),
        ("contract.on_peak_from_month", 13.0),
        ("contract.demand_ratchet_fraction", 80.0),
        ("firm.interruptible_hours_a_year", 8_761.0),
        ("power.contract", "spot"),
        ("contract.zone", "Mars/Olympus"),
    ],
)
def test_what_no_year_and_no_clock_has_is_refused(key: str, value: Value) -> None:
    assert [problem.severity for problem in validate({key: value})] == [Severity.ERROR]
