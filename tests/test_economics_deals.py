"""Signed leases in the usual units against the operators' own figures, the place of a rent, and rows that can't be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.economics import deals, schema
from minerdesk.economics.deals import PueSource, SignedLease
from minerdesk.economics.hosting import lease_revenue_usd_per_mwh
from minerdesk.economics.results import Business
from minerdesk.store import bundle

RIVER_BEND = SignedLease(
    operator="Hut 8", tenant="Fluidstack", total_usd=7.0e9, years=15, it_mw=245, gross_mw=330, escalator_fraction=0.03
)
ROW = {"operator": "Rio", "total_usd": 3.7e9, "years": 10, "it_mw": 200}


def bundled() -> dict[str, deals.LeaseFigures]:
    found = bundle.load(datetime(2026, 1, 16, tzinfo=UTC)).deals
    leases = [deal.lease() for deal in found]
    return {f"{lease.operator} {lease.tenant} {lease.signed}": deals.figures(lease, 1.3) for lease in leases}


@pytest.mark.parametrize(
    ("name", "rent", "per_mwh_it"),
    [
        ("Core Scientific CoreWeave 2024-10-22", 120.8, 165.5),
        ("TeraWulf Fluidstack 2025-08-14", 154.2, 211.2),
        ("Cipher Fluidstack 2025-09-25", 148.8, 203.9),
        ("Hut 8 Fluidstack (River Bend) 2025-12-17", 158.7, 217.4),
    ],
)
def test_the_announced_leases_in_the_usual_units(name: str, rent: float, per_mwh_it: float) -> None:
    found = bundled()[name]
    assert found.usd_per_kw_month == pytest.approx(rent, rel=1e-3)
    assert found.usd_per_mwh_it == pytest.approx(per_mwh_it, rel=1e-3)
    assert found.usd_per_it_mw_year == pytest.approx(found.usd_per_mwh_it * 8_760)


def test_the_escalator_gives_the_announced_first_and_last_year() -> None:
    found = bundled()["Hut 8 Fluidstack (River Bend) 2025-12-17"]
    assert found.lease.first_year_usd == pytest.approx(376.4e6, rel=1e-3)
    assert found.lease.last_year_usd == pytest.approx(569.3e6, rel=1e-3)
    assert found.first_year_usd_per_kw_month == pytest.approx(128.0, rel=1e-3)
    level = replace(RIVER_BEND, escalator_fraction=None)
    assert (level.first_year_usd, level.last_year_usd, deals.figures(level, 1.3).first_year_usd_per_kw_month) == (
        None,
    ) * 3


@given(st.floats(1e6, 1e11), st.integers(1, 40), st.floats(-0.2, 0.5))
def test_the_years_add_up_to_the_contract(total: float, years: int, escalator: float) -> None:
    first = deals.first_year_usd(total, years, escalator)
    assert sum(first * (1 + escalator) ** year for year in range(years)) == pytest.approx(total)


def test_a_part_of_a_year_counts_by_that_part() -> None:
    assert deals.first_year_usd(250.0, 2.5, 0.0) == pytest.approx(100)
    first = deals.first_year_usd(100.0, 1.5, 0.1)
    assert first + 0.5 * first * 1.1 == pytest.approx(100)
    assert deals.first_year_usd(50.0, 0.5, 0.03) == pytest.approx(100), "a term under a year gives the yearly rate"
    assert replace(RIVER_BEND, total_usd=100, years=1.5, escalator_fraction=0.1).last_year_usd == pytest.approx(
        first * 1.1
    )


@pytest.mark.parametrize(
    ("stated", "gross_mw", "pue", "source"),
    [
        (1.2, 330.0, 1.2, PueSource.LEASE),
        (None, 330.0, 330 / 245, PueSource.LOADS),
        (None, None, 1.3, PueSource.SITE),
        (None, 100.0, 1.3, PueSource.SITE),  # less than the IT load: a mistake, not a PUE
    ],
)
def test_whose_pue_turns_it_load_into_load_at_the_meter(
    stated: float | None, gross_mw: float | None, pue: float, source: PueSource
) -> None:
    found = deals.figures(replace(RIVER_BEND, pue=stated, gross_mw=gross_mw), 1.3)
    assert (found.pue, found.pue_source) == (pytest.approx(pue), source)
    assert found.usd_per_mwh_meter * pue == pytest.approx(found.usd_per_mwh_it)


def test_a_lease_at_the_meter_is_what_the_model_earns_at_the_same_rent() -> None:
    inputs = schema.build({})
    found = deals.figures(replace(RIVER_BEND, gross_mw=None), inputs.colo.pue)
    same = replace(inputs.colo, rent_usd_per_kw_month=found.usd_per_kw_month)
    assert found.usd_per_mwh_meter == pytest.approx(lease_revenue_usd_per_mwh(same))


def test_a_gpu_cloud_is_normalised_but_never_ranked() -> None:
    leases = [found.lease for found in bundled().values()]
    survey = deals.survey(leases, schema.build({"colo.rent_usd_per_kw_month": 1_500.0}))
    assert [found.lease.operator for found in survey.clouds] == ["IREN"]
    assert survey.clouds[0].usd_per_mwh_it == pytest.approx(1_107.3, rel=1e-3)
    assert survey.leases[-1] is survey.clouds[0], "it comes last, though it is the dearest"
    assert (survey.own_rent.above, survey.own_rent.of, survey.own_rent.rank) == (9, 9, 1)
    rents = [found.usd_per_kw_month for found in survey.rents]
    assert rents == sorted(rents, reverse=True)


def test_a_rent_takes_its_place_among_leases_of_its_own_kind() -> None:
    hall = SignedLease(operator="A", total_usd=120 * 12_000 * 10, years=1, it_mw=10)
    dearer = replace(hall, operator="B", total_usd=180 * 12_000 * 10)
    shell = replace(hall, operator="C", business=Business.POWERED_SHELL, total_usd=60 * 12_000 * 10)
    survey = deals.survey([hall, dearer, shell], schema.build({"colo.rent_usd_per_kw_month": 120.0}))
    own = survey.own_rent
    assert (own.above, own.dearer, own.of, own.rank, own.percentile) == (0, 1, 2, 2, 0)
    assert (survey.own_shell_rent.above, survey.own_shell_rent.of) == (1, 1)
    alone = deals.survey([], schema.build({})).own_rent
    assert (alone.rank, alone.percentile) == (None, None)


def test_a_row_becomes_a_lease_of_ones_own() -> None:
    row = {**ROW, "tenant": None, "signed": "", "pue": 1.25, "business": "powered_shell"}
    assert deals.check_rows([row]) == []
    (lease,) = deals.read_rows([row])
    assert lease == SignedLease(
        operator="Rio",
        business=Business.POWERED_SHELL,
        total_usd=3.7e9,
        years=10,
        it_mw=200,
        pue=1.25,
        is_own=True,
    )
    assert lease.parties == "Rio"


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("operator", "", "is empty"),
        ("operator", "   ", "is empty"),
        ("operator", 5, "takes text"),
        ("operator", "x" * 121, "letters"),
        ("total_usd", None, "is empty"),
        ("total_usd", "3.7 B", "takes a number"),
        ("years", 0, "between 0.1 and 100"),
        ("years", True, "takes a number"),
        ("it_mw", float("nan"), "between"),
        ("it_mw", float("inf"), "between"),
        ("gross_mw", 150, "less than the IT load"),
        ("pue", 0.9, "between 1 and 3"),
        ("escalator_fraction", 3, "(-20% and 50%)"),
        ("signed", "2025-13", "like 2025-12-17"),
        ("signed", "17.12.2025", "like 2025-12-17"),
        ("business", "cloud", "colocation, powered_shell or gpu_cloud"),
        ("rent", 5, "is no column"),
    ],
)
def test_what_is_wrong_is_told_with_row_and_column(column: str, cell: object, told: str) -> None:
    (problem,) = deals.check_rows([ROW, {**ROW, column: cell}])  # type: ignore[dict-item] # wrong on purpose
    assert problem.field == f"deals[2].{column}"
    assert problem.message.startswith(f"Lease 2: {column} ")
    assert told in problem.message


@pytest.mark.parametrize("signed", ["2025", "2025-12", "2025-12-17", "2024-02-29"])
def test_a_date_may_be_a_day_a_month_or_a_year(signed: str) -> None:
    assert deals.check_rows([{**ROW, "signed": signed}]) == []


def test_more_rows_than_a_ruler_takes_are_refused_at_once() -> None:
    (problem,) = deals.check_rows([{}] * 201)
    assert "200" in problem.message
