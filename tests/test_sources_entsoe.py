"""ENTSO-E: forward fill, sequences, no data, a token in a header only, and XML that could do harm."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import KEY, NOW, Loopback, credentials
from loopback_power import document_of, no_data, published, series_of

from minerdesk.errors import FailureKind, SourceError
from minerdesk.market_prices import Fetch
from minerdesk.sources.client import Client
from minerdesk.sources.entsoe import ZONES, parse_prices
from minerdesk.sources.failures import NotPublishedError
from minerdesk.sources.markets import PLACES, places
from minerdesk.sources.pieces import Piece

BEGIN = datetime(2025, 12, 31, 23, tzinfo=UTC)
FIRST = int(BEGIN.timestamp())


def parsed(text: str) -> Piece:
    return parse_prices(text.encode())


def test_every_code_checks_itself() -> None:
    """The last character of an EIC is reckoned from the fifteen before it."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
    for code in ZONES.values():
        total = sum(letters.index(letter) * weight for letter, weight in zip(code[:15], range(16, 1, -1), strict=True))
        assert letters[36 - (total - 1) % 37] == code[15], code


def test_what_is_left_out_equals_the_one_before_it() -> None:
    body = published([80.5, 80.5, -1, -1, -1, 0], BEGIN)
    assert body.count("<Point>") == 3
    found = parsed(body)
    assert found.times == tuple(FIRST + n * 3_600 for n in range(6))
    assert found.prices == (80.5, 80.5, -1, -1, -1, 0)
    assert found.step_s == 3_600
    assert parsed(published([80.5, None, 7], BEGIN, curve="A01")).prices == (80.5, None, 7)
    assert parsed(published([None, 5, 7], BEGIN)).prices == (None, 5, 7), "there is nothing before the first"


def test_the_joint_auction_counts_and_hours_go_over_to_quarters() -> None:
    hours = series_of([10, 20], BEGIN, sequence=1)
    other = series_of([11, 21], BEGIN, sequence=2)
    quarters = series_of([1.0] * 8, BEGIN, step_min=15)
    for several in ((hours, other), (other, hours), (quarters, hours), (hours, quarters)):
        assert parsed(document_of(*several)).prices == (10, 20)
    later = series_of([3, 4, 5, 6], datetime(2026, 1, 1, 1, tzinfo=UTC), step_min=15)
    found = parsed(document_of(hours, later))
    assert found.prices == (10, 20, 3, 4, 5, 6)
    assert found.step_s is None


def test_reason_999_is_no_data_and_another_is_said() -> None:
    with pytest.raises(NotPublishedError):
        parsed(no_data("No matching data found"))
    with pytest.raises(SourceError, match="refuses the question \\(Delivered time interval is not valid") as caught:
        parsed(no_data("Delivered time interval is not valid", "001"))
    assert not isinstance(caught.value, NotPublishedError)


