"""Whether the values on the desk can be true together: each check says what it finds, none replaces a number.

The thresholds were held against every day from 2014 to mid-2026. The price left yesterday's close by more than 25 %
on 2 days; the 7-day hash rate left the one that difficulty implies by more than 35 % on 6 (January 2014, and the ban of
mid-2021); fees passed half the subsidy at three times their month's median on 14 (the rushes of 2017, May and December
2023, the halving of 2024, one day of June 2024); none of 414 adjustments missed the consensus rule by 0.5 %. Open
interest never changed by half in a day.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from minerdesk import words
from minerdesk.economics.leverage import VENUES
from minerdesk.economics.network import EPOCH_SECONDS, hashprice_btc_per_ph_day, implied_hashrate_eh_s, subsidy_btc
from minerdesk.economics.plausibility import LAG_BLOCKS, Doubt, Named, apart, value_words
from minerdesk.observations import Observation, Series
from minerdesk.quantities import QUANTITIES, STATED_HASHPRICES
from minerdesk.units import BLOCKS_PER_EPOCH, SECONDS_PER_DAY

JUMP, HASHRATE_TOLERANCE, RULE_TOLERANCE, HASHPRICE_TOLERANCE = 0.25, 0.35, 0.02, 0.05
FEE_SHARE, FEE_MULTIPLE, FEE_DAYS = 0.5, 3.0, 30
#: So many blocks, two hours, the sources have to tell the new difficulty.
GRACE_BLOCKS = 12
DAILY_STEP = 0.5
RECORDS_TOLERANCE = 0.25
#: Half the last digit of a stated hashprice, $/PH/day, by source: three decimals of $/TH/day.
ROUNDING_USD_PER_PH_DAY: Mapping[str, float] = {"braiins": 0.5}


@dataclass(frozen=True, kw_only=True)
class Held:
    """What is believed, as it was observed, and how its sources are called."""

    observations: Mapping[str, Observation]
    series: Mapping[str, Series]
    now: datetime
    named: Named = str

    def current(self, quantity: str) -> Observation | None:
        """Return the value of a quantity, if it is one (0 stands for none) and not too old to be called current."""
        found = self.observations.get(quantity)
        return None if found is None or found.is_expired(self.now) or not _is_one(found) else found

    def told(self, found: Observation) -> str:
        """Write a value and who says so."""
        return f"{value_words(found.quantity, found.value)} ({self.named(found.source)})"

    def subsidy_btc(self) -> float | None:
        """Return the subsidy of the block being mined, by the height at any age."""
        tip = self.observations.get("tip_height")
        return None if tip is None or not _is_one(tip) else subsidy_btc(int(tip.value) + 1)


def _is_one(found: Observation) -> bool:
    return found.value > 0 and QUANTITIES[found.quantity].allows(found.value)


Check = Callable[[Held], Iterator[Doubt]]


def price_jump(held: Held) -> Iterator[Doubt]:
    """Doubt a price more than 25 % off the last daily close, if that is at most two days old."""
    spot, closes = held.current("btc_price_usd"), held.series.get("btc_price_daily_usd")
    close = closes.newest() if closes is not None else None
    if spot is None or close is None or held.now - close.as_of > timedelta(days=3) or not _is_one(close):
        return
    if abs(spot.value / close.value - 1) > JUMP:
        yield Doubt(
            quantity="btc_price_usd",
            message=f"The BTC price of {held.told(spot)} is {apart(spot.value, close.value)} the close of "
            f"{words.day(close.as_of)}, {held.told(close)}. The price is used as it is. So much in a day was seen "
            "twice since 2014: look at another source before you decide by it.",
        )


def hashrate_fits(held: Held) -> Iterator[Doubt]:
    """Doubt a 7-day hash rate more than 35 % off ``difficulty * 2**32 / 600``."""
    mean, difficulty = held.current("network_hashrate_7d_eh_s"), held.current("difficulty")
    if mean is None or difficulty is None:
        return
    implied = implied_hashrate_eh_s(difficulty.value)
    if abs(mean.value / implied - 1) > HASHRATE_TOLERANCE:
        yield Doubt(
            quantity="network_hashrate_7d_eh_s",
            message=f"The network’s 7-day hash rate of {held.told(mean)} is {apart(mean.value, implied)} the "
            f"{words.hashrate_eh_s(implied)} that the difficulty of {held.told(difficulty)} implies. Hashprice is "
            "reckoned from the difficulty, so it does not hang on the hash rate; either source may be wrong, or many "
            "machines have just stopped.",
        )


def fees_fit(held: Held) -> Iterator[Doubt]:
    """Doubt fees of more than half the subsidy that are also three times the median of their last thirty days."""
    fees, subsidy = held.current("fees_btc_per_block"), held.subsidy_btc()
    if fees is None or not subsidy or fees.value <= FEE_SHARE * subsidy:
        return
    usual = _usual_fees(held)
    if usual is not None and fees.value <= FEE_MULTIPLE * usual:
        return
    beside = "" if usual is None else f"; the median of the last {FEE_DAYS} days is {usual:.4f} BTC"
    yield Doubt(
        quantity="fees_btc_per_block",
        message=f"Fees per block of {held.told(fees)} are {words.percent(fees.value / subsidy, decimals=0)} of the "
        f"subsidy of {subsidy:g} BTC{beside}. They are used as they are. A rush, as around a halving, lasts days: for "
        "a longer view type usual fees.",
    )


def _usual_fees(held: Held) -> float | None:
    days = held.series.get("fees_daily_btc_per_block")
    if days is None:
        return None
    recent = days.values[days.times >= held.now.timestamp() - (FEE_DAYS + 2) * SECONDS_PER_DAY]
    declared = QUANTITIES[days.quantity]
    recent = recent[(recent >= declared.low) & (recent <= declared.high)]  # NaN, a gap, is neither
    return float(np.median(recent)) if len(recent) >= FEE_DAYS / 3 else None


def difficulty_follows(held: Held) -> Iterator[Doubt]:
    """Doubt a difficulty that does not follow from its epochs by the consensus rule, to 2 %.

    ``new / old = 1,209,600 s / (duration of the epoch)``, from a quarter to four.
    """
    epochs, heights = held.series.get("difficulty_epochs"), held.series.get("epoch_heights")
    found = held.current("difficulty")
    if found is None or epochs is None or heights is None or len(epochs) < 2 or len(heights) < 2:
        return
    allowed = QUANTITIES["difficulty_epochs"].allows
    if not np.array_equal(epochs.times[-2:], heights.times[-2:]) or not all(map(allowed, epochs.values[-2:])):
        return
    (before, first), (begin, end) = heights.values[-2:].tolist(), epochs.times[-2:].tolist()
    blocks, passed_s = first - before, end - begin
    old, new = epochs.values[-2:].tolist()
    source = held.named(epochs.source_names[epochs.source_index[-1]])
    if blocks != BLOCKS_PER_EPOCH:
        yield Doubt(
            quantity="difficulty",
            message=f"The last two epochs of {source} begin {words.figure(blocks)} blocks apart, not 2\u202f016. The "
            "difficulty is used as it is; look at another source.",
        )
        return
    by_rule = old * min(max(EPOCH_SECONDS / passed_s, 0.25), 4.0)
    if abs(new / by_rule - 1) > RULE_TOLERANCE:
        yield Doubt(
            quantity="difficulty",
            message=f"The difficulty of {words.difficulty(new)} ({source}) is {apart(new, by_rule)} the "
            f"{words.difficulty(by_rule)} that the consensus rule makes of the epoch before it. It is used as it is; "
            "look at another source.",
        )


def difficulty_in_force(held: Held) -> Iterator[Doubt]:
    """Doubt a difficulty that is still the last epoch's although the tip is past its end, or lies before its begin."""
    tip, found = held.current("tip_height"), held.current("difficulty")
    heights, epochs = held.series.get("epoch_heights"), held.series.get("difficulty_epochs")
    if tip is None or found is None or not heights or not epochs:
        return
    first, known = float(heights.values[-1]), float(epochs.values[-1])
    if not abs(found.value - known) <= 1e-6 * found.value:
        return  # it is not of these epochs, so they say nothing of it
    if tip.value >= first + BLOCKS_PER_EPOCH + GRACE_BLOCKS:
        yield Doubt(
            quantity="difficulty",
            message=f"The difficulty of {held.told(found)} held until block {words.figure(first + BLOCKS_PER_EPOCH)}; "
            f"the network is at {held.told(tip)}. It is used until a source gives the new one: refresh.",
        )
    elif tip.value < first - LAG_BLOCKS:
        yield Doubt(
            quantity="tip_height",
            message=f"The block height of {held.told(tip)} comes before block {words.figure(first)}, from which the "
            f"difficulty of {held.told(found)} holds: one of the two sources is behind. Refresh.",
        )


