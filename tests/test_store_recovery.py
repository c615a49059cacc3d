"""Autosaved work: offered when its session died, never while it lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import minerdesk
from minerdesk.errors import StoreError
from minerdesk.store.recovery import Recovery, new_session_id
from minerdesk.store.scenario import Scenario

KEYS = ("power.price_usd_per_mwh",)
SESSION = """
import sys
from pathlib import Path
from minerdesk.store.recovery import Recovery, new_session_id
from minerdesk.store.scenario import Scenario
recovery, session = Recovery(Path(sys.argv[1])), new_session_id()
recovery.write(session, Scenario(inputs={"power.price_usd_per_mwh": 41.0}), Path("/home/me/a.minerdesk.json"))
print(session, flush=True)
sys.stdin.read()
"""


def price(value: float) -> Scenario:
    return Scenario(inputs={"power.price_usd_per_mwh": value})


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_work_of_a_living_session_is_not_offered_and_that_of_a_dead_one_is(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(minerdesk.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", SESSION, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        session = process.stdout.readline().strip()
        assert Recovery(tmp_path).abandoned(KEYS) == ((), ())
        process.kill()
        process.wait()
        (found,), problems = Recovery(tmp_path).abandoned(KEYS)
    assert problems == ()
    assert found.session_id == session
    assert found.scenario.inputs == price(41).inputs
    assert found.scenario.unknown == {}
    assert found.scenario.problems == ()
    assert found.original_path == Path("/home/me/a.minerdesk.json").absolute()
    Recovery(tmp_path).discard(session)
    assert files(tmp_path) == []


def test_a_session_is_not_offered_its_own_work(tmp_path: Path) -> None:
    recovery, session = Recovery(tmp_path), new_session_id()
    recovery.write(session, price(1), None)
    assert recovery.abandoned(KEYS) == ((), ())
    recovery.discard(session)


def test_a_clean_exit_leaves_nothing(tmp_path: Path) -> None:
    recovery, session = Recovery(tmp_path / "recovery"), new_session_id()
    recovery.discard(session)
    recovery.write(session, price(1), None)
    recovery.write(session, price(2), None)
    assert files(tmp_path / "recovery") == [f"{session}.json", f"{session}.lock"]
    recovery.discard(session)
    assert files(tmp_path / "recovery") == []
    assert Recovery(tmp_path / "no such folder").abandoned(KEYS) == ((), ())


def test_damaged_work_is_set_aside_and_newer_work_stays(tmp_path: Path) -> None:
    damaged, newer, foreign = (tmp_path / f"{name}.json" for name in (new_session_id(), new_session_id(), "notes"))
    damaged.write_text('{"schema_version": 1, "inp')
    newer.write_text('{"schema_version": 99}')
    foreign.write_text('{"schema_version": 1, "inputs": {}}')
    found, problems = Recovery(tmp_path).abandoned(KEYS)
    assert found == ()
    assert sorted(problem.field for problem in problems) == sorted(map(str, (damaged, newer)))
    kept = files(tmp_path)
    assert newer.name in kept
    assert foreign.name in kept
    assert any(name.startswith(f"{damaged.name}.damaged-") for name in kept)
    assert not any(name.endswith(".lock") for name in kept)


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be created"):
        Recovery(tmp_path / "file" / "recovery").write(new_session_id(), price(1), None)
