"""The question of indifference as the window asks it: what is chosen, what follows, and the specs that show it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from minerdesk import words
from minerdesk.economics.case import RIVALS, Case, keys_of_comparison, number_words, shown_unit, value_words
from minerdesk.economics.results import Business
from minerdesk.economics.sensitivity import RANGES_NOTE, AdvantageMap, Axis, Swing, advantage_map, swings
from minerdesk.economics.solve import UNKNOWN_MINING, Solution, lead_words, solution_words, solve
from minerdesk.snapshot import Snapshot
from minerdesk.ui.charts.export import Plate
from minerdesk.ui.charts.heatmap import HeatSpec, Scale, Side, paint_heatmap
from minerdesk.ui.charts.model import Cell
from minerdesk.ui.charts.strokes import paint_worded
from minerdesk.ui.charts.tornado import TornadoBar, TornadoSpec, paint_tornado
from minerdesk.ui.theme import Theme

_BASIS = "The AI business less mining, per MW-year after capital"
_NO_DIFFERENCE = "Nothing to compare: no hashprice is known at this date. Type one under Network, or refresh (F5)."
_PRICES = {
    Business.GPU_CLOUD: "gpu.rate_usd_per_gpu_hour",
    Business.COLOCATION: "colo.rent_usd_per_kw_month",
    Business.POWERED_SHELL: "shell.rent_usd_per_kw_month",
}
_HASHPRICE = "network.hashprice_usd_per_ph_day"
_MAP_SHARE, _GAP_PX = 0.58, 28.0

Table = tuple[list[str], list[list[Cell]]]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is compared with mining, over which two inputs, and which input is solved for; all numbers of the model."""

    rival: Business
    x: str
    y: str
    solve_for: str

    @classmethod
    def usual(cls, rival: Business) -> "Choice":
        """Return the first choice for a business: its own price against the hashprice."""
        return cls(rival=rival, x=_PRICES[rival], y=_HASHPRICE, solve_for=_PRICES[rival])

    @classmethod
    def read(cls, kept: Mapping[str, str]) -> "Choice":
        """Return the choice that was kept; what is missing or fits no longer falls back to the usual."""
        known = [rival for rival in RIVALS if rival.value == kept.get("rival")]
        usual = cls.usual(known[0] if known else Business.GPU_CLOUD)
        keys = keys_of_comparison(usual.rival)

        def known_key(name: str, otherwise: str) -> str:
            return kept[name] if kept.get(name) in keys else otherwise

        choice = cls(
            rival=usual.rival,
            x=known_key("x", usual.x),
            y=known_key("y", usual.y),
            solve_for=known_key("solve_for", usual.solve_for),
        )
        return choice if choice.x != choice.y else replace(choice, x=usual.x, y=usual.y)

    def kept(self) -> dict[str, str]:
        """Return the choice as texts, to be kept."""
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A choice with everything that follows from it for one case."""

    choice: Choice
    solution: Solution
    map: AdvantageMap
    swings: tuple[Swing, ...]

    @classmethod
    def of(cls, case: Case, choice: Choice) -> "Study":
        """Solve, map and swing: some 1,900 runs of the model, a matter of 50 ms; in the window a job."""
        return cls(
            choice=choice,
            solution=solve(case, choice.solve_for, choice.rival),
            map=advantage_map(case, choice.x, choice.y, choice.rival),
            swings=swings(case, choice.rival),
        )

    @property
    def sentence(self) -> str:
        """The solved input in plain words."""
        return solution_words(self.solution)


def sides(rival: Business) -> tuple[Side, Side]:
    """Return who keeps more where the difference is negative, and where it is positive."""
    return (
        Side(role="mining", words="mining keeps more"),
        Side(role=rival.value, words=f"{words.inside_sentence(rival.label)} keeps more"),
    )


# -- the map ----------------------------------------------------------------------------------------------------------


def map_spec(study: Study, as_of: str) -> HeatSpec:
    """Return the heat-map of a study; `as_of` says of when the inputs are."""
    found, (below, above) = study.map, sides(study.choice.rival)
    today = found.today_usd_per_mw_year
    if found.is_empty:
        return HeatSpec(
            title=UNKNOWN_MINING, values=np.empty((0, 0)), below=below, above=above, empty_text=_NO_DIFFERENCE
        )
    idle = "".join(f" {field.label} does not enter." for field in found.without_effect())
    title = f"Today {lead_words(found.rival, today)} per MW-year" if today is not None else "Who keeps more per MW-year"
    return HeatSpec(
        title=title,
        caption=f"{_BASIS}, $. On the line both keep the same.{idle} {as_of}",
        summary=f"{title}. {study.sentence}. Arrow keys move over the map.",
        unit="$",
        x=_scale(found.x),
        y=_scale(found.y),
        values=found.usd_per_mw_year,
        below=below,
        above=above,
        describe=lambda column, row: place_words(found, column, row),
    )


def _scale(axis: Axis) -> Scale:
    unit = shown_unit(axis.field)
    return Scale(
        title=f"{axis.field.label}, {unit.label}" if unit.label else axis.field.label,
        values=axis.values * unit.factor,
        log=axis.log,
        today=None if axis.today is None else axis.today * unit.factor,
    )


def place_words(found: AdvantageMap, column: int, row: int) -> str:
    """Say what lies at a place of the map: both inputs with their units, and who keeps how much more."""
    x, y = found.x, found.y
    difference = float(found.usd_per_mw_year[row, column])
    lead = lead_words(found.rival, difference) if np.isfinite(difference) else "unknown"
    return (
        f"{x.field.label} {value_words(x.field, float(x.values[column]))} · "
        f"{y.field.label} {value_words(y.field, float(y.values[row]))}: {lead}"
    )


def map_table(study: Study) -> Table:
    """Return the map as rows: both inputs in their shown units, and the difference."""
    scales = _scale(study.map.x), _scale(study.map.y)
    rows: list[list[Cell]] = [
        [float(x), float(y), float(value)]
        for y, line in zip(scales[1].values, study.map.usd_per_mw_year, strict=True)
        for x, value in zip(scales[0].values, line, strict=True)
    ]
    return [*(scale.title for scale in scales), "Difference ($ per MW-year)"], rows


# -- the tornado ------------------------------------------------------------------------------------------------------


def tornado_spec(study: Study) -> TornadoSpec:
    """Return the tornado of a study."""
    below, above = sides(study.choice.rival)
    today = study.map.today_usd_per_mw_year
    if today is None or not study.swings:
        return TornadoSpec(title="What moves the difference", below=below, above=above, empty_text=_NO_DIFFERENCE)
    title = f"{study.swings[0].field.label} moves the difference most"
    return TornadoSpec(
        title=title,
        caption=f"{RANGES_NOTE} a → b: its values at the bar’s left and right end; all else as today.",
        summary=f"{title}. " + ". ".join(_swing_words(swing, study.choice.rival) for swing in study.swings[:5]),
        axis_title=f"{_BASIS}, $",
        bars=tuple(_bar(swing, study.choice.rival) for swing in study.swings),
        today=today,
        below=below,
        above=above,
    )


def _bar(swing: Swing, rival: Business) -> TornadoBar:
    return TornadoBar(
        label=swing.field.label,
        at_low=swing.at_low_usd_per_mw_year,
        at_high=swing.at_high_usd_per_mw_year,
        low_words=number_words(swing.field, swing.low),
        high_words=number_words(swing.field, swing.high),
        unit=shown_unit(swing.field).label,
        detail=_swing_words(swing, rival),
    )


def _swing_words(swing: Swing, rival: Business) -> str:
    return (
        f"{swing.field.label}, today {value_words(swing.field, swing.today)}: "
        f"at {value_words(swing.field, swing.low)} {lead_words(rival, swing.at_low_usd_per_mw_year)}, "
        f"at {value_words(swing.field, swing.high)} {lead_words(rival, swing.at_high_usd_per_mw_year)}"
    )


def tornado_table(study: Study) -> Table:
    """Return the swings as rows, widest first; the last two columns are the difference at either value."""
    header = ["Input", "Unit", "Low", "Today", "High", "At low\n$ per MW-year", "At high\n$ per MW-year"]
    rows: list[list[Cell]] = []
    for swing in study.swings:
        unit = shown_unit(swing.field)
        values = [value * unit.factor for value in (swing.low, swing.today, swing.high)]
        ends = [swing.at_low_usd_per_mw_year, swing.at_high_usd_per_mw_year]
        rows.append([swing.field.label, unit.label, *values, *ends])
    return header, rows


def as_of_words(snapshot: Snapshot) -> str:
    """Say on which inputs and of when the figures stand."""
    replayed = " (replayed)" if snapshot.replaying else ""
    known = snapshot.results.network.hashprice_usd_per_ph_day
    hashprice = "unknown" if known is None else f"{words.hashprice(known)} $/PH/day"
    return f"Inputs as typed, hashprice {hashprice}, {words.day_and_time(snapshot.now)} UTC{replayed}."


# -- the page of a file -----------------------------------------------------------------------------------------------


def plate(study: Study, as_of: str) -> Plate:
    """Return map and tornado side by side as one picture of a page."""
    heat, tornado = map_spec(study, as_of), tornado_spec(study)

    def paint(painter: QPainter, rect: QRectF, theme: Theme) -> None:
        wide = (rect.width() - _GAP_PX) * _MAP_SHARE
        left = QRectF(rect.left(), rect.top(), wide, rect.height())
        right = QRectF(left.right() + _GAP_PX, rect.top(), rect.width() - wide - _GAP_PX, rect.height())
        paint_heatmap(painter, paint_worded(painter, left, (heat.title, heat.caption), theme), heat, theme)
        paint_tornado(painter, paint_worded(painter, right, (tornado.title, tornado.caption), theme), tornado, theme)

    return Plate(title="", caption="", paint=paint)
