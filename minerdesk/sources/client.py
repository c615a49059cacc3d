"""The one way to the network: base URLs, offline mode, pacing, one quick retry, redirects, circuit breakers."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from minerdesk import __version__, clock
from minerdesk.errors import FailureKind, SourceError
from minerdesk.kept import Kept, Pause
from minerdesk.secrecy import scrub_bytes
from minerdesk.sources import failures
from minerdesk.sources.block_fees import BlockFees, NoBlockFees
from minerdesk.sources.breaker import Breaker, Health, Insist
from minerdesk.sources.credentials import Credentials, NoCredentials, may_carry_secrets
from minerdesk.sources.endpoints import PROVIDERS, Access
from minerdesk.sources.pacing import Pace, host_of, is_loopback
from minerdesk.sources.skew import Skew
from minerdesk.sources.validators import Answers, NoReplies, Replies, conditions, key_of, validators_of

if TYPE_CHECKING:
    from minerdesk.sources.transport import Reply

MAX_BYTES = 2 * 2**20
MAX_REDIRECTS = 3
RETRY_PAUSE_S = 0.5
#: A retry is made only if at least this much time is left: less would only use up another source's.
RETRY_NEEDS_S = 2.0

Wait = Callable[[threading.Event, float], bool]


@dataclass(frozen=True, kw_only=True)
class Post:
    """What is sent with a POST that only reads: a query, never a change."""

    body: bytes
    content_type: str = "application/json"


class Client:
    """Asks providers for bodies; safe to use from several threads at once.

    Parameters
    ----------
    bases
        The base URL of every provider, from `endpoints.resolve`.
    offline
        While true every request fails at once as offline and no socket is opened. May be changed at any time.
    ca_file
        A file of certificates to trust besides the system's own, empty for none.
    credentials
        Where the secret headers of providers come from that want a key. They go only where no one listens, are in no
        kept body and in no failure.
    replies
        Where the last bodies are kept: a provider that says "not modified" is then answered from there.
    block_fees
        Where the fees of blocks are kept that were asked for one by one.
    monotonic, wait
        The clock of deadlines and pacing, and how to wait on an event for some seconds; tests put in their own.
    """

    def __init__(
        self,
        bases: Mapping[str, str],
        *,
        user_agent: str = f"minerdesk/{__version__}",
        offline: bool = False,
        ca_file: str = "",
        credentials: Credentials | None = None,
        replies: Replies | None = None,
        block_fees: BlockFees | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self.offline = offline
        self.ca_file = ca_file
        self.monotonic = monotonic
        self.skew = Skew()
        self._bases = dict(bases)
        self._headers = {
            "User-Agent": user_agent,
            "Accept": "application/json, text/plain, */*;q=0.5",
            "Accept-Encoding": "gzip",
        }
        self._wait = wait
        self._credentials: Credentials = credentials or NoCredentials()
        self._replies: Replies = replies or NoReplies()
        self.block_fees: BlockFees = block_fees or NoBlockFees()
        self._pace = Pace(monotonic)
        self._answers = Answers(monotonic)
        self._latency_s: dict[str, float] = {}
        self._questions = itertools.count()
        self._last_question: dict[str, int] = {}
        self._breakers = {name: Breaker(name, monotonic) for name in self._bases}

    def get(
        self,
        provider: str,
        path: str,
        *,
        deadline: float,
        params: Mapping[str, str] | None = None,
        post: Post | None = None,
        cancel: threading.Event | None = None,
        max_bytes: int = MAX_BYTES,
        anew: bool = True,
    ) -> bytes:
        """Return the decompressed body of a GET below the provider's base URL, or of a POST if there is one to send.

        Parameters
        ----------
        deadline
            The instant of `monotonic` at which the request is given up, wherever it stands; pacing and the one quick
            retry (connection reset, HTTP 502, 503 and 504) count too. The retry comes after a random pause (full
            jitter) and out of the provider's budget of retries. A Retry-After is never slept.
        max_bytes
            The cap on the decompressed body.
        anew
            Whether to ask again what was answered just now. By itself a question is put once in half a minute, or once
            in the time for which its provider calls the answer current; until then the body kept is returned. This
            computer may be asked at any time.

        Raises
        ------
        SourceError
            Every failure; see `minerdesk.sources.failures`.
        """
        if self.offline:
            raise failures.switched_off(provider)
        self._last_question[provider] = next(self._questions)
        stop = cancel or threading.Event()
        url = self._bases[provider] + path
        if not anew and post is None and not is_loopback(url):
            key = key_of(url, params or {})
            kept = self._replies.recall(provider, key) if self._answers.holds(provider, key) else None
            if kept is not None and len(kept.body) <= max_bytes:
                return kept.body
        try:
            return self._attempt(provider, url, params, post, deadline=deadline, cancel=stop, max_bytes=max_bytes)
        except failures.PassingError as passing:
            pause_s = random.uniform(0.0, RETRY_PAUSE_S)
            if deadline - self.monotonic() < pause_s + RETRY_NEEDS_S or not self._pace.may_retry(provider):
                raise
            if self._wait(stop, pause_s):
                raise failures.cancelled(provider) from None
            try:
                return self._attempt(provider, url, params, post, deadline=deadline, cancel=stop, max_bytes=max_bytes)
            except failures.NotAskedError:
                raise passing from None  # its turn would come too late: the first failure is the one to tell of

    @contextmanager
    def judged(self, provider: str, *, force: bool | Insist = False) -> Iterator[None]:
        """Make what happens inside count for the provider's breaker: a `SourceError` against it, an answer for it.

        Whoever asked nothing inside, since there was nothing to ask, changes nothing.

        The caller puts the request and the reading of its body inside, so that a provider which sends nonsense counts
        as failing. Raises the breaker's own `SourceError` at once if the provider is to be left alone; `force` (the
        user asked for it) passes an open breaker, but not a Retry-After; `Insist.TEST` passes a block too.
        """
        if self.offline:
            raise failures.switched_off(provider)
        breaker = self._breakers[provider]
        breaker.admit(Insist(force))
        asked_before = self._last_question.get(provider)
        try:
            yield
        except SourceError as error:
            breaker.failed(error)
            if error.kind in (FailureKind.MALFORMED, FailureKind.IMPLAUSIBLE):
                self._distrust(provider)
            raise
        except BaseException:
            breaker.abandoned()
            raise
        if self._last_question.get(provider) == asked_before:
            breaker.unasked()
        else:
            breaker.succeeded()

    def disbelieve(self, error: SourceError) -> None:
        """Take back that a provider's last answer was a success: others were heard, and it was not believed."""
        self._breakers[error.source].disbelieved(failures.bare(error))
        self._distrust(error.source)

    def _distrust(self, provider: str) -> None:
        self._answers.forget(provider)
        self._replies.distrust(provider)  # "not modified" must not bring the same nonsense again

    def health(self) -> dict[str, Health]:
        """Return how each provider is doing, by name."""
        return {
            name: breaker.health(latency_s=self._latency_s.get(name)) for name, breaker in list(self._breakers.items())
        }

    def pauses(self) -> dict[str, Pause | None]:
        """Return what keeps each provider from being asked, None for one that may be asked again.

        Left out are those that nothing is known of, and this computer: it may be asked at any time.
        """
        return {
            name: breaker.pause()
            for name, breaker in list(self._breakers.items())
            if breaker.judged and not is_loopback(self._bases[name])
        }

    def restore(self, pauses: Mapping[str, Pause]) -> None:
        """Go on with the pauses of an earlier run."""
        for name, pause in pauses.items():
            if name in self._breakers and not is_loopback(self._bases[name]):
                self._breakers[name].restore(pause)

    def forgive(self, provider: str) -> None:
        """Judge a provider anew: what kept it from being asked is gone, for example because its key is another."""
        self._breakers[provider] = Breaker(provider, self.monotonic)

    def rebase(self, bases: Mapping[str, str]) -> None:
        """Go by other base URLs from now on; a provider whose address changed is judged anew."""
        changed = {name for name, base in bases.items() if self._bases.get(name) != base}
        self._bases = dict(bases)
        self._breakers |= {name: Breaker(name, self.monotonic) for name in changed}

    def resume(self, slept_s: float = 0.0) -> None:
        """Begin anew after the computer slept for `slept_s`, or joined another network.

        The monotonic clock may have stood still meanwhile, so every pause is shortened by the sleep. What was open or
        blocked may be asked again at once, since another network may serve it; a Retry-After holds.
        """
        self._pace.forgive()
        for breaker in list(self._breakers.values()):
            breaker.resume(slept_s)

    def _attempt(
        self,
        provider: str,
        url: str,
        params: Mapping[str, str] | None,
        post: Post | None,
        *,
        deadline: float,
        cancel: threading.Event,
        max_bytes: int,
    ) -> bytes:
        """Ask once, following redirects, and return the body of a 2xx."""
        from minerdesk.sources import transport  # noqa: PLC0415 - requests is not paid for before the first request

        key = key_of(url, params or {}, post.body if post else b"")
        kept = None if post else self._replies.recall(provider, key)
        for _ in range(MAX_REDIRECTS + 1):
            turn_at = self._take_turn(provider, url, deadline, cancel)
            secret = self._secret_headers(provider, url)
            request = transport.Request(
                source=provider,
                url=url,
                params=params or {},
                headers=self._headers | conditions(kept),
                secret_headers=secret,
                post=post.body if post else None,
                content_type=post.content_type if post else "",
                max_bytes=max_bytes,
                timeout_s=max(0.1, deadline - self.monotonic()),
                use_proxy=not is_loopback(url),
                ca_file=self.ca_file,
            )
            began = self.monotonic()
            try:
                reply = transport.run(request, deadline=deadline, cancel=cancel, monotonic=self.monotonic)
            except SourceError as error:
                if error.kind not in (FailureKind.CANCELLED, FailureKind.OFFLINE):
                    self._judge_pace(provider, url, well=False, since=turn_at)
                raise
            self._judge_pace(provider, url, well=reply.status < 400 or reply.status == 404, since=turn_at)
            self._latency_s[provider] = self.monotonic() - began
            self.skew.note(host_of(url), reply.headers, clock.system_now())
            if reply.status == 304 and kept is not None and len(kept.body) <= max_bytes:
                self._answers.note(provider, key, reply.headers)
                return kept.body
            if reply.status == 401 and secret and self._secret_headers(provider, url) != secret:
                continue  # the log-in was renewed between reading it and sending it
            if reply.status not in (301, 302, 303, 307, 308):
                return self._judged_body(provider, key, urlsplit(url).path, reply, post=post, with_key=bool(secret))
            url, params = _redirected(provider, url, reply.headers.get("location", "")), None
        raise failures.refused(provider, f"It redirects in a circle (more than {MAX_REDIRECTS} times)")

    def _judged_body(
        self, provider: str, key: str, path: str, reply: "Reply", *, post: Post | None, with_key: bool
    ) -> bytes:
        """Return the body of a 2xx; keep it, and what a refusal says, to be looked at. No secret is in what is kept."""
        scrubbed = scrub_bytes(reply.body)
        if not 200 <= reply.status < 300:
            self._replies.keep_refusal(provider, Kept(path=path, body=scrubbed, status=reply.status))
            failure = failures.of_status(provider, reply.status, retry_after_s(reply.headers), with_key=with_key)
            failure.body, failure.status = scrubbed, reply.status
            raise failure
        # A POST is never conditional, and a body that said a secret back has a hole: it is kept, but not answered from.
        whole = scrubbed == reply.body
        self._replies.keep(provider, key, validators_of(path, reply.headers if whole and not post else {}, scrubbed))
        if whole:
            self._answers.note(provider, key, reply.headers)
        else:
            self._answers.forget(provider)
        return reply.body

    def _secret_headers(self, provider: str, url: str) -> Mapping[str, str]:
        """Return what lets a request in, if it may travel there."""
        secret = self._credentials.headers(provider)
        if secret and not may_carry_secrets(url, own=PROVIDERS[provider].access is Access.OWN):
            raise failures.refused(
                provider, "Its key was not sent: its address begins with http://, where others could read along"
            )
        return secret

    def _take_turn(self, provider: str, url: str, deadline: float, cancel: threading.Event) -> float:
        """Wait until the provider's host may be asked again, and return when the turn was taken.

        The turns of several threads come one after the other. If the first of them is told to leave the provider alone,
        those that still wait don't ask any more.
        """
        taken_at = self.monotonic()
        wait_s = self._pace.turn(host_of(url), _gap_s(provider, url), deadline)
        if wait_s is None:
            raise failures.without_turn(provider)
        if (wait_s > 0 and self._wait(cancel, wait_s)) or cancel.is_set():
            raise failures.cancelled(provider)
        if wait_s > 0:
            self._breakers[provider].still_admits(since=taken_at)
        return taken_at

    def _judge_pace(self, provider: str, url: str, *, well: bool, since: float) -> None:
        self._pace.judge(host_of(url), _gap_s(provider, url), well=well, since=since)


def _gap_s(provider: str, url: str) -> float:
    """Return the least time between two requests; this computer needs none."""
    return 0.0 if is_loopback(url) else PROVIDERS[provider].gap_s


def _redirected(provider: str, url: str, location: str) -> str:
    """Return where a redirect leads: to the same host (with or without www.), never from https to http."""
    try:
        target = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(target)
        old_host, new_host = ((parts.hostname or "").removeprefix("www.") for parts in (old, new))
    except ValueError:
        raise failures.refused(provider, "It redirects to an address that is none") from None
    if not location or new.scheme not in ("http", "https") or old_host != new_host:
        raise failures.refused(
            provider,
            f"It redirects to {new.hostname or 'nowhere'}, which is not followed; this network may want a log-in first",
        )
    if old.scheme == "https" and new.scheme == "http":
        raise failures.refused(provider, "It redirects from https to http, which is not followed")
    return target


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or as a date, or None if there is none.

    A date is taken against the reply's own Date header, so that a wrong clock here changes nothing.

    >>> retry_after_s({"retry-after": "7"})
    7.0
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), 1e6)
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError):
        return None  # no date either, or one of the two without an offset
