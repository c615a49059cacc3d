"""Open interest of three venues: exact values, units and days, one side or both, and what is refused."""

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import loopback
import numpy as np
import pytest
from loopback import DAY, NOW, Loopback
from loopback_interest import OPEN_INTEREST_USD

from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Series
from minerdesk.sources import binance, bybit, okx
from minerdesk.sources.ask import Ask
from minerdesk.sources.client import Client

WORLD = loopback.World(NOW)
PATHS = {
    "okx": "/api/v5/rubik/stat/contracts/open-interest-volume",
    "bybit": "/v5/market/open-interest",
    "binance": "/futures/data/openInterestHist",
}
PARSERS: dict[str, Callable[[bytes], Series]] = {
    "okx": lambda body: okx.parse_history(body, now=NOW)[1],
    "bybit": lambda body: bybit.parse_history([body], now=NOW),
    "binance": lambda body: binance.parse_history(body, now=NOW),
}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def recorded(venue: str) -> Any:
    body = WORLD.body(venue, PATHS[venue], {})
    assert body is not None
    return json.loads(body)


def parse(venue: str, data: Any) -> Series:
    return PARSERS[venue](json.dumps(data).encode())


def failure(venue: str, data: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        parse(venue, data)
    assert caught.value.source == venue
    return caught.value


def days(series: Series) -> list[str]:
    return [f"{datetime.fromtimestamp(int(t), UTC):%m-%d}" for t in series.times]


@pytest.mark.parametrize("venue", PARSERS)
def test_every_venue_gives_whole_utc_days_up_to_yesterday(venue: str) -> None:
    series = parse(venue, recorded(venue))
    assert days(series) == ["01-07", "01-08", "01-09", "01-10", "01-11", "01-12", "01-13", "01-14", "01-15"]


def test_okx_is_in_usd_and_its_newest_day_is_the_single_value() -> None:
    newest, series = okx.parse_history(json.dumps(recorded("okx")).encode(), now=NOW)
    assert tuple(series.values) == OPEN_INTEREST_USD
    assert (newest.quantity, newest.value, newest.unit) == ("open_interest_usd", 5.04e9, "$")
    assert newest.as_of == datetime(2026, 1, 16, tzinfo=UTC)
    assert "OKX alone" in newest.detail


def test_an_okx_bar_belongs_to_the_utc_day_in_which_it_opens() -> None:
    data = recorded("okx")
    data["data"] = [[str(int(NOW.timestamp() - 20 * 3600) * 1000), "2183354317.945", "74285877.617"]]
    series = parse("okx", data)
    assert days(series) == ["01-15"]
    assert series.values[0] == 2183354317.945


def test_bybit_counts_one_side_in_btc() -> None:
    series = parse("bybit", recorded("bybit"))
    assert series.unit == "BTC"
    assert series.source_names == (bybit.ONE_SIDE,)
    np.testing.assert_allclose(series.values, np.array(OPEN_INTEREST_USD) / 80_000)


def test_bybit_without_the_one_sided_figure_says_both_sides() -> None:
    data = recorded("bybit")
    del data["result"]["list"][3]["singleOpenInterest"]
    series = parse("bybit", data)
    assert series.source_names == (bybit.BOTH_SIDES,)
    np.testing.assert_allclose(series.values, np.array(OPEN_INTEREST_USD) / 40_000)


def test_binance_reads_usdt_and_takes_times_as_text_too() -> None:
    data = recorded("binance")
    data[0]["timestamp"] = str(data[0]["timestamp"])
    np.testing.assert_allclose(parse("binance", data).values, np.array(OPEN_INTEREST_USD) * 3)


def test_the_coin_margined_contracts_of_binance_are_refused() -> None:
    rows = [
        {
            "pair": "BTCUSD",
            "contractType": "PERPETUAL",
            "sumOpenInterestValue": "15796.9",
            "timestamp": row["timestamp"],
        }
        for row in recorded("binance")
    ]
    assert failure("binance", rows).kind is FailureKind.MALFORMED


def test_the_inverse_contract_of_bybit_is_refused() -> None:
    data = recorded("bybit")
    data["result"]["category"] = "inverse"
    assert "BTC" in failure("bybit", data).hint


@pytest.mark.parametrize(
    ("venue", "body", "kind"),
    [
        ("okx", {"code": "50011", "data": [], "msg": "Too Many Requests"}, FailureKind.RATE_LIMITED),
        ("okx", {"code": "51001", "data": [], "msg": "Instrument ID does not exist"}, FailureKind.REFUSED),
        ("okx", {"code": "0", "data": [], "msg": ""}, FailureKind.MALFORMED),
        ("okx", {"code": "0", "data": [["1"]], "msg": ""}, FailureKind.MALFORMED),
        ("bybit", {"retCode": 10006, "retMsg": "Too many visits!", "result": {}}, FailureKind.RATE_LIMITED),
        ("bybit", {"retCode": 10001, "retMsg": "params error", "result": {}}, FailureKind.REFUSED),
        ("bybit", {"retCode": 0, "result": {"category": "linear", "list": []}}, FailureKind.MALFORMED),
        ("bybit", {"retCode": 0, "result": {"category": "linear", "list": [1]}}, FailureKind.MALFORMED),
        ("binance", {"code": -1130, "msg": "parameter 'startTime' is invalid."}, FailureKind.REFUSED),
        ("binance", [], FailureKind.MALFORMED),
        ("binance", ["x"], FailureKind.MALFORMED),
    ],
)
def test_errors_that_come_with_http_200(venue: str, body: Any, kind: FailureKind) -> None:
    assert failure(venue, body).kind is kind


def test_a_number_in_another_unit_is_not_believed() -> None:
    btc_for_usd = recorded("okx")
    btc_for_usd["data"] = [[t, "28006.54", v] for t, _, v in btc_for_usd["data"]]
    assert failure("okx", btc_for_usd).kind is FailureKind.IMPLAUSIBLE
    usd_for_btc = recorded("bybit")
    for row in usd_for_btc["result"]["list"]:
        row["singleOpenInterest"] = "2400000000"
    assert failure("bybit", usd_for_btc).kind is FailureKind.IMPLAUSIBLE


@pytest.mark.parametrize("venue", PARSERS)
def test_a_gap_is_left_out_and_a_missing_newest_day_is_a_failure(venue: str) -> None:
    def emptied(place: int) -> Any:
        data = recorded(venue)
        rows = data["data"] if venue == "okx" else data["result"]["list"] if venue == "bybit" else data
        rows += [_older(venue, rows, step) for step in range(1, 20)]
        row = sorted(rows, key=lambda found: int(_time(venue, found)))[place]
        for key in (1,) if venue == "okx" else ("singleOpenInterest", "openInterest", "sumOpenInterestValue"):
            if venue == "okx" or key in row:
                row[key] = "0"
        return data

    assert len(parse(venue, emptied(4))) == 27
    assert failure(venue, emptied(-1)).kind is FailureKind.IMPLAUSIBLE


def _time(venue: str, row: Any) -> str:
    return str(row[0] if venue == "okx" else row["timestamp"])


def _older(venue: str, rows: Any, step: int) -> Any:
    oldest = min(rows, key=lambda row: int(_time(venue, row)))
    stamp = str(int(_time(venue, oldest)) - step * DAY * 1000)
    return [stamp, *oldest[1:]] if venue == "okx" else {**oldest, "timestamp": stamp}


def asked(
    server: Loopback, fetch: Callable[[Ask], object], venue: str, newest: dict[str, datetime | None]
) -> list[str]:
    client = Client(server.bases())
    fetch(Ask(client=client, now=NOW, deadline=client.monotonic() + 20, newest=newest))
    return [entry["query"] for entry in server.log if entry["provider"] == venue]


def test_bybit_is_asked_in_pages_that_leave_no_day_out(server: Loopback) -> None:
    queries = asked(server, bybit.fetch_open_interest, "bybit", {})
    spans = [
        {k: int(v) for k, v in (p.split("=") for p in q.split("&")) if k in ("startTime", "endTime")} for q in queries
    ]
    assert len(spans) == 6
    assert all(older["endTime"] == newer["startTime"] for newer, older in itertools.pairwise(spans))
    assert all((span["endTime"] - span["startTime"]) / 1000 / DAY < bybit.DAYS_PER_PAGE for span in spans)
    server.log.clear()
    assert len(asked(server, bybit.fetch_open_interest, "bybit", {bybit.QUANTITY: NOW - timedelta(days=2)})) == 1


def test_okx_is_asked_for_what_the_cache_lacks_and_180_days_at_most(server: Loopback) -> None:
    (all_of_it,) = asked(server, okx.fetch_open_interest, "okx", {})
    server.log.clear()
    (part,) = asked(server, okx.fetch_open_interest, "okx", {"open_interest_daily_usd": NOW - timedelta(days=5)})
    begins = [int(dict(p.split("=") for p in query.split("&"))["begin"]) / 1000 for query in (all_of_it, part)]
    assert [(NOW.timestamp() - begin) // DAY for begin in begins] == [180, 8]
