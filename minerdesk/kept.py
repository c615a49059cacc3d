"""What is kept of a provider: its bodies, and how long it is to be left alone; network and disk share these types."""

from dataclasses import dataclass

from minerdesk.errors import FailureKind


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


@dataclass(frozen=True, kw_only=True)
class Pause:
    """How long a provider is still left alone, in seconds from some moment, and why; zero for what does not hold.

    Attributes
    ----------
    limited_s
        What is left of a Retry-After or of a ban.
    blocked_s
        What is left of the day for which one that does not serve this network is left alone.
    open_s, length_s, failures_in_row
        What is left of the pause of its circuit breaker, how long that was in all, and after how many failures.
    kind, hint, failed_ago_s
        Its last failure, and how long ago that was.
    """

    limited_s: float = 0.0
    blocked_s: float = 0.0
    open_s: float = 0.0
    length_s: float = 0.0
    failures_in_row: int = 0
    kind: FailureKind
    hint: str
    failed_ago_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class BlockFee:
    """The fees of one block, without its subsidy. The hash tells it from another block of the same height."""

    height: int
    block_hash: str
    fees_sats: int
