"""The command of the deals ruler: signed leases in the usual units, and the site's own rent among them."""

import argparse
import sys
from typing import TYPE_CHECKING, TextIO

from minerdesk import words
from minerdesk.cli.judge import judge, moment_words, print_json
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.deals_report import CLOUD_NOTE, deals_object, rent_sentence, state_words
from minerdesk.economics.deals import LeaseFigures, PueSource
from minerdesk.report import problem_object
from minerdesk.snapshot import Snapshot

_PARTIES_WIDTH = 38

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    deals = commands.add_parser("deals", help="signed AI leases in the usual units, and your rent among them")
    add_file(deals)
    add_set(deals)
    add_offline(deals)
    add_base_url(deals)
    add_json(deals)
    deals.set_defaults(run=_run_deals)


def _run_deals(options: argparse.Namespace, front: Front) -> int:
    del front
    snapshot, code = judge(options, needs_network=False)
    if options.json:
        problems = [problem_object(problem) for problem in snapshot.problems]
        print_json({**deals_object(snapshot), "problems": problems})
    else:
        _print_deals(snapshot, sys.stdout)
    return code


def _print_deals(snapshot: Snapshot, out: TextIO) -> None:
    survey = snapshot.lease_survey()
    lines = [
        f"As of {moment_words(snapshot.now)}" + (" (replayed)" if snapshot.replaying else ""),
        f"{words.plain(rent_sentence(survey))}.",
        "",
        f"{'':<{_PARTIES_WIDTH}} {'':<10}{'IT':>8}{'term':>7}{'total':>11}{'mean':>9}{'year 1':>9}"
        f"{'IT':>9}{'meter':>9}",
        f"{'lease':<{_PARTIES_WIDTH}} {'signed':<10}{'MW':>8}{'years':>7}{'M$':>11}{'$/kW-mo':>9}{'$/kW-mo':>9}"
        f"{'$/MWh':>9}{'$/MWh':>9}  PUE",
        *map(_line, survey.rents),
        "",
        f"PUE from: {', '.join(f'{source.mark}: {words.plain(source.label)}' for source in PueSource)}.",
    ]
    if survey.clouds:
        lines += ["", CLOUD_NOTE, *map(_line, survey.clouds)]
    out.write("\n".join(lines) + "\n")


def _line(found: LeaseFigures) -> str:
    lease = found.lease
    own = f" ({state_words(found)})" if lease.is_own else ""
    parties = words.plain(lease.parties)[: _PARTIES_WIDTH - len(own)] + own
    first = "" if found.first_year_usd_per_kw_month is None else f"{found.first_year_usd_per_kw_month:,.1f}"
    return (
        f"{parties:<{_PARTIES_WIDTH}} {lease.signed:<10}{lease.it_mw:>8,.0f}{lease.years:>7g}"
        f"{lease.total_usd / 1e6:>11,.0f}{found.usd_per_kw_month:>9,.1f}{first:>9}"
        f"{found.usd_per_mwh_it:>9,.1f}{found.usd_per_mwh_meter:>9,.1f}  {found.pue:.2f} {found.pue_source.mark}"
    )
