"""What miners earn: hashprice, fees, Puell multiple, tiers of machines, what is under water, what a BTC costs."""

from datetime import timedelta

import numpy as np

from minerdesk import words
from minerdesk.economics import indicators
from minerdesk.network_report import tiers
from minerdesk.observations import Series
from minerdesk.ui.charts.model import ChartSpec, Curve, Level
from minerdesk.ui.deck.frame import Deck, DeckChart, Floats, chart, unknown
from minerdesk.units import SATS_PER_BTC

STATED_DAILY = "hashprice_luxor_daily_usd_per_ph_day"
_TIER_ROLES = ("gain", "accent", "network", "warning", "mining")


def _line(deck: Deck, name: str, label: str, unit: str, values: Floats, *, role: str = "mining") -> Curve:
    return Curve(name=name, label=label, unit=unit, times=deck.view.trend.price.times, values=values, role=role)


def hashprice_chart(deck: Deck) -> ChartSpec:
    """Return the hashprice in USD, with the breakeven of the user's own fleet at today's power price."""
    trend, found = deck.view.trend, deck.view.figures
    value = found.hashprice_usd_per_ph_day
    own = deck.snapshot.results.breakevens.hashprice_usd_per_ph_day
    stated, credits = _stated(deck)
    levels = [] if own is None else [Level(name="own", value=own, label="Your breakeven", unit="$/PH/day", role="cost")]
    return chart(
        deck,
        name="hashprice",
        title=unknown("Hashprice", trend.price) if value is None else f"Hashprice {words.hashprice(value)} $/PH/day",
        y_title="Hashprice, $/PH/day",
        curves=(_line(deck, "hashprice", "Hashprice", "$/PH/day", trend.hashprice_usd), *stated),
        levels=levels,
        sources=(("price", trend.price), ("difficulty", trend.difficulty), ("fees", trend.fees), *credits),
        note="Expected under FPPS: no luck. Your breakeven leaves opex and capital out.",
        decimals=2,
    )


def _stated(deck: Deck) -> tuple[tuple[Curve, ...], tuple[tuple[str, Series], ...]]:
    """Return the daily hashprice as Hashrate Index states it, if it was fetched, to be seen beside the computed one."""
    found = deck.snapshot.trends.series.get(STATED_DAILY)
    if found is None or not len(days := found.cut(deck.view.moment - timedelta(days=1))):  # whole days
        return (), ()
    curve = Curve(
        name="stated",
        label="As Hashrate Index states it",
        unit="$/PH/day",
        times=days.times,
        values=days.values,
        role="accent",
    )
    return (curve,), (("stated", days),)


def hashprice_btc_chart(deck: Deck) -> ChartSpec:
    """Return the hashprice in satoshis: without the price, what is left is difficulty, subsidy and fees."""
    trend, found = deck.view.trend, deck.view.figures.hashprice_btc_per_ph_day
    known = None if found is None else words.sats(found * SATS_PER_BTC)
    return chart(
        deck,
        name="hashprice_btc",
        title=unknown("Hashprice in BTC", trend.fees) if known is None else f"Hashprice {known} sats/PH/day",
        y_title="Hashprice, sats/PH/day",
        curves=(_line(deck, "sats", "Hashprice", "sats/PH/day", trend.hashprice_btc * SATS_PER_BTC),),
        sources=(("difficulty", trend.difficulty), ("fees", trend.fees)),
        decimals=0,
    )


def puell_chart(deck: Deck) -> ChartSpec:
    """Return the Puell multiple, with 1 as the mean of the year."""
    trend, value = deck.view.trend, deck.view.figures.puell_multiple
    title = unknown("Puell multiple", trend.hashrate)
    if value is not None:
        side = "below" if value < 1 else "above"
        title = f"Puell multiple {words.figure(value, 2)}: the day's issuance is {side} its year's mean"
    return chart(
        deck,
        name="puell",
        title=title,
        y_title="Puell multiple",
        curves=(
            Curve(
                name="puell",
                label="Puell multiple",
                unit="",
                times=trend.hashrate.times,
                values=trend.puell,
                role="mining",
            ),
        ),
        levels=(Level(name="mean", value=1.0, label="Mean of 365 days", unit="", role="muted"),),
        sources=(("hash rate", trend.hashrate), ("price", trend.price)),
        decimals=2,
    )


