"""A page of charts as PNG, SVG or PDF, painted from the specs: no widget, no scene, no screen is needed.

The screen is painted by the same functions, so both look alike. Everything is laid out at 96 pixels to the inch: Qt
measures text there in whole pixels, and a finer page would put the labels elsewhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QMimeData, QRect, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QGuiApplication, QImage, QImageWriter, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from minerdesk.errors import ExportError
from minerdesk.store.atomic import write_bytes
from minerdesk.ui import theme as themes
from minerdesk.ui.charts.model import BarsSpec, ChartSpec, View
from minerdesk.ui.charts.paint import gutter_px, paint_plot
from minerdesk.ui.charts.strokes import Brushwork, paint_sample, paint_text, text_height, text_width
from minerdesk.ui.charts.waterfall import full_caption, paint_bars
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, SEMIBOLD, TITLE_PX, Theme
from minerdesk.words import JOINED

_DPI = 96
_MARGIN_PX, _GAP_PX, _BARS_SHARE = 28.0, 24.0, 1 / 3
_TITLE_PX = 20
_SAMPLE_PX, _LEGEND_ROW_PX = 18.0, 16.0
SCALES = (1, 2, 3, 4)
LEAST_SIZE, MOST_SIZE = (480, 320), (8_000, 8_000)


#: Control characters in a name, which Qt writes as they are: XML has no form for them; and what turns text about.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Plate:
    """A picture of its own kind on a page: a title, what paints it into a rectangle, a caption."""

    title: str
    caption: str
    paint: Callable[[QPainter, QRectF, Theme], None]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One page: a title, a sentence, charts above each other, the bars beside them, a caption at the foot.

    Attributes
    ----------
    charts
        Each chart with its view; those of one figure share the edges of their plots.
    bars
        The businesses, in the right third; without charts they fill the page.
    plates
        Pictures of other kinds, above each other, in the place of charts.
    caption
        What holds for the whole page: the inputs, the as-of date. Every chart has its own caption besides.
    """

    title: str
    sentence: str = ""
    charts: tuple[tuple[ChartSpec, View], ...] = ()
    bars: BarsSpec | None = None
    plates: tuple[Plate, ...] = ()
    own_scales: bool = False
    caption: str = ""
    theme: Theme = field(default=themes.LIGHT)
    width_px: int = 1_600
    height_px: int = 900

    def __post_init__(self) -> None:
        low, high = LEAST_SIZE, MOST_SIZE
        if not (low[0] <= self.width_px <= high[0] and low[1] <= self.height_px <= high[1]):
            raise ExportError(
                f"A picture of {self.width_px}x{self.height_px} can't be made.",
                hint=f"Choose a size from {low[0]}x{low[1]} to {high[0]}x{high[1]}.",
            )

    @property
    def size(self) -> QSize:
        """The size in pixels at scale 1."""
        return QSize(self.width_px, self.height_px)


def render(figure: Figure, kind: str, *, scale: int = 1) -> bytes:
    """Return a figure as the bytes of a file. Must be called on the GUI thread, with a QGuiApplication alive.

    Parameters
    ----------
    kind
        png, svg or pdf.
    scale
        PNG only: pixels per point, 1 to 4.

    Raises
    ------
    ExportError
        An unknown kind or scale, or Qt could not make the picture.
    """
    themes.load_fonts()
    writers: dict[str, Callable[[], bytes]] = {
        "png": lambda: _png(figure, scale),
        "svg": lambda: _svg(figure),
        "pdf": lambda: _pdf(figure),
    }
    if kind not in writers:
        raise ExportError(f"“{kind}” is no picture format.", hint=f"Choose one of {', '.join(writers)}.")
    if scale not in SCALES:
        raise ExportError(f"A picture can't be made at {scale} times its size.", hint="Choose 1, 2, 3 or 4.")
    data = writers[kind]()
    if not data:
        raise ExportError(f"The {kind.upper()} could not be made.", hint="Try a smaller size or another format.")
    return data


