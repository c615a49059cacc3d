"""Bodies in, believed numbers out: exact values and units, and nothing but SourceError for everything else."""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import loopback
import pytest
from depth import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from loopback import DAY, NOW

from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Observation, Origin, Series, State
from minerdesk.sources import bitstamp, blockchain_info, coinbase, gpurentalprices, kraken, mempool, parsing

WORLD = loopback.World(NOW)
TODAY = int(NOW.timestamp()) // DAY * DAY
SPAN = {"start": ["0"], "end": [str(TODAY)]}
Parser = Callable[[bytes], Any]

#: (provider, path, parser)
PARSERS: dict[str, tuple[str, str, Parser]] = {
    "coinbase": ("coinbase", "/products/BTC-USD/ticker", lambda b: coinbase.parse_ticker(b, now=NOW)),
    "kraken": ("kraken", "/0/public/Ticker", lambda b: kraken.parse_ticker(b, now=NOW)),
    "bitstamp": ("bitstamp", "/api/v2/ticker/btcusd/", lambda b: bitstamp.parse_ticker(b, now=NOW)),
    "candles": ("bitstamp", "/api/v2/ohlc/btcusd/", lambda b: bitstamp.parse_history([b], now=NOW)),
    "price": ("mempool", "/v1/prices", lambda b: mempool.parse_price(b, now=NOW)),
    "tip": ("mempool", "/blocks/tip/height", lambda b: mempool.parse_tip(b, now=NOW)),
    "epochs": ("mempool", "/v1/mining/difficulty-adjustments", lambda b: mempool.parse_epochs(b, now=NOW)),
    "fees": ("mempool", "/v1/mining/reward-stats/144", lambda b: mempool.parse_latest_fees(b, now=NOW)),
    "hashrate": ("mempool", "/v1/mining/hashrate", lambda b: mempool.parse_hashrate(b, now=NOW)),
    "prices": ("mempool", "/v1/historical-price", lambda b: mempool.parse_price_history(b, now=NOW)),
    "fees_history": ("mempool", "/v1/mining/blocks/fees/3y", lambda b: mempool.parse_fees_history(b, now=NOW)),
    "chart_difficulty": (
        "blockchain_info",
        "/charts/difficulty",
        lambda b: blockchain_info.parse_difficulty(b, now=NOW),
    ),
    "stats": ("blockchain_info", "/stats", lambda b: blockchain_info.parse_tip(b, now=NOW)),
    "chart_hashrate": ("blockchain_info", "/charts/hash-rate", lambda b: blockchain_info.parse_hashrate(b, now=NOW)),
    "chart_fees": (
        "blockchain_info",
        "/charts/transaction-fees",
        lambda b: blockchain_info.parse_latest_fees(b, now=NOW),
    ),
    "gpu": ("gpurentalprices", "/api/latest.json", lambda b: gpurentalprices.parse_latest(b, now=NOW)),
}


def recorded(name: str) -> Any:
    provider, path, _ = PARSERS[name]
    body = WORLD.body(provider, path, SPAN)
    assert body is not None
    return json.loads(body)


def parse(name: str, data: Any) -> Any:
    return PARSERS[name][2](json.dumps(data).encode())


