"""The network's trend as plain data: the object of ``network --json``, and the words for what is missing in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from minerdesk import words
from minerdesk.economics import epochs, indicators, security
from minerdesk.economics.indicators import KnownMachine, MiningTerms
from minerdesk.economics.leverage import Leverage
from minerdesk.economics.market import Market
from minerdesk.economics.network import RetargetEstimate
from minerdesk.economics.results import Business
from minerdesk.economics.trend import WEEK_DAYS, Believed, NetworkFigures, NetworkTrend
from minerdesk.errors import Problem, Severity
from minerdesk.observations import Observation
from minerdesk.snapshot import Snapshot
from minerdesk.units import BLOCK_SECONDS, SECONDS_PER_DAY

#: The AI businesses whose revenue per MWh mining is held against; a powered shell is a colocation without the hall.
RIVALS = (Business.COLOCATION, Business.GPU_CLOUD)

#: How far back days that stand out or are missing are told of.
_LOOKED_AT_S = 366 * SECONDS_PER_DAY


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkView:
    """The network as of a day, or as of now: trend, figures, and the terms that they are judged on.

    `as_of` is None for now; else everything comes from what was known at the end of that UTC day, but for the inputs,
    which are the user's own of today.
    """

    as_of: date | None
    trend: NetworkTrend
    figures: NetworkFigures
    terms: MiningTerms
    own_efficiency_j_per_th: float
    fleet_efficiency_j_per_th: float
    attack: security.AttackTerms
    machines: tuple[KnownMachine, ...]
    ai_usd_per_mwh: Mapping[Business, float]

    @property
    def moment(self) -> datetime:
        """The moment at which the record is cut."""
        return self.trend.moment

    @property
    def best_efficiency_j_per_th(self) -> float | None:
        """The lowest J/TH that could be bought by then."""
        return min((one.efficiency_j_per_th for one in self.machines), default=None)

    @property
    def under_water(self) -> float | None:
        """Which share of the models released by then earns less than its power cost."""
        hashprice, there = self.figures.hashprice_usd_per_ph_day, self.machines
        if hashprice is None or not there:
            return None
        at = np.array([int(self.moment.timestamp())], dtype=np.int64)
        return float(indicators.share_under_water(there, at, np.array([hashprice]), self.terms)[0])

    def matches(self, *, after_halving: bool = False) -> dict[Business, security.Match]:
        """Return for each AI business what would have to be for mining to earn as much per MWh; empty if unknown."""
        found = self.figures
        rate, subsidy = found.hashrate_eh_s[WEEK_DAYS], found.subsidy_btc
        if rate is None or subsidy is None or found.fees_btc_per_block is None or found.price_usd is None:
            return {}
        return {
            business: security.match_ai(
                ai_usd_per_mwh=bid,
                hashrate_eh_s=rate,
                efficiency_j_per_th=self.fleet_efficiency_j_per_th,
                subsidy_btc=subsidy / 2 if after_halving else subsidy,
                fees_btc_per_block=found.fees_btc_per_block,
                btc_price_usd=found.price_usd,
            )
            for business, bid in self.ai_usd_per_mwh.items()
        }

    @property
    def attack_cost(self) -> security.AttackCost | None:
        """What an attack would cost, None without a hash rate."""
        rate = self.figures.hashrate_eh_s[WEEK_DAYS]
        return None if rate is None else security.attack_cost(rate, self.attack)


def network_view(snapshot: Snapshot, as_of: date | None = None, *, trend: NetworkTrend | None = None) -> NetworkView:
    """Return the network as of the end of a UTC day, or as of the snapshot's own moment.

    Parameters
    ----------
    trend
        One that was derived before for the same moment from the same series.
    """
    moment = snapshot.now if as_of is None else end_of_day(as_of)
    trend = trend or NetworkTrend.of(snapshot.trends.series, moment)
    assumed, mining = snapshot.inputs.security, snapshot.inputs.mining
    return NetworkView(
        as_of=as_of,
        trend=trend,
        figures=NetworkFigures.of(
            trend,
            efficiency_j_per_th=assumed.fleet_efficiency_j_per_th,
            believed=_believed(snapshot) if as_of is None else None,
        ),
        terms=MiningTerms(
            power_usd_per_mwh=snapshot.inputs.power.all_in_usd_per_mwh,
            site_overhead=mining.site_overhead,
            pool_fee_fraction=mining.pool_fee_fraction,
        ),
        own_efficiency_j_per_th=mining.efficiency_j_per_th,
        fleet_efficiency_j_per_th=assumed.fleet_efficiency_j_per_th,
        attack=security.AttackTerms(
            efficiency_j_per_th=assumed.fleet_efficiency_j_per_th,
            asic_usd_per_th=assumed.attack_asic_usd_per_th,
            power_usd_per_mwh=assumed.attack_power_usd_per_mwh,
            hours=assumed.attack_hours,
        ),
        machines=indicators.released_by((asic.known() for asic in snapshot.catalogue), moment.timestamp()),
        ai_usd_per_mwh={business: snapshot.results.businesses[business].revenue_usd_per_mwh for business in RIVALS},
    )


def end_of_day(day: date) -> datetime:
    """Return the instant at which a UTC day is over."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _believed(snapshot: Snapshot) -> Believed:
    """Return what is believed of this moment; what has expired is not: then the record's newest day counts."""
    network = snapshot.results.network

    def current(quantity: str) -> Observation | None:
        found = snapshot.observed(quantity)
        return found if found is not None and not found.is_expired(snapshot.now) else None

    price, difficulty, fees = map(current, ("btc_price_usd", "difficulty", "fees_btc_per_block"))
    tip, found = current("tip_height"), snapshot.retarget
    typed = "network.hashprice_usd_per_ph_day" in snapshot.typed_at
    whole = typed or all(part is not None for part in (price, difficulty, fees))
    progress = None
    if tip is not None and found is not None:
        progress = epochs.Progress(
            height=int(tip.value),
            next_retarget_height=found.height,
            retarget=found,
            expected_difficulty=epochs.expected_difficulty(
                network.difficulty, BLOCK_SECONDS / (1 + found.change_fraction)
            )
            if network.difficulty
            else None,
        )
    return Believed(
        price_usd=price.value if price else None,
        price_s=int(price.as_of.timestamp()) if price else None,
        difficulty=difficulty.value if difficulty else None,
        fees_btc_per_block=fees.value if fees else None,
        subsidy_btc=network.subsidy_btc,
        hashprice_usd_per_ph_day=network.hashprice_usd_per_ph_day if whole else None,
        progress=progress,
    )


