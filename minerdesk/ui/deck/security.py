"""What the network pays for its security, and what AI would pay for the same energy."""

from minerdesk import words
from minerdesk.economics.results import Business
from minerdesk.ui.charts.model import ChartSpec, Curve, Level
from minerdesk.ui.deck.frame import Deck, DeckChart, Floats, chart, unknown


def _line(deck: Deck, name: str, label: str, unit: str, values: Floats) -> Curve:
    return Curve(name=name, label=label, unit=unit, times=deck.view.trend.hashrate.times, values=values, role="network")


def budget_chart(deck: Deck) -> ChartSpec:
    """Return the security budget in millions of USD a day."""
    trend, budget = deck.view.trend, deck.view.figures.security
    known = None if budget is None else f"Security budget: {words.money(budget.usd_per_day)} a day"
    return chart(
        deck,
        name="security",
        title=known or unknown("Security budget", trend.hashrate),
        y_title="Subsidy and fees, M$ a day",
        curves=(_line(deck, "budget", "Security budget", "M$/day", trend.security_usd / 1e6),),
        sources=(("hash rate", trend.hashrate), ("price", trend.price), ("fees", trend.fees)),
        note="Mean of seven days in BTC, at the day's price.",
    )


def share_chart(deck: Deck) -> ChartSpec:
    """Return the budget as a share of market cap a year, in percent: the price cancels out."""
    trend, budget = deck.view.trend, deck.view.figures.security
    share = budget.share_of_market_cap_per_year if budget else None
    known = None if share is None else f"Security costs {words.percent(share, decimals=2)} of market cap a year"
    return chart(
        deck,
        name="security_share",
        title=known or unknown("Security as a share of market cap", trend.hashrate),
        y_title="Subsidy and fees, % of market cap a year",
        curves=(_line(deck, "share", "Of market cap", "% a year", trend.security_share * 100),),
        sources=(("hash rate", trend.hashrate), ("fees", trend.fees)),
        decimals=2,
    )


def bid_chart(deck: Deck) -> ChartSpec:
    """Return what the network pays per MWh of its energy, against what AI pays today."""
    view, trend = deck.view, deck.view.trend
    efficiency = view.fleet_efficiency_j_per_th
    values = trend.security_usd_per_mwh(efficiency)
    paid = view.figures.security.usd_per_mwh if view.figures.security else None
    bids = {business: words.usd_per_mwh(bid) for business, bid in view.ai_usd_per_mwh.items()}
    said = f"colocation bids {bids[Business.COLOCATION]}, GPU cloud {bids[Business.GPU_CLOUD]}"
    title = f"The network pays {words.usd_per_mwh(paid)} $/MWh; {said}" if paid is not None else f"Per MWh: {said}"
    return chart(
        deck,
        name="bid",
        title=title,
        y_title="Revenue, $/MWh",
        curves=(_line(deck, "paid", "Network", "$/MWh", values),),
        levels=(
            Level(name=business.value, value=bid, label=business.label, unit="$/MWh", role=business.value)
            for business, bid in view.ai_usd_per_mwh.items()
        ),
        sources=(("hash rate", trend.hashrate), ("price", trend.price), ("fees", trend.fees)),
        note=f"Assumed: {words.efficiency_j_per_th(efficiency)} J/TH for all machines, then as now. Gross.",
    )


CHARTS = (
    DeckChart(
        name="security",
        label="Security budget",
        build=budget_chart,
        log=True,
        help=(
            "What all miners are paid: blocks found × (subsidy + fees), mean of seven days, at the day's price. "
            "Blocks follow from the observed hash rate and the difficulty."
        ),
    ),
    DeckChart(
        name="security_share",
        label="Security, share of market cap",
        build=share_chart,
        log=True,
        help=(
            "365 × BTC paid per day over all BTC issued by then. Issued is not circulating: lost coins count, so the "
            "true share is higher."
        ),
    ),
    DeckChart(
        name="bid",
        label="Network against AI, $/MWh",
        build=bid_chart,
        log=True,
        help=(
            "The security budget over the energy of the network, EH/s × J/TH × 24 h, at the mean efficiency that you "
            "assume; beside it the revenue per MWh of a colocation hall and of a GPU cloud at your inputs of today. "
            "All gross: what is left after costs and capital stands on the desk. Older machines of the past drew more, "
            "so the past paid less per MWh than is drawn here."
        ),
    ),
)
