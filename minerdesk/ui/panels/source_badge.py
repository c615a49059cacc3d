"""A source's state, drawn as a badge into its cell."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from minerdesk.ui.theme import CAPTION_PX, Theme, font

Index = QModelIndex | QPersistentModelIndex
#: Sign, role of the colour, and words of a badge.
Badge = tuple[QIcon, str, str]
SIGN_PX, _PAD_PX = 12, 6


class BadgeCell(QStyledItemDelegate):
    """Draws a source's state as a badge: sign and words in a frame of its colour."""

    def __init__(self, table: QTableView, badge_at: Callable[[int], Badge | None], theme: Callable[[], Theme]) -> None:
        super().__init__(table)
        self._table, self._badge_at, self._theme = table, badge_at, theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell's ground, and the badge on it."""
        found = self._badge_at(index.row())
        if found is None:
            super().paint(painter, option, index)
            return
        sign, role, text = found
        ground = QStyleOptionViewItem(option)
        self.initStyleOption(ground, index)
        ground.text = ""
        style = self._table.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, ground, painter, self._table)
        theme = self._theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(CAPTION_PX))
        wide = painter.fontMetrics().horizontalAdvance(text) + SIGN_PX + 3 * _PAD_PX
        place = QRectF(option.rect.left() + 3, option.rect.center().y() - 9, min(wide, option.rect.width() - 6), 19)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(role, 0.14))
        painter.drawRoundedRect(place, 9, 9)
        sign.paint(painter, int(place.left()) + _PAD_PX, int(place.top()) + 3, SIGN_PX, SIGN_PX)
        painter.setPen(theme.colour("text" if role == "gain" else role))
        words_at = place.adjusted(SIGN_PX + 2 * _PAD_PX - 2, 0, -_PAD_PX + 2, 0)
        painter.drawText(words_at, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        painter.restore()
