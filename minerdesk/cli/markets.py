"""The command of the power markets: which there are, fetching one; and what other commands fetch of prices, rates."""

import argparse
import difflib
import sys
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from minerdesk import industry_price, words
from minerdesk.cli.judge import say, say_failure
from minerdesk.cli.options import FAILED, SUCCESS, add_base_url
from minerdesk.cli.orders import Front
from minerdesk.economics.prices import PriceSeries
from minerdesk.errors import InputError, SourceError
from minerdesk.market_prices import Fetch, kept
from minerdesk.session import Session, open_session
from minerdesk.sources import eia
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.exchange import fetch_rate
from minerdesk.sources.markets import PLACES, Place, places
from minerdesk.sources.orders import POWER, RATES
from minerdesk.sources.rates import Rate

USUAL_DAYS, MOST_DAYS = 365, 3_660
_SWITCH = "Switch offline mode off in the window."

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    markets = commands.add_parser("markets", help="the power markets that can be fetched; fetch one and keep it")
    orders = markets.add_subparsers(dest="order", required=True)
    orders.add_parser("list", help="print every market, who serves it, and what is kept").set_defaults(run=_run_list)
    fetch = orders.add_parser("fetch", help="fetch a market; what is public for days only is added to what is kept")
    fetch.add_argument("market", metavar="MARKET", help="its name, as the list has it")
    add_days(fetch)
    fetch.add_argument(
        "--from", default="", metavar="SOURCE", dest="first", help="ask this source first, this time; else your order"
    )
    add_base_url(fetch)
    fetch.set_defaults(run=_run_fetch)
    industry = orders.add_parser("industry", help="fetch what industry in a US state pays (EIA, with your key)")
    industry.add_argument("state", type=str.upper, choices=tuple(eia.STATES), metavar="STATE", help="TX, for example")
    add_base_url(industry)
    industry.set_defaults(run=_run_industry)


def add_days(parser: argparse.ArgumentParser) -> None:
    """Add --days."""
    parser.add_argument(
        "--days", type=_days, default=USUAL_DAYS, metavar="N", help=f"days before today to fetch, {USUAL_DAYS}"
    )


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_DAYS):
        raise argparse.ArgumentTypeError(f"“{text}” is no number of days from 1 to {MOST_DAYS:,}")
    return int(text)


def _run_list(options: argparse.Namespace, front: Front) -> int:
    del options, front
    session = open_session(offline=True)
    try:
        on, now = session.preferences.sources_on, session.desk.snapshot().now
        order = session.preferences.source_order.get(POWER, ())
        held = kept(session.folders.cache, now)
    finally:
        session.close()
    for problem in held.problems:
        say(problem)
    group = ""
    for place in places(on):
        if place.group != group:
            group = place.group
            sys.stdout.write(f"{words.plain(group)}, {place.currency}/MWh\n")
        who = ", ".join(PROVIDERS[feed.provider].label for feed in place.asked(on, order))
        series = held.series.get(place.key)
        span = f"kept: {words.plain(series.span_words)}" if series is not None else ""
        sys.stdout.write(f"  {place.key:<16}{words.plain(place.label):<28}{who:<42}{span}".rstrip() + "\n")
    return SUCCESS


def _run_fetch(options: argparse.Namespace, front: Front) -> int:
    del front
    place = place_of(options.market)
    session = open_session(base_urls=options.base_urls)
    try:
        if session.desk.offline:
            raise InputError("The preferences say offline, so nothing was requested.", hint=_SWITCH)
        first = options.first and _source_of(options.first, place, session.preferences.sources_on)
        series = _fetched(session, place, options.days, first)
    finally:
        session.close()
    for line in (f"{series.title}: {series.span_words}.", *series.handled, f"{series.credit}."):
        sys.stdout.write(words.plain(line) + "\n")
    return SUCCESS


