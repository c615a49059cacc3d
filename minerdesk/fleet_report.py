"""The fleet as plain data: the object of ``fleet --json``, the table in a workbook, and what is said of it in words."""

import math
from typing import Any

from minerdesk import words
from minerdesk.economics.fleet import Fleet
from minerdesk.economics.machines import Floats, Machines, default_class
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.snapshot import Snapshot

TITLE = "The fleet as a merit order"
BASIS = (
    "Breakevens are short-run: revenue equals power cost; opex and capital left out. Money per year is net of power "
    "and opex. Under water: revenue below the class's own power price."
)
CONVERSION_BASIS = (
    "Loss of converting a MW, a year: the margin given up (nothing below zero, for such machines would stand still), "
    "less the capital of a class still to be bought, or less the resale value of a sunk one, spread over "
    "mining.asic_life_years at mining.discount_rate."
)


def has_own_classes(snapshot: Snapshot) -> bool:
    """Whether the user has laid a fleet; without one the fleet of the inputs stands in."""
    return bool(snapshot.tables.get("fleet"))


def machines_of(snapshot: Snapshot) -> Machines:
    """Return the user's machine classes; without any, the fleet of the inputs as one class."""
    rows = snapshot.tables.get("fleet")
    return Machines.of_rows(rows) if rows else Machines.of([default_class(snapshot.inputs)])


def fleet_of(snapshot: Snapshot, machines: Machines | None = None) -> Fleet:
    """Return the fleet at the snapshot's inputs and hashprice; `machines` spares reading the rows again."""
    return Fleet(
        machines=machines_of(snapshot) if machines is None else machines,
        inputs=snapshot.inputs,
        hashprice_usd_per_ph_day=snapshot.results.network.hashprice_usd_per_ph_day,
    )


def fleet_object(snapshot: Snapshot) -> dict[str, Any]:
    """Return the object of ``fleet --json``. The names are a contract with scripts; what is not known is null."""
    fleet = fleet_of(snapshot)
    total, first = fleet.total, fleet.first_to_convert
    return {
        "as_of": snapshot.now,
        "hashprice_usd_per_ph_day": fleet.hashprice_usd_per_ph_day,
        "power_usd_per_mwh": snapshot.inputs.power.all_in_usd_per_mwh,
        "is_default": not has_own_classes(snapshot),
        "total": {name: getattr(total, name) for name in total.__dataclass_fields__},
        "first_to_convert": None
        if first is None
        else {
            "row": first + 1,
            "model": fleet.machines.models[first],
            "conversion_loss_usd_per_mw_year": float(fleet.conversion_loss_usd_per_mw_year[first]),
        },
        "classes": _class_objects(fleet),
    }


def _class_objects(fleet: Fleet) -> list[dict[str, Any]]:
    """Return the classes in merit order, the highest breakeven power price first."""
    columns = {column.key: values for column, values in _values(fleet)}
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


_COLUMNS = (
    Column(key="row", title="Row", decimals=0),
    Column(key="model", title="Model", kind=Kind.TEXT),
    Column(key="count", title="Machines", decimals=0),
    Column(key="hashrate_th_s", title="Hash rate", unit="TH/s", decimals=1),
    Column(key="power_w", title="Power", unit="W", decimals=0),
    Column(key="efficiency_j_per_th", title="Efficiency", unit="J/TH", decimals=1),
    Column(key="uptime_fraction", title="Uptime", unit="fraction", decimals=3),
    Column(key="site_overhead", title="Overhead", decimals=3),
    Column(key="power_usd_per_mwh", title="Power price", unit="$/MWh", decimals=2),
    Column(key="purchase_usd_per_th", title="Purchase", unit="$/TH", decimals=2),
    Column(key="resale_usd_per_th", title="Resale", unit="$/TH", decimals=2),
    Column(key="mw", title="At the meter", unit="MW", decimals=2),
    Column(key="cumulative_mw", title="Cumulative", unit="MW", decimals=2),
    Column(key="mwh_per_year", title="Energy", unit="MWh/year", decimals=0),
    Column(key="breakeven_power_usd_per_mwh", title="Breakeven power", unit="$/MWh", decimals=2),
    Column(key="breakeven_hashprice_usd_per_ph_day", title="Breakeven hashprice", unit="$/PH/day", decimals=2),
    Column(key="under_water", title="Under water", kind=Kind.TEXT),
    Column(key="margin_usd_per_mwh", title="Margin", unit="$/MWh", decimals=2),
    Column(key="margin_usd_per_year", title="Margin of the class", unit="$/year", decimals=0),
    Column(key="margin_usd_per_mw_year", title="Margin, sunk", unit="$/MW-year", decimals=0),
    Column(key="capital_usd_per_mw_year", title="Capital charge", unit="$/MW-year", decimals=0),
    Column(key="after_capital_usd_per_mw_year", title="After capital", unit="$/MW-year", decimals=0),
    Column(key="resale_usd_per_mw", title="Resale frees", unit="$/MW", decimals=0),
    Column(key="resale_usd_per_mw_year", title="Resale spread", unit="$/MW-year", decimals=0),
    Column(key="conversion_loss_usd_per_mw_year", title="Loss of converting", unit="$/MW-year", decimals=0),
    Column(key="conversion_rank", title="Convert as number", decimals=0),
    Column(key="fleet_margin_at_stop_usd_per_year", title="Fleet's margin when it stops", unit="$/year", decimals=0),
)
#: What the code calls otherwise than scripts do.
_ATTRIBUTES = {"breakeven_power_usd_per_mwh": "breakeven_usd_per_mwh"}


