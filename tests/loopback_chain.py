"""Bodies of Bitcoin Core, CoinGecko, and of who states a hashprice, for `loopback`."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

#: The fees of a block in satoshis by its height; their mean over 144 blocks is that of mempool's, nearly.
NODE_FEES_SATS = 2_292_300


def block_hash(height: int) -> str:
    return f"{'0' * 20}{'f' * 34}{height:010d}"


def block_fee(height: int) -> int:
    """Return the fees of a block: an empty one now and then."""
    return 0 if height % 50 == 0 else NODE_FEES_SATS + height % 144 * 100


class ChainBodies:
    """The providers bitcoind, a node that is up to date, coingecko, braiins and luxor."""

    PROVIDERS = ("bitcoind", "coingecko", "braiins", "luxor")
    now: int
    tip: int
    difficulty: float
    hashrate_eh_s: float
    epochs: Sequence[tuple[int, int, float]]
    prices: Sequence[float]
    today: int

    def coingecko(self, path: str, query: dict[str, list[str]]) -> Any:
        """Return closes as it dates them: by the first moment of the day after."""
        if path == "/api/v3/simple/price":
            return {"bitcoin": {"usd": self.prices[-1], "last_updated_at": self.now - 40}}
        if path != "/api/v3/coins/bitcoin/market_chart":
            return None
        days = int(query["days"][0])
        closes = [(self.today - i * 86_400, price) for i, price in enumerate(reversed(self.prices))][:days]
        rows = [[t * 1000, price] for t, price in [*reversed(closes), (self.now - 60, self.prices[-1])]]
        return {"prices": rows, "market_caps": [[t, price * 2e7] for t, price in rows]}

    def braiins(self, path: str, query: dict[str, list[str]]) -> Any:
        del query
        told = {"avg_fees_per_block": 0.023, "current_hashrate": 1001.23, "hash_price": 0.041, "hash_value": 4e-7}
        return told if path == "/hashrate-stats" else None

    def luxor(self, path: str, query: dict[str, list[str]]) -> Any:
        if query.get("hashunit") != ["PHS"]:
            return None
        if path == "/v1/hashrateindex/hashprice/current":
            return {"data": {"priceBTC": 0.00043, "priceUSD": 41.28, "timestamp": self._iso(self.now - 200)}}
        if path != "/v1/hashrateindex/hashprice" or query["currency"] != ["USD"]:
            return None
        days = [self.today - i * 86_400 for i in range(len(self.prices) + 1)]
        return {"data": [{"price": 41.0 + i / 10, "timestamp": self._iso(day)} for i, day in enumerate(days)]}

    @staticmethod
    def _iso(moment_s: int) -> str:
        return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def bitcoind(self, path: str, query: dict[str, list[str]]) -> Any:
        del path, query
        return json.dumps({"error": "only POST"})

    def post_bitcoind(self, path: str, posted: bytes) -> Any:
        if path != "/":
            return None
        return [self._answer(call) for call in json.loads(posted)]

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        method, params = call["method"], call["params"]
        made = {"result": None, "error": None, "id": call["id"]}
        if method == "getblockchaininfo":
            return made | {"result": self.chain()}
        if method == "getnetworkhashps" and params == [1008]:
            return made | {"result": self.hashrate_eh_s * 1e18}
        if method == "getblockhash":
            return made | {"result": block_hash(params[0])}
        if method == "getblockstats":
            height = params[0] if isinstance(params[0], int) else int(params[0][-10:])
            return made | {"result": self.stats(height)}
        return made | {"error": {"code": -32601, "message": "Method not found"}}

    def chain(self) -> dict[str, Any]:
        return {
            "chain": "main",
            "blocks": self.tip,
            "headers": self.tip,
            "bestblockhash": block_hash(self.tip),
            "difficulty": self.difficulty,
            "time": self.now - 300,
            "mediantime": self.now - 3_900,
            "verificationprogress": 0.9999995,
            "initialblockdownload": False,
            "pruned": False,
            "warnings": [],
        }

    def stats(self, height: int) -> dict[str, Any]:
        ago = next((ago for ago, first, _ in self.epochs if first == height), (self.tip - height) * 600 + 300)
        told = {"height": height, "blockhash": block_hash(height), "time": self.now - ago}
        return told | {"totalfee": block_fee(height)}
