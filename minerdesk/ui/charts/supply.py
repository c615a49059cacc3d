"""The supply curve of a fleet: cumulative MW across, breakeven power price up, one block a class from the highest down.

A class that pays its power is drawn in the colour of mining, one under water in that of cost; a line is the price of
power today. Of very many classes those that share a pixel are drawn as one, so a hundred thousand cost no more than a
screen is wide.
"""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from minerdesk import words
from minerdesk.ui.charts.sheet import Sheet
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.charts.ticks import linear_ticks
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, SEMIBOLD, Theme, font

Floats = NDArray[np.float64]

_GUTTER_PX, _FOOT_PX, _TOP_PX = 44.0, 38.0, 18.0
_LABEL_PX, _LINE_PX, _PADDING_PX, _RIGHT_PX = 34.0, 16.0, 5.0, 16.0
_LEAST_LABEL_PX = 46.0
_HEADROOM = 1.06
_FILL_ALPHA, _TICK_EVERY_PX = 0.24, 90.0
_LADDER_FROM, _RUNG_PX, _RUNG_GAP_PX, _DASH_PX = 0.28, 224.0, 12.0, 14.0


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A breakeven to compare with, that of a machine which is not in the fleet."""

    label: str
    breakeven_usd_per_mwh: float


@dataclass(frozen=True, kw_only=True, eq=False)
class SupplySpec:
    """What a supply curve shows, classes in merit order.

    Attributes
    ----------
    breakeven_usd_per_mwh, price_usd_per_mwh
        Of each class: its breakeven power price, and what it pays.
    model, note
        The name of a class, and what there is to say of it, by its place in merit order.
    ladder
        Breakevens of other machines, marked beside each other; those for which there is no room are left out.
    summary
        The same in one sentence, for those who can't see it.
    """

    title: str
    model: Callable[[int], str]
    mw: Floats
    breakeven_usd_per_mwh: Floats
    price_usd_per_mwh: Floats
    site_price_usd_per_mwh: float
    note: Callable[[int], str]
    ladder: tuple[Rung, ...] = ()
    caption: str = ""
    summary: str = ""
    empty_text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: no class, or no breakeven known."""
        return not len(self.mw) or not bool(np.isfinite(self.breakeven_usd_per_mwh).all())

    def span(self) -> tuple[float, float]:
        """Return the ends of the price axis, zero within."""
        rungs = [rung.breakeven_usd_per_mwh for rung in self.ladder]
        others = np.array([self.site_price_usd_per_mwh, 0.0, *rungs])
        prices = (self.breakeven_usd_per_mwh, self.price_usd_per_mwh, others)
        low, high = min(float(values.min()) for values in prices), max(float(values.max()) for values in prices)
        return low * _HEADROOM, (high or 1.0) * _HEADROOM


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """The blocks that are drawn, in pixels: edges across, and the class each stands for (the first of those in it)."""

    left: Floats
    right: Floats
    index: NDArray[np.intp]


@dataclass(frozen=True)
class _Frame:
    plot: QRectF
    low: float
    high: float
    mw: float

    @classmethod
    def of(cls, spec: SupplySpec, rect: QRectF) -> "_Frame":
        low, high = spec.span()
        return cls(rect.adjusted(_GUTTER_PX, _TOP_PX, -_RIGHT_PX, -_FOOT_PX), low, high, float(spec.mw.sum()))

    def y(self, price: float) -> float:
        return self.plot.bottom() - (price - self.low) / (self.high - self.low) * self.plot.height()

    def x(self, mw: float) -> float:
        return self.plot.left() + mw / self.mw * self.plot.width()


class _Block(NamedTuple):
    left: float
    right: float
    place: int


def blocks(spec: SupplySpec, rect: QRectF) -> Blocks:
    """Return what is drawn of a supply curve in `rect`: one block a class, or one a pixel where several share it."""
    plot = _Frame.of(spec, rect).plot
    ends = plot.left() + np.cumsum(spec.mw) / spec.mw.sum() * plot.width()
    starts = np.concatenate([[plot.left()], ends[:-1]])
    _, first = np.unique(np.floor(starts), return_index=True)
    left = starts[first]
    return Blocks(left=left, right=np.concatenate([left[1:], ends[-1:]]), index=first)


