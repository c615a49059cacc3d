"""The ways in which a source fails, in words for the user. The functions build a `SourceError`, none raises it.

What is used instead isn't known here: whoever knows how the topic ended says it (`minerdesk.aftermath`).
"""

from minerdesk.errors import FailureKind, SourceError

#: A plain rate limit is over within the hour, whatever its Retry-After says; a ban (HTTP 418) lasts as long as it says.
LONGEST_WAIT_S = 3600.0
#: How long a provider is left alone that answers 429 without saying for how long.
RATE_LIMIT_PAUSE_S = 30.0


class NotPublishedError(SourceError):
    """The provider is well, but has nothing at this address (HTTP 404): says nothing about its health."""


class NotAskedError(SourceError):
    """Nothing was sent, because it is to be left alone or its turn did not come: says nothing about its health."""


class PassingError(SourceError):
    """A failure that is often gone a moment later (connection reset, HTTP 502, 503, 504): worth one quick retry."""


class ImplausibleError(SourceError):
    """An answer that can be read but not believed; `what` says why, without what follows."""

    def __init__(self, source: str, what: str) -> None:
        super().__init__(FailureKind.IMPLAUSIBLE, source, f"Its answer is not believed: {what}.")
        self.what = what


def bare(error: SourceError) -> SourceError:
    """Return a failure to remember: the same, without the traceback and causes that would keep bodies alive with it."""
    kept = type(error).__new__(type(error))
    kept.args = error.args
    kept.__dict__.update(error.__dict__)
    return kept


def malformed(source: str, what: str) -> SourceError:
    """Build the failure of a body that can't be read; `what` says what is wrong with it."""
    return SourceError(FailureKind.MALFORMED, source, f"Its answer can't be read: {what}.")


def implausible(source: str, what: str) -> SourceError:
    """Build the failure of a body that can be read but not believed; `what` says why."""
    return ImplausibleError(source, what)


def timed_out(source: str, what: str = "it did not answer in time") -> SourceError:
    """Build the failure of a source that was too slow."""
    return SourceError(FailureKind.TIMEOUT, source, f"{what[0].upper()}{what[1:]}.")


def without_turn(source: str) -> SourceError:
    """Build the failure of a request whose turn at its host would come too late."""
    said = timed_out(source, "its turn did not come in time, it is asked in small steps")
    return NotAskedError(said.kind, source, said.hint)


def cancelled(source: str) -> SourceError:
    """Build the failure of a request that the user stopped."""
    return SourceError(FailureKind.CANCELLED, source, "The refresh was stopped before it answered.")


def switched_off(source: str) -> SourceError:
    """Build the failure of any request in offline mode."""
    return SourceError(FailureKind.OFFLINE, source, "minerdesk is in offline mode; nothing was asked.")


def unreachable(source: str, what: str) -> SourceError:
    """Build the failure of a computer that reaches no network: the name isn't resolved or no route leads there."""
    return SourceError(FailureKind.OFFLINE, source, f"{what}. Check this computer's network connection.")


def refused(source: str, what: str) -> SourceError:
    """Build the failure of a source that can be reached but gives no answer of use."""
    return SourceError(FailureKind.REFUSED, source, f"{what}.")


def of_status(source: str, status: int, retry_after_s: float | None, *, with_key: bool = False) -> SourceError:
    """Return the failure that an HTTP status other than 2xx stands for.

    401, 403, 451 are blocked: this network, country or program is not wanted, asking again changes nothing.
    418 and 429 are rate limits. 404 is refused, as `NotPublishedError`: the address is what the provider has nothing
    for, and the kinds have no closer word. 502, 503, 504 without a Retry-After pass; everything else is refused.
    """
    code = f"HTTP {status}"
    if with_key and status in (401, 403):
        hint = f"It did not accept the key ({code}), or this key does not cover it. Give another one on the page Data."
        return SourceError(FailureKind.BLOCKED, source, hint)
    if status in (401, 403, 451):
        hint = f"It does not serve this network or this program ({code}). It is left alone for a day."
        return SourceError(FailureKind.BLOCKED, source, hint)
    if status in (418, 429):
        if status == 429 and retry_after_s is not None:
            retry_after_s = min(retry_after_s, LONGEST_WAIT_S)
        wait_s = RATE_LIMIT_PAUSE_S if retry_after_s is None else retry_after_s
        asked = "; it did not say for how long" if retry_after_s is None else ", as it asks"
        hint = f"It was asked too often ({code}) and is left alone for {wait_s:.0f} s{asked}."
        return SourceError(FailureKind.RATE_LIMITED, source, hint, retry_after_s=retry_after_s)
    if status == 404:
        return NotPublishedError(FailureKind.REFUSED, source, f"It has nothing at this address ({code}).")
    if status == 407:
        return unreachable(source, f"The proxy of this system wants a log-in first ({code})")
    hint = f"It answered with an error ({code})."
    kind = PassingError if status in (502, 503, 504) and retry_after_s is None else SourceError
    return kind(FailureKind.REFUSED, source, hint, retry_after_s=retry_after_s)
