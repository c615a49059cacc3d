"""One pass through the whole program, for a packager: open, paint, evaluate, export every format, close. No request."""

import os
import sys
import tempfile
import traceback
import zoneinfo
from pathlib import Path

from PySide6.QtWidgets import QApplication

from minerdesk.economics.results import Business
from minerdesk.session import open_session
from minerdesk.ui import app as desktop_app
from minerdesk.ui.guard import check_binding
from minerdesk.ui.render import PAGES
from minerdesk.ui.windows.export import PICTURES, SIZES, TABLES, ExportOrder
from minerdesk.ui.windows.exporting import job_of

HASHPRICE, REFERENCE_USD_PER_MWH = 39.53, 89.189


def run() -> int:
    """Return 0 if everything worked, else 1 with the reason on stderr."""
    with tempfile.TemporaryDirectory(prefix="minerdesk-self-test-") as folder:
        kept = os.environ.get("MINERDESK_HOME")
        os.environ["MINERDESK_HOME"] = folder
        try:
            _pass(Path(folder) / "exports")
        except Exception:  # noqa: BLE001 - whatever fails is the answer
            sys.stderr.write(f"self-test failed\n{traceback.format_exc()}")
            return 1
        finally:
            if kept is None:
                del os.environ["MINERDESK_HOME"]
            else:
                os.environ["MINERDESK_HOME"] = kept
    return 0


def _pass(folder: Path) -> None:
    check_binding()
    app = desktop_app.application()
    desktop = desktop_app.build(open_session(offline=True), app)
    try:
        desktop.window.resize(1_280, 800)
        desktop.window.render_snapshot(desktop.bridge.snapshot)
        desktop.window.show()
        app.processEvents()
        _require(not desktop.window.grab().isNull(), "the window was not painted")
        _evaluate(desktop)
        _know_zones()
        _export(desktop, folder, app)
        _require(not desktop.session.connection.client_was_made, "a request was prepared")
    finally:
        desktop.window.hide()
        desktop.close()
        app.processEvents()


def _evaluate(desktop: desktop_app.Desktop) -> None:
    desktop.bridge.edit("network.hashprice_usd_per_ph_day", HASHPRICE)
    mined = desktop.bridge.snapshot.results.businesses[Business.MINING]
    _require(abs(mined.revenue_usd_per_mwh - REFERENCE_USD_PER_MWH) < 0.001, "the reference case is off")


def _know_zones() -> None:
    """Find a time zone without those of the system, which a bare one lacks."""
    zoneinfo.reset_tzpath(to=())
    try:
        zoneinfo.ZoneInfo.no_cache("America/Chicago")
    finally:
        zoneinfo.reset_tzpath()


def _export(desktop: desktop_app.Desktop, folder: Path, app: QApplication) -> None:
    folder.mkdir()
    orders = [("compare", kind) for kind in PICTURES] + [("network", kind) for kind in PICTURES]
    orders += [("waterfall", kind) for kind in PICTURES] + [("data", kind) for kind in TABLES]
    orders += [(page, "svg") for page in PAGES if page not in ("compare", "network", "waterfall")]
    for page, kind in orders:
        out = folder / f"{page}.{kind}"
        size = next(iter(SIZES.values()))
        desktop.window.exports.write(ExportOrder(page=page, kind=kind, scale=1, size=size, dark=False, out=out))
        while desktop.tasks.is_running(job_of(out)):
            app.processEvents()
        _require(out.exists() and out.stat().st_size > 500, f"{out.name} was not written")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(what)
