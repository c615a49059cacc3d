"""Writing a file so that a kill at any moment leaves the old one or the new one whole, and setting a damaged one aside.

The new text goes to a temporary file in the same folder, is forced to the disk and then takes the name of the old one
in one step.
"""

import contextlib
import errno
import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from minerdesk import clock
from minerdesk.errors import StoreError

STALE_TEMPORARY_SECONDS = 3_600

_TEMPORARY_NAME = re.compile(r"\.[0-9a-f]{32}\.minerdesk-tmp")

_REMEDIES: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "Free some space or choose another folder."),
    errno.EFBIG: ("the file is larger than may be written there", "Choose another folder."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space or choose another folder."),
    errno.EACCES: ("permission is denied", "Choose another folder, or change its permissions."),
    errno.EPERM: ("permission is denied", "Choose another folder, or change its permissions."),
    errno.EROFS: ("the disk is read-only", "Choose a folder that can be written."),
    errno.EISDIR: ("it is a folder", "Give the name of a file."),
    errno.ENOENT: ("it does not exist", "Check the name and the folder."),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", "Choose another folder."),
    errno.EEXIST: ("a file of that name is in the way", "Move that file, or choose another folder."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name."),
    errno.ELOOP: ("its links lead in a circle", "Choose another name."),
}


def failure(path: Path, verb: str, error: OSError) -> StoreError:
    """Return `error` as a StoreError that names the path, says what could not be done (`verb`), why, and the remedy."""
    reason, remedy = _REMEDIES.get(
        error.errno or 0, (error.strerror or str(error), "Try again, or choose another folder.")
    )
    return StoreError(f"{path} can't be {verb}: {reason}.", hint=remedy)


def write_text(path: Path, text: str, check: Callable[[Path], None] | None = None) -> None:
    """Write `text` as UTF-8, with line ends as they are; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"), check)


def write_bytes(path: Path, data: bytes, check: Callable[[Path], None] | None = None) -> None:
    """Replace the contents of `path` by `data` in one step, or leave the old ones untouched.

    A link is followed, so it stays a link. The permissions of an existing file stay. The folder must exist.
    Temporary files that an earlier kill left in the folder are removed once they are an hour old. `check` is given the
    file about to be replaced, as late as can be; what it raises keeps it from being replaced.

    Raises
    ------
    StoreError
        Anything that keeps the file from being written. The old file, if any, is whole, and no temporary is left.
    """
    target = Path(os.path.realpath(path))
    temporary = target.parent / f".{uuid.uuid4().hex}.minerdesk-tmp"
    try:
        mode = _mode_of_replaced(target)
        _sweep(target.parent)
        try:
            _write_through(temporary, data, mode)
            if check is not None:
                check(target)
            temporary.replace(target)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    except OSError as error:
        said = failure(path, "written", error)
        raise StoreError(said.message, hint=f"Nothing was changed. {said.hint}") from error
    _sync_folder(target.parent)


def _mode_of_replaced(target: Path) -> int | None:
    """Return the permission bits of the file about to be replaced, None if there is none.

    A rename would go over a write-protected file without asking, so that is refused here.
    """
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(target, os.W_OK):
        read_only = os.name == "posix" and os.statvfs(target).f_flag & os.ST_RDONLY
        code = errno.EROFS if read_only else errno.EACCES
        raise OSError(code, os.strerror(code))
    return stat.S_IMODE(status.st_mode)


def _write_through(temporary: Path, data: bytes, mode: int | None) -> None:
    with temporary.open("xb") as file:
        if mode is not None:
            temporary.chmod(mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Force the rename itself to the disk. Some file systems refuse; the file is whole all the same."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sweep(folder: Path) -> None:
    oldest = time.time() - STALE_TEMPORARY_SECONDS
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY_NAME.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < oldest:
                Path(entry).unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Rename a damaged file to ``<name>.damaged-<UTC time>`` and return the new path; nothing is ever overwritten.

    Raises
    ------
    StoreError
        The file is not there or can't be renamed.
    """
    try:
        aside = _reserve(path)
        try:
            path.replace(aside)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise failure(path, "set aside", error) from error
    return aside


def copy_aside(path: Path) -> Path:
    """Copy a damaged file, byte for byte, to ``<name>.damaged-<UTC time>`` beside it and return the copy.

    Raises
    ------
    StoreError
        It can't be copied; nothing is left of the copy.
    """
    try:
        aside = _reserve(path)
        try:
            with path.open("rb") as old, aside.open("r+b") as new:
                shutil.copyfileobj(old, new)
                new.flush()
                os.fsync(new.fileno())
            shutil.copymode(path, aside)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise failure(path, "copied", error) from error
    _sync_folder(aside.parent)
    return aside


def copy_aside_in_words(path: Path) -> str:
    """Copy a file of which a part can't be used, and return a sentence that says how that went; nothing is raised."""
    try:
        return f"It was copied as it is to {copy_aside(path).name}."
    except StoreError as error:
        return str(error)


def set_aside_in_words(path: Path) -> str:
    """Set a damaged file aside and return a sentence that says how that went; nothing is raised."""
    try:
        return f"It was set aside as {set_aside(path).name}."
    except StoreError as error:
        return str(error)


def _reserve(path: Path) -> Path:
    """Create an empty file under a free name: exclusive creation settles a race, a look beforehand would not."""
    stamp = clock.now().strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 1_000):
        candidate = path.with_name(f"{path.name}.damaged-{stamp}" + (f"-{number}" if number > 1 else ""))
        with contextlib.suppress(FileExistsError):
            candidate.touch(exist_ok=False)
            return candidate
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
