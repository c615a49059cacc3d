"""The commands of the desk: compare, chart, export."""

import argparse
import sys
from typing import TYPE_CHECKING, TextIO

from minerdesk import words
from minerdesk.cli.judge import figure, judge, moment_words, print_json
from minerdesk.cli.options import (
    add_base_url,
    add_file,
    add_json,
    add_offline,
    add_set,
    path_ending_in,
    size,
)
from minerdesk.cli.orders import ChartOrder, Front
from minerdesk.quantities import QUANTITIES
from minerdesk.report import PARTS, comparison_object, table_bytes
from minerdesk.report_tables import listed_observations
from minerdesk.snapshot import Snapshot
from minerdesk.store.atomic import write_bytes

RANGES = ("3M", "6M", "1Y", "3Y", "All")
#: The pages that can be drawn; those of `ui.render`, which this room doesn't know.
VIEWS = (
    *("compare", "network", "waterfall", "fleet", "indifference", "deals", "plan", "power", "power_hours", "risk"),
    *("deck", "watch"),
)
IMAGE_FORMATS = ("png", "svg", "pdf")
TABLE_FORMATS = ("csv", "xlsx", "json", "md")

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Declare the commands."""
    compare = commands.add_parser("compare", help="compare the four businesses")
    add_file(compare)
    add_set(compare)
    add_offline(compare)
    add_base_url(compare)
    add_json(compare)
    compare.set_defaults(run=_run_compare)

    chart = commands.add_parser("chart", help="draw the comparison, the network or another page to a file")
    add_file(chart)
    chart.add_argument("--out", type=path_ending_in(IMAGE_FORMATS), required=True, metavar="X.png|svg|pdf")
    chart.add_argument("--view", choices=VIEWS, default="compare")
    chart.add_argument("--range", choices=RANGES, default="All", dest="span")
    chart.add_argument("--size", type=size, default=(1600, 900), metavar="WIDTHxHEIGHT", help="in pixels, 1600x900")
    chart.add_argument("--theme", choices=("light", "dark"), default="light")
    add_set(chart)
    add_offline(chart)
    add_base_url(chart)
    chart.set_defaults(run=_run_chart)

    export = commands.add_parser("export", help="write the data behind the comparison to a file")
    add_file(export)
    export.add_argument("--out", type=path_ending_in(TABLE_FORMATS), required=True, metavar="X.csv|xlsx|json|md")
    export.add_argument("--view", choices=tuple(PARTS), help="the tables of one page; without it all data")
    add_set(export)
    add_offline(export)
    add_base_url(export)
    export.set_defaults(run=_run_export)


def _run_compare(options: argparse.Namespace, front: Front) -> int:
    del front
    snapshot, code = judge(options)
    if options.json:
        print_json(comparison_object(snapshot))
    else:
        _print_comparison(snapshot, sys.stdout)
    return code


def _run_chart(options: argparse.Namespace, front: Front) -> int:
    snapshot, code = judge(options)
    front.draw_chart(
        snapshot,
        ChartOrder(out=options.out, view=options.view, span=options.span, size=options.size, theme=options.theme),
    )
    return code


def _run_export(options: argparse.Namespace, front: Front) -> int:
    del front
    snapshot, code = judge(options)
    write_bytes(options.out, table_bytes(snapshot, options.out.suffix.lower().lstrip("."), options.view))
    return code


def _print_comparison(snapshot: Snapshot, out: TextIO) -> None:
    network = snapshot.results.network
    lines = [
        f"As of {moment_words(snapshot.now)}" + (" (replayed)" if snapshot.replaying else ""),
        words.plain(snapshot.verdict.text),
        "",
        f"{'':<15}{'revenue':>12}{'after power':>14}{'after opex':>14}{'after capital':>16}{'after capital':>18}",
        f"{'':<15}{'$/MWh':>12}{'$/MWh':>14}{'$/MWh':>14}{'$/MWh':>16}{'$/MW-year':>18}",
    ]
    for business, result in snapshot.results.businesses.items():
        lines.append(
            f"{business.label:<15}{result.revenue_usd_per_mwh:>12,.2f}{result.net_of_power_usd_per_mwh:>14,.2f}"
            f"{result.net_of_opex_usd_per_mwh:>14,.2f}{result.after_capital_usd_per_mwh:>16,.2f}"
            f"{result.after_capital_usd_per_mw_year:>18,.0f}"
        )
    hashprice = network.hashprice_usd_per_ph_day
    typed = "network.hashprice_usd_per_ph_day" in snapshot.typed_at
    lines += ["", f"{'Hashprice':<32}{figure(hashprice, 2):>18} {'$/PH/day':<10} {'typed' if typed else 'computed'}"]
    for found in listed_observations(snapshot):
        decimals = 4 if abs(found.value) < 10 else 2 if abs(found.value) < 1e4 else 0
        lines.append(
            f"{QUANTITIES[found.quantity].label:<32}{figure(found.value, decimals):>18} {found.unit:<10} "
            f"{found.state(snapshot.now).value}, {moment_words(found.as_of)}, {found.source}"
        )
    out.write("\n".join(lines) + "\n")
