"""What the six cards of the strip say, as plain text: a value, two lines under it, and how it came about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from minerdesk import words
from minerdesk.economics.results import Business, BusinessResult
from minerdesk.observations import Observation, Origin
from minerdesk.quantities import QUANTITIES, STATED_HASHPRICES
from minerdesk.snapshot import Snapshot
from minerdesk.ui.panels.provenance import described_in, gravest, source_detail, source_label, standing_in
from minerdesk.units import sats_from_btc

HASHPRICE_KEY = "network.hashprice_usd_per_ph_day"
HASHPRICE_PARTS = ("btc_price_usd", "difficulty", "fees_btc_per_block")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a card in several lengths, longest first; `role` colours text and sign, unless the text is muted."""

    variants: tuple[str, ...]
    role: str = "muted"
    sign: str = ""
    sign_role: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """One card. `edge` is the colour role of the business it speaks of; `tip` says formula, unit, source and date.

    `quantities` are the observed ones that its value stands on: none if it stands on a hashprice that is typed.
    `beside` are those that only the lines below the value stand on: they say nothing of how the value stands.
    """

    name: str
    title: str
    value: str
    unit: str
    lines: tuple[Line, Line]
    tip: str
    edge: str = ""
    quantities: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    stands_on_hashprice: bool = False

    @property
    def spoken(self) -> str:
        """The card in one sentence, for who can't see it."""
        said = (self.title, words.with_unit(self.value, self.unit), *(line.variants[0] for line in self.lines))
        return ", ".join(part for part in said if part)


def cards(snapshot: Snapshot) -> tuple[Card, ...]:
    """Return the six cards of a snapshot: the network's four, then mining and the best use for AI."""
    return (
        _hashprice(snapshot),
        _difficulty(snapshot),
        _hashrate(snapshot),
        _btc_price(snapshot),
        _mining(snapshot),
        _best_ai(snapshot),
    )


#: From here on a figure in $/PH/day or $/MWh is written with a magnitude.
_MOST_DIGITS = 1e5

_EMPTY = Line(variants=("",))


def _line(*variants: str, role: str = "muted") -> Line:
    return Line(variants=variants, role=role)


def _short(text: str, value: float | None, *, signed: bool = False) -> str:
    """Return a written value, or, where a card has no room for its digits (before 2016), three that matter."""
    return text if value is None or abs(value) < _MOST_DIGITS else words.money(value, signed=signed).replace("$", "", 1)


def _provenance(found: Observation | None, snapshot: Snapshot, doubted: Sequence[str] = ()) -> Line:
    """Return how much a value can be relied on, what else is `doubted` of a quantity that it stands on included."""
    if found is None:
        return _line("Refresh, or type a value", "Refresh, or type it")
    said = standing_in(snapshot, found, *doubted)
    loud = said.role if said.role == "warning" else "muted"
    return Line(variants=(said.text, said.brief), role=loud, sign=said.icon, sign_role=said.role)


def _tip(formula: str, found: Iterable[Observation | None], snapshot: Snapshot) -> str:
    """Return formula and values a line each, a doubted one with what speaks against it."""
    present = [one for one in found if one is not None]
    return "\n".join([formula, *(line for one in present for line in described_in(snapshot, one))])


def _hashprice_parts(snapshot: Snapshot) -> tuple[str, ...]:
    return () if snapshot.typed_at.get(HASHPRICE_KEY) is not None else HASHPRICE_PARTS


# -- the network ------------------------------------------------------------------------------------------------------


def _hashprice(snapshot: Snapshot) -> Card:
    network, now = snapshot.results.network, snapshot.now
    parts = [snapshot.observed(name) for name in HASHPRICE_PARTS]
    missing = [QUANTITIES[name].label for name, part in zip(HASHPRICE_PARTS, parts, strict=True) if part is None]
    typed_at = snapshot.typed_at.get(HASHPRICE_KEY)
    if typed_at is not None:
        answer: Line = Line(
            variants=(f"typed · {words.age(now - typed_at)}", "typed"), sign="pencil", sign_role="accent"
        )
        formula = f"Hashprice, typed on {words.day_and_time(typed_at)} UTC in place of the computed one."
        parts = []
    else:
        worst = None if missing else gravest([part for part in parts if part is not None], now)
        answer = _provenance(worst, snapshot, (*HASHPRICE_PARTS, *STATED_HASHPRICES))
        formula = (
            "What 1 PH/s earns in a day, computed here, $/PH/day: (subsidy + fees per block) × BTC price "
            "× 86\u202f400 s × 10¹⁵ / (difficulty × 2³²)."
        )
    btc = network.hashprice_btc_per_ph_day
    in_sats = words.sats(sats_from_btc(btc)) if btc is not None else words.NOTHING
    known = network.hashprice_usd_per_ph_day is not None
    return Card(
        name="hashprice",
        title="Hashprice",
        value=_short(words.hashprice(network.hashprice_usd_per_ph_day), network.hashprice_usd_per_ph_day),
        unit="$/PH/day",
        lines=(
            _line(f"{in_sats} sats/PH/day", f"{in_sats} sats")
            if known
            else _line(f"needs: {', '.join(missing)}", "parts are unknown"),
            answer,
        ),
        tip=_tip(formula, [*parts, *snapshot.stated_hashprices()], snapshot),
        quantities=_hashprice_parts(snapshot),
        stands_on_hashprice=True,
    )


