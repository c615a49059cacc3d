"""The command of the conversion planner: mining on, converting all, or in part, on one page."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from minerdesk import words
from minerdesk.cli.judge import judge, moment_words, print_json
from minerdesk.cli.options import add_base_url, add_file, add_json, add_offline, add_set
from minerdesk.cli.orders import Front
from minerdesk.economics.plan.case import PlanCase
from minerdesk.economics.plan.phases import mw_words
from minerdesk.economics.plan.results import PlanResult, StrategyResult
from minerdesk.economics.plan.strategies import Strategy
from minerdesk.plan_report import BASIS, DSCR_BASIS, plan_object, plan_of, plan_sentences
from minerdesk.report import problem_object
from minerdesk.snapshot import Snapshot
from minerdesk.units import MONTHS_PER_YEAR

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_LABEL, _CELL = 32, 16


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    plan = commands.add_parser(
        "plan",
        help="mining on against converting, month by month to twenty years",
        description="What the site is worth mining on, converted in the typed phases, and converted wholly.",
    )
    add_file(plan)
    add_set(plan)
    add_offline(plan)
    add_base_url(plan)
    add_json(plan)
    plan.set_defaults(run=_run_plan)


def _run_plan(options: argparse.Namespace, front: Front) -> int:
    del front
    snapshot, code = judge(options)
    if options.json:
        problems = [problem_object(problem) for problem in snapshot.problems]
        print_json({**plan_object(snapshot), "problems": problems})
    else:
        _print_plan(snapshot, sys.stdout)
    return code


def _print_plan(snapshot: Snapshot, out: TextIO) -> None:
    found = plan_of(snapshot)
    lines = [
        f"As of {moment_words(snapshot.now)}" + (" (replayed)" if snapshot.replaying else ""),
        *([] if found is None else [_what(found[0])]),
        *plan_sentences(found),
    ]
    if found is not None:
        lines += ["", *_summary(*found), "", *_phases(found[0]), "", *_years(*found), "", BASIS]
        lines += [DSCR_BASIS] if snapshot.inputs.debt.enabled else []
    out.write("".join(f"{words.plain(line)}\n" for line in lines))


def _what(case: PlanCase) -> str:
    plan, power = case.inputs.plan, case.inputs.power.all_in_usd_per_mwh
    return (
        f"{case.business.label} in the place of mining on a site of {mw_words(case.inputs.site.capacity_mw)} at "
        f"{words.usd_per_mwh(power)} $/MWh; {words.years(plan.months / MONTHS_PER_YEAR)}, discounted at "
        f"{words.percent(plan.discount_rate)} a year."
    )


def _summary(case: PlanCase, result: PlanResult) -> Iterator[str]:
    every = [result.strategies[strategy] for strategy in Strategy]
    more = [result.incremental.get(strategy) for strategy in Strategy]
    yield _row("", [strategy.label.lower() for strategy in Strategy])
    yield _row("net present value", [words.money(one.npv_usd) for one in every])
    yield _row("more than mining on", ["" if one is None else words.money(one.npv_usd, signed=True) for one in more])
    yield _row("rate of return a year", [_rates(one.irr) for one in every])
    yield _row("rate of the difference", ["" if one is None else _rates(one.irr) for one in more])
    yield _row("modified rate", [words.percent(one.mirr) for one in every])
    yield _row("payback, years", [_years_words(one.payback_months) for one in every])
    yield _row("payback discounted, years", [_years_words(one.discounted_payback_months) for one in every])
    yield _row("peak funding", [words.money(one.peak_funding_usd) for one in every])
    yield _row("  in", [_peak_month(case, one) for one in every])
    yield _row("capital to build", [words.money(one.capex_usd) for one in every])
    yield _row("mining lost while dark", [words.money(one.lost_while_dark_usd) for one in every])
    if case.inputs.debt.enabled:
        yield _row("net present value, no loan", [words.money(one.unlevered_npv_usd) for one in every])
        yield _row("least DSCR", [words.figure(one.min_dscr, 2) for one in every])
        yield _row("months under the covenant", [words.figure(one.dscr_breached_months) for one in every])


def _phases(case: PlanCase) -> Iterator[str]:
    yield f"{'phase':<{_LABEL}} {'MW':>8}  {'starts':<9}ready"
    for phase in case.phases:
        start, ready = (
            f"{day:%Y-%m}" for day in (case.month_date(phase.start_month), case.month_date(phase.ready_month))
        )
        yield f"{phase.label[:_LABEL]:<{_LABEL}} {phase.mw:>8,.1f}  {start:<9}{ready}"


def _years(case: PlanCase, result: PlanResult) -> Iterator[str]:
    """Give each year's cash, today beside it as a line of its own, and the hashprice at its end."""
    yield _row("cash, M$", [*(strategy.label.lower() for strategy in Strategy), "hashprice"])
    halved = {month // MONTHS_PER_YEAR for month in result.halving_months}
    for start in range(-MONTHS_PER_YEAR, result.months, MONTHS_PER_YEAR):
        first, last = (0, 0) if start < 0 else (start + 1, min(start + MONTHS_PER_YEAR, result.months))
        sums = [
            f"{result.strategies[strategy].flows.cash_usd[first : last + 1].sum() / 1e6:,.1f}" for strategy in Strategy
        ]
        hashprice = f"{result.drivers.hashprice_usd_per_ph_day[max(last - 1, 0)]:.2f}"
        label = "today" if start < 0 else f"to {case.month_date(last):%Y-%m}"
        mark = "  halving" if start >= 0 and start // MONTHS_PER_YEAR in halved else ""
        yield _row(label, [*sums, hashprice]) + mark


def _row(label: str, cells: list[str]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{cell:>{_CELL}}" for cell in cells)


def _rates(rates: tuple[float, ...]) -> str:
    if not rates:
        return "none"
    return words.percent(rates[0]) if len(rates) == 1 else f"{len(rates)} rates"


def _years_words(months: float | None) -> str:
    if months is None:
        return "never"
    return "nothing to pay" if months == 0 else words.figure(months / MONTHS_PER_YEAR, 1)


def _peak_month(case: PlanCase, one: StrategyResult) -> str:
    return "" if one.peak_funding_month is None else f"{case.month_date(one.peak_funding_month):%Y-%m}"
