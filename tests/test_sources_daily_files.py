"""Binance's daily files: what a day is worth, hostile archives, which days a refresh fetches; and Coinglass's sum."""

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import loopback
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import DAY, NOW, Loopback, credentials
from loopback_interest import OPEN_INTEREST_USD, csv_of, zipped

from minerdesk.errors import FailureKind, SourceError
from minerdesk.observations import Series, fill, merge
from minerdesk.secrecy import keep_secret
from minerdesk.session import open_session
from minerdesk.sources import binance_vision, coinglass
from minerdesk.sources.archives import only_file
from minerdesk.sources.ask import Ask
from minerdesk.sources.binance_vision import FILES_PER_REFRESH, FIRST_DAY, MOST_BAD_IN_ROW, QUANTITY, parse_day
from minerdesk.sources.client import Client
from minerdesk.sources.credentials import KeyCredentials
from minerdesk.sources.refresh import Refresher

K = FailureKind
THE_DAY = datetime(2024, 1, 1, tzinfo=UTC)
YESTERDAY = datetime(2026, 1, 15, tzinfo=UTC)
_HEAD = ("create_time", "symbol", "sum_open_interest", "sum_open_interest_value")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def row(
    time: str, btc: object = "74006.266", usd: object = "3131493738.8974", symbol: str = "BTCUSDT"
) -> dict[str, Any]:
    return dict(zip(_HEAD, (time, symbol, btc, usd), strict=True)) | {"count_long_short_ratio": "1.1"}


FIRST, LAST = row("2024-01-01 00:05:00"), row("2024-01-01 23:55:00", "75000.5", "3300000000.25")


def day_of(*rows: dict[str, Any]) -> float:
    return parse_day(zipped("BTCUSDT-metrics-2024-01-01.csv", csv_of(list(rows))), THE_DAY)


def kind_of(act: Any) -> FailureKind:
    with pytest.raises(SourceError) as caught:
        act()
    return caught.value.kind


# One day


def test_a_day_is_worth_what_its_last_row_says_in_any_order_and_with_rows_twice() -> None:
    assert day_of(FIRST, LAST) == 3_300_000_000.25
    assert day_of(LAST, FIRST, LAST, FIRST) == 3_300_000_000.25
    midnight = row("2024-01-02 00:00:00", "75000.5", "3310000000")
    assert day_of(FIRST, LAST, midnight) == 3_310_000_000, "older files end with the next midnight"


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([FIRST], K.IMPLAUSIBLE),  # it ends in the morning
        ([FIRST, row("2024-01-01 22:55:00")], K.IMPLAUSIBLE),
        ([FIRST, row("2024-01-02 00:05:00")], K.IMPLAUSIBLE),  # of the next day
        ([row("2023-12-31 23:55:00"), LAST], K.IMPLAUSIBLE),
        ([FIRST, row("2024-01-01 23:55:00", symbol="ETHUSDT")], K.MALFORMED),
        (
            [FIRST, row("2024-01-01 23:55:00", "3131493738.9", "74006.3")],
            K.IMPLAUSIBLE,
        ),  # the two columns changed places
        ([FIRST, row("2024-01-01 23:55:00", "0", "3131493738")], K.IMPLAUSIBLE),
        ([FIRST, row("2024-01-01 23:55:00", "-5", "-313149")], K.IMPLAUSIBLE),
        ([FIRST, row("2024-01-01 23:55:00", "7.4e-3", "3131.49")], K.IMPLAUSIBLE),  # millions
        ([FIRST, row("2024-01-01 23:55:00", "nan", "nan")], K.MALFORMED),
        ([FIRST, row("2024-01-01 23:55:00", "1e999", "1")], K.MALFORMED),
        ([FIRST, row("2024-01-01 23:55:00", "", "")], K.MALFORMED),
        ([FIRST, row("yesterday")], K.MALFORMED),
        ([FIRST | {"symbol": None}], K.MALFORMED),
        ([FIRST] * 6_000 + [LAST], K.MALFORMED),
    ],
)
def test_what_is_not_believed_of_a_day(rows: list[dict[str, Any]], kind: FailureKind) -> None:
    assert kind_of(lambda: day_of(*rows)) is kind


@pytest.mark.parametrize("text", [b"", b"<html>", b"a,b\n1,2\n", b"\xff\xfe", b",".join([b"x"] * 9), b'"' * 9])
def test_what_is_no_table_of_the_kind(text: bytes) -> None:
    assert kind_of(lambda: parse_day(zipped("x.csv", text), THE_DAY)) is K.MALFORMED


# Archives


