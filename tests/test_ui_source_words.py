"""How a source is doing: its badge in a word or two, when it is asked next, how it failed in a sentence."""

import itertools
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sample_desk import NOW
from sample_page import state_of

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import failures
from minerdesk.sources.ask import Fetched
from minerdesk.sources.breaker import Breaker
from minerdesk.sources.credentials import KeyCredentials
from minerdesk.sources.refresh import Outcome, Report
from minerdesk.ui.panels.source_detail import SourceDetail
from minerdesk.ui.panels.source_words import badge_of, next_words
from minerdesk.ui.theme import LIGHT


def test_a_source_never_asked_says_so_and_a_fallback_waits_for_its_turn():
    first, fallback = state_of("coinbase"), state_of("kraken")
    assert badge_of(first, NOW, offline=False)[2] == "not asked yet"
    assert next_words(first, NOW, offline=False) == "now"
    assert next_words(fallback, NOW, offline=False) == "as a fallback"
    assert next_words(first, NOW, offline=True) == "offline"
    assert [(service.label, service.rank) for service in fallback.services] == [("BTC price", 2)]


def test_the_next_try_is_the_refresh_age_or_the_end_of_a_pause():
    fetched = {"btc_price_usd": NOW - timedelta(seconds=20)}
    assert next_words(state_of("coinbase", last_fetched=fetched), NOW, offline=False) == "within 1 min"
    clock = [0.0]
    breaker = Breaker("coinbase", lambda: clock[0])
    breaker.failed(failures.of_status("coinbase", 451, None))
    blocked = state_of("coinbase", {"coinbase": breaker.health()}, last_fetched=fetched)
    assert next_words(blocked, NOW, offline=False) == "in 24 h"
    assert blocked.failure is FailureKind.BLOCKED and blocked.failures_in_row == 1 and blocked.failed_at == NOW
    clock[0] = 30.0
    breaker.succeeded()
    well = state_of("coinbase", {"coinbase": breaker.health(0.04)}, last_fetched=fetched)
    assert well.failure is None and well.last_success == NOW and badge_of(well, NOW, offline=False)[2] == "fresh"


def test_what_failed_a_moment_ago_is_not_tried_now():
    never = {"rests_s": {"spot": 45.0}}
    assert next_words(state_of("coinbase", **never), NOW, offline=False) == "within 1 min"
    assert next_words(state_of("okx", **never), NOW, offline=False) == "now", "another topic's"
    later = {"btc_price_usd": NOW + timedelta(minutes=9)}
    assert next_words(state_of("coinbase", last_fetched=later, **never), NOW, offline=False) == "in 10 min"


def test_an_earlier_run_counts_as_the_last_success():
    earlier = NOW - timedelta(hours=3)
    state = state_of("okx", last_given={"okx": earlier})
    assert state.last_success == earlier and badge_of(state, NOW, offline=False)[2] == "fresh"


def test_states_are_told_by_words_off_and_needs_a_key_among_them():
    def told(name, age_h=None, **changes):
        given = {} if age_h is None else {"last_given": {name: NOW - timedelta(hours=age_h)}}
        return badge_of(state_of(name, **given, **changes), NOW, offline=False)[2]

    assert told("coinglass") == told("bitcoind") == "off"
    assert told("okx", 3) == "fresh" and told("okx", 30) == "stale"
    assert told("kraken") == told("kraken", 30) == "in reserve" and told("kraken", 0.2) == "fresh"
    assert told("ecb") == "on demand" and told("coinbase") == "not asked yet"
    for kind, word in (
        (FailureKind.NEEDS_KEY, "needs a key"),
        (FailureKind.BLOCKED, "blocked"),
        (FailureKind.RATE_LIMITED, "paused"),
        (FailureKind.MALFORMED, "down"),
        (FailureKind.TIMEOUT, "down"),
        (FailureKind.IMPLAUSIBLE, "not believed"),
    ):
        clock = [0.0]
        breaker = Breaker("okx", lambda clock=clock: clock[0])
        breaker.failed(SourceError(kind, "okx", "So it is."))
        icon, role, text = badge_of(state_of("okx", {"okx": breaker.health()}), NOW, offline=False)
        assert (role, text) == ("warning", word) and icon
    breaker = Breaker("okx", lambda: 0.0)
    breaker.unasked()
    idle = state_of("okx", {"okx": breaker.health()})
    assert badge_of(idle, NOW, offline=False)[1:] == ("muted", "nothing to ask")
    assert next_words(idle, NOW, offline=False) == "–"
    assert told("okx", 3, health={"okx": breaker.health()}) == "fresh", "all that it has was fetched before"


