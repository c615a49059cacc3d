"""How a source is doing, in a word or two: its state as a badge says it, when it is asked next, what it takes."""

from datetime import datetime, timedelta

from minerdesk import words
from minerdesk.errors import FailureKind
from minerdesk.source_states import SourceState

#: For one that is asked on demand, or in reserve, an answer is news for so long.
_FRESH_FOR = timedelta(hours=1)


def size_words(size_bytes: int | None) -> str:
    """Write how much room something takes.

    >>> size_words(None), size_words(0), size_words(900), size_words(153_600)
    ('–', '0 kB', '1 kB', '154 kB')
    """
    if size_bytes is None:
        return words.NOTHING
    return f"{words.figure(-(-size_bytes // 1000))}{words.THIN}kB".replace(words.THIN, " ") if size_bytes else "0 kB"


def latency_words(seconds: float | None) -> str:
    """Write how long a reply took.

    >>> latency_words(0.0421), latency_words(3.21), latency_words(None)
    ('42 ms', '3.2 s', '–')
    """
    if seconds is None:
        return words.NOTHING
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def next_words(state: SourceState, now: datetime, *, offline: bool) -> str:
    """Say when a source is asked again."""
    if not state.is_on:
        return words.NOTHING
    if offline:
        return "offline"
    if state.nothing_to_ask and state.last_success is None:
        return words.NOTHING
    if state.next_try is None:
        return "as a fallback" if state.services else "as you ask"
    wait = (state.next_try - now).total_seconds()
    if wait <= 0:
        return "now"
    if wait < 60:
        return "within 1 min"
    return f"in {words.age(timedelta(seconds=wait + 30))}"  # the next minute, not the last one


_BADGES = {
    FailureKind.NEEDS_KEY: ("lock", "needs a key"),
    FailureKind.BLOCKED: ("warning", "blocked"),
    FailureKind.RATE_LIMITED: ("clock", "paused"),
    FailureKind.OFFLINE: ("offline", "no network"),
    FailureKind.CANCELLED: ("cancel", "stopped"),
    FailureKind.IMPLAUSIBLE: ("warning", "not believed"),
}


def badge_of(state: SourceState, now: datetime, *, offline: bool) -> tuple[str, str, str]:
    """Return the icon of a source's state, the role of its colour, and the state in a word or two.

    Fresh: what it gives is within its stale age. In reserve: it is asked only if those before it fail.
    """
    if not state.is_on:
        return "minus", "muted", "off"
    news = state.last_success is not None and now - state.last_success <= (state.stale_after or _FRESH_FOR)
    if state.failure is not None and not (news and not state.failures_in_row):  # a page not there is no ill health
        icon, word = _BADGES.get(state.failure, ("warning", "down"))
        return icon, "warning", word
    if offline:
        return "offline", "muted", "offline"
    age = None if state.last_success is None else now - state.last_success
    if age is None and state.nothing_to_ask:
        return "info", "muted", "nothing to ask"
    if state.stale_after is None and (age is None or age > _FRESH_FOR):
        return ("clock", "muted", "in reserve") if state.services else ("info", "muted", "on demand")
    if age is None:
        return "info", "muted", "not asked yet"
    if age > (state.stale_after or _FRESH_FOR):
        return "clock", "warning", "stale"
    return "live", "gain", "fresh"
