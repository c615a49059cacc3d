"""Speed against a floor, in the same run: ``python tests/benchmark.py``. Prints figures; passes or fails nothing.

First paint: from starting the interpreter to the end of the window's first paint, beside a bare Qt window's.
An edit: from `Bridge.edit` to the end of the repaint that it causes, beside a repaint that nothing caused.
The network's page: sixteen years of days derived, and its two fullest charts redrawn whole, by the processor's clock.
Dispatch: ten years of five minutes and twenty classes, in seconds of the processor, beside a sort of the same prices.
Import order and disk cache matter more than the program does: read the ratios, not the milliseconds.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 5

BARE = """
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(QLabel("minerdesk"))
"""
DESK = """
from minerdesk.session import open_session
from minerdesk.ui import app as desktop_app
session = open_session(offline=True)
app = desktop_app.application()
desktop = desktop_app.build(session, app)
window = desktop.window
window.render_snapshot(desktop.bridge.snapshot)
"""
PAINT = """
window.resize(1280, 800)
window.show()
app.processEvents()
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
import os
os._exit(0)
"""
EDITS = """
import statistics, time
window.resize(1280, 800)
window.show()
app.processEvents()
def timed(do):
    spent = []
    for number in range(40):
        begun = time.perf_counter()
        do(number)
        window.repaint()
        app.processEvents()
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent) * 1000
print(timed(lambda number: window.update()), timed(lambda n: desktop.bridge.edit("power.price_usd_per_mwh", 40.0 + n)))
import os
os._exit(0)
"""
DISPATCH = """
import time
import numpy as np
from minerdesk.economics.contracts import PriceSpan
from minerdesk.economics.loads import Load
from minerdesk.economics.schema import build
from minerdesk.economics.site_dispatch import dispatch_site
random, many = np.random.default_rng(7), 1_051_200
prices = 40 + 20 * np.sin(np.arange(many) / 288 * 2 * np.pi) + random.normal(0, 12, many)
prices += 40 * (random.random(many) < 0.02) * random.exponential(3, many)
span = PriceSpan(prices_usd_per_mwh=prices, hours=np.full(many, 1 / 12), times=1_451_606_400 + np.arange(many) * 300)
loads = [Load(model=str(n), mw=1.0, stop_at_usd_per_mwh=stop) for n, stop in enumerate(np.linspace(20, 120, 20))]
def timed(do):
    begun = time.process_time()
    do()
    return time.process_time() - begun
def site(**typed):
    inputs = build({f"stopping.{name}": value for name, value in typed.items()})
    return timed(lambda: dispatch_site(span, loads, inputs))
print(timed(lambda: np.argsort(prices)), site(), site(minimum_down_hours=1.0, ramp_minutes=15.0))
"""
DECK = """
import sys, time
sys.path.insert(0, "tests")
import numpy as np
from datetime import UTC, datetime
from sample_network import FIRST, days, line, network
from minerdesk.economics.trend import NetworkTrend
count, rng = 5_900, np.random.default_rng(1)
first = FIRST - (count - 420) * 86_400
made = network(1_000 * rng.normal(1, 0.05, 420))
rates = np.linspace(1, 1_000, count) * rng.normal(1, 0.05, count)
starts = np.arange(first - 28 * 86_400, first + count * 86_400, 14 * 86_400)
fill = {
    "btc_price_daily_usd": (days(count, first), np.linspace(100, 90_000, count)),
    "network_hashrate_daily_eh_s": (days(count, first), rates),
    "fees_daily_btc_per_block": (days(count, first), np.full(count, 0.1)),
    "difficulty_epochs": (starts, np.linspace(1e9, 1.4e14, len(starts))),
    "epoch_heights": (starts, 930_384 - 2_016 * np.arange(len(starts))[::-1]),
}
desk = desktop.bridge.session.desk
desk.pools.series.clear()
desktop.bridge.publish(desk.observe([], [line(name, *points) for name, points in fill.items()]))
def timed(do):
    spent = []
    for _ in range(7):
        begun = time.process_time()
        do()
        spent.append(time.process_time() - begun)
    return min(spent) * 1000
