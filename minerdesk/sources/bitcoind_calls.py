"""Calls to Bitcoin Core by JSON-RPC: only such as read, sent in batches, and its refusals in words.

https://github.com/bitcoin/bitcoin/blob/master/doc/JSON-RPC-interface.md. In a batch every version answers HTTP 200 and
says with each call what became of it; a call alone gets errors with HTTP 500 or 404. Both are read.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.ask import Ask
from minerdesk.sources.client import Post
from minerdesk.sources.failures import NotPublishedError, malformed, refused
from minerdesk.sources.parsing import listed, loads, member

NAME = "bitcoind"
#: All that is ever called: what an rpcwhitelist has to allow. None of it changes anything.
METHODS = ("getblockchaininfo", "getmininginfo", "getnetworkhashps", "getblockstats", "getblockhash", "getblockcount")
WARMING_UP, UNKNOWN_METHOD = -28, -32_601
_LETTERS = 120


@dataclass(frozen=True)
class Call:
    """One call of a method that reads; another one is a ValueError, and is never sent."""

    method: str
    params: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"{self.method} is not among the calls that only read")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one call: its result, or the code and the words of an error."""

    result: Any = None
    code: int = 0
    said: str = ""

    def required(self) -> Any:
        """Return the result, or raise the error as the source's failure."""
        if self.code:
            raise refusal(self.code, self.said)
        return self.result


def posted(calls: Sequence[Call]) -> bytes:
    """Return calls as the body of one batch."""
    batch = [
        {"jsonrpc": "2.0", "id": _id(index, call), "method": call.method, "params": list(call.params)}
        for index, call in enumerate(calls)
    ]
    return json.dumps(batch).encode()


def parse_answers(body: bytes, calls: Sequence[Call]) -> tuple[Answer, ...]:
    """Read the answer to a batch, in the order of its calls.

    Raises
    ------
    SourceError
        It is no list of answers, one is missing, or the batch as a whole was refused.
    """
    data = loads(body, NAME)
    if isinstance(data, dict) and data.get("error") is not None:
        answer = _answer(data)
        raise refusal(answer.code, answer.said)
    found = {str(member(row, "id", NAME)): row for row in listed(data, NAME, "the answer")}
    missing = [call.method for index, call in enumerate(calls) if _id(index, call) not in found]
    if missing:
        raise malformed(NAME, f"the answer to {missing[0]} is missing")
    return tuple(_answer(found[_id(index, call)]) for index, call in enumerate(calls))


def call(ask: Ask, calls: Sequence[Call]) -> tuple[Answer, ...]:
    """Send calls in one request and return what became of each; a SourceError says why the whole was refused."""
    try:
        body = ask.get(NAME, "/", post=Post(body=posted(calls)))
    except SourceError as error:
        raise in_words(error) from None
    return parse_answers(body, calls)


def refusal(code: int, said: str) -> SourceError:
    """Return the failure that an error of JSON-RPC stands for."""
    quoted = " ".join(said.split())[:_LETTERS]
    if code == WARMING_UP:
        return nothing_yet(f"It is still starting (“{quoted}”)")
    if code == UNKNOWN_METHOD:
        return refused(NAME, f"It does not know a call that is needed (“{quoted}”); Bitcoin Core 0.19 and newer do")
    return refused(NAME, f"It answered “{quoted}” (error {code})")


def nothing_yet(what: str) -> SourceError:
    """Return the failure of a node that is well but has no number of use: it doesn't count against it."""
    hint = f"{what}. It is asked again by itself; another source is used meanwhile where there is one."
    return NotPublishedError(FailureKind.REFUSED, NAME, hint)


def in_words(error: SourceError) -> SourceError:
    """Return the failure of a whole request in words that fit a node of one's own."""
    if error.body:
        try:
            answer = _answer(loads(error.body, NAME))
        except SourceError:
            answer = Answer()
        if answer.code:
            return refusal(answer.code, answer.said)
    hint = _OF_STATUS.get(error.status)
    if hint is None:
        return error
    return SourceError(error.kind, NAME, hint, retry_after_s=error.retry_after_s, body=error.body, status=error.status)


_OF_STATUS = {
    401: (
        "It did not accept the log-in (HTTP 401). Check the cookie file, or the user name and password, of Bitcoin "
        "Core on the page Data, then test it there."
    ),
    403: (
        "It does not allow this (HTTP 403). Either its rpcallowip leaves this computer out, or its rpcwhitelist one of "
        f"the calls that minerdesk makes: {', '.join(METHODS)}. Test it on the page Data when that is mended."
    ),
    503: (
        "Its queue of requests is full (HTTP 503). It is asked again by itself; a larger rpcworkqueue in bitcoin.conf "
        "helps."
    ),
}


def _id(index: int, call: Call) -> str:
    return f"{call.method} {index}"


def _answer(row: Any) -> Answer:
    """Read one answer: version 1.x sends result and error, one of them null; 2.0 only one of the two."""
    error = row.get("error") if isinstance(row, dict) else None
    if error is None:
        return Answer(result=member(row, "result", NAME))
    code, said = member(error, "code", NAME), member(error, "message", NAME)
    if not isinstance(code, int) or isinstance(code, bool) or not code or not isinstance(said, str):
        raise malformed(NAME, "an error has no code or no words")
    return Answer(code=code, said=said)
