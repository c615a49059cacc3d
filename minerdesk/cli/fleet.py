"""The command of the fleet: its classes as a merit order, what is under water, which to convert first."""

import argparse
import sys
from typing import TYPE_CHECKING, Any, TextIO

from minerdesk import words
from minerdesk.cli.judge import figure, judge, moment_words, print_json
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.cli.scan import add_scan, run_scan
from minerdesk.fleet_report import BASIS, CONVERSION_BASIS, fleet_object, fleet_of, sentences
from minerdesk.report import problem_object
from minerdesk.snapshot import Snapshot

_MODEL_WIDTH = 34
#: What a terminal shows; the rest is in --json.
_MOST_LINES = 200

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    fleet = commands.add_parser(
        "fleet", help="machine classes by breakeven, what is under water, what to convert first"
    )
    add_file(fleet)
    add_set(fleet)
    add_offline(fleet)
    add_base_url(fleet)
    add_json(fleet)
    add_scan(fleet)
    fleet.set_defaults(run=_run_fleet)


def _run_fleet(options: argparse.Namespace, front: Front) -> int:
    del front
    if options.scan is not None:
        return run_scan(options)
    snapshot, code = judge(options)
    if options.json:
        problems = [problem_object(problem) for problem in snapshot.problems]
        print_json({**fleet_object(snapshot), "problems": problems})
    else:
        _print_fleet(snapshot, sys.stdout)
    return code


def _print_fleet(snapshot: Snapshot, out: TextIO) -> None:
    told = fleet_object(snapshot)
    classes = told["classes"]
    lines = [
        f"As of {moment_words(snapshot.now)}" + (" (replayed)" if snapshot.replaying else ""),
        *map(words.plain, sentences(fleet_of(snapshot))),
        "",
        f"{'':<{_MODEL_WIDTH}} {'':>9}{'':>7}{'':>9}{'power':>9}{'breaks':>9}{'even at':>10}"
        f"{'margin':>10}{'margin':>13}{'conversion':>12}",
        f"{'model':<{_MODEL_WIDTH}} {'machines':>9}{'J/TH':>7}{'MW':>9}{'$/MWh':>9}{'$/MWh':>9}{'$/PH/day':>10}"
        f"{'$/MWh':>10}{'$/year':>13}{'$/MW-year':>12}",
        *map(_line, classes[:_MOST_LINES]),
    ]
    if len(classes) > _MOST_LINES:
        lines.append(f"... and {len(classes) - _MOST_LINES:,} more; --json has them all.")
    if told["is_default"]:
        lines += [
            "",
            "No machine classes are laid: this is the fleet of the inputs, filling the site, counted in PH/s.",
        ]
    out.write("\n".join([*lines, "", f"* under water. {BASIS}", CONVERSION_BASIS]) + "\n")


def _line(one: dict[str, Any]) -> str:
    mark = " *" if one["under_water"] else ""
    model = words.plain(one["model"])[: _MODEL_WIDTH - len(mark)] + mark
    return (
        f"{model:<{_MODEL_WIDTH}} {one['count']:>9,.0f}{one['efficiency_j_per_th']:>7.1f}{one['mw']:>9,.1f}"
        f"{one['power_usd_per_mwh']:>9.2f}{figure(one['breakeven_power_usd_per_mwh'], 2):>9}"
        f"{figure(one['breakeven_hashprice_usd_per_ph_day'], 2):>10}{figure(one['margin_usd_per_mwh'], 2):>10}"
        f"{figure(one['margin_usd_per_year'], 0):>13}{figure(one['conversion_loss_usd_per_mw_year'], 0):>12}"
    )
