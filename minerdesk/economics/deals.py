"""Signed AI leases in the usual units, so that a rent of one's own can be placed among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minerdesk.errors import Problem, Severity

Row = Mapping[str, str | float | bool | None]

#: The columns of a row: text first, then numbers with their hard bounds; the last three may be empty.
TEXTS = ("operator", "tenant", "signed")
NUMBERS: Mapping[str, tuple[float, float]] = {
    "total_usd": (1, 1e13),
    "years": (0.1, 100),
    "it_mw": (0.001, 1e6),
    "pue": (1, 3),
    "escalator_fraction": (-0.2, 0.5),
}
OPTIONAL = frozenset({"tenant", "signed", "pue", "escalator_fraction"})


@dataclass(frozen=True, kw_only=True)
class Lease:
    """One signed lease. `total_usd` is the contract's whole rent over `years` for `it_mw` of critical IT load."""

    operator: str
    tenant: str
    signed: str
    total_usd: float
    years: float
    it_mw: float
    pue: float | None = None
    escalator_fraction: float | None = None


def check_rows(rows: Sequence[Row]) -> list[Problem]:
    """Return everything that is wrong with rows of leases, each problem with its row's number, from 1."""
    return [
        Problem(field=f"deals[{index}].{column}", severity=Severity.ERROR, message=f"Lease {index}: {message}")
        for index, row in enumerate(rows, start=1)
        for column, message in _problems(row)
    ]


def _problems(row: Row) -> list[tuple[str, str]]:
    found = [(column, f"there is no column “{column:.40}”.") for column in row if column not in (*TEXTS, *NUMBERS)]
    for column in (*TEXTS, *NUMBERS):
        cell = row.get(column)
        if cell is None or cell == "":
            if column not in OPTIONAL:
                found.append((column, f"{column} is empty."))
        elif column in TEXTS:
            if not isinstance(cell, str):
                found.append((column, f"{column} takes text."))
        elif isinstance(cell, bool) or not isinstance(cell, int | float):
            found.append((column, f"{column} takes a number."))
        elif not NUMBERS[column][0] <= cell <= NUMBERS[column][1]:
            low, high = NUMBERS[column]
            found.append((column, f"{column} is {cell:,.12g}; it must lie between {low:,g} and {high:,g}."))
    return found
