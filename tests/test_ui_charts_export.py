"""What is inside the exported files, not that a file appeared: positions, words, fonts, pixels."""

import re
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage

from minerdesk.errors import ExportError, StoreError
from minerdesk.ui.charts import export
from minerdesk.ui.charts.export import Figure
from minerdesk.ui.charts.model import (
    BarsSpec,
    BusinessBars,
    ChartSpec,
    Curve,
    Level,
    Mark,
    Point,
    Seam,
    Shape,
    View,
)
from minerdesk.ui.theme import DARK, LIGHT
from minerdesk.words import MINUS, THIN

SVG = "{http://www.w3.org/2000/svg}"
START = 1_767_225_600  # 1 January 2026


def line(times, values, **more) -> Curve:
    settings = {"name": "c", "label": "Mining", "unit": "$/MWh", "role": "mining"} | more
    return Curve(times=np.asarray(times, dtype=np.int64), values=np.asarray(values, dtype=np.float64), **settings)


def spec(*curves: Curve, **more) -> ChartSpec:
    settings = {"name": "revenue", "title": "Mining earns 89 $/MWh", "y_title": "$ per MWh", "curves": curves}
    return ChartSpec(**(settings | more))


def figure(chart: ChartSpec | None = None, **more) -> Figure:
    charts = () if chart is None else ((chart, View.of(chart)),)
    return Figure(**({"title": "Mining against AI", "charts": charts} | more))


@pytest.fixture
def rich(days) -> Figure:
    values = np.linspace(60.0, 89.2, len(days))
    chart = spec(
        line(days, values, fill=True),
        line(days[::5], [1100, 1120, 1130, 1136], name="g", label="B200", role="gpu_cloud", low=np.full(4, 900.0),
             high=np.full(4, 1300.0)),
        line(days, values + 20, name="d", label="Daily", role="network", shape=Shape.DOTS, at_end=False),
        line(days, values + 9, name="s", label="Implied", role="network", shape=Shape.STEP, projected=True),
        levels=(Level(name="p", value=50.0, label="Power", unit="$/MWh", role="cost"),),
        marks=(Mark(time_s=float(days[4]), label="Halving"), Mark(time_s=float(days[9]))),
        seams=(Seam(time_s=float(days[7]), label="bitstamp"),),
        points=(Point(time_s=float(days[-1]), value=1136.0, label="Peak"),),
        caption="Source mempool.space, as of 16 Jan 2026",
    )  # fmt: skip
    bars = BarsSpec(
        name="bars",
        title="Revenue to after capital",
        unit="$/MWh",
        businesses=(
            BusinessBars(name="mining", label="Mining", role="mining", revenue=89.189, power_cost=50, opex=0,
                         capital=48.3, left=-9.111, note="new fleet"),
        ),
    )  # fmt: skip
    return figure(chart, bars=bars, sentence="The fleet keeps $333 k.", caption="minerdesk, 16 Jan 2026")


def svg_of(one: Figure) -> ET.Element:
    return ET.fromstring(export.render(one, "svg"))


def texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def strokes(root: ET.Element, colour: str) -> list[np.ndarray]:
    """Return the corner points of every line drawn in a colour."""
    found = []
    for group in root.iter(f"{SVG}g"):
        if group.get("stroke", "").lower() != colour.lower():
            continue
        for element in group:
            drawn = element.get("points") or element.get("d") or ""
            numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", drawn)]
            if numbers:
                found.append(np.array(numbers).reshape(-1, 2))
    return found


def curve_points(root: ET.Element, colour: str) -> np.ndarray:
    return max(strokes(root, colour), key=len)


@pytest.mark.parametrize(("count", "step"), [(288, 300), (5_000, 86_400)])
def test_every_point_keeps_an_x_of_its_own(qapp, count, step) -> None:
    rng = np.random.default_rng(7)
    times = START - step * np.arange(count)[::-1]
    points = curve_points(svg_of(figure(spec(line(times, 80 + rng.normal(0, 3, count))))), LIGHT.mining)
    assert len(points) == count
    assert len(np.unique(points[:, 0])) == count
    assert (np.diff(points[:, 0]) > 0).all()


