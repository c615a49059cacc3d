"""Exports of the window: what is ordered in the dialog is drawn, written in a job, and said."""

from datetime import date
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from minerdesk.errors import MinerdeskError
from minerdesk.report import RISK, table_bytes
from minerdesk.store.atomic import write_bytes
from minerdesk.ui import render, risk
from minerdesk.ui.bridge import Bridge
from minerdesk.ui.charts import export as charts_export
from minerdesk.ui.document import Document
from minerdesk.ui.notices import Notices
from minerdesk.ui.panels.pages import Pages
from minerdesk.ui.windows.export import DATA, TABLES, ExportDialog, ExportOrder


def job_of(out: Path) -> str:
    """Return the key of the job that writes a file: another export must not take the place of one that waits."""
    return f"export {out}"


class Exports(QObject):
    """Writes pages and data; `told(str)` says where, a failure becomes a notice and changes nothing."""

    told = Signal(str)

    def __init__(self, window: QWidget, bridge: Bridge, document: Document, notices: Notices, pages: Pages) -> None:
        super().__init__(window)
        self._window, self._bridge, self._document = window, bridge, document
        self._notices, self._pages = notices, pages

    def ask(self, page: str) -> None:
        """Open the dialog for a page."""
        dialog = ExportDialog(page, self._document.name, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.ordered.connect(self.write)
        dialog.open()

    def write(self, order: ExportOrder) -> None:
        """Write what is on the desk as ordered, and say where; a failure is said and changes nothing."""
        if order.kind in TABLES:
            snapshot, part = self._bridge.snapshot, None if order.page == DATA else order.page
            as_of = None if part is None else self._replayed(part)
            shown = self._pages.shown(RISK)
            run = shown.outcome if isinstance(shown, risk.Shown) else None
            self._bridge.tasks.run(
                job_of(order.out),
                lambda progress, cancelled: write_bytes(order.out, table_bytes(snapshot, order.kind, part, as_of, run)),
                lambda _: self._exported(order.out),
                self._export_failed,
            )
            return
        try:
            figure = self._page(order.page, order.size, dark=order.dark)
            # A large picture takes half a second to paint and pack, and may be painted in a job; the others may not.
            data = None if order.kind == "png" else charts_export.render(figure, order.kind)
        except MinerdeskError as error:
            self._notices.post_error(error, key="export")
            return

        def write(progress: object, cancelled: object) -> None:
            del progress, cancelled
            write_bytes(order.out, data or charts_export.render(figure, order.kind, scale=order.scale))

        self._bridge.tasks.run(job_of(order.out), write, lambda _: self._exported(order.out), self._export_failed)

    def _replayed(self, page: str) -> date | None:
        """Return the past day that a page shows, None where it shows now."""
        shown = self._pages.page(render.PAGES[page].tab).shown(page)
        return shown.as_of if isinstance(shown, render.DeckShown) else None

    def _exported(self, out: Path) -> None:
        self._notices.withdraw("export")
        self.told.emit(f"Written: {out}")

    def _export_failed(self, error: BaseException) -> None:
        if not isinstance(error, MinerdeskError):
            raise error
        self._notices.post_error(error, key="export")

    def copy(self, page: str) -> None:
        """Put a page on the clipboard as a picture and as SVG."""
        charts_export.copy_to_clipboard(self._page(page, render.PAGE_SIZE, dark=False))
        self.told.emit("Copied to the clipboard")

    def _page(self, page: str, size: tuple[int, int], *, dark: bool) -> charts_export.Figure:
        """Return a page that shows what the screen shows: same basis, span, scales and choices."""
        shown = self._pages.page(render.PAGES[page].tab).shown(page)
        return render.page(self._bridge.snapshot, page, shown, size=size, theme_name="dark" if dark else "light")
