"""How every command comes to its Snapshot, and how it speaks."""

import argparse
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from minerdesk import aftermath, words
from minerdesk.cli.options import FAILED, SUCCESS, read_edits
from minerdesk.desk import TYPED_QUANTITIES
from minerdesk.economics import schema
from minerdesk.errors import InputError, Problem, SourceError
from minerdesk.export.json_file import to_json
from minerdesk.secrecy import scrub
from minerdesk.session import Session, open_session
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import label_of


def judge(
    options: argparse.Namespace,
    *,
    needs_network: bool = True,
    unasked: Container[str] = (),
    of_now: bool = True,
) -> tuple[Snapshot, int]:
    """Open a session, lay file and typed values on the desk, fetch what is due unless offline.

    What hangs on no observed value needs no network: then nothing is asked, and how old those are isn't spoken of.
    Topics in `unasked` are left alone; what is not `of_now` doesn't speak of the age of values either.
    """
    edits = read_edits(options.edits)
    session = open_session(base_urls=options.base_urls, offline=options.offline or not needs_network)
    try:
        unspoken = () if needs_network and of_now else TYPED_QUANTITIES
        return _judged(session, options.file, edits, unspoken, unasked)
    finally:
        session.close()


def _judged(
    session: Session,
    file: Path | None,
    edits: dict[str, schema.Value],
    unspoken: Container[str],
    unasked: Container[str] = (),
) -> tuple[Snapshot, int]:
    if file is not None:
        if not file.is_file():
            raise InputError(f"There is no file {file}.", hint="Check the path.")
        session.open_scenario(file)
    snapshot = session.desk.apply(edits)
    plan, code = session.plan(), SUCCESS
    plan = replace(plan, names=tuple(name for name in plan.names if name not in unasked))
    if plan.names:
        report, problems = session.run(plan)
        snapshot = session.take(report, problems)
        code = SUCCESS if report.complete else FAILED
        for failed in aftermath.merged(outcome for outcome in report.outcomes if not outcome.extra):
            say_failure(failed.failure, aftermath.follows(failed.outcomes, session.desk.pools))
    snapshot = replace(snapshot, problems=tuple(p for p in snapshot.problems if p.field not in unspoken))
    say_problems(snapshot.problems)
    return snapshot, code


def say(message: str) -> None:
    """Say something on stderr."""
    print(f"minerdesk: {words.plain(scrub(message))}", file=sys.stderr)  # noqa: T201 - stderr is this module's voice


def say_failure(failure: SourceError, after: str = "") -> None:
    """Say why a source gave nothing, by its name for people, and what comes `after`."""
    say(f"{label_of(failure.source)}: {failure.kind.value.replace('_', ' ')}. {failure.hint} {after}".strip())


def say_problems(problems: Sequence[Problem]) -> None:
    """Say every problem on stderr."""
    for problem in problems:
        say(problem.message)


def print_json(content: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    sys.stdout.write(to_json(content).decode())


def figure(value: float | None, decimals: int) -> str:
    """Write a number for a terminal; None is unknown."""
    return "unknown" if value is None else f"{value:,.{decimals}f}"


def moment_words(moment: datetime) -> str:
    """Write an instant for a terminal."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
