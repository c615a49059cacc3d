"""The table twins of the page of risk: NPVs and convergence beside each other, the fans by month under them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHeaderView, QSplitter, QVBoxLayout, QWidget

from minerdesk.risk_report import RiskOutcome
from minerdesk.ui import risk, theme
from minerdesk.ui.panels.tables import CellsView

_COLUMN_PX, _FIRST_COLUMN_PX = 88, 150


class RiskTables(QSplitter):
    """Shows what the three charts show, as numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.npv = CellsView("NPV of each strategy over all paths, as a table")
        self.settling = CellsView("How the shares settle, as a table")
        self.months = CellsView("Cumulative cash by month, as a table")
        upper = QSplitter(Qt.Orientation.Horizontal)
        for splitter, views in ((upper, (self.npv, self.settling)), (self, (self.months,))):
            for view in views:
                view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
                view.horizontalHeader().setDefaultSectionSize(_COLUMN_PX)
                splitter.addWidget(_card(view))
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(theme.SPACE_PX)
        self.insertWidget(0, upper)

    def show_run(self, outcome: RiskOutcome | None) -> None:
        """Show a run; without one the tables are empty."""
        for view, table in (
            (self.npv, risk.npv_table),
            (self.settling, risk.settling_table),
            (self.months, risk.month_table),
        ):
            header, rows = ([], []) if outcome is None else table(outcome)
            view.cells.set_table(header, rows[::-1])  # the view shows the last row first
            if header:
                view.setColumnWidth(0, _FIRST_COLUMN_PX)


def _card(content: QWidget) -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(content)
    return frame
