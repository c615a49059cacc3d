"""The figures of the desk: the network's price of hash, the four businesses from revenue to capital, where it turns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from minerdesk import words
from minerdesk.economics.results import Business, BusinessResult
from minerdesk.provenance.figure import GPU_RECORD, Figure
from minerdesk.snapshot import Snapshot

HASHPRICE_KEY = "network.hashprice_usd_per_ph_day"
POWER = ("power.price_usd_per_mwh", "power.adder_usd_per_mwh")
_LEASE = ("rent_usd_per_kw_month", "pue", "load_factor")


def _network(field: str, write: Callable[[float | None], str], unit: str) -> Callable[[Snapshot], str]:
    return lambda snapshot: words.with_unit(write(getattr(snapshot.results.network, field)), unit)


def _turn(field: str, write: Callable[[float | None], str], unit: str) -> Callable[[Snapshot], str]:
    return lambda snapshot: words.with_unit(write(getattr(snapshot.results.breakevens, field)), unit)


def _of(business: Business, read: Callable[[BusinessResult], str]) -> Callable[[Snapshot], str]:
    def value(snapshot: Snapshot) -> str:
        result = snapshot.results.businesses.get(business)
        return words.NOTHING if result is None else read(result)

    return value


def _per_mwh(read: Callable[[BusinessResult], float]) -> Callable[[BusinessResult], str]:
    return lambda result: words.with_unit(words.usd_per_mwh(read(result)), "$/MWh")


@dataclass(frozen=True, kw_only=True)
class _Steps:
    """How one business comes from revenue to what is left: the formula and the inputs of each step."""

    business: Business
    revenue: str
    revenue_inputs: tuple[str, ...]
    power: str
    power_inputs: tuple[str, ...]
    opex: str
    opex_inputs: tuple[str, ...]
    capital: str
    capital_inputs: tuple[str, ...]
    energy: str
    energy_inputs: tuple[str, ...]


def _lease(business: Business, group: str) -> _Steps:
    rent, pue, load = (f"{group}.{name}" for name in _LEASE)
    return _Steps(
        business=business,
        revenue="rent × 12 000 / (8 760 × load factor × PUE), $/MWh at the meter. The rent is take-or-pay.",
        revenue_inputs=(rent, load, pue),
        power="0 where the tenant pays the power, else the all-in power price, $/MWh.",
        power_inputs=(f"{group}.power_passed_through", "=power_all_in"),
        opex="share of the rent × revenue, $/MWh.",
        opex_inputs=(f"{group}.opex_fraction_of_rent", f"={business.value}.revenue"),
        capital="capital per IT MW × CRF / (8 760 × load factor × PUE), $/MWh; CRF = r (1+r)ⁿ / ((1+r)ⁿ − 1).",
        capital_inputs=(f"{group}.capex_usd_per_it_mw", f"{group}.discount_rate", f"{group}.life_years", load, pue),
        energy="8 760 h × load factor",
        energy_inputs=(load,),
    )


_MINED = ("mining.efficiency_j_per_th", "mining.site_overhead")
_STEPS = (
    _Steps(
        business=Business.MINING,
        revenue="hashprice × 1 000 / (24 × J/TH) / site overhead × (1 − pool fee), $/MWh at the meter.",
        revenue_inputs=("=hashprice", *_MINED, "mining.pool_fee_fraction"),
        power="The all-in power price, $/MWh.",
        power_inputs=("=power_all_in",),
        opex="As typed, $/MWh.",
        opex_inputs=("mining.opex_usd_per_mwh",),
        capital="10⁶ / (J/TH × overhead) × $/TH × CRF / (8 760 × uptime), $/MWh; 0 for a sunk fleet. "
        "CRF = r (1+r)ⁿ / ((1+r)ⁿ − 1).",
        capital_inputs=(
            *("mining.asic_price_usd_per_th", "mining.asic_life_years", "mining.discount_rate"),
            *(*_MINED, "mining.uptime_fraction"),
        ),
        energy="8 760 h × uptime",
        energy_inputs=("mining.uptime_fraction",),
    ),
    _Steps(
        business=Business.GPU_CLOUD,
        revenue="rate × utilisation × 1 000 / kW at the meter per GPU, $/MWh.",
        revenue_inputs=("gpu.rate_usd_per_gpu_hour", "gpu.utilisation_fraction", "gpu.meter_kw_per_gpu"),
        power="The all-in power price, $/MWh; idle GPUs stay warm.",
        power_inputs=("=power_all_in",),
        opex="opex per GPU-year × 1 000 / kW per GPU / 8 760, $/MWh.",
        opex_inputs=("gpu.opex_usd_per_gpu_year", "gpu.meter_kw_per_gpu"),
        capital="(C − residual × C / (1+r)ⁿ) × CRF × 1 000 / kW per GPU / 8 760, $/MWh, C the capital per GPU; "
        "CRF = r (1+r)ⁿ / ((1+r)ⁿ − 1).",
        capital_inputs=(
            *("gpu.capex_usd_per_gpu", "gpu.residual_fraction", "gpu.discount_rate", "gpu.life_years"),
            "gpu.meter_kw_per_gpu",
        ),
        energy="8 760 h",
        energy_inputs=(),
    ),
    _lease(Business.COLOCATION, "colo"),
    _lease(Business.POWERED_SHELL, "shell"),
)


def _business_figures(steps: _Steps) -> Iterator[Figure]:
    business, name = steps.business, steps.business.value
    label = business.label
    yield Figure(
        name=f"{name}.revenue",
        label=f"{label}, revenue",
        formula=steps.revenue,
        inputs=steps.revenue_inputs,
        shows=(f"waterfall/{name} Revenue",),
        value=_of(business, _per_mwh(lambda result: result.revenue_usd_per_mwh)),
    )
    yield Figure(
        name=f"{name}.power",
        label=f"{label}, power",
        formula=steps.power,
        inputs=steps.power_inputs,
        shows=(f"waterfall/{name} Power",),
        value=_of(business, _per_mwh(lambda result: result.power_cost_usd_per_mwh)),
    )
    yield Figure(
        name=f"{name}.opex",
        label=f"{label}, opex",
        formula=steps.opex,
        inputs=steps.opex_inputs,
        shows=(f"waterfall/{name} Opex",),
        value=_of(business, _per_mwh(lambda result: result.opex_usd_per_mwh)),
    )
    yield Figure(
        name=f"{name}.capital",
        label=f"{label}, capital",
        formula=steps.capital,
        inputs=steps.capital_inputs,
        shows=(f"waterfall/{name} Capital",),
        value=_of(business, _per_mwh(lambda result: result.capital_usd_per_mwh)),
    )
    yield Figure(
        name=f"{name}.kept",
        label=f"{label}, after capital",
        formula="revenue − power − opex − capital, $/MWh at the meter.",
        inputs=tuple(f"={name}.{step}" for step in ("revenue", "power", "opex", "capital")),
        shows=(f"waterfall/{name} Left",),
        value=_of(business, _per_mwh(lambda result: result.after_capital_usd_per_mwh)),
    )
    yield Figure(
        name=f"{name}.kept_a_year",
        label=f"{label}, after capital per MW-year",
        formula=f"after capital × {steps.energy}, $ per MW of meter capacity and year.",
        inputs=(f"={name}.kept", *steps.energy_inputs),
        value=_of(
            business,
            lambda result: words.with_unit(words.money(result.after_capital_usd_per_mw_year), "per MW-year"),
        ),
    )


_KEPT_A_YEAR = tuple(f"={business.value}.kept_a_year" for business in Business)
_TURNING = ("=mining.kept_a_year", "=gpu_cloud.kept_a_year", "=colocation.kept_a_year")
_HISTORY = ("btc_price_daily_usd", "difficulty_epochs", "epoch_heights", "fees_daily_btc_per_block")
_BASIS = " On the basis that is chosen: less power, opex and capital of today."

FIGURES: tuple[Figure, ...] = (
    Figure(
        name="hashprice",
        label="Hashprice",
        formula="(subsidy + fees per block) × BTC price × 86 400 s × 10¹⁵ / (difficulty × 2³²), $/PH/day: what "
        "1 PH/s is expected to earn a day.",
        inputs=("network.subsidy_btc", "fees_btc_per_block", "btc_price_usd", "difficulty"),
        shows=("strip/hashprice", "deck/Revenue: Hashprice"),
        instead=HASHPRICE_KEY,
        value=_network("hashprice_usd_per_ph_day", words.hashprice, "$/PH/day"),
    ),
    Figure(
        name="next_adjustment",
        label="Difficulty and its next adjustment",
        formula="Difficulty as observed, no unit. Next: 600 s / mean block time of this epoch − 1, give or take one "
        "standard error, 1 / √blocks found; due when 2 016 blocks are found at that pace.",
        inputs=("difficulty", "tip_height", "epoch_heights", "difficulty_epochs"),
        shows=("strip/difficulty",),
    ),
    Figure(
        name="hashrate_now",
        label="Network hash rate",
        formula="Observed: blocks found × their difficulty × 2³² / time, mean of seven days, EH/s; against the "
        "highest such mean on record.",
        inputs=("network_hashrate_7d_eh_s", "network_hashrate_daily_eh_s"),
        shows=("strip/hashrate",),
    ),
    Figure(
        name="btc_price",
        label="BTC price",
        formula="Observed: US dollars per bitcoin, the last trade at the source.",
        inputs=("btc_price_usd",),
        shows=("strip/btc_price",),
    ),
    Figure(
        name="power_all_in",
        label="All-in power price",
        formula="power price + adder, $/MWh at the meter.",
        inputs=POWER,
        shows=("compare/power", "duration/your all-in price*", "site/basis", "supply/power price", "tiers/power"),
        value=lambda snapshot: words.with_unit(words.usd_per_mwh(snapshot.inputs.power.all_in_usd_per_mwh), "$/MWh"),
    ),
    *(figure for steps in _STEPS for figure in _business_figures(steps)),
    Figure(
        name="mining_card",
        label="Mining per MWh",
        formula="Its revenue per MWh; after power: less the all-in power price; breakeven: the power price at which "
        "nothing is left, which is its revenue.",
        inputs=("=mining.revenue", "=power_all_in"),
        shows=("strip/mining",),
        value=_of(Business.MINING, _per_mwh(lambda result: result.revenue_usd_per_mwh)),
    ),
    Figure(
        name="best_ai_card",
        label="Best use for AI",
        formula="Of the three AI businesses the one that keeps most per MW-year after capital; its revenue per MWh. "
        "Spread: that less mining’s; after capital: the same of what is left of both.",
        inputs=(*_KEPT_A_YEAR, *(f"={business.value}.revenue" for business in Business)),
        shows=("strip/best_ai",),
    ),
    Figure(
        name="verdict",
        label="What each business keeps",
        formula="After capital per MW-year of each business, best first, $.",
        inputs=_KEPT_A_YEAR,
        shows=("verdict/headline",),
    ),
    Figure(
        name="site_keeps",
        label="What the whole site keeps",
        formula="The best business’s after capital per MW-year × site capacity, $ a year.",
        inputs=(*_KEPT_A_YEAR, "site.capacity_mw"),
        shows=("waterfall/site",),
    ),
    Figure(
        name="turns",
        label="Where the answer turns",
        formula="The GPU rate, the rent and the hashprice at which that business and mining keep the same per MW-year "
        "after capital, everything else as it is: each solved from two runs of the whole model, which is linear in it.",
        inputs=_TURNING,
        shows=("verdict/turns",),
    ),
    Figure(
        name="gpu_rate_turn",
        label="GPU rate at which the cloud equals mining",
        formula="Solved: the rate at which both keep the same per MW-year after capital, $/GPU-h.",
        inputs=("=mining.kept_a_year", "=gpu_cloud.kept_a_year"),
        value=_turn("gpu_rate_usd_per_gpu_hour", lambda value: words.figure(value, 2), "$/GPU-h"),
    ),
    Figure(
        name="rent_turn",
        label="Rent at which colocation equals mining",
        formula="Solved: the rent at which both keep the same per MW-year after capital, $/kW-month.",
        inputs=("=mining.kept_a_year", "=colocation.kept_a_year"),
        value=_turn("colo_rent_usd_per_kw_month", lambda value: words.figure(value, 1), "$/kW-month"),
    ),
    Figure(
        name="breakeven_hashprice",
        label="Breakeven hashprice",
        formula="0.024 × J/TH × overhead × all-in power price / (1 − pool fee), $/PH/day. Short run: opex and capital "
        "are left out.",
        inputs=(*_MINED, "=power_all_in", "mining.pool_fee_fraction"),
        shows=("hashprice/own",),
        value=_turn("hashprice_usd_per_ph_day", words.hashprice, "$/PH/day"),
    ),
    # -- the charts of the desk
    Figure(
        name="mining_history",
        label="Mining through time",
        formula="Revenue per MWh of the fleet typed today at the hashprice of each day." + _BASIS,
        inputs=(*_HISTORY, *_MINED, "mining.pool_fee_fraction"),
        shows=("compare/mining",),
    ),
    Figure(
        name="gpu_history",
        label="GPU list rates through time",
        formula="Listed rate (lower quartile, median, upper quartile) × utilisation × 1 000 / kW per GPU, $/MWh: what "
        "the cloud typed today would have taken in. A list price is no realised revenue." + _BASIS,
        inputs=(
            *(GPU_RECORD, "file:gpu_rates_monthly.csv", "gpu_rate_daily_usd_per_gpu_hour"),
            *("gpu.utilisation_fraction", "gpu.meter_kw_per_gpu"),
        ),
        shows=("compare/gpu_rates_*",),
    ),
    Figure(
        name="lease_history",
        label="Signed leases through time",
        formula="Each lease’s mean rent at the day of its signing, as this hall would earn by it, $/MWh." + _BASIS,
        inputs=("file:signed_deals.csv", "colo.load_factor", "colo.pue"),
        shows=("compare/leases",),
    ),
    *(
        Figure(
            name=f"compare_{business.value}",
            label=f"{business.label} at today’s inputs",
            formula="Per MWh at the meter, or per MW-year, on the basis that is chosen: from revenue to after capital.",
            inputs=(f"={business.value}.kept_a_year", f"={business.value}.revenue"),
            shows=(f"compare/{business.value}",),
        )
        for business in (Business.GPU_CLOUD, Business.COLOCATION, Business.POWERED_SHELL)
    ),
    Figure(
        name="hashrate_history",
        label="Observed hash rate through time",
        formula="Blocks found × their difficulty × 2³² / time, EH/s; trailing means of 1, 7, 30 and 60 days. It "
        "carries luck: about 8 % on a day, 3 % in a week.",
        inputs=("network_hashrate_daily_eh_s",),
        shows=(
            *("network/month", "network/observed", "network/days"),
            *("hashrate/two_months", "hashrate/month", "hashrate/week", "hashrate/days"),
        ),
    ),
    Figure(
        name="implied_hashrate",
        label="Hash rate implied by difficulty",
        formula="difficulty × 2³² / 600 s, EH/s: without luck, but late by up to two weeks.",
        inputs=("difficulty_epochs", "epoch_heights"),
        shows=("network/implied", "hashrate/implied", "deck/Hash rate: Implied by difficulty"),
    ),
)
