"""Guard-rails of machine classes: cells that are right in another unit, and a desk that judges another fleet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from minerdesk import words
from minerdesk.economics.fleet import Fleet
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.machines import Floats, Machines
from minerdesk.economics.networkrails import Finding
from minerdesk.errors import Problem, Severity

#: What a power price lies between beyond suspicion, as of the input power.price_usd_per_mwh.
USUAL_USD_PER_MWH = (10.0, 500.0)
#: The dearest machine on sale costs well under this per TH/s; a whole machine costs more.
DEAREST_USD_PER_TH = 150.0
#: The desk's efficiency may differ from the classes' mean by so much, their load be so much above the site's.
_ANOTHER_FLEET, _ABOVE_THE_SITE = 0.10, 0.05


@dataclass(frozen=True, kw_only=True)
class _CellSlip:
    """One unit that is easily written for another in a column: which cells look so, and what was probably meant."""

    column: str
    label: str
    unit: str
    looks_like: str
    meant: Callable[[Machines, Floats], Floats]


def _price_in(factor: float) -> Callable[[Machines, Floats], Floats]:
    """Return the doubt of a power price: unusual as it stands, usual times `factor`. NaN is no doubt."""

    def meant(_machines: Machines, values: Floats) -> Floats:
        low, high = USUAL_USD_PER_MWH
        found = values * factor
        return np.where((values > 0) & (values < low) & (found >= low) & (found <= high), found, np.nan)

    return meant


def _of_a_machine(machines: Machines, values: Floats) -> Floats:
    """Return a price per TH/s above any there is, divided by the machine's TH/s; NaN where there is no doubt."""
    return np.where(values > DEAREST_USD_PER_TH, values / machines.hashrate_th_s, np.nan)


#: Every slip that is looked for; a cell is named by the first that fits.
_SLIPS = (
    *(
        _CellSlip(
            column="power_price_usd_per_mwh",
            label="power price",
            unit="$/MWh",
            looks_like=f"a price in {unit}",
            meant=_price_in(factor),
        )
        for unit, factor in (("$/kWh", 1_000.0), ("¢/kWh", 10.0))
    ),
    *(
        _CellSlip(
            column=f"{what}_usd_per_th",
            label=f"{what} price" if what == "purchase" else "resale value",
            unit="$/TH",
            looks_like="that of a whole machine",
            meant=_of_a_machine,
        )
        for what in ("purchase", "resale")
    ),
)


def row_doubts(machines: Machines) -> list[Problem]:
    """Return a warning per kind of slip: the first class that it is seen in, and how many more there are."""
    found = []
    for slip in _SLIPS:
        values: Floats = getattr(machines, slip.column)
        with np.errstate(invalid="ignore"):
            meant = slip.meant(machines, values)
        places = np.flatnonzero(np.isfinite(meant))
        if not len(places):
            continue
        first = int(places[0])
        others = len(places) - 1
        more = f" So {'does 1 more class' if others == 1 else f'do {others:,} more classes'}." if others else ""
        message = (
            f"Machine class {first + 1} ({machines.models[first]:.40}): "
            f"a {slip.label} of {values[first]:,.6g} {slip.unit} looks like {slip.looks_like}. "
            f"It is used as typed. If so, type {meant[first]:,.4g} {slip.unit}.{more}"
        )
        found.append(Problem(field=f"fleet.{slip.column}", severity=Severity.WARNING, message=message))
    return found


def another_fleet(machines: Machines, inputs: Inputs) -> Iterator[Finding]:
    """Recognise a desk that judges a fleet other than the machine classes: by its J/TH, and by its megawatts."""
    if not len(machines):
        return
    total = Fleet(machines=machines, inputs=inputs, hashprice_usd_per_ph_day=None).total
    typed, mean = inputs.mining.efficiency_j_per_th, total.mean_efficiency_j_per_th
    if mean is not None and abs(typed / mean - 1) > _ANOTHER_FLEET:
        yield Finding(
            "mining.efficiency_j_per_th",
            f"The desk judges {typed:g} J/TH; your machine classes are {mean:.1f} J/TH on average.",
            f"To judge those, type {mean:.1f}.",
        )
    if total.mw > inputs.site.capacity_mw * (1 + _ABOVE_THE_SITE):
        yield Finding(
            "site.capacity_mw",
            f"Your machine classes draw {words.figure(total.mw, 1)} MW at the meter, more than the site’s "
            f"{inputs.site.capacity_mw:g} MW.",
            "Check their number, or the site’s size.",
        )
