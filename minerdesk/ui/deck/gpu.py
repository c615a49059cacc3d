"""What GPUs are let for through time: the same providers day by day, weekly medians, bundled months; never joined."""

from collections.abc import Iterator

import numpy as np

from minerdesk.economics.gpu_names import gpu_label
from minerdesk.economics.gpu_panel import panel
from minerdesk.economics.gpu_rates import OFFERS_SOURCE, RATE_SOURCES
from minerdesk.gpu_report import headline, record_at
from minerdesk.observations import RateBand, Series
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.store.bundle import REFERENCE_GPU
from minerdesk.ui.charts.model import ChartSpec, Curve
from minerdesk.ui.deck.frame import Deck, DeckChart, chart

#: The GPUs that are drawn, each with the role that gives its colour.
_DRAWN = ((REFERENCE_GPU, "gpu_cloud"), ("h100", "accent"))
_NOTE = f"{PROVIDERS[OFFERS_SOURCE].credit}; weekly by GetDeploying, CC BY 4.0."
_MONTH_HALF_S = 15 * 86_400


def _bands(deck: Deck, gpu: str) -> Iterator[tuple[str, RateBand]]:
    """Yield what is known of a GPU, each panel of providers by itself, with what its line is called.

    The bundled months are drawn only where nobody told weeks.
    """
    record = record_at(deck.snapshot, deck.view.as_of)
    weekly, trend = record.weekly_band(gpu), panel(record.sellers(gpu), gpu)
    if weekly is not None:
        yield "weekly, GetDeploying", weekly
    else:
        yield from _months(deck, gpu)
    if trend is not None:
        yield f"daily, same {len(trend.names)} providers", trend.band()


def _months(deck: Deck, gpu: str) -> Iterator[tuple[str, RateBand]]:
    """Yield the bundled months of a GPU that were over by then."""
    moment_s = deck.view.moment.timestamp()
    for band in deck.snapshot.gpu_rates:
        kept = band.times + _MONTH_HALF_S <= moment_s  # a month counts once it is over
        if band.gpu.lower() == gpu and kept.any():
            low, median, high = (rates[kept] for rates in (band.low, band.median, band.high))
            cut = RateBand(gpu=band.gpu, panel=band.panel, times=band.times[kept], low=low, median=median, high=high)
            yield f"months, {band.panel.split(',')[0]}", cut


def _daily(deck: Deck) -> Series:
    """Return the days of the daily offers, so that their lack, or their end, is said."""
    line = record_at(deck.snapshot, deck.view.as_of).line(OFFERS_SOURCE, REFERENCE_GPU)
    quantity = RATE_SOURCES[OFFERS_SOURCE].quantity
    days, rates = [rate.day for rate in line], [rate.median for rate in line]
    return Series.of(quantity, days, rates, source=OFFERS_SOURCE, fetched_at=deck.snapshot.now)


def rates_chart(deck: Deck) -> ChartSpec:
    """Return the rental rates of the reference GPU and of the H100, quartiles as a band where they are told."""
    curves = [
        Curve(
            name=f"{gpu}_{number}",
            label=f"{gpu_label(gpu).split(',')[0]} {told}",
            unit="$/GPU-h",
            times=band.times,
            values=band.median,
            low=band.low if np.isfinite(band.low).any() else None,
            high=band.high if np.isfinite(band.high).any() else None,
            role=role,
            projected=not told.startswith("daily"),
            at_end=told.startswith("daily"),
        )
        for gpu, role in _DRAWN
        for number, (told, band) in enumerate(_bands(deck, gpu))
    ]
    return chart(
        deck,
        name="gpu_rates",
        title=headline(deck.snapshot, deck.view.as_of),
        y_title="Rental rate, $/GPU-h",
        curves=curves,
        sources=(("daily rates", _daily(deck)),),
        note=_NOTE,
        from_zero=False,
        decimals=2,
    )


CHARTS = (
    DeckChart(
        name="gpu_rates",
        label="GPU rental rates",
        build=rates_chart,
        help=(
            "On-demand list prices of the B200 and of the H100 whose form is not told, in $ per GPU-hour. The daily "
            "line is the median over the same providers from its first day to its last: a list of offers covers others "
            "every month, so the median of all of them is no trend. Weekly medians of GetDeploying, or bundled months, "
            "are of other providers and stay lines of their own. List prices are not what was paid. Bands go from the "
            "lower to the upper quartile. All sources and GPUs stand side by side under “GPU rates”."
        ),
    ),
)
