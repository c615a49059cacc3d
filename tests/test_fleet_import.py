"""Machine classes out of CSV and clipboard: loose headings, units, decimal commas, and every refused line named."""

import json

import pytest

from minerdesk.__main__ import main
from minerdesk.economics.machines import MOST_ROWS
from minerdesk.errors import InputError
from minerdesk.fleet_import import MOST_BYTES, read_bytes, read_text

S21 = {"model": "S21", "count": 10, "hashrate_th_s": 200, "power_w": 3_500}


def only(text, name="a.csv"):
    found = read_text(text, name)
    assert found.refused == ()
    (row,) = found.rows
    return row


@pytest.mark.parametrize(
    "text",
    [
        "Model,Count,Hash rate (TH/s),Power (W)\nS21,10,200,3500\n",
        "model;count;hashrate_th_s;power_w\nS21;10;200;3500",
        "MODEL\tqty\tTH/s\tWatts\r\nS21\t10\t200\t3500\r\n",
        "Miner,Machines,PH/s,kW\nS21,10,0.2,3.5\n",
        "Miner_Model,Quantity,Hashrate [TH/s],Efficiency (J/TH)\nS21,10,200,17.5\n",
        "W,TH/s,Units,Type\n3500,200,10,S21\n",
        'model,count,TH/s,power draw\n"S21","10","200","3500.0"\n',
        "Our fleet,,,\n,,,\nModel,Count,TH/s,W\n,,,\nS21,10,200,3500\n",
        "model,count,GH/s,J/TH,W\nS21,10,200000,99,3500\n",
    ],
)
def test_headings_units_and_separators_of_many_hands(text):
    assert only(text) == S21


def test_every_column_in_another_unit():
    row = only(
        "model,count,TH/s,W,Uptime (%),PUE,Power price ($/kWh),Purchase ($/TH),Resale value\n"
        "S21,10,200,3500,97,1.05,0.05,18.38,8\n"
    )
    assert row == {
        **S21,
        "uptime_fraction": pytest.approx(0.97),
        "site_overhead": 1.05,
        "power_price_usd_per_mwh": pytest.approx(50),
        "purchase_usd_per_th": 18.38,
        "resale_usd_per_th": 8,
    }


@pytest.mark.parametrize(
    ("heading", "cell"), [("electricity (ct/kWh)", "5"), ("$/MWh", "50"), ("Power price", "50"), ("$/kWh", "0.05")]
)
def test_power_prices(heading, cell):
    row = only(f"model,TH/s,W,{heading}\nS21,200,3500,{cell}\n")
    assert row["power_price_usd_per_mwh"] == pytest.approx(50)


@pytest.mark.parametrize("cell", ["0.97", "97 %", "97"])
def test_uptime_is_a_fraction_or_percent(cell):
    assert only(f"model,TH/s,W,Uptime\nS21,200,3500,{cell}\n")["uptime_fraction"] == pytest.approx(0.97)


def test_without_a_column_of_machines_each_line_is_one():
    assert only("model,TH/s,W\nS21,200,3500\n")["count"] == 1


def test_an_empty_cell_is_left_to_the_site_and_an_unknown_column_is_named():
    found = read_text("model,TH/s,W,uptime,Serial,Rack\nS21,200,3500,,x1,7\n", "a.csv")
    assert "uptime_fraction" not in found.rows[0]
    assert found.ignored == ("Serial", "Rack")


def test_a_decimal_comma_is_understood_where_commas_part_nothing():
    row = only("model;count;TH/s;J/TH;$/kWh\nS21;1.000;200,5;17,5;0,05\n")
    assert (row["count"], row["hashrate_th_s"]) == (1_000, 200.5)
    assert row["power_w"] == pytest.approx(200.5 * 17.5)
    assert row["power_price_usd_per_mwh"] == pytest.approx(50)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("S21,10,x,3500", "TH/s is “x”, which is no number."),
        (",10,200,3500", "model is empty."),
        ("S21,,200,3500", "count is empty."),
        ("S21,10,200", "power_w is empty."),
        ("S21,-1,200,3500", "count is -1"),
        ("S21,10,200,NaN", "no number"),
        ("S21,10,200,1e999", "no finite number"),
        ("S21,10,0.02,3500", "J/TH with its TH/s"),
        ('S21,"1,200",200,3500', "can be read in two ways"),
    ],
)
def test_a_refused_line_is_named_with_its_reason_and_the_others_are_kept(line, reason):
    found = read_text(f"model,count,TH/s,W\nS21,10,200,3500\n{line}\nS21,10,200,3500\n", "a.csv")
    assert found.rows == (S21, S21)
    (refused,) = found.refused
    assert refused.line == 3
    assert reason in refused.reason


def test_refused_lines_come_in_their_order_whatever_is_wrong():
    found = read_text("model,count,TH/s,W\n,1,200,3500\nA,x,200,3500\nB,-2,200,3500\n", "a.csv")
    assert [one.line for one in found.refused] == [2, 3, 4]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "No headings were recognised"),
        ("a,b\n1,2\n", "No headings were recognised"),
        ("S21,10,200,3500\n", "No headings were recognised"),
        ("model,count\nS21,10\n", r"no column for the hash rate \(TH/s\) and the power \(W\) in a.csv"),
        ("model,TH/s,PH/s,W\nS21,200,0.2,3500\n", r"two columns for the hash rate \(TH/s\) in a.csv"),
        ("model,TH/s,W\n" + "S,200,3500\n" * (MOST_ROWS + 1), "100,001 rows"),
    ],
    ids=["empty", "unknown", "headless", "lacking", "twice", "long"],
)
def test_what_can_not_be_read_at_all(text, told):
    with pytest.raises(InputError, match=told):
        read_text(text, "a.csv")


def test_an_export_of_minerdesk_is_read_back(tmp_path, monkeypatch):
    laid = {**S21, "uptime_fraction": 0.9, "site_overhead": 1.1, "power_price_usd_per_mwh": 40, "resale_usd_per_th": 8}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"schema_version": 1, "inputs": {}, "tables": {"fleet": [laid]}}))
    monkeypatch.setenv("MINERDESK_NOW", "2026-01-16T12:00:00Z")
    assert main(["export", str(path), "--offline", "--out", str(tmp_path / "a.csv")]) == 0
    found = read_bytes((tmp_path / "a.csv").read_bytes(), "a.csv")
    assert found.rows == ({**laid, "purchase_usd_per_th": 0},)
    assert found.refused == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_any_program(encoding):
    found = read_bytes("model;TH/s;W\nÜber-S21;200;3500\n".encode(encoding), "a.csv")
    assert found.rows[0]["model"] == "Über-S21"


@pytest.mark.parametrize(
    ("data", "told"), [(b"x" * (MOST_BYTES + 1), "larger than 32 MiB"), (b"PK\x03\x04", "workbook")]
)
def test_files_that_are_none(data, told):
    with pytest.raises(InputError, match=told):
        read_bytes(data, "a.csv")
