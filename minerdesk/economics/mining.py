"""Mining in $/MWh at the utility meter. Definitions: hashprice h in $/PH/day, efficiency e in J/TH.

One PH/s at e J/TH draws e kW, so a MWh at the machines runs ``1000 / (24 e)`` PH/s for a day.
"""

from minerdesk.economics.capital import capital_recovery_factor
from minerdesk.economics.inputs import Mining
from minerdesk.economics.network import Numbers
from minerdesk.units import HOURS_PER_DAY, HOURS_PER_YEAR, KW_PER_MW


def mwh_per_year(mining: Mining, capacity_mw: float) -> float:
    """Return the energy that the fleet takes at the meter in a year: ``MW * 8760 * uptime``."""
    return capacity_mw * HOURS_PER_YEAR * mining.uptime_fraction


def revenue_usd_per_mwh(
    hashprice_usd_per_ph_day: Numbers,
    efficiency_j_per_th: float,
    *,
    site_overhead: float = 1.0,
    pool_fee_fraction: float = 0.0,
) -> Numbers:
    """Return mining revenue per MWh: ``h * 1000 / (24 e) / overhead * (1 - fee)``. Elementwise in h.

    With the default overhead of 1 and no fee it is the revenue at the machine's plug. Uptime scales energy and
    revenue together and so does not appear.

    >>> round(revenue_usd_per_mwh(39.53, 17.5), 2)
    94.12
    """
    return hashprice_usd_per_ph_day * (
        KW_PER_MW / (HOURS_PER_DAY * efficiency_j_per_th) / site_overhead * (1 - pool_fee_fraction)
    )


def fleet_revenue_usd_per_mwh(mining: Mining, hashprice_usd_per_ph_day: Numbers) -> Numbers:
    """Return this fleet's revenue per MWh at the meter. Elementwise in the hashprice."""
    return revenue_usd_per_mwh(
        hashprice_usd_per_ph_day,
        mining.efficiency_j_per_th,
        site_overhead=mining.site_overhead,
        pool_fee_fraction=mining.pool_fee_fraction,
    )


def breakeven_hashprice_usd_per_ph_day(mining: Mining, power_usd_per_mwh: float) -> float:
    """Return the hashprice at which revenue equals power cost: ``0.024 e overhead power / (1 - fee)``.

    Running cost and capital are left out: it is the short-run point at which switching off loses nothing.
    """
    return power_usd_per_mwh / fleet_revenue_usd_per_mwh(mining, 1.0)


def capital_usd_per_mwh(mining: Mining) -> float:
    """Return the capital charge per MWh: TH/s per MW times price times CRF over the MWh of a MW-year.

    ``1e6 / e / overhead * price * CRF / (8760 * uptime)``; 0 for a sunk fleet (price 0).
    """
    if mining.asic_price_usd_per_th == 0:
        return 0.0
    th_per_mw = 1e6 / mining.efficiency_j_per_th / mining.site_overhead
    yearly = (
        th_per_mw * mining.asic_price_usd_per_th * capital_recovery_factor(mining.discount_rate, mining.asic_life_years)
    )
    return yearly / (HOURS_PER_YEAR * mining.uptime_fraction)
