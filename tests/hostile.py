"""Files that mean harm, read by a process that is watched: run by test_hostile_files, prints its totals as JSON.

    python tests/hostile.py FOLDER ROUNDS

One sound file of each kind is damaged `ROUNDS` times: bytes flipped, cut, doubled, swapped for what parsers stumble
over; in JSON also values by other kinds of values. The process may use 1 GiB and has a guard that notes every program
started, every connection, every unpickling and every file written outside `FOLDER`.
"""

import json
import os
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loopback import NOW

from minerdesk.desk import Desk
from minerdesk.economics.schema import FIELDS, TEXT_KEYS
from minerdesk.errors import MinerdeskError
from minerdesk.fleet_import import read_bytes
from minerdesk.observations import QUANTITIES, Observation, Origin, Series
from minerdesk.price_files import read_price_file
from minerdesk.store import preferences, scenario
from minerdesk.store.cache import Cache

GIB = 2**30
FORBIDDEN = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.", "socket.connect", "ctypes.")
STUMBLING = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"NaN",
        b"Infinity",
        b"-1e999",
        b"1e308",
        b"9" * 400,
        b'"',
        b"}",
        b"[" * 200,
    ),
    *(b"=cmd|' /C calc'!A0", b"../../../../etc/passwd", b"file:///etc/passwd", b"${HOME}", b"{{7*7}}", b"%s%s%n"),
    *(b"__import__('os').system('id')", b"\xf0\x9f\x92\xa3", b"\xed\xa0\x80", b"\r\n\r\n", b"\t", b";", b","),
)
VALUES: tuple[Any, ...] = (None, True, 0, -1, 1e308, 10**400, "", "x" * 20_000, "../../x", [], {}, [[[[]]]], {"a": {}})
VALUES += ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00", "=1+1", "<b>&amp;</b>")


