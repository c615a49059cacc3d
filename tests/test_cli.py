"""The command line end to end, against providers on loopback: output, files, exit codes, and words for bad input."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from loopback import DIFFICULTY, MEAN_7D, NOW, PRICE, TIP, Loopback, environment

from minerdesk.__main__ import main
from minerdesk.economics.schema import FIELDS
from minerdesk.export.csv_file import read_csv
from minerdesk.store.paths import Folders

REFERENCE = ["--set", "network.hashprice_usd_per_ph_day=39.53"]
BUSINESSES = {"mining", "gpu_cloud", "colocation", "powered_shell"}


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch, replayed: None) -> Any:
    with Loopback() as server:
        for name, url in environment(server).items():
            monkeypatch.setenv(name, url)
        yield server


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def run_json(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(capsys, *words)
    return code, json.loads(out)


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {found["quantity"]: found["state"] for found in answer["observations"]}


def test_the_reference_case_offline(capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run_json(capsys, "compare", "--offline", "--json", *REFERENCE)
    assert code == 0
    assert set(answer["businesses"]) == BUSINESSES
    mining, cloud = answer["businesses"]["mining"], answer["businesses"]["gpu_cloud"]
    colocation = answer["businesses"]["colocation"]
    assert mining["after_capital_usd_per_mwh"] == pytest.approx(39.189, rel=1e-3)
    assert mining["after_capital_usd_per_mw_year"] == pytest.approx(332_997, rel=1e-3)
    assert cloud["revenue_usd_per_mwh"] == pytest.approx(1_135.94, rel=1e-3)
    assert cloud["after_capital_usd_per_mwh"] == pytest.approx(239.86, rel=1e-3)
    assert colocation["net_of_opex_usd_per_mwh"] == pytest.approx(134.352, rel=1e-3)
    assert answer["breakevens"]["colo_rent_usd_per_kw_month"] == pytest.approx(171.337, rel=1e-3)
    assert answer["breakevens"]["hashprice_equal_to_colocation_usd_per_ph_day"] == pytest.approx(30.798, rel=1e-3)


def test_the_names_of_the_comparison_are_a_contract(capsys: pytest.CaptureFixture[str], replayed: None) -> None:
    _, answer = run_json(capsys, "compare", "--offline", "--json")
    assert list(answer) == [
        "as_of",
        "hashprice_usd_per_ph_day",
        "hashprice_btc_per_ph_day",
        "network_hashrate_eh_s",
        "implied_hashrate_eh_s",
        "difficulty",
        "btc_price_usd",
        "businesses",
        "breakevens",
        "observations",
        "problems",
    ]
    assert list(answer["breakevens"]) == [
        "power_usd_per_mwh",
        "hashprice_usd_per_ph_day",
        "btc_price_usd",
        "gpu_rate_usd_per_gpu_hour",
        "colo_rent_usd_per_kw_month",
        "hashprice_equal_to_colocation_usd_per_ph_day",
    ]
    for business in answer["businesses"].values():
        assert list(business) == [
            "mwh_per_year",
            "revenue_usd_per_mwh",
            "net_of_power_usd_per_mwh",
            "net_of_opex_usd_per_mwh",
            "after_capital_usd_per_mwh",
            "after_capital_usd_per_mw_year",
        ]
    for found in answer["observations"]:
        assert list(found) == ["quantity", "value", "unit", "as_of", "source", "state"]
    assert answer["as_of"] == "2026-01-16T12:00:00Z"
    assert set(states(answer).values()) == {"bundled"}


def test_without_a_network_the_bundle_speaks_with_its_date_and_says_that_it_is_old(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2026-11-23T12:00:00Z")
    code, answer = run_json(capsys, "compare", "--offline", "--json")
    assert code == 0
    price = next(found for found in answer["observations"] if found["quantity"] == "btc_price_usd")
    assert price["as_of"].startswith("2026-07-27")
    assert {problem["field"] for problem in answer["problems"]} >= {"network.btc_price_usd", "network.difficulty"}
    assert answer["hashprice_usd_per_ph_day"] > 10


def test_refresh_fetches_everything_and_offline_reads_it_back(
    capsys: pytest.CaptureFixture[str], providers: Loopback
) -> None:
    code, fetched = run_json(capsys, "refresh", "--json")
    assert code == 0
    assert fetched["failures"] == []
    assert set(states(fetched).values()) == {"live"}
    providers.log.clear()
    code, answer = run_json(capsys, "compare", "--offline", "--json")
    assert code == 0
    assert list(providers.log) == []
    assert set(states(answer).values()) == {"cached"}
    assert answer["difficulty"] == DIFFICULTY
    assert answer["btc_price_usd"] == PRICE
    assert answer["network_hashrate_eh_s"] == pytest.approx(MEAN_7D)
    assert answer["hashprice_usd_per_ph_day"] == pytest.approx(41.3, abs=0.1)


def test_compare_fetches_what_is_due_once(capsys: pytest.CaptureFixture[str], providers: Loopback) -> None:
    code, answer = run_json(capsys, "compare", "--json")
    assert code == 0
    assert set(states(answer).values()) == {"live"}
    asked = len(list(providers.log))
    assert asked > 5
    code, again = run_json(capsys, "compare", "--json")
    assert (code, again["difficulty"]) == (0, DIFFICULTY)
    assert len(list(providers.log)) == asked, "nothing had passed its refresh age"
    assert set(states(again).values()) == {"live"}


def test_a_fallback_makes_a_refresh_whole_and_its_failure_is_named(
    capsys: pytest.CaptureFixture[str], providers: Loopback
) -> None:
    providers.faults["coinbase"] = "html"
    code, answer = run_json(capsys, "refresh", "--json")
    assert code == 0
    assert [(failure["source"], failure["kind"]) for failure in answer["failures"]] == [("coinbase", "malformed")]
    price = next(found for found in answer["observations"] if found["quantity"] == "btc_price_usd")
    assert (price["source"], price["state"]) == ("kraken", "live")


def test_a_failed_source_exits_1_and_what_could_be_done_is_done(
    capsys: pytest.CaptureFixture[str], providers: Loopback
) -> None:
    providers.faults.update(gpurentalprices="http500", getdeploying="http500")
    code, out, err = run(capsys, "compare", "--json")
    answer = json.loads(out)
    assert code == 1
    assert "gpurentalprices" in err
    assert states(answer)["gpu_rate_on_demand_usd_per_gpu_hour"] == "bundled"
    assert states(answer)["btc_price_usd"] == "live"


def test_when_all_sources_fail_the_last_good_values_stay(
    capsys: pytest.CaptureFixture[str], providers: Loopback
) -> None:
    run(capsys, "refresh")
    providers.faults["all"] = "http503"
    code, answer = run_json(capsys, "refresh", "--json")
    assert code == 1
    assert {failure["kind"] for failure in answer["failures"]} <= {"refused", "rate_limited", "blocked"}
    _, kept = run_json(capsys, "compare", "--offline", "--json")
    assert kept["btc_price_usd"] == PRICE
    tip = next(found for found in kept["observations"] if found["quantity"] == "tip_height")
    assert (tip["value"], tip["state"]) == (TIP, "cached")


def test_a_base_url_flag_beats_the_environment(
    capsys: pytest.CaptureFixture[str], providers: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_URL_COINBASE", "http://127.0.0.1:9")
    code, answer = run_json(capsys, "refresh", "--json", "--base-url", f"coinbase={providers.base('coinbase')}")
    assert code == 0
    assert answer["failures"] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["foo"], "neither a command"),
        (["compare", "--set", "power.prise_usd_per_mwh=1", "--offline"], "power.price_usd_per_mwh"),
        (["compare", "--set", "power.price_usd_per_mwh=0,07", "--offline"], "comma"),
        (["compare", "--set", "power.price_usd_per_mwh=nan", "--offline"], "finite"),
        (["compare", "--set", "colo.pue=0.5", "--offline"], "between 1 and 3"),
        (["compare", "--set", "colo.pue", "--offline"], "KEY=VALUE"),
        (["compare", "missing.minerdesk.json", "--offline"], "no file"),
        (["compare", "--base-url", "mempol=http://127.0.0.1:1", "--offline"], "mempool"),
        (["compare", "--base-url", "mempool=ftp://127.0.0.1", "--offline"], "http"),
        (["export", "--out", "x.doc", "--offline"], ".csv"),
        (["chart", "--out", "x.png", "--size", "axb", "--offline"], "1600x900"),
        (["chart", "--out", "x.png", "--size", "9x9", "--offline"], "pixels"),
        (["chart", "--offline"], "--out"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_bad_usage_exits_2_with_a_remedy_and_no_traceback(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_several_bad_values_are_named_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = run(
        capsys, "compare", "--offline", "--set", "colo.pue=9", "--set", "gpu.life_years=x", "--set", "foo=1"
    )
    for word in ("PUE", "GPU life", "foo"):
        assert word in err


def test_a_frozen_clock_that_is_no_time_is_bad_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "soon")
    code, _, err = run(capsys, "compare", "--offline")
    assert code == 2
    assert "MINERDESK_NOW" in err


def test_a_scenario_file_feeds_the_comparison_and_set_goes_over_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, replayed: None
) -> None:
    path = tmp_path / "site.minerdesk.json"
    path.write_text(
        json.dumps(
            {
                "schema_version": 1,
                "inputs": {"power.price_usd_per_mwh": 40, "site.capacity_mw": 10, "site.colour": "red"},
                "observations": [],
            }
        )
    )
    code, out, err = run(capsys, "compare", str(path), "--offline", "--json", *REFERENCE)
    answer = json.loads(out)
    assert code == 0
    assert answer["businesses"]["mining"]["net_of_power_usd_per_mwh"] == pytest.approx(49.189, abs=0.001)
    assert answer["businesses"]["mining"]["mwh_per_year"] == pytest.approx(84_972)
    assert "site.colour" in err
    assert any("site.colour" in problem["message"] + problem["field"] for problem in answer["problems"])
    code, answer = run_json(
        capsys, "compare", str(path), "--offline", "--json", *REFERENCE, "--set", "power.price_usd_per_mwh=60"
    )
    assert answer["businesses"]["mining"]["net_of_power_usd_per_mwh"] == pytest.approx(29.189, abs=0.001)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "JSON"),
        ('{"schema_version": 99, "inputs": {}}', "newer"),
        ('{"schema_version": 1, "inputs": {"colo.pue": 77}}', "between 1 and 3"),
        ('{"schema_version": 1, "inputs": {"colo.pue": "1,3"}}', "colo.pue"),
        ('{"schema_version": 1, "inputs": {"colo.pue": NaN}}', ""),
    ],
)
def test_a_scenario_that_cannot_be_used_exits_2_and_is_left_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "bad.minerdesk.json"
    path.write_text(text)
    code, _, err = run(capsys, "compare", str(path), "--offline")
    assert code == 2
    assert told in err
    assert path.name in err or "PUE" in err
    assert "Traceback" not in err
    assert path.read_text() == text


def test_exports_hold_the_numbers_of_the_comparison(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, providers: Loopback
) -> None:
    _, answer = run_json(capsys, "compare", "--json")
    for kind in ("csv", "xlsx", "json", "md"):
        assert run(capsys, "export", "--offline", "--out", str(tmp_path / f"x.{kind}"))[0] == 0
    book = read_csv((tmp_path / "x.csv").read_bytes())
    tables = {table.name: table for table in book.tables}
    comparison = tables["Comparison"]
    column = comparison.position("after_capital_usd_per_mwh")
    assert [row[column] for row in comparison.rows] == [
        business["after_capital_usd_per_mwh"] for business in answer["businesses"].values()
    ]
    assert {row[0] for row in tables["Inputs"].rows} == set(FIELDS)
    assert {row[0]: row[1] for row in tables["Observations"].rows}["difficulty"] == DIFFICULTY
    sources = {row[0]: row[tables["Observations"].position("source")] for row in tables["Observations"].rows}
    assert sources["btc_price_usd"] == "coinbase"
    history = tables["History"]
    assert history.rows[-1][history.position("btc_price_usd")] == PRICE
    exported = json.loads((tmp_path / "x.json").read_text())
    assert exported["businesses"] == answer["businesses"]
    assert exported["inputs"]["power.price_usd_per_mwh"]["value"] == 50
    written = (tmp_path / "x.md").read_text()
    assert "| Mining " in written
    assert "fees_btc_per_block" in written
    with zipfile.ZipFile(tmp_path / "x.xlsx") as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("words", [["export", "--out", "{}/x.csv"], ["chart", "--out", "{}/x.svg"]])
def test_a_place_that_cannot_be_written_exits_1(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], qapp: object
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    code, _, err = run(capsys, *[word.format(blocked) for word in words], "--offline")
    assert code == 1
    assert "file" in err
    assert "Traceback" not in err


def test_charts_are_drawn_in_every_format_and_view(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, providers: Loopback, qapp: object
) -> None:
    run(capsys, "refresh")
    for view in ("compare", "network"):
        for kind, begins in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
            out = tmp_path / f"{view}.{kind}"
            words = ["chart", "--offline", "--out", str(out), "--view", view, "--range", "3M", "--theme", "dark"]
            assert run(capsys, *words)[0] == 0
            assert out.read_bytes().startswith(begins)
    assert "1 136" in (tmp_path / "compare.svg").read_text().replace("\u202f", " ")
    assert "EH/s" in (tmp_path / "network.svg").read_text()


def test_a_damaged_cache_is_set_aside_and_said(capsys: pytest.CaptureFixture[str], replayed: None) -> None:
    folder = Folders.of_user().cache
    folder.mkdir(parents=True)
    (folder / "observations.sqlite3").write_bytes(b"SQLite format 3\x00 and then nothing that makes sense" * 30)
    code, out, err = run(capsys, "compare", "--offline", "--json")
    assert code == 0
    assert json.loads(out)["businesses"]
    assert "observations.sqlite3" in err
    assert list(folder.glob("*damaged*"))


def test_the_human_outputs_carry_units_dates_and_sources(
    capsys: pytest.CaptureFixture[str], providers: Loopback
) -> None:
    code, out, _ = run(capsys, "refresh")
    assert code == 0
    for word in ("Coinbase Exchange", "live", "Seconds", "Difficulty", "16 Jan 2026, 12:00"):
        assert word in out
    code, out, _ = run(capsys, "compare", "--offline")
    for word in ("$/MWh", "$/MW-year", "Mining", "GPU cloud", "Colocation", "Powered shell", "replayed", "cached"):
        assert word in out


def test_version_imports_neither_numpy_nor_qt() -> None:
    probe = (
        "import sys; from minerdesk.__main__ import main; main(['--version']);"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'PySide6', 'pandas', 'requests')))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("minerdesk ")


def test_comparing_imports_no_qt_and_no_pandas() -> None:
    probe = (
        "import sys; from minerdesk.__main__ import main; main(['compare', '--offline']);"
        "sys.exit(any(name in sys.modules for name in ('PySide6', 'pandas', 'requests', 'xlsxwriter')))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_page_that_the_window_exports_can_be_drawn() -> None:
    from minerdesk.cli.desk import VIEWS
    from minerdesk.ui.render import PAGES

    assert tuple(PAGES) == VIEWS


def test_the_tables_of_one_page_are_written_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "fleet.csv"
    assert run(capsys, "export", "--offline", "--view", "fleet", "--out", str(out))[0] == 0
    names = [table.name for table in read_csv(out.read_bytes()).tables]
    assert names == ["Fleet", "Inputs", "Observations", "Problems"], "and what they stand on"
    assert run(capsys, "export", "--offline", "--view", "deals", "--out", str(tmp_path / "deals.json"))[0] == 0
    leases = json.loads((tmp_path / "deals.json").read_text())["deals"]
    assert {"operator", "usd_per_kw_month"} <= leases[0].keys()
    assert run(capsys, "export", "--offline", "--view", "nothing", "--out", str(out))[0] == 2
