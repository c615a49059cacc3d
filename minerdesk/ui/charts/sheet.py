"""The frame of a painted chart on screen: a title that states the result, the picture, a caption, and its menu."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QLabel, QMenu, QVBoxLayout, QWidget

from minerdesk.ui import whence


class Sheet(QWidget):
    """Holds a picture between title and caption. Signals: `copy_asked()`, `export_asked()`."""

    copy_asked = Signal()
    export_asked = Signal()

    def __init__(self, picture: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = picture
        self._title = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._title.setProperty("look", "title")
        self._caption = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._caption.setProperty("look", "caption")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        layout.addWidget(self._title)
        layout.addWidget(picture, 1)
        layout.addWidget(self._caption)
        self.setFocusProxy(picture)

    def say(self, *, title: str, caption: str, description: str) -> None:
        """Set the words around the picture, and those that a screen reader gives."""
        self._title.setText(title)
        self._caption.setText(caption)
        self._caption.setVisible(bool(caption))
        for widget in (self, self.picture):
            widget.setAccessibleName(title)
            widget.setAccessibleDescription(description)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the chart's menu."""
        menu = QMenu(self)
        whence.extend(menu, self)
        menu.addAction("Copy chart", self.copy_asked.emit)
        menu.addAction("Export…", self.export_asked.emit)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())
