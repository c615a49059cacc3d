"""ERCOT's public reports: tables of contents, ZIPs that may be bombs, hours ending, the hour that comes twice."""

import contextlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from depth import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import NOW
from loopback_power import zipped

from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources import ercot
from minerdesk.sources.ercot import parse_documents, parse_prices, unpacked

HEAD = "DeliveryDate,DeliveryHour,DeliveryInterval,SettlementPointName,SettlementPointType,SettlementPointPrice"
HEAD += ",DSTFlag    "
DAY_HEAD = "DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag"


def at(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def read(head: str, *rows: str) -> dict[str, tuple[list[str], list[float | None]]]:
    found = parse_prices("\n".join([head, *rows]).encode())
    return {point: ([at(time) for time in piece.times], list(piece.prices)) for point, piece in found.items()}


def document(
    key: Any, published: str = "2026-01-16T05:47:04-06:00", name: str = "SPPHLZNP6905_20260116_0545_csv"
) -> Any:
    return {"Document": {"DocID": key, "FriendlyName": name, "ConstructedName": "cdr.zip", "PublishDate": published}}


def contents(*documents: Any) -> bytes:
    return json.dumps({"ListDocsByRptTypeRes": {"DocumentList": list(documents)}}).encode()


# -- prices -----------------------------------------------------------------------------------------------------------


def test_an_hour_is_the_one_that_ends_and_a_quarter_begins_within_it() -> None:
    found = read(
        HEAD,
        "01/15/2023,1,1,HB_HOUSTON,HU,25.50,N",
        "08/08/2024,18,2,HB_HOUSTON,HU,-1.25,N",
        "08/08/2024,24,4,LZ_WEST,LZ,30,N",
        "08/08/2024,24,4,LZ_WEST,LZEW,31,N",
        "08/08/2024,18,2,7RNCHSLR_ALL,RN,19.1,N",
    )
    assert found == {
        "HB_HOUSTON": (["2023-01-15 06:00", "2024-08-08 22:15"], [25.5, -1.25]),
        "LZ_WEST": (["2024-08-09 04:45"], [30.0]),
    }
    assert parse_prices(f"{HEAD}\n01/15/2023,1,1,HB_WEST,HU,1,N".encode())["HB_WEST"].step_s == 900


def test_the_hour_that_comes_twice_and_the_one_that_never_comes() -> None:
    day = [f"11/03/2024,{hour:02}:00,HB_WEST,{hour},N" for hour in range(1, 25)]
    twice = read(DAY_HEAD, *day, "11/03/2024,02:00,HB_WEST,99,Y")["HB_WEST"]
    numbered = read(DAY_HEAD, *day, "11/03/2024,25:00,HB_WEST,99,N")["HB_WEST"]
    assert numbered == twice
    assert dict(zip(*twice, strict=True))["2024-11-03 06:00"] == 2.0
    assert dict(zip(*twice, strict=True))["2024-11-03 07:00"] == 99.0
    assert len(set(twice[0])) == 25
    spring = read(DAY_HEAD, *(f"03/10/2024,{hour:02}:00,HB_WEST,{hour},N" for hour in range(1, 25)))["HB_WEST"]
    assert len(spring[0]) == 23
    assert 3.0 not in spring[1], "2:00 to 3:00 is left out by the clocks"


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (["date,price", "1,2"], FailureKind.MALFORMED),
        ([HEAD], FailureKind.MALFORMED),
        ([HEAD, "08/08/2024,18,2,7RNCHSLR_ALL,RN,19.1,N"], FailureKind.MALFORMED),
        ([HEAD, "2024-08-08,18,2,HB_WEST,HU,19.1,N"], FailureKind.MALFORMED),
        ([HEAD, "08/08/2024,x,2,HB_WEST,HU,19.1,N"], FailureKind.MALFORMED),
        ([HEAD, "08/08/2024,18,2,HB_WEST,HU,dear,N"], FailureKind.MALFORMED),
        ([HEAD, "08/08/2024,18,2,HB_WEST,HU,nan,N"], FailureKind.MALFORMED),
        ([HEAD, "08/08/2024,0,2,HB_WEST,HU,19.1,N"], FailureKind.IMPLAUSIBLE),
        ([HEAD, "08/08/2024,26,2,HB_WEST,HU,19.1,N"], FailureKind.IMPLAUSIBLE),
        ([HEAD, "08/08/2024,18,5,HB_WEST,HU,19.1,N"], FailureKind.IMPLAUSIBLE),
        ([HEAD, "08/08/2024,18,2,HB_WEST,HU,19100,N"], FailureKind.IMPLAUSIBLE),
        (["<html>"], FailureKind.MALFORMED),
    ],
)
def test_what_is_no_file_of_prices(rows: list[str], kind: FailureKind) -> None:
    with pytest.raises(SourceError) as caught:
        parse_prices("\n".join(rows).encode())
    assert (caught.value.kind, caught.value.source) == (kind, "ercot")


