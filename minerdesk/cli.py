"""The command line: the same session and the same Snapshot as the window, no drawing of its own.

Exit codes: 0 success (warnings and old data never change it), 1 a source or an export failed (what could be done was
done), 2 bad usage or bad input.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TextIO

from minerdesk import __version__, words
from minerdesk.economics import schema
from minerdesk.errors import InputError, MinerdeskError, Problem, Severity, SourceError
from minerdesk.export.json_file import to_json
from minerdesk.observations import QUANTITIES
from minerdesk.report import comparison_object, listed_observations, observation_object, table_bytes
from minerdesk.session import Session, open_session
from minerdesk.snapshot import Snapshot
from minerdesk.sources.refresh import Report
from minerdesk.store.atomic import write_bytes

SUCCESS, FAILED, BAD_USAGE = 0, 1, 2
COMMANDS = ("compare", "chart", "export", "refresh")
RANGES = ("3M", "6M", "1Y", "3Y", "All")
VIEWS = ("compare", "network")
IMAGE_FORMATS = ("png", "svg", "pdf")
TABLE_FORMATS = ("csv", "xlsx", "json", "md")
SIZE_LIMITS = (320, 10_000)


@dataclass(frozen=True, kw_only=True)
class ChartOrder:
    """What `minerdesk chart` asks the renderer for."""

    out: Path
    view: str
    span: str
    size: tuple[int, int]
    theme: str


@dataclass(frozen=True, kw_only=True)
class WindowOrder:
    """What the window is opened with."""

    file: Path | None
    offline: bool
    base_urls: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Front:
    """What needs a window system, handed in by the entry point so that this module knows no Qt."""

    open_window: Callable[[WindowOrder], int]
    self_test: Callable[[], int]
    draw_chart: Callable[[Snapshot, ChartOrder], None]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_USAGE, f"{self.prog}: {message}\nTry “{self.prog} --help”.\n")


def main(argv: Sequence[str], front: Front) -> int:
    """Run one command and return its exit code. Messages go to stderr; what a user can mend shows no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console without these letters shows a mark, not a traceback
    try:
        options = _parse(argv)
        return int(options.run(options, front))
    except SystemExit as stop:  # how argparse ends --help, --version and bad usage
        return int(stop.code or 0)
    except InputError as error:
        _say(str(error))
        return BAD_USAGE
    except MinerdeskError as error:
        _say(str(error))
        return FAILED
    except BrokenPipeError:  # the reader, head for example, has seen enough
        sys.stdout = None  # keeps the interpreter from flushing into the closed pipe
        return FAILED
    except KeyboardInterrupt:
        return 130


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    first = next((word for word in argv if not word.startswith("-")), None)
    if argv and argv[0] in COMMANDS:
        return _command_parser().parse_args(argv)
    if argv and not argv[0].startswith("-") and first is not None and not Path(first).exists():
        _window_parser().error(
            f"“{first}” is neither a command ({', '.join(COMMANDS)}) nor a file. Check the spelling or the path."
        )
    return _window_parser().parse_args(argv)


def _window_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="minerdesk",
        description="What a megawatt earns mining Bitcoin or serving AI, on one basis. No command opens the window.",
        epilog=f"Commands: {', '.join(COMMANDS)}; “minerdesk COMMAND --help” tells more.",
    )
    parser.add_argument("--version", action="version", version=f"minerdesk {__version__}")
    parser.add_argument("--self-test", action="store_true", help="open, paint, evaluate and export once, then exit")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a *.minerdesk.json scenario to open")
    _add_offline(parser)
    _add_base_url(parser)
    parser.set_defaults(run=_run_window)
    return parser


