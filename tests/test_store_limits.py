"""What is too large or too numerous is refused at once, and nothing is saved that could not be opened again."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from minerdesk.economics.machines import MOST_ROWS
from minerdesk.economics.schema import FIELDS, TEXT_KEYS
from minerdesk.errors import InputError, StoreError
from minerdesk.store import documents, limits, scenario
from minerdesk.store.scenario import Scenario

#: Of a machine class with every cell filled in.
ROW = {
    "model": "Antminer S21 XP Hydro, hall 7",
    "count": 10.5,
    "hashrate_th_s": 473.25,
    "power_w": 5_676.5,
    "uptime_fraction": 0.955,
    "site_overhead": 1.055,
    "power_price_usd_per_mwh": 45.55,
    "purchase_usd_per_th": 12.55,
    "resale_usd_per_th": 3.255,
}
PARTS = b",".join(b'"k%x": 1' % number for number in range(150_000))
HEAD = b'{"schema_version": 1, "inputs": {}, '

MASSES = {
    "inputs": b'{"schema_version": 1, "inputs": {' + PARTS + b"}}",
    "unknown keys": HEAD + PARTS + b"}",
    "typed times": HEAD + b'"typed_at": {' + PARTS + b"}}",
    "power": HEAD + b'"power": {' + PARTS + b"}}",
    "rates": HEAD + b'"power": {"usd_per": {' + PARTS + b"}}}",
    "observations": HEAD + b'"observations": [' + b"1," * 150_000 + b"1]}",
    "unknown observations": HEAD + b'"observations": [' + b'{"quantity": "x"},' * 150_000 + b"1]}",
    "rows that are none": HEAD + b'"tables": {"fleet": [' + b"1," * 1_200_000 + b"1]}}",
    "rows of bad cells": HEAD + b'"tables": {"fleet": [' + b'{"a": []},' * 99_000 + b"{}]}}",
    "commas": HEAD + b'"a": [' + b"1," * 2_000_000 + b"1]}",
    "lists": HEAD + b'"a": [' + b"[]," * 2_000_000 + b"1]}",
    "keys given twice": HEAD + b'"a": {' + b'"a": 1,' * 1_200_000 + b'"a": 1}}',
}


def read(data: bytes) -> Scenario:
    return scenario.from_document(documents.parse(data, "a"), "a", FIELDS, text_keys=TEXT_KEYS)


@pytest.mark.parametrize("data", MASSES.values(), ids=MASSES.keys())
def test_masses_are_refused_at_once(data: bytes) -> None:
    began = time.thread_time()
    json.loads(data)
    floor = time.thread_time()
    with pytest.raises(InputError) as caught:
        read(data)
    assert time.thread_time() - floor < 12 * (floor - began)  # usually four times at most
    assert "left as it is" in str(caught.value)
    assert len(caught.value.problems) <= limits.MOST_ERRORS + 2


def test_of_many_warnings_the_first_are_given_and_the_others_counted() -> None:
    found = read(json.dumps({"schema_version": 1, "inputs": {f"k{n}": n for n in range(500)}}).encode())
    assert len(found.unknown_inputs) == 500
    assert len(found.problems) == limits.MOST_WARNINGS + 1
    assert "460 more" in found.problems[-1].message
    assert read(scenario.dumps(found).encode()).unknown_inputs == found.unknown_inputs


def test_the_largest_fleet_is_saved_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "a.minerdesk.json"
    scenario.save(path, Scenario(tables={"fleet": (ROW,) * MOST_ROWS}))
    found = scenario.load(path, FIELDS, text_keys=TEXT_KEYS)
    assert len(found.tables["fleet"]) == MOST_ROWS
    assert found.tables["fleet"][-1] == ROW


def test_what_could_not_be_opened_again_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.minerdesk.json"
    path.write_text("old")
    for rows in ((ROW | {"model": "ü" * 60},) * MOST_ROWS, ({},) * 250_000):
        wide: tuple[dict[str, Any], ...] = rows
        with pytest.raises(StoreError, match="no minerdesk would open it again"):
            scenario.save(path, Scenario(tables={"fleet": wide}))
        assert path.read_text() == "old"
        assert [file.name for file in tmp_path.iterdir()] == [path.name]
