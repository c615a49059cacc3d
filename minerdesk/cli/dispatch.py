"""The command dispatch: one MW of mining on interval prices, and what its right to stop is worth."""

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from minerdesk import words
from minerdesk.cli.judge import figure, judge, print_json, say
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.economics.dispatch import Dispatch, dispatch, firm_interruption_usd_per_mw
from minerdesk.economics.prices import PriceSeries
from minerdesk.errors import InputError
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
        help="a file of interval prices; else the scenario's own",
    )
    command.add_argument("--price-column", default="", metavar="NAME", help="the column of prices")
    command.add_argument("--time-column", default="", metavar="NAME", help="the column of the intervals' starts")
    command.add_argument("--location", default="", metavar="NAME", help="the settlement point or region")
    command.add_argument("--zone", default="", metavar="ZONE", help="the clock of times without one, Europe/Berlin")
    command.add_argument("--unit", default="", choices=("", *UNITS), metavar="UNIT", help=f"one of {', '.join(UNITS)}")
    command.add_argument(
        "--rate", type=_positive, metavar="USD", help="US dollars per unit of the file's currency (1.16 for EUR)"
    )
    command.add_argument(
        "--breakeven", type=_finite, metavar="USD", help="$/MWh at which mining stops; else this fleet's own"
    )
    command.add_argument(
        "--block", type=_finite, metavar="USD", help="a fixed block at this $/MWh that may be sold back at the prices"
    )
    command.add_argument(
        "--firm-hours", type=_positive, metavar="HOURS", help="hours a year in which a firm AI load may pause"
    )
    command.add_argument(
        "--firm-revenue", type=_finite, default=0.0, metavar="USD", help="what that load earns, $/MWh at the meter"
    )
    command.add_argument(
        "--firm-penalty", type=_finite, default=0.0, metavar="USD", help="what a pause costs besides, $/MWh"
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
    series, rate = _given_prices(options), options.rate
    snapshot, code = judge(options, needs_network=options.breakeven is None)
    if series is None:
        series = _scenario_prices(options, snapshot)
    if rate is None and series.currency != "USD" and options.prices is None:
        rate = snapshot.power.usd_per.get(series.currency)
    breakeven = options.breakeven if options.breakeven is not None else fleet_breakeven_usd_per_mwh(snapshot)
    if series.currency != "USD" and rate is None:
        say(f"The prices are in {series.currency}; without --rate each counts as one US dollar.")
    rate = rate or 1.0
    found = dispatch(series.in_usd(rate).prices_per_mwh, breakeven, hours=series.hours, block_usd_per_mwh=options.block)
    firm = None
    if options.firm_hours is not None:
        firm = firm_interruption_usd_per_mw(
            series.in_usd(rate).prices_per_mwh,
            options.firm_hours,
            hours=series.hours,
            revenue_usd_per_mwh=options.firm_revenue,
            penalty_usd_per_mwh=options.firm_penalty,
        )
    if options.json:
        problems = [problem_object(problem) for problem in snapshot.problems]
        paused = {} if firm is None else {"firm_interruption_usd_per_mw": firm}
        print_json({**dispatch_object(found, series, rate), **paused, "problems": problems})
    else:
        _print_dispatch(found, series, firm, sys.stdout)
    return code


def _given_prices(options: argparse.Namespace) -> PriceSeries | None:
    if options.prices is None:
        return None
    wanted = Wanted(
        time_column=options.time_column,
        price_column=options.price_column,
        location=options.location,
        zone=options.zone,
    )
    return read_price_file(options.prices, wanted, unit=options.unit)


def _scenario_prices(options: argparse.Namespace, snapshot: Snapshot) -> PriceSeries:
    """Return the scenario's own prices, or the duration curve of the market year that it looks at."""
    if snapshot.power.chosen is not None:
        return snapshot.power.chosen
    year = next((year for year in snapshot.market_years if year.key == snapshot.power.market), None)
    if year is None:
        what = f"{options.file} keeps no prices" if options.file else "There are no prices"
        raise InputError(f"{what}.", hint="Name a file: --prices CSV, or import prices in the window and save.")
    return PriceSeries(
        label=year.label,
        layout="Duration curve",
        currency=year.currency,
        times=None,
        hours=np.full(len(year.prices_per_mwh), year.hours / len(year.prices_per_mwh)),
        prices_per_mwh=year.prices_per_mwh,
        handled=(f"{year.label}: a bundled duration curve of {len(year.prices_per_mwh)} steps.",),
    )


def fleet_breakeven_usd_per_mwh(snapshot: Snapshot) -> float:
    """Return the energy price at which this fleet stops. Raises InputError while no hashprice is known."""
    if snapshot.stop_at_usd_per_mwh is None:
        raise InputError(
            "No hashprice is known, so there is no breakeven.",
            hint="Type one (--set network.hashprice_usd_per_ph_day=40) or give --breakeven.",
        )
    return snapshot.stop_at_usd_per_mwh


def dispatch_object(found: Dispatch, series: PriceSeries, usd_per_unit: float) -> dict[str, object]:
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
        "handled": [words.plain(line) for line in series.handled],
        "refused_rows": series.refused_rows,
        "refused": [{"line": row.line, "reason": words.plain(row.reason)} for row in series.refused],
    }


def _print_dispatch(found: Dispatch, series: PriceSeries, firm: float | None, out: TextIO) -> None:
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
    if firm is not None:
        lines.append(f"{'A firm load gains by pausing':<34}{firm:>14,.2f} $/MW")
    out.write("\n".join(lines) + "\n")
