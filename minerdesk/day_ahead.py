"""Day-ahead prices of a zone: fetched, put in order, and kept on disk to be there offline, with their date."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from minerdesk.economics.prices import PriceSeries, ordered, rows_words
from minerdesk.errors import InputError, StoreError
from minerdesk.sources import energy_charts
from minerdesk.sources.client import Client
from minerdesk.sources.energy_charts import CLOCK, ZONES, Piece
from minerdesk.sources.failures import implausible
from minerdesk.store import documents
from minerdesk.store.atomic import set_aside_in_words, write_text
from minerdesk.store.paths import ensure
from minerdesk.store.prices import from_json, to_json

_FOLDER, _ENDING = "power", ".json"


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """What is kept of the zones, and in words which of their files were damaged."""

    series: dict[str, PriceSeries]
    problems: tuple[str, ...] = ()


def series_of(pieces: tuple[Piece, ...], zone: str, *, now: datetime) -> PriceSeries:
    """Return the pieces as one series, cut at `now`; a missing price is a gap. Raises SourceError if none is left."""
    times = np.array([time for piece in pieces for time in piece.times], dtype=np.float64)
    prices = np.array([np.nan if p is None else p for piece in pieces for p in piece.prices], dtype=np.float64)
    known = np.isfinite(prices)
    if not known.any():
        raise implausible(energy_charts.NAME, "not one price is in it")
    starts, hours, order, told = ordered(times[known], None, None)
    found = PriceSeries(
        label="day-ahead",
        name=f"energy-charts {zone}",
        layout="energy-charts day-ahead prices",
        currency="EUR",
        times=starts,
        hours=hours,
        prices_per_mwh=prices[known][order],
        zone=CLOCK,
        fetched_at=now,
        credit=_credit(pieces),
    ).cut(now)
    if not len(found):
        raise implausible(energy_charts.NAME, "every price in it is dated after the clock")
    negative = int((found.prices_per_mwh < 0).sum())
    handled = [f"{ZONES.get(zone, zone)}, EUR/MWh: {rows_words(len(found))} fetched.", *told]
    if negative:
        handled.append(f"{rows_words(negative)} with a negative price.")
    return found.with_words(tuple(handled))


def _credit(pieces: tuple[Piece, ...]) -> str:
    licences = dict.fromkeys(piece.licence for piece in pieces if piece.licence)
    return ". ".join(["Day-ahead prices by energy-charts.info", *licences])


def fetch(
    client: Client,
    folder: Path,
    zone: str,
    *,
    now: datetime,
    days: int,
    cancel: threading.Event,
    on_piece: Callable[[float], None],
) -> PriceSeries:
    """Fetch the prices of a zone and keep them in `folder`. Blocks.

    Raises
    ------
    SourceError
        They could not be fetched; what is kept of the zone stays.
    StoreError
        They could not be kept.
    """
    pieces = energy_charts.fetch_prices(client, zone, now=now, days=days, cancel=cancel, on_piece=on_piece)
    series = series_of(pieces, zone, now=now)
    write_text(
        ensure(folder / _FOLDER) / f"{zone}{_ENDING}", documents.dumps({"zone": zone, "prices": to_json(series)})
    )
    return series


def kept(folder: Path, now: datetime) -> Kept:
    """Return what is kept of every zone, cut at `now`; a damaged file is set aside and named. Never raises."""
    series: dict[str, PriceSeries] = {}
    problems = []
    for zone in ZONES:
        path = folder / _FOLDER / f"{zone}{_ENDING}"
        if not path.is_file():
            continue
        try:
            found = from_json(documents.read(path).get("prices")).cut(now)
        except StoreError as error:
            problems.append(str(error))
        except (InputError, ValueError) as error:
            why = error.message if isinstance(error, InputError) else f"{path} is damaged: {error}."
            problems.append(f"{why} {set_aside_in_words(path)} Fetch {zone} again.")
        else:
            if len(found) and found.fetched_at is not None and found.fetched_at <= now:
                series[zone] = found
    return Kept(series=series, problems=tuple(problems))
