"""Whether one new value can be true, before it is believed: its range, its unit, its step from the last one.

The sources ask another provider where `step_doubt` speaks. The steps were held against every day from 2014 to mid-2026.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from minerdesk import words
from minerdesk.errors import Problem, Severity
from minerdesk.observations import Observation
from minerdesk.quantities import QUANTITIES
from minerdesk.units import BLOCK_SECONDS

#: How a source is called for people.
Named = Callable[[str], str]

#: What a new value may be of the last one, least and most, while that one is current: a larger step in one sample is
#: confirmed before it is believed. The largest of a day since 2014: price -38 %, difficulty +23 %, 7-day mean 10 %; of
#: a week: price -45 % and +70 %, a single day's hash rate +81 %.
STEPS: Mapping[str, tuple[float, float]] = {
    "btc_price_usd": (0.5, 1.5),
    "btc_price_daily_usd": (0.5, 1.5),
    "difficulty": (0.5, 1.5),
    "difficulty_epochs": (0.5, 1.5),
    "network_hashrate_7d_eh_s": (0.5, 1.5),
    "network_hashrate_daily_eh_s": (0.4, 2.5),
}
#: The own step holds for so long, though the last value be called current for less: the largest of three days since
#: 2014 were price -37 % and +47 %.
OWN_STEP_AGE = timedelta(days=3)
#: What a quantity with a step of its own may be of an older value, by that one's age at most. Since 2014 the largest
#: of 30 days: price 0.40 and 2.99, difficulty 1.86, a single day's hash rate 0.33 and 2.5; of 90 days: price 5.4.
WIDER_STEPS = ((timedelta(days=30), (0.3, 3.0)), (timedelta(days=90), (1 / 6, 6.0)))
#: What any quantity may be of a value of the last year: nothing here grew thirtyfold in one since 2015, and the
#: smallest slip of a unit is a thousandfold.
WIDEST_STEP = (1 / 30, 30.0)
REFERENCE_AGE = timedelta(days=365)

#: Since 2020 each of these stayed inside with room to spare; what is dated later and lies outside is in another unit.
SINCE_2020: Mapping[str, tuple[float, float]] = {
    "btc_price_usd": (1e3, 1e7),
    "btc_price_daily_usd": (1e3, 1e7),
    "difficulty": (1e12, 1e17),
    "difficulty_epochs": (1e12, 1e17),
    "network_hashrate_7d_eh_s": (10.0, 1e5),
    "network_hashrate_daily_eh_s": (10.0, 1e5),
    "fees_btc_per_block": (1e-6, 50.0),
    "fees_daily_btc_per_block": (1e-6, 50.0),
}
_YEAR_2020 = datetime(2020, 1, 1, tzinfo=UTC)

#: How far two sources may be apart, as a share of the smaller, and still say the same.
AGREEMENT: Mapping[str, float] = {
    "btc_price_usd": 0.05,
    "btc_price_daily_usd": 0.05,
    "difficulty": 0.01,
    "tip_height": 1e-5,  # some blocks
    "fees_btc_per_block": 0.5,  # the last 144 blocks against the last whole day
    "fees_daily_btc_per_block": 0.5,
}
ANY_AGREEMENT = 0.25

#: A tip may fall back by so many blocks, as another node lags; it rises by one in ten minutes, at most by twice that
#: and a run of luck.
LAG_BLOCKS, LUCK_BLOCKS, MOST_PACE = 2, 30, 2.0

_SLIPS: Mapping[str, Mapping[int, str]] = {
    "$/BTC": {2: "cents", -3: "thousands of $", -8: "$ per satoshi"},
    "EH/s": {-3: "ZH/s", 3: "PH/s", 6: "TH/s", 9: "GH/s", 12: "MH/s", 18: "H/s"},
    "BTC": {8: "satoshis", 3: "mBTC"},
    "$/GPU-h": {2: "cents"},
    "$/PH/day": {-3: "$/TH/day", 3: "$/EH/day"},
    "": {-12: "units of T"},
}
_POWERS = (2, 3, 6, 8, 9, 12, 18)


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """One reason not to take a number at its word: which quantity, and in words what, whose, why and what follows.

    It is `settled` if what was doubted is not what is shown: another source was believed in its place.
    """

    quantity: str
    message: str
    settled: bool = False

    def beside(self, other: "Doubt | None") -> "Doubt":
        """Return this doubt with another of the same quantity, settled only if both are."""
        if other is None:
            return self
        return replace(self, message=f"{self.message} {other.message}", settled=self.settled and other.settled)

    @property
    def problem(self) -> Problem:
        """The doubt as a warning; its field is that of no input, so that it is said aloud."""
        return Problem(field=f"doubt {self.quantity}", severity=Severity.WARNING, message=self.message)


def value_words(quantity: str, value: float) -> str:
    """Write an observed value with its unit, as far as the eye can use it.

    >>> value_words("fees_btc_per_block", 0.02292).replace(words.THIN, " ")
    '0.0229 BTC'
    """
    match quantity:
        case "btc_price_usd" | "btc_price_daily_usd" | "btc_price_second_usd":
            return words.usd(value)
        case "difficulty" | "difficulty_epochs":
            return words.difficulty(value)
        case "tip_height":
            return words.figure(value)
        case "fees_btc_per_block":
            return words.with_unit(words.figure(value, 4), "BTC")
        case "network_hashrate_7d_eh_s" | "network_hashrate_daily_eh_s":
            return words.hashrate_eh_s(value)
    return words.with_unit(words.figure(value, 2), QUANTITIES[quantity].unit)


def band(quantity: str, as_of: datetime) -> tuple[float, float]:
    """Return the least and the most that a value of `as_of` can be: the declared range, since 2020 a narrower one."""
    declared = QUANTITIES[quantity]
    if as_of < _YEAR_2020:
        return declared.low, declared.high
    low, high = SINCE_2020.get(quantity, (declared.low, declared.high))
    return max(low, declared.low), min(high, declared.high)


def slip(unit: str, ratio: float) -> str:
    """Return in which unit a value looks that is `ratio` times what it should be; empty if it is none that we know.

    A power of ten counts if the ratio is within half a decade of it, and the nearest of several.

    >>> slip("EH/s", 1.02e6), slip("BTC", 0.9e8), slip("EH/s", 1.4), slip("pools", 900.0)
    ('TH/s in place of EH/s', 'satoshis in place of BTC', '', 'a unit slipped by 10^3')
    """
    if not (math.isfinite(ratio) and ratio > 0):
        return ""
    decades = math.log10(ratio)
    power = min((sign * power for power in _POWERS for sign in (1, -1)), key=lambda one: abs(decades - one))
    if abs(decades - power) > 0.5 or abs(decades) < 1.5:
        return ""
    name = _SLIPS.get(unit, {}).get(power)
    return f"{name} in place of {unit or 'ones'}" if name else f"a unit slipped by 10^{power}"


def step_doubt(found: Observation, known: Observation | None, now: datetime, named: Named = str) -> str:
    """Say why a value can't follow the one that was last believed, as “it is … the … of …”; empty if it can.

    While the last one is current, and three days at least, the quantity's own step holds (`STEPS`); after that it
    widens with age (`WIDER_STEPS`), for a year at most to `WIDEST_STEP`.
    Zero and less of either say nothing here: the range forbids them where they can't be.
    """
    if known is None or known.value <= 0 or found.value <= 0 or abs(now - known.as_of) > REFERENCE_AGE:
        return ""
    if found.quantity == "tip_height":
        reason = _height_doubt(found, known)
        if reason:
            return f"{reason} ({named(known.source)})"
    low, high = _step(known, now)
    ratio = found.value / known.value
    if low <= ratio <= high:
        return ""
    said = (
        f"{value_words(found.quantity, found.value)} is {apart(found.value, known.value)} the "
        f"{value_words(known.quantity, known.value)} of {words.day_and_time(known.as_of)} UTC ({named(known.source)})"
    )
    unit = slip(QUANTITIES[found.quantity].unit, ratio)
    return f"{said}; it looks like {unit}" if unit else said


def _step(known: Observation, now: datetime) -> tuple[float, float]:
    """Return the least and the most that a new value may be of the last one, by that one's age."""
    age = abs(now - known.as_of)
    if not known.is_expired(now) or age <= OWN_STEP_AGE:
        return STEPS.get(known.quantity, WIDEST_STEP)
    wider = next((step for limit, step in WIDER_STEPS if age <= limit), WIDEST_STEP)
    return wider if known.quantity in STEPS else WIDEST_STEP


