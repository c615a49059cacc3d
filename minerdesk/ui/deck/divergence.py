"""What runs apart: price, leverage and hash rate with their divergence score; load signed to AI and hash rate lost."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from minerdesk import words
from minerdesk.economics.divergence import DEFINITION, MOVE_DAYS, NOT_COVERED, indexed
from minerdesk.economics.history import Times
from minerdesk.economics.migration import NOTE, Event, Migration
from minerdesk.economics.trend import FRESH_FOR
from minerdesk.network_report import market_of
from minerdesk.ui.charts.model import ChartSpec, Curve, Level, Shape, Span
from minerdesk.ui.deck.frame import Deck, DeckChart, Floats, chart, moment
from minerdesk.ui.deck.interest import UNKNOWN, covers_words, interest_sources
from minerdesk.units import SECONDS_PER_DAY

_YEAR_DAYS = 365
_EVENT_ROLES = {"storm": "cost", "season": "warning", "ban": "muted"}
#: In the order and the words of the caption; the names of their colours are those of the roles above.
_EVENT_KINDS = {"season": "summer peaks in amber", "storm": "storms in red", "ban": "a ban in grey"}


def divergence_chart(deck: Deck) -> ChartSpec:
    """Return price, open interest and hash rate as 100 a year before the moment."""
    market = market_of(deck.snapshot, deck.view)
    found = market.divergence()
    known = np.isfinite(found.price_usd) & np.isfinite(found.interest_usd) & np.isfinite(found.hashrate_eh_s)
    wanted = deck.view.moment.timestamp() - (_YEAR_DAYS + 1) * SECONDS_PER_DAY
    base = next((int(place) for place in np.flatnonzero(known) if found.times[place] >= wanted), None)
    lines = (
        ("price", "BTC price", found.price_usd, "mining"),
        ("interest", "Open interest", found.interest_usd, "accent"),
        ("hashrate", "Hash rate, 7-day mean", found.hashrate_eh_s, "network"),
    )
    begins = "" if base is None else f"100 on {words.day(moment(int(found.times[base])))}. "
    return chart(
        deck,
        name="divergence",
        title=_score_title(found.times, found.score, deck),
        y_title="Index",
        curves=(
            Curve(
                name=name,
                label=label,
                unit="",
                times=found.times,
                values=np.full(len(values), np.nan) if base is None else indexed(values, base),
                role=role,
            )
            for name, label, values, role in lines
        ),
        levels=(Level(name="base", value=100.0, label="", unit="", role="muted", at_end=False),),
        sources=[*interest_sources(deck, market), ("price", market.trend.price), ("hash rate", market.trend.hashrate)],
        note=f"{begins}{covers_words(market)} {NOT_COVERED}",
        from_zero=False,
    )


def score_chart(deck: Deck) -> ChartSpec:
    """Return the signed divergence score with its three terms."""
    market = market_of(deck.snapshot, deck.view)
    found = market.divergence()
    terms = (
        ("price", "Price", found.price_move, "mining"),
        ("interest", "Open interest", found.interest_move, "accent"),
        ("hashrate", "Hash rate", found.hashrate_move, "network"),
    )
    return chart(
        deck,
        name="divergence_score",
        title=_score_title(found.times, found.score, deck),
        y_title=f"{MOVE_DAYS}-day moves, each in units of its own habit",
        curves=(
            *(
                Curve(name=name, label=label, unit="", times=found.times, values=values, role=role, faint=True)
                for name, label, values, role in terms
            ),
            Curve(
                name="score",
                label="Score",
                unit="",
                times=found.times,
                values=found.score,
                role="text",
            ),
        ),
        levels=(Level(name="zero", value=0.0, label="", unit="", role="muted", at_end=False),),
        sources=[*interest_sources(deck, market), ("price", market.trend.price), ("hash rate", market.trend.hashrate)],
        note=f"Score = open interest − (price + hash rate) / 2. {NOT_COVERED}",
        decimals=2,
    )


def _score_title(times: Times, score: Floats, deck: Deck) -> str:
    known = np.flatnonzero(np.isfinite(score))
    fresh = len(known) and deck.view.moment.timestamp() - times[known[-1]] <= 10 * SECONDS_PER_DAY
    if not fresh:
        return f"Divergence of leverage from price and hash rate: {UNKNOWN}"
    value = float(score[known[-1]])
    said = "leverage rises faster" if value > 0.5 else "leverage falls behind" if value < -0.5 else "the three agree"
    return f"Divergence score {words.figure(value, 2, signed=True)}: {said}"


# -- migration --------------------------------------------------------------------------------------------------------


def migration_chart(deck: Deck) -> ChartSpec:
    """Return the IT load signed to AI beside what the lost hash rate would draw, in GW, with dated events."""
    snapshot, view = deck.snapshot, deck.view
    market = market_of(snapshot, view)
    found = market.migration(snapshot.all_leases(), snapshot.events, efficiency_j_per_th=view.fleet_efficiency_j_per_th)
    efficiency = words.efficiency_j_per_th(found.efficiency_j_per_th)
    undated = f" {words.figure(found.undated_mw)} MW without a date are left out." if found.undated_mw else ""
    return chart(
        deck,
        name="migration",
        title=_migration_title(found, view.moment),
        y_title="Power, GW",
        curves=(
            Curve(
                name="lost",
                label="Hash rate lost would draw",
                unit="GW",
                times=found.times,
                values=found.lost_gw,
                role="network",
            ),
            Curve(
                name="signed",
                label="Signed to AI, IT load",
                unit="GW",
                times=found.times,
                values=found.signed_gw,
                role="colocation",
                shape=Shape.STEP,
            ),
        ),
        spans=_event_spans(found.events),
        spans_title="Event",
        sources=(("hash rate", view.trend.hashrate),),
        note=f"{_shaded(found.events)}{NOTE} Assumed: {efficiency} J/TH.{undated}",
        decimals=2,
    )


def _migration_title(found: Migration, now: datetime) -> str:
    lost = np.flatnonzero(np.isfinite(found.lost_eh_s))
    if len(lost) == 0:
        return f"Load signed to AI and hash rate lost: {UNKNOWN}"
    gone, gw = float(found.lost_eh_s[lost[-1]]), float(found.lost_gw[lost[-1]])
    signed = words.with_unit(words.figure(float(found.signed_gw[-1]), 2), "GW")
    drawn = words.with_unit(words.figure(gw, 2), "GW")
    under = f"{words.hashrate_eh_s(gone)} under its peak"
    last_s = int(found.times[lost[-1]])
    if now - moment(last_s) > FRESH_FOR:  # the record ends before: nothing is said of the moment itself
        return f"By {words.day(moment(last_s))} {signed} signed to AI and a network {under}: {drawn}"
    return f"{signed} signed to AI; the network is {under}, which would draw {drawn}"


def _shaded(events: Iterable[Event]) -> str:
    """Say what kinds of events are shaded: a band of a few days has no room for a name."""
    there = {event.kind for event in events}
    kinds = [said for kind, said in _EVENT_KINDS.items() if kind in there]
    return f"Shaded: {', '.join(kinds)}. " if kinds else ""


def _event_spans(events: Iterable[Event]) -> list[Span]:
    ordered = sorted(events, key=lambda event: event.start)
    return [
        Span(
            start_s=event.start.timestamp(),
            end_s=event.end.timestamp() + SECONDS_PER_DAY,
            label=event.label,
            role=_EVENT_ROLES.get(event.kind, "muted"),
        )
        for event in ordered
    ]


CHARTS = (
    DeckChart(
        name="divergence",
        label="Divergence: indexed lines",
        build=divergence_chart,
        help=(
            "Price, open interest and the 7-day mean of hash rate, each 100 a year before the moment. "
            f"{DEFINITION} {NOT_COVERED}"
        ),
    ),
    DeckChart(
        name="divergence_score",
        label="Divergence: score",
        build=score_chart,
        help=f"{DEFINITION} It says that the three disagree, not why. {NOT_COVERED}",
    ),
    DeckChart(
        name="migration",
        label="Migration to AI",
        build=migration_chart,
        help=(
            "Critical IT load of the signed leases, each from its signing on, beside the hash rate under its highest "
            "7-day mean times an assumed efficiency (1 EH/s at e J/TH draws e MW). Shaded: storms, ERCOT’s summer "
            f"peaks, the ban of 2021. {NOTE}"
        ),
    ),
)
