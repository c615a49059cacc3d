"""The declared inputs: complete, within their own bounds, and refusing what they should."""

import dataclasses

import pytest

from minerdesk.economics import schema
from minerdesk.economics.field import DESK, Choice, Field
from minerdesk.economics.inputs import Inputs
from minerdesk.errors import InputError, Severity

LEASE = [
    "rent_usd_per_kw_month",
    "pue",
    "load_factor",
    "power_passed_through",
    "opex_fraction_of_rent",
    "capex_usd_per_it_mw",
    "life_years",
    "discount_rate",
]
KEYS = {
    "power": [
        "price_usd_per_mwh",
        "adder_usd_per_mwh",
        "contract",
    ],
    "site": [
        "capacity_mw",
    ],
    "mining": [
        "efficiency_j_per_th",
        "site_overhead",
        "uptime_fraction",
        "pool_fee_fraction",
        "opex_usd_per_mwh",
        "asic_price_usd_per_th",
        "asic_life_years",
        "discount_rate",
    ],
    "network": [
        "difficulty",
        "btc_price_usd",
        "subsidy_btc",
        "fees_btc_per_block",
        "hashprice_usd_per_ph_day",
    ],
    "gpu": [
        "rate_usd_per_gpu_hour",
        "utilisation_fraction",
        "meter_kw_per_gpu",
        "opex_usd_per_gpu_year",
        "capex_usd_per_gpu",
        "life_years",
        "discount_rate",
        "residual_fraction",
    ],
    "colo": LEASE,
    "shell": LEASE,
    "plan": [
        "business",
        "horizon_years",
        "discount_rate",
        "btc_growth_fraction_a_year",
        "difficulty_mode",
        "difficulty_growth_fraction_a_year",
        "difficulty_elasticity",
        "difficulty_lag_months",
        "hash_leaving_fraction",
        "hash_leaving_months",
        "fees_growth_fraction_a_year",
        "power_escalation_fraction_a_year",
        "stops_at_a_loss",
        "asic_refresh_years",
        "asic_refresh_usd_per_th",
        "asic_refresh_gain_fraction",
        "asic_resale_usd_per_th",
        "asic_resale_decline_fraction_a_year",
        "resold_fraction",
        "interruption_credit_usd_per_kw_year",
        "lease_delay_months",
        "ramp_months",
        "rent_escalator_fraction_a_year",
        "prepaid_months",
        "prepaid_credit_months",
        "term_years",
        "renewal_fraction",
        "renewal_rent_ratio",
        "take_or_pay_fraction",
        "gpu_take_or_pay_fraction",
        "gpu_rate_decay_fraction_a_year",
        "gpu_refresh",
        "gpu_refresh_cost_fraction",
        "gpu_refresh_rate_ratio",
        "capex_curve",
        "mines_while_building_fraction",
        "decommissioning_usd_per_mw",
        "salvage_fraction",
        "interconnection_mw",
        "convertible_fraction",
        "capital_limit_usd",
    ],
    "debt": [
        "enabled",
        "share_fraction",
        "rate",
        "tenor_years",
        "grace",
        "minimum_dscr",
    ],
    "tax": [
        "enabled",
        "rate",
        "depreciation",
        "life_years",
        "declining_factor",
        "loss_carry_forward",
        "loss_limit_fraction",
    ],
    "watch": [
        "hashrate_on",
        "hashrate_eh_s",
        "hashrate_days",
        "ribbon_on",
        "retarget_on",
        "retarget_fraction",
        "signed_on",
        "signed_mw",
        "signed_days",
        "gpu_on",
        "gpu_change_fraction",
        "rent_on",
        "rent_change_fraction",
        "share_on",
        "share_z",
        "interest_on",
        "interest_change_fraction",
        "interest_venue",
    ],
    "risk": [
        "paths",
        "seed",
        "centre",
        "btc_volatility",
        "difficulty_volatility",
        "gpu_rate_volatility",
        "power_volatility",
        "utilisation_swing_fraction",
        "difficulty_elasticity",
        "difficulty_lag_months",
        "difficulty_half_life_years",
        "gpu_rate_half_life_years",
        "utilisation_half_life_years",
        "power_half_life_years",
        "correlation_btc_difficulty",
        "correlation_btc_gpu_rate",
        "correlation_btc_utilisation",
        "correlation_btc_power",
        "correlation_difficulty_gpu_rate",
        "correlation_difficulty_utilisation",
        "correlation_difficulty_power",
        "correlation_gpu_rate_utilisation",
        "correlation_gpu_rate_power",
        "correlation_utilisation_power",
    ],
    "contract": [
        "on_peak_usd_per_mwh",
        "off_peak_usd_per_mwh",
        "on_peak_from_hour",
        "on_peak_to_hour",
        "on_peak_weekdays_only",
        "on_peak_from_month",
        "on_peak_to_month",
        "zone",
        "demand_usd_per_kw_month",
        "demand_ratchet_fraction",
        "capacity_credit",
        "capacity_usd_per_kw_year",
        "capacity_earned_fraction",
        "capacity_hours_a_year",
        "demand_response",
        "response_usd_per_kw_year",
        "response_usd_per_mwh",
        "response_hours_a_year",
    ],
    "stopping": [
        "minimum_down_hours",
        "minimum_up_hours",
        "ramp_minutes",
    ],
    "firm": [
        "business",
        "interruptible_hours_a_year",
        "notice_hours",
        "penalty_usd_per_mwh",
    ],
    "security": [
        "fleet_efficiency_j_per_th",
        "attack_asic_usd_per_th",
        "attack_power_usd_per_mwh",
        "attack_hours",
    ],
}


