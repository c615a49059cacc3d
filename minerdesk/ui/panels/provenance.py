"""Where a value comes from and how old it is, in the words and signs that strip, status bar and source list share."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from minerdesk import words
from minerdesk.economics import plausibility
from minerdesk.errors import FailureKind
from minerdesk.observations import Observation, State
from minerdesk.quantities import QUANTITIES
from minerdesk.snapshot import Snapshot, SourceFailure
from minerdesk.sources.endpoints import BUNDLED_LABEL, TYPED_LABEL, label_of

_SIGNS = {
    State.LIVE: ("live", "gain"),
    State.CACHED: ("clock", "muted"),
    State.BUNDLED: ("clock", "muted"),
    State.MANUAL: ("pencil", "accent"),
}
_WORDS = {State.LIVE: "live", State.CACHED: "cached", State.BUNDLED: "bundled", State.MANUAL: "typed"}
_GRAVITY = (State.LIVE, State.MANUAL, State.CACHED, State.BUNDLED)

_FAILURES = {
    FailureKind.OFFLINE: "no network",
    FailureKind.TIMEOUT: "no answer in time",
    FailureKind.REFUSED: "no answer of use",
    FailureKind.BLOCKED: "blocked",
    FailureKind.NEEDS_KEY: "no key",
    FailureKind.RATE_LIMITED: "asked too often",
    FailureKind.MALFORMED: "unreadable answer",
    FailureKind.IMPLAUSIBLE: "answer not believed",
    FailureKind.CANCELLED: "stopped",
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How much a value can be relied on now: a sign, its colour's role, and words; `brief` is the age or date alone."""

    icon: str
    role: str
    text: str
    brief: str


def standing(found: Observation, now: datetime) -> Standing:
    """Return the standing of a value: live, cached, bundled or typed with its age.

    Special case: an expired value is called by its date, in the colour of a warning, and never by its age.
    """
    word = _WORDS[found.state(now)]
    if found.is_expired(now):
        brief = f"of {words.day(found.as_of)}"
        return Standing(icon="warning", role="warning", text=f"{brief} · {word}", brief=brief)
    icon, role = _SIGNS[found.state(now)]
    brief = words.age(found.age(now))
    return Standing(icon=icon, role=role, text=f"{word} · {brief}", brief=brief)


def gravest(found: Iterable[Observation], now: datetime) -> Observation | None:
    """Return the observation that a figure made of all of them has to answer for: expired, bundled, oldest first."""
    return max(
        found,
        key=lambda one: (one.is_expired(now), _GRAVITY.index(one.state(now)), one.age(now)),
        default=None,
    )


def source_label(source: str) -> str:
    """Return the name of a source for people."""
    return label_of(source)


def source_detail(source: str) -> str:
    """Return what a source's name says beyond its label, or an empty text.

    >>> source_detail("bundled: block headers"), source_detail("coinbase")
    ('Block headers', '')
    """
    rest = source.partition(":")[2].strip()
    return rest[:1].upper() + rest[1:]


def failure_words(kind: FailureKind) -> str:
    """Return how a source failed, in two or three words."""
    return _FAILURES[kind]


def failure_sentence(kind: FailureKind, hint: str) -> str:
    """Return how a source failed and what follows: its hint, which names the kind in a sentence, else those words.

    >>> failure_sentence(FailureKind.IMPLAUSIBLE, "Its answer is not believed: it is zero.")
    'Its answer is not believed: it is zero.'
    >>> failure_sentence(FailureKind.TIMEOUT, "")
    'No answer in time.'
    """
    return hint or f"{failure_words(kind).capitalize()}."


def value_words(found: Observation) -> str:
    """Write an observed value with its unit, as far as the eye can use it."""
    return plausibility.value_words(found.quantity, found.value)


