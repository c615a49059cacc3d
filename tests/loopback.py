"""A stand-in for every provider on 127.0.0.1, for tests: short hand-made bodies of the recorded shapes, and faults.

    with Loopback() as server:
        client = Client(server.bases())

Bodies speak of `now` (16 January 2026, noon UTC, unless told otherwise) and of the two weeks before it. A fault is set
per provider or for "all" with `server.faults["mempool"] = "hang"`; every request is kept in `server.log`.
"""

import functools
import gzip
import itertools
import json
import keyword
import re
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback_chain import ChainBodies
from loopback_gpu import GpuBodies
from loopback_interest import InterestBodies, opened
from loopback_power import PowerBodies

from minerdesk.sources.credentials import KeyCredentials
from minerdesk.sources.endpoints import PROVIDERS as PROVIDERS_KNOWN
from minerdesk.sources.endpoints import Access
from minerdesk.sources.topics import in_order

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
DAY = 86_400
DIFFICULTY = 146_472_570_619_930.78
TIP = 932_513
PRICE = 95_546.14
#: Whole days, oldest first; the last is the day before `now`. The last seven have the mean MEAN_7D.
HASHRATES_EH_S = (1061.28, 1142.34, 1068.65, 972.836, 958.096, 1083.39, 964.846)
HASHRATES_EH_S += (1033.93, 1179.55, 888.305, 1033.93, 982.961, 902.868, 1012.09)
MEAN_7D = sum(HASHRATES_EH_S[-7:]) / 7
PRICES = (89940.18, 90598.13, 91359.76, 93948.58, 93574.29, 91208.96, 91096.92)
PRICES += (90539.60, 90406.14, 90717.21, 91141.15, 95304.50, 97043.99, PRICE)
FEES_SATS = (1_930_500, 1_637_100, 1_690_500, 2_062_900, 2_136_100, 1_772_500, 1_971_900)
FEES_SATS += (1_785_700, 1_287_200, 1_570_000, 1_635_600, 2_236_600, 2_530_600, 2_292_300)
#: (seconds before `now` at which the epoch began, first block, difficulty), oldest first.
EPOCHS = (
    (7_972_159, 919_296, 146_716_052_770_107.47),
    (6_833_757, 921_312, 155_973_032_196_071.94),
    (5_594_161, 923_328, 152_271_405_447_597.38),
    (4_359_906, 925_344, 149_301_205_959_699.90),
    (3_140_689, 927_360, 148_195_306_640_204.72),
    (1_931_012, 929_376, 148_258_433_855_481.30),
    (706_073, 931_392, DIFFICULTY),
)
POOLS = (("Foundry USA", 300), ("AntPool", 200), ("ViaBTC", 150), ("F2Pool", 100), ("Others", 250))

PROVIDERS: tuple[str, ...] = ("mempool", "coinbase", "kraken", "bitstamp", "blockchain_info")
PROVIDERS += ("energy_charts", "frankfurter")
PROVIDERS += InterestBodies.PROVIDERS + PowerBodies.PROVIDERS + ChainBodies.PROVIDERS + GpuBodies.PROVIDERS
#: The key that every provider takes which wants one.
KEY = "k3y-0123456789abcdef"
#: A status may be followed by _later: then it comes with a Retry-After (a 429 always does).
FAULTS = (
    *("refuse", "hang", "slow", "slow_headers", "redirectloop", "redirect_away"),
    *("empty", "html", "truncated", "cut", "notjson", "huge", "bomb", "badgzip"),
    *("wrongtype", "nan", "negative", "zero", "stale"),
    *("http401", "http403", "http404", "http429", "http451", "http500", "http503", "http503_later"),
)

#: The topics that are asked by themselves, with no source switched on.
ASKED = tuple(topic.name for topic in in_order({}))

Query = dict[str, list[str]]


