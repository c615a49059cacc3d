"""Price zones: where the price has closed most, and where the user sees support or resistance.

A zone is a band of prices. Whether it supports or resists is told by where the price stands, never fixed in it. Zones
describe where closes lie close together; they foretell nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from minerdesk.economics.history import Times, Values, spans_s
from minerdesk.errors import Problem, Severity
from minerdesk.units import SECONDS_PER_DAY

Row = Mapping[str, str | float | bool | None]

AUTO_DAYS = 180
#: How near to each other two closes count as at one price: one standard deviation of the kernel, in log price.
BANDWIDTH = 0.01
MOST_ZONES = 5
#: A zone ends where the density has fallen to this share of its peak; a peak counts from this share of the highest.
EDGE_SHARE, PEAK_SHARE = 0.5, 0.15
_STEP = 0.001
_LEAST_CLOSES = 12

MOST_ROWS, MOST_LETTERS = 20, 60
PRICE_BOUNDS = (0.001, 1e8)
COLUMNS = ("label", "low_usd", "high_usd")


class Side(StrEnum):
    """Where a zone lies from the price: below it supports, above it resists, around it the price is inside."""

    SUPPORT = "support"
    INSIDE = "inside"
    RESISTANCE = "resistance"


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A band of prices, USD. `share` is which part of the window's closes lies in it; None for a zone of the user's."""

    low_usd: float
    high_usd: float
    label: str = ""
    share: float | None = None

    @property
    def is_own(self) -> bool:
        """Whether the user drew it."""
        return self.share is None

    def side(self, price_usd: float) -> Side:
        """Return what the zone is to a price; its edges belong to it."""
        if price_usd > self.high_usd:
            return Side.SUPPORT
        return Side.RESISTANCE if price_usd < self.low_usd else Side.INSIDE

    def distance_fraction(self, price_usd: float) -> float:
        """Return how far the nearer edge lies from a price, as a fraction of the price: negative below it, 0 inside.

        >>> round(Zone(low_usd=96_000, high_usd=100_000).distance_fraction(95_546.14), 4)
        0.0048
        """
        edge = {Side.SUPPORT: self.high_usd, Side.INSIDE: price_usd, Side.RESISTANCE: self.low_usd}
        return edge[self.side(price_usd)] / price_usd - 1


def auto_zones(times: Times, closes: Values, *, days: int = AUTO_DAYS, most: int = MOST_ZONES) -> tuple[Zone, ...]:
    """Return the bands in which the closes of the last `days` lie densest, from the lowest price up.

    The density is a sum of normal kernels of 1 % width in log price, one per close, weighted by the days it speaks for.
    Around each of its peaks, the highest first, the zone runs to where the density falls to half of the peak or rises
    again. At most `most` zones; peaks under 15 % of the highest are none.

    Special cases: fewer than twelve known closes, or all at one price, give what there is: no zone, or one.
    """
    if len(times) == 0:
        return ()
    inside = (times > times[-1] - days * SECONDS_PER_DAY) & (closes > 0)
    if inside.sum() < _LEAST_CLOSES:
        return ()
    logs, weights = np.log(closes[inside]), spans_s(times)[inside].astype(np.float64)
    weights /= weights.sum()
    grid = np.arange(logs.min() - 4 * BANDWIDTH, logs.max() + 4 * BANDWIDTH, _STEP)
    density = np.exp(-0.5 * ((grid[:, None] - logs[None, :]) / BANDWIDTH) ** 2) @ weights
    peaks = [i for i in range(1, len(grid) - 1) if density[i] >= density[i - 1] and density[i] > density[i + 1]]
    peaks = sorted(peaks, key=lambda i: -density[i])
    zones = []
    for peak in [i for i in peaks if density[i] >= PEAK_SHARE * density[peaks[0]]][:most]:
        low, high = _walk(density, peak, -1), _walk(density, peak, 1)
        within = (logs >= grid[low]) & (logs <= grid[high])
        zones.append(
            Zone(
                low_usd=float(np.exp(grid[low])),
                high_usd=float(np.exp(grid[high])),
                share=float(weights[within].sum()),
            )
        )
    return tuple(sorted(zones, key=lambda zone: zone.low_usd))


def _walk(density: Values, peak: int, step: int) -> int:
    """Return how far a zone runs from its peak to one side."""
    place = peak
    while 0 < place < len(density) - 1:
        following = density[place + step]
        if following > density[place] or following < EDGE_SHARE * density[peak]:
            break
        place += step
    return place


def nearest(zones: Iterable[Zone], price_usd: float) -> tuple[Zone | None, Zone | None]:
    """Return the nearest zone below a price and the nearest above it; one that the price is in is neither."""
    known = list(zones)
    below = [zone for zone in known if zone.side(price_usd) is Side.SUPPORT]
    above = [zone for zone in known if zone.side(price_usd) is Side.RESISTANCE]
    return (
        max(below, key=lambda zone: zone.high_usd, default=None),
        min(above, key=lambda zone: zone.low_usd, default=None),
    )


# -- rows of the user's own -------------------------------------------------------------------------------------------


def read_rows(rows: Iterable[Row]) -> tuple[Zone, ...]:
    """Return rows that `check_rows` finds nothing wrong with as zones, from the lowest price up."""
    zones = [
        Zone(
            low_usd=float(row["low_usd"] or 0),
            high_usd=float(row["high_usd"] or 0),
            label=str(row.get("label") or "").strip(),
        )
        for row in rows
    ]
    return tuple(sorted(zones, key=lambda zone: zone.low_usd))


def check_rows(rows: Sequence[Row]) -> list[Problem]:
    """Return everything that is wrong with rows of zones, each problem with its row's number, from 1."""
    if len(rows) > MOST_ROWS:
        message = f"There are {len(rows):,} price zones; {MOST_ROWS} are the most that the chart takes."
        return [Problem(field="zones", severity=Severity.ERROR, message=message)]
    return [
        Problem(field=f"zones[{index}].{column}", severity=Severity.ERROR, message=f"Zone {index}: {column} {message}")
        for index, row in enumerate(rows, start=1)
        for column, message in _check_row(row)
    ]


def _check_row(row: Row) -> list[tuple[str, str]]:
    found = [(f"{column:.40}", "is no column of a zone.") for column in row if column not in COLUMNS]
    label = row.get("label")
    if label is not None and (not isinstance(label, str) or len(label) > MOST_LETTERS):
        found.append(("label", f"takes text of at most {MOST_LETTERS} letters."))
    low, high = PRICE_BOUNDS
    for column in COLUMNS[1:]:
        cell = row.get(column)
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            found.append((column, "takes a price in USD."))
        elif not low <= cell <= high:
            found.append((column, f"is {cell:,.12g}; it must lie between {low:g} and {high:,.0f} USD."))
    if not found and float(row["low_usd"] or 0) >= float(row["high_usd"] or 0):
        found.append(("high_usd", "must lie above low_usd."))
    return found