def test_the_keys_are_the_contract() -> None:
    assert set(schema.FIELDS) == {f"{part}.{name}" for part, names in KEYS.items() for name in names}


def test_every_declared_input_is_one_of_the_model_and_the_other_way_round() -> None:
    built = schema.build({})
    of_model = {
        f"{part.name}.{attribute.name}"
        for part in dataclasses.fields(Inputs)
        for attribute in dataclasses.fields(getattr(built, part.name))
    }
    assert of_model == set(schema.FIELDS)


def test_defaults_are_plausible_and_declared_with_origin_help_and_step() -> None:
    assert schema.validate(schema.DEFAULTS) == []
    for field in schema.FIELDS.values():
        assert field.help
        assert field.origin
        assert field.label
        assert field.step > 0
        assert field.bounds[0] <= field.plausible[0] <= field.plausible[1] <= field.bounds[1], field.key


def test_five_inputs_of_the_desk_stand_open() -> None:
    assert [key for key, field in schema.FIELDS.items() if field.featured and field.page == DESK] == [
        "power.price_usd_per_mwh",
        "site.capacity_mw",
        "mining.efficiency_j_per_th",
        "gpu.rate_usd_per_gpu_hour",
        "colo.rent_usd_per_kw_month",
    ]


def test_all_problems_come_at_once() -> None:
    problems = schema.validate(
        {"power.price": 1.0, "colo.pue": 0.9, "gpu.life_years": float("nan"), "mining.uptime_fraction": 0.5}
    )
    assert [(problem.field, problem.severity) for problem in problems] == [
        ("power.price", Severity.ERROR),
        ("colo.pue", Severity.ERROR),
        ("gpu.life_years", Severity.ERROR),
        ("mining.uptime_fraction", Severity.WARNING),
    ]
    with pytest.raises(InputError) as caught:
        schema.build({"colo.pue": 0.9, "gpu.life_years": float("inf"), "mining.uptime_fraction": 0.5})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("key", list(schema.FIELDS))
def test_each_bound_is_allowed_and_beyond_it_refused(key: str) -> None:
    field = schema.FIELDS[key]
    if field.is_switch or field.is_choice:
        assert schema.check(field, 1.0) is not None
        assert schema.check(field, "no such choice") is not None
        return
    low, high = field.bounds
    for edge, beyond in ((low, low - max(1e-6, abs(low) * 1e-6)), (high, high * 1.000001 + 1e-6)):
        at_edge, past = schema.check(field, edge), schema.check(field, beyond)
        assert at_edge is None or at_edge.severity is Severity.WARNING
        assert past is not None
        assert past.severity is Severity.ERROR
    assert schema.check(field, True) is not None


def test_only_network_inputs_caps_and_volatilities_may_be_empty() -> None:
    estimated = {f"risk.{name}_volatility" for name in ("btc", "difficulty", "gpu_rate", "power")}
    for field in schema.FIELDS.values():
        cap = field.key in ("plan.interconnection_mw", "plan.capital_limit_usd")
        may_be = field.key.startswith("network.") or cap or field.key in estimated
        assert (schema.check(field, None) is None) == may_be


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("power.price_usd_per_mwh", "58.5", 58.5),
        ("power.price_usd_per_mwh", "-3", -3.0),
        ("network.difficulty", "1.4647e14", 1.4647e14),
        ("network.difficulty", "", None),
        ("shell.power_passed_through", "Off", False),
    ],
)
def test_parse(key: str, text: str, value: schema.Value) -> None:
    assert schema.parse(key, text) == value


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("power.price_usd_per_mwh", "0,07", "comma"),
        ("power.price_usd_per_mwh", "1,234.5", "comma"),
        ("power.price_usd_per_mwh", "fifty", "takes a number"),
        ("power.price_usd_per_mwh", "nan", "finite"),
        ("power.price_usd_per_mwh", "1_000", "finite"),
        ("colo.power_passed_through", "maybe", "true or false"),
        ("power.prise_usd_per_mwh", "1", "power.price_usd_per_mwh"),
        ("colocation.rent_usd_per_kw_month", "1", "colo.rent_usd_per_kw_month"),
    ],
)
def test_parse_refuses_with_a_remedy(key: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        schema.parse(key, text)
    assert caught.value.problems[0].field == key


def test_a_choice_takes_its_named_values_alone() -> None:
    field = Field(
        key="power.contract",
        label="Contract",
        default="fixed",
        help="",
        origin="",
        group="Contract",
        choices=(Choice(value="fixed", label="Fixed price"), Choice(value="index", label="Index plus adder")),
    )
    assert schema.check(field, "index") is None
    assert not field.is_number
    for refused in ("Fixed price", "", 1.0, True):
        problem = schema.check(field, refused)
        assert problem is not None
        assert problem.severity is Severity.ERROR
        assert "fixed or index" in problem.message


def test_a_key_without_its_unit_is_known_by_its_beginning() -> None:
    assert schema.nearest("gpu.rate") == "gpu.rate_usd_per_gpu_hour"
    assert schema.nearest("colo.rent") == "colo.rent_usd_per_kw_month"
    assert schema.nearest("gpu.") is None or schema.nearest("gpu.") in schema.FIELDS
