"""The Monte Carlo as the window shows it: a run's fans, spread and convergence as specs, tables and a page."""

from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from minerdesk import words
from minerdesk.economics.plan.strategies import Strategy
from minerdesk.economics.risk.inputs import Centre
from minerdesk.economics.risk.statistics import BAND, histogram
from minerdesk.risk_report import (
    ERROR_NOTE,
    NO_CASE,
    QUANTILES,
    TAIL_NOTE,
    RiskOutcome,
    basis_words,
    headline,
    probability_words,
    spread_words,
)
from minerdesk.ui.charts.export import Plate
from minerdesk.ui.charts.fan import Fan, FanSpec, paint_fans
from minerdesk.ui.charts.model import Cell
from minerdesk.ui.charts.settling import Settling, SettlingSpec, paint_settling
from minerdesk.ui.charts.spread import Outline, SpreadSpec, paint_spread
from minerdesk.ui.charts.strokes import paint_text, text_height
from minerdesk.ui.theme import BODY_PX, SEMIBOLD, Theme

FANS_TITLE = "Cumulative cash, $, not discounted"
SPREAD_TITLE = "NPV over all paths"
SETTLING_TITLE = "Share of paths that beat mining"
_FANS_NOTE = "Bands P5 to P95 and P25 to P75, line the median of each month, dashed the plan."
FANS_BRIEF = "Bands P5 to P95 and P25 to P75, line the median, dashed the plan."
_WHOLE_MINUS = f"{words.MINUS}{words.JOINED}"  # no line ends between a sign and its number
_ANY_DAY = date(2026, 1, 1)
_SPREAD_SHARE, _BETWEEN_PX = 0.6, 24.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """What is on screen, as an export shows it too: the run, if it speaks of the desk, and the scales of the fans."""

    outcome: RiskOutcome | None = None
    own_scales: bool = False


def role_of(strategy: Strategy, outcome: RiskOutcome) -> str:
    """Return the theme's role of a strategy: mining, the business converted to, and plain text for what has both."""
    if strategy is Strategy.KEEP_MINING:
        return "mining"
    return "text" if strategy is Strategy.HYBRID else outcome.case.plan.business.value


def fan_spec(outcome: RiskOutcome | None, empty_text: str = NO_CASE, *, own_scales: bool = False) -> FanSpec:
    """Return the fans of a run; without one they are empty and say why."""
    if outcome is None:
        return FanSpec(title=FANS_TITLE, start=_ANY_DAY, empty_text=empty_text)
    result = outcome.result
    fans = []
    for name, found in result.strategies.items():
        against = result.comparisons.get(name)
        often = "" if against is None else probability_words(against.beats_mining)
        strategy = Strategy(name)
        role = role_of(strategy, outcome)
        fans.append(
            Fan(
                label=strategy.label,
                role=role,
                bands=found.fan_usd,
                planned=found.planned_usd,
                notes=(f"beats mining in {often}", f"wins {often}") if often else (),
            )
        )
    ends = "; ".join(
        f"{fan.label} ends at {words.money(float(fan.bands[2, -1]))} in the middle, "
        f"{words.money(float(fan.bands[0, -1]))} to {words.money(float(fan.bands[4, -1]))}"
        for fan in fans
    )
    scales = " Each on its own scale." if own_scales else ""
    centre = "mean" if outcome.case.risk.centre == Centre.MEAN else "median"
    return FanSpec(
        title=FANS_TITLE,
        start=outcome.case.plan.start,
        fans=tuple(fans),
        own_scales=own_scales,
        caption=f"{_FANS_NOTE}{scales} The plan’s prices are the {centre} of the paths.",
        summary=f"{headline(outcome)}. {ends}.",
    )


def spread_spec(outcome: RiskOutcome | None, empty_text: str = "") -> SpreadSpec:
    """Return the outlines of the NPVs of a run."""
    if outcome is None:
        return SpreadSpec(title=SPREAD_TITLE, axis="", edges=np.array([0.0, 1.0]), empty_text=empty_text)
    result = outcome.result
    edges, shares = histogram([found.npv.values for found in result.strategies.values()])
    outlines = tuple(
        Outline(
            label=Strategy(name).label,
            role=role_of(Strategy(name), outcome),
            ordered=np.sort(found.npv.values),
            shares=share,
            quantiles=found.npv.quantiles,
        )
        for (name, found), share in zip(result.strategies.items(), shares, strict=True)
    )
    tails = ", ".join(
        f"{Strategy(name).label.lower()} {words.money(found.npv.expected_shortfall).replace(words.MINUS, _WHOLE_MINUS)}"
        for name, found in result.strategies.items()
    )
    rate = words.percent(outcome.case.plan.inputs.plan.discount_rate)
    return SpreadSpec(
        title=SPREAD_TITLE,
        axis=f"NPV at {rate} a year, $; marks P5, P25, median, P75, P95",
        edges=edges,
        outlines=outlines,
        caption=f"Worst 5 % of the paths on average: {tails}. Each outline has its own height.",
        summary=f"{SPREAD_TITLE}. " + spread_words(outcome),
    )


