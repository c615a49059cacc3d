"""Rental rates of GPUs side by side: the object of ``rates --json``, the tables of a workbook, and their sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from minerdesk import words
from minerdesk.economics.gpu_names import gpu_label, order_of
from minerdesk.economics.gpu_panel import Panel, panel
from minerdesk.economics.gpu_rates import OFFERS_NEEDED, OFFERS_SOURCE, RATE_SOURCES, GpuRate, GpuRecord, RateKind
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.network_report import end_of_day
from minerdesk.observations import RateBand, State
from minerdesk.snapshot import Snapshot
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.store.bundle import REFERENCE_GPU

RATES, TRENDS = "GPU rates", "GPU rate trends"
TITLE = "GPU rental rates by source"
#: What must be said beside the rates, whoever reads them.
CAUTION = (
    "List prices and asks, not what was paid; every source is its own and none is pooled into another’s. A trend is "
    "over providers that are there on both its ends."
)
BUNDLED = "bundled"
_MONTH_HALF_S = 15 * 86_400


@dataclass(frozen=True, kw_only=True)
class RateLine:
    """One rate as it is shown: of one GPU from one source.

    `low` and `high` are the quartiles, None where the source tells none or has fewer than three offers; `offers` and
    `sellers` are None where they are not told.
    """

    gpu: str
    label: str
    usd_per_gpu_hour: float
    low: float | None
    high: float | None
    offers: int | None
    sellers: int | None
    kind: str
    cadence: str
    as_of: datetime
    state: State
    is_expired: bool
    source: str
    source_label: str
    licence: str
    detail: str


def record_at(snapshot: Snapshot, as_of: date | None = None) -> GpuRecord:
    """Return what was told of rental rates by the end of a UTC day, or by now."""
    return snapshot.gpu_record if as_of is None else snapshot.gpu_record.cut(end_of_day(as_of))


def rate_lines(snapshot: Snapshot, as_of: date | None = None) -> tuple[RateLine, ...]:
    """Return the newest rate of every GPU from every source, by GPU; bundled months of those that nobody told of."""
    moment = snapshot.now if as_of is None else end_of_day(as_of)
    told = [_told(rate, snapshot, moment) for rate in record_at(snapshot, as_of).newest]
    known = {line.gpu for line in told}
    bundled = [line for band in snapshot.gpu_rates for line in _bundled(band, moment) if line.gpu not in known]
    return tuple(sorted((*told, *bundled), key=lambda line: order_of(line.gpu)))  # sorting keeps their order in a GPU


def _told(rate: GpuRate, snapshot: Snapshot, moment: datetime) -> RateLine:
    source, provider = RATE_SOURCES[rate.source], PROVIDERS[rate.source]
    live = not snapshot.offline and moment == snapshot.now and rate.is_live(moment)
    return RateLine(
        gpu=rate.gpu,
        label=gpu_label(rate.gpu),
        usd_per_gpu_hour=rate.median,
        low=_known(rate.low) if rate.offers >= OFFERS_NEEDED else None,
        high=_known(rate.high) if rate.offers >= OFFERS_NEEDED else None,
        offers=rate.offers or None,
        sellers=rate.sellers or None,
        kind=source.kind.value,
        cadence=source.cadence,
        as_of=rate.as_of_moment,
        state=State.LIVE if live else State.CACHED,
        is_expired=rate.is_expired(moment),
        source=rate.source,
        source_label=provider.label,
        licence=provider.licence,
        detail="; ".join(filter(None, (rate.detail, source.note))),
    )


def _bundled(band: RateBand, moment: datetime) -> Iterator[RateLine]:
    """Yield the newest bundled month of a band that was over by a moment."""
    ends = band.times + _MONTH_HALF_S
    place = int(np.searchsorted(ends, moment.timestamp(), side="right")) - 1
    if place < 0:
        return
    as_of = datetime.fromtimestamp(int(ends[place]), UTC)
    yield RateLine(
        gpu=band.gpu.lower(),
        label=gpu_label(band.gpu.lower()),
        usd_per_gpu_hour=float(band.median[place]),
        low=_known(float(band.low[place])),
        high=_known(float(band.high[place])),
        offers=None,
        sellers=None,
        kind=RateKind.LISTS.value,
        cadence="monthly",
        as_of=as_of,
        state=State.BUNDLED,
        is_expired=False,
        source=BUNDLED,
        source_label=f"Bundled: {band.panel.split(',')[0]}",
        licence="CC BY 4.0" if "CC BY 4.0" in band.panel else "",
        detail="median of a month",
    )


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


# -- the trend --------------------------------------------------------------------------------------------------------


def trends(record: GpuRecord) -> tuple[Panel, ...]:
    """Return the trend of every GPU over the same providers, where there is one."""
    gpus = sorted({rate.gpu for rate in record.rates if rate.source == OFFERS_SOURCE}, key=order_of)
    found = (panel(record.sellers(gpu), gpu) for gpu in gpus)
    return tuple(one for one in found if one is not None)


def trend_words(found: Panel) -> str:
    """Say how a GPU's rates moved and over which panel, without the full stop.

    >>> times, usd = np.array([0, 30 * 86_400]), np.array([3.0, 3.3])
    >>> names = ("a", "b", "c")
    >>> found = Panel(gpu="h200", names=names, times=times, low=usd, median=usd, high=usd, skipped=0)
    >>> words.plain(trend_words(found))
    'H200 +10.0 % to 3.30 $/GPU-h over the same 3 providers from 1 Jan 1970 to 31 Jan 1970'
    """
    return (
        f"{gpu_label(found.gpu)} {words.percent(found.change_fraction, change=True)} to "
        f"{words.figure(float(found.median[-1]), 2)} $/GPU-h over {found.told()}"
    )


def headline(snapshot: Snapshot, as_of: date | None = None) -> str:
    """Say how the reference GPU's rates moved; where no panel is there yet, that."""
    found = panel(record_at(snapshot, as_of).sellers(REFERENCE_GPU), REFERENCE_GPU)
    if found is not None:
        return trend_words(found)
    return (
        f"Trend of {gpu_label(REFERENCE_GPU)} not known yet: it takes three providers on two days; past days are "
        "fetched a few at a time"
    )


