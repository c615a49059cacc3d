"""States through time: one strip a row, filled where a state holds, all on one time axis.

A page for files is painted whole; on screen the same strips stand in the rows of a table.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from minerdesk import words
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.charts.ticks import calendar_ticks
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, REGULAR, SEMIBOLD, Theme

_GUTTER_PX, _FOOT_PX, _TOP_PX, _RIGHT_PX = 226.0, 24.0, 4.0, 12.0
_INDENT_PX, _TICK_EVERY_PX = 12.0, 72.0
_HEAD_SHARE, _ROW_SHARE, _MOST_HEAD_PX = 0.62, 0.36, 22.0
_LEAST_RUN_PX = 1.0


@dataclass(frozen=True)
class Run:
    """A state that holds from `start_s` to `end_s`; `role` fills it, None leaves it as unknown."""

    start_s: float
    end_s: float
    label: str
    role: str | None
    alpha: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One row: runs in order that don't overlap. A heading is drawn taller and bolder than what stands under it."""

    label: str
    runs: tuple[Run, ...]
    heading: bool = False

    def at(self, time_s: float) -> Run | None:
        """Return the run that a time lies in, None where nothing is known."""
        place = bisect_right(self.runs, time_s, key=lambda run: run.start_s) - 1
        return self.runs[place] if place >= 0 and time_s < self.runs[place].end_s else None


@dataclass(frozen=True, kw_only=True)
class StripsSpec:
    """What is shown; `summary` says the same in words."""

    title: str
    strips: tuple[Strip, ...]
    start_s: float
    end_s: float
    caption: str = ""
    summary: str = ""
    empty_text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether no row has a run."""
        return not any(strip.runs for strip in self.strips)

    def note_at(self, time_s: float) -> str:
        """Return what every row says at a time, a line each; empty outside the span."""
        if self.is_empty or not self.start_s <= time_s <= self.end_s:
            return ""
        told = [words.day(datetime.fromtimestamp(int(time_s), UTC))]
        for strip in self.strips:
            run = strip.at(time_s)
            since = f" since {words.day(datetime.fromtimestamp(int(run.start_s), UTC))}" if run else ""
            told.append(f"{'' if strip.heading else '  '}{strip.label}: {run.label if run else 'unknown'}{since}")
        return "\n".join(told)

    def x_at(self, rect: QRectF, time_s: float) -> float:
        """Return where a time lies across `rect`, kept within it."""
        share = (time_s - self.start_s) / max(self.end_s - self.start_s, 1.0)
        return rect.left() + min(max(share, 0.0), 1.0) * rect.width()

    def time_at(self, rect: QRectF, x: float) -> float:
        """Return the time at a place across `rect`."""
        return self.start_s + (x - rect.left()) / max(rect.width(), 1.0) * (self.end_s - self.start_s)


def paint_strips(painter: QPainter, rect: QRectF, theme: Theme, spec: StripsSpec) -> None:
    """Paint all strips with their labels and dates into `rect`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if spec.is_empty:
        room = rect.adjusted(16, 24, -16, -16)
        middle = Qt.AlignmentFlag.AlignHCenter
        paint_text(painter, room, spec.empty_text, theme.colour("muted"), size_px=BODY_PX, align=middle, wrap=True)
        painter.restore()
        return
    plot = rect.adjusted(_GUTTER_PX, _TOP_PX, -_RIGHT_PX, -_FOOT_PX)
    _paint_grid(painter, plot, theme, spec)
    high = plot.height() / max(len(spec.strips), 1)
    for place, strip in enumerate(spec.strips):
        row = QRectF(plot.left(), plot.top() + place * high, plot.width(), high)
        indent = 0.0 if strip.heading else _INDENT_PX
        paint_text(
            painter,
            QRectF(rect.left() + indent, row.top(), _GUTTER_PX - indent - 10, high),
            strip.label,
            theme.colour("text" if strip.heading else "muted"),
            size_px=BODY_PX if strip.heading else CAPTION_PX,
            weight=SEMIBOLD if strip.heading else REGULAR,
        )
        paint_runs(painter, row, theme, spec, strip)
    painter.restore()


def paint_runs(painter: QPainter, row: QRectF, theme: Theme, spec: StripsSpec, strip: Strip) -> None:
    """Paint one strip into its row; what is unknown stays a thin line."""
    high = min(row.height() * (_HEAD_SHARE if strip.heading else _ROW_SHARE), _MOST_HEAD_PX)
    y = row.center().y() - high / 2
    painter.setPen(pen(theme.colour("border")))
    painter.drawLine(QPointF(row.left(), row.center().y()), QPointF(row.right(), row.center().y()))
    for run in strip.runs:
        if run.role is None or run.end_s <= spec.start_s or run.start_s >= spec.end_s:
            continue
        first, last = spec.x_at(row, run.start_s), spec.x_at(row, run.end_s)
        box = QRectF(first, y, max(last - first, _LEAST_RUN_PX), high)
        painter.fillRect(box, theme.colour("card"))
        painter.fillRect(box, theme.colour(run.role, run.alpha))


def paint_dates(painter: QPainter, rect: QRectF, theme: Theme, spec: StripsSpec) -> None:
    """Paint the dates of the time axis on one line; one that would not fit at an end is left out."""
    for tick in calendar_ticks(spec.start_s, spec.end_s, max(int(rect.width() / _TICK_EVERY_PX), 2)):
        x, half = spec.x_at(rect, tick.at), text_width(tick.text) / 2
        if rect.left() <= x - half and x + half <= rect.right():
            place = QRectF(x - 40, rect.top(), 80, rect.height())
            paint_text(painter, place, tick.text, theme.colour("muted"), align=Qt.AlignmentFlag.AlignHCenter)


def _paint_grid(painter: QPainter, plot: QRectF, theme: Theme, spec: StripsSpec) -> None:
    for tick in calendar_ticks(spec.start_s, spec.end_s, max(int(plot.width() / _TICK_EVERY_PX), 2)):
        x = spec.x_at(plot, tick.at)
        painter.setPen(pen(theme.colour("grid")))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom() + 4))
    paint_dates(painter, QRectF(plot.left(), plot.bottom() + 6, plot.width(), 14), theme, spec)
