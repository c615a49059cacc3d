"""SMARD and aWATTar: what their replies must be, and what is never a price."""

import contextlib
import json
from typing import Any

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import awattar, smard
from minerdesk.sources.pieces import Piece

WEEK_MS = 1_767_567_600_000  # Monday, 5 January 2026, 0:00 in Berlin
WEEK: dict[str, Any] = {
    "meta_data": {"version": 1, "created": 1_768_000_000_000},
    "series": [[WEEK_MS, 80.5], [WEEK_MS + 3_600_000, -70], [WEEK_MS + 7_200_000, None]],
}
ROW = {
    "start_timestamp": 1_428_591_600_000,
    "end_timestamp": 1_428_595_200_000,
    "marketprice": 42.09,
    "unit": "Eur/MWh",
}
#: JSON as far as it may go wrong: any value in the place of any other.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(10**20), 10**20) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def week(**changes: Any) -> Piece:
    return smard.parse_week(json.dumps(WEEK | changes).encode(), WEEK_MS)


def market(*rows: Any) -> Piece:
    return awattar.parse_prices(json.dumps({"object": "list", "data": list(rows)}).encode(), "awattar")


def test_a_week_is_read() -> None:
    found = week()
    assert found.times == (1_767_567_600, 1_767_571_200, 1_767_574_800)
    assert found.prices == (80.5, -70.0, None)
    assert found.step_s == 3_600
    assert smard.parse_index(b'{"timestamps":[1767567600000,1766962800000,1767567600000]}') == (
        1_766_962_800_000,
        1_767_567_600_000,
    )


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        ([], FailureKind.MALFORMED),
        (None, FailureKind.MALFORMED),
        ([[WEEK_MS]], FailureKind.MALFORMED),
        ([[WEEK_MS, "dear"]], FailureKind.MALFORMED),
        ([[None, 80]], FailureKind.MALFORMED),
        ([{"time": WEEK_MS}], FailureKind.MALFORMED),
        ([[WEEK_MS, 80_000]], FailureKind.IMPLAUSIBLE),
        ([[WEEK_MS / 1_000, 80]], FailureKind.IMPLAUSIBLE),
        ([[WEEK_MS + 1, 80]], FailureKind.IMPLAUSIBLE),
        ([[WEEK_MS + 8 * 86_400_000, 80]], FailureKind.IMPLAUSIBLE),
        ([[WEEK_MS - 86_400_000, 80]], FailureKind.IMPLAUSIBLE),
    ],
)
def test_what_is_no_week_of_prices(series: Any, kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        week(series=series)
    assert (caught.value.kind, caught.value.source) == (kind, "smard")


@pytest.mark.parametrize(
    "stamps", [[], "soon", [None], [1_767_567_600], [1_767_567_600_001], [1_767_567_600_000] * 3_001]
)
def test_what_is_no_index(stamps: Any) -> None:
    with pytest.raises(SourceError):
        smard.parse_index(json.dumps({"timestamps": stamps}).encode())


def test_marketdata_is_read_in_milliseconds_net() -> None:
    found = market(ROW)
    assert (found.times, found.prices, found.step_s) == ((1_428_591_600,), (42.09,), 3_600)
    quarter = ROW | {"end_timestamp": 1_428_592_500_000}
    assert market(quarter).step_s == 900
    assert (
        market(quarter, ROW | {"start_timestamp": 1_428_595_200_000, "end_timestamp": 1_428_598_800_000}).step_s is None
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"marketprice": None}, FailureKind.MALFORMED),
        ({"marketprice": 42_090}, FailureKind.IMPLAUSIBLE),
        ({"unit": "Cent/kWh"}, FailureKind.IMPLAUSIBLE),
        ({"unit": None}, FailureKind.IMPLAUSIBLE),
        ({"end_timestamp": 1_428_591_600_000}, FailureKind.IMPLAUSIBLE),
        ({"end_timestamp": 1_428_678_000_000}, FailureKind.IMPLAUSIBLE),
        ({"start_timestamp": 1_428_591_600, "end_timestamp": 1_428_595_200}, FailureKind.IMPLAUSIBLE),
        ({"start_timestamp": "9:00"}, FailureKind.MALFORMED),
    ],
)
def test_what_is_no_row_of_marketdata(changes: dict[str, Any], kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        market(ROW | changes)
    assert (caught.value.kind, caught.value.source) == (kind, "awattar")


@settings(max_examples=examples(250))
@given(st.sampled_from(["series", "timestamps", "data"]), ANYTHING, st.integers(0, 3), ANYTHING)
def test_nothing_but_prices_comes_out(key: str, whole: Any, at: int, cell: Any) -> None:
    rows = [[WEEK_MS, 80.5], dict(ROW), WEEK_MS, [cell, 5]]
    rows[at] = cell
    for value in (whole, rows, [{**ROW, "marketprice": cell}], [[WEEK_MS, cell]]):
        body = json.dumps({key: value}).encode()
        with contextlib.suppress(SourceError):
            assert all(week == int(week) for week in smard.parse_index(body))
        for read in (lambda b: smard.parse_week(b, WEEK_MS), lambda b: awattar.parse_prices(b, "awattar")):
            with contextlib.suppress(SourceError):
                found = read(body)
                assert all(price is None or -1_000 <= price <= 10_000 for price in found.prices)
                assert all(946_684_800 <= time < 7_258_118_400 for time in found.times)
