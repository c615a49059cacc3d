"""Conditional requests: what a provider said its body is recognised by, and where the last bodies are kept.

A provider that gives an ETag or a Last-Modified is asked whether it has anything newer. If it answers "not modified"
(HTTP 304) the kept body is read once more, which renews `fetched_at` and costs next to nothing on either side.
"""

import hashlib
import threading
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlencode

from minerdesk.kept import Kept

#: A validator longer than this is not one: it would go back with every request.
_LONGEST = 500
#: No question is put again by itself sooner than this.
LEAST_AGE_S = 30.0
#: How long a body holds at most that its provider calls current for some time.
MOST_AGE_S = 300.0
_MOST_QUESTIONS = 1_000


class Replies(Protocol):
    """Where bodies are kept. None of it raises: what can't be kept is fetched whole next time."""

    def recall(self, provider: str, key: str) -> Kept | None:
        """Return what is kept under a key, or None."""

    def keep(self, provider: str, key: str, kept: Kept) -> None:
        """Keep a body in the place of the one under that key."""

    def keep_refusal(self, provider: str, kept: Kept) -> None:
        """Keep what a provider said with its last refusal; it answers no request."""

    def distrust(self, provider: str) -> None:
        """Forget the validators of a provider's bodies: they can't be read, so none is to be confirmed."""


class NoReplies:
    """Keeps nothing: every body is fetched whole."""

    def recall(self, provider: str, key: str) -> Kept | None:
        """Return None."""
        del provider, key
        return None

    def keep(self, provider: str, key: str, kept: Kept) -> None:
        """Do nothing."""

    def keep_refusal(self, provider: str, kept: Kept) -> None:
        """Do nothing."""

    def distrust(self, provider: str) -> None:
        """Do nothing."""


class Answers:
    """Which questions were answered just now, and for how long these answers hold. Safe to use from several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._until: dict[tuple[str, str], float] = {}

    def note(self, provider: str, key: str, headers: Mapping[str, str]) -> None:
        """Take note of an answer: it holds for half a minute, or for as long as its provider says it is current."""
        with self._lock:
            if len(self._until) >= _MOST_QUESTIONS:
                self._until.clear()
            self._until[provider, key] = self._monotonic() + max(LEAST_AGE_S, current_s(headers))

    def holds(self, provider: str, key: str) -> bool:
        """Return whether the last answer to a question still holds."""
        with self._lock:
            return self._monotonic() < self._until.get((provider, key), float("-inf"))

    def forget(self, provider: str) -> None:
        """Forget a provider's answers: they can't be read."""
        with self._lock:
            self._until = {asked: until for asked, until in self._until.items() if asked[0] != provider}


def current_s(headers: Mapping[str, str]) -> float:
    """Return for how many seconds a provider calls its body current, five minutes at most.

    By ``max-age``, else by ``Expires`` against its own ``Date``; less the ``Age`` that it already has. What makes no
    sense, or says that nothing is to be kept, is zero.

    >>> current_s({"cache-control": "public, max-age=60", "age": "20"})
    40.0
    """
    said = [part.strip().lower() for part in headers.get("cache-control", "").split(",")]
    if {"no-store", "no-cache"} & set(said):
        return 0.0
    try:
        ages = [float(part.removeprefix("max-age=")) for part in said if part.startswith("max-age=")]
        if ages:
            current = ages[0]
        else:
            expires, sent = parsedate_to_datetime(headers["expires"]), parsedate_to_datetime(headers["date"])
            current = (expires - sent).total_seconds()
        current -= max(0.0, float(headers.get("age", "0")))
    except (KeyError, ValueError, TypeError, OverflowError):
        return 0.0
    return min(current, MOST_AGE_S) if current > 0 else 0.0


def key_of(url: str, params: Mapping[str, str], posted: bytes = b"") -> str:
    """Return the name that a request's body is kept under; what it is made of can't be read from it."""
    asked = f"{url}?{urlencode(sorted(params.items()))}".encode()
    return hashlib.sha256(asked + b"\n" + posted if posted else asked).hexdigest()[:32]


def validators_of(path: str, headers: Mapping[str, str], body: bytes) -> Kept:
    """Return a body with the validators that stand in its headers (names in lower case)."""

    def usable(name: str) -> str:
        text = headers.get(name, "").strip()
        return text if text.isascii() and text.isprintable() and len(text) <= _LONGEST else ""

    return Kept(path=path, body=body, etag=usable("etag"), last_modified=usable("last-modified"))


def conditions(kept: Kept | None) -> dict[str, str]:
    """Return the headers that ask for a body only if it is another than the one kept.

    >>> conditions(Kept(path="/x", body=b"", etag='"a1"'))
    {'If-None-Match': '"a1"'}
    """
    if kept is None:
        return {}
    named = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in named.items() if value}