def daily_step(held: Held) -> Iterator[Doubt]:
    """Doubt a daily rate or open interest that differs by more than half from the one of up to three days before."""
    for quantity in _STEPPED:
        series = held.series.get(quantity)
        if series is None or len(series) < 2 or held.now.timestamp() - series.times[-1] > 7 * SECONDS_PER_DAY:
            continue
        (before, newest), passed_s = series.values[-2:].tolist(), float(np.diff(series.times[-2:])[0])
        declared = QUANTITIES[quantity]
        if not (declared.allows(before) and declared.allows(newest)) or passed_s > 3 * SECONDS_PER_DAY:
            continue
        if abs(newest / before - 1) <= DAILY_STEP:
            continue
        source = held.named(series.source_names[series.source_index[-1]])
        yield Doubt(
            quantity=_STEPPED[quantity],
            message=f"{declared.label}: {value_words(quantity, newest)} ({source}) is "
            f"{apart(newest, before)} the {value_words(quantity, before)} of the day before. It "
            "is used as it is; the way of counting may have changed.",
        )


#: The daily series that no other source is held against, and the number on screen that hangs on each.
_STEPPED: Mapping[str, str] = {
    "gpu_rate_daily_usd_per_gpu_hour": "gpu_rate_on_demand_usd_per_gpu_hour",
    "open_interest_daily_usd": "open_interest_usd",
    "open_interest_bybit_daily_btc": "open_interest_bybit_daily_btc",
    "open_interest_binance_daily_usd": "open_interest_binance_daily_usd",
    "open_interest_binance_files_daily_usd": "open_interest_binance_files_daily_usd",
    "open_interest_coinglass_daily_usd": "open_interest_coinglass_daily_usd",
}