def described(found: Observation, now: datetime) -> str:
    """Return one line on a value: what it is, how much, by whom, of when, and in which state."""
    detail = f" ({found.detail})" if found.detail else ""
    return (
        f"{QUANTITIES[found.quantity].label}: {value_words(found)}{detail}. {full_source(found)}, "
        f"as of {words.day_and_time(found.as_of)} UTC, {standing(found, now).text}."
    )


def described_in(snapshot: Snapshot, found: Observation) -> list[str]:
    """Return the line on a value, and one on what speaks against it if anything does."""
    doubt = snapshot.doubt(found.quantity)
    return [described(found, snapshot.now), *([f"Warning: {doubt.message}"] if doubt else [])]


def standing_in(snapshot: Snapshot, found: Observation, *others: str) -> Standing:
    """Return the standing of a value, with the sign of a warning if it, or one of the quantities `others`, is doubted.

    It is called in doubt unless the doubt is settled: then what is doubted is another source's. Special case: an
    expired one keeps its date, a warning already.
    """
    said, doubt = standing(found, snapshot.now), snapshot.doubt(found.quantity, *others)
    if doubt is None or found.is_expired(snapshot.now):
        return said
    text, brief = f"in doubt · {said.text}", f"in doubt · {said.brief}"
    if doubt.settled:
        text, brief = f"{said.text} · warning", said.text
    return Standing(icon="warning", role="warning", text=text, brief=brief)


def full_source(found: Observation) -> str:
    """Return the label of a value's source and what else its name says."""
    detail = source_detail(found.source)
    return f"{source_label(found.source)}: {detail}" if detail else source_label(found.source)


def believed(snapshot: Snapshot) -> list[Observation]:
    """Return everything that a snapshot believes: the single values, then the newest point of each series."""
    trends = snapshot.trends
    newest = [series.newest() for series in (trends.price, trends.hashrate, trends.difficulty)]
    singles = [snapshot.observations[name] for name in QUANTITIES if name in snapshot.observations]
    return singles + [point for point in newest if point is not None]


@dataclass(frozen=True, kw_only=True)
class SourceSummary:
    """One source with everything it is believed in, and how it failed when it was last asked, if it did."""

    label: str
    values: tuple[Observation, ...] = ()
    failures: tuple[SourceFailure, ...] = ()

    def standing(self, now: datetime) -> Standing:
        """Return the standing of the source: its failure before the gravest of its values."""
        found = gravest(self.values, now)
        if self.failures:
            text = failure_words(self.failures[0].kind)
            return Standing(icon="warning", role="warning", text=text, brief="failed")
        if found is None:
            return Standing(icon="info", role="muted", text="nothing", brief="")
        said = standing(found, now)
        if self.label not in (BUNDLED_LABEL, TYPED_LABEL):
            return said
        several = len({words.day(value.as_of) for value in self.values}) > 1
        text = f"(oldest: {said.brief.removeprefix('of ')})" if several else said.brief
        return replace(said, text=text, brief=text)

    def explained(self, now: datetime) -> str:
        """Return all that is known of the source, a line each: failures with their remedy, then its values."""
        failed = [
            f"Failed at {words.day_and_time(failure.at)} UTC. {failure_sentence(failure.kind, failure.hint)}"
            for failure in self.failures
        ]
        return "\n".join([self.label, *failed, *(described(found, now) for found in self.values)])


def sources(snapshot: Snapshot) -> list[SourceSummary]:
    """Group what a snapshot believes by source, in the order in which the values are listed; failed ones come last."""
    found: dict[str, SourceSummary] = {}
    for value in believed(snapshot):
        label = source_label(value.source)
        known = found.get(label, SourceSummary(label=label))
        found[label] = replace(known, values=(*known.values, value))
    for failure in snapshot.failures:
        label = source_label(failure.source)
        known = found.get(label, SourceSummary(label=label))
        found[label] = replace(known, failures=(*known.failures, failure))
    return sorted(found.values(), key=lambda summary: bool(summary.failures))
