"""Price zones: drawn and found, the example of January 2026, and what rows are refused."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_market import line

from minerdesk.economics import zones
from minerdesk.economics.zones import Side, Zone, auto_zones, nearest

SUPPORT = {"label": "support", "low_usd": 92_000.0, "high_usd": 95_000.0}
RESISTANCE = {"label": "resistance", "low_usd": 96_000.0, "high_usd": 100_000.0}
#: Closes of 1 to 16 January 2026.
CLOSES = (88_684, 89_940, 90_598, 91_360, 93_949, 93_574, 91_209, 91_097, 90_540, 90_406, 90_717, 91_141, 95_304)
CLOSES += (97_044, 95_546, 95_489)


def test_january_2026_stood_between_the_published_zones() -> None:
    support, resistance = zones.read_rows([RESISTANCE, SUPPORT])
    assert [zone.label for zone in (support, resistance)] == ["support", "resistance"]
    price = CLOSES[-1]
    assert (support.side(price), resistance.side(price)) == (Side.SUPPORT, Side.RESISTANCE)
    assert support.distance_fraction(price) == pytest.approx(-0.0051, abs=1e-4)
    assert resistance.distance_fraction(price) == pytest.approx(0.0054, abs=1e-4)
    assert nearest((support, resistance), price) == (support, resistance)
    assert support.side(88_237) is Side.RESISTANCE, "five days later the support lay above"


def test_the_densest_closes_of_january_lie_under_the_published_support() -> None:
    found = auto_zones(line("btc_price_daily_usd", "2026-01-01", CLOSES).times, np.array(CLOSES, dtype=float))
    densest = max(found, key=lambda zone: zone.share or 0)
    assert densest.low_usd < 90_500 < 91_200 < densest.high_usd < 92_500
    below, _ = nearest(found, 95_489)
    assert below is not None


def test_two_clusters_give_two_zones_with_their_shares() -> None:
    closes = np.concatenate([np.full(60, 50_000.0), np.full(20, 60_000.0)])
    low, high = auto_zones(line("btc_price_daily_usd", "2025-06-01", closes).times, closes)
    assert low.low_usd < 50_000 < low.high_usd < 52_000
    assert high.low_usd < 60_000 < high.high_usd
    assert (low.share, high.share) == pytest.approx((0.75, 0.25))


def test_only_the_window_counts_and_a_week_weighs_as_seven_days() -> None:
    old = np.concatenate([np.full(200, 20_000.0), np.full(180, 50_000.0)])
    assert [
        round(zone.low_usd, -4) for zone in auto_zones(line("btc_price_daily_usd", "2025-01-01", old).times, old)
    ] == [50_000]
    weekly = np.full(26, 50_000.0)
    assert len(auto_zones(line("btc_price_daily_usd", "2025-06-01", weekly, step=7).times, weekly)) == 1


def test_too_few_closes_and_gaps_give_no_zone_and_break_nothing() -> None:
    times = line("btc_price_daily_usd", "2026-01-01", np.ones(30)).times
    assert auto_zones(times[:0], np.array([])) == ()
    assert auto_zones(times[:11], np.full(11, 9e4)) == ()
    assert auto_zones(times, np.full(30, np.nan)) == ()
    holed = np.where(np.arange(30) % 2, 9e4, 0.0)
    assert len(auto_zones(times, holed)) == 1


@given(st.lists(st.floats(1_000, 200_000), min_size=12, max_size=60))
def test_zones_are_ordered_do_not_overlap_and_lie_where_closes_are(closes: list[float]) -> None:
    values = np.array(closes)
    found = auto_zones(np.arange(len(values)) * 86_400, values)
    assert 1 <= len(found) <= zones.MOST_ZONES
    for zone in found:
        assert values.min() * 0.95 < zone.low_usd < zone.high_usd < values.max() * 1.05
    for one, other in itertools.pairwise(found):
        assert one.high_usd <= other.low_usd * 1.0011
    assert sum(zone.share or 0 for zone in found) <= 1 + 1e-9


def test_the_edges_of_a_zone_belong_to_it() -> None:
    zone = Zone(low_usd=10, high_usd=20)
    assert [zone.side(price) for price in (9.9, 10, 20, 20.1)] == [
        Side.RESISTANCE,
        Side.INSIDE,
        Side.INSIDE,
        Side.SUPPORT,
    ]
    assert zone.distance_fraction(15) == 0
    assert zone.is_own


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"low_usd": 1.0}, "high_usd takes a price"),
        ({"low_usd": "92k", "high_usd": 95e3}, "low_usd takes a price"),
        ({"low_usd": True, "high_usd": 95e3}, "low_usd takes a price"),
        ({"low_usd": -5.0, "high_usd": 95e3}, "low_usd is -5"),
        ({"low_usd": float("nan"), "high_usd": 95e3}, "low_usd is nan"),
        ({"low_usd": 95e3, "high_usd": 92e3}, "must lie above"),
        ({"low_usd": 92e3, "high_usd": 92e3}, "must lie above"),
        ({**SUPPORT, "color": "red"}, "no column"),
        ({**SUPPORT, "label": "x" * 61}, "60 letters"),
        ({**SUPPORT, "label": 5.0}, "takes text"),
    ],
)
def test_a_bad_row_is_named(row: dict[str, object], said: str) -> None:
    (problem,) = zones.check_rows([SUPPORT, row])  # type: ignore[list-item] # what a file may hold
    assert problem.field.startswith("zones[2].")
    assert said in problem.message


def test_no_more_rows_than_the_chart_takes() -> None:
    assert zones.check_rows([SUPPORT] * zones.MOST_ROWS) == []
    assert len(zones.check_rows([SUPPORT] * (zones.MOST_ROWS + 1))) == 1
