"""Values on a ruler: each a dot with its words beside it, stacked so that none hides another, and strong marks across.

Words stand on the side away from the first mark: what lies below it reads to the left, what lies above to the right.
Where the height doesn't do for all of them the rest are dots on the axis, and the chart says how many.
"""

import html
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from minerdesk import words
from minerdesk.ui.charts.sheet import Sheet
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.charts.ticks import Tick, linear_ticks
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, REGULAR, SEMIBOLD, Theme, font

_FLAG_PX, _AXIS_PX, _LANE_LEAST_PX, _LANE_MOST_PX = 20.0, 38.0, 17.0, 64.0
_DOT_PX, _GAP_PX, _PADDING_PX = 4.5, 6.0, 4.0
_LONGEST_LABEL = 0.42
_TICK_EVERY_PX = 90.0
_MARGIN = 0.04
_BAR_ALPHA, _BAR_PX = 0.35, 6.0


@dataclass(frozen=True, kw_only=True)
class RulerEntry:
    """One value. `start` is where a bar to it begins, None without one; a hollow dot is the user's own entry."""

    label: str
    value: float
    start: float | None = None
    start_label: str = ""
    role: str = "colocation"
    hollow: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RulerMark:
    """A line across the ruler with its words in a flag at the top; the first of a ruler is the strong one."""

    label: str
    value: float
    role: str


@dataclass(frozen=True, kw_only=True)
class RulerSpec:
    """What a ruler shows. `summary` is the same in one sentence, for those who can't see it."""

    title: str
    axis: str
    entries: tuple[RulerEntry, ...] = ()
    marks: tuple[RulerMark, ...] = ()
    caption: str = ""
    summary: str = ""
    empty_text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be measured by."""
        return not self.entries

    def span(self) -> tuple[float, float]:
        """Return the ends of the axis: every value, with a margin; never below zero unless a value is."""
        values = [entry.value for entry in self.entries] + [mark.value for mark in self.marks]
        values += [entry.start for entry in self.entries if entry.start is not None]
        low, high = min(values), max(values)
        margin = (high - low) * _MARGIN or max(abs(high) * _MARGIN, 1.0)
        return (max(low - margin, 0.0) if low >= 0 else low - margin), high + margin


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where an entry stands: its lane from the axis up (None: on the axis, without words), and its words in x."""

    entry: RulerEntry
    lane: int | None
    x: float
    left: float
    right: float
    text: str
    on_right: bool


@dataclass(frozen=True)
class _Frame:
    """The ruler's rectangle cut up: flags above, lanes, the axis with its figures below."""

    room: QRectF
    low: float
    high: float
    axis_y: float
    top: float

    @classmethod
    def of(cls, spec: RulerSpec, rect: QRectF) -> "_Frame":
        low, high = spec.span()
        room = rect.adjusted(_PADDING_PX, 0, -_PADDING_PX, 0)
        return cls(room, low, high, rect.bottom() - _AXIS_PX, rect.top() + _FLAG_PX * len(spec.marks) + _PADDING_PX)

    def x(self, value: float) -> float:
        return self.room.left() + (value - self.low) / (self.high - self.low) * self.room.width()

    @property
    def lanes(self) -> int:
        return max(int((self.axis_y - _DOT_PX - self.top) / _LANE_LEAST_PX), 0)

    def lane_y(self, lane: int, used: int) -> float:
        pitch = min((self.axis_y - _DOT_PX - self.top) / max(used, 1), _LANE_MOST_PX)
        return self.axis_y - _DOT_PX - (lane + 0.5) * pitch

    def ticks(self) -> list[Tick]:
        return linear_ticks(self.low, self.high, max(int(self.room.width() / _TICK_EVERY_PX), 2))


def place(spec: RulerSpec, rect: QRectF) -> list[Placed]:
    """Return where every entry of a ruler in `rect` stands, without overlap.

    With room enough each has a lane of its own, the lowest value next to the axis; else they share lanes, those next to
    the first mark nearest to the axis.
    """
    frame = _Frame.of(spec, rect)
    middle = spec.marks[0].value if spec.marks else spec.span()[0]
    if len(spec.entries) <= frame.lanes:
        rising = sorted(spec.entries, key=lambda one: (one.value, one.label))
        stands = [_stand(entry, frame, away_to_right=entry.value >= middle) for entry in rising]
        return [replace(stand, lane=lane) for lane, stand in enumerate(stands)]
    taken: list[list[tuple[float, float]]] = [[] for _ in range(frame.lanes)]
    placed = []
    for entry in sorted(spec.entries, key=lambda one: (abs(one.value - middle), one.value, one.label)):
        stand = _stand(entry, frame, away_to_right=entry.value >= middle)
        free = (
            lane
            for lane, spans in enumerate(taken)
            if all(stand.right + _GAP_PX <= left or right + _GAP_PX <= stand.left for left, right in spans)
        )
        lane = next(free, None)
        if lane is not None:
            taken[lane].append((stand.left, stand.right))
        placed.append(replace(stand, lane=lane))
    return placed


