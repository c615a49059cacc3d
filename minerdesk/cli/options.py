"""What the commands' options have in common, and how their texts are read."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from minerdesk.economics import schema
from minerdesk.errors import InputError, Problem, Severity

SUCCESS, FAILED, BAD_USAGE = 0, 1, 2
LEAST_SIZE, MOST_SIZE = (480, 320), (8_000, 8_000)


class Parser(argparse.ArgumentParser):
    """A parser whose bad usage is one sentence and a pointer to help."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit 2."""
        self.exit(BAD_USAGE, f"{self.prog}: {message}\nTry “{self.prog} --help”.\n")


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add the scenario file."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a *.minerdesk.json scenario")


def add_set(parser: argparse.ArgumentParser) -> None:
    """Add --set."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="edits",
        help="set an input; an empty VALUE clears it",
    )


def add_offline(parser: argparse.ArgumentParser) -> None:
    """Add --offline."""
    parser.add_argument("--offline", action="store_true", help="request nothing; use what is cached or bundled")


def add_base_url(parser: argparse.ArgumentParser) -> None:
    """Add --base-url."""
    parser.add_argument(
        "--base-url", action="append", default=[], metavar="PROVIDER=URL", dest="base_urls", help="ask another address"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def path_ending_in(formats: tuple[str, ...]) -> Callable[[str], Path]:
    """Return the reader of an output path with one of these endings."""

    def path(text: str) -> Path:
        if Path(text).suffix.lower().lstrip(".") not in formats:
            raise argparse.ArgumentTypeError(f"“{text}” must end in {' or '.join('.' + name for name in formats)}")
        return Path(text)

    return path


def size(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no size; write it like 1600x900") from None
    if not (LEAST_SIZE[0] <= width <= MOST_SIZE[0] and LEAST_SIZE[1] <= height <= MOST_SIZE[1]):
        least, most = ("x".join(map(str, bound)) for bound in (LEAST_SIZE, MOST_SIZE))
        raise argparse.ArgumentTypeError(f"“{text}”: a picture has {least} to {most} pixels")
    return width, height


def read_edits(texts: Sequence[str]) -> dict[str, schema.Value]:
    """Read what follows --set, all of it; an InputError names every problem at once."""
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
    typed = {key: value for key, value in edits.items() if value is not None}  # an empty value clears the input
    problems += [problem for problem in schema.validate(typed) if problem.severity is Severity.ERROR]
    if problems:
        raise InputError("\n".join(problem.message for problem in problems), problems=tuple(problems))
    return edits
