"""Solve any one number for "that business keeps as much as mining per MW-year after capital", on the whole model."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from minerdesk import words
from minerdesk.economics.case import Advantage, Case, number_words, numeric_field, value_words
from minerdesk.economics.declarations import Field
from minerdesk.economics.results import Business

#: A difference that varies by less than this share of the sums behind it is rounding, not an effect.
ROUNDING = 1e-12
RELATIVE_TOLERANCE = 1e-12
_POINTS = 160
_BISECTIONS = 400


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Where two businesses draw level, and in words what was found.

    Attributes
    ----------
    solution
        The one value of the input that makes both equal; None if there is none, or more than one.
    all_solutions
        Every such value within the input's hard bounds, ascending.
    today
        The input's present value; None if unknown.
    reason
        What was found, as one plain sentence or two.
    """

    key: str
    rival: Business
    today: float | None
    all_solutions: tuple[float, ...]
    reason: str

    @property
    def solution(self) -> float | None:
        """Return the only solution."""
        return self.all_solutions[0] if len(self.all_solutions) == 1 else None


def solve(case: Case, key: str, rival: Business) -> Solution:
    """Find every value of the input `key`, all else as in `case`, at which `rival` keeps as much as mining.

    The difference of what both keep per MW-year after capital is computed on a grid over the input's hard bounds;
    between two points of different sign it is bisected to 1e-12 of the value.

    Special cases, each said in `reason`: no solution; several; an input that does not enter (the difference is the
    same everywhere, zero included); a mining that can't be judged for want of a hashprice.

    Raises
    ------
    InputError
        `key` is unknown or a switch.
    """
    field = numeric_field(key)
    today = case.value(key)

    @cache
    def advantage_at(value: float) -> Advantage | None:
        return case.with_values({key: value}).advantage(rival)

    points = study_points(field, today)
    known = [(point, found) for point in points if (found := advantage_at(point)) is not None]
    if not known:
        return Solution(key=key, rival=rival, today=today, all_solutions=(), reason=UNKNOWN_MINING)
    values = [found.usd_per_mw_year for _, found in known]
    noise = ROUNDING * max(found.gross_usd_per_mw_year for _, found in known)
    if max(values) - min(values) <= noise:
        same = 0.0 if max(map(abs, values)) <= noise else values[0]
        reason = _no_effect_words(case, field, rival, same)
        return Solution(key=key, rival=rival, today=today, all_solutions=(), reason=reason)

    def difference(value: float) -> float:
        found = advantage_at(value)
        return math.nan if found is None else found.usd_per_mw_year

    solved = tuple(roots(difference, points))
    reason = _reason(field, rival, solved, values)
    return Solution(key=key, rival=rival, today=today, all_solutions=solved, reason=reason)


def study_points(field: Field, today: float | None) -> list[float]:
    """Return a grid over a field's hard bounds: even steps, and equal ratios towards zero, and today's value.

    Where the bounds reach to zero or below, zero is among the points, and negative ones mirror the positive.
    """
    low, high = field.bounds
    ratios = np.geomspace(low if low > 0 else field.step / 100, max(abs(low), abs(high)), _POINTS)
    even = np.linspace(low, high, _POINTS)
    points = np.concatenate([even, ratios, -ratios, [0.0] if today is None else [0.0, today]])
    return [float(point) for point in np.unique(points[(points >= low) & (points <= high)])]


def roots(function: Callable[[float], float], points: Iterable[float]) -> list[float]:
    """Return every zero of `function` that shows between ascending `points`: a change of sign, or zero at a point.

    Special cases: NaN or infinity at a point hides what lies beside it; a double root that only touches zero is found
    where a point meets it.

    >>> [round(root, 9) for root in roots(lambda x: (x - 1) * (x - 3), [0, 2, 4])]
    [1.0, 3.0]
    >>> roots(lambda x: x * x + 1, [-1, 0, 1])
    []
    """
    found: list[float] = []
    before: tuple[float, float] | None = None
    for point in points:
        value = function(point)
        if value == 0:
            found.append(point)
        elif before is not None and math.isfinite(value) and before[1] * math.copysign(1.0, value) < 0:
            found.append(_bisected(function, before, point))
        before = (point, value) if math.isfinite(value) else None
    return found


def _bisected(function: Callable[[float], float], left: tuple[float, float], right: float) -> float:
    low, at_low = left
    for _ in range(_BISECTIONS):
        middle = low + (right - low) / 2
        if right - low <= RELATIVE_TOLERANCE * abs(middle) or middle in (low, right):
            break
        value = function(middle)
        if value == 0:
            return middle
        if (value > 0) == (at_low > 0):
            low = middle
        else:
            right = middle
    return low + (right - low) / 2


# -- words ------------------------------------------------------------------------------------------------------------

UNKNOWN_MINING = "Mining can’t be judged: no hashprice is known at this date. Type one."


def lead_words(rival: Business, usd_per_mw_year: float) -> str:
    """Say who keeps more per MW-year after capital, and how much.

    >>> lead_words(Business.GPU_CLOUD, -332_997.0).replace(words.THIN, " ")
    'mining keeps $333 k more than GPU cloud'
    """
    name = words.inside_sentence(rival.label)
    if usd_per_mw_year == 0:
        return f"{name} and mining keep the same"
    ahead, behind = (name, "mining") if usd_per_mw_year > 0 else ("mining", name)
    return f"{ahead} keeps {words.money(abs(usd_per_mw_year))} more than {behind}"


def solution_words(solution: Solution) -> str:
    """Return the answer as one line that leads with the number, or, without a single one, the reason."""
    if solution.solution is None:
        return solution.reason
    field, name = numeric_field(solution.key), words.inside_sentence(solution.rival.label)
    today = f"; today {number_words(field, solution.today)}" if solution.today is not None else ""
    return f"{field.label} at which {name} equals mining: {value_words(field, solution.solution)}{today}"


def _no_effect_words(case: Case, field: Field, rival: Business, same: float) -> str:
    cause = ", for a hashprice is typed and mining is judged by that" if case.is_overridden(field.key) else ""
    return f"{field.label} does not enter{cause}: at any value {lead_words(rival, same)} per MW-year after capital."


def _reason(field: Field, rival: Business, found: tuple[float, ...], values: list[float]) -> str:
    name, label = words.inside_sentence(rival.label), words.inside_sentence(field.label)
    if not found:
        low, high = field.bounds
        ahead, behind = (name, "mining") if values[-1] > 0 else ("mining", name)
        span = f"between {number_words(field, low)} and {value_words(field, high)}"
        return f"No solution: {ahead} is ahead of {behind} at any {label} {span}."
    if len(found) > 1:
        listed = "; ".join(value_words(field, root) for root in found)
        return f"{len(found)} solutions, {label} = {listed}: at each {name} equals mining."
    side, other = ("above", "below") if values[-1] > values[0] else ("below", "above")
    return (
        f"One solution, {label} = {value_words(field, found[0])}: "
        f"{side} it {name} keeps more than mining, {other} it less."
    )
