"""What a chart shows, as frozen values without Qt: screen, exports and the table twin come from the same thing."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from minerdesk.units import SECONDS_PER_DAY

#: How far back each button reaches, in days; "All" has no bound.
RANGES: dict[str, int | None] = {"3M": 91, "6M": 182, "1Y": 365, "3Y": 1_096, "All": None}

#: A line breaks where a step is longer than this many times the usual step around it.
GAP_FACTOR = 3.0

Floats = NDArray[np.float64]
Cell = str | float | None


class Shape(StrEnum):
    """How a curve is drawn: joined points, a value that holds until the next one, or the points alone."""

    LINE = "line"
    STEP = "step"
    DOTS = "dots"


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """One dated series.

    Attributes
    ----------
    name, label, unit
        The key under which it is hidden or shown again, its words, its unit.
    times, values
        Seconds UTC, strictly increasing; NaN is a gap.
    role
        The theme's role that gives the colour; a business also brings its dashes.
    low, high
        The edges of a band around the curve, or None.
    fill
        Whether the area down to zero is tinted.
    projected
        Not measured: drawn dashed and lighter.
    faint
        One of many of its kind: thinner and lighter than the others.
    at_end
        Whether the label stands at the line's end; otherwise the legend alone names it. `note` follows the value there.
    """

    name: str
    label: str
    unit: str
    times: NDArray[np.int64]
    values: Floats
    role: str
    shape: Shape = Shape.LINE
    low: Floats | None = None
    high: Floats | None = None
    fill: bool = False
    projected: bool = False
    faint: bool = False
    at_end: bool = True
    note: str = ""

    @cached_property
    def longest_step_s(self) -> Floats:
        """Return for every step between two points the length beyond which it counts as a gap.

        Usual is the shorter of the two steps before, or of the two after, whichever is longer: so a weekly history that
        goes on day by day is not torn at the change, and a month missing among days is.
        """
        steps = np.diff(self.times).astype(np.float64)
        around = np.concatenate([[np.nan, np.nan], steps, [np.nan, np.nan]])
        before = np.fmin(around[:-4], around[1:-3])
        after = np.fmin(around[3:-1], around[4:])
        usual = np.fmax(before, after)
        return np.where(np.isnan(usual), np.inf, usual * GAP_FACTOR)

    def inside(self, start_s: float, end_s: float) -> Floats:
        """Return every value, band edges included, from `start_s` to `end_s`; a step's value holds from before."""
        first, last = np.searchsorted(self.times, [start_s, end_s + 1])
        if self.shape is Shape.STEP:
            first = max(first - 1, 0)
        parts = (part[first:last] for part in (self.low, self.values, self.high) if part is not None)
        return np.concatenate(list(parts))

    def value_at(self, time_s: float) -> float:
        """Return the last value known at `time_s`; NaN before the first, in a gap, and a usual step after the last."""
        index = int(np.searchsorted(self.times, time_s, side="right")) - 1
        if index < 0:
            return float("nan")
        if index + 1 < len(self.times):
            step = self.times[index + 1] - self.times[index]
            known = self.shape is Shape.STEP or step <= self.longest_step_s[index] or time_s == self.times[index]
        else:
            usual = self.longest_step_s[-1] / GAP_FACTOR if len(self.times) > 2 else 0.0
            known = time_s - self.times[index] <= usual
        return float(self.values[index]) if known else float("nan")


@dataclass(frozen=True, kw_only=True)
class Level:
    """A value that holds all the time: a line across, named at its end or, with `at_end` off, on the line.

    `note` follows the value at the line's end. Without a label it is only drawn: in no legend, readout or table.
    """

    name: str
    value: float
    label: str
    unit: str
    role: str
    at_end: bool = True
    note: str = ""

    def as_curve(self, start_s: float, end_s: float) -> Curve:
        """Return the level as a curve of two points, for whatever lists curves."""
        return Curve(
            name=self.name,
            label=self.label,
            unit=self.unit,
            times=np.asarray([start_s, end_s], dtype=np.int64),
            values=np.asarray([self.value, self.value], dtype=np.float64),
            role=self.role,
            shape=Shape.STEP,
        )


