"""A tornado: what each input does to one result between its low and its high value, the widest bar on top."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from minerdesk import words
from minerdesk.ui.charts.heatmap import Side
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.charts.ticks import linear_ticks
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, SEMIBOLD, Theme, font

_ROW_PX, _ROW_LEAST_PX, _ROW_MOST_PX, _BAR_MOST_PX = 14.0, 21.0, 34.0, 11.0
_HEAD_PX, _FOOT_PX, _TICK_PX = 34.0, 34.0, 70.0
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, kw_only=True)
class TornadoBar:
    """One input: its name, the result at its low and its high value, those values in words, and both as a sentence."""

    label: str
    at_low: float
    at_high: float
    low_words: str
    high_words: str
    unit: str
    detail: str

    @property
    def ends(self) -> str:
        """The input's values from the bar's left end to its right one."""
        first, last = self.low_words, self.high_words
        if self.at_low > self.at_high:
            first, last = last, first
        return words.with_unit(f"{first} → {last}", self.unit)


@dataclass(frozen=True, kw_only=True)
class TornadoSpec:
    """What a tornado shows: bars, widest first, around `today`. Without bars it is empty."""

    title: str
    caption: str = ""
    summary: str = ""
    axis_title: str = ""
    bars: tuple[TornadoBar, ...] = ()
    today: float = 0.0
    below: Side
    above: Side
    empty_text: str = ""


@dataclass(frozen=True)
class _Scale:
    """From results to x pixels."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def of(cls, spec: TornadoSpec, left: float, right: float) -> "_Scale":
        ends = [spec.today, *(end for bar in spec.bars for end in (bar.at_low, bar.at_high))]
        return cls(left, right, min(ends), max(ends))

    def x(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def rows_in(rect: QRectF, spec: TornadoSpec) -> list[tuple[TornadoBar, QRectF]]:
    """Return the bars that there is room for in `rect`, widest first, each with its row."""
    room = rect.height() - _HEAD_PX - _FOOT_PX
    count = min(len(spec.bars), max(1, int(room / _ROW_LEAST_PX)))
    if not count:
        return []
    tall = min(room / count, _ROW_MOST_PX)
    top = rect.top() + _HEAD_PX
    return [
        (bar, QRectF(rect.left(), top + number * tall, rect.width(), tall))
        for number, bar in enumerate(spec.bars[:count])
    ]


def paint_tornado(painter: QPainter, rect: QRectF, spec: TornadoSpec, theme: Theme) -> None:
    """Paint names, bars, today's line, the line where both keep the same, and the axis into `rect`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rows = rows_in(rect, spec)
    if not rows:
        room = rect.adjusted(24, 24, -24, -24)
        muted = theme.colour("muted")
        paint_text(painter, room, spec.empty_text, muted, size_px=BODY_PX, align=_CENTRE, wrap=True)
        painter.restore()
        return
    scale = _Scale.of(spec, rect.left() + 2, rect.right() - 2)
    bottom = rows[-1][1].bottom()
    _paint_axis(
        painter, QRectF(rect.left(), rect.top() + _HEAD_PX, rect.width(), bottom - rows[0][1].top()), spec, theme
    )
    painter.setPen(pen(theme.colour("text"), 1.2))
    today = scale.x(spec.today)
    painter.drawLine(QPointF(today, rows[0][1].top() - 2), QPointF(today, bottom))
    for bar, row in rows:
        _paint_bar(painter, row, bar, (spec, scale), theme)
    _paint_head(painter, rect, (spec, scale), theme)
    painter.restore()


def _paint_head(painter: QPainter, rect: QRectF, chart: tuple[TornadoSpec, _Scale], theme: Theme) -> None:
    """Name both directions, and under them today's line."""
    spec, scale = chart
    first = QRectF(rect.left(), rect.top(), rect.width(), _ROW_PX)
    paint_text(painter, first, f"◀ {spec.below.words}", theme.colour(spec.below.role), weight=SEMIBOLD)
    paint_text(painter, first, f"{spec.above.words} ▶", theme.colour(spec.above.role), align=_RIGHT, weight=SEMIBOLD)
    text = f"today {words.money(spec.today, signed=True)}"
    half = text_width(text, weight=SEMIBOLD) / 2 + 2
    middle = min(max(scale.x(spec.today), rect.left() + half), rect.right() - half)
    place = QRectF(middle - half, rect.top() + _ROW_PX + 1, 2 * half, _ROW_PX)
    paint_text(painter, place, text, theme.colour("text"), align=_CENTRE, weight=SEMIBOLD)


def _paint_axis(painter: QPainter, rows: QRectF, spec: TornadoSpec, theme: Theme) -> None:
    scale = _Scale.of(spec, rows.left() + 2, rows.right() - 2)
    muted = theme.colour("muted")
    for tick in linear_ticks(scale.low, scale.high, max(2, int(rows.width() / _TICK_PX))):
        x = scale.x(tick.at)
        zero = tick.at == 0
        painter.setPen(pen(theme.colour("muted" if zero else "grid"), 1.0, (3, 3) if zero else ()))
        painter.drawLine(QPointF(x, rows.top()), QPointF(x, rows.bottom()))
        text = "equal" if zero else _amount(tick.at)
        half = text_width(text) / 2 + 1
        middle = min(max(x, rows.left() + half), rows.right() - half)
        paint_text(painter, QRectF(middle - half, rows.bottom() + 3, 2 * half, _ROW_PX), text, muted, align=_CENTRE)
    title = QRectF(rows.left(), rows.bottom() + 3 + _ROW_PX, rows.width(), _ROW_PX)
    paint_text(painter, title, spec.axis_title, muted, align=_CENTRE)


def _paint_bar(
    painter: QPainter, row: QRectF, bar: TornadoBar, chart: tuple[TornadoSpec, _Scale], theme: Theme
) -> None:
    """Write name and values over the bar; each of its two sides has the colour of the business that gains there."""
    spec, scale = chart
    line = QRectF(row.left(), row.top(), row.width(), _ROW_PX)
    ends = bar.ends
    name = QFontMetricsF(font(CAPTION_PX)).elidedText(
        bar.label, Qt.TextElideMode.ElideRight, max(row.width() - text_width(ends) - 12, 40.0)
    )
    for text, role, align in ((name, "text", Qt.AlignmentFlag.AlignLeft), (ends, "muted", _RIGHT)):
        width = text_width(text) + 2
        left = line.left() if role == "text" else line.right() - width
        painter.fillRect(QRectF(left, line.top() + 1, width, line.height() - 2), theme.colour("card"))
        paint_text(painter, line, text, theme.colour(role), align=align)
    thick = min(row.height() - _ROW_PX - 2, _BAR_MOST_PX)
    low, high = sorted((bar.at_low, bar.at_high))
    for side, start, end in ((spec.below, low, min(high, spec.today)), (spec.above, max(low, spec.today), high)):
        if end > start:
            left = scale.x(start)
            place = QRectF(left, row.top() + _ROW_PX, max(scale.x(end) - left, 1.0), thick)
            painter.fillRect(place, theme.colour(side.role))


def _amount(value: float) -> str:
    """Write a tick of the axis: signed, with the magnitude that fits.

    >>> _amount(-2_500_000.0).replace(words.THIN, "_"), _amount(50_000.0).replace(words.THIN, "_")
    ('−2.5_M', '+50_k')
    """
    size = abs(value)
    factor, letter = next(((f, x) for f, x in ((1e9, "B"), (1e6, "M"), (1e3, "k")) if size >= f), (1.0, ""))
    sign = words.MINUS if value < 0 else "+"
    return words.with_unit(f"{sign}{size / factor:.4g}", letter) if math.isfinite(size) else words.NOTHING


class Tornado(QWidget):
    """The painted tornado; a row's tooltip says what lies behind it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        side = Side(role="muted", words="")
        self.spec = TornadoSpec(title="", below=side, above=side)
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(380, 400)

    def minimumSizeHint(self) -> QSize:
        """Return the room for a few bars."""
        return QSize(260, 180)

    def set_spec(self, spec: TornadoSpec) -> None:
        """Show another tornado."""
        self.spec = spec
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self._theme = theme
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint."""
        paint_tornado(QPainter(self), QRectF(self.rect()), self.spec, self._theme)

    def event(self, event: QEvent) -> bool:
        """Say what lies behind the row under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            here = (bar for bar, row in rows_in(QRectF(self.rect()), self.spec) if row.contains(event.pos()))
            bar = next(here, None)
            if bar is not None:
                QToolTip.showText(event.globalPos(), bar.detail, self)
        return super().event(event)
