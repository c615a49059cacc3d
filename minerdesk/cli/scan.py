"""`minerdesk fleet --scan SUBNET`: machines found on a private network, printed as classes of a fleet."""

import argparse
import sys
from dataclasses import asdict
from typing import Any, TextIO

from minerdesk import clock, presets, words
from minerdesk.cli.judge import print_json, say
from minerdesk.cli.options import SUCCESS
from minerdesk.economics.machines import MachineClass
from minerdesk.errors import InputError
from minerdesk.lan import grouping, scan, subnet
from minerdesk.lan.answers import Machine
from minerdesk.lan.grouping import Judged
from minerdesk.store import bundle

_MODEL_WIDTH = 44


def add_scan(parser: argparse.ArgumentParser) -> None:
    """Add --scan."""
    parser.add_argument(
        "--scan",
        metavar="SUBNET",
        help=f"print the machines found on a private subnet like {subnet.EXAMPLE} instead; reads only, sets nothing, "
        f"sends no password (needs: {scan.EXTRA})",
    )


def run_scan(options: argparse.Namespace) -> int:
    """Scan, tell how far it is on stderr, print the classes. What ended early is said; what was found counts."""
    if options.file is not None or options.edits:
        raise InputError("--scan takes no FILE and no --set.", hint="It prints what is found, and judges nothing.")
    if options.offline:
        raise InputError("--scan asks machines on the network; --offline asks nothing.", hint="Leave one of them out.")
    hosts = subnet.hosts_of(options.scan)
    catalogue = [machine for _, machine in presets.machine_classes(bundle.load(clock.now()))]

    def found(machine: Machine) -> None:
        one = grouping.judge(machine, catalogue)
        say(f"{one.address}: {one.model}, {_state(one)}")

    outcome = scan.scan(hosts, on_found=found)
    judged = [grouping.judge(machine, catalogue) for machine in outcome.machines]
    if outcome.end is not scan.End.COMPLETE:
        say(f"The scan was ended after {scan.BUDGET_S:g} s: {outcome.asked:,} of {outcome.hosts:,} addresses asked.")
    classes = grouping.classes(judged)
    if options.json:
        print_json(_object(options.scan.strip(), outcome, judged, classes))
    else:
        _print(outcome, judged, classes, sys.stdout)
    return SUCCESS


def _object(text: str, outcome: scan.Outcome, judged: list[Judged], classes: list[MachineClass]) -> dict[str, Any]:
    return {
        "subnet": text,
        "hosts": outcome.hosts,
        "hosts_asked": outcome.asked,
        "end": outcome.end.value,
        "classes": [{**one.row(), "efficiency_j_per_th": one.efficiency_j_per_th} for one in classes],
        "machines": [
            {**{name: cell for name, cell in asdict(one).items() if name != "refusal"}, "class": one.class_name}
            for one in judged
            if not one.refusal
        ],
        "refused": [
            {"address": one.address, "model": one.model, "reason": one.refusal} for one in judged if one.refusal
        ],
    }


def _print(outcome: scan.Outcome, judged: list[Judged], classes: list[MachineClass], out: TextIO) -> None:
    refused = [one for one in judged if one.refusal]
    lines = [
        f"{outcome.asked:,} of {outcome.hosts:,} addresses asked, {len(judged):,} machines found, "
        f"{len(refused):,} of them refused.",
    ]
    if classes:
        lines += ["", f"{'model':<{_MODEL_WIDTH}} {'machines':>9}{'TH/s':>11}{'W':>10}{'J/TH':>8}"]
    lines += [
        f"{words.plain(one.model):<{_MODEL_WIDTH}.{_MODEL_WIDTH}} {one.count:>9,.0f}{one.hashrate_th_s:>11,.2f}"
        f"{one.power_w:>10,.0f}{one.efficiency_j_per_th:>8.1f}"
        for one in classes
    ]
    if refused:
        lines += ["", "Refused:", *(f"{one.address}  {words.plain(f'{one.model}: {one.refusal}')}" for one in refused)]
    out.write("\n".join(lines) + "\n")


def _state(one: Judged) -> str:
    """Return the state as it stands behind a comma."""
    return words.inside_sentence(one.state)
