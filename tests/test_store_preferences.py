"""Preferences: never an exception on loading, nothing of the user's is lost."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.errors import StoreError
from minerdesk.store import documents, preferences
from minerdesk.store.preferences import Preferences

texts = st.dictionaries(st.text(), st.text(), max_size=3)


def test_the_defaults_hold_silently_without_a_file(tmp_path: Path) -> None:
    assert preferences.load(tmp_path / "no" / "preferences.json") == (Preferences(), ())
    assert Preferences().theme == "system"
    assert Preferences().chart_range == "3Y"


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "config" / "preferences.json"
    original = Preferences(
        theme="dark",
        offline=True,
        auto_refresh=False,
        base_urls={"mempool": "http://127.0.0.1:8999/api"},
        source_order={"spot": ("kraken", "coinbase")},
        ca_file="/etc/company.pem",
        display_units={"$/MWh": "¢/kWh"},
        recent_files=("/a.minerdesk.json",),
        chart_range="1Y",
        chart_basis="net_of_power",
        chart_log_scale=True,
        folded_groups=("site",),
        window_geometry="AdnQ",
        window_state="AAAA",
        splitter_sizes={"centre": (300, 200)},
        unknown={"from_the_future": {"a": [1]}},
    )
    preferences.save(path, original)
    assert preferences.load(path) == (original, ())
    assert json.loads(path.read_text())["from_the_future"] == {"a": [1]}


@given(
    base_urls=texts, display_units=texts, state=st.text(), unknown=st.dictionaries(st.text().map("x".__add__), texts)
)
def test_any_text_survives(
    tmp_path_factory: pytest.TempPathFactory,
    base_urls: dict[str, str],
    display_units: dict[str, str],
    state: str,
    unknown: dict[str, object],
) -> None:
    path = tmp_path_factory.mktemp("config") / "preferences.json"
    original = Preferences(base_urls=base_urls, display_units=display_units, window_state=state, unknown=unknown)
    preferences.save(path, original)
    assert preferences.load(path) == (original, ())


def test_one_bad_value_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    bad = {
        "theme": "purple",
        "offline": "yes",
        "base_urls": {"mempool": 3},
        "source_order": {"spot": "kraken"},
        "recent_files": [1],
        "splitter_sizes": {"centre": [1.5]},
        "window_state": 4,
    }
    path.write_text(json.dumps(bad | {"auto_refresh": False}))
    found, problems = preferences.load(path)
    assert found == Preferences(auto_refresh=False)
    assert {problem.field for problem in problems} == {*bad, str(path)}
    assert path.exists()
    (copy,) = tmp_path.glob("preferences.json.damaged-*")
    assert copy.read_bytes() == path.read_bytes()
    assert copy.name in problems[-1].message


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'{"a": 1, "a": 2}', b'{"x": NaN}'])
def test_a_damaged_file_is_set_aside(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "preferences.json"
    path.write_bytes(data)
    found, (problem,) = preferences.load(path)
    assert found == Preferences()
    (aside,) = tmp_path.iterdir()
    assert aside.name.startswith("preferences.json.damaged-")
    assert aside.read_bytes() == data
    assert aside.name in problem.message
    assert str(path) in problem.message


def test_an_unreadable_file_stays_and_is_named(tmp_path: Path) -> None:
    found, (problem,) = preferences.load(tmp_path)
    assert found == Preferences()
    assert str(tmp_path) in problem.message


def test_recent_files_are_ten_newest_first_each_once(tmp_path: Path) -> None:
    found = Preferences()
    for number in [*range(12), 5]:
        found = found.with_recent_file(tmp_path / str(number))
    assert [Path(path).name for path in found.recent_files] == ["5", "11", "10", "9", "8", "7", "6", "4", "3", "2"]
    path = tmp_path / "preferences.json"
    path.write_text(documents.dumps({"recent_files": [str(number) for number in range(99)]}))
    assert len(preferences.load(path)[0].recent_files) == 10


def test_saving_where_one_cannot_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        preferences.save(tmp_path / "file" / "preferences.json", Preferences())
