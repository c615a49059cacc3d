"""The duration curve as the window shows it: its lines, its facts, and the words about them."""

from functools import partial

import numpy as np

from minerdesk import words
from minerdesk.economics.contracts import Kind
from minerdesk.economics.dispatch import Dispatch
from minerdesk.economics.loads import Load
from minerdesk.economics.prices import OWN
from minerdesk.economics.site_dispatch import SiteDispatch
from minerdesk.power_report import contract_label
from minerdesk.ui.charts.duration import DurationSpec, Fact, PriceLine, paint_duration
from minerdesk.ui.charts.export import Plate
from minerdesk.ui.charts.model import Cell
from minerdesk.ui.power_study import Study

#: So many classes are named on the curve; the table has them all.
MOST_NAMED = 8
_NO_MARKET = "No market year is over at this date. Import a file of prices."


def title_of(study: Study) -> str:
    """Say in a sentence what the right to stop is worth, or why that is not known."""
    found, market, site = study.found, study.market, study.site
    if found is not None and site is not None:
        where = f"at {market.label}"
        if site.kind is not Kind.INDEX:
            where += f", {words.inside_sentence(contract_label(site.kind))}"
        return (
            f"Being able to stop is worth {_money(found.option_value_usd_per_mwh)} per MWh of capacity "
            f"{where}: mining runs {words.percent(found.uptime_fraction)} of the hours"
        )
    if study.usd_per_unit is None:
        return f"{market.label}: prices in {market.currency}. Type a rate into dollars to dispatch mining on them"
    return f"{market.label}: no hashprice is known, so there is no breakeven. Type one under Network"


def duration_spec(study: Study | None) -> DurationSpec:
    """Return the curve of a study with its lines and facts; without one it is empty."""
    nothing = np.empty(0)
    if study is None:
        return DurationSpec(title="Power prices", shares=nothing, prices=nothing, empty_text=_NO_MARKET)
    facts = _facts(study)
    lines, told = _lines(study)
    title = title_of(study)
    return DurationSpec(
        title=title,
        caption=" ".join([*told, study.market.source, *rate_words(study)]),
        summary=f"{title}. " + " ".join(f"{fact.label}: {fact.value}. {fact.note}".strip() for fact in facts),
        unit=study.unit,
        shares=study.shares,
        prices=study.curve,
        behind=study.market_curve,
        stop_at=study.stop_at_usd_per_mwh,
        lines=tuple(lines),
        facts=facts,
    )


def _lines(study: Study) -> tuple[list[PriceLine], list[str]]:
    """Return the prices across the curve, and what the caption has to say of them."""
    site = study.site
    if site is None:
        return [], []
    all_in = study.terms.inputs.power.all_in_usd_per_mwh
    lines = [PriceLine(label=f"your all-in price {words.general(all_in)}", value=all_in, role="muted")]
    loads = [load for load in site.loads if load.own_price_usd_per_mwh is None]
    told = []
    if study.stop_at_usd_per_mwh is not None:
        one = len(loads) == 1
        mean = words.general(study.stop_at_usd_per_mwh)
        label = f"mining stops above {mean}" if one else f"fleet’s mean breakeven {mean}"
        lines.append(PriceLine(label=label, value=study.stop_at_usd_per_mwh, role="mining"))
        told.append(
            f"Tinted above the {'' if one else 'mean '}breakeven: what stopping avoids; below it: what mining keeps "
            "after power."
        )
        if not one:
            lines += [
                PriceLine(
                    label=f"{load.model:.28} {words.general(load.stop_at_usd_per_mwh)}",
                    value=load.stop_at_usd_per_mwh,
                    role="mining",
                    thin=True,
                )
                for load in _named(loads)
            ]
            told += _class_words(site, loads)
    if study.market_curve is not None:
        told.append("Thin: the market’s prices, of no account under this contract.")
    found = study.found
    if found is not None and (found.demand_usd_per_mw or found.credits_usd_per_mw or site.firm.demand_usd_per_mw):
        told.append("Demand charges and credits stop mining too; they are in the figures, not in the curve.")
    told += _order_words(study)
    return lines, told


