"""A price duration curve: prices from the dearest hour to the cheapest, the price at which mining stops across it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from minerdesk import words
from minerdesk.ui.charts.model import Floats
from minerdesk.ui.charts.pointed import PointedChart, share_across, within
from minerdesk.ui.charts.strokes import paint_text, pen, text_height, text_width
from minerdesk.ui.charts.ticks import linear_ticks
from minerdesk.ui.theme import BODY_PX, FILL_ALPHA, KPI_PX, REGULAR, SEMIBOLD, Theme

_ROW_PX, _GAP_PX, _TICK_PX = 14.0, 8.0, 32.0
_FACTS_PX, _FACTS_FROM_PX = 232.0, 560.0
_LINE = 1.4
_DEAR_SHARE, _CHEAP_SHARE = 0.02, 0.995
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, kw_only=True)
class PriceLine:
    """A price across the whole curve, with its words; a thin one is one of several of a kind."""

    label: str
    value: float
    role: str
    thin: bool = False


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A figure beside the curve: what it is, its value in words, and what more there is to say."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class DurationSpec:
    """What is shown: ``prices[i]`` holds up to ``shares[i]`` of the hours, dearest first. No prices: it is empty.

    `behind` are other prices on the same shares, drawn thin. `stop_at` is the price above which mining stops; the first
    of `facts` is written large.
    """

    title: str
    caption: str = ""
    summary: str = ""
    unit: str = ""
    shares: Floats
    prices: Floats
    behind: Floats | None = None
    stop_at: float | None = None
    lines: tuple[PriceLine, ...] = ()
    facts: tuple[Fact, ...] = ()
    empty_text: str = ""

    def price_range(self) -> tuple[float, float]:
        """Return the lowest and the highest price shown: the dearest fiftieth of the hours may run out at the top."""
        dear, cheap = (float(self.prices[self.place(share)]) for share in (_DEAR_SHARE, _CHEAP_SHARE))
        marked = [line.value for line in self.lines]
        if self.behind is not None:
            dear, cheap = max(dear, float(self.behind[self.place(_DEAR_SHARE)])), min(cheap, float(self.behind[-1]))
        high, low = max([dear, *(1.35 * value for value in marked), 1.0]), min([cheap, *marked, 0.0])
        return low, high if high > low else low + 1.0

    def place(self, share: float) -> int:
        """Return which step a share of the hours lies in."""
        return min(int(np.searchsorted(self.shares, share)), len(self.prices) - 1)


def plot_rect(rect: QRectF, spec: DurationSpec) -> QRectF:
    """Return where the curve lies inside `rect`."""
    low, high = spec.price_range()
    ticks = linear_ticks(low, high, max(2, int(rect.height() / _TICK_PX)))
    gutter = max((text_width(tick.text) for tick in ticks), default=20.0) + _GAP_PX
    right = rect.right() - (_FACTS_PX + 20 if rect.width() >= _FACTS_FROM_PX and spec.facts else 20)
    left, top = rect.left() + gutter, rect.top() + _ROW_PX + 5
    return QRectF(left, top, max(right - left, 20.0), max(rect.bottom() - 2 * _ROW_PX - 10 - top, 20.0))


def paint_duration(
    painter: QPainter, rect: QRectF, theme: Theme, *, spec: DurationSpec, cursor: float | None = None
) -> None:
    """Paint curve, lines, areas and facts into `rect`; `cursor` marks a share of the hours."""
    painter.save()
    if not len(spec.prices):
        room = rect.adjusted(24, 24, -24, -24)
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=_CENTRE, wrap=True)
        painter.restore()
        return
    plot = plot_rect(rect, spec)
    _paint_axes(painter, rect, plot, spec, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(plot)
    _paint_areas(painter, plot, spec, theme)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if spec.behind is not None:
        painter.setPen(pen(theme.colour("muted"), 1.0))
        painter.drawPolyline(QPolygonF(_corners(plot, spec, spec.behind)))
    painter.setPen(pen(theme.colour("text"), 1.8))
    painter.drawPolyline(QPolygonF(_corners(plot, spec)))
    painter.setClipping(False)
    _paint_lines(painter, plot, spec, theme)
    _paint_highest(painter, plot, spec, theme)
    if cursor is not None:
        painter.setPen(pen(theme.colour("text"), 1.0))
        at = plot.left() + cursor * plot.width()
        painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()))
    if plot.right() < rect.right() - _FACTS_PX:
        _paint_facts(painter, QRectF(plot.right() + 20, rect.top(), _FACTS_PX, rect.height()), spec, theme)
    painter.restore()


def _y(plot: QRectF, spec: DurationSpec, price: float) -> float:
    low, high = spec.price_range()
    return plot.bottom() - (price - low) / (high - low) * plot.height()


def _corners(plot: QRectF, spec: DurationSpec, prices: Floats | None = None) -> list[QPointF]:
    """Return the corners of the steps; far above the plot they are cut, or writers would lose their digits."""
    low, high = spec.price_range()
    span = high - low
    prices = np.clip(spec.prices if prices is None else prices, low - span, high + span)
    y = plot.bottom() - (prices - low) / span * plot.height()
    edges = plot.left() + np.concatenate([[0.0], spec.shares]) * plot.width()
    return [QPointF(x, level) for (left, right), level in zip(pairwise(edges), y, strict=True) for x in (left, right)]


def _paint_areas(painter: QPainter, plot: QRectF, spec: DurationSpec, theme: Theme) -> None:
    """Tint what stopping avoids, above the breakeven, and what mining keeps, below it."""
    if spec.stop_at is None:
        return
    level = _y(plot, spec, spec.stop_at)
    corners = _corners(plot, spec)
    painter.setPen(Qt.PenStyle.NoPen)
    for role, sign in (("cost", -1), ("mining", 1)):
        held = [QPointF(c.x(), min(c.y(), level) if sign < 0 else max(c.y(), level)) for c in corners]
        painter.setBrush(theme.colour(role, FILL_ALPHA * 1.6))
        painter.drawPolygon(QPolygonF([QPointF(plot.left(), level), *held, QPointF(plot.right(), level)]))


def _paint_axes(painter: QPainter, rect: QRectF, plot: QRectF, spec: DurationSpec, theme: Theme) -> None:
    muted, line = theme.colour("muted"), pen(theme.colour("border"))
    paint_text(painter, QRectF(rect.left(), rect.top(), rect.width(), _ROW_PX), f"Price, {spec.unit}", muted)
    low, high = spec.price_range()
    for tick in linear_ticks(low, high, max(2, int(plot.height() / _TICK_PX))):
        at = _y(plot, spec, tick.at)
        painter.setPen(line)
        painter.drawLine(QPointF(plot.left(), at), QPointF(plot.right(), at))
        label = QRectF(rect.left(), at - _ROW_PX / 2, plot.left() - rect.left() - _GAP_PX + 2, _ROW_PX)
        paint_text(painter, label, tick.text, muted, align=_RIGHT)
    for percent in range(0, 101, 20 if plot.width() > 300 else 50):
        at = plot.left() + percent / 100 * plot.width()
        text = words.percent(percent / 100, decimals=0)
        wide = text_width(text) + 1
        left = min(at - wide / 2, plot.right() - wide + _GAP_PX / 2)  # the last one keeps away from the facts
        paint_text(painter, QRectF(left, plot.bottom() + 3, wide, _ROW_PX), text, muted)
    title = QRectF(plot.left(), plot.bottom() + 5 + _ROW_PX, plot.width(), _ROW_PX)
    paint_text(painter, title, "Share of the hours, the dearest first", muted, align=_CENTRE)


def _paint_lines(painter: QPainter, plot: QRectF, spec: DurationSpec, theme: Theme) -> None:
    """Draw the prices across, each named at its right end; names give way to each other, the dearest on top."""
    lines = sorted(spec.lines, key=lambda line: -line.value)
    levels = [_y(plot, spec, line.value) for line in lines]
    for line, at in zip(lines, levels, strict=True):  # all of them before the first name: none strikes one through
        dashes = (5.0, 4.0) if line.role != "mining" else (1.0, 3.0) if line.thin else ()
        painter.setPen(pen(theme.colour(line.role), 1.0 if line.thin else 1.6, dashes))
        painter.drawLine(QLineF(plot.left(), at, plot.right(), at))
    for line, top in zip(lines, _label_tops(levels, plot), strict=True):
        weight = REGULAR if line.thin else SEMIBOLD
        width = text_width(line.label, weight=weight)
        label = QRectF(plot.right() - width - 6, top, width + 4, _ROW_PX)
        painter.fillRect(label.adjusted(-2, 0, 0, 0), theme.colour("card", 0.85))
        paint_text(painter, label, line.label, theme.colour(line.role), align=_RIGHT, weight=weight)


def _label_tops(levels: list[float], plot: QRectF) -> list[float]:
    """Return where the names of lines at `levels`, from the top down, begin: over their lines, clear of each other.

    They give way upwards, where the falling curve leaves room.
    """
    tops = [at - _ROW_PX - 2 for at in levels]
    for place in range(len(tops) - 2, -1, -1):
        tops[place] = min(tops[place], tops[place + 1] - _ROW_PX)
    highest = plot.top()
    for place, top in enumerate(tops):
        tops[place] = max(top, highest)
        highest = tops[place] + _ROW_PX
    return tops


def _paint_highest(painter: QPainter, plot: QRectF, spec: DurationSpec, theme: Theme) -> None:
    """Say, beside the curve, how far it goes on above the plot."""
    beyond = spec.prices > spec.price_range()[1]
    if beyond.any():
        at = plot.left() + float(spec.shares[beyond][-1]) * plot.width() + 14
        text = f"▲ up to {words.general(float(spec.prices[0]))}"
        paint_text(painter, QRectF(at, plot.top() + 2, plot.width(), _ROW_PX), text, theme.colour("muted"))


def _paint_facts(painter: QPainter, rect: QRectF, spec: DurationSpec, theme: Theme) -> None:
    """Write the facts under each other, the first one large; where all of them have no room, in fewer lines."""
    rows = fact_rows(spec.facts, rect.size())
    muted, text, top = theme.colour("muted"), theme.colour("text"), rect.top()
    for row in rows:
        size = row.size_px
        value_top = top if row.on_one_line else top + _ROW_PX
        paint_text(painter, QRectF(rect.left(), top, rect.width(), row.label_px), row.fact.label, muted)
        value = QRectF(rect.left(), value_top, rect.width(), size * _LINE)
        align = _RIGHT if row.on_one_line else Qt.AlignmentFlag.AlignLeft
        paint_text(painter, value, row.fact.value, text, size_px=size, weight=SEMIBOLD, align=align)
        if row.note:
            note = QRectF(rect.left(), value.bottom(), rect.width(), text_height(row.note, rect.width()))
            paint_text(painter, note, row.note, muted, wrap=True)
        top += row.height(rect.width()) + row.gap_px
    if left := len(spec.facts) - len(rows):
        more = f"… {left} more in a taller window"
        paint_text(painter, QRectF(rect.left(), rect.bottom() - _ROW_PX, rect.width(), _ROW_PX), more, muted)


@dataclass(frozen=True, kw_only=True)
class FactRow:
    """A fact as it is written: label over value over note, or label and value on one line."""

    fact: Fact
    size_px: int
    note: str
    on_one_line: bool = False
    gap_px: float = 7.0

    @property
    def label_px(self) -> float:
        """The height of the label's line."""
        return self.size_px * _LINE if self.on_one_line else _ROW_PX

    def height(self, width_px: float) -> float:
        """Return the height of all lines, without the gap under them."""
        above = 0.0 if self.on_one_line else _ROW_PX
        return above + self.size_px * _LINE + text_height(self.note, width_px)


