"""The command refresh: fetch everything now, and say plainly what came, what did not, and what is used instead."""

import argparse
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from minerdesk import aftermath, words
from minerdesk.cli.judge import print_json, say_problems
from minerdesk.cli.options import FAILED, SUCCESS, add_base_url, add_json
from minerdesk.cli.orders import Front
from minerdesk.economics.plausibility import value_words
from minerdesk.errors import InputError, SourceError
from minerdesk.pools import Pools
from minerdesk.quantities import QUANTITIES
from minerdesk.report import observation_object, problem_object
from minerdesk.report_tables import listed_observations
from minerdesk.secrecy import scrub
from minerdesk.session import open_session
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import label_of
from minerdesk.sources.refresh import Outcome, Report

#: How wide the sentences about failures are set.
_WIDTH = 110

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    fetch = commands.add_parser("refresh", help="fetch everything now and keep it for --offline")
    add_base_url(fetch)
    add_json(fetch)
    fetch.set_defaults(run=_run_refresh)


def _run_refresh(options: argparse.Namespace, front: Front) -> int:
    del front
    session = open_session(base_urls=options.base_urls)
    try:
        if session.desk.offline:
            raise InputError(
                "The preferences say offline, so nothing was requested.", hint="Switch offline mode off in the window."
            )
        report, problems = session.run(session.plan(everything=True))
        snapshot = session.take(report, problems)
    finally:
        session.close()
    told = [problem for problem in snapshot.problems if problem.field not in snapshot.values]
    pools = session.desk.pools
    if options.json:
        print_json(
            {
                "observations": [observation_object(found, snapshot.now) for found in listed_observations(snapshot)],
                "topics": [topic_object(outcome, pools) for outcome in report.outcomes],
                "failures": [failure_object(failure, one) for one in report.outcomes for failure in one.failures],
                "problems": [problem_object(problem) for problem in told],
            }
        )
    else:
        sys.stdout.write(refresh_text(snapshot, report, pools))
    say_problems(told)
    return SUCCESS if report.complete else FAILED


def topic_object(outcome: Outcome, pools: Pools) -> dict[str, Any]:
    """Return how one topic went as scripts see it: `source` is null if nobody gave it; `used` says what is, then.

    Where nothing was to be asked `nothing_to_ask` says why, and `source` is null, too.
    """
    return {
        "topic": outcome.topic,
        "label": aftermath.label(outcome),
        "source": None if outcome.nothing_to_ask else outcome.source,
        "nothing_to_ask": outcome.nothing_to_ask or None,
        "needed": not outcome.extra,
        "used": words.plain(aftermath.used(outcome, pools)),
        "seconds": round(outcome.latency_s, 1),
    }


def failure_object(failure: SourceError, outcome: Outcome) -> dict[str, Any]:
    """Return one failure at one topic as scripts see it."""
    return {"topic": outcome.topic, "source": failure.source, "kind": failure.kind.value, "hint": failure.hint}


def refresh_text(snapshot: Snapshot, report: Report, pools: Pools) -> str:
    """Return what a refresh brought as text for a terminal: the topics, the failures, the values that are used."""
    failed = list(_failure_lines(report))
    lines = [
        *textwrap.wrap(_summary(snapshot, report), _WIDTH),
        "",
        *_table(("What", "Result", "What is used", "Seconds"), [_topic_row(one, pools) for one in report.outcomes]),
        *(["", f"{'Who failed':<{_who_room(report)}}Why, and at what", *failed] if failed else []),
        "",
        *_table(("Value used now", "", "State", "As of, UTC", "Source"), list(_value_rows(snapshot))),
    ]
    return words.plain(scrub("\n".join(lines))) + "\n"


def _summary(snapshot: Snapshot, report: Report) -> str:
    idle = len(report.outcomes) - len(report.asked)
    rest = f"; of {idle} nothing was to be asked" if idle else ""
    missing = [aftermath.label(one) for one in report.outcomes if one.fetched is None and not one.extra]
    needed = f"Needed and not given: {aftermath.listed(missing)}" if missing else "All that is needed was given"
    came = f"{len(report.answered)} of {len(report.asked)} fetched{rest}"
    return f"Refreshed at {words.day_and_time(snapshot.now)} UTC: {came}. {needed}."


def _topic_row(outcome: Outcome, pools: Pools) -> tuple[str, ...]:
    given = outcome.source if outcome.fetched and not outcome.nothing_to_ask else None
    said = label_of(given) if given else aftermath.used(outcome, pools)
    return aftermath.label(outcome), _result(outcome), said, f"{outcome.latency_s:.1f}"


def _result(outcome: Outcome) -> str:
    if outcome.fetched is None:
        return "not given" if outcome.extra else "failed"
    return "nothing to ask" if outcome.nothing_to_ask else "fetched"


def _who_room(report: Report) -> int:
    return max((len(label_of(failure.source)) for failure in report.failures), default=0) + 2


def _failure_lines(report: Report) -> Iterator[str]:
    """Write each failure once: who, in sentences why, and below at which topics."""
    room = _who_room(report)
    for failed in aftermath.merged(report.outcomes):
        text = textwrap.wrap(failed.failure.hint, _WIDTH - room)
        text += textwrap.wrap(f"At: {aftermath.listed(failed.labels)}.", _WIDTH - room)
        for place, line in enumerate(text):
            yield f"{label_of(failed.failure.source) if not place else '':<{room}}{line}"


def _value_rows(snapshot: Snapshot) -> Iterator[tuple[str, ...]]:
    for found in listed_observations(snapshot):
        yield (
            QUANTITIES[found.quantity].label,
            value_words(found.quantity, found.value),
            found.state(snapshot.now).value,
            words.day_and_time(found.as_of),
            label_of(found.source),
        )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows below their heads in columns; figures, in the columns `Seconds` and without a head, to the right."""
    rooms = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    right = [head in ("Seconds", "") for head in heads]
    return [
        "  ".join(f"{cell:{'>' if right[place] else '<'}{rooms[place]}}" for place, cell in enumerate(row)).rstrip()
        for row in (heads, *rows)
    ]
