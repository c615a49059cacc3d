"""The fault server in a process of its own: what it computes does not hold the one that is tested.

Used as ``with Apart() as server``; run as a program it is that process. A line of JSON goes in, one comes out.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from faults import ADDRESS, FaultServer
from loopback import PROVIDERS, environment

ROOT = Path(__file__).resolve().parent.parent


class Apart:
    """A `FaultServer` elsewhere; `environment` points minerdesk at it."""

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}

    def __enter__(self) -> "Apart":
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.environment = self._read()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()  # that is its end
        self._process.wait(20)
        self._process.stdout.close()

    def lay(self, fault: str) -> tuple[dict[str, str], str]:
        """Give every provider a fault; return the base URLs by which it is met, and certificates to trust."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(fault)}\n")
        self._process.stdin.flush()
        said = self._read()
        return said["bases"], said["trusted"]

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def _serve() -> None:
    with tempfile.TemporaryDirectory() as folder, FaultServer(Path(folder)) as server:
        print(json.dumps(environment(server)), flush=True)
        for line in sys.stdin:
            fault = json.loads(line)
            server.close_doors()
            bases, trusted = server.spoil(PROVIDERS[0], fault)
            if fault in ADDRESS:
                bases = dict.fromkeys(bases, bases[PROVIDERS[0]])
            else:
                server.faults["all"] = fault
                server.faults.pop(PROVIDERS[0])
            print(json.dumps({"bases": bases, "trusted": trusted}), flush=True)


if __name__ == "__main__":
    _serve()