def failure(name: str, data: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        parse(name, data)
    assert caught.value.source == PARSERS[name][0]
    return caught.value


def numbers_of(result: Any) -> list[float]:
    if isinstance(result, Observation):
        return [result.value]
    if isinstance(result, Series):
        return [float(v) for v in result.values]
    if isinstance(result, tuple):
        return [n for part in result for n in numbers_of(part)]
    return numbers_of(result.observations) + [m.median for m in result.gpu_rates]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # parts are year, month, day, ...


@pytest.mark.parametrize(
    ("name", "quantity", "value", "as_of"),
    [
        ("coinbase", "btc_price_usd", 95546.14, utc(2026, 1, 16, 11, 59, 57, 270099)),
        ("kraken", "btc_price_usd", 95550.0, NOW),
        ("bitstamp", "btc_price_usd", 95540.0, utc(2026, 1, 16, 11, 59, 58)),
        ("price", "btc_price_usd", 95546.0, utc(2026, 1, 16, 11, 58)),
        ("tip", "tip_height", 932_513, NOW),
        ("stats", "tip_height", 932_513, NOW),
        ("fees", "fees_btc_per_block", 330_091_200 / 144 / 1e8, NOW),
        ("chart_fees", "fees_btc_per_block", 2_292_300 / 1e8, utc(2026, 1, 16)),
        ("chart_difficulty", "difficulty", 146_472_570_619_930.78, utc(2026, 1, 15)),
    ],
)
def test_single_values(name: str, quantity: str, value: float, as_of: datetime) -> None:
    observation = parse(name, recorded(name))
    assert observation.quantity == quantity
    assert observation.value == pytest.approx(value, rel=1e-12)
    assert observation.as_of == as_of
    assert observation.fetched_at == NOW
    assert observation.source == PARSERS[name][0]
    assert observation.origin is Origin.NETWORK
    assert observation.state(NOW) is State.LIVE


def test_epochs_are_dated_by_their_retargets() -> None:
    observation, difficulties, heights = parse("epochs", recorded("epochs"))
    assert observation.value == 146_472_570_619_930.78
    assert observation.as_of == utc(2026, 1, 8, 7, 52, 7)
    assert difficulties.last_time() == heights.last_time() == observation.as_of
    assert list(heights.values) == [919_296, 921_312, 923_328, 925_344, 927_360, 929_376, 931_392]
    assert difficulties.values[0] == 146_716_052_770_107.47
    assert (difficulties.quantity, heights.quantity) == ("difficulty_epochs", "epoch_heights")


@pytest.mark.parametrize("name", ["hashrate", "chart_hashrate"])
def test_hash_rate_from_either_unit(name: str) -> None:
    observation, series = parse(name, recorded(name))
    assert observation.value == pytest.approx(7033.634 / 7, rel=1e-9)
    assert observation.as_of == utc(2026, 1, 16)
    assert series.last_time() == utc(2026, 1, 15)
    assert series.values[-1] == pytest.approx(1012.09)
    assert len(series) == 14


@pytest.mark.parametrize("name", ["candles", "prices"])
def test_price_history_ends_with_the_last_whole_day(name: str) -> None:
    series = parse(name, recorded(name))
    assert series.last_time() == utc(2026, 1, 15)
    assert series.values[-1] == 95_546.14
    assert len(series) == 14


def test_fees_history_is_the_mean_of_each_whole_day() -> None:
    series = parse("fees_history", recorded("fees_history"))
    assert series.last_time() == utc(2026, 1, 15)
    assert series.values[-1] == pytest.approx(0.022923)
    assert len(series) == 13, "the first day is cut off by the period"


def test_gpu_median_leaves_out_spot_community_and_stale_sellers() -> None:
    fetched = parse("gpu", recorded("gpu"))
    (observation,) = fetched.observations
    assert observation.value == pytest.approx((6.69 + 6.79) / 2)
    assert observation.as_of == utc(2026, 1, 16, 6, 0, 0, 20_000)
    assert observation.detail == "median of 4 B200 offers, on-demand and secure, 4 providers"
    pooled = [rate for rate in fetched.gpu_rates if not rate.seller]
    assert [(m.gpu, m.median, m.offers, m.sellers) for m in pooled] == [
        ("b200", pytest.approx(6.74), 4, 4),
        ("h100", 3.29, 3, 3),
    ]
    own = {(rate.gpu, rate.seller): rate.median for rate in fetched.gpu_rates if rate.seller}
    assert own["b200", "alder"] == 6.79, "what each provider asks is kept, its community offers left out"
    assert own["h200", "birch"] == 3.79, "one is enough for its own"
    assert ("b200", "fir") not in own, "its page was not read on that day"


def test_too_few_gpu_offers_make_no_median() -> None:
    data = recorded("gpu")
    data["offers"] = [offer for offer in data["offers"] if offer["gpu"] != "b200"]
    assert failure("gpu", data).kind is FailureKind.IMPLAUSIBLE


def test_kraken_error_comes_with_status_200() -> None:
    assert failure("kraken", {"error": ["EQuery:Unknown asset pair"]}).kind is FailureKind.REFUSED
    assert failure("kraken", {"error": ["EAPI:Rate limit exceeded"]}).kind is FailureKind.RATE_LIMITED


def test_missing_price_is_no_price() -> None:
    assert failure("price", recorded("price") | {"USD": -1}).kind is FailureKind.IMPLAUSIBLE


def test_unfinished_day_is_dropped() -> None:
    data = recorded("hashrate")
    data["hashrates"].append({"timestamp": TODAY, "avgHashrate": 1})
    observation, series = parse("hashrate", data)
    assert series.last_time() == utc(2026, 1, 15)
    assert observation.value == pytest.approx(loopback.MEAN_7D)


def test_difficulty_dated_by_timestamp_as_documented() -> None:
    data = recorded("hashrate")
    for row in data["difficulty"]:
        row["timestamp"] = row.pop("time")
    assert parse("hashrate", data)[0].value == pytest.approx(loopback.MEAN_7D)


def test_current_values_of_zero_are_missing_not_zero() -> None:
    data = recorded("hashrate") | {"difficulty": [], "currentHashrate": 0, "currentDifficulty": 0}
    assert parse("hashrate", data)[0].value == pytest.approx(loopback.MEAN_7D)


@pytest.mark.parametrize("factor", [1e-3, 100.0, 2.2, 0.4])
def test_hash_rate_in_a_wrong_unit_is_not_believed(factor: float) -> None:
    data = recorded("hashrate")
    for row in data["hashrates"]:
        row["avgHashrate"] *= factor
    error = failure("hashrate", data)
    assert error.kind is FailureKind.IMPLAUSIBLE
    assert "does not fit" in error.hint or "for its day" in error.hint


def test_chart_in_another_unit_is_refused() -> None:
    assert failure("chart_hashrate", recorded("chart_hashrate") | {"unit": "GH/s"}).kind is FailureKind.MALFORMED


def test_height_of_another_chain_or_cut_short_is_not_believed() -> None:
    for height in (93, 4_900_000):
        assert failure("tip", height).kind is FailureKind.IMPLAUSIBLE


def long_history(days: int) -> dict[str, Any]:
    rows = [{"x": TODAY - (days - i) * DAY, "y": 1.0e9} for i in range(days)]
    return {"unit": "Hash Rate TH/s", "values": rows}


def test_a_few_gaps_are_left_out() -> None:
    data = long_history(60)
    data["values"][30]["y"] = 0
    data["values"][40]["y"] = None
    assert len(parse("chart_hashrate", data)[1]) == 58


def test_many_gaps_are_not_believed() -> None:
    data = long_history(60)
    for row in data["values"][10:14]:
        row["y"] = 0
    assert failure("chart_hashrate", data).kind is FailureKind.IMPLAUSIBLE


def test_zeros_before_the_first_record_are_no_gaps() -> None:
    data = long_history(60)
    for row in data["values"][:30]:
        row["y"] = 0
    assert len(parse("chart_hashrate", data)[1]) == 30


def test_newest_day_must_be_good() -> None:
    data = long_history(60)
    data["values"][-1]["y"] = 0
    assert "2026-01-15" in failure("chart_hashrate", data).hint


def test_week_needs_five_days() -> None:
    data = long_history(60)
    del data["values"][-4:-1]
    assert "4 of the last 7" in failure("chart_hashrate", data).hint


def test_old_bodies_name_their_date() -> None:
    late = NOW + timedelta(days=30)
    body = json.dumps(recorded("hashrate")).encode()
    with pytest.raises(SourceError) as caught:
        mempool.parse_hashrate(body, now=late)
    assert caught.value.kind is FailureKind.IMPLAUSIBLE
    assert "2026-01-16" in caught.value.hint


def test_value_dated_after_the_clock_is_not_believed() -> None:
    data = recorded("bitstamp")
    data["timestamp"] = str(int(NOW.timestamp()) + 3600)
    assert "after the clock" in failure("bitstamp", data).hint
    data["timestamp"] = str(int(NOW.timestamp()) + 60)
    assert parse("bitstamp", data).as_of == NOW, "a clock a minute ahead is forgiven, but not taken over"


def test_rows_dated_after_the_clock_are_dropped() -> None:
    data = recorded("epochs")
    data.insert(0, [int(NOW.timestamp()) + DAY, 933_408, 1.0, 0.9])
    observation, difficulties, _ = parse("epochs", data)
    assert observation.value == loopback.DIFFICULTY
    assert len(difficulties) == 7


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"<!doctype html><title>Log in</title>",
        b"\x00\xff not json",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b"[" * 200_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
        b'{"a": 1',
    ],
)
def test_strict_json(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        parsing.loads(body, "kraken")
    assert caught.value.kind is FailureKind.MALFORMED


def test_web_page_is_named_as_such() -> None:
    with pytest.raises(SourceError, match="captive portal"):
        parsing.loads(b"<html>", "kraken")


@pytest.mark.parametrize("value", [True, None, "", "1,5", "1_000", " 1", "nan", "inf", "1e999", 10**400, [], {}, "٣"])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(SourceError) as caught:
        parsing.number(value, "kraken", "price")
    assert caught.value.kind is FailureKind.MALFORMED


@pytest.mark.parametrize(("value", "expected"), [("95546.14", 95546.14), (3, 3.0), ("-1e3", -1000.0), (".5", 0.5)])
def test_what_is_a_number(value: Any, expected: float) -> None:
    assert parsing.number(value, "kraken", "price") == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else range(len(value))
        return [path, *(p for key in keys for p in paths_of(value[key], (*path, key)))]
    return [path]


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
@settings(max_examples=examples(60), deadline=None)
def test_any_change_is_believed_or_refused_but_never_crashes(name: str, data: st.DataObject) -> None:
    body = recorded(name)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths_of(body)))
        if not path:
            body = data.draw(JSON)
            continue
        target = body
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = data.draw(JSON)
    try:
        result = parse(name, body)
    except SourceError as error:
        assert error.kind is not FailureKind.CANCELLED
        return
    assert all(math.isfinite(number) and number >= 0 for number in numbers_of(result))


@pytest.mark.parametrize("name", PARSERS)
@given(body=st.binary(max_size=64) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=examples(30), deadline=None)
def test_any_bytes_are_refused(name: str, body: bytes) -> None:
    assume(not (name == "tip" and body.strip().isdigit()))  # a bare number is what that body is
    with pytest.raises(SourceError):
        PARSERS[name][2](body)


@given(order=st.permutations(list(range(14))))
@settings(max_examples=examples(25), deadline=None)
def test_order_of_rows_does_not_matter(order: list[int]) -> None:
    data = recorded("hashrate")
    data["hashrates"] = [data["hashrates"][i] for i in order]
    assert parse("hashrate", data)[0].value == pytest.approx(loopback.MEAN_7D)


@pytest.mark.parametrize(("value", "least", "told"), [({}, 0, "is no list"), ([1], 2, "is no list of at least 2")])
def test_what_is_no_list_is_told_in_words_that_say_something(value: Any, least: int, told: str) -> None:
    with pytest.raises(SourceError, match=f"the answer {told}[^ ]") as raised:
        parsing.listed(value, "kraken", "the answer", least=least)
    assert "at least 0" not in str(raised.value)