def unknown_words(record: GpuRecord) -> str:
    """Name the GPUs that sources told and that are not understood; empty without any."""
    told = [f"{', '.join(names)} ({PROVIDERS[source].label})" for source, names in record.unknown.items() if names]
    return f"Not understood and left out: {'; '.join(told)}." if told else ""


def credits_words(snapshot: Snapshot, as_of: date | None = None) -> str:
    """Return the credits of the sources whose rates are shown."""
    lines = rate_lines(snapshot, as_of)
    sources = {OFFERS_SOURCE if line.source == BUNDLED and line.licence else line.source for line in lines}
    told = [provider.credit for name, provider in PROVIDERS.items() if name in sources and provider.credit]
    return f"{'; '.join(told)}." if told else ""


# -- for scripts and files --------------------------------------------------------------------------------------------


def rates_object(snapshot: Snapshot, as_of: date | None = None) -> dict[str, Any]:
    """Return the object of ``rates --json``. The names are a contract with scripts; what is not known is null."""
    record = record_at(snapshot, as_of)
    return {
        "as_of": snapshot.now if as_of is None else end_of_day(as_of),
        "rates": [_line_object(line) for line in rate_lines(snapshot, as_of)],
        "trends": [
            {
                "gpu": found.gpu,
                "providers": list(found.names),
                "first_day": _day(found, 0),
                "last_day": _day(found, -1),
                "days": len(found.times),
                "days_left_out": found.skipped,
                "first_usd_per_gpu_hour": float(found.median[0]),
                "last_usd_per_gpu_hour": float(found.median[-1]),
                "change_fraction": found.change_fraction,
            }
            for found in trends(record)
        ],
        "unknown_gpus": {source: list(names) for source, names in record.unknown.items() if names},
        "credits": credits_words(snapshot, as_of),
    }


