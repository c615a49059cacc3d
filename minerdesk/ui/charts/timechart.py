"""A chart over time as a widget: title, legend, plot, caption, crosshair, menu and keys, alone or linked to another."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QMenu, QVBoxLayout, QWidget

from minerdesk.ui import whence
from minerdesk.ui.charts.model import RANGES, ChartSpec, View
from minerdesk.ui.charts.plot import PlotView
from minerdesk.ui.charts.readout import Legend, Readout
from minerdesk.ui.theme import Theme

_ZOOM = 0.8
#: Below this height the plot needs the room more than the legend does: it lists what has no name at its end alone.
_WHOLE_LEGEND_FROM_PX = 330


class TimeChart(QWidget):
    """Shows a `ChartSpec`. A new spec keeps the view that the user chose; a theme moves nothing.

    Signals: `range_changed(str)` with the name of a range or "" after a free zoom, `log_changed(bool)`,
    `hidden_changed(frozenset)`, `copy_asked()`, `export_asked()`.

    Keys: left and right move the crosshair (with Ctrl by ten points), Esc hides it, + and - zoom, Home shows all.
    """

    range_changed = Signal(str)
    log_changed = Signal(bool)
    hidden_changed = Signal(object)
    copy_asked = Signal()
    export_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.range_name = "All"
        self._linked: list[TimeChart] = [self]
        self._title = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._title.setProperty("look", "title")
        self._caption = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._caption.setProperty("look", "caption")
        self.legend = Legend()
        self.plot = PlotView(theme)
        self._readout = Readout(self)  # of the whole chart: in a low plot the box of many series has no room
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        for widget in (self._title, self.legend, self.plot, self._caption):
            layout.addWidget(widget, 1 if widget is self.plot else 0)
        self.setFocusProxy(self.plot)
        self.plot.installEventFilter(self)
        self.plot.view_changed.connect(self._view_moved)
        self.plot.pointed.connect(self.point_at)
        self.plot.reset_asked.connect(self.reset)
        self.plot.menu_asked.connect(self._show_menu)
        self.legend.hidden_changed.connect(self.set_hidden)
        whence.link_to(self, self._figures)

    def _figures(self) -> Iterable[whence.Asked]:
        """Return the figures that the chart's curves, levels, bands and shades are."""
        shown = dict.fromkeys(self.spec.columns()[1:])
        found = (whence.at(self.spec.name, name, of=label) for name, label in shown)
        return [one for one in found if one is not None]

    @property
    def spec(self) -> ChartSpec:
        """What is shown."""
        return self.plot.spec

    @property
    def view(self) -> View:
        """Which part of it is shown; hand both to a `Figure` to export what is on screen."""
        return self.plot.view

    def set_spec(self, spec: ChartSpec) -> None:
        """Show `spec`; the range, the log scale and what is hidden stay as the user left them."""
        followed = self.range_name or self.spec.is_empty
        self._title.setText(spec.title)
        self._caption.setText(spec.caption)
        self.setAccessibleName(spec.title)
        self.setAccessibleDescription(spec.summary)
        self.plot.set_spec(spec, self.view)
        self._fill_legend()
        if followed:
            self.set_range(self.range_name or "All")
        self._align()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self.theme = theme
        self.plot.set_theme(theme)
        self._fill_legend()

    def set_range(self, name: str) -> None:
        """Show the last 3M, 6M, 1Y, 3Y or All, counted from the newest point of all linked charts.

        Raises
        ------
        KeyError
            No such range.
        """
        self.point_at(None)
        ranged = View.of(*(chart.spec for chart in self._linked), range_name=name)
        for chart in self._linked:
            chart.plot.set_view(replace(chart.view, start_s=ranged.start_s, end_s=ranged.end_s))
        self._name_range(name)
        self._align()

    def reset(self) -> None:
        """Show all there is."""
        self.set_range("All")

    def set_log(self, log: bool) -> None:
        """Switch the y axis between linear and logarithmic."""
        if log != self.view.log:
            self.plot.set_view(replace(self.view, log=log))
            self.log_changed.emit(log)

    def set_hidden(self, hidden: frozenset[str]) -> None:
        """Hide the curves of these names and show all others."""
        if hidden != self.view.hidden:
            self.plot.set_view(replace(self.view, hidden=hidden))
            self._fill_legend()
            self._align()
            self.hidden_changed.emit(hidden)

    def link_x(self, other: "TimeChart") -> None:
        """Share the time span and the crosshair with another chart, and line up the plots' edges."""
        together = [*self._linked, *(chart for chart in other._linked if chart not in self._linked)]
        for chart in together:
            chart._linked = together
        self.set_range(self.range_name or "All")

    def point_at(self, time_s: float | None) -> None:
        """Put the crosshair and the list of values at a time, in all linked charts; None takes them away."""
        for chart in self._linked:
            chart._show_values(time_s)

    def flush(self) -> None:
        """Draw what is pending now instead of at the next turn of the event loop."""
        self.plot.redraw()

    def menu(self) -> QMenu:
        """Return the chart's own menu; the caller shows and deletes it."""
        menu = QMenu(self)
        whence.extend(menu, self)
        menu.addAction("Reset view", self.reset)
        if self.spec.looks_back:
            log = menu.addAction("Log scale")
            log.setCheckable(True)
            log.setChecked(self.view.log)
            log.toggled.connect(self.set_log)
            ranges = menu.addMenu("Range")
            for name in RANGES:
                ranges.addAction(name, partial(self.set_range, name))
        menu.addSeparator()
        menu.addAction("Copy chart", self.copy_asked.emit)
        menu.addAction("Export…", self.export_asked.emit)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the chart's menu over title, legend and caption too."""
        self._show_menu(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the legend's room to the plot where there is little."""
        super().resizeEvent(event)
        self._fill_legend()

    def _fill_legend(self) -> None:
        entries = self.spec.series(self.view)
        if self.height() < _WHOLE_LEGEND_FROM_PX:
            entries = tuple(
                entry for entry in entries if not (entry.at_end or entry.faint) or entry.name in self.view.hidden
            )
        self.legend.show_curves(entries, self.view.hidden, self.theme)
        self.legend.setVisible(bool(entries))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take the keys of the plot, which would otherwise go to pyqtgraph."""
        return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._key(event)

    def _key(self, event: QKeyEvent) -> bool:
        key, far = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            steps = (10 if far else 1) * (1 if key == Qt.Key.Key_Right else -1)
            self.point_at(self.plot.stepped(self.plot.cursor_s, steps))
        elif key == Qt.Key.Key_Escape and self.plot.cursor_s is not None:
            self.point_at(None)
        elif key == Qt.Key.Key_Home:
            self.reset()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.plot.zoom(_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.plot.zoom(1 / _ZOOM)
        else:
            return False
        return True

    def _view_moved(self, view: View) -> None:
        self.point_at(None)
        for chart in self._linked:
            if chart is not self:
                chart.plot.set_view(replace(chart.view, start_s=view.start_s, end_s=view.end_s))
        self._name_range("")
        self._align()

    def _name_range(self, name: str) -> None:
        for chart in self._linked:
            if chart.range_name != name:
                chart.range_name = name
                chart.range_changed.emit(name)

    def _align(self) -> None:
        widest = max(chart.plot.own_gutter() for chart in self._linked)
        for chart in self._linked:
            chart.plot.set_least_gutter(widest)

    def _show_values(self, time_s: float | None) -> None:
        self.plot.set_cursor(time_s)
        geometry = self.plot.geometry_px
        if time_s is None or self.spec.is_empty or not geometry.shows(time_s):
            self._readout.hide()
            self.plot.setAccessibleDescription(self.spec.summary or self.spec.empty_text)
            return
        told = self._readout.show_at(self.spec, self.view, time_s, self.theme)
        self.plot.setAccessibleDescription(told)
        x, width = geometry.x_of(time_s), self._readout.width()
        left = x + 12 if x + 12 + width <= geometry.plot.right() else x - 12 - width
        corner = self.plot.viewport().mapTo(self, QPoint(int(max(left, 0)), int(geometry.plot.top()) + 18))
        self._readout.move(corner.x(), max(min(corner.y(), self.height() - self._readout.height() - 2), 0))
        self._readout.raise_()

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)