# -- open interest ----------------------------------------------------------------------------------------------------


def market_of(snapshot: Snapshot, view: NetworkView) -> Market:
    """Return the market beside the network at the same moment, with the venue that the user chose to show."""
    return Market.of(snapshot.trends.series, view.trend, snapshot.inputs.watch.interest_venue)


# -- as plain data ----------------------------------------------------------------------------------------------------


def network_object(snapshot: Snapshot, view: NetworkView) -> dict[str, Any]:
    """Return the object of ``network --json``. The names are a contract with scripts; what is not known is null.

    Fractions are fractions: ``drawdown_fraction`` is negative below the peak. Whatever is ``_date`` is a UTC day.
    """
    found, budget = view.figures, view.figures.security
    market = market_of(snapshot, view)
    means = found.hashrate_eh_s
    known_peak = found.peak if means[WEEK_DAYS] is not None else None
    return {
        "as_of": view.moment if view.as_of is None else view.moment - timedelta(seconds=1),
        "price_usd": found.price_usd,
        "price_date": _day(found.price_s),
        "difficulty": found.difficulty,
        "implied_hashrate_eh_s": found.implied_hashrate_eh_s,
        "hashrate_date": _day(found.hashrate_s),
        **{f"hashrate_{days}d_eh_s": means[days] for days in indicators.MEAN_DAYS},
        "peak_hashrate_7d_eh_s": known_peak.peak if known_peak else None,
        "peak_date": _day(known_peak.peak_time) if known_peak else None,
        "days_since_peak": (known_peak.latest_time - known_peak.peak_time) // SECONDS_PER_DAY if known_peak else None,
        "drawdown_fraction": found.drawdown_fraction,
        "ribbon_state": found.ribbon_state.value if found.ribbon_state else None,
        "ribbon_since": _day(found.ribbon_since),
        "height": found.progress.height if found.progress else None,
        "next_retarget": _retarget_object(found.progress),
        "next_halving": {
            "height": found.halving.height if found.halving else None,
            "blocks_left": found.halving.blocks_left if found.halving else None,
            "date": found.halving.date if found.halving else None,
        },
        "subsidy_btc": found.subsidy_btc,
        "fees_btc_per_block": found.fees_btc_per_block,
        "fee_share": found.fee_share,
        "hashprice_usd_per_ph_day": found.hashprice_usd_per_ph_day,
        "hashprice_btc_per_ph_day": found.hashprice_btc_per_ph_day,
        "stated_hashprices": [] if view.as_of else [_stated_object(one) for one in snapshot.stated_hashprices()],
        "puell_multiple": found.puell_multiple,
        "security_usd_per_day": budget.usd_per_day if budget else None,
        "security_btc_per_day": budget.btc_per_day if budget else None,
        "security_share_of_market_cap_per_year": budget.share_of_market_cap_per_year if budget else None,
        "security_usd_per_mwh": budget.usd_per_mwh if budget else None,
        "assumed_fleet_efficiency_j_per_th": view.fleet_efficiency_j_per_th,
        "matching_ai": {"today": _matches_object(view.matches())}
        | {"after_halving": _matches_object(view.matches(after_halving=True))},
        "attack_cost": _attack_object(view),
        "revenue_usd_per_mwh": _tiers_object(view),
        "catalogue_under_water_share": view.under_water,
        "pools": pools_object(snapshot) if view.as_of is None else None,
        **interest_object(market.current()),
        "open_interest_venues": [interest_object(venue) for venue in market.venues],
    }


