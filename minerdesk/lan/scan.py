"""The asking side of a scan: starts the scanning process, reads its lines as they come, and ends it in any case.

The scan is a process of its own because pyasic holds what it likes: its hundred modules, its sockets, its patience.
Ended from outside it is gone at once, whatever it waits for.
"""

import importlib.util
import ipaddress
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

from minerdesk.errors import ScanError
from minerdesk.lan.answers import MOST_BYTES, NOT_INSTALLED, Asked, Done, Failed, Machine, read

EXTRA = 'pip install "minerdesk[lan]"'
#: The miners' own port first: what answers there is worth a word even if it is not known. Then web pages, and the
#: ports of makers that went their own way. No encrypted one.
PORTS = (4028, 80, 4029, 4433, 8080, 8889)
#: 1,024 addresses where nothing answers take half a minute; a machine that hangs takes half of one by itself.
BUDGET_S = 300.0
#: The hidden word that turns the frozen program, which is its own interpreter, into the scanning process.
SWITCH = "--lan-scanner"

_LOOK_S, _END_S = 0.05, 5.0
_MEANWHILE = "What was found until then stands."


class End(StrEnum):
    """How a scan ended."""

    COMPLETE = "complete"
    CANCELLED = "cancelled"
    OUT_OF_TIME = "out of time"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a scan found, by address: `asked` of so many `hosts` are done with."""

    machines: tuple[Machine, ...]
    asked: int
    hosts: int
    end: End


def is_installed() -> bool:
    """Return whether the extra package is there, without importing it."""
    return importlib.util.find_spec("pyasic") is not None


def remedy() -> str:
    """Return what brings the extra package."""
    if getattr(sys, "frozen", False):
        return "This program was packaged without it; the README says how to package it with."
    return f"Install it with: {EXTRA}."


def command() -> list[str]:
    """Return what starts the scanning process."""
    if getattr(sys, "frozen", False):
        return [sys.executable, SWITCH]
    return [sys.executable, "-m", "minerdesk.lan.scanner"]


def scan(
    hosts: Sequence[str],
    *,
    on_found: Callable[[Machine], None] = lambda machine: None,
    on_asked: Callable[[int], None] = lambda asked: None,
    cancelled: Callable[[], bool] = lambda: False,
    ports: Sequence[int] = PORTS,
    budget_s: float = BUDGET_S,
    start: Sequence[str] = (),
) -> Outcome:
    """Ask every host; tell what is found as it comes; return all of it.

    `cancelled` is asked 20 times a second. When it says so, or the budget is spent, the process is ended and what was
    found is the outcome. Whatever happens, no process and no thread is left. `start` replaces `command()`.

    Raises
    ------
    ScanError
        pyasic is not installed; the process could not be started, ended by itself, or said what can't be read.
    """
    run = _Run(hosts, on_found, on_asked)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program, no word of the user's in its command
            list(start or command()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no console flashes up
        )
    except OSError as error:
        raise ScanError(
            f"The scan could not be started: {error.strerror or error}.", hint="Nothing was asked."
        ) from None
    lines: queue.Queue[bytes | None] = queue.Queue(maxsize=1_000)
    with process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both are pipes; for mypy
        reader = threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True, name="lan-scan")
        reader.start()
        try:
            _order(process.stdin, hosts, ports)
            end = run.follow(lines, process, cancelled, time.monotonic() + budget_s)
        finally:
            process.kill()
            _drain(lines, reader)
    machines = sorted(run.machines, key=lambda machine: ipaddress.ip_address(machine.address))
    return Outcome(machines=tuple(machines), asked=run.asked, hosts=len(hosts), end=end)


class _Run:
    """What is known so far of one scan."""

    def __init__(
        self, hosts: Sequence[str], on_found: Callable[[Machine], None], on_asked: Callable[[int], None]
    ) -> None:
        self._hosts, self._on_found, self._on_asked = frozenset(hosts), on_found, on_asked
        self.machines: list[Machine] = []
        self.asked = 0

    def follow(
        self,
        lines: "queue.Queue[bytes | None]",
        process: "subprocess.Popen[bytes]",
        cancelled: Callable[[], bool],
        until: float,
    ) -> End:
        """Take lines in until the scan ends, one way or another."""
        while True:
            if cancelled():
                return End.CANCELLED
            if time.monotonic() > until:
                return End.OUT_OF_TIME
            try:
                line = lines.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if line is None:
                code = process.wait(_END_S)
                raise ScanError(
                    f"The scan ended by itself (exit code {code}) after {self._far()}.",
                    hint=f"{_MEANWHILE} Start it again; if it happens again, scan a smaller subnet.",
                )
            if self._took(line):
                return End.COMPLETE

    def _took(self, line: bytes) -> bool:
        """Take one line in; return whether it is the last."""
        try:
            answer = read(line)
            if isinstance(answer, Machine):
                self._take_machine(answer)
            elif isinstance(answer, Asked):
                if not self.asked <= answer.hosts <= len(self._hosts):
                    raise ValueError(f"{answer.hosts} addresses done")
                self.asked = answer.hosts
                self._on_asked(self.asked)
        except ValueError as error:
            raise ScanError(
                f"The scan’s answer can’t be read: {error}, after {self._far()}.",
                hint=f"The scan was ended. {_MEANWHILE}",
            ) from None
        if isinstance(answer, Failed):
            raise _failure(answer)
        return isinstance(answer, Done)

    def _take_machine(self, machine: Machine) -> None:
        if machine.address not in self._hosts or any(known.address == machine.address for known in self.machines):
            raise ValueError(f"a machine at {machine.address}, which was not asked or has answered already")
        self.machines.append(machine)
        self._on_found(machine)

    def _far(self) -> str:
        return f"{self.asked:,} of {len(self._hosts):,} addresses"


def _failure(answer: Failed) -> ScanError:
    if answer.reason == NOT_INSTALLED:
        return ScanError(
            f"To scan a network minerdesk needs the package pyasic, which can’t be loaded ({answer.detail}).",
            hint=f"Nothing was asked. {remedy()} Or type, paste or import the machines.",
        )
    return ScanError(f"The scan failed: {answer.detail}.", hint=_MEANWHILE)


def _order(stdin: IO[bytes], hosts: Sequence[str], ports: Sequence[int]) -> None:
    """Say what is to be asked. stdin stays open: its end tells the process that nobody listens any more."""
    try:
        stdin.write(json.dumps({"hosts": list(hosts), "ports": list(ports)}).encode() + b"\n")
        stdin.flush()
    except OSError:
        return  # it has ended already; what it said, or its silence, tells why


def _pump(stdout: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    """Hand on lines, none longer than one byte over the most, and None at the end."""
    while line := stdout.readline(MOST_BYTES + 1):
        lines.put(line)
    lines.put(None)


def _drain(lines: "queue.Queue[bytes | None]", reader: threading.Thread) -> None:
    """Let the reader come to the end of what the ended process has left.

    Not by `join`: called in a thread that Qt has made, that leaves an entry behind for each.
    """
    until = time.monotonic() + _END_S
    while reader.is_alive() and time.monotonic() < until:
        try:
            lines.get(timeout=_LOOK_S / 10)
        except queue.Empty:
            continue
