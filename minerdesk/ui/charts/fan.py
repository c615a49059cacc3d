"""Fans: bands of quantiles by month for several strategies, side by side on one scale of money."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from minerdesk import words
from minerdesk.ui.charts.model import Floats
from minerdesk.ui.charts.pointed import PointedChart, share_across, within
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.charts.ticks import Tick, calendar_ticks, scale_ticks
from minerdesk.ui.theme import BODY_PX, SEMIBOLD, Theme

_ROW_PX, _GAP_PX, _BETWEEN_PX = 15.0, 8.0, 18.0
_X_TICK_PX, _Y_TICK_PX = 52.0, 44.0
_HEADROOM = 0.04
_OUTER_ALPHA, _INNER_ALPHA = 0.14, 0.26
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter
_KEY_MONTHS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -12, Qt.Key.Key_PageDown: 12}


@dataclass(frozen=True, kw_only=True, eq=False)
class Fan:
    """One fan: `bands` are P5, P25, P50, P75, P95 by month, shape (5, months + 1); `planned` is the plan's own path.

    `notes` say beside the label what is to be known of this one at a glance, the longest first.
    """

    label: str
    role: str
    bands: Floats
    planned: Floats
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class FanSpec:
    """Fans side by side, in dollars, on one scale or each on its own; month 0 is `start`.

    No fans: `empty_text` is shown.
    """

    title: str
    start: date
    fans: tuple[Fan, ...] = ()
    own_scales: bool = False
    caption: str = ""
    summary: str = ""
    empty_text: str = ""

    @property
    def months(self) -> int:
        """How many months a fan spans."""
        return self.fans[0].bands.shape[1] - 1 if self.fans else 0

    @cached_property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """The lowest and the highest value shown of each fan, zero among them, with some air."""
        if self.own_scales:
            return tuple(_span((fan,)) for fan in self.fans)
        return (_span(self.fans),) * len(self.fans)

    def seconds(self, month: float) -> float:
        """Return when a month begins, seconds UTC; a part of a month is a part of its time."""
        whole = int(month)
        first, following = (self._instant(whole), self._instant(whole + 1))
        return first + (month - whole) * (following - first)

    def _instant(self, month: int) -> float:
        number = self.start.year * 12 + self.start.month - 1 + month
        return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp()

    def month_words(self, month: int) -> str:
        """Return the month's name and year."""
        moment = datetime.fromtimestamp(self._instant(month), UTC)
        return f"{words.month(moment.month)} {moment.year}"

    def readouts(self, month: int) -> tuple[str, ...]:
        """Say what all fans show at a month, at length and then in fewer words."""
        when, ranges, middles = self.month_words(month), [], []
        for fan in self.fans:
            low, middle, high = (words.money(float(fan.bands[place, month])) for place in (0, 2, 4))
            ranges.append(f"{fan.label}: {middle}, {low} to {high}")
            middles.append(f"{words.inside_sentence(fan.label)} {middle}")
        return (
            f"{when}, after {month} months. {' · '.join(ranges)}",
            f"{when}: {' · '.join(ranges)}",
            f"{when}, medians: {', '.join(middles)}",
        )


def _span(fans: tuple[Fan, ...]) -> tuple[float, float]:
    values = np.concatenate([part.ravel() for fan in fans for part in (fan.bands, fan.planned)])
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    air = (high - low or 1.0) * _HEADROOM
    return (low - air if low < 0 else 0.0), high + air


def _ticks(span: tuple[float, float], height_px: float) -> list[Tick]:
    return scale_ticks(*span, max(3, int(height_px / _Y_TICK_PX)))


def plot_rects(rect: QRectF, spec: FanSpec) -> list[QRectF]:
    """Return where each fan lies inside `rect`."""
    top, bottom = rect.top() + _ROW_PX + 6, rect.bottom() - _ROW_PX - 6
    labels = [max(map(text_width, (tick.text for tick in _ticks(span, bottom - top)))) for span in spec.spans]
    gutters = [label + _GAP_PX if spec.own_scales or place == 0 else 0.0 for place, label in enumerate(labels)]
    width = (rect.width() - sum(gutters) - _BETWEEN_PX * (len(spec.fans) - 1) - 8) / max(len(spec.fans), 1)
    plots, left = [], rect.left()
    for gutter in gutters:
        plots.append(QRectF(left + gutter, top, max(width, 20.0), max(bottom - top, 20.0)))
        left = plots[-1].right() + _BETWEEN_PX
    return plots


def paint_fans(painter: QPainter, rect: QRectF, theme: Theme, *, spec: FanSpec, cursor: int | None = None) -> None:
    """Paint every fan into `rect`; `cursor` marks a month in all of them."""
    painter.save()
    if not spec.fans:
        room = rect.adjusted(24, 24, -24, -24)
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=_CENTRE, wrap=True)
        painter.restore()
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    plots = plot_rects(rect, spec)
    notes = _notes_that_fit(spec, plots[0].width())
    for place, (fan, plot, span) in enumerate(zip(spec.fans, plots, spec.spans, strict=True)):
        _paint_axes(painter, plot, spec, span=span, theme=theme, labelled=spec.own_scales or place == 0)
        _paint_fan(painter, plot, fan, span=span, theme=theme)
        _paint_label(painter, plot, fan, notes[place], theme)
        if cursor is not None:
            at = plot.left() + cursor / spec.months * plot.width()
            painter.setPen(pen(theme.colour("text"), 1.0))
            painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()))
    painter.restore()