def _stated_object(one: Observation) -> dict[str, Any]:
    return {"source": one.source, "usd_per_ph_day": one.value, "as_of": one.as_of, "detail": one.detail}


def _day(time_s: int | None) -> str | None:
    return None if time_s is None else f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d}"


def interest_object(found: Leverage | None) -> dict[str, Any]:
    """Return the newest day of one venue's open interest; without a venue every figure is null.

    It is that venue's alone, or one aggregator's set of venues: ``covers`` says which. Venues are never added up.
    """
    measured = found.latest if found else None
    return {
        "open_interest_usd": measured.usd if measured else None,
        "open_interest_btc": measured.btc if measured else None,
        "open_interest_source": found.interest.source if found else None,
        "open_interest_covers": found.interest.covers if found else None,
        "open_interest_date": _day(measured.time_s) if measured else None,
        "open_interest_change_7d": measured.change_7d if measured else None,
        "open_interest_change_30d": measured.change_30d if measured else None,
        "open_interest_change_ytd": measured.change_ytd if measured else None,
        "open_interest_share_of_market_cap": measured.share_of_market_cap if measured else None,
        "open_interest_z_score": measured.z_score if measured else None,
    }


def _retarget_object(progress: epochs.Progress | None) -> dict[str, Any]:
    found: RetargetEstimate | None = progress.retarget if progress else None
    return {
        "height": progress.next_retarget_height if progress else None,
        "change_fraction": found.change_fraction if found else None,
        "band_fraction": found.band_fraction if found else None,
        "date": found.date if found else None,
        "blocks_left": found.blocks_left if found else None,
        "expected_difficulty": progress.expected_difficulty if progress else None,
    }


def _matches_object(matches: Mapping[Business, security.Match]) -> dict[str, Any]:
    return {
        business.value: {
            "ai_usd_per_mwh": match.ai_usd_per_mwh,
            "btc_price_usd": match.btc_price_usd,
            "fees_btc_per_block": match.fees_btc_per_block,
        }
        for business, match in matches.items()
    }


