"""Prices of a power market: fetched in pieces, put in order, and kept on disk to be there offline, with their date.

What a provider only keeps for days is added to what is kept, and stays for good.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from minerdesk.economics.prices import PriceSeries, joined, ordered, rows_words
from minerdesk.errors import FailureKind, InputError, SourceError, StoreError
from minerdesk.sources.client import Client
from minerdesk.sources.endpoints import PROVIDERS
from minerdesk.sources.failures import implausible
from minerdesk.sources.markets import PLACES, Place
from minerdesk.sources.pieces import Asking, Feed, Gathered, Order, Piece, gather
from minerdesk.store import documents
from minerdesk.store.atomic import set_aside, set_aside_in_words, write_text
from minerdesk.store.paths import ensure
from minerdesk.store.prices import from_json, to_json

_FOLDER, _ENDING = "power", ".json"
#: From this span on a market whose prices are all the same, or all but nothing, is not believed.
_TELLING_H, _ALL_BUT_NOTHING = 48.0, 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """What is kept of the markets, by key, and in words which of their files were damaged."""

    series: dict[str, PriceSeries]
    problems: tuple[str, ...] = ()


# -- from pieces to a series ------------------------------------------------------------------------------------------


def series_of(pieces: Sequence[Piece], place: Place, feed: Feed, *, now: datetime) -> PriceSeries:
    """Return the pieces of one provider as one series, cut at `now`; a missing price is a gap.

    Raises
    ------
    SourceError
        implausible: no price is left, or together they can't be those of a market.
    """
    source = PROVIDERS[feed.provider]
    times = np.array([time for piece in pieces for time in piece.times], dtype=np.float64)
    prices = np.array([np.nan if p is None else p for piece in pieces for p in piece.prices], dtype=np.float64)
    known = np.isfinite(prices)
    if not known.any():
        raise implausible(feed.provider, "not one price is in it")
    steps = {piece.step_s for piece in pieces}
    starts, hours, order, told = ordered(times[known], None, steps.pop() if len(steps) == 1 else None)
    found = PriceSeries(
        label=feed.kind,
        name=f"{source.label} {place.key}",
        layout=f"{source.label} {feed.kind} prices",
        currency=feed.currency,
        times=starts,
        hours=hours,
        prices_per_mwh=prices[known][order],
        zone=feed.clock,
        fetched_at=now,
        credit=_credit(feed, pieces),
    ).cut(now)
    if not len(found):
        raise implausible(feed.provider, "every price in it is dated after the clock")
    _require_market(found, feed.provider)
    negative = int((found.prices_per_mwh < 0).sum())
    handled = [f"{place.label}, {feed.currency}/MWh: {rows_words(len(found))} fetched.", *told]
    if negative:
        handled.append(f"{rows_words(negative)} with a negative price.")
    return found.with_words(tuple(handled))


def _require_market(series: PriceSeries, provider: str) -> None:
    """Raise if days of prices are all the same, or as good as nothing: then they are none, or in another unit."""
    if series.hours.sum() < _TELLING_H:
        return
    prices = series.prices_per_mwh
    if prices.max() == prices.min():
        raise implausible(provider, f"every price in it is {prices[0]:g} {series.currency}/MWh")
    if np.abs(prices).max() < _ALL_BUT_NOTHING:
        raise implausible(provider, f"no price in it is over {np.abs(prices).max():g} {series.currency}/MWh")


def _credit(feed: Feed, pieces: Sequence[Piece]) -> str:
    """Return what the provider wants said, and the licences that its replies name, else the one of all it gives."""
    declared = PROVIDERS[feed.provider]
    licences = list(dict.fromkeys(piece.licence for piece in pieces if piece.licence))
    return ". ".join([declared.credit, *licences]) if licences else f"{declared.credit} ({declared.licence})"


# -- fetching ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """The prices of the `days` before today of a market, to be fetched and kept in `folder`.

    Attributes
    ----------
    on, order, first
        The sources that the user switched on, the order in which they are asked, and the one that is to be asked before
        all others this time.
    on_part
        Is told how far it is, and with whom.
    """

    client: Client
    folder: Path
    place: Place
    now: datetime
    days: int
    on: Collection[str] = ()
    order: Sequence[str] = ()
    first: str = ""
    cancel: threading.Event | None = None
    on_part: Callable[[float, Feed], None] = lambda _share, _feed: None

    def run(self) -> PriceSeries:
        """Ask the providers in their order until one gives. Blocks.

        The series is that one's alone, and says who failed before.

        Raises
        ------
        SourceError
            Nobody gave any; what is kept stays, and what came before a failure is kept of who has only days.
        StoreError
            They could not be kept.
        """
        failures: list[SourceError] = []
        for feed in self.place.asked(self.on, (self.first, *self.order)):
            try:
                series = self._from(feed)
            except SourceError as error:
                if error.kind is FailureKind.CANCELLED or self.client.offline:
                    raise
                failures.append(error)
            else:
                return series.with_words((*(_passed_over(error, feed) for error in failures), *series.handled))
        if not failures:
            raise InputError(f"Nobody may be asked for {self.place.label}.", hint="Switch a source on under Data.")
        raise _none_gave(failures)

    def _from(self, feed: Feed) -> PriceSeries:
        """Return what one provider gives, once it is kept."""
        before = _kept_of(self.folder, self.place, feed) if feed.window_days is not None else None
        held = frozenset() if before is None or before.times is None else frozenset(before.times.tolist())
        order = Order(zone=self.place.key, now=self.now, days=min(self.days, feed.window_days or self.days), held=held)
        asking = Asking(client=self.client, provider=feed.provider, cancel=self.cancel)
        found = gather(feed, asking, order, on_part=lambda share: self.on_part(share, feed))
        if feed.window_days is None:
            if found.failure is not None:
                raise found.failure
            series = series_of(found.pieces[self.place.key], self.place, feed, now=self.now)
            _keep(self.folder, self.place, feed, series)
            return series
        series = self._added(feed, found, before)
        if found.failure is not None:
            raise _with_rest_kept(found.failure) if found.pieces else found.failure
        return series

    def _added(self, feed: Feed, found: Gathered, before: PriceSeries | None) -> PriceSeries:
        """Add what came, of every zone, to what is kept; return the series of the market, cut at the clock."""
        shown = before
        for key, pieces in found.pieces.items():
            is_asked = key == self.place.key
            try:
                fresh = series_of(pieces, PLACES[key], feed, now=self.now)
            except SourceError:
                if is_asked and found.failure is None:
                    raise
                continue
            kept = before if is_asked else _kept_of(self.folder, PLACES[key], feed)
            series = fresh if kept is None else joined(kept, fresh)
            _keep(self.folder, PLACES[key], feed, series)
            shown = series if is_asked else shown
        if shown is None:
            raise found.failure or implausible(feed.provider, f"it holds nothing of {self.place.label}")
        return replace(shown.cut(self.now), fetched_at=self.now)


def _with_rest_kept(error: SourceError) -> SourceError:
    """Return a failure midway, with what became of what came before it."""
    hint = f"{error.hint} What came before is kept; fetch again for the rest."
    return SourceError(error.kind, error.source, hint, retry_after_s=error.retry_after_s)


def _passed_over(error: SourceError, feed: Feed) -> str:
    who, given = PROVIDERS[error.source].label, PROVIDERS[feed.provider].label
    return f"{who} gave none ({error.kind.value}: {_first_sentence(error.hint)}), so all prices are {given}’s."


def _first_sentence(hint: str) -> str:
    return hint.split(". ", 1)[0].rstrip(".")


def _none_gave(failures: Sequence[SourceError]) -> SourceError:
    """Return the first failure, with what came of the others."""
    first, *others = failures
    told = " ".join(
        f"{PROVIDERS[error.source].label} gave none either ({error.kind.value}: {_first_sentence(error.hint)})."
        for error in others
    )
    return SourceError(first.kind, first.source, f"{first.hint} {told}".strip(), retry_after_s=first.retry_after_s)


# -- keeping ----------------------------------------------------------------------------------------------------------


def _path(folder: Path, key: str) -> Path:
    return folder / _FOLDER / f"{key}{_ENDING}"


def _keep(folder: Path, place: Place, feed: Feed, series: PriceSeries) -> None:
    path = _path(folder, place.key)
    ensure(path.parent)
    write_text(path, documents.dumps({"zone": place.key, "provider": feed.provider, "prices": to_json(series)}))


def _kept_of(folder: Path, place: Place, feed: Feed) -> PriceSeries | None:
    """Return what is kept of one provider's prices, whole; a damaged file is set aside, and is as good as none.

    A StoreError says that it can be neither read nor set aside: then nothing is written in its place.
    """
    path = _path(folder, place.key)
    if not path.is_file():
        return None
    try:
        document = documents.read(path)
        series = from_json(document.get("prices"))
    except (InputError, ValueError):
        set_aside(path)
        return None
    return series if document.get("provider") == feed.provider and series.currency == feed.currency else None


def kept(folder: Path, now: datetime) -> Kept:
    """Return what is kept of every market, cut at `now`; a damaged file is set aside and named. Never raises."""
    series: dict[str, PriceSeries] = {}
    problems = []
    for key in PLACES:
        path = _path(folder, key)
        if not path.is_file():
            continue
        try:
            found = from_json(documents.read(path).get("prices")).cut(now)
        except StoreError as error:
            problems.append(str(error))
        except (InputError, ValueError) as error:
            why = error.message if isinstance(error, InputError) else f"{path} is damaged: {error}."
            problems.append(f"{why} {set_aside_in_words(path)} Fetch {key} again.")
        else:
            if len(found) and found.fetched_at is not None and found.fetched_at <= now:
                series[key] = found
    return Kept(series=series, problems=tuple(problems))


# -- topping up -------------------------------------------------------------------------------------------------------


def due_windows(folder: Path, now: datetime) -> tuple[Place, ...]:
    """Return a market of each provider that keeps only days if one was fetched, but half those days ago or longer.

    One is enough, for its replies hold the others too. What can't be read is nobody's here: `kept` names it. Never
    raises.
    """
    newest: dict[str, tuple[datetime, Place]] = {}
    for place in PLACES.values():
        path = _path(folder, place.key)
        if place.window_days is None or not path.is_file():
            continue
        try:
            fetched = datetime.fromisoformat(documents.read(path)["prices"]["fetched_at"])
            age = now - fetched
        except (InputError, StoreError, ValueError, TypeError, KeyError):
            continue
        if age.total_seconds() >= 0:
            group = f"{place.feeds[0].provider} {place.kind}"
            newest[group] = max(newest.get(group, (fetched, place)), (fetched, place), key=lambda one: one[0])
    return tuple(
        place for fetched, place in newest.values() if now - fetched >= timedelta(days=place.window_days or 0) / 2
    )


def top_up(
    client: Client,
    folder: Path,
    *,
    now: datetime,
    on: Collection[str] = (),
    order: Sequence[str] = (),
    cancel: threading.Event,
) -> tuple[SourceError, ...]:
    """Fetch what is due of markets whose provider keeps only days, so that no day is lost. Blocks.

    `on` and `order` are the user's, as those of a `Fetch`.

    Returns the failures: they are tried again with the next look. Raises StoreError if it can't be kept.
    """
    failures = []
    for place in due_windows(folder, now):
        try:
            Fetch(
                client=client,
                folder=folder,
                place=place,
                now=now,
                days=place.window_days or 1,
                on=on,
                order=order,
                cancel=cancel,
            ).run()
        except SourceError as error:
            failures.append(error)
    return tuple(failures)