def records_agree(held: Held) -> Iterator[Doubt]:
    """Doubt a venue's open interest whose two records differ by more than a quarter on the last day that both know.

    They are taken minutes apart, in which a fall of the market may close some per cent of all contracts.
    """
    for venue in VENUES:
        first, second = (held.series.get(quantity) for quantity in (venue.quantity, venue.files))
        if first is None or second is None:
            continue
        common, at, there = np.intersect1d(first.times, second.times, return_indices=True)
        if len(common) == 0 or held.now.timestamp() - common[-1] > 7 * SECONDS_PER_DAY:
            continue
        value, other = float(first.values[at[-1]]), float(second.values[there[-1]])
        if not (value > 0 and other > 0) or abs(value / other - 1) <= RECORDS_TOLERANCE:
            continue
        names = [held.named(one.source_names[one.source_index[i]]) for one, i in ((first, at[-1]), (second, there[-1]))]
        yield Doubt(
            quantity=venue.quantity,
            message=f"Open interest at {venue.label} of {words.day(datetime.fromtimestamp(int(common[-1]), UTC))}: "
            f"{value_words(venue.quantity, value)} ({names[0]}) is {apart(value, other)} the "
            f"{value_words(venue.quantity, other)} of {names[1]}. The first is used where both speak; one of the two "
            "may have changed its way of counting.",
        )


def hashprice_fits(held: Held) -> Iterator[Doubt]:
    """Doubt the computed hashprice where one that a source states lies more than 5 % and its rounding off.

    Half the last digit of a stated one is in `ROUNDING_USD_PER_PH_DAY`; one in another unit is out of its range.
    """
    price, difficulty = held.current("btc_price_usd"), held.current("difficulty")
    fees, subsidy = held.current("fees_btc_per_block"), held.subsidy_btc()
    if price is None or difficulty is None or fees is None or subsidy is None:
        return
    computed = price.value * hashprice_btc_per_ph_day(difficulty.value, subsidy, fees.value)
    for name in STATED_HASHPRICES:
        stated = held.current(name)
        if stated is None or hashprices_agree(stated.value, computed, stated.source):
            continue
        yield Doubt(
            quantity=name,
            message=f"{held.named(stated.source)} states a hashprice of {words.hashprice(stated.value)} $/PH/day; "
            f"{words.hashprice(computed)} follows from {held.told(price)}, a difficulty of {held.told(difficulty)} and "
            f"fees of {held.told(fees)}. The computed one is used; look at its parts.",
        )


def hashprices_agree(stated: float, computed: float, source: str) -> bool:
    """Return whether a stated hashprice is the computed one, both in $/PH/day, to 5 % and half its last digit.

    >>> hashprices_agree(39.0, 39.49, "braiins"), hashprices_agree(0.039, 39.49, "braiins")
    (True, False)
    """
    return abs(stated - computed) <= HASHPRICE_TOLERANCE * abs(computed) + ROUNDING_USD_PER_PH_DAY.get(source, 0.0)


#: Every check of what lies on the desk.
CHECKS: tuple[Check, ...] = (
    price_jump,
    hashrate_fits,
    fees_fit,
    difficulty_follows,
    difficulty_in_force,
    daily_step,
    records_agree,
    hashprice_fits,
)


def survey(held: Held) -> tuple[Doubt, ...]:
    """Return every doubt about what lies on the desk, one per quantity: the first that speaks of it is heard."""
    found: dict[str, Doubt] = {}
    for check in CHECKS:
        for doubt in check(held):
            found.setdefault(doubt.quantity, doubt)
    return tuple(found.values())