def _attack_object(view: NetworkView) -> dict[str, Any] | None:
    cost, terms = view.attack_cost, view.attack
    if cost is None:
        return None
    return {
        "total_usd": cost.total_usd,
        "hardware_usd": cost.hardware_usd,
        "energy_usd": cost.energy_usd,
        "hashrate_eh_s": cost.hashrate_eh_s,
        "assumed": {
            "share": terms.share,
            "asic_usd_per_th": terms.asic_usd_per_th,
            "efficiency_j_per_th": terms.efficiency_j_per_th,
            "power_usd_per_mwh": terms.power_usd_per_mwh,
            "hours": terms.hours,
        },
    }


def tiers(view: NetworkView) -> dict[str, float]:
    """Return the tiers of machines by name, J/TH: the best on the market, the fixed ones, the user's own."""
    best = view.best_efficiency_j_per_th
    fixed = {f"{words.general(tier, decimals=0)} J/TH": tier for tier in indicators.TIERS_J_PER_TH}
    return {**({"best": best} if best is not None else {}), **fixed, "own": view.own_efficiency_j_per_th}


def _tiers_object(view: NetworkView) -> list[dict[str, Any]]:
    hashprice = view.figures.hashprice_usd_per_ph_day
    if hashprice is None:
        return []
    revenues = indicators.tier_revenues(np.array([hashprice]), tiers(view), view.terms)
    return [
        {"tier": name, "efficiency_j_per_th": tiers(view)[name], "usd_per_mwh": float(values[0])}
        for name, values in revenues.items()
    ]


def pools_object(snapshot: Snapshot) -> dict[str, Any] | None:
    """Return how concentrated the pools are, None where they were not observed."""
    found = {name: snapshot.observed(name) for name in ("pool_hhi", "pools_for_majority", "pool_largest_share")}
    hhi, majority, largest = found.values()
    if hhi is None or majority is None or largest is None:
        return None
    return {
        "as_of": hhi.as_of,
        "hhi": hhi.value,
        "pools_for_51_percent": int(majority.value),
        "largest_share": largest.value,
        "detail": largest.detail,
    }


def network_problems(view: NetworkView) -> tuple[Problem, ...]:
    """Say what the record lacks at the moment, what stands out in it, and what the user can do."""
    trend, found, told = view.trend, view.figures, []
    for series, name, value in (
        (trend.price, "BTC price", found.price_usd),
        (trend.hashrate, "Network hash rate", found.hashrate_eh_s[WEEK_DAYS]),
        (trend.difficulty, "Difficulty", found.difficulty),
    ):
        last = series.last_time()
        if value is None and last is None:
            told.append(
                f"{name} has no record by {words.day(view.moment - timedelta(seconds=1))}. Refresh to fetch it."
            )
        elif value is None:
            told.append(
                f"{name} is known to {words.day(last)} only; what hangs on it is left empty. Refresh to fetch the rest."
            )
    told += oddities(view)
    return tuple(Problem(field="network", severity=Severity.WARNING, message=message) for message in told)


def oddities(view: NetworkView) -> list[str]:
    """Say which days of the hash rate stand out, and how many are missing, in the year before the moment."""
    trend, begin = view.trend, view.moment.timestamp() - _LOOKED_AT_S
    told = []
    odd = [day for day in trend.odd_days().tolist() if day >= begin]
    if odd:
        days = ", ".join(words.day(datetime.fromtimestamp(day, UTC)) for day in odd[:4])
        more = f" and {len(odd) - 4} more" if len(odd) > 4 else ""
        told.append(
            f"The hash rate of {days}{more} is zero or far from the month before. It is shown and counted as it is."
        )
    missing = trend.missing_days(begin)
    if missing:
        days = "day" if missing == 1 else "days"
        told.append(f"The hash rate lacks {missing} {days} of the last year. Means that want them are left empty.")
    return told