def _stand(entry: RulerEntry, frame: _Frame, *, away_to_right: bool) -> Placed:
    """Return an entry with its words on the side away from the mark if there is room, else on the other."""
    x = frame.x(entry.value)
    low, high = _reach(entry, frame)
    figure_px = _GAP_PX + text_width(_figure(entry), BODY_PX, SEMIBOLD) + _GAP_PX
    on_the_right, on_the_left = frame.room.right() - high - figure_px, low - frame.room.left() - figure_px
    longest = min(max(on_the_right, on_the_left), frame.room.width() * _LONGEST_LABEL)
    text = QFontMetricsF(font(BODY_PX)).elidedText(entry.label, Qt.TextElideMode.ElideRight, longest)
    text_px = text_width(text, BODY_PX)
    fits_right, fits_left = text_px <= on_the_right, text_px <= on_the_left
    on_right = fits_right if fits_right != fits_left else away_to_right
    wide = figure_px + text_px
    left, right = (low, high + wide) if on_right else (low - wide, high)
    return Placed(entry=entry, lane=None, x=x, left=left, right=right, text=text, on_right=on_right)


def _reach(entry: RulerEntry, frame: _Frame) -> tuple[float, float]:
    """Return the ends in x of an entry's dot with its bar and the words at the bar's beginning."""
    x = frame.x(entry.value)
    if entry.start is None:
        return x - _DOT_PX, x + _DOT_PX
    start, beside = frame.x(entry.start), text_width(entry.start_label) + _GAP_PX
    return min(x - _DOT_PX, start - beside), max(x + _DOT_PX, start + (beside if start > x else 0))


def _figure(entry: RulerEntry) -> str:
    return words.figure(entry.value, 1)


