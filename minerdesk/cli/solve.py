"""The command solve: the value of one input at which an AI business keeps as much as mining."""

import argparse
import sys
from typing import TYPE_CHECKING

from minerdesk import words
from minerdesk.cli.judge import judge, print_json
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.economics.case import RIVALS, Case, numeric_field
from minerdesk.economics.results import Business
from minerdesk.economics.solve import Solution, solution_words, solve

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "solve",
        help="find where an AI business equals mining",
        description="Find the value of an input at which a business keeps as much as mining per MW-year after capital.",
    )
    add_file(parser)
    parser.add_argument("--for", required=True, dest="key", metavar="KEY", help="the input to solve for")
    parser.add_argument(
        "--against", required=True, choices=[rival.value for rival in RIVALS], help="the business that equals mining"
    )
    add_set(parser)
    add_offline(parser)
    add_base_url(parser)
    add_json(parser)
    parser.set_defaults(run=_run_solve)


def _run_solve(options: argparse.Namespace, front: Front) -> int:
    del front
    numeric_field(options.key)  # a bad key is said before anything is fetched
    snapshot, code = judge(options)
    case = Case(inputs=snapshot.inputs, network=snapshot.results.network)
    found = solve(case, options.key, Business(options.against))
    if options.json:
        print_json(solution_object(found))
    else:
        lines = dict.fromkeys((solution_words(found), found.reason))  # without a single solution they are the same
        sys.stdout.write("".join(f"{words.plain(line)}\n" for line in lines))
    return code


def solution_object(found: Solution) -> dict[str, object]:
    """Return the object of ``solve --json``. The names are a contract with scripts."""
    return {
        "key": found.key,
        "solution": found.solution,
        "all_solutions": list(found.all_solutions),
        "reason": words.plain(found.reason),
    }
