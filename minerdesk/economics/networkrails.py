"""Guard-rails of the network: what is typed there, measured by what is observed and by itself.

Only typed values are judged, and only by values that are current: an old price can't tell whether a new one is wrong.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from minerdesk import words
from minerdesk.economics.declarations import FIELDS
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.network import hashprice_btc_per_ph_day, implied_hashrate_eh_s, subsidy_btc
from minerdesk.observations import Observation, Series
from minerdesk.units import DIFFICULTY_PER_T, SATS_PER_BTC, TH_PER_PH

_PRICE, _DIFFICULTY = "network.btc_price_usd", "network.difficulty"
_FEES, _SUBSIDY, _HASHPRICE = "network.fees_btc_per_block", "network.subsidy_btc", "network.hashprice_usd_per_ph_day"

#: How far a typed BTC price may be from the observed one, and a typed hashprice from the computed one. Published
#: indices agree with the formula to 1 %; figures that were wrong in print missed it by 18 % and more.
PRICE_TOLERANCE, HASHPRICE_TOLERANCE = 0.30, 0.15

#: Under this a difficulty is none since January 2014, and looks like one in T or like a hash rate.
LEAST_DIFFICULTY = 1e9
EPOCHS_PER_YEAR = 26


@dataclass(frozen=True)
class Finding:
    """What was recognised: the field, what its number looks like, and what to do about it."""

    key: str
    looks: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is observed of the network and current, nothing typed among it; None is unknown.

    `past_difficulties` are those of a year of epochs, newest first; the one in force may be among them.
    """

    btc_price_usd: float | None = None
    difficulty: float | None = None
    subsidy_btc: float | None = None
    fees_btc_per_block: float | None = None
    past_difficulties: tuple[float, ...] = ()

    @classmethod
    def of(cls, observed: Mapping[str, Observation], epochs: Series | None, now: datetime) -> "Seen":
        """Take price and difficulty while they are current; height and fees at any age, for they move slowly."""

        def value(quantity: str, *, current: bool) -> float | None:
            found = observed.get(quantity)
            return None if found is None or (current and found.is_expired(now)) else found.value

        tip = value("tip_height", current=False)
        past = [] if epochs is None else epochs.values[-1 : -EPOCHS_PER_YEAR - 1 : -1].tolist()
        return cls(
            btc_price_usd=value("btc_price_usd", current=True),
            difficulty=value("difficulty", current=True),
            subsidy_btc=None
            if tip is None
            else subsidy_btc(int(tip) + 1),  # the block being mined is the one that pays
            fees_btc_per_block=value("fees_btc_per_block", current=False),
            past_difficulties=tuple(past),
        )


Rule = Callable[[Inputs, Seen], Iterator[Finding]]


def far_price(inputs: Inputs, seen: Seen) -> Iterator[Finding]:
    """Recognise a BTC price more than 30 % off the observed one: difficulty would not stay where it is for long."""
    typed, observed = inputs.network.btc_price_usd, seen.btc_price_usd
    if typed is not None and observed and abs(typed / observed - 1) > PRICE_TOLERANCE:
        yield Finding(
            _PRICE,
            f"{words.usd(typed)} is {_apart(typed, observed)} the observed {words.usd(observed)}.",
            "As a what-if, mind that difficulty follows the price; else clear the field.",
        )


def difficulty_in_another_unit(inputs: Inputs, seen: Seen) -> Iterator[Finding]:
    """Recognise a difficulty in T (146.47), or a hash rate in EH/s (1,048), with or without the T of the field."""
    typed, observed = inputs.network.difficulty, seen.difficulty
    if typed is None:
        return
    in_t = f"As a difficulty in T it is {typed:.6g}e12."
    hashrate = "Clear the field, or type the difficulty: 1 EH/s is about 0.14 T."
    if typed < LEAST_DIFFICULTY:
        likely = observed is not None and _is_near(typed, implied_hashrate_eh_s(observed), 0.3)
        what = "a hash rate in EH/s" if likely else "a difficulty in T"
        yield Finding(_DIFFICULTY, f"{_number(typed)} looks like {what}.", hashrate if likely else in_t)
    elif observed is not None and _is_near(typed / DIFFICULTY_PER_T, implied_hashrate_eh_s(observed), 0.3):
        yield Finding(
            _DIFFICULTY,
            f"{words.difficulty(typed)} looks like a hash rate in EH/s: the network’s is "
            f"{words.hashrate_eh_s(implied_hashrate_eh_s(observed))}, its difficulty {words.difficulty(observed)}.",
            hashrate,
        )


def past_difficulty(inputs: Inputs, seen: Seen) -> Iterator[Finding]:
    """Recognise a difficulty of an earlier epoch (to 0.005 T), as published before the last adjustment."""
    typed, observed = inputs.network.difficulty, seen.difficulty
    rounding = 0.005 * DIFFICULTY_PER_T

    def same(one: float, other: float) -> bool:
        return abs(one - other) <= rounding * (1 + 1e-6)

    if typed is None or observed is None or same(typed, observed):
        return
    if any(same(typed, past) for past in seen.past_difficulties):
        yield Finding(
            _DIFFICULTY,
            f"{words.difficulty(typed)} was in force in an earlier epoch; now it is {words.difficulty(observed)}.",
            "Clear the field to take the one in force.",
        )


