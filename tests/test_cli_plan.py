"""`minerdesk plan` and its tables: the object of the contract, the memo, and what stands in a workbook."""

import json
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW

from minerdesk.__main__ import main
from minerdesk.export.csv_file import read_csv
from minerdesk.plan_report import PLAN_MONTHS

AT = ("--offline", "--set", "network.hashprice_usd_per_ph_day=39.53")
STRATEGIES = ["keep_mining", "convert_all", "hybrid"]


@pytest.fixture(autouse=True)
def replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, _ = run(capsys, "plan", "--json", *AT, *words)
    assert code == 0
    return json.loads(out)


def scenario(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text(json.dumps({"schema_version": 1, "inputs": {}, "tables": {"phases": list(rows)}}))
    return str(path)


def test_the_object_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    answer = told(capsys)
    assert list(answer["strategies"]) == STRATEGIES
    for one in answer["strategies"].values():
        assert {"npv_usd", "irr", "irr_note", "payback_months", "peak_funding_usd", "min_dscr"} <= one.keys()
        assert one["min_dscr"] is None
    keep, everything, hybrid = answer["strategies"].values()
    assert keep["irr"] is None
    assert "nothing is laid out" in keep["irr_note"]
    assert hybrid["irr"] == hybrid["all_irr"][0] > everything["irr"] > 0.1
    assert answer["incremental"]["hybrid"]["npv_usd"] == pytest.approx(hybrid["npv_usd"] - keep["npv_usd"])
    assert answer["phases_are_default"] is True
    assert answer["phases"][0] == {
        "label": "Phase 1",
        "mw": 25.0,
        "start_month": 3,
        "build_months": 12,
        "start": "2026-04-01",
        "ready": "2027-04-01",
    }
    assert answer["horizon_months"] == 240
    assert len(answer["months"]) == 241
    assert answer["months"][0]["hybrid_cash_usd"] == 0
    assert answer["months"][1]["hashprice_usd_per_ph_day"] == pytest.approx(39.53)
    assert answer["halvings"][0]["date"] in ("2028-03-01", "2028-04-01")
    assert answer["optimum"]["binding"] in ("site", "value")
    assert isinstance(answer["problems"], list)


def test_phases_of_a_scenario_and_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = scenario(tmp_path / "a.json", {"label": "North", "mw": 80, "start_month": 0, "build_months": 0})
    answer = told(capsys, file, "--set", "debt.enabled=true", "--set", "plan.business=powered_shell")
    assert answer["phases_are_default"] is False
    assert answer["business"] == "powered_shell"
    assert answer["strategies"]["hybrid"]["capex_usd"] == pytest.approx(80 * 4e6 / 1.3)
    assert answer["strategies"]["hybrid"]["min_dscr"] > 0
    assert answer["months"][0]["hybrid_cash_usd"] == pytest.approx(-80 * 4e6 / 1.3 * 0.4 + 80 * 1e6 / 17.5 / 1.05 * 5)
    cut = told(capsys, file, "--set", "plan.interconnection_mw=50")
    assert cut["phases"][0]["mw"] == 50
    assert "cut by 30 MW" in cut["notes"][0]


def test_a_phase_that_cant_be_used_is_refused_with_its_row(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = scenario(tmp_path / "a.json", {"mw": 10, "start_month": 0.5, "build_months": 3})
    code, out, err = run(capsys, "plan", file, *AT)
    assert (code, out) == (2, "")
    assert "Phase 1: start month is 0.5; it takes whole months." in err


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("plan.business=mining", "colocation, powered_shell or gpu_cloud"),
        ("plan.horizon_years=25", "between 1 and 20"),
        ("debt.enabled=perhaps", "true or false"),
        ("plan.no_such=1", "no input"),
    ],
)
def test_a_bad_setting_names_the_remedy(capsys: pytest.CaptureFixture[str], setting: str, words: str) -> None:
    code, _, err = run(capsys, "plan", *AT, "--set", setting)
    assert code == 2
    assert words in err