def _named(loads: list[Load]) -> list[Load]:
    """Return the classes that are named on the curve: at most eight, evenly through the merit order."""
    if len(loads) <= MOST_NAMED:
        return loads
    return [loads[round(place)] for place in np.linspace(0, len(loads) - 1, MOST_NAMED)]


def _class_words(site: SiteDispatch, loads: list[Load]) -> list[str]:
    told = []
    more = sum(load.classes for load in loads) - sum(load.classes for load in _named(loads))
    if more:
        told.append(f"{more:,} more classes between.")
    own = sum(load.classes for load in site.loads) - sum(load.classes for load in loads)
    if own:
        told.append(f"{own:,} {'class pays its' if own == 1 else 'classes pay their'} own price, whatever this one is.")
    return told


def _order_words(study: Study) -> list[str]:
    """Say which inputs have no effect on prices that come without the order of time."""
    inputs, site = study.terms.inputs, study.site
    if site is None or study.market.key == OWN:
        return []
    named = [] if inputs.stopping.is_free else ["least times and ramp"]
    if inputs.firm.notice_hours and inputs.firm.interruptible_hours_a_year:
        named.append("notice")
    if not named:
        return []
    return [f"A duration curve has no order of time: {' and '.join(named)} have no effect here."]


def rate_words(study: Study) -> list[str]:
    """Say at which rate prices of another currency were converted; nothing of dollars."""
    market = study.market
    if market.currency == "USD" or study.usd_per_unit is None:
        return []
    if market.rate_note:
        return [f"Converted at {study.usd_per_unit:g} $ per {market.currency} ({market.rate_note})."]
    return [f"Converted at your {study.usd_per_unit:g} $ per {market.currency}."]


def _facts(study: Study) -> tuple[Fact, ...]:
    found, site = study.found, study.site
    if found is None or site is None:
        return ()
    pays, earns = found.cost_usd_per_mwh_taken, found.revenue_usd_per_mwh_taken
    taken = None if pays is None or earns is None else earns - pays
    facts = [
        Fact(
            label="Option value of interruptibility",
            value=f"{_money(found.option_value_usd_per_mwh)}/MWh",
            note=f"of capacity: {words.money(found.option_value_usd_per_mw)} per MW over {_hours(found.hours)}",
        ),
        Fact(
            label="Mining runs",
            value=f"{_hours(found.run_hours)}, {words.percent(found.uptime_fraction)}",
            note=_runs_note(site),
        ),
        Fact(
            label="Per MWh taken",
            value="nothing taken" if taken is None else f"{_money(taken)} after power",
            note="" if pays is None or earns is None else f"earns {_money(earns)}, pays {_money(pays)}",
        ),
        Fact(
            label="Per MWh of capacity",
            value=f"{_money(found.optimal_usd_per_mwh)} after power",
            note=f"earns {_money(found.revenue_usd_per_mw / found.hours)}, "
            f"pays {_money(found.cost_usd_per_mw / found.hours)}; {_money(found.always_on_usd_per_mwh)} when always on",
        ),
        _contract_fact(study, site),
    ]
    return (*facts, *_besides(study, found, site))


def _runs_note(site: SiteDispatch) -> str:
    """Say up to which price, or of several classes how differently they run."""
    if len(site.loads) == 1:
        return f"while power costs at most {words.with_unit(words.general(site.loads[0].stop_at_usd_per_mwh), '$/MWh')}"
    shares = [found.uptime_fraction for found in site.found]
    least, most = int(np.argmin(shares)), int(np.argmax(shares))
    return (
        f"{words.percent(shares[most], decimals=0)} of {site.loads[most].model:.24}, "
        f"{words.percent(shares[least], decimals=0)} of {site.loads[least].model:.24}"
    )


def _contract_fact(study: Study, site: SiteDispatch) -> Fact:
    """Say what the contract costs mining and firm AI, beside the one price that the desk compares both at."""
    mining = site.on_contract.cost_usd_per_mwh_taken if site.on_contract else None
    ai = f"{_money(site.firm.cost_usd_per_mwh)} AI"
    all_in = study.terms.inputs.power.all_in_usd_per_mwh
    but = " but its pauses" if site.firm.pause.hours else ""
    return Fact(
        label=f"A MWh costs, {words.inside_sentence(contract_label(site.kind))}",
        value=f"{ai}, mining takes none" if mining is None else f"{_money(mining)} mining, {ai}",
        note=f"firm AI takes every hour{but}; the desk compares both at {_money(all_in)}",
    )