def without_key() -> SourceError:
    with pytest.raises(SourceError) as told:
        KeyCredentials(lambda _provider: None).headers("coinglass")
    return told.value


#: One failure of every kind as the program builds it, and what names the kind to a reader.
FAILED = (
    (failures.unreachable("okx", "Its name could not be found"), "network connection"),
    (failures.switched_off("okx"), "offline mode"),
    (failures.timed_out("okx"), "did not answer in time"),
    (failures.refused("okx", "It accepts no connection"), "accepts no connection"),
    (failures.of_status("okx", 500, None), "answered with an error (HTTP 500)"),
    (failures.of_status("okx", 404, None), "nothing at this address"),
    (failures.of_status("okx", 451, None), "does not serve this network"),
    (failures.of_status("okx", 429, 30.0), "asked too often"),
    (failures.malformed("okx", "it is no JSON"), "can't be read"),
    (failures.implausible("okx", "the price is 0"), "not believed"),
    (failures.cancelled("okx"), "was stopped"),
    (without_key(), "wants a key"),
)


def test_every_kind_is_among_those_that_failed_here():
    assert {error.kind for error, _ in FAILED} == set(FailureKind)


@pytest.mark.parametrize(("error", "named"), FAILED, ids=lambda one: one if isinstance(one, str) else "")
def test_a_card_says_once_how_its_source_failed(qtbot, error, named):
    card = SourceDetail(LIGHT)
    qtbot.addWidget(card)
    state = replace(state_of("okx"), failure=error.kind, failure_hint=error.hint, failed_at=NOW)
    card.show_source(state, {}, offline=False)
    assert card.failure.text() == f"Failed at 16 Jan 2026, 12:00 UTC. {error.hint}"
    outcome = Outcome(topic="open_interest", fetched=None, source=None, failures=(error,), latency_s=0.1)
    card.show_result("okx", Report(outcomes=(outcome,)), NOW)
    assert card.result.text() == f"Tested 16 Jan 2026, 12:00 UTC. {error.hint}"
    for said in (card.failure.text(), card.result.text()):
        assert said.count(named) == 1
        told = re.findall(r"[a-z']+", said.lower())
        pairs = list(itertools.pairwise(told))
        assert len(pairs) == len(set(pairs)), f"it repeats itself: {said}"


def test_a_failure_without_a_hint_is_told_by_its_kind(qtbot):
    card = SourceDetail(LIGHT)
    qtbot.addWidget(card)
    card.show_source(replace(state_of("okx"), failure=FailureKind.TIMEOUT), {}, offline=False)
    assert card.failure.text() == "Failed. No answer in time."


def test_a_test_with_nothing_to_ask_says_so_and_why(qtbot):
    card = SourceDetail(LIGHT)
    qtbot.addWidget(card)
    name = "gpurentalprices_past"
    card.show_source(state_of(name), {}, offline=False)
    idle = Outcome(
        topic="gpu_history",
        fetched=Fetched(nothing_to_ask="its record begins on 5 Jul 2026"),
        source=name,
        failures=(),
        latency_s=0.0,
    )
    card.show_result(name, Report(outcomes=(idle,)), NOW)
    assert card.result.text() == "Nothing was asked of it: its record begins on 5 Jul 2026."
