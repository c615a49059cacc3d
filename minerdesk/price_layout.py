"""What every reader of a price file gives and is told: rows as columns, and the user's choices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minerdesk.errors import InputError
from minerdesk.price_sheet import Sheet

Floats = NDArray[np.float64]

ERCOT_ZONE, BERLIN, BRUSSELS = "America/Chicago", "Europe/Berlin", "Europe/Brussels"
PRICES = ("settlementpointprice", "spp", "lmp", "rrp", "price", "marketprice", "prices", "lmptotal", "totallmp")
_POINTS = ("settlementpointname", "settlementpoint", "location", "locationname", "regionid", "region", "node", "hub")
#: Which point counts if a file holds several and none is named: the broadest hubs first.
_PREFERRED = ("HB_HUBAVG", "HB_BUSAVG", "HB_NORTH", "HB_HOUSTON", "HB_WEST", "HB_SOUTH")


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """What a file says, one entry per row.

    Attributes
    ----------
    starts_s
        Seconds UTC, NaN where unreadable; None if the file has no times at all.
    step_s
        The length of every interval where the layout says it, else None.
    unit
        How the file itself names the unit of its prices, lower case; empty if it does not.
    zone
        The market's own clock, on which its hours of the day are counted.
    """

    layout: str
    lines: NDArray[np.int64]
    starts_s: Floats | None
    prices: Floats
    step_s: float | None = None
    label: str = ""
    unit: str = ""
    locations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the user says of a file; empty, False and None mean that it is to be found.

    Attributes
    ----------
    no_times
        The rows count an hour each, whatever else stands in the file.
    ends
        Times are those at which intervals end.
    day_first
        Whether 03/04/2024 is in April.
    """

    time_column: str = ""
    price_column: str = ""
    location: str = ""
    zone: str = ""
    no_times: bool = False
    ends: bool = False
    day_first: bool | None = None

    @property
    def names_columns(self) -> bool:
        """Whether the user reads the file by columns of his own choice, whatever layout it may have."""
        return bool(self.time_column) or self.no_times


def choose_point(
    sheet: Sheet, wanted: Wanted, usable: NDArray[np.bool_], names: tuple[str, ...] = _POINTS
) -> tuple[NDArray[np.bool_], str, tuple[str, ...], list[str]]:
    """Return which rows are of the point asked for, its name, every point there is, and what is to be said."""
    column = sheet.find(names)
    if column is None:
        return usable, "", (), []
    points = np.array(sheet.column(column))
    known = tuple(dict.fromkeys(points[usable].tolist()))
    if wanted.location:
        chosen = next((point for point in known if point.lower() == wanted.location.lower()), None)
        if chosen is None:
            listed = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
            raise InputError(f"There is no location “{wanted.location}”.", hint=f"There are: {listed}.")
        return usable & (points == chosen), chosen, known, []
    if not known:
        return usable, "", (), []
    chosen = next((point for point in _PREFERRED if point in known), known[0])
    said = [f"Of {len(known)} locations {chosen} is taken; another can be named."] if len(known) > 1 else []
    return usable & (points == chosen), chosen, known, said


def count_words(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
