"""Secrets that this process holds, and how they are kept out of every text that could leave it.

Keys and passwords are registered when they are read from the system's keyring or typed. Whatever writes for people or
files (log, crash report, failures, kept bodies) passes its text through `scrub`. It knows no other room.
"""

import base64
import html
import json
import logging
import re
import threading
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

#: A shorter text is no secret worth the name, and would be found everywhere.
SHORTEST = 3
#: A shorter secret is taken out only where it stands alone: as a part of other words it would be found too often.
SHORTEST_INSIDE = 6
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
    if len(text) < SHORTEST or text in _known:
        return
    written = {text, repr(text)[1:-1], *_in_urls(text), *_in_pages(text), *_in_base64(text)}
    written |= {spelling for one in written for spelling in _in_json(one)}
    for one in tuple(written):  # a reply may hold another one as a text
        again = json.dumps(one)[1:-1]
        written |= {again, again.replace("/", "\\/")}
    with _lock:
        _known.update(written)


def _in_urls(text: str) -> Iterator[str]:
    for quoted in (quote(text, safe=""), quote(text), quote_plus(text)):
        yield quoted
        yield re.sub("%..", lambda sign: sign.group().lower(), quoted)


def _in_pages(text: str) -> Iterator[str]:
    """Yield what HTML makes of a text: with plain quotes or not, with the apostrophe of Python, PHP, Go or Mustache."""
    yield html.escape(text, quote=False)
    escaped = html.escape(text)
    for apostrophe in ("&#x27;", "&#039;", "&#39;"):
        one = escaped.replace("&#x27;", apostrophe)
        yield one
        yield one.replace("&quot;", "&#34;").replace("+", "&#43;")
        yield one.replace("/", "&#x2F;").replace("=", "&#x3D;").replace("`", "&#x60;")


def _in_json(text: str) -> Iterator[str]:
    r"""Yield what JSON makes of a text: plain, or with the signs as codes that Go, PHP and .NET write so.

    >>> sorted(set(_in_json("a/&")))
    ['a/&', 'a/\\u0026', 'a\\/&', 'a\\/\\u0026']
    """
    for codes in ("", "<>&", "<>&'\"", "<>&'\"+`"):
        for digits in ("04x", "04X"):
            signs = (f"\\u{ord(sign):{digits}}" if sign in codes else json.dumps(sign)[1:-1] for sign in text)
            spelling = "".join(signs)
            yield spelling
            yield spelling.replace("/", "\\/")


def _in_base64(text: str) -> Iterator[str]:
    """Yield base64 of a secret alone, and the part of it that is the same behind any prefix (a user's name, Bearer)."""
    data = text.encode()
    made = [base64.b64encode(data).decode()]
    for before in range(3):
        packed = base64.b64encode(bytes(before) + data).decode()
        made.append(packed[-(-before * 8 // 6) : (before + len(data)) * 8 // 6])
    for packed in made:
        if len(packed) >= SHORTEST_INSIDE:
            yield packed
            yield packed.replace("+", "-").replace("/", "_")


def scrub(text: str) -> str:
    """Return `text` without registered secrets, and without what looks like one (keys, tokens, passwords, log-ins).

    >>> scrub("GET https://ann:pw@host/?token=abc&n=1")
    'GET https://***@host/?token=***&n=1'
    """
    text = _without_known(text)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def scrub_bytes(body: bytes) -> bytes:
    """Return a body without registered secrets: a provider may send back the key that it was asked with.

    What only looks like a secret stays, for a provider's own figures may have such names.
    """
    return _without_known(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _without_known(text: str) -> str:
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        if secret not in text:  # far quicker than what follows
            continue
        if len(secret) >= SHORTEST_INSIDE:
            text = text.replace(secret, INSTEAD)
        else:
            text = re.sub(rf"(?<!\w)(?<!\w\.){re.escape(secret)}(?!\w|\.\w)", INSTEAD, text)
    return text


class ScrubbingFormatter(logging.Formatter):
    """Writes a log's lines, tracebacks included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, scrubbed."""
        return scrub(super().format(record))


def guard_logging() -> None:
    """Let what Python prints to stderr of its own accord, where no log is set up, be scrubbed as well."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(ScrubbingFormatter())
