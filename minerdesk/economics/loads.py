"""A fleet as loads that are dispatched: machines that stop at the same price, very many classes gathered."""

from dataclasses import dataclass

import numpy as np

from minerdesk.economics.fleet import Fleet
from minerdesk.economics.prices import Ints

#: More classes are gathered: so many lines can be read, and so many are computed in a moment on any span.
MOST_LOADS = 60


@dataclass(frozen=True, kw_only=True)
class Load:
    """Machines that stop at the same price.

    Attributes
    ----------
    stop_at_usd_per_mwh
        What a MWh earns less the adder: above that energy price they stop. With a price of their own, what it earns.
    own_price_usd_per_mwh
        The class's own all-in price in place of the site's contract; no demand charge and no credit go with it.
    classes
        How many machine classes it stands for; more than one is gathered.
    """

    model: str
    mw: float
    stop_at_usd_per_mwh: float
    own_price_usd_per_mwh: float | None = None
    classes: int = 1


def loads_of(fleet: Fleet) -> tuple[Load, ...]:
    """Return the classes of a fleet in merit order; none without a hashprice.

    More than 60 are gathered in that order into as many of about the same number of classes, those with a power price
    of their own apart, each at the mean of its megawatts.
    """
    if fleet.hashprice_usd_per_ph_day is None:
        return ()
    own = fleet.machines.power_price_usd_per_mwh
    order = fleet.merit_order
    parts = [order[np.isnan(own[order])], order[~np.isnan(own[order])]]
    found = []
    for part in parts:
        most = len(part) if len(order) <= MOST_LOADS else max(1, round(MOST_LOADS * len(part) / len(order)))
        found += [_gathered(fleet, rows) for rows in np.array_split(part, most)] if len(part) else []
    return tuple(found)


def _gathered(fleet: Fleet, rows: Ints) -> Load:
    mw, own = fleet.mw[rows], fleet.machines.power_price_usd_per_mwh[rows]
    share = mw / mw.sum()
    pays_own = not np.isnan(own[0])
    earns = float(np.dot(share, fleet.breakeven_usd_per_mwh[rows]))
    model = fleet.machines.models[rows[0]]
    return Load(
        model=model if len(rows) == 1 else f"{model} and {len(rows) - 1} like it",
        mw=float(mw.sum()),
        stop_at_usd_per_mwh=earns if pays_own else earns - fleet.inputs.power.adder_usd_per_mwh,
        own_price_usd_per_mwh=float(np.dot(share, own)) if pays_own else None,
        classes=len(rows),
    )
