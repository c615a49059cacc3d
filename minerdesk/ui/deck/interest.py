"""Leverage and price: open interest of the venue that is shown, and the price with its zones."""

from collections.abc import Iterable

import numpy as np

from minerdesk import words
from minerdesk.economics import indicators
from minerdesk.economics.history import trailing_mean
from minerdesk.economics.leverage import Measures
from minerdesk.economics.market import Market
from minerdesk.economics.trend import FRESH_FOR
from minerdesk.economics.zones import AUTO_DAYS, Side, Zone, auto_zones, nearest, read_rows
from minerdesk.network_report import market_of
from minerdesk.observations import Series
from minerdesk.ui.charts.model import Band, ChartSpec, Curve, Level
from minerdesk.ui.deck.frame import Deck, DeckChart, Floats, chart, moment, unknown

UNKNOWN = "not known at this date"
_YEAR_DAYS = 365
_ZONE_ROLES = {Side.SUPPORT: "gain", Side.INSIDE: "accent", Side.RESISTANCE: "cost"}
_NOT_ADDED = "Venues count different contracts: they are never added up, and a level says nothing beside another’s."


def interest_sources(deck: Deck, market: Market) -> list[tuple[str, Series]]:
    """Return the series behind the venue that is shown; without one an empty series, so that its lack is said."""
    found = market.shown.interest.line if market.shown else None
    empty = Series.of("open_interest_daily_usd", [], [], source="", fetched_at=deck.snapshot.now)
    return [("open interest", empty if found is None else found)]


def covers_words(market: Market) -> str:
    """Say whose open interest it is."""
    return f"Open interest: {market.shown.interest.covers}." if market.shown else ""


def _measured(market: Market) -> Measures | None:
    found = market.current()
    return found.latest if found else None


def _line(market: Market, name: str, label: str, unit: str, values: Floats | None, *, role: str = "accent") -> Curve:
    times = market.shown.interest.times if market.shown else np.empty(0, dtype=np.int64)
    shown = np.empty(0) if values is None else values
    return Curve(name=name, label=label, unit=unit, times=times, values=shown, role=role)


def _unknown(market: Market) -> str:
    """Say why there is no open interest of the moment: the record of what is shown ends before it, or there is none."""
    if market.shown is None or market.current() is not None:
        return UNKNOWN
    return f"the record ends on {words.day(moment(int(market.shown.interest.times[-1])))}"


def _change(value: float | None, span: str) -> str:
    return "" if value is None else f"{words.percent(value, change=True)} {span}"


# -- open interest ----------------------------------------------------------------------------------------------------


def interest_chart(deck: Deck) -> ChartSpec:
    """Return the open interest of the venue that is shown, in billions of USD."""
    market = market_of(deck.snapshot, deck.view)
    found, shown = _measured(market), market.shown
    title = f"Open interest: {_unknown(market)}"
    if found is not None and shown is not None:
        changes = [
            _change(found.change_7d, "in 7 days"),
            _change(found.change_30d, "in 30"),
            _change(found.change_ytd, "this year"),
        ]
        said = ", ".join(filter(None, changes))
        level = f"Open interest {words.money(found.usd)} at {shown.interest.venue.label}"
        title = f"{level}: {said}" if said else level
    return chart(
        deck,
        name="open_interest",
        title=title,
        y_title="Open interest of futures, billion $",
        curves=(_line(market, "usd", "Open interest", "B$", shown.interest.usd / 1e9 if shown else None),),
        sources=interest_sources(deck, market),
        note=covers_words(market),
        decimals=2,
    )


def interest_btc_chart(deck: Deck) -> ChartSpec:
    """Return the same in BTC: what is left of it without the price."""
    market = market_of(deck.snapshot, deck.view)
    found, shown = _measured(market), market.shown
    said = (
        _unknown(market) if found is None or found.btc is None else f"{words.figure(found.btc / 1e3, 1)} thousand BTC"
    )
    return chart(
        deck,
        name="open_interest_btc",
        title=f"Open interest in BTC: {said}",
        y_title="Open interest of futures, thousand BTC",
        curves=(_line(market, "btc", "Open interest", "k BTC", shown.interest.btc / 1e3 if shown else None),),
        sources=[*interest_sources(deck, market), ("price", deck.view.trend.price)],
        note=covers_words(market),
    )


def interest_change_chart(deck: Deck) -> ChartSpec:
    """Return the changes of open interest over 7 and 30 days and since the new year, in percent."""
    market = market_of(deck.snapshot, deck.view)
    found, shown = _measured(market), market.shown
    said = _unknown(market) if found is None else _change(found.change_30d, "over 30 days") or UNKNOWN
    lines = (
        ("week", "7 days", shown.change_7d if shown else None, "muted"),
        ("year", "Since the new year", shown.change_ytd if shown else None, "warning"),
        ("month", "30 days", shown.change_30d if shown else None, "accent"),
    )
    return chart(
        deck,
        name="open_interest_change",
        title=f"Open interest: {said}",
        y_title="Change of open interest, %",
        curves=(
            _line(market, name, label, "%", None if values is None else values * 100, role=role)
            for name, label, values, role in lines
        ),
        levels=(Level(name="zero", value=0.0, label="", unit="%", role="muted", at_end=False),),
        sources=interest_sources(deck, market),
        note=covers_words(market),
    )


