"""The circuit breaker alone, and as the client uses it."""

import pytest

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import endpoints, failures
from minerdesk.sources.breaker import (
    LONGEST_BAN_S,
    LONGEST_PAUSE_S,
    Breaker,
    Insist,
)
from minerdesk.sources.client import Client
from minerdesk.sources.failures import RATE_LIMIT_PAUSE_S


class Clock:
    """A monotonic clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def failed(kind: FailureKind = FailureKind.TIMEOUT, retry_after: float | None = None) -> SourceError:
    return SourceError(kind, "kraken", "x", retry_after_s=retry_after)


def is_open(breaker: Breaker, *, force: bool = False) -> bool:
    try:
        breaker.admit(Insist.REFRESH if force else Insist.NO)
    except SourceError:
        return True
    return False


def test_breaker_opens_after_three_failures_and_doubles_to_an_hour() -> None:
    clock = Clock()
    breaker = Breaker("kraken", clock)
    for _ in range(2):
        breaker.failed(failed())
    assert not is_open(breaker)
    breaker.failed(failed())
    for pause_s in (300.0, 600.0, 1200.0, 2400.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S):
        assert breaker.health().next_try_s == pause_s
        assert is_open(breaker)
        assert not is_open(breaker, force=True), "an explicit refresh may ask"
        clock.now += pause_s
        assert not is_open(breaker), "one probe"
        assert is_open(breaker), "only one probe"
        breaker.failed(failed())
    breaker.succeeded()
    assert not is_open(breaker)
    assert breaker.health().failures_in_row == 0
    assert breaker.health().last_success_s == 0.0


def test_failures_under_way_when_it_opens_do_not_lengthen_the_pause() -> None:
    breaker = Breaker("kraken", Clock())
    for _ in range(8):
        breaker.failed(failed())
    assert breaker.health().next_try_s == 300.0


def test_what_says_nothing_about_the_provider_does_not_count() -> None:
    breaker = Breaker("kraken", Clock())
    for _ in range(5):
        breaker.failed(failed(FailureKind.CANCELLED))
        breaker.failed(failed(FailureKind.OFFLINE))
        breaker.failed(failures.of_status("kraken", 404, None))
    assert not is_open(breaker)
    assert breaker.health().failures_in_row == 0
    assert breaker.health().last_failure is not None


@pytest.mark.parametrize(("asked", "kept"), [(7.0, 7.0), (None, RATE_LIMIT_PAUSE_S), (1e6, LONGEST_BAN_S)])
def test_rate_limit_is_honoured_at_once_and_by_everybody(asked: float | None, kept: float) -> None:
    clock = Clock()
    breaker = Breaker("kraken", clock)
    breaker.failed(failed(FailureKind.RATE_LIMITED, asked))
    assert breaker.health().next_try_s == kept
    assert is_open(breaker, force=True)
    clock.now += kept
    assert not is_open(breaker)


def test_client_leaves_a_failing_provider_alone() -> None:
    client = Client(endpoints.resolve({}, {}))

    def attempt(*, force: bool = False) -> None:
        with client.judged("kraken", force=force):
            raise failures.malformed("kraken", "nonsense")

    for _ in range(3):
        with pytest.raises(SourceError, match="nonsense"):
            attempt()
    with pytest.raises(SourceError, match="Not asked again for another 5 min"):
        attempt()
    with pytest.raises(SourceError, match="nonsense"):
        attempt(force=True)
    assert client.health()["kraken"].failures_in_row == 4
    assert client.health()["mempool"].failures_in_row == 0


def test_bug_inside_an_attempt_frees_the_probe() -> None:
    clock = Clock()
    client = Client(endpoints.resolve({}, {}), monotonic=clock)
    for _ in range(3):
        with pytest.raises(SourceError), client.judged("kraken"):
            raise failed()
    clock.now += 300
    with pytest.raises(ZeroDivisionError), client.judged("kraken"):
        raise ZeroDivisionError
    with client.judged("kraken"):
        pass
    with client.judged("kraken"):
        pass


def test_where_nothing_was_asked_nothing_succeeded_and_nothing_is_forgiven() -> None:
    client = Client(endpoints.resolve({}, {}))
    with client.judged("kraken"):
        pass
    health = client.health()["kraken"]
    assert health.last_success_s is None and health.nothing_to_ask
    with pytest.raises(SourceError), client.judged("kraken"):
        raise failed()
    with client.judged("kraken"):
        pass
    assert client.health()["kraken"].failures_in_row == 1
    with pytest.raises(SourceError), client.judged("kraken"):
        raise failed()
    assert not client.health()["kraken"].nothing_to_ask


def test_an_answer_that_is_not_believed_after_all_is_no_success_and_opens_the_breaker_in_the_end() -> None:
    clock = Clock()
    breaker = Breaker("kraken", clock)
    breaker.succeeded()
    error = failures.implausible("kraken", "it is ten times the last one")
    for times in (1, 2, 3):
        clock.now += 60
        breaker.admit()
        breaker.succeeded()
        breaker.disbelieved(error)
        health = breaker.health()
        assert (health.failures_in_row, health.last_success_s, health.last_failure_s) == (times, 60.0 * times, 0.0)
        assert health.last_failure is not None and health.last_failure.kind is FailureKind.IMPLAUSIBLE
    assert is_open(breaker) and breaker.health().next_try_s == 300.0
    clock.now += 300
    breaker.admit()
    breaker.succeeded()
    breaker.disbelieved(error)
    assert breaker.health().next_try_s == 600.0, "a probe that is not believed has failed"
    clock.now += 600
    breaker.admit()
    breaker.succeeded()
    assert breaker.health().failures_in_row == 0 and breaker.health().last_success_s == 0.0
