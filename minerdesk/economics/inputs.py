"""The inputs of the model: frozen, keyword-only, one class per part of the business.

Units stand in the names. Defaults, bounds and help live in :mod:`minerdesk.economics.schema`, so that each input is
declared once; `schema.build` makes these objects.
"""

from dataclasses import dataclass

from minerdesk.economics.plan.inputs import Debt, Plan, Tax
from minerdesk.economics.risk.inputs import Risk

__all__ = ["Debt", "GpuCloud", "Inputs", "Lease", "Mining", "Network", "Plan", "Power", "Risk", "Site", "Tax"]


@dataclass(frozen=True, kw_only=True)
class Power:
    """What a MWh costs at the utility meter."""

    price_usd_per_mwh: float
    adder_usd_per_mwh: float
    contract: str

    @property
    def all_in_usd_per_mwh(self) -> float:
        """Energy price plus transmission, demand charges and taxes, in $/MWh."""
        return self.price_usd_per_mwh + self.adder_usd_per_mwh


@dataclass(frozen=True, kw_only=True)
class Site:
    """The site's connection: MW at the utility meter, the scarce thing that every business competes for."""

    capacity_mw: float


@dataclass(frozen=True, kw_only=True)
class Mining:
    """The fleet and its costs. An ASIC price of 0 means a sunk fleet, which carries no capital charge."""

    efficiency_j_per_th: float
    site_overhead: float
    uptime_fraction: float
    pool_fee_fraction: float
    opex_usd_per_mwh: float
    asic_price_usd_per_th: float
    asic_life_years: float
    discount_rate: float


@dataclass(frozen=True, kw_only=True)
class Network:
    """What the operator types over the observed network; None means observed, or computed from what is observed."""

    difficulty: float | None
    btc_price_usd: float | None
    subsidy_btc: float | None
    fees_btc_per_block: float | None
    hashprice_usd_per_ph_day: float | None


@dataclass(frozen=True, kw_only=True)
class GpuCloud:
    """The operator buys the GPUs, pays the power and rents by the GPU-hour. kW are at the meter, PUE inside."""

    rate_usd_per_gpu_hour: float
    utilisation_fraction: float
    meter_kw_per_gpu: float
    opex_usd_per_gpu_year: float
    capex_usd_per_gpu: float
    life_years: float
    discount_rate: float
    residual_fraction: float


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A hall (colocation) or a powered shell, let by the kW of critical IT load and month."""

    rent_usd_per_kw_month: float
    pue: float
    load_factor: float
    power_passed_through: bool
    opex_fraction_of_rent: float
    capex_usd_per_it_mw: float
    life_years: float
    discount_rate: float


@dataclass(frozen=True, kw_only=True)
class Watch:
    """The thresholds of the watch-list; a condition that is not on counts in no rule."""

    hashrate_on: bool
    hashrate_eh_s: float
    hashrate_days: float
    ribbon_on: bool
    retarget_on: bool
    retarget_fraction: float
    signed_on: bool
    signed_mw: float
    signed_days: float
    gpu_on: bool
    gpu_change_fraction: float
    rent_on: bool
    rent_change_fraction: float
    share_on: bool
    share_z: float
    interest_on: bool
    interest_change_fraction: float
    interest_venue: str


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What a contract says beyond the energy price: time of use, demand charge, credits for stopping."""

    on_peak_usd_per_mwh: float
    off_peak_usd_per_mwh: float
    on_peak_from_hour: float
    on_peak_to_hour: float
    on_peak_weekdays_only: bool
    on_peak_from_month: float
    on_peak_to_month: float
    zone: str
    demand_usd_per_kw_month: float
    demand_ratchet_fraction: float
    capacity_credit: bool
    capacity_usd_per_kw_year: float
    capacity_earned_fraction: float
    capacity_hours_a_year: float
    demand_response: bool
    response_usd_per_kw_year: float
    response_usd_per_mwh: float
    response_hours_a_year: float


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """How machines stop and start: least times off and on, and the ramp in which they draw power and earn nothing."""

    minimum_down_hours: float
    minimum_up_hours: float
    ramp_minutes: float

    @property
    def is_free(self) -> bool:
        """Whether they stop and start at will."""
        return self.minimum_down_hours == self.minimum_up_hours == self.ramp_minutes == 0


@dataclass(frozen=True, kw_only=True)
class Firm:
    """The AI load that runs through, and the hours in which it may pause all the same."""

    business: str
    interruptible_hours_a_year: float
    notice_hours: float
    penalty_usd_per_mwh: float


@dataclass(frozen=True, kw_only=True)
class Security:
    """What is assumed of the network as a whole: its machines' mean efficiency, and the terms of an attack."""

    fleet_efficiency_j_per_th: float
    attack_asic_usd_per_th: float
    attack_power_usd_per_mwh: float
    attack_hours: float


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Everything that the operator may type."""

    power: Power
    site: Site
    mining: Mining
    network: Network
    gpu: GpuCloud
    colo: Lease
    shell: Lease
    plan: Plan
    debt: Debt
    tax: Tax
    risk: Risk
    watch: Watch
    contract: Contract
    stopping: Stopping
    firm: Firm
    security: Security
