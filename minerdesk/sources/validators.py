"""Conditional requests: what a provider said its body is recognised by, and where the last bodies are kept.

A provider that gives an ETag or a Last-Modified is asked whether it has anything newer. If it answers "not modified"
(HTTP 304) the kept body is read once more, which renews `fetched_at` and costs next to nothing on either side.
"""

import hashlib
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode

from minerdesk.kept import Kept

#: A validator longer than this is not one: it would go back with every request.
_LONGEST = 500


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
