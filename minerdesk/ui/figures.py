"""From a Snapshot to what charts show: titles that state the result, curves, levels, captions. Draws nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.deals import SignedLease
from minerdesk.economics.hosting import gpus_per_mw, lease_revenue_usd_per_mwh
from minerdesk.economics.results import Business, BusinessResult
from minerdesk.snapshot import Snapshot
from minerdesk.ui.captions import halvings, moment, seams, series_caption
from minerdesk.ui.charts.model import BarsSpec, BusinessBars, ChartSpec, Curve, Level, Shape
from minerdesk.units import SECONDS_PER_DAY

#: Today's mining revenue and the end of its history are one line if they differ by no more than this share.
CLOSE_ENOUGH = 0.02


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What the chart over time compares. `per_mw_year` turns $/MWh into thousands of $ per MW-year.

    Costs are taken off the historical revenue as they stand today: the question is what this fleet at today's costs
    would have kept.
    """

    name: str
    label: str
    value: Callable[[BusinessResult], float]
    verb: str
    unit: str = "$/MWh"
    per_mw_year: bool = False

    @property
    def is_gross(self) -> bool:
        """Whether it is revenue, before any cost."""
        return self.name == "revenue"


BASES: dict[str, Basis] = {
    basis.name: basis
    for basis in (
        Basis(name="revenue", label="Revenue", verb="earns", value=lambda result: result.revenue_usd_per_mwh),
        Basis(
            name="net_of_power",
            label="Net of power",
            verb="has after power",
            value=lambda result: result.net_of_power_usd_per_mwh,
        ),
        Basis(
            name="net_of_opex",
            label="Net of power and opex",
            verb="has after power and opex",
            value=lambda result: result.net_of_opex_usd_per_mwh,
        ),
        Basis(
            name="after_capital",
            label="After capital",
            verb="keeps",
            value=lambda result: result.after_capital_usd_per_mwh,
        ),
        Basis(
            name="mw_year",
            label="After capital per MW-year",
            verb="keeps",
            value=lambda result: result.after_capital_usd_per_mw_year / 1_000,
            unit="k$/MW-year",
            per_mw_year=True,
        ),
    )
}


def comparison_chart(snapshot: Snapshot, basis_name: str = "revenue") -> ChartSpec:
    """Return mining through time against the AI businesses at the rates typed today."""
    basis = BASES[basis_name]
    price = snapshot.trends.price
    return ChartSpec(
        name="compare",
        title=_comparison_title(snapshot, basis),
        y_title=f"{basis.label}, {basis.unit} at the meter"
        if not basis.per_mw_year
        else f"{basis.label}, {basis.unit}",
        curves=(
            *_gpu_history(snapshot, basis),
            *_lease_history(snapshot, basis),
            Curve(
                name=Business.MINING.value,
                label=_mining_label(snapshot),
                unit=basis.unit,
                times=price.times,
                values=_mining_history(snapshot, basis),
                role="mining",
                note=_mining_note(snapshot) if basis.is_gross else "",
            ),
        ),
        levels=tuple(_levels(snapshot, basis)),
        marks=halvings(snapshot),
        seams=seams(price, snapshot.trends.fees, snapshot.trends.difficulty),
        caption=_comparison_caption(snapshot, basis),
        summary=snapshot.verdict.text,
        empty_text="No price history at this date. Refresh (F5) to fetch it.",
        from_zero=basis.is_gross,
    )


