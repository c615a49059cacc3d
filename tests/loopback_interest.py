"""Bodies of the venues of futures, for `loopback.World`, among them CSV in zip archives."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

DAY = 86_400
#: Open interest of whole days, USD, oldest first; the last is the day before `now`.
OPEN_INTEREST_USD = (4.62e9, 4.58e9, 4.70e9, 4.84e9, 4.80e9, 4.88e9, 4.76e9, 4.82e9, 5.04e9)

Query = dict[str, list[str]]


def csv_of(rows: list[dict[str, Any]]) -> bytes:
    """Return rows as CSV with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def zipped(name: str, data: bytes) -> bytes:
    """Return a zip archive of one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def opened(body: bytes) -> tuple[Any, Callable[[Any], bytes]]:
    """Return what a body of JSON, or of CSV in a zip archive, holds, and how a body is made of such again.

    A ValueError says that it is neither.
    """
    if not body.startswith(b"PK"):
        return json.loads(body), lambda data: json.dumps(data).encode()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (name,) = archive.namelist()
        rows = list(csv.DictReader(archive.read(name).decode().splitlines()))
    return rows, lambda data: zipped(name, csv_of(data))


class InterestBodies:
    """Nine whole days of open interest, the last of them yesterday; each venue's in its own units and order."""

    PROVIDERS = ("okx", "bybit", "binance", "binance_vision", "coinglass")
    now: int
    today: int

    def _interest(self) -> list[tuple[int, float]]:
        first = self.today - len(OPEN_INTEREST_USD) * DAY
        return [(first + i * DAY, usd) for i, usd in enumerate(OPEN_INTEREST_USD)]

    def okx(self, path: str, query: Query) -> Any:
        if path != "/api/v5/rubik/stat/contracts/open-interest-volume":
            return None
        bars = [(day + 16 * 3600, usd) for day, usd in self._interest()]
        rows = [[f"{t * 1000}", f"{usd:.3f}", f"{usd * 0.6:.3f}"] for t, usd in reversed(bars)]
        return {"code": "0", "data": rows, "msg": ""}

    def bybit(self, path: str, query: Query) -> Any:
        if path != "/v5/market/open-interest":
            return None
        rows = [
            {
                "openInterest": f"{usd / 40_000:.8f}",
                "singleOpenInterest": f"{usd / 80_000:.8f}",
                "timestamp": f"{(day + DAY) * 1000}",
            }
            for day, usd in reversed(self._interest())
        ]
        result = {"symbol": "BTCUSDT", "category": "linear", "list": rows, "nextPageCursor": ""}
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": self.now * 1000}

    def binance(self, path: str, query: Query) -> Any:
        if path != "/futures/data/openInterestHist":
            return None
        return [
            {
                "symbol": "BTCUSDT",
                "sumOpenInterest": f"{usd * 3 / 90_000:.8f}",
                "sumOpenInterestValue": f"{usd * 3:.8f}",
                "timestamp": (day + DAY) * 1000,
            }
            for day, usd in self._interest()
        ]

    def binance_vision(self, path: str, query: Query) -> Any:
        """Some rows of every day up to yesterday, as a CSV in an archive; at its end a day has what Binance says."""
        day = path.removeprefix("/data/futures/um/daily/metrics/BTCUSDT/BTCUSDT-metrics-").removesuffix(".zip")
        try:
            start = int(datetime.fromisoformat(f"{day}+00:00").timestamp())
        except ValueError:
            return None
        if start >= self.today:
            return None
        usd = OPEN_INTEREST_USD[(start - self.today) // DAY % len(OPEN_INTEREST_USD)] * 3
        columns = ["create_time", "symbol", "sum_open_interest", "sum_open_interest_value", "count_long_short_ratio"]
        rows = [
            [
                f"{datetime.fromtimestamp(start + seconds, UTC):%Y-%m-%d %H:%M:%S}",
                "BTCUSDT",
                *(f"{v:.8f}" for v in values),
            ]
            for seconds, factor in ((300, 0.97), (21_600, 1.01), (43_200, 0.99), (64_800, 1.02), (86_100, 1.0))
            for values in [(usd * factor / 90_000, usd * factor, 1.5)]
        ]
        return zipped(f"BTCUSDT-metrics-{day}.csv", csv_of([dict(zip(columns, row, strict=True)) for row in rows]))

    def coinglass(self, path: str, query: Query) -> Any:
        if path != "/api/futures/open-interest/aggregated-history" or query["unit"] != ["usd"]:
            return None
        bars = [*self._interest(), (self.today, OPEN_INTEREST_USD[-1])]
        rows = [
            {
                "time": t * 1000,
                "open": f"{usd * 10}",
                "high": f"{usd * 13}",
                "low": f"{usd * 9}",
                "close": f"{usd * 12}",
            }
            for t, usd in bars
        ]
        return {"code": "0", "msg": "success", "data": rows}
