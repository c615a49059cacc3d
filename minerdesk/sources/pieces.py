"""Prices of a power market as they come: in pieces, from one provider; and how a provider declares what it serves.

A new provider declares a :class:`Feed`: its zones, currency and clock, and which requests a span of days takes. Asking,
judging, cancelling and progress are the same for all and live here.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from minerdesk import words
from minerdesk.economics.prices import clock_of
from minerdesk.errors import FailureKind, SourceError
from minerdesk.sources.ask import Ask, Fetched, Probe
from minerdesk.sources.client import MAX_BYTES, Client, Post
from minerdesk.sources.failures import NotPublishedError, cancelled, implausible

PIECE_DEADLINE_S = 20.0
DAY_AHEAD, REAL_TIME = "day-ahead", "real-time"
Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Prices of one zone.

    Attributes
    ----------
    times
        The start of each interval, seconds UTC.
    prices
        In the feed's currency per MWh; None is a gap.
    licence
        What the reply itself says of it, empty if nothing.
    step_s
        The length of every interval, None if it is to be told from the times.
    """

    times: tuple[int, ...]
    prices: tuple[float | None, ...]
    licence: str = ""
    step_s: float | None = None


#: What one reply holds, by zone: some replies hold several.
Pieces = Mapping[str, Piece]


@dataclass(frozen=True, kw_only=True)
class Part(Generic[Read]):
    """One request, and how its body is read; `on_refusal` may raise a better failure from what came with a refusal."""

    path: str
    read: Callable[[bytes], Read]
    params: Mapping[str, str] = field(default_factory=dict)
    post: Post | None = None
    max_bytes: int = MAX_BYTES
    on_refusal: Callable[[bytes], None] = lambda _body: None


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is wanted of a feed: the `days` before today in a zone; `held` are starts of intervals that are there."""

    zone: str
    now: datetime
    days: int
    held: frozenset[int] = frozenset()

    def span(self, clock: str) -> tuple[date, date]:
        """Return the first and the last day on a market's clock."""
        today = self.now.astimezone(clock_of(clock)).date()
        return today - timedelta(days=self.days), today - timedelta(days=1)


class Asks(Protocol):
    """Asks a provider for one part after the other."""

    def get(self, part: Part[Read]) -> Read:
        """Ask and read. Blocks until the provider's turn; raises SourceError."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """One fetch under way at a provider."""

    client: Client
    provider: str
    cancel: threading.Event | None = None

    def get(self, part: Part[Read]) -> Read:
        """Ask and read. Blocks until the provider's turn; raises SourceError."""
        if self.cancel is not None and self.cancel.is_set():
            raise cancelled(self.provider)
        with self.client.judged(self.provider, force=True):
            try:
                body = self.client.get(
                    self.provider,
                    part.path,
                    params=part.params,
                    post=part.post,
                    deadline=self.client.monotonic() + PIECE_DEADLINE_S,
                    cancel=self.cancel,
                    max_bytes=part.max_bytes,
                )
            except SourceError as error:
                part.on_refusal(error.body)
                raise
            return part.read(body)