def sound_files(folder: Path) -> dict[str, bytes]:
    """Return one whole file of each kind, as minerdesk writes it."""
    kept = Desk(now=lambda: NOW).snapshot()
    seen = Observation(
        quantity="btc_price_usd",
        value=95_546.0,
        unit=QUANTITIES["btc_price_usd"].unit,
        as_of=NOW,
        fetched_at=NOW,
        source="kraken",
        origin=Origin.NETWORK,
    )
    row = {"model": "S21", "count": 10, "hashrate_th_s": 200.0, "power_w": 3500.0}
    text = scenario.dumps(
        scenario.Scenario(inputs=dict(kept.values), observations=(seen,), tables={"fleet": (row,)}, name="<b>A</b>")
    )
    preferences.save(folder / "preferences.json", preferences.Preferences())
    cache = Cache(folder / "cache.sqlite3")
    days = [int(NOW.timestamp()) // 86_400 * 86_400 - day * 86_400 for day in range(60)]
    cache.write([seen], [Series.of("btc_price_daily_usd", days, [9e4] * 60, source="kraken", fetched_at=NOW)])
    cache.close()
    hours = "".join(f"2025-01-{day:02d}T{hour:02d}:00Z,{hour * 3.5 - 5}\n" for day in range(1, 8) for hour in range(24))
    return {
        "scenario": text.encode(),
        "fleet": b"model;count;TH/s;W\n" + b"S21;100;200;3500\nM60;50;172,5;3422\n" * 20,
        "prices": b"time,price [USD/MWh]\n" + hours.encode(),
        "preferences": (folder / "preferences.json").read_bytes(),
        "cache": (folder / "cache.sqlite3").read_bytes(),
    }


def readers(folder: Path) -> dict[str, Callable[[bytes], object]]:
    """Return how each kind is read, all the way to the desk where it leads there."""

    def file(name: str, data: bytes) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    def read_scenario(data: bytes) -> object:
        found = scenario.load(file("a.minerdesk.json", data), FIELDS, text_keys=TEXT_KEYS)
        known = [item for item in found.observations if item.quantity in QUANTITIES]
        return Desk(now=lambda: NOW).load(
            found.inputs, known, tables=found.tables, power=found.power, typed_at=found.typed_at
        )

    def read_cache(data: bytes) -> object:
        cache = Cache(file("cache.sqlite3", data))
        try:
            return cache.load(NOW)
        finally:
            cache.close()
            for left in folder.glob("cache.sqlite3*"):
                left.unlink()

    return {
        "scenario": read_scenario,
        "fleet": lambda data: read_bytes(data, "a.csv"),
        "prices": lambda data: read_price_file(file("a.csv", data)),
        "preferences": lambda data: preferences.load(file("preferences.json", data)),
        "cache": read_cache,
    }


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return a file with one to four things wrong with it."""
    if data.startswith(b"{") and chance.random() < 0.5:
        return exchanged(data, chance)
    new = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(new) + 1)
        match chance.randrange(5):
            case 0 if at < len(new):
                new[at] ^= 1 << chance.randrange(8)
            case 1:
                new[at:at] = chance.choice(STUMBLING)
            case 2:
                del new[at : at + chance.randint(1, 60)]
            case 3:
                new[at:at] = new[at : at + chance.randint(1, 2_000)]
            case _:
                stumbling = chance.choice(STUMBLING)
                new[at : at + len(stumbling)] = stumbling
    return bytes(new)


def exchanged(data: bytes, chance: random.Random) -> bytes:
    """Return a JSON file, well formed, in which some values are of another kind."""
    document = json.loads(data)
    for _ in range(chance.randint(1, 4)):
        place: Any = document
        while True:
            keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.8:
                place = place[key]
                continue
            if isinstance(place, dict) and chance.random() < 0.2:
                place[str(chance.choice(VALUES))[:300]] = chance.choice(VALUES)
            place[key] = chance.choice(VALUES)
            break
    return json.dumps(document).encode()


def monsters() -> dict[str, list[bytes]]:
    """Return files that are large or deep, by kind."""
    many = b",".join(b'"k%d": 1' % number for number in range(150_000))
    return {
        "scenario": [
            b"[" * 2_000_000,
            b'{"inputs": ' * 100_000,
            b'{"schema_version": 1, "inputs": {' + many + b"}}",
            b'{"schema_version": ' + b"9" * 1_000_000 + b"}",
            b'{"schema_version": 1, "inputs": {}, "name": "' + b"x" * 20_000_000 + b'"}',
            b" " * 200_000_000,
        ],
        "preferences": [b"[" * 2_000_000, b'{"recent": [' + b'"a",' * 200_000 + b'"a"]}'],
        "fleet": [
            b"model;TH/s;W\n" + b"a;1;1\n" * 5_000_000,
            b"model;TH/s;W\n" + b'"' + b"x" * 30_000_000,
            b";" * 9_000_000,
        ],
        "prices": [b"time,price\n" + b'"' + b"9" * 30_000_000, b"," * 20_000_000, b"[" * 5_000_000],
        "cache": [b"SQLite format 3\x00" + b"\xff" * 5_000_000, b"\x00" * 10_000_000],
    }


def main(folder: Path, rounds: int) -> None:
    """Read everything and print the totals."""
    files, read = sound_files(folder), readers(folder)
    for kind, data in files.items():
        read[kind](data)  # the sound file is read; and everything is imported before the guard stands
    noted: list[str] = []

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            noted.append(f"{event} {arguments!r:.100}")
        if event == "open" and arguments[1] and set(str(arguments[1])) & set("wax+"):
            where = os.path.realpath(str(arguments[0]))
            if not where.startswith(os.path.realpath(folder)):
                noted.append(f"wrote {where}")

    sys.addaudithook(guard)
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (GIB, GIB))
    counts: Counter[str] = Counter()
    crashes: list[str] = []
    slowest = 0.0
    chance = random.Random(7)
    for kind in files:
        spoiled = [damaged(files[kind], chance) for _ in range(rounds)]
        for data in [*monsters()[kind], *spoiled]:
            began = time.process_time()  # a busy machine is no fault of the reader
            try:
                read[kind](data)
                counts[f"{kind} read"] += 1
            except MinerdeskError as error:
                counts[f"{kind} refused"] += 1
                assert str(error)
            except sqlite3.Error as error:
                crashes.append(f"{kind}: {error!r:.200}")
            except Exception as error:
                crashes.append(f"{kind}: {error!r:.200} by {data[:200]!r}")
            seconds = time.process_time() - began
            slowest = max(slowest, seconds)
            if seconds > 2.0:
                crashes.append(f"{kind}: {seconds:.1f} s for {len(data)} bytes {data[:60]!r}")
    print(json.dumps({"counts": counts, "crashes": crashes[:20], "noted": noted[:20], "slowest_s": slowest}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