def archive(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as opened:
        for name, data in files:
            opened.writestr(name, data)
    return out.getvalue()


def unpacked(body: bytes, most: int = 1_000_000) -> bytes:
    return only_file(body, "x", suffix=".csv", max_bytes=most)


def test_the_one_file_is_unpacked_up_to_its_bound() -> None:
    assert unpacked(archive(("a.csv", b"1,2"))) == b"1,2"
    assert unpacked(archive(("A.CSV", b"1,2"), method=zipfile.ZIP_STORED)) == b"1,2"
    assert unpacked(archive(("a.csv", b"x" * 100)), 100) == b"x" * 100
    assert kind_of(lambda: unpacked(archive(("a.csv", b"x" * 101)), 100)) is K.MALFORMED


def _patched(body: bytes, what: bytes, offset: int, new: bytes) -> bytes:
    at = body.index(what) + offset
    return body[:at] + new + body[at + len(new) :]


WHOLE = archive(("a.csv", b"1,2\n" * 50))
HOSTILE = {
    "no archive": b"1,2",
    "empty": b"",
    "cut": WHOLE[:-30],
    "damaged inside": WHOLE.replace(WHOLE[40:44], b"\x00\xff\x00\xff", 1),
    "two files": archive(("a.csv", b"1"), ("b.csv", b"2")),
    "no file": archive(),
    "another kind": archive(("a.exe", b"1")),
    "a folder": archive(("a.csv/", b"")),
    "bomb": archive(("a.csv", b"0" * 50_000_000)),
    "bzip2": archive(("a.csv", b"1"), method=zipfile.ZIP_BZIP2),
    "lzma": archive(("a.csv", b"1"), method=zipfile.ZIP_LZMA),
    "encrypted": _patched(WHOLE, b"PK\x01\x02", 8, struct.pack("<H", 1)),
    "another checksum": _patched(WHOLE, b"PK\x01\x02", 16, struct.pack("<I", 7)),
    "says it is small": _patched(archive(("a.csv", b"0" * 5_000_000)), b"PK\x01\x02", 24, struct.pack("<I", 9)),
    "another place": _patched(WHOLE, b"PK\x01\x02", 42, struct.pack("<I", 0x7FFFFFFF)),
}
#: These are odd, but what is in them is whole.
ODD = {
    "says it is huge": _patched(WHOLE, b"PK\x01\x02", 24, struct.pack("<I", 0xFFFFFFF0)),
    "several archives": WHOLE * 3,
    "before it something else": b"x" * 1_000 + WHOLE,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_a_named_failure(name: str) -> None:
    assert kind_of(lambda: unpacked(HOSTILE[name])) is K.MALFORMED


def test_a_bomb_is_never_whole_in_memory() -> None:
    tracemalloc.start()
    assert kind_of(lambda: unpacked(HOSTILE["bomb"])) is K.MALFORMED
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000, "it unpacks to 50 MB; 1 MB is allowed"


@pytest.mark.parametrize("name", ODD)
def test_an_odd_archive_is_read_for_what_is_in_it(name: str) -> None:
    assert unpacked(ODD[name]) == b"1,2\n" * 50


def test_a_path_in_an_archive_leads_nowhere(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert unpacked(archive(("../../evil.csv", b"1"))) == b"1"
    assert list(tmp_path.iterdir()) == []


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=4))
def test_any_change_of_an_archive_is_read_or_refused(at: int, new: bytes) -> None:
    try:
        assert len(unpacked(WHOLE[:at] + new + WHOLE[at + len(new) :])) <= 1_000_000
    except SourceError as error:
        assert error.kind is K.MALFORMED


# Which days


def fetched(server: Loopback, newest: datetime | None = None, oldest: datetime | None = None, **more: Any) -> Series:
    client = Client(server.bases())
    ask = Ask(
        client=client,
        now=more.pop("now", NOW),
        deadline=client.monotonic() + 60,
        newest={QUANTITY: newest},
        oldest={} if oldest is None else {QUANTITY: oldest},
    )
    (series,) = binance_vision.fetch_open_interest(ask).series
    return series


def asked(server: Loopback) -> list[str]:
    return [path[-14:-4] for path in server.asked("binance_vision")]


def missing(server: Loopback, monkeypatch: pytest.MonkeyPatch, *days: str, body: bytes | None = None) -> None:
    whole = server.world.binance_vision

    def some(path: str, query: dict[str, list[str]]) -> Any:
        return body if path[-14:-4] in days else whole(path, query)

    monkeypatch.setattr(server.world, "binance_vision", some, raising=False)


def spans(series: Series) -> tuple[str, str, int]:
    first, last = (f"{datetime.fromtimestamp(int(series.times[i]), UTC):%Y-%m-%d}" for i in (0, -1))
    return first, last, len(series)


def test_without_a_cache_the_newest_days_come_first(server: Loopback) -> None:
    series = fetched(server)
    assert spans(series) == ("2026-01-02", "2026-01-15", FILES_PER_REFRESH)
    assert series.values[-9:].tolist() == pytest.approx([usd * 3 for usd in OPEN_INTEREST_USD])
    assert series.source_names == ("binance_vision",)
    assert asked(server)[:2] == ["2026-01-15", "2026-01-14"]


def test_the_newest_day_may_not_be_there_yet(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    missing(server, monkeypatch, "2026-01-15")
    assert spans(fetched(server))[1] == "2026-01-14"
    server.log.clear()
    known = datetime(2026, 1, 14, tzinfo=UTC)
    assert spans(fetched(server, newest=known, oldest=FIRST_DAY)) == ("2026-01-14", "2026-01-14", 1)
    assert asked(server) == ["2026-01-15", "2026-01-14"]


def test_with_a_cache_what_followed_comes_first_then_the_past_and_at_last_the_newest_day(server: Loopback) -> None:
    week_ago = YESTERDAY - timedelta(days=7)
    assert spans(fetched(server, newest=week_ago, oldest=week_ago)) == ("2026-01-09", "2026-01-15", 7)
    assert spans(fetched(server, newest=YESTERDAY, oldest=datetime(2025, 12, 16, tzinfo=UTC))) == (
        "2025-12-02", "2025-12-15", FILES_PER_REFRESH,
    )  # fmt: skip
    almost = FIRST_DAY + timedelta(days=3)
    assert spans(fetched(server, newest=YESTERDAY, oldest=almost)) == ("2021-12-01", "2021-12-03", 3)
    server.log.clear()
    assert spans(fetched(server, newest=YESTERDAY, oldest=FIRST_DAY)) == ("2026-01-15", "2026-01-15", 1)
    assert len(server.log) == 1, "a day that is over is fetched once"


def test_all_of_the_record_is_there_after_some_refreshes_and_each_file_was_fetched_once(server: Loopback) -> None:
    start = binance_vision.FIRST_DAY
    server.world.today, server.world.now = (int((start + timedelta(days=100)).timestamp()) + s for s in (0, 43_200))
    now = datetime.fromtimestamp(server.world.now, UTC)
    held: Series | None = None
    for _ in range(8):
        dates = [None, None] if held is None else [datetime.fromtimestamp(int(held.times[i]), UTC) for i in (-1, 0)]
        held = merge(held, fetched(server, *dates, now=now))
    assert held is not None
    assert len(held) == 100 and (np.diff(held.times) == DAY).all()
    assert len(asked(server)) == len(set(asked(server))) == 100


@pytest.mark.parametrize("body", [None, b"PK no archive"])
def test_a_day_without_a_usable_file_is_a_gap_once_its_other_side_is_known(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, body: bytes | None
) -> None:
    missing(server, monkeypatch, "2026-01-10", "2026-01-11", body=body)
    series = fetched(server, newest=datetime(2026, 1, 8, tzinfo=UTC), oldest=FIRST_DAY)
    assert spans(series) == ("2026-01-09", "2026-01-15", 7)
    assert np.flatnonzero(np.isnan(series.values)).tolist() == [1, 2]


def test_a_record_that_ends_is_not_asked_for_without_end(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = [f"{YESTERDAY - timedelta(days=n):%Y-%m-%d}" for n in range(3, 40)]
    missing(server, monkeypatch, *gone)
    assert spans(fetched(server)) == ("2026-01-13", "2026-01-15", 3)
    assert len(asked(server)) == 3 + MOST_BAD_IN_ROW
    server.log.clear()
    oldest = datetime(2026, 1, 13, tzinfo=UTC)
    assert kind_of(lambda: fetched(server, newest=YESTERDAY, oldest=oldest)) is K.REFUSED
    assert len(asked(server)) == MOST_BAD_IN_ROW


@pytest.mark.parametrize(
    ("fault", "kind"), [("http429", K.RATE_LIMITED), ("http403", K.BLOCKED), ("http500", K.REFUSED)]
)
def test_a_provider_that_wants_to_be_left_alone_is(server: Loopback, fault: str, kind: FailureKind) -> None:
    server.faults["binance_vision"] = fault
    assert kind_of(lambda: fetched(server)) is kind
    assert len(asked(server)) == 1


def test_it_stops_while_there_is_time_and_keeps_what_it_has(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 10_000))
    client = Client(server.bases())
    monkeypatch.setattr(binance_vision, "LEAST_LEFT_S", 30.0)
    monkeypatch.setattr(Ask, "get", lambda self, *a, **k: loopback.World(NOW).binance_vision(a[1], {}))
    client.monotonic = lambda: float(next(seconds))
    (series,) = binance_vision.fetch_open_interest(Ask(client=client, now=NOW, deadline=36.0)).series
    assert 3 <= len(series) <= 10 and spans(series)[1] == "2026-01-15"


def test_a_session_goes_back_through_the_record_refresh_by_refresh(server: Loopback) -> None:
    urls = {name: url for name, url in loopback.environment(server).items() if name.startswith("MINERDESK_URL")}
    lengths = []
    for _ in range(2):
        session = open_session(environ=urls, now=lambda: NOW)
        session.take(*session.run(session.plan(everything=True)))
        lengths.append(len(session.desk.snapshot().trends.series[QUANTITY]))
        session.close()
    assert lengths == [FILES_PER_REFRESH, 2 * FILES_PER_REFRESH]


# Coinglass


WORLD = loopback.World(NOW)
SUM = json.loads(WORLD.body("coinglass", "/api/futures/open-interest/aggregated-history", {"unit": ["usd"]}) or b"")


def summed(data: Any) -> Series:
    return coinglass.parse_history(json.dumps(data).encode(), now=NOW)


def test_a_bars_close_is_that_days_and_today_is_not_over() -> None:
    series = summed(SUM)
    assert series.values.tolist() == pytest.approx([usd * 12 for usd in OPEN_INTEREST_USD])
    assert spans(series) == ("2026-01-07", "2026-01-15", 9)
    as_numbers = [{key: float(value) for key, value in one.items()} for one in SUM["data"]]
    assert summed(SUM | {"data": as_numbers[::-1]}).values.tolist() == series.values.tolist()


@pytest.mark.parametrize(
    ("code", "kind"),
    [("40001", K.BLOCKED), ("401", K.BLOCKED), (403, K.BLOCKED), ("429", K.RATE_LIMITED), ("50001", K.REFUSED)],
)
def test_a_key_that_is_not_accepted_comes_with_http_200_and_is_not_repeated(code: object, kind: FailureKind) -> None:
    keep_secret("cg-0123456789abcdef")
    with pytest.raises(SourceError) as caught:
        summed({"code": code, "msg": "API key cg-0123456789abcdef is not valid"})
    assert caught.value.kind is kind
    assert "0123456789" not in str(caught.value)


def test_a_sum_in_coins_is_not_believed() -> None:
    coins = [one | {"close": "512345.6"} for one in SUM["data"]]
    with pytest.raises(SourceError) as caught:
        summed(SUM | {"data": coins})
    assert caught.value.kind is K.IMPLAUSIBLE


def test_it_is_asked_with_its_key_for_what_the_cache_lacks(server: Loopback) -> None:
    for newest, limit in ((None, "1000"), (NOW - timedelta(days=5), "8")):
        client = Client(server.bases(), credentials=credentials())
        coinglass.fetch_open_interest(
            Ask(client=client, now=NOW, deadline=client.monotonic() + 10, newest={coinglass.QUANTITY: newest})
        )
        assert f"limit={limit}" in server.log[-1]["query"] and "unit=usd" in server.log[-1]["query"]


def test_without_a_key_or_switched_off_it_is_not_asked(server: Loopback) -> None:
    urls = {name: url for name, url in loopback.environment(server).items() if name.startswith("MINERDESK_URL")}
    session = open_session(environ=urls, now=lambda: NOW)
    session.run(session.plan(everything=True))
    session.close()
    client = Client(server.bases(), credentials=KeyCredentials(lambda _provider: None))
    report = Refresher(client).run(["open_interest_coinglass"], now=NOW)
    assert [failure.kind for failure in report.failures] == [K.NEEDS_KEY]
    assert server.asked("coinglass") == []


# Two records of the same thing


def line(first: str, values: list[float], source: str) -> Series:
    start = int(datetime.fromisoformat(f"{first}T00:00:00+00:00").timestamp())
    return Series.of(QUANTITY, [start + n * DAY for n in range(len(values))], values, source=source, fetched_at=NOW)


def test_a_second_record_fills_only_the_days_that_the_first_lacks() -> None:
    holed = merge(line("2026-01-02", [2.0], "a"), line("2026-01-05", [5.0, 6.0], "a"))
    other = line("2026-01-01", [10.0, 20.0, float("nan"), 40.0, 50.0, 60.0, 70.0], "b")
    both = fill(holed, other)
    assert both.values.tolist() == [10.0, 2.0, 40.0, 5.0, 6.0, 70.0]
    assert [both.source_names[i] for i in both.source_index] == ["b", "a", "b", "a", "a", "b"]
    assert [name for _, name in both.seams()] == ["a", "b", "a", "b"]
