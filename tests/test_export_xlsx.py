"""XLSX, looked at from inside: what the parts of the file say, not that a file appeared."""

import io
import re
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from sample_workbook import PAYLOADS, comparison, history, observations, workbook

from minerdesk.export.tables import Column, Kind, Table, Workbook, one_line
from minerdesk.export.xlsx_file import to_xlsx

NAMES = {
    "m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "dcterms": "http://purl.org/dc/terms/",
}
EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)


class Parts:
    """The parts of an XLSX file by name, parsed."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            self.files = {info.filename: archive.read(info) for info in archive.infolist()}
            self.stamps = {info.date_time for info in archive.infolist()}
        self.trees = {name: ElementTree.fromstring(body) for name, body in self.files.items()}
        self.sheet_names = [
            sheet.attrib["name"] for sheet in self.trees["xl/workbook.xml"].iterfind(".//m:sheet", NAMES)
        ]
        strings = self.trees["xl/sharedStrings.xml"].iterfind("m:si", NAMES)
        self.strings = ["".join(item.itertext()) for item in strings]

    def sheet(self, name: str) -> ElementTree.Element:
        return self.trees[f"xl/worksheets/sheet{self.sheet_names.index(name) + 1}.xml"]

    def cells(self, name: str) -> dict[str, str | float]:
        """Give the cells of a sheet by place, texts as str and numbers as float."""
        found: dict[str, str | float] = {}
        for cell in self.sheet(name).iterfind(".//m:c", NAMES):
            value = cell.findtext("m:v", None, NAMES)
            if value is not None:
                found[cell.attrib["r"]] = self.strings[int(value)] if cell.get("t") == "s" else float(value)
        return found

    def style(self, name: str, place: str) -> ElementTree.Element:
        cell = self.sheet(name).find(f".//m:c[@r='{place}']", NAMES)
        formats = self.trees["xl/styles.xml"].findall("m:cellXfs/m:xf", NAMES)
        return formats[int(cell.attrib.get("s", 0))]

    def number_format(self, name: str, place: str) -> str:
        number = self.style(name, place).attrib["numFmtId"]
        own = self.trees["xl/styles.xml"].find(f".//m:numFmt[@numFmtId='{number}']", NAMES)
        return own.attrib["formatCode"]


@pytest.fixture(scope="module")
def parts() -> Parts:
    return Parts(to_xlsx(workbook()))


def test_a_sheet_for_every_table_and_one_about_them(parts):
    # "History" is a name that spreadsheets keep to themselves
    assert parts.sheet_names == ["Comparison", "Observations", "History data", "About"]


def test_headings_units_and_numbers_with_sixteen_digits(parts):
    cells = parts.cells("Comparison")
    assert [cells[place] for place in ("A1", "B1", "C1", "B2")] == ["Business", "Revenue", "After capital", "$/MWh"]
    assert [cells[place] for place in ("A3", "B3", "C3")] == ["Mining", 98.611111111111114, -12.5]
    assert cells["B4"] == pytest.approx(1234.5678901234567, rel=1e-15)
    assert "C5" not in cells  # not a number: an empty cell


def test_the_headings_are_bold_and_stay_in_sight(parts):
    pane = parts.sheet("Comparison").find(".//m:pane", NAMES)
    assert (pane.attrib["state"], pane.attrib["ySplit"]) == ("frozen", "2")
    fonts = parts.trees["xl/styles.xml"].findall("m:fonts/m:font", NAMES)
    font = fonts[int(parts.style("Comparison", "A1").attrib["fontId"])]
    assert font.find("m:b", NAMES) is not None


def test_decimals_are_a_format_and_not_a_rounding(parts):
    assert parts.number_format("Comparison", "B3") == "#,##0.00"
    assert parts.number_format("History data", "B3") == "#,##0.0"


def test_dates_and_times_are_real_ones_in_utc(parts):
    observed = parts.cells("Observations")
    moment = datetime(2026, 1, 16, 11, 58, 30, tzinfo=UTC) - EXCEL_EPOCH
    assert observed["D3"] == pytest.approx(moment.total_seconds() / 86_400, abs=1e-6)
    assert observed["D2"] == "UTC"
    assert parts.number_format("Observations", "D3") == "yyyy-mm-dd hh:mm:ss"
    day = datetime(2026, 1, 13, tzinfo=UTC) - EXCEL_EPOCH
    assert parts.cells("History data")["A3"] == day.days
    assert parts.number_format("History data", "A3") == "yyyy-mm-dd"


def test_sources_moment_and_notes_are_in_the_file(parts):
    assert parts.cells("Observations")["E3"] == "coinbase"
    about = parts.cells("About")
    assert about["A1"] == "Mining and AI hosting, per MWh"
    assert (about["A2"], about["B2"]) == ("As of (UTC)", "2026-01-16 12:00:00")
    assert {"Before income tax", "power.price_usd_per_mwh = 50", "Colocation passes its power through"} <= set(
        about.values()
    )


def test_the_charts_point_at_the_data(parts):
    references = {
        name: [formula.text for formula in tree.iterfind(".//c:f", NAMES)]
        for name, tree in parts.trees.items()
        if name.startswith("xl/charts/")
    }
    assert references["xl/charts/chart1.xml"] == ["Comparison!$A$3:$A$5", "Comparison!$C$3:$C$5"]
    assert references["xl/charts/chart2.xml"] == ["'History data'!$A$3:$A$5", "'History data'!$B$3:$B$5"]
    assert parts.trees["xl/charts/chart1.xml"].find(".//c:barChart", NAMES) is not None
    assert parts.trees["xl/charts/chart2.xml"].find(".//c:lineChart", NAMES) is not None
    assert b"$/MWh" in parts.files["xl/charts/chart1.xml"]


def test_a_table_without_rows_has_no_chart():
    empty = comparison(labels=())
    assert not any("chart" in name for name in Parts(to_xlsx(workbook(empty))).files)


def test_the_same_workbook_gives_the_same_bytes(parts):
    assert to_xlsx(workbook()) == to_xlsx(workbook())
    assert parts.stamps == {(1980, 1, 1, 0, 0, 0)}
    core = parts.trees["docProps/core.xml"]
    assert {core.findtext(f"dcterms:{tag}", None, NAMES) for tag in ("created", "modified")} == {"2026-01-16T12:00:00Z"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_becomes_a_formula_or_a_link(payload):
    table = Table(
        name="Inputs",
        title=payload,
        columns=(Column(key="a", title=payload, unit=payload, kind=Kind.TEXT), Column(key="b", title="B")),
        rows=((payload, -5.5),),
        notes=(payload,),
    )
    book = Workbook(title=payload, as_of=datetime(2026, 1, 16, tzinfo=UTC), tables=(table,), notes=(payload,))
    parts = Parts(to_xlsx(book))
    for name, tree in parts.trees.items():
        if name.startswith("xl/worksheets/"):
            assert tree.find(".//m:f", NAMES) is None
            assert tree.find(".//m:hyperlink", NAMES) is None
    cells = parts.cells("Inputs")
    assert [cells[place] for place in ("A1", "A2", "A3", "B3")] == [one_line(payload)] * 3 + [-5.5]
    assert not re.search(rb"externalLink|TargetMode=.External", b"".join(parts.files.values()))


def test_editing_a_cell_that_looks_like_a_formula_does_not_run_it():
    parts = Parts(to_xlsx(workbook(comparison(labels=("=1+1", "plain")))))
    assert parts.style("Comparison", "A3").get("quotePrefix") == "1"
    assert parts.style("Comparison", "A4").get("quotePrefix") is None


def test_a_text_longer_than_a_cell_is_cut():
    parts = Parts(to_xlsx(workbook(comparison(labels=("x" * 40_000,)))))
    assert parts.cells("Comparison")["A3"] == "x" * 32_767


def test_each_table_alone():
    for table in (comparison(), observations(), history()):
        assert len(Parts(to_xlsx(workbook(table))).sheet_names) == 2
