"""Where one figure comes from: its formula, each input with value, who gave it and of when; the window around it."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QModelIndex, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from minerdesk import words
from minerdesk.provenance.catalogue import FIGURES, figure_of
from minerdesk.provenance.figure import FIGURE, Figure
from minerdesk.provenance.resolve import Origins, Part, Who
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.ui.panels.parts import WrappingLabel, plain_label
from minerdesk.ui.panels.provenance import full_source, gravest, standing_in, value_words
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.theme import BODY_PX, PADDING_PX, SPACE_PX, TITLE_PX
from minerdesk.ui.whence import Asked

HEADER = ("Input", "Value", "From", "As of (UTC)", "State")
_SIZE, _LIST_PX = QSize(1_190, 500), 280
_WIDTHS_PX = (164, 120, 0, 144, 190)


def part_cells(part: Part, origins: Origins) -> tuple[str, ...]:
    """Return what a row says of an input: name, value, from whom, of when, and how it stands."""
    now = origins.snapshot.now
    if part.found is not None:
        found = part.found
        return (
            part.label,
            value_words(found),
            full_source(found),
            words.day_and_time(found.as_of),
            standing_in(origins.snapshot, found).text,
        )
    dated, state = part.dated, part.who.value
    if part.ref.startswith(FIGURE) and part.who is Who.COMPUTED:
        below = origins.observations(FIGURES[part.ref.removeprefix(FIGURE)])
        worst = gravest(below, now)
        dated = words.day_and_time(min(one.as_of for one in below)) if below else ""
        quantities = (one.quantity for one in below)
        state = standing_in(origins.snapshot, worst, *quantities).text if worst is not None else "computed now"
    return part.label, part.value or words.NOTHING, part.told, dated, state


def providers_of(figure: Figure, origins: Origins) -> tuple[str, ...]:
    """Return the sources that a figure stands on and that the page Data has a row for."""
    return tuple(dict.fromkeys(one.source for one in origins.observations(figure) if one.source in PROVIDERS))


class OriginView(QWidget):
    """One figure. A row that is a figure itself is followed with Enter or a double click, and Back returns.

    Signals
    -------
    source_asked(str), number_asked(str)
        Show a provider, or this figure among all numbers, on the page Data.
    """

    source_asked = Signal(str)
    number_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._origins: Origins | None = None
        self._trail: list[Asked] = []
        self._parts: tuple[Part, ...] = ()
        self._links: list[QPushButton] = []
        self.title, self.formula = WrappingLabel(TITLE_PX, "title"), WrappingLabel(BODY_PX, "")
        self.formula.setAccessibleName("Formula")
        self.formula.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.table = CellsView("What it stands on")
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setFixedHeight(26)
        self.table.setWordWrap(True)
        self.table.setStyleSheet("QTableView::item { padding: 3px 4px; }")
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.verticalHeader().setMinimumSectionSize(24)
        self.back, self.among = QPushButton("&Back"), QPushButton("&All numbers…")
        self.back.setToolTip("The figure that led here (Alt+Left)")
        self.back.setShortcut("Alt+Left")
        self.among.setToolTip("Show this figure among all numbers, on the page Data")
        self._buttons = QHBoxLayout()
        self._buttons.addWidget(self.back)
        self._buttons.addStretch(1)
        self._buttons.addWidget(self.among)
        self.note = plain_label(BODY_PX, "muted")
        self.note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_PX)
        for widget in (self.title, self.formula, self.table, self.note):
            layout.addWidget(widget, 1 if widget is self.table else 0)
        layout.addLayout(self._buttons)
        self.table.activated.connect(self._follow)
        self.back.clicked.connect(self._go_back)
        self.among.clicked.connect(lambda: self.number_asked.emit(self._trail[-1].figure))

    @property
    def asked(self) -> Asked | None:
        """What is shown."""
        return self._trail[-1] if self._trail else None

    def show_asked(self, asked: Asked, origins: Origins) -> None:
        """Show a figure; where others were followed before is forgotten."""
        self._trail = [asked]
        self.render_origins(origins)

    def render_origins(self, origins: Origins) -> None:
        """Show the same figure at another moment."""
        self._origins = origins
        asked = self.asked
        if asked is None:
            return
        figure = figure_of(asked.figure)
        typed = origins.typed_instead(figure)
        self.title.say(asked.title)
        self.formula.say("You typed it in the place of the computed one." if typed else figure.formula)
        self._parts = origins.parts(figure, asked.row)
        current = self.table.currentIndex().row()
        self.table.cells.set_table(HEADER, [part_cells(part, origins) for part in self._parts][::-1])
        for column, width in enumerate(_WIDTHS_PX):
            if width:
                self.table.setColumnWidth(column, width)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        if 0 <= current < len(self._parts):
            self.table.selectRow(current)
        self.note.setText(
            "Default: what this program assumes until you type your own; its reason stands under From."
            if any(part.who is Who.DEFAULT for part in self._parts)
            else ""
        )
        self.note.setVisible(bool(self.note.text()))
        self.back.setVisible(len(self._trail) > 1)
        self.among.setVisible(asked.figure in FIGURES)
        self._show_links(() if typed else providers_of(figure, origins))

    def _show_links(self, providers: Sequence[str]) -> None:
        if [link.objectName() for link in self._links] == list(providers):
            return
        for button in self._links:
            self._buttons.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._links = []
        for place, provider in enumerate(providers, 1):
            button = QPushButton(PROVIDERS[provider].label)
            button.setObjectName(provider)
            button.setToolTip("Show this source on the page Data")
            button.clicked.connect(lambda _checked=False, name=provider: self.source_asked.emit(name))
            self._buttons.insertWidget(place, button)
            self._links.append(button)

    def _follow(self, index: QModelIndex) -> None:
        """Go where an input comes from: another figure, or the source of what was observed."""
        part = self._parts[index.row()] if index.row() < len(self._parts) else None
        if part is None or self._origins is None:
            return
        if part.ref.startswith(FIGURE):
            name = part.ref.removeprefix(FIGURE)
            shown = part.value if FIGURES[name].value is not None else ""
            self._trail.append(Asked(figure=name, label=part.label, shown=shown))
            self.table.clearSelection()
            self.render_origins(self._origins)
        elif part.found is not None and part.found.source in PROVIDERS:
            self.source_asked.emit(part.found.source)

    def _go_back(self) -> None:
        if len(self._trail) > 1 and self._origins is not None:
            self._trail.pop()
            self.render_origins(self._origins)


class OriginWindow(QDialog):
    """The figures that can be asked about now, to choose from, beside the one that is. It may stay open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Where from")
        self.resize(_SIZE)
        self.view = OriginView()
        self.filter, self.list = QLineEdit(), QListWidget()
        self.filter.setPlaceholderText("Filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter the figures of this page")
        self.list.setAccessibleName("Figures of this page")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._origins: Origins | None = None
        self._listed: list[Asked] = []
        side = QWidget()
        down = QVBoxLayout(side)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(4)
        heading = QLabel("On this page")
        heading.setProperty("look", "muted")
        for widget in (heading, self.filter, self.list):
            down.addWidget(widget)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(side)
        across.addWidget(self.view)
        across.setChildrenCollapsible(False)
        across.setHandleWidth(PADDING_PX)
        across.setSizes([_LIST_PX, _SIZE.width() - _LIST_PX])
        across.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PADDING_PX, PADDING_PX, PADDING_PX, PADDING_PX)
        layout.addWidget(across)
        self.filter.textChanged.connect(self._fill)
        self.list.currentRowChanged.connect(self._on_row)

    def show_page(self, listed: Iterable[Asked], asked: Asked | None, origins: Origins) -> None:
        """Show a figure among those of a page; without one the first of them."""
        self._origins = origins
        self._listed = list({(one.figure, one.title): one for one in listed}.values())
        if asked is not None and not asked.shown:  # asked by name: it stands in the list with its value
            asked = next((one for one in self._listed if one.figure == asked.figure), asked)
        if asked is not None and asked not in self._listed:
            self._listed.insert(0, asked)
        with QSignalBlocker(self.filter):
            self.filter.clear()
        shown = asked or (self._listed[0] if self._listed else None)
        self._fill(chosen=shown)
        if shown is not None:
            self.view.show_asked(shown, origins)
        self.list.setFocus()

    def render_origins(self, origins: Origins) -> None:
        """Show the same at another moment, where anybody looks."""
        if self.isVisible():
            self._origins = origins
            self.view.render_origins(origins)

    def _fill(self, _text: str = "", *, chosen: Asked | None = None) -> None:
        wanted = self.filter.text().casefold().split()
        with QSignalBlocker(self.list):
            self.list.clear()
            for one in self._listed:
                if all(word in one.title.casefold() for word in wanted):
                    item = QListWidgetItem(one.title)
                    item.setToolTip(one.title)
                    item.setData(Qt.ItemDataRole.UserRole, one)
                    self.list.addItem(item)
                    if chosen is not None and (one.figure, one.title) == (chosen.figure, chosen.title):
                        self.list.setCurrentItem(item)

    def _on_row(self, row: int) -> None:
        item = self.list.item(row)
        if item is not None and self._origins is not None:
            self.view.show_asked(item.data(Qt.ItemDataRole.UserRole), self._origins)