def _y(plot: QRectF, span: tuple[float, float], values: Floats) -> Floats:
    low, high = span
    return np.asarray(plot.bottom() - (values - low) * (plot.height() / (high - low)))


def _paint_axes(
    painter: QPainter, plot: QRectF, spec: FanSpec, *, span: tuple[float, float], theme: Theme, labelled: bool
) -> None:
    muted = theme.colour("muted")
    for tick in _ticks(span, plot.height()):
        at = float(_y(plot, span, np.asarray([tick.at]))[0])
        painter.setPen(pen(theme.colour("border" if tick.at == 0 else "grid"), 1.4 if tick.at == 0 else 1.0))
        painter.drawLine(QPointF(plot.left(), at), QPointF(plot.right(), at))
        if labelled:
            room = QRectF(plot.left() - _GAP_PX + 2 - 100, at - _ROW_PX / 2, 100, _ROW_PX)
            paint_text(painter, room, tick.text, muted, align=_RIGHT)
    start, end = spec.seconds(0), spec.seconds(spec.months)
    for tick in calendar_ticks(start, end, max(2, int(plot.width() / _X_TICK_PX))):
        at = plot.left() + (tick.at - start) / (end - start) * plot.width()
        painter.setPen(pen(theme.colour("border")))
        painter.drawLine(QPointF(at, plot.bottom()), QPointF(at, plot.bottom() + 4))
        half = text_width(tick.text) / 2 + 1
        left = min(max(at - half, plot.left() - 6), plot.right() + 8 - 2 * half)
        paint_text(painter, QRectF(left, plot.bottom() + 5, 2 * half, _ROW_PX), tick.text, muted, align=_CENTRE)


def _paint_fan(painter: QPainter, plot: QRectF, fan: Fan, *, span: tuple[float, float], theme: Theme) -> None:
    x = plot.left() + np.linspace(0.0, 1.0, fan.bands.shape[1]) * plot.width()
    rows = [_y(plot, span, band) for band in fan.bands]
    painter.setClipRect(plot.adjusted(-1, -1, 1, 1))
    painter.setPen(Qt.PenStyle.NoPen)
    for low, high, alpha in ((rows[0], rows[4], _OUTER_ALPHA), (rows[1], rows[3], _INNER_ALPHA)):
        painter.setBrush(theme.colour(fan.role, alpha))
        edge = np.column_stack([np.r_[x, x[::-1]], np.r_[low, high[::-1]]])
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in edge.tolist()]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for row, line in (
        (_y(plot, span, fan.planned), pen(theme.colour("muted"), 1.2, (3, 3))),
        (rows[2], pen(theme.colour(fan.role), 1.8)),
    ):
        painter.setPen(line)
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in np.column_stack([x, row]).tolist()]))
    painter.setClipping(False)


def _notes_that_fit(spec: FanSpec, width_px: float) -> list[str]:
    """Return the note of every fan in the longest way in which all of them have room beside their labels."""
    for variant in range(max((len(fan.notes) for fan in spec.fans), default=0)):
        chosen = [fan.notes[variant] if len(fan.notes) > variant else "" for fan in spec.fans]
        if all(
            text_width(fan.label, BODY_PX, SEMIBOLD) + text_width(note) + 10 <= width_px
            for fan, note in zip(spec.fans, chosen, strict=True)
        ):
            return chosen
    return [""] * len(spec.fans)


def _paint_label(painter: QPainter, plot: QRectF, fan: Fan, note: str, theme: Theme) -> None:
    room = QRectF(plot.left(), plot.top() - _ROW_PX - 4, plot.width(), _ROW_PX)
    paint_text(painter, room, fan.label, theme.colour(fan.role), size_px=BODY_PX, weight=SEMIBOLD)
    paint_text(painter, room, note, theme.colour("muted"), align=_RIGHT)


class FanChart(PointedChart[FanSpec, int]):
    """The painted fans. Mouse, arrow keys and Page Up/Down move by months; `pointed(int)`, -1 for none."""

    pointed = Signal(int)
    usual, least = QSize(760, 260), QSize(360, 130)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, FanSpec(title="", start=date(2026, 1, 1)), parent)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the fans."""
        paint_fans(painter, rect, self._theme, spec=self.spec, cursor=self._cursor)

    def place_at(self, position: QPointF) -> int | None:
        """Return the month under a pixel of any fan."""
        plots = plot_rects(QRectF(self.rect()), self.spec) if self.spec.fans else ()
        under = next((plot for plot in plots if plot.adjusted(-4, -4, 4, 4).contains(position)), None)
        return None if under is None else round(share_across(position, under) * self.spec.months)

    def moved(self, key: Qt.Key) -> int | None:
        """Move by a month, or a year, from the middle."""
        move = _KEY_MONTHS.get(key)
        if move is None or not self.spec.fans:
            return None
        start = self.spec.months // 2 if self._cursor is None else self._cursor + move
        return int(within(start, 0, self.spec.months))

    def tell(self, place: int | None) -> None:
        """Tell the month."""
        self.pointed.emit(-1 if place is None else place)
