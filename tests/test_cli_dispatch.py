"""The command dispatch: the worked vectors, the fleet's own breakeven, words and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from minerdesk.__main__ import main

HASHPRICE = ["--set", "network.hashprice_usd_per_ph_day=39.53"]
KEYS = [
    "hours",
    "run_hours",
    "uptime_fraction",
    "always_on_usd_per_mw",
    "optimal_usd_per_mw",
    "option_value_usd_per_mw",
    "option_value_usd_per_mwh",
]


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    path.write_text("lmp\n20\n25\n30\n60\n95\n250\n2000\n40\n")
    return path


def run(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> tuple[int, str, str]:
    code = main(["dispatch", "--prices", str(path), "--offline", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def run_json(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> dict[str, Any]:
    code, out, _ = run(capsys, path, "--json", *words)
    assert code == 0
    answer: dict[str, Any] = json.loads(out)
    return answer


def test_the_worked_vector(capsys: pytest.CaptureFixture[str], prices: Path) -> None:
    answer = run_json(capsys, prices, "--breakeven", "89.03")
    assert list(answer)[:7] == KEYS
    expected = [8, 5, 0.625, -1_807.76, 270.15, 2_077.91, 2_077.91 / 8]
    assert [answer[key] for key in KEYS] == [pytest.approx(value) for value in expected]
    assert answer["problems"] == [], "a typed breakeven needs no network, so nothing is said of it"


def test_a_block_that_may_be_sold_back(capsys: pytest.CaptureFixture[str], prices: Path) -> None:
    answer = run_json(capsys, prices, "--breakeven", "89.03", "--block", "45")
    assert answer["optimal_usd_per_mw"] == pytest.approx(2_430.15)
    assert answer["always_on_usd_per_mw"] == pytest.approx(352.24)


def test_a_firm_load_that_may_pause(capsys: pytest.CaptureFixture[str], prices: Path) -> None:
    firm = ["--firm-hours", str(8_760 / 8), "--firm-revenue", "300", "--firm-penalty", "100"]  # one hour of these eight
    answer = run_json(capsys, prices, "--breakeven", "89.03", *firm)
    assert answer["firm_interruption_usd_per_mw"] == pytest.approx(2_000 - 400)
    assert "firm_interruption_usd_per_mw" not in run_json(capsys, prices, "--breakeven", "89.03")
    assert "A firm load gains by pausing            1,600.00 $/MW" in run(capsys, prices, "--breakeven", "89", *firm)[1]


def test_without_a_breakeven_the_fleet_has_its_own(capsys: pytest.CaptureFixture[str], prices: Path) -> None:
    own = run_json(capsys, prices, *HASHPRICE)["breakeven_usd_per_mwh"]
    with_adder = run_json(capsys, prices, *HASHPRICE, "--set", "power.adder_usd_per_mwh=10")
    assert own == pytest.approx(89.03, rel=0.05)
    assert with_adder["breakeven_usd_per_mwh"] == pytest.approx(own - 10), "what comes on top is paid by the MWh too"


def test_a_column_by_name_and_another_currency(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("utc_hour,price_eur_mwh,other_mwh\n2024-01-01T00:00Z,50,1\n2024-01-01T01:00Z,150,1\n")
    code, out, err = run(capsys, path, "--price-column", "price_eur_mwh", "--breakeven", "100", "--json")
    assert (code, json.loads(out)["optimal_usd_per_mw"]) == (0, 50.0)
    assert "in EUR; without --rate each counts as one US dollar" in err
    assert "each counts as one US dollar" in json.loads(out)["problems"][0]["message"], "scripts see no stderr"
    answer = run_json(capsys, path, "--price-column", "price_eur_mwh", "--breakeven", "100", "--rate", "1.2")
    assert answer["optimal_usd_per_mw"] == pytest.approx(40.0)
    assert (answer["currency"], answer["usd_per_currency_unit"]) == ("EUR", 1.2)
    code, out, err = run(capsys, path, "--breakeven", "100")
    assert (code, out) == (2, "")
    assert "price_eur_mwh, other_mwh" in err


def test_every_refused_row_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "holes.csv"
    path.write_text("time,price\n2024-01-01T00:00Z,50\nsoon,60\n2024-01-01T02:00Z,dear\n")
    answer = run_json(capsys, path, "--breakeven", "60")
    assert [row["line"] for row in answer["refused"]] == [3, 4]
    code, out, _ = run(capsys, path, "--breakeven", "60")
    assert code == 0
    assert "Refused: line 3: no time" in out
    assert "Option value of interruptibility" in out
    assert out.isascii()


@pytest.mark.parametrize("words", [["--breakeven", "high"], ["--breakeven", "1", "--rate", "0"], ["--unit", "bushel"]])
def test_bad_usage_is_one_sentence(capsys: pytest.CaptureFixture[str], prices: Path, words: list[str]) -> None:
    code, out, err = run(capsys, prices, *words)
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_a_missing_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, tmp_path / "none.csv", "--breakeven", "1")
    assert code == 2
    assert "none.csv" in err
    assert "Check the path" in err


# -- classes and contracts --------------------------------------------------------------------------------------------


def hourly(tmp_path: Path, days: int = 14) -> Path:
    path = tmp_path / "hourly.csv"
    rows = [f"2025-06-{2 + hour // 24:02}T{hour % 24:02}:00Z,{20 + 12 * (hour % 24)}" for hour in range(24 * days)]
    path.write_text("time,price\n" + "\n".join(rows) + "\n")
    return path


def scenario_with(tmp_path: Path, **inputs: Any) -> str:
    path = tmp_path / "site.minerdesk.json"
    classes = [
        {"model": "S21", "count": 1_000, "hashrate_th_s": 200, "power_w": 3_500},
        {"model": "S9", "count": 1_000, "hashrate_th_s": 13.5, "power_w": 1_323},
        {"model": "own", "count": 10, "hashrate_th_s": 100, "power_w": 3_000, "power_price_usd_per_mwh": 30},
    ]
    document = {"schema_version": 1, "inputs": inputs, "observations": [], "tables": {"fleet": classes}}
    path.write_text(json.dumps(document))
    return str(path)


def test_the_classes_of_the_scenario_are_dispatched_one_by_one(
    capsys: pytest.CaptureFixture[str], prices: Path, tmp_path: Path
) -> None:
    answer = run_json(capsys, prices, scenario_with(tmp_path), *HASHPRICE)
    assert list(answer)[:7] == KEYS
    classes = {one["model"]: one for one in answer["classes"]}
    assert list(classes) == ["S21", "S9", "own"]
    assert classes["S21"]["run_hours"] == 5.0
    assert classes["S9"]["breakeven_usd_per_mwh"] == pytest.approx(15.9, abs=0.1), "98 J/TH"
    assert classes["S9"]["run_hours"] == 0.0
    assert (classes["own"]["run_hours"], classes["own"]["cost_usd_per_mwh_taken"]) == (8.0, pytest.approx(30.0))
    weighted = sum(one["mw"] * one["optimal_usd_per_mw"] for one in classes.values())
    assert answer["optimal_usd_per_mw"] == pytest.approx(weighted / sum(one["mw"] for one in classes.values()))
    out = run(capsys, prices, scenario_with(tmp_path), *HASHPRICE)[1]
    assert "S21" in out and "stops above" in out
    assert out.isascii()


def test_the_contract_of_the_scenario_and_all_others_beside_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tou = {"power.contract": "time_of_use", "contract.zone": "UTC", "contract.on_peak_usd_per_mwh": 100}
    answer = run_json(capsys, hourly(tmp_path), scenario_with(tmp_path, **tou), *HASHPRICE)
    contract = answer["contract"]
    assert (contract["kind"], contract["all_in_usd_per_mwh"], contract["in_order_of_time"]) == ("time_of_use", 50, True)
    costs = {one["kind"]: one["firm"]["cost_usd_per_mwh"] for one in contract["alternatives"]}
    on_peak = 10 * 16 / (14 * 24)
    assert costs == {
        "fixed": 50.0,
        "fixed_sell_back": 50.0,
        "index": pytest.approx(20 + 12 * 11.5),
        "time_of_use": pytest.approx(100 * on_peak + 40 * (1 - on_peak)),
    }
    s21 = answer["classes"][0]
    assert s21["run_hours"] == pytest.approx(14 * 24 - 160), "off at 100 on peak, on at 40 off peak"
    out = run(capsys, hourly(tmp_path), scenario_with(tmp_path, **tou), *HASHPRICE)[1]
    assert "Time of use (yours)" in out
    assert "one all-in price, 50.00 $/MWh" in out


def test_the_block_given_is_the_contract_whatever_the_scenario_says(
    capsys: pytest.CaptureFixture[str], prices: Path
) -> None:
    words = ["--breakeven", "89.03", "--block", "45", "--set", "power.contract=fixed"]
    answer = run_json(capsys, prices, *words)
    assert answer["optimal_usd_per_mw"] == pytest.approx(2_430.15)
    assert answer["contract"]["kind"] == "fixed_sell_back"


def test_least_times_and_ramp_cost_something(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = hourly(tmp_path)
    free = run_json(capsys, path, "--breakeven", "89.03")
    bound = run_json(capsys, path, "--breakeven", "89.03", "--set", "stopping.ramp_minutes=30")
    assert bound["classes"][0]["starts"] == 13, "once a day, but for the first"
    assert free["optimal_usd_per_mw"] - bound["optimal_usd_per_mw"] == pytest.approx(13 * 0.5 * 89.03)


def test_firm_load_may_pause_by_the_scenario_too(capsys: pytest.CaptureFixture[str], prices: Path) -> None:
    hours = ["--set", f"firm.interruptible_hours_a_year={8_760 / 8}", "--set", "firm.business=colocation"]
    penalty = ["--set", "firm.penalty_usd_per_mwh=500"]
    answer = run_json(capsys, prices, "--breakeven", "89.03", *hours, *penalty)
    assert answer["firm_interruption_usd_per_mw"] == pytest.approx(1_500), "rent is due all the same"
    cloud = run_json(capsys, prices, "--breakeven", "89.03", *hours, *penalty, "--set", "firm.business=gpu_cloud")
    assert cloud["firm_interruption_usd_per_mw"] == pytest.approx(2_000 - 1_135.94 - 500, abs=0.01)


def test_a_contract_that_is_none_is_one_sentence(capsys: pytest.CaptureFixture[str], prices: Path) -> None:
    code, out, err = run(capsys, prices, "--breakeven", "1", "--set", "power.contract=spot")
    assert (code, out) == (2, "")
    assert "fixed, fixed_sell_back, index or time_of_use" in err


def test_a_scenarios_rate_holds_for_a_file_of_its_currency(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file, scenario = tmp_path / "a.csv", tmp_path / "s.json"
    file.write_text("price_eur_mwh\n50\n100\n")
    scenario.write_text(json.dumps({"schema_version": 1, "inputs": {}, "power": {"usd_per": {"EUR": 1.2}}}))
    main(["dispatch", str(scenario), "--offline", "--json", "--prices", str(file), "--breakeven", "89"])
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["usd_per_currency_unit"], found["mean_price_usd_per_mwh"]) == (1.2, pytest.approx(90))
    assert "the scenario's 1.2 $ per EUR is used" in captured.err
    main(["dispatch", "--offline", "--json", "--prices", str(file), "--breakeven", "89"])
    assert "Give --rate, the dollars per EUR." in capsys.readouterr().err
