"""The Bitcoin network: hash rate, subsidy, hashprice, retarget. Formulas of the consensus rules and of the trade.

Everything here takes plain numbers; functions marked *elementwise* take numpy arrays as well.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from minerdesk.units import (
    BLOCK_SECONDS,
    BLOCKS_PER_EPOCH,
    BLOCKS_PER_HALVING,
    H_PER_EH,
    H_PER_PH,
    HASHES_PER_DIFFICULTY,
    SATS_PER_BTC,
    SECONDS_PER_DAY,
)

#: A number or an array of numbers; the elementwise formulas accept both and return what they were given.
Numbers = TypeVar("Numbers", float, NDArray[np.float64])

INITIAL_SUBSIDY_SATS = 50 * SATS_PER_BTC
EPOCH_SECONDS = BLOCKS_PER_EPOCH * BLOCK_SECONDS
POW_LIMIT = 0xFFFF << 208  # the easiest target that the compact form can hold: difficulty 1
ESTIMATE_BOUNDS = (-0.75, 3.0)  # the rule lets difficulty fall to a quarter and rise fourfold


def implied_hashrate_eh_s(difficulty: Numbers) -> Numbers:
    """Return the hash rate that difficulty implies, in EH/s: ``D * 2**32 / 600`` hashes a second. Elementwise.

    The exact number of hashes a block is ``2**256 / (target + 1)``, 15 ppm more than ``D * 2**32``: left out.

    >>> round(implied_hashrate_eh_s(146.47e12), 3)
    1048.473
    """
    return difficulty * (HASHES_PER_DIFFICULTY / BLOCK_SECONDS / H_PER_EH)


def observed_hashrate_eh_s(difficulty: float, blocks: float, seconds: float) -> float:
    """Return the hash rate that found `blocks` blocks in `seconds`, in EH/s: ``D * 2**32 * n / dt``.

    It carries the luck of those blocks: relative standard error about ``1 / sqrt(blocks)``.
    """
    return difficulty * HASHES_PER_DIFFICULTY * blocks / seconds / H_PER_EH


def subsidy_sats(height: int) -> int:
    """Return the new satoshis of the block at `height`: ``50e8 >> (height // 210000)``; 0 from height 6,930,000.

    Raises
    ------
    ValueError
        `height` is negative.

    >>> subsidy_sats(839_999), subsidy_sats(840_000), subsidy_sats(6_930_000)
    (625000000, 312500000, 0)
    """
    if height < 0:
        raise ValueError("a block height can't be negative")
    halvings = height // BLOCKS_PER_HALVING
    return INITIAL_SUBSIDY_SATS >> halvings if halvings < 64 else 0  # Bitcoin Core's own guard


def subsidy_btc(height: int) -> float:
    """Return the new BTC of the block at `height`.

    >>> subsidy_btc(840_000)
    3.125
    """
    return subsidy_sats(height) / SATS_PER_BTC


def next_halving_height(height: int) -> int:
    """Return the height of the first block after `height` that pays half.

    >>> next_halving_height(932_448)
    1050000
    """
    return (height // BLOCKS_PER_HALVING + 1) * BLOCKS_PER_HALVING


def reward_from_fee_share(subsidy_btc: float, fee_share: float) -> float:
    """Return subsidy plus fees, given the fees' share of the sum: ``S / (1 - f)``, in BTC per block."""
    return subsidy_btc / (1 - fee_share)


def hashprice_btc_per_ph_day(difficulty: Numbers, subsidy_btc: Numbers, fees_btc_per_block: Numbers) -> Numbers:
    """Return what one PH/s is expected to earn a day under FPPS, in BTC. Elementwise.

    ``86400 * 1e15 * (S + F) / (D * 2**32)`` with S the subsidy and F the mean fees per block. It uses difficulty,
    not the day's blocks, and so carries no block luck.

    >>> f"{hashprice_btc_per_ph_day(146.47e12, 3.125, 0.0):.6e}"
    '4.291956e-04'
    """
    return (subsidy_btc + fees_btc_per_block) * (SECONDS_PER_DAY * H_PER_PH / HASHES_PER_DIFFICULTY) / difficulty


def hashprice_after_exit(hashprice: float, share_leaving: float) -> float:
    """Return the hashprice once difficulty has followed a `share_leaving` of the hash rate out: ``h / (1 - x)``.

    The price of BTC is held fixed. Any unit of hashprice.

    >>> round(hashprice_after_exit(1.0, 0.15), 4)
    1.1765
    """
    return hashprice / (1 - share_leaving)


def difficulty_from_bits(bits: int) -> float:
    """Return the difficulty of a compact target: ``0xffff * 2**208 / target``.

    >>> round(difficulty_from_bits(0x1D00FFFF), 6)
    1.0
    """
    return POW_LIMIT / target_from_bits(bits)


def target_from_bits(bits: int) -> int:
    """Expand a compact target: three bytes of mantissa, one of exponent. A set sign bit is refused (ValueError)."""
    exponent, mantissa = bits >> 24, bits & 0x007FFFFF
    if bits & 0x00800000 or mantissa == 0:
        raise ValueError(f"0x{bits:08x} is no valid compact target")
    return mantissa << 8 * (exponent - 3) if exponent > 3 else mantissa >> 8 * (3 - exponent)


def bits_from_target(target: int) -> int:
    """Round a target to its compact form, as consensus does: truncate to three bytes, keep the sign bit clear."""
    size = (target.bit_length() + 7) // 8
    mantissa = target << 8 * (3 - size) if size <= 3 else target >> 8 * (size - 3)
    if mantissa & 0x00800000:
        mantissa, size = mantissa >> 8, size + 1
    return size << 24 | mantissa


def next_bits(bits: int, first_block_time: int, last_block_time: int) -> int:
    """Return the compact target of the next epoch by the consensus rule, exactly.

    ``new = old * clamp(t_last - t_first, T/4, 4T) / T`` with T = 1,209,600 s. The span holds 2,015 intervals but is
    measured against 2,016: steady blocks come every 600.2978 s. Then the limit, then rounding to compact form.

    >>> hex(next_bits(0x1D00FFFF, 1261130161, 1262152739))
    '0x1d00d86a'
    """
    span = min(max(last_block_time - first_block_time, EPOCH_SECONDS // 4), EPOCH_SECONDS * 4)
    # The network's limit is 2**224 - 1; rounded to compact form it is POW_LIMIT.
    return bits_from_target(min(target_from_bits(bits) * span // EPOCH_SECONDS, POW_LIMIT))


@dataclass(frozen=True, kw_only=True)
class RetargetEstimate:
    """Where the running epoch stands and what its end may bring.

    `band_fraction` is one standard error of `change_fraction`, about ``1 / sqrt(blocks found)``.
    """

    height: int
    progress_fraction: float
    blocks_left: int
    change_fraction: float
    band_fraction: float
    date: datetime


def retarget_estimate(
    *, tip_height: int, epoch_start: datetime, now: datetime, last_block: datetime | None = None
) -> RetargetEstimate:
    """Estimate the next adjustment from inside an epoch.

    ``600 / (elapsed / (blocks + 1)) - 1``, clamped to [-75 %, +300 %], with blocks counted from the epoch's first.
    The date is reckoned at the epoch's own mean block time so far.

    Parameters
    ----------
    now
        The moment at which `tip_height` was the tip.
    last_block
        On the epoch's last block its own time counts in place of `now`: the epoch is over.

    Raises
    ------
    ValueError
        `now` is not after `epoch_start`.
    """
    blocks = tip_height % BLOCKS_PER_EPOCH
    end = last_block if last_block is not None and blocks == BLOCKS_PER_EPOCH - 1 else now
    elapsed_s = (end - epoch_start).total_seconds()
    if elapsed_s <= 0:
        raise ValueError("the epoch begins after the moment of the estimate")
    seconds_per_block = elapsed_s / (blocks + 1)
    low, high = ESTIMATE_BOUNDS
    left = BLOCKS_PER_EPOCH - blocks
    return RetargetEstimate(
        height=tip_height - blocks + BLOCKS_PER_EPOCH,
        progress_fraction=blocks / BLOCKS_PER_EPOCH,
        blocks_left=left,
        change_fraction=min(max(BLOCK_SECONDS / seconds_per_block - 1, low), high),
        band_fraction=1 / math.sqrt(max(blocks, 1)),
        date=now + timedelta(seconds=left * seconds_per_block),
    )
