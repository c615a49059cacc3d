"""Tables check and tidy what they are given, once for all formats."""

from datetime import UTC, date, datetime, timedelta, timezone
from math import inf, nan

import numpy as np
import pytest
from sample_workbook import PAYLOADS, comparison, workbook

from minerdesk.export.tables import Chart, ChartKind, Column, Kind, Table, Workbook, looks_like_formula, one_line


def one_cell(kind: Kind, cell) -> Table:
    return Table(name="One", title="One", columns=(Column(key="only", title="Only", kind=kind),), rows=((cell,),))


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (Kind.NUMBER, nan, None),
        (Kind.NUMBER, -inf, None),
        (Kind.NUMBER, np.float64(0.1), 0.1),
        (Kind.NUMBER, np.float64("nan"), None),
        (Kind.NUMBER, np.int64(7), 7),
        (Kind.NUMBER, None, None),
        (Kind.TEXT, None, ""),
        (Kind.TEXT, "two\r\nlines\t\x00", "two  lines  "),
        (Kind.TEXT, "half \ud83d pair", "half   pair"),
        (Kind.DATE, date(2026, 1, 16), date(2026, 1, 16)),
        (Kind.DATE, None, None),
        (
            Kind.DATETIME,
            datetime(2026, 1, 16, 13, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 1, 16, 12, tzinfo=UTC),
        ),
    ],
)
def test_a_cell_is_tidied(kind, given, kept):
    cell = one_cell(kind, given).rows[0][0]
    assert cell == kept
    assert type(cell) is type(kept)


def test_a_datetime_is_kept_in_utc():
    moment = one_cell(Kind.DATETIME, datetime(2026, 1, 16, 13, tzinfo=timezone(timedelta(hours=1)))).rows[0][0]
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (Kind.NUMBER, "5"),
        (Kind.NUMBER, True),
        (Kind.TEXT, 5),
        (Kind.DATE, datetime(2026, 1, 16, tzinfo=UTC)),
        (Kind.DATE, "2026-01-16"),
        (Kind.DATETIME, date(2026, 1, 16)),
        (Kind.DATETIME, datetime(2026, 1, 16)),  # noqa: DTZ001 - a time without a zone is the case
    ],
)
def test_a_cell_of_the_wrong_kind_is_refused(kind, cell):
    with pytest.raises(ValueError, match=r"only holds|time zone"):
        one_cell(kind, cell)


@pytest.mark.parametrize("name", ["", "a" * 32, "1st", "a/b", "a:b", "[a]", "About", "table"])
def test_a_name_that_no_sheet_can_have_is_refused(name):
    with pytest.raises(ValueError, match="can't be the name"):
        Table(name=name, title="", columns=(Column(key="a", title="A"),), rows=())


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="2 cells in a row of 1 columns"):
        Table(name="T", title="", columns=(Column(key="a", title="A"),), rows=((1.0, 2.0),))


def test_columns_with_one_key_are_refused():
    with pytest.raises(ValueError, match="two with one key"):
        Table(name="T", title="", columns=(Column(key="a", title="A"), Column(key="a", title="B")), rows=())


def test_a_chart_of_an_unknown_column_is_refused():
    with pytest.raises(ValueError, match="its chart"):
        Table(
            name="T",
            title="",
            columns=(Column(key="a", title="A"),),
            rows=(),
            chart=Chart(kind=ChartKind.LINE, category="a", values=("b",)),
        )


def test_tables_with_names_that_differ_in_case_only_are_refused():
    other = Table(name="COMPARISON", title="", columns=(Column(key="a", title="A"),), rows=())
    with pytest.raises(ValueError, match="two with one name"):
        workbook(comparison(), other)


def test_a_workbook_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        Workbook(title="", as_of=datetime(2026, 1, 16), tables=(comparison(),))  # noqa: DTZ001 - the case


def test_every_payload_that_begins_a_formula_is_known():
    harmless = {'"=1+1"', 'x",=1+1,"', "x\r\n=1+1", "</t></si><f>1+1</f>", "# =1+1"}
    missed = {payload for payload in PAYLOADS if not looks_like_formula(one_line(payload)) and "1+1" in payload}
    assert missed == harmless
