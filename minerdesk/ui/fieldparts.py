"""What input rows are made of: rules of style, flat buttons, a note, a line for a number, and the row itself."""

from collections.abc import Mapping
from dataclasses import replace
from html import escape

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent, QKeySequence, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from minerdesk.economics.declarations import Field
from minerdesk.economics.schema import Value
from minerdesk.errors import Problem
from minerdesk.snapshot import Snapshot
from minerdesk.ui import theme, whence
from minerdesk.ui.theme import Theme

MARGIN_PX, NUMBER_PX, UNIT_PX, ROW_PX, GAP_PX = 18, 86, 78, 26, 3
NOTE_ICON_PX, BUTTON_ICON_PX, CHEVRON_PX = 12, 14, 8
WHEEL_NOTCH = 120
_UNIT_PADDING_PX = 2


def wear(widget: QWidget, rules: str) -> None:
    """Put rules on a panel that is seen, or about to be; what it wears already is not put on again.

    Every widget below it is looked at anew, and would be with every move of the panel into a layout: a panel that wears
    nothing until it is shown is built in a third of the time.
    """
    if widget.styleSheet() != rules:
        widget.setStyleSheet(rules)


def style_sheet(shown: Theme) -> str:
    """Return the rules of input rows; worn by the panel that holds them."""
    quiet = 'QToolButton[look="quiet"]'
    return (
        f"QLineEdit {{ background: {shown.card}; color: {shown.text}; border: 1px solid {shown.border};"
        f" border-radius: 4px; padding: 0 4px 0 1px; selection-background-color: {shown.selection};"
        f" selection-color: {shown.text}; }}"
        f'QLineEdit[level="warning"] {{ border-color: {shown.warning}; }}'
        f"QLineEdit:focus {{ border-color: {shown.accent}; }}"
        f'QLineEdit[level="error"] {{ border: 2px solid {shown.cost}; color: {shown.cost}; padding: 0 3px 0 0; }}'
        f"QLineEdit:read-only {{ background: transparent; border-color: transparent; }}"
        f"QLineEdit:read-only:focus {{ border-color: {shown.accent}; }}"
        f"#note QLabel {{ font-size: {theme.CAPTION_PX}px; }}"
        f"{quiet} {{ border: 1px solid transparent; border-radius: 4px; padding: 0 1px; color: {shown.muted};"
        f" font-size: {theme.CAPTION_PX}px; }}"
        f"{quiet}:hover {{ background: {shown.window}; color: {shown.text}; }}"
        f"{quiet}:focus {{ border-color: {shown.accent}; }}"
        f"{quiet}:disabled {{ color: {shown.border}; }}"
        f"{quiet}::menu-indicator {{ image: none; width: 0; }}"
    )


def quiet_button(name: str, parent: QWidget | None = None) -> QToolButton:
    """Return a flat button named `name` for screen readers; Tab reaches it, a click leaves the focus where it is."""
    button = QToolButton(parent)
    _make_quiet(button)
    button.setAccessibleName(name)
    button.setIconSize(QSize(BUTTON_ICON_PX, BUTTON_ICON_PX))
    return button


def _make_quiet(button: QToolButton) -> None:
    button.setProperty("look", "quiet")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class UnitButton(QToolButton):
    """A unit that opens a menu of its alternatives: the word as other units stand there, then a small chevron."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _make_quiet(self)
        self.setFont(theme.font(theme.CAPTION_PX))
        self.setMenu(QMenu(self))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def sizeHint(self) -> QSize:
        """Return the room for word and chevron."""
        return QSize(self._word_px() + CHEVRON_PX + 3 * _UNIT_PADDING_PX, ROW_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame by the style and the word where a label would have it."""
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text, option.icon = "", QIcon()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        inside = self.rect().adjusted(_UNIT_PADDING_PX, 0, 0, 0)
        painter.setPen(self.palette().color(QPalette.ColorRole.ButtonText))
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text())
        inside.setLeft(inside.left() + self._word_px() + _UNIT_PADDING_PX)
        if self.isEnabled():
            self.icon().paint(painter, inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.end()

    def _word_px(self) -> int:
        return QFontMetrics(self.font()).horizontalAdvance(self.text())


def rich(lines: list[str]) -> str:
    """Return plain lines as a tooltip that wraps."""
    return "<qt>" + "<br>".join(escape(line) for line in lines) + "</qt>"


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the style sheet looks at, and let it look again."""
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class Note(QWidget):
    """A small line of an icon and text, hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("note")
        self._said = ("", "", "muted", "", "")
        self._icon, self._text = QLabel(), QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def say(self, text: str, shown: Theme, *, icon: str = "", role: str = "muted", icon_role: str = "") -> None:
        """Say `text` in the colour of `role`, the icon in that of `icon_role`; empty text hides the line."""
        said = (text, icon, role, icon_role, shown.name)
        if self._said == said:
            return
        self._said = said
        self.setVisible(bool(text))
        self._text.setText(text)
        set_property(self._text, "look", role)
        self._icon.setVisible(bool(icon))
        if icon:
            drawn = theme.icon(icon, shown, icon_role or role, NOTE_ICON_PX)
            self._icon.setPixmap(drawn.pixmap(QSize(NOTE_ICON_PX, NOTE_ICON_PX), self.devicePixelRatioF()))

    def restyle(self, shown: Theme) -> None:
        """Say the same in the colours of another theme."""
        text, icon, role, icon_role, _ = self._said
        self.say(text, shown, icon=icon, role=role, icon_role=icon_role)


class NumberEdit(QLineEdit):
    """A line for one number. Up, Down and the wheel are `stepped(n)`, Escape while typing is `cancelled`."""

    stepped = Signal(int)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._wheel = 0

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the window unless there is typing to take back."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and not self.isModified()
            and (event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo))
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step and cancel; everything else is typing."""
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if steps is not None and not self.isReadOnly():
            self.stepped.emit(steps)
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step if the field has the focus; otherwise the wheel scrolls what lies behind."""
        if self.isReadOnly() or not self.hasFocus():
            event.ignore()
            return
        self._wheel += event.angleDelta().y()
        steps = int(self._wheel / WHEEL_NOTCH)
        self._wheel -= steps * WHEEL_NOTCH
        if steps:
            self.stepped.emit(steps)
        event.accept()


