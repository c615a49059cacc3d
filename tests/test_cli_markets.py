"""The command markets, and what dispatch takes from the network: a market, a currency's rate; and from the bundle."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from loopback import KEY, NOW, Loopback, environment

from minerdesk.__main__ import main
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.store.keys import Keys

BREAKEVEN = ["--breakeven", "89.03"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with Loopback() as running:
        for name, value in environment(running).items():
            monkeypatch.setenv(name, value)
        yield running


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def dispatched(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[dict[str, Any], str]:
    found, out, err = run(capsys, "dispatch", "--json", *words)
    assert found == code, err
    answer: dict[str, Any] = json.loads(out)
    return answer, err


def test_every_market_is_listed_with_who_serves_it_and_what_is_kept(
    server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "markets", "list")
    assert code == 0
    assert out.isascii()
    rows = {line.split()[0]: line for line in out.splitlines() if line.startswith("  ")}
    assert "Energy-Charts, SMARD, aWATTar Germany" in rows["DE-LU"]
    assert "HB_WEST_DA" in rows and "NSW1" in rows
    assert "SE3" not in rows, "whoever serves it is off"
    assert server.log == []
    assert run(capsys, "markets", "fetch", "nsw1")[0] == 0
    rows = {line.split()[0]: line for line in run(capsys, "markets", "list")[1].splitlines()}
    assert "kept: 2026-01-15 11:55 - 2026-01-16 12:00 UTC" in rows["NSW1"]


def test_a_market_is_fetched_and_told(server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    server.faults["energy_charts"] = "http500"
    code, out, err = run(capsys, "markets", "fetch", "DE-LU", "--days", "30")
    assert (code, err) == (0, "")
    assert out.startswith("SMARD DE-LU, day-ahead: 2025-12-16 23:00 - 2026-01-15 23:00 UTC.")
    assert "Energy-Charts gave none (refused: It answered with an error (HTTP 500)), so all prices are SMARD's." in out
    assert "CC BY 4.0" in out
    server.faults |= {"smard": "http500", "awattar_de": "http500"}
    code, out, err = run(capsys, "markets", "fetch", "DE-LU", "--days", "30")
    assert (code, out) == (1, "")
    assert "gave none either" in err
    assert "minerdesk: SMARD" in err or "minerdesk: aWATTar" in err or "minerdesk: Energy-Charts" in err
    assert not any(f"minerdesk: {name}:" in err for name in PROVIDERS), "sources are called by their names for people"


@pytest.mark.parametrize(
    "words",
    [
        ["markets", "fetch", "DELU"],
        ["markets", "fetch", "DE-LU", "--days", "0"],
        ["dispatch", "--market", "atlantis"],
        ["dispatch", "--market", "DE-LU", "--prices", "a.csv"],
        ["dispatch", "--market", "DE-LU", "--offline"],
    ],
)
def test_bad_usage_is_one_sentence(server: Loopback, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert "DE-LU" in err or "markets list" in err or "--days" in err or "--market" in err


def test_dispatch_on_a_market_online_then_offline_as_it_is_kept(
    server: Loopback, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, err = dispatched(capsys, "--market", "de-lu", "--days", "30", *BREAKEVEN)
    assert answer["prices"] == "Energy-Charts DE-LU, day-ahead"
    assert answer["hours"] == pytest.approx(720, abs=40)
    assert (answer["usd_per_currency_unit"], answer["rate_note"]) == (
        1.1555,
        "ECB reference rate of 15 Jan 2026, by Frankfurter",
    )
    assert "1.1555 $ per EUR is used, ECB reference rate of 15 Jan 2026" in err
    assert answer["problems"] == []
    monkeypatch.setenv("MINERDESK_NOW", (NOW + timedelta(days=2)).isoformat())
    kept, err = dispatched(capsys, "--market", "DE-LU", "--offline", *BREAKEVEN)
    assert kept["handled"][0] == "Germany-Luxembourg: as kept, fetched 2 days ago."
    assert kept["hours"] == answer["hours"]
    assert "each counts as one US dollar" in err
    server.faults["all"] = "http500"
    same, err = dispatched(capsys, "--market", "DE-LU", "--rate", "1.1555", *BREAKEVEN, code=1)
    assert same["option_value_usd_per_mw"] == pytest.approx(answer["option_value_usd_per_mw"])
    assert "HTTP 500" in err


def test_a_euro_file_without_a_rate_takes_the_banks(
    server: Loopback, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("price_eur_mwh\n50\n100\n")
    server.faults["frankfurter"] = "http500"
    answer, err = dispatched(capsys, "--prices", str(path), *BREAKEVEN)
    assert answer["mean_price_usd_per_mwh"] == pytest.approx(75 * 1.1555)
    assert answer["rate_note"] == "ECB reference rate of 15 Jan 2026"
    server.faults["ecb"] = "http500"
    answer, err = dispatched(capsys, "--prices", str(path), *BREAKEVEN)
    assert answer["mean_price_usd_per_mwh"] == 75
    assert "European Central Bank gave none either" in err
    assert "each counts as one US dollar" in answer["problems"][0]["message"]
    asked = len(server.log)
    dispatched(capsys, "--prices", str(path), "--rate", "1.2", *BREAKEVEN)
    assert len(server.log) == asked, "a typed rate asks nobody"


def test_without_prices_the_usual_bundled_market_is_taken_and_said(
    server: Loopback, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answer, _ = dispatched(capsys, "--offline", *BREAKEVEN)
    assert answer["handled"][0] == "No prices were named, so the usual market is taken."
    assert answer["prices"] == "ERCOT West, real-time 2025"
    named, _ = dispatched(capsys, "--offline", "--market", "ercot_hb_west_rt_2025", *BREAKEVEN)
    assert named["option_value_usd_per_mw"] == answer["option_value_usd_per_mw"]
    assert len(named["handled"]) == 1
    scenario = tmp_path / "s.json"
    scenario.write_text(json.dumps({"schema_version": 1, "inputs": {}, "power": {"market": "de_lu_da_2025_eur"}}))
    own, _ = dispatched(capsys, str(scenario), "--offline", *BREAKEVEN)
    assert own["currency"] == "EUR", "a scenario's market counts before the usual one"


def test_a_file_is_cut_at_a_replayed_clock(
    server: Loopback, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "time,price\n2026-01-16T10:00Z,50\n2026-01-16T11:00Z,60\n2026-01-16T12:00Z,900\n2026-01-17T11:00Z,1\n"
    )
    answer, _ = dispatched(capsys, "--prices", str(path), *BREAKEVEN)
    assert (answer["hours"], answer["mean_price_usd_per_mwh"]) == (2, 55)
    assert answer["handled"][-1] == "2 rows dated after the replayed clock, 2026-01-16 12:00 UTC, left out."
    monkeypatch.setenv("MINERDESK_NOW", "2025-01-01T00:00:00Z")
    code, out, err = run(capsys, "dispatch", "--offline", "--prices", str(path), *BREAKEVEN)
    assert (code, out) == (2, "")
    assert "Every price is dated after the replayed clock" in err


def test_what_industry_pays_wants_a_key_first(
    server: Loopback, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run(capsys, "markets", "industry", "tx")
    assert (code, out) == (2, "")
    assert "minerdesk sources key eia" in err
    monkeypatch.setattr(Keys, "get", lambda _self, _name: KEY)
    assert run(capsys, "sources", "on", "eia")[0] == 0
    code, out, err = run(capsys, "markets", "industry", "tx")
    assert (code, out, err) == (0, "Industry in Texas, November 2025: 67.10 $/MWh (EIA, delivery included)\n", "")
    assert run(capsys, "markets", "industry", "Texas")[0] == 2