def interest_share_chart(deck: Deck) -> ChartSpec:
    """Return open interest as a share of market cap, in percent, with its trailing year's mean."""
    market = market_of(deck.snapshot, deck.view)
    found, shown = _measured(market), market.shown
    title = f"Open interest as a share of market cap: {_unknown(market)}"
    if found is not None and found.share_of_market_cap is not None:
        place = "" if found.z_score is None else f", {words.figure(found.z_score, 2, signed=True)} σ in its own year"
        title = f"Open interest is {words.percent(found.share_of_market_cap, decimals=2)} of market cap{place}"
    share = shown.share_of_market_cap * 100 if shown else None
    mean = None if shown is None or share is None else trailing_mean(shown.interest.times, share, _YEAR_DAYS)
    return chart(
        deck,
        name="open_interest_share",
        title=title,
        y_title="Open interest, % of market cap",
        curves=(
            _line(market, "mean", "Mean of 365 days", "%", mean, role="muted"),
            _line(market, "share", "Of market cap", "%", share),
        ),
        sources=[*interest_sources(deck, market), ("price", deck.view.trend.price)],
        note=covers_words(market),
        from_zero=False,
        decimals=2,
    )


# -- price and its zones ----------------------------------------------------------------------------------------------


def zones_chart(deck: Deck) -> ChartSpec:
    """Return the price with bands of support and resistance, the user's own and those of the densest closes."""
    price = deck.view.trend.price
    own = read_rows(deck.snapshot.tables.get("zones", ()))
    found = own or auto_zones(price.times, price.values)
    oldest = deck.view.moment.timestamp() - FRESH_FOR.total_seconds()
    dated = indicators.newest(price.times, price.values, not_before=oldest)
    newest = dated[1] if dated else None  # a close: the zones are made of closes, and drawn beside them
    dense = f"Zones: where the closes of {AUTO_DAYS} days lie densest; they foretell nothing."
    return chart(
        deck,
        name="price_zones",
        title=unknown("BTC price", price) if newest is None else _zones_title(found, newest),
        y_title="BTC price, $",
        curves=(Curve(name="price", label="BTC price", unit="$", times=price.times, values=price.values, role="text"),),
        bands=[] if newest is None else [_band(place, zone, newest) for place, zone in enumerate(found)],
        sources=(("price", price),),
        note="Zones of your own." if own else dense,
        from_zero=False,
        decimals=0,
    )


def _zones_title(found: Iterable[Zone], newest: float) -> str:
    known = list(found)
    below, above = nearest(known, newest)
    inside = next((zone for zone in known if zone.side(newest) is Side.INSIDE), None)
    told = [f"BTC closed at {words.usd(newest)}"]
    if inside:
        told.append(f"inside {_span(inside)}")
    if below:
        told.append(f"support {_span(below)}, {words.percent(below.distance_fraction(newest), change=True)}")
    if above:
        told.append(f"resistance {_span(above)}, {words.percent(above.distance_fraction(newest), change=True)}")
    return "; ".join(told)


def _span(zone: Zone) -> str:
    return f"{words.usd(zone.low_usd)}–{words.usd(zone.high_usd).removeprefix('$')}"


def _band(place: int, zone: Zone, newest: float) -> Band:
    side = zone.side(newest)
    return Band(
        name=f"zone{place}",
        label=f"{zone.label or side.value} {_span(zone)}",
        low=zone.low_usd,
        high=zone.high_usd,
        unit="$",
        role=_ZONE_ROLES[side],
    )


CHARTS = (
    DeckChart(
        name="price_zones",
        label="Price and its zones",
        table="zones",
        build=zones_chart,
        help=(
            "Bands in which the price has closed most within 180 days, or those that you draw (pencil). The density of "
            "closes is a sum of normal kernels 1 % wide, each weighted by its days; a zone ends where "
            "the density falls to half of its peak. Below the price a zone is support, above it resistance."
        ),
    ),
    DeckChart(
        name="open_interest",
        label="Open interest in USD",
        build=interest_chart,
        help=(
            "Open interest of BTC futures of one venue, or of one aggregator’s set of venues, chosen on the page "
            f"“Watch”. {_NOT_ADDED} Bybit counts both sides of a contract unless it says otherwise; one side is taken "
            "where it is given."
        ),
    ),
    DeckChart(
        name="open_interest_btc",
        label="Open interest in BTC",
        build=interest_btc_chart,
        help=f"Open interest over the day’s close: what is left of it without the price. {_NOT_ADDED}",
    ),
    DeckChart(
        name="open_interest_change",
        label="Open interest, change",
        build=interest_change_chart,
        help=(
            "Change against the known day nearest to 7 and to 30 days before, within a quarter of that, and against "
            "the last value before the calendar year (UTC). Never from one way of counting to another."
        ),
    ),
    DeckChart(
        name="open_interest_share",
        label="Open interest by market cap",
        build=interest_share_chart,
        help=(
            "Open interest over price times the BTC issued by then; lost coins count. The place in its own year is "
            "(value − mean) / standard deviation of 365 days, at least 120 of them known."
        ),
    ),
)
