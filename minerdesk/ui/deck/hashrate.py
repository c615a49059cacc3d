"""Hash rate with its ribbons, and difficulty with its own."""

from collections.abc import Iterable

import numpy as np

from minerdesk import words
from minerdesk.economics.history import spans_s
from minerdesk.economics.indicators import DIFFICULTY_RIBBON_DAYS, RibbonState
from minerdesk.economics.network import implied_hashrate_eh_s
from minerdesk.network_report import oddities
from minerdesk.ui.charts.model import ChartSpec, Curve, Mark, Point, Shape, Span
from minerdesk.ui.deck.frame import Deck, DeckChart, chart, moment, unknown
from minerdesk.units import DIFFICULTY_PER_T, SECONDS_PER_DAY

_SHADES = {RibbonState.CAPITULATION: "cost", RibbonState.RECOVERY: "gain"}


def hashrate_chart(deck: Deck) -> ChartSpec:
    """Return the observed hash rate: days, means of 7, 30 and 60 days, what difficulty implies, the ribbons' spans."""
    trend = deck.view.trend
    times = trend.hashrate.times
    means = (("week", "7-day mean", "network", 7), ("month", "30-day mean", "accent", 30))
    return chart(
        deck,
        name="hashrate",
        title=_hashrate_title(deck),
        y_title="Network hash rate, EH/s",
        curves=(
            *_days(deck),
            Curve(
                name="implied",
                label="Implied by difficulty",
                unit="EH/s",
                times=trend.days,
                values=implied_hashrate_eh_s(trend.difficulty_by_day),
                role="muted",
                shape=Shape.STEP,
                projected=True,
            ),
            Curve(
                name="two_months",
                label="60-day mean",
                unit="EH/s",
                times=times,
                values=trend.means[60],
                role="warning",
            ),
            *(
                Curve(name=name, label=label, unit="EH/s", times=times, values=trend.means[days], role=role)
                for name, label, role, days in reversed(means)
            ),
        ),
        points=_peak(deck),
        spans=(
            Span(start_s=run.start_s, end_s=run.end_s, label=run.state.value, role=_SHADES[run.state])
            for run in trend.ribbons.spans
        ),
        spans_title="Hash ribbons",
        sources=(("hash rate", trend.hashrate), ("difficulty", trend.difficulty)),
        note=" ".join(
            ["Shaded: 30-day mean under the 60-day mean (capitulation), then recovery.", *oddities(deck.view)]
        ),
        from_zero=False,
    )


def _days(deck: Deck) -> Iterable[Curve]:
    series = deck.view.trend.hashrate
    daily = spans_s(series.times) <= SECONDS_PER_DAY
    if daily.any():
        yield Curve(
            name="days",
            label="Days",
            unit="EH/s",
            times=series.times[daily],
            values=series.values[daily],
            role="muted",
            shape=Shape.DOTS,
            at_end=False,
        )


def _peak(deck: Deck) -> Iterable[Point]:
    peak = deck.view.trend.drawdown
    if peak is not None and peak.fraction < 0:
        label = f"peak {words.hashrate_eh_s(peak.peak)}, {words.day(moment(peak.peak_time))}"
        yield Point(time_s=peak.peak_time, value=peak.peak, label=label, role="network")


def _hashrate_title(deck: Deck) -> str:
    found = deck.view.figures
    week, peak = found.hashrate_eh_s[7], found.peak
    if week is None or peak is None:
        return unknown("Network hash rate", deck.view.trend.hashrate)
    below = (
        f"{words.percent(-peak.fraction)} under its peak of {words.day(moment(peak.peak_time))}"
        if peak.fraction < 0
        else "its highest 7-day mean"
    )
    state = f"; {found.ribbon_state.value}" if found.ribbon_state else ""
    since = f" since {words.day(moment(found.ribbon_since))}" if state and found.ribbon_since else ""
    return f"Network at {words.hashrate_eh_s(week)}, {below}{state}{since}"


def difficulty_chart(deck: Deck) -> ChartSpec:
    """Return the difficulty in force with its ribbon, the means of 9 to 200 days, and every retarget as a tick."""
    trend = deck.view.trend
    ends = {DIFFICULTY_RIBBON_DAYS[0]: "network", DIFFICULTY_RIBBON_DAYS[-1]: "warning"}
    every = np.array([trend.difficulty_ribbon[days] for days in DIFFICULTY_RIBBON_DAYS]) / DIFFICULTY_PER_T
    return chart(
        deck,
        name="difficulty",
        title=_difficulty_title(deck),
        y_title="Difficulty, T",
        curves=(
            *(
                Curve(
                    name=f"sma{days}",
                    label=f"{days}-day mean",
                    unit="T",
                    times=trend.days,
                    values=every[place],
                    role=ends.get(days, "accent"),
                    faint=days not in ends,
                    at_end=days in ends,
                )
                for place, days in enumerate(DIFFICULTY_RIBBON_DAYS)
            ),
            Curve(
                name="difficulty",
                label="In force",
                unit="T",
                times=trend.days,
                values=trend.difficulty_by_day / DIFFICULTY_PER_T,
                role="text",
                shape=Shape.STEP,
            ),
        ),
        marks=(Mark(time_s=float(time)) for time in trend.difficulty.times),
        sources=(("difficulty", trend.difficulty),),
        note="Ticks are retargets. The ribbon turns over where the short means dive under the long ones.",
        from_zero=False,
        decimals=2,
    )


def _difficulty_title(deck: Deck) -> str:
    found = deck.view.figures
    if found.difficulty is None:
        return unknown("Difficulty", deck.view.trend.difficulty)
    said = f"Difficulty {words.difficulty(found.difficulty)}"
    retarget = found.progress.retarget if found.progress else None
    if retarget is None:
        return said
    change = words.percent(retarget.change_fraction, change=True)
    band = words.percent(retarget.band_fraction)
    return f"{said}; next adjustment {change} ± {band} about {words.day(retarget.date)}"


CHARTS = (
    DeckChart(
        name="hashrate",
        label="Hash rate and ribbons",
        build=hashrate_chart,
        help=(
            "Observed hash rate is a count of blocks times their difficulty: it carries luck, about 8 % on a day and "
            "3 % in a week. What difficulty implies, D × 2³² / 600 s, has no luck but lags by up to two weeks. "
            "Hash ribbons: while the 30-day mean lies under the 60-day mean miners capitulate; from the cross back "
            "until the level of the fall is regained they recover. A fall has many causes; curtailment is one."
        ),
    ),
    DeckChart(
        name="difficulty",
        label="Difficulty ribbon and epochs",
        build=difficulty_chart,
        help=(
            "Difficulty in force and its simple means over 9, 14, 25, 40, 60, 90, 128 and 200 days. Every 2,016 blocks "
            "it is set anew: 2,015 intervals are measured against 2,016 × 600 s, clamped to a quarter and four times, "
            "and rounded to compact form. The estimate goes on at the epoch's pace so far; its band is one standard "
            "error, 1/√blocks."
        ),
    ),
)
