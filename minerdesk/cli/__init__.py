"""The command line: the same session and the same Snapshot as the window, no drawing of its own.

Exit codes: 0 success (warnings and old data never change it), 1 a source or an export failed (what could be done was
done), 2 bad usage or bad input, 3 a rule of `watch` is triggered.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from minerdesk import __version__
from minerdesk.cli import (
    cashflow,
    deals,
    desk,
    dispatch,
    fleet,
    markets,
    network,
    plan,
    rates,
    refresh,
    risk,
    solve,
    sources,
    watch,
)
from minerdesk.cli.judge import say, say_failure
from minerdesk.cli.options import BAD_USAGE, FAILED, Parser, add_base_url, add_offline
from minerdesk.cli.orders import ChartOrder, Front, WindowOrder
from minerdesk.errors import InputError, MinerdeskError, SourceError

__all__ = ["COMMANDS", "ChartOrder", "Front", "WindowOrder", "main"]

#: The modules that declare commands.
_ROOMS = (desk, refresh, solve, deals, fleet, plan, risk, cashflow, dispatch, markets, network, rates, watch, sources)


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
        say(str(error))
        return BAD_USAGE
    except SourceError as error:
        say_failure(error)
        return FAILED
    except MinerdeskError as error:
        say(str(error))
        return FAILED
    except BrokenPipeError:  # the reader, head for example, has seen enough
        sys.stdout = None  # keeps the interpreter from flushing into the closed pipe
        return FAILED
    except KeyboardInterrupt:
        return 130


def _command_parser() -> tuple[argparse.ArgumentParser, tuple[str, ...]]:
    parser = Parser(prog="minerdesk")
    commands = parser.add_subparsers(dest="command", required=True)
    for room in _ROOMS:
        room.add_commands(commands)
    return parser, tuple(commands.choices)


_COMMAND_PARSER, COMMANDS = _command_parser()


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    first = next((word for word in argv if not word.startswith("-")), None)
    if argv and argv[0] in COMMANDS:
        return _COMMAND_PARSER.parse_args(argv)
    if argv and not argv[0].startswith("-") and first is not None and not Path(first).is_file():
        _window_parser().error(
            f"“{first}” is neither a command ({', '.join(COMMANDS)}) nor a file. Check the spelling or the path."
        )
    return _window_parser().parse_args(argv)


def _window_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="minerdesk",
        description="What a megawatt earns mining Bitcoin or serving AI, on one basis. No command opens the window.",
        epilog=f"Commands: {', '.join(COMMANDS)}; “minerdesk COMMAND --help” tells more.",
    )
    parser.add_argument("--version", action="version", version=f"minerdesk {__version__}")
    parser.add_argument("--self-test", action="store_true", help="open, paint, evaluate and export once, then exit")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a *.minerdesk.json scenario to open")
    add_offline(parser)
    add_base_url(parser)
    parser.set_defaults(run=_run_window)
    return parser


def _run_window(options: argparse.Namespace, front: Front) -> int:
    if options.self_test:
        return front.self_test()
    if options.file is not None and not options.file.is_file():
        raise InputError(f"There is no file {options.file}.", hint="Check the path.")
    return front.open_window(
        WindowOrder(file=options.file, offline=options.offline, base_urls=tuple(options.base_urls))
    )