def write_png(figure: Figure, path: Path, scale: int = 1) -> None:
    """Write a PNG, atomically. Raises ExportError or StoreError."""
    write_bytes(path, render(figure, "png", scale=scale))


def write_svg(figure: Figure, path: Path) -> None:
    """Write an SVG of lines and text, atomically. Raises ExportError or StoreError."""
    write_bytes(path, render(figure, "svg"))


def write_pdf(figure: Figure, path: Path) -> None:
    """Write a PDF of one page with its font inside, atomically. Raises ExportError or StoreError."""
    write_bytes(path, render(figure, "pdf"))


def copy_to_clipboard(figure: Figure, *, scale: int = 2) -> None:
    """Put a figure on the clipboard as a picture and as SVG."""
    data = QMimeData()
    data.setImageData(_image(figure, scale))
    data.setData("image/svg+xml", QByteArray(render(figure, "svg")))
    QGuiApplication.clipboard().setMimeData(data)


def paint_figure(painter: QPainter, figure: Figure) -> None:
    """Lay the figure out at its size in pixels and paint it."""
    theme, page = figure.theme, QRectF(0, 0, figure.width_px, figure.height_px)
    painter.fillRect(page, theme.colour("card"))
    room = page.adjusted(_MARGIN_PX, _MARGIN_PX - 6, -_MARGIN_PX, -_MARGIN_PX + 8)
    room = _paint_block(painter, room, figure.title, theme.colour("text"), _TITLE_PX, bold=True)
    room = _paint_block(painter, room, figure.sentence, theme.colour("text"), TITLE_PX)
    room.adjust(0, 6, 0, 0)
    room = _paint_foot(painter, room, figure.caption, theme)
    charts, bars = figure.charts, figure.bars
    if bars is not None:
        bars_px = room.width() if not charts else (room.width() - _GAP_PX) * _BARS_SHARE
        place = QRectF(room.right() - bars_px, room.top(), bars_px, room.height())
        room.setRight(place.left() - _GAP_PX)
        place = _paint_block(painter, place, bars.title, theme.colour("text"), BODY_PX + 1, bold=True)
        place = _paint_foot(painter, place, full_caption(bars), theme)
        paint_bars(painter, place, bars, theme, own_scales=figure.own_scales)
    for number, plate in enumerate(figure.plates):
        tall = (room.height() - _GAP_PX * (len(figure.plates) - 1)) / len(figure.plates)
        place = QRectF(room.left(), room.top() + number * (tall + _GAP_PX), room.width(), tall)
        place = _paint_block(painter, place, plate.title, theme.colour("text"), BODY_PX + 1, bold=True)
        plate.paint(painter, _paint_foot(painter, place, plate.caption, theme), theme)
    if charts:
        gutter = max(gutter_px(spec, view) for spec, view in charts)
        tall = (room.height() - _GAP_PX * (len(charts) - 1)) / len(charts)
        for number, (spec, view) in enumerate(charts):
            place = QRectF(room.left(), room.top() + number * (tall + _GAP_PX), room.width(), tall)
            _paint_chart(painter, place, (spec, view), theme, gutter)


def _paint_chart(painter: QPainter, place: QRectF, chart: tuple[ChartSpec, View], theme: Theme, gutter: float) -> None:
    spec, view = chart
    place = _paint_block(painter, place, spec.title, theme.colour("text"), BODY_PX + 1, bold=True)
    place = _paint_foot(painter, place, spec.caption, theme)
    place = _paint_legend(painter, place, spec, view, theme)
    paint_plot(painter, place, spec, view, Brushwork(theme), gutter=gutter)


