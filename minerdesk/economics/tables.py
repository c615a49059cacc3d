"""The tables that a user may keep beside the inputs: rows of named cells, saved in the scenario.

The desk and the store know rows only; what a row means is told by the part of the model that a table belongs to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from minerdesk.economics import deals, machines, published, zones
from minerdesk.economics.plan import phases
from minerdesk.errors import Problem

#: One cell, and one row by column name.
Cell = str | float | bool | None
Row = Mapping[str, Cell]


@dataclass(frozen=True, kw_only=True)
class TableKind:
    """The declaration of one table; `check` returns what is wrong with its rows, each problem with its row's number."""

    name: str
    label: str
    check: Callable[[Sequence[Row]], list[Problem]]


#: Every table by name.
TABLES: Mapping[str, TableKind] = MappingProxyType(
    {
        "deals": TableKind(name="deals", label="Signed leases of your own", check=deals.check_rows),
        "published": TableKind(
            name="published", label="Published hashprices that you check", check=published.check_rows
        ),
        "fleet": TableKind(name="fleet", label="Machine classes of your fleet", check=machines.check_rows),
        "phases": TableKind(name="phases", label="Phases of the conversion", check=phases.check_rows),
        "zones": TableKind(name="zones", label="Price zones of your own", check=zones.check_rows),
    }
)
