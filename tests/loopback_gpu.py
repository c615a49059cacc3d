"""Bodies of the providers of GPU rental rates, made by hand after the recorded shapes."""

import json
from datetime import UTC, date, datetime
from typing import Any

from minerdesk.sources import gpurentalprices

Query = dict[str, list[str]]
DAY = 86_400

#: In this world snapshots begin earlier than they really did.
gpurentalprices.FIRST_DAY = date(2026, 1, 1)

#: (provider, model, USD per GPU-hour, kind)
OFFERS = (
    ("alder", "b200", 6.79, "secure"),
    ("alder", "b200", 5.98, "community"),
    ("birch", "b200", 6.69, "on-demand"),
    ("cedar", "b200", 8.60, "on-demand"),
    ("dogwood", "b200", 4.00, "on-demand"),
    ("elm", "b200", 3.20, "spot"),
    ("fir", "b200", 99.0, "on-demand"),
    ("alder", "h100", 3.29, "secure"),
    ("birch", "h100", 2.99, "on-demand"),
    ("cedar", "h100", 4.25, "on-demand"),
    ("birch", "h200", 3.79, "on-demand"),
    ("birch", "v100", 0.39, "on-demand"),
)
STALE_SELLER = "fir"
#: Of these days there is a snapshot; the one in between was never made.
SNAPSHOT_DAYS = (date(2026, 1, 1), date(2026, 1, 8), date(2026, 1, 15))
#: (week, median USD per GPU-hour on demand), oldest first.
WEEKS = (("2025-12-29", 6.10), ("2026-01-05", 6.30), ("2026-01-12", 6.40))