def business_bars(snapshot: Snapshot) -> BarsSpec:
    """Return the four businesses per MWh from revenue to what is left after capital."""
    passed = {Business.COLOCATION: snapshot.inputs.colo, Business.POWERED_SHELL: snapshot.inputs.shell}

    def bars(result: BusinessResult) -> BusinessBars:
        lease = passed.get(result.business)
        return BusinessBars(
            name=result.business.value,
            label=result.business.label,
            role=result.business.value,
            revenue=result.revenue_usd_per_mwh,
            power_cost=result.power_cost_usd_per_mwh,
            opex=result.opex_usd_per_mwh,
            capital=result.capital_usd_per_mwh,
            left=result.after_capital_usd_per_mwh,
            note="tenant pays the power"
            if lease is not None and lease.power_passed_through
            else _fleet_note(snapshot, result),
        )

    businesses = tuple(bars(result) for result in snapshot.results.businesses.values())
    return BarsSpec(
        name="waterfall",
        title="From revenue to after capital",
        unit="$/MWh",
        businesses=businesses,
        caption=f"At the inputs of {words.day(snapshot.now)}; per MWh at the utility meter. {_site_words(snapshot)}",
        summary=snapshot.verdict.headline,
    )


def _site_words(snapshot: Snapshot) -> str:
    """Say what the whole site keeps: the one figure that grows with its MW."""
    best, mw = snapshot.results.ranking()[0], snapshot.inputs.site.capacity_mw
    kept = best.after_capital_usd_per_mw_year * mw
    verb = "keeps" if kept >= 0 else "loses"
    return f"{best.business.label} on {words.exact(mw)} MW {verb} {words.money(abs(kept))} a year."


def _fleet_note(snapshot: Snapshot, result: BusinessResult) -> str:
    if result.business is not Business.MINING:
        return ""
    return (
        "sunk fleet: no capital charge" if snapshot.inputs.mining.asic_price_usd_per_th == 0 else "newly bought fleet"
    )


def _comparison_title(snapshot: Snapshot, basis: Basis) -> str:
    shown = {business: words.general(basis.value(result)) for business, result in snapshot.results.businesses.items()}
    ai = f"GPU cloud {shown[Business.GPU_CLOUD]}, colocation {shown[Business.COLOCATION]}"
    if Business.MINING not in shown:
        return f"Mining unknown at this date; {ai} {basis.unit}"
    return f"Mining {basis.verb} {shown[Business.MINING]} {basis.unit}; {ai}"


def _mining_history(snapshot: Snapshot, basis: Basis) -> NDArray[np.float64]:
    revenue = snapshot.mining_revenue_history_usd_per_mwh()
    mined = snapshot.results.businesses.get(Business.MINING)
    return revenue if mined is None else _on_basis(revenue, mined, basis)


def _on_basis(revenue: NDArray[np.float64], today: BusinessResult, basis: Basis) -> NDArray[np.float64]:
    """Return what is left of a revenue in $/MWh after today's costs, those that the basis takes off."""
    if basis.per_mw_year:
        left = revenue - (today.revenue_usd_per_mwh - today.after_capital_usd_per_mwh)
        return left * (today.mwh_per_year / today.mw / 1_000)
    return revenue - (today.revenue_usd_per_mwh - basis.value(today))


def _gpu_history(snapshot: Snapshot, basis: Basis) -> Iterable[Curve]:
    """Return what GPUs were let for, as the cloud would have taken it in at the utilisation and draw typed today."""
    result = snapshot.results.businesses[Business.GPU_CLOUD]
    gpu = snapshot.inputs.gpu
    per_rate = gpu.utilisation_fraction * gpus_per_mw(gpu)
    for number, band in enumerate(snapshot.reference_gpu_rates):
        low, middle, high = (_on_basis(rates * per_rate, result, basis) for rates in (band.low, band.median, band.high))
        yield Curve(
            name=f"gpu_rates_{number}",
            label=f"{band.gpu} list rates, {band.panel.split(',')[0]}",
            unit=basis.unit,
            times=band.times,
            values=middle,
            low=low if np.isfinite(low).any() else None,
            high=high if np.isfinite(high).any() else None,
            role="gpu_cloud",
            projected=True,  # a list price is not realised revenue
            at_end=False,
        )


