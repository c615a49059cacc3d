"""Open interest, divergence and migration as tables of a workbook, each with what it is and what it is not."""

from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.divergence import DEFINITION, NOT_COVERED
from minerdesk.economics.market import Market
from minerdesk.economics.migration import NOTE
from minerdesk.economics.zones import Zone, auto_zones, read_rows
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.network_report import NetworkView, market_of, network_view
from minerdesk.snapshot import Snapshot

INTEREST, DIVERGENCE, MIGRATION = "Open interest", "Divergence", "Migration"
NEVER_ADDED = "Each row is of one venue, or of one aggregator's set of venues: never added up, never compared by level."
#: Migration begins a year before the first signed lease: before that there is nothing to hold against.
_LEAD_S = 365 * 86_400


def market_tables(snapshot: Snapshot, as_of: date | None = None) -> tuple[Table, ...]:
    """Return the tables of the market beside the network, as of the end of a UTC day or as of now."""
    view = network_view(snapshot, as_of)
    market = market_of(snapshot, view)
    return (
        interest_table(market),
        zones_table(snapshot, market),
        divergence_table(market),
        migration_table(snapshot, view, market),
    )


def _date(time_s: int) -> date:
    return datetime.fromtimestamp(time_s, UTC).date()


def _cells(*columns: NDArray[np.float64]) -> list[list[float | None]]:
    return [[float(v) if np.isfinite(v) else None for v in row] for row in zip(*columns, strict=True)]


def interest_table(market: Market) -> Table:
    """Return the open interest of every venue day by day, with its measures against its own past."""
    rows: list[tuple[Cell, ...]] = []
    for found in market.venues:
        interest = found.interest
        cells = _cells(
            interest.usd,
            interest.btc,
            found.change_7d,
            found.change_30d,
            found.change_ytd,
            found.share_of_market_cap,
            found.z_score,
        )
        line = interest.line
        sources = [line.source_names[i] for i in line.source_index] if line else [interest.source] * len(cells)
        rows += [
            (_date(int(time)), interest.venue.label, *values, source)
            for time, values, source in zip(interest.times, cells, sources, strict=True)
        ]
    measures = (
        ("usd", "Open interest", "$", 0),
        ("btc", "Open interest", "BTC", 0),
        ("change_7d", "Change over 7 days", "fraction", 4),
        ("change_30d", "Change over 30 days", "fraction", 4),
        ("change_ytd", "Change since the new year", "fraction", 4),
        ("share_of_market_cap", "Share of market cap", "fraction", 5),
        ("z_score", "Share in its own year", "standard deviations", 2),
    )
    return Table(
        name=INTEREST,
        title="Open interest of futures, each venue's own",
        columns=(
            Column(key="date", title="Date", unit="UTC", kind=Kind.DATE),
            Column(key="venue", title="Venue", kind=Kind.TEXT),
            *(Column(key=key, title=title, unit=unit, decimals=decimals) for key, title, unit, decimals in measures),
            Column(key="source", title="Source", kind=Kind.TEXT),
        ),
        rows=tuple(rows),
        notes=(
            NEVER_ADDED,
            *(f"{one.interest.venue.label}: {one.interest.covers}." for one in market.venues),
        ),
    )


def zones_of(snapshot: Snapshot, market: Market) -> tuple[Zone, ...]:
    """Return the price zones: the user's own where there are some, and those of the densest closes."""
    price = market.trend.price
    return (*read_rows(snapshot.tables.get("zones", ())), *auto_zones(price.times, price.values))


