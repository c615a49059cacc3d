"""`minerdesk fleet`: the merit order and its totals, the fleet of the inputs without rows, rows that can't be used."""

import json
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW

from minerdesk.__main__ import main
from minerdesk.export.csv_file import read_csv

S21 = {"model": "S21", "count": 5_000, "hashrate_th_s": 200, "power_w": 3_500, "resale_usd_per_th": 8}
S19 = {"model": "S19", "count": 9_000, "hashrate_th_s": 95, "power_w": 3_250, "resale_usd_per_th": 1}
AT = ("--offline", "--set", "network.hashprice_usd_per_ph_day=39.53")


@pytest.fixture(autouse=True)
def replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def scenario(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text(json.dumps({"schema_version": 1, "inputs": {}, "tables": {"fleet": list(rows)}}))
    return str(path)


def test_without_rows_it_is_the_fleet_of_the_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "fleet", "--json", *AT)
    answer = json.loads(out)
    (one,) = answer["classes"]
    assert (code, answer["is_default"]) == (0, True)
    assert one["mw"] == pytest.approx(100)
    assert one["breakeven_power_usd_per_mwh"] == pytest.approx(89.189, abs=5e-4)
    assert one["margin_usd_per_mw_year"] == pytest.approx(332_997, abs=0.5)
    assert "the fleet of the inputs" in run(capsys, "fleet", *AT)[1]


def test_the_merit_order_of_a_scenario(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "fleet", scenario(tmp_path / "a.json", S19, S21), "--json", *AT)
    answer = json.loads(out)
    assert (code, answer["is_default"], answer["power_usd_per_mwh"]) == (0, False, 50)
    best, worst = answer["classes"]
    assert [best["model"], best["row"], worst["model"], worst["row"]] == ["S21", 2, "S19", 1]
    assert (best["under_water"], worst["under_water"]) == (False, True)
    assert worst["cumulative_mw"] == pytest.approx(answer["total"]["mw"])
    assert worst["breakeven_hashprice_usd_per_ph_day"] == pytest.approx(0.024 * 3_250 / 95 * 1.05 * 50 / 0.995)
    assert worst["fleet_margin_at_stop_usd_per_year"] > 0
    assert best["fleet_margin_at_stop_usd_per_year"] == 0
    assert answer["first_to_convert"]["model"] == "S19"
    assert answer["first_to_convert"]["row"] == 1
    assert [best["conversion_rank"], worst["conversion_rank"]] == [2, 1]
    assert answer["total"]["hashrate_eh_s"] == pytest.approx(1.855)


def test_the_table_for_a_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "fleet", scenario(tmp_path / "a.json", S19, S21), *AT)
    assert code == 0
    assert out.isascii()
    assert "1 class is under water, 30.7 MW" in out
    assert "Convert S19 first: a MW of it gains" in out
    assert out.index("S21  ") < out.index("S19 *")
    assert "fleet of the inputs" not in out


def test_what_hangs_on_an_unknown_hashprice_is_null(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2009-01-01T00:00:00Z")
    path = scenario(tmp_path / "a.json", S21)
    code, out, _ = run(capsys, "fleet", path, "--json", "--offline")
    answer = json.loads(out)
    assert (code, answer["hashprice_usd_per_ph_day"], answer["first_to_convert"]) == (0, None, None)
    (one,) = answer["classes"]
    assert (one["margin_usd_per_year"], one["conversion_rank"], one["under_water"]) == (None, None, False)
    assert one["mw"] == pytest.approx(5_000 * 3_500 * 1.05 / 1e6)
    assert "unknown" in run(capsys, "fleet", path, "--offline")[1]


def test_a_bad_row_is_named_with_its_column(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "fleet", scenario(tmp_path / "a.json", S21, {**S19, "count": "many"}), "--offline")
    assert (code, out) == (2, "")
    assert "Machine class 2: count takes a number." in err


def test_the_export_holds_the_same_figures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, file = scenario(tmp_path / "a.json", S19, S21), tmp_path / "a.csv"
    _, out, _ = run(capsys, "fleet", path, "--json", "--offline")
    assert main(["export", path, "--offline", "--out", str(file)]) == 0
    table = next(table for table in read_csv(file.read_bytes()).tables if table.name == "Fleet")
    for row, one in zip(table.rows, json.loads(out)["classes"], strict=True):
        for key in ("model", "mw", "breakeven_power_usd_per_mwh", "conversion_loss_usd_per_mw_year", "row"):
            assert row[table.position(key)] == one[key]
        assert row[table.position("under_water")] == ("yes" if one["under_water"] else "no")


def test_a_site_of_a_kilowatt_is_not_written_as_none(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "fleet", "--set", "site.capacity_mw=0.001", *AT)[1]
    assert "0.000054 EH/s on 0.001 MW" in out
    assert "The inputs' fleet, 17.5 J/TH " in out
