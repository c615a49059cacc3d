"""What each contract means for mining and for firm AI, and the machine classes in merit order, as two tables."""

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QLabel, QVBoxLayout, QWidget

from minerdesk import words
from minerdesk.power_report import BASIS, class_rows, contract_rows
from minerdesk.ui import theme
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.power_study import Study

#: Three lines of small text.
_HEADER_PX = 54
_ROW_PX, _NAME_PX, _WIDE_PX = 24, 168, 900


class SiteTables(QWidget):
    """Two tables with a line of words over each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.contracts = CellsView("What each contract costs mining and firm AI load")
        self.classes = CellsView("Machine classes in merit order, dispatched")
        self.title, self.basis = _line("title"), _line("caption")
        self.over_classes, self.empty = _line("title"), _line("muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        for widget in (self.title, self.contracts, self.over_classes, self.classes, self.basis, self.empty):
            layout.addWidget(widget, 1 if widget is self.classes else 0)
        layout.addStretch(0)
        self.contracts.setFixedHeight(_HEADER_PX + 4 * _ROW_PX + 2)
        self.contracts.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for table in (self.contracts, self.classes):
            table.horizontalHeader().setFont(theme.font(theme.CAPTION_PX))
            table.horizontalHeader().setFixedHeight(_HEADER_PX)

    def show_study(self, study: Study | None) -> None:
        """Show a study; without one, or without a dispatch, say what is missing."""
        site = study.site if study is not None else None
        for widget in (self.title, self.contracts, self.over_classes, self.classes, self.basis):
            widget.setVisible(site is not None)
        self.empty.setVisible(site is None)
        if study is None or site is None:
            self.empty.setText("Prices in dollars fill these tables: choose a market, or type a rate of its currency.")
            return
        self.title.setText(f"{study.market.label}: what a MWh costs under each contract")
        self._fill(self.contracts, *contract_rows(site, study.contracts))
        self._fill(self.classes, *class_rows(site))
        count = sum(load.classes for load in site.loads)
        told = "No hashprice is known, so no class has a breakeven. Type one under Network."
        if count:
            told = f"{'The fleet' if count == 1 else f'{count:,} machine classes in merit order'} under your contract"
        self.over_classes.setText(told)
        all_in = words.general(study.terms.inputs.power.all_in_usd_per_mwh)
        self.basis.setText(
            "* Per MWh of capacity; the rest per MWh taken. Firm AI takes every hour but those in which it may pause. "
            f"The desk compares mining and AI at one all-in price, {all_in} $/MWh. {BASIS}"
        )

    def _fill(self, table: CellsView, heading: list[str], rows: list[list[float | str | None]]) -> None:
        table.cells.set_table(heading, [[math.nan if cell is None else cell for cell in row] for row in rows[::-1]])
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, max(_NAME_PX, self.width() // 4 if self.width() > _WIDE_PX else 0))


def _line(look: str) -> QLabel:
    label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
    label.setProperty("look", look)
    return label
