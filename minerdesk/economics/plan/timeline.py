"""What a strategy does month by month that hangs on no path: MW, capital, sales, rents, prepayments.

Months run from 0; what happens at the beginning of month m stands at index m of an array with ``months + 1`` places,
what is earned through it at index m + 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics import hosting
from minerdesk.economics.inputs import Inputs, Lease
from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.drivers import Floats
from minerdesk.economics.plan.inputs import CapexCurve
from minerdesk.economics.plan.phases import Phase
from minerdesk.economics.results import Business
from minerdesk.units import HOURS_PER_MONTH, KW_PER_MW, MONTHS_PER_YEAR

Whole = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PhaseTimeline:
    """One phase. Arrays named *_at have ``months + 1`` places, the others one for each month.

    Attributes
    ----------
    lease_month
        The month of the first rent.
    share
        Of the phase's MW, how much is let, or runs GPUs; it falls where a term ends and not all is renewed.
    rent_usd
        The contract's rent of a lease, ramped; none for a GPU cloud.
    rate_weight
        By how much the rate of a GPU of today's generation is multiplied to make the phase's revenue per hour and
        utilisation: GPUs times ramp times what newer GPUs fetch more. None for leases.
    """

    phase: Phase
    lease_month: int
    share: Floats
    paying_share: Floats
    rent_usd: Floats
    rate_weight: Floats
    capex_at: Floats
    gpu_refresh_at: Floats
    gpu_resale_at: Floats
    prepayment_at: Floats
    decommissioning_at: Floats
    salvage_at: Floats


def phase_timeline(case: PlanCase, phase: Phase, months: int) -> PhaseTimeline:
    """Lay one phase out over `months`; what lies beyond them is cut."""
    plan = case.inputs.plan
    lease_month = phase.ready_month + round(plan.lease_delay_months)
    age: Whole = np.arange(months + 1, dtype=np.int64) - lease_month
    term = max(1, round(MONTHS_PER_YEAR * plan.term_years))
    renewals = np.maximum(age, 0) // term
    share = np.where(age >= 0, plan.renewal_fraction**renewals, 0.0)
    cloud = case.business is Business.GPU_CLOUD
    life = max(1, round(MONTHS_PER_YEAR * case.inputs.gpu.life_years))
    if cloud and not plan.gpu_refresh:
        share = np.where(age >= life, 0.0, share)
    ramp = np.clip((age + 1) / (plan.ramp_months + 1), 0.0, 1.0)
    capex_at = _capex_at(case, phase, months)
    dropped = np.maximum(-np.diff(share, prepend=0.0), 0.0)
    rent = np.zeros(months)
    weight, refresh_at, sold_at = np.zeros(months), np.zeros(months + 1), np.zeros(months + 1)
    if cloud:
        gpus = phase.mw * hosting.gpus_per_mw(case.inputs.gpu)
        weight = gpus * (share * ramp * _newer_gpus_factor(case, age, lease_month, life))[:-1]
        refresh_at, sold_at = _gpu_trades(case.inputs, gpus, share, age, life)
        first_rent = _first_cloud_rent_usd(case.inputs, gpus)
        salvage = 0.0
    else:
        lease = lease_of(case.inputs)
        first_rent = lease.rent_usd_per_kw_month * KW_PER_MW * phase.mw / lease.pue
        stepped = (1 + plan.rent_escalator_fraction_a_year) ** (np.maximum(age, 0) // MONTHS_PER_YEAR)
        rent = first_rent * (share * ramp * stepped * plan.renewal_rent_ratio**renewals)[:-1]
        salvage = plan.salvage_fraction * float(capex_at.sum() * share[-1])
    salvage_at = np.zeros(months + 1)
    salvage_at[-1] = salvage
    return PhaseTimeline(
        phase=phase,
        lease_month=lease_month,
        share=share[:-1],
        paying_share=(share * ramp)[:-1],
        rent_usd=rent,
        rate_weight=weight,
        capex_at=capex_at,
        gpu_refresh_at=refresh_at,
        gpu_resale_at=sold_at,
        prepayment_at=_prepayment_at(case.inputs, first_rent, lease_month, term, months),
        decommissioning_at=dropped * phase.mw * plan.decommissioning_usd_per_mw,
        salvage_at=salvage_at,
    )


def lease_of(inputs: Inputs) -> Lease:
    """Return the lease whose rates the plan takes."""
    return inputs.shell if inputs.plan.business == Business.POWERED_SHELL else inputs.colo


def capex_usd_per_mw(case: PlanCase) -> float:
    """Return what a MW at the meter costs to build: per GPU or per MW of IT load, as the desk has it."""
    if case.business is Business.GPU_CLOUD:
        return case.inputs.gpu.capex_usd_per_gpu * hosting.gpus_per_mw(case.inputs.gpu)
    lease = lease_of(case.inputs)
    return lease.capex_usd_per_it_mw / lease.pue


def _capex_at(case: PlanCase, phase: Phase, months: int) -> Floats:
    """Return a phase's capital where it is spent: at the start, or through the build, evenly or on an S-curve."""
    spent = np.zeros(months + 1)
    total = capex_usd_per_mw(case) * phase.mw
    build, curve = phase.build_months, case.inputs.plan.capex_curve
    if build == 0 or curve == CapexCurve.UP_FRONT:
        spent[phase.start_month] = total
        return spent
    done = np.clip((np.arange(months + 1) - phase.start_month) / build, 0.0, 1.0)
    if curve == CapexCurve.S_CURVE:
        done = done**2 * (3 - 2 * done)
    spent[1:] = total * np.diff(done)
    return spent


