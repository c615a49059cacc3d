"""The command dispatch: the site's machine classes on interval prices, and what their right to stop is worth."""

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from minerdesk import words
from minerdesk.cli.judge import figure, judge, moment_words, print_json, say
from minerdesk.cli.markets import add_days, fetched_market, is_market, newest_rate
from minerdesk.cli.options import SUCCESS, add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.economics.contracts import Kind
from minerdesk.economics.dispatch import Dispatch
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.loads import Load
from minerdesk.economics.prices import PriceSeries, rows_words
from minerdesk.economics.site_dispatch import SiteDispatch, compare_contracts, dispatch_site
from minerdesk.errors import InputError, Problem, Severity
from minerdesk.power_report import (
    UNORDERED,
    Site,
    class_objects,
    contract_label,
    contract_object,
    contract_rows,
    span_of,
    usual_year,
    year_span,
)
from minerdesk.price_files import UNITS, Wanted, read_price_file
from minerdesk.report import problem_object
from minerdesk.snapshot import Snapshot

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    command = commands.add_parser(
        "dispatch", help="run mining on hourly (or finer) prices: run hours, and the value of being able to stop"
    )
    command.add_argument(
        "--prices",
        type=Path,
        metavar="CSV",
        help="a file of interval prices; else the scenario's own; else a bundled year",
    )
    command.add_argument(
        "--market",
        default="",
        metavar="NAME",
        help="a market to fetch (see “minerdesk markets list”; offline as it is kept), or a bundled year by its key",
    )
    add_days(command)
    command.add_argument("--price-column", default="", metavar="NAME", help="the column of prices")
    command.add_argument("--time-column", default="", metavar="NAME", help="the column of the intervals' starts")
    command.add_argument("--location", default="", metavar="NAME", help="the settlement point or region")
    command.add_argument("--zone", default="", metavar="ZONE", help="the clock of times without one, Europe/Berlin")
    command.add_argument("--unit", default="", choices=("", *UNITS), metavar="UNIT", help=f"one of {', '.join(UNITS)}")
    command.add_argument(
        "--rate", type=_positive, metavar="USD", help="US dollars per unit of the file's currency (1.16 for EUR)"
    )
    command.add_argument(
        "--breakeven",
        type=_finite,
        metavar="USD",
        help="$/MWh of energy at which mining stops, as one load; else each class of the fleet has its own",
    )
    command.add_argument(
        "--block",
        type=_finite,
        metavar="USD",
        help="a fixed block at this $/MWh that may be sold back at the prices, whatever the scenario's contract is",
    )
    command.add_argument(
        "--firm-hours",
        type=_positive,
        metavar="HOURS",
        help="hours a year in which a firm AI load may pause; else firm.interruptible_hours_a_year",
    )
    command.add_argument(
        "--firm-revenue",
        type=_finite,
        metavar="USD",
        help="what that load loses while it pauses, $/MWh at the meter; else that of firm.business",
    )
    command.add_argument(
        "--firm-penalty",
        type=_finite,
        metavar="USD",
        help="what a pause costs besides, $/MWh; else firm.penalty_usd_per_mwh",
    )
    add_file(command)
    add_set(command)
    add_offline(command)
    add_base_url(command)
    add_json(command)
    command.set_defaults(run=_run_dispatch)


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"“{text}” is not a number")
    return value


def _positive(text: str) -> float:
    value = _finite(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"“{text}” must be more than 0")
    return value


def _run_dispatch(options: argparse.Namespace, front: Front) -> int:
    del front
    given, given_code = _given_prices(options)
    snapshot, code = judge(options, needs_network=options.breakeven is None)
    code = max(code, given_code)
    series, is_ordered = _market_prices(options, snapshot) if given is None else (_cut(given, snapshot), True)
    rate, rate_note, doubts = _rate(options, snapshot, series.currency)
    inputs, site = _terms(options, snapshot.inputs), _site(options, snapshot)
    span = replace(span_of(series, rate), is_ordered=is_ordered)
    found = dispatch_site(span, site.loads, inputs, firm_revenue_usd_per_mwh=site.firm_revenue_usd_per_mwh)
    others = compare_contracts(span, site.loads, inputs, firm_revenue_usd_per_mwh=site.firm_revenue_usd_per_mwh)
    total = found.total
    if total is None:  # a site has loads, or _site would have said why not
        raise InputError("There is nothing to dispatch.", hint="Give --breakeven, or lay machine classes.")
    if options.json:
        problems = [problem_object(problem) for problem in (*doubts, *snapshot.problems)]
        print_json(
            {
                **dispatch_object(total, series, rate, rate_note),
                **_firm_object(found, inputs),
                "classes": class_objects(found),
                "contract": contract_object(found, others, inputs.power.all_in_usd_per_mwh),
                "problems": problems,
            }
        )
    else:
        _print_dispatch(total, series, sys.stdout)
        _print_site(found, others, inputs, sys.stdout)
    return code