def settling_spec(outcome: RiskOutcome | None, empty_text: str = "") -> SettlingSpec:
    """Return how the shares settle; strategies that win on the same paths share a line."""
    if outcome is None:
        return SettlingSpec(title=SETTLING_TITLE, empty_text=empty_text)
    lines: list[Settling] = []
    for name, found in outcome.result.comparisons.items():
        strategy, settled = Strategy(name), found.convergence
        same = [line for line in lines if np.array_equal(line.values, settled.probability)]
        if same:
            merged = Settling(**{**vars(same[0]), "label": f"{same[0].label}, {strategy.label.lower()}"})
            lines[lines.index(same[0])] = merged
            continue
        lines.append(
            Settling(
                label=strategy.label,
                role=role_of(strategy, outcome),
                paths=settled.paths.astype(np.float64),
                values=settled.probability,
                bands=settled.probability_band,
            )
        )
    ends = "; ".join(f"{line.label}: {words.percent(float(line.values[-1]))}" for line in lines)
    return SettlingSpec(
        title=SETTLING_TITLE,
        lines=tuple(lines),
        caption="Band: 95 % confidence.",
        summary=f"{SETTLING_TITLE}: {ends}, after {words.figure(outcome.result.paths)} paths.",
    )


def month_table(outcome: RiskOutcome) -> tuple[list[str], list[list[Cell]]]:
    """Return the fans as rows, one a month: its name, then every quantile of every strategy in M$."""
    spec = fan_spec(outcome)
    header = ["Month", *(f"{fan.label} {name.upper()} (M$)" for fan in spec.fans for name in QUANTILES)]
    rows: list[list[Cell]] = [
        [spec.month_words(month), *(float(value) / 1e6 for fan in spec.fans for value in fan.bands[:, month])]
        for month in range(spec.months + 1)
    ]
    return header, rows


def npv_table(outcome: RiskOutcome) -> tuple[list[str], list[list[Cell]]]:
    """Return what is said of the NPVs: one row a figure, one column a strategy."""
    header, columns = ["Over all paths"], []
    for name, found in outcome.result.strategies.items():
        against, npv = outcome.result.comparisons.get(name), found.npv
        figures = (found.planned_npv_usd, npv.mean, BAND * npv.standard_error, *npv.quantiles, npv.expected_shortfall)
        header.append(Strategy(name).label)
        beats = None if against is None else against.beats_mining
        columns.append(
            [
                *(float(value) / 1e6 for value in figures),
                npv.loss_probability * 100,
                None if beats is None else beats.value * 100,
                None if beats is None else BAND * beats.standard_error * 100,
            ]
        )
    labels = [
        *("NPV of the plan (M$)", "Mean NPV (M$)", "± at 95 % (M$)"),
        *(f"NPV {name.upper()} (M$)" for name in QUANTILES),
        *("Worst 5 %, mean (M$)", "NPV below zero (%)", "Beats mining (%)", "± at 95 % (points)"),
    ]
    return header, [list(row) for row in zip(labels, *columns, strict=True)]


def settling_table(outcome: RiskOutcome) -> tuple[list[str], list[list[Cell]]]:
    """Return how the shares settle, one row a number of paths, in percent of the paths."""
    found = outcome.result.comparisons
    header = ["Paths (shares in %)"]
    columns: list[list[Cell]] = []
    for name, comparison in found.items():
        label, settled = Strategy(name).label, comparison.convergence
        header += [f"{label} beats mining", "± at 95 %"]
        columns += [(settled.probability * 100).tolist(), (settled.probability_band * 100).tolist()]
    paths = next(iter(found.values())).convergence.paths
    return header, [list(row) for row in zip(map(str, paths.tolist()), *columns, strict=True)]


def page_sentence(outcome: RiskOutcome | None) -> str:
    """Return the sentence of an exported page."""
    return NO_CASE if outcome is None else f"{headline(outcome)}. {spread_words(outcome)}"


def plates(outcome: RiskOutcome | None, *, own_scales: bool = False) -> tuple[Plate, ...]:
    """Return the pictures of a page: the fans, and under them spread and convergence beside each other."""
    fans = fan_spec(outcome, own_scales=own_scales)
    first = Plate(title=fans.title, caption=fans.caption, paint=partial(paint_fans, spec=fans))
    if outcome is None:
        return (first,)
    caption = f"{basis_words(outcome)} {TAIL_NOTE} {ERROR_NOTE} {' '.join(outcome.case.notes)}".strip()
    both = partial(_paint_both, spread=spread_spec(outcome), settling=settling_spec(outcome))
    return (first, Plate(title="", caption=caption, paint=both))


def _paint_both(painter: QPainter, rect: QRectF, theme: Theme, *, spread: SpreadSpec, settling: SettlingSpec) -> None:
    """Paint spread and convergence beside each other, each with its title and caption."""
    left = QRectF(rect.left(), rect.top(), (rect.width() - _BETWEEN_PX) * _SPREAD_SHARE, rect.height())
    right = QRectF(left.right() + _BETWEEN_PX, rect.top(), rect.right() - left.right() - _BETWEEN_PX, rect.height())
    paint_spread(painter, _framed(painter, left, theme, spread), theme, spec=spread)
    paint_settling(painter, _framed(painter, right, theme, settling), theme, spec=settling)


def _framed(painter: QPainter, rect: QRectF, theme: Theme, spec: SpreadSpec | SettlingSpec) -> QRectF:
    """Write a title above and a caption below, and return the room between."""
    row = QRectF(rect.left(), rect.top(), rect.width(), BODY_PX * 1.5)
    paint_text(painter, row, spec.title, theme.colour("text"), size_px=BODY_PX + 1, weight=SEMIBOLD)
    tall = text_height(spec.caption, rect.width())
    foot = QRectF(rect.left(), rect.bottom() - tall, rect.width(), tall)
    paint_text(painter, foot, spec.caption, theme.colour("muted"), wrap=True)
    return QRectF(rect.left(), row.bottom() + 6, rect.width(), rect.height() - row.height() - tall - 14)
