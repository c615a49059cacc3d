"""A provider's body as it is kept, and what the provider recognises it by; network and disk share this type."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A body as it was received, the path that it came from, and its validators, empty where there were none.

    `status` is that of HTTP: a body of 400 and more is a refusal, kept to be looked at and for nothing else.
    """

    path: str
    body: bytes
    etag: str = ""
    last_modified: str = ""
    status: int = 200
