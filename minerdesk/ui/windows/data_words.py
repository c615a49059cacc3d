"""What the window says of data: which values are old, and what a refresh could not get."""

from collections.abc import Iterable, Mapping
from itertools import chain

from minerdesk import aftermath, words
from minerdesk.errors import FailureKind, SourceError
from minerdesk.pools import Pools
from minerdesk.quantities import QUANTITIES
from minerdesk.snapshot import LISTED_QUANTITIES, Snapshot
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.refresh import Report
from minerdesk.sources.topics import TOPICS

TOPIC_LABELS = {topic.name: topic.label for topic in TOPICS}
#: What a source did instead of answering, after its name.
FAILURE_WORDS = {
    FailureKind.OFFLINE: "could not be reached",
    FailureKind.TIMEOUT: "did not answer in time",
    FailureKind.REFUSED: "gave no answer of use",
    FailureKind.BLOCKED: "is blocked from here",
    FailureKind.NEEDS_KEY: "wants a key",
    FailureKind.RATE_LIMITED: "asks for a pause",
    FailureKind.MALFORMED: "sent something unreadable",
    FailureKind.IMPLAUSIBLE: "sent an implausible value",
}
#: The same in few words, before how many sources did so.
FAILURE_CAUSES = {
    FailureKind.OFFLINE: "not reached",
    FailureKind.TIMEOUT: "no answer in time",
    FailureKind.REFUSED: "no answer of use",
    FailureKind.BLOCKED: "blocked from here",
    FailureKind.NEEDS_KEY: "a key wanted",
    FailureKind.RATE_LIMITED: "a pause asked for",
    FailureKind.MALFORMED: "unreadable answer",
    FailureKind.IMPLAUSIBLE: "implausible value",
}
#: So many quantities that a refresh did not get are told of one by one; of more, some are named.
MISSING_TOLD = 3
#: So many doubts have a message each; more are named in one, for the page Data says the rest.
DOUBTS_TOLD = 2
#: The observed values that mining's figures stand on.
HASHPRICE_PARTS = frozenset({"btc_price_usd", "difficulty", "fees_btc_per_block"})


def missing_words(report: Report, pools: Pools) -> str:
    """Say which quantities a refresh did not get and why, and what is left of them; of many, how many and which first.

    `pools` is what is known. Empty if it got all, or was cancelled.
    """
    missing = {
        outcome.topic: failures
        for outcome in report.outcomes
        if outcome.fetched is None
        and (failures := [one for one in outcome.failures if one.kind is not FailureKind.CANCELLED])
    }
    if not missing:
        return ""
    without = [
        TOPIC_LABELS[outcome.topic]
        for outcome in report.outcomes
        if outcome.topic in missing and not aftermath.kept(outcome, pools)
    ]
    few = len(missing) <= MISSING_TOLD
    left = "Older values stay, with their dates" if len(without) < len(missing) else "No older value is there"
    if 0 < len(without) < len(missing):
        left += f"; there is none yet of {aftermath.listed(without)}" if few else f"; {len(without)} of these have none"
    if few:
        return f"Not refreshed: {'; '.join(_with_causes(topic, missing[topic]) for topic in missing)}. {left}."
    first = aftermath.listed([TOPIC_LABELS[topic] for topic in missing][:MISSING_TOLD])
    return (
        f"Not refreshed: {len(missing)} of {len(report.asked)} quantities, among them {first}. "
        f"Why: {_causes(missing)}. {left}. The page Data tells of every source."
    )


def _with_causes(topic: str, failures: Iterable[SourceError]) -> str:
    causes = ", ".join(f"{PROVIDERS[one.source].label} {FAILURE_WORDS[one.kind]}" for one in failures)
    return f"{words.inside_sentence(TOPIC_LABELS[topic])} ({causes})"


def _causes(missing: Mapping[str, Iterable[SourceError]]) -> str:
    """Return every cause with its source, or with how many they were: the most frequent first."""
    sources: dict[FailureKind, set[str]] = {}
    for failure in chain.from_iterable(missing.values()):
        sources.setdefault(failure.kind, set()).add(failure.source)
    by_number = sorted(sources.items(), key=lambda item: -len(item[1]))
    return "; ".join(
        f"{FAILURE_CAUSES[kind]} ({PROVIDERS[min(who)].label if len(who) == 1 else f'{len(who)} sources'})"
        for kind, who in by_number
    )


def old_data_words(snapshot: Snapshot) -> str:
    """Name in one sentence the values that are too old to be called current, each with its date; empty if none is."""
    old = [
        f"{words.inside_sentence(QUANTITIES[name].label)} of {words.day(found.as_of)}"
        for name in LISTED_QUANTITIES
        if (found := snapshot.observed(name)) is not None and found.is_expired(snapshot.now) and name in HASHPRICE_PARTS
    ]
    if not old:
        return ""
    remedy = "Switch offline mode off and refresh (F5)" if snapshot.offline else "Refresh (F5)"
    return f"No longer current, but still behind the figures: {', '.join(old)}. {remedy}, or type your own."


def doubts_words(snapshot: Snapshot) -> dict[str, str]:
    """Return the messages about doubted numbers by their keys: one each, of many one that names them."""
    if len(snapshot.doubts) <= DOUBTS_TOLD:
        return {f"problem {doubt.problem.field}": doubt.message for doubt in snapshot.doubts}
    names = "; ".join(words.inside_sentence(QUANTITIES[doubt.quantity].label) for doubt in snapshot.doubts)
    text = (
        f"Sources sent numbers that can’t be true, or that don’t agree: {names}. The last good ones, or another "
        "source’s, are used. The page Data says of each, under “Numbers”, who is believed and why."
    )
    return {"doubts": text}
