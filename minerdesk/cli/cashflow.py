"""The command cashflow: the capital functions by themselves. It opens no session and asks nobody.

It takes the options that every command has, and says so where they are without effect.
"""

import argparse
import math
import sys
from typing import TYPE_CHECKING, Any

from minerdesk import words
from minerdesk.cli.judge import figure, print_json, say
from minerdesk.cli.options import SUCCESS, add_file, add_json, add_offline, add_set, read_edits
from minerdesk.cli.orders import Front
from minerdesk.economics import capital
from minerdesk.errors import InputError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

#: Within these no present value grows beyond a float: 250 flows are twenty years of months.
RATES = (-0.9, 10.0)
MOST_FLOWS, LARGEST_FLOW = 250, 1e15


def add_commands(commands: "Commands") -> None:
    """Declare the command."""
    cashflow = commands.add_parser(
        "cashflow",
        help="value a row of cash flows: NPV, IRR, MIRR, payback",
        description="Value a row of yearly cash flows. The first is today, the second a year from now.",
    )
    cashflow.add_argument(
        "--values", required=True, metavar="A,B,C", help="flows divided by commas: --values=-100,30,30,30,30,30"
    )
    cashflow.add_argument("--rate", required=True, metavar="R", help="discount rate a year as a fraction: 0.1 is 10 %%")
    add_file(cashflow)
    add_set(cashflow)
    add_offline(cashflow)
    add_json(cashflow)
    cashflow.set_defaults(run=_run_cashflow)


def _run_cashflow(options: argparse.Namespace, front: Front) -> int:
    del front
    flows, rate = read_flows(options.values), read_rate(options.rate)
    if options.file is not None or read_edits(options.edits):
        say("A scenario and --set change nothing here: cashflow looks at --values and --rate alone.")
    if rate >= 1:
        say(f"--rate {rate:g} is {rate * 100:g} % a year. It is used as typed; for {rate:g} % write {rate / 100:g}.")
    answer = valuation(flows, rate)
    if options.json:
        print_json(answer)
    else:
        _print_valuation(answer, len(flows) - 1, rate)
    return SUCCESS


def valuation(flows: list[float], rate: float) -> dict[str, Any]:
    """Return the object of ``cashflow --json``; what doesn't exist is None, a payback that never comes too."""
    rates = capital.internal_rates_of_return(flows)
    return {
        "npv": capital.net_present_value(rate, flows),
        "irr": rates,
        "irr_note": capital.rate_note(flows, rates),
        "mirr": capital.modified_internal_rate_of_return(flows, finance_rate=rate, reinvest_rate=rate),
        "payback": capital.payback_years(flows),
        "discounted_payback": capital.payback_years(flows, rate=rate),
    }


def read_flows(text: str) -> list[float]:
    """Read what follows --values; an InputError names every number that can't be used, by its position."""
    parts = text.split(",")
    if len(parts) > MOST_FLOWS:
        raise InputError(f"--values has {len(parts):,} flows; {MOST_FLOWS:,} are the most that are taken.")
    flows, refused = [], []
    for position, part in enumerate(parts, start=1):
        try:
            flows.append(_number(part, -LARGEST_FLOW, LARGEST_FLOW))
        except ValueError as error:
            refused.append(f"--values: flow {position} of {len(parts)} {error}.")
    if refused:
        raise InputError("\n".join(refused), hint="Write them like --values=-100,30,30 with points as decimal marks.")
    return flows


def read_rate(text: str) -> float:
    """Read what follows --rate."""
    try:
        return _number(text, *RATES)
    except ValueError as error:
        raise InputError(f"--rate {error}.", hint="It is a fraction a year: 0.1 is 10 %.") from None


def _number(text: str, low: float, high: float) -> float:
    """Read a plain finite number within bounds; a ValueError says what it is instead."""
    text = text.strip()
    if not text:
        raise ValueError("is empty")
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"is “{text:.40}”, which is no number") from None
    if "_" in text or not math.isfinite(number):
        raise ValueError(f"is “{text:.40}”, which is no finite number")
    if not low <= number <= high:
        raise ValueError(f"is {number:g}; it must lie between {low:g} and {high:g}")
    return number


def _print_valuation(answer: dict[str, Any], years: int, rate: float) -> None:
    def paid_back(value: float | None) -> str:
        return "never" if value is None else f"{value:.2f} years"

    mirr, at = answer["mirr"], f"at {words.percent(rate, decimals=2)} a year"
    rows = (
        ("Flows", f"today and {years} year{'' if years == 1 else 's'} after it"),
        ("NPV", f"{figure(answer['npv'], 2)} {at}"),
        ("IRR", answer["irr_note"]),
        ("MIRR", "none" if mirr is None else f"{words.percent(mirr, decimals=2)} financed and reinvested {at}"),
        ("Payback", paid_back(answer["payback"])),
        ("Discounted payback", f"{paid_back(answer['discounted_payback'])} {at}"),
    )
    sys.stdout.write(words.plain("".join(f"{name:<20}{text}\n" for name, text in rows)))
