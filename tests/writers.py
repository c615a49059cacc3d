"""A program that saves all the time, killed again and again: run by test_store_fire, prints its totals as JSON.

    python tests/writers.py kills FOLDER NUMBER
    python tests/writers.py full FOLDER

Each life is a fork that saves a scenario, its autosave, the preferences, the cache and an export in turn, each with a
higher number, and says so after each. It is killed (SIGKILL) at a random moment; then each file must be whole and hold
what was last reported saved, or what was being saved. "full" saves once, then with a limit on the size of files.
"""

import contextlib
import dataclasses
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from loopback import NOW
from sample_workbook import workbook

from minerdesk.errors import StoreError
from minerdesk.export.csv_file import read_csv, to_csv
from minerdesk.observations import QUANTITIES, Observation, Origin, Series
from minerdesk.store import preferences, scenario
from minerdesk.store.atomic import write_bytes
from minerdesk.store.cache import Cache
from minerdesk.store.preferences import Preferences
from minerdesk.store.recovery import Recovery
from minerdesk.store.scenario import Scenario

KEY = "power.price_usd_per_mwh"
SESSION = "00000000-0000-4000-8000-000000000001"
DAYS = [int(NOW.timestamp()) // 86_400 * 86_400 - day * 86_400 for day in range(1, 200)]


class Kinds:
    """How each kind of file is written with a number in it, and how the number is read back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._book = workbook()

    def writers(self) -> dict[str, Callable[[int], None]]:
        recovery, cache = Recovery(self.folder / "autosave"), Cache(self.folder / "cache.sqlite3")

        def write_cache(number: int) -> None:
            value = 1_000.0 + number
            line = Series.of("btc_price_daily_usd", DAYS, [value] * len(DAYS), source="kraken", fetched_at=NOW)
            one = Observation(
                quantity="btc_price_usd",
                value=value,
                unit=QUANTITIES["btc_price_usd"].unit,
                as_of=NOW - timedelta(seconds=60),
                fetched_at=NOW,
                source="kraken",
                origin=Origin.NETWORK,
            )
            problems = cache.write([one], [line])
            if problems:
                raise StoreError(problems[0].message)

        return {
            "scenario": lambda n: scenario.save(self.folder / "a.json", Scenario(inputs={KEY: n})) and None,
            "autosave": lambda n: recovery.write(SESSION, Scenario(inputs={KEY: n}), None),
            "preferences": lambda n: preferences.save(
                self.folder / "preferences.json", Preferences(base_urls={"kraken": f"http://127.0.0.1/{n}"})
            ),
            "cache": write_cache,
            "export": lambda n: write_bytes(
                self.folder / "a.csv", to_csv(dataclasses.replace(self._book, title=f"n{n}"))
            ),
        }

    def readers(self) -> dict[str, Callable[[], int]]:
        def read_autosave() -> int:
            (found,), problems = Recovery(self.folder / "autosave").abandoned({KEY})
            assert problems == (), problems
            return int(found.scenario.inputs[KEY] or 0)

        def read_preferences() -> int:
            found, problems = preferences.load(self.folder / "preferences.json")
            assert problems == (), problems
            return int(found.base_urls["kraken"].rpartition("/")[2])

        def read_cache() -> int:
            cache = Cache(self.folder / "cache.sqlite3")
            found = cache.load(NOW)
            cache.close()
            assert found.problems == (), found.problems
            values = {*found.series["btc_price_daily_usd"].values, found.observations["btc_price_usd"].value}
            assert len(values) == 1, "half of a transaction"
            assert len(found.series["btc_price_daily_usd"]) == len(DAYS)
            return int(values.pop()) - 1_000

        return {
            "scenario": lambda: int(scenario.load(self.folder / "a.json", {KEY}).inputs[KEY] or 0),
            "autosave": read_autosave,
            "preferences": read_preferences,
            "cache": read_cache,
            "export": lambda: int(read_csv((self.folder / "a.csv").read_bytes()).title.removeprefix("n")),
        }


def live(kinds: Kinds, start: int, pipe: int) -> None:
    """Save for ever, and report each save after it."""
    number, writers = start, kinds.writers()
    names = list(writers)
    while True:
        for name in names[start % len(names) :] + names[: start % len(names)]:  # each kind is the first at times
            number += 1
            writers[name](number)
            os.write(pipe, f"{name} {number}\n".encode())


def kills(folder: Path, number: int) -> None:
    """Kill so many lives and print what was found."""
    kinds, chance = Kinds(folder), random.Random(3)
    first = os.fork()  # a life of its own: the session of an autosave must be dead to be offered
    if first == 0:
        for write in kinds.writers().values():
            write(0)
        os._exit(0)
    os.waitpid(first, 0)
    reported = dict.fromkeys(kinds.readers(), 0)
    wrong: list[str] = []
    counts: Counter[str] = Counter()
    last = 0
    for _ in range(number):
        reader, writer = os.pipe()
        life = os.fork()
        if life == 0:
            with contextlib.suppress(BaseException):
                live(kinds, last, writer)
            os._exit(1)
        os.close(writer)
        time.sleep(chance.uniform(0.0, 0.045))
        os.kill(life, signal.SIGKILL)
        _, status = os.waitpid(life, 0)
        assert os.WIFSIGNALED(status), "it ended by itself"
        with os.fdopen(reader) as lines:
            for line in lines.read().split("\n")[:-1]:
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
            reported[name] = found
            last = max(last, found)
        counts["kills"] += 1
    left = sorted(path.name for path in folder.rglob("*.damaged-*"))
    print(json.dumps({"wrong": wrong[:20], "counts": counts, "damaged": left}))


def full(folder: Path) -> None:
    """Save once; then with a disk that takes no more; print what was said, and whether all is as it was."""
    kinds = Kinds(folder)
    writers = kinds.writers()
    for write in writers.values():
        write(1)
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    said = {}
    for name, write in writers.items():
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))  # SIGXFSZ is ignored by Python: writing fails
        try:
            write(2)
            said[name] = ""
        except StoreError as error:
            said[name] = str(error)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    after = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    values = {name: read() for name, read in kinds.readers().items() if name != "autosave"}  # its session lives
    for write in kinds.writers().values():  # as after a start: an error of the disk may end a run's cache
        write(3)
    again = {name: read() for name, read in kinds.readers().items() if name != "autosave"}
    print(json.dumps({"said": said, "same": before == after, "values": values, "again": again}))


if __name__ == "__main__":
    if sys.argv[1] == "kills":
        kills(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        full(Path(sys.argv[2]))
