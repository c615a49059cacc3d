"""The search for machines on a private network: a window beside the desk that lists them as they answer."""

import queue
from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from minerdesk import words
from minerdesk.economics.machines import MachineClass
from minerdesk.errors import InputError, MinerdeskError
from minerdesk.lan import grouping, scan, subnet
from minerdesk.lan.answers import Machine
from minerdesk.lan.grouping import Judged
from minerdesk.lan.scan import End, Outcome
from minerdesk.ui import theme
from minerdesk.ui.panels.parts import plain_label, set_look
from minerdesk.ui.panels.tables import CellsView
from minerdesk.ui.tasks import Cancelled, Progress, Tasks

JOB = "lan scan"
LISTED_EVERY_MS = 150
HEADER = ("Address", "Model", "TH/s", "W", "State")
_STATE = HEADER.index("State")
_PROMISE = (
    "Reads only: machines are asked for model, hash rate and power. Nothing on them is set and no password is sent. "
    "Private addresses only, 1,024 at most."
)


class ScanDialog(QDialog):
    """Asks for a subnet and lists what answers. `chosen(rows)` holds the classes that are to be added.

    It is not modal: the desk goes on meanwhile. Closing it ends the scan.
    """

    chosen = Signal(object)

    def __init__(self, tasks: Tasks, catalogue: Sequence[MachineClass], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Scan network")
        self.resize(860, 480)
        self._tasks, self._catalogue = tasks, list(catalogue)
        self._judged: list[Judged] = []
        self._found: queue.SimpleQueue[Machine] = queue.SimpleQueue()
        # A thousand machines answer within seconds: they are listed a few at a time.
        self._listing = QTimer(self, singleShot=True, interval=LISTED_EVERY_MS)
        self._listing.timeout.connect(self._take)
        self.subnet = QLineEdit()
        self.subnet.setPlaceholderText(subnet.EXAMPLE)
        self.subnet.setClearButtonEnabled(True)
        self.subnet.setMaxLength(64)
        self.start = QPushButton("&Start")
        self.start.setDefault(True)
        self.start.clicked.connect(self._start_or_stop)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName("Addresses asked")
        self.told = plain_label(theme.CAPTION_PX, "muted")
        self.told.setWordWrap(True)
        self.table = CellsView("Machines found on the network")
        self._show_rows()
        self.sum = plain_label(theme.CAPTION_PX, "muted")
        self.sum.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.add = buttons.addButton("&Add to the fleet", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        self.finished.connect(self._end)
        self._build(buttons)
        self._follow()
        if not scan.is_installed():
            self._say(f"The scan needs the package pyasic, which is not installed. {scan.remedy()}", "warning")
            self.start.setEnabled(False)

    def _build(self, buttons: QDialogButtonBox) -> None:
        label = QLabel("S&ubnet")
        label.setBuddy(self.subnet)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.subnet, 1)
        row.addWidget(self.start)
        promise = plain_label(theme.CAPTION_PX, "muted", _PROMISE)
        promise.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(promise)
        layout.addWidget(self.bar)
        layout.addWidget(self.told)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.sum)
        layout.addWidget(buttons)

    def _end(self) -> None:
        self._tasks.cancel(JOB)
        self._listing.stop()

    # -- the scan -----------------------------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether addresses are being asked."""
        return self._tasks.is_running(JOB)

    def _start_or_stop(self) -> None:
        if self.is_running:
            self._tasks.cancel(JOB, drop=False)  # what was found is delivered
            return
        try:
            hosts = subnet.hosts_of(self.subnet.text())
        except InputError as error:
            self._say(str(error), "cost")
            self.subnet.setFocus()
            return
        # A queue of this scan's own: what an older one still says is not listed.
        self._judged, self._found = [], queue.SimpleQueue()
        found = self._found
        self._show_rows()

        def work(progress: Progress, cancelled: Cancelled) -> Outcome:
            def asked(count: int) -> None:
                progress(count / len(hosts), f"{count:,} of {len(hosts):,} addresses asked")

            return scan.scan(hosts, on_found=found.put, on_asked=asked, cancelled=cancelled)

        self._say(f"Asking {_addresses(len(hosts))}…")
        self._tasks.run(JOB, work, self._on_done, self._on_failed, self._on_progress)
        self.bar.setRange(0, 0)
        self._follow()

    def _on_progress(self, fraction: float | None, text: str) -> None:
        self.bar.setRange(0, 1_000)
        self.bar.setValue(round(1_000 * (fraction or 0.0)))
        self._say(f"{text}.")
        if not self._listing.isActive():
            self._listing.start()

    def _on_done(self, outcome: Outcome) -> None:
        self._take()
        asked = f"{outcome.asked:,} of {_addresses(outcome.hosts)}"
        self._say(
            {
                End.COMPLETE: f"Done: {_addresses(outcome.hosts)} asked.",
                End.CANCELLED: f"Stopped: {asked} asked. What was found until then stands.",
                End.OUT_OF_TIME: f"Ended after {scan.BUDGET_S:g} s: {asked} asked. What was found until then stands.",
            }[outcome.end]
        )
        self._follow()

    def _on_failed(self, error: BaseException) -> None:
        self._take()
        self._follow()
        if not isinstance(error, MinerdeskError):
            raise error
        self._say(str(error), "cost")

    def _take(self) -> None:
        """List what has come in since."""
        self._listing.stop()
        before = len(self._judged)
        while not self._found.empty():
            self._judged.append(grouping.judge(self._found.get(), self._catalogue))
        if len(self._judged) != before:
            self._show_rows()
            self._follow()

    # -- showing ------------------------------------------------------------------------------------------------------

    def _show_rows(self) -> None:
        rows = [[one.address, one.model, one.hashrate_th_s, one.power_w, one.state] for one in self._judged]
        self.table.cells.set_table(HEADER, rows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate((112, 190, 68, 68)):
            self.table.setColumnWidth(column, width)
        header.setSectionResizeMode(_STATE, QHeaderView.ResizeMode.Stretch)

    def _follow(self) -> None:
        """Let buttons and sum follow what is listed and whether the scan runs."""
        running = self.is_running
        self.start.setText("&Stop" if running else "&Start")
        self.subnet.setEnabled(not running)
        if not running:
            self.bar.setRange(0, 1_000)
        classes = grouping.classes(self._judged)
        count = sum(1 for one in self._judged if not one.refusal)
        self.add.setText(f"&Add {_machines(count)} to the fleet" if count else "&Add to the fleet")
        self.add.setEnabled(bool(count))
        self.sum.setText(_sum(classes, len(self._judged) - count))

    def _say(self, text: str, look: str = "muted") -> None:
        self.told.setText(text)
        set_look(self.told, look)

    def _choose(self) -> None:
        self.chosen.emit([one.row() for one in grouping.classes(self._judged)])
        self.accept()


def _sum(classes: Sequence[MachineClass], refused: int) -> str:
    """Return what would be added, and how many are left out."""
    if not classes and not refused:
        return "Nothing found yet."
    figure, general = words.figure, words.general
    told = "; ".join(
        f"{figure(one.count)} × {one.model}, {general(one.hashrate_th_s)} TH/s, {figure(one.power_w)} W"
        for one in classes[:4]
    )
    more = f"; {len(classes) - 4:,} classes more" if len(classes) > 4 else ""
    left = f" {_machines(refused)} refused." if refused else ""
    return f"To be added: {told}{more}.{left}" if classes else left.strip()


def _machines(count: int) -> str:
    return f"{count:,} machine" if count == 1 else f"{count:,} machines"


def _addresses(count: int) -> str:
    return f"{count:,} address" if count == 1 else f"{count:,} addresses"
