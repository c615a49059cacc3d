"""Bodies of the providers of GPU rental rates, made by hand after the recorded shapes."""

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

    PROVIDERS = ("gpurentalprices", "gpurentalprices_past", "getdeploying")
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