def _values(fleet: Fleet) -> list[tuple[Column, list[Any]]]:
    """Return every column with its cells in merit order; None is not known."""
    order = fleet.merit_order
    ranks = order.copy()
    ranks[fleet.conversion_order] = range(1, len(fleet) + 1)
    special: dict[str, list[Any]] = {
        "row": (order + 1).tolist(),
        "model": [fleet.machines.models[index] for index in order],
        "cumulative_mw": fleet.cumulative_mw.tolist(),
        "conversion_rank": ranks[order].tolist() if fleet.first_to_convert is not None else [None] * len(fleet),
        "under_water": fleet.is_under_water[order].tolist(),
    }

    def cells(key: str) -> list[Any]:
        if key in special:
            return special[key]
        name = _ATTRIBUTES.get(key, key)
        values: Floats = getattr(fleet if hasattr(fleet, name) else fleet.machines, name)
        return [value if math.isfinite(value) else None for value in values[order].tolist()]

    return [(column, cells(column.key)) for column in _COLUMNS]


def fleet_table(snapshot: Snapshot) -> Table:
    """Return every class in merit order."""
    fleet = fleet_of(snapshot)

    def told(column: Column, cells: list[Any]) -> list[Cell]:
        return [("yes" if cell else "no") for cell in cells] if column.key == "under_water" else cells

    columns = [told(column, cells) for column, cells in _values(fleet)]
    return Table(
        name="Fleet",
        title=TITLE,
        columns=_COLUMNS,
        rows=tuple(zip(*columns, strict=True)),
        notes=(*map(words.plain, sentences(fleet)), BASIS, CONVERSION_BASIS),
    )


# -- in words ---------------------------------------------------------------------------------------------------------


def sentences(fleet: Fleet) -> list[str]:
    """Say what the fleet is, what is under water, and what to convert first."""
    return [size_words(fleet), water_words(fleet), *filter(None, [conversion_words(fleet)])]


def size_words(fleet: Fleet) -> str:
    """Say how large the fleet is."""
    total = fleet.total
    mean = words.efficiency_j_per_th(total.mean_efficiency_j_per_th)
    return f"{_size(total.hashrate_eh_s, 2)} EH/s on {_size(total.mw, 1)} MW, {mean} J/TH on average."


def _size(value: float, decimals: int) -> str:
    """Write a size with so many decimals, or, where those would say nothing, with two figures that matter.

    >>> _size(5.4421, 2), _size(100.0, 1), _size(0.001, 1), _size(0.0000544, 2)
    ('5.44', '100', '0.001', '0.000054')
    """
    if value >= 10.0**-decimals or value <= 0:
        return words.general(value, decimals=decimals)
    return words.figure(value, 1 - math.floor(math.log10(value))).rstrip("0")


def water_words(fleet: Fleet) -> str:
    """Say what is under water at today's prices and what the fleet earns."""
    total = fleet.total
    if fleet.hashprice_usd_per_ph_day is None:
        return "Without a hashprice no breakeven power price is known."
    at = f"at {words.hashprice(fleet.hashprice_usd_per_ph_day)} $/PH/day"
    margin = total.margin_of_running_usd_per_year
    earned = f"the fleet earns {words.money(margin) + ' a year' if margin else 'nothing'} {at}"
    if not total.classes_under_water:
        return f"Nothing is under water; {earned}."
    classes, those = ("class is", "it") if total.classes_under_water == 1 else ("classes are", "them")
    return (
        f"{words.figure(total.classes_under_water)} {classes} under water, "
        f"{_size(total.mw_under_water, 1)} MW; with {those} off {earned}."
    )


def conversion_words(fleet: Fleet) -> str:
    """Say which class to convert first; empty where that can't be known or there is no choice."""
    first = fleet.first_to_convert
    if first is None or len(fleet) == 1:
        return ""
    loss = float(fleet.conversion_loss_usd_per_mw_year[first])
    result = (
        f"gains {words.money(-loss)}" if loss < 0 else f"costs {words.money(loss)}" if loss > 0 else "costs nothing"
    )
    return f"Convert {fleet.machines.models[first]} first: a MW of it {result} a year."
