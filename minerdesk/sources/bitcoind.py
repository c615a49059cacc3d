"""Bitcoin Core, a node of the operator's own: difficulty, block height, hash rate and fees at first hand.

Every fetch asks for the state of the chain first. A node that follows another chain, is still catching up or has lost
the network gives no number: all of it would be of another chain, or of an old block.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from minerdesk import units, words
from minerdesk.errors import FailureKind, SourceError
from minerdesk.kept import BlockFee
from minerdesk.observations import Observation
from minerdesk.sources import bitcoind_calls
from minerdesk.sources.ask import Ask, Fetched
from minerdesk.sources.bitcoind_calls import UNKNOWN_METHOD, WARMING_UP, Answer, Call, nothing_yet
from minerdesk.sources.failures import implausible, malformed
from minerdesk.sources.parsing import height, instant, member, number, observe, require_agreement

NAME = bitcoind_calls.NAME
#: A tip older than this is an old one: blocks that far apart have not been seen since 2009.
OLDEST_TIP = timedelta(hours=6)
#: A block's time may lie this far ahead by the rules of the network.
AHEAD = timedelta(hours=2)
#: A node that knows of so many blocks more than it has is still catching up.
BLOCKS_BEHIND = 6
FEE_BLOCKS = 144
#: Of these at least half a day is needed for a mean.
LEAST_FEE_BLOCKS = 72
EPOCH_BLOCKS, WEEK_BLOCKS = 2_016, 1_008
#: How many blocks are asked for together: few at first, then as many as take about this long.
_FIRST_BATCH, _LARGEST_BATCH, _BATCH_S = 6, 36, 1.0
_STATS = ("height", "blockhash", "totalfee", "time")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Tip:
    """The last block of the chain as the node has it."""

    height: int
    difficulty: float
    at: datetime


def parse_tip(result: Any, *, now: datetime) -> Tip:
    """Read ``getblockchaininfo``: the tip, if the node follows the main chain and is up to date.

    The tip's time is ``time`` where it is told (version 29 and newer), else ``mediantime``, about an hour before it.
    """
    chain = member(result, "chain", NAME)
    if not isinstance(chain, str):
        raise malformed(NAME, "the chain has no name")
    if chain != "main":
        raise nothing_yet(
            f"It follows the test chain “{chain[:20]}”, not Bitcoin’s main chain; none of its numbers is used. Give "
            "the address of a node of the main chain, its port is usually 8332"
        )
    blocks, headers = (number(member(result, key, NAME), NAME, key) for key in ("blocks", "headers"))
    catching_up = member(result, "initialblockdownload", NAME)
    if not isinstance(catching_up, bool):
        raise malformed(NAME, "initialblockdownload is neither true nor false")
    if catching_up:
        share = number(member(result, "verificationprogress", NAME), NAME, "verificationprogress")
        raise nothing_yet(
            f"It is still catching up, at block {blocks:,.0f} of {headers:,.0f} ({words.percent(share)} verified). "
            "Its numbers are of an old block and are not used before it is through"
        )
    time_s = result.get("time")
    at = instant(member(result, "mediantime", NAME) if time_s is None else time_s, NAME, "time")
    if at > now + AHEAD:
        raise implausible(NAME, f"its last block is dated after the clock ({at:%Y-%m-%d %H:%M} UTC)")
    if now - at > OLDEST_TIP:
        raise implausible(
            NAME,
            f"its last block is from {at:%Y-%m-%d %H:%M} UTC, so its numbers are old. It may be without peers, or "
            "still catching up",
        )
    tip = height(blocks, now=now, source=NAME)
    if not tip.is_integer():
        raise malformed(NAME, f"the height is {tip:g}")
    if headers - blocks > BLOCKS_BEHIND:
        raise nothing_yet(
            f"It is {headers - blocks:,.0f} blocks behind, at {blocks:,.0f} of {headers:,.0f}. Its numbers are of "
            "an old block and are not used before it is through"
        )
    difficulty = number(member(result, "difficulty", NAME), NAME, "difficulty")
    return Tip(height=int(tip), difficulty=difficulty, at=min(at, now))


def parse_hashrate(result: Any, tip: Tip, *, now: datetime) -> Observation:
    """Read ``getnetworkhashps 1008``: the work of a week of blocks over their time, in H/s."""
    eh_s = number(result, NAME, "the hash rate") / units.H_PER_EH
    told = observe(
        "network_hashrate_7d_eh_s", eh_s, as_of=tip.at, now=now, source=NAME, detail=f"over {WEEK_BLOCKS:,} blocks"
    )
    require_agreement(eh_s, tip.difficulty, NAME)
    return told


def parse_hash(result: Any) -> str:
    """Read ``getblockhash``."""
    if not isinstance(result, str) or not _HASH.fullmatch(result):
        raise malformed(NAME, "a block’s hash is none")
    return result


def parse_stats(result: Any, block_height: int, block_hash: str = "") -> int:
    """Read ``getblockstats``: the fees of the block that was asked for, in satoshis, without its subsidy."""
    told = number(member(result, "height", NAME), NAME, "height")
    if told != block_height or (block_hash and member(result, "blockhash", NAME) != block_hash):
        raise malformed(NAME, f"it told of another block than {block_height:,}")
    sats = number(member(result, "totalfee", NAME), NAME, "totalfee")
    if sats < 0 or not sats.is_integer():
        raise implausible(NAME, f"the fees of block {block_height:,} are {sats:g} satoshis")
    return int(sats)


def parse_mean(fees: Mapping[int, int], tip: Tip, *, now: datetime) -> Observation:
    """Return the mean fees of blocks whose fees are given in satoshis, as of the tip."""
    detail = f"mean of {len(fees)} blocks" if len(fees) == FEE_BLOCKS else f"mean of {len(fees)} of {FEE_BLOCKS} blocks"
    per_block = units.btc_from_sats(sum(fees.values())) / len(fees)
    return observe("fees_btc_per_block", per_block, as_of=tip.at, now=now, source=NAME, detail=detail)


def _tip(ask: Ask) -> Tip:
    (answer,) = bitcoind_calls.call(ask, [Call("getblockchaininfo")])
    return parse_tip(answer.required(), now=ask.now)


def fetch_tip(ask: Ask) -> Fetched:
    """Fetch the block height."""
    tip = _tip(ask)
    told = observe("tip_height", tip.height, as_of=ask.now, now=ask.now, source=NAME)
    return Fetched(observations=(told,))


def fetch_hashrate(ask: Ask) -> Fetched:
    """Fetch the hash rate of a week. Its daily history is left to others: days of UTC are no stretches of blocks."""
    info, rate = bitcoind_calls.call(ask, [Call("getblockchaininfo"), Call("getnetworkhashps", (WEEK_BLOCKS,))])
    tip = parse_tip(info.required(), now=ask.now)
    return Fetched(observations=(parse_hashrate(rate.required(), tip, now=ask.now),))


def fetch_difficulty(ask: Ask) -> Fetched:
    """Fetch the difficulty and, unless the node is pruned, the day of the block that began its epoch.

    The history of epochs is left to others: who tells the day of a block by another clock would make two of one epoch.
    """
    tip = _tip(ask)
    first = tip.height // EPOCH_BLOCKS * EPOCH_BLOCKS
    (answer,) = bitcoind_calls.call(ask, [Call("getblockstats", (first, list(_STATS)))])
    if answer.code:
        told = observe("difficulty", tip.difficulty, as_of=tip.at, now=ask.now, source=NAME)
        return Fetched(observations=(told,))
    parse_stats(answer.result, first)
    began = instant(member(answer.result, "time", NAME), NAME, "time")
    told = observe("difficulty", tip.difficulty, as_of=began, now=ask.now, source=NAME)
    return Fetched(observations=(told,))


def fetch_fees(ask: Ask) -> Fetched:
    """Fetch the mean fees of the last 144 blocks: those that are not kept yet, newest first, as many as time allows."""
    tip = _tip(ask)
    heights = range(tip.height, tip.height - FEE_BLOCKS, -1)
    hashes = _hashes(ask, heights)
    fees = ask.client.block_fees.recall(hashes)
    known, said = len(fees), ""
    try:
        said = _ask_fees(ask, [each for each in heights if each not in fees], hashes, fees)
    except SourceError as error:
        if error.kind is not FailureKind.TIMEOUT or len(fees) == known < LEAST_FEE_BLOCKS:
            raise
    if len(fees) < LEAST_FEE_BLOCKS:
        of_others = f". Of others it says “{said[:80]}”" if said else ""
        raise nothing_yet(
            f"It has told the fees of {len(fees)} of the last {FEE_BLOCKS} blocks so far, and {LEAST_FEE_BLOCKS} are "
            f"the least for a mean{of_others}"
        )
    return Fetched(observations=(parse_mean(fees, tip, now=ask.now),))


def _hashes(ask: Ask, heights: Sequence[int]) -> dict[int, str]:
    """Return the hashes of blocks by height; none from a node that doesn't tell them."""
    answers = bitcoind_calls.call(ask, [Call("getblockhash", (each,)) for each in heights])
    if all(answer.code == UNKNOWN_METHOD for answer in answers):
        return {}
    return {
        each: parse_hash(answer.result)
        for each, answer in zip(heights, answers, strict=True)
        if not _is_passed_over(answer)
    }