def _height_doubt(found: Observation, known: Observation) -> str:
    """Say why a block height can't follow another: the chain never gets shorter, nor much longer in a short time."""
    passed_s = max((found.as_of - known.as_of).total_seconds(), 0.0)
    most = known.value + LUCK_BLOCKS + MOST_PACE * passed_s / BLOCK_SECONDS
    if found.value < known.value - LAG_BLOCKS:
        return f"block {words.figure(found.value)} comes before the {words.figure(known.value)} that was known already"
    if found.value > most:
        return (
            f"block {words.figure(found.value)} is {words.figure(found.value - known.value)} blocks on from "
            f"{words.figure(known.value)}, known {words.age(found.as_of - known.as_of)} before"
        )
    return ""


def agree(quantity: str, one: float, other: float) -> bool:
    """Return whether two sources say the same: the larger at most `AGREEMENT` above the smaller.

    >>> agree("btc_price_usd", 100_000, 104_900), agree("btc_price_usd", 100_000, 105_100)
    (True, False)
    """
    return abs(one - other) <= AGREEMENT.get(quantity, ANY_AGREEMENT) * min(abs(one), abs(other))


def apart(value: float, other: float) -> str:
    """Write how far `value` lies from `other`, both positive, as what stands before “the …”.

    >>> [apart(value, 1.0).replace(words.THIN, " ") for value in (1e18, 1000.0, 1.5, 0.75, 0.001)]
    ['10^18 times', '1 000 times', '50 % above', '25 % below', '1/1 000 of']
    """
    ratio = value / other
    if 0.05 < ratio < 3:
        return f"{words.percent(abs(ratio - 1), decimals=0)} {'above' if ratio > 1 else 'below'}"
    decades = abs(math.log10(value) - math.log10(other))  # the ratio itself may be too large or too small a number
    times = f"10^{decades:.0f}" if decades > 6.5 else words.general(10**decades)
    return f"{times} times" if ratio > 1 else f"1/{times} of"
