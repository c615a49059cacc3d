"""The businesses from revenue to after capital: a small waterfall for each, one below the other, every number written.

The largest can earn ten times the smallest. On one scale, the default, the bars are honest and the small ones short;
on own scales every fall can be seen, and the chart says that lengths don't compare. The numbers are the same in both.
"""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QToolTip, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.ui import whence
from minerdesk.ui.charts.model import BarsSpec, BusinessBars
from minerdesk.ui.charts.strokes import paint_text, pen, text_width
from minerdesk.ui.theme import BODY_PX, REGULAR, SEMIBOLD, Theme, font

_HEADER_PX, _SCALE_PX, _LABEL_PX, _NUMBER_PX = 22.0, 20.0, 54.0, 54.0
_ROW_LEAST_PX, _ROW_MOST_PX, _GAP_PX = 11.0, 24.0, 8.0
_STEPS = 5
_COST_ALPHA = 0.18
_MOST_DIGITS = 1e6

ROUNDING_NOTE = "Rounded parts may not add up."


@dataclass(frozen=True)
class _Scale:
    """From values to x pixels of the bars."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def of(cls, businesses: tuple[BusinessBars, ...], left: float, right: float) -> "_Scale":
        edges = [edge for business in businesses for _, start, end, _ in business.steps() for edge in (start, end)]
        low, high = min([0.0, *edges]), max([0.0, *edges])
        return cls(left, right, low, high if high > low else low + 1.0)

    def x(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def scale_words(spec: BarsSpec, *, own_scales: bool) -> str:
    """Return the sentence that says how the bars compare."""
    if own_scales:
        return f"{spec.unit}, own scales: bar lengths don’t compare"
    return f"{spec.unit}, all bars on one scale from zero"


def needs_rounding_note(spec: BarsSpec) -> bool:
    """Return whether some business's parts, as written, don't add up to what is written as left."""
    for business in spec.businesses:
        *parts, left = (_rounded(value) for _, _, _, value in business.steps())
        if abs(sum(parts) - left) > 1e-6:
            return True
    return False


def _written(value: float, *, signed: bool) -> str:
    """Write a bar's value; from a million on with a magnitude, for more digits would run into the bars."""
    if abs(value) < _MOST_DIGITS:
        return words.general(value, signed=signed)
    return words.money(value, signed=signed).replace("$", "", 1)


def _rounded(value: float) -> float:
    return round(value, 1) if abs(round(value, 1)) < 100 else float(round(value))


def full_caption(spec: BarsSpec) -> str:
    """Return the caption with the note on rounding where it is needed."""
    return f"{spec.caption} {ROUNDING_NOTE}".strip() if needs_rounding_note(spec) else spec.caption


