"""What is typed of a plan: phases checked and cut, the case made of them, and the pitfalls that are recognised."""

from datetime import date

import pytest
from sample_plan import case_of, row

from minerdesk.economics import guardrails
from minerdesk.economics.plan import rails
from minerdesk.economics.plan.case import PlanCase, PlanFleet
from minerdesk.economics.plan.evaluate import evaluate_plan
from minerdesk.economics.plan.phases import Phase, capped, check_rows, default_phases, read_rows, scaled
from minerdesk.economics.results import network_state
from minerdesk.economics.schema import FIELDS, build
from minerdesk.economics.tables import TABLES
from minerdesk.errors import Severity

# -- phases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "field", "words"),
    [
        ({"mw": -1}, "phases[2].mw", "between 0 and 100,000"),
        ({"mw": 100_001}, "phases[2].mw", "between"),
        ({"mw": None}, "phases[2].mw", "is empty"),
        ({"mw": "ten"}, "phases[2].mw", "takes a number"),
        ({"mw": True}, "phases[2].mw", "takes a number"),
        ({"mw": float("nan")}, "phases[2].mw", "between"),
        ({"start_month": 1.5}, "phases[2].start_month", "whole months"),
        ({"start_month": -1}, "phases[2].start_month", "between 0 and 600"),
        ({"build_months": 241}, "phases[2].build_months", "between 0 and 240"),
        ({"build_months": float("inf")}, "phases[2].build_months", "between"),
        ({"label": 5.0}, "phases[2].label", "takes text"),
        ({"label": "x" * 61}, "phases[2].label", "61 letters"),
        ({"mv": 10}, "phases[2].mv", "no column"),
    ],
)
def test_a_bad_cell_is_named_with_its_row(bad: dict, field: str, words: str) -> None:
    (problem,) = check_rows([row(10, 0, 6), {**row(10, 0, 6), **bad}])
    assert (problem.field, problem.severity) == (field, Severity.ERROR)
    assert words in problem.message
    assert "Phase 2" in problem.message


def test_every_bad_cell_is_told_at_once_and_good_ones_pass() -> None:
    assert len(check_rows([{"mw": -1, "start_month": "x"}, row(0, 600, 240)])) == 3
    assert check_rows([row(0, 0, 0), row(100_000, 600, 240, "North"), {**row(1, 0, 0), "label": ""}]) == []
    assert "51 phases" in check_rows([row(1, 0, 0)] * 51)[0].message
    assert TABLES["phases"].check is check_rows


def test_rows_become_phases_named_by_their_number() -> None:
    assert read_rows([row(10, 3.0, 6), row(5, 0, 0, " North ")]) == (
        Phase(label="Phase 1", mw=10, start_month=3, build_months=6),
        Phase(label="North", mw=5, start_month=0, build_months=0),
    )
    phases = default_phases(80)
    assert read_rows([phase.row() for phase in phases]) == phases
    assert check_rows([phase.row() for phase in phases]) == []


def test_what_is_too_much_is_cut_from_the_last_in_time() -> None:
    early, late = (
        Phase(label="a", mw=40, start_month=6, build_months=1),
        Phase(label="b", mw=40, start_month=12, build_months=1),
    )
    (b, a), words = capped((late, early), 60)
    assert (a.mw, b.mw) == (40, 20)
    assert "80" in words
    assert "cut by 20" in words
    assert [phase.mw for phase in capped((early, late), 30)[0]] == [30, 0]
    assert capped((early, late), 80) == ((early, late), "")
    assert [phase.mw for phase in scaled((early, late), 20)] == [10, 10]
    zero = Phase(label="z", mw=0, start_month=0, build_months=0)
    assert scaled((zero,), 20) == (zero,)


# -- the case ---------------------------------------------------------------------------------------------------------


def test_a_case_has_the_fleet_of_the_desk_and_default_phases() -> None:
    case = case_of()
    assert case.fleet == PlanFleet(
        efficiency_j_per_th=17.5,
        th_per_mw=pytest.approx(54_421.77, rel=1e-6),
        purchase_usd_per_th=0,
        resale_usd_per_th=5,
    )
    assert case.phases_are_default
    assert case.phases == default_phases(100)
    assert case.start == date(2026, 1, 1)
    assert [case.month_date(month) for month in (0, 11, 12, 240)] == [
        date(2026, 1, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2046, 1, 1),
    ]
    assert not case_of(rows=[row(10, 0, 6)]).phases_are_default


def test_without_a_hashprice_there_is_no_case_and_without_a_tip_it_says_so() -> None:
    unknown = network_state(difficulty=None, btc_price_usd=None, subsidy_btc=None, fees_btc_per_block=None)
    assert PlanCase.of(build({}), unknown, tip_height=1, rows=(), start=date(2026, 1, 1)) is None
    assert "halvings are left out" in case_of(tip=None).notes[0]