class FieldRow(QWidget):
    """What every input row has: the label, a button in the margin that resets it, and a note under it.

    Signals
    -------
    edited(str, object)
        The key and its new value; None resets it.
    """

    edited = Signal(str, object)

    def __init__(self, field: Field, shown: Theme, label: QLabel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.theme = shown
        self.advice: Problem | None = None
        self.label = label
        whence.link_to(self, self._asked)
        whence.link_to(label, self._asked)
        self.label.setWordWrap(True)
        self.label.setMinimumHeight(ROW_PX)
        self.note = Note(self)
        self.margin_button = quiet_button(f"Reset {field.label}", self)
        self.margin_button.setFixedSize(MARGIN_PX, ROW_PX)
        self.margin_button.clicked.connect(self._on_margin_button)
        kept = self.margin_button.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.margin_button.setSizePolicy(kept)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(GAP_PX)
        self.grid.setVerticalSpacing(0)
        self.grid.setColumnMinimumWidth(0, MARGIN_PX)
        self.grid.setColumnStretch(1, 1)
        self.grid.addWidget(self.margin_button, 0, 0, Qt.AlignmentFlag.AlignTop)
        self.grid.addWidget(self.note, 1, 1, 1, 3)

    def _asked(self) -> list[whence.Asked]:
        return [whence.Asked(figure=self.field.key, label=self.field.label)]

    @property
    def control(self) -> QWidget:
        """The widget that takes the focus for this input."""
        raise NotImplementedError

    @property
    def stops(self) -> list[QWidget]:
        """Where Tab stops in this row, in order."""
        return [self.control, self.margin_button]

    def render_snapshot(self, snapshot: Snapshot, unit_labels: Mapping[str, str]) -> None:
        """Show the value that `snapshot` holds, in the unit chosen by label for its base unit."""
        raise NotImplementedError

    def forget_typing(self) -> None:
        """Show the value that holds in place of what is half typed or refused; a switch is never half typed."""

    def refuse(self, message: str, value: Value) -> None:
        """Say why an edit was refused; `value` still holds."""
        raise NotImplementedError

    def restyle(self, shown: Theme) -> None:
        """Take the colours of a theme."""
        self.theme = shown
        self.note.restyle(shown)
        if not self.margin_button.icon().isNull():
            self._draw_margin_button()

    def _draw_margin_button(self) -> None:
        self.margin_button.setIcon(theme.icon("reset", self.theme, "muted", BUTTON_ICON_PX))

    def _on_margin_button(self) -> None:
        self.edited.emit(self.field.key, None)

    def _show_margin_button(self, value: Value) -> None:
        """Show the reset button if there is something to reset; its icon is drawn when it is first needed."""
        differs = value != self.field.default
        if differs and self.margin_button.icon().isNull():
            self._draw_margin_button()
        self.margin_button.setVisible(differs)

    def _take_advice(self, snapshot: Snapshot) -> bool:
        """Keep what the guard-rails say of this input, without its label; return whether it is other than before."""
        before = self.advice
        found = next((problem for problem in snapshot.advice if problem.field == self.field.key), None)
        self.advice = found and replace(found, message=found.message.removeprefix(f"{self.field.label}: "))
        return self.advice != before

    def _explain(self, name: str, lines: list[str]) -> None:
        """Put name and help where mouse, F1 and screen readers look for them."""
        self.control.setAccessibleName(name)
        self.control.setAccessibleDescription(self.field.help)
        for widget in (self.control, self.label):
            widget.setToolTip(rich(lines))
            widget.setWhatsThis(rich([self.field.label, *lines]))
