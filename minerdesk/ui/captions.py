"""What charts of this desk say alike: where their series come from, where a source changes, when subsidies halved."""

from datetime import UTC, datetime

from minerdesk import words
from minerdesk.observations import Series
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.ui.charts.model import Mark, Seam
from minerdesk.units import SECONDS_PER_DAY


def series_caption(snapshot: Snapshot, named: list[tuple[str, Series]]) -> str:
    """Name where each series ends and who gave its newest point, and the date of the snapshot."""
    told = []
    for name, series in named:
        last = series.last_time()
        if last is not None:
            told.append(f"{name} {source_label(series.source_names[series.source_index[-1]])} to {words.day(last)}")
    sources = "; ".join([*told, f"as of {words.day_and_time(snapshot.now)} UTC."])
    return sources[:1].upper() + sources[1:]


def seams(*series: Series) -> tuple[Seam, ...]:
    """Return where another source begins in any of the series; those of one day are named together."""
    begins: dict[int, list[str]] = {}
    for one in series:
        for time, name in one.seams():
            named = begins.setdefault(time // SECONDS_PER_DAY * SECONDS_PER_DAY, [])
            if source_label(name) not in named:
                named.append(source_label(name))
    return tuple(Seam(time_s=float(time), label=", ".join(names)) for time, names in sorted(begins.items()))


def halvings(snapshot: Snapshot) -> tuple[Mark, ...]:
    """Return a labelled mark at each halving."""
    return tuple(Mark(time_s=float(time), label="halving") for time in snapshot.trends.halvings)


def source_label(name: str) -> str:
    """Return a source's name for people."""
    known = PROVIDERS.get(name)
    return known.label if known else name


def moment(time_s: int) -> datetime:
    """Return seconds UTC as a datetime."""
    return datetime.fromtimestamp(time_s, UTC)
