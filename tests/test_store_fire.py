"""The store under fire: killed hundreds of times, disks full or read-only, files locked, pages of the cache spoiled."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import totals
from loopback import NOW
from write_kinds import KINDS

import minerdesk

#: In so many processes side by side.
KILLS, PROCESSES = 512, 2
OBSTACLES = ("full", "read-only", "locked")
TARGETS = ("scenario", "preferences", "cache", "csv")
#: What is said of each obstacle, whatever it is made of on this computer.
WORDS = {
    "full": ("disk is full", "larger than may be written", "disk I/O error"),
    "read-only": ("read-only", "permission is denied", "readonly"),
    "locked": ("permission is denied", "in use by another"),
}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="lives are forks")


def start(*arguments: str) -> "subprocess.Popen[str]":
    paths = [str(Path(minerdesk.__file__).parents[1]), str(Path(__file__).parent)]
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("writers.py")), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
    )


def results(running: "list[subprocess.Popen[str]]") -> list[Any]:
    """Return what each process printed; all of them are waited for, whatever the first says."""
    said = [process.communicate(timeout=300) for process in running]
    return [result(process, *one) for process, one in zip(running, said, strict=True)]


def result(process: "subprocess.Popen[str]", out: str, errors: str) -> Any:
    if "nothing is read-only to this user" in errors:
        pytest.skip("root may write anywhere, and may mount nothing here")
    assert process.returncode == 0, errors[-2_000:]
    return json.loads(out)


def test_nothing_that_was_reported_saved_is_lost_by_a_kill(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(PROCESSES)]
    running = [start("kills", str(folder), str(KILLS // PROCESSES), str(7 + n)) for n, folder in enumerate(folders)]
    counts: Counter[str] = Counter()
    for found, folder in zip(results(running), folders, strict=True):
        assert found["wrong"] == []
        assert found["damaged"] == []
        assert found["problems"] == [], "the next start is a clean one"
        assert found["start_s"] < 2 * found["again_s"] + 1.0
        counts.update(found["counts"])
        assert found["temporary"] == len(list(folder.rglob("*.minerdesk-tmp")))
        counts["temporary"] += found["temporary"]
    assert counts["kills"] == KILLS
    for kind in KINDS:
        assert counts[f"{kind} saved"] > KILLS / 50, f"{kind} was under way often enough"
    saves = sum(counts[f"{kind} saved"] for kind in KINDS)
    caught = sum(counts[f"{kind} under way"] for kind in KINDS)
    totals.LINES.append(
        f"Store under fire: {KILLS} kills among {saves:,} saves of {len(KINDS)} kinds of file "
        f"({caught} saved but not yet reported, {counts['temporary']} temporaries left to be swept): nothing lost."
    )


@pytest.fixture(scope="module")
def obstructed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    running = [start("obstacle", str(tmp_path_factory.mktemp("home")), what) for what in OBSTACLES]
    said = [(process, *process.communicate(timeout=300)) for process in running]
    return dict(zip(OBSTACLES, said, strict=True))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("what", OBSTACLES)
def test_an_obstacle_changes_no_byte_is_said_and_the_next_save_succeeds(
    obstructed: dict[str, Any], what: str, target: str
) -> None:
    found = result(*obstructed[what])[target]
    assert any(words in found["said"] for words in WORDS[what]), found["said"]
    assert "can't be" in found["said"] or "in use" in found["said"], "what"
    assert ".json" in found["said"] or ".csv" in found["said"] or ".sqlite3" in found["said"], "where"
    if target != "cache":
        assert found["hint"], "and what can be done now"
    else:
        assert "tri" in found["said"], "it is tried again by itself"
    assert found["same"], "every file is as it was, byte by byte, and no other is left"
    assert found["kept"] >= 1
    assert found["again"] == 4
    if (what, target) == (OBSTACLES[-1], TARGETS[-1]):
        made_of = ", ".join(f"{name} ({result(*said)['scenario']['how']})" for name, said in obstructed.items())
        totals.LINES.append(f"Obstacles: {len(OBSTACLES) * len(TARGETS)} cases, nothing changed, all said: {made_of}.")


@pytest.mark.parametrize("page", range(1, 6))
def test_a_page_of_the_cache_that_is_overwritten_costs_no_start_and_the_file_is_kept(tmp_path: Path, page: int) -> None:
    from write_kinds import Kinds

    from minerdesk.store.cache import Cache

    Kinds(tmp_path).writers()["cache"](7)
    path = tmp_path / "cache" / "observations.sqlite3"
    with path.open("r+b") as file:
        file.seek(page * 4_096)
        assert file.write(b"\xa5" * 4_096)
    spoiled = path.read_bytes()
    cache = Cache(path)
    found = cache.load(NOW)
    if found.problems:
        aside = list(path.parent.glob("*.damaged-*"))
        assert [file.read_bytes() for file in aside] == [spoiled]
        assert aside[0].name in found.problems[0].message
    else:
        assert set(found.series["btc_price_daily_usd"].values) == {1_007.0}, "what is read is what was written"
    Kinds(tmp_path).writers()["cache"](8)
    assert set(Cache(path).load(NOW).series["btc_price_daily_usd"].values) == {1_008.0}
    cache.close()
    shutil.rmtree(tmp_path)
