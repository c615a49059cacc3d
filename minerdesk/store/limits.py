"""How much a scenario file may hold: far more than any minerdesk writes, and little enough to be read in a second."""

from collections.abc import Iterator

from minerdesk.errors import Problem, Severity
from minerdesk.store.documents import DamagedError, Document

#: Entries of the file itself and of “power”; of inputs, observations and typed times.
MOST_KEYS, MOST_ENTRIES = 1_000, 10_000
#: Errors named of the rows of tables: nobody mends more of them one by one.
MOST_ERRORS = 200
#: Warnings of one file: each becomes a message in the window.
MOST_WARNINGS = 40


def refuse_masses(document: Document, name: str) -> None:
    """Refuse a document in which something is so numerous that no minerdesk wrote it.

    Raises
    ------
    DamagedError
        It names `name`, what is too numerous, and how many are the most.
    """
    for what, held, most in _parts(document):
        if isinstance(held, dict | list) and len(held) > most:
            raise DamagedError(
                f"{name} can't be used: {what} has {len(held):,} entries; {most:,} are the most.",
                hint="Choose another file. It is left as it is.",
            )


def _parts(document: Document) -> Iterator[tuple[str, object, int]]:
    yield "the file", document, MOST_KEYS
    for key in ("inputs", "observations", "typed_at"):
        yield f"“{key}”", document.get(key), MOST_ENTRIES
    power = document.get("power")
    yield "“power”", power, MOST_KEYS
    if isinstance(power, dict):
        for key, held in power.items():
            yield f"“power.{key:.80}”", held, MOST_KEYS


def few(warnings: list[Problem]) -> tuple[Problem, ...]:
    """Return the first warnings, and a last one that counts the others."""
    more = len(warnings) - MOST_WARNINGS
    if more <= 0:
        return tuple(warnings)
    last = Problem(
        field="further warnings", severity=Severity.WARNING, message=f"There are {more:,} more warnings of such kinds."
    )
    return (*warnings[:MOST_WARNINGS], last)
