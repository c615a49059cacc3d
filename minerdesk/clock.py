"""The one clock. Ages and dates come from here; time-outs and pacing use a monotonic clock instead.

The environment variable ``MINERDESK_NOW`` (ISO 8601; without an offset it is UTC) freezes it, for replays and tests.
"""

import os
from datetime import UTC, datetime

from minerdesk.errors import InputError

VARIABLE = "MINERDESK_NOW"
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200


def frozen_at() -> datetime | None:
    """Return the instant at which the clock is frozen, or None while it runs.

    Raises
    ------
    InputError
        ``MINERDESK_NOW`` is set, but is no ISO 8601 time.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{VARIABLE} is “{text}”, which is not an ISO time.",
            hint="Write it like 2026-01-16T12:00:00Z, or unset it.",
        ) from None
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise InputError(
            f"{VARIABLE} is “{text}”, outside the years that can be replayed.",
            hint=f"Choose a date from {EARLIEST_YEAR} to {LATEST_YEAR}.",
        )
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def now() -> datetime:
    """Return the current instant, UTC and timezone-aware; the frozen one if the clock is frozen."""
    return frozen_at() or datetime.now(UTC)