@pytest.mark.parametrize("log", [False, True])
def test_ticks_are_where_the_curve_says(qapp, log) -> None:
    times = START + 86_400 * np.arange(10)
    values = np.array([100.0, 200, 300, 400, 500, 50, 1000, 700, 20, 600])
    chart = spec(line(times, values))
    root = svg_of(figure(None, charts=((chart, View.of(chart, log=log)),)))
    points = curve_points(root, LIGHT.mining)
    rows = {
        float(element.text.replace(THIN, "")): float(element.get("y"))
        for element in root.iter(f"{SVG}text")
        if re.fullmatch(rf"[\d{THIN}]+", element.text or "")
    }
    ticks = sorted(rows)
    assert len(ticks) >= 3
    scale = np.log10 if log else np.asarray
    per_pixel = np.polyfit(scale(np.array(ticks)), [rows[tick] for tick in ticks], 1)
    baseline = rows[100.0] - points[values.tolist().index(100.0), 1] if 100.0 in rows else None
    expected = np.polyval(per_pixel, scale(values))
    shift = (expected - points[:, 1]).mean()
    assert np.abs(expected - points[:, 1] - shift).max() < 1.0
    assert 0 < shift < 8, "a label's baseline lies just under its line"
    assert baseline is None or abs(baseline - shift) < 1.0


def test_dates_are_where_the_points_are(qapp) -> None:
    times = START + 86_400 * np.arange(32)
    root = svg_of(figure(spec(line(times, np.arange(32.0)))))
    points = curve_points(root, LIGHT.mining)
    ticks = sorted(
        {round(float(s[0, 0]), 3) for s in strokes(root, LIGHT.border) if len(s) == 2 and s[0, 0] == s[1, 0]}
    )
    labels = [text for text in texts(root) if re.fullmatch(r"\d+ Jan( 2026)?|\d+ Feb|2026", text)]
    assert labels[0] == "1 Jan 2026"
    days = [int(text.split()[0]) - 1 + (31 if "Feb" in text else 0) for text in labels]
    assert len(ticks) == len(days)
    assert ticks == pytest.approx([points[day, 0] for day in days], abs=0.5)


def test_the_svg_is_lines_and_words_without_a_bitmap(qapp, rich) -> None:
    root = svg_of(rich)
    assert list(root.iter(f"{SVG}image")) == []
    words = texts(root)
    for expected in (
        "Mining against AI",
        "The fleet keeps $333 k.",
        "Mining earns 89 $/MWh",
        "$ per MWh",
        "UTC",
        "Mining 89.2",
        f"B200 1{THIN}136",
        "Power 50.0",
        "Halving",
        "bitstamp",
        "Peak",
        "Daily",
        "Source mempool.space, as of 16 Jan 2026",
        "minerdesk, 16 Jan 2026",
        "Revenue to after capital",
        f"{MINUS}9.1",
    ):
        assert expected in words, expected
    assert root.find(f"{SVG}title").text == "Mining against AI"
    assert "Inter, Helvetica" in export.render(rich, "svg").decode()


def test_a_line_of_a_wrapped_sentence_is_one_piece_for_readers_without_the_font(qapp) -> None:
    told = " ".join(f"Mining keeps {n} $/MWh, colocation {n} $/kW-month per MW-year of capacity;" for n in range(6))
    one = figure(spec(line([1.7e9, 1.8e9], [1.0, 2.0])), title="T", sentence=told)
    lines = [text for text in texts(svg_of(one)) if len(text) > 12 and text in told]
    assert 2 <= len(lines) < 7
    assert " ".join(lines) == told, "no piece begins or ends inside a unit"
    tops = [float(node.attrib["y"]) for node in svg_of(one).iter() if (node.text or "").strip() in lines]
    assert np.ptp(np.diff(tops)) <= 1.0, "as far from each other as they are on screen"


def test_curves_outside_the_view_are_clipped(qapp) -> None:
    times = START + 86_400 * np.arange(100)
    chart = spec(line(times, np.arange(100.0)))
    view = View(start_s=times[40] + 1.0, end_s=times[60] - 1.0)
    root = svg_of(figure(None, charts=((chart, view),)))
    assert len(curve_points(root, LIGHT.mining)) == 21, "the 19 inside and one beyond each edge"
    assert list(root.iter(f"{SVG}clipPath"))


def test_a_gap_is_a_gap(qapp) -> None:
    days = np.r_[np.arange(10), np.arange(60, 70)]
    data = export.render(figure(spec(line(START + 86_400 * days, np.ones(20)))), "svg").decode()
    drawn = [path for path in re.findall(r' d="([^"]*)"', data) if path.count("L") > 10]
    assert [path.count("M") for path in drawn] == [2]


def test_png_has_its_size_at_every_scale_and_is_not_blank(qapp, rich) -> None:
    for scale in (1, 4):
        image = QImage.fromData(export.render(rich, "png", scale=scale))
        assert (image.width(), image.height()) == (1_600 * scale, 900 * scale)
        assert image.text("Title") == "Mining against AI"
        colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 3) for y in range(0, 900, 3)}
        assert {LIGHT.card.lower(), LIGHT.mining.lower()} <= colours


