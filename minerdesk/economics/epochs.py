"""Difficulty epochs: the table of adjustments, the height at a moment, the next retarget and the next halving."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np

from minerdesk.economics.history import Values, windows
from minerdesk.economics.indicators import blocks_per_day
from minerdesk.economics.network import (
    POW_LIMIT,
    RetargetEstimate,
    bits_from_target,
    difficulty_from_bits,
    implied_hashrate_eh_s,
    next_bits,
    next_halving_height,
    retarget_estimate,
)
from minerdesk.observations import Series
from minerdesk.units import BLOCK_SECONDS, BLOCKS_PER_EPOCH, SECONDS_PER_DAY

#: Of an epoch's time so far this share must be covered by observed days, else its height is not reckoned.
LEAST_COVERED = 0.5


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One difficulty epoch. `change_fraction` is its adjustment against the one before; None for the first.

    `days` and `seconds_per_block` are those of the whole epoch, None while it runs.
    """

    height: int
    start: datetime
    difficulty: float
    implied_hashrate_eh_s: float
    change_fraction: float | None
    days: float | None
    seconds_per_block: float | None


def epochs_table(difficulties: Series, heights: Series) -> tuple[Epoch, ...]:
    """Return every epoch that both series know, oldest first.

    An epoch whose neighbour is missing has no adjustment, or no length.
    """
    at = dict(zip(heights.times.tolist(), heights.values.tolist(), strict=True))
    known = [
        (time, int(at[time]), difficulty)
        for time, difficulty in zip(difficulties.times.tolist(), difficulties.values.tolist(), strict=True)
        if time in at
    ]
    rows = []
    for place, (time, height, difficulty) in enumerate(known):
        before = known[place - 1] if place and known[place - 1][1] == height - BLOCKS_PER_EPOCH else None
        follows = place + 1 < len(known) and known[place + 1][1] == height + BLOCKS_PER_EPOCH
        span_s = known[place + 1][0] - time if follows else None
        rows.append(
            Epoch(
                height=height,
                start=datetime.fromtimestamp(time, UTC),
                difficulty=difficulty,
                implied_hashrate_eh_s=implied_hashrate_eh_s(difficulty),
                change_fraction=difficulty / before[2] - 1 if before else None,
                days=None if span_s is None else span_s / SECONDS_PER_DAY,
                seconds_per_block=None if span_s is None else span_s / BLOCKS_PER_EPOCH,
            )
        )
    return tuple(rows)


def bits_from_difficulty(difficulty: float) -> int:
    """Return the compact target whose difficulty is nearest to `difficulty`.

    >>> hex(bits_from_difficulty(1.0)), hex(bits_from_difficulty(difficulty_from_bits(0x1C05A3F4)))
    ('0x1d00ffff', '0x1c05a3f4')
    """
    bits = bits_from_target(min(int(Fraction(POW_LIMIT) / Fraction(difficulty)), POW_LIMIT))
    near = [bits, bits + 1] if bits & 0x007FFFFF < 0x007FFFFF else [bits]
    return min(near, key=lambda one: abs(difficulty_from_bits(one) - difficulty))


def expected_difficulty(difficulty: float, seconds_per_block: float) -> float:
    """Return the next difficulty by the consensus rule if blocks go on at this pace: exact but for the pace itself.

    2,015 intervals are measured against 2,016 * 600 s, clamped to a quarter and four times of it, limited, and rounded
    to compact form: an epoch of exact 600 s blocks raises difficulty by 0.0496 %.

    >>> round(expected_difficulty(146_472_570_619_930.78, 600.0) / 146_472_570_619_930.78 - 1, 5)
    0.0005
    """
    span = round((BLOCKS_PER_EPOCH - 1) * seconds_per_block)
    return difficulty_from_bits(next_bits(bits_from_difficulty(difficulty), 0, max(span, 0)))


def blocks_found(hashrate: Series, difficulties: Series, begin_s: float, end_s: float) -> tuple[float, float]:
    """Return the blocks found between two moments as the observed hash rate tells, and the seconds that it covers."""
    if len(hashrate) == 0:
        return 0.0, 0.0
    begin, end = windows(hashrate.times)
    rate: Values = blocks_per_day(hashrate, difficulties) / SECONDS_PER_DAY
    inside = np.clip(np.minimum(end, end_s) - np.maximum(begin, begin_s), 0, None)
    inside = np.where(np.isfinite(rate), inside, 0.0)
    return float(np.sum(inside * np.nan_to_num(rate))), float(min(inside.sum(), end_s - begin_s))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where the network stood at a moment: the height, reckoned from the epoch's first block and the blocks since.

    `retarget` is None where too little of the epoch is known to say how it goes.
    """

    height: int
    next_retarget_height: int
    retarget: RetargetEstimate | None
    expected_difficulty: float | None


def progress_at(hashrate: Series, difficulties: Series, heights: Series, moment: datetime) -> Progress | None:
    """Return where the network stood at `moment`, from series that are cut there.

    No day's height is kept, but an observed hash rate is a count of blocks: so the height is the epoch's first plus
    the blocks of the days since, those of the uncovered rest at the same pace. Good to a few blocks.

    Special cases: None without a running epoch (none known, or the newest is over by now).
    """
    if len(heights) == 0 or len(difficulties) == 0 or heights.times[-1] != difficulties.times[-1]:
        return None
    start_s, first = int(heights.times[-1]), int(heights.values[-1])
    elapsed_s = moment.timestamp() - start_s
    if elapsed_s <= 0:
        return None
    found, covered_s = blocks_found(hashrate, difficulties, start_s, moment.timestamp())
    is_covered = covered_s >= LEAST_COVERED * elapsed_s and found > 0
    blocks = found * elapsed_s / covered_s if is_covered else elapsed_s / BLOCK_SECONDS
    if blocks >= BLOCKS_PER_EPOCH * 1.02:
        return None
    height = first + min(round(blocks), BLOCKS_PER_EPOCH - 1)
    if not is_covered:
        return Progress(
            height=height, next_retarget_height=first + BLOCKS_PER_EPOCH, retarget=None, expected_difficulty=None
        )
    start = datetime.fromtimestamp(start_s, UTC)
    estimate = retarget_estimate(tip_height=height, epoch_start=start, now=moment)
    return Progress(
        height=height,
        next_retarget_height=estimate.height,
        retarget=estimate,
        expected_difficulty=expected_difficulty(float(difficulties.values[-1]), elapsed_s / max(blocks, 1.0)),
    )


@dataclass(frozen=True, kw_only=True)
class Halving:
    """The next halving: its height is the rule's, its date the tip's plus ten minutes a block."""

    height: int
    blocks_left: int
    date: datetime


def next_halving(height: int, moment: datetime) -> Halving:
    """Return the next halving, reckoned from the tip at `moment`; never stored, so that it can't go stale.

    >>> found = next_halving(932_640, datetime(2026, 1, 16, tzinfo=UTC))
    >>> found.height, found.blocks_left, f"{found.date:%Y-%m}"
    (1050000, 117360, '2028-04')
    """
    target = next_halving_height(height)
    left = target - height
    return Halving(height=target, blocks_left=left, date=moment + timedelta(seconds=left * BLOCK_SECONDS))