def _difficulty(snapshot: Snapshot) -> Card:
    found = snapshot.observed("difficulty")
    value, _, unit = words.difficulty(found.value if found else None).rpartition(words.THIN)
    if not value:
        value, unit = unit, ""
    change, explained = _next_adjustment(snapshot)
    return Card(
        name="difficulty",
        title="Difficulty",
        value=value,
        unit=unit,
        lines=(change, _provenance(found, snapshot, ("tip_height",))),
        tip=_tip(
            f"How many times harder than the easiest a block is to find; no unit. {explained}",
            (found, snapshot.observed("tip_height")),
            snapshot,
        ),
        quantities=("difficulty",),
        beside=("tip_height",),
    )


def _next_adjustment(snapshot: Snapshot) -> tuple[Line, str]:
    """Return the line on the next adjustment, and the sentence that explains it."""
    estimate = snapshot.retarget
    if estimate is None:
        why = _why_no_estimate(snapshot)
        return (
            _line(f"next adjustment unknown: {why}", "next adjustment unknown", "next one unknown"),
            f"The next adjustment is unknown: {why}.",
        )
    change, band = words.percent(estimate.change_fraction, change=True), words.percent(estimate.band_fraction)
    when = estimate.date.astimezone(UTC)
    short_day = f"{when.day} {words.month(when.month)}"

    def tight(decimals: int) -> str:
        bare = words.figure(estimate.change_fraction * 100, decimals, signed=True)
        return f"next {bare} ± {words.percent(estimate.band_fraction, decimals=decimals)}, {short_day}"

    return (
        _line(
            f"next {change} ± {band} on {words.day(when)}",
            f"next {change} ± {band} · {short_day}",
            tight(1),
            tight(0),
        ),
        f"The next adjustment is due about {words.day(when)} at block {words.figure(estimate.height)}, "
        f"{words.figure(estimate.blocks_left)} blocks from the tip: {change}, give or take one standard error of "
        f"{band}. It is reckoned at this epoch’s mean block time.",
    )


def _why_no_estimate(snapshot: Snapshot) -> str:
    tip = snapshot.observed("tip_height")
    if tip is None:
        return "block height is unknown"
    if tip.origin is Origin.BUNDLE:
        return "block height is bundled"
    if tip.is_expired(snapshot.now):
        return "block height is old"
    return "start of epoch is unknown"


def _hashrate(snapshot: Snapshot) -> Card:
    found, fall = snapshot.observed("network_hashrate_7d_eh_s"), snapshot.trends.drawdown
    value = words.hashrate_eh_s(found.value if found else None).removesuffix(f"{words.THIN}EH/s")
    formula = "The network’s mean hash rate over seven days, EH/s."
    if fall is None:
        line = _line("peak is unknown")
    elif fall.fraction >= 0:
        line = _line("highest on record")
        formula += " It is the highest on record."
    else:
        peak, when = words.hashrate_eh_s(fall.peak), datetime.fromtimestamp(fall.peak_time, UTC)
        change = words.percent(fall.fraction, change=True)
        month = f"{words.month(when.month)} {when.year}"
        line = _line(
            f"{change} from {peak} on {words.day(when)}",
            f"{change} from {words.general(fall.peak)} in {month}",
            f"{change} since {words.day(when)}",
            f"{change} since {month}",
            f"{change} off peak",
        )
        formula += f" Its peak was {peak} on {words.day(when)}; since then {change}."
    return Card(
        name="hashrate",
        title="Network hash rate",
        value=value,
        unit="EH/s",
        lines=(line, _provenance(found, snapshot)),
        tip=_tip(formula, (found,), snapshot),
        quantities=("network_hashrate_7d_eh_s",),
    )