def test_another_theme_moves_nothing(qapp, rich) -> None:
    def places(theme):
        dressed = Figure(**{name: getattr(rich, name) for name in rich.__dataclass_fields__} | {"theme": theme})
        root = svg_of(dressed)
        return [(e.text, e.get("x"), e.get("y")) for e in root.iter(f"{SVG}text")], {
            tuple(map(tuple, s)) for s in strokes(root, theme.mining)
        }

    light, dark = places(LIGHT), places(DARK)
    assert light == dark
    assert light[1]


def test_pdf_holds_the_words_the_font_and_no_bitmap(qapp, rich) -> None:
    pdf = PdfFile(export.render(rich, "pdf"))
    assert b"/Subtype /Image" not in pdf.everything
    assert b"/FontFile2" in pdf.everything
    assert "Inter-Regular" in pdf.everything.decode("latin-1")
    assert "[0 0 1200 675]" in re.sub(r"\.0+\b", "", pdf.everything.decode("latin-1"))
    words = pdf.text()
    for expected in (
        "Mining against AI",
        "The fleet keeps $333 k.",
        "Source mempool.space, as of 16 Jan 2026",
        "Mining 89.2",
        f"B200 1{THIN}136",
        f"{MINUS}50.0",
    ):
        assert expected in words, expected


class PdfFile:
    """As much of a PDF reader as it takes to read Qt's: objects, deflated streams, letters by the fonts' own maps."""

    def __init__(self, data: bytes) -> None:
        self.objects = {int(n): body for n, body in re.findall(rb"(\d+) 0 obj\s(.*?)endobj", data, re.S)}
        self.everything = data + b"".join(self.stream(number) for number in self.objects)

    def stream(self, number: int) -> bytes:
        match = re.search(rb"stream\r?\n(.*)\r?\nendstream", self.objects.get(number, b""), re.S)
        if match is None:
            return b""
        return zlib.decompress(match[1]) if b"FlateDecode" in self.objects[number] else match[1]

    def letters(self, font: int) -> dict[int, str]:
        cmap = self.stream(int(re.search(rb"/ToUnicode (\d+) 0 R", self.objects[font])[1]))
        result = {}
        for first, codes in re.findall(rb"<(\w+)> <\w+> \[([^\]]*)\]", cmap):
            for offset, code in enumerate(re.findall(rb"<(\w+)>", codes)):
                result[int(first, 16) + offset] = chr(int(code, 16))
        return result

    def text(self) -> str:
        fonts = {n: self.letters(int(ref)) for n, ref in re.findall(rb"/F(\d+) (\d+) 0 R", self.everything)}
        page = max((self.stream(number) for number in self.objects), key=lambda stream: stream.count(b" Tj"))
        words, font = [], {}
        for name, glyphs, end in re.findall(rb"/F(\d+) [\d.]+ Tf|<(\w+)> Tj|(ET)", page):
            if name:
                font = fonts[name]
            elif end:
                words.append("\n")
            else:
                words += [font.get(int(glyphs[i : i + 4], 16), "") for i in range(0, len(glyphs), 4)]
        return "".join(words).replace("\t", " ")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_chart_without_data_says_so_in_every_format(qapp, kind) -> None:
    empty = figure(spec(empty_text="Press F5 to fetch the history."), bars=BarsSpec(name="b", title="B", unit="$"))
    data = export.render(empty, kind)
    assert data
    if kind == "svg":
        assert "Press F5 to fetch the history." in texts(ET.fromstring(data))


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_files_are_written_whole(qapp, rich, tmp_path, kind) -> None:
    path = tmp_path / f"out.{kind}"
    getattr(export, f"write_{kind}")(rich, path)
    assert path.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == [path.name]
    with pytest.raises(StoreError):
        getattr(export, f"write_{kind}")(rich, tmp_path / "missing" / path.name)


def test_what_can_not_be_made_is_refused_with_a_remedy(qapp, rich) -> None:
    with pytest.raises(ExportError, match="png, svg, pdf"):
        export.render(rich, "gif")
    with pytest.raises(ExportError, match="5 times"):
        export.render(rich, "png", scale=5)
    with pytest.raises(ExportError, match="479x320"):
        figure(width_px=479, height_px=320)


def test_the_clipboard_gets_a_picture_and_the_vectors(qapp, rich) -> None:
    export.copy_to_clipboard(rich, scale=1)
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert QImage(data.imageData()).pixelColor(2, 2) == QColor(LIGHT.card)
    assert b"<svg" in bytes(data.data("image/svg+xml").data())
    QGuiApplication.clipboard().clear()
