"""The command of the network's trend: its figures now, or as they were known at the end of a past day."""

import argparse
import sys
from datetime import date
from typing import TYPE_CHECKING, TextIO

from minerdesk import clock, words
from minerdesk.cli.judge import figure, judge, moment_words, print_json, say_problems
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.errors import InputError
from minerdesk.network_report import NetworkView, network_object, network_problems, network_view
from minerdesk.report import problem_object
from minerdesk.session import TOPIC_NAMES

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FIRST_DAY = date(2009, 1, 3)
#: Rents of GPUs say nothing of the network: they aren't asked for.
_UNASKED = frozenset(name for name in TOPIC_NAMES if name.startswith("gpu"))


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    network = commands.add_parser("network", help="the network's trend: hash rate, retarget, revenue, security")
    add_file(network)
    network.add_argument(
        "--as-of",
        type=day,
        metavar="DATE",
        help="a past UTC day like 2026-01-16: everything as it was known at its end",
    )
    add_set(network)
    add_offline(network)
    add_base_url(network)
    add_json(network)
    network.set_defaults(run=_run_network)


def day(text: str) -> date:
    """Read a date in ISO form."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no date; write it like 2026-01-16") from None


def past_day(chosen: date | None) -> date | None:
    """Return the day to replay; None is now, which today is too, for it is not over.

    Raises
    ------
    InputError
        The day lies after the clock, or before the first block.
    """
    today = clock.now().date()
    if chosen is None or chosen == today:
        return None
    if chosen > today:
        raise InputError(f"--as-of {chosen} lies after the clock ({today}).", hint="Choose a day that is over.")
    if chosen < FIRST_DAY:
        raise InputError(f"--as-of {chosen} lies before the first block of {FIRST_DAY}.", hint="Choose a later day.")
    return chosen


def _run_network(options: argparse.Namespace, front: Front) -> int:
    del front
    as_of = past_day(options.as_of)
    snapshot, code = judge(options, unasked=_UNASKED, of_now=as_of is None)
    view = network_view(snapshot, as_of)
    problems = network_problems(view)
    say_problems(problems)
    if options.json:
        told = [problem_object(problem) for problem in (*snapshot.problems, *problems)]
        print_json({**network_object(snapshot, view), "problems": told})
    else:
        _print_network(network_object(snapshot, view), view, sys.stdout)
    return code


def _percent(fraction: float | None, *, change: bool = False, decimals: int = 1) -> str:
    return words.plain(words.percent(fraction, change=change, decimals=decimals))


def _small(value: float | None, decimals: int) -> str:
    """Write a number; where its decimals would leave nothing (the network before 2014) with two digits that count.

    >>> _small(992.32, 1), _small(0.0000239, 1), _small(0.0, 1), _small(None, 1)
    ('992.3', '2.4e-05', '0.0', 'unknown')
    """
    if value is not None and 0 < abs(value) < 10.0**-decimals:
        return f"{value:.2g}"
    return figure(value, decimals)


def _print_network(told: dict[str, object], view: NetworkView, out: TextIO) -> None:
    found = view.figures
    progress, halving, budget = found.progress, found.halving, found.security
    retarget = progress.retarget if progress else None
    peak = (
        f"{_small(found.peak.peak, 1)} EH/s on {told['peak_date']}" if found.peak and told["peak_date"] else "unknown"
    )
    observed = f"observed to {told['hashrate_date']}" if told["hashrate_date"] else "not observed"
    head = f"As of {moment_words(view.moment)}" if view.as_of is None else f"As known at the end of {view.as_of} (UTC)"
    rows = [
        ("BTC price", _small(found.price_usd, 2), "$", str(told["price_date"] or "")),
        ("Difficulty", figure(found.difficulty, 0), "", ""),
        ("  implied hash rate", _small(found.implied_hashrate_eh_s, 1), "EH/s", "difficulty x 2^32 / 600 s"),
        *(
            (f"Hash rate, {days}-day mean", _small(value, 1), "EH/s", observed)
            for days, value in found.hashrate_eh_s.items()
        ),
        ("  against its peak", _percent(found.drawdown_fraction, change=True), "", f"7-day mean; peak {peak}"),
        ("Hash ribbons", str(told["ribbon_state"] or "unknown"), "", f"since {told['ribbon_since'] or 'unknown'}"),
        (
            "Next retarget",
            _percent(retarget.change_fraction, change=True) if retarget else "unknown",
            "",
            f"+/- {_percent(retarget.band_fraction)}, block {retarget.height:,}, {moment_words(retarget.date)}"
            if retarget
            else "",
        ),
        (
            "Next halving",
            f"{halving.blocks_left:,}" if halving else "unknown",
            "blocks",
            f"block {halving.height:,}, about {halving.date:%Y-%m-%d}" if halving else "",
        ),
        ("Hashprice", figure(found.hashprice_usd_per_ph_day, 2), "$/PH/day", ""),
        ("Fee share", _percent(found.fee_share, decimals=2), "", "of a block's reward"),
        ("Puell multiple", figure(found.puell_multiple, 3), "", ""),
        ("Security budget", figure(budget.usd_per_day if budget else None, 0), "$/day", "subsidy and fees, 7 days"),
        (
            "  of market cap",
            _percent(budget.share_of_market_cap_per_year if budget else None, decimals=3),
            "",
            "a year",
        ),
        (
            "  per MWh",
            figure(budget.usd_per_mwh if budget else None, 1),
            "$/MWh",
            f"assumed: {view.fleet_efficiency_j_per_th:g} J/TH for all machines",
        ),
        *_match_rows(view),
        ("Catalogue under water", _percent(view.under_water), "", f"at {view.terms.power_usd_per_mwh:g} $/MWh"),
        (
            "Open interest",
            figure(told["open_interest_usd"], 0),  # type: ignore[arg-type] # a number or None by the object's contract
            "$",
            f"{told['open_interest_source'] or 'no source yet'}; 30 days: "
            f"{_percent(told['open_interest_change_30d'], change=True)}",  # type: ignore[arg-type] # as above
        ),
    ]
    lines = [f"{name:<28}{value:>22} {unit:<9} {note}".rstrip() for name, value, unit, note in rows]
    out.write(words.plain("\n".join([head, "", *lines])) + "\n")


def _match_rows(view: NetworkView) -> list[tuple[str, str, str, str]]:
    rows = []
    for when, matches in (("today", view.matches()), ("after the halving", view.matches(after_halving=True))):
        for business, match in matches.items():
            fees = "enough" if match.fees_btc_per_block is None else f"{match.fees_btc_per_block:.3f} BTC"
            rows.append(
                (
                    f"  equals {business.label} at",
                    _small(match.btc_price_usd, 0),
                    "$/BTC",
                    f"{when}: {match.ai_usd_per_mwh:,.1f} $/MWh gross; or fees per block: {fees}",
                )
            )
    return rows