def _newer_gpus_factor(case: PlanCase, age: Whole, lease_month: int, life: int) -> Floats:
    """Return what a phase's GPUs fetch over one that is new today: they are as new as their last purchase.

    ``(1 - decay)^(-years from today to that purchase) * ratio^refreshes``; the market's decay is in the driver.
    """
    plan = case.inputs.plan
    generation = np.maximum(age, 0) // life
    bought_years = (lease_month + generation * life) / MONTHS_PER_YEAR
    newer = np.exp(-np.log1p(-plan.gpu_rate_decay_fraction_a_year) * bought_years)
    factor: Floats = newer * plan.gpu_refresh_rate_ratio**generation
    return factor


def _gpu_trades(inputs: Inputs, gpus: float, share: Floats, age: Whole, life: int) -> tuple[Floats, Floats]:
    """Return what new GPUs cost and old ones fetch, at their indices.

    A GPU falls in a straight line from its cost to the residual share over its life. All are sold at its end, those of
    a term that ends with it, and what is left at the horizon.
    """
    gpu, plan = inputs.gpu, inputs.plan
    before = np.concatenate([[0.0], share[:-1]])
    renewed = (age > 0) & (age % life == 0)
    refresh = np.where(renewed, share, 0.0)
    refresh[-1] = 0.0
    sold = np.where(renewed, before, np.maximum(before - share, 0.0))
    sold[-1] = before[-1]
    age_before = np.where(renewed, life, np.maximum(age, 0) % life)
    generation = (np.maximum(age, 1) - 1) // life
    cost = gpu.capex_usd_per_gpu * np.where(generation > 0, plan.gpu_refresh_cost_fraction, 1.0)
    value = cost * (1 - (1 - gpu.residual_fraction) * age_before / life)
    return gpus * gpu.capex_usd_per_gpu * plan.gpu_refresh_cost_fraction * refresh, gpus * value * sold


def _first_cloud_rent_usd(inputs: Inputs, gpus: float) -> float:
    use = max(inputs.gpu.utilisation_fraction, inputs.plan.gpu_take_or_pay_fraction)
    return inputs.gpu.rate_usd_per_gpu_hour * use * gpus * HOURS_PER_MONTH


