"""Secrets that this process holds, and how they are kept out of every text that could leave it.

Keys and passwords are registered when they are read from the system's keyring or typed. Whatever writes for people or
files (log, crash report, failures, kept bodies) passes its text through `scrub`. It knows no other room.
"""

import logging
import re
import threading
from urllib.parse import quote

#: A shorter text is no secret worth the name, and would be found everywhere.
SHORTEST = 6
INSTEAD = "***"

_NAMES = r"(?:api[_-]?key|(?:access|security)[_-]?token|token|secret|password)"
_PATTERNS = (
    (re.compile(r"(?i)\b(authorization[\"']?\s*[:=]\s*)[^\r\n,}]+"), r"\1***"),
    (re.compile(rf"(?i)((?:[?&]key|\b{_NAMES})=)[^\s&,;)}}]+"), r"\1***"),
    (re.compile(rf"(?i)([\"']{_NAMES}[\"']\s*:\s*)[^\s,}}]+"), r"\1***"),
    (re.compile(r"(\w://)[^/\s@]+@"), r"\1***@"),
)
_known: set[str] = set()
_lock = threading.Lock()


def keep_secret(text: str) -> None:
    """Register a secret: from now on `scrub` leaves none of its spellings in a text."""
    if len(text) >= SHORTEST:
        with _lock:
            _known.update({text, quote(text, safe=""), repr(text)[1:-1]})


def scrub(text: str) -> str:
    """Return `text` without registered secrets, and without what looks like one (keys, tokens, passwords, log-ins).

    >>> scrub("GET https://ann:pw@host/?token=abc&n=1")
    'GET https://***@host/?token=***&n=1'
    """
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, INSTEAD)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def scrub_bytes(body: bytes) -> bytes:
    """Return a body without registered secrets: a provider may send back the key that it was asked with."""
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        body = body.replace(secret.encode(), INSTEAD.encode())
    return body


class ScrubbingFormatter(logging.Formatter):
    """Writes a log's lines, tracebacks included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, scrubbed."""
        return scrub(super().format(record))


def guard_logging() -> None:
    """Let what Python prints to stderr of its own accord, where no log is set up, be scrubbed as well."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(ScrubbingFormatter())
