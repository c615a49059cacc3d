"""A block height that does not move: what counts of the time, from when on it is doubted, and how often for nothing."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk import words
from minerdesk.economics.standstill import STANDSTILL, TIP, Stand, same_height, standstill_doubt
from minerdesk.observations import Observation, Origin
from minerdesk.pools import Pools
from minerdesk.units import BLOCK_SECONDS

NOON = datetime(2026, 1, 16, 12, tzinfo=UTC)
HEIGHT = 932_513.0


def fetched(minutes: float, height: float = HEIGHT, origin: Origin = Origin.NETWORK) -> Observation:
    at = NOON + timedelta(minutes=minutes)
    return Observation(
        quantity=TIP, value=height, unit="blocks", as_of=at, fetched_at=at, source="mempool", origin=origin
    )


def stand_after(*found: Observation) -> Stand | None:
    pools = Pools()
    for one in found:
        pools.add(one, NOON + timedelta(days=9))
    return pools.stand


@pytest.mark.parametrize(("minutes", "doubted"), [(5, False), (119.9, False), (120, True), (600, True)])
def test_a_height_is_doubted_from_two_hours_on(minutes: float, doubted: bool) -> None:
    stand = stand_after(fetched(0), fetched(5), fetched(60))
    assert bool(standstill_doubt(fetched(minutes), stand)) == doubted


def test_the_doubt_says_which_block_and_since_when() -> None:
    said = words.plain(standstill_doubt(fetched(125), stand_after(fetched(0))))
    assert said.startswith("block 932 513 has been the last one since 16 Jan 2026, 12:00 UTC, for 2 h; a block comes")


def test_a_new_block_begins_anew_and_another_height_is_none_that_stands() -> None:
    stand = stand_after(fetched(0), fetched(110), fetched(115, HEIGHT + 1))
    assert stand == Stand(height=HEIGHT + 1, since=NOON + timedelta(minutes=115))
    assert standstill_doubt(fetched(125), stand) == "" and standstill_doubt(fetched(130, HEIGHT + 1), stand) == ""


def test_only_time_between_two_fetches_counts_not_what_passes_without_one() -> None:
    """A computer that slept from the last fetch on knows nothing of the night: a height of 12:00 is no old height."""
    stand = stand_after(fetched(0), fetched(5))
    assert stand == Stand(height=HEIGHT, since=NOON)
    assert standstill_doubt(fetched(600, HEIGHT + 60), stand) == ""
    assert standstill_doubt(fetched(600), stand), "the first fetch after it that gives the same does say something"


def test_what_is_bundled_or_in_a_file_is_no_fetch_and_what_is_cached_is_one() -> None:
    assert stand_after(fetched(0, origin=Origin.BUNDLE), fetched(1, origin=Origin.FILE)) is None
    assert stand_after(fetched(0, origin=Origin.CACHE), fetched(90)) == Stand(height=HEIGHT, since=NOON)


@given(st.floats(0.0, 1e4), st.integers(3, 1_000))
def test_no_other_quantity_and_no_moved_height_is_ever_doubted(minutes: float, blocks: int) -> None:
    stand = Stand(height=HEIGHT, since=NOON)
    assert standstill_doubt(fetched(minutes, HEIGHT + blocks), stand) == ""
    assert not same_height(HEIGHT, HEIGHT + blocks)
    assert standstill_doubt(fetched(minutes), None) == ""


def test_by_the_exponential_law_two_hours_are_one_gap_in_three_years() -> None:
    gaps_a_year = 365.25 * 86_400 / BLOCK_SECONDS
    expected = gaps_a_year * math.exp(-STANDSTILL.total_seconds() / BLOCK_SECONDS)
    assert 0.3 < expected < 0.35
    drawn = np.random.default_rng(7).exponential(BLOCK_SECONDS, size=round(100 * gaps_a_year))
    assert np.sum(drawn > STANDSTILL.total_seconds()) == pytest.approx(
        100 * expected, abs=3 * math.sqrt(100 * expected)
    )
