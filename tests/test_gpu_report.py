"""Rental rates side by side: each source's own, told apart by kind, age and licence; the trend in words; exports."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from loopback import NOW, Loopback, environment
from sample_desk import session_at
from sample_rates import sample_rates

from minerdesk import presets
from minerdesk.__main__ import main
from minerdesk.gpu_report import gpu_tables, headline, rate_lines, rates_object, trends, unknown_words
from minerdesk.observations import State
from minerdesk.report import table_bytes
from minerdesk.session import Session
from minerdesk.words import plain

CLOCK = "2026-01-16T12:00:00Z"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Any:
    opened = session_at(monkeypatch, CLOCK)
    opened.desk.observe([], [], gpu_rates=sample_rates(NOW), gpus_unknown={"lambda": ("a10", "a6000")})
    yield opened
    opened.close()


def test_every_source_keeps_its_own_rate(session: Session) -> None:
    lines = {(line.gpu, line.source): line for line in rate_lines(session.desk.snapshot())}
    daily, weekly, own = (lines["b200", name] for name in ("gpurentalprices", "getdeploying", "lambda"))
    assert (daily.usd_per_gpu_hour, daily.offers, daily.sellers) == (5.3, 7, 7)
    assert (daily.low, daily.high) == (pytest.approx(3.65), pytest.approx(6.8))
    assert (weekly.usd_per_gpu_hour, weekly.low, weekly.offers) == (6.5, None, 120)
    assert (own.usd_per_gpu_hour, own.kind, own.sellers) == (pytest.approx(5.14), "list price", 1)
    assert (own.low, own.high) == (None, None), "two prices have no quartiles worth the name"
    assert (weekly.kind, weekly.cadence, weekly.licence) == ("median of list prices", "weekly", "CC BY 4.0")
    assert daily.state is State.CACHED, "it was fetched this morning, six hours ago"
    assert own.state is State.LIVE


def test_the_bundled_month_stands_where_no_source_told_a_rate(session: Session) -> None:
    lines = [line for line in rate_lines(session.desk.snapshot()) if line.state is State.BUNDLED]
    assert lines
    assert not {line.gpu for line in lines} & {"b200", "h100"}
    assert all(line.as_of <= NOW for line in lines)


def test_the_trend_is_over_the_same_providers_and_says_which(session: Session) -> None:
    snapshot = session.desk.snapshot()
    said = plain(headline(snapshot))
    assert said == "B200 +5.0 % to 6.30 $/GPU-h over the same 5 providers from 7 Dec 2025 to 16 Jan 2026"
    assert [found.gpu for found in trends(snapshot.gpu_record)] == ["b200", "h100"]


def test_a_past_day_knows_only_what_was_told_by_then(session: Session) -> None:
    snapshot, past = session.desk.snapshot(), date(2026, 1, 9)
    lines = {(line.gpu, line.source): line for line in rate_lines(snapshot, past)}
    assert ("b200", "lambda") not in lines
    assert lines["b200", "gpurentalprices"].as_of == datetime(2026, 1, 9, 6, tzinfo=UTC)
    assert all(line.state is not State.LIVE for line in lines.values())
    assert "B200 0.0 %" in plain(headline(snapshot, past))
    assert "Trend of B200 not known yet" in headline(snapshot, date(2025, 12, 1))


def test_gpus_that_are_not_understood_are_named(session: Session) -> None:
    assert unknown_words(session.desk.snapshot().gpu_record) == "Not understood and left out: a10, a6000 (Lambda)."


def test_scripts_get_numbers_kinds_panels_and_credits(session: Session) -> None:
    found = rates_object(session.desk.snapshot())
    (trend,) = [one for one in found["trends"] if one["gpu"] == "b200"]
    assert trend["providers"] == ["alder", "birch", "cedar", "dogwood", "elm"]
    assert (trend["first_day"], trend["last_day"]) == (date(2025, 12, 7), date(2026, 1, 16))
    assert trend["change_fraction"] == pytest.approx(0.05)
    assert "gpurentalprices.com, CC BY 4.0" in found["credits"]
    assert found["unknown_gpus"] == {"lambda": ["a10", "a6000"]}
    assert {line["source"] for line in found["rates"] if line["gpu"] == "b200"} == {
        "gpurentalprices",
        "getdeploying",
        "lambda",
    }


def test_the_tables_stand_in_the_export_of_the_network(session: Session) -> None:
    snapshot = session.desk.snapshot()
    text = table_bytes(snapshot, "csv", "deck").decode("utf-8-sig")
    assert "GPU rental rates by source" in text
    assert "the same 5 providers from 7 Dec 2025 to 16 Jan 2026: alder, birch, cedar, dogwood, elm." in text
    assert "GPU rental price data by gpurentalprices.com, CC BY 4.0" in text
    rates, days = gpu_tables(snapshot)
    assert rates.rows[0][:6] == ("B200", 5.3, pytest.approx(3.65), pytest.approx(6.8), 7, 7)
    assert len(days.rows) == 2 * 41
    assert any("B200" in row and "GetDeploying" in row for row in csv.reader(io.StringIO(text)))


def test_a_rate_is_a_starting_point_of_the_inputs(session: Session) -> None:
    found = [preset for preset in presets.rates(session.desk.snapshot()) if preset.heading == "B200"]
    assert [plain(preset.label) for preset in found] == [
        "5.30 $/GPU-h, gpurentalprices.com",
        "6.50 $/GPU-h, GetDeploying",
        "5.14 $/GPU-h, Lambda",
    ]
    assert "weekly, as of" in found[1].detail
    assert "CC BY 4.0" in found[1].detail
    snapshot = session.desk.apply(found[1].edits)
    assert snapshot.inputs.gpu.rate_usd_per_gpu_hour == 6.5


# -- the command ------------------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_command_asks_for_rates_alone_and_prints_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback() as server:
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        code, out, _ = run(capsys, "rates", "--json")
        asked = {entry["provider"] for entry in server.log}
        assert code == 0
        assert asked == {"gpurentalprices", "gpurentalprices_past", "getdeploying"}
        answer = json.loads(out)
        b200 = {line["source"]: line for line in answer["rates"] if line["gpu"] == "b200"}
        assert (b200["gpurentalprices"]["usd_per_gpu_hour"], b200["getdeploying"]["usd_per_gpu_hour"]) == (6.74, 6.4)
        assert b200["gpurentalprices"]["state"] == "live"
        (trend,) = [one for one in answer["trends"] if one["gpu"] == "b200"]
        assert trend["providers"] == ["alder", "birch", "cedar", "dogwood"]
        code, out, _ = run(capsys, "rates", "--offline")
    assert code == 0
    assert "B200" in out
    assert "over the same 4 providers" in out
    assert "GetDeploying, median of list prices, weekly" in out
    assert "CC BY 4.0" in out
    assert "cached" in out, "offline nothing is live"


def test_the_command_of_a_past_day(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERDESK_NOW", CLOCK)
    code, out, _ = run(capsys, "rates", "--offline", "--as-of", str((NOW - timedelta(days=1)).date()))
    assert code == 0
    assert "As told by the end of 2026-01-15 (UTC)" in out
    assert "Bundled: one aggregated marketplace" in out