class GpuBodies:
    """What the providers of rental rates answer; `today` is the start of the day that the bodies speak of."""

    PROVIDERS: tuple[str, ...] = ("gpurentalprices", "gpurentalprices_past", "getdeploying", "lambda", "primeintellect")
    PROVIDERS += ("runpod", "vast", "shadeform")
    today: int

    def gpurentalprices(self, path: str, query: Query) -> Any:
        return self._offers_of(self.today) if path == "/api/latest.json" else None

    def gpurentalprices_past(self, path: str, query: Query) -> Any:
        found = {f"/data/snapshots/{day}.json": day for day in SNAPSHOT_DAYS}.get(path)
        return None if found is None else self._offers_of(int(datetime(*found.timetuple()[:3], tzinfo=UTC).timestamp()))

    def _offers_of(self, day: int) -> Any:
        read = datetime.fromtimestamp(day + 6 * 3600, UTC).strftime("%Y-%m-%dT%H:%M:%S.020Z")
        sellers = {seller for seller, *_ in OFFERS}
        return {
            "date": read[:10],
            "generated_at": read,
            "offers": [
                {"provider": seller, "gpu": gpu, "vram_gb": 180, "usd_hr": rate, "kind": kind, "fetched_at": read}
                for seller, gpu, rate, kind in OFFERS
            ],
            "providers": {s: {"ok": True, "stale": s == STALE_SELLER, "last_verified": read} for s in sorted(sellers)},
        }

    def getdeploying(self, path: str, query: Query) -> Any:
        slug = path.removeprefix("/dataset/gpu-prices/").removesuffix(".csv")
        if slug not in ("nvidia-b200", "nvidia-h100"):
            return None
        scale = 1.0 if slug == "nvidia-b200" else 0.5
        head = "gpu_slug,date,billing_type,reservation_months,min_price,max_price,median_price,provider_median_price"
        rows = [
            f"{slug},{week},on-demand,,{rate * 0.5:.4f},{rate * 2:.4f},{rate:.4f},6.5,40,120"
            for week, rate in ((week, median * scale) for week, median in WEEKS)
        ]
        reserved = [f"{slug},{week},reserved,12,1.0,4.0,2.5,2.5,9,12" for week, _ in WEEKS]
        return "\n".join([f"{head},provider_count,offering_count", *rows, *reserved]) + "\n"

    def lambda_(self, path: str, query: Query) -> Any:
        if path != "/api/v1/instance-types":
            return None
        types = (
            ("gpu_8x_b200_sxm6", 3992, "B200 (180 GB SXM6)", 8),
            ("gpu_1x_b200_sxm6", 529, "B200 (180 GB SXM6)", 1),
        )
        types += (("gpu_1x_h100_pcie", 329, "H100 (80 GB PCIe)", 1), ("gpu_8x_a100", 1592, "A100 (40 GB SXM4)", 8))
        types += (("gpu_1x_a10", 129, "A10 (24 GB PCIe)", 1), ("cpu_4x_general", 20, "N/A", 0))
        return {
            "data": {
                name: {
                    "instance_type": {
                        "name": name,
                        "price_cents_per_hour": cents,
                        "gpu_description": told,
                        "specs": {"vcpus": 26, "gpus": gpus},
                    },
                    "regions_with_capacity_available": [],
                }
                for name, cents, told, gpus in types
            }
        }

    def primeintellect(self, path: str, query: Query) -> Any:
        if path != "/api/v1/availability/gpus":
            return None
        rows = [
            self._machine("H100_80GB", "SXM5", "hawthorn", 8, 22.40),
            self._machine("H100_80GB", "SXM5", "juniper", 1, 3.10),
            self._machine("H100_80GB", "SXM5", "juniper", 1, 3.10),  # the same in another place
            self._machine("H100_80GB", "PCIe", "hawthorn", 1, 2.49),
            self._machine("B200_180GB", "SXM6", "larch", 8, 44.0),
            self._machine("A6000_48GB", "PCIe", "larch", 1, 0.60),
            self._machine("B200_180GB", "SXM6", "maple", 8, 8.0) | {"isSpot": True},
            self._machine("B200_180GB", "SXM6", "maple", 8, 9.0) | {"security": "community_cloud"},
            self._machine("B200_180GB", "SXM6", "oak", 1, None),
        ]
        return {"items": rows, "totalCount": len(rows)}

    def _machine(self, gpu: str, socket: str, seller: str, gpus: int, usd: float | None) -> Any:
        prices = {"onDemand": usd, "communityPrice": None, "isVariable": None, "currency": "USD"}
        return {
            "gpuType": gpu,
            "socket": socket,
            "provider": seller,
            "gpuCount": gpus,
            "gpuMemory": 48 if "48" in gpu else 180 if "180" in gpu else 80,
            "stockStatus": "Low",
            "security": "secure_cloud",
            "prices": prices,
            "isSpot": None,
        }

    def post_runpod(self, path: str, posted: bytes) -> Any:
        if path != "/graphql" or b"gpuTypes" not in posted:
            return None
        types = (("H100 SXM", 80, 2.99), ("B200", 180, 5.98), ("RTX A5000", 24, 0.27), ("H200 SXM", 141, None))
        types += (("MI300X", 192, 0),)
        rows = [
            {"id": f"NVIDIA {name}", "displayName": name, "memoryInGb": gb, "secureCloud": True, "securePrice": usd}
            for name, gb, usd in types
        ]
        return {"data": {"gpuTypes": rows}}

    def post_vast(self, path: str, posted: bytes) -> Any:
        asked = json.loads(posted)
        if path != "/api/v0/bundles/" or "q" in asked:
            return None
        name = asked["gpu_name"]["eq"]
        scale = {"B200": 2.0, "H200": 1.25, "H100 SXM": 1.0}[name]
        hosts = ((1, 2.00, "verified", 0.99), (8, 17.6, "verified", 0.98), (2, 4.80, "verified", 0.999))
        hosts += ((1, 0.40, "unverified", 0.99), (1, 0.50, "verified", 0.80))
        return {
            "offers": [
                {
                    "id": 21_348_645 + place,
                    "gpu_name": name,
                    "num_gpus": gpus,
                    "dph_total": usd * scale,
                    "verification": verified,
                    "reliability": reliability,
                    "rentable": True,
                }
                for place, (gpus, usd, verified, reliability) in enumerate(hosts)
            ]
        }

    def shadeform(self, path: str, query: Query) -> Any:
        if path != "/v1/instances/types":
            return None
        types = (("pine", "H100", "sxm5", 8, 2080, True), ("quince", "H100", "sxm5", 1, 320, True))
        types += (("rowan", "H100", "pcie", 1, 166, False), ("pine", "B200", "sxm6", 8, 4800, True))
        types += (("pine", "A6000", "pcie", 1, 60, True),)
        return {
            "instance_types": [
                {
                    "cloud": cloud,
                    "configuration": {"num_gpus": gpus, "gpu_type": gpu, "interconnect": form},
                    "hourly_price": cents,
                    "availability": [{"region": "here", "available": False}, {"region": "there", "available": there}],
                }
                for cloud, gpu, form, gpus, cents, there in types
            ]
        }
