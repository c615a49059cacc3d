"""Figures that can be asked where they come from: by right-click, by Enter or Shift+F1, everywhere in the same way.

A widget that shows figures is linked to a place of the catalogue (`minerdesk.provenance`). What is asked goes up to the
nearest widget that answers, which is the window; a panel by itself has none, and then nothing happens.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QLabel, QMenu, QTableView, QWidget

from minerdesk.provenance.catalogue import figure_at, is_several
from minerdesk.provenance.figure import entry_of

Index = QModelIndex | QPersistentModelIndex
SHORTCUT = "Shift+F1"
_ASK = "Where from…"
_TABLE_TIP = "Enter, or a right-click on a figure: where it comes from"
_LABEL_TIP = "Right-click, or Shift+F1: where these figures come from"
#: A longer menu than this is no help; the window that opens lists them all.
_MOST_LISTED = 24


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A figure that is asked about: its name in the catalogue, or the key of an input, or an observed quantity.

    `shown` is how it is written there, `of` says of what, `row` holds the cells beside it by their headings.
    """

    figure: str
    label: str
    shown: str = ""
    of: str = ""
    row: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return the figure as a list names it: what, of what, how much."""
        what = f"{self.label}, {self.of}" if self.of else self.label
        return f"{what}: {self.shown}" if self.shown else what


@runtime_checkable
class Answering(Protocol):
    """A widget that shows where a figure comes from."""

    def show_origin(self, asked: Asked) -> None:
        """Show it."""


class Link(QObject):
    """Lies on a widget that shows figures: `listed` are all of them, `here` is what one place of it shows."""

    def __init__(self, widget: QWidget, listed: Callable[[], Iterable[Asked]]) -> None:
        super().__init__(widget)
        self.widget = widget
        self._listed = listed

    def listed(self) -> list[Asked]:
        """Return every figure that the widget shows now, each once."""
        return list({(one.figure, one.title): one for one in self._listed()}.values())

    def here(self, place: QPoint | None = None) -> list[Asked]:
        """Return what is shown under a pixel, or where the keyboard is; usually that is all of it."""
        del place
        return self.listed()


class _TableLink(Link):
    """Lies on a table: what is asked is the current cell, or the one under the mouse."""

    def __init__(self, view: QTableView, asked: Callable[[Index], Asked | None]) -> None:
        super().__init__(view, self._of_row)
        self._view, self._asked = view, asked

    def _of_row(self) -> Iterator[Asked]:
        model, row = self._view.model(), max(self._view.currentIndex().row(), 0)
        if row < model.rowCount():
            found = (self._asked(model.index(row, column)) for column in range(model.columnCount()))
            yield from (one for one in found if one is not None)

    def here(self, place: QPoint | None = None) -> list[Asked]:
        index = self._view.currentIndex() if place is None else self._view.indexAt(place)
        found = self._asked(index if index.isValid() else self._view.currentIndex())
        return [] if found is None else [found]


def at(place: str, entry: str, shown: str = "", of: str = "", row: Mapping[str, str] | None = None) -> Asked | None:
    """Return what stands at an entry of a place, None if the catalogue has nothing for it."""
    found = figure_at(place, entry)
    return None if found is None else Asked(figure=found.name, label=found.label, shown=shown, of=of, row=row or {})


def entries(place: str, names: Iterable[str]) -> list[Asked]:
    """Return what stands at several entries of a place, each figure once."""
    return [one for name in names if (one := at(place, name)) is not None]


def link(widget: QWidget, place: str, *names: str) -> Link:
    """Let the figures of a label or of a painted chart be asked about; a chart that has a menu offers them in it."""
    return link_to(widget, lambda: entries(place, names))


def link_to(widget: QWidget, listed: Callable[[], Iterable[Asked]], *, pops: bool = False) -> Link:
    """Let the figures that `listed` gives be asked about; a label, and what `pops`, has a context menu for it."""
    made = Link(widget, listed)
    if pops or isinstance(widget, QLabel):
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(lambda place: _popup(made, place))
        if not widget.toolTip():
            widget.setToolTip(_LABEL_TIP)
    return made


def link_table(
    view: QTableView,
    place: str | Callable[[], str],
    entry: Callable[[Index], str] | None = None,
    *,
    named_by: int = 0,
) -> Link:
    """Let every cell of a table be asked about, by right-click or Enter.

    The entry of a cell is the heading of its column unless `entry` says otherwise; the column `named_by` says of what
    a row is. Columns that the catalogue has nothing for are text, and can't be asked about.
    """

    def asked(index: Index) -> Asked | None:
        if not index.isValid():
            return None
        where = place if isinstance(place, str) else place()
        name = _heading(view, index.column()) if entry is None else entry(index)
        if figure_at(where, name) is None:
            return None
        cells = {
            _heading(view, column): _text(view, index.row(), column) for column in range(view.model().columnCount())
        }
        of = "" if index.column() == named_by else _text(view, index.row(), named_by)
        found = at(where, name, _text(view, index.row(), index.column()), of, cells)
        # A figure that fills several columns is told apart by its heading.
        several = found is not None and entry is None and is_several(found.figure, where)
        return replace(found, label=_heading(view, index.column())) if found is not None and several else found

    made = _TableLink(view, asked)
    view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    view.customContextMenuRequested.connect(lambda spot: _popup(made, spot))
    for keys in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        enter = QShortcut(QKeySequence(keys), view, context=Qt.ShortcutContext.WidgetShortcut)
        enter.activated.connect(lambda: _ask_first(made))
    view.viewport().setToolTip(_TABLE_TIP)  # where a cell has no tip of its own
    if not view.accessibleDescription():
        view.setAccessibleDescription(_TABLE_TIP)
    return made


def _heading(view: QTableView, column: int) -> str:
    return entry_of(str(view.model().headerData(column, Qt.Orientation.Horizontal) or ""))


def _text(view: QTableView, row: int, column: int) -> str:
    return str(view.model().index(row, column).data() or "")


# -- asking -----------------------------------------------------------------------------------------------------------


def link_of(widget: QWidget | None) -> Link | None:
    """Return the link of a widget or of the nearest one around it."""
    while widget is not None:
        found = widget.findChild(Link, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if isinstance(found, Link):
            return found
        widget = widget.parentWidget()
    return None


def links_in(widget: QWidget) -> list[Link]:
    """Return the links of everything that is seen in a widget, in the order in which it was made."""
    found = widget.findChildren(Link)
    return [one for one in found if isinstance(one, Link) and one.widget.isVisible()]


def ask(widget: QWidget, asked: Asked) -> None:
    """Have the nearest widget that answers show where a figure comes from."""
    up: QWidget | None = widget
    while up is not None:
        if isinstance(up, Answering):
            up.show_origin(asked)
            return
        up = up.parentWidget()


def extend(menu: QMenu, widget: QWidget) -> None:
    """Begin the context menu of a chart with its figures."""
    found = link_of(widget)
    if found is not None:
        _offer(menu, found, found.listed())
    if not menu.isEmpty():
        menu.addSeparator()


def _ask_first(made: Link) -> None:
    for one in made.here()[:1]:
        ask(made.widget, one)


def menu_at(made: Link, place: QPoint) -> QMenu:
    """Return the context menu of a label, or of a cell; the caller shows and deletes it."""
    menu = QMenu(made.widget)
    _offer(menu, made, made.here(place))
    if isinstance(made.widget, QLabel):
        text = made.widget.selectedText() or made.widget.text()
        menu.addAction("Copy", lambda: QGuiApplication.clipboard().setText(text))
    return menu


def _popup(made: Link, place: QPoint) -> None:
    menu = menu_at(made, place)
    if menu.isEmpty():
        menu.deleteLater()
        return
    menu.aboutToHide.connect(menu.deleteLater)
    view = made.widget
    menu.popup((view.viewport() if isinstance(view, QAbstractItemView) else view).mapToGlobal(place))


def _offer(menu: QMenu, made: Link, found: Sequence[Asked]) -> None:
    """Offer what was found: one by itself, several by their names in a menu of their own."""
    if not found:
        return
    if len(found) == 1:
        action = menu.addAction(_ASK, lambda: ask(made.widget, found[0]))
        action.setShortcut(QKeySequence(SHORTCUT))
        action.setShortcutVisibleInContextMenu(True)
    else:
        inside = QMenu("Where from", menu)
        for one in found[:_MOST_LISTED]:
            inside.addAction(one.title, partial(ask, made.widget, one))
        menu.addMenu(inside)
