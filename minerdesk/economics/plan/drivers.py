"""The drivers of the plan month by month: what mining and AI are paid, and what power costs.

Every driver has the months on its last axis and paths, if any, before it: (..., months).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.inputs import DifficultyMode
from minerdesk.units import BLOCK_SECONDS, BLOCKS_PER_HALVING, HOURS_PER_MONTH, MONTHS_PER_YEAR

Floats = NDArray[np.float64]

#: Of a month of 730 h at the mean time of a block.
BLOCKS_PER_MONTH = HOURS_PER_MONTH * 3_600 // BLOCK_SECONDS
_HALVINGS = 33  # from the 33rd on a block brings no new satoshi


@dataclass(frozen=True, kw_only=True, eq=False)
class Drivers:
    """The drivers of the plan, each (..., months), in the money of its month.

    Attributes
    ----------
    gpu_rate_usd_per_gpu_hour
        What a GPU that is new today fetches in that month; a newer one fetches more, see `strategies`.
    gpu_utilisation_fraction
        Share of all GPU-hours that is used.
    power_usd_per_mwh
        All-in.
    """

    btc_price_usd: Floats
    hashprice_usd_per_ph_day: Floats
    power_usd_per_mwh: Floats
    gpu_rate_usd_per_gpu_hour: Floats
    gpu_utilisation_fraction: Floats

    @property
    def months(self) -> int:
        """Months of every path."""
        return int(self.hashprice_usd_per_ph_day.shape[-1])


def years_of(months: int) -> Floats:
    """Return the years since today of each month."""
    return np.arange(months) / MONTHS_PER_YEAR


def growth(rate_a_year: float, months: int) -> Floats:
    """Return the factor of steady growth by month: ``(1 + g)^(t / 12)``; 1 in the first month."""
    factor: Floats = np.exp(np.log1p(rate_a_year) * years_of(months))
    return factor


def steps(rate_a_year: float, months: int) -> Floats:
    """Return the factor of growth by a step each year: ``(1 + g)^floor(t / 12)``."""
    factor: Floats = np.exp(np.log1p(rate_a_year) * np.floor(years_of(months)))
    return factor


def subsidy_ratio(tip_height: int | None, months: int) -> Floats:
    """Return the mean subsidy of each month's blocks over the subsidy of the next block; 1 where no tip is known.

    A month has 4,380 blocks, and a halving falls on its height: the month around it has the mean of its blocks. After
    the last satoshi the ratio is 0. Rounding to whole satoshis is left out.
    """
    if tip_height is None:
        return np.ones(months)
    first = tip_height + 1
    heights = first + BLOCKS_PER_MONTH * np.arange(months + 1)
    era = heights // BLOCKS_PER_HALVING
    alive = era < _HALVINGS
    subsidy = np.where(alive, 0.5 ** np.minimum(era, _HALVINGS), 0.0)
    # coins of all blocks before a height, in units of the first subsidy: whole eras, then the part of this one
    whole = np.where(alive, 2.0 * (1.0 - subsidy), 2.0 * (1.0 - 0.5**_HALVINGS))
    issued = whole * BLOCKS_PER_HALVING + subsidy * (heights % BLOCKS_PER_HALVING)
    today = float(subsidy[0])
    return np.diff(issued) / BLOCKS_PER_MONTH / today if today else np.zeros(months)


def halving_months(case: PlanCase) -> tuple[int, ...]:
    """Return the months of the horizon in which the subsidy is halved."""
    if case.tip_height is None:
        return ()
    left = BLOCKS_PER_HALVING - (case.tip_height + 1) % BLOCKS_PER_HALVING
    found = range(left, case.months * BLOCKS_PER_MONTH, BLOCKS_PER_HALVING)
    return tuple(blocks // BLOCKS_PER_MONTH for blocks in found)


def reward_ratio(case: PlanCase, months: int) -> Floats:
    """Return subsidy plus fees of a block over today's, in BTC; fees not known count as none."""
    subsidy, fees = case.network.subsidy_btc, case.network.fees_btc_per_block or 0.0
    halved = subsidy_ratio(case.tip_height, months)
    if not subsidy:
        return halved
    grown = fees * growth(case.inputs.plan.fees_growth_fraction_a_year, months)
    ratio: Floats = (subsidy * halved + grown) / (subsidy + fees)
    return ratio


def difficulty_ratio(case: PlanCase, reward_usd_ratio: Floats, own_log_noise: Floats | float = 0.0) -> Floats:
    """Return difficulty over today's, given the USD reward of a block over today's (..., months).

    Growing steadily: ``(1 + g)^(t / 12)``. Following the reward R: in logarithms difficulty goes, each month, the
    share ``1 - exp(-1 / lag)`` of the way to ``elasticity * ln R``; growth of its own comes on top. A lag of 0 follows
    at once. Last, the share x of the hash rate that leaves takes it to ``(1 - x) D``.

    `own_log_noise` is added to the logarithm of either.
    """
    plan, months = case.inputs.plan, reward_usd_ratio.shape[-1]
    own = np.log(growth(plan.difficulty_growth_fraction_a_year, months)) + own_log_noise
    if plan.difficulty_mode == DifficultyMode.FEEDBACK:
        with np.errstate(divide="ignore"):
            pull = plan.difficulty_elasticity * np.log(np.maximum(reward_usd_ratio, 1e-12))
        lag = plan.difficulty_lag_months
        way = -np.expm1(-1.0 / lag) if lag > 0 else 1.0
        followed = np.empty_like(pull)
        at = np.zeros(pull.shape[:-1])
        for month in range(months):
            at = at + (pull[..., month] - at) * way
            followed[..., month] = at
        own = own + followed
    return np.exp(own) * (1.0 - leaving_share(case, months))


def leaving_share(case: PlanCase, months: int) -> Floats:
    """Return the share of the network's hash rate that has left for AI by each month."""
    over = case.inputs.plan.hash_leaving_months
    gone = np.minimum(np.arange(months) / max(over, 1e-6), 1.0) if over > 0 else np.ones(months)
    return case.inputs.plan.hash_leaving_fraction * gone


def hashprice_path(case: PlanCase, btc_price_ratio: Floats, own_log_noise: Floats | float = 0.0) -> Floats:
    """Return the hashprice of each month, $/PH/day: today's times reward in USD over difficulty, each over today's.

    It starts from the typed or computed hashprice, so that a typed one moves on in the same way.
    """
    reward = btc_price_ratio * reward_ratio(case, btc_price_ratio.shape[-1])
    return case.hashprice_usd_per_ph_day * reward / difficulty_ratio(case, reward, own_log_noise)


def base_drivers(case: PlanCase) -> Drivers:
    """Return the path that is typed: the drivers of the deterministic plan, each (months,).

    The BTC price, if it isn't known because a hashprice is typed, is NaN; the hashprice moves with its growth.
    """
    inputs, months = case.inputs, case.months
    rising = growth(inputs.plan.btc_growth_fraction_a_year, months)
    price = case.network.btc_price_usd
    return Drivers(
        btc_price_usd=rising * (np.nan if price is None else price),
        hashprice_usd_per_ph_day=hashprice_path(case, rising),
        power_usd_per_mwh=inputs.power.all_in_usd_per_mwh * steps(inputs.plan.power_escalation_fraction_a_year, months),
        gpu_rate_usd_per_gpu_hour=inputs.gpu.rate_usd_per_gpu_hour
        * growth(-inputs.plan.gpu_rate_decay_fraction_a_year, months),
        gpu_utilisation_fraction=np.full(months, inputs.gpu.utilisation_fraction),
    )