def _btc_price(snapshot: Snapshot) -> Card:
    found = snapshot.observed("btc_price_usd")
    if found is None:
        source: Line = _line("unknown at this date", "unknown")
    else:
        detail = source_detail(found.source)
        source = _line(*((detail,) if detail else ()), source_label(found.source))
    return Card(
        name="btc_price",
        title="BTC price",
        value=words.usd(found.value if found else None) if not found or found.value < 1e7 else words.money(found.value),
        unit="",
        lines=(source, _provenance(found, snapshot)),
        tip=_tip("The price of one bitcoin in US dollars.", (found,), snapshot),
        quantities=("btc_price_usd",),
    )


# -- the businesses ---------------------------------------------------------------------------------------------------


def _signed(before: str, value: float, after: str = "", *, shorter: Sequence[str] = ()) -> Line:
    """Return a line with a signed $/MWh in it, a loss in the colour of costs; its name shrinks before its unit goes."""
    unit = f"{words.THIN}$/MWh"
    amount = _short(words.usd_per_mwh(value, signed=True), value, signed=True)
    names = (before, *shorter)
    variants = [f"{before} {amount}{unit}{after}", *(f"{name} {amount}{unit}" for name in names)]
    variants.append(f"{names[-1]} {amount}")
    return Line(variants=tuple(dict.fromkeys(variants)), role="cost" if value < 0 else "muted")


def _per_mwh(result: BusinessResult | None) -> str:
    revenue = result.revenue_usd_per_mwh if result else None
    return _short(words.usd_per_mwh(revenue), revenue)


def _mining(snapshot: Snapshot) -> Card:
    mined, turning = snapshot.results.businesses.get(Business.MINING), snapshot.results.breakevens
    if mined is None:
        lines = (_line("needs a hashprice"), _line("Refresh, or type one"))
    else:
        breakeven = _short(words.usd_per_mwh(turning.power_usd_per_mwh), turning.power_usd_per_mwh)
        lines = (
            _signed("after power", mined.net_of_power_usd_per_mwh, shorter=("margin",)),
            _line(
                f"breakeven power price {breakeven}{words.THIN}$/MWh",
                f"breakeven power {breakeven}{words.THIN}$/MWh",
                f"breakeven {breakeven}{words.THIN}$/MWh",
                f"even at {breakeven}{words.THIN}$/MWh",
            ),
        )
    inputs = snapshot.inputs
    return Card(
        name="mining",
        title="Mining",
        value=_per_mwh(mined),
        unit="$/MWh",
        lines=lines,
        tip=(
            "What a MWh at the meter takes in by mining: hashprice × 1\u202f000 / (24 × efficiency) "
            "/ site overhead × (1 − pool fee), here at "
            f"{words.efficiency_j_per_th(inputs.mining.efficiency_j_per_th)} J/TH.\n"
            f"After power: less {words.usd_per_mwh(inputs.power.all_in_usd_per_mwh)} $/MWh, all-in. The breakeven "
            f"power price is where nothing is left.\nAt {words.day_and_time(snapshot.now)} UTC."
        ),
        edge="mining",
        quantities=_hashprice_parts(snapshot),
        stands_on_hashprice=True,
    )


def _best_ai(snapshot: Snapshot) -> Card:
    best = next((one for one in snapshot.results.ranking() if one.business is not Business.MINING), None)
    mined = snapshot.results.businesses.get(Business.MINING)
    return Card(
        name="best_ai",
        title=f"Best AI: {best.business.label}" if best else "Best AI",
        value=_per_mwh(best),
        unit="$/MWh",
        lines=_spread(best, mined),
        tip=(
            "Of GPU cloud, colocation and powered shell the one that keeps most per MW-year after capital, and what a "
            "MWh at the meter takes in by it.\nSpread: its revenue less mining’s. After capital: the same of what is "
            f"left of both after power, opex and capital. In $/MWh, at {words.day_and_time(snapshot.now)} UTC, from "
            "your inputs."
        ),
        edge=best.business.value if best else "",
        beside=_hashprice_parts(snapshot),
    )


def _spread(best: BusinessResult | None, mined: BusinessResult | None) -> tuple[Line, Line]:
    if best is None or mined is None:
        return _line("no spread: mining is unknown", "mining is unknown"), _EMPTY
    return (
        _signed("spread", best.revenue_usd_per_mwh - mined.revenue_usd_per_mwh, " over mining"),
        _signed(
            "spread after capital",
            best.after_capital_usd_per_mwh - mined.after_capital_usd_per_mwh,
            shorter=("spread left", "left"),
        ),
    )