def _ask_fees(ask: Ask, missing: list[int], hashes: Mapping[int, str], fees: dict[int, int]) -> str:
    """Add the fees of missing blocks to `fees` and keep them, batch by batch, until all are there or time is up.

    Returns what the node says of blocks that it hasn't, empty if it has all.
    """
    clock, size, first, said = ask.client.monotonic, _FIRST_BATCH, 0, ""
    while first < len(missing):
        batch, began = missing[first : first + size], clock()
        answers = bitcoind_calls.call(
            ask, [Call("getblockstats", (hashes.get(each, each), list(_STATS))) for each in batch]
        )
        told = {
            each: parse_stats(answer.result, each, hashes.get(each, ""))
            for each, answer in zip(batch, answers, strict=True)
            if not _is_passed_over(answer)
        }
        fees |= told
        said = next((answer.said for answer in answers if answer.code), said)
        ask.client.block_fees.keep(
            BlockFee(height=each, block_hash=hashes[each], fees_sats=sats)
            for each, sats in told.items()
            if each in hashes
        )
        first += len(batch)
        each_s = max((clock() - began) / len(batch), 1e-6)
        size = max(1, min(_LARGEST_BATCH, int(_BATCH_S / each_s)))
        if clock() + 1.5 * min(size, len(missing) - first) * each_s > ask.deadline:
            break
    return said


def _is_passed_over(answer: Answer) -> bool:
    """Return whether a node hasn't the block (pruned, or replaced meanwhile); an error of another kind is raised."""
    if answer.code in (WARMING_UP, UNKNOWN_METHOD):
        answer.required()
    return answer.code != 0
