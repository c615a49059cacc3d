"""The form of the price zones that the user draws: a few rows of label, from and to, kept with the scenario."""

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from minerdesk.economics import zones
from minerdesk.economics.zones import Row, Zone
from minerdesk.ui import quantity
from minerdesk.ui.panels.parts import plain_label
from minerdesk.ui.theme import CAPTION_PX
from minerdesk.units import DisplayUnit

TABLE = "zones"
#: The zones of the article of January 2026, as an example to begin with.
EXAMPLE: tuple[Row, ...] = (
    {"label": "support", "low_usd": 92_000.0, "high_usd": 95_000.0},
    {"label": "resistance", "low_usd": 96_000.0, "high_usd": 100_000.0},
)
_DOLLARS = DisplayUnit(label="$", factor=1.0)
_LABEL, _LOW, _HIGH = range(3)
_SIZE = (460, 340)


class ZonesForm(QDialog):
    """Asks for all zones at once. `submit` takes the rows and returns why they can't be taken, or an empty text.

    Parameters
    ----------
    found
        The zones that the closes show, for those who want to begin with them.
    """

    def __init__(
        self,
        submit: Callable[[Sequence[Row]], str],
        rows: Iterable[Row],
        found: Sequence[Zone] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._submit = submit
        self.setWindowTitle("Price zones of your own")
        self.resize(*_SIZE)
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(["Label", "From, $/BTC", "To, $/BTC"])
        self.table.setAccessibleName("Price zones")
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.problem = plain_label(CAPTION_PX, "cost")
        self.problem.setWordWrap(True)
        self.problem.hide()
        note = plain_label(CAPTION_PX, "muted", "Without a zone of your own the chart shows where closes lie densest.")
        note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table, 1)
        layout.addLayout(self._buttons(found))
        for widget in (note, self.problem):
            layout.addWidget(widget)
        ends = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        ends.addButton("&Show zones", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        ends.accepted.connect(self._check)
        ends.rejected.connect(self.reject)
        layout.addWidget(ends)
        self.fill(rows)

    def _buttons(self, found: Sequence[Zone]) -> QHBoxLayout:
        row = QHBoxLayout()
        self.add, self.remove = QPushButton("&Add"), QPushButton("&Remove")
        self.take_found, self.take_example = QPushButton("Take those &found"), QPushButton("&January 2026")
        self.take_found.setEnabled(bool(found))
        self.take_example.setToolTip("The 92,000–95,000 and 96,000–100,000 dollars of the article of that month")
        self.add.clicked.connect(lambda: self._append({}))
        self.remove.clicked.connect(lambda: self.table.removeRow(self.table.currentRow()))
        dense: list[Row] = [{"low_usd": round(z.low_usd, -1), "high_usd": round(z.high_usd, -1)} for z in found]
        self.take_found.clicked.connect(lambda: self.fill(dense))
        self.take_example.clicked.connect(lambda: self.fill(EXAMPLE))
        for button in (self.add, self.remove, self.take_found, self.take_example):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def fill(self, rows: Iterable[Row]) -> None:
        """Put these rows in the place of those that stand there."""
        self.table.setRowCount(0)
        for row in rows:
            self._append(row)

    def _append(self, row: Row) -> None:
        place = self.table.rowCount()
        self.table.insertRow(place)
        self.table.setItem(place, _LABEL, QTableWidgetItem(str(row.get("label") or "")))
        for column, name in ((_LOW, "low_usd"), (_HIGH, "high_usd")):
            value = row.get(name)
            text = quantity.written(float(value), _DOLLARS) if isinstance(value, int | float) else ""
            item = QTableWidgetItem(text)
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(place, column, item)
        self.table.setCurrentCell(place, _LABEL)

    def rows(self) -> tuple[list[Row], list[str]]:
        """Return the rows as typed, empty ones left out, and what is wrong with them."""
        rows: list[Row] = []
        wrong: list[str] = []
        for place in range(self.table.rowCount()):
            texts = [self._text(place, column) for column in (_LABEL, _LOW, _HIGH)]
            if not any(texts):
                continue
            row: dict[str, str | float | bool | None] = {"label": texts[_LABEL]}
            for column, name in ((_LOW, "low_usd"), (_HIGH, "high_usd")):
                reading = quantity.read(texts[column], (_DOLLARS,), _DOLLARS, final=True)
                if reading.value is None:
                    wrong.append(f"Zone {len(rows) + 1}: {reading.refusal}")
                else:
                    row[name] = reading.value
            rows.append(row)
        return rows, wrong or [problem.message for problem in zones.check_rows(rows)]

    def _text(self, row: int, column: int) -> str:
        item = self.table.item(row, column)
        return item.text().strip() if item else ""

    def _check(self) -> None:
        """Hand the rows on if nothing is wrong with them; else say what is."""
        rows, wrong = self.rows()
        refusal = " ".join(wrong) or self._submit(rows)
        self.problem.setText(refusal)
        self.problem.setVisible(bool(refusal))
        if not refusal:
            self.accept()
