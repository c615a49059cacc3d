"""The CSV file: read back equal, readable by others, and nothing in it that a spreadsheet runs."""

import csv
import io
import locale
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_workbook import PAYLOADS, comparison, history, observations, workbook

from minerdesk.errors import InputError
from minerdesk.export.csv_file import guarded, read_csv, to_csv, unguarded
from minerdesk.export.tables import Column, Kind, Table, Workbook

CELLS = {
    Kind.NUMBER: st.none() | st.floats() | st.integers(),
    Kind.TEXT: st.text(max_size=20) | st.sampled_from(PAYLOADS),
    Kind.DATE: st.none() | st.dates(),
    Kind.DATETIME: st.none() | st.datetimes(timezones=st.just(UTC)),
}
TEXTS = st.text(max_size=12) | st.sampled_from(PAYLOADS)


@st.composite
def tables(draw, name: str) -> Table:
    kinds = draw(st.lists(st.sampled_from(Kind), min_size=1, max_size=4))
    columns = tuple(
        Column(key=f"column_{index}", title=draw(TEXTS), unit=draw(TEXTS), kind=kind)
        for index, kind in enumerate(kinds)
    )
    rows = draw(st.lists(st.tuples(*(CELLS[kind] for kind in kinds)), max_size=4))
    notes = tuple(draw(st.lists(TEXTS, max_size=2)))
    return Table(name=name, title=draw(TEXTS), columns=columns, rows=tuple(rows), notes=notes)


@st.composite
def workbooks(draw) -> Workbook:
    names = draw(st.lists(st.sampled_from(("Comparison", "Inputs", "History", "As of")), min_size=1, unique=True))
    return Workbook(
        title=draw(TEXTS),
        as_of=draw(st.datetimes(timezones=st.just(UTC))),
        tables=tuple(draw(tables(name)) for name in names),
        notes=tuple(draw(st.lists(TEXTS, max_size=2))),
    )


@settings(deadline=None)
@given(workbooks())
def test_read_back_equal(book):
    assert read_csv(to_csv(book)) == book


def test_the_sample_reads_back_equal():
    assert read_csv(to_csv(workbook())) == workbook()


def test_a_changed_number_is_not_equal():
    data = to_csv(workbook()).replace(b"95546.25", b"95546.26")
    assert read_csv(data) != workbook()


def test_title_date_units_sources_and_notes_are_in_the_file():
    lines = to_csv(workbook()).decode("utf-8-sig").split("\r\n")
    assert lines[:4] == [
        '# minerdesk,"Mining and AI hosting, per MWh"',
        "# as_of,2026-01-16T12:00:00Z",
        "# note,Before income tax",
        "# note,power.price_usd_per_mwh = 50",
    ]
    assert "# unit,,$/MWh,$/MWh" in lines
    assert "# note,Colocation passes its power through" in lines
    assert "Observations,btc_price_usd,95546.25,$/BTC,2026-01-16T11:58:30Z,coinbase" in lines


def test_headings_stand_above_their_columns():
    lines = list(csv.reader(io.StringIO(to_csv(workbook(history())).decode("utf-8-sig"))))
    block = lines[lines.index(["# table", "History", "Day by day"]) + 1 :]
    assert {len(line) for line in block} == {3}
    assert [line[2] for line in block[:4]] == ["Hash rate, 7-day mean", "EH/s", "number", "network_hashrate_7d_eh_s"]


def test_numbers_have_all_their_digits_an_ascii_minus_and_no_commas():
    lines = to_csv(workbook()).decode("utf-8-sig").split("\r\n")
    assert "Comparison,Mining,98.61111111111111,-12.5" in lines
    assert "Comparison,GPU cloud,1234.5678901234567,0.30000000000000004" in lines
    assert "Comparison,Colocation,240.0," in lines


def test_the_locale_changes_nothing(monkeypatch):
    before = to_csv(workbook())
    monkeypatch.setattr(locale, "localeconv", lambda: {"decimal_point": ",", "thousands_sep": "."})
    assert to_csv(workbook()) == before


def test_pandas_reads_the_first_table():
    frame = pd.read_csv(io.BytesIO(to_csv(workbook())), comment="#", nrows=3)
    assert list(frame.columns) == ["table", "business", "revenue_usd_per_mwh", "after_capital_usd_per_mwh"]
    assert frame["business"].tolist() == ["Mining", "GPU cloud", "Colocation"]
    assert frame["after_capital_usd_per_mwh"].tolist()[0] == -12.5
    assert frame["after_capital_usd_per_mwh"].isna().tolist() == [False, False, True]


def test_pandas_reads_any_part_between_empty_lines():
    part = to_csv(workbook()).decode("utf-8-sig").split("\r\n\r\n")[3]
    frame = pd.read_csv(io.StringIO(part), comment="#", parse_dates=["day"])
    assert frame["day"].dt.date.tolist() == [date(2026, 1, 13), date(2026, 1, 14), date(2026, 1, 15)]


def test_pandas_keeps_a_text_with_a_comment_mark():
    frame = pd.read_csv(io.BytesIO(to_csv(workbook(comparison(labels=("rig #4",))))), comment="#")
    assert frame["business"].tolist() == ["rig #4"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_can_be_run(payload):
    table = Table(
        name="Inputs",
        title=payload,
        columns=(Column(key="a", title=payload, unit=payload, kind=Kind.TEXT), Column(key="b", title="B")),
        rows=((payload, -5.5),),
        notes=(payload,),
    )
    book = Workbook(title=payload, as_of=datetime(2026, 1, 16, tzinfo=UTC), tables=(table,), notes=(payload,))
    cells = [cell for line in csv.reader(io.StringIO(to_csv(book).decode("utf-8-sig"), newline="")) for cell in line]
    assert [cell for cell in cells if cell.lstrip()[:1] in "=+-@＝＋－＠" and cell] == [
        "-5.5"
    ]  # a number stays a number


@settings(deadline=None)
@given(st.text(max_size=20) | st.sampled_from(PAYLOADS))
def test_the_guard_comes_off_again(text):
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"\xff\xfe" + data,
        lambda data: b"day,value\r\n2026-01-16,5\r\n",
        lambda data: data.replace(b"# kind,", b"# sort,"),
        lambda data: data.replace(b",coinbase", b""),
        lambda data: data.replace(b"95546.25", b"ninety"),
        lambda data: data.replace(b"2026-01-13", b"13.1.2026"),
        lambda data: data.replace(b"# as_of,2026-01-16T12:00:00Z", b"# as_of,"),
        lambda data: data[:-1] + b'"',
    ],
)
def test_a_file_that_is_not_ours_is_refused(spoil):
    with pytest.raises(InputError, match="not a CSV file as minerdesk writes it"):
        read_csv(spoil(to_csv(workbook())))


def test_observations_keep_counts_as_counts():
    assert read_csv(to_csv(workbook(observations()))).tables[0].rows[1][1] == 932_456