def _paint_block(
    painter: QPainter, room: QRectF, text: str, colour: QColor, size_px: int, *, bold: bool = False
) -> QRectF:
    """Write a wrapped text at the top of `room` and return the room that is left."""
    weight = SEMIBOLD if bold else themes.REGULAR
    tall = text_height(text, room.width(), size_px, weight)
    top = QRectF(room.left(), room.top(), room.width(), tall)
    paint_text(painter, top, text, colour, size_px=size_px, weight=weight, wrap=True)
    return room.adjusted(0, tall + 4 if text else 0, 0, 0)


def _paint_foot(painter: QPainter, room: QRectF, text: str, theme: Theme) -> QRectF:
    """Write a wrapped caption at the foot of `room` and return the room that is left."""
    tall = text_height(text, room.width())
    foot = QRectF(room.left(), room.bottom() - tall, room.width(), tall)
    paint_text(painter, foot, text, theme.colour("muted"), size_px=CAPTION_PX, wrap=True)
    return room.adjusted(0, 0, 0, -(tall + 6) if text else 0)


def _paint_legend(painter: QPainter, room: QRectF, spec: ChartSpec, view: View, theme: Theme) -> QRectF:
    """Name the curves that have no label at their end, in lines at the top; return the room that is left."""
    curves = [curve for curve in spec.curves if not curve.at_end and curve.name not in view.hidden]
    x, y = room.left(), room.top()
    for curve in curves:
        width = _SAMPLE_PX + 6 + text_width(curve.label)
        if x > room.left() and x + width > room.right():
            x, y = room.left(), y + _LEGEND_ROW_PX
        paint_sample(painter, QRectF(x, y + 3, _SAMPLE_PX, 10), curve, theme)
        place = QRectF(x + _SAMPLE_PX + 6, y, width, _LEGEND_ROW_PX)
        paint_text(painter, place, curve.label, theme.colour("muted"))
        x += width + 18
    return room.adjusted(0, y - room.top() + _LEGEND_ROW_PX + 2 if curves else 0, 0, 0)


def _image(figure: Figure, scale: int) -> QImage:
    image = QImage(figure.size * scale, QImage.Format.Format_RGB32)
    if image.isNull():
        raise ExportError("There is not enough memory for a picture of this size.", hint="Choose a smaller scale.")
    image.setDotsPerMeterX(round(_DPI * scale / 0.0254))
    image.setDotsPerMeterY(round(_DPI * scale / 0.0254))
    image.setText("Title", figure.title)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    paint_figure(painter, figure)
    painter.end()
    return image


def _png(figure: Figure, scale: int) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    written = QImageWriter(buffer, QByteArray(b"png")).write(_image(figure, scale))
    return bytes(buffer.data().data()) if written else b""


def _svg(figure: Figure) -> bytes:
    buffer = QBuffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # the older profile knows no clipping
    generator.setOutputDevice(buffer)
    generator.setResolution(_DPI)
    generator.setSize(figure.size)
    generator.setViewBox(QRect(0, 0, figure.width_px, figure.height_px))
    generator.setTitle(figure.title)
    generator.setDescription(figure.sentence or figure.caption)
    painter = QPainter()
    if not painter.begin(generator):
        return b""
    paint_figure(painter, figure)
    painter.end()
    text = bytes(buffer.data().data()).decode("utf-8")
    # A reader who lacks our font gets a plain one instead of whatever comes first.
    fallback = f'font-family="{themes.FAMILY}, Helvetica, Arial, sans-serif"'
    text = re.sub(r'font-family="[^"]*"', fallback, text).replace(JOINED, "")
    return _UNFIT.sub(" ", text).encode("utf-8")


def _pdf(figure: Figure) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    points = QSizeF(figure.width_px * 72 / _DPI, figure.height_px * 72 / _DPI)
    size = QPageSize(points, QPageSize.Unit.Point, "figure", QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF()))
    writer.setTitle(figure.title)
    writer.setCreator("minerdesk")
    painter = QPainter()
    if not painter.begin(writer):
        return b""
    paint_figure(painter, figure)
    painter.end()
    return bytes(buffer.data().data())
