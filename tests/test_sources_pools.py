"""Pools by their blocks: the answer of mempool.space, and answers that can't be believed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.mempool import parse_pools

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)


def body(*pools: tuple[Any, Any], **more: Any) -> bytes:
    rows = [{"poolId": n, "name": name, "blockCount": count, "rank": n} for n, (name, count) in enumerate(pools, 1)]
    return json.dumps({"pools": rows, "blockCount": 1_024, "lastEstimatedHashrate": 1e21, **more}).encode()


def test_a_week_of_pools() -> None:
    hhi, majority, largest = parse_pools(body(("Foundry USA", 323), ("AntPool", 201), ("Rest", 500)), now=NOW)
    assert [found.quantity for found in (hhi, majority, largest)] == [
        "pool_hhi",
        "pools_for_majority",
        "pool_largest_share",
    ]
    assert hhi.value == pytest.approx((323**2 + 201**2 + 500**2) / 1_024**2)
    assert (majority.value, largest.value) == (2.0, pytest.approx(500 / 1_024))
    assert largest.detail == "Rest 48.8%, Foundry USA 31.5%, AntPool 19.6%"
    assert "1024 blocks" in hhi.detail


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"{}", FailureKind.MALFORMED),
        (b'{"pools": []}', FailureKind.MALFORMED),
        (body((None, 1_000)), FailureKind.MALFORMED),
        (body(("A", "many")), FailureKind.MALFORMED),
        (body(("A", -1_000)), FailureKind.MALFORMED),
        (body(("A", 10.5)), FailureKind.MALFORMED),
        (body(("A", 0)), FailureKind.IMPLAUSIBLE),
        (body(("A", 520_217)), FailureKind.IMPLAUSIBLE),  # what an unknown period gives: the whole history
    ],
)
def test_what_is_no_week_of_pools(answer: bytes, kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        parse_pools(answer, now=NOW)
    assert caught.value.kind is kind


def test_a_name_is_one_short_line() -> None:
    largest = parse_pools(body(("x\n" * 100, 1_000)), now=NOW)[-1]
    assert "\n" not in largest.detail
    assert len(largest.detail) < 60
