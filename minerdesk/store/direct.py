"""Writing into a file as it lies, with a copy made first: where the usual way, a new file in its place, keeps failing.

Some folders (Dropbox, OneDrive, SMB, WebDAV) let a file be written but no other be renamed over it. A kill or a loss of
power in the midst leaves a file that is half new; so it is never done without being asked for, and the copy stays.
"""

import contextlib
import os
from pathlib import Path

from minerdesk import clock
from minerdesk.errors import StoreError
from minerdesk.store.atomic import failure, write_bytes
from minerdesk.store.paths import ensure


def write_directly(path: Path, data: bytes, spare_folder: Path) -> Path | None:
    """Copy `path`, then write `data` into it; return the copy, None if there was no file.

    The copy is ``<name>.backup-<UTC time>`` beside the file, or in `spare_folder` if nothing can be written there. The
    file is read back afterwards. If anything fails it gets its old contents again.

    Raises
    ------
    StoreError
        It could not be copied: nothing was touched. Or not be written: it says whether the old contents are back, and
        where the copy is.
    """
    target = Path(os.path.realpath(path))
    try:
        old = target.read_bytes() if target.exists() else None
    except OSError as error:
        raise failure(path, "copied before it is written", error) from error
    copy = None if old is None else _copy(target, old, spare_folder)
    try:
        _write_into(target, data)
    except OSError as error:
        raise _failed(path, error, old, copy) from error
    return copy


def _copy(target: Path, old: bytes, spare_folder: Path) -> Path:
    """Write the old contents beside the file, or else into the spare folder; the copy is forced to the disk."""
    stamp = clock.now().strftime("%Y%m%dT%H%M%SZ")
    try:
        copy = _free_name(target.with_name(f"{target.name}.backup-{stamp}"))
        write_bytes(copy, old)
    except StoreError:
        copy = _free_name(ensure(spare_folder) / f"{target.name}.backup-{stamp}")
        write_bytes(copy, old)
    return copy


def _free_name(wanted: Path) -> Path:
    numbers = (wanted.with_name(f"{wanted.name}-{number}") for number in range(2, 1_000))
    return next((path for path in (wanted, *numbers) if not path.exists()), wanted)


def _write_into(target: Path, data: bytes) -> None:
    """Write over what is there and cut the rest off last, so that the old blocks stay the file's until then."""
    with target.open("r+b" if target.exists() else "xb") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    if target.read_bytes() != data:
        raise OSError("it reads differently from what was written")


def _failed(path: Path, error: OSError, old: bytes | None, copy: Path | None) -> StoreError:
    """Bring the old contents back, and return the error that says so."""
    said = failure(path, "written", error)
    if old is None or copy is None:
        if not isinstance(error, FileExistsError):  # somebody else's, made a moment ago
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        return said
    try:
        if path.read_bytes() != old:
            _write_into(Path(os.path.realpath(path)), old)
        state = "It holds what it held before."
    except OSError:
        state = "It may be damaged now."
    return StoreError(f"{said.message} {state} A copy of it as it was is {copy}.", hint=said.hint)
