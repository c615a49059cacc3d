"""The machine classes of a fleet: rows of the user's own, checked and turned into columns of numbers.

A class is so many machines of one model on the same terms. What a cell leaves open is the site's own: uptime, overhead,
power price. Everything over many rows is done column by column, so that a hundred thousand rows cost a moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import NoneType

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.inputs import Inputs
from minerdesk.errors import Problem, Severity

Floats = NDArray[np.float64]
Row = Mapping[str, str | float | bool | None]

#: The columns of a row that hold numbers, with their hard bounds; `model` is text.
NUMBERS: Mapping[str, tuple[float, float]] = {
    "count": (1e-6, 1e8),
    "hashrate_th_s": (1e-6, 1e6),
    "power_w": (1e-3, 1e7),
    "uptime_fraction": (0.01, 1),
    "site_overhead": (1, 3),
    "power_price_usd_per_mwh": (-1_000, 10_000),
    "purchase_usd_per_th": (0, 10_000),
    "resale_usd_per_th": (0, 10_000),
}
REQUIRED = ("model", "count", "hashrate_th_s", "power_w")
COLUMNS = frozenset({"model", *NUMBERS})
#: As of the input mining.efficiency_j_per_th: outside them a unit was mistaken.
EFFICIENCY_J_PER_TH = (1.0, 10_000.0)
MOST_ROWS, MOST_LETTERS, MOST_PROBLEMS = 100_000, 120, 200

_TH_PER_PH = 1_000.0
_PLAIN_NUMBERS = frozenset({int, float, NoneType})


@dataclass(frozen=True, kw_only=True)
class MachineClass:
    """So many machines of one model. None means the site's own; a purchase price of 0 is a sunk class.

    `hashrate_th_s` and `power_w` are those of one machine at its plug, `purchase_usd_per_th` what a class still to be
    bought costs, `resale_usd_per_th` what its machines would fetch today.
    """

    model: str
    count: float
    hashrate_th_s: float
    power_w: float
    uptime_fraction: float | None = None
    site_overhead: float | None = None
    power_price_usd_per_mwh: float | None = None
    purchase_usd_per_th: float = 0.0
    resale_usd_per_th: float = 0.0

    @property
    def efficiency_j_per_th(self) -> float:
        """Return J/TH at the plug: ``W / (TH/s)``."""
        return self.power_w / self.hashrate_th_s

    def row(self) -> dict[str, str | float | bool | None]:
        """Return the class as a row of the table; what is left to the site has no cell."""
        cells = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: cell for name, cell in cells.items() if cell is not None}


@dataclass(frozen=True, kw_only=True, eq=False)
class Machines:
    """Classes by columns, each as long as `models`; NaN in uptime, overhead and power price is the site's own."""

    models: tuple[str, ...]
    count: Floats
    hashrate_th_s: Floats
    power_w: Floats
    uptime_fraction: Floats
    site_overhead: Floats
    power_price_usd_per_mwh: Floats
    purchase_usd_per_th: Floats
    resale_usd_per_th: Floats

    def __len__(self) -> int:
        return len(self.models)

    @classmethod
    def of(cls, classes: Iterable[MachineClass]) -> "Machines":
        """Return classes as columns."""
        return cls.of_rows([one.row() for one in classes])

    @classmethod
    def of_rows(cls, rows: Sequence[Row]) -> "Machines":
        """Return rows that `check_rows` finds nothing wrong with as columns."""
        columns = {name: _numbers(rows, name)[0] for name in NUMBERS}
        for name in ("purchase_usd_per_th", "resale_usd_per_th"):
            columns[name] = np.nan_to_num(columns[name])
        return cls(models=tuple(str(row["model"]).strip() for row in rows), **columns)


def default_class(inputs: Inputs) -> MachineClass:
    """Return the fleet of the inputs as one class: the whole site at `mining.efficiency_j_per_th`.

    It is counted in PH/s, for which machines it is made of is not known.
    """
    efficiency = inputs.mining.efficiency_j_per_th
    power_w = _TH_PER_PH * efficiency
    return MachineClass(
        model=f"The inputs’ fleet, {efficiency:g} J/TH",
        count=inputs.site.capacity_mw * 1e6 / (power_w * inputs.mining.site_overhead),
        hashrate_th_s=_TH_PER_PH,
        power_w=power_w,
        purchase_usd_per_th=inputs.mining.asic_price_usd_per_th,
    )


