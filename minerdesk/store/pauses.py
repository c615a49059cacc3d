"""How long providers are to be left alone, kept over restarts in one small file of the cache folder.

Nothing here raises and nothing is asked about: a file that can't be read or written is as good as none. What a base URL
or a network is called is not in the file, only what each is recognised by.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from minerdesk.errors import FailureKind, StoreError
from minerdesk.kept import Pause
from minerdesk.store.atomic import write_text
from minerdesk.store.paths import ensure

_SCHEMA = 1
_LARGEST_BYTES = 256 * 1024
_LONGEST_HINT = 400
#: Two ends of a pause that are no further apart than this are the same: nothing is written for the difference.
_SAME_S = 5.0

_Written = dict[str, dict[str, Any]]


class KeptPauses:
    """The pauses in one file. Any thread may call it; several programs may share it, the last one's word counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def recall(self, bases: Mapping[str, str], *, network: str, now: datetime) -> dict[str, Pause]:
        """Return the pauses that still hold at `now`.

        None is longer than it was when it was written, should the clock have been set back since. One at another base
        URL than a provider has now is forgotten. On another network only a Retry-After holds; `network` is empty where
        there is none, and then nothing has changed.
        """
        with self._lock:
            return {name: pause for name, (pause, _) in self._read(bases, network, now).items()}

    def keep(
        self, pauses: Mapping[str, Pause | None], bases: Mapping[str, str], *, network: str, now: datetime
    ) -> None:
        """Write the pauses as they are at `now`; what another program wrote of providers not named here stays."""
        with self._lock:
            known = self._read(bases, network, now)
            rows = {name: row for name, (_, row) in known.items() if name not in pauses}
            rows |= {
                name: _row(pause, bases.get(name, ""), network, now)
                for name, pause in pauses.items()
                if pause is not None
            }
            before = {name: row for name, (_, row) in known.items()}
            if rows.keys() == before.keys() and all(_same(rows[name], before[name]) for name in rows):
                return
            try:
                ensure(self._path.parent)
                write_text(self._path, json.dumps({"schema_version": _SCHEMA, "pauses": rows}, indent=1) + "\n")
            except StoreError:
                return  # then they don't outlast this run

    def _read(self, bases: Mapping[str, str], network: str, now: datetime) -> dict[str, tuple[Pause, dict[str, Any]]]:
        """Return what holds at `now`, each with its row of the file."""
        try:
            if self._path.stat().st_size > _LARGEST_BYTES:
                return {}
            said = json.loads(self._path.read_bytes())
            if said["schema_version"] != _SCHEMA:
                return {}
            rows = dict(said["pauses"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}
        found = {}
        for name, row in rows.items():
            pause = _pause(row, bases.get(name), network, now)
            if pause is not None:
                found[name] = (pause, row)
        return found


def _row(pause: Pause, base: str, network: str, now: datetime) -> dict[str, Any]:
    """Return a pause as it is written: by the clock, so that it goes on while nothing runs."""

    def until(seconds: float) -> str:
        return (now + timedelta(seconds=seconds)).isoformat() if seconds > 0 else ""

    return {
        "base": _mark(base),
        "network": _mark(network),
        "written_at": now.isoformat(),
        "limited_until": until(pause.limited_s),
        "blocked_until": until(pause.blocked_s),
        "open_until": until(pause.open_s),
        "length_s": round(pause.length_s),
        "failures_in_row": pause.failures_in_row,
        "failed_at": (now - timedelta(seconds=pause.failed_ago_s)).isoformat(),
        "kind": pause.kind.value,
        "hint": pause.hint[:_LONGEST_HINT],
    }


def _pause(row: Any, base: str | None, network: str, now: datetime) -> Pause | None:
    """Return what is left of a written pause at `now`; None if nothing is, or if the row makes no sense."""
    try:
        written = _moment(row["written_at"])

        def left_s(name: str) -> float:
            until = _moment(row[name]) if row[name] else written
            return max(0.0, min((until - now).total_seconds(), (until - written).total_seconds()))

        pause = Pause(
            limited_s=left_s("limited_until"),
            blocked_s=left_s("blocked_until"),
            open_s=left_s("open_until"),
            length_s=max(0.0, float(row["length_s"])),
            failures_in_row=min(max(0, int(row["failures_in_row"])), 1_000),
            kind=FailureKind(row["kind"]),
            hint=str(row["hint"])[:_LONGEST_HINT],
            failed_ago_s=max(0.0, (now - _moment(row["failed_at"])).total_seconds()),
        )
        if base is None or row["base"] != _mark(base):
            return None
        if network and row["network"] not in ("", _mark(network)):
            pause = replace(pause, blocked_s=0.0, open_s=0.0, length_s=0.0, failures_in_row=0)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return pause if pause.limited_s + pause.blocked_s + pause.open_s > 0 else None


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment.astimezone(UTC)


def _mark(text: str) -> str:
    """Return what a base URL or a network is recognised by; empty stays empty."""
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def _same(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two rows say the same, but for when they were written."""
    if any(row[key] != other.get(key) for key in ("base", "network", "kind", "hint", "failures_in_row")):
        return False
    for key in ("limited_until", "blocked_until", "open_until"):
        if bool(row[key]) != bool(other[key]):
            return False
        if row[key] and abs((_moment(row[key]) - _moment(other[key])).total_seconds()) > _SAME_S:
            return False
    return True
