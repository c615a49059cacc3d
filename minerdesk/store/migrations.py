"""The numbered steps that bring a scenario file of an older format up to date.

A new format adds one function at the end of `MIGRATIONS`; the number of the current format follows from the table. A
step gets a document that it may change and returns the one of the next format.
"""

import copy
import reprlib
from collections.abc import Callable, Sequence

from minerdesk.errors import InputError
from minerdesk.store.documents import DamagedError, Document


class NewerFormatError(InputError):
    """The file was made by a newer version. Nothing is wrong with it, so it must not be set aside as damaged."""


Migration = Callable[[Document], Document]

#: ``MIGRATIONS[n]`` turns a document of format ``n + 1`` into one of format ``n + 2``. The first format is 1.
MIGRATIONS: tuple[Migration, ...] = ()


def current_format(migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Return the number of the newest format that `migrations` lead to.

    >>> current_format(())
    1
    """
    return len(migrations) + 1


def upgrade(document: Document, name: str, migrations: Sequence[Migration] = MIGRATIONS) -> Document:
    """Return `document` in the current format, unchanged itself; `name` is what messages call it.

    Raises
    ------
    NewerFormatError
        The format is newer than this program's.
    DamagedError
        ``schema_version`` is missing or no whole number from 1 up, or an old document lacks what its format demands.
    """
    newest = current_format(migrations)
    version = document.get("schema_version")
    if version is None:
        raise DamagedError(
            f"{name} has no schema_version, so it is no scenario file of minerdesk.",
            hint=f'Choose another file, or add "schema_version": {newest} if you wrote it by hand.',
        )
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise DamagedError(
            f"{name} has the schema_version {reprlib.repr(version)}, which is no whole number from 1 up.",
            hint=f"This minerdesk writes {newest}. The file is left as it is.",
        )
    if version > newest:
        raise NewerFormatError(
            f"{name} was made by a newer minerdesk (format {reprlib.repr(version)}; this one reads up to {newest}).",
            hint="Update minerdesk, or open another file. The file is left as it is.",
        )
    steps = migrations[version - 1 :]
    upgraded = copy.deepcopy(document) if steps else dict(document)  # a large file takes long to copy
    try:
        for step in steps:
            upgraded = step(upgraded)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DamagedError(
            f"{name} says format {version}, but its contents are not of that format.",
            hint="Take a copy of the file from before it was edited. The file is left as it is.",
        ) from None
    upgraded["schema_version"] = newest
    return upgraded
