"""The command of GPU rental rates: every source's rate of every GPU side by side, and the trend over fixed panels."""

import argparse
import sys
from typing import TYPE_CHECKING, TextIO

from minerdesk import words
from minerdesk.cli.judge import judge, moment_words, print_json
from minerdesk.cli.network import day, past_day
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.gpu_report import (
    CAUTION,
    RateLine,
    credits_words,
    rate_lines,
    rates_object,
    record_at,
    trend_words,
    trends,
    unknown_words,
)
from minerdesk.report import problem_object
from minerdesk.session import TOPIC_NAMES
from minerdesk.snapshot import Snapshot

if TYPE_CHECKING:
    from datetime import date

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_UNASKED = frozenset(name for name in TOPIC_NAMES if not name.startswith("gpu"))


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    rates = commands.add_parser("rates", help="what GPUs are let for, every source side by side, and how it moved")
    add_file(rates)
    rates.add_argument(
        "--as-of", type=day, metavar="DATE", help="a past UTC day like 2026-08-05: what had been told by its end"
    )
    add_set(rates)
    add_offline(rates)
    add_base_url(rates)
    add_json(rates)
    rates.set_defaults(run=_run_rates)


def _run_rates(options: argparse.Namespace, front: Front) -> int:
    del front
    as_of = past_day(options.as_of)
    snapshot, code = judge(options, unasked=_UNASKED, of_now=False)
    if options.json:
        problems = [problem_object(problem) for problem in snapshot.problems]
        print_json({**rates_object(snapshot, as_of), "problems": problems})
    else:
        _print_rates(snapshot, as_of, sys.stdout)
    return code


def _print_rates(snapshot: Snapshot, as_of: "date | None", out: TextIO) -> None:
    found = trends(record_at(snapshot, as_of))
    lines = [
        f"As of {moment_words(snapshot.now)}" if as_of is None else f"As told by the end of {as_of} (UTC)",
        "",
        f"{'GPU':<22}{'$/GPU-h':>9}{'quartiles':>14}{'offers':>8}{'sellers':>9}  {'as of':<12}{'state':<9}source",
        *map(_line, rate_lines(snapshot, as_of)),
        "",
        *(words.plain(f"{trend_words(one)}.") for one in found),
        *([""] if found else []),
        words.plain(CAUTION),
        *filter(None, (credits_words(snapshot, as_of), unknown_words(record_at(snapshot, as_of)))),
    ]
    out.write("\n".join(lines) + "\n")


def _line(line: RateLine) -> str:
    span = "" if line.low is None or line.high is None else f"{line.low:.2f}-{line.high:.2f}"
    offers, sellers = ("" if count is None else f"{count}" for count in (line.offers, line.sellers))
    state = "expired" if line.is_expired else line.state.value
    return (
        f"{line.label:<22}{line.usd_per_gpu_hour:>9.2f}{span:>14}{offers:>8}{sellers:>9}  {line.as_of:%Y-%m-%d}  "
        f"{state:<9}{words.plain(line.source_label)}, {line.kind}, {line.cadence}"
    )
