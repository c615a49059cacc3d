"""The page of indifference: one input solved for, a map over two inputs, and what each input does alone."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk.economics.case import RIVALS, Case, keys_of_comparison
from minerdesk.economics.declarations import FIELDS
from minerdesk.economics.results import Business
from minerdesk.snapshot import Snapshot
from minerdesk.ui import indifference, theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.heatmap import Heatmap
from minerdesk.ui.charts.sheet import Sheet
from minerdesk.ui.charts.tornado import Tornado
from minerdesk.ui.indifference import Choice, Study
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import FittingLabel
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.theme import Appearance, Theme

JOB = "indifference"
_LETTERS = 15


class IndifferencePanel(PagePanel):
    """Controls on top, the answer in words, the map beside the tornado. The figures are computed as a job."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot: Snapshot | None = None
        self._asked: tuple[Case, Choice] | None = None
        self.study: Study | None = None
        self.choice = Choice.read(bridge.session.preferences.indifference)
        self.rival, self.solve_for, self.across, self.up = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self.sentence = FittingLabel(theme.TITLE_PX, "title")
        self.pointed = FittingLabel(theme.CAPTION_PX, "muted")
        self.heatmap, self.tornado = Heatmap(appearance.theme), Tornado(appearance.theme)
        self.map_sheet, self.tornado_sheet = Sheet(self.heatmap), Sheet(self.tornado)
        self.map_table = CellsView("The difference over both inputs, as a table")
        self.tornado_table = CellsView("What each input does to the difference, as a table")
        self.tornado_table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._stacks = (QStackedWidget(), QStackedWidget())
        self._build()
        self._fill_combos()
        self._restyle(appearance.theme)
        self.heatmap.pointed.connect(self._on_pointed)
        for sheet in (self.map_sheet, self.tornado_sheet):
            sheet.copy_asked.connect(lambda: self.copy_asked.emit(JOB))
            sheet.export_asked.connect(lambda: self.export_asked.emit(JOB))
        appearance.changed.connect(self._restyle)
        whence.link(self.sentence, JOB, "sentence")
        whence.link(self.map_sheet, "heatmap", "difference")
        whence.link(self.tornado_sheet, "tornado", "swing")
        whence.link_table(self.map_table, "map")
        whence.link_table(self.tornado_table, "swings")

    # -- what is shown ------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot. What follows from the same inputs on the same network is not computed again."""
        self._snapshot = snapshot
        asked = Case(inputs=snapshot.inputs, network=snapshot.results.network), self.choice
        if asked == self._asked:
            return
        self._asked = asked
        self._bridge.tasks.run(JOB, lambda progress, cancelled: Study.of(*asked), self._show)

    def _show(self, study: Study) -> None:
        if self._snapshot is None:
            return
        self.study = study
        heat, tornado = (
            indifference.map_spec(study, indifference.as_of_words(self._snapshot)),
            indifference.tornado_spec(study),
        )
        self.sentence.set_variants(study.sentence)
        self.sentence.setToolTip(study.solution.reason)
        self.heatmap.set_spec(heat)
        self.tornado.set_spec(tornado)
        self.map_sheet.say(title=heat.title, caption=heat.caption, description=heat.summary or heat.empty_text)
        self.tornado_sheet.say(
            title=tornado.title, caption=tornado.caption, description=tornado.summary or tornado.empty_text
        )
        self._on_pointed("")
        self._fill_tables()

    def shown(self, name: str) -> Choice:
        """Return what is compared."""
        del name
        return self.choice

    def _on_pointed(self, text: str) -> None:
        hint = "Point at the map, or use the arrow keys, to read its values." if self.study else ""
        self.pointed.set_variants(text or hint)

    def _fill_tables(self) -> None:
        if self.study is None or not self._table_button.isChecked():
            return
        for view, table in (
            (self.map_table, indifference.map_table(self.study)),
            (self.tornado_table, indifference.tornado_table(self.study)),
        ):
            view.cells.set_table(table[0], table[1][::-1])  # the view shows the last row first

    def _show_tables(self, shown: bool) -> None:
        self._fill_tables()
        for stack in self._stacks:
            stack.setCurrentIndex(1 if shown else 0)

    def _restyle(self, shown: Theme) -> None:
        self.heatmap.set_theme(shown)
        self.tornado.set_theme(shown)
        self._table_button.setIcon(theme.icon("table", shown))
        self._export_button.setIcon(theme.icon("export", shown))

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._controls())
        layout.addLayout(self._answer())
        map_side = QWidget()
        inside = QVBoxLayout(map_side)
        inside.setContentsMargins(0, 0, 0, 8)
        inside.setSpacing(0)
        inside.addWidget(self.map_sheet, 1)
        line = QHBoxLayout()
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self.pointed, 1)
        inside.addLayout(line)
        across = QSplitter(Qt.Orientation.Horizontal)
        pictures = ((map_side, self.map_table), (self.tornado_sheet, self.tornado_table))
        for stack, (picture, table) in zip(self._stacks, pictures, strict=True):
            stack.addWidget(picture)
            stack.addWidget(table)
            across.addWidget(_card(stack))
        across.setChildrenCollapsible(False)
        across.setHandleWidth(theme.SPACE_PX)
        across.setSizes([580, 400])
        across.setStretchFactor(0, 3)
        across.setStretchFactor(1, 2)
        layout.addWidget(across, 1)

    def _controls(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setSpacing(4)
        for text, combo, name, tip in (
            ("&Compare", self.rival, "Business compared with mining", "The business that is compared with mining"),
            ("&Solve for", self.solve_for, "Input solved for", "The input whose value makes both keep the same"),
            ("Map &across", self.across, "Input across the map", "The input from left to right"),
            ("&up", self.up, "Input up the map", "The input from bottom to top"),
        ):
            label = QLabel(text, textFormat=Qt.TextFormat.PlainText)
            label.setProperty("look", "muted")
            label.setBuddy(combo)
            combo.setAccessibleName(name)
            combo.setToolTip(tip)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(_LETTERS)
            combo.setMaxVisibleItems(20)
            bar.addWidget(label)
            bar.addWidget(combo)
            bar.addSpacing(theme.SPACE_PX)
        for rival in RIVALS:
            self.rival.addItem(rival.label, rival.value)
        self.rival.currentIndexChanged.connect(self._on_rival)
        for combo in (self.solve_for, self.across, self.up):
            combo.currentIndexChanged.connect(self._on_inputs)
        bar.addStretch(1)
        return bar

    def _answer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self._table_button = _tool("Data table", "Show the values behind both charts")
        self._table_button.setCheckable(True)
        self._table_button.toggled.connect(self._show_tables)
        self._export_button = _tool("Export…", "Write this page to a file (Ctrl+E)")
        self._export_button.clicked.connect(lambda: self.export_asked.emit(JOB))
        row.addWidget(self.sentence, 1)
        row.addWidget(self._table_button)
        row.addWidget(self._export_button)
        return row

    # -- choices ------------------------------------------------------------------------------------------------------

    def _fill_combos(self) -> None:
        """Show the choice; the inputs offered are those that can enter the comparison."""
        with QSignalBlocker(self.rival):
            self.rival.setCurrentIndex(self.rival.findData(self.choice.rival.value))
        chosen = ((self.solve_for, self.choice.solve_for), (self.across, self.choice.x), (self.up, self.choice.y))
        for combo, key in chosen:
            with QSignalBlocker(combo):
                combo.clear()
                for known in keys_of_comparison(self.choice.rival):
                    combo.addItem(FIELDS[known].label, known)
                combo.setCurrentIndex(combo.findData(key))

    def _on_rival(self) -> None:
        """Take another business: its own inputs come in the place of the other's, the shared ones stay."""
        rival = Business(self.rival.currentData())
        prefix, usual = RIVALS[rival], Choice.usual(rival)
        keys = keys_of_comparison(rival)

        def carried(key: str, otherwise: str) -> str:
            twin = f"{prefix}.{key.split('.', 1)[1]}"
            return key if key in keys else twin if twin in keys else otherwise

        x, y = carried(self.choice.x, usual.x), carried(self.choice.y, usual.y)
        x, y = (x, y) if x != y else (usual.x, usual.y)
        self._choose(Choice(rival=rival, x=x, y=y, solve_for=carried(self.choice.solve_for, usual.solve_for)))

    def _on_inputs(self) -> None:
        """Take other inputs; one axis given the other's input hands its own over, so that both always differ."""
        x, y = str(self.across.currentData()), str(self.up.currentData())
        if x == y:
            x, y = (x, self.choice.x) if x == self.choice.y else (self.choice.y, y)
        self._choose(replace(self.choice, x=x, y=y, solve_for=str(self.solve_for.currentData())))

    def _choose(self, choice: Choice) -> None:
        self.choice = choice
        self._fill_combos()
        self._bridge.prefer(indifference=choice.kept())
        if self._snapshot is not None:
            self.render_snapshot(self._snapshot)


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    button.setAccessibleName(text.rstrip("…"))
    return button


def _card(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(content)
    return frame
