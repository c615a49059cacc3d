"""What the command line asks of a room with windows, and the functions that it is handed to do it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minerdesk.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class ChartOrder:
    """What `minerdesk chart` asks the renderer for."""

    out: Path
    view: str
    span: str
    size: tuple[int, int]
    theme: str


@dataclass(frozen=True, kw_only=True)
class WindowOrder:
    """What the window is opened with."""

    file: Path | None
    offline: bool
    base_urls: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Front:
    """What needs a window system, handed in by the entry point so that this module knows no Qt."""

    open_window: Callable[[WindowOrder], int]
    self_test: Callable[[], int]
    draw_chart: Callable[[Snapshot, ChartOrder], None]
