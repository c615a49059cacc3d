"""Since when the last block height stands, kept over restarts: who refreshes by a timetable starts anew each time.

Nothing here raises and nothing is asked about: a file that can't be read or written is as good as none.
"""

import json
import math
from datetime import UTC, datetime
from pathlib import Path

from minerdesk.economics.standstill import Stand
from minerdesk.errors import StoreError
from minerdesk.store.atomic import write_text
from minerdesk.store.paths import ensure

_SCHEMA = 1
_LARGEST_BYTES = 4096


class KeptStand:
    """The stand in one file. Several programs may share it, the last one's word counts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self, now: datetime) -> Stand | None:
        """Return what was written, None if there is nothing, it makes no sense, or it begins after `now`."""
        try:
            if self._path.stat().st_size > _LARGEST_BYTES:
                return None
            said = json.loads(self._path.read_bytes())
            if said["schema_version"] != _SCHEMA:
                return None
            height, since = float(said["height"]), datetime.fromisoformat(said["since"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        if since.tzinfo is None or not math.isfinite(height) or since > now:
            return None
        return Stand(height=height, since=since.astimezone(UTC))

    def keep(self, stand: Stand) -> None:
        """Write a stand, unless the file says the same."""
        if self.recall(stand.since) == stand:
            return
        document = {"schema_version": _SCHEMA, "height": stand.height, "since": stand.since.isoformat()}
        try:
            ensure(self._path.parent)
            write_text(self._path, json.dumps(document, indent=1) + "\n")
        except StoreError:
            return  # then it doesn't outlast this run
