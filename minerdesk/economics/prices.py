"""Interval prices of a power market: put in order, each with its length; by the hour of the day and the month."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: The market of a scenario's own series, beside the keys of the bundled years.
OWN = "own"
HOURS_A_DAY, MONTHS = 24, 12
_HOUR_S, _DAY_S = 3_600, 86_400
_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A row that can't be used: its line in the file, and why."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class PriceSeries:
    """Interval prices in the order of time.

    Attributes
    ----------
    times
        The start of each interval, seconds UTC, strictly increasing; None if the file has no times.
    hours
        The length of each interval. A gap between two is nobody's.
    prices_per_mwh
        In `currency`. :meth:`in_usd` converts.
    label, name
        The location or column that was read, and the file or the zone it comes from.
    zone
        The clock of the market, on which its hours of the day are counted: an IANA name, or an offset like +10:00.
    fetched_at
        When it was fetched over the network; None of a file.
    credit
        What its provider wants said of it.
    handled
        What was found and done, in plain sentences.
    refused, refused_rows
        The rows that can't be used, the first thousand of them, and how many there are.
    """

    label: str
    layout: str
    currency: str
    times: Ints | None
    hours: Floats
    prices_per_mwh: Floats
    name: str = ""
    zone: str = "UTC"
    fetched_at: datetime | None = None
    credit: str = ""
    locations: tuple[str, ...] = ()
    handled: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    refused_rows: int = 0

    def __len__(self) -> int:
        return len(self.prices_per_mwh)

    def in_usd(self, usd_per_unit: float) -> "PriceSeries":
        """Return the series in USD at a rate of `usd_per_unit` of its currency."""
        return replace(self, currency="USD", prices_per_mwh=self.prices_per_mwh * usd_per_unit)

    @property
    def title(self) -> str:
        """File or zone, and which of its columns or locations."""
        return f"{self.name}, {self.label}" if self.name and self.label else self.name or self.label

    @property
    def span_words(self) -> str:
        """The first and the last moment, or nothing without times."""
        if self.times is None:
            return ""
        return f"{_moment(self.times[0])} – {_moment(self.times[-1] + self.hours[-1] * _HOUR_S)} UTC"

    def with_words(self, handled: tuple[str, ...]) -> "PriceSeries":
        """Return the series with other words on what was done."""
        return replace(self, handled=handled)

    def cut(self, now: datetime) -> "PriceSeries":
        """Return the intervals that are over at `now`: nothing dated after the clock exists."""
        if self.times is None:
            return self
        keep = int(np.searchsorted(self.times + self.hours * _HOUR_S, now.timestamp() + 0.5))
        if keep == len(self):
            return self
        return replace(
            self, times=self.times[:keep], hours=self.hours[:keep], prices_per_mwh=self.prices_per_mwh[:keep]
        )


@dataclass(frozen=True, kw_only=True)
class PowerChoice:
    """The market that a scenario looks at: part of what the user has typed.

    Attributes
    ----------
    market
        The key of a bundled year, or `OWN`; empty is the usual one.
    usd_per
        The rates into dollars, by currency.
    rate_notes
        Of when and whose a rate is, by currency; a typed one has none.
    prices
        The scenario's own series, imported or fetched.
    """

    market: str = ""
    usd_per: Mapping[str, float] = field(default_factory=dict)
    rate_notes: Mapping[str, str] = field(default_factory=dict)
    prices: PriceSeries | None = None

    @property
    def chosen(self) -> PriceSeries | None:
        """The own series, if it is the market."""
        return self.prices if self.market == OWN else None

    def with_rate(self, currency: str, usd_per_unit: float | None, note: str = "") -> "PowerChoice":
        """Return the choice with another rate of a currency, and its note; None takes both away."""
        rates = {known: rate for known, rate in self.usd_per.items() if known != currency}
        notes = {known: told for known, told in self.rate_notes.items() if known != currency}
        if usd_per_unit is not None:
            rates[currency] = usd_per_unit
            notes.update({currency: note} if note else {})
        return replace(self, usd_per=rates, rate_notes=notes)


# -- order ------------------------------------------------------------------------------------------------------------


def ordered(starts_s: Floats, lines: Ints | None, step_s: float | None) -> tuple[Ints, Floats, Ints, list[str]]:
    """Return times in order and each once, the hours of each, which rows they are, and what is to be said.

    Of rows with the same time the first counts; gaps stay gaps; `lines` are those of a file. Without `step_s` an
    interval is as long as the one before it.
    """
    told = []
    stamps = starts_s.astype(np.int64)
    if (np.diff(stamps) < 0).any():
        told.append("The rows were not in the order of time; they were sorted.")
    times, order = np.unique(stamps, return_index=True)
    if again := len(stamps) - len(times):
        repeats = np.setdiff1d(np.arange(len(stamps)), order, assume_unique=True)[:_EXAMPLES]
        named = [] if lines is None else [f"line {lines[place]}" for place in repeats]
        at = f" ({', '.join(named)}{' …' if again > _EXAMPLES else ''})" if named else ""
        told.append(f"{rows_words(again)} with a time that was there before{at} left out.")
    if len(times) == 1:
        return times, np.array([(step_s or _HOUR_S) / _HOUR_S]), order, told
    apart = np.diff(times).astype(np.float64)
    usual = float(np.median(apart)) if step_s is None else step_s
    lengths = _lengths(apart, usual) if step_s is None else np.full(len(times), step_s)
    gaps = np.flatnonzero(apart > lengths[:-1])
    if len(gaps):
        missing = float((apart - lengths[:-1])[gaps].sum()) / _HOUR_S
        first = ", ".join(
            _moment(times[gap] + lengths[gap]) + ("" if lines is None else f" (before line {lines[order[gap + 1]]})")
            for gap in gaps[:_EXAMPLES]
        )
        told.append(
            f"{_gaps(len(gaps))}, {missing:,.6g} h missing in all and left out: "
            f"from {first}{' …' if len(gaps) > _EXAMPLES else ''}."
        )
    overlap = apart < lengths[:-1]
    lengths[:-1] = np.where(overlap, apart, lengths[:-1])
    steps = sorted({round(length / 60, 2) for length in np.unique(lengths)})
    kinds = ", ".join(f"{step:g} min" for step in steps[:4]) + (" …" if len(steps) > 4 else "")
    told.insert(0, f"From {_moment(times[0])} to {_moment(times[-1] + lengths[-1])} UTC, intervals of {kinds}.")
    return times, lengths / _HOUR_S, order, told


def _lengths(apart: Floats, usual: float) -> Floats:
    """Return how long each interval is if only the starts are known: as long as the one before.

    A file may go from hours over to quarters. A single longer step is a gap, and so is what is longer than an hour
    where that is not usual.
    """
    before, after = np.r_[apart[0], apart[:-1]], np.r_[apart[1:], apart[-1]]
    alone = (apart != before) & (apart != after)
    lengths = np.where(alone, np.where(before < apart, before, np.minimum(after, apart)), apart)
    lengths = np.minimum(lengths, max(usual, float(_HOUR_S)))
    return np.append(lengths, lengths[-1])


def hourly(series: PriceSeries) -> PriceSeries:
    """Return the means of whole hours UTC, weighted by time; what has no times, or no shorter intervals, as it is."""
    if series.times is None or series.hours.min() >= 1:
        return series
    hour = series.times // _HOUR_S
    first = np.flatnonzero(np.diff(hour, prepend=hour[0] - 1))
    lengths = np.add.reduceat(series.hours, first)
    means = np.add.reduceat(series.hours * series.prices_per_mwh, first) / lengths
    told = f"{rows_words(len(series))} kept as {len(first):,} hourly means."
    return replace(
        series,
        times=series.times[first],
        hours=lengths,
        prices_per_mwh=means,
        handled=(*series.handled, told),
    )


def joined(older: PriceSeries, newer: PriceSeries) -> PriceSeries:
    """Return two series of the same market as one: where both have an interval, the newer's price counts.

    All else is the newer's, with a sentence on what came from the older. Without times there is nothing to join by.
    """
    if older.times is None or newer.times is None:
        return newer
    times, place = np.unique(np.concatenate([newer.times, older.times]), return_index=True)
    hours = np.concatenate([newer.hours, older.hours])[place]
    hours[:-1] = np.minimum(hours[:-1], np.diff(times) / _HOUR_S)
    added = int((place >= len(newer)).sum())
    told = (f"{rows_words(added)} kept from earlier fetches, the first of {_moment(times[0])} UTC.",) if added else ()
    return replace(
        newer,
        times=times,
        hours=hours,
        prices_per_mwh=np.concatenate([newer.prices_per_mwh, older.prices_per_mwh])[place],
        handled=(*newer.handled, *told),
    )


# -- by hour and month ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class HoursOfMonths:
    """Prices by month (12 rows, January first) and hour of the day (24 columns) on the market's clock.

    Attributes
    ----------
    hours
        How many hours each cell stands on; a cell without any is NaN in the others.
    mean_price
        The mean price, weighted by time.
    stopped_fraction
        The share of the hours with a price above the breakeven; None without one.
    """

    zone: str
    hours: Floats
    mean_price: Floats
    stopped_fraction: Floats | None


def hours_of_months(
    times: Ints, hours: Floats, prices: Floats, *, zone: str = "UTC", stop_at: float | None = None
) -> HoursOfMonths:
    """Return what prices were like by hour of the day and month of the year, all years together.

    An interval belongs to the hour in which it starts; one of several hours counts in each of them. Where the clock
    of `zone` is not known on this computer, UTC is taken, and said in `zone` of the result.

    >>> found = hours_of_months(np.array([0, 3600]), np.ones(2), np.array([10.0, 99.0]), stop_at=50.0)
    >>> found.mean_price[0, :2].tolist(), found.stopped_fraction[0, :2].tolist()
    ([10.0, 99.0], [0.0, 1.0])
    """
    if len(hours) and hours.max() > 1:
        times, hours, prices = _split(times, hours, prices)
    clock = clock_of(zone)
    local = times + _offsets_s(times, clock or UTC)
    hour = local // _HOUR_S % HOURS_A_DAY
    month = (local // _DAY_S).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % MONTHS
    cell, shape = month * HOURS_A_DAY + hour, (MONTHS, HOURS_A_DAY)

    def summed(weights: Floats) -> Floats:
        return np.bincount(cell, weights=weights, minlength=MONTHS * HOURS_A_DAY).astype(np.float64).reshape(shape)

    total = summed(hours)
    held = np.where(total > 0, total, np.nan)
    return HoursOfMonths(
        zone=zone if clock is not None else "UTC",
        hours=total,
        mean_price=summed(hours * prices) / held,
        stopped_fraction=None if stop_at is None else summed(hours * (prices > stop_at)) / held,
    )


def _split(times: Ints, hours: Floats, prices: Floats) -> tuple[Ints, Floats, Floats]:
    """Return the intervals in pieces of an hour at most."""
    pieces = np.maximum(np.ceil(hours).astype(np.int64), 1)
    number = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    lengths = np.minimum(np.repeat(hours, pieces) - number, 1.0)
    return np.repeat(times, pieces) + number * _HOUR_S, lengths, np.repeat(prices, pieces)


def clock_of(zone: str) -> tzinfo | None:
    """Return the clock of an IANA name, of UTC or of an offset like +10:00 or UTC-5; None of anything else.

    >>> clock_of("UTC+10:00").utcoffset(None), clock_of("nowhere") is None
    (datetime.timedelta(seconds=36000), True)
    """
    text = zone.strip().upper()
    if text in ("", "UTC", "GMT", "Z"):
        return UTC
    text = text.removeprefix("UTC").removeprefix("GMT").replace("−", "-").strip()
    if text[:1] in ("+", "-"):
        hours, _, minutes = text[1:].partition(":")
        if not (hours.isascii() and hours.isdigit() and (not minutes or (minutes.isascii() and minutes.isdigit()))):
            return None
        span = timedelta(hours=int(hours[:4]), minutes=int(minutes[:4] or 0))
        return timezone(-span if text[0] == "-" else span) if span < timedelta(hours=15) else None
    try:
        return ZoneInfo(zone.strip())
    except (KeyError, ValueError, OSError):
        return None


def local_seconds(times: Ints, zone: str) -> Ints:
    """Return times as seconds on the clock of `zone`, daylight saving included; an unknown zone counts as UTC."""
    return times + _offsets_s(times, clock_of(zone) or UTC)


def _offsets_s(times: Ints, clock: tzinfo) -> Ints:
    """Return by how much the clock is ahead of UTC at each time: asked once a day, on days of change once an hour."""
    if clock is UTC or not len(times):
        return np.zeros(len(times), dtype=np.int64)

    def asked(seconds: Ints) -> Ints:
        offsets = [datetime.fromtimestamp(second, clock).utcoffset() or timedelta(0) for second in seconds.tolist()]
        return np.array([offset.total_seconds() for offset in offsets], dtype=np.int64)

    days, place = np.unique(times // _DAY_S, return_inverse=True)
    at_start, at_end = asked(days * _DAY_S), asked((days + 1) * _DAY_S)
    offsets: Ints = at_start[place]
    changing = (at_start != at_end)[place]
    if changing.any():
        hours, within = np.unique(times[changing] // _HOUR_S, return_inverse=True)
        offsets[changing] = asked(hours * _HOUR_S)[within]
    return offsets


# -- words ------------------------------------------------------------------------------------------------------------


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M}"


def rows_words(number: int) -> str:
    """Write a number of rows."""
    return f"{number:,} row{'' if number == 1 else 's'}"


def _gaps(number: int) -> str:
    return f"{number:,} gap{'' if number == 1 else 's'}"
