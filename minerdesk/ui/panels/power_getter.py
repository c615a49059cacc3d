"""The ways to prices of one's own: a file, any table by its columns, a zone over the network; and their progress."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QMenu, QProgressBar, QPushButton, QWidget

from minerdesk import words
from minerdesk.economics.prices import PriceSeries
from minerdesk.errors import InputError, MinerdeskError
from minerdesk.market_prices import Fetch, Kept, kept
from minerdesk.price_files import import_prices, read_price_file
from minerdesk.price_layout import Wanted
from minerdesk.price_preview import Head, head_of
from minerdesk.price_sheet import Watch
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.exchange import fetch_rate
from minerdesk.sources.markets import PLACES
from minerdesk.sources.orders import POWER, RATES
from minerdesk.sources.pieces import Feed
from minerdesk.store.prices import keepable
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.panels.fetch_form import FetchForm
from minerdesk.ui.panels.import_form import ImportForm
from minerdesk.ui.panels.parts import FittingLabel
from minerdesk.ui.tasks import Progress, stop_if
from minerdesk.ui.theme import CAPTION_PX, SPACE_PX

IMPORT = "power import"
_FILES = "Price files (*.csv *.txt *.json);;All files (*)"
_BAR_PX, _WORDS_PX, _SHOW_AFTER_MS, _PARTS = 110, 260, 500, 1_000


class PriceGetter(QObject):
    """Asks for a file, reads it in a job, and hands the prices on.

    Signals
    -------
    got(PriceSeries)
        Prices that a scenario can keep.
    got_rate(Rate)
        A rate of a currency into dollars.
    busy(bool)
        A job begins or is over; while one runs no other is begun from here.
    """

    got = Signal(object)
    got_rate = Signal(object)
    busy = Signal(bool)

    def __init__(self, bridge: Bridge, window: QWidget) -> None:
        super().__init__(window)
        self._bridge, self._window = bridge, window
        self._read: tuple[Path, tuple[str, ...], PriceSeries] | None = None
        self.form: QDialog | None = None
        self.menu = QMenu(window)
        self.menu.setToolTipsVisible(True)
        self._action("&Import a file…", "A file of hourly or finer prices, read by itself", self._choose_file)
        self._action("Import with &columns…", "Any table: choose columns, unit and clock", self._choose_table)
        self._action("&Fetch a market…", "Prices of a zone or hub, over the network", self.ask_market)
        self._stop: threading.Event | None = None
        self.progress = _ProgressLine(self._cancel)
        bridge.network_off.connect(self.stop)

    def _action(self, text: str, hint: str, do: Callable[[], None]) -> None:
        action = self.menu.addAction(text, do)
        action.setToolTip(hint)

    # -- files --------------------------------------------------------------------------------------------------------

    def _choose_file(self) -> None:
        self._choose("Import prices", self.import_file)

    def _choose_table(self) -> None:
        self._choose("Import prices with columns", self.import_table)

    def _choose(self, title: str, then: Callable[[Path], None]) -> None:
        chooser = QFileDialog(self._window, title, "", _FILES)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(lambda path: then(Path(path)))
        chooser.open()

    def import_file(self, path: Path, pick: str = "") -> None:
        """Read a file as a job and show it; one that can't be used is said in the window, and nothing changes.

        `pick` names a column or a location of a file that has several.
        """
        self.run(
            f"Reading {path.name}",
            lambda progress, cancelled: _imported(path, pick, stop_if(cancelled, progress)),
            partial(self._on_imported, path),
            self._say_unread,
        )

    def import_table(self, path: Path) -> None:
        """Ask for the columns of a file, and read it by them."""
        self.run(
            f"Reading {path.name}",
            lambda progress, cancelled: head_of(path),
            partial(self._ask_columns, path),
            self._say_unread,
        )

    def _ask_columns(self, path: Path, head: Head) -> None:
        form = self.form = ImportForm(path, head, self._bridge.tasks, self._window)
        form.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form.chosen.connect(partial(self._read_table, path))
        form.finished.connect(self._forget_form)
        form.open()

    def _forget_form(self) -> None:
        self.form = None

    def _read_table(self, path: Path, wanted: Wanted, unit: str) -> None:
        self.run(
            f"Reading {path.name}",
            lambda progress, cancelled: keepable(
                read_price_file(path, wanted, unit=unit, watch=stop_if(cancelled, progress))
            ),
            self.got.emit,
            self._say_unread,
        )

    def _say_unread(self, error: MinerdeskError) -> None:
        if isinstance(error, InputError):
            error = InputError(error.message, hint=f"The prices are as they were. {error.hint}".rstrip())
        self._bridge.failed.emit(error)

    def read_again(self, pick: str) -> None:
        """Read the file of the prices shown again by another column or location."""
        if self._read is not None and pick:
            self.import_file(self._read[0], pick)

    def parts_of(self, series: PriceSeries | None) -> tuple[str, ...]:
        """Return the columns or locations of the file that a series was read from in this run; nothing otherwise."""
        return self._read[1] if self._read is not None and self._read[2] is series else ()

    def _on_imported(self, path: Path, found: "tuple[PriceSeries, tuple[str, ...]] | Head") -> None:
        if isinstance(found, Head):
            self._ask_columns(path, found)
            return
        self._read = (path, found[1], found[0])
        self.got.emit(found[0])

    # -- the network --------------------------------------------------------------------------------------------------

    def ask_market(self) -> None:
        """Ask which market is to be fetched, once it is known what is kept."""
        folder, now = self._bridge.session.folders.cache, self._bridge.snapshot.now
        self.run("Looking at what is kept", lambda progress, cancelled: kept(folder, now), self._ask_market)

    def _ask_market(self, found: Kept) -> None:
        session, now = self._bridge.session, self._bridge.snapshot.now
        form = self.form = FetchForm(
            found,
            now,
            offline=session.desk.offline,
            on=session.preferences.sources_on,
            order=session.preferences.source_order.get(POWER, ()),
            parent=self._window,
        )
        form.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form.fetch_asked.connect(self.fetch_market)
        form.kept_asked.connect(self.got)
        form.finished.connect(self._forget_form)
        form.open()

    def fetch_market(self, key: str, days: int, first: str = "") -> None:
        """Fetch the prices of a market as a job; a failure is said in the window, and nothing changes."""
        session, now, place = self._bridge.session, self._bridge.snapshot.now, PLACES[key]
        client, folder, on = session.client(), session.folders.cache, session.preferences.sources_on
        order = session.preferences.source_order.get(POWER, ())
        self._stop = stop = threading.Event()

        def work(progress: Progress, cancelled: Callable[[], bool]) -> PriceSeries:
            del cancelled  # the event reaches the socket, a flag would not

            def on_part(share: float, feed: Feed) -> None:
                how_far = words.percent(share, decimals=0)
                progress(share, f"Fetching {place.label}, {PROVIDERS[feed.provider].label}: {how_far}")

            fetch = Fetch(
                client=client,
                folder=folder,
                place=place,
                now=now,
                days=days,
                on=on,
                order=order,
                first=first,
                cancel=stop,
                on_part=on_part,
            )
            return keepable(fetch.run())

        self.run(f"Fetching {place.label}", work, self.got.emit)

    def fetch_rate(self, currency: str) -> None:
        """Fetch the newest rate of a currency as a job; a failure is said in the window, and nothing changes."""
        session, now = self._bridge.session, self._bridge.snapshot.now
        client, order = session.client(), session.preferences.source_order.get(RATES, ())
        self._stop = stop = threading.Event()
        self.run(
            f"Fetching the rate of {currency}",
            lambda progress, cancelled: fetch_rate(client, currency, now=now, order=order, cancel=stop),
            self.got_rate.emit,
        )

    # -- the job ------------------------------------------------------------------------------------------------------

    def run(
        self,
        doing: str,
        work: Callable[[Progress, Callable[[], bool]], Any],
        then: Callable[[Any], None],
        failed: Callable[[MinerdeskError], None] | None = None,
    ) -> None:
        """Run a job, with its progress on the line, and hand its result on; a failure is said in the window."""

        def over() -> None:
            self.progress.end()
            self.busy.emit(False)

        def on_done(result: Any) -> None:
            over()
            then(result)

        def on_failed(error: BaseException) -> None:
            over()
            if not isinstance(error, MinerdeskError):
                raise error
            (failed or self._bridge.failed.emit)(error)

        self.busy.emit(True)
        self.progress.begin(doing)
        self._bridge.tasks.run(IMPORT, work, on_done, on_failed, self.progress.show_progress)

    def stop(self) -> None:
        """End a fetch under way."""
        if self._stop is not None:
            self._stop.set()

    def _cancel(self) -> None:
        self.stop()
        self._bridge.tasks.cancel(IMPORT)
        self.progress.end()
        self.busy.emit(False)


class _ProgressLine(QWidget):
    """What is being done, how far, and Cancel; shown once it takes longer than half a second."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        super().__init__()
        self.doing = FittingLabel(CAPTION_PX, "muted")
        self.doing.setFixedWidth(_WORDS_PX)
        self.doing.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = QProgressBar()
        self.bar.setFixedSize(_BAR_PX, 12)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of getting prices")
        self.cancel = QPushButton("Cancel")
        self.cancel.setFlat(True)
        self.cancel.clicked.connect(cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_PX)
        self.cancel.setFixedWidth(self.cancel.fontMetrics().horizontalAdvance("Cancel") + 3 * SPACE_PX)
        for widget in (self.doing, self.bar, self.cancel):
            layout.addWidget(widget)
        self.setVisible(False)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_SHOW_AFTER_MS)
        self._patience.timeout.connect(self.show)

    def begin(self, doing: str) -> None:
        """Begin to wait."""
        self.doing.set_variants(doing, doing.split(" ", 1)[0])
        self.bar.setRange(0, 0)
        self._patience.start()

    def show_progress(self, fraction: float | None, text: str) -> None:
        """Show how far it is."""
        if text:
            self.doing.set_variants(text)
        self.bar.setRange(0, 0 if fraction is None else _PARTS)
        self.bar.setValue(round((fraction or 0) * _PARTS))

    def end(self) -> None:
        """Hide."""
        self._patience.stop()
        self.hide()


def _imported(path: Path, pick: str, watch: Watch) -> tuple[PriceSeries, tuple[str, ...]] | Head:
    """Read a file by itself; of one that can't be read so, but holds numbers in a table, return its beginning."""
    try:
        series, parts = import_prices(path, pick, watch)
    except InputError:
        if not path.is_file():
            raise
        try:
            head = head_of(path)
        except InputError:
            head = None
        if head is None or not head.numeric:
            raise
        return head
    return keepable(series), parts
