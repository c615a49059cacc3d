"""A long run under random faults: do memory, threads and file handles stay flat? Not part of the tests; run by hand.

    python tests/soak.py 3600

A server in a process of its own gives every provider a fault by chance, or none, before each round. A round refreshes a
session as the window does, by a client, a desk and a cache that live as long as the run. The first lines are the floor:
a session that was not refreshed. The end compares the third tenth with the last one, and fails if memory grew by more
than 5 %, or threads or handles by more than 2.
"""

import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

if __name__ == "__main__":
    os.environ["MINERDESK_HOME"] = tempfile.mkdtemp(prefix="minerdesk-soak-")

from faults import ADDRESS, KINDS, FaultServer
from loopback import NOW, PROVIDERS, environment

from minerdesk.session import open_session
from minerdesk.sources.refresh import Refresher
from minerdesk.sources.topics import TOPIC_NAMES

PAUSES = ("hang", "slow", "slow_headers")
Held = tuple[float, int, int]


def held() -> Held:
    """Return resident memory in MB, threads and open handles of this process (Linux)."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    resident = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident) / 1e3, threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def in_words(what: Held) -> str:
    return f"{what[0]:.1f} MB, {what[1]} threads, {what[2]} handles"


def serve() -> None:
    """Serve; for every line that comes in lay out other faults."""
    chance = random.Random(1)
    faults = sorted(set(KINDS) - set(ADDRESS))
    with FaultServer(Path(tempfile.gettempdir())) as server:
        print(json.dumps(environment(server)), flush=True)
        for number, _ in enumerate(sys.stdin):
            server.log.clear()
            for provider in PROVIDERS:
                fault = chance.choice(faults) if chance.random() < 0.5 else ""
                # What hangs takes its whole budget: in one round of ten.
                server.faults[provider] = "" if fault in PAUSES and number % 10 else fault
            print("ready", flush=True)


def main(seconds: float) -> int:
    """Run for so many seconds and return the exit code."""
    with subprocess.Popen(
        [sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        os.environ.update(json.loads(server.stdout.readline()))
        session = open_session()
        print(f"floor: {in_words(held())}", flush=True)
        refresher = Refresher(session.client(), topic_budget_s=1.5, least_attempt_s=0.3)
        began = told = time.monotonic()
        rounds = failures = fetched = 0
        seen: list[tuple[float, Held]] = []
        while (at := time.monotonic() - began) < seconds:
            server.stdin.write("next\n")
            server.stdin.flush()
            server.stdout.readline()
            session.client().resume(1e9)  # here everybody is asked in every round
            newest = dict(session.desk.newest())
            report = refresher.run(TOPIC_NAMES, now=NOW, newest=newest, force=True, budget_s=2.0)
            session.take(report, session.cache.write(report.observations, report.series))
            rounds += 1
            failures += len(report.failures)
            fetched += sum(outcome.fetched is not None for outcome in report.outcomes)
            if at - told + began >= min(30.0, seconds / 30):
                told = at + began
                time.sleep(1.0)  # threads whose sockets were shut down end
                seen.append((at, held()))
                done = f"{rounds} rounds, {fetched} topics, {failures} failures"
                print(f"{at:6.0f} s: {in_words(seen[-1][1])}; {done}", flush=True)
        session.close()
        server.stdin.close()
    return verdict(seen, seconds)


def verdict(seen: list[tuple[float, Held]], seconds: float) -> int:
    """Compare the third tenth with the last one."""
    early = [what for at, what in seen if 0.2 * seconds <= at < 0.3 * seconds]
    late = [what for at, what in seen if at >= 0.9 * seconds]
    means = [tuple(sum(column) / len(rows) for column in zip(*rows, strict=True)) for rows in (early, late)]
    (mb, threads, handles), (mb_late, threads_late, handles_late) = means
    print(f"memory {mb:.1f} to {mb_late:.1f} MB ({mb_late / mb - 1:+.1%})", end="; ")
    print(f"threads {threads:.1f} to {threads_late:.1f}; handles {handles:.1f} to {handles_late:.1f}")
    flat = mb_late <= 1.05 * mb and threads_late <= threads + 2 and handles_late <= handles + 2
    print("flat" if flat else "NOT FLAT")
    return 0 if flat else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 3600.0))
