"""The page of the conversion plan: phases and terms on the left, on the right what they come to in words and charts."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.fields import PAGE
from minerdesk.economics.plan.strategies import Strategy
from minerdesk.snapshot import Snapshot
from minerdesk.ui import plan, theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.ganttchart import GanttChart
from minerdesk.ui.charts.timechart import TimeChart
from minerdesk.ui.panels.forms import FieldForm
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import WrappingLabel, plain_label
from minerdesk.ui.panels.phases import PhasesEditor
from minerdesk.ui.panels.plan_table import ResultsTable
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.plan import Shown, Study
from minerdesk.ui.plan_results import result_rows
from minerdesk.ui.theme import Appearance, Theme

JOB = "plan"
ACROSS, LEFT, DOWN = "plan_across", "plan_left", "plan_down"
FORM_PX, CASH_LEAST_PX = 304, 190
#: What stands above the charts, and between them.
_ABOVE_PX = 216
_COLUMN_PX = 92
_HINT = "Choose a strategy above to see its phases. Point at a month, or use the arrow keys, to read its megawatts."


class PlanPanel(PagePanel):
    """Everything is evaluated as a job, and again only when what it stands on changed."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._asked: tuple[PlanCase | None] | None = None
        self.study, self.shown_as = Study(), Shown()
        self.phases = PhasesEditor(bridge, appearance)
        self.form = FieldForm(bridge, appearance, PAGE)
        self.headline = WrappingLabel(theme.TITLE_PX, "title")
        self.results = ResultsTable(appearance.theme)
        self.best = WrappingLabel(theme.CAPTION_PX, "muted")
        self.cash, self.gantt = TimeChart(appearance.theme), GanttChart(appearance.theme)
        self.table = CellsView("Monthly cash of the plan, as a table")
        self.said = plain_label(theme.CAPTION_PX, "muted")
        self.said.setWordWrap(True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.said.setFixedHeight(2 * QFontMetrics(self.said.font()).height())  # nothing moves while it is pointed
        self._tools: list[tuple[QToolButton, str]] = []
        self._charts = QStackedWidget()
        self._cards: dict[QToolButton, QFrame] = {}
        self._build()
        self.results.chosen.connect(self._choose)
        self.gantt.pointed.connect(self._on_pointed)
        for chart in (self.cash, self.gantt):
            chart.copy_asked.connect(partial(self.copy_asked.emit, JOB))
            chart.export_asked.connect(partial(self.export_asked.emit, JOB))
        appearance.changed.connect(self._restyle)
        self._restyle(appearance.theme)
        self._on_pointed("")
        self._link()

    def _link(self) -> None:
        """Let every figure be asked where it comes from."""
        whence.link(self.headline, JOB, "headline")
        whence.link(self.best, JOB, "best")
        whence.link(self.gantt, "gantt", "phases", "megawatts")
        whence.link_table(self.results, "plan results")
        whence.link_table(self.table, "cash")
        whence.link_table(self.phases.table, "phases")

    # -- what is shown ------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. What follows from the same case is not computed again."""
        self.form.render_snapshot(snapshot)
        self.phases.render_snapshot(snapshot)
        asked = (snapshot.plan_case(),)
        if asked != self._asked:
            self._asked = asked
            self._bridge.tasks.run(JOB, lambda progress, cancelled: Study.of(*asked), self._show)

    def _show(self, study: Study) -> None:
        self.study = study
        case = study.case
        has_debt = case is not None and case.inputs.debt.enabled
        self.before_debt.setEnabled(has_debt)
        if not has_debt:
            self.before_debt.setChecked(False)
        best = "" if study.result is None else study.result.optimum.words
        self.best.say(best)
        self.results.show_rows(result_rows(study))
        self._draw()

    def _draw(self) -> None:
        """Draw what hangs on the choices: the sentence, the charts, the monthly lines."""
        study, shown = self.study, self.shown_as
        self.headline.say(plan.headline(study, shown.strategy))
        self.cash.set_spec(plan.cash_chart(study, shown))
        self.gantt.set_spec(plan.gantt_spec(study, shown.strategy))
        self._fill_table()
        self._make_room()

    def shown(self, name: str) -> tuple[Study, Shown]:
        """Return the study on screen, and how it is shown."""
        del name
        return self.study, self.shown_as

    def forget_typing(self) -> None:
        """Give up what is half typed or refused in phases and terms."""
        self.phases.forget_typing()
        self.form.forget_typing()

    def _on_pointed(self, text: str) -> None:
        self.said.setText(text or _HINT)

    def _fill_table(self) -> None:
        if self.data_table.isChecked():
            header, rows = plan.cash_table(self.study, self.shown_as)
            self.table.cells.set_table(header, rows[::-1])  # the view shows the last row first
            for column in range(len(header)):
                self.table.setColumnWidth(column, _COLUMN_PX)

    def _restyle(self, shown: Theme) -> None:
        for chart in (self.cash, self.gantt):
            chart.set_theme(shown)
        self.results.set_theme(shown)
        for button, icon in self._tools:
            button.setIcon(theme.icon(icon, shown))

    # -- choices ------------------------------------------------------------------------------------------------------

    def _choose(self, strategy: Strategy) -> None:
        if strategy is not self.shown_as.strategy:
            self.shown_as = replace(self.shown_as, strategy=strategy)
            self._draw()

    def _on_basis(self) -> None:
        self.shown_as = replace(
            self.shown_as, discounted=self.discounted.isChecked(), before_debt=self.before_debt.isChecked()
        )
        self._draw()

    def _show_table(self, shown: bool) -> None:
        self._fill_table()
        self._charts.setCurrentIndex(1 if shown else 0)

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        across = self._splitter(ACROSS, Qt.Orientation.Horizontal)
        across.addWidget(self._left())
        across.addWidget(self._right())
        across.setStretchFactor(1, 1)
        self._restore(across, [FORM_PX, 700])
        scroll = _scrolling(across)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.form.order_tabs(self.phases.stops())

    def _left(self) -> QWidget:
        down = self._splitter(LEFT, Qt.Orientation.Vertical)
        terms = QVBoxLayout()
        terms.setContentsMargins(0, 0, 0, 0)
        terms.setSpacing(0)
        heading = QHBoxLayout()
        heading.setContentsMargins(12, 6, 6, 0)
        heading.addWidget(plain_label(theme.BODY_PX, "title", "Terms"), 1)
        self.reset = self._with_icon("reset", "", "Set every term of this page to its default (undo brings yours back)")
        self.reset.setAccessibleName("Reset terms")
        self.reset.clicked.connect(self.form.reset)
        heading.addWidget(self.reset)
        terms.addLayout(heading)
        terms.addWidget(self.form, 1)
        down.addWidget(_card(self.phases))
        down.addWidget(_card(terms))
        down.setStretchFactor(0, 1)
        down.setStretchFactor(1, 2)
        self._restore(down, [170, 320])
        down.setMinimumWidth(FORM_PX)
        return down

    def _right(self) -> QWidget:
        right = QWidget()
        layout = QVBoxLayout(right)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        down = self._splitter(DOWN, Qt.Orientation.Vertical)
        bar = self._tool_bar(down)
        self.cash.setMinimumHeight(CASH_LEAST_PX)
        self.best.setContentsMargins(4, 0, 0, 0)
        listed = QVBoxLayout()
        listed.setContentsMargins(0, 0, 0, 4)
        listed.addWidget(self.results)
        listed.addWidget(self.best)
        layout.addWidget(self.headline)
        layout.addWidget(_card(listed))
        layout.addLayout(bar)
        self._restore(down, [200, 170])
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._charts.addWidget(down)
        self._charts.addWidget(_card(self.table))
        layout.addWidget(self._charts, 1)
        return right

    def _tool_bar(self, down: QSplitter) -> QHBoxLayout:
        """Fill the splitter with the two charts, and return the bar over it."""
        bar = QHBoxLayout()
        bar.setSpacing(4)
        phases = QVBoxLayout()
        phases.setContentsMargins(0, 0, 0, 8)
        phases.setSpacing(0)
        phases.addWidget(self.gantt, 1)
        line = QHBoxLayout()
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self.said, 1)
        phases.addLayout(line)
        which = QButtonGroup(self)
        for text, hint, content in (
            ("Cash", "Show the cumulative cash; a taller window shows both", self.cash),
            ("Phases", "Show phases and megawatts; a taller window shows both", phases),
        ):
            button = _tool(text, hint)
            button.setCheckable(True)
            which.addButton(button)
            bar.addWidget(button)
            self._cards[button] = _card(content)
            down.addWidget(self._cards[button])
            button.toggled.connect(self._make_room)
        next(iter(self._cards)).setChecked(True)
        bar.addSpacing(theme.SPACE_PX)
        self.discounted = _tool("Discounted", "Cumulative cash with every month discounted to today")
        self.before_debt = _tool("Before debt", "Cumulative cash as it is without the loan")
        for button in (self.discounted, self.before_debt):
            button.setCheckable(True)
            button.toggled.connect(self._on_basis)
            bar.addWidget(button)
        bar.addStretch(1)
        self.data_table = self._with_icon("table", "Data table", "Show the monthly cash lines of the chosen strategy")
        self.data_table.setCheckable(True)
        self.data_table.toggled.connect(self._show_table)
        export = self._with_icon("export", "Export…", "Write this page to a file (Ctrl+E)")
        export.clicked.connect(partial(self.export_asked.emit, JOB))
        for button in (self.data_table, export):
            bar.addWidget(button)
        return bar

    def _make_room(self) -> None:
        """Show both charts where there is room for both, else the chosen one, with the buttons that choose."""
        both = self.height() >= _ABOVE_PX + CASH_LEAST_PX + self._cards_least_px()
        for button, card in self._cards.items():
            button.setVisible(not both)
            card.setVisible(both or button.isChecked())

    def _cards_least_px(self) -> int:
        """Return what the phases need beside the cash."""
        return self.gantt.minimumSizeHint().height() + self.said.height() + 2 * theme.SPACE_PX

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Decide anew which charts there is room for."""
        super().resizeEvent(event)
        self._make_room()

    def _with_icon(self, icon: str, text: str, hint: str) -> QToolButton:
        button = _tool(text, hint)
        self._tools.append((button, icon))
        return button

    # -- splitters ----------------------------------------------------------------------------------------------------

    def _splitter(self, name: str, orientation: Qt.Orientation) -> QSplitter:
        splitter = QSplitter(orientation)
        splitter.setObjectName(name)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(theme.SPACE_PX)
        splitter.splitterMoved.connect(partial(self._remember, splitter))
        return splitter

    def _restore(self, splitter: QSplitter, usual: list[int]) -> None:
        kept = self._bridge.session.preferences.splitter_sizes.get(splitter.objectName())
        splitter.setSizes(list(kept) if kept and len(kept) == splitter.count() else usual)

    def _remember(self, splitter: QSplitter, *_: int) -> None:
        known = self._bridge.session.preferences.splitter_sizes
        self._bridge.prefer(splitter_sizes={**known, splitter.objectName(): tuple(splitter.sizes())})


def _tool(text: str, hint: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(16, 16))
    button.setToolTip(hint)
    button.setAccessibleName(text.rstrip("…"))
    return button


def _card(content: QWidget | QVBoxLayout) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(1, 1, 1, 1)
    if isinstance(content, QWidget):
        layout.addWidget(content)
    else:
        layout.addLayout(content)
    return frame


def _scrolling(content: QWidget) -> QScrollArea:
    """Let `content` scroll in a window smaller than it needs, rather than be squeezed."""
    scroll = QScrollArea()
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidgetResizable(True)
    scroll.setWidget(content)
    return scroll
