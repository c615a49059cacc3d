"""The fleet of a Snapshot as the spec of a supply curve; screen and file are painted from it."""

from functools import partial

import numpy as np

from minerdesk import words
from minerdesk.economics.fleet import Fleet
from minerdesk.economics.machines import MachineClass, Machines
from minerdesk.fleet_report import conversion_words, fleet_of, has_own_classes, size_words, water_words
from minerdesk.snapshot import Snapshot
from minerdesk.ui.charts.supply import Rung, SupplySpec

#: As many classes are read out; the table has them all.
_MOST_SPOKEN = 12
#: The ladder beside the fleet of the inputs: confirmed models, and none so old that it would only press the scale.
_CONFIRMED_BY, _LEAST_OF_INTEREST_J_PER_TH = 2, 60.0


def supply_curve(snapshot: Snapshot, fleet: Fleet) -> SupplySpec:
    """Return the supply curve of a fleet at the snapshot's power price and hashprice."""
    order = fleet.merit_order
    return SupplySpec(
        title=" ".join(filter(None, [water_words(fleet), conversion_words(fleet)])),
        model=lambda place: fleet.machines.models[order[place]],
        mw=fleet.mw[order],
        breakeven_usd_per_mwh=fleet.breakeven_usd_per_mwh[order],
        price_usd_per_mwh=fleet.power_usd_per_mwh[order],
        site_price_usd_per_mwh=snapshot.inputs.power.all_in_usd_per_mwh,
        note=partial(_note, fleet),
        ladder=() if has_own_classes(snapshot) else ladder(snapshot),
        caption=_caption(snapshot, fleet),
        summary=_summary(fleet),
        empty_text="No breakeven is known without a hashprice. Refresh, or type one.",
    )


def ladder(snapshot: Snapshot) -> tuple[Rung, ...]:
    """Return where well-known machines would break even on this site: those on which two sources or more agree."""
    confirmed = [asic for asic in snapshot.catalogue if asic.sources >= _CONFIRMED_BY]
    machines = [
        MachineClass(model=asic.model, count=1, hashrate_th_s=asic.hashrate_th_s, power_w=asic.power_w)
        for asic in confirmed
        if asic.efficiency_j_per_th <= _LEAST_OF_INTEREST_J_PER_TH
    ]
    if not machines or snapshot.results.network.hashprice_usd_per_ph_day is None:
        return ()
    found = fleet_of(snapshot, Machines.of(machines))
    return tuple(
        Rung(label=f"{model}, {words.efficiency_j_per_th(float(e))} J/TH", breakeven_usd_per_mwh=float(breakeven))
        for model, e, breakeven in zip(
            found.machines.models, found.efficiency_j_per_th, found.breakeven_usd_per_mwh, strict=True
        )
    )


def _note(fleet: Fleet, place: int) -> str:
    return class_words(fleet, int(fleet.merit_order[place]))


def class_words(fleet: Fleet, index: int) -> str:
    """Return what there is to say of one class, in the three cases, in a few plain sentences."""

    def of(name: str) -> float:
        return float(getattr(fleet, name)[index])

    def yearly(name: str) -> str:
        return words.money(of(name))

    told = [
        f"{fleet.machines.models[index]}: {words.figure(of('mw'), 2)} MW at "
        f"{words.efficiency_j_per_th(of('efficiency_j_per_th'))} J/TH.",
        f"Breaks even at {words.usd_per_mwh(of('breakeven_usd_per_mwh'))} $/MWh or "
        f"{words.hashprice(of('breakeven_hashprice_usd_per_ph_day'))} $/PH/day; pays "
        f"{words.usd_per_mwh(of('power_usd_per_mwh'))} $/MWh.",
        f"When it stops there, the rest of the fleet earns {yearly('fleet_margin_at_stop_usd_per_year')} a year.",
        f"Kept it earns {yearly('margin_usd_per_mw_year')} per MW and year.",
    ]
    if fleet.machines.purchase_usd_per_th[index]:
        told.append(f"Bought new it leaves {yearly('after_capital_usd_per_mw_year')} after capital.")
    elif fleet.machines.resale_usd_per_th[index]:
        told.append(f"Sold it frees {yearly('resale_usd_per_mw')} per MW, {yearly('resale_usd_per_mw_year')} a year.")
    return " ".join(told)


def _caption(snapshot: Snapshot, fleet: Fleet) -> str:
    own = has_own_classes(snapshot)
    told = [size_words(fleet)]
    if not own:
        told.append("This is the fleet of the inputs, filling the site; lay machine classes of your own below.")
        told.append("Dashes: where other models would break even here (catalogue, two sources or more).")
    if np.ptp(fleet.power_usd_per_mwh) > 0:
        told.append("Dashed: a class’s own power price.")
    told.append("Breakevens are short-run, opex and capital left out.")
    hashprice = words.hashprice(fleet.hashprice_usd_per_ph_day)
    told.append(f"Hashprice {hashprice} $/PH/day, as of {words.day_and_time(snapshot.now)} UTC.")
    return " ".join(told)


def _summary(fleet: Fleet) -> str:
    listed = [
        f"{fleet.machines.models[index]} {words.usd_per_mwh(float(fleet.breakeven_usd_per_mwh[index]))}"
        for index in fleet.merit_order[:_MOST_SPOKEN]
    ]
    more = len(fleet) - len(listed)
    rest = f"; and {more:,} more" if more > 0 else ""
    return f"Breakeven power prices in $/MWh: {'; '.join(listed)}{rest}. {water_words(fleet)}"
