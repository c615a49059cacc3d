"""What a source serves, in words, and in a cell that may be too narrow for all of it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from minerdesk.source_states import SourceState

Index = QModelIndex | QPersistentModelIndex
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def ordinal(rank: int) -> str:
    """Write a rank.

    >>> ordinal(2), ordinal(4)
    ('2nd', '4th')
    """
    return _ORDINALS.get(rank, f"{rank}th")


def services_words(state: SourceState) -> str:
    """Say what a source serves, and as which of how many it is asked."""
    if not state.services:
        return f"{state.probe}, only as you ask" if state.probe else "Nothing by itself, only what you fetch"
    return ", ".join(service.label + _rank_words(state, service.rank, service.of) for service in state.services)


def served(state: SourceState) -> tuple[str, ...]:
    """Return the same one by one, without what a row says beside it: the source's name, and when it is asked."""
    if not state.services:
        return (state.probe or "what you fetch",)
    return tuple(
        service.label.removesuffix(f", {state.label}") + _rank_words(state, service.rank, service.of)
        for service in state.services
    )


def _rank_words(state: SourceState, rank: int, of: int) -> str:
    return f" ({ordinal(rank)} of {of})" if state.is_on and of > 1 else ""


def fitted(parts: Sequence[str], width: int, advance: Callable[[str], int]) -> str:
    """Write as many whole parts as fit into a width, and how many more there are.

    If not even one fits, it is the first, without its rank.

    >>> fitted(("Difficulty", "Fees", "Pools"), 20, len), fitted(("Difficulty", "Fees"), 20, len)
    ('Difficulty + 2 more', 'Difficulty, Fees')
    >>> fitted(("Fees (2nd of 2)", "Pools"), 20, len)
    'Fees + 1 more'
    """
    for many in range(len(parts), 0, -1):
        left = len(parts) - many
        text = ", ".join(parts[:many]) + (f" + {left} more" if left else "")
        if advance(text) <= width:
            return text
    first, rest = parts[0].split(" (", 1)[0], len(parts) - 1
    return f"{first} + {rest} more" if rest else first


class ServedCell(QStyledItemDelegate):
    """Writes whole services into a cell, not the beginnings of all: the cell's tip names every one."""

    def __init__(self, table: QTableView, parts_of: Callable[[int], Sequence[str]]) -> None:
        super().__init__(table)
        self._table, self._parts_of = table, parts_of

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Put in what fits; a heading that runs over all columns is left alone."""
        super().initStyleOption(option, index)
        parts = self._parts_of(index.row())
        if parts:
            margin = self._table.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, self._table) + 1
            option.text = fitted(parts, option.rect.width() - 2 * margin, option.fontMetrics.horizontalAdvance)