def paint_bars(painter: QPainter, rect: QRectF, spec: BarsSpec, theme: Theme, *, own_scales: bool) -> None:
    """Paint the scale's sentence and one waterfall per business into `rect`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if spec.is_empty:
        muted, middle = theme.colour("muted"), Qt.AlignmentFlag.AlignHCenter
        room = rect.adjusted(16, 24, -16, -24)
        paint_text(painter, room, spec.empty_text, muted, size_px=BODY_PX, align=middle, wrap=True)
        painter.restore()
        return
    sentence = QRectF(rect.left(), rect.top(), rect.width(), 16)
    paint_text(
        painter, sentence, _elided(scale_words(spec, own_scales=own_scales), rect.width()), theme.colour("muted")
    )
    left, right = rect.left() + _LABEL_PX, rect.right() - _NUMBER_PX
    shared = _Scale.of(spec.businesses, left, right)
    for business, block in zip(spec.businesses, blocks(rect, len(spec.businesses)), strict=True):
        scale = _Scale.of((business,), left, right) if own_scales else shared
        _paint_business(painter, block, business, scale, theme)
    painter.restore()


def blocks(rect: QRectF, count: int) -> list[QRectF]:
    """Return the rectangles of `count` businesses in `rect`, of equal height, spread over it."""
    top, height = rect.top() + _SCALE_PX, rect.height() - _SCALE_PX
    pitch = height / count
    tall = min(pitch - _GAP_PX, _HEADER_PX + _STEPS * _ROW_MOST_PX)
    return [QRectF(rect.left(), top + number * pitch, rect.width(), tall) for number in range(count)]


def _shown_steps(business: BusinessBars, height_px: float) -> list[tuple[str, float, float, float]]:
    """Return all five steps, or, where they would lie over each other, what comes in and what is left."""
    steps = business.steps()
    return steps if height_px >= _HEADER_PX + _STEPS * _ROW_LEAST_PX else [steps[0], steps[-1]]


def _paint_business(painter: QPainter, block: QRectF, business: BusinessBars, scale: _Scale, theme: Theme) -> None:
    name_px = text_width(business.label, BODY_PX, SEMIBOLD)
    header = QRectF(block.left(), block.top(), block.width(), _HEADER_PX - 4)
    colour = theme.colour(business.role)
    paint_text(painter, header, business.label, colour, size_px=BODY_PX, weight=SEMIBOLD)
    note = _elided(business.note, block.width() - name_px - 10)
    right = Qt.AlignmentFlag.AlignRight
    paint_text(painter, header, note, theme.colour("muted"), align=right)
    steps = _shown_steps(business, block.height())
    row_px = max((block.height() - _HEADER_PX) / len(steps), _ROW_LEAST_PX)
    top = block.top() + _HEADER_PX - 2
    zero = scale.x(0.0)
    painter.setPen(pen(theme.colour("border")))
    painter.drawLine(QPointF(zero, top), QPointF(zero, top + len(steps) * row_px))
    for number, (label, start, end, value) in enumerate(steps):
        row = QRectF(block.left(), top + number * row_px, block.width(), row_px)
        weight, role = (SEMIBOLD, "text") if label == "Left" else (REGULAR, "muted")
        paint_text(painter, row, label, theme.colour(role), weight=weight)
        bar_colour = theme.colour(_bar_role(business, label, value))
        _paint_bar(painter, row, (scale.x(start), scale.x(end)), bar_colour, solid=label in ("Revenue", "Left"))
        if number < len(steps) - 2:
            painter.setPen(pen(theme.colour("muted", 0.5)))
            x = scale.x(end)
            painter.drawLine(QPointF(x, row.bottom() - row_px * 0.2), QPointF(x, row.bottom() + row_px * 0.2))
        role = "cost" if value < 0 and label == "Left" else business.role if label == "Left" else "text"
        gained = value > 0 and label not in ("Revenue", "Left")  # being paid for taking power, for example
        paint_text(painter, row, _written(value, signed=gained), theme.colour(role), align=right, weight=weight)


def _bar_role(business: BusinessBars, label: str, value: float) -> str:
    if label not in ("Revenue", "Left") and value > 0:
        return "gain"
    if label == "Power" or (label == "Left" and value < 0):
        return "cost"
    return business.role if label in ("Revenue", "Left") else "muted"


def _paint_bar(painter: QPainter, row: QRectF, ends: tuple[float, float], colour: QColor, *, solid: bool) -> None:
    """Draw one bar: totals solid, what is taken away tinted with an outline. A value of zero stays a hairline."""
    low, high = sorted(ends)
    thick = row.height() * 0.62
    bar = QRectF(low, row.center().y() - thick / 2, high - low, thick)
    if bar.width() < 1.0:
        painter.setPen(pen(colour, 1.2))
        painter.drawLine(bar.topLeft(), bar.bottomLeft())
        return
    fill = QColor(colour)
    fill.setAlphaF(1.0 if solid else _COST_ALPHA)
    painter.setPen(Qt.PenStyle.NoPen if solid else pen(colour))
    painter.setBrush(fill)
    painter.drawRect(bar if solid else bar.adjusted(0.5, 0.5, -0.5, -0.5))


def _elided(text: str, width_px: float) -> str:
    return QFontMetricsF(font(11)).elidedText(text, Qt.TextElideMode.ElideRight, max(width_px, 0.0))


class _Bars(QWidget):
    """The painted part."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.spec, self.own_scales = theme, BarsSpec(name="empty", title="", unit=""), False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        return QSize(320, 440)

    def minimumSizeHint(self) -> QSize:
        count = max(len(self.spec.businesses), 1)
        return QSize(240, int(_SCALE_PX + count * (_HEADER_PX + 2 * _ROW_LEAST_PX + _GAP_PX)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        paint_bars(QPainter(self), QRectF(self.rect()), self.spec, self.theme, own_scales=self.own_scales)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and not self.spec.is_empty:
            places = blocks(QRectF(self.rect()), len(self.spec.businesses))
            for business, block in zip(self.spec.businesses, places, strict=True):
                if block.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), f"{business.label}. {business.note}".strip(), self)
        return super().event(event)


class WaterfallChart(QWidget):
    """Shows a `BarsSpec` with title and caption.

    Signals: `own_scales_changed(bool)`, `copy_asked()`, `export_asked()`.
    """

    own_scales_changed = Signal(bool)
    copy_asked = Signal()
    export_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = _Bars(theme)
        self._title = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._title.setProperty("look", "title")
        self._caption = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._caption.setProperty("look", "caption")
        self._scales = QToolButton()
        self._scales.setText("Own scales")
        self._scales.setCheckable(True)
        self._scales.setToolTip("Draw each business on its own scale; bar lengths then don’t compare between them")
        self._scales.toggled.connect(self.set_own_scales)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._scales, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self._bars, 1)
        layout.addWidget(self._caption)
        self.setFocusProxy(self._bars)
        whence.link_to(self, self._figures)

    def _figures(self) -> list[whence.Asked]:
        """Return the figures that the bars are, and that of the whole site."""
        found = [
            whence.at(self.spec.name, f"{one.name} {step}", words.with_unit(words.usd_per_mwh(value), self.spec.unit))
            for one in self.spec.businesses
            for step, _, _, value in one.steps()
        ]
        return [one for one in (*found, whence.at(self.spec.name, "site")) if one is not None]

    @property
    def spec(self) -> BarsSpec:
        """What is shown."""
        return self._bars.spec

    @property
    def own_scales(self) -> bool:
        """Whether each business has its own scale."""
        return self._bars.own_scales

    def set_spec(self, spec: BarsSpec) -> None:
        """Show `spec`; the choice of scale stays."""
        self._bars.spec = spec
        self._title.setText(spec.title)
        self._caption.setText(full_caption(spec))
        for widget in (self, self._bars):
            widget.setAccessibleName(spec.title)
            widget.setAccessibleDescription(spec.summary or spec.empty_text)
        self._scales.setEnabled(not spec.is_empty)
        self._bars.updateGeometry()
        self._bars.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self._bars.theme = theme
        self._bars.update()

    def set_own_scales(self, own: bool) -> None:
        """Give each business its own scale, or all the same one."""
        if own != self._bars.own_scales:
            self._bars.own_scales = own
            self._scales.setChecked(own)
            self._bars.update()
            self.own_scales_changed.emit(own)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the chart's menu."""
        menu = QMenu(self)
        whence.extend(menu, self)
        own = menu.addAction("Own scales")
        own.setCheckable(True)
        own.setChecked(self.own_scales)
        own.toggled.connect(self.set_own_scales)
        menu.addSeparator()
        menu.addAction("Copy chart", self.copy_asked.emit)
        menu.addAction("Export…", self.export_asked.emit)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())
