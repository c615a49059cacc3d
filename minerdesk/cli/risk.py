"""The command risk: how sure the plan's answer is, by Monte Carlo over the drivers that mining and AI share."""

import argparse
import sys
from typing import TYPE_CHECKING, TextIO

from minerdesk import words
from minerdesk.cli.judge import judge, moment_words, print_json
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.economics.plan.strategies import Strategy
from minerdesk.economics.risk.planned import RiskCase, run
from minerdesk.economics.risk.simulation import RiskResult
from minerdesk.errors import InputError
from minerdesk.report import problem_object
from minerdesk.risk_report import (
    ERROR_NOTE,
    NO_CASE,
    QUANTILES,
    TAIL_NOTE,
    RiskOutcome,
    basis_words,
    driver_rows,
    headline,
    probability_words,
    risk_object,
    spread_words,
    volatility_words,
)
from minerdesk.snapshot import Snapshot

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    risk = commands.add_parser(
        "risk",
        help="simulate the plan: how often AI beats mining, and how bad it can get",
        description="Run the conversion plan through many futures of BTC price, difficulty, GPU rate, utilisation and "
        "power price. The same seed and inputs give the same figures.",
    )
    add_file(risk)
    risk.add_argument("--paths", type=_whole, metavar="N", help="how many futures; the same as --set risk.paths=N")
    risk.add_argument(
        "--seed", type=_whole, metavar="N", help="where the random numbers begin; the same as --set risk.seed=N"
    )
    add_set(risk)
    add_offline(risk)
    add_base_url(risk)
    add_json(risk)
    risk.set_defaults(run=_run_risk)


def _whole(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no whole number") from None


def _run_risk(options: argparse.Namespace, front: Front) -> int:
    del front
    for name in ("paths", "seed"):
        if (given := getattr(options, name)) is not None:
            options.edits = [*options.edits, f"risk.{name}={given}"]
    snapshot, code = judge(options)
    case = snapshot.risk_case()
    if case is None:
        raise InputError(words.plain(NO_CASE))
    outcome = RiskOutcome(case=case, result=_told_run(case))
    if options.json:
        problems = [problem_object(problem) for problem in snapshot.problems]
        print_json({**risk_object(snapshot, outcome), "problems": problems})
    else:
        _print_risk(snapshot, outcome, sys.stdout)
    return code


def _told_run(case: RiskCase) -> RiskResult:
    """Run a case, and say on a terminal how far it is; the line is wiped in the end, whatever the end is."""
    case.terms()  # contradicting correlations are said before anything is drawn
    shown = sys.stderr.isatty()

    def tell(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done:,} of {total:,} paths")
        sys.stderr.flush()

    try:
        result = run(case, on_progress=tell) if shown else run(case)
    finally:
        if shown:
            sys.stderr.write(f"\r{'':<40}\r")
            sys.stderr.flush()
    assert result is not None, "nobody cancels it here"  # noqa: S101 - tells the type checker what can't be
    return result


def _print_risk(snapshot: Snapshot, outcome: RiskOutcome, out: TextIO) -> None:
    result = outcome.result
    names = "".join(f"{name.upper():>11}" for name in QUANTILES)
    lines = [
        f"As of {moment_words(snapshot.now)}" + (" (replayed)" if snapshot.replaying else ""),
        f"{headline(outcome)}.",
        spread_words(outcome),
        basis_words(outcome),
        "",
        f"{'NPV, M$':<14}{'plan':>11}{'mean':>11}{names}{'shortfall':>11}{'loss':>8}  beats mining",
    ]
    for name, found in result.strategies.items():
        figures = (found.planned_npv_usd, found.npv.mean, *found.npv.quantiles, found.npv.expected_shortfall)
        against = result.comparisons.get(name)
        beats = "-" if against is None else probability_words(against.beats_mining)
        lines.append(
            f"{Strategy(name).label:<14}"
            + "".join(f"{value / 1e6:>11,.1f}" for value in figures)
            + f"{found.npv.loss_probability:>8.1%}  {beats}"
        )
    last = f"{'In the last month':<14}"
    lines += ["", f"{last:<36}{names}"]
    for name, unit, values in driver_rows(outcome):
        lines.append(f"{f'{name}, {unit}':<36}" + "".join(f"{value:>11,.5g}" for value in values))
    lines += ["", *(f"{volatility_words(found)}." for found in outcome.case.volatility)]
    lines += ["", TAIL_NOTE, ERROR_NOTE, *outcome.case.notes]
    out.write(words.plain("\n".join(lines)) + "\n")
