"""Providers of GPU rental rates: the few days of history asked for at a time, and each one's units."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import loopback
import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import NOW, Loopback
from loopback_gpu import SNAPSHOT_DAYS, WEEKS

from minerdesk.desk import Desk
from minerdesk.economics.gpu_rates import GpuRate, GpuRecord, is_plausible
from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import getdeploying, gpurentalprices
from minerdesk.sources.client import Client
from minerdesk.sources.refresh import Refresher, Report
from minerdesk.store.cache import Cache

WORLD = loopback.World(NOW)


def start(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def fetch(server: Loopback, topic: str, gpu_days: frozenset[int] = frozenset()) -> Report:
    return Refresher(Client(server.bases())).run([topic], now=NOW, gpu_days=gpu_days)


# -- the history of offers --------------------------------------------------------------------------------------------


def test_one_day_of_every_week_is_asked_for_first_and_few_at_a_time() -> None:
    wanted = gpurentalprices.days_wanted(NOW, frozenset())
    assert wanted == [date(2026, 1, 8), date(2026, 1, 1), date(2026, 1, 15)], "yesterday's may only be late"


def test_known_days_are_not_asked_for_again_and_at_the_end_yesterday_once_more() -> None:
    days = {start(date(2026, 1, 1) + timedelta(days=n)) for n in range(15)}
    assert gpurentalprices.days_wanted(NOW, frozenset(days)) == [date(2026, 1, 15)]
    assert gpurentalprices.days_wanted(NOW, frozenset(days - {start(date(2026, 1, 4))})) == [date(2026, 1, 4)]
    assert gpurentalprices.days_wanted(datetime(2025, 6, 1, tzinfo=UTC), frozenset()) == []


def test_the_history_arrives_day_by_day_with_its_gaps_and_is_kept_for_good(tmp_path: Path) -> None:
    desk = Desk(now=lambda: NOW)
    cache = Cache(tmp_path / "cache.sqlite3")
    with Loopback() as server:
        for _ in range(6):
            report = fetch(server, "gpu_history", desk.pools.gpu_days())
            assert report.failures == ()
            desk.observe(report.observations, report.series, gpu_rates=report.gpu_rates)
            assert cache.write(report.observations, report.series, report.gpu_rates) == ()
        asked = [entry["path"] for entry in server.log]
    assert len(asked) <= 18, "three at a time"
    record = desk.snapshot().gpu_record
    assert record.held_days() == {start(day) for day in SNAPSHOT_DAYS}
    assert desk.pools.gpu_days() > record.held_days(), "days without a snapshot are known as gaps"
    panel = desk.snapshot().gpu_panel("b200")
    assert panel is not None
    assert panel.names == ("alder", "birch", "cedar", "dogwood")
    assert [int(time) for time in panel.times] == [start(day) for day in SNAPSHOT_DAYS]
    held = cache.load(NOW)
    cache.close()
    again = Desk(now=lambda: NOW)
    again.observe(held.observations.values(), held.series.values(), gpu_rates=held.gpu_rates)
    assert again.snapshot().gpu_record.rates == record.rates
    assert again.pools.gpu_days() == desk.pools.gpu_days()


def test_a_snapshot_of_another_day_is_not_taken() -> None:
    body = WORLD.body("gpurentalprices_past", "/data/snapshots/2026-01-08.json", {})
    assert body is not None
    assert gpurentalprices.parse_snapshot(body, date(2026, 1, 8), now=NOW).gpu_rates
    with pytest.raises(SourceError) as caught:
        gpurentalprices.parse_snapshot(body, date(2026, 1, 9), now=NOW)
    assert caught.value.kind is FailureKind.MALFORMED


def test_what_was_read_before_a_failure_is_kept() -> None:
    with Loopback() as server:
        good = json.dumps(server.world.gpurentalprices_past("/data/snapshots/2026-01-08.json", {}))
        server.world.gpurentalprices_past = (  # type: ignore[method-assign] # a provider whose second answer is bad
            lambda path, query: good.encode() if path.endswith("08.json") else b"{}"
        )
        report = fetch(server, "gpu_history")
    assert {rate.day for rate in report.gpu_rates} == {start(date(2026, 1, 8))}


# -- weekly -----------------------------------------------------------------------------------------------------------


def weeks(change: tuple[str, str] = ("", "")) -> tuple[GpuRate, ...]:
    body = WORLD.body("getdeploying", "/dataset/gpu-prices/nvidia-b200.csv", {})
    assert body is not None
    changed = body.decode().replace(*change) if change[0] else body.decode()
    return getdeploying.parse_weeks(changed.encode(), "nvidia-b200", now=NOW)


def test_weekly_medians_are_on_demand_and_their_ends_are_no_quartiles() -> None:
    found = weeks()
    assert [rate.median for rate in found] == [median for _, median in WEEKS]
    assert [rate.day for rate in found] == [start(date.fromisoformat(week)) for week, _ in WEEKS]
    newest = found[-1]
    assert (newest.offers, newest.sellers, newest.detail) == (120, 40, "from 3.20 to 12.80")
    assert newest.low != newest.low, "unknown"


def test_a_week_after_the_clock_is_left_out() -> None:
    assert len(weeks(("2026-01-12", "2026-02-12"))) == 2


@pytest.mark.parametrize(
    "change",
    [
        ("median_price", "middle"),
        ("nvidia-b200,2026-01-12,on", "nvidia-h100,2026-01-12,on"),
        (",6.4000,", ",6400,"),
        (",6.4000,", ",0.0064,"),
        (",6.4000,", ",nan,"),
        (",40,120", ",-40,120"),
        (",6.4000,6.5,40,120", ",6.4000"),
        ("2026-01-12", "last week"),
        ("on-demand", "spot"),
    ],
)
def test_a_table_that_can_not_be_true_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(SourceError) as caught:
        weeks(change)
    assert caught.value.kind in (FailureKind.MALFORMED, FailureKind.IMPLAUSIBLE)


def test_the_weekly_median_stands_in_for_the_daily_one_and_says_so() -> None:
    with Loopback() as server:
        server.faults["gpurentalprices"] = "http500"
        report = fetch(server, "gpu")
    (found,) = report.observations
    assert (found.source, found.value) == ("getdeploying", 6.40)
    assert found.detail == "weekly median of 120 B200 offers on demand, 40 providers"
    assert found.as_of == datetime(2026, 1, 12, tzinfo=UTC)


def test_daily_and_weekly_rates_are_lines_of_their_own() -> None:
    desk = Desk(now=lambda: NOW)
    with Loopback() as server:
        for topic in ("gpu", "gpu_history", "gpu_weekly"):
            report = fetch(server, topic)
            desk.observe(report.observations, report.series, gpu_rates=report.gpu_rates)
    panels = [band.panel for band in desk.snapshot().reference_gpu_rates]
    assert len(panels) == 2
    assert "the same 4 providers" in panels[0]
    assert "weekly" in panels[1]
    assert set(desk.last_fetched()) >= {gpurentalprices.COVERAGE, getdeploying.QUANTITY}


# -- nothing but numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [0, 1])
def test_a_bare_return_anywhere_is_a_failure_with_a_name(line: int) -> None:
    body = WORLD.body("getdeploying", "/dataset/gpu-prices/nvidia-b200.csv", {})
    assert body is not None
    lines = body.split(b"\n")
    lines[line] = b"a\rb" + lines[line]
    with pytest.raises(SourceError, match="not the table expected"):
        getdeploying.parse_weeks(b"\n".join(lines), "nvidia-b200", now=NOW)


@given(st.data())
@settings(max_examples=examples(200))
def test_a_changed_table_gives_believable_rates_or_a_failure(data: st.DataObject) -> None:
    body = WORLD.body("getdeploying", "/dataset/gpu-prices/nvidia-b200.csv", {})
    assert body is not None
    at = data.draw(st.integers(0, len(body) - 1))
    piece = data.draw(
        st.binary(max_size=4) | st.sampled_from([b"nan", b"inf", b",", b"\n", b"\r", b'"', b"1e9", b"-", b"\x00"])
    )
    changed = body[:at] + piece + body[at + data.draw(st.integers(0, 5)) :]
    try:
        rates = getdeploying.parse_weeks(changed, "nvidia-b200", now=NOW)
    except SourceError:
        return
    assert rates
    assert all(is_plausible(rate.median) and rate.as_of <= NOW.timestamp() for rate in rates)
    assert GpuRecord().laid(rates).newest


def test_by_a_clock_before_the_first_snapshot_nothing_is_asked_and_nothing_succeeds() -> None:
    with Loopback() as server:
        client = Client(server.bases())
        early = datetime.fromtimestamp(start(gpurentalprices.FIRST_DAY), UTC)
        report = Refresher(client).run(["gpu_history"], now=early)
        assert report.failures == () and server.asked(gpurentalprices.HISTORY) == []
        health = client.health()[gpurentalprices.HISTORY]
        assert health.last_success_s is None and health.nothing_to_ask
        Refresher(client).run(["gpu_history"], now=NOW)
        health = client.health()[gpurentalprices.HISTORY]
        assert health.last_success_s is not None and not health.nothing_to_ask