@dataclass(frozen=True, kw_only=True)
class Feed:
    """What one provider serves of one kind of market.

    Attributes
    ----------
    zones
        The provider's own name of each zone, by ours.
    clock
        The clock of the market, an IANA name or an offset.
    parts
        The requests that an order takes, in order of time; it may ask for a table of contents first.
    window_days
        How many days the provider keeps, if it is only days: what is fetched is then added to what is kept. None is a
        full history, fetched anew each time.
    days_words
        Of which days the prices are, and how fine, for the one who chooses.
    """

    provider: str
    kind: str
    zones: Mapping[str, str]
    currency: str
    clock: str
    parts: Callable[[Asks, Order], Sequence[Part[Pieces]]]
    window_days: int | None = None
    days_words: str = ""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What a fetch brought until it was through, or until `failure`."""

    pieces: Mapping[str, tuple[Piece, ...]]
    failure: SourceError | None = None


def gather(
    feed: Feed, asking: Asks, order: Order, *, on_part: Callable[[float], None] = lambda _share: None
) -> Gathered:
    """Ask for every part of an order; what is not published is left out. Blocks, never raises a SourceError."""
    found: dict[str, tuple[Piece, ...]] = {}
    missing: SourceError | None = None
    try:
        parts = feed.parts(asking, order)
        for number, part in enumerate(parts, 1):
            try:
                for zone, piece in asking.get(part).items():
                    found[zone] = (*found.get(zone, ()), piece)
            except NotPublishedError as error:
                missing = error
            on_part(number / len(parts))
    except SourceError as error:
        return Gathered(pieces=found, failure=error)
    if order.zone not in found and not order.held:
        first, last = order.span(feed.clock)
        hint = f"It has no {feed.kind} prices of {order.zone} from {first} to {last}. Choose another market."
        failure = SourceError(FailureKind.REFUSED, feed.provider, hint)
        failure.__cause__ = missing
        return Gathered(pieces=found, failure=failure)
    return Gathered(pieces=found)


@dataclass(frozen=True, kw_only=True)
class _Testing:
    """The parts of a probe: judged by who makes it."""

    ask: Ask
    provider: str

    def get(self, part: Part[Read]) -> Read:
        body = self.ask.get(self.provider, part.path, part.params, post=part.post, max_bytes=part.max_bytes)
        return part.read(body)


def probe(feed: Feed, zone: str, label: str) -> Probe:
    """Return the probe of a provider: the newest part of yesterday's prices in a zone."""

    def fetch(ask: Ask) -> Fetched:
        asking = _Testing(ask=ask, provider=feed.provider)
        parts = feed.parts(asking, Order(zone=zone, now=ask.now, days=1))
        found = asking.get(parts[-1]).get(zone) if parts else None
        prices = [price for price in found.prices if price is not None] if found else []
        if not prices or found is None:
            raise implausible(feed.provider, "not one price is in it")
        span = f"{words.general(min(prices))} to {words.general(max(prices))} {feed.currency}/MWh"
        newest = words.day_and_time(datetime.fromtimestamp(max(found.times), UTC))
        return Fetched(told=f"{zone}, {feed.kind}: {len(prices)} prices, {span}, the last of {newest} UTC")

    return Probe(provider=feed.provider, label=label, fetch=fetch)


def whole_days(first: date, last: date, days: int) -> list[tuple[date, date]]:
    """Return a span as pieces of at most so many days.

    >>> [(a.day, b.day) for a, b in whole_days(date(2026, 1, 1), date(2026, 1, 5), 2)]
    [(1, 2), (3, 4), (5, 5)]
    """
    count = (last - first).days + 1
    begins = [first + timedelta(days=n) for n in range(0, count, days)]
    return [(begin, min(begin + timedelta(days=days - 1), last)) for begin in begins]


def midnight(day: date, clock: str) -> datetime:
    """Return the instant at which a day begins on a clock."""
    return datetime(day.year, day.month, day.day, tzinfo=clock_of(clock) or UTC).astimezone(UTC)


def believed(
    times: Sequence[float],
    prices: Sequence[float | None],
    *,
    source: str,
    currency: str,
    low: float,
    high: float,
    step_s: float | None = None,
    licence: str = "",
) -> Piece:
    """Return a piece if its times are whole minutes between 2000 and 2200 and every price lies in its bounds."""
    if any(not 946_684_800 <= time < 7_258_118_400 or time % 60 for time in times):
        raise implausible(source, "its times are not the minutes of a calendar")
    wrong = next((price for price in prices if price is not None and not low <= price <= high), None)
    if wrong is not None:
        raise implausible(source, f"a price is {wrong:g} {currency}/MWh, outside {low:g} to {high:g}")
    return Piece(times=tuple(map(int, times)), prices=tuple(prices), step_s=step_s, licence=licence)


def within(piece: Piece, first: date, last: date, source: str) -> Piece:
    """Return a piece if it is of the days asked for, a day's difference of clocks allowed."""
    begin, end = (datetime.fromtimestamp(time, UTC).date() for time in (min(piece.times), max(piece.times)))
    if begin < first - timedelta(days=1) or end > last + timedelta(days=1):
        raise implausible(source, f"it is of {begin} to {end}, asked was {first} to {last}")
    return piece