def test_the_memo_says_all_of_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = scenario(tmp_path / "a.json", {"label": "North", "mw": 50, "start_month": 3, "build_months": 12})
    code, out, _ = run(capsys, "plan", file, *AT, "--set", "debt.enabled=true", "--set", "tax.enabled=true")
    assert code == 0
    assert out.isascii()
    assert max(map(len, out.splitlines()[6:-2])) <= 120
    for part in (
        "Colocation in the place of mining on a site of 100 MW at 50.0 $/MWh; 20 years",
        "Hybrid: converting 50 MW",
        "than mining on; it needs $",
        "Convert nothing:",
        "With tax on",
        "least DSCR",
        "months under the covenant",
        "nothing to pay",
        "North",
        "2026-04  2027-04",
        "halving",
        "to 2046-01",
    ):
        assert part in out, part
    assert "  \n" not in out
    assert "default ones" in run(capsys, "plan", *AT)[1]


def test_losses_and_missing_rates_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "plan", *AT, "--set", "colo.rent_usd_per_kw_month=5")
    assert "Hybrid: converting 50 MW loses $" in out
    assert "never gets it back" in out
    assert "none" in out
    _, out, _ = run(capsys, "plan", *AT, "--set", "plan.convertible_fraction=0")
    assert "nothing is converted" in out


def test_a_phase_beyond_the_horizon_is_not_told_as_converted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    late = {"label": "Late", "mw": 30, "start_month": 240, "build_months": 3}
    file = scenario(tmp_path / "a.json", {"mw": 10, "start_month": 3, "build_months": 3}, late)
    out = run(capsys, "plan", file, *AT)[1]
    assert "Hybrid: converting 10 MW" in out
    assert "Late: starts after the horizon" in out
    alone = run(capsys, "plan", scenario(tmp_path / "b.json", late), *AT)[1]
    assert "Hybrid: nothing is converted" in alone
    assert "1 year, discounted" in run(capsys, "plan", *AT, "--set", "plan.horizon_years=1")[1]


def test_without_a_hashprice_the_reason_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2009-01-20T00:00:00Z")
    code, out, _ = run(capsys, "plan", "--json", "--offline")
    answer = json.loads(out)
    assert code == 0
    assert "Without a hashprice" in answer["reason"]
    assert answer["strategies"]["hybrid"]["npv_usd"] is None
    assert answer["months"] == []
    assert "Without a hashprice" in run(capsys, "plan", "--offline")[1]


def test_the_workbook_has_every_line_of_every_month(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "plan.csv"
    assert run(capsys, "export", "--offline", "--out", str(out), "--view", "plan")[0] == 0
    tables = {table.name: table for table in read_csv(out.read_bytes()).tables}
    keys = [column.key for column in tables["Plan"].columns]
    assert [row[0] for row in tables["Plan"].rows] == ["Keep mining", "Convert all", "Hybrid"]
    assert tables["Plan phases"].rows[0][0] == "Phase 1"
    months = tables[PLAN_MONTHS]
    assert len(months.rows) == 3 * 241
    names = [column.key for column in months.columns]
    first, cash = names.index("mining_revenue_usd"), names.index("cash_usd")
    for row in months.rows[300:310]:
        assert sum(row[first:cash]) == pytest.approx(row[cash])
    last = months.rows[-1]
    funding = min(row[names.index("cumulative_cash_usd")] for row in months.rows[-241:])
    assert tables["Plan"].rows[2][keys.index("peak_funding_usd")] == pytest.approx(-funding)
    assert (last[0], last[1], last[2].isoformat()) == ("Hybrid", 240, "2046-01-01")


def test_a_text_for_people_leaves_the_months_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "plan.md"
    assert run(capsys, "export", "--offline", "--out", str(out), "--view", "plan")[0] == 0
    text = out.read_text()
    assert "Phases of the conversion" in text
    assert "Monthly cash" not in text