def fact_rows(facts: Sequence[Fact], room: QSizeF) -> list[FactRow]:
    """Return the facts as they fit into `room`.

    Where they don't fit whole, all but the first do without their notes, on one line if that is long enough; what
    room is left then goes to notes, from the top. What even then has no room is left out at the end.
    """
    whole = [
        FactRow(fact=fact, size_px=BODY_PX if number else KPI_PX, note=fact.note) for number, fact in enumerate(facts)
    ]
    if _rows_height(whole, room.width()) <= room.height() + 1:
        return whole
    rows = [*whole[:1], *(_short(row.fact, room.width()) for row in whole[1:])]
    if _rows_height(rows, room.width()) > room.height() + 1:
        while len(rows) > 1 and _rows_height(rows, room.width()) + _ROW_PX > room.height():
            rows.pop()
        return rows
    for place, row in enumerate(rows[1:], start=1):
        longer = [*rows[:place], replace(row, note=row.fact.note), *rows[place + 1 :]]
        if _rows_height(longer, room.width()) <= room.height():
            rows = longer
    return rows


def _short(fact: Fact, width_px: float) -> FactRow:
    wide = text_width(fact.label) + text_width(fact.value, BODY_PX, SEMIBOLD) + _GAP_PX
    return FactRow(fact=fact, size_px=BODY_PX, note="", on_one_line=wide <= width_px, gap_px=4.0)