# -- what may stand in a row ------------------------------------------------------------------------------------------


def check_rows(rows: Sequence[Row]) -> list[Problem]:
    """Return what is wrong with rows of machine classes, each problem with its row's number, from 1.

    Of very many problems the first 200 are told, and how many more there are.
    """
    if len(rows) > MOST_ROWS:
        return [_problem("fleet", f"The fleet has {len(rows):,} rows; {MOST_ROWS:,} are the most that it takes.")]
    found = sorted(faults(rows), key=lambda fault: fault[0])
    told = [
        _problem(f"fleet[{index + 1}].{column}", f"Machine class {index + 1}: {column} {message}")
        for index, column, message in found[:MOST_PROBLEMS]
    ]
    more = len(found) - MOST_PROBLEMS
    return [*told, _problem("fleet", f"{more:,} more cells of the fleet can’t be used.")] if more > 0 else told


def faults(rows: Sequence[Row]) -> list[tuple[int, str, str]]:
    """Return every cell that can't be used: the row from 0, the column, what is to be said after its name."""
    found = [
        (index, f"{column:.40}", "is no column of a machine class.")
        for index, row in enumerate(rows)
        if not row.keys() <= COLUMNS
        for column in row.keys() - COLUMNS
    ]
    for index, row in enumerate(rows):
        problem = _model_problem(row.get("model"))
        if problem:
            found.append((index, "model", problem))
    columns: dict[str, Floats] = {}
    for name, (low, high) in NUMBERS.items():
        columns[name], no_numbers = _numbers(rows, name)
        found += [(index, name, "takes a number.") for index in no_numbers]
        values = columns[name]
        found += [(index, name, _bounds_words(values[index], low, high)) for index in _outside(values, low, high)]
        if name in REQUIRED:
            empty = set(np.flatnonzero(np.isnan(values)).tolist()) - set(no_numbers)
            found += [(index, name, "is empty.") for index in sorted(empty)]
    return found + _efficiency_faults(columns, {index for index, *_ in found})


def _efficiency_faults(columns: Mapping[str, Floats], known: set[int]) -> list[tuple[int, str, str]]:
    """Return rows whose W and TH/s don't belong together, where both by themselves can be used."""
    with np.errstate(all="ignore"):
        efficiency = columns["power_w"] / columns["hashrate_th_s"]
    low, high = EFFICIENCY_J_PER_TH
    return [
        (index, "power_w", f"makes {efficiency[index]:,.4g} J/TH with its TH/s; check the units of both.")
        for index in _outside(efficiency, low, high)
        if index not in known
    ]


def _numbers(rows: Sequence[Row], name: str) -> tuple[Floats, list[int]]:
    """Return a column, NaN where a cell is empty or no number, and the rows where it is no number."""
    cells = [row.get(name) for row in rows]
    if set(map(type, cells)) <= _PLAIN_NUMBERS:
        return np.array(cells, dtype=float), []
    wrong = [index for index, cell in enumerate(cells) if type(cell) not in _PLAIN_NUMBERS and cell != ""]
    return np.array([cell if type(cell) in _PLAIN_NUMBERS else None for cell in cells], dtype=float), wrong


def _outside(values: Floats, low: float, high: float) -> list[int]:
    rows: list[int] = np.flatnonzero((values < low) | (values > high)).tolist()
    return rows


def _bounds_words(value: float, low: float, high: float) -> str:
    return f"is {value:,.12g}; it must lie between {low:,.12g} and {high:,.12g}."


def _model_problem(cell: object) -> str:
    if type(cell) is not str:
        return "is empty." if cell is None else "takes text."
    if len(cell) > MOST_LETTERS:
        return f"has {len(cell):,} letters; {MOST_LETTERS} are the most."
    return "" if cell.strip() else "is empty."


def _problem(field: str, message: str) -> Problem:
    return Problem(field=field, severity=Severity.ERROR, message=message)
