"""A small monthly model of the shape that the Monte Carlo runs on: mining and AI, linear in the drivers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from minerdesk.economics import schema
from minerdesk.economics.risk.drivers import Floats, Terms
from minerdesk.economics.risk.inputs import Driver, Risk
from minerdesk.economics.risk.simulation import Model
from minerdesk.economics.risk.volatility import ASSUMED, Origin, Volatility

MINING, AI, HALF = "keep_mining", "convert_all", "hybrid"
QUIET = dict.fromkeys(ASSUMED, 0.0)


@dataclass(frozen=True, kw_only=True)
class Months:
    btc_price_usd: Floats
    hashprice_usd_per_ph_day: Floats
    power_usd_per_mwh: Floats
    gpu_rate_usd_per_gpu_hour: Floats
    gpu_utilisation_fraction: Floats


def base_of(months: int) -> Months:
    years = np.arange(months) / 12
    return Months(
        btc_price_usd=95_000 * 1.05**years,
        hashprice_usd_per_ph_day=41 * 0.97**years,
        power_usd_per_mwh=50 * 1.02**years,
        gpu_rate_usd_per_gpu_hour=2.9 * 0.9**years,
        gpu_utilisation_fraction=np.full(months, 0.85),
    )


def cash_of(drivers: Months) -> Mapping[str, Floats]:
    """Return cash by month of a MW, today first: a MW of GPUs costs 23 M$ today."""
    mined = (drivers.hashprice_usd_per_ph_day * 1000 / 24 / 17.5 - drivers.power_usd_per_mwh) * 730
    rented = drivers.gpu_rate_usd_per_gpu_hour * drivers.gpu_utilisation_fraction * 1000 / 2.17
    served = (rented - drivers.power_usd_per_mwh) * 730
    today = np.zeros((*mined.shape[:-1], 1))
    mining, ai = np.concatenate([today, mined], axis=-1), np.concatenate([today - 23e6, served], axis=-1)
    return {MINING: mining, AI: ai, HALF: (mining + ai) / 2}


def model_of(months: int = 60) -> Model[Months]:
    discount = 1.1 ** (-np.arange(months + 1) / 12)
    return Model(base=base_of(months), cash_usd=cash_of, discount=discount, mining=MINING)


def risk_of(**changes: object) -> Risk:
    return replace(schema.build({}).risk, **changes)


def terms_of(volatilities: Mapping[Driver, float] = ASSUMED, **changes: object) -> Terms:
    given = {
        driver: Volatility(driver=driver, value=value, origin=Origin.TYPED) for driver, value in volatilities.items()
    }
    return Terms.of(risk_of(**changes), given)
