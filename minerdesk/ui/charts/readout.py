"""Beside the plot: the legend whose entries switch curves on and off, and the box that lists all values at one date."""

from datetime import UTC, datetime

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QLayout, QLayoutItem, QToolButton, QWidget

from minerdesk import words
from minerdesk.ui.charts.model import ChartSpec, Curve, View
from minerdesk.ui.charts.strokes import paint_sample, paint_text, pen, text_width
from minerdesk.ui.theme import CAPTION_PX, SEMIBOLD, Theme
from minerdesk.units import SECONDS_PER_DAY

_ROW_PX, _PAD_PX, _SAMPLE = 16, 8, QSize(18, 10)


class FlowLayout(QLayout):
    """Puts its items one after the other and begins a new line where the width ends."""

    def __init__(self, parent: QWidget | None = None, *, space_px: int = 2) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._space = space_px
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Add an item at the end."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, or None past the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return an item, or None past the end."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        """Return True: the narrower, the taller."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the lines need at a width."""
        return self._lay_out(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        self._lay_out(rect, move=True)

    def sizeHint(self) -> QSize:
        """Return the least size; the width comes from outside."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return the size of the largest item."""
        size = QSize(0, 0)
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _lay_out(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            hint = item.sizeHint()
            if x > rect.x() and x + hint.width() > rect.right() + 1:
                x, y, line = rect.x(), y + line + self._space, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), hint))
            x, line = x + hint.width() + self._space, max(line, hint.height())
        return y + line - rect.y()


class Legend(QWidget):
    """One button per curve, with a piece of its line; a button that is up hides its curve. Emits `hidden_changed`."""

    hidden_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self)
        self._buttons: dict[str, QToolButton] = {}
        self._shown: tuple[object, ...] = ()
        self._hidden: frozenset[str] = frozenset()

    def show_curves(self, curves: tuple[Curve, ...], hidden: frozenset[str], theme: Theme) -> None:
        """Show the entries for `curves`; buttons are made anew only where something about them differs."""
        shown = (theme.name, tuple((c.name, c.label, c.role, c.shape, c.projected, c.low is None) for c in curves))
        if shown != self._shown:
            self._shown = shown
            self._rebuild(curves, theme)
        self._hidden = hidden
        for name, button in self._buttons.items():
            button.setChecked(name not in hidden)

    def _rebuild(self, curves: tuple[Curve, ...], theme: Theme) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._buttons = {}
        for curve in curves:
            button = QToolButton(self)
            button.setText(curve.label)
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIcon(_sample_icon(curve, theme))
            button.setIconSize(_SAMPLE)
            button.setProperty("look", "legend")
            button.setToolTip(f"Show or hide {curve.label}" + (f" ({curve.unit})" if curve.unit else ""))
            button.setAccessibleName(f"Show {curve.label}")
            button.clicked.connect(self._emit_hidden)
            self._buttons[curve.name] = button
            self._flow.addWidget(button)
        self.updateGeometry()

    def _emit_hidden(self) -> None:
        listed = frozenset(self._buttons)
        up = frozenset(name for name, button in self._buttons.items() if not button.isChecked())
        self.hidden_changed.emit((self._hidden - listed) | up)  # what is hidden but not listed here stays so


def _sample_icon(curve: Curve, theme: Theme) -> QIcon:
    icon = QIcon()
    for state, opacity in ((QIcon.State.On, 1.0), (QIcon.State.Off, 0.25)):
        for ratio in (1, 2):
            pixmap = QPixmap(_SAMPLE * ratio)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setOpacity(opacity)
            paint_sample(painter, QRectF(0, 0, _SAMPLE.width(), _SAMPLE.height()), curve, theme)
            painter.end()
            icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon


def values_at(spec: ChartSpec, view: View, time_s: float) -> list[tuple[Curve, str]]:
    """Return every shown curve and level with its value (and band) at a time, with its unit; unknown is an en dash."""
    rows = []
    for curve in spec.series(view):
        if curve.name in view.hidden:
            continue
        text = words.general(curve.value_at(time_s), decimals=spec.decimals)
        index = curve.times.searchsorted(time_s, side="right") - 1
        if curve.low is not None and curve.high is not None and text != words.NOTHING:
            low, high = (words.general(float(edge[index]), decimals=spec.decimals) for edge in (curve.low, curve.high))
            text = f"{text} ({low}{words.NOTHING}{high})"
        rows.append((curve, words.with_unit(text, curve.unit)))
    return rows


def date_words(time_s: float) -> str:
    """Return a date, with the time of day where it is not midnight."""
    moment = datetime.fromtimestamp(time_s, UTC)
    return words.day(moment) if time_s % SECONDS_PER_DAY == 0 else words.day_and_time(moment)


class Readout(QWidget):
    """A small box over the chart that lists every series at the crosshair's date; the mouse passes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._date = ""
        self._rows: list[tuple[Curve, str]] = []
        self._theme: Theme | None = None
        self.hide()

    def show_at(self, spec: ChartSpec, view: View, time_s: float, theme: Theme) -> str:
        """Fill the box for a date, size it, and return its contents as one line of text."""
        inside = spec.span_at(time_s)
        self._date = f"{date_words(time_s)} · {inside}" if inside else date_words(time_s)
        self._rows, self._theme = values_at(spec, view, time_s), theme
        names = max((text_width(curve.label) for curve, _ in self._rows), default=0.0)
        values = max((text_width(text, weight=SEMIBOLD) for _, text in self._rows), default=0.0)
        width = max(names + values + _SAMPLE.width() + 22, text_width(self._date, weight=SEMIBOLD)) + 2 * _PAD_PX
        self.resize(int(width) + 1, (len(self._rows) + 1) * _ROW_PX + 2 * _PAD_PX - 4)
        self.show()
        self.update()
        return f"{self._date}: " + ", ".join(f"{curve.label} {text}" for curve, text in self._rows)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the box."""
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(theme.colour("border")))
        painter.setBrush(theme.colour("card", 0.94))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        row = QRectF(_PAD_PX, _PAD_PX - 2, self.width() - 2 * _PAD_PX, _ROW_PX)
        paint_text(painter, row, self._date, theme.colour("text"), size_px=CAPTION_PX, weight=SEMIBOLD)
        for curve, text in self._rows:
            row.translate(0, _ROW_PX)
            paint_sample(painter, QRectF(row.left(), row.top() + 3, _SAMPLE.width(), 10), curve, theme)
            paint_text(painter, row.adjusted(_SAMPLE.width() + 6, 0, 0, 0), curve.label, theme.colour("muted"))
            right = Qt.AlignmentFlag.AlignRight
            paint_text(painter, row, text, theme.colour("text"), weight=SEMIBOLD, align=right)
