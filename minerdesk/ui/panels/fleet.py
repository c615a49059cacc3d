"""The page of the fleet: the supply curve over the table of machine classes, which is typed, pasted or imported."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk import presets
from minerdesk.economics.machines import MachineClass, Machines, Row, check_rows
from minerdesk.errors import InputError, MinerdeskError
from minerdesk.fleet_import import MOST_BYTES, FleetImport, read_bytes, read_text
from minerdesk.fleet_report import fleet_of, has_own_classes, machines_of
from minerdesk.snapshot import Snapshot
from minerdesk.store.atomic import failure
from minerdesk.ui import theme, whence
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts.supply import SupplyChart
from minerdesk.ui.fleet_figures import supply_curve
from minerdesk.ui.panels.fleet_table import FleetTable
from minerdesk.ui.panels.lan_scan import ScanDialog
from minerdesk.ui.panels.pages import PagePanel
from minerdesk.ui.panels.parts import FittingLabel
from minerdesk.ui.theme import Appearance, Theme

TABLE, IMPORT = "fleet", "fleet import"
_PERCENT_CELLS = frozenset({"uptime_fraction"})
_NOTHING_LAID = (
    "This is the fleet of the inputs. Add machines from the catalogue, paste rows with headings, or import a CSV.",
    "The fleet of the inputs: add, paste or import your own.",
    "The fleet of the inputs.",
)


class FleetPanel(PagePanel):
    """Supply curve over table."""

    def __init__(self, bridge: Bridge, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._rows: Sequence[Row] | None = None
        self._machines: Machines | None = None
        self._stands_on: tuple[object, ...] = ()
        self._keep_order = False
        self.chart, self.table = SupplyChart(appearance.theme), FleetTable()
        self._tools: list[tuple[QToolButton, str]] = []
        self._scanning: ScanDialog | None = None
        self.add = self._tool("plus", "Add", "Add machines from the catalogue, or of your own")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setMenu(self._catalogue())
        self.paste = self._tool("copy", "Paste", "Paste rows with headings from a spreadsheet (Ctrl+V)", self._paste)
        self.load = self._tool("folder-open", "Import…", "Add the rows of a CSV file", self._choose_file)
        self.scan = self._tool("search", "Scan network…", "Find machines on your network, read only", self._open_scan)
        self.remove = self._tool("minus", "Remove", "Take the selected classes away (undo brings them back)")
        self.remove.clicked.connect(self._remove)
        export = self._tool("export", "Export…", "Write the curve, or the table with all data, to a file")
        export.clicked.connect(partial(self.export_asked.emit, TABLE))
        self.hint = FittingLabel()
        self._build(export)
        self.chart.copy_asked.connect(partial(self.copy_asked.emit, TABLE))
        self.chart.export_asked.connect(partial(self.export_asked.emit, TABLE))
        whence.link(self.chart, "supply", "breakeven", "load", "power price", "title", "other models")
        whence.link_table(self.table, "fleet")
        self.table.paste_asked.connect(self._paste)
        self.table.remove_asked.connect(self._remove)
        self.table.selectionModel().selectionChanged.connect(self._follow_selection)
        # Queued: the cell's editor is closed before the table under it changes.
        self.table.classes.typed.connect(self._on_typed, Qt.ConnectionType.QueuedConnection)
        appearance.changed.connect(self._restyle)
        self._restyle(appearance.theme)
        self._follow_selection()

    def _build(self, export: QToolButton) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 0)
        bar.setSpacing(4)
        for button in (self.add, self.paste, self.load, self.scan, self.remove):
            bar.addWidget(button)
        bar.addWidget(self.hint, 1)
        bar.addWidget(export)
        listed, above = _card(), _card()
        below = QVBoxLayout(listed)
        below.setContentsMargins(1, 1, 1, 1)
        below.setSpacing(4)
        below.addLayout(bar)
        below.addWidget(self.table, 1)
        over = QVBoxLayout(above)
        over.setContentsMargins(0, 0, 0, 0)
        over.addWidget(self.chart)
        down = QSplitter(Qt.Orientation.Vertical)
        down.addWidget(above)
        down.addWidget(listed)
        down.setChildrenCollapsible(False)
        down.setHandleWidth(theme.SPACE_PX)
        down.setSizes([300, 240])
        down.setStretchFactor(0, 3)
        down.setStretchFactor(1, 2)
        scroll = QScrollArea()  # in a window smaller than both need, they scroll and are not squeezed
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(down)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def _tool(self, icon: str, text: str, hint: str, do: Callable[[], None] | None = None) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(hint)
        button.setAccessibleName(text.rstrip("…"))
        if do is not None:
            button.clicked.connect(do)
        self._tools.append((button, icon))
        return button

    def _catalogue(self) -> QMenu:
        """Return the menu of the catalogue: a class of one's own, then the models by manufacturer."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.addAction("Machines of your own", self._add_own)
        menu.addSeparator()
        shelves: dict[str, QMenu] = {}
        for preset, machine in presets.machine_classes(self._bridge.session.bundle):
            if preset.heading not in shelves:
                shelves[preset.heading] = menu.addMenu(preset.heading)
                shelves[preset.heading].setToolTipsVisible(True)
            action = shelves[preset.heading].addAction(preset.label, partial(self._append, machine, "count"))
            action.setToolTip(preset.detail)
        menu.addSeparator()
        for credit in self._bridge.session.bundle.credits:
            if credit.file == "asics.csv":
                about = menu.addAction(f"Catalogue as of {credit.as_of}: {credit.credit}")
                about.setToolTip(credit.origin)
                about.setEnabled(False)
        return menu

    # -- showing ------------------------------------------------------------------------------------------------------

    def render_snapshot(self, snapshot: Snapshot) -> None:
        """Show a snapshot; rows are read again only when others are laid, and the rest only when a number moved."""
        rows, own = snapshot.tables.get(TABLE, ()), has_own_classes(snapshot)
        if rows is not self._rows or not own:
            self._rows, self._machines = rows, machines_of(snapshot)
        stands_on = (self._machines if own else None, snapshot.inputs, snapshot.results.network)
        if stands_on == self._stands_on:
            return
        self._stands_on = stands_on
        fleet = fleet_of(snapshot, self._machines)
        self.chart.set_spec(supply_curve(snapshot, fleet))
        self.table.classes.show_fleet(fleet, is_own=own, keep_order=self._keep_order)
        self._follow_selection()

    def _restyle(self, shown: Theme) -> None:
        self.chart.set_theme(shown)
        for button, icon in self._tools:
            button.setIcon(theme.icon(icon, shown))

    def _follow_selection(self) -> None:
        own = self.table.classes.is_own
        self.remove.setEnabled(own and bool(self.table.selectionModel().selectedRows()))
        self.hint.set_variants(*(("",) if own else _NOTHING_LAID))

    # -- the user's own -----------------------------------------------------------------------------------------------

    def _own_rows(self) -> list[Row]:
        return list(self._bridge.snapshot.tables.get(TABLE, ()))

    def _lay(self, rows: Sequence[Row], *, keep_order: bool = False) -> None:
        self._keep_order = keep_order
        try:
            self._bridge.lay_table(TABLE, rows)
        finally:
            self._keep_order = False

    def _append(self, machine: MachineClass, cell: str) -> None:
        """Lay one class more and open the cell that is to be typed next."""
        self._extend([machine.row()], then=cell)

    def _add_own(self) -> None:
        efficiency = self._bridge.snapshot.inputs.mining.efficiency_j_per_th
        self._append(MachineClass(model="Own machine", count=1, hashrate_th_s=200, power_w=200 * efficiency), "model")

    def _extend(self, added: Sequence[Row], *, then: str = "") -> None:
        rows = [*self._own_rows(), *added]
        if problems := check_rows(rows):
            self._bridge.failed.emit(InputError(problems[0].message, hint="The fleet is as it was."))
            return
        self._lay(rows)
        if then:
            self.table.choose(len(rows) - 1, cell=then, edit=True)

    def _on_typed(self, index: int, cell: str, text: str) -> None:
        """Put what was typed in its row; what can't be used is said, and the cell stays as it was."""
        rows = self._own_rows()
        if index >= len(rows):
            return
        row = dict(rows[index])
        try:
            if not text:
                row.pop(cell, None)
            else:
                row[cell] = text if cell == "model" else _number(cell, text)
            if problems := check_rows([row]):
                raise ValueError(problems[0].message.partition(": ")[2])
        except ValueError as error:
            self.hint.set_variants(f"Not taken: {error}", str(error))
            return
        rows[index] = row
        self._lay(rows, keep_order=True)
        self.hint.set_variants("")

    def _remove(self) -> None:
        gone = set(self.table.chosen())
        if self.table.classes.is_own and gone:
            self._lay([row for index, row in enumerate(self._own_rows()) if index not in gone])

    # -- reading ------------------------------------------------------------------------------------------------------

    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        self._read(lambda: read_text(text, "the clipboard"))

    def _choose_file(self) -> None:
        chooser = QFileDialog(self, "Import machines", "", "Tables (*.csv *.tsv *.txt);;All files (*)")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(self.import_file)
        chooser.open()

    def import_file(self, path: str) -> None:
        """Add the rows of a CSV file."""
        self._read(lambda: read_bytes(_bytes(Path(path)), Path(path).name))

    def _read(self, read: Callable[[], FleetImport]) -> None:
        """Read in a job, for a large table takes a second."""
        self.hint.set_variants("Reading…")
        self._bridge.tasks.run(IMPORT, lambda progress, cancelled: read(), self._on_read, self._on_unread)

    def _on_read(self, found: FleetImport) -> None:
        self._follow_selection()
        if found.refused:
            dialog = RefusedRows(found, self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.accepted.connect(partial(self._take, found))
            dialog.open()
        else:
            self._take(found)

    def _take(self, found: FleetImport) -> None:
        if found.rows:
            self._extend(found.rows)
        ignored = f"; columns not used: {', '.join(found.ignored)}" if found.ignored else ""
        count = f"Added {len(found.rows):,} rows"
        self.hint.set_variants(f"{count}{ignored}.", f"{count}.")

    def _open_scan(self) -> None:
        """Open the search for machines on a network beside the window, or bring the open one to the front."""
        if self._scanning is None:
            catalogue = [machine for _, machine in presets.machine_classes(self._bridge.session.bundle)]
            self._scanning = ScanDialog(self._bridge.tasks, catalogue, self)
            self._scanning.chosen.connect(self._take_scanned)
            self._scanning.finished.connect(self._forget_scan)
        self._scanning.show()
        self._scanning.activateWindow()

    def _forget_scan(self) -> None:
        if self._scanning is not None:
            self._scanning.deleteLater()
            self._scanning = None

    def _take_scanned(self, rows: Sequence[Row]) -> None:
        self._extend(rows)
        count = "1 class" if len(rows) == 1 else f"{len(rows):,} classes"
        self.hint.set_variants(f"Added {count} found on the network.", f"Added {count}.")

    def _on_unread(self, error: BaseException) -> None:
        if not isinstance(error, MinerdeskError):
            raise error
        self._follow_selection()
        self._bridge.failed.emit(error)


class RefusedRows(QDialog):
    """Names every line that can't be used, and asks whether to add the others."""

    def __init__(self, found: FleetImport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import machines")
        self.resize(560, 320)
        lines = "line can’t" if len(found.refused) == 1 else "lines can’t"
        told = QLabel(
            f"{len(found.refused):,} {lines} be used; {len(found.rows):,} can.", textFormat=Qt.TextFormat.PlainText
        )
        self.text = QPlainTextEdit("\n".join(f"Line {one.line}: {one.reason}" for one in found.refused))
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Lines that can’t be used")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take: Any = buttons.addButton(
            f"&Add the other {len(found.rows):,}", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.take.setEnabled(bool(found.rows))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(told)
        layout.addWidget(self.text, 1)
        layout.addWidget(buttons)


def _number(cell: str, text: str) -> float:
    """Return a typed number in the unit of its cell; ValueError says what is wrong with it."""
    bare = "".join(text.split()).removesuffix("%")
    try:
        value = float(bare)
    except ValueError:
        raise ValueError(f"“{text:.24}” is no number; write it like 50.5.") from None
    return value / 100 if cell in _PERCENT_CELLS else value


def _bytes(path: Path) -> bytes:
    """Return what is in a file, and no more than one byte over the most that is read."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise failure(path, "read", error) from error


def _card() -> QFrame:
    frame = QFrame()
    frame.setProperty("look", "card")
    return frame
