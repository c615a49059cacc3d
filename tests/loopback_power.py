"""Bodies of the providers of power prices, for `loopback.World`."""

from datetime import UTC, datetime
from typing import Any

HOUR, DAY = 3_600, 86_400
Query = dict[str, list[str]]


def euros(hour: int) -> float:
    """Return the price of an hour, seconds UTC: every day alike, from -20 to 210."""
    return float(hour // HOUR % 24 * 10 - 20)


class PowerBodies:
    """Hours of whole days of UTC, from 400 days ago to tomorrow, the same in every market."""

    PROVIDERS = ("smard", "awattar", "awattar_de")
    now: int
    today: int

    def smard(self, path: str, query: Query) -> Any:
        """Weeks that begin on Mondays at 0:00 UTC, in the zones DE-LU (4169) and AT (4170)."""
        _, number, _region, file = path.split("/")
        if number not in ("4169", "4170"):
            return None
        monday = self.today - (datetime.fromtimestamp(self.today, UTC).weekday()) * DAY
        weeks = [(monday - back * 7 * DAY) * 1_000 for back in range(53, -1, -1)]
        if file == "index_hour.json":
            return {"timestamps": weeks}
        week = int(file.removesuffix(".json").rsplit("_", 1)[1])
        if week not in weeks:
            return None
        hours = range(week // 1_000, week // 1_000 + 7 * DAY, HOUR)
        series = [[hour * 1_000, euros(hour) if hour < self.today + 2 * DAY else None] for hour in hours]
        return {"meta_data": {"version": 1, "created": self.now * 1_000}, "series": series}

    def awattar(self, path: str, query: Query) -> Any:
        if path != "/v1/marketdata":
            return None
        start, end = (int(query[key][0]) // 1_000 for key in ("start", "end"))
        hours = range(max(start, self.today - 400 * DAY), min(end, self.today + 2 * DAY), HOUR)
        rows = [
            {
                "start_timestamp": hour * 1_000,
                "end_timestamp": (hour + HOUR) * 1_000,
                "marketprice": euros(hour),
                "unit": "Eur/MWh",
            }
            for hour in hours
        ]
        return {"object": "list", "data": rows, "url": "/at/v1/marketdata"}

    awattar_de = awattar
