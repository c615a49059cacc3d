"""What the network pays for its security, what AI would pay for the same energy, what an attack would cost, who mines.

All comparisons per MWh are gross: revenue, before any cost. Assumptions are arguments, and are shown beside the result.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.network import INITIAL_SUBSIDY_SATS, Numbers, subsidy_sats
from minerdesk.units import (
    BLOCKS_PER_DAY,
    BLOCKS_PER_HALVING,
    HOURS_PER_DAY,
    HOURS_PER_YEAR,
    SATS_PER_BTC,
    TH_PER_PH,
)

DAYS_PER_YEAR = HOURS_PER_YEAR / HOURS_PER_DAY
_TH_PER_EH = 1_000 * TH_PER_PH
MAJORITY = 0.51


def supply_btc(height: int) -> float:
    """Return the BTC issued up to and with the block at `height`: the sum of all subsidies. Lost coins count.

    >>> supply_btc(209_999), supply_btc(840_000)
    (10500000.0, 19687503.125)
    """
    whole, rest = divmod(height + 1, BLOCKS_PER_HALVING)
    eras = sum((INITIAL_SUBSIDY_SATS >> era) * BLOCKS_PER_HALVING for era in range(min(whole, 64)))
    return (eras + subsidy_sats(height) * rest) / SATS_PER_BTC


def supply_through_time(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the supply in BTC at each of many heights, NaN where a height is unknown or negative."""
    halvings = np.arange(0, 34, dtype=np.int64) * BLOCKS_PER_HALVING
    knots = np.array([supply_btc(int(height) - 1) if height else 0.0 for height in halvings])
    return np.asarray(np.interp(heights + 1, halvings, knots, left=np.nan), dtype=np.float64)