def fee_share_chart(deck: Deck) -> ChartSpec:
    """Return the share of fees in the reward of a block, in percent."""
    trend, value = deck.view.trend, deck.view.figures.fee_share
    what = "Fees in a block's reward"
    return chart(
        deck,
        name="fee_share",
        title=unknown(what, trend.fees) if value is None else f"{what}: {words.percent(value, decimals=2)}",
        y_title="Fee share of subsidy and fees, %",
        curves=(
            Curve(
                name="share",
                label="Fee share",
                unit="%",
                times=trend.hashrate.times,
                values=trend.fee_share * 100,
                role="mining",
            ),
        ),
        sources=(("fees", trend.fees),),
        decimals=2,
    )


def tiers_chart(deck: Deck) -> ChartSpec:
    """Return the revenue per MWh of tiers of machines, with the all-in power price."""
    view = deck.view
    trend, named = view.trend, tiers(view)
    revenues = indicators.tier_revenues(trend.hashprice_usd, named, view.terms)
    best = view.best_efficiency_j_per_th
    labels = {"best": f"Best, {words.efficiency_j_per_th(best)} J/TH"} | {
        "own": f"Yours, {words.efficiency_j_per_th(view.own_efficiency_j_per_th)} J/TH"
    }
    roles = dict(zip(named, _TIER_ROLES[-len(named) :], strict=True))
    hashprice = view.figures.hashprice_usd_per_ph_day
    own = None
    if hashprice is not None:
        (last,) = indicators.tier_revenues(
            np.array([hashprice]), {"own": view.own_efficiency_j_per_th}, view.terms
        ).values()
        own = float(last[0])
    return chart(
        deck,
        name="tiers",
        title=unknown("Revenue of machine tiers", trend.price)
        if own is None
        else f"Your machines earn {words.usd_per_mwh(own)} $/MWh; power costs "
        f"{words.usd_per_mwh(view.terms.power_usd_per_mwh)}",
        y_title="Mining revenue, $/MWh at the meter",
        curves=(
            _line(deck, name, labels.get(name, name), "$/MWh", values, role=roles[name])
            for name, values in revenues.items()
        ),
        levels=(
            Level(name="power", value=view.terms.power_usd_per_mwh, label="Power cost", unit="$/MWh", role="cost"),
        ),
        sources=(("price", trend.price), ("difficulty", trend.difficulty)),
        note=(
            f"At the meter with your overhead {view.terms.site_overhead:g} and pool fee "
            f"{words.percent(view.terms.pool_fee_fraction)}. Best: of the models out by then."
        ),
    )


def under_water_chart(deck: Deck) -> ChartSpec:
    """Return the share of the catalogue that earns less than its power, at the power price typed today."""
    view, trend = deck.view, deck.view.trend
    share = indicators.share_under_water(view.machines, trend.price.times, trend.hashprice_usd, view.terms)
    value, undated = view.under_water, len(deck.snapshot.catalogue) - len(view.machines)
    what = f"Catalogue under water at {words.usd_per_mwh(view.terms.power_usd_per_mwh)} $/MWh"
    return chart(
        deck,
        name="under_water",
        title=unknown(what, trend.price) if value is None else f"{what}: {words.percent(value, decimals=0)}",
        y_title="Models that earn less than their power, %",
        curves=(_line(deck, "share", "Under water", "%", share * 100, role="warning"),),
        sources=(("price", trend.price), ("difficulty", trend.difficulty)),
        note=(
            f"Of {len(view.machines)} models out by then, each counted once, not by how many run; "
            f"{undated} others without a known month are left out."
        ),
        decimals=0,
    )


