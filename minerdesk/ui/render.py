"""Pages of charts for files and clipboard, from a Snapshot alone; the window and ``minerdesk chart`` share them."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PySide6.QtGui import QGuiApplication

from minerdesk import deals_report, fleet_report, watch_report, words
from minerdesk.economics.case import Case
from minerdesk.economics.field import DESK, Field, Value
from minerdesk.economics.schema import FIELDS
from minerdesk.economics.watch_declarations import PAGE as WATCH_PAGE
from minerdesk.network_report import network_view
from minerdesk.risk_report import TITLE, outcome_of
from minerdesk.snapshot import Snapshot
from minerdesk.ui import figures, plan, plan_results, power, power_hours, power_study, risk, theme
from minerdesk.ui.charts import export
from minerdesk.ui.charts.export import Figure, Plate
from minerdesk.ui.charts.model import BarsSpec, ChartSpec, View
from minerdesk.ui.charts.ruler import paint_ruler
from minerdesk.ui.charts.strips import paint_strips
from minerdesk.ui.charts.supply import paint_supply
from minerdesk.ui.deal_figures import deals_ruler
from minerdesk.ui.deck.frame import Deck
from minerdesk.ui.deck.registry import DECK as DECK_CHARTS
from minerdesk.ui.deck.registry import FIRST as FIRST_CHARTS
from minerdesk.ui.fleet_figures import supply_curve
from minerdesk.ui.guard import check_binding, prepare_environment
from minerdesk.ui.indifference import Choice, Study, as_of_words, plate
from minerdesk.ui.network_figure import network_chart
from minerdesk.ui.watch_figures import Watcher, strips

PAGE_SIZE = (1_600, 900)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What stands on a page between its title and its caption; the parts are those of a `Figure`."""

    sentence: str = ""
    charts: tuple[tuple[ChartSpec, View], ...] = ()
    bars: BarsSpec | None = None
    own_scales: bool = False
    plates: tuple[Plate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PageKind:
    """The declaration of one page for files and clipboard.

    Attributes
    ----------
    title, label
        Its heading, and what a list of pages calls it.
    tab
        The tab of the window that shows the same. Its panel's ``shown(name)`` is handed to `build`.
    build
        Makes the content from a snapshot and what is shown; None is what a window just opened would show.
    forms
        Whose inputs the caption tells where they are not the defaults; see `Field.page`.
    """

    title: str
    label: str
    tab: str
    build: Callable[[Snapshot, Any], Content]
    forms: tuple[str, ...] = (DESK,)


@dataclass(frozen=True, kw_only=True)
class ChartsShown:
    """How the desk's charts are shown: the named range or the very view on screen, scale and basis.

    The log scale is for revenue alone, for what is left may be negative.
    """

    span: str = "All"
    log: bool = True
    basis: str = "revenue"
    own_scales: bool = False
    view: View | None = None


@dataclass(frozen=True, kw_only=True)
class DeckShown:
    """What the network's page shows: the day that is replayed, None for now, and its charts with their views."""

    as_of: date | None = None
    charts: tuple[tuple[str, View], ...] = ()
    span: str = "3Y"


def page(
    snapshot: Snapshot,
    name: str,
    shown: object = None,
    *,
    size: tuple[int, int] = PAGE_SIZE,
    theme_name: str = "light",
) -> Figure:
    """Return the page `name` of `PAGES` as `shown` on screen; None is what a window just opened would show.

    Raises
    ------
    KeyError
        There is no such page.
    """
    kind = PAGES[name]
    content = kind.build(snapshot, shown)
    return Figure(
        title=kind.title,
        sentence=content.sentence,
        charts=content.charts,
        bars=content.bars,
        own_scales=content.own_scales,
        plates=content.plates,
        caption=_page_caption(snapshot, kind.forms),
        theme=theme.THEMES[theme_name],
        width_px=size[0],
        height_px=size[1],
    )


def _charts(snapshot: Snapshot, specs: list[ChartSpec], shown: ChartsShown) -> tuple[tuple[ChartSpec, View], ...]:
    use_log = shown.log and specs[0].name != "network" and figures.BASES[shown.basis].is_gross
    view = shown.view or View.of(*specs, range_name=shown.span, log=use_log)
    return tuple((spec, replace(view, log=view.log and spec.name != "network")) for spec in specs)


def _compare(snapshot: Snapshot, shown: ChartsShown | None) -> Content:
    """Return revenue through time, the network under it, the four businesses beside."""
    shown = shown or ChartsShown()
    specs = [figures.comparison_chart(snapshot, shown.basis), network_chart(snapshot)]
    return Content(
        sentence=snapshot.verdict.text,
        charts=_charts(snapshot, specs, shown),
        bars=figures.business_bars(snapshot),
        own_scales=shown.own_scales,
    )


def _network(snapshot: Snapshot, shown: ChartsShown | None) -> Content:
    return Content(charts=_charts(snapshot, [network_chart(snapshot)], shown or ChartsShown()))


def _waterfall(snapshot: Snapshot, shown: ChartsShown | None) -> Content:
    return Content(
        sentence=snapshot.verdict.text,
        bars=figures.business_bars(snapshot),
        own_scales=(shown or ChartsShown()).own_scales,
    )


def _indifference(snapshot: Snapshot, shown: Choice | None) -> Content:
    """Return the solved input as a sentence, the map and the tornado side by side."""
    case = Case(inputs=snapshot.inputs, network=snapshot.results.network)
    study = Study.of(case, shown or Choice.read({}))
    return Content(sentence=study.sentence, plates=(plate(study, as_of_words(snapshot)),))


def _deals(snapshot: Snapshot, shown: None) -> Content:
    """Return the rents of the signed leases on a ruler, with the site's own among them."""
    del shown
    spec = deals_ruler(snapshot)
    return Content(
        sentence=f"{spec.title}.",
        plates=(Plate(title="", caption=spec.caption, paint=partial(paint_ruler, spec=spec)),),
    )


def _fleet(snapshot: Snapshot, shown: None) -> Content:
    """Return the supply curve of the machine classes against today's power price."""
    del shown
    spec = supply_curve(snapshot, fleet_report.fleet_of(snapshot))
    return Content(
        sentence=spec.title,
        plates=(Plate(title="", caption=spec.caption, paint=partial(paint_supply, spec=spec)),),
    )


def _watch(snapshot: Snapshot, shown: str | None) -> Content:
    """Return the history of the watch-list's rules over the range that is shown."""
    spec = strips(Watcher().watched(snapshot), span=shown or "3Y")
    return Content(
        sentence=spec.title,
        plates=(Plate(title="", caption=spec.caption, paint=partial(paint_strips, spec=spec)),),
    )


def _power(snapshot: Snapshot, shown: power_study.Study | None) -> Content:
    """Return a duration curve with mining dispatched on it; without a study the scenario's market's."""
    shown = shown or _power_study(snapshot)
    return Content(sentence=f"{power.title_of(shown)}." if shown else "", plates=(power.plate(shown),))


def _power_hours(snapshot: Snapshot, shown: power_study.Study | None) -> Content:
    """Return mean price and standstill by hour and month, one above the other."""
    shown = shown or _power_study(snapshot)
    return Content(sentence=f"{power.title_of(shown)}." if shown else "", plates=power_hours.plates(shown))


def _power_study(snapshot: Snapshot) -> power_study.Study | None:
    market = power_study.market_of(snapshot)
    if market is None:
        return None
    return power_study.Study.of(market, power_study.Terms.of(snapshot), snapshot.power.usd_per.get(market.currency))


def _deck(snapshot: Snapshot, shown: DeckShown | None) -> Content:
    """Return the charts of the network's page as of the moment that they show."""
    shown = shown or DeckShown()
    deck = Deck(snapshot=snapshot, view=network_view(snapshot, shown.as_of))
    if shown.charts:
        return Content(charts=tuple((DECK_CHARTS[name].build(deck), view) for name, view in shown.charts))
    built = [(DECK_CHARTS[name], DECK_CHARTS[name].build(deck)) for name in FIRST_CHARTS]
    view = View.of(*(spec for _, spec in built), range_name=shown.span)
    return Content(charts=tuple((spec, replace(view, log=entry.log)) for entry, spec in built))


def _plan(snapshot: Snapshot, shown: tuple[plan.Study, plan.Shown] | None) -> Content:
    """Return what each strategy comes to, the running cash, and the phases of the chosen one."""
    study, choices = shown or (plan.study_of(snapshot), plan.Shown())
    return Content(sentence=plan.headline(study, choices.strategy), plates=(plan_results.plate(study, choices),))


def _risk(snapshot: Snapshot, shown: risk.Shown | None) -> Content:
    """Return the Monte Carlo over the plan: the run on screen, else a quick look with the same seed."""
    shown = shown or risk.Shown()
    outcome = outcome_of(snapshot, shown.outcome)
    return Content(sentence=risk.page_sentence(outcome), plates=risk.plates(outcome, own_scales=shown.own_scales))


#: Every page by name, in the order of lists.
PAGES: Mapping[str, PageKind] = MappingProxyType(
    {
        "compare": PageKind(
            title="Mining against AI per MWh",
            label="Comparison: chart, four businesses, sentence",
            tab="desk",
            build=_compare,
        ),
        "network": PageKind(title="The Bitcoin network", label="Network hash rate", tab="desk", build=_network),
        "waterfall": PageKind(
            title="From revenue to after capital",
            label="Four businesses, from revenue to after capital",
            tab="desk",
            build=_waterfall,
        ),
        "fleet": PageKind(
            title=fleet_report.TITLE, label="Fleet: supply curve of its machine classes", tab="fleet", build=_fleet
        ),
        "indifference": PageKind(
            title="Where AI equals mining",
            label="Indifference: where AI equals mining, map and tornado",
            tab="indifference",
            build=_indifference,
        ),
        "deals": PageKind(
            title=deals_report.TITLE,
            label="Deals: signed leases and your rent among them",
            tab="deals",
            build=_deals,
        ),
        "plan": PageKind(
            title="The conversion, phase by phase",
            label="Plan: results, cumulative cash, phases",
            tab="plan",
            build=_plan,
            forms=(DESK, "plan"),
        ),
        "power": PageKind(
            title="Hourly power and the right to stop",
            label="Power: duration curve and the value of being able to stop",
            tab="power",
            build=_power,
            forms=(DESK, "power"),
        ),
        "power_hours": PageKind(
            title="Power prices by hour and month",
            label="Power: prices and standstill by hour and month",
            tab="power",
            build=_power_hours,
            forms=(DESK, "power"),
        ),
        "risk": PageKind(
            title=TITLE,
            label="Risk: fans of cash, spread of NPV, convergence",
            tab="risk",
            build=_risk,
            forms=(DESK, "plan", "risk"),
        ),
        "deck": PageKind(
            title="The network and its miners",
            label="Network: the two charts that are shown",
            tab="deck",
            build=_deck,
            forms=(DESK, "deck"),
        ),
        "watch": PageKind(
            title=watch_report.TITLE,
            label="Watch: rules on network and market through time",
            tab="watch",
            build=_watch,
            forms=(WATCH_PAGE,),
        ),
    }
)


def _page_caption(snapshot: Snapshot, forms: tuple[str, ...]) -> str:
    """Say on what the page stands: the inputs that everyone has, what else is changed, the hashprice, the date."""
    inputs, network = snapshot.inputs, snapshot.results.network
    parts = [
        f"{words.exact(inputs.site.capacity_mw)} MW at {words.general(inputs.power.all_in_usd_per_mwh)} $/MWh all-in",
        f"fleet {words.efficiency_j_per_th(inputs.mining.efficiency_j_per_th)} J/TH",
        f"hashprice {words.hashprice(network.hashprice_usd_per_ph_day)} $/PH/day",
        f"GPU {words.figure(inputs.gpu.rate_usd_per_gpu_hour, 2)} $/GPU-h at "
        f"{words.percent(inputs.gpu.utilisation_fraction, decimals=0)}",
        f"rent {words.general(inputs.colo.rent_usd_per_kw_month)} $/kW-month",
    ]
    five = {key for key, field in FIELDS.items() if field.featured and field.page == DESK}
    changed = [
        f"{words.inside_sentence(FIELDS[key].label)} {_value_words(FIELDS[key], value)} {FIELDS[key].unit}".rstrip()
        for key, value in snapshot.values.items()
        if value != FIELDS[key].default and key not in five and FIELDS[key].page in forms
    ]
    if changed:
        parts.append(f"changed besides: {', '.join(changed)}")
    replay = " (replayed)" if snapshot.replaying else ""
    return f"Inputs: {', '.join(parts)}. Made with minerdesk as of {words.day_and_time(snapshot.now)} UTC{replay}."


def _value_words(field: Field, value: Value) -> str:
    if isinstance(value, str):
        chosen = field.choice(value)
        return words.inside_sentence(chosen.label) if chosen else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.NOTHING if value is None else words.exact(value)


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
    shown = ChartsShown(span=span) if PAGES[view].tab == DESK else None
    write_page(page(snapshot, view, shown, size=size, theme_name=theme), out)
    del application


def offscreen_application() -> QGuiApplication:
    """Return the running application, or one that needs no screen."""
    running = QGuiApplication.instance()
    if isinstance(running, QGuiApplication):
        return running
    prepare_environment(screen=False)
    return QGuiApplication(sys.argv[:1])