def energy_mwh_per_day(hashrate_eh_s: Numbers, efficiency_j_per_th: float) -> Numbers:
    """Return what the network draws in a day at an assumed mean efficiency: 1 EH/s at e J/TH draws e MW.

    >>> energy_mwh_per_day(1_024.0, 18.5)
    454656.0
    """
    return hashrate_eh_s * (efficiency_j_per_th * HOURS_PER_DAY)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The security budget: what miners are paid for keeping the chain, at an assumed efficiency of all machines."""

    btc_per_day: float
    usd_per_day: float
    share_of_market_cap_per_year: float | None
    usd_per_mwh: float | None


def budget(
    *,
    btc_per_day: float,
    btc_price_usd: float,
    supply: float | None,
    hashrate_eh_s: float | None,
    efficiency_j_per_th: float,
) -> Budget:
    """Return the budget of subsidy and fees that pay `btc_per_day`.

    The share of market cap a year, ``365 * BTC per day / supply``, doesn't hang on the price. Per MWh:
    ``USD per day / (EH/s * e * 24)``.

    >>> week = budget(btc_per_day=3_167 / 7, btc_price_usd=91_132.0, supply=19.97e6, hashrate_eh_s=1_024.0,
    ...               efficiency_j_per_th=18.5)
    >>> round(week.usd_per_day / 1e6, 2), round(week.share_of_market_cap_per_year, 5), round(week.usd_per_mwh, 1)
    (41.23, 0.00827, 90.7)
    """
    usd = btc_per_day * btc_price_usd
    return Budget(
        btc_per_day=btc_per_day,
        usd_per_day=usd,
        share_of_market_cap_per_year=DAYS_PER_YEAR * btc_per_day / supply if supply else None,
        usd_per_mwh=usd / energy_mwh_per_day(hashrate_eh_s, efficiency_j_per_th) if hashrate_eh_s else None,
    )


@dataclass(frozen=True, kw_only=True)
class Match:
    """What would have to be for the network's miners to earn per MWh what AI pays, one of the two changed alone.

    `fees_btc_per_block` is None where the subsidy alone pays as much already.
    """

    ai_usd_per_mwh: float
    subsidy_btc: float
    btc_price_usd: float
    fees_btc_per_block: float | None


def match_ai(
    *,
    ai_usd_per_mwh: float,
    hashrate_eh_s: float,
    efficiency_j_per_th: float,
    subsidy_btc: float,
    fees_btc_per_block: float,
    btc_price_usd: float,
    blocks_per_day: float = BLOCKS_PER_DAY,
) -> Match:
    """Return the BTC price, and the fees per block, at which the whole network's revenue per MWh is `ai_usd_per_mwh`.

    ``price = AI * MWh a day / (blocks * (S + F))``; ``F = AI * MWh a day / (blocks * price) - S``. The hash rate stays:
    a network that lost miners would need less, see `network.hashprice_after_exit`. After a halving hand in half of S.

    >>> found = match_ai(ai_usd_per_mwh=158.06, hashrate_eh_s=1_000.0, efficiency_j_per_th=18.5, subsidy_btc=3.125,
    ...                  fees_btc_per_block=0.02, btc_price_usd=95_000.0)
    >>> round(found.btc_price_usd), round(found.fees_btc_per_block, 3)
    (154961, 2.005)
    """
    needed_usd = ai_usd_per_mwh * energy_mwh_per_day(hashrate_eh_s, efficiency_j_per_th)
    fees = needed_usd / (blocks_per_day * btc_price_usd) - subsidy_btc
    return Match(
        ai_usd_per_mwh=ai_usd_per_mwh,
        subsidy_btc=subsidy_btc,
        btc_price_usd=needed_usd / (blocks_per_day * (subsidy_btc + fees_btc_per_block)),
        fees_btc_per_block=fees if fees >= 0 else None,
    )


@dataclass(frozen=True, kw_only=True)
class AttackTerms:
    """The assumptions of an attack: machines bought new, run for some hours, all of them in one hand."""

    efficiency_j_per_th: float
    asic_usd_per_th: float
    power_usd_per_mwh: float
    hours: float
    share: float = MAJORITY


@dataclass(frozen=True, kw_only=True)
class AttackCost:
    """What the machines and their energy cost; the machines keep some of their worth afterwards, which is left out."""

    hashrate_eh_s: float
    hardware_usd: float
    energy_mwh: float
    energy_usd: float

    @property
    def total_usd(self) -> float:
        """Hardware and energy together."""
        return self.hardware_usd + self.energy_usd


def attack_cost(hashrate_eh_s: float, terms: AttackTerms) -> AttackCost:
    """Return what it costs to hold `share` of all hash rate against those who are there: ``H * s / (1 - s)`` more.

    Hardware ``EH/s * 1e6 TH * $/TH`` plus energy ``EH/s * e * hours * $/MWh``. Left out: that so many machines can't be
    bought at the list price, sites, staff, what is earned meanwhile, and what is left of their worth.

    >>> found = attack_cost(1_000.0, AttackTerms(efficiency_j_per_th=18.5, asic_usd_per_th=18.0, power_usd_per_mwh=50.0,
    ...                                          hours=24.0))
    >>> round(found.hashrate_eh_s, 1), round(found.hardware_usd / 1e9, 2), round(found.energy_usd / 1e6, 1)
    (1040.8, 18.73, 23.1)

    Raises
    ------
    ValueError
        The share is not between 0 and 1.
    """
    if not 0 < terms.share < 1:
        raise ValueError("the share of an attack lies between 0 and 1")
    own = hashrate_eh_s * terms.share / (1 - terms.share)
    mwh = own * terms.efficiency_j_per_th * terms.hours
    return AttackCost(
        hashrate_eh_s=own,
        hardware_usd=own * _TH_PER_EH * terms.asic_usd_per_th,
        energy_mwh=mwh,
        energy_usd=mwh * terms.power_usd_per_mwh,
    )


@dataclass(frozen=True, kw_only=True)
class Concentration:
    """How concentrated pools are: `shares` largest first, Herfindahl-Hirschman index, how many together have 51 %.

    A pool is no owner: miners leave it within minutes, and one firm may run several names.
    """

    blocks: int
    shares: tuple[tuple[str, float], ...]
    hhi: float
    majority_pools: int


def concentration(counts: Sequence[tuple[str, int]]) -> Concentration | None:
    """Return the concentration of pools from the blocks that each found; None without a block.

    ``HHI = sum of squared shares``: 1 is one pool alone, 1/n are n equal ones.

    >>> found = concentration([("B", 30), ("A", 40), ("C", 20), ("D", 10)])
    >>> found.shares[0], round(found.hhi, 2), found.majority_pools
    (('A', 0.4), 0.3, 2)
    """
    total = sum(count for _, count in counts)
    if total <= 0:
        return None
    shares = tuple((name, count / total) for name, count in sorted(counts, key=lambda item: (-item[1], item[0])))
    running = np.cumsum([share for _, share in shares])
    return Concentration(
        blocks=total,
        shares=shares,
        hhi=float(sum(share**2 for _, share in shares)),
        majority_pools=int(np.searchsorted(running, MAJORITY - 1e-12) + 1),
    )