def _terms(options: argparse.Namespace, inputs: Inputs) -> Inputs:
    """Return the inputs with what the options say of contract and firm load in place."""
    firm = inputs.firm
    if options.firm_hours is not None:
        firm = replace(firm, interruptible_hours_a_year=options.firm_hours)
    if options.firm_penalty is not None:
        firm = replace(firm, penalty_usd_per_mwh=options.firm_penalty)
    power = inputs.power
    if options.block is not None:
        power = replace(power, contract=Kind.SELL_BACK.value, price_usd_per_mwh=options.block)
    return replace(inputs, firm=firm, power=power)


def _site(options: argparse.Namespace, snapshot: Snapshot) -> Site:
    """Return the classes and the firm load. Raises InputError while no breakeven is known."""
    if options.breakeven is None and snapshot.stop_at_usd_per_mwh is None:
        raise InputError(
            "No hashprice is known, so there is no breakeven.",
            hint="Type one (--set network.hashprice_usd_per_ph_day=40) or give --breakeven.",
        )
    site = Site.of(snapshot)
    if options.breakeven is not None:
        mw = snapshot.inputs.site.capacity_mw
        one = Load(model="One load at the given breakeven", mw=mw, stop_at_usd_per_mwh=options.breakeven)
        site = replace(site, loads=(one,))
    if options.firm_revenue is not None:
        site = replace(site, firm_revenue_usd_per_mwh=options.firm_revenue)
    return site


def _firm_object(found: SiteDispatch, inputs: Inputs) -> dict[str, Any]:
    if not inputs.firm.interruptible_hours_a_year:
        return {}
    return {"firm_interruption_usd_per_mw": found.firm.pause.gain_usd_per_mw}


def _given_prices(options: argparse.Namespace) -> tuple[PriceSeries | None, int]:
    """Return the prices that the options name, a file's or a market's that is fetched, and the exit code of that."""
    if options.prices is not None and options.market:
        raise InputError("--prices and --market were both given.", hint="Give one of them.")
    if is_market(options.market):
        return fetched_market(options, options.market)
    if options.prices is None:
        return None, SUCCESS
    wanted = Wanted(
        time_column=options.time_column,
        price_column=options.price_column,
        location=options.location,
        zone=options.zone,
    )
    return read_price_file(options.prices, wanted, unit=options.unit), SUCCESS


def _cut(series: PriceSeries, snapshot: Snapshot) -> PriceSeries:
    """Return prices without what is dated after a replayed clock, which is said."""
    if not snapshot.replaying:
        return series
    cut = series.cut(snapshot.now)
    later = len(series) - len(cut)
    if not len(cut):
        raise InputError(
            f"Every price is dated after the replayed clock, {moment_words(snapshot.now)}.", hint="Give earlier ones."
        )
    if not later:
        return series
    told = f"{rows_words(later)} dated after the replayed clock, {moment_words(snapshot.now)}, left out."
    return cut.with_words((*cut.handled, told))


def _rate(options: argparse.Namespace, snapshot: Snapshot, currency: str) -> tuple[float, str, list[Problem]]:
    """Return the dollars per unit of a currency, whose rate that is, and what is to be doubted.

    The option counts, then the scenario's rate, then the newest of the European Central Bank if there is a network;
    without any a unit counts as a dollar.
    """
    if options.rate is not None or currency == "USD":
        return options.rate or 1.0, "", []
    own = snapshot.power.usd_per.get(currency)
    if own is not None:
        say(f"The prices are in {currency}; the scenario's {own:g} $ per {currency} is used.")
        return own, snapshot.power.rate_notes.get(currency, ""), []
    fetched = newest_rate(options, currency)
    if fetched is not None:
        say(f"The prices are in {currency}; {fetched.usd_per_unit:g} $ per {currency} is used, {fetched.note}.")
        return fetched.usd_per_unit, fetched.note, []
    doubt = (
        f"The prices are in {currency}; without --rate each counts as one US dollar. "
        f"Give --rate, the dollars per {currency}."
    )
    say(doubt)
    return 1.0, "", [Problem(field="rate", severity=Severity.WARNING, message=doubt)]


def _market_prices(options: argparse.Namespace, snapshot: Snapshot) -> tuple[PriceSeries, bool]:
    """Return the scenario's own prices, or the duration curve of a bundled year: the one named, else the usual one.

    Beside them whether they follow each other in time, which a duration curve doesn't.
    """
    if snapshot.power.chosen is not None and not options.market:
        return snapshot.power.chosen, True
    asked = options.market or snapshot.power.market
    year = usual_year(snapshot.market_years, asked)
    if year is None or (options.market and year.key != options.market):
        known = ", ".join(sorted(one.key for one in snapshot.market_years))
        what = f"There is no market “{options.market}”." if options.market else "There are no bundled years."
        hint = f"“minerdesk markets list” names those that can be fetched; bundled are {known}."
        raise InputError(what, hint=hint if options.market else "Name a file: --prices CSV.")
    told = f"{year.label}: a bundled duration curve of {len(year.prices_per_mwh)} steps."
    curve = PriceSeries(
        label=year.label,
        layout="Duration curve",
        currency=year.currency,
        times=None,
        hours=year_span(year).hours,
        prices_per_mwh=year.prices_per_mwh,
        handled=(told,) if year.key == asked else ("No prices were named, so the usual market is taken.", told),
    )
    return curve, False