def paint_supply(painter: QPainter, rect: QRectF, theme: Theme, spec: SupplySpec) -> None:
    """Paint a supply curve into `rect`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if spec.is_empty:
        room = rect.adjusted(16, 24, -16, -16)
        middle = Qt.AlignmentFlag.AlignHCenter
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=middle, wrap=True)
        painter.restore()
        return
    frame, drawn = _Frame.of(spec, rect), blocks(spec, rect)
    _paint_axes(painter, frame, theme)
    each = [_Block(*one) for one in zip(drawn.left.tolist(), drawn.right.tolist(), drawn.index.tolist(), strict=True)]
    for block in each:
        _paint_block(painter, spec, block, frame, theme)
    _paint_ladder(painter, frame, spec, theme)
    _paint_price(painter, frame, spec, each, theme)
    for block in each:
        if block.right - block.left >= _LEAST_LABEL_PX:
            _paint_label(painter, spec, block, frame, theme)
    painter.restore()


def _paint_axes(painter: QPainter, frame: _Frame, theme: Theme) -> None:
    plot, muted = frame.plot, theme.colour("muted")
    for tick in linear_ticks(frame.low, frame.high, max(int(plot.height() / 40), 2)):
        y = frame.y(tick.at)
        painter.setPen(pen(theme.colour("grid")))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        place = QRectF(plot.left() - _GUTTER_PX, y - 7, _GUTTER_PX - 6, 14)
        paint_text(painter, place, tick.text, muted, align=Qt.AlignmentFlag.AlignRight)
    for tick in linear_ticks(0.0, frame.mw, max(int(plot.width() / _TICK_EVERY_PX), 2)):
        x = frame.x(tick.at)
        painter.setPen(pen(muted))
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 4))
        place = QRectF(x - 40, plot.bottom() + 5, 80, 14)
        paint_text(painter, place, tick.text, muted, align=Qt.AlignmentFlag.AlignHCenter)
    painter.setPen(pen(muted))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    foot = QRectF(plot.left(), plot.bottom() + 21, plot.width(), 14)
    paint_text(painter, foot, "Cumulative MW at the meter, highest breakeven first", muted)
    head = QRectF(plot.left() - _GUTTER_PX, plot.top() - _TOP_PX, plot.width(), 14)
    paint_text(painter, head, "Breakeven power price, $/MWh", muted)


def _role(spec: SupplySpec, index: int) -> str:
    return "mining" if spec.breakeven_usd_per_mwh[index] >= spec.price_usd_per_mwh[index] else "cost"


def _paint_block(painter: QPainter, spec: SupplySpec, block: _Block, frame: _Frame, theme: Theme) -> None:
    left, right, index = block
    foot = frame.y(max(frame.low, 0.0))
    role, price = _role(spec, index), float(spec.price_usd_per_mwh[index])
    top = frame.y(float(spec.breakeven_usd_per_mwh[index]))
    painter.fillRect(QRectF(QPointF(left, top), QPointF(right, foot)), theme.colour(role, _FILL_ALPHA))
    painter.setPen(pen(theme.colour(role), 2.0))
    painter.drawLine(QPointF(left, top), QPointF(right, top))
    if right - left >= _PADDING_PX:
        painter.setPen(pen(theme.colour("card"), 1.0))
        painter.drawLine(QPointF(right, top + 1), QPointF(right, foot))
    if price != spec.site_price_usd_per_mwh:
        painter.setPen(pen(theme.colour("accent"), 1.6, (3.0, 3.0)))
        painter.drawLine(QPointF(left, frame.y(price)), QPointF(right, frame.y(price)))


def _paint_ladder(painter: QPainter, frame: _Frame, spec: SupplySpec, theme: Theme) -> None:
    """Mark the breakevens of other machines, each a dash with its name, in as many columns as there is room for."""
    muted, plot = theme.colour("muted"), frame.plot
    first = plot.left() + plot.width() * _LADDER_FROM
    longest = max((text_width(_rung_words(rung)) for rung in spec.ladder), default=0.0)
    pitch = max(_RUNG_PX, _DASH_PX + longest + 3 * _PADDING_PX)
    columns = max(int((plot.right() - first) / pitch), 1)
    price = frame.y(spec.site_price_usd_per_mwh)
    lines = [price, *(frame.y(float(one)) for one in spec.breakeven_usd_per_mwh)]
    taken: list[list[float]] = [list(lines) for _ in range(columns)]
    taken[-1].append(price - _LINE_PX)  # where the price's own words stand
    for rung in sorted(spec.ladder, key=lambda rung: -rung.breakeven_usd_per_mwh):
        y = frame.y(rung.breakeven_usd_per_mwh)
        free = (number for number, others in enumerate(taken) if all(abs(y - one) >= _RUNG_GAP_PX for one in others))
        column = next(free, None)
        if column is None:
            continue
        taken[column].append(y)
        left = first + column * pitch
        painter.setPen(pen(muted, 1.6))
        painter.drawLine(QPointF(left, y), QPointF(left + _DASH_PX, y))
        place = QRectF(left + _DASH_PX + _PADDING_PX, y - _LINE_PX / 2, pitch - _DASH_PX - _PADDING_PX, _LINE_PX)
        paint_text(painter, place, _rung_words(rung), muted)


def _rung_words(rung: Rung) -> str:
    return f"{words.usd_per_mwh(rung.breakeven_usd_per_mwh)}  {rung.label}"


def _paint_price(painter: QPainter, frame: _Frame, spec: SupplySpec, each: list[_Block], theme: Theme) -> None:
    """Draw today's power price across, with its words at the right end, over what classes there pay themselves."""
    y, colour = frame.y(spec.site_price_usd_per_mwh), theme.colour("accent")
    painter.setPen(pen(colour, 2.0))
    painter.drawLine(QPointF(frame.plot.left(), y), QPointF(frame.plot.right(), y))
    text = f"power today {words.usd_per_mwh(spec.site_price_usd_per_mwh)} $/MWh"
    wide = text_width(text, BODY_PX, SEMIBOLD)
    left = frame.plot.right() - wide - _PADDING_PX
    own = [frame.y(float(spec.price_usd_per_mwh[block.place])) for block in each if block.right > left]
    place = QRectF(left, price_label_top(y, own, frame.plot.top()), wide, _LINE_PX)
    painter.fillRect(place.adjusted(-3, 0, 3, 0), theme.colour("card", 0.85))
    paint_text(painter, place, text, colour, size_px=BODY_PX, weight=SEMIBOLD)


