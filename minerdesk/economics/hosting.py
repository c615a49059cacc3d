"""The three AI businesses in $/MWh at the utility meter: GPU cloud, colocation, powered shell. Never mixed up.

A GPU cloud buys the GPUs and pays the power; a lease (colocation or shell) lets critical IT load by the kW and month.
"""

from minerdesk.economics.capital import capital_recovery_factor, yearly_charge
from minerdesk.economics.inputs import GpuCloud, Lease
from minerdesk.units import HOURS_PER_YEAR, KW_PER_MW, MONTHS_PER_YEAR


def cloud_mwh_per_year(capacity_mw: float) -> float:
    """Return the energy of a GPU cloud at the meter in a year: ``MW * 8760``; GPUs idle warm."""
    return capacity_mw * HOURS_PER_YEAR


def gpus_per_mw(cloud: GpuCloud) -> float:
    """Return the GPUs that a MW at the meter carries: ``1000 / kW``."""
    return KW_PER_MW / cloud.meter_kw_per_gpu


def cloud_revenue_usd_per_mwh(cloud: GpuCloud) -> float:
    """Return GPU cloud revenue per MWh: ``rate * utilisation * 1000 / kW``."""
    return cloud.rate_usd_per_gpu_hour * cloud.utilisation_fraction * gpus_per_mw(cloud)


def cloud_opex_usd_per_mwh(cloud: GpuCloud) -> float:
    """Return running cost without power per MWh: ``opex per GPU-year * GPUs per MW / 8760``."""
    return cloud.opex_usd_per_gpu_year * gpus_per_mw(cloud) / HOURS_PER_YEAR


def cloud_capital_usd_per_mwh(cloud: GpuCloud) -> float:
    """Return the capital charge per MWh: ``(C - residual C / (1+r)^n) * CRF * GPUs per MW / 8760``."""
    per_gpu = yearly_charge(
        cloud.capex_usd_per_gpu, cloud.discount_rate, cloud.life_years, residual_fraction=cloud.residual_fraction
    )
    return per_gpu * gpus_per_mw(cloud) / HOURS_PER_YEAR


def lease_mwh_per_year(lease: Lease, capacity_mw: float) -> float:
    """Return the energy that the tenant draws at the meter in a year: ``MW * 8760 * load factor``."""
    return capacity_mw * HOURS_PER_YEAR * lease.load_factor


def lease_revenue_usd_per_mwh(lease: Lease) -> float:
    """Return rent per MWh at the meter: ``rent * 12000 / (8760 * load factor * PUE)``.

    Rent is take-or-pay: a lower load factor spreads the same rent over fewer MWh.
    """
    return lease.rent_usd_per_kw_month * MONTHS_PER_YEAR * KW_PER_MW / _mwh_per_it_mw_year(lease)


def lease_opex_usd_per_mwh(lease: Lease) -> float:
    """Return running cost without power per MWh: a fraction of rent."""
    return lease.opex_fraction_of_rent * lease_revenue_usd_per_mwh(lease)


def lease_capital_usd_per_mwh(lease: Lease) -> float:
    """Return the capital charge per MWh: ``capex per IT MW * CRF / (8760 * load factor * PUE)``."""
    yearly = lease.capex_usd_per_it_mw * capital_recovery_factor(lease.discount_rate, lease.life_years)
    return yearly / _mwh_per_it_mw_year(lease)


def _mwh_per_it_mw_year(lease: Lease) -> float:
    """Return the MWh at the meter that belong to one MW of critical IT load in a year."""
    return HOURS_PER_YEAR * lease.load_factor * lease.pue


def rent_usd_per_mwh_it(rent_usd_per_kw_month: float, load_factor: float = 1.0) -> float:
    """Return rent per MWh of IT energy: ``rent * 12 / 8.76 / load factor``.

    >>> round(rent_usd_per_mwh_it(150), 2)
    205.48
    """
    return rent_usd_per_kw_month * MONTHS_PER_YEAR * KW_PER_MW / HOURS_PER_YEAR / load_factor


def rent_from_contract(total_usd: float, years: float, it_mw: float) -> float:
    """Return the mean rent of a signed lease in $/kW-month: total / years / 12 / kW of IT load.

    >>> round(rent_from_contract(8.7e9, 12, 500), 1)
    120.8
    """
    return total_usd / years / MONTHS_PER_YEAR / (it_mw * KW_PER_MW)