def _command_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="minerdesk")
    commands = parser.add_subparsers(dest="command", required=True)

    compare = commands.add_parser("compare", help="compare the four businesses")
    _add_file(compare)
    _add_set(compare)
    _add_offline(compare)
    _add_base_url(compare)
    _add_json(compare)
    compare.set_defaults(run=_run_compare)

    chart = commands.add_parser("chart", help="draw the comparison or the network to a file")
    _add_file(chart)
    chart.add_argument("--out", type=_path_ending_in(IMAGE_FORMATS), required=True, metavar="X.png|svg|pdf")
    chart.add_argument("--view", choices=VIEWS, default="compare")
    chart.add_argument("--range", choices=RANGES, default="All", dest="span")
    chart.add_argument("--size", type=_size, default=(1600, 900), metavar="WIDTHxHEIGHT", help="in pixels, 1600x900")
    chart.add_argument("--theme", choices=("light", "dark"), default="light")
    _add_set(chart)
    _add_offline(chart)
    _add_base_url(chart)
    chart.set_defaults(run=_run_chart)

    export = commands.add_parser("export", help="write the data behind the comparison to a file")
    _add_file(export)
    export.add_argument("--out", type=_path_ending_in(TABLE_FORMATS), required=True, metavar="X.csv|xlsx|json|md")
    _add_set(export)
    _add_offline(export)
    _add_base_url(export)
    export.set_defaults(run=_run_export)

    fetch = commands.add_parser("refresh", help="fetch everything now and keep it for --offline")
    _add_base_url(fetch)
    _add_json(fetch)
    fetch.set_defaults(run=_run_refresh)
    return parser


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a *.minerdesk.json scenario")


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="edits",
        help="set an input; an empty VALUE clears it",
    )


def _add_offline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="request nothing; use what is cached or bundled")


def _add_base_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--base-url", action="append", default=[], metavar="PROVIDER=URL", dest="base_urls", help="ask another address"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _path_ending_in(formats: tuple[str, ...]) -> Callable[[str], Path]:
    def path(text: str) -> Path:
        if Path(text).suffix.lower().lstrip(".") not in formats:
            raise argparse.ArgumentTypeError(f"“{text}” must end in {' or '.join('.' + name for name in formats)}")
        return Path(text)

    return path


def _size(text: str) -> tuple[int, int]:
    low, high = SIZE_LIMITS
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no size; write it like 1600x900") from None
    if not (low <= width <= high and low <= height <= high):
        raise argparse.ArgumentTypeError(f"“{text}”: each side must have {low} to {high} pixels")
    return width, height


# -- the commands -----------------------------------------------------------------------------------------------------


def _run_window(options: argparse.Namespace, front: Front) -> int:
    if options.self_test:
        return front.self_test()
    if options.file is not None and not options.file.exists():
        raise InputError(f"There is no file {options.file}.", hint="Check the path.")
    return front.open_window(
        WindowOrder(file=options.file, offline=options.offline, base_urls=tuple(options.base_urls))
    )


def _run_compare(options: argparse.Namespace, front: Front) -> int:
    del front
    snapshot, code = _judge(options)
    if options.json:
        _print_json(comparison_object(snapshot))
    else:
        _print_comparison(snapshot, sys.stdout)
    return code


def _run_chart(options: argparse.Namespace, front: Front) -> int:
    snapshot, code = _judge(options)
    front.draw_chart(
        snapshot,
        ChartOrder(out=options.out, view=options.view, span=options.span, size=options.size, theme=options.theme),
    )
    return code


def _run_export(options: argparse.Namespace, front: Front) -> int:
    del front
    snapshot, code = _judge(options)
    write_bytes(options.out, table_bytes(snapshot, options.out.suffix.lower().lstrip(".")))
    return code


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
    if options.json:
        _print_json(
            {
                "observations": [observation_object(found, snapshot.now) for found in listed_observations(snapshot)],
                "failures": [failure_object(failure) for failure in report.failures],
            }
        )
    else:
        _print_refresh(snapshot, report, sys.stdout)
    _say_problems(problems)
    return SUCCESS if report.complete else FAILED


def failure_object(failure: SourceError) -> dict[str, Any]:
    """Return one failure as scripts see it."""
    return {"source": failure.source, "kind": failure.kind.value, "hint": failure.hint}


def _judge(options: argparse.Namespace) -> tuple[Snapshot, int]:
    """Open a session, lay file and typed values on the desk, fetch what is due unless offline."""
    edits = _edits(options.edits)
    session = open_session(base_urls=options.base_urls, offline=options.offline)
    try:
        return _judge_in(session, options.file, edits)
    finally:
        session.close()


def _judge_in(session: Session, file: Path | None, edits: dict[str, schema.Value]) -> tuple[Snapshot, int]:
    if file is not None:
        if not file.exists():
            raise InputError(f"There is no file {file}.", hint="Check the path.")
        session.open_scenario(file)
    snapshot = session.desk.apply(edits)
    plan, code = session.plan(), SUCCESS
    if plan.names:
        report, problems = session.run(plan)
        snapshot = session.take(report, problems)
        code = SUCCESS if report.complete else FAILED
        for failure in report.failures:
            _say(str(failure))
    _say_problems(snapshot.problems)
    return snapshot, code


