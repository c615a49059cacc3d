"""Pages of charts for files and clipboard, from a Snapshot alone; the window and ``minerdesk chart`` share them."""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from minerdesk import deals_report, fleet_report, words
from minerdesk.economics.case import Case
from minerdesk.economics.schema import FIELDS, Value
from minerdesk.snapshot import Snapshot
from minerdesk.ui import figures, power, theme
from minerdesk.ui.charts import export
from minerdesk.ui.charts.export import Figure, Plate
from minerdesk.ui.charts.model import View
from minerdesk.ui.charts.ruler import paint_ruler
from minerdesk.ui.charts.supply import paint_supply
from minerdesk.ui.deal_figures import deals_ruler
from minerdesk.ui.fleet_figures import supply_curve
from minerdesk.ui.guard import check_binding, prepare_environment
from minerdesk.ui.indifference import Choice, Study, as_of_words, plate
from minerdesk.ui.network_figure import network_chart

TITLES = {
    "compare": "Mining against AI per MWh",
    "network": "The Bitcoin network",
    "waterfall": "From revenue to after capital",
    "deals": deals_report.TITLE,
    "fleet": fleet_report.TITLE,
    "indifference": "Where AI equals mining",
    "power": "Hourly power and the right to stop",
}
PAGE_SIZE = (1_600, 900)


def page(
    snapshot: Snapshot,
    view: str,
    *,
    span: str = "All",
    log: bool = True,
    basis: str = "revenue",
    own_scales: bool = False,
    chosen: View | None = None,
    size: tuple[int, int] = PAGE_SIZE,
    theme_name: str = "light",
) -> Figure:
    """Return a page: ``compare`` (revenue through time, the network under it, the four businesses beside), ``network``
    or ``waterfall`` alone.

    Parameters
    ----------
    span, log
        The named range and the scale; the log scale is for revenue alone, for what is left may be negative.
    chosen
        The very view that is on screen, in place of `span` and `log`.
    """
    if view == "deals":
        return deals_page(snapshot, size=size, theme_name=theme_name)
    if view == "fleet":
        return fleet_page(snapshot, size=size, theme_name=theme_name)
    if view == "power":
        return power_page(snapshot, None, size=size, theme_name=theme_name)
    if view == "network":
        specs, bars = [network_chart(snapshot)], None
    elif view == "waterfall":
        specs, bars = [], figures.business_bars(snapshot)
    else:
        specs = [figures.comparison_chart(snapshot, basis), network_chart(snapshot)]
        bars = figures.business_bars(snapshot)
    use_log = log and view == "compare" and figures.BASES[basis].is_gross
    shown = chosen or View.of(*specs, range_name=span, log=use_log)
    charts = tuple((spec, replace(shown, log=shown.log and spec.name != "network")) for spec in specs)
    return Figure(
        title=TITLES[view],
        sentence=snapshot.verdict.text if view != "network" else "",
        charts=charts,
        bars=bars,
        own_scales=own_scales,
        caption=_page_caption(snapshot),
        theme=theme.THEMES[theme_name],
        width_px=size[0],
        height_px=size[1],
    )


def indifference_page(
    snapshot: Snapshot, choice: Choice, *, size: tuple[int, int] = PAGE_SIZE, theme_name: str = "light"
) -> Figure:
    """Return the page ``indifference``: the solved input as a sentence, the map and the tornado side by side."""
    study = Study.of(Case(inputs=snapshot.inputs, network=snapshot.results.network), choice)
    return Figure(
        title=TITLES["indifference"],
        sentence=study.sentence,
        plates=(plate(study, as_of_words(snapshot)),),
        caption=_page_caption(snapshot),
        theme=theme.THEMES[theme_name],
        width_px=size[0],
        height_px=size[1],
    )


def deals_page(snapshot: Snapshot, *, size: tuple[int, int] = PAGE_SIZE, theme_name: str = "light") -> Figure:
    """Return the page ``deals``: the rents of the signed leases on a ruler, with the site's own among them."""
    spec = deals_ruler(snapshot)
    return Figure(
        title=TITLES["deals"],
        sentence=f"{spec.title}.",
        plates=(Plate(title="", caption=spec.caption, paint=partial(paint_ruler, spec=spec)),),
        caption=_page_caption(snapshot),
        theme=theme.THEMES[theme_name],
        width_px=size[0],
        height_px=size[1],
    )


