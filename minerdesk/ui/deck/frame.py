"""What the deck's charts are made of: the snapshot and the view of one moment, and the words that all of them share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.history import halving_times
from minerdesk.economics.market import Market
from minerdesk.network_report import NetworkView
from minerdesk.network_tables import as_of_words
from minerdesk.observations import Series
from minerdesk.snapshot import Snapshot
from minerdesk.ui.captions import seams, source_label
from minerdesk.ui.charts.model import Band, ChartSpec, Curve, Level, Mark, Point, Span

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Deck:
    """One moment of the deck: what lies on the desk, and the network as of now or as of a past day."""

    snapshot: Snapshot
    view: NetworkView

    @cached_property
    def market(self) -> Market:
        """Leverage as known at this moment, measured when it is first asked for."""
        return Market.of(self.snapshot.trends.series, self.view.trend)


@dataclass(frozen=True, kw_only=True)
class DeckChart:
    """The declaration of one chart of the deck.

    Attributes
    ----------
    name, label
        Its key, and what the list of charts calls it.
    help
        What is drawn, by which definition, from which data; and what is not covered.
    build
        Makes the chart from a moment of the deck. All charts lie on one time axis.
    log
        Whether it opens on a log scale.
    table
        The table of the user's own that it draws, by name; empty for none.
    """

    name: str
    label: str
    help: str
    build: Callable[[Deck], ChartSpec]
    log: bool = False
    table: str = ""


def chart(
    deck: Deck,
    *,
    name: str,
    title: str,
    y_title: str,
    curves: Iterable[Curve],
    sources: Iterable[tuple[str, Series]],
    levels: Iterable[Level] = (),
    bands: Iterable[Band] = (),
    points: Iterable[Point] = (),
    spans: Iterable[Span] = (),
    spans_title: str = "Shaded",
    marks: Iterable[Mark] = (),
    note: str = "",
    from_zero: bool = True,
    decimals: int = 1,
) -> ChartSpec:
    """Return a chart with what all have alike: halvings, seams between sources, sources and moment in the caption."""
    named = list(sources)
    halvings = (Mark(time_s=float(time), label="halving") for time in halving_times(deck.view.trend.heights))
    return ChartSpec(
        name=name,
        title=title,
        y_title=y_title,
        curves=tuple(curves),
        levels=tuple(levels),
        bands=tuple(bands),
        points=tuple(points),
        spans=tuple(spans),
        spans_title=spans_title,
        marks=(*halvings, *marks),
        seams=seams(*(series for _, series in named)),
        caption=caption(deck, named, note),
        summary=title,
        empty_text=_empty_text(deck, [what for what, series in named if len(series) == 0]),
        from_zero=from_zero,
        decimals=decimals,
    )


def unknown(what: str, series: Series) -> str:
    """Return the title of a chart whose figure is not known at its moment, with the day up to which it is.

    >>> unknown("Fee share", Series.of("fees_daily_btc_per_block", [], [], source="", fetched_at=datetime.now(UTC)))
    'Fee share: not known at this date'
    """
    last = series.last_time()
    return f"{what}: not known at this date" if last is None else f"{what}: the record ends on {words.day(last)}"


def _empty_text(deck: Deck, missing: list[str]) -> str:
    what = " and ".join(missing) or "data"
    return f"No {what} at this date. Refresh (F5) to fetch it." + (
        " A replay shows nothing that was not known by then." if deck.view.as_of else ""
    )


def caption(deck: Deck, sources: Iterable[tuple[str, Series]], note: str = "") -> str:
    """Say what must be known of the chart, where its series end and who gave their newest point, and as of when."""
    told = []
    for what, series in sources:
        last = series.last_time()
        if last is not None:
            told.append(f"{what} {source_label(series.source_names[series.source_index[-1]])} to {words.day(last)}")
    joined = "; ".join([*told, as_of_words(deck.view)[:1].lower() + as_of_words(deck.view)[1:]])
    return f"{note + ' ' if note else ''}{joined[:1].upper()}{joined[1:]}."


def moment(time_s: int) -> datetime:
    """Return seconds UTC as a datetime."""
    return datetime.fromtimestamp(time_s, UTC)
