"""Open interest of futures: one venue's, or one aggregator's set of venues, measured against its own past only.

Venues count different contracts, so a level says nothing beside another venue's. What can be compared is a change, a
share of market cap and where that share stands in its own year; each is of one venue and carries its name.

Times are seconds UTC, each the start of its day; NaN is unknown. Nothing looks ahead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from minerdesk.economics.history import Times, Values, held, spans_s
from minerdesk.observations import Series, fill
from minerdesk.units import SECONDS_PER_DAY

CHANGE_DAYS = (7, 30)
YEAR_DAYS = 365
#: Of the trailing year this many days must be known before a day is measured against them.
LEAST_DAYS = 120
#: A price, or a venue's own value, speaks for what follows for so long: weekly records with a day of slack.
HOLDS_S = 8 * SECONDS_PER_DAY
#: A venue whose newest day began longer ago is no longer current.
CURRENT_S = 10 * SECONDS_PER_DAY
#: The year begins with the last value before it, if that is no older than this.
_YEAR_END_S = 10 * SECONDS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class Venue:
    """Whose open interest a series is, and what it counts in words; `key` names it where it is chosen.

    `files` is a second record of the very same thing, whose sources and those of `quantity` are `alike`: it stands in
    for the days that the first lacks.
    """

    key: str
    quantity: str
    label: str
    covers: str
    in_btc: bool = False
    files: str = ""
    alike: tuple[str, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """Every series that may be of it."""
        return (self.quantity, self.files) if self.files else (self.quantity,)


#: Every venue, the one that is believed first at the top: who gave Coinglass's key wants its wider sum; OKX answers
#: from everywhere and counts all its contracts.
VENUES: tuple[Venue, ...] = (
    Venue(
        key="coinglass",
        quantity="open_interest_coinglass_daily_usd",
        label="Coinglass’s exchanges",
        covers="the exchanges that Coinglass sums up, its own choice of them",
    ),
    Venue(key="okx", quantity="open_interest_daily_usd", label="OKX", covers="OKX alone, its BTC futures and swaps"),
    Venue(
        key="binance",
        quantity="open_interest_binance_daily_usd",
        label="Binance",
        covers="Binance alone, its BTCUSDT perpetual, a USDT taken for a dollar",
        files="open_interest_binance_files_daily_usd",
        alike=("binance", "binance_vision"),
    ),
    Venue(
        key="bybit",
        quantity="open_interest_bybit_daily_btc",
        label="Bybit",
        covers="Bybit alone, its BTCUSDT perpetual, BTC at the day’s close",
        in_btc=True,
    ),
    Venue(
        key="aggregate",
        quantity="open_interest_aggregate_usd",
        label="One aggregator’s venues",
        covers="one aggregator’s set of venues, by week; others’ totals run from 0.5 to 1.7 times it",
    ),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Interest:
    """One venue's open interest through time, in USD and in BTC at the day's close (NaN where no close is known).

    `source` is the source of its newest point; points that were counted another way are left out. `line` is the series
    that it was made of, with the source of every point.
    """

    venue: Venue
    source: str
    times: Times
    usd: Values
    btc: Values
    line: Series | None = None

    @property
    def covers(self) -> str:
        """Say what is counted: both sides of a contract if the venue gave nothing better; from two records if so."""
        both = ", both sides of every contract counted" if "both sides" in self.source else ""
        files = (
            ", past days from its daily files" if self.line and len(set(self.line.source_index.tolist())) > 1 else ""
        )
        return self.venue.covers + both + files

    def is_current(self, moment_s: float) -> bool:
        """Whether its newest day began at most ten days before a moment."""
        return moment_s - float(self.times[-1]) <= CURRENT_S


def interests(series: Mapping[str, Series], price: Series) -> tuple[Interest, ...]:
    """Return every venue that has a point, in the order of `VENUES`."""
    found = []
    for venue in VENUES:
        known = [series[name] for name in venue.quantities if name in series and len(series[name])]
        if not known:
            continue
        line = fill(*known) if len(known) > 1 else known[0]
        names, newest = line.source_names, line.source_names[line.source_index[-1]]
        # The same provider's points go together whatever their age, but never two ways of counting.
        alike = {newest, *venue.alike} if newest in venue.alike else {newest}
        same = np.array([name in alike for name in names])[line.source_index]
        line = replace(line, times=line.times[same], values=line.values[same], source_index=line.source_index[same])
        times, values = line.times, line.values
        close = held(price, times, HOLDS_S)
        usd, btc = (values * close, values) if venue.in_btc else (values, values / close)
        found.append(Interest(venue=venue, source=newest, times=times, usd=usd, btc=btc, line=line))
    return tuple(found)


def chosen(found: Sequence[Interest], moment_s: float, key: str = "") -> Interest | None:
    """Return the venue to show: the one asked for if it has a point, else the first whose newest is still current.

    Current is at most ten days old at `moment_s`; where none is, the one with the newest point is taken, and its date
    says how old it is.
    """
    asked = next((one for one in found if one.venue.key == key), None)
    if asked is not None:
        return asked
    current = [one for one in found if one.is_current(moment_s)]
    return current[0] if current else max(found, key=lambda one: int(one.times[-1]), default=None)


# -- measures through time --------------------------------------------------------------------------------------------


def change_fraction(times: Times, values: Values, days: int) -> Values:
    """Return for each point its change against the known point nearest to `days` before, within a quarter of that.

    Special cases: NaN where there is none that near, or where it is zero.

    >>> change_fraction(np.array([0, 7 * 86_400]), np.array([36.4, 40.0]), 7).round(4).tolist()
    [nan, 0.0989]
    """
    known = np.isfinite(values)
    there, amounts = times[known], values[known]
    if len(there) == 0:
        return np.full(len(times), np.nan)
    wanted = times - days * SECONDS_PER_DAY
    after = np.clip(np.searchsorted(there, wanted), 0, len(there) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(there[before] - wanted) <= np.abs(there[after] - wanted), before, after)
    off = np.abs(there[nearest] - wanted)
    base = np.where((off <= days * SECONDS_PER_DAY / 4) & (there[nearest] < times), amounts[nearest], np.nan)
    return _ratio(values, base) - 1


def year_to_date_fraction(times: Times, values: Values) -> Values:
    """Return for each point its change since the last known point before its calendar year (UTC), ten days at most."""
    known = np.isfinite(values)
    there, amounts = times[known], values[known]
    if len(there) == 0:
        return np.full(len(times), np.nan)
    new_year = times.astype("datetime64[s]").astype("datetime64[Y]").astype("datetime64[s]").astype(np.int64)
    place = np.searchsorted(there, new_year, side="left") - 1
    safe = np.maximum(place, 0)
    base = np.where((place >= 0) & (new_year - there[safe] <= _YEAR_END_S), amounts[safe], np.nan)
    return _ratio(values, base) - 1


def z_score(times: Times, values: Values) -> Values:
    """Return how many standard deviations each point lies above the mean of its trailing year, that day included.

    ``(value - mean) / deviation`` over the 365 days that end with it (deviation of the whole year, not of a sample),
    each point weighted by the days it speaks for. Scale-free: it can be said of one venue as of all.

    Special cases: NaN where less than 120 days of the year are known, and where the year is constant.
    """
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(times), np.nan)
    # Around a middle and in units of the spread: the squares of billions would eat the digits.
    middle, spread = float(np.median(values[known])), float(np.ptp(values[known]))
    scaled = np.where(known, (values - middle) / (spread or 1.0), 0.0)
    weights = np.where(known, spans_s(times), 0).astype(np.float64)
    sums = [np.concatenate([[0.0], np.cumsum(weights * part)]) for part in (np.ones(len(times)), scaled, scaled**2)]
    first = np.searchsorted(times, times - YEAR_DAYS * SECONDS_PER_DAY, side="right")
    last = np.arange(1, len(times) + 1)
    weight, total, squares = (part[last] - part[first] for part in sums)
    enough = weight >= LEAST_DAYS * SECONDS_PER_DAY
    mean = _ratio(total, weight)
    variance = _ratio(squares, weight) - mean**2
    deviation = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    return np.where(enough & known, (scaled - mean) / deviation, np.nan)


def _ratio(part: Values, whole: Values) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole != 0, part / whole, np.nan)


# -- one day ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class Leverage:
    """One venue's open interest with its measures through time, all at `interest.times`; fractions, not percent."""

    interest: Interest
    change_7d: Values
    change_30d: Values
    change_ytd: Values
    share_of_market_cap: Values
    z_score: Values

    @classmethod
    def of(cls, interest: Interest, price: Series, supply_btc: Values) -> "Leverage":
        """Measure a venue; `supply_btc` is what was issued by the end of each of its days, NaN where unknown."""
        times, usd = interest.times, interest.usd
        share = _ratio(usd, held(price, times, HOLDS_S) * supply_btc)
        week, month = (change_fraction(times, usd, days) for days in CHANGE_DAYS)
        return cls(
            interest=interest,
            change_7d=week,
            change_30d=month,
            change_ytd=year_to_date_fraction(times, usd),
            share_of_market_cap=share,
            z_score=z_score(times, share),
        )

    @property
    def latest(self) -> "Measures":
        """Return the measures of the newest day."""

        def last(values: Values) -> float | None:
            return float(values[-1]) if np.isfinite(values[-1]) else None

        return Measures(
            time_s=int(self.interest.times[-1]),
            usd=last(self.interest.usd),
            btc=last(self.interest.btc),
            change_7d=last(self.change_7d),
            change_30d=last(self.change_30d),
            change_ytd=last(self.change_ytd),
            share_of_market_cap=last(self.share_of_market_cap),
            z_score=last(self.z_score),
        )


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What is said of one day of a venue; None is unknown. `time_s` is the start of that day."""

    time_s: int
    usd: float | None
    btc: float | None
    change_7d: float | None
    change_30d: float | None
    change_ytd: float | None
    share_of_market_cap: float | None
    z_score: float | None
