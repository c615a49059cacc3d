"""Files that mean harm: nothing crashes, hangs, eats the memory, runs, or is written where it should not be."""

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import totals
from hypothesis import given
from hypothesis import strategies as st
from loopback import NOW
from sample_workbook import PAYLOADS

import minerdesk
from minerdesk.desk import Desk
from minerdesk.economics.schema import FIELDS, TEXT_KEYS
from minerdesk.errors import InputError
from minerdesk.store import scenario

#: How often each of these kinds is damaged; each line is a process of its own.
ROUNDS = {
    3_000: ("scenario",),
    1_000: ("fleet", "prices", "preferences", "cache"),
    300: ("recovery", "reply", "zone", "zip"),
}
PACKAGE = Path(minerdesk.__file__).parent
#: What runs what it reads, by module and by name.
RUNNERS = {"pickle", "cPickle", "dill", "shelve", "marshal", "yaml", "joblib", "code", "codeop"}
CALLS = {"eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "literal_eval"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def test_watched_processes_read_thousands_of_damaged_files(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), str(Path(__file__).parent)])}
    program = str(Path(__file__).with_name("hostile.py"))
    running = []
    for number, (rounds, kinds) in enumerate(ROUNDS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, program, str(folder), str(rounds), "7", *kinds]
        running.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        )
    counts: Counter[str] = Counter()
    slowest_s, grown_mb = 0.0, 0.0
    said = [process.communicate(timeout=400) for process in running]  # all of them, whatever the first says
    for process, (out, errors), (rounds, kinds) in zip(running, said, ROUNDS.items(), strict=True):
        assert process.returncode == 0, errors[-2_000:]
        found = json.loads(out)
        assert found["crashes"] == []
        assert found["noted"] == []
        counts.update(found["counts"])
        slowest_s, grown_mb = max(slowest_s, found["slowest_s"]), max(grown_mb, found["grown_mb"])
        for kind in kinds:
            assert sum(count for name, count in found["counts"].items() if name.startswith(kind)) > rounds
    assert counts["scenario refused"] > counts["scenario read"] / 4, "the damage is real"
    assert counts["scenario read"] > counts["scenario refused"] / 20, "and not so large that all stops at the brackets"
    assert grown_mb < 50, "small files cost little memory"
    each = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
    totals.LINES.append(
        f"Hostile files: {sum(counts.values()):,} in 1 GiB, the slowest {slowest_s:.2f} s of CPU, "
        f"damaged ones of usual size cost {grown_mb:.0f} MB at most: {each}."
    )


@given(st.dictionaries(st.sampled_from(["name", "typed_at", "tables", "power", "observations", "x"]), json_values))
def test_a_scenario_of_any_json_is_read_or_refused(parts: dict[str, object]) -> None:
    document = {"schema_version": 1, "inputs": {}, **parts}
    try:
        found = scenario.from_document(document, "a", FIELDS, text_keys=TEXT_KEYS)
        Desk(now=lambda: NOW).load(found.inputs, (), tables=found.tables, power=found.power, typed_at=found.typed_at)
    except InputError as error:
        assert error.problems or error.hint


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), json_values, min_size=1, max_size=4))
def test_inputs_of_any_json_are_read_or_refused(inputs: dict[str, object]) -> None:
    try:
        found = scenario.from_document({"schema_version": 1, "inputs": inputs}, "a", FIELDS, text_keys=TEXT_KEYS)
        Desk(now=lambda: NOW).load(found.inputs, ())
    except InputError as error:
        assert error.problems or error.hint


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_runs_what_it_reads(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {name.name.split(".")[0] for name in node.names} & RUNNERS, path
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in RUNNERS, path
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else ""
            attribute = called.attr if isinstance(called, ast.Attribute) else ""
            assert name not in CALLS, f"{path}:{node.lineno}"
            assert attribute not in {"read_pickle", "to_pickle"}, f"{path}:{node.lineno}"
            shell = [word for word in node.keywords if word.arg in ("shell", "allow_pickle")]
            assert not any(isinstance(w.value, ast.Constant) and w.value.value for w in shell), f"{path}:{node.lineno}"


def test_there_are_payloads_enough() -> None:
    assert len(PAYLOADS) >= 24
