"""Every kind of file that minerdesk writes: written with a number in it, and the number read out of a whole one."""

import io
import json
import os
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

from loopback import NOW
from sample_workbook import workbook

from minerdesk import market_prices
from minerdesk.economics.prices import PriceSeries
from minerdesk.errors import StoreError
from minerdesk.export.csv_file import read_csv, to_csv
from minerdesk.export.json_file import to_json
from minerdesk.export.xlsx_file import to_xlsx
from minerdesk.kept import Kept
from minerdesk.observations import Observation, Origin, Series
from minerdesk.quantities import QUANTITIES
from minerdesk.store import backups, documents, preferences, saving, scenario
from minerdesk.store.atomic import write_bytes
from minerdesk.store.backups import Backups
from minerdesk.store.cache import Cache
from minerdesk.store.paths import ensure
from minerdesk.store.preferences import Preferences
from minerdesk.store.prices import to_json as prices_to_json
from minerdesk.store.recovery import Recovery
from minerdesk.store.replies import KeptReplies
from minerdesk.store.scenario import Scenario

KEY = "power.price_usd_per_mwh"
SESSION = "00000000-0000-4000-8000-000000000001"
DAYS = [int(NOW.timestamp()) // 86_400 * 86_400 - day * 86_400 for day in range(1, 200)]
EXPORTS = ("csv", "xlsx", "json", "svg", "png", "pdf")
KINDS = ("scenario", "backup", "autosave", "preferences", "cache", "replies", "prices", *EXPORTS)
ZONE = "DE-LU"
PAYLOAD = random.Random(1).randbytes(30_000)


class Kinds:
    """The files below one home, laid out as the program lays them out."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._book = workbook()
        self._files = ensure(home / "files")
        self._preferences = home / "config" / "preferences.json"
        self._cache = home / "cache" / "observations.sqlite3"
        self._open = Cache(self._cache)
        self._backups = Backups(home / "data" / "backups")

    def writers(self) -> dict[str, Callable[[int], object]]:
        """Return what writes each kind with a number; a StoreError where it can't be written."""
        recovery, cache = Recovery(self.home / "data" / "recovery"), self._open
        replies = KeptReplies(self.home / "cache" / "replies")
        chosen = [Preferences()]

        def write_preferences(number: int) -> None:
            changed = Preferences(base_urls={"kraken": f"http://127.0.0.1/{number}"})
            preferences.save_changes(self._preferences, chosen[0], changed)
            chosen[0] = changed

        def write_cache(number: int) -> None:
            problems = cache.write(*_fetched(number))
            if problems or cache.trouble:
                raise StoreError((problems or (cache.trouble,))[0].message)  # type: ignore[union-attr]  # one is there

        def write_prices(number: int) -> None:
            path = ensure(self.home / "cache" / "power") / f"{ZONE}.json"
            packed = prices_to_json(sample_prices(number))
            write_bytes(path, documents.dumps({"zone": ZONE, "provider": "energy_charts", "prices": packed}).encode())

        def export(kind: str) -> Callable[[int], None]:
            return lambda number: write_bytes(self._files / f"a.{kind}", self._exported(kind, number))

        return {
            "scenario": lambda number: saving.save(
                self._files / "a.minerdesk.json",
                Scenario(inputs={KEY: number}),
                known_digest=None,
                lock_folder=self.home / "data" / "locks",
                backups=self._backups,
            ),
            "backup": lambda number: self._backups.keep(
                self._files / "b.minerdesk.json", scenario.dumps(Scenario(inputs={KEY: number})).encode()
            ),
            "autosave": lambda number: recovery.write(SESSION, Scenario(inputs={KEY: number}), None),
            "preferences": write_preferences,
            "cache": write_cache,
            "replies": lambda number: replies.keep("kraken", "0" * 64, Kept(path=f"/{number}", body=PAYLOAD)),
            "prices": write_prices,
            **{kind: export(kind) for kind in EXPORTS},
        }

    def readers(self) -> dict[str, Callable[[], int]]:
        """Return what reads the number of each kind, and raises if the file is not whole."""

        def read_scenario() -> int:
            path = self._files / "a.minerdesk.json"
            number = int(scenario.load(path, {KEY}).inputs[KEY] or 0)
            before = self._numbers_of(path)
            assert before == sorted(set(before), reverse=True), "each state once, the newest first"
            assert before[0] <= number if before else number <= 1, "what was replaced is kept before it is"
            return number

        def read_autosave() -> int:
            (found,), problems = Recovery(self.home / "data" / "recovery").abandoned({KEY})
            assert problems == (), problems
            return int(found.scenario.inputs[KEY] or 0)

        def read_preferences() -> int:
            found, problems = preferences.load(self._preferences)
            assert problems == (), problems
            return int(found.base_urls["kraken"].rpartition("/")[2])

        def read_cache() -> int:
            cache = Cache(self._cache)
            found = cache.load(NOW)
            cache.close()
            assert found.problems == (), found.problems
            values = {*found.series["btc_price_daily_usd"].values, found.observations["btc_price_usd"].value}
            assert len(values) == 1, "half of a transaction"
            assert len(found.series["btc_price_daily_usd"]) == len(DAYS)
            return int(values.pop()) - 1_000

        def read_replies() -> int:
            found = KeptReplies(self.home / "cache" / "replies").recall("kraken", "0" * 64)
            assert found is not None
            assert found.body == PAYLOAD
            return int(found.path.removeprefix("/"))

        def read_prices() -> int:
            found = market_prices.kept(self.home / "cache", NOW)
            assert found.problems == (), found.problems
            (number,) = set(found.series[ZONE].prices_per_mwh)
            return int(number)

        def export(kind: str) -> Callable[[], int]:
            return lambda: _number_in(kind, (self._files / f"a.{kind}").read_bytes())

        return {
            "scenario": read_scenario,
            "backup": lambda: self._numbers_of(self._files / "b.minerdesk.json")[0],
            "autosave": read_autosave,
            "preferences": read_preferences,
            "cache": read_cache,
            "replies": read_replies,
            "prices": read_prices,
            **{kind: export(kind) for kind in EXPORTS},
        }

    def _numbers_of(self, path: Path) -> list[int]:
        """Return the number in each backup of a file, newest first; all are whole."""
        found, unusable = self._backups.usable(path, {KEY})
        assert unusable == (), unusable
        assert len(found) <= backups.MOST_KEPT + 3, "few kills in a row come between writing and removing"
        return [int(backups.read(one, {KEY}).inputs[KEY] or 0) for one in found]

    def settle(self) -> None:
        """Close the cache: a disk with a file open for writing does not become read-only. The next write opens it."""
        self._open.close()

    def next_start(self) -> tuple[float, list[str]]:
        """Open a session on these files; return how long that took and what it says of files."""
        from minerdesk.session import open_session

        os.environ |= {"MINERDESK_HOME": str(self.home), "MINERDESK_NOW": NOW.isoformat()}
        began = time.monotonic()
        session = open_session(offline=True)
        took_s = time.monotonic() - began
        said = [problem.message for problem in session.desk.snapshot().problems if str(self.home) in problem.message]
        session.close()
        return took_s, said

    def _exported(self, kind: str, number: int) -> bytes:
        """Return an export's bytes: tables by their writers, pictures as small ones of their format."""
        if kind in ("csv", "xlsx"):
            book = replace(self._book, title=f"n{number}")
            return to_csv(book) if kind == "csv" else to_xlsx(book)
        if kind == "json":
            return to_json({"number": number, "payload": PAYLOAD.hex()})
        if kind == "svg":
            inside = f'<desc>{PAYLOAD.hex()}</desc><t n="{number}"/>'
            return f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'.encode()
        if kind == "png":
            parts = (("IHDR", bytes(13)), ("tEXt", b"n\0%d" % number), ("IDAT", PAYLOAD), ("IEND", b""))
            return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name.encode(), data) for name, data in parts)
        return b"%%PDF-1.4\n%%%d\n" % number + PAYLOAD + b"\n%%EOF\n"