def _rows_height(rows: Sequence[FactRow], width_px: float) -> float:
    return sum(row.height(width_px) for row in rows) + sum(row.gap_px for row in rows[:-1])


class DurationChart(PointedChart[DurationSpec, float]):
    """The painted curve. Mouse and arrow keys move along it; `pointed(float)` gives the share, negative for none."""

    pointed = Signal(float)
    usual = QSize(860, 360)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, DurationSpec(title="", shares=np.empty(0), prices=np.empty(0)), parent)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the curve."""
        paint_duration(painter, rect, self._theme, spec=self.spec, cursor=self._cursor)

    def place_at(self, position: QPointF) -> float | None:
        """Return the share of the hours under a pixel."""
        if not len(self.spec.prices):
            return None
        plot = plot_rect(QRectF(self.rect()), self.spec)
        return share_across(position, plot) if plot.adjusted(-4, -4, 4, 4).contains(position) else None

    def moved(self, key: Qt.Key) -> float | None:
        """Move along the curve by the arrow keys, a hundredth of the hours each, from its middle."""
        move = {Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01}.get(key)
        if move is None or not len(self.spec.prices):
            return None
        return 0.5 if self._cursor is None else round(within(self._cursor + move, 0.0, 1.0), 4)

    def tell(self, place: float | None) -> None:
        """Tell the share."""
        self.pointed.emit(-1.0 if place is None else place)