GOOD = published([80.5, 81], BEGIN)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", FailureKind.MALFORMED),
        ("{}", FailureKind.MALFORMED),
        ("<!doctype html><title>Log in</title>", FailureKind.MALFORMED),
        ("<html><body>Log in</body></html>", FailureKind.MALFORMED),
        (GOOD[:-40], FailureKind.MALFORMED),
        (GOOD.replace("Publication_", "Other_"), FailureKind.MALFORMED),
        (GOOD.replace("80.5", "dear"), FailureKind.MALFORMED),
        (GOOD.replace("80.5", "NaN"), FailureKind.MALFORMED),
        (GOOD.replace("80.5", ""), FailureKind.MALFORMED),
        (GOOD.replace("80.5", "80500"), FailureKind.IMPLAUSIBLE),
        (GOOD.replace("<position>2", "<position>3"), FailureKind.IMPLAUSIBLE),
        (GOOD.replace("<position>2", "<position>1.5"), FailureKind.IMPLAUSIBLE),
        (GOOD.replace("EUR", "PLN"), FailureKind.IMPLAUSIBLE),
        (GOOD.replace("MWH", "KWH"), FailureKind.IMPLAUSIBLE),
        (GOOD.replace("PT60M", "P1Y"), FailureKind.IMPLAUSIBLE),
        (GOOD.replace("2026-01-01T01:00Z", "9999-01-01T00:00Z"), FailureKind.IMPLAUSIBLE),
        (GOOD.replace("2026-01-01T01:00Z", "2025-01-01T00:00Z"), FailureKind.IMPLAUSIBLE),
        (GOOD.replace("2026-01-01T01:00Z", "soon"), FailureKind.MALFORMED),
        (document_of(), FailureKind.MALFORMED),
        (document_of(*[series_of([1.0] * 9_000, BEGIN)] * 40), FailureKind.MALFORMED),
        ("<a>" * 60_000, FailureKind.MALFORMED),
        ("<a>" * 20 + "</a>" * 20, FailureKind.MALFORMED),
    ],
)
def test_what_is_no_answer(body: str, kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        parsed(body)
    assert (caught.value.kind, caught.value.source) == (kind, "entsoe")


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declaration", [LAUGHS, FILE, "<!-- -->", "<![CDATA[1]]>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_that_declares_anything_is_refused_unread(declaration: str, encoding: str) -> None:
    body = GOOD.replace("?>\n", f"?>{declaration}\n").replace("80.5", "&b;").replace("utf-8", encoding)
    with pytest.raises(SourceError) as caught:
        parse_prices(body.encode(encoding))
    assert caught.value.kind is FailureKind.MALFORMED


def test_an_entity_that_nobody_declared_is_refused() -> None:
    with pytest.raises(SourceError):
        parsed(GOOD.replace("80.5", "&b;"))


@settings(max_examples=examples(250))
@given(st.text(max_size=30), st.integers(0, 900), st.integers(0, 40))
def test_damage_anywhere_is_a_failure_or_prices_in_bounds(noise: str, at: int, length: int) -> None:
    with contextlib.suppress(SourceError):
        found = parsed(GOOD[:at] + noise + GOOD[at + length :])
        assert all(price is None or -1_000 <= price <= 10_000 for price in found.prices)


# -- asked ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def fetch(server: Loopback, folder: Path, key: str, **more: object) -> Fetch:
    client = Client(server.bases(), credentials=credentials())
    return Fetch(client=client, folder=folder, place=PLACES[key], now=NOW, days=20, **more)  # type: ignore[arg-type]  # tests


def test_it_is_off_until_it_is_switched_on_and_then_asked_last(server: Loopback, tmp_path: Path) -> None:
    assert "SE3" not in {place.key for place in places(())}
    assert {place.key for place in places(("entsoe",))} >= set(ZONES)
    server.faults |= {"energy_charts": "http500", "smard": "http500", "awattar_de": "http500"}
    with pytest.raises(SourceError):
        fetch(server, tmp_path, "DE-LU").run()
    assert server.asked("entsoe") == []
    found = fetch(server, tmp_path, "DE-LU", on=("entsoe",)).run()
    assert found.name == "ENTSO-E DE-LU"
    assert len(found) == 20 * 24
    assert server.asked("entsoe") == ["/api"]
    assert all(
        KEY not in entry["query"] and entry["query"] == "" for entry in server.log if entry["provider"] == "entsoe"
    )


def test_a_zone_without_data_says_so_and_a_wrong_token_is_named(server: Loopback, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no day-ahead prices of SE3"):
        fetch(server, tmp_path, "SE3", on=("entsoe",)).run()
    client = Client(server.bases())
    with pytest.raises(SourceError) as caught:
        Fetch(client=client, folder=tmp_path, place=PLACES["SE3"], now=NOW, days=20, on=("entsoe",)).run()
    assert caught.value.kind in (FailureKind.BLOCKED, FailureKind.NEEDS_KEY)