def _run_industry(options: argparse.Namespace, front: Front) -> int:
    del front
    session = open_session(base_urls=options.base_urls)
    try:
        if eia.NAME not in session.preferences.sources_on:
            raise InputError("EIA is off.", hint="Give its key with: minerdesk sources key eia")
        if session.desk.offline:
            raise InputError("The preferences say offline, so nothing was requested.", hint=_SWITCH)
        found = industry_price.fetch(
            session.client(), session.folders.cache, options.state, now=session.desk.snapshot().now
        )
    finally:
        session.close()
    sys.stdout.write(f"Industry in {found.words}: {found.usd_per_mwh:.2f} $/MWh (EIA, delivery included)\n")
    return SUCCESS


def place_of(name: str) -> Place:
    """Return the market of a name, in whatever case; an InputError lists what is near."""
    by_name = {key.lower(): place for key, place in PLACES.items()}
    place = by_name.get(name.strip().lower())
    if place is None:
        near = difflib.get_close_matches(name.strip().lower(), by_name, n=3, cutoff=0.5)
        meant = "".join(f" Did you mean {', '.join(by_name[one].key for one in near)}?" if near else "")
        raise InputError(f"There is no market “{name}”.{meant}", hint="“minerdesk markets list” names them.")
    return place


def is_market(name: str) -> bool:
    """Return whether a name is that of a market that can be fetched."""
    return name.strip().lower() in (key.lower() for key in PLACES)


def _source_of(name: str, place: Place, on: Collection[str]) -> str:
    """Return the source of a name, in whatever case, that serves a market; an InputError says why it can't be asked."""
    wanted = name.strip().lower()
    serving = [feed.provider for feed in place.feeds]
    if wanted not in serving:
        raise InputError(f"“{name}” does not serve {place.label}.", hint=f"Who does: {', '.join(serving)}.")
    if not PROVIDERS[wanted].is_asked(on):
        hint = f"“minerdesk sources list” says what it wants, “minerdesk sources on {wanted}” switches it on."
        raise InputError(f"{PROVIDERS[wanted].label} is off.", hint=hint)
    return wanted


def _fetched(session: Session, place: Place, days: int, first: str = "") -> PriceSeries:
    return Fetch(
        client=session.client(),
        folder=session.folders.cache,
        place=place,
        now=session.desk.snapshot().now,
        days=days,
        on=session.preferences.sources_on,
        order=session.preferences.source_order.get(POWER, ()),
        first=first,
    ).run()


def fetched_market(options: argparse.Namespace, name: str) -> tuple[PriceSeries, int]:
    """Return a market's prices, and the exit code: fetched; offline, or where nobody gives any, those that are kept.

    Raises
    ------
    InputError
        There is no such market, or offline nothing is kept of it.
    SourceError
        Nobody gave any, and nothing is kept.
    """
    place = place_of(name)
    session = open_session(base_urls=options.base_urls, offline=options.offline)
    try:
        now = session.desk.snapshot().now
        if session.desk.offline:
            held = _kept_of(session, place, now)
            if held is None:
                raise InputError(
                    f"Offline, and nothing is kept of {place.label}.",
                    hint=f"Fetch it while online: minerdesk markets fetch {place.key}",
                )
            return held, SUCCESS
        try:
            return _fetched(session, place, options.days), SUCCESS
        except SourceError as error:
            held = _kept_of(session, place, now)
            if held is None:
                raise
            say_failure(error)
            return held, FAILED
    finally:
        session.close()


def _kept_of(session: Session, place: Place, now: datetime) -> PriceSeries | None:
    """Return what is kept of a market, with words on its age."""
    held = kept(session.folders.cache, now)
    for problem in held.problems:
        say(problem)
    series = held.series.get(place.key)
    if series is None or series.fetched_at is None:
        return None
    told = f"{place.label}: as kept, fetched {words.age(now - series.fetched_at)} ago."
    return series.with_words((told, *series.handled))


def newest_rate(options: argparse.Namespace, currency: str) -> Rate | None:
    """Return the newest rate of a currency into dollars; None offline, and where nobody gives it, which is said."""
    session = open_session(base_urls=options.base_urls, offline=options.offline)
    try:
        if session.desk.offline:
            return None
        order = session.preferences.source_order.get(RATES, ())
        return fetch_rate(session.client(), currency, now=session.desk.snapshot().now, order=order)
    except SourceError as error:
        say_failure(error)
        return None
    finally:
        session.close()
