"""The last bodies of every provider, one file each: what a provider that says "not modified" is answered from.

They can be fetched again at any time, so nothing here raises and nothing is asked about: a file that can't be read or
written is as good as none. What a request was made of is not in the file, only the path that it went to.
"""

import contextlib
import json
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from minerdesk import clock
from minerdesk.errors import StoreError
from minerdesk.kept import Kept
from minerdesk.store.atomic import write_bytes
from minerdesk.store.paths import ensure

SUFFIX = ".reply"
#: Bodies kept of one provider: some have the date in their address, and a new one every day.
MOST_KEPT = 24
#: A body larger than this is not kept; no provider sends one.
LARGEST_BYTES = 4 * 2**20
#: The name of the last refusal's file; those of bodies are hashes.
_REFUSAL = "refusal"


@dataclass(frozen=True, kw_only=True)
class LastReply:
    """The newest body of a provider, cut at what is to be shown; `size_bytes` is its whole size, `status` HTTP's."""

    path: str
    received_at: datetime
    size_bytes: int
    body: bytes
    status: int = 200


class KeptReplies:
    """The kept bodies below one folder. Any thread may call it, and several programs may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def recall(self, provider: str, key: str) -> Kept | None:
        """Return what is kept under a key, or None."""
        found = self._read(self._file(provider, key))
        return None if found is None else found[0]

    def keep(self, provider: str, key: str, kept: Kept) -> None:
        """Keep a body in the place of the one under that key; the oldest ones beyond `MOST_KEPT` go."""
        if len(kept.body) > LARGEST_BYTES:
            return
        with self._lock, contextlib.suppress(StoreError, OSError):
            ensure(self._folder / provider)
            self._write(self._file(provider, key), kept)
            for old in self._newest_first(provider)[MOST_KEPT:]:
                old.unlink(missing_ok=True)

    def keep_refusal(self, provider: str, kept: Kept) -> None:
        """Keep what a provider said with its last refusal, in the place of the one before."""
        self.keep(provider, _REFUSAL, kept)

    def distrust(self, provider: str) -> None:
        """Forget the validators of a provider's bodies; the bodies stay, to be looked at."""
        with self._lock, contextlib.suppress(StoreError, OSError):
            for file in self._newest_first(provider):
                found = self._read(file)
                if found is not None and (found[0].etag or found[0].last_modified):
                    self._write(file, replace(found[0], etag="", last_modified=""), found[1])

    def last(self, provider: str, most_bytes: int) -> LastReply | None:
        """Return the newest body of a provider, cut at `most_bytes`, or None."""
        with contextlib.suppress(OSError):
            found = [read for file in self._newest_first(provider) if (read := self._read(file)) is not None]
            if found:
                kept, received = max(found, key=lambda one: one[1])
                return LastReply(
                    path=kept.path,
                    received_at=received,
                    size_bytes=len(kept.body),
                    body=kept.body[:most_bytes],
                    status=kept.status,
                )
        return None

    def sizes_bytes(self) -> dict[str, int]:
        """Return how much room the bodies of each provider take on disk."""
        sizes: dict[str, int] = {}
        with contextlib.suppress(OSError):
            for folder in self._folder.iterdir():
                with contextlib.suppress(OSError):
                    sizes[folder.name] = sum(file.stat().st_size for file in folder.glob(f"*{SUFFIX}"))
        return sizes

    def _file(self, provider: str, key: str) -> Path:
        return self._folder / provider / f"{key}{SUFFIX}"

    def _newest_first(self, provider: str) -> list[Path]:
        return sorted(self._files(provider), key=lambda file: file.stat().st_mtime, reverse=True)

    def _files(self, provider: str) -> Iterator[Path]:
        return (self._folder / provider).glob(f"*{SUFFIX}")

    def _write(self, file: Path, kept: Kept, received_at: datetime | None = None) -> None:
        header = {
            "path": kept.path,
            "etag": kept.etag,
            "last_modified": kept.last_modified,
            "status": kept.status,
            "received_at": (received_at or clock.now()).isoformat(),
        }
        write_bytes(file, json.dumps(header).encode() + b"\n" + zlib.compress(kept.body))

    def _read(self, file: Path) -> tuple[Kept, datetime] | None:
        """Return a kept body and when it was received; None if there is none or it makes no sense."""
        try:
            if file.stat().st_size > 2 * LARGEST_BYTES:
                return None
            header, _, packed = file.read_bytes().partition(b"\n")
            said = json.loads(header)
            unpacker = zlib.decompressobj()
            body = unpacker.decompress(packed, LARGEST_BYTES)
            if not unpacker.eof or not all(isinstance(said[key], str) for key in ("path", "etag", "last_modified")):
                return None
            status = int(said.get("status", 200))
            received = datetime.fromisoformat(said["received_at"]).astimezone(UTC)
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError, zlib.error):
            return None
        kept = Kept(path=said["path"], body=body, etag=said["etag"], last_modified=said["last_modified"], status=status)
        return kept, received
