"""The store under fire: killed hundreds of times, a full disk, a page of the cache overwritten."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import totals
from loopback import NOW

import minerdesk

KINDS = ("scenario", "autosave", "preferences", "cache", "export")
KILLS = 250

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="lives are forks")


def run(*arguments: str) -> Any:
    paths = [str(Path(minerdesk.__file__).parents[1]), str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("writers.py")), *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout)


def test_nothing_that_was_reported_saved_is_lost_by_a_kill(tmp_path: Path) -> None:
    found = run("kills", str(tmp_path), str(KILLS))
    assert found["wrong"] == []
    assert found["damaged"] == []
    assert found["counts"]["kills"] == KILLS
    for kind in KINDS:
        assert found["counts"][f"{kind} saved"] > 5, "each kind was under way often enough"
    saves = ", ".join(f"{kind} {found['counts'][f'{kind} saved']}" for kind in KINDS)
    totals.LINES.append(f"Store under fire: {KILLS} kills, nothing reported saved was lost; saves between: {saves}.")


def test_a_full_disk_changes_no_file_and_is_said_and_the_next_save_succeeds(tmp_path: Path) -> None:
    found = run("full", str(tmp_path))
    assert set(found["said"]) == set(KINDS)
    for kind, message in found["said"].items():
        assert "can't be" in message, (kind, message)
        assert str(tmp_path) in message
    assert found["same"], "every file is as it was, byte by byte, and no other is left"
    assert set(found["values"].values()) == {1}
    assert set(found["again"].values()) == {3}


@pytest.mark.parametrize("page", range(1, 6))
def test_a_page_of_the_cache_that_is_overwritten_costs_no_start_and_the_file_is_kept(tmp_path: Path, page: int) -> None:
    from writers import Kinds

    from minerdesk.store.cache import Cache

    Kinds(tmp_path).writers()["cache"](7)
    path = tmp_path / "cache.sqlite3"
    with path.open("r+b") as file:
        file.seek(page * 4_096)
        assert file.write(b"\xa5" * 4_096)
    spoiled = path.read_bytes()
    cache = Cache(path)
    found = cache.load(NOW)
    if found.problems:
        aside = list(tmp_path.glob("*.damaged-*"))
        assert [file.read_bytes() for file in aside] == [spoiled]
        assert aside[0].name in found.problems[0].message
    else:
        assert set(found.series["btc_price_daily_usd"].values) == {1_007.0}, "what is read is what was written"
    Kinds(tmp_path).writers()["cache"](8)
    assert set(Cache(path).load(NOW).series["btc_price_daily_usd"].values) == {1_008.0}
    cache.close()
    shutil.rmtree(tmp_path)
