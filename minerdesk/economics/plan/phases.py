"""The phases of a conversion: rows of the user's own, checked, and what stands in without any.

A phase takes so many MW at the utility meter from mining. Month 0 is the month of the snapshot.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from minerdesk import words
from minerdesk.errors import Problem, Severity

Row = Mapping[str, str | float | bool | None]

#: The columns of a row that hold numbers, with their hard bounds; months are whole.
NUMBERS: Mapping[str, tuple[float, float]] = {
    "mw": (0, 100_000),
    "start_month": (0, 600),
    "build_months": (0, 240),
}
#: The columns as messages call them.
_NAMES: Mapping[str, str] = {"mw": "MW", "start_month": "start month", "build_months": "build months"}
WHOLE = ("start_month", "build_months")
COLUMNS = frozenset({"label", *NUMBERS})
MOST_ROWS, MOST_LETTERS = 50, 60


@dataclass(frozen=True, kw_only=True)
class Phase:
    """So many MW at the meter that leave mining in a month and are ready so many months later."""

    label: str
    mw: float
    start_month: int
    build_months: int

    @property
    def ready_month(self) -> int:
        """The first month after the build."""
        return self.start_month + self.build_months

    def row(self) -> dict[str, str | float | bool | None]:
        """Return the phase as a row of the table."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def read_rows(rows: Sequence[Row]) -> tuple[Phase, ...]:
    """Return rows that `check_rows` finds nothing wrong with as phases; one without a label is named by its number."""
    return tuple(
        Phase(
            label=str(row.get("label") or "").strip() or f"Phase {number}",
            mw=float(row["mw"] or 0),
            start_month=int(row["start_month"] or 0),
            build_months=int(row["build_months"] or 0),
        )
        for number, row in enumerate(rows, start=1)
    )


def default_phases(site_mw: float) -> tuple[Phase, ...]:
    """Return what stands in for an empty table: two phases of a quarter of the site, half a year apart.

    >>> [(phase.mw, phase.start_month, phase.build_months) for phase in default_phases(100.0)]
    [(25.0, 3, 12), (25.0, 9, 12)]
    """
    return (
        Phase(label="Phase 1", mw=site_mw / 4, start_month=3, build_months=12),
        Phase(label="Phase 2", mw=site_mw / 4, start_month=9, build_months=12),
    )


def total_mw(phases: Iterable[Phase]) -> float:
    """Return the MW of all phases."""
    return sum(phase.mw for phase in phases)


def scaled(phases: Iterable[Phase], mw: float) -> tuple[Phase, ...]:
    """Return the phases with `mw` in all, in the same proportions; phases of 0 MW stay so."""
    kept = tuple(phases)
    total = total_mw(kept)
    return tuple(replace(phase, mw=phase.mw * mw / total) for phase in kept) if total > 0 else kept


def capped(phases: Iterable[Phase], most_mw: float) -> tuple[tuple[Phase, ...], str]:
    """Return the phases with `most_mw` in all at most, and what to say if that cut them: the last in time give way."""
    kept = list(phases)
    excess = total_mw(kept) - most_mw
    if excess <= 1e-9 * max(most_mw, 1.0):
        return tuple(kept), ""
    wanted, left = total_mw(kept), excess
    for index in sorted(range(len(kept)), key=lambda place: (-kept[place].start_month, -place)):
        cut = min(left, kept[index].mw)
        kept[index] = replace(kept[index], mw=kept[index].mw - cut)
        left -= cut
    note = (
        f"The phases take {mw_words(wanted)} and {mw_words(most_mw)} can be converted: "
        f"the last are cut by {mw_words(excess)}. Lower their MW, or raise the site’s capacity or the caps."
    )
    return tuple(kept), note


def mw_words(mw: float) -> str:
    """Write megawatts with three figures that matter, without decimals that say nothing; from 100 on whole.

    >>> [mw_words(mw).replace(words.THIN, "_") for mw in (25.0, 12.345, 0.0125, 1800.4)]
    ['25_MW', '12.3_MW', '0.0125_MW', '1_800_MW']
    """
    return words.with_unit(words.figure(mw) if abs(mw) >= 99.95 else f"{mw:.3g}", "MW")


# -- what may stand in a row ------------------------------------------------------------------------------------------


def check_rows(rows: Sequence[Row]) -> list[Problem]:
    """Return what is wrong with rows of phases, each problem with its row's number, from 1."""
    if len(rows) > MOST_ROWS:
        return [_problem("phases", f"The plan has {len(rows):,} phases; {MOST_ROWS} are the most that it takes.")]
    return [problem for number, row in enumerate(rows, start=1) for problem in _row_problems(number, row)]


def _row_problems(number: int, row: Row) -> list[Problem]:
    found = [(column, "is no column of a phase.") for column in sorted(map(str, row.keys() - COLUMNS))]
    label = row.get("label")
    if label is not None and not isinstance(label, str):
        found.append(("label", "takes text."))
    elif label is not None and len(label) > MOST_LETTERS:
        found.append(("label", f"has {len(label):,} letters; {MOST_LETTERS} are the most."))
    found += [(name, message) for name in NUMBERS if (message := _number_problem(name, row.get(name)))]
    return [
        _problem(f"phases[{number}].{name:.40}", f"Phase {number}: {_NAMES.get(name, name):.40} {message}")
        for name, message in found
    ]


def _number_problem(name: str, cell: object) -> str:
    low, high = NUMBERS[name]
    if cell is None or cell == "":
        return "is empty."
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return "takes a number."
    if not low <= cell <= high:  # NaN too
        return f"is {cell:,.12g}; it must lie between {low:,g} and {high:,g}."
    if name in WHOLE and cell != int(cell):
        return f"is {cell:,.12g}; it takes whole months."
    return ""


def _problem(field: str, message: str) -> Problem:
    return Problem(field=field, severity=Severity.ERROR, message=message)
