"""A long run under random faults: do memory, threads and file handles stay flat? Not part of the tests; run by hand.

    python tests/soak.py 3600

The real window refreshes, is edited, and shows one page after the other, while a server in a process of its own gives
every provider a fault by chance, or none, before each round. The first line is the floor: the window before the first
refresh. The end compares the third tenth with the last one, and fails if memory grew by more than 5 %, threads or
handles by more than 2, or if the references to None fell by more than a thousand.
"""

import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    os.environ["MINERDESK_HOME"] = tempfile.mkdtemp(prefix="minerdesk-soak-")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from faults import ADDRESS, KINDS, FaultServer
from loopback import PROVIDERS, environment

from minerdesk import heap, session
from minerdesk.sources.refresh import Refresher

PAUSES = ("hang", "slow", "slow_headers")
#: Every so many rounds a page is shown that computes for seconds; the theme is switched; what hangs may hang.
RARELY = 10
HEAVY = ("risk", "indifference")
EDITS = {
    "power.price_usd_per_mwh": (20.0, 120.0),
    "mining.efficiency_j_per_th": (15.0, 35.0),
    "colo.rent_usd_per_kw_month": (80.0, 200.0),
    "network.btc_price_usd": (50_000.0, 150_000.0),
}
Held = tuple[float, int, int, int]


def held() -> Held:
    """Return resident memory in MB, threads, open handles, and references to None of this process (Linux)."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    resident, threads = (
        int(next(line.split()[1] for line in status.splitlines() if line.startswith(name)))
        for name in ("VmRSS", "Threads")
    )
    handles = len(list(Path("/proc/self/fd").iterdir()))
    return resident / 1e3, threads, handles, sys.getrefcount(None)


def in_words(what: Held) -> str:
    return "{:.1f} MB, {} threads, {} handles, {} None".format(*what)


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
                server.faults[provider] = "" if fault in PAUSES and number % RARELY else fault
            print("ready", flush=True)


class Rounds:
    """The window, and what is done with it in every round."""

    def __init__(self, server: "subprocess.Popen[str]") -> None:
        from minerdesk.ui import app
        from minerdesk.ui.collector import Collector

        self._server = server
        self.desktop = app.build(session.open_session(), app.application())
        self._chance = random.Random(2)
        self.done = self.drawn = self.failures = self.fetched = 0
        self.desktop.bridge.refreshed.connect(self._count)
        self.desktop.bridge.changed.connect(self._drew)
        window = self.desktop.window
        window.resize(1_280, 800)
        window.render_snapshot(self.desktop.bridge.snapshot)
        window.show()
        self._collector = Collector()
        self._collector.start()
        self.wait(1.0)

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let the window live for so long, or until something is so.

        In an event loop, as it lives in: outside of one Qt deletes nothing that was to be deleted later.
        """
        from PySide6.QtCore import QEventLoop, QTimer

        end, loop, look = time.monotonic() + seconds, QEventLoop(), QTimer()
        look.timeout.connect(lambda: loop.quit() if time.monotonic() >= end or until() else None)
        look.start(5)
        loop.exec()
        look.stop()

    def round(self) -> None:
        """Refresh under new faults, and meanwhile edit and look at another page."""
        desktop, bridge, number = self.desktop, self.desktop.bridge, self.done
        self._server.stdin.write("next\n")
        self._server.stdin.flush()
        self._server.stdout.readline()
        bridge.session.client().resume(1e9)  # here everybody is asked in every round
        bridge.refresh()
        pages = desktop.window.pages
        name = str(pages.tabs.tabData(number % pages.tabs.count()))
        if name not in HEAVY or number // pages.tabs.count() % RARELY == 0:
            pages.choose(name)
        key, (least, most) = self._chance.choice(list(EDITS.items()))
        bridge.edit(key, round(self._chance.uniform(least, most), 2))
        self.wait(0.05)
        if number % 3 == 0:
            bridge.undo()
        if number % (10 * RARELY) == 0:
            desktop.appearance.apply("dark" if number // (10 * RARELY) % 2 else "light")
        self.wait(20.0, lambda: not desktop.tasks.is_running("refresh"))
        self.done += 1

    def end(self) -> None:
        self._collector.stop()
        self.desktop.close()

    def _count(self, report: object) -> None:
        self.failures += len(report.failures)
        self.fetched += sum(outcome.fetched is not None for outcome in report.outcomes)

    def _drew(self) -> None:
        self.drawn += 1

    def in_words(self) -> str:
        return f"{self.done} refreshes, {self.fetched} topics, {self.failures} failures, {self.drawn} redraws"


def main(seconds: float) -> int:
    """Run for so many seconds and return the exit code."""
    heap.give_back()
    with subprocess.Popen(
        [sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        os.environ.update(json.loads(server.stdout.readline()))
        # A topic gets a tenth of its time: so many more rounds.
        session.Refresher = partial(Refresher, topic_budget_s=1.5, least_attempt_s=0.3)
        rounds = Rounds(server)
        print(f"floor: {in_words(held())}", flush=True)
        began = told = time.monotonic()
        seen: list[tuple[float, Held]] = []
        while (at := time.monotonic() - began) < seconds:
            rounds.round()
            if at - told + began >= min(30.0, seconds / 30):
                told = at + began
                rounds.wait(1.0)  # threads whose sockets were shut down end
                seen.append((at, held()))
                print(f"{at:6.0f} s: {in_words(seen[-1][1])}; {rounds.in_words()}", flush=True)
        rounds.end()
        server.stdin.close()
    return verdict(seen, seconds)


def verdict(seen: list[tuple[float, Held]], seconds: float) -> int:
    """Compare the third tenth with the last one."""
    early = [what for at, what in seen if 0.2 * seconds <= at < 0.3 * seconds]
    late = [what for at, what in seen if at >= 0.9 * seconds]
    means = [tuple(sum(column) / len(rows) for column in zip(*rows, strict=True)) for rows in (early, late)]
    (mb, threads, handles, nones), (mb_late, threads_late, handles_late, nones_late) = means
    print(f"memory {mb:.1f} to {mb_late:.1f} MB ({mb_late / mb - 1:+.1%})", end="; ")
    print(f"threads {threads:.1f} to {threads_late:.1f}; handles {handles:.1f} to {handles_late:.1f}", end="; ")
    print(f"references to None {nones:.0f} to {nones_late:.0f}")
    flat = mb_late <= 1.05 * mb and threads_late <= threads + 2 and handles_late <= handles + 2
    flat = flat and nones_late >= nones - 1_000
    print("flat" if flat else "NOT FLAT")
    return 0 if flat else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 3600.0))
