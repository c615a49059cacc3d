"""AEMO: stamps that are ends on a clock that is not told, forecasts, floor and cap, and what is never a price."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sources_smard import ANYTHING

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.aemo import parse_day, parse_summary

NOW = datetime(2025, 11, 14, 2, tzinfo=UTC)
ROW: dict[str, Any] = {
    "SETTLEMENTDATE": "2025-11-14T11:35:00",
    "REGIONID": "NSW1",
    "RRP": -11.72846,
    "TOTALDEMAND": 5166.18,
    "PERIODTYPE": "ACTUAL",
    "APCFLAG": 0.0,
}
NEWEST = {"SETTLEMENTDATE": "2025-11-14T11:40:00", "REGIONID": "VIC1", "PRICE": -1_000}


def day(*rows: Any) -> Any:
    return parse_day(json.dumps({"5MIN": list(rows)}).encode(), NOW)


def test_a_stamp_is_the_end_of_five_minutes_ten_hours_ahead() -> None:
    found = day(ROW, ROW | {"SETTLEMENTDATE": "2025-11-14T12:05:00", "PERIODTYPE": "FORECAST", "RRP": 5})
    assert found.keys() == {"NSW1"}
    assert found["NSW1"].times == (int(datetime(2025, 11, 14, 1, 30, tzinfo=UTC).timestamp()),)
    assert (found["NSW1"].prices, found["NSW1"].step_s) == ((-11.72846,), 300)
    summary = parse_summary(json.dumps({"ELEC_NEM_SUMMARY": [NEWEST, NEWEST | {"REGIONID": "WEM"}]}).encode(), NOW)
    assert summary.keys() == {"VIC1"}
    assert summary["VIC1"].prices == (-1_000.0,), "the floor is a price"


def test_summer_time_changes_nothing() -> None:
    """January is summer in Sydney; the market's clock stays at UTC+10."""
    body = json.dumps({"5MIN": [ROW | {"SETTLEMENTDATE": "2026-01-10T00:05:00"}]}).encode()
    found = parse_day(body, datetime(2026, 1, 9, 15, tzinfo=UTC))
    assert found["NSW1"].times == (int(datetime(2026, 1, 9, 14, tzinfo=UTC).timestamp()),)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"PERIODTYPE": "FORECAST"}, FailureKind.MALFORMED),
        ({"REGIONID": "XX1"}, FailureKind.MALFORMED),
        ({"RRP": "dear"}, FailureKind.MALFORMED),
        ({"RRP": 50_000}, FailureKind.IMPLAUSIBLE),
        ({"RRP": -1_001}, FailureKind.IMPLAUSIBLE),
        ({"SETTLEMENTDATE": "soon"}, FailureKind.MALFORMED),
        ({"SETTLEMENTDATE": None}, FailureKind.MALFORMED),
        ({"SETTLEMENTDATE": "2025-11-14T11:35:00+10:00"}, FailureKind.MALFORMED),
        ({"SETTLEMENTDATE": "2025-11-14T11:37:00"}, FailureKind.IMPLAUSIBLE),
        ({"SETTLEMENTDATE": "2025-10-14T11:35:00"}, FailureKind.IMPLAUSIBLE),
        ({"SETTLEMENTDATE": "0001-01-01T00:00:00"}, FailureKind.IMPLAUSIBLE),
    ],
)
def test_what_is_no_row_of_the_day(changes: dict[str, Any], kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        day(ROW | changes)
    assert (caught.value.kind, caught.value.source) == (kind, "aemo")


def test_a_price_that_is_missing_is_a_gap() -> None:
    assert day(ROW | {"RRP": None})["NSW1"].prices == (None,)


@settings(max_examples=examples(250))
@given(st.sampled_from(sorted(ROW)), ANYTHING, ANYTHING)
def test_nothing_but_prices_comes_out(key: str, cell: Any, whole: Any) -> None:
    for rows in ([ROW, ROW | {key: cell}], whole, [whole, ROW]):
        body = json.dumps({"5MIN": rows, "ELEC_NEM_SUMMARY": rows}).encode()
        for read in (parse_day, parse_summary):
            with contextlib.suppress(SourceError):
                for piece in read(body, NOW).values():
                    assert all(price is None or -1_000 <= price <= 30_000 for price in piece.prices)
                    assert all(
                        abs(time - NOW.timestamp()) < timedelta(days=99_999).total_seconds() for time in piece.times
                    )
