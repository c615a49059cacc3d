"""The command of the watch-list: which rules are triggered, since when, and what each said before. Made for cron."""

import argparse
import sys
from typing import TYPE_CHECKING, TextIO

from minerdesk import words
from minerdesk.cli.judge import judge, moment_words, print_json
from minerdesk.cli.network import day, past_day
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.economics.market import Market
from minerdesk.economics.watch import WatchList
from minerdesk.network_report import end_of_day
from minerdesk.report import problem_object
from minerdesk.session import TOPIC_NAMES
from minerdesk.watch_report import market_at, sentence, value_words, watch_list, watch_object

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

#: The exit code when a rule is triggered; it goes before that of a source that failed, which is said on stderr.
TRIGGERED = 3
_ASKED = (
    *("difficulty", "difficulty_epochs", "hashrate", "hashrate_daily", "price_history", "open_interest"),
    *("open_interest_bybit", "open_interest_binance", "open_interest_binance_files", "open_interest_coinglass"),
)
_UNASKED = frozenset(TOPIC_NAMES) - frozenset(_ASKED)


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    watch = commands.add_parser(
        "watch", help="rules on network and market; exit code 3 when one is triggered, for cron"
    )
    add_file(watch)
    watch.add_argument(
        "--as-of",
        type=day,
        metavar="DATE",
        help="a past UTC day like 2026-01-16: judged by what was known at its end",
    )
    add_set(watch)
    add_offline(watch)
    add_base_url(watch)
    add_json(watch)
    watch.set_defaults(run=_run_watch)


def _run_watch(options: argparse.Namespace, front: Front) -> int:
    del front
    as_of = past_day(options.as_of)
    snapshot, code = judge(options, unasked=_UNASKED, of_now=False)
    market = market_at(snapshot, snapshot.now if as_of is None else end_of_day(as_of))
    found = watch_list(snapshot, market)
    if options.json:
        told = [problem_object(problem) for problem in snapshot.problems]
        print_json({**watch_object(found, market), "problems": told})
    else:
        _print_watch(found, market, sys.stdout)
    return TRIGGERED if found.triggered else code


def _print_watch(found: WatchList, market: Market, out: TextIO) -> None:
    told = watch_object(found, market)
    lines = [f"As of {moment_words(market.moment)}, judged by the days to {told['judged_day'] or 'none'}"]
    lines += [words.plain(sentence(found)), ""]
    for rule in told["rules"]:
        lines.append(f"{rule['label']:<52}{'':>14}{'':>16}  {rule['state']:<10}{rule['since'] or ''}".rstrip())
        for one in rule["conditions"]:
            value, limit = (words.plain(value_words(one[key], one["unit"])) for key in ("value", "threshold"))
            lines.append(
                f"  {words.plain(one['label']):<50}{value:>14}{'>= ' + limit:>16}  {one['state']:<10}"
                f"{one['since'] or ''}".rstrip()
            )
    if told["open_interest_covers"]:
        lines += ["", f"Open interest: {words.plain(told['open_interest_covers'])}."]
    if told["retarget_note"]:
        lines += ["", told["retarget_note"]]
    out.write("\n".join(lines) + "\n")