@dataclass(frozen=True, kw_only=True)
class Band:
    """A span of values that is shaded over the whole width and named at its left end, where its name has room."""

    name: str
    label: str
    low: float
    high: float
    unit: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A moment: with a label a line down the whole plot (a halving), without one a tick at its foot (a retarget)."""

    time_s: float
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Seam:
    """Where another source begins; drawn as a small tick at the axis with the source's name."""

    time_s: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of time that is shaded over the whole height and named at its top, where its name has room."""

    start_s: float
    end_s: float
    label: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Point:
    """One point that deserves words, such as an all-time high; `of` names the curve that it is hidden with."""

    time_s: float
    value: float
    label: str
    role: str = "text"
    of: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class ChartSpec:
    """A chart over time.

    Attributes
    ----------
    name
        The key of the chart, used for file names.
    title
        What is seen, in a sentence. `y_title` says what the values are, with their unit.
    caption
        Source and as-of date, under the plot. `summary`: the same chart in words, for who can't see it.
    from_zero
        Whether the linear axis begins at zero; off for a series whose movement is what counts.
    decimals
        How many decimals values under 100 are written with.
    bands
        Shaded spans of values.
    spans
        Shaded stretches of time that don't overlap, in order; `spans_title` heads their column in the table.
    looks_back
        Whether it ends today: then the last months can be chosen, and a log scale. A plan for years to come can't.
    """

    name: str
    title: str
    y_title: str
    curves: tuple[Curve, ...] = ()
    levels: tuple[Level, ...] = ()
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    seams: tuple[Seam, ...] = ()
    points: tuple[Point, ...] = ()
    spans: tuple[Span, ...] = ()
    spans_title: str = "Shaded"
    caption: str = ""
    summary: str = ""
    empty_text: str = "Nothing to draw yet. Refresh to fetch the history."
    from_zero: bool = True
    decimals: int = 1
    looks_back: bool = True

    @property
    def is_empty(self) -> bool:
        """Return whether no curve has a single finite value."""
        return not any(np.isfinite(curve.values).any() for curve in self.curves)

    def series(self, view: "View") -> tuple[Curve, ...]:
        """Return curves and levels alike, in the order in which a legend lists them."""
        return (*self.curves, *(level.as_curve(view.start_s, view.end_s) for level in self._named_levels()))

    def _named_levels(self) -> tuple["Level", ...]:
        """Return the levels that say something; one without a label, such as zero, is a rule to the eye alone."""
        return tuple(level for level in self.levels if level.label)

    def span_at(self, time_s: float) -> str:
        """Return the name of the stretch that a time lies in, empty outside all of them."""
        place = bisect_right(self.spans, time_s, key=lambda span: span.start_s) - 1
        return self.spans[place].label if place >= 0 and time_s < self.spans[place].end_s else ""

    def extent(self) -> tuple[float, float] | None:
        """Return the first and last time of all curves, or None if there is no point at all."""
        filled = [curve.times for curve in self.curves if len(curve.times)]
        if not filled:
            return None
        return float(min(times[0] for times in filled)), float(max(times[-1] for times in filled))

    def instants(self, hidden: frozenset[str] = frozenset()) -> NDArray[np.int64]:
        """Return every time at which a curve that is not hidden has a point, sorted, each once."""
        times = [curve.times for curve in self.curves if curve.name not in hidden]
        return np.unique(np.concatenate(times)) if times else np.empty(0, dtype=np.int64)

    def columns(self) -> list[tuple[str, str]]:
        """Return of every column of the table twin which curve, level or band it shows: its name, and its words."""
        shown = [("", "Date")]
        for curve in self.curves:
            shown += [(curve.name, curve.label)] * (1 + (curve.low is not None) + (curve.high is not None))
        shown += [(level.name, level.label) for level in self._named_levels()]
        shown += [(band.name, band.label) for band in self.bands for _ in ("from", "to")]
        return shown + ([("spans", self.spans_title)] if self.spans else [])

    def table(self) -> tuple[list[str], list[list[Cell]]]:
        """Return the table twin: one row per time, one column per curve (and band edge), then one per level.

        Dates are ISO text, a point at midnight is its day. A missing value is None; a step's value stands in every row
        that it holds for.
        """
        instants = self.instants()
        header, columns = ["Date (UTC)"], [[_iso(int(instant)) for instant in instants]]
        for curve in self.curves:
            edges = [(" low", curve.low), ("", curve.values), (" high", curve.high)]
            for suffix, values in edges:
                if values is not None:
                    header.append(_heading(f"{curve.label}{suffix}", curve.unit))
                    columns.append(_aligned(instants, curve, values))
        for level in self._named_levels():
            header.append(_heading(level.label, level.unit))
            columns.append([level.value] * len(instants))
        for band in self.bands:
            header += [_heading(f"{band.label} {edge}", band.unit) for edge in ("from", "to")]
            columns += [[band.low] * len(instants), [band.high] * len(instants)]
        if self.spans:
            header.append(self.spans_title)
            columns.append([self.span_at(float(instant)) or None for instant in instants])
        return header, [list(row) for row in zip(*columns, strict=True)]


def _heading(label: str, unit: str) -> str:
    return f"{label} ({unit})" if unit else label


def _iso(instant: int) -> Cell:
    moment = datetime.fromtimestamp(instant, UTC)
    return f"{moment:%Y-%m-%d}" if instant % SECONDS_PER_DAY == 0 else f"{moment:%Y-%m-%d %H:%M}"


def _aligned(instants: NDArray[np.int64], curve: Curve, values: Floats) -> list[Cell]:
    """Return the curve's value in every row, None where it has none."""
    index = np.searchsorted(curve.times, instants, side="right") - 1
    safe = np.maximum(index, 0)
    if curve.shape is Shape.STEP:
        known = (index >= 0) & (instants <= curve.times[-1]) if len(values) else np.zeros(len(instants), dtype=bool)
    else:
        known = (index >= 0) & (curve.times[safe] == instants) if len(values) else np.zeros(len(instants), dtype=bool)
    return [
        float(values[place]) if here and np.isfinite(values[place]) else None
        for place, here in zip(safe, known, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class View:
    """Which part of a chart is on show: the span in seconds UTC, the scale, and the curves switched off."""

    start_s: float
    end_s: float
    log: bool = False
    hidden: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, *specs: ChartSpec, range_name: str = "All", log: bool = False) -> "View":
        """Return the view of a named range that ends with the newest point of all `specs`, so that they line up.

        Special case: without a single point the view is one day long and means nothing.

        Raises
        ------
        KeyError
            `range_name` is no key of `RANGES`.
        """
        days = RANGES[range_name]
        extents = [extent for spec in specs if (extent := spec.extent()) is not None]
        if not extents:
            return cls(start_s=0.0, end_s=float(SECONDS_PER_DAY), log=log)
        first, last = min(start for start, _ in extents), max(end for _, end in extents)
        start = first if days is None else max(first, last - days * SECONDS_PER_DAY)
        return cls(start_s=start, end_s=max(last, start + 3_600), log=log)


@dataclass(frozen=True, kw_only=True)
class BusinessBars:
    """One business from revenue to what is left. Costs are positive numbers; `left` is what remains, as computed."""

    name: str
    label: str
    role: str
    revenue: float
    power_cost: float
    opex: float
    capital: float
    left: float
    note: str = ""

    def steps(self) -> list[tuple[str, float, float, float]]:
        """Return (label, from, to, value shown) of the five bars; costs are shown as negative values."""
        after_power = self.revenue - self.power_cost
        after_opex = after_power - self.opex
        return [
            ("Revenue", 0.0, self.revenue, self.revenue),
            ("Power", self.revenue, after_power, -self.power_cost),
            ("Opex", after_power, after_opex, -self.opex),
            ("Capital", after_opex, after_opex - self.capital, -self.capital),
            ("Left", 0.0, self.left, self.left),
        ]


@dataclass(frozen=True, kw_only=True)
class BarsSpec:
    """The businesses side by side, from revenue to after capital, in one `unit`."""

    name: str
    title: str
    unit: str
    businesses: tuple[BusinessBars, ...] = ()
    caption: str = ""
    summary: str = ""
    empty_text: str = "Nothing to compare yet. Mend the inputs that are marked."

    @property
    def is_empty(self) -> bool:
        """Return whether there is no business to show."""
        return not self.businesses

    def table(self) -> tuple[list[str], list[list[Cell]]]:
        """Return the table twin: one row per business, costs as positive numbers."""
        parts = ("Revenue", "Power cost", "Opex", "Capital", "Left after capital")
        header = ["Business", *(f"{part} ({self.unit})" for part in parts), "Note"]
        rows: list[list[Cell]] = [
            [b.label, b.revenue, b.power_cost, b.opex, b.capital, b.left, b.note] for b in self.businesses
        ]
        return header, rows


def broken_at_gaps(curve: Curve, part: slice, values: Floats) -> tuple[Floats, Floats]:
    """Return times and `values` of a part of a curve with a NaN put into every gap: no line crosses what is unknown."""
    times = curve.times[part].astype(np.float64)
    if len(times) < 2 or curve.shape is Shape.STEP:
        return times, values
    gaps = np.flatnonzero(np.diff(times) > curve.longest_step_s[part.start : part.stop - 1]) + 1
    return np.insert(times, gaps, times[gaps]), np.insert(values, gaps, np.nan)