def _lease_history(snapshot: Snapshot, basis: Basis) -> Iterable[Curve]:
    """Return the signed leases at the day of their signing, as this hall would earn by them."""
    lease = snapshot.inputs.colo
    result = snapshot.results.businesses[Business.COLOCATION]
    signed = [(_signed_s(deal), deal.mean_usd_per_kw_month) for deal in snapshot.signed_leases if deal.is_rent]
    times = dict(sorted((time, rent) for time, rent in signed if time is not None))  # of two on one day the dearer
    if not times:
        return
    revenue = np.array(
        [lease_revenue_usd_per_mwh(replace(lease, rent_usd_per_kw_month=rent)) for rent in times.values()]
    )
    yield Curve(
        name="leases",
        label="Signed leases",
        unit=basis.unit,
        times=np.array(list(times), dtype=np.int64),
        values=_on_basis(revenue, result, basis),
        role="colocation",
        shape=Shape.DOTS,
        at_end=False,
    )


def _signed_s(deal: SignedLease) -> int | None:
    """Return when a lease was signed, seconds UTC, a month's by its middle; None if only the year is known."""
    text = {10: deal.signed, 7: f"{deal.signed}-15"}.get(len(deal.signed))
    return None if text is None else int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _levels(snapshot: Snapshot, basis: Basis) -> Iterable[Level]:
    for business, result in snapshot.results.businesses.items():
        if business is Business.MINING and not _mining_differs_from_history(snapshot):
            continue
        label = business.label if business is not Business.MINING else "Mining now"
        yield Level(
            name=business.value,
            value=basis.value(result),
            label=label,
            unit=basis.unit,
            role=business.value,
            note=_keeps(result) if basis.is_gross else "",
        )
    if basis.is_gross:
        power = snapshot.inputs.power.all_in_usd_per_mwh
        yield Level(name="power", value=power, label="Power cost", unit=basis.unit, role="cost")
    else:
        yield Level(name="zero", value=0.0, label="", unit=basis.unit, role="muted", at_end=False)


def _keeps(result: BusinessResult) -> str:
    kept = result.after_capital_usd_per_mwh
    return f", {'keeps' if kept >= 0 else 'loses'} {words.usd_per_mwh(abs(kept))}"


def _newest(snapshot: Snapshot) -> int | None:
    """Return the index of the newest known point of the mining history, or None."""
    known = np.flatnonzero(np.isfinite(snapshot.trends.hashprice_usd))
    return int(known[-1]) if len(known) else None


def _mining_differs_from_history(snapshot: Snapshot) -> bool:
    """Say whether today's mining revenue needs a level of its own: its history ends early, or on another network."""
    newest, mined = _newest(snapshot), snapshot.results.businesses.get(Business.MINING)
    if newest is None or mined is None:
        return mined is not None
    at_end = float(snapshot.mining_revenue_history_usd_per_mwh()[newest])
    return _is_old(snapshot, newest) or abs(at_end / mined.revenue_usd_per_mwh - 1) > CLOSE_ENOUGH


def _is_old(snapshot: Snapshot, newest: int) -> bool:
    return snapshot.now.timestamp() - float(snapshot.trends.price.times[newest]) > 3 * SECONDS_PER_DAY


def _mining_note(snapshot: Snapshot) -> str:
    """Say at the end of the history what mining keeps, unless a level of its own says it."""
    mined = snapshot.results.businesses.get(Business.MINING)
    return "" if mined is None or _mining_differs_from_history(snapshot) else _keeps(mined)


def _mining_label(snapshot: Snapshot) -> str:
    """Name the line by the fleet's efficiency, and by its end where that is no longer now."""
    label = f"Mining, {words.efficiency_j_per_th(snapshot.inputs.mining.efficiency_j_per_th)} J/TH"
    newest = _newest(snapshot)
    if newest is None or not _is_old(snapshot, newest):
        return label
    return f"{label}, {words.day(moment(int(snapshot.trends.price.times[newest])))}"


def _comparison_caption(snapshot: Snapshot, basis: Basis) -> str:
    parts = series_caption(snapshot, [("price", snapshot.trends.price), ("difficulty", snapshot.trends.difficulty)])
    keeps = "; “keeps” is after power, opex and capital" if basis.is_gross else ""
    return f"AI at the rates typed today{keeps}. {parts}"
