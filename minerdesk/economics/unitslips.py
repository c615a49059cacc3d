"""Numbers that are right in another unit: 0.05 $/kWh typed as $/MWh, a server's price typed as a GPU's.

A slip is only ever suspected of a number that is unusual where it stands and usual in the other unit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from minerdesk import words
from minerdesk.economics.declarations import FIELDS, Field, Value
from minerdesk.units import HOURS_PER_DAY, HOURS_PER_MONTH, HOURS_PER_YEAR, KW_PER_MW, MONTHS_PER_YEAR

#: GPUs in the usual server; prices and powers are often published for all eight.
GPUS_PER_SERVER = 8
_USD_PER_KW_MONTH_IN_CENTS_PER_KWH = HOURS_PER_MONTH / 100


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One unit that is easily typed for another: ``value * factor`` is what was meant, in the field's own unit.

    `usual` is the range in which the field's number is beyond suspicion; None takes the declared plausible range.
    """

    key: str
    factor: float
    looks_like: str
    usual: tuple[float, float] | None = None

    def meant(self, value: float) -> float | None:
        """Return what was probably meant by `value`, or None if it is beyond suspicion or no better in this unit."""
        low, high = self.usual or FIELDS[self.key].plausible
        if low <= value <= high:
            return None
        meant = float(f"{value * self.factor:.12g}")  # 0.07 * 1000 has noise in its last digits
        return meant if low <= meant <= high else None


def _lease(prefix: str) -> tuple[Slip, ...]:
    rent, capex = f"{prefix}.rent_usd_per_kw_month", f"{prefix}.capex_usd_per_it_mw"
    return (
        Slip(key=rent, factor=1 / MONTHS_PER_YEAR, looks_like="a rent in $/kW-year"),
        Slip(key=rent, factor=_USD_PER_KW_MONTH_IN_CENTS_PER_KWH, looks_like="a price in ¢/kWh of IT energy"),
        Slip(key=rent, factor=HOURS_PER_MONTH, looks_like="a price in $/kWh of IT energy"),
        Slip(key=capex, factor=1e6, looks_like="M$ per MW"),
        Slip(key=capex, factor=KW_PER_MW, looks_like="$ per kW"),
    )


_PERCENT = "a fraction typed where percent are shown"

#: Every slip that is looked for; of several for one field the first that fits is named.
SLIPS = (
    Slip(key="power.price_usd_per_mwh", factor=1_000, looks_like="a price in $/kWh", usual=(10, 500)),
    Slip(key="power.price_usd_per_mwh", factor=10, looks_like="a price in ¢/kWh", usual=(10, 500)),
    Slip(key="power.adder_usd_per_mwh", factor=1_000, looks_like="an adder in $/kWh", usual=(1, 60)),
    *(
        Slip(key=key, factor=factor, looks_like=f"a price in {unit}")
        for key in ("contract.on_peak_usd_per_mwh", "contract.off_peak_usd_per_mwh")
        for factor, unit in ((1_000, "$/kWh"), (10, "¢/kWh"))
    ),
    Slip(
        key="contract.demand_usd_per_kw_month",
        factor=1 / MONTHS_PER_YEAR,
        looks_like="a charge in $/kW-year",
    ),
    Slip(
        key="contract.capacity_usd_per_kw_year",
        factor=MONTHS_PER_YEAR,
        looks_like="a credit in $/kW-month",
    ),
    Slip(
        key="contract.capacity_usd_per_kw_year",
        factor=HOURS_PER_YEAR / KW_PER_MW,
        looks_like="a credit in $/MWh",
    ),
    Slip(key="contract.capacity_usd_per_kw_year", factor=1 / KW_PER_MW, looks_like="a credit in $/MW-year"),
    Slip(key="stopping.ramp_minutes", factor=1 / 60, looks_like="a ramp in seconds"),
    Slip(key="stopping.minimum_down_hours", factor=1 / 60, looks_like="a time in minutes"),
    Slip(key="stopping.minimum_up_hours", factor=1 / 60, looks_like="a time in minutes"),
    Slip(key="site.capacity_mw", factor=1 / KW_PER_MW, looks_like="a capacity in kW"),
    Slip(key="mining.pool_fee_fraction", factor=0.01, looks_like="percent", usual=(0.001, 0.04)),
    Slip(key="gpu.rate_usd_per_gpu_hour", factor=1 / GPUS_PER_SERVER, looks_like="the rate of a server of eight"),
    Slip(key="gpu.rate_usd_per_gpu_hour", factor=1 / HOURS_PER_DAY, looks_like="a rate per day"),
    Slip(key="gpu.rate_usd_per_gpu_hour", factor=1 / HOURS_PER_MONTH, looks_like="a rate per month"),
    Slip(key="gpu.meter_kw_per_gpu", factor=1 / GPUS_PER_SERVER, looks_like="the draw of a server of eight"),
    Slip(key="gpu.opex_usd_per_gpu_year", factor=MONTHS_PER_YEAR, looks_like="a cost per month"),
    Slip(key="gpu.opex_usd_per_gpu_year", factor=HOURS_PER_YEAR, looks_like="a cost per hour"),
    Slip(key="gpu.opex_usd_per_gpu_year", factor=1 / GPUS_PER_SERVER, looks_like="the cost of a server of eight"),
    Slip(key="gpu.capex_usd_per_gpu", factor=1 / GPUS_PER_SERVER, looks_like="the price of a server of eight"),
    Slip(key="gpu.capex_usd_per_gpu", factor=1_000, looks_like="a price in thousand $"),
    *_lease("colo"),
    *_lease("shell"),
    Slip(key="network.btc_price_usd", factor=1_000, looks_like="a price in thousand $"),
    *(
        Slip(key=key, factor=100, looks_like=_PERCENT)
        for key in (
            "gpu.utilisation_fraction",
            "colo.load_factor",
            "shell.load_factor",
            "colo.opex_fraction_of_rent",
            "shell.opex_fraction_of_rent",
            "mining.discount_rate",
            "gpu.discount_rate",
            "colo.discount_rate",
            "shell.discount_rate",
        )
    ),
)


def slips(values: Mapping[str, Value]) -> Iterator[tuple[str, str, str]]:
    """Yield key, what it looks like, and the remedy, for each number of `values` that is usual in another unit."""
    named = set()
    for slip in SLIPS:
        value = values.get(slip.key)
        meant = slip.meant(value) if isinstance(value, int | float) and slip.key not in named else None
        if meant is not None and isinstance(value, int | float):
            named.add(slip.key)
            field = FIELDS[slip.key]
            yield (
                slip.key,
                f"{shown(field, value)} looks like {slip.looks_like}.",
                f"If so, type {shown(field, meant)}.",
            )


def shown(field: Field, value: float) -> str:
    """Write a value of `field` with its unit; fractions as such and in percent, as either may be typed.

    >>> shown(FIELDS["gpu.utilisation_fraction"], 0.85), shown(FIELDS["gpu.rate_usd_per_gpu_hour"], 2.9)
    ('0.85 (85 %)', '2.9\\u202f$/GPU-h')
    """
    number = f"{value:,.6g}".replace(",", words.THIN)
    if field.unit.startswith("fraction"):
        return f"{number} ({value * 100:.6g} %)"
    return words.with_unit(number, field.unit)