def price_label_top(line: float, others: Sequence[float], highest: float) -> float:
    """Return where the words over the line at `line` begin: clear of the lines above it, unless that is too high.

    >>> price_label_top(100.0, [100.0, 90.0, 20.0], 0.0), price_label_top(100.0, [], 0.0)
    (73.0, 83.0)
    """
    top = line - _LINE_PX - 1
    for other in sorted(others, reverse=True):
        if top - 1 <= other <= top + _LINE_PX:
            top = other - _LINE_PX - 1
    return top if top >= highest else line - _LINE_PX - 1


def _paint_label(painter: QPainter, spec: SupplySpec, block: _Block, frame: _Frame, theme: Theme) -> None:
    """Write a class's model and breakeven in its block or over it, beyond the prices if those are in the way.

    Without such a place it is left out: the tooltip and the table have it.
    """
    left, right, index = block
    top = frame.y(float(spec.breakeven_usd_per_mwh[index]))
    lines = [frame.y(price) for price in (spec.site_price_usd_per_mwh, float(spec.price_usd_per_mwh[index]))]
    places = (top + 3, top - _LABEL_PX, max(lines) + 3, min(lines) - _LABEL_PX - _LINE_PX)
    free = (
        y
        for y in places
        if frame.plot.top() - _PADDING_PX <= y <= frame.plot.bottom() - _LABEL_PX
        and not any(y - 2 < line < y + _LABEL_PX + (_LINE_PX if line == lines[0] else 0) for line in lines)
    )
    y = next(free, None)
    if y is None:
        return
    room = right - left - 2 * _PADDING_PX
    name = QFontMetricsF(font(CAPTION_PX)).elidedText(spec.model(index), Qt.TextElideMode.ElideRight, room)
    figure = words.usd_per_mwh(float(spec.breakeven_usd_per_mwh[index]))
    x = left + _PADDING_PX
    text = theme.colour("text")
    paint_text(painter, QRectF(x, y, room, _LINE_PX), figure, text, size_px=BODY_PX, weight=SEMIBOLD)
    paint_text(painter, QRectF(x, y + _LINE_PX - 1, room, _LINE_PX), name, text)


class _Supply(QWidget):
    """The painted part."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.spec: SupplySpec | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        return QSize(640, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 140)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.spec is not None:
            paint_supply(QPainter(self), QRectF(self.rect()), self.theme, self.spec)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            note = self.note_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), f"<qt>{html.escape(note)}</qt>" if note else "", self)
            return True
        return super().event(event)

    def note_at(self, position: QPointF) -> str:
        """Return what there is to say of the class at a place, as plain text."""
        if self.spec is None or self.spec.is_empty:
            return ""
        drawn = blocks(self.spec, QRectF(self.rect()))
        place = int(np.searchsorted(drawn.left, position.x(), side="right")) - 1
        return self.spec.note(int(drawn.index[place])) if place >= 0 and position.x() <= drawn.right[-1] else ""


class SupplyChart(Sheet):
    """Shows a `SupplySpec` with title, caption and menu; the signals are those of `Sheet`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.plot = _Supply(theme)
        super().__init__(self.plot, parent)

    @property
    def spec(self) -> SupplySpec | None:
        """What is shown."""
        return self.plot.spec

    def set_spec(self, spec: SupplySpec) -> None:
        """Show `spec`."""
        self.plot.spec = spec
        described = spec.empty_text if spec.is_empty else spec.summary
        self.say(title=spec.title, caption=spec.caption, description=described)
        self.plot.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self.plot.theme = theme
        self.plot.update()
