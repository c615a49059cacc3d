"""Zip archives that providers send: one file in each, unpacked in memory, bounded, never onto the disk."""

import io
import zipfile
import zlib

from minerdesk.sources.failures import malformed

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


def only_file(body: bytes, source: str, *, suffix: str, max_bytes: int) -> bytes:
    """Return the one file of a zip archive; its checksum is held against what was unpacked.

    Raises
    ------
    SourceError
        malformed: it is no zip archive, is damaged, encrypted or packed in an unusual way, holds no or several files or
        one of another kind, or unpacks to more than `max_bytes` (whatever size it states: a small archive may hold an
        endless one).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or not entries[0].filename.lower().endswith(suffix):
                raise malformed(source, f"its archive does not hold one {suffix} file")
            if entries[0].flag_bits & _ENCRYPTED or entries[0].compress_type not in _METHODS:
                raise malformed(source, "its archive is packed in a way that is not read")
            with archive.open(entries[0]) as file:
                data = file.read(max_bytes + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, OverflowError) as error:
        raise malformed(source, f"its archive is damaged ({str(error)[:60]})") from None
    if len(data) > max_bytes:
        raise malformed(source, f"its archive unpacks to more than {max_bytes / 2**20:.3g} MiB")
    return data