@settings(max_examples=examples(250))
@given(
    st.lists(
        st.sampled_from(["08/08/2024", "11/03/2024", "25", "1e400", "nan", "", "Y", "-"]) | st.text(max_size=9),
        min_size=6,
        max_size=8,
    )
)
def test_any_row_is_a_price_in_bounds_or_a_failure(cells: list[str]) -> None:
    body = f"{HEAD}\n{','.join([*cells[:3], 'HB_WEST', *cells[3:]])}".encode()
    with contextlib.suppress(SourceError):
        for piece in parse_prices(body).values():
            assert all(price is not None and -500 <= price <= 10_000 for price in piece.prices)


# -- zips -------------------------------------------------------------------------------------------------------------


def test_a_zip_is_unpacked_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unpacked(zipped("a,b\n1,2\n")) == b"a,b\n1,2\n"
    monkeypatch.setattr(ercot, "MOST_UNPACKED_BYTES", 2**20)
    with pytest.raises(SourceError, match="unpacks to more than 1 MB"):
        unpacked(zipped("0" * (2**20 + 1)))


def many(names: list[str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PK",
        b"no zip",
        zipped("a", "a.xml"),
        zipped("a" * 500)[:-30],
        many(["a.csv", "b.csv"]),
        many([f"{n}.csv" for n in range(30)]),
    ],
    ids=["empty", "stub", "text", "xml", "cut", "two", "many"],
)
def test_what_is_no_zip_of_one_file(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        unpacked(body)
    assert caught.value.kind is FailureKind.MALFORMED


def test_a_zip_that_lies_about_its_size_is_bounded_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ercot, "MOST_UNPACKED_BYTES", 1_000)
    body = bytearray(zipped("0" * 50_000))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):  # the size that is stated, at both places
        place = body.index(signature) + offset
        body[place : place + 4] = (10).to_bytes(4, "little")
    try:
        assert len(unpacked(bytes(body))) <= 1_000
    except SourceError as error:
        assert error.kind is FailureKind.MALFORMED


@settings(max_examples=examples(200))
@given(st.binary(max_size=40), st.integers(0, 400))
def test_damage_anywhere_is_a_failure_or_harmless(noise: bytes, place: int) -> None:
    whole = zipped(f"{HEAD}\n08/08/2024,18,2,HB_WEST,HU,19.1,N\n" * 5)
    with contextlib.suppress(SourceError):
        parse_prices(unpacked(whole[:place] + noise + whole[place + len(noise) :]))


# -- tables of contents -----------------------------------------------------------------------------------------------


def test_csv_files_are_listed_oldest_first_each_once_and_none_of_the_future() -> None:
    found = parse_documents(
        contents(
            document("12", "2026-01-16T06:02:04-06:00"),
            document(11),
            document("11"),
            document("13", name="SPPHLZNP6905_20260116_0545_xml"),
            document("14", "2026-01-17T06:02:04-06:00"),
        ),
        NOW + timedelta(minutes=5),
    )
    assert [one.number for one in found] == ["11", "12"]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        contents(),
        contents(document("12", "2027-01-16T06:02:04-06:00")),
        contents(document("0")),
        contents(document("-5")),
        contents(document(1.5)),
        contents(document(True)),
        contents(document("1&x=2")),
        contents(document("12", "soon")),
        contents({"File": {}}),
        b'{"ListDocsByRptTypeRes":{"DocumentList":[{"Document":[]}]}}',
    ],
)
def test_what_is_no_table_of_contents(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        parse_documents(body, NOW)
    assert caught.value.source == "ercot"
