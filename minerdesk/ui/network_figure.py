"""The network through time: days, means, what difficulty implies, the peak, retargets and halvings. Draws nothing."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.history import spans_s
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.snapshot import Snapshot
from minerdesk.ui.captions import halvings, moment, seams, series_caption
from minerdesk.ui.charts.model import ChartSpec, Curve, Mark, Point, Shape
from minerdesk.units import SECONDS_PER_DAY


def network_chart(snapshot: Snapshot) -> ChartSpec:
    """Return the network's hash rate, observed and implied by difficulty, with its peak."""
    hashrate, drawdown = snapshot.trends.hashrate, snapshot.trends.drawdown
    difficulty = snapshot.trends.difficulty
    points: tuple[Point, ...] = ()
    if drawdown is not None and drawdown.fraction < 0:
        label = f"peak {words.hashrate_eh_s(drawdown.peak)}, {words.day(moment(drawdown.peak_time))}"
        points = (Point(time_s=drawdown.peak_time, value=drawdown.peak, label=label, role="network"),)
    return ChartSpec(
        name="network",
        title=_network_title(snapshot),
        y_title="Network hash rate, EH/s",
        curves=(
            *_daily_dots(snapshot),
            Curve(
                name="implied",
                label="Implied by difficulty",
                unit="EH/s",
                times=_with_now(difficulty.times, snapshot),
                values=implied_hashrate_eh_s(_with_last(difficulty.values)),
                role="muted",
                shape=Shape.STEP,
                projected=True,  # a statement of the protocol, not a measurement: dashed and lighter
            ),
            Curve(
                name="month",
                label="30-day mean",
                unit="EH/s",
                times=hashrate.times,
                values=snapshot.trends.hashrate_month_mean_eh_s,
                role="accent",
            ),
            Curve(
                name="observed",
                label="7-day mean",
                unit="EH/s",
                times=hashrate.times,
                values=snapshot.trends.hashrate_week_mean_eh_s,
                role="network",
            ),
        ),
        points=points,
        marks=(*halvings(snapshot), *(Mark(time_s=float(time)) for time in difficulty.times)),
        seams=seams(hashrate),
        caption=series_caption(snapshot, [("hash rate", hashrate), ("difficulty", difficulty)]),
        summary=_network_title(snapshot),
        empty_text="No hash-rate history at this date. Refresh (F5) to fetch it.",
        from_zero=False,
    )


def _daily_dots(snapshot: Snapshot) -> Iterable[Curve]:
    """Return the days themselves, where days are known; a bundled week is not a day."""
    hashrate = snapshot.trends.hashrate
    daily = spans_s(hashrate.times) <= SECONDS_PER_DAY
    if daily.any():
        yield Curve(
            name="days",
            label="Days",
            unit="EH/s",
            times=hashrate.times[daily],
            values=hashrate.values[daily],
            role="muted",
            shape=Shape.DOTS,
            at_end=False,
        )


def _network_title(snapshot: Snapshot) -> str:
    drawdown = snapshot.trends.drawdown
    if drawdown is None:
        return "Network hash rate: unknown at this date"
    latest = words.hashrate_eh_s(drawdown.latest)
    when = (
        ""
        if snapshot.now.timestamp() - drawdown.latest_time < 3 * SECONDS_PER_DAY
        else (f" on {words.day(moment(drawdown.latest_time))}")
    )
    if drawdown.fraction == 0:
        return f"Network at {latest}{when}: its highest 7-day mean"
    below = words.percent(-drawdown.fraction)
    return f"Network at {latest}{when}, {below} under its peak of {words.day(moment(drawdown.peak_time))}"


def _with_now(times: NDArray[np.int64], snapshot: Snapshot) -> NDArray[np.int64]:
    """Return the epoch times with the present appended, if the newest difficulty can still be in force."""
    if len(times) == 0:
        return times
    end = min(int(snapshot.now.timestamp()), int(times[-1]) + 14 * SECONDS_PER_DAY)
    return np.append(times, max(end, int(times[-1]) + 1))


def _with_last(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.append(values, values[-1]) if len(values) else values