def _prepayment_at(inputs: Inputs, first_rent_usd: float, lease_month: int, term: int, months: int) -> Floats:
    """Return the prepayment where it is received, and its credit, as evenly as agreed but within the term."""
    flows = np.zeros(months + 1)
    total = inputs.plan.prepaid_months * first_rent_usd
    if lease_month >= months or total == 0:
        return flows
    over = min(max(1, round(inputs.plan.prepaid_credit_months)), term)
    flows[lease_month] = total
    flows[lease_month + 1 : lease_month + 1 + over] -= total / over
    return flows


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteTimeline:
    """A whole strategy: its phases, and the fleet that mines on.

    Attributes
    ----------
    dark_mw
        MW that neither mine nor are let yet.
    hash_factor
        TH/s on a MW over today's, from the refreshes of the fleet.
    asic_purchase_at, asic_resale_at
        USD for machines bought, of the fleet or at a refresh, and from those sold.
    """

    phases: tuple[PhaseTimeline, ...]
    mining_mw: Floats
    building_mw: Floats
    dark_mw: Floats
    ai_mw: Floats
    hash_factor: Floats
    asic_purchase_at: Floats
    asic_resale_at: Floats

    def total(self, name: str, size: int) -> Floats:
        """Return the sum over phases of one of their arrays, which has `size` places."""
        summed: Floats = sum((getattr(one, name) for one in self.phases), np.zeros(size))
        return summed


def site_timeline(case: PlanCase, phases: Sequence[Phase], months: int) -> SiteTimeline:
    """Lay a strategy out over `months`; a phase that starts beyond them is left out."""
    site, running = case.inputs.site.capacity_mw, np.arange(months)
    laid = tuple(phase_timeline(case, phase, months) for phase in phases if phase.start_month < months)
    mining, building, dark, ai = np.full(months, site), np.zeros(months), np.zeros(months), np.zeros(months)
    mines_on = case.inputs.plan.mines_while_building_fraction
    for one in laid:
        phase = one.phase
        under_way = (running >= phase.start_month) & (running < one.lease_month)
        still = np.where((running >= phase.start_month) & (running < phase.ready_month), mines_on, 0.0)
        mining += phase.mw * (still - (running >= phase.start_month))
        building += phase.mw * under_way
        dark += phase.mw * (under_way - still)
        ai += phase.mw * one.share
    mining = np.where(mining > 1e-9 * site, mining, 0.0)  # what is left over from rounding mines nothing
    factor, purchase, resale = _asic_trades(case, mining, months)
    return SiteTimeline(
        phases=laid,
        mining_mw=mining,
        building_mw=building,
        dark_mw=dark,
        ai_mw=ai,
        hash_factor=factor,
        asic_purchase_at=purchase,
        asic_resale_at=resale,
    )


def _asic_trades(case: PlanCase, mining_mw: Floats, months: int) -> tuple[Floats, Floats, Floats]:
    """Return TH/s per MW over today's by month, and what ASICs cost and fetch at their indices.

    A fleet with a price is bought today, for what mines in the first month. Machines are sold where they stop for good:
    at a conversion, at a refresh, at the horizon. Their value falls by the yearly decline from today, or from their
    refresh.
    """
    plan, fleet, places = case.inputs.plan, case.fleet, np.arange(months + 1)
    every = round(MONTHS_PER_YEAR * plan.asic_refresh_years)
    generation = places // every if every > 0 else np.zeros(months + 1, dtype=np.int64)
    factor: Floats = (1 - plan.asic_refresh_gain_fraction) ** -generation.astype(np.float64)
    th_per_mw = fleet.th_per_mw * factor
    bought = np.where(np.diff(generation, prepend=0) > 0, np.append(mining_mw, 0.0), 0.0)
    purchase = bought * th_per_mw * plan.asic_refresh_usd_per_th
    purchase[0] += mining_mw[0] * fleet.th_per_mw * fleet.purchase_usd_per_th

    owned = case.inputs.site.capacity_mw if fleet.purchase_usd_per_th == 0 else mining_mw[0]
    before = np.concatenate([[owned], mining_mw])
    after = np.append(mining_mw, 0.0)
    sold_mw = np.where(bought > 0, before, np.maximum(before - after, 0.0))
    old = np.concatenate([[0], generation[:-1]])  # what stands there until this index
    since = places - old * every
    price = np.where(old > 0, plan.asic_refresh_usd_per_th, fleet.resale_usd_per_th)
    worth = price * (1 - plan.asic_resale_decline_fraction_a_year) ** (since / MONTHS_PER_YEAR)
    old_th_per_mw = np.concatenate([[fleet.th_per_mw], th_per_mw[:-1]])
    return factor[:-1], purchase, sold_mw * old_th_per_mw * worth * plan.resold_fraction
