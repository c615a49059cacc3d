"""What is used after a refresh, and who failed at what: the same words for the window and the command line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minerdesk import words
from minerdesk.errors import SourceError
from minerdesk.pools import Pools
from minerdesk.sources.endpoints import label_of
from minerdesk.sources.refresh import Outcome, Report
from minerdesk.sources.topics import TOPICS

_TOPICS = {topic.name: topic for topic in TOPICS}


@dataclass(frozen=True, kw_only=True)
class Failed:
    """One way in which a source failed, and every topic that it failed so at."""

    failure: SourceError
    outcomes: tuple[Outcome, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of these topics."""
        return tuple(label(outcome) for outcome in self.outcomes)


def label(outcome: Outcome) -> str:
    """Return the name of a topic for people."""
    return _TOPICS[outcome.topic].label if outcome.topic in _TOPICS else outcome.topic


def merged(outcomes: Iterable[Outcome]) -> tuple[Failed, ...]:
    """Return every failure once, in the order in which they came: same source, same kind and same words are one."""
    found: dict[tuple[str, str, str], Failed] = {}
    for outcome in outcomes:
        for failure in outcome.failures:
            key = failure.source, failure.kind.value, failure.hint
            known = found.get(key, Failed(failure=failure, outcomes=()))
            if outcome not in known.outcomes:
                found[key] = Failed(failure=known.failure, outcomes=(*known.outcomes, outcome))
    return tuple(found.values())


def used(outcome: Outcome, pools: Pools) -> str:
    """Say what is used of a topic now: whose answer, else the last value with its date, else that there is none.

    Where nothing was asked, that and why comes in the place of an answer.
    """
    if outcome.nothing_to_ask:
        return kept(outcome, pools) or f"none, for {outcome.nothing_to_ask}"
    if outcome.fetched is not None and outcome.source is not None:
        return f"{label_of(outcome.source)}’s answer is used"
    return kept(outcome, pools) or "there is none yet"


def kept(outcome: Outcome, pools: Pools) -> str:
    """Say what is left of a topic that nobody gave; empty if nothing is."""
    quantity = _TOPICS[outcome.topic].headline if outcome.topic in _TOPICS else ""
    found = pools.reference(quantity)
    if found is not None:
        return f"the last one stays, of {words.day_and_time(found.as_of)} UTC ({label_of(found.source)})"
    fetched = pools.last_fetched().get(quantity)  # rental rates by GPU have a record of their own
    return f"what was fetched on {words.day(fetched)} stays" if fetched else ""


def follows(outcomes: Iterable[Outcome], pools: Pools) -> str:
    """Say in sentences what is used of several topics, those with the same answer together."""
    return _sentences((label(outcome), used(outcome, pools)) for outcome in outcomes)


def _sentences(told: Iterable[tuple[str, str]]) -> str:
    alike: dict[str, list[str]] = {}
    for name, said in told:
        alike.setdefault(said, []).append(name)
    sentences = (f"{listed(labels)}: {said}." for said, labels in alike.items())
    return " ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences)


def lasting(report: Report) -> list[SourceError]:
    """Return the failures of sources that gave nothing at all in this refresh, and those of topics nobody gave."""
    gave = {outcome.source for outcome in report.outcomes}
    lasting = []
    for outcome in report.outcomes:
        lasting += [failure for failure in outcome.failures if outcome.fetched is None or failure.source not in gave]
    return lasting


def explained(failures: Iterable[SourceError], outcomes: Sequence[Outcome], pools: Pools) -> list[SourceError]:
    """Return failures with what is used instead in their hints; `pools` is what is known."""
    answers = []
    failed = [(one, (label(one), used(one, pools))) for one in outcomes if one.failures]
    for failure in failures:
        mine = [told for one, told in failed if any(other.source == failure.source for other in one.failures)]
        hint = f"{failure.hint} {_sentences(mine)}".strip()
        answers.append(SourceError(failure.kind, failure.source, hint, retry_after_s=failure.retry_after_s))
    return answers


def listed(labels: Sequence[str]) -> str:
    """Return names as one list inside a sentence, each once; some have a comma of their own.

    >>> listed(["Difficulty", "Block height", "BTC price"])
    'difficulty; block height; BTC price'
    """
    return "; ".join(dict.fromkeys(words.inside_sentence(one) for one in labels))
