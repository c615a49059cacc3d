"""The dialog that reads any table as prices: columns, unit, clock, and what would be read before it is."""

import zoneinfo
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from minerdesk.economics.prices import clock_of
from minerdesk.errors import MinerdeskError
from minerdesk.price_files import CURRENCIES, UNITS
from minerdesk.price_layout import Wanted
from minerdesk.price_preview import Head, Preview, preview
from minerdesk.ui.panels.parts import plain_label, set_look, tip
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.tasks import Tasks, stop_if
from minerdesk.ui.theme import BODY_PX, CAPTION_PX, SEMIBOLD, font

PREVIEW = "price preview"
_FOUND, _NO_TIMES = "Found by itself", "None: each row is an hour"
_AS_WRITTEN = "As the file says"
_COMMON_ZONES = ("UTC", "America/Chicago", "America/New_York", "Europe/Berlin", "Europe/London", "Australia/Brisbane")
_PER = {"per MWh": ("MWh", ""), "per kWh": ("kWh", ""), "cents per kWh": ("kWh", "cents")}
_CENTS = {"USD": "¢/kWh", "EUR": "ct/kWh"}
_SIZE, _WAIT_MS, _TABLE_PX = (940, 640), 250, 190


class ImportForm(QDialog):
    """Asks how a table is to be read. `chosen(Wanted, str)` holds the choices and the unit once they give prices.

    Every change is tried in a job; of a large file its beginning.
    """

    chosen = Signal(object, str)

    def __init__(self, path: Path, head: Head, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path, self._head, self._tasks = path, head, tasks
        self.preview: Preview | None = None
        self.setWindowTitle(f"Import prices from {path.name}")
        self.resize(*_SIZE)
        self.price, self.time, self.meaning, self.dates = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self.zone, self.currency, self.per, self.location = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        self.table = CellsView("The first rows of the file")
        self.sentence = plain_label(BODY_PX)
        self.sentence.setFont(font(BODY_PX, SEMIBOLD))
        self.sentence.setWordWrap(True)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("What is found, and the rows that are refused")
        self._fill()
        self._build()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._wait.timeout.connect(self._try)
        for combo in (self.price, self.time, self.meaning, self.dates, self.currency, self.per, self.location):
            combo.currentIndexChanged.connect(self._on_change)
        self.zone.currentTextChanged.connect(self._on_change)
        self.finished.connect(lambda _result: self._tasks.cancel(PREVIEW))
        self._on_change()

    # -- building -----------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        names = list(self._head.header)
        self.price.addItems([_FOUND, *names])
        if len(self._head.price_columns) != 1:
            best = next(iter(self._head.price_columns or self._head.numeric), "")
            self.price.setCurrentIndex(max(self.price.findText(best), 0))
        self.time.addItems([_FOUND, _NO_TIMES, *names])
        for text, ends in (("Start of the interval", False), ("End of the interval", True)):
            self.meaning.addItem(text, ends)
        for text, first in ((_FOUND, None), ("Day first (31/12/2025)", True), ("Month first (12/31/2025)", False)):
            self.dates.addItem(text, first)
        self.zone.setEditable(True)
        zones = [*_COMMON_ZONES, *sorted(zoneinfo.available_timezones() - set(_COMMON_ZONES))]
        self.zone.addItems(zones)
        completer = QCompleter(zones, self.zone)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.zone.setCompleter(completer)
        self.zone.setToolTip("A name like Europe/Berlin, or an offset like +10:00; times with an offset need none")
        self.currency.addItem(_AS_WRITTEN, "")
        for code in ("USD", "EUR", *CURRENCIES):
            self.currency.addItem(code, code)
        self._fill_per()

    def _fill_per(self) -> None:
        """Offer the units in which a currency is read."""
        code = str(self.currency.currentData())
        kept = self.per.currentText()
        self.per.blockSignals(True)
        self.per.clear()
        self.per.addItems([text for text, (_, cents) in _PER.items() if not cents or code in _CENTS])
        self.per.setCurrentIndex(max(self.per.findText(kept), 0))
        self.per.setEnabled(bool(code))
        self.per.blockSignals(False)

    def _build(self) -> None:
        left, right = QFormLayout(), QFormLayout()
        self.location.addItem("The usual one", "")
        for form, text, control in (
            (left, "&Price column", self.price),
            (left, "&Time column", self.time),
            (left, "Times &are the", self.meaning),
            (left, "&Dates", self.dates),
            (right, "&Clock of the times", self.zone),
            (right, "Curr&ency", self.currency),
            (right, "&Unit", self.per),
            (right, "&Location", self.location),
        ):
            form.addRow(text, control)
            control.setAccessibleName(text.replace("&", ""))
            control.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            control.setMinimumContentsLength(22)
        across = QHBoxLayout()
        across.addLayout(left, 1)
        across.addSpacing(16)
        across.addLayout(right, 1)
        self.table.setMaximumHeight(_TABLE_PX)
        self.table.horizontalHeader().setSectionResizeMode(self.table.horizontalHeader().ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setMaximumSectionSize(260)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.accept_button = buttons.addButton("&Import", QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setDefault(True)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        heading = QLabel("The first rows, and what they are read as")
        heading.setProperty("look", "caption")
        for part in (heading, self.table):
            layout.addWidget(part)
        layout.addLayout(across)
        layout.addWidget(self.sentence)
        layout.addWidget(self.details, 1)
        layout.addWidget(buttons)
        self.details.setFont(font(CAPTION_PX))

    # -- what is chosen -----------------------------------------------------------------------------------------------

    def wanted(self) -> Wanted:
        """Return the choices."""
        price, time = self.price.currentText(), self.time.currentText()
        zone = self.zone.currentText().strip()
        return Wanted(
            price_column="" if self.price.currentIndex() == 0 else price,
            time_column="" if self.time.currentIndex() < 2 else time,
            no_times=self.time.currentIndex() == 1,
            location=str(self.location.currentData() or ""),
            zone="" if zone.upper() == "UTC" else zone,
            ends=bool(self.meaning.currentData()),
            day_first=self.dates.currentData(),
        )

    def unit(self) -> str:
        """Return the unit as `price_files.UNITS` names it; empty takes what the file says."""
        code = str(self.currency.currentData())
        energy, cents = _PER[self.per.currentText()]
        if not code:
            return ""
        wanted = _CENTS[code] if cents else f"{'$' if code == 'USD' else code}/{energy}"
        return wanted if wanted in UNITS else ""

    def _on_change(self) -> None:
        """Show which columns are meant, and try the choice once no other follows at once."""
        self._fill_per()
        timed = self.time.currentIndex() != 1
        for control in (self.meaning, self.dates, self.zone):
            control.setEnabled(timed)
        time = self._head.time_column if self.time.currentIndex() == 0 else self.time.currentText()
        found = self._head.price_columns[0] if len(self._head.price_columns) == 1 else ""
        marks = {time: "time", found if self.price.currentIndex() == 0 else self.price.currentText(): "price"}
        header = [f"{name}\n▲ {marks[name]}" if name in marks else name for name in self._head.header]
        rows = [[str(line), *row] for line, row in zip(self._head.lines, self._head.rows, strict=True)]
        self.table.cells.set_table(["Line", *header], rows[::-1])  # the view shows the last row first
        self.accept_button.setEnabled(False)
        self._wait.start()

    def _try(self) -> None:
        zone = self.zone.currentText().strip()
        if clock_of(zone) is None:
            self._refuse(f"“{zone}” is no time zone. Names are like Europe/Berlin, offsets like +10:00.")
            return
        wanted, unit, path = self.wanted(), self.unit(), self._path
        self.sentence.setText("Reading …")
        set_look(self.sentence, "muted")
        self._tasks.run(
            PREVIEW,
            lambda progress, cancelled: preview(path, wanted, unit, stop_if(cancelled)),
            self._show,
            self._on_failed,
        )

    def _show(self, found: Preview) -> None:
        self.preview = found
        if found.series is None:
            self._refuse(found.sentence)
            return
        self._offer_locations(found.series.locations, found.series.label)
        set_look(self.sentence, "")
        self.sentence.setText(found.sentence)
        self.details.setPlainText("\n".join(found.details))
        self.accept_button.setEnabled(True)

    def _offer_locations(self, known: Sequence[str], shown: str) -> None:
        offered = [self.location.itemData(row) for row in range(1, self.location.count())]
        if known and offered != list(known):
            self.location.blockSignals(True)
            for place in known:
                self.location.addItem(place, place)
            self.location.blockSignals(False)
        self.location.setEnabled(self.location.count() > 1)
        self.location.setToolTip(tip(f"{shown} is shown" if known else "The file names no locations"))

    def _refuse(self, message: str) -> None:
        set_look(self.sentence, "cost")
        self.sentence.setText(message)
        self.details.setPlainText("")

    def _on_failed(self, error: BaseException) -> None:
        if not isinstance(error, MinerdeskError):
            raise error
        self._refuse(str(error))

    def _accept(self) -> None:
        self.chosen.emit(self.wanted(), self.unit())
        self.accept()
