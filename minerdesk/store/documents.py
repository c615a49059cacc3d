"""JSON documents from outside, read with guards: size, depth, encoding, duplicate keys.

What is inside is judged by who asked for it. ``NaN`` and ``Infinity`` pass the parser here (Python's own takes them),
so every reader checks with `is_finite`.
"""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from minerdesk.errors import InputError, Problem, Severity, StoreError
from minerdesk.store.atomic import failure

#: Room for a fleet of 100,000 rows and for prices of its own; more is no scenario.
MAX_BYTES = 24 * 1024 * 1024
MAX_DEPTH = 32
#: A fleet of 100,000 rows has about 100,000 objects and a million commas. Far more would take seconds, and gigabytes.
_MOST_BRACKETS, _MOST_COMMAS = 200_000, 1_250_000
_MOST_NAMED = 100

Document = dict[str, Any]

_UNTOUCHED = "The file is left as it is."


class DamagedError(InputError):
    """The file is not whole: no minerdesk wrote it as it is. What it held before may be had from a backup."""


def read(path: Path) -> Document:
    """Read the JSON object in `path`.

    Raises
    ------
    StoreError
        The file can't be read.
    InputError
        See `parse`.
    """
    return parse(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Return what `path` holds, one byte more than `parse` takes at most; a StoreError says why it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise failure(path, "read", error) from error


def parse(data: bytes, name: str) -> Document:
    """Parse a JSON object out of `data`; `name` is what messages call it.

    Raises
    ------
    DamagedError
        Over 24 MiB, over 200,000 objects or lists, not UTF-8, not JSON, no object, or nested deeper than 32.
    InputError
        A key is given twice (all are named): a slip in an editor, mended there.
    """
    if len(data) > MAX_BYTES:
        raise DamagedError(f"{name} is larger than {MAX_BYTES // 1024**2} MiB.", hint=f"It is not read. {_UNTOUCHED}")
    if _has_too_many_parts(data):
        raise DamagedError(
            f"{name} has more parts than a file of minerdesk can have.", hint=f"It is not read. {_UNTOUCHED}"
        )
    duplicates: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> Document:
        found = dict(pairs)
        if len(found) != len(pairs) and len(duplicates) < _MOST_NAMED:
            times = Counter(key for key, _ in pairs)
            duplicates.extend(key for key, number in times.items() if number > 1)
        return found

    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=collect)
    except UnicodeDecodeError:
        raise DamagedError(f"{name} is not UTF-8 text.", hint=f"Save it as UTF-8. {_UNTOUCHED}") from None
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise DamagedError(
            f"{name} is damaged or not JSON: {what} at line {error.lineno}, column {error.colno}.",
            hint=f"Mend it in a text editor or take a copy of it. {_UNTOUCHED}",
        ) from None
    except ValueError:  # an integer of thousands of digits
        raise DamagedError(f"{name} holds a number too long to read.", hint=f"Shorten it. {_UNTOUCHED}") from None
    except RecursionError:
        raise _too_deep(name) from None
    if not isinstance(document, dict):
        raise DamagedError(f"{name} holds no JSON object.", hint=f"It must begin with {{ and end with }}. {_UNTOUCHED}")
    if not _fits(document, MAX_DEPTH):
        raise _too_deep(name)
    if duplicates:
        raise InputError(
            f"{name} gives {_quoted(duplicates)} more than once.",
            hint=f"Keep one of each. {_UNTOUCHED}",
            problems=tuple(
                Problem(field=key, severity=Severity.ERROR, message=f"“{key}” is given more than once.")
                for key in duplicates[:_MOST_NAMED]
            ),
        )
    return document


def dumps(document: Document) -> str:
    """Return `document` as ASCII text with a final line end: indented, or without a space where it would be too large.

    A non-finite number in it is a ValueError.

    Raises
    ------
    StoreError
        It is larger than `parse` takes.
    """
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    if len(text) > MAX_BYTES:
        text = json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n"
    if len(text) > MAX_BYTES or _has_too_many_parts(text.encode("ascii")):
        raise StoreError(
            f"A file of {len(text) / 1024**2:,.0f} MiB can't be written: no minerdesk would open it again.",
            hint="Nothing was changed on disk. Remove rows of the fleet’s table, or import fewer prices.",
        )
    return text


def _has_too_many_parts(data: bytes) -> bool:
    return max(data.count(b"{"), data.count(b"[")) > _MOST_BRACKETS or data.count(b",") > _MOST_COMMAS


def is_finite(value: object) -> bool:
    """Return whether no number inside `value`, however nested, is NaN or infinite."""
    level: list[Any] = [[value]]
    while level:
        inner = [item for holder in level for item in (holder.values() if isinstance(holder, dict) else holder)]
        if not all(math.isfinite(item) for item in inner if isinstance(item, float)):
            return False
        level = [item for item in inner if isinstance(item, dict | list)]
    return True


def _fits(document: Document, depth: int) -> bool:
    level: list[Any] = [document]
    for _ in range(depth):
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, dict | list)
        ]
    return not level


def _quoted(keys: list[str]) -> str:
    shown = ", ".join(f"“{key:.60}”" for key in keys[:5])
    return shown if len(keys) <= 5 else f"{shown} and {len(keys) - 5} more"


def _too_deep(name: str) -> DamagedError:
    return DamagedError(f"{name} is nested deeper than {MAX_DEPTH} levels.", hint=f"It is not read. {_UNTOUCHED}")