def _besides(study: Study, found: Dispatch, site: SiteDispatch) -> list[Fact]:
    """Return what is there only if it was typed: credits, demand charges, ramps, pauses."""
    facts = []
    if found.credits_usd_per_mw:
        facts.append(
            Fact(
                label="Credits for stopping",
                value=f"{_money(found.credits_usd_per_mw / found.hours)} /MWh of capacity",
                note="lost where firm AI takes mining’s place",
            )
        )
    if found.demand_usd_per_mw or site.firm.demand_usd_per_mw:
        facts.append(
            Fact(
                label="Demand charge",
                value=f"{_money(found.demand_usd_per_mw / found.hours)} /MWh of capacity",
                note=f"{_money(site.firm.demand_usd_per_mw / found.hours)} of firm AI",
            )
        )
    if found.starts:
        facts.append(
            Fact(
                label="Starts",
                value=words.figure(found.starts, 0),
                note=f"ramps leave {_money(found.unearned_usd_per_mw / found.hours)} /MWh of capacity unearned",
            )
        )
    if study.terms.inputs.firm.interruptible_hours_a_year:
        pause = site.firm.pause
        facts.append(
            Fact(
                label="Firm AI pauses",
                value=f"{_hours(pause.hours)}",
                note=f"gains {words.money(pause.gain_usd_per_mw)} per MW, revenue lost and penalty taken off",
            )
        )
    return facts


def _money(value: float) -> str:
    return f"{words.MINUS if value < 0 else ''}${words.figure(abs(value), 2)}"


def _hours(hours: float) -> str:
    return words.with_unit(words.figure(hours, 0 if hours >= 100 or not hours else 2), "h")


def place_words(study: Study, share: float) -> str:
    """Say what lies at a share of the hours, the dearest first."""
    spec = duration_spec(study)
    price = float(spec.prices[spec.place(share)])
    does = _does(study, price)
    return f"{words.percent(share)} of the hours cost more than {words.general(price)} {study.unit}{does}"


def _running(study: Study, price: float) -> tuple[list[Load], tuple[Load, ...]]:
    """Return which loads a price lets run, if they stop and start at will, and all of them."""
    loads = study.site.loads if study.site is not None else ()
    paid = ((load, price if load.own_price_usd_per_mwh is None else load.own_price_usd_per_mwh) for load in loads)
    return [load for load, costs in paid if costs <= load.stop_at_usd_per_mwh], loads


def _does(study: Study, price: float) -> str:
    """Say what mining does at a price; of several classes how many run."""
    running, loads = _running(study, price)
    if len(loads) < 2:
        return "" if not loads else ": mining runs" if running else ": mining stands still"
    mw, all_mw = (words.general(sum(load.mw for load in some)) for some in (running, loads))
    return f": {len(running)} of {len(loads)} classes run, {mw} of {all_mw} MW"


def _does_cell(study: Study, price: float) -> str:
    running, loads = _running(study, price)
    if len(loads) < 2:
        return words.NOTHING if not loads else "runs" if running else "stopped"
    return f"{len(running)} of {len(loads)} classes"


def curve_table(study: Study) -> tuple[list[str], list[list[Cell]]]:
    """Return the curve as rows, the dearest first: share of the hours so far, price, and whether mining runs."""
    rows: list[list[Cell]] = [
        [float(share) * 100, float(price), _does_cell(study, float(price))]
        for share, price in zip(study.shares, study.curve, strict=True)
    ]
    return ["Hours so far (%)", f"Price ({study.unit})", "Mining"], rows


def plate(study: Study | None) -> Plate:
    """Return the curve as a picture of a page."""
    spec = duration_spec(study)
    return Plate(title="", caption=spec.caption, paint=partial(paint_duration, spec=spec))
