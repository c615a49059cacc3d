"""Python's garbage, collected on the window's thread between two turns of its event loop, and never for long.

Left alone, the collector runs in whatever thread allocates, and a full run looks at every object of the window: 50 ms
in which no other thread gets a turn. A widget may die in it too, and widgets must die on the window's thread.
"""

import gc
import time

from PySide6.QtCore import QObject, QTimer

TICK_MS = 1_000
#: One run in so many looks at the next older generation too, as Python's own collector does.
OLDER_EVERY = 10
#: A full run that took longer than this is the last that looks at what survived it.
LONG_S = 0.01


class Collector(QObject):
    """Takes the collector over between `start` and `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = 0
        self._was_enabled = True
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.collect_some)

    def start(self) -> None:
        """Collect by the timer from now on; what is there already will stay, and is not looked at again."""
        self._was_enabled = gc.isenabled()
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Leave the collector as it was found."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    def collect_some(self) -> None:
        """Collect the youngest garbage if there may be enough of it, and in its turn the older."""
        if gc.get_count()[0] < gc.get_threshold()[0]:
            return
        self._runs += 1
        generation = (self._runs % OLDER_EVERY == 0) + (self._runs % OLDER_EVERY**2 == 0)
        began = time.perf_counter()
        gc.collect(generation)
        if generation == 2 and time.perf_counter() - began > LONG_S:
            gc.freeze()