def production_chart(deck: Deck) -> ChartSpec:
    """Return the price beside what the electricity of one BTC costs: a band from the best machine to 32 J/TH."""
    view, trend = deck.view, deck.view.trend
    best = view.best_efficiency_j_per_th or indicators.TIERS_J_PER_TH[0]
    worst, middle = indicators.TIERS_J_PER_TH[-1], view.fleet_efficiency_j_per_th
    low, high, mean = (
        indicators.production_cost_usd_per_btc(trend.hashprice_btc, efficiency, view.terms)
        for efficiency in (best, worst, middle)
    )
    found = view.figures
    cost = None
    if found.hashprice_btc_per_ph_day is not None:
        at = np.array([found.hashprice_btc_per_ph_day])
        cost = float(indicators.production_cost_usd_per_btc(at, middle, view.terms)[0])
    title = unknown("Cost of production", trend.price)
    if cost is not None:
        title = f"The power of one BTC costs {words.usd(cost)} at {words.efficiency_j_per_th(middle)} J/TH"
    if cost is not None and found.price_usd is not None:
        title += f"; BTC is at {words.usd(found.price_usd)}"
    band = Curve(
        name="cost",
        label=f"Power of a BTC, {words.efficiency_j_per_th(middle)} J/TH",
        unit="$/BTC",
        times=trend.price.times,
        values=mean,
        low=low,
        high=high,
        role="warning",
    )
    return chart(
        deck,
        name="production",
        title=title,
        y_title="$ per BTC",
        curves=(band, _line(deck, "price", "BTC price", "$/BTC", trend.price.values, role="text")),
        sources=(("price", trend.price), ("difficulty", trend.difficulty)),
        note=(
            f"Electricity alone at {words.usd_per_mwh(view.terms.power_usd_per_mwh)} $/MWh; band: "
            f"{words.efficiency_j_per_th(best)} to {words.efficiency_j_per_th(worst)} J/TH, today's machines all along."
        ),
        decimals=0,
    )


CHARTS = (
    DeckChart(
        name="hashprice",
        label="Hashprice, USD",
        build=hashprice_chart,
        log=True,
        help=(
            "What one PH/s is expected to earn a day under FPPS: 86,400 × 10¹⁵ × (subsidy + fees per block) / "
            "(difficulty × 2³²) × BTC price. By difficulty, so without the luck of a day's blocks. Fees are those of "
            "the day, or of the week that a bundled value stands for. With a key for Luxor’s Hashrate Index its daily "
            "hashprice is drawn beside it, to compare; nothing is reckoned with that."
        ),
    ),
    DeckChart(
        name="hashprice_btc",
        label="Hashprice, sats",
        build=hashprice_btc_chart,
        log=True,
        help="The hashprice without the price of BTC: only difficulty, subsidy and fees move it. 1 BTC is 10⁸ sats.",
    ),
    DeckChart(
        name="puell",
        label="Puell multiple",
        build=puell_chart,
        help=(
            "Issuance of the day in USD (blocks found × subsidy × price, without fees) over its mean of the 365 days "
            "that end with it. Constant issuance gives 1; the first day after a halving, at a constant price, 0.50."
        ),
    ),
    DeckChart(
        name="fee_share",
        label="Fee share",
        build=fee_share_chart,
        help="Fees / (subsidy + fees) of a mean block of the day. It decides what a halving takes away.",
    ),
    DeckChart(
        name="tiers",
        label="Revenue per MWh by machine tier",
        build=tiers_chart,
        log=True,
        help=(
            "Hashprice × 1,000 / (24 × J/TH) / overhead × (1 − pool fee), for the best model out by the date of the "
            "deck, for 17, 22 and 32 J/TH, and for your own fleet; against your all-in power price of today. "
            "Public indices quote their tiers at the machine's plug, without overhead and fee: some 5 % more."
        ),
    ),
    DeckChart(
        name="under_water",
        label="Catalogue under water",
        build=under_water_chart,
        help=(
            "Which share of the bundled models that were out by then would have earned less than the power price that "
            "you type. Models are counted, not machines: how many of each run is not public."
        ),
    ),
    DeckChart(
        name="production",
        label="Cost of production",
        build=production_chart,
        log=True,
        help=(
            "Electricity that one mined BTC takes, at your all-in power price: 0.024 × J/TH × overhead × price / "
            "(hashprice in BTC × (1 − fee)). The line is the efficiency assumed for all machines, the band runs from "
            "the best model out by then to 32 J/TH. Capital, wages and curtailment credits are not in it."
        ),
    ),
)