def _fetched(number: int) -> tuple[list[Observation], list[Series]]:
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
    return [one], [line]


def sample_prices(number: int) -> PriceSeries:
    """Return some months of hours at one price."""
    import numpy as np

    hours = 2_000
    return PriceSeries(
        label="day-ahead",
        name=f"energy-charts {ZONE}",
        layout="energy-charts day-ahead prices",
        currency="EUR",
        times=np.arange(hours, dtype=np.float64) * 3_600 + NOW.timestamp() - hours * 3_600,
        hours=np.ones(hours),
        prices_per_mwh=np.full(hours, float(number)),
        zone="UTC",
        fetched_at=NOW - timedelta(hours=1),
        credit="",
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _number_in(kind: str, data: bytes) -> int:
    match kind:
        case "csv":
            return int(read_csv(data).title.removeprefix("n"))
        case "xlsx":
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                assert book.testzip() is None
                root = ElementTree.fromstring(book.read("docProps/core.xml"))
            return int(next(item.text or "" for item in root if item.tag.endswith("title")).removeprefix("n"))
        case "json":
            found = json.loads(data)
            assert bytes.fromhex(found["payload"]) == PAYLOAD
            return int(found["number"])
        case "svg":
            return int(ElementTree.fromstring(data)[1].get("n") or "")
        case "png":
            number, at = -1, 8
            while at < len(data):
                (length,) = struct.unpack(">I", data[at : at + 4])
                name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
                assert data[at : at + 12 + length] == _chunk(name, body)
                number = int(body[2:]) if name == b"tEXt" else number
                at += 12 + length
            assert name == b"IEND"
            return number
    head, _, rest = data.removeprefix(b"%PDF-1.4\n%").partition(b"\n")
    assert rest == PAYLOAD + b"\n%%EOF\n"
    return int(head)