snapshot = desktop.bridge.snapshot
derived = timed(lambda: NetworkTrend.of(snapshot.trends.series, snapshot.now))
window.resize(1920, 1080)
window.show()
window.pages.choose("deck")
charts = window.pages.page("deck").charts
charts.slots[1].choose("difficulty")
charts.slots[0].chart.set_range("All")
charts._on_chosen()
app.processEvents()
def redraw():
    for slot in charts.slots:
        slot.chart.flush()
        slot.chart.plot.viewport().repaint()
print(len(charts.slots[0].chart.spec.curves[0].times), derived, timed(redraw))
import os
os._exit(0)
"""


#: Ten years of five minutes written to the folder in argv, read, mapped and packed.
PRICES = """
import sys, time
from pathlib import Path
import numpy as np
from minerdesk.economics.prices import hours_of_months
from minerdesk.price_files import read_price_file
from minerdesk.store.prices import _columns, from_json, to_json
count = 1_051_200
times = np.datetime64("2016-01-01T00:00:00") + np.arange(count) * np.timedelta64(300, "s")
noise = np.random.default_rng(1).gumbel(0, 15, count)
prices = np.round(40 + 30 * np.sin(np.arange(count) / 288 * 6.28) + noise, 2)
path = Path(sys.argv[1]) / "prices.csv"
with path.open("w") as file:
    file.write("time,price\\n")
    file.writelines(f"{t}Z,{p}\\n" for t, p in zip(np.datetime_as_string(times).tolist(), prices.tolist()))
def timed(do):
    begun = time.process_time()
    do()
    return time.process_time() - begun
series = None
def read():
    global series
    series = read_price_file(path)
print(timed(lambda: np.loadtxt(path, str, delimiter=",", skiprows=1, usecols=1).astype(float)), timed(read))
print(timed(lambda: hours_of_months(
    series.times, series.hours, series.prices_per_mwh, zone="America/Chicago", stop_at=80.0)))
packed = to_json(series)
print(timed(lambda: _columns.__wrapped__(series)), timed(lambda: from_json(packed)))
"""


def run(code: str, *arguments: str) -> tuple[float, str]:
    """Return the seconds that `code` takes in an interpreter of its own, and what it prints."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return time.perf_counter() - begun, done.stdout


def main() -> None:
    """Print the figures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["MINERDESK_HOME"] = home
        results = {name: [run(code + PAINT) for _ in range(RUNS)] for name, code in (("bare", BARE), ("desk", DESK))}
        medians = {name: statistics.median(seconds for seconds, _ in runs) for name, runs in results.items()}
        memory_mb = max(int(printed) for _, printed in results["desk"])
        idle_ms, edit_ms = map(float, run(DESK + EDITS)[1].split())
        days, derived_ms, redrawn_ms = map(float, run(DESK + DECK)[1].split())
        sort_s, free_s, bound_s = map(float, run(DISPATCH)[1].split())
        floor_s, read_s, months_s, pack_s, unpack_s = map(float, run(PRICES, home)[1].split())
    print(f"first paint: bare Qt window {medians['bare']:.2f} s, the desk {medians['desk']:.2f} s", end="")
    print(f" ({medians['desk'] / medians['bare']:.1f} times), {memory_mb} MB")
    print(f"an edit with its repaint: {edit_ms:.1f} ms, a repaint alone {idle_ms:.1f} ms")
    print(f"the network's page: {days:.0f} days derived {derived_ms:.0f} ms, two charts redrawn {redrawn_ms:.0f} ms")
    print(f"dispatch: {free_s:.2f} s, with an hour off and a ramp {bound_s:.2f} s, a sort alone {sort_s:.2f} s")
    print(f"1,051,200 prices: read in {read_s:.1f} s (numpy's loadtxt of the prices alone {floor_s:.1f} s),", end=" ")
    print(f"by hour and month {months_s:.2f} s, packed {pack_s:.2f} s, unpacked {unpack_s:.2f} s")


if __name__ == "__main__":
    main()