def fees_counted_twice(inputs: Inputs, seen: Seen) -> Iterator[Finding]:
    """Recognise fees of 90 % of the subsidy or more, or a subsidy 0.05-90 % above the one in force: their sum."""
    typed = inputs.network
    subsidy = seen.subsidy_btc if typed.subsidy_btc is None else typed.subsidy_btc
    if typed.fees_btc_per_block is not None and subsidy and typed.fees_btc_per_block >= 0.9 * subsidy:
        yield Finding(
            _FEES,
            f"{typed.fees_btc_per_block:g} BTC looks like the whole reward; the subsidy of {subsidy:g} BTC is added.",
            "Type the fees alone.",
        )
    if typed.subsidy_btc is not None and seen.subsidy_btc and 1.0005 < typed.subsidy_btc / seen.subsidy_btc < 1.9:
        yield Finding(
            _SUBSIDY,
            f"{typed.subsidy_btc:g} BTC looks like subsidy plus fees; the fees are added to it.",
            f"The subsidy in force is {seen.subsidy_btc:g} BTC: clear the field.",
        )


def fees_left_out(inputs: Inputs, seen: Seen) -> Iterator[Finding]:
    """Recognise fees of 0 while blocks pay some."""
    observed = seen.fees_btc_per_block
    if inputs.network.fees_btc_per_block == 0 and observed:
        share = f", {words.percent(observed / (observed + seen.subsidy_btc))} of the reward" if seen.subsidy_btc else ""
        yield Finding(_FEES, f"0 leaves out {observed:.4f} BTC a block{share}.", "Clear the field to count them.")


def past_subsidy(inputs: Inputs, seen: Seen) -> Iterator[Finding]:
    """Recognise a subsidy of before the last halving: 1.9 times the one in force or more."""
    typed, observed = inputs.network.subsidy_btc, seen.subsidy_btc
    if typed is not None and observed and typed >= 1.9 * observed:
        yield Finding(
            _SUBSIDY,
            f"{typed:g} BTC was paid before the last halving; now it is {observed:g} BTC.",
            "Clear the field: it follows the block height.",
        )


def odd_hashprice(inputs: Inputs, seen: Seen) -> Iterator[Finding]:
    """Recognise a hashprice in another unit, or one more than 15 % off what difficulty, reward and price give."""
    typed = inputs.network.hashprice_usd_per_ph_day
    if typed is None:
        return
    price = inputs.network.btc_price_usd or seen.btc_price_usd
    computed = _computed_hashprice(inputs, seen, price)
    found = _other_hashprices(typed, price, computed)
    if len(found) == 1:
        unit, meant = found[0]
        yield Finding(
            _HASHPRICE,
            f"{_number(typed)} looks like {unit}.",
            f"If so, type {words.general(meant, decimals=2)} $/PH/day.",
        )
    elif found:
        yield Finding(
            _HASHPRICE, f"{_number(typed)} looks like {' or '.join(unit for unit, _ in found)}.", "Type $/PH/day."
        )
    elif computed and abs(typed / computed - 1) > HASHPRICE_TOLERANCE:
        yield Finding(
            _HASHPRICE,
            f"{words.hashprice(typed)} is {_apart(typed, computed)} the {words.hashprice(computed)} that difficulty, "
            "reward and BTC price give.",
            "As a what-if it may stand; else clear the field, or check the date of the figure.",
        )


def _computed_hashprice(inputs: Inputs, seen: Seen, price: float | None) -> float | None:
    """Return the hashprice of what is typed and, for the rest, observed; None if a part is unknown."""

    def value(typed: float | None, observed: float | None) -> float | None:
        return observed if typed is None else typed

    difficulty = value(inputs.network.difficulty, seen.difficulty)
    subsidy = value(inputs.network.subsidy_btc, seen.subsidy_btc)
    fees = value(inputs.network.fees_btc_per_block, seen.fees_btc_per_block)
    if difficulty is None or price is None or subsidy is None or fees is None:
        return None
    return price * hashprice_btc_per_ph_day(difficulty, subsidy, fees)


def _other_hashprices(typed: float, price: float | None, computed: float | None) -> list[tuple[str, float]]:
    """Return the units in which `typed` makes sense and what it is in $/PH/day; none if it does as it stands.

    It makes sense within 30 % of the computed hashprice (of two units the nearer counts), or, without one, within
    the plausible range.
    """
    factors = [("$/TH/day", float(TH_PER_PH)), ("$/EH/day", 1 / TH_PER_PH)]
    if price is not None:
        factors += [("BTC/PH/day", price), ("sats/PH/day", price / SATS_PER_BTC)]
        factors.append(("sats/TH/day", TH_PER_PH * price / SATS_PER_BTC))
    low, high = FIELDS[_HASHPRICE].plausible
    if typed <= 0:
        return []
    if not computed:
        return [] if low <= typed <= high else [(u, typed * f) for u, f in factors if low <= typed * f <= high]
    if _is_near(typed, computed, 2):
        return []
    fits = [(unit, typed * factor) for unit, factor in factors if _is_near(typed * factor, computed, 0.3)]
    return sorted(fits, key=lambda fit: abs(math.log(fit[1] / computed)))[:1]


#: Every rule that looks at what is typed of the network; of several that speak of one field the first is heard.
RULES: tuple[Rule, ...] = (
    far_price,
    difficulty_in_another_unit,
    past_difficulty,
    fees_counted_twice,
    fees_left_out,
    past_subsidy,
    odd_hashprice,
)


def _is_near(value: float, other: float, tolerance: float) -> bool:
    """Whether the larger is at most ``1 + tolerance`` times the smaller; nothing is near to zero."""
    return 0 < max(value, other) <= (1 + tolerance) * min(value, other)


def _number(value: float) -> str:
    return f"{value:,.6g}".replace(",", words.THIN)


def _apart(value: float, other: float) -> str:
    """Write how far `value` lies from `other`, as what stands before “the observed …”."""
    ratio = value / other
    if ratio >= 3:
        return f"{words.general(ratio)} times"
    return f"{words.percent(abs(ratio - 1), decimals=0)} {'above' if ratio > 1 else 'below'}"
