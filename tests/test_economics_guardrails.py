"""Guard-rails: defaults and reference case are silent, every rule fires on its pitfall and not just beside it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerdesk import presets
from minerdesk.desk import Desk
from minerdesk.economics import guardrails, networkrails, powerrails
from minerdesk.economics.deals import SignedLease
from minerdesk.economics.declarations import FIELDS, Value
from minerdesk.economics.networkrails import Finding, Seen
from minerdesk.economics.plan import rails as plan_rails
from minerdesk.economics.schema import build
from minerdesk.economics.unitslips import SLIPS, Slip, slips
from minerdesk.errors import Severity
from minerdesk.observations import Observation, Origin, Series
from minerdesk.quantities import QUANTITIES
from minerdesk.report import comparison_object
from minerdesk.store import bundle

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
PRICE, DIFFICULTY, HASHPRICE = "network.btc_price_usd", "network.difficulty", "network.hashprice_usd_per_ph_day"
FEES, SUBSIDY = "network.fees_btc_per_block", "network.subsidy_btc"

#: The network of 16 January 2026; it gives a hashprice of 41.31 $/PH/day.
SEEN = Seen(
    btc_price_usd=95_546.0,
    difficulty=146.4726e12,
    subsidy_btc=3.125,
    fees_btc_per_block=0.0229,
    past_difficulties=(146.4726e12, 148.2584e12, 148.1953e12),
)
RISING = SignedLease(
    operator="Hut 8", tenant="Fluidstack", total_usd=7.0e9, years=15, it_mw=245, escalator_fraction=0.03
)
LEVEL = SignedLease(operator="Somebody", total_usd=3.0e9, years=10, it_mw=168)


def said(edits: Mapping[str, Value], seen: Seen = SEEN) -> dict[str, str]:
    found = guardrails.warnings(build(edits), seen, (RISING, LEVEL))
    assert all(problem.severity is Severity.WARNING for problem in found)
    return {problem.field: problem.message for problem in found}


def test_the_defaults_are_silent_whatever_is_seen() -> None:
    assert said({}) == {}
    assert said({}, Seen()) == {}
    assert said({}, Seen(btc_price_usd=1.0, difficulty=1e9, subsidy_btc=0.0, fees_btc_per_block=9.0)) == {}


@pytest.mark.parametrize(
    "edits",
    [
        {HASHPRICE: 39.53},
        {HASHPRICE: 39.53, "mining.efficiency_j_per_th": 13.5, "mining.asic_price_usd_per_th": 25.70},
        {HASHPRICE: 39.53, "mining.efficiency_j_per_th": 13.5, "mining.asic_price_usd_per_th": 18.38},
        {HASHPRICE: 39.53, "colo.power_passed_through": False},
    ],
)
def test_the_reference_case_is_silent(edits: dict[str, Value]) -> None:
    assert said(edits) == {}


#: Rule, what fires it, what doesn't, the field that it speaks beside, and words of it.
CASES: list[tuple[str, dict[str, Value], dict[str, Value], str, list[str]]] = [
    (
        "another_unit",
        {"power.price_usd_per_mwh": 0.05},
        {"power.price_usd_per_mwh": 0.0},
        "power.price_usd_per_mwh",
        ["0.05", "$/kWh", "type 50"],
    ),
    (
        "machine_for_efficiency",
        {"mining.efficiency_j_per_th": 200.0},
        {"mining.efficiency_j_per_th": 98.0},
        "mining.efficiency_j_per_th",
        ["one machine in TH/s", "17.5 J/TH"],
    ),
    (
        "machine_for_efficiency",
        {"mining.efficiency_j_per_th": 3500.0},
        {"mining.efficiency_j_per_th": 100.0},
        "mining.efficiency_j_per_th",
        ["power of one machine in W"],
    ),
    (
        "chip_tdp",
        {"gpu.meter_kw_per_gpu": 0.7},
        {"gpu.meter_kw_per_gpu": 0.72},
        "gpu.meter_kw_per_gpu",
        ["H100", "1.73"],
    ),
    ("chip_tdp", {"gpu.meter_kw_per_gpu": 0.4}, {"gpu.meter_kw_per_gpu": 0.41}, "gpu.meter_kw_per_gpu", ["A100"]),
    (
        "chip_tdp",
        {"gpu.meter_kw_per_gpu": 1.7875},
        {"gpu.meter_kw_per_gpu": 1.79},
        "gpu.meter_kw_per_gpu",
        ["B200", "PUE", "2.17"],
    ),
    (
        "every_hour_sold",
        {"gpu.utilisation_fraction": 1.0},
        {"gpu.utilisation_fraction": 0.95},
        "gpu.utilisation_fraction",
        ["100 %", "take-or-pay", "1" + "\u202f" + "136", "1" + "\u202f" + "336"],
    ),
    ("long_gpu_life", {"gpu.life_years": 6.0}, {"gpu.life_years": 5.5}, "gpu.life_years", ["6 years", "3 to 6"]),
    ("gross_for_it_load", {"colo.pue": 1.0}, {"colo.pue": 1.05}, "colo.pue", ["100", "66.7", "80.0"]),
    ("gross_for_it_load", {"shell.pue": 1.04}, {"shell.pue": 1.06}, "shell.pue", ["IT load"]),
    (
        "rent_with_power",
        {"colo.rent_usd_per_kw_month": 240.0},
        {"colo.rent_usd_per_kw_month": 240.0, "colo.power_passed_through": False},
        "colo.rent_usd_per_kw_month",
        ["120 to 190", "175.2"],
    ),
    (
        "rent_without_power",
        {"shell.power_passed_through": False},
        {"shell.power_passed_through": False, "power.price_usd_per_mwh": 36.0},
        "shell.power_passed_through",
        ["50.0", "73.8"],
    ),
    (
        "power_inside_opex",
        {"colo.opex_fraction_of_rent": 0.45},
        {"colo.opex_fraction_of_rent": 0.3},
        "colo.opex_fraction_of_rent",
        ["45 %", "80 to 90 %"],
    ),
    (
        "power_inside_opex",
        {"colo.opex_fraction_of_rent": 0.45},
        {"colo.opex_fraction_of_rent": 0.45, "colo.power_passed_through": False},
        "colo.opex_fraction_of_rent",
        ["tenant"],
    ),
    (
        "mean_for_first_year",
        {"colo.rent_usd_per_kw_month": 158.7},
        {"colo.rent_usd_per_kw_month": 158.8},
        "colo.rent_usd_per_kw_month",
        ["15 years", "Hut 8", "128.0"],
    ),
    (
        "mean_for_first_year",
        {"colo.rent_usd_per_kw_month": 158.7},
        {"colo.rent_usd_per_kw_month": 148.8},  # a lease without a known rise
        "colo.rent_usd_per_kw_month",
        ["Year 1"],
    ),
    (
        "unpaid_capital",
        {"gpu.capex_usd_per_gpu": 0.0},
        {"gpu.capex_usd_per_gpu": 15_000.0},
        "gpu.capex_usd_per_gpu",
        ["built"],
    ),
    (
        "new_fleet_as_sunk",
        {"mining.efficiency_j_per_th": 13.5},
        {"mining.efficiency_j_per_th": 15.1},
        "mining.asic_price_usd_per_th",
        ["13.5 J/TH", "18.38 $/TH", "53.4"],
    ),
    (
        "old_price_for_new_machines",
        {"mining.asic_price_usd_per_th": 2.0},
        {"mining.asic_price_usd_per_th": 2.0, "mining.efficiency_j_per_th": 29.5},
        "mining.asic_price_usd_per_th",
        ["2 $/TH", "17.5 J/TH"],
    ),
    (
        "long_asic_life",
        {"mining.asic_price_usd_per_th": 10.0, "mining.asic_life_years": 6.0},
        {"mining.asic_life_years": 6.0},
        "mining.asic_life_years",
        ["25.70", "18.38"],
    ),
    (
        "curtailed_uptime",
        {"mining.uptime_fraction": 0.7},
        {"mining.uptime_fraction": 0.85},
        "mining.uptime_fraction",
        ["70 %", "again", "hours it runs"],
    ),
    (
        "credits_lost",
        {"power.adder_usd_per_mwh": -8.0},
        {"power.adder_usd_per_mwh": 8.0},
        "power.adder_usd_per_mwh",
        ["-8", "4CP"],
    ),
    ("far_price", {PRICE: 130_000.0}, {PRICE: 120_000.0}, PRICE, ["36", "above", "95" + "\u202f" + "546"]),
    ("far_price", {PRICE: 60_000.0}, {PRICE: 70_000.0}, PRICE, ["below"]),
    ("difficulty_in_another_unit", {DIFFICULTY: 146.47}, {DIFFICULTY: 146.47e12}, DIFFICULTY, ["in T", "146.47e12"]),
    ("difficulty_in_another_unit", {DIFFICULTY: 1_005.0}, {DIFFICULTY: 120e12}, DIFFICULTY, ["EH/s"]),
    ("difficulty_in_another_unit", {DIFFICULTY: 1_005e12}, {DIFFICULTY: 500e12}, DIFFICULTY, ["EH/s", "146.47"]),
    ("past_difficulty", {DIFFICULTY: 148.26e12}, {DIFFICULTY: 148.27e12}, DIFFICULTY, ["148.26", "146.47"]),
    ("fees_counted_twice", {FEES: 3.15}, {FEES: 0.5}, FEES, ["3.125", "fees alone"]),
    ("fees_counted_twice", {SUBSIDY: 3.148}, {SUBSIDY: 3.125}, SUBSIDY, ["plus fees"]),
    ("fees_left_out", {FEES: 0.0}, {FEES: 0.001}, FEES, ["0.0229", "0.7"]),
    ("past_subsidy", {SUBSIDY: 6.25}, {SUBSIDY: 1.5625}, SUBSIDY, ["last halving", "3.125"]),
    ("odd_hashprice", {HASHPRICE: 0.0412}, {HASHPRICE: 41.2}, HASHPRICE, ["$/TH/day", "41.20"]),
    ("odd_hashprice", {HASHPRICE: 41_000.0}, {HASHPRICE: 36.0}, HASHPRICE, ["$/EH/day"]),
    ("odd_hashprice", {HASHPRICE: 43_150.0}, {HASHPRICE: 36.0}, HASHPRICE, ["sats/PH/day", "41.23"]),
    ("odd_hashprice", {HASHPRICE: 4.315e-4}, {HASHPRICE: 47.0}, HASHPRICE, ["BTC/PH/day", "41.23"]),
    ("odd_hashprice", {HASHPRICE: 55.0}, {HASHPRICE: 47.0}, HASHPRICE, ["33", "above", "41.31"]),
]


@pytest.mark.parametrize(("rule", "pitfall", "beside", "field", "words"), CASES)
def test_a_rule_fires_on_its_pitfall_and_not_just_beside_it(
    rule: str, pitfall: dict[str, Value], beside: dict[str, Value], field: str, words: list[str]
) -> None:
    fired = findings(rule, pitfall)
    assert [finding.key for finding in fired] == [field]
    assert findings(rule, beside) == []
    message = said(pitfall)[field]
    assert message.startswith(FIELDS[field].label)
    assert "used as typed" in message
    assert all(word in message for word in words), message


def findings(rule: str, edits: Mapping[str, Value]) -> list[Finding]:
    inputs = build(edits)
    if rule == "mean_for_first_year":
        return list(guardrails.mean_for_first_year(inputs, (RISING, LEVEL)))
    if hasattr(networkrails, rule):
        return list(getattr(networkrails, rule)(inputs, SEEN))
    return list(getattr(guardrails, rule)(inputs))


def test_every_rule_has_an_example() -> None:
    rules = {rule.__name__ for rule in (*guardrails.RULES, *networkrails.RULES, guardrails.mean_for_first_year)}
    elsewhere = {rule.__name__ for rule in (*powerrails.RULES, *plan_rails.RULES)}  # theirs are in files of their own
    assert rules - elsewhere == {case[0] for case in CASES}


def test_the_published_hashprice_that_does_not_fit_its_difficulty_and_price_is_flagged() -> None:
    then = {DIFFICULTY: 144.40e12, PRICE: 67_000.0}
    fees = replace(Seen(), subsidy_btc=3.125, fees_btc_per_block=0.019)
    assert "29.3" in said({**then, HASHPRICE: 23.9}, fees)[HASHPRICE]
    assert HASHPRICE not in said({**then, HASHPRICE: 29.0}, fees)


def test_what_is_typed_is_not_measured_by_what_is_unknown() -> None:
    assert said({PRICE: 300_000.0, DIFFICULTY: 148.26e12, SUBSIDY: 6.25, HASHPRICE: 60.0}, Seen()) == {}
    assert said({FEES: 0.0}, Seen()) == {}


def test_without_a_computed_hashprice_every_unit_that_may_be_meant_is_named() -> None:
    assert "$/EH/day or sats/PH/day" in said({HASHPRICE: 43_150.0}, Seen(btc_price_usd=95_546.0))[HASHPRICE]


def test_of_several_warnings_for_a_field_the_first_is_given() -> None:
    assert "thousand" in said({PRICE: 95.5})[PRICE]
    assert len(guardrails.warnings(build({PRICE: 95.5}), SEEN)) == 1


# -- units ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.key} {slip.looks_like}")
def test_a_slip_is_recognised_and_the_number_that_was_meant_is_beyond_suspicion(slip: Slip) -> None:
    field = FIELDS[slip.key]
    examples = {
        "power.adder_usd_per_mwh": 15.0,
        "mining.pool_fee_fraction": 0.005,
        "site.capacity_mw": 80.0,
        "network.btc_price_usd": 95_546.0,
        "contract.demand_usd_per_kw_month": 8.0,
        "stopping.ramp_minutes": 20.0,
        "stopping.minimum_down_hours": 0.75,
        "stopping.minimum_up_hours": 0.75,
    }
    meant = examples.get(slip.key, field.default)
    assert isinstance(meant, float)
    typed = meant / slip.factor
    if field.bounds[0] <= typed <= field.bounds[1]:
        assert slip.meant(typed) == pytest.approx(meant)
    assert slip.meant(meant) is None


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("power.price_usd_per_mwh", 5.0, ["¢/kWh", "50"]),
        ("site.capacity_mw", 100_000.0, ["kW", "100"]),
        ("gpu.utilisation_fraction", 0.0085, ["0.0085 (0.85 %)", "0.85 (85 %)"]),
        ("gpu.meter_kw_per_gpu", 14.3, ["server of eight", "1.7875"]),
        ("gpu.rate_usd_per_gpu_hour", 69.6, ["server of eight"]),
        ("gpu.capex_usd_per_gpu", 400_000.0, ["server of eight"]),
        ("colo.rent_usd_per_kw_month", 1_800.0, ["$/kW-year", "150"]),
        ("colo.rent_usd_per_kw_month", 20.55, ["¢/kWh"]),
        ("colo.capex_usd_per_it_mw", 10.0, ["M$ per MW"]),
        ("mining.pool_fee_fraction", 0.5, ["percent", "0.5 %"]),
    ],
)
def test_slips_are_named_with_the_number_to_type(key: str, value: float, words: list[str]) -> None:
    ((found, looks, remedy),) = slips({key: value})
    assert found == key
    assert all(word in looks + remedy for word in words)


@pytest.mark.parametrize("key", [key for key, field in FIELDS.items() if field.is_number])
@given(data=st.data())
def test_no_number_of_the_usual_range_is_taken_for_another_unit(key: str, data: st.DataObject) -> None:
    low, high = FIELDS[key].plausible
    least = 0.1 if key == "power.adder_usd_per_mwh" else low  # 0.05 is an adder in $/kWh
    assert list(slips({key: data.draw(st.floats(least, high))})) == []


# -- for any inputs ---------------------------------------------------------------------------------------------------


def values_in_bounds() -> st.SearchStrategy[dict[str, Value]]:
    def values_of(key: str) -> st.SearchStrategy[Value]:
        field = FIELDS[key]
        if field.is_switch:
            return st.booleans()
        if field.is_choice:
            return st.sampled_from([choice.value for choice in field.choices])
        if field.whole:
            return st.integers(*map(int, field.bounds)).map(float)
        numbers = st.one_of(st.floats(*field.bounds), st.sampled_from([*field.bounds, *field.plausible]))
        return st.one_of(numbers, st.none()) if field.optional else numbers

    return st.fixed_dictionaries({}, optional={key: values_of(key) for key in FIELDS})


unknown_or = st.one_of(st.none(), st.floats(1e-8, 1e9))
anything_seen = st.builds(
    Seen,
    btc_price_usd=unknown_or,
    difficulty=st.one_of(st.none(), st.floats(1, 1e21)),
    subsidy_btc=st.one_of(st.none(), st.floats(0, 50)),
    fees_btc_per_block=st.one_of(st.none(), st.floats(0, 50)),
    past_difficulties=st.lists(st.floats(1, 1e21), max_size=3).map(tuple),
)


@settings(max_examples=300)
@given(values_in_bounds(), anything_seen)
def test_no_rule_raises_whatever_is_typed_and_seen(edits: dict[str, Value], seen: Seen) -> None:
    inputs = build(edits)
    found = guardrails.advice(inputs, seen, (RISING, LEVEL))
    fields = [problem.field for problem in found]
    assert len(fields) == len(set(fields))
    assert set(fields) <= set(FIELDS)
    assert not any(re.search(r"\b(nan|inf|None)\b", problem.message) for problem in found)


# -- beside the bundled data ------------------------------------------------------------------------------------------


def test_the_catalogue_s_own_draws_at_the_meter_are_silent_and_its_chips_are_known() -> None:
    data = bundle.load(datetime(2026, 12, 1, tzinfo=UTC))
    for preset in presets.gpus(data):
        assert "gpu.meter_kw_per_gpu" not in said(dict(preset.edits)), preset.label
    catalogue = {gpu.name.split()[0]: gpu for gpu in data.gpus}
    for chip in guardrails.CHIPS:
        gpu = catalogue[chip.names.split()[0]]
        assert (chip.tdp_kw, chip.it_kw, chip.meter_kw) == (gpu.tdp_w / 1_000, gpu.it_kw_per_gpu, gpu.meter_kw_per_gpu)


# -- on the desk ------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(now=lambda: NOW, signed_leases=(RISING,))
    fresh = NOW - timedelta(minutes=1)

    def observed(quantity: str, value: float, as_of: datetime = fresh) -> Observation:
        return Observation(
            quantity=quantity,
            value=value,
            unit=QUANTITIES[quantity].unit,
            as_of=as_of,
            fetched_at=fresh,
            source="test",
            origin=Origin.NETWORK,
        )

    epochs = [datetime(2025, 12, 25, 4, tzinfo=UTC), datetime(2026, 1, 8, 8, tzinfo=UTC)]
    desk.observe(
        [
            observed("btc_price_usd", 95_546.0),
            observed("difficulty", 146.4726e12, epochs[-1]),
            observed("tip_height", 932_520),
            observed("fees_btc_per_block", 0.0229),
        ],
        [
            Series.of(
                "difficulty_epochs",
                [epoch.timestamp() for epoch in epochs],
                [148.2584e12, 146.4726e12],
                source="test",
                fetched_at=fresh,
            )
        ],
    )
    yield desk


def test_a_warning_is_a_problem_of_the_snapshot_and_of_the_report(desk: Desk) -> None:
    assert desk.snapshot().problems == ()
    snapshot = desk.apply({"gpu.meter_kw_per_gpu": 0.7})
    (problem,) = snapshot.problems  # in the place of the one about the usual range
    assert "TDP" in problem.message
    assert problem in snapshot.advice
    assert comparison_object(snapshot)["problems"] == [
        {"field": "gpu.meter_kw_per_gpu", "severity": "warning", "message": problem.message}
    ]


def test_the_unusual_without_a_guard_rail_is_still_named(desk: Desk) -> None:
    (problem,) = desk.apply({"power.price_usd_per_mwh": 200.0}).problems
    assert "usual is" in problem.message


def test_typed_network_values_are_measured_by_the_observed_ones(desk: Desk) -> None:
    assert "earlier epoch" in desk.apply({DIFFICULTY: 148.26e12}).problems[0].message
    assert "above" in desk.apply({DIFFICULTY: None, PRICE: 200_000.0}).problems[0].message


def test_an_old_price_measures_nothing() -> None:
    desk = Desk(now=lambda: NOW)
    old = NOW - timedelta(days=90)
    desk.observe(
        [
            Observation(
                quantity="btc_price_usd",
                value=50_000.0,
                unit="$/BTC",
                as_of=old,
                fetched_at=old,
                source="test",
                origin=Origin.CACHE,
            )
        ],
        (),
    )
    assert PRICE not in {problem.field for problem in desk.apply({PRICE: 95_546.0}).advice}


def test_the_sunk_fleet_against_new_capital_is_a_note_beside_its_field_and_no_problem(desk: Desk) -> None:
    note, _ = desk.snapshot().advice
    assert (note.field, note.severity) == ("mining.asic_price_usd_per_th", Severity.NOTE)
    assert "new AI capital" in note.message
    assert "22.4 $/MWh" in note.message  # 10 $/TH over 54,422 TH/s a MW, four years at 15 %, 8,497 MWh
    assert desk.apply({"mining.asic_price_usd_per_th": 12.0}).advice[1:] == ()


def test_a_lease_that_the_user_keeps_is_recognised_too(desk: Desk, tmp_path: Path) -> None:
    assert "128.0" in desk.apply({"colo.rent_usd_per_kw_month": 158.7}).problems[0].message
    row = {"operator": "Mine", "total_usd": 1.5e9, "years": 10.0, "it_mw": 100.0, "escalator_fraction": 0.02}
    desk.lay_table("deals", [row])
    assert "Mine" in desk.apply({"colo.rent_usd_per_kw_month": 125.0}).problems[0].message
