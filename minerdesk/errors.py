"""The errors that minerdesk raises on purpose. Anything else that surfaces is a bug.

Every message says what happened; `hint` says what the program does now and what the user can do.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem matters: an error blocks the result, a warning does not, a note is only good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with one field, file or source, in words for the user."""

    field: str
    severity: Severity
    message: str


class MinerdeskError(Exception):
    """The root of every error that is meant for the user."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(MinerdeskError):
    """What the user typed, or a file holds, can't be used. Carries every problem found, not only the first."""

    def __init__(self, message: str, *, hint: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class FailureKind(StrEnum):
    """Why a source gave no value."""

    OFFLINE = "offline"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    MALFORMED = "malformed"
    IMPLAUSIBLE = "implausible"
    CANCELLED = "cancelled"
    NEEDS_KEY = "needs_key"


class SourceError(MinerdeskError):
    """A source failed: `kind` says how, `source` which, `hint` what follows.

    `body` is what came with a refusal (HTTP 400 and above), cut short, and `status` its status; empty and 0 where
    nothing did.
    """

    def __init__(
        self,
        kind: FailureKind,
        source: str,
        hint: str,
        *,
        retry_after_s: float | None = None,
        body: bytes = b"",
        status: int = 0,
    ) -> None:
        super().__init__(f"{source}: {kind.value.replace('_', ' ')}.", hint=hint)
        self.kind = kind
        self.source = source
        self.retry_after_s = retry_after_s
        self.body = body
        self.status = status


class ScanError(MinerdeskError):
    """The machines on a network could not be asked."""


class StoreError(MinerdeskError):
    """A file could not be read or written."""


class ExportError(MinerdeskError):
    """An export could not be made."""
