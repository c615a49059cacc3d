"""`minerdesk deals`: leases in the usual units, the own rent among them, no request; rows that can't be used."""

import json
from pathlib import Path
from typing import Any

import pytest
from loopback import NOW, Loopback, environment

from minerdesk.__main__ import main
from minerdesk.export.csv_file import read_csv

OWN = {"operator": "Rio", "tenant": "Lab", "total_usd": 3.7e9, "years": 10, "it_mw": 200, "escalator_fraction": 0.03}


@pytest.fixture(autouse=True)
def replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def scenario(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text(json.dumps({"schema_version": 1, "inputs": {}, "tables": {"deals": list(rows)}}))
    return str(path)


def test_every_lease_and_the_own_rent_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "deals", "--offline", "--json", "--set", "colo.rent_usd_per_kw_month=155")
    answer = json.loads(out)
    assert (code, err, answer["problems"]) == (0, "", [])
    assert answer["own_rent"] == {
        "usd_per_kw_month": 155,
        "above": 5,
        "of": 9,
        "rank": 5,
        "percentile": pytest.approx(55.6, abs=0.1),
    }
    assert len(answer["leases"]) == 10
    hut = next(lease for lease in answer["leases"] if lease["operator"] == "Hut 8")
    assert hut["usd_per_kw_month"] == pytest.approx(158.7, rel=1e-3)
    assert (hut["first_year_usd"], hut["last_year_usd"]) == (
        pytest.approx(376.4e6, rel=1e-3),
        pytest.approx(569.3e6, rel=1e-3),
    )
    assert (hut["state"], hut["ranked"], hut["pue_source"]) == ("bundled", True, "gross_mw")
    cloud = answer["leases"][-1]
    assert (cloud["operator"], cloud["business"], cloud["ranked"]) == ("IREN", "gpu_cloud", False)
    assert cloud["usd_per_mwh_it"] == pytest.approx(1_107.3, rel=1e-3)


def test_the_table_for_a_terminal_keeps_the_cloud_apart(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "deals")
    assert code == 0
    rents, cloud = out.split("another business")
    assert "above 4 of 9 signed leases" in rents
    assert "158.7" in rents
    assert "128.0" in rents
    assert "IREN" not in rents
    assert "1,107.3" in cloud
    assert out.isascii()


def test_nothing_is_requested_whatever_the_network_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback() as server:
        for name, url in environment(server).items():
            monkeypatch.setenv(name, url)
        code, _, err = run(capsys, "deals")
        assert (code, err, list(server.log)) == (0, "", [])


def test_leases_of_a_scenario_stand_among_the_others(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = scenario(tmp_path / "a.json", OWN)
    code, out, _ = run(capsys, "deals", path, "--json")
    answer = json.loads(out)
    own = next(lease for lease in answer["leases"] if lease["state"] == "own")
    assert (code, answer["own_rent"]["of"]) == (0, 10)
    assert own["usd_per_kw_month"] == pytest.approx(154.17, abs=0.01)
    assert "(own)" in run(capsys, "deals", path)[1]


def test_a_lease_signed_later_than_the_clock_does_not_exist(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2023-06-01T00:00:00Z")
    code, out, _ = run(capsys, "deals", "--json")
    answer = json.loads(out)
    assert (code, answer["leases"], answer["own_rent"]["rank"]) == (0, [], None)
    assert "no signed leases to measure it by" in run(capsys, "deals")[1]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({**OWN, "it_mw": "many"}, "Lease 2: it_mw takes a number"),
        ({"operator": "Rio", "years": 10, "it_mw": 200}, "Lease 2: total_usd is empty"),
        ({**OWN, "pue": 13}, "Lease 2: pue is 13"),
        ({**OWN, "rent": 150}, "Lease 2: rent is no column"),
    ],
)
def test_a_bad_row_is_named_with_its_column(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, row: dict[str, Any], told: str
) -> None:
    code, out, err = run(capsys, "deals", scenario(tmp_path / "a.json", OWN, row))
    assert (code, out) == (2, "")
    assert told in err


def test_the_export_holds_the_same_figures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = run(capsys, "deals", "--json")
    file = tmp_path / "a.csv"
    assert main(["export", "--offline", "--out", str(file)]) == 0
    table = next(table for table in read_csv(file.read_bytes()).tables if table.name == "Deals")
    for row, lease in zip(table.rows, json.loads(out)["leases"], strict=True):
        for key in ("operator", "usd_per_kw_month", "usd_per_mwh_it", "usd_per_mwh_meter", "first_year_usd"):
            assert row[table.position(key)] == lease[key]