def fleet_page(snapshot: Snapshot, *, size: tuple[int, int] = PAGE_SIZE, theme_name: str = "light") -> Figure:
    """Return the page ``fleet``: the supply curve of the machine classes against today's power price."""
    spec = supply_curve(snapshot, fleet_report.fleet_of(snapshot))
    return Figure(
        title=TITLES["fleet"],
        sentence=spec.title,
        plates=(Plate(title="", caption=spec.caption, paint=partial(paint_supply, spec=spec)),),
        caption=_page_caption(snapshot),
        theme=theme.THEMES[theme_name],
        width_px=size[0],
        height_px=size[1],
    )


def power_page(
    snapshot: Snapshot, study: power.Study | None, *, size: tuple[int, int] = PAGE_SIZE, theme_name: str = "light"
) -> Figure:
    """Return the page ``power``: a duration curve with mining dispatched on it; without a study the usual market's."""
    market = power.usual_market(snapshot.market_years)
    if study is None and market is not None:
        study = power.Study.of(market, power.Terms.of(snapshot), None)
    return Figure(
        title=TITLES["power"],
        sentence=f"{power.title_of(study)}." if study else "",
        plates=(power.plate(study),),
        caption=_page_caption(snapshot),
        theme=theme.THEMES[theme_name],
        width_px=size[0],
        height_px=size[1],
    )


def _page_caption(snapshot: Snapshot) -> str:
    """Say on what the page stands: the inputs that everyone has, the hashprice, the date."""
    inputs, network = snapshot.inputs, snapshot.results.network
    parts = [
        f"{words.general(inputs.site.capacity_mw)} MW at {words.general(inputs.power.all_in_usd_per_mwh)} $/MWh all-in",
        f"fleet {words.efficiency_j_per_th(inputs.mining.efficiency_j_per_th)} J/TH",
        f"hashprice {words.hashprice(network.hashprice_usd_per_ph_day)} $/PH/day",
        f"GPU {words.figure(inputs.gpu.rate_usd_per_gpu_hour, 2)} $/h at "
        f"{words.percent(inputs.gpu.utilisation_fraction, decimals=0)}",
        f"rent {words.general(inputs.colo.rent_usd_per_kw_month)} $/kW-month",
    ]
    five = {key for key, field in FIELDS.items() if field.featured}
    changed = [
        f"{words.inside_sentence(FIELDS[key].label)} {_value_words(value)} {FIELDS[key].unit}".rstrip()
        for key, value in snapshot.values.items()
        if value != FIELDS[key].default and key not in five
    ]
    if changed:
        parts.append(f"changed besides: {', '.join(changed)}")
    replay = " (replayed)" if snapshot.replaying else ""
    return f"Inputs: {', '.join(parts)}. Made with minerdesk as of {words.day_and_time(snapshot.now)} UTC{replay}."


def _value_words(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.NOTHING if value is None else f"{value:,.10g}".replace(",", words.THIN)


def write_page(figure: Figure, out: Path, *, scale: int = 1) -> None:
    """Write a page in the format that the file's ending names. Raises ExportError or StoreError."""
    kind = out.suffix.lower().lstrip(".")
    if kind == "png":
        export.write_png(figure, out, scale)
    elif kind == "svg":
        export.write_svg(figure, out)
    else:
        export.write_pdf(figure, out)


def write_chart(snapshot: Snapshot, out: Path, *, view: str, span: str, size: tuple[int, int], theme: str) -> None:
    """Draw one page to a file, with no screen needed: the renderer of ``minerdesk chart``."""
    check_binding()
    application = offscreen_application()
    write_page(page(snapshot, view, span=span, size=size, theme_name=theme), out)
    del application


def offscreen_application() -> QGuiApplication:
    """Return the running application, or one that needs no screen."""
    running = QGuiApplication.instance()
    if isinstance(running, QGuiApplication):
        return running
    prepare_environment(screen=False)
    return QGuiApplication(sys.argv[:1])
