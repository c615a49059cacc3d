"""The declarations of all inputs: unit, default, bounds, plausible range, step, label, help, origin of the default.

Adding an input begins here; fields, files, the command line and the documentation are made from `FIELDS`.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from minerdesk.economics.declarations_power import POWER_PAGE
from minerdesk.economics.field import ASSUMPTION, REFERENCE, Field, Value
from minerdesk.economics.plan.ai_fields import AI_FIELDS
from minerdesk.economics.plan.fields import CAP_FIELDS, PLAN_FIELDS
from minerdesk.economics.plan.finance_fields import FINANCE_FIELDS
from minerdesk.economics.risk.fields import RISK_FIELDS
from minerdesk.economics.security_declarations import SECURITY
from minerdesk.economics.watch_declarations import WATCH

__all__ = ["ASSUMPTION", "FIELDS", "REFERENCE", "Field", "Value"]

POWER, MINING, AI, NETWORK = "Power", "Mining", "AI/HPC", "Network"

_power = partial(Field, group=POWER)
_mining = partial(Field, group=MINING)
_ai = partial(Field, group=AI)
_network = partial(Field, group=NETWORK)


def _lease(
    prefix: str, name: str, *, rent: float, opex: float, capex: float, origins: Mapping[str, str]
) -> list[Field]:
    """Declare the eight inputs of a lease; colocation and powered shell differ in defaults alone."""
    rent_range = (60, 220) if prefix == "colo" else (20, 120)
    capex_range = (4e6, 15e6) if prefix == "colo" else (1e6, 8e6)
    return [
        _ai(
            key=f"{prefix}.rent_usd_per_kw_month",
            label=f"{name} rent",
            unit="$/kW-month",
            default=rent,
            bounds=(0, 2_000),
            plausible=(rent_range[0], rent_range[1]),
            step=5,
            help="Rent per kW of critical IT load and month, reserved (take-or-pay). IT load is the meter's MW / PUE.",
            origin=origins["rent"],
            featured=prefix == "colo",
        ),
        _ai(
            key=f"{prefix}.pue",
            label=f"{name} PUE",
            unit="MW/MW IT",
            default=1.3,
            bounds=(1, 3),
            plausible=(1.05, 1.6),
            step=0.05,
            help="Power at the meter per power of critical IT load: cooling, conversion and losses.",
            origin=ASSUMPTION,
        ),
        _ai(
            key=f"{prefix}.load_factor",
            label=f"{name} load factor",
            unit="fraction",
            default=1.0,
            bounds=(0.01, 1),
            plausible=(0.5, 1),
            step=0.05,
            help="Energy drawn by the tenant as a share of the reserved load. Rent is due whether it is drawn or not.",
            origin=ASSUMPTION,
        ),
        _ai(
            key=f"{prefix}.power_passed_through",
            label=f"{name}: tenant pays the power",
            unit="",
            default=True,
            help="The switch that decides everything. On: the tenant pays the power on top of rent. Off: you pay it.",
            origin="the usual form of the signed leases",
        ),
        _ai(
            key=f"{prefix}.opex_fraction_of_rent",
            label=f"{name} opex",
            unit="fraction of rent",
            default=opex,
            bounds=(0, 1),
            plausible=(0.02, 0.3),
            step=0.01,
            help="Running cost without power as a share of rent: 0.15 leaves a net operating income of 85 %.",
            origin=origins["opex"],
        ),
        _ai(
            key=f"{prefix}.capex_usd_per_it_mw",
            label=f"{name} capital",
            unit="$/MW IT",
            default=capex,
            bounds=(0, 1e9),
            plausible=(capex_range[0], capex_range[1]),
            step=500_000,
            help="Capital to build one MW of critical IT load, without the tenant's GPUs.",
            origin=origins["capex"],
        ),
        _ai(
            key=f"{prefix}.life_years",
            label=f"{name} life",
            unit="years",
            default=15.0,
            bounds=(0.25, 60),
            plausible=(8, 30),
            step=1,
            help="Years over which the capital is recovered.",
            origin=origins["finance"],
        ),
        _ai(
            key=f"{prefix}.discount_rate",
            label=f"{name} discount rate",
            unit="fraction a year",
            default=0.10,
            bounds=(0, 1),
            plausible=(0.04, 0.25),
            step=0.01,
            help="Cost of capital a year for this business; 0.10 is 10 %.",
            origin=origins["finance"],
        ),
    ]


_POWER = [
    _power(
        key="power.price_usd_per_mwh",
        label="Power price",
        unit="$/MWh",
        default=50.0,
        bounds=(-500, 5_000),
        plausible=(10, 150),
        step=1,
        help="Energy price per MWh at the utility meter. It may be negative.",
        origin=REFERENCE,
        featured=True,
    ),
    _power(
        key="power.adder_usd_per_mwh",
        label="Delivery and taxes",
        unit="$/MWh",
        default=0.0,
        bounds=(-500, 5_000),
        plausible=(0, 60),
        step=1,
        help="Transmission, demand charges and taxes on top of the energy price; the sum is the all-in price.",
        origin="none unless typed",
    ),
    _power(
        key="site.capacity_mw",
        label="Site capacity",
        unit="MW",
        default=100.0,
        bounds=(0.001, 100_000),
        plausible=(0.1, 5_000),
        step=10,
        help="Capacity at the utility meter, gross: cooling and losses are inside.",
        origin=REFERENCE,
        featured=True,
    ),
]

_MINING = [
    _mining(
        key="mining.efficiency_j_per_th",
        label="Fleet efficiency",
        unit="J/TH",
        default=17.5,
        bounds=(1, 10_000),
        plausible=(9, 60),
        step=0.5,
        help="Mean energy of the fleet per terahash, at the machine's plug. Lower is better.",
        origin=REFERENCE,
        featured=True,
    ),
    _mining(
        key="mining.site_overhead",
        label="Site overhead",
        unit="MW/MW ASIC",
        default=1.05,
        bounds=(1, 3),
        plausible=(1, 1.2),
        step=0.01,
        help="Power at the meter per power at the machines: cooling, transformers. 1.05 is 5 % on top.",
        origin=REFERENCE,
    ),
    _mining(
        key="mining.uptime_fraction",
        label="Uptime",
        unit="fraction",
        default=0.97,
        bounds=(0.01, 1),
        plausible=(0.7, 1),
        step=0.01,
        help="Share of the year that the fleet runs. It scales energy and revenue together, so it leaves $/MWh alone.",
        origin=REFERENCE,
    ),
    _mining(
        key="mining.pool_fee_fraction",
        label="Pool fee",
        unit="fraction",
        default=0.005,
        bounds=(0, 0.5),
        plausible=(0, 0.04),
        step=0.001,
        help="The pool's share of the reward; 0.005 is 0.5 %.",
        origin=REFERENCE,
    ),
    _mining(
        key="mining.opex_usd_per_mwh",
        label="Mining opex",
        unit="$/MWh",
        default=0.0,
        bounds=(0, 1_000),
        plausible=(0, 25),
        step=1,
        help="Running cost without power, per MWh at the meter: staff, repairs, rent of land.",
        origin="none unless typed",
    ),
    _mining(
        key="mining.asic_price_usd_per_th",
        label="ASIC price",
        unit="$/TH",
        default=0.0,
        bounds=(0, 1_000),
        plausible=(0, 40),
        step=1,
        help="Purchase price per TH/s. 0 is a sunk fleet: paid for, no capital charge.",
        origin="sunk fleet",
    ),
    _mining(
        key="mining.asic_life_years",
        label="ASIC life",
        unit="years",
        default=4.0,
        bounds=(0.25, 30),
        plausible=(2, 8),
        step=0.5,
        help="Years over which bought machines are recovered. Without effect on a sunk fleet.",
        origin=ASSUMPTION,
    ),
    _mining(
        key="mining.discount_rate",
        label="Mining discount rate",
        unit="fraction a year",
        default=0.15,
        bounds=(0, 1),
        plausible=(0.05, 0.4),
        step=0.01,
        help="Cost of capital a year for machines; 0.15 is 15 %.",
        origin=ASSUMPTION,
    ),
]

_CONTRACT = "published 3-year contract rate and kW of a B200, 2026-05"
_GPU = [
    _ai(
        key="gpu.rate_usd_per_gpu_hour",
        label="GPU rate",
        unit="$/GPU-h",
        default=2.90,
        bounds=(0, 1_000),
        plausible=(0.5, 10),
        step=0.05,
        help="Realised rent per GPU and hour. A list price is not realised revenue; the median stands beside it.",
        origin=_CONTRACT,
        featured=True,
    ),
    _ai(
        key="gpu.utilisation_fraction",
        label="GPU utilisation",
        unit="fraction",
        default=0.85,
        bounds=(0, 1),
        plausible=(0.4, 0.95),
        step=0.01,
        help="Share of all GPU-hours that is paid for. A cloud rarely sells every hour; a reserved contract may.",
        origin=_CONTRACT,
    ),
    _ai(
        key="gpu.meter_kw_per_gpu",
        label="Power per GPU",
        unit="kW at meter",
        default=2.17,
        bounds=(0.05, 20),
        plausible=(1.2, 4),
        step=0.01,
        help="All-in draw at the meter per GPU: its share of server, network, storage, times PUE. Not the chip's TDP.",
        origin=_CONTRACT,
    ),
    _ai(
        key="gpu.opex_usd_per_gpu_year",
        label="GPU opex",
        unit="$/GPU-year",
        default=3_000.0,
        bounds=(0, 1e6),
        plausible=(500, 10_000),
        step=100,
        help="Running cost without power per GPU and year: staff, repair, software, transit.",
        origin=ASSUMPTION,
    ),
    _ai(
        key="gpu.capex_usd_per_gpu",
        label="GPU capital",
        unit="$/GPU",
        default=50_000.0,
        bounds=(0, 1e7),
        plausible=(15_000, 120_000),
        step=1_000,
        help="Capital per GPU, all in: its share of server, network and hall.",
        origin="published capital per B200, 2026-07",
    ),
    _ai(
        key="gpu.life_years",
        label="GPU life",
        unit="years",
        default=5.0,
        bounds=(0.25, 30),
        plausible=(3, 7),
        step=0.5,
        help="Years over which GPUs are recovered; accounts use three to six.",
        origin=ASSUMPTION,
    ),
    _ai(
        key="gpu.discount_rate",
        label="GPU discount rate",
        unit="fraction a year",
        default=0.12,
        bounds=(0, 1),
        plausible=(0.05, 0.35),
        step=0.01,
        help="Cost of capital a year for GPUs; 0.12 is 12 %.",
        origin=ASSUMPTION,
    ),
    _ai(
        key="gpu.residual_fraction",
        label="GPU residual value",
        unit="fraction",
        default=0.10,
        bounds=(0, 1),
        plausible=(0, 0.3),
        step=0.01,
        help="Share of the purchase price that is left at the end of the life.",
        origin=ASSUMPTION,
    ),
]

_NETWORK = [
    _network(
        key=f"network.{name}",
        label=label,
        unit=unit,
        default=None,
        bounds=bounds,
        plausible=plausible,
        step=step,
        help=help_text,
        origin=origin,
        optional=True,
    )
    for name, label, unit, bounds, plausible, step, help_text, origin in (
        (
            "btc_price_usd",
            "BTC price",
            "$/BTC",
            (0.01, 1e9),
            (1_000, 1e6),
            500,
            "USD per BTC. Empty takes the observed price.",
            "observed",
        ),
        (
            "difficulty",
            "Difficulty",
            "",
            (1, 1e21),
            (1e12, 1e16),
            1e12,
            "Mining difficulty in force. Empty takes the observed one.",
            "observed",
        ),
        (
            "fees_btc_per_block",
            "Fees per block",
            "BTC",
            (0, 50),
            (0, 2),
            0.01,
            "Mean fees of a block. Empty takes the mean of the last 144 blocks.",
            "observed",
        ),
        (
            "subsidy_btc",
            "Block subsidy",
            "BTC",
            (0, 50),
            (0.1, 6.25),
            0.1,
            "New coins per block. Empty takes the one that the block height prescribes.",
            "from block height",
        ),
        (
            "hashprice_usd_per_ph_day",
            "Hashprice",
            "$/PH/day",
            (0, 1e12),
            (10, 500),
            1,
            "What a PH/s earns a day. Empty computes it from difficulty, subsidy, fees and price; typed overrides.",
            "computed",
        ),
    )
]

#: Every input by key, in the order of the panel.
FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        field.key: field
        for field in (
            *_POWER,
            *_MINING,
            *_GPU,
            *_lease(
                "colo",
                "Colocation",
                rent=150.0,
                opex=0.15,
                capex=10e6,
                origins={
                    "rent": "signed leases of 2024-2025: 120-190 $/kW-month",
                    "opex": "signed leases: net operating income 80-90 % of rent",
                    "capex": "signed leases: 8-11 M$ per MW of IT load",
                    "finance": ASSUMPTION,
                },
            ),
            *_lease(
                "shell",
                "Powered shell",
                rent=70.0,
                opex=0.05,
                capex=4e6,
                origins=dict.fromkeys(
                    ("rent", "opex", "capex", "finance"), "assumption: no public rent of a bare shell was found"
                ),
            ),
            *_NETWORK,
            *PLAN_FIELDS,
            *AI_FIELDS,
            *FINANCE_FIELDS,
            *CAP_FIELDS,
            *RISK_FIELDS,
            *WATCH,
            *POWER_PAGE,
            *SECURITY,
        )
    }
)