def paint_ruler(painter: QPainter, rect: QRectF, theme: Theme, spec: RulerSpec) -> None:
    """Paint a ruler into `rect`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if spec.is_empty:
        room = rect.adjusted(16, 24, -16, -16)
        middle = Qt.AlignmentFlag.AlignHCenter
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=middle, wrap=True)
        painter.restore()
        return
    frame, placed = _Frame.of(spec, rect), place(spec, rect)
    _paint_axis(painter, frame, spec, sum(one.lane is None for one in placed), theme)
    for number, mark in reversed(list(enumerate(spec.marks))):
        _paint_mark(painter, frame, mark, number, theme)
    used = 1 + max((one.lane for one in placed if one.lane is not None), default=0)
    for one in placed:
        _paint_entry(painter, frame, one, used, theme)
    painter.restore()


def _paint_axis(painter: QPainter, frame: _Frame, spec: RulerSpec, unnamed: int, theme: Theme) -> None:
    for tick in frame.ticks():
        x = frame.x(tick.at)
        painter.setPen(pen(theme.colour("grid")))
        painter.drawLine(QPointF(x, frame.top), QPointF(x, frame.axis_y))
        place_px = QRectF(x - 40, frame.axis_y + 5, 80, 14)
        paint_text(painter, place_px, tick.text, theme.colour("muted"), align=Qt.AlignmentFlag.AlignHCenter)
    painter.setPen(pen(theme.colour("muted")))
    painter.drawLine(QPointF(frame.room.left(), frame.axis_y), QPointF(frame.room.right(), frame.axis_y))
    foot = QRectF(frame.room.left(), frame.axis_y + 21, frame.room.width(), 14)
    more = f"{unnamed} more are dots on the axis. " if unnamed else ""
    told = QFontMetricsF(font(CAPTION_PX)).elidedText(more + spec.axis, Qt.TextElideMode.ElideRight, foot.width())
    paint_text(painter, foot, told, theme.colour("muted"))


def _paint_mark(painter: QPainter, frame: _Frame, mark: RulerMark, number: int, theme: Theme) -> None:
    x, colour = frame.x(mark.value), theme.colour(mark.role)
    strong = number == 0
    top = frame.room.top() + number * _FLAG_PX
    painter.setPen(pen(colour, 2.4 if strong else 1.4, () if strong else (5.0, 4.0)))
    painter.drawLine(QPointF(x, top), QPointF(x, frame.axis_y))
    weight = SEMIBOLD if strong else REGULAR
    wide = text_width(mark.label, BODY_PX, weight)
    left = x + _GAP_PX if x + _GAP_PX + wide <= frame.room.right() else max(x - _GAP_PX - wide, frame.room.left())
    paint_text(painter, QRectF(left, top, wide, 16), mark.label, colour, size_px=BODY_PX, weight=weight)


def _paint_entry(painter: QPainter, frame: _Frame, one: Placed, used: int, theme: Theme) -> None:
    entry, colour = one.entry, theme.colour(one.entry.role)
    painter.setPen(pen(colour, 1.4))
    painter.drawLine(QPointF(one.x, frame.axis_y - 3), QPointF(one.x, frame.axis_y + 3))
    y = frame.axis_y if one.lane is None else frame.lane_y(one.lane, used)
    if one.lane is not None:
        _paint_words(painter, one, y, theme)
        if entry.start is not None:
            _paint_bar(painter, one, frame, y, theme)
    painter.setPen(pen(colour, 2.0))
    painter.setBrush(theme.colour("card") if entry.hollow else colour)
    painter.drawEllipse(QPointF(one.x, y), _DOT_PX, _DOT_PX)


def _paint_bar(painter: QPainter, one: Placed, frame: _Frame, y: float, theme: Theme) -> None:
    """Draw the bar, and the words at its beginning where there is room for them: tip and table have them too."""
    assert one.entry.start is not None  # noqa: S101 - asked for by who has one
    start = frame.x(one.entry.start)
    low, high = sorted((start, one.x))
    painter.fillRect(QRectF(low, y - _BAR_PX / 2, high - low, _BAR_PX), theme.colour(one.entry.role, _BAR_ALPHA))
    painter.setPen(pen(theme.colour(one.entry.role), 1.4))
    painter.drawLine(QPointF(start, y - _BAR_PX), QPointF(start, y + _BAR_PX))
    wide = text_width(one.entry.start_label)
    left = start - _GAP_PX / 2 - wide if start <= one.x else start + _GAP_PX / 2
    if left < frame.room.left():
        return
    place = QRectF(left, y - 8, wide, 16)
    painter.fillRect(place, theme.colour("card"))
    paint_text(painter, place, one.entry.start_label, theme.colour("muted"))


def _paint_words(painter: QPainter, one: Placed, y: float, theme: Theme) -> None:
    """Write figure and label beside the dot, the figure next to it; a line behind the words is broken for them."""
    figure = _figure(one.entry)
    figure_px, text_px = text_width(figure, BODY_PX, SEMIBOLD), text_width(one.text, BODY_PX)
    both = figure_px + _GAP_PX + text_px
    left = one.right - both if one.on_right else one.left
    painter.fillRect(QRectF(left - 2, y - 8, both + 4, 16), theme.colour("card"))
    figure_x, text_x = (left, left + figure_px + _GAP_PX) if one.on_right else (left + text_px + _GAP_PX, left)
    text = theme.colour("text")
    paint_text(painter, QRectF(figure_x, y - 8, figure_px, 16), figure, text, size_px=BODY_PX, weight=SEMIBOLD)
    paint_text(painter, QRectF(text_x, y - 8, text_px, 16), one.text, theme.colour("muted"), size_px=BODY_PX)


class _Ruler(QWidget):
    """The painted part."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.spec = theme, RulerSpec(title="", axis="")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        return QSize(640, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, int(2 * _FLAG_PX + _AXIS_PX + 4 * _LANE_LEAST_PX))

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_ruler(QPainter(self), QRectF(self.rect()), self.theme, self.spec)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and not self.spec.is_empty:
            note = self.note_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), f"<qt>{html.escape(note)}</qt>" if note else "", self)
            return True
        return super().event(event)

    def note_at(self, position: QPointF) -> str:
        """Return what there is to say of the entry at a place, as plain text."""
        rect = QRectF(self.rect())
        frame, placed = _Frame.of(self.spec, rect), place(self.spec, rect)
        used = 1 + max((one.lane for one in placed if one.lane is not None), default=0)
        for one in placed:
            y = frame.axis_y if one.lane is None else frame.lane_y(one.lane, used)
            if one.left <= position.x() <= one.right and abs(position.y() - y) <= _LANE_LEAST_PX / 2:
                return one.entry.note
        return ""


class RulerChart(Sheet):
    """Shows a `RulerSpec` with title, caption and menu; the signals are those of `Sheet`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._ruler = _Ruler(theme)
        super().__init__(self._ruler, parent)

    @property
    def spec(self) -> RulerSpec:
        """What is shown."""
        return self._ruler.spec

    def set_spec(self, spec: RulerSpec) -> None:
        """Show `spec`."""
        self._ruler.spec = spec
        self.say(title=spec.title, caption=spec.caption, description=spec.summary or spec.empty_text)
        self._ruler.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self._ruler.theme = theme
        self._ruler.update()
