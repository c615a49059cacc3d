"""How the difference between an AI business and mining hangs on the inputs: over two of them, and over each alone.

Everywhere the difference is what the AI business keeps less what mining keeps, in $ per MW-year after capital.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.case import Case, keys_of_comparison, numeric_field
from minerdesk.economics.declarations import Field
from minerdesk.economics.results import Business
from minerdesk.economics.solve import ROUNDING

#: From this ratio of its ends on, a range is divided by equal ratios.
_LOG_FROM_RATIO = 100.0
COLUMNS, ROWS = 41, 31

RANGES_NOTE = "Each input over its usual range, widened to today’s value; network values from half to double today’s."


def study_range(field: Field, today: float | None) -> tuple[float, float]:
    """Return the values between which an input is studied.

    The plausible range, widened to include `today`. A network value that is known goes from half to double instead:
    its plausible range only tells a slip of the pen from a number and spans decades. Never beyond the hard bounds.
    """
    if today is None:
        return field.plausible
    low, high = field.plausible
    if field.optional and today > 0:
        low, high = today / 2, today * 2
    return max(min(low, today), field.bounds[0]), min(max(high, today), field.bounds[1])


@dataclass(frozen=True, kw_only=True, eq=False)
class Axis:
    """The values of one input over its studied range, ascending; `log`: by equal ratios."""

    field: Field
    values: NDArray[np.float64]
    log: bool
    today: float | None

    @classmethod
    def of(cls, case: Case, key: str, count: int) -> "Axis":
        """Divide the studied range of `key` into `count` values, both ends among them."""
        field, today = numeric_field(key), case.value(key)
        low, high = study_range(field, today)
        log = low > 0 and high / low >= _LOG_FROM_RATIO
        values = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
        return cls(field=field, values=values, log=log, today=today)


@dataclass(frozen=True, kw_only=True, eq=False)
class AdvantageMap:
    """The difference over two inputs: ``usd_per_mw_year[row, column]`` at ``(y.values[row], x.values[column])``.

    `today_usd_per_mw_year` is the difference at the inputs as they are. NaN and None: mining can't be judged there.
    """

    rival: Business
    x: Axis
    y: Axis
    usd_per_mw_year: NDArray[np.float64]
    today_usd_per_mw_year: float | None

    @property
    def is_empty(self) -> bool:
        """Whether no difference is known at all."""
        return bool(np.isnan(self.usd_per_mw_year).all())

    def without_effect(self) -> tuple[Field, ...]:
        """Return the inputs of the map along which nothing changes."""
        largest = np.nanmax(np.abs(self.usd_per_mw_year))
        return tuple(
            axis.field
            for axis, number in ((self.x, 1), (self.y, 0))
            if np.nanmax(np.ptp(self.usd_per_mw_year, axis=number)) <= 1e-9 * largest
        )


def advantage_map(
    case: Case, x: str, y: str, rival: Business, *, columns: int = COLUMNS, rows: int = ROWS
) -> AdvantageMap:
    """Compute the difference over the inputs `x` and `y`: the whole model, once for each of ``columns * rows``.

    Raises
    ------
    InputError
        A key is unknown or a switch.
    ValueError
        Both keys are the same.
    """
    if x == y:
        raise ValueError("a map needs two different inputs")
    across, up = Axis.of(case, x, columns), Axis.of(case, y, rows)
    return AdvantageMap(
        rival=rival,
        x=across,
        y=up,
        usd_per_mw_year=np.array(
            [
                [_difference(case.with_values({x: float(at_x), y: float(at_y)}), rival) for at_x in across.values]
                for at_y in up.values
            ]
        ),
        today_usd_per_mw_year=today.usd_per_mw_year if (today := case.advantage(rival)) else None,
    )


def _difference(case: Case, rival: Business) -> float:
    found = case.advantage(rival)
    return np.nan if found is None else found.usd_per_mw_year


@dataclass(frozen=True, kw_only=True)
class Swing:
    """What one input does alone: the difference at the low and at the high end of its studied range."""

    field: Field
    today: float
    low: float
    high: float
    at_low_usd_per_mw_year: float
    at_high_usd_per_mw_year: float

    @property
    def size_usd_per_mw_year(self) -> float:
        """How far the difference moves from end to end."""
        return abs(self.at_high_usd_per_mw_year - self.at_low_usd_per_mw_year)


def swings(case: Case, rival: Business, *, most: int = 15) -> tuple[Swing, ...]:
    """Return the `most` inputs that move the difference most, the largest swing first.

    Special cases: inputs without effect are left out; so is one whose value is unknown today; without a hashprice
    there is no difference and nothing is returned.
    """
    base = case.advantage(rival)
    if base is None:
        return ()
    found = []
    for key in keys_of_comparison(rival):
        field, today = numeric_field(key), case.value(key)
        if today is None:
            continue
        low, high = study_range(field, today)
        swing = Swing(
            field=field,
            today=today,
            low=low,
            high=high,
            at_low_usd_per_mw_year=_difference(case.with_values({key: low}), rival),
            at_high_usd_per_mw_year=_difference(case.with_values({key: high}), rival),
        )
        if swing.size_usd_per_mw_year > ROUNDING * base.gross_usd_per_mw_year:
            found.append(swing)
    return tuple(sorted(found, key=lambda swing: -swing.size_usd_per_mw_year)[:most])
