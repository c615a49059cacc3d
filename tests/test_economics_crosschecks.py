"""Whether the values on the desk can be true together: each check at its threshold, on both sides of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk import words
from minerdesk.economics.crosschecks import Held, hashprices_agree, survey
from minerdesk.observations import Observation, Origin, Series
from minerdesk.quantities import QUANTITIES

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
DAY = 86_400
TODAY = int(NOW.timestamp()) // DAY * DAY
DIFFICULTY = 146_472_570_619_930.78
#: The epoch before: its difficulty and what it took, in seconds; 2,016 blocks of it were 1.4 % too slow.
BEFORE, TOOK_S = 148_258_433_855_481.30, 1_224_939
FIRST = 931_392
BEGAN = int(NOW.timestamp()) - 706_073


def stated(quantity: str, value: float, source: str = "mempool", **changes: object) -> Observation:
    made = Observation(
        quantity=quantity,
        value=value,
        unit=QUANTITIES[quantity].unit,
        as_of=NOW,
        fetched_at=NOW,
        source=source,
        origin=Origin.NETWORK,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields of an observation


def daily(quantity: str, values: Sequence[float], source: str = "bitstamp", until: int = TODAY) -> Series:
    times = [until - (len(values) - i) * DAY for i in range(len(values))]
    return Series.of(quantity, times, values, source=source, fetched_at=NOW)


def epochs(new: float = DIFFICULTY, took_s: float = TOOK_S, first: int = FIRST, blocks: int = 2016) -> list[Series]:
    times = [BEGAN - took_s, BEGAN]
    return [
        Series.of("difficulty_epochs", times, [BEFORE, new], source="mempool", fetched_at=NOW),
        Series.of("epoch_heights", times, [first - blocks, first], source="mempool", fetched_at=NOW),
    ]


HEALTHY = (
    stated("btc_price_usd", 95_546.14, "coinbase"),
    stated("difficulty", DIFFICULTY),
    stated("tip_height", 932_513.0),
    stated("fees_btc_per_block", 0.0229),
    stated("network_hashrate_7d_eh_s", 1_004.8),
)
LINES = (
    daily("btc_price_daily_usd", [95_304.50, 97_043.99, 95_546.14]),
    daily("fees_daily_btc_per_block", [0.02] * 30, "mempool"),
    *epochs(),
)


def doubts(*changed: Observation, lines: Iterable[Series] = LINES) -> dict[str, str]:
    values = {one.quantity: one for one in (*HEALTHY, *changed)}
    held = Held(observations=values, series={line.quantity: line for line in lines}, now=NOW, named=str.title)
    return {doubt.quantity: words.plain(doubt.message) for doubt in survey(held)}


def test_sources_that_agree_give_no_warning() -> None:
    assert doubts() == {}
    assert doubts(lines=()) == {}


@pytest.mark.parametrize(("price", "doubted"), [(119_400, False), (119_500, True), (71_700, False), (71_600, True)])
def test_a_price_a_quarter_off_the_last_close_is_doubted_with_both_numbers(price: float, doubted: bool) -> None:
    said = doubts(stated("btc_price_usd", price, "coinbase"))
    assert ("btc_price_usd" in said) is doubted
    if doubted:
        text = said["btc_price_usd"]
        assert f"${price:,.0f} (Coinbase)".replace(",", " ") in text and "$95 546 (Bitstamp)" in text
        assert "15 Jan 2026" in text and "is used as it is" in text


def test_an_old_close_or_an_old_price_says_nothing() -> None:
    old = daily("btc_price_daily_usd", [50_000.0], until=TODAY - 3 * DAY)
    assert doubts(lines=[old]) == {}
    expired = stated("btc_price_usd", 200_000.0, as_of=NOW - timedelta(days=1), fetched_at=NOW - timedelta(days=1))
    assert doubts(expired) == {}


@pytest.mark.parametrize(("mean", "doubted"), [(1_415, False), (1_416, True), (682, False), (681, True)])
def test_a_hash_rate_far_from_what_difficulty_implies_is_doubted(mean: float, doubted: bool) -> None:
    said = doubts(stated("network_hashrate_7d_eh_s", mean))  # 1,048.5 EH/s is implied
    assert ("network_hashrate_7d_eh_s" in said) is doubted
    if doubted:
        assert "1 048 EH/s" in said["network_hashrate_7d_eh_s"]
        assert "146.47 T (Mempool)" in said["network_hashrate_7d_eh_s"]


def test_fees_of_a_halving_block_are_doubted_and_a_long_rush_is_not() -> None:
    rush = stated("fees_btc_per_block", 8.375)  # 20 April 2024
    said = doubts(rush)["fees_btc_per_block"]
    assert "8.3750 BTC (Mempool) are 268 % of the subsidy of 3.125 BTC" in said and "0.0200 BTC" in said
    assert doubts(rush, lines=[daily("fees_daily_btc_per_block", [3.0] * 30)]) == {}
    assert "median" not in doubts(rush, lines=())["fees_btc_per_block"]
    assert doubts(stated("fees_btc_per_block", 1.56)) == {}


def test_a_difficulty_that_the_rule_does_not_make_is_doubted() -> None:
    assert doubts(lines=epochs(new=DIFFICULTY * 1.005)) == {}
    said = doubts(lines=epochs(new=DIFFICULTY * 1.05))["difficulty"]
    assert "153.80 T (Mempool) is 5 % above the 146.40 T" in said and "consensus rule" in said
    assert "begin 4 032 blocks apart" in doubts(lines=epochs(blocks=4032))["difficulty"]
    assert doubts(lines=epochs(new=BEFORE * 4, took_s=200_000)) == {}, "no more than fourfold, however short it was"


def test_a_difficulty_that_outlived_its_epoch_is_doubted_and_so_is_a_tip_before_it() -> None:
    assert doubts(stated("tip_height", FIRST + 2027.0)) == {}, "the sources have two hours to tell the new one"
    said = doubts(stated("tip_height", FIRST + 2028.0))["difficulty"]
    assert "held until block 933 408" in said and "933 420 (Mempool)" in said
    assert "comes before block 931 392" in doubts(stated("tip_height", FIRST - 5.0))["tip_height"]
    other = stated("difficulty", DIFFICULTY * 1.01, "blockchain_info")
    assert doubts(other, stated("tip_height", FIRST + 2028.0)) == {}, "of another source, so not of these epochs"


def test_a_rate_that_only_one_source_states_is_doubted_when_it_leaps() -> None:
    rates = "gpu_rate_daily_usd_per_gpu_hour"
    assert doubts(lines=[daily(rates, [5.98, 8.9], "gpurentalprices")]) == {}
    said = doubts(lines=[daily(rates, [5.98, 9.1], "gpurentalprices")])
    assert (
        "9.10 $/GPU-h (Gpurentalprices) is 52 % above the 5.98 $/GPU-h" in said["gpu_rate_on_demand_usd_per_gpu_hour"]
    )
    assert doubts(lines=[daily(rates, [5.98, float("nan"), 9.1])]) == {}


def test_a_stated_hashprice_is_held_against_the_computed_one_with_its_rounding() -> None:
    rounded, exact = "hashprice_braiins_usd_per_ph_day", "hashprice_luxor_usd_per_ph_day"
    # 95,546.14 * 86400e15 * (3.125 + 0.0229) / (146.4726e12 * 2**32) = 41.307, and 43.87 is the most
    assert doubts(stated(rounded, 43.8, "braiins")) == {}
    said = doubts(stated(rounded, 44.0, "braiins"))[rounded]
    assert "states a hashprice of 44.00" in said and "41.31 follows from" in said and "computed one is used" in said
    assert doubts(stated(exact, 43.3, "luxor")) == {}
    assert exact in doubts(stated(exact, 43.8, "luxor")), "one that is not rounded has 5 % alone"


@given(computed=st.floats(1.0, 1e4))
def test_a_hashprice_rounded_to_three_decimals_of_a_terahash_always_agrees(computed: float) -> None:
    assert hashprices_agree(round(computed / 1000, 3) * 1000, computed, "braiins")
    assert not hashprices_agree(computed / 1000, computed, "braiins")


@pytest.mark.parametrize(("files", "doubted"), [(4.01e9, False), (3.99e9, True), (6.6e9, False), (6.7e9, True)])
def test_two_records_of_one_venue_a_quarter_apart_are_doubted(files: float, doubted: bool) -> None:
    first = daily("open_interest_binance_daily_usd", [5e9, 5e9, 5e9], "binance")
    second = daily("open_interest_binance_files_daily_usd", [files] * 4, "binance_vision", until=TODAY - DAY)
    said = doubts(lines=(*LINES, first, second))
    assert set(said) == ({first.quantity} if doubted else set())
    if doubted:
        text = said[first.quantity]
        assert "14 Jan 2026" in text and "(Binance)" in text and "The first is used" in text
    old = daily("open_interest_binance_daily_usd", [5e9] * 3, "binance", until=TODAY - 9 * DAY)
    assert doubts(lines=(*LINES, old, second)) == {}, "long ago"


FINITE = st.floats(allow_nan=False, allow_infinity=False)


BINANCE = ("open_interest_binance_daily_usd", "open_interest_binance_files_daily_usd")


@given(values=st.lists(FINITE, min_size=5, max_size=5), points=st.lists(FINITE, max_size=12))
def test_no_finite_numbers_make_a_check_fail(values: list[float], points: list[float]) -> None:
    changed = [
        replace(one, value=abs(value) % 1e9 if one.quantity == "tip_height" else value)
        for one, value in zip(HEALTHY, values, strict=True)
    ]
    names = ("btc_price_daily_usd", "difficulty_epochs", "epoch_heights", "fees_daily_btc_per_block")
    lines = [daily(name, points) for name in (*names, "open_interest_daily_usd", *BINANCE)]
    for text in doubts(*changed, lines=lines).values():
        assert not re.search(r"\b(nan|inf)\b", text)