def _edits(texts: Sequence[str]) -> dict[str, schema.Value]:
    edits: dict[str, schema.Value] = {}
    problems: list[Problem] = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            problems.append(
                Problem(field=key, severity=Severity.ERROR, message=f"--set {text}: write it like KEY=VALUE.")
            )
            continue
        try:
            edits[key.strip()] = schema.parse(key.strip(), value)
        except InputError as error:
            problems += error.problems
    problems += [problem for problem in schema.validate(edits) if problem.severity is Severity.ERROR]
    if problems:
        raise InputError("\n".join(problem.message for problem in problems), problems=tuple(problems))
    return edits


# -- words ------------------------------------------------------------------------------------------------------------


def _say(message: str) -> None:
    print(f"minerdesk: {words.plain(message)}", file=sys.stderr)  # noqa: T201 - stderr is this module's voice


def _say_problems(problems: Sequence[Problem]) -> None:
    for problem in problems:
        _say(problem.message)


def _print_json(content: dict[str, Any]) -> None:
    sys.stdout.write(to_json(content).decode())


def _print_comparison(snapshot: Snapshot, out: TextIO) -> None:
    network = snapshot.results.network
    lines = [
        f"As of {_moment(snapshot.now)}" + (" (replayed)" if snapshot.replaying else ""),
        words.plain(snapshot.verdict.text),
        "",
        f"{'':<15}{'revenue':>12}{'after power':>14}{'after opex':>14}{'after capital':>16}{'after capital':>18}",
        f"{'':<15}{'$/MWh':>12}{'$/MWh':>14}{'$/MWh':>14}{'$/MWh':>16}{'$/MW-year':>18}",
    ]
    for business, result in snapshot.results.businesses.items():
        lines.append(
            f"{business.label:<15}{result.revenue_usd_per_mwh:>12,.2f}{result.net_of_power_usd_per_mwh:>14,.2f}"
            f"{result.net_of_opex_usd_per_mwh:>14,.2f}{result.after_capital_usd_per_mwh:>16,.2f}"
            f"{result.after_capital_usd_per_mw_year:>18,.0f}"
        )
    hashprice = network.hashprice_usd_per_ph_day
    typed = "network.hashprice_usd_per_ph_day" in snapshot.typed_at
    lines += ["", f"{'Hashprice':<32}{_figure(hashprice, 2):>18} {'$/PH/day':<10} {'typed' if typed else 'computed'}"]
    for found in listed_observations(snapshot):
        decimals = 4 if abs(found.value) < 10 else 2 if abs(found.value) < 1e4 else 0
        lines.append(
            f"{QUANTITIES[found.quantity].label:<32}{_figure(found.value, decimals):>18} {found.unit:<10} "
            f"{found.state(snapshot.now).value}, {_moment(found.as_of)}, {found.source}"
        )
    out.write("\n".join(lines) + "\n")


def _print_refresh(snapshot: Snapshot, report: Report, out: TextIO) -> None:
    lines = [f"{'topic':<16}{'result':<10}{'source':<18}{'seconds':>8}"]
    lines += [
        f"{outcome.topic:<16}{'live' if outcome.fetched else 'failed':<10}{outcome.source or '-':<18}"
        f"{outcome.latency_s:>8.1f}"
        for outcome in report.outcomes
    ]
    if report.failures:
        lines += ["", f"{'failed source':<18}{'kind':<14}what follows"]
        lines += [
            f"{failure.source:<18}{failure.kind.value:<14}{words.plain(failure.hint)}" for failure in report.failures
        ]
    lines += ["", f"{'quantity':<38}{'value':>18} {'unit':<10} {'state':<8} as of"]
    for found in listed_observations(snapshot):
        lines.append(
            f"{found.quantity:<38}{found.value:>18,.8g} {found.unit:<10} {found.state(snapshot.now).value:<8} "
            f"{_moment(found.as_of)}, {found.source}"
        )
    out.write("\n".join(lines) + "\n")


def _figure(value: float | None, decimals: int) -> str:
    return "unknown" if value is None else f"{value:,.{decimals}f}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
