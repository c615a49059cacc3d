"""Names that mean harm, laid on a real desk, in every format: nothing runs, nothing links, all is legible."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import totals
from hypothesis import given
from hypothesis import strategies as st
from loopback import NOW
from sample_workbook import PAYLOADS
from test_ui_charts_export import figure, line, spec, svg_of, texts

from minerdesk.errors import FailureKind, SourceError
from minerdesk.export.tables import looks_like_formula, one_line
from minerdesk.export.tsv import to_tsv
from minerdesk.report import table_bytes
from minerdesk.session import Session, open_session
from minerdesk.ui import render
from minerdesk.ui.charts import export
from minerdesk.ui.charts.export import Figure

#: What would act in an SVG or a PDF.
ACTIVE_TAGS = {"script", "a", "foreignObject", "use", "iframe", "animate", "set", "handler"}
ACTIVE_PDF = (b"/JavaScript", b"/JS", b"/URI", b"/Launch", b"/OpenAction", b"/EmbeddedFile", b"/SubmitForm")


@pytest.fixture
def laid(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Return a session with every payload as a machine, a tenant, a phase and a source's failure."""
    monkeypatch.setenv("MINERDESK_NOW", NOW.isoformat())
    session = open_session(offline=True)
    names = [text for payload in PAYLOADS if (text := payload[:50])]
    machine = {"count": 9.0, "hashrate_th_s": 200.0, "power_w": 3_500.0}
    session.desk.lay_table("fleet", [{"model": name, **machine} for name in names])
    lease = {"total_usd": 3e9, "years": 15.0, "it_mw": 100.0}
    session.desk.lay_table("deals", [{"operator": name, "tenant": name, "power": name, **lease} for name in names])
    phase = {"mw": 0.5, "start_month": 1.0, "build_months": 6.0}
    session.desk.lay_table("phases", [{"label": name, **phase} for name in names])
    session.desk.observe([], [], failures=[SourceError(FailureKind.MALFORMED, "kraken", name) for name in names])
    yield session
    session.close()


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_a_csv_of_everything_holds_nothing_that_runs(laid: Session) -> None:
    text = table_bytes(laid.desk.snapshot(), "csv").decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert any("=cmd|" in cell for cell in cells), "the payloads are in it"
    for cell in cells:
        assert not looks_like_formula(cell) or cell.startswith("'") or is_number(cell), cell
    assert any(is_number(cell) and float(cell) < 0 for cell in cells), "a loss stays a number"


def test_a_workbook_of_everything_holds_nothing_that_runs(laid: Session) -> None:
    with zipfile.ZipFile(io.BytesIO(table_bytes(laid.desk.snapshot(), "xlsx"))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert b"=cmd|" in parts["xl/sharedStrings.xml"]
    negative = 0
    for name, data in parts.items():
        root = ElementTree.fromstring(data) if name.endswith((".xml", ".rels")) else None
        assert b"External" not in data, name
        if root is None or not name.startswith("xl/worksheets/"):
            continue
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not tags & {"f", "hyperlink", "hyperlinks"}, name
        values = [e for e in root.iter() if e.tag.endswith("}c") and e.get("t") is None]
        negative += sum((e.findtext("{*}v") or "").startswith("-") for e in values)
    assert negative > 0, "a loss stays a number"


def test_a_json_of_everything_is_strict_and_keeps_the_names(laid: Session) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for part in (None, "fleet", "deals"):
        found = json.loads(table_bytes(laid.desk.snapshot(), "json", part), parse_constant=refuse)
        assert part is None or "<script>alert(1)</script>" in json.dumps(found, ensure_ascii=False)


def test_a_markdown_of_everything_holds_no_live_markup(laid: Session) -> None:
    for part in (None, "fleet", "deals", "plan"):
        text = table_bytes(laid.desk.snapshot(), "md", part).decode()
        assert not re.search(r"(?<!\\)(?:\\\\)*<(?=[a-zA-Z/!])", text)
        assert not re.search(r"(?<!\\)(?:\\\\)*\]\(", text)


def assert_inert(root: ElementTree.Element) -> None:
    for element in root.iter():
        assert element.tag.rpartition("}")[2] not in ACTIVE_TAGS, element.tag
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), name
            assert "href" not in name.lower() or value.startswith(("#", "data:image/png")), value
            assert "javascript:" not in value.lower()


@pytest.mark.parametrize("page", ["fleet", "deals", "plan"])
def test_pages_of_everything_are_inert(laid: Session, qapp: Any, page: str) -> None:
    drawn = render.page(laid.desk.snapshot(), page)
    root = svg_of(drawn)
    assert_inert(root)
    assert texts(root)
    assert not any(word in export.render(drawn, "pdf") for word in ACTIVE_PDF)


def named(payload: str) -> Figure:
    """Return a figure with one text wherever it takes one."""
    curve = line([1_768_000_000, 1_768_086_400], [1.0, 2.0], label=payload, unit=payload)
    chart = spec(curve, title=payload, y_title=payload, caption=payload)
    return figure(chart, title=payload, sentence=payload, caption=payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_picture_shows_a_text_as_it_is(qapp: Any, payload: str) -> None:
    root = svg_of(named(payload))
    assert_inert(root)
    wanted = "".join(one_line(payload).replace("\ufeff", "").split())[:20]  # which Qt drops
    assert wanted in "".join("".join(texts(root)).split())
    assert not any(word in export.render(named(payload), "pdf") for word in ACTIVE_PDF)
    assert export.render(named(payload), "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_copied_rows_hold_nothing_that_runs_and_stay_in_their_cells(payload: str) -> None:
    head, row = to_tsv([["Model", "$"], [payload, -2.5]]).split("\n")
    assert head == "Model\t$"
    text, number = row.split("\t")
    assert number == "-2.5"
    assert not looks_like_formula(text) or text.startswith("'")
    if payload == PAYLOADS[-1]:
        formats = "CSV, XLSX, JSON, Markdown, SVG, PDF, clipboard"
        totals.LINES.append(f"Payloads: {len(PAYLOADS)} in each of {formats}: no formula, no link, no markup.")


@given(st.lists(st.lists(st.text() | st.floats() | st.none(), min_size=2, max_size=2), min_size=1, max_size=4))
def test_any_rows_are_copied_as_so_many_cells(rows: list[list[object]]) -> None:
    copied = to_tsv(rows).split("\n")
    assert [len(row.split("\t")) for row in copied] == [2] * len(rows)
    for row in copied:
        for cell in row.split("\t"):
            assert not looks_like_formula(cell) or cell.startswith("'") or re.fullmatch(r"[+-][^=@|!()]*", cell)
