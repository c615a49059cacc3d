"""The one clock. Ages and dates come from here; time-outs and pacing use a monotonic clock instead.

The environment variable ``MINERDESK_NOW`` (ISO 8601; without an offset it is UTC) freezes it, for replays and tests.
Where the computer's own clock is found to be wrong, `correct` sets this one right, so that no age is wrong with it.
"""

import os
from datetime import UTC, datetime, timedelta

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


_correction = timedelta(0)


def correct(behind: timedelta) -> None:
    """Take the computer's clock for so much behind the time (negative: ahead of it) from now on."""
    global _correction  # noqa: PLW0603 - there is one clock
    _correction = behind


def correction() -> timedelta:
    """Return by how much the computer's clock is corrected."""
    return _correction


def system_now() -> datetime:
    """Return the instant that the computer's own clock shows, right or wrong."""
    return datetime.now(UTC)


def real_now() -> datetime:
    """Return the current instant as well as it is known, also while the clock is frozen for a replay."""
    try:
        return system_now() + _correction
    except OverflowError:
        return system_now()


def now() -> datetime:
    """Return the current instant, UTC and timezone-aware; the frozen one if the clock is frozen."""
    frozen = frozen_at()
    if frozen is not None:
        return frozen
    return real_now()
