"""Phases and megawatts as a widget: title, picture, caption, menu, and what lies under mouse and keys in words."""

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from minerdesk.ui.charts.gantt import Frame, GanttSpec, least_height_px, paint_gantt
from minerdesk.ui.charts.sheet import Sheet
from minerdesk.ui.theme import Theme


class _Gantt(QWidget):
    """The painted part. Mouse and arrow keys (Ctrl: a year) point at a month, up and down at a phase."""

    pointed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.spec = GanttSpec.nothing("", "")
        self.month: int | None = None
        self.row: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(640, max(180, least_height_px(self.spec)))

    def minimumSizeHint(self) -> QSize:
        return QSize(320, max(84, least_height_px(self.spec)))

    def point(self, month: int | None, row: int | None) -> None:
        """Point at a month, at a phase, at both or at nothing, and say what lies there."""
        if (month, row) != (self.month, self.row):
            self.month, self.row = month, row
            told = [self.spec.describe(month)] if month is not None else []
            told += [self.spec.bars[row].detail] if row is not None else []
            self.pointed.emit(" ".join(told))
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        place = QRectF(self.rect())
        paint_gantt(QPainter(self), place, self.theme, spec=self.spec, month=self.month, row=self.row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.spec.is_empty:
            return
        frame, at = Frame.of(self.spec, QRectF(self.rect())), event.position()
        across = frame.area.left() <= at.x() <= frame.area.right()
        time_s = frame.start_s + (at.x() - frame.area.left()) / frame.area.width() * (frame.end_s - frame.start_s)
        month = int(np.searchsorted(self.spec.times, time_s, side="right")) - 1 if across else None
        inside = self.spec.bars and frame.rows.top() <= at.y() < frame.rows.bottom()
        self.point(month, int((at.y() - frame.rows.top()) / frame.row_px) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.point(None, None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, far = Qt.Key(event.key()), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        across = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key, 0) * (12 if far else 1)
        down = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key, 0) if self.spec.bars else 0
        if key == Qt.Key.Key_Escape and (self.month, self.row) != (None, None):
            self.point(None, None)
        elif (across or down) and not self.spec.is_empty:
            month = _moved(self.month, across, len(self.spec.times))
            self.point(month, _moved(self.row, down, len(self.spec.bars)))
        else:
            super().keyPressEvent(event)


def _moved(place: int | None, by: int, count: int) -> int | None:
    """Return a place moved within `count`; from nowhere the first step goes to the first place."""
    if not by:
        return place
    return 0 if place is None else min(max(place + by, 0), count - 1)


class GanttChart(Sheet):
    """Shows a `GanttSpec` with title, caption and menu; `pointed(str)` says what lies under mouse or keys."""

    pointed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.plot = _Gantt(theme)
        super().__init__(self.plot, parent)
        self.plot.pointed.connect(self.pointed)

    @property
    def spec(self) -> GanttSpec:
        """What is shown."""
        return self.plot.spec

    def set_spec(self, spec: GanttSpec) -> None:
        """Show other phases."""
        self.plot.point(None, None)
        self.plot.spec = spec
        described = spec.empty_text if spec.is_empty else spec.summary
        self.say(title=spec.title, caption=spec.caption, description=described)
        self.plot.updateGeometry()
        self.plot.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self.plot.theme = theme
        self.plot.update()
