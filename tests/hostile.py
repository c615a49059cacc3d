"""Files that mean harm, read by a process that is watched: run by test_hostile_files, prints its totals as JSON.

    python tests/hostile.py FOLDER ROUNDS SEED KIND...

One sound file of each kind (all of them if none is named) is damaged `ROUNDS` times: bytes flipped, cut, doubled,
swapped for what parsers stumble over; in JSON also values by other kinds of values. The process may use 1 GiB and has a
guard that notes every program started, every connection, every unpickling and every file written outside `FOLDER`.
"""

import contextlib
import copy
import io
import json
import os
import random
import shutil
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loopback import NOW
from write_kinds import SESSION, ZONE, sample_prices

from minerdesk import market_prices
from minerdesk.desk import Desk
from minerdesk.economics.schema import FIELDS, TEXT_KEYS
from minerdesk.errors import MinerdeskError
from minerdesk.fleet_import import read_bytes
from minerdesk.kept import Kept
from minerdesk.observations import Observation, Origin, Series
from minerdesk.price_files import read_price_file
from minerdesk.quantities import QUANTITIES
from minerdesk.sources import archives, ercot
from minerdesk.store import documents, preferences, scenario
from minerdesk.store.cache import Cache
from minerdesk.store.prices import to_json
from minerdesk.store.recovery import Recovery
from minerdesk.store.replies import KeptReplies

GIB, SLOW_S = 2**30, 2.0
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
    documents_of_zone = {"zone": ZONE, "provider": "energy_charts", "prices": to_json(sample_prices(40))}
    Recovery(folder / "recovery").write(SESSION, scenario.Scenario(inputs=dict(kept.values)), folder / "a.json")
    KeptReplies(folder / "replies").keep("kraken", "0", Kept(path="/0", body=text.encode(), etag='"a"'))
    hours = "".join(f"2025-01-{day:02d}T{hour:02d}:00Z,{hour * 3.5 - 5}\n" for day in range(1, 8) for hour in range(24))
    return {
        "scenario": text.encode(),
        "fleet": b"model;count;TH/s;W\n" + b"S21;100;200;3500\nM60;50;172,5;3422\n" * 20,
        "prices": b"time,price [USD/MWh]\n" + hours.encode(),
        "preferences": (folder / "preferences.json").read_bytes(),
        "cache": (folder / "cache.sqlite3").read_bytes(),
        "recovery": (folder / "recovery" / f"{SESSION}.json").read_bytes(),
        "reply": (folder / "replies" / "kraken" / "0.reply").read_bytes(),
        "zone": documents.dumps(documents_of_zone).encode(),
        "zip": packed("a.csv", hours.encode()),
    }


def packed(name: str, data: bytes) -> bytes:
    """Return a zip archive of one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(name, data)
    return archive.getvalue()


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

    def read_recovery(data: bytes) -> object:
        home = folder / "found"
        home.mkdir()
        file(f"found/{SESSION}.json", data)
        found = Recovery(home).abandoned(FIELDS, text_keys=TEXT_KEYS)
        for one in found[0]:
            with contextlib.suppress(MinerdeskError):
                read_scenario(scenario.dumps(one.scenario).encode())
        shutil.rmtree(home)
        return found

    def read_reply(data: bytes) -> object:
        replies = KeptReplies(folder / "replies")
        file("replies/kraken/0.reply", data)
        replies.last("kraken", 1_000)
        return replies.recall("kraken", "0")

    def read_zone(data: bytes) -> object:
        (folder / "power").mkdir(exist_ok=True)
        file(f"power/{ZONE}.json", data)
        found = market_prices.kept(folder, NOW)
        shutil.rmtree(folder / "power")
        return found

    def read_zip(data: bytes) -> object:
        with contextlib.suppress(MinerdeskError):
            archives.only_file(data, "kraken", suffix=".csv", max_bytes=2**20)
        return ercot.unpacked(data)

    return {
        "recovery": read_recovery,
        "reply": read_reply,
        "zone": read_zone,
        "zip": read_zip,
        "scenario": read_scenario,
        "fleet": lambda data: read_bytes(data, "a.csv"),
        "prices": lambda data: read_price_file(file("a.csv", data)),
        "preferences": lambda data: preferences.load(file("preferences.json", data)),
        "cache": read_cache,
    }


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return a file with one to four things wrong with it."""
    if data.startswith(b"{") and data.endswith((b"}", b"}\n")) and chance.random() < 0.5:
        return exchanged(data, chance)
    new = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(new) + 1)
        match chance.choice((0, 0, 1, 2, 3, 4)):
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
                place[str(chance.choice(VALUES))[:300]] = copy.deepcopy(chance.choice(VALUES))
            place[key] = copy.deepcopy(chance.choice(VALUES))
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
        "recovery": [b"[" * 2_000_000, b'{"recovery": ' * 100_000],
        "reply": [b"[" * 2_000_000, b'{"path": "/"}\n' + b"\xff" * 5_000_000],
        "zone": [b"[" * 2_000_000, b'{"prices": {"prices": "' + b"A" * 20_000_000 + b'"}}'],
        "zip": [packed("a.csv", b"\0" * 300_000_000), packed("../a.csv", b"x"), packed("a.csv", b"") * 1_000],
    }


def watched(folder: Path) -> list[str]:
    """Note from now on every program started, connection, unpickling and file written outside of the folder."""
    noted: list[str] = []

    def guard(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN):
            noted.append(f"{event} {arguments!r:.100}")
        if event == "open" and arguments[1] and set(str(arguments[1])) & set("wax+"):
            where = os.path.realpath(str(arguments[0]))
            if not where.startswith(os.path.realpath(folder)):
                noted.append(f"wrote {where}")

    sys.addaudithook(guard)
    return noted


def peak_mb() -> float:
    """Return the most memory that this process has had, MB; 0 where that can't be asked."""
    if sys.platform != "linux":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def main(folder: Path, rounds: int, seed: int, kinds: list[str]) -> None:
    """Read everything and print the totals."""
    files, read = sound_files(folder), readers(folder)
    for kind, data in files.items():
        read[kind](data)  # the sound file is read; and everything is imported before the guard stands
    noted = watched(folder)
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (GIB, GIB))
    counts: Counter[str] = Counter()
    crashes: list[str] = []
    slowest, chance, large = 0.0, random.Random(seed), monsters()

    def judge(kind: str, data: bytes) -> float:
        began = time.process_time()  # a busy machine is no fault of the reader
        try:
            read[kind](data)
            counts[f"{kind} read"] += 1
        except MinerdeskError as error:
            counts[f"{kind} refused"] += 1
            assert str(error)
        except Exception as error:
            crashes.append(f"{kind}: {error!r:.200} by {data[:200]!r}")
        seconds = time.process_time() - began
        if seconds > SLOW_S:
            crashes.append(f"{kind}: {seconds:.1f} s for {len(data)} bytes {data[:60]!r}")
        return seconds

    before_mb = peak_mb()
    for kind in kinds or list(files):
        for _ in range(rounds):
            slowest = max(slowest, judge(kind, damaged(files[kind], chance)))
    grown_mb = peak_mb() - before_mb
    for kind in kinds or list(files):
        for data in large[kind]:
            slowest = max(slowest, judge(kind, data))
    print(
        json.dumps(
            {"counts": counts, "crashes": crashes[:20], "noted": noted[:20], "slowest_s": slowest}
            | {"grown_mb": grown_mb, "cpu_s": time.process_time()}
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
