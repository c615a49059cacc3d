"""Scenario files: round trips, what is kept, what is refused and in which words, migrations."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.errors import InputError, Severity, StoreError
from minerdesk.observations import Observation, Origin
from minerdesk.quantities import QUANTITIES
from minerdesk.store import documents, scenario
from minerdesk.store.migrations import NewerFormatError, current_format, upgrade
from minerdesk.store.scenario import Scenario

KEYS = ("power.price_usd_per_mwh", "network.difficulty", "colo.power_passed_through")
NOON = datetime(2026, 1, 16, 12, tzinfo=UTC)
EXAMPLE = {"schema_version": 1, "inputs": {"power.price_usd_per_mwh": 50}, "observations": []}
OBSERVATION = {
    "quantity": "btc_price_usd",
    "value": 95546,
    "unit": "$/BTC",
    "as_of": "2026-01-16T11:59:00Z",
    "fetched_at": "2026-01-16T12:00:00+00:00",
    "source": "coinbase",
    "origin": "network",
}

finite = st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(timezones=st.just(UTC))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
observations = st.sampled_from(sorted(QUANTITIES)).flatmap(
    lambda name: st.builds(
        Observation,
        quantity=st.just(name),
        value=st.floats(QUANTITIES[name].low, QUANTITIES[name].high),
        unit=st.just(QUANTITIES[name].unit),
        as_of=moments,
        fetched_at=moments,
        source=st.text(),
        origin=st.sampled_from(Origin),
        detail=st.text(),
    )
)
scenarios = st.builds(
    Scenario,
    inputs=st.dictionaries(st.sampled_from(KEYS), finite | st.booleans() | st.none()),
    observations=st.lists(observations, max_size=3).map(tuple),
    tables=st.dictionaries(
        st.text(max_size=9),
        st.lists(st.dictionaries(st.text(max_size=9), finite | st.booleans() | st.none() | st.text()), min_size=1).map(
            tuple
        ),
        max_size=2,
    ),
    typed_at=st.dictionaries(st.text(), moments, max_size=2),
    name=st.none() | st.text(),
    saved_at=st.none() | moments,
    program=st.none() | st.text(),
    unknown=st.dictionaries(st.text().map("x.".__add__), json_values, max_size=3),
    unknown_inputs=st.dictionaries(st.text().map("x.".__add__), json_values, max_size=3),
    unknown_observations=st.lists(
        st.fixed_dictionaries({"quantity": st.just("moon_phase"), "more": json_values}), max_size=2
    ).map(tuple),
)


def read(document: object) -> Scenario:
    return scenario.from_document(documents.parse(json.dumps(document).encode(), "a.json"), "a.json", KEYS)


def refused(document: object) -> InputError:
    with pytest.raises(InputError) as caught:
        read(document)
    assert "a.json" in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("quantity", "value"), [("difficulty", 0), ("tip_height", -5), ("btc_price_usd", -5), ("difficulty", 1e-300)]
)
def test_an_implausible_observation_is_refused_by_its_name(tmp_path: Path, quantity: str, value: float) -> None:
    path = tmp_path / "a.minerdesk.json"
    observation = OBSERVATION | {"quantity": quantity, "value": value, "unit": QUANTITIES[quantity].unit}
    path.write_text(json.dumps({"schema_version": 1, "inputs": {}, "observations": [observation]}))
    with pytest.raises(InputError) as caught:
        scenario.load(path, KEYS)
    assert [problem.field for problem in caught.value.problems] == ["observations[0].value"]
    assert str(path) in str(caught.value)


@given(scenarios)
def test_what_is_written_is_read(original: Scenario) -> None:
    text = scenario.dumps(original)
    assert scenario.from_document(documents.parse(text.encode(), "a"), "a", KEYS) == original


def test_the_form_is_the_declared_one() -> None:
    assert json.loads(scenario.dumps(Scenario(inputs={"power.price_usd_per_mwh": 50.0}))) == EXAMPLE
    assert '"power.price_usd_per_mwh": 50\n' in scenario.dumps(Scenario(inputs={"power.price_usd_per_mwh": 50.0}))
    found = read(EXAMPLE)
    assert found.inputs == {"power.price_usd_per_mwh": 50.0}
    assert type(found.inputs["power.price_usd_per_mwh"]) is float
    assert found.problems == ()


def test_saves_with_time_and_version_and_loads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", "2026-01-16T12:00:00Z")
    path = tmp_path / "a.minerdesk.json"
    saved = scenario.save(path, Scenario(inputs={"network.difficulty": None}, name="Halle Süd"))
    assert saved.saved_at == NOON
    assert saved.program is not None
    assert saved.program.startswith("minerdesk ")
    assert scenario.load(path, KEYS) == saved


def test_unknown_keys_are_kept_and_each_is_named() -> None:
    moon = {"quantity": "moon_phase", "value": 1}
    document = EXAMPLE | {
        "inputs": {"power.price_usd_per_mhw": 50},
        "comment": ["a", {"b": 1}],
        "observations": [OBSERVATION | {"mood": "good"}, moon],
    }
    found = read(document)
    assert found.unknown == {"comment": ["a", {"b": 1}]}
    assert found.unknown_inputs == {"power.price_usd_per_mhw": 50}
    assert found.unknown_observations == (moon,)
    assert len(found.observations) == 1
    assert {(problem.field, problem.severity) for problem in found.problems} == {
        (field, Severity.WARNING)
        for field in ("power.price_usd_per_mhw", "comment", "observations[0].mood", "observations[1]")
    }
    assert "is it power.price_usd_per_mwh?" in found.problems[0].message
    written = json.loads(scenario.dumps(found))
    assert written["comment"] == document["comment"]
    assert written["inputs"] == document["inputs"]
    assert written["observations"][1] == moon


def test_every_bad_value_is_named_at_once() -> None:
    error = refused(
        EXAMPLE
        | {
            "inputs": {
                "power.price_usd_per_mwh": "50,5",
                "network.difficulty": math.nan,
                "colo.power_passed_through": [1],
            },
            "observations": [OBSERVATION | {"value": 10**400, "as_of": "noon", "origin": "rumour"}, 3],
            "name": 3,
            "other": {"deep": [math.inf]},
        }
    )
    assert {problem.field for problem in error.problems} == {
        *KEYS,
        "observations[0].value",
        "observations[0].as_of",
        "observations[0].origin",
        "observations[1]",
        "name",
        "other",
    }
    assert all(problem.severity is Severity.ERROR for problem in error.problems)
    assert "like 50.5" in error.problems[0].message
    assert "and 8 more" in error.message


@pytest.mark.parametrize(("text", "words"), [("1,500", "comma"), (" 50 ", "quotes: 50."), ("cheap", "Write a number,")])
def test_text_for_a_number_says_how_to_write_it(text: str, words: str) -> None:
    (problem,) = refused(EXAMPLE | {"inputs": {"power.price_usd_per_mwh": text}}).problems
    assert words in problem.message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"inputs": []}, "inputs"),
        ({"inputs": {"power.price_usd_per_mwh": "cheap"}}, "power.price_usd_per_mwh"),
        ({"inputs": {"power.price_usd_per_mwh": {"value": 50}}}, "power.price_usd_per_mwh"),
        ({"observations": {}}, "observations"),
        (
            {"observations": [{key: value for key, value in OBSERVATION.items() if key != "unit"}]},
            "observations[0].unit",
        ),
        ({"observations": [OBSERVATION | {"unit": "€/BTC"}]}, "observations[0].unit"),
        ({"observations": [OBSERVATION | {"value": True}]}, "observations[0].value"),
        ({"saved_at": "0001-01-01T00:00:00+23:00"}, "saved_at"),
    ],
)
def test_one_bad_value_is_one_problem(change: dict[str, Any], field: str) -> None:
    assert [problem.field for problem in refused(EXAMPLE | change).problems] == [field]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b'{"schema_version": 1, "inputs": {"a', "line 1"),
        ('{"name": "größer"}'.encode("latin-1"), "UTF-8"),
        (b"[1]", "no JSON object"),
        (b'{"a": {"x": 1, "x": 2}, "b": 1, "b": 2}', "“x”, “b” more than once"),
        (b'{"a": ' * 33 + b"1" + b"}" * 33, "deeper than 32"),
        (b"[" * 200_000, "deeper than 32"),
        (b"[" * 1_000_000, "more parts than a file of minerdesk"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "number too long"),
        (b'{"a": "' + b" " * 24 * 1024 * 1024 + b'"}', "larger than 24 MiB"),
        (b'{"inputs": {}}', "no schema_version"),
        (b'{"schema_version": true}', "whole number"),
        (b'{"schema_version": 0}', "whole number"),
        (b'{"schema_version": 7}', "newer minerdesk .format 7; this one reads up to 1."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_used_says_why_and_stays(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "a.minerdesk.json"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words) as caught:
        scenario.load(path, KEYS)
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert len(str(caught.value)) < 1_000
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_as_deep_as_allowed_and_with_a_byte_order_mark() -> None:
    nested = b'{"a": ' * 32 + b"1" + b"}" * 32
    assert documents.parse(b"\xef\xbb\xbf" + nested, "a")["a"]


def test_a_missing_file_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        scenario.load(tmp_path / "no.json", KEYS)
    with pytest.raises(StoreError, match="folder"):
        scenario.load(tmp_path, KEYS)


@given(st.binary(max_size=60), st.integers(0, 200))
def test_damage_anywhere_is_an_input_error_or_harmless(noise: bytes, at: int) -> None:
    whole = json.dumps(EXAMPLE | {"observations": [OBSERVATION]}).encode()
    try:
        document = documents.parse(whole[:at] + noise + whole[at + len(noise) :], "a")
        scenario.from_document(document, "a", KEYS)
    except InputError:
        pass


def rename_price(document: dict[str, Any]) -> dict[str, Any]:
    inputs = document["inputs"]
    inputs["power.price_usd_per_mwh"] = inputs.pop("power.price_cents_per_kwh") * 10
    return document


def add_switch(document: dict[str, Any]) -> dict[str, Any]:
    document["inputs"]["colo.power_passed_through"] = True
    return document


def test_migrations_run_in_order_from_the_files_format(tmp_path: Path) -> None:
    table = (rename_price, add_switch)
    path = tmp_path / "a.json"
    path.write_text('{"schema_version": 1, "inputs": {"power.price_cents_per_kwh": 5}}')
    expected = {"power.price_usd_per_mwh": 50.0, "colo.power_passed_through": True}
    assert scenario.load(path, KEYS, table).inputs == expected
    second = {"schema_version": 2, "inputs": {"power.price_usd_per_mwh": 50}}
    assert upgrade(second, "a", table) == {"schema_version": 3, "inputs": expected}
    assert second["schema_version"] == 2
    assert "colo.power_passed_through" not in second["inputs"]
    with pytest.raises(NewerFormatError, match="up to 3"):
        upgrade({"schema_version": 4}, "a", table)
    with pytest.raises(InputError, match="not of that format"):
        upgrade({"schema_version": 1, "inputs": {}}, "a", table)


def test_the_written_format_is_the_newest_one_that_is_read() -> None:
    assert json.loads(scenario.dumps(Scenario()))["schema_version"] == current_format() == 1