def zones_table(snapshot: Snapshot, market: Market) -> Table:
    """Return the price zones with where they lie from the newest price."""
    closes = market.trend.price.values
    newest = float(closes[-1]) if len(closes) else None
    rows = [
        (
            zone.label or "densest closes",
            "own" if zone.is_own else "found",
            zone.low_usd,
            zone.high_usd,
            zone.share,
            zone.side(newest).value if newest else "",
            zone.distance_fraction(newest) if newest else None,
        )
        for zone in zones_of(snapshot, market)
    ]
    return Table(
        name="Price zones",
        title="Support and resistance: bands of prices",
        columns=(
            Column(key="label", title="Zone", kind=Kind.TEXT),
            Column(key="origin", title="Origin", kind=Kind.TEXT),
            Column(key="low_usd", title="From", unit="$/BTC", decimals=0),
            Column(key="high_usd", title="To", unit="$/BTC", decimals=0),
            Column(key="share_of_closes", title="Closes within", unit="fraction of 180 days", decimals=3),
            Column(key="side", title="From the newest close", kind=Kind.TEXT),
            Column(key="distance_fraction", title="Distance", unit="fraction", decimals=4),
        ),
        rows=tuple(rows),
        notes=("Where closes lie close together; zones foretell nothing.",),
    )


def divergence_table(market: Market) -> Table:
    """Return price, open interest and hash rate day by day with the score and its three terms."""
    found = market.divergence()
    cells = _cells(
        found.price_usd,
        found.interest_usd,
        found.hashrate_eh_s,
        found.price_move,
        found.interest_move,
        found.hashrate_move,
        found.score,
    )
    columns = (
        ("price_usd", "BTC price", "$/BTC", 2),
        ("open_interest_usd", "Open interest", "$", 0),
        ("hashrate_7d_eh_s", "Hash rate, 7-day mean", "EH/s", 1),
        ("price_move", "Price move", "own habit", 3),
        ("open_interest_move", "Open-interest move", "own habit", 3),
        ("hashrate_move", "Hash-rate move", "own habit", 3),
        ("score", "Divergence score", "", 3),
    )
    covers = (f"Open interest: {market.shown.interest.covers}.",) if market.shown else ()
    return Table(
        name=DIVERGENCE,
        title="Price, leverage and hash rate apart",
        columns=(
            Column(key="date", title="Date", unit="UTC", kind=Kind.DATE),
            *(Column(key=key, title=title, unit=unit, decimals=decimals) for key, title, unit, decimals in columns),
        ),
        rows=tuple((_date(int(time)), *row) for time, row in zip(found.times, cells, strict=True)),
        notes=(DEFINITION, NOT_COVERED, *covers),
    )


def migration_table(snapshot: Snapshot, view: NetworkView, market: Market) -> Table:
    """Return the load signed to AI beside the hash rate lost, from a year before the first lease on."""
    efficiency = view.fleet_efficiency_j_per_th
    found = market.migration(snapshot.all_leases(), snapshot.events, efficiency_j_per_th=efficiency)
    signed = np.flatnonzero(found.signed_gw > 0)
    first = int(np.searchsorted(found.times, found.times[signed[0]] - _LEAD_S)) if len(signed) else len(found.times)
    cells = _cells(found.signed_gw[first:], found.lost_eh_s[first:], found.lost_gw[first:])
    events = [
        next((e.label for e in found.events if e.start.timestamp() <= time <= e.end.timestamp()), "")
        for time in found.times[first:]
    ]
    days = [_date(int(time)) for time in found.times[first:]]
    return Table(
        name=MIGRATION,
        title="Load signed to AI beside hash rate lost",
        columns=(
            Column(key="date", title="Date", unit="UTC", kind=Kind.DATE),
            Column(key="signed_gw", title="IT load signed to AI", unit="GW", decimals=3),
            Column(key="lost_eh_s", title="Hash rate under its peak, 7-day mean", unit="EH/s", decimals=1),
            Column(key="lost_gw", title="What that would draw", unit="GW", decimals=2),
            Column(key="event", title="Event", kind=Kind.TEXT),
        ),
        rows=tuple((day, *row, event) for day, row, event in zip(days, cells, events, strict=True)),
        notes=(NOTE, f"Assumed for the machines that left: {efficiency:g} J/TH."),
    )
