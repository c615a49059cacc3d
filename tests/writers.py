"""A program that saves all the time, killed again and again: run by test_store_fire, prints its totals as JSON.

    python tests/writers.py kills FOLDER NUMBER SEED
    python tests/writers.py obstacle FOLDER full|read-only|locked

Each life is a fork that saves every kind of file in turn, each with a higher number, and says so after each. It is
killed (SIGKILL) at a random moment; then each file must be whole and hold what was last reported saved, or what was
being saved. "obstacle" saves once, then with something in the way, then again without it.
"""

import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from obstacles import obstructed
from write_kinds import KINDS, Kinds

from minerdesk.errors import StoreError


def live(kinds: Kinds, start: int, pipe: int) -> None:
    """Save for ever, and report each save after it; each kind is the first at times."""
    writers, number = kinds.writers(), start
    while True:
        for place in range(len(KINDS)):
            number += 1
            name = KINDS[(start + place) % len(KINDS)]
            writers[name](number)
            os.write(pipe, f"{name} {number}\n".encode())


def kill_one(kinds: Kinds, last: int, chance: random.Random) -> list[str]:
    """Let one life save, kill it in the midst of it, and return what it reported."""
    reader, writer = os.pipe()
    life = os.fork()
    if life == 0:
        with contextlib.suppress(BaseException):
            live(kinds, last, writer)
        os._exit(1)
    os.close(writer)
    said = b""
    for _ in range(chance.randrange(4)):  # it is well under way, however busy the machine
        said += os.read(reader, 4_096)
    time.sleep(chance.uniform(0.0, 0.02))
    os.kill(life, signal.SIGKILL)
    _, status = os.waitpid(life, 0)
    assert os.WIFSIGNALED(status), f"it ended by itself after {said!r}"
    with os.fdopen(reader, "rb") as rest:
        return (said + rest.read()).decode().split("\n")[:-1]


def kills(folder: Path, number: int, seed: int) -> None:
    """Kill so many lives and print what was found."""
    kinds, chance = Kinds(folder), random.Random(seed)
    first = os.fork()  # a life of its own: the session of an autosave must be dead to be offered
    if first == 0:
        for write in kinds.writers().values():
            write(0)
        os._exit(0)
    assert os.waitpid(first, 0)[1] == 0
    reported = dict.fromkeys(KINDS, 0)
    wrong: list[str] = []
    counts: Counter[str] = Counter()
    last = 0
    for _ in range(number):
        for line in kill_one(kinds, last, chance):
            name, _, text = line.partition(" ")
            reported[name] = last = int(text)
            counts[f"{name} saved"] += 1
        for name, read in kinds.readers().items():
            try:
                found = read()
            except Exception as error:
                wrong.append(f"{name}: {error!r:.200}")
                continue
            if found < reported[name]:
                wrong.append(f"{name}: {reported[name]} was reported saved, {found} is there")
            counts[f"{name} under way"] += found > reported[name]
            reported[name] = found
            last = max(last, found)
        counts["kills"] += 1
    left = sorted(path.name for path in folder.rglob("*.damaged-*"))
    temporary = len(list(folder.rglob("*.minerdesk-tmp")))
    start_s, problems = kinds.next_start()
    print(
        json.dumps(
            {"wrong": wrong[:20], "counts": counts, "damaged": left, "temporary": temporary}
            | {"start_s": start_s, "again_s": kinds.next_start()[0], "problems": problems, "price": reported}
        )
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file but locks and what fills the disk."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name != "filler"
    }


def obstacle(folder: Path, what: str) -> None:
    """Save once; then with an obstacle; then without. Print what was said, and whether all is as it was."""
    from minerdesk.store import cache

    cache.BUSY_SECONDS, cache.REST_S = 0.2, 0.0  # otherwise the cache comes back after a minute
    said: dict[str, Any] = {}
    with obstructed(folder, what) as switch:
        kinds = Kinds(folder)
        for name in ("scenario", "preferences", "cache", "csv"):
            write = kinds.writers()[name]
            write(1)
            kinds.settle()
            before = contents(folder)
            switch(True)
            found: dict[str, Any] = {"said": "", "how": switch.how}
            for attempt in (2, 3):  # it is said each time
                try:
                    write(attempt)
                except StoreError as error:
                    found["said"], found["hint"] = str(error), error.hint
            found["same"] = contents(folder) == before
            kinds.settle()
            switch(False)
            found["kept"] = kinds.readers()[name]()
            write(4)
            found["again"] = kinds.readers()[name]()
            said[name] = found
    print(json.dumps(said))


if __name__ == "__main__":
    if sys.argv[1] == "kills":
        kills(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        obstacle(Path(sys.argv[2]), sys.argv[3])