class World(InterestBodies, ChainBodies, PowerBodies, GpuBodies):
    """The bodies of every provider at one instant."""

    tip, difficulty, hashrate_eh_s, epochs, prices = TIP, DIFFICULTY, MEAN_7D, EPOCHS, PRICES

    def __init__(self, now: datetime) -> None:
        self.now = int(now.timestamp())
        self.today = self.now // DAY * DAY

    def days(self, values: tuple[float, ...]) -> list[tuple[int, float]]:
        """Pair daily values with the starts of their days; the last is yesterday's."""
        first = self.today - len(values) * DAY
        return [(first + i * DAY, value) for i, value in enumerate(values)]

    def mempool(self, path: str, query: Query) -> Any:
        epochs = [(self.now - ago, height, difficulty) for ago, height, difficulty in EPOCHS]
        if path == "/blocks/tip/height":
            return str(TIP)
        if path == "/v1/prices":
            return {"time": self.now - 120, "USD": round(PRICE), "EUR": 82_000, "JPY": -1}
        if path == "/v1/historical-price":
            rows = [{"time": day + 23 * 3600, "USD": price} for day, price in reversed(self.days(PRICES))]
            return {"prices": rows, "exchangeRates": {"USDEUR": 0.86}}
        if path.startswith("/v1/mining/difficulty-adjustments"):
            return [[t, height, d, 0.988] for t, height, d in reversed(epochs)]
        if path == "/v1/mining/reward-stats/144":
            blocks = {"startBlock": TIP - 143, "endBlock": TIP}
            return blocks | {"totalReward": "45330091200", "totalFee": "330091200", "totalTx": "432000"}
        if path.startswith("/v1/mining/hashrate"):
            return {
                "hashrates": [{"timestamp": t, "avgHashrate": round(v * 1e18)} for t, v in self.days(HASHRATES_EH_S)],
                "difficulty": [{"time": t, "height": h, "difficulty": d, "adjustment": 0.988} for t, h, d in epochs],
                "currentHashrate": round(MEAN_7D * 1e18),
                "currentDifficulty": DIFFICULTY,
            }
        if path == "/v1/mining/pools/1w":
            pools = [{"name": name, "slug": name.lower(), "blockCount": count} for name, count in POOLS]
            return {"pools": pools, "blockCount": sum(count for _, count in POOLS), "lastEstimatedHashrate": 1.0e21}
        if path.startswith("/v1/mining/blocks/fees"):
            return [
                {"avgHeight": 930_000, "timestamp": day + hour * 3600, "avgFees": sats + offset, "USD": 90_000}
                for day, sats in self.days(FEES_SATS)
                for hour, offset in ((6, -1000), (18, 1000))
            ]
        return None

    def coinbase(self, path: str, query: Query) -> Any:
        if path != "/products/BTC-USD/ticker":
            return None
        when = datetime.fromtimestamp(self.now - 3, UTC).strftime("%Y-%m-%dT%H:%M:%S.270099Z")
        return {"trade_id": 1, "price": f"{PRICE}", "size": "0.01", "time": when, "bid": "95545.9", "ask": "95546.2"}

    def kraken(self, path: str, query: Query) -> Any:
        if path != "/0/public/Ticker":
            return None
        pair = {"a": ["95550.10000", "1", "1.0"], "b": ["95550.00000", "1", "1.0"], "c": ["95550.00000", "0.001"]}
        return {"error": [], "result": {"XXBTZUSD": pair | {"t": [34_619, 38_907], "o": "95000.0"}}}

    def bitstamp(self, path: str, query: Query) -> Any:
        if path == "/api/v2/ticker/btcusd/":
            return {"timestamp": str(self.now - 2), "last": "95540.00", "open": "95000.00", "volume": "591.2"}
        if path != "/api/v2/ohlc/btcusd/":
            return None
        start, end = (int(query[key][0]) for key in ("start", "end"))
        rows = [*self.days(PRICES), (self.today, PRICES[-1])]
        candles = [
            {"timestamp": str(t), "open": "1.00", "close": f"{price:.2f}", "volume": "500.0"}
            for t, price in rows
            if start <= t <= end
        ]
        return {"data": {"pair": "BTC/USD", "ohlc": candles}}

    def blockchain_info(self, path: str, query: Query) -> Any:
        if path == "/stats":
            return {"timestamp": self.now * 1000.0, "n_blocks_total": TIP, "hash_rate": 1.0e12, "total_fees_btc": -5}
        rows, unit = {
            "/charts/hash-rate": (self.days(tuple(v * 1e6 for v in HASHRATES_EH_S)), "Hash Rate TH/s"),
            "/charts/difficulty": (self.days((DIFFICULTY,) * 5), "Difficulty"),
            "/charts/transaction-fees": (self.days(tuple(v * 144 / 1e8 for v in FEES_SATS)), "BTC"),
        }.get(path, (None, ""))
        if rows is None:
            return None
        return {"status": "ok", "unit": unit, "period": "day", "values": [{"x": t, "y": v} for t, v in rows]}

    def energy_charts(self, path: str, query: Query) -> Any:
        """Hours of whole days of UTC, from 400 days ago to tomorrow, in one zone; of another there is nothing."""
        if path != "/price" or query["bzn"] != ["DE-LU"]:
            return None
        first, last = (int(datetime.fromisoformat(f"{query[key][0]}+00:00").timestamp()) for key in ("start", "end"))
        hours = range(max(first, self.today - 400 * DAY), min(last + DAY, self.today + 2 * DAY), 3600)
        if not hours:
            return None
        return {
            "license_info": "CC BY 4.0 from Bundesnetzagentur | SMARD.de",
            "unix_seconds": list(hours),
            "price": [None if hour % (50 * 3600) == 0 else hour // 3600 % 24 * 10 - 20 for hour in hours],
            "unit": "EUR / MWh",
            "deprecated": False,
        }

    def frankfurter(self, path: str, query: Query) -> Any:
        if path != "/v1/latest" or query["base"] != ["EUR"]:
            return None
        day = datetime.fromtimestamp(self.today - DAY, UTC).date().isoformat()
        return {"amount": 1.0, "base": "EUR", "date": day, "rates": {"USD": 1.1555}}

    def body(self, provider: str, path: str, query: Query, posted: bytes = b"") -> bytes | None:
        """Return the body of a provider's address, None where there is nothing; a POST is answered by post_PROVIDER."""
        if provider not in PROVIDERS:
            return None
        if posted:
            answer = getattr(self, f"post_{provider}", lambda *_: None)(path, posted)
        else:
            method = f"{provider}_" if keyword.iskeyword(provider) else provider
            answer = getattr(self, method, lambda *_: None)(path, query)
        if answer is None or isinstance(answer, bytes):
            return answer
        return answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return change(value)


def spoiled(kind: str, body: bytes) -> bytes:
    """Return a well-formed body with every number in it, times apart, made wrong; for "stale" the times."""

    def as_number(value: Any) -> float | None:
        try:
            return None if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            return None

    def change(value: Any) -> Any:
        found = as_number(value)
        is_text = isinstance(value, str)
        if found is None:
            is_date = kind == "stale" and is_text and value[:2] == "20"
            return "2024" + value[4:] if is_date else value
        is_time = any(1e9 * scale < found < 4e9 * scale for scale in (1, 1000))
        if kind == "stale":
            new: Any = found - 400 * DAY * (1000 if found > 1e11 else 1) if is_time else value
        elif is_time:
            return value
        else:
            new = {"wrongtype": {"value": value}, "nan": float("nan"), "negative": -abs(found), "zero": 0}[kind]
        return str(new) if is_text and not isinstance(new, dict) else new

    try:
        data, closed = opened(body)
    except ValueError:  # a table of text: what stands between two commas or two tags is a value
        years = rb"20\d\d(?=-\d\d)" if kind == "stale" else rb"(?<=[,>])-?\d+\.\d+(?=[,<\r\n])"
        return re.sub(years, lambda found: b"2024" if kind == "stale" else f"{change(float(found[0]))}".encode(), body)
    return closed(_mapped(data, change))


@functools.cache
def _bomb() -> bytes:
    return gzip.compress(b"[" + b" " * 20_000_000 + b"]")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Loopback"

    def log_message(self, *args: object) -> None:
        """Keep quiet: the requests are in `Loopback.log`."""

    def do_GET(self) -> None:
        self._reply(b"")

    def do_POST(self) -> None:
        self._reply(self.rfile.read(int(self.headers["Content-Length"])))

    def _reply(self, posted: bytes) -> None:
        url = urlsplit(self.path)
        _, provider, *rest = url.path.split("/")
        path = "/" + "/".join(rest)
        if provider == "mempool":
            path = path.removeprefix("/api")
        agent = self.headers.get("User-Agent", "")
        login = self.headers.get("Authorization", "")
        self.server.log.append({"provider": provider, "path": path, "query": url.query, "agent": agent, "login": login})
        body = self.server.world.body(provider, path, parse_qs(url.query), posted)
        fault = self.server.faults.get(provider) or self.server.faults.get("all", "")
        known = PROVIDERS_KNOWN.get(provider)
        wanted = known.key_header if known is not None and known.access is not Access.OPEN else ""
        try:
            needed = self.server.logins.get(provider)
            if (wanted and KEY not in self.headers.get(wanted, "")) or (needed and needed != login):
                self._answer(401, b'{"error":"no key"}')
            elif body is None:
                self._answer(404, b'{"error":"not found"}')
            elif fault:
                self._fail(fault, body)
            else:
                self._answer(200, body)
        except OSError:
            self.close_connection = True  # the client has had enough, as it should

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, fault: str, body: bytes) -> None:
        stopping = self.server.stopping
        if fault == "refuse":
            self.close_connection = True
        elif fault == "hang":
            stopping.wait(60)
            self.close_connection = True
        elif fault == "slow_headers":
            self._drip(itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"X-Wait: 1\r\n")))
        elif fault == "slow":
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self._drip(body[i : i + 1] for i in range(len(body)))
        elif fault.startswith("http"):
            code, _, later = fault.removeprefix("http").partition("_")
            self._answer(int(code), b'{"error":"no"}', **({"Retry_After": "7"} if code == "429" or later else {}))
        elif fault == "huge":
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            while not stopping.is_set():
                self.wfile.write(b"[" + b"0," * 32_768)
        elif fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + 100))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
        elif fault in ("redirectloop", "redirect_away"):
            away = f"http://localhost:{self.server.server_port}{self.path}"
            self._answer(302, b"", Location=self.path if fault == "redirectloop" else away)
        elif fault == "bomb":
            self._answer(200, _bomb(), Content_Encoding="gzip")
        elif fault == "badgzip":
            self._answer(200, gzip.compress(body)[:-9], Content_Encoding="gzip")
        elif fault in ("wrongtype", "nan", "negative", "zero", "stale"):
            self._answer(200, spoiled(fault, body))
        else:
            plain = {"empty": b"", "html": b"<!doctype html><title>Log in</title>", "notjson": b"\x00\xff not json"}
            self._answer(200, plain[fault] if fault in plain else body[: len(body) // 2])

    def _drip(self, pieces: Iterable[bytes]) -> None:
        """Send one piece a second."""
        for piece in pieces:
            self.wfile.write(piece)
            if self.server.stopping.wait(1.0):
                raise ConnectionAbortedError


class Loopback(ThreadingHTTPServer):
    """The server; a context manager that starts it and stops it with all that hangs in it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, now: datetime = NOW) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.world = World(now)
        self.faults: dict[str, str] = {}
        #: The header Authorization without which a provider answers 401.
        self.logins: dict[str, str] = {}
        self.log: list[dict[str, str]] = []
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="loopback", daemon=True)

    def __enter__(self) -> "Loopback":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that hung up."""

    def base(self, provider: str) -> str:
        """Return the base URL to give to minerdesk for a provider."""
        tail = "/api" if provider == "mempool" else ""
        return f"http://127.0.0.1:{self.server_port}/{provider}{tail}"

    def bases(self) -> dict[str, str]:
        """Return the base URL of every provider, as `minerdesk.sources.endpoints.resolve` would."""
        return {provider: self.base(provider) for provider in PROVIDERS}

    def asked(self, provider: str) -> list[str]:
        """Return the paths asked of a provider, in order."""
        return [entry["path"] for entry in self.log if entry["provider"] == provider]

    def wait_until_asked(self, provider: str, seconds: float = 5.0) -> None:
        """Wait until a provider has had a request."""
        end = time.monotonic() + seconds
        while not self.asked(provider):
            if time.monotonic() > end:
                raise AssertionError(f"{provider} was not asked")
            time.sleep(0.01)


def credentials() -> KeyCredentials:
    """Return the credentials that the server takes."""
    return KeyCredentials(lambda _provider: KEY)


def environment(server: Loopback) -> dict[str, str]:
    """Return the environment variables that point minerdesk at the server and stop its clock at the server's time."""
    now = datetime.fromtimestamp(server.world.now, UTC)
    urls = {f"MINERDESK_URL_{provider.upper()}": server.base(provider) for provider in PROVIDERS}
    return urls | {"MINERDESK_NOW": now.isoformat()}