def test_phases_beyond_site_caps_or_horizon_are_said() -> None:
    case = case_of({"plan.interconnection_mw": 30.0}, [row(40, 0, 6, "North"), row(10, 250, 6, "South")])
    assert [phase.mw for phase in case.phases] == [30, 0]
    assert "cut by 20" in case.notes[0]
    late = evaluate_plan(case_of({}, [row(40, 240, 6, "North")]))
    assert any("North" in note and "after the horizon" in note for note in late.notes)


# -- guard-rails ------------------------------------------------------------------------------------------------------

EXAMPLES = [
    ("term_beyond_the_horizon", {"plan.term_years": 20.5}, "plan.term_years", "outlast the horizon"),
    (
        "gpus_die_before_the_term",
        {"plan.business": "gpu_cloud", "plan.gpu_refresh": False},
        "plan.gpu_refresh",
        "5 years of a term of 15",
    ),
    (
        "first_rent_and_escalator",
        {"plan.rent_escalator_fraction_a_year": 0.03},
        "plan.rent_escalator_fraction_a_year",
        "mean of a contract",
    ),
    ("hashprice_through_halvings", {"plan.difficulty_elasticity": 1.0}, "plan.difficulty_elasticity", "halving"),
    (
        "price_rises_and_difficulty_stands",
        {"plan.difficulty_mode": "growth", "plan.btc_growth_fraction_a_year": 0.2},
        "plan.difficulty_growth_fraction_a_year",
        "20.0",
    ),
    (
        "resale_above_purchase",
        {"mining.asic_price_usd_per_th": 4.0},
        "plan.asic_resale_usd_per_th",
        "bought at",
    ),
    ("loan_beyond_the_term", {"debt.enabled": True, "plan.term_years": 5.0}, "debt.tenor_years", "no rent"),
    (
        "credits_of_the_contract",
        {"contract.capacity_credit": True, "contract.demand_response": True},
        "plan.interruption_credit_usd_per_kw_year",
        "type 84.",
    ),
    ("prepayment_swallows_the_rent", {"plan.prepaid_months": 25.0}, "plan.prepaid_credit_months", "more than the rent"),
]


@pytest.mark.parametrize(("rule", "values", "field", "words"), EXAMPLES)
def test_a_pitfall_is_named_beside_its_field(rule: str, values: dict, field: str, words: str) -> None:
    messages = {problem.field: problem.message for problem in guardrails.warnings(build(values))}
    assert words in messages[field]
    assert messages[field].startswith(FIELDS[field].label)
    assert "It is used as typed." in messages[field]


def test_every_rule_of_the_plan_has_an_example() -> None:
    assert {rule.__name__ for rule in rails.RULES} == {rule for rule, *_ in EXAMPLES}


@pytest.mark.parametrize(
    "values",
    [
        {"plan.term_years": 20.0},
        {"plan.business": "gpu_cloud", "plan.gpu_refresh": False, "plan.term_years": 5.0},
        {"plan.gpu_refresh": False},
        {"plan.rent_escalator_fraction_a_year": 0.03, "colo.rent_usd_per_kw_month": 128.0},
        {"plan.difficulty_elasticity": 1.0, "plan.difficulty_growth_fraction_a_year": 0.1},
        {"plan.difficulty_mode": "growth", "plan.btc_growth_fraction_a_year": 0.05},
        {"mining.asic_price_usd_per_th": 12.0},
        {"plan.term_years": 5.0},
        {"plan.prepaid_months": 24.0},
        {"contract.capacity_credit": True, "plan.interruption_credit_usd_per_kw_year": 54.0},
    ],
)
def test_what_is_meant_gives_no_warning(values: dict) -> None:
    fields = {problem.field for problem in guardrails.warnings(build(values))}
    assert not {field for field in fields if field.split(".")[0] in ("plan", "debt", "tax")}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"plan.asic_resale_usd_per_th": 26.0}, "cost new"),
        ({"mining.efficiency_j_per_th": 30.0}, "much for machines of 30 J/TH"),
    ],
)
def test_a_resale_that_nobody_pays_is_named(values: dict, words: str) -> None:
    messages = {problem.field: problem.message for problem in guardrails.warnings(build(values))}
    assert words in messages["plan.asic_resale_usd_per_th"]


def test_credits_that_converting_loses_are_a_note_until_they_are_typed() -> None:
    def notes(values):
        return [problem for problem in guardrails.advice(build(values)) if problem.severity is Severity.NOTE]

    assert "converting loses them" in notes({})[1].message
    typed = notes({"plan.interruption_credit_usd_per_kw_year": 50.0})
    assert [note.field for note in typed] == ["mining.asic_price_usd_per_th"]
