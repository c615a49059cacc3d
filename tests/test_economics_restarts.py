"""The best runs under least times off and on and a ramp: brute force, a plain recursion, and free machines."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minerdesk.economics import restarts
from minerdesk.economics.restarts import best_runs

prices_of = st.lists(st.integers(min_value=-60, max_value=160), min_size=1, max_size=9)
lengths_of = st.sampled_from([0.25, 0.5, 1.0])


def won(runs, prices, hours, stop_at, start_cost):
    mask = runs.mask(len(prices))
    return float(((stop_at - prices) * hours)[mask].sum()) - runs.starts * start_cost


def keeps_times(runs, begins_h, ends_h, down, up) -> bool:
    """Whether no pause between two runs, and no run after a start, is shorter than it may be."""
    last = len(ends_h)
    for number, (begin, end) in enumerate(zip(runs.begins, runs.ends, strict=True)):
        was_started = number > 0 or len(runs.begins) == runs.starts
        if was_started and end < last and ends_h[end - 1] - begins_h[begin] < up - 1e-9:
            return False
        if number and begins_h[begin] - begins_h[runs.ends[number - 1]] < down - 1e-9:
            return False
    return True


def by_brute_force(prices, hours, stop_at, start_cost, down, up):
    """Try every pattern of running and standing still."""
    begins_h = np.concatenate([[0.0], np.cumsum(hours)])
    best, size = -np.inf, len(prices)
    for pattern in product([False, True], repeat=size):
        changes = [i for i in range(1, size) if pattern[i] != pattern[i - 1]]
        edges = [*changes, size]
        allowed = all(
            nxt == size or begins_h[nxt] - begins_h[at] >= (up if pattern[at] else down) - 1e-9
            for at, nxt in zip(changes, edges[1:], strict=True)
        )
        if allowed:
            starts = sum(pattern[i] for i in changes)  # before the first interval was whatever suits
            value = sum((stop_at - p) * h for p, h, on in zip(prices, hours, pattern, strict=True) if on)
            best = max(best, value - starts * start_cost)
    return best


@given(
    prices=prices_of,
    stop_at=st.integers(min_value=-20, max_value=120),
    start_cost=st.sampled_from([0.0, 5.0, 40.0]),
    down=st.sampled_from([0.0, 0.5, 1.0, 2.5, 4.0]),
    up=st.sampled_from([0.0, 1.0, 2.0, 3.0]),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_the_best_of_all_patterns_is_found(prices, stop_at, start_cost, down, up, data) -> None:
    hours = np.array(data.draw(st.lists(lengths_of, min_size=len(prices), max_size=len(prices))))
    prices = np.array(prices, dtype=float)
    runs = best_runs(
        prices, hours, np.array([float(stop_at)]), np.array([start_cost]), minimum_down_h=down, minimum_up_h=up
    )[0]
    begins_h = np.concatenate([[0.0], np.cumsum(hours)])
    assert keeps_times(runs, begins_h, begins_h[1:], down, up)
    expected = by_brute_force(prices, hours, stop_at, start_cost, down, up)
    assert won(runs, prices, hours, stop_at, start_cost) == pytest.approx(expected, abs=1e-6)


def by_recursion(prices, hours, stop_at, start_cost, down, up) -> float:
    """Walk the recursion of the module by hand, one interval and one class at a time; equal intervals alone."""
    size = len(prices)
    gains = ((stop_at - prices) * hours).tolist()
    running, still = [0.0] * (size + 1), [0.0] * (size + 1)
    for i in range(size - 1, -1, -1):
        until = min(i + up, size)
        running[i] = max(gains[i] + running[i + 1], still[min(i + down, size)])
        still[i] = max(still[i + 1], sum(gains[i:until]) + running[until] - start_cost)
    return max(running[0], still[0])


@pytest.mark.parametrize(("down", "up", "start_cost"), [(1, 1, 12.0), (6, 1, 0.0), (4, 5, 30.0), (48, 12, 100.0)])
def test_blocks_side_by_side_equal_one_walk_through_time(down: int, up: int, start_cost: float) -> None:
    random = np.random.default_rng(11)
    walk = np.cumsum(random.normal(0, 6, 6_000))
    prices = (
        45 + 30 * np.sin(np.arange(6_000) / 24 * 2 * np.pi) + (walk - walk.mean()) * 0.4 + random.normal(0, 15, 6_000)
    )
    hours, stops = np.full(6_000, 0.5), np.array([20.0, 45.0, 80.0])
    found = best_runs(prices, hours, stops, np.full(3, start_cost), minimum_down_h=down * 0.5, minimum_up_h=up * 0.5)
    for runs, stop_at in zip(found, stops, strict=True):
        expected = by_recursion(prices, hours, stop_at, start_cost, down, up)
        assert won(runs, prices, hours, stop_at, start_cost) == pytest.approx(expected, rel=1e-9)


def test_a_block_that_does_not_look_far_enough_is_solved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    solve = restarts._Problem._solve

    def watched(self, stop_at, start_cost, block, warm):
        asked.append(warm)
        return solve(self, stop_at, start_cost, block, warm)

    monkeypatch.setattr(restarts._Problem, "_solve", watched)
    prices = np.where(np.arange(4_000) < 3_990, 50.01, 10.0)  # a hair of loss for long, then a gain worth a start
    prices[0] = 10.0
    hours = np.ones(4_000)
    runs = best_runs(prices, hours, np.array([50.0]), np.array([300.0]))[0]
    assert len(asked) > 1
    expected = by_recursion(prices, hours, 50.0, 300.0, 1, 1)
    assert won(runs, prices, hours, 50.0, 300.0) == pytest.approx(expected)
    assert runs.starts == 0, "the long small loss is cheaper than a start"


def by_recursion_on_a_clock(prices, hours, begins_h, stop_at, start_cost, down_h, up_h) -> float:
    """Walk the recursion for intervals of any length with gaps between them."""
    size = len(prices)
    gains = (stop_at - prices) * hours

    def first_after(i, least_h):
        return next((j for j in range(i + 1, size) if begins_h[j] >= begins_h[i] + least_h - 1e-9), size)

    running, still = [0.0] * (size + 1), [0.0] * (size + 1)
    for i in range(size - 1, -1, -1):
        until = first_after(i, up_h)
        running[i] = max(gains[i] + running[i + 1], still[first_after(i, down_h)])
        still[i] = max(still[i + 1], float(gains[i:until].sum()) + running[until] - start_cost)
    return max(running[0], still[0])


@pytest.mark.parametrize(("down_h", "up_h"), [(3.0, 0.0), (1.2, 2.7), (0.0, 5.0)])
def test_blocks_keep_least_times_through_gaps_and_changing_lengths(down_h: float, up_h: float) -> None:
    random = np.random.default_rng(13)
    hours = random.choice([0.25, 0.5, 1.0], 3_000)
    gaps = np.where(random.random(3_000) < 0.02, random.exponential(4, 3_000), 0.0)
    begins_h = np.concatenate([[0.0], np.cumsum(hours + gaps)[:-1]])
    prices = 45 + 25 * np.sin(begins_h / 24 * 2 * np.pi) + random.normal(0, 15, 3_000)
    stops = np.array([30.0, 55.0])
    found = best_runs(
        prices,
        hours,
        stops,
        np.array([8.0, 0.0]),
        moments_h=begins_h,
        minimum_down_h=down_h,
        minimum_up_h=up_h,
    )
    for runs, stop_at, start_cost in zip(found, stops, (8.0, 0.0), strict=True):
        assert keeps_times(runs, np.append(begins_h, np.inf), begins_h + hours + gaps, down_h, up_h)
        expected = by_recursion_on_a_clock(prices, hours, begins_h, stop_at, start_cost, down_h, up_h)
        assert won(runs, prices, hours, stop_at, start_cost) == pytest.approx(expected, rel=1e-9)


def test_gaps_count_as_time_off() -> None:
    prices, hours = np.array([10.0, 120.0, 10.0]), np.ones(3)
    limit, free = np.array([50.0]), np.zeros(1)
    tight = best_runs(prices, hours, limit, free, minimum_down_h=3)[0]
    assert tight.begins.tolist() == [0] and tight.ends.tolist() == [1], "the least time off ends with the prices"
    gap = best_runs(prices, hours, limit, free, moments_h=np.array([0.0, 1.0, 9.0]), minimum_down_h=3)[0]
    assert gap.mask(3).tolist() == [True, False, True]


@cache
def _series() -> np.ndarray:
    return np.random.default_rng(3).normal(40, 30, 2_000)


def test_free_machines_stop_at_every_price_above() -> None:
    prices = _series()
    runs = best_runs(prices, np.ones(2_000), np.array([40.0]), np.zeros(1))[0]
    assert np.array_equal(runs.mask(2_000), prices <= 40.0)
