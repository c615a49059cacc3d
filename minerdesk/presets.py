"""Starting points from the bundled catalogues: a miner model, a GPU, a signed lease, as edits of the inputs.

A preset fills inputs in; it is no input itself, and what it filled in may be changed like anything typed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minerdesk import words
from minerdesk.economics.machines import MachineClass
from minerdesk.economics.results import Business
from minerdesk.economics.schema import Value
from minerdesk.gpu_report import rate_lines
from minerdesk.snapshot import Snapshot
from minerdesk.store.bundle import Bundle
from minerdesk.store.tables import Asic, Deal, Gpu


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One starting point: what it is called, under which heading it stands, where it is from, what it sets."""

    label: str
    heading: str
    detail: str
    edits: Mapping[str, Value]


def miners(bundle: Bundle) -> list[Preset]:
    """Return the miner models of the catalogue, by manufacturer and then the most efficient first."""
    models = sorted(bundle.asics, key=lambda asic: (asic.manufacturer, asic.efficiency_j_per_th, asic.model))
    return [_miner(asic) for asic in models]


def _miner(asic: Asic) -> Preset:
    released = f", released {asic.released}" if asic.released else ""
    agreeing = f"{asic.sources:.0f} sources agree" if asic.sources > 1 else "one source, unconfirmed"
    return Preset(
        label=f"{asic.model}, {words.efficiency_j_per_th(asic.efficiency_j_per_th)} J/TH",
        heading=asic.manufacturer,
        detail=f"{asic.hashrate_th_s:g} TH/s at {asic.power_w:g} W, {asic.cooling}{released}; {agreeing}.",
        edits={"mining.efficiency_j_per_th": asic.efficiency_j_per_th},
    )


def machine_classes(bundle: Bundle) -> list[tuple[Preset, MachineClass]]:
    """Return the same models as classes of one machine each, to be laid in a fleet."""
    models = sorted(bundle.asics, key=lambda asic: (asic.manufacturer, asic.efficiency_j_per_th, asic.model))
    return [
        (
            _miner(asic),
            MachineClass(model=asic.model, count=1, hashrate_th_s=asic.hashrate_th_s, power_w=asic.power_w),
        )
        for asic in models
    ]


def gpus(bundle: Bundle) -> list[Preset]:
    """Return the accelerators whose draw at the meter is known. Prices of a later month than the clock's are absent."""
    return [_gpu(gpu) for gpu in bundle.gpus if gpu.meter_kw_per_gpu is not None]


def _gpu(gpu: Gpu) -> Preset:
    known: dict[str, float | None] = {
        "gpu.meter_kw_per_gpu": gpu.meter_kw_per_gpu,
        "gpu.capex_usd_per_gpu": gpu.capex_usd_per_gpu,
        "gpu.rate_usd_per_gpu_hour": gpu.contract_usd_per_gpu_hour,
    }
    told = [f"{gpu.meter_kw_per_gpu:g} kW at the meter"]
    if gpu.contract_usd_per_gpu_hour is not None:
        told.append(f"contract {gpu.contract_usd_per_gpu_hour:.2f} $/h")
    if gpu.capex_usd_per_gpu is not None:
        told.append(f"{words.money(gpu.capex_usd_per_gpu)} capital")
    note = f"; {gpu.note}" if gpu.note else ""
    return Preset(
        label=f"{gpu.name}, {told[0]}",
        heading=gpu.vendor,
        detail=f"{', '.join(told)}. As of {gpu.prices_as_of}{note}.",
        edits={key: value for key, value in known.items() if value is not None},
    )


def rates(snapshot: Snapshot) -> list[Preset]:
    """Return what each source tells of each GPU's rental rate, under its GPU; only the rate is filled in."""
    return [
        Preset(
            label=f"{words.figure(line.usd_per_gpu_hour, 2)} $/GPU-h, {line.source_label}",
            heading=line.label,
            detail=f"{line.kind}, {line.cadence}, as of {words.day(line.as_of)}"
            + (f"; {line.offers} offers of {line.sellers} sellers" if line.offers and line.sellers else "")
            + (f"; {line.licence}" if line.licence else "")
            + ". A list price is no revenue.",
            edits={"gpu.rate_usd_per_gpu_hour": round(line.usd_per_gpu_hour, 4)},
        )
        for line in rate_lines(snapshot)
    ]


def leases(bundle: Bundle) -> list[Preset]:
    """Return the signed colocation leases as rents: the contract's mean over its years, per kW of critical IT load."""
    return [_lease(deal) for deal in bundle.deals if deal.business is Business.COLOCATION]


def _lease(deal: Deal) -> Preset:
    rent = deal.lease().mean_usd_per_kw_month
    return Preset(
        label=f"{deal.operator} to {deal.tenant}, {words.figure(rent, 1)} $/kW-month",
        heading="Mean over the contract",
        detail=f"Signed {deal.signed}: {deal.total_usd_billion:g} B$ over {deal.years:g} years for {deal.it_mw:g} MW "
        f"of IT load; power {deal.power}; {deal.terms}.",
        edits={"colo.rent_usd_per_kw_month": round(rent, 1)},
    )


def by_heading(presets: Iterable[Preset]) -> dict[str, list[Preset]]:
    """Return presets under their headings, both in the order in which they come."""
    grouped: dict[str, list[Preset]] = {}
    for preset in presets:
        grouped.setdefault(preset.heading, []).append(preset)
    return grouped
