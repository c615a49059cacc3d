"""Python's garbage, collected on the window's thread between two turns of its event loop, and never for long.

Left alone, the collector runs in whatever thread allocates, and a full run looks at every object of the window: 50 ms
in which no other thread gets a turn. A widget may die in it too, and widgets must die on the window's thread.
"""

import gc

from PySide6.QtCore import QObject, QTimer

TICK_MS = 1_000
#: One run in so many looks at the next older generation too, as Python's own collector does.
OLDER_EVERY = 10


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
        """Collect by the timer from now on; what the window is built of is not looked at again.

        Not to be done later on: what is under way then, a reply or a simulation, would stay for good once it is let go.
        """
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
        gc.collect(generation)
