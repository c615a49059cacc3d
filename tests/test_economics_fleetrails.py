"""Guard-rails of machine classes: cells in another unit, and a desk that judges another fleet than the one laid."""

from collections.abc import Iterator
from typing import Any

import pytest
from sample_desk import session_at

from minerdesk.economics import schema
from minerdesk.economics.fleetrails import another_fleet, row_doubts
from minerdesk.economics.guardrails import advice
from minerdesk.economics.machines import Machines
from minerdesk.session import Session

S21 = {"model": "S21", "count": 10_000, "hashrate_th_s": 200, "power_w": 3_500}


def doubts(*rows: dict[str, Any]) -> dict[str, str]:
    return {problem.field: problem.message for problem in row_doubts(Machines.of_rows([S21 | row for row in rows]))}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (
            "power_price_usd_per_mwh",
            0.05,
            "0.05 $/MWh looks like a price in $/kWh. It is used as typed. If so, type 50 $",
        ),
        ("power_price_usd_per_mwh", 5, "looks like a price in ¢/kWh. It is used as typed. If so, type 50 $/MWh."),
        (
            "purchase_usd_per_th",
            4_500,
            "looks like that of a whole machine. It is used as typed. If so, type 22.5 $/TH.",
        ),
        ("resale_usd_per_th", 900, "resale value of 900 $/TH looks like that of a whole machine"),
    ],
)
def test_a_cell_of_another_unit_is_doubted(column: str, value: float, said: str) -> None:
    (message,) = doubts({}, {column: value}).values()
    assert message.startswith("Machine class 2 (S21): ")
    assert said in message


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"power_price_usd_per_mwh": 10},
        {"power_price_usd_per_mwh": -5},
        {"power_price_usd_per_mwh": 0},
        {"power_price_usd_per_mwh": 500},
        {"purchase_usd_per_th": 40, "resale_usd_per_th": 1},
    ],
)
def test_usual_cells_are_beyond_suspicion(row: dict[str, float]) -> None:
    assert doubts(row) == {}


def test_of_many_the_first_is_named_and_the_others_counted() -> None:
    (message,) = doubts({}, *[{"power_price_usd_per_mwh": 0.05}] * 3).values()
    assert message.startswith("Machine class 2 ")
    assert message.endswith(" So do 2 more classes.")
    assert doubts(*[{"power_price_usd_per_mwh": 0.05}] * 2)["fleet.power_price_usd_per_mwh"].endswith(
        " So does 1 more class."
    )


def found_of(*rows: dict[str, Any], **values: float) -> dict[str, str]:
    typed = schema.build({**schema.DEFAULTS, **{key.replace("__", "."): value for key, value in values.items()}})
    return {finding.key: finding.looks for finding in another_fleet(Machines.of_rows(rows), typed)}


def test_a_desk_that_judges_other_machines_is_recognised() -> None:
    s19 = {"model": "S19", "count": 10_000, "hashrate_th_s": 100, "power_w": 3_000}
    found = found_of(s19)
    assert found == {
        "mining.efficiency_j_per_th": "The desk judges 17.5 J/TH; your machine classes are 30.0 J/TH on average."
    }
    assert found_of(s19, mining__efficiency_j_per_th=28.0) == {}
    assert found_of(S21) == {}


def test_more_megawatts_than_the_site_has_are_recognised() -> None:
    found = found_of(S21 | {"count": 100_000})
    assert "367.5" in found["site.capacity_mw"]
    assert found_of(S21 | {"count": 28_000}) == {}, "102.9 MW of 100 is a matter of rounding"


def test_without_machine_classes_there_is_nothing_to_compare() -> None:
    assert found_of() == {}
    assert not [one for one in advice(schema.build(schema.DEFAULTS)) if "machine classes" in one.message]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    session = session_at(monkeypatch, offline=True)
    yield session
    session.close()


def test_the_snapshot_holds_them_and_lets_go_of_them(session: Session) -> None:
    desk = session.desk
    doubted = {"fleet.power_price_usd_per_mwh", "mining.efficiency_j_per_th"}
    desk.lay_table("fleet", [S21 | {"power_w": 6_000, "power_price_usd_per_mwh": 0.05}])
    assert doubted <= {problem.field for problem in desk.snapshot().problems}
    desk.lay_table("fleet", [S21 | {"power_price_usd_per_mwh": 50}])
    assert not doubted & {problem.field for problem in desk.snapshot().problems}
    desk.lay_table("fleet", [])
    assert not doubted & {problem.field for problem in desk.snapshot().problems}