def _line_object(line: RateLine) -> dict[str, Any]:
    return {
        "gpu": line.gpu,
        "usd_per_gpu_hour": line.usd_per_gpu_hour,
        "low_usd_per_gpu_hour": line.low,
        "high_usd_per_gpu_hour": line.high,
        "offers": line.offers,
        "sellers": line.sellers,
        "kind": line.kind,
        "cadence": line.cadence,
        "as_of": line.as_of,
        "state": line.state.value,
        "expired": line.is_expired,
        "source": line.source,
        "licence": line.licence,
        "detail": line.detail,
    }


def _day(found: Panel, place: int) -> date:
    return datetime.fromtimestamp(int(found.times[place]), UTC).date()


def gpu_tables(snapshot: Snapshot, as_of: date | None = None) -> tuple[Table, ...]:
    """Return the rates side by side, and the days of every trend."""
    return (rates_table(snapshot, as_of), trends_table(record_at(snapshot, as_of)))


def rates_table(snapshot: Snapshot, as_of: date | None = None) -> Table:
    """Return every source's newest rate of every GPU, one a row."""
    rows: list[tuple[Cell, ...]] = [
        (
            line.label,
            line.usd_per_gpu_hour,
            line.low,
            line.high,
            line.offers,
            line.sellers,
            line.kind,
            line.cadence,
            line.as_of,
            "expired" if line.is_expired else line.state.value,
            line.source_label,
            line.licence,
            line.detail,
        )
        for line in rate_lines(snapshot, as_of)
    ]
    money = (("usd_per_gpu_hour", "Rate"), ("low", "Lower quartile"), ("high", "Upper quartile"))
    texts = ("kind", "cadence")
    notes = (CAUTION, credits_words(snapshot, as_of), unknown_words(record_at(snapshot, as_of)))
    return Table(
        name=RATES,
        title=TITLE,
        columns=(
            Column(key="gpu", title="GPU", kind=Kind.TEXT),
            *(Column(key=key, title=title, unit="$/GPU-h", decimals=2) for key, title in money),
            Column(key="offers", title="Offers", decimals=0),
            Column(key="sellers", title="Sellers", decimals=0),
            *(Column(key=key, title=key.capitalize(), kind=Kind.TEXT) for key in texts),
            Column(key="as_of", title="As of", unit="UTC", kind=Kind.DATETIME),
            *(
                Column(key=key, title=key.capitalize(), kind=Kind.TEXT)
                for key in ("state", "source", "licence", "detail")
            ),
        ),
        rows=tuple(rows),
        notes=tuple(words.plain(note) for note in notes if note),
    )


def trends_table(record: GpuRecord) -> Table:
    """Return every trend over a fixed panel, a row a day."""
    found = trends(record)
    return Table(
        name=TRENDS,
        title="GPU rental rates, each GPU over the same providers on all its days",
        columns=(
            Column(key="date", title="Date", unit="UTC", kind=Kind.DATE),
            Column(key="gpu", title="GPU", kind=Kind.TEXT),
            Column(key="median", title="Median", unit="$/GPU-h", decimals=2),
            Column(key="low", title="Lower quartile", unit="$/GPU-h", decimals=2),
            Column(key="high", title="Upper quartile", unit="$/GPU-h", decimals=2),
            Column(key="providers", title="Providers", decimals=0),
        ),
        rows=tuple(
            (
                _day(one, place),
                gpu_label(one.gpu),
                float(one.median[place]),
                float(one.low[place]),
                float(one.high[place]),
                len(one.names),
            )
            for one in found
            for place in range(len(one.times))
        ),
        notes=(
            "Days on which one of the panel is missing are left out, not filled. Two panels are never joined.",
            *(words.plain(f"{trend_words(one)}: {', '.join(one.names)}.") for one in found),
            PROVIDERS[OFFERS_SOURCE].credit,
        ),
    )
