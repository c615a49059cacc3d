"""What the window says of data: which values are old, and what a refresh could not get."""

from minerdesk import aftermath, words
from minerdesk.errors import FailureKind
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
    FailureKind.REFUSED: "refused or has nothing there",
    FailureKind.BLOCKED: "is blocked from here",
    FailureKind.NEEDS_KEY: "wants a key",
    FailureKind.RATE_LIMITED: "asks for a pause",
    FailureKind.MALFORMED: "sent something unreadable",
    FailureKind.IMPLAUSIBLE: "sent an implausible value",
}
#: So many doubts have a message each; more are named in one, for the page Data says the rest.
DOUBTS_TOLD = 2
#: The observed values that mining's figures stand on.
HASHPRICE_PARTS = frozenset({"btc_price_usd", "difficulty", "fees_btc_per_block"})


def missing_words(report: Report, pools: Pools) -> str:
    """Say which quantities a refresh did not get and why, in one sentence, and in another what is left of them.

    `pools` is what is known. Empty if it got all, or was cancelled.
    """
    missing, without = [], []
    for outcome in report.outcomes:
        failures = [failure for failure in outcome.failures if failure.kind is not FailureKind.CANCELLED]
        if outcome.fetched is None and failures:
            causes = ", ".join(f"{PROVIDERS[f.source].label} {FAILURE_WORDS[f.kind]}" for f in failures)
            missing.append(f"{words.inside_sentence(TOPIC_LABELS[outcome.topic])} ({causes})")
            without += [] if aftermath.kept(outcome, pools) else [TOPIC_LABELS[outcome.topic]]
    if not missing:
        return ""
    left = "Older values stay, with their dates" if len(without) < len(missing) else "No older value is there"
    none = f"; there is none yet of {aftermath.listed(without)}" if 0 < len(without) < len(missing) else ""
    return f"Not refreshed: {'; '.join(missing)}. {left}{none}."


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
        "source’s, are used. Numbers on the page Data says of each who is believed and why."
    )
    return {"doubts": text}
