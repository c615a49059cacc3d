"""The snapshot that comes with the program, so that the first start without a network shows full charts with dates.

It is cut at the clock: a week, a month or an epoch counts only once it is over (an epoch: once it began). A weekly row
becomes a point dated by the start of its Sunday: a daily close is dated by the start of its day, and a week's mean is
the trailing seven-day mean of that day. A single value is dated by the moment it speaks of, the end of that Sunday.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.dispatch import MarketYear
from minerdesk.economics.history import mean_difficulty
from minerdesk.economics.migration import Event
from minerdesk.economics.network import observed_hashrate_eh_s
from minerdesk.errors import Problem, Severity, StoreError
from minerdesk.observations import Observation, Origin, RateBand, Series
from minerdesk.quantities import QUANTITIES
from minerdesk.store.paths import resources_dir
from minerdesk.store.tables import (
    Asic,
    Credit,
    Deal,
    Epoch,
    Gpu,
    GpuMonth,
    InterestWeek,
    Period,
    Week,
    end_of,
    read_credits,
    read_market_years,
    read_table,
)
from minerdesk.units import SECONDS_PER_DAY

REFERENCE_GPU = "b200"

_WEEK_SECONDS = 7 * SECONDS_PER_DAY
_USD_PER_BILLION = 1e9
_PANELS = {
    "gpurentalprices": "gpurentalprices.com, on-demand, secure and community offers (CC BY 4.0)",
    "marketplace": "one aggregated marketplace",
}

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The bundled snapshot as of a moment. What existed only later is not in it."""

    observations: dict[str, Observation] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    gpu_months: tuple[GpuMonth, ...] = ()
    gpu_rates: tuple[RateBand, ...] = ()
    gpus: tuple[Gpu, ...] = ()
    asics: tuple[Asic, ...] = ()
    deals: tuple[Deal, ...] = ()
    market_years: tuple[MarketYear, ...] = ()
    events: tuple[Event, ...] = ()
    credits: tuple[Credit, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Line:
    """A whole series and what is said of its newest value; `known_from` is when each point begins to exist."""

    quantity: str
    single: str | None
    source: str
    detail: str
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    known_from: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Tables:
    lines: tuple[_Line, ...]
    gpu_months: tuple[GpuMonth, ...]
    gpus: tuple[Gpu, ...]
    asics: tuple[Asic, ...]
    deals: tuple[Deal, ...]
    market_years: tuple[MarketYear, ...]
    events: tuple[Event, ...]
    credits: tuple[Credit, ...]
    problems: tuple[Problem, ...]


def load(now: datetime, folder: Path | None = None) -> Bundle:
    """Return the snapshot as of `now`; a table that can't be read is missing from it, with a problem. Never raises.

    Catalogues are cut too: a miner not yet released and a deal not yet signed are left out (rows without a date
    stay), and a GPU keeps its power but not the prices of a later month.
    """
    try:
        tables = _tables(folder or resources_dir() / "data")
    except StoreError as error:
        return Bundle(problems=(_problem("resources", error),))
    observations: dict[str, Observation] = {}
    series: dict[str, Series] = {}
    for line in tables.lines:
        keep = int(np.searchsorted(line.known_from, now.timestamp(), side="right"))
        if keep:
            series[line.quantity] = _series(line, keep)
            if line.single is not None:
                observations[line.single] = _observation(line, line.single, keep)
    gpu_months = tuple(row for row in tables.gpu_months if end_of(row.month) <= now)
    if rate := _gpu_rate(gpu_months):
        observations[rate.quantity] = rate
    return Bundle(
        observations=observations,
        series=series,
        gpu_months=gpu_months,
        gpu_rates=_rate_bands(gpu_months),
        gpus=tuple(row if end_of(row.prices_as_of) <= now else _without_prices(row) for row in tables.gpus),
        asics=tuple(row for row in tables.asics if row.released is None or end_of(row.released) <= now),
        deals=tuple(row for row in tables.deals if end_of(row.signed) <= now),
        market_years=tuple(row for row in tables.market_years if end_of(Period(str(row.year))) <= now),
        events=tuple(row for row in tables.events if row.start <= now),
        credits=tables.credits,
        problems=tables.problems,
    )


@functools.cache
def _tables(folder: Path) -> _Tables:
    """Read everything once per process."""
    problems: list[Problem] = []

    def attempt(name: str, read: Callable[[Path], tuple[_T, ...]]) -> tuple[_T, ...]:
        try:
            return read(folder / name)
        except StoreError as error:
            problems.append(_problem(name, error))
            return ()

    weeks = attempt("network_weekly.csv", lambda path: read_table(path, Week))
    epochs = attempt("difficulty_epochs.csv", lambda path: read_table(path, Epoch))
    interest = attempt("open_interest_weekly.csv", lambda path: read_table(path, InterestWeek))
    return _Tables(
        lines=_weekly_lines(weeks, epochs) + _interest_lines(interest) + _epoch_lines(epochs),
        gpu_months=attempt("gpu_rates_monthly.csv", lambda path: read_table(path, GpuMonth)),
        gpus=attempt("gpus.csv", lambda path: read_table(path, Gpu)),
        asics=attempt("asics.csv", lambda path: read_table(path, Asic)),
        deals=attempt("signed_deals.csv", lambda path: read_table(path, Deal)),
        market_years=attempt("power_price_duration.csv", read_market_years),
        events=attempt("events.csv", lambda path: read_table(path, Event)),
        credits=attempt("sources.json", read_credits),
        problems=tuple(problems),
    )


def _weekly_lines(weeks: tuple[Week, ...], epochs: tuple[Epoch, ...]) -> tuple[_Line, ...]:
    sundays = np.array([week.week_ending.timestamp() for week in weeks], dtype=np.int64)

    def line(quantity: str, single: str, column: list[float | None], source: str, detail: str) -> _Line:
        values = np.array([np.nan if value is None else value for value in column], dtype=np.float64)
        known = np.isfinite(values)
        return _Line(
            quantity=quantity,
            single=single,
            source=f"bundled: {source}",
            detail=detail,
            times=sundays[known],
            values=values[known],
            known_from=sundays[known] + SECONDS_PER_DAY,
        )

    blocks = [week.blocks for week in weeks]
    return (
        line(
            "btc_price_daily_usd",
            "btc_price_usd",
            [week.price_usd for week in weeks],
            "weekly closes, median of public series",
            "Sunday's close",
        ),
        line(
            "fees_daily_btc_per_block",
            "fees_btc_per_block",
            [week.fees_btc_per_block for week in weeks],
            "weekly means of public chain data",
            "mean of the week",
        ),
        line(
            "network_hashrate_daily_eh_s",
            "network_hashrate_7d_eh_s",
            _weekly_hashrate_eh_s(sundays + SECONDS_PER_DAY, blocks, epochs),
            "blocks found by week and their difficulty",
            "mean of the week: difficulty × 2³² × blocks / 604,800 s",
        ),
    )


def _interest_lines(weeks: tuple[InterestWeek, ...]) -> tuple[_Line, ...]:
    if not weeks:
        return ()
    sundays = np.array([week.week_ending.timestamp() for week in weeks], dtype=np.int64)
    return (
        _Line(
            quantity="open_interest_aggregate_usd",
            single=None,
            source="bundled: one aggregator’s set of venues, weekly",
            detail="Sunday's end",
            times=sundays,
            values=np.array([week.open_interest_usd_billion for week in weeks]) * _USD_PER_BILLION,
            known_from=sundays + SECONDS_PER_DAY,
        ),
    )


def _weekly_hashrate_eh_s(
    week_ends: NDArray[np.int64], blocks: list[float | None], epochs: tuple[Epoch, ...]
) -> list[float | None]:
    """Return ``difficulty * 2^32 * blocks / 604,800`` of each week in EH/s, None where unknown.

    The difficulty is the week's mean over time, for a retarget may fall inside it.
    """
    if not epochs or not blocks:
        return [None] * len(blocks)
    series = Series.of(
        "difficulty_epochs",
        [epoch.start_utc.timestamp() for epoch in epochs],
        [epoch.difficulty for epoch in epochs],
        source="bundled",
        fetched_at=epochs[-1].start_utc,
        origin=Origin.BUNDLE,
    )
    mean = mean_difficulty(series, week_ends - _WEEK_SECONDS, week_ends)
    return [
        None if found is None else observed_hashrate_eh_s(float(level), found, _WEEK_SECONDS)
        for level, found in zip(mean, blocks, strict=True)
    ]


def _epoch_lines(epochs: tuple[Epoch, ...]) -> tuple[_Line, ...]:
    times = np.array([epoch.start_utc.timestamp() for epoch in epochs], dtype=np.int64)
    return tuple(
        _Line(
            quantity=quantity,
            single=single,
            source="bundled: block headers",
            detail=detail,
            times=times,
            values=np.array(values, dtype=np.float64),
            known_from=times,
        )
        for quantity, single, values, detail in (
            ("difficulty_epochs", "difficulty", [epoch.difficulty for epoch in epochs], "set at the epoch's start"),
            ("epoch_heights", "tip_height", [epoch.start_height for epoch in epochs], "the epoch's first block"),
        )
    )


def _series(line: _Line, keep: int) -> Series:
    return Series.of(
        line.quantity,
        line.times[:keep],
        line.values[:keep],
        source=line.source,
        fetched_at=datetime.fromtimestamp(int(line.known_from[keep - 1]), UTC),
        origin=Origin.BUNDLE,
    )


def _observation(line: _Line, quantity: str, keep: int) -> Observation:
    as_of = datetime.fromtimestamp(int(line.known_from[keep - 1]), UTC)
    return Observation(
        quantity=quantity,
        value=float(line.values[keep - 1]),
        unit=QUANTITIES[quantity].unit,
        as_of=as_of,
        fetched_at=as_of,
        source=line.source,
        origin=Origin.BUNDLE,
        detail=line.detail,
    )


def _gpu_rate(months: tuple[GpuMonth, ...]) -> Observation | None:
    """Return the median of the newest month of the reference GPU, dated by that month's end."""
    newest = max((row for row in months if row.gpu == REFERENCE_GPU), key=lambda row: row.month, default=None)
    if newest is None:
        return None
    quantity = "gpu_rate_on_demand_usd_per_gpu_hour"
    return Observation(
        quantity=quantity,
        value=newest.median_usd_per_gpu_hour,
        unit=QUANTITIES[quantity].unit,
        as_of=end_of(newest.month),
        fetched_at=end_of(newest.month),
        source=f"bundled: {_PANELS.get(newest.panel, newest.panel)}",
        origin=Origin.BUNDLE,
        detail=f"median of {newest.month}",
    )


def _rate_bands(months: tuple[GpuMonth, ...]) -> tuple[RateBand, ...]:
    """Return each GPU’s months as one band per panel, the reference GPU’s first, a month dated by its middle."""
    bands = []
    pairs = sorted(dict.fromkeys((row.panel, row.gpu) for row in months), key=lambda pair: pair[1] != REFERENCE_GPU)
    for panel, gpu in pairs:
        rows = sorted((row for row in months if (row.panel, row.gpu) == (panel, gpu)), key=lambda row: row.month)
        middle = [int(end_of(row.month).timestamp()) - 15 * SECONDS_PER_DAY for row in rows]
        bands.append(
            RateBand(
                gpu=gpu.upper(),
                panel=_PANELS.get(panel, panel),
                times=np.array(middle, dtype=np.int64),
                low=np.array([row.p25_usd_per_gpu_hour for row in rows]),
                median=np.array([row.median_usd_per_gpu_hour for row in rows]),
                high=np.array([row.p75_usd_per_gpu_hour for row in rows]),
            )
        )
    return tuple(bands)


def _without_prices(gpu: Gpu) -> Gpu:
    return replace(
        gpu,
        capex_usd_per_gpu=None,
        contract_usd_per_gpu_hour=None,
        on_demand_median_usd_per_gpu_hour=None,
        low_usd_per_gpu_hour=None,
        high_usd_per_gpu_hour=None,
        note="",
    )


def _problem(name: str, error: StoreError) -> Problem:
    remedy = error.hint if "einstall" in error.hint else "Reinstall minerdesk."
    return Problem(field=name, severity=Severity.WARNING, message=f"{error.message} {remedy}")