def dispatch_object(
    found: Dispatch, series: PriceSeries, usd_per_unit: float, rate_note: str = ""
) -> dict[str, object]:
    """Return the object of ``dispatch --json``. The names are a contract with scripts."""
    return {
        "hours": found.hours,
        "run_hours": found.run_hours,
        "uptime_fraction": found.uptime_fraction,
        "always_on_usd_per_mw": found.always_on_usd_per_mw,
        "optimal_usd_per_mw": found.optimal_usd_per_mw,
        "option_value_usd_per_mw": found.option_value_usd_per_mw,
        "option_value_usd_per_mwh": found.option_value_usd_per_mwh,
        "breakeven_usd_per_mwh": found.breakeven_usd_per_mwh,
        "mean_price_usd_per_mwh": found.mean_price_usd_per_mwh,
        "mean_price_running_usd_per_mwh": found.mean_price_running_usd_per_mwh,
        "intervals": len(series),
        "currency": series.currency,
        "usd_per_currency_unit": usd_per_unit if series.currency != "USD" else 1.0,
        "rate_note": words.plain(rate_note),
        "prices": words.plain(series.title or "prices given"),
        "handled": [words.plain(line) for line in series.handled],
        "refused_rows": series.refused_rows,
        "refused": [{"line": row.line, "reason": words.plain(row.reason)} for row in series.refused],
    }


def _print_dispatch(found: Dispatch, series: PriceSeries, out: TextIO) -> None:
    running = found.mean_price_running_usd_per_mwh
    lines = [
        *(words.plain(line) for line in series.handled),
        *(f"Refused: line {row.line}: {row.reason}." for row in series.refused),
        "",
        f"{'Breakeven':<34}{found.breakeven_usd_per_mwh:>14,.2f} $/MWh",
        f"{'Hours':<34}{found.hours:>14,.6g}",
        f"{'Run hours':<34}{found.run_hours:>14,.6g} ({found.uptime_fraction:.1%})",
        f"{'Mean price':<34}{found.mean_price_usd_per_mwh:>14,.2f} $/MWh",
        f"{'Mean price while running':<34}{figure(running, 2):>14}" + ("" if running is None else " $/MWh"),
        f"{'Always on':<34}{found.always_on_usd_per_mw:>14,.2f} $/MW",
        f"{'Stopping above breakeven':<34}{found.optimal_usd_per_mw:>14,.2f} $/MW",
        f"{'Option value of interruptibility':<34}{found.option_value_usd_per_mw:>14,.2f} $/MW",
        f"{'':<34}{found.option_value_usd_per_mwh:>14,.2f} $/MWh of capacity",
    ]
    out.write("\n".join(lines) + "\n")


def _print_site(found: SiteDispatch, others: tuple[SiteDispatch, ...], inputs: Inputs, out: TextIO) -> None:
    """Write the classes, what each contract means, and the firm load's pause."""
    lines = [] if len(found.loads) == 1 else ["", *_class_lines(found)]
    lines += [
        "",
        f"Contract: {contract_label(found.kind).lower()}. The desk compares at one all-in price, "
        f"{inputs.power.all_in_usd_per_mwh:,.2f} $/MWh.",
        f"{'':<26}{'mining':>9}{'mining pays':>14}{'firm AI pays':>14}{'after power':>14}{'option value':>14}",
        f"{'':<26}{'runs, %':>9}{'$/MWh taken':>14}{'$/MWh':>14}{'$/MWh of cap.':>14}{'$/MWh of cap.':>14}",
    ]
    for label, runs, pays, firm, left, option, *_ in contract_rows(found, others)[1]:
        numbers = (figure(value if isinstance(value, float) else None, 2) for value in (pays, firm, left, option))
        share = figure(runs if isinstance(runs, float) else None, 1)
        lines.append(f"{label!s:<26}{share:>9}" + "".join(f"{number:>14}" for number in numbers))
    if not found.tariff.span.is_ordered and not inputs.stopping.is_free:
        lines += ["", UNORDERED]
    if inputs.firm.interruptible_hours_a_year:
        pause = found.firm.pause
        lines.append(f"{'A firm load gains by pausing':<34}{pause.gain_usd_per_mw:>14,.2f} $/MW ({pause.hours:,.6g} h)")
    out.write("\n".join(lines) + "\n")


def _class_lines(found: SiteDispatch) -> list[str]:
    lines = [f"{'class':<34}{'MW':>10}{'stops above':>13}{'runs, %':>9}{'pays $/MWh':>12}{'after power':>13}"]
    for load, one in zip(found.loads, found.found, strict=True):
        lines.append(
            f"{words.plain(load.model)[:33]:<34}{load.mw:>10,.1f}{one.breakeven_usd_per_mwh:>13,.2f}"
            f"{one.uptime_fraction * 100:>9.1f}{figure(one.cost_usd_per_mwh_taken, 2):>12}"
            f"{one.optimal_usd_per_mwh:>13,.2f}"
        )
    return lines
