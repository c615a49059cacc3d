"""How far a quantity moves: estimated from its history, or typed; an estimate says its window and how many points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from math import exp

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.dispatch import MarketYear
from minerdesk.economics.risk.inputs import Driver, Risk
from minerdesk.observations import RateBand, Series
from minerdesk.units import MONTHS_PER_YEAR, SECONDS_PER_DAY

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

_YEAR_S = 365.25 * SECONDS_PER_DAY
WINDOW_YEARS = 3.0
#: With fewer changes the history is too thin, and an assumption stands in its place.
LEAST_CHANGES = {Driver.BTC: 52, Driver.DIFFICULTY: 26, Driver.GPU_RATE: 8, Driver.POWER: 4}
#: Stand in where the history is too thin: round figures of our own, per square root of a year.
ASSUMED = {Driver.BTC: 0.55, Driver.DIFFICULTY: 0.2, Driver.GPU_RATE: 0.35, Driver.POWER: 0.25}


class Origin(StrEnum):
    """Where a volatility comes from."""

    TYPED = "typed"
    ESTIMATED = "estimated"
    ASSUMED = "assumed"


@dataclass(frozen=True, kw_only=True)
class Volatility:
    """Standard deviation of a year's change of the logarithm, and where it comes from.

    `changes` counts the changes that an estimate stands on, `window` says over which time and of what.
    """

    driver: Driver
    value: float
    origin: Origin
    changes: int = 0
    window: str = ""

    @property
    def origin_words(self) -> str:
        """Say where the value comes from.

        >>> Volatility(driver=Driver.BTC, value=0.5, origin=Origin.TYPED).origin_words
        'typed'
        """
        if self.origin is Origin.TYPED:
            return "typed"
        if self.origin is Origin.ESTIMATED:
            return f"estimated from {words.figure(self.changes)} changes, {self.window}"
        return f"an assumption: {self.window}"


@dataclass(frozen=True, kw_only=True, eq=False)
class History:
    """The loaded history that volatilities are estimated from."""

    price: Series
    difficulty: Series
    gpu_rates: tuple[RateBand, ...] = ()
    market_years: tuple[MarketYear, ...] = ()


def annualised(changes: Floats, years: Floats, *, drift: bool = True) -> float:
    """Return the volatility per square root of a year of log changes over uneven steps.

    ``sigma² = Σ (r - μ t)² / t / (n - 1)`` with ``μ = Σ r / Σ t``: what fits a random walk best, whatever the steps.
    Without a `drift` the mean is taken as zero and the sum divided by n.

    Special cases: fewer than two changes (one without a drift) give NaN.

    >>> round(annualised(np.array([0.1, -0.1]), np.array([1.0, 1.0])), 6)
    0.141421
    """
    mean = changes.sum() / years.sum() if drift and len(changes) else 0.0
    degrees = len(changes) - (1 if drift else 0)
    if degrees < 1:
        return float("nan")
    return float(np.sqrt(np.sum((changes - mean * years) ** 2 / years) / degrees))


def of_price(price: Series) -> Volatility:
    """Return the BTC price's, from the log changes of the last three years of the series, days or weeks as it has."""
    times, values = _window(price.times, price.values)
    return _estimate(Driver.BTC, np.diff(np.log(values)), _years(times), _span(times))


def of_difficulty(difficulty: Series, price: Series, *, elasticity: float, lag_months: float) -> Volatility:
    """Return difficulty's own: what is left of its changes from epoch to epoch after what follows the price.

    What follows is the typed response: ``elasticity`` times the price's logarithm, smoothed with the typed lag, as
    in the simulation.
    """
    known = np.isfinite(price.values) & (price.values > 0)
    good = np.isfinite(difficulty.values) & (difficulty.values > 0)
    times = difficulty.times[good]
    if known.sum() < 2 or len(times) < 2:
        return _estimate(Driver.DIFFICULTY, np.empty(0), np.empty(0), "")
    logs = np.interp(times, price.times[known], np.log(price.values[known]))
    followed = np.empty(len(times))
    followed[0] = logs[0]
    for place in range(1, len(times)):
        months = (times[place] - times[place - 1]) / _YEAR_S * MONTHS_PER_YEAR
        followed[place] = followed[place - 1] + approach(lag_months, months) * (logs[place] - followed[place - 1])
    own = np.log(difficulty.values[good]) - elasticity * followed
    inside = times >= times[-1] - WINDOW_YEARS * _YEAR_S
    return _estimate(Driver.DIFFICULTY, np.diff(own[inside]), _years(times[inside]), _span(times[inside]))


def approach(lag_months: float, months: float = 1.0) -> float:
    """Return which share of a gap closes within `months`: ``1 - exp(-months / lag)``; without a lag all of it.

    >>> approach(0.0), round(approach(6.0, 6.0), 4)
    (1.0, 0.6321)
    """
    return 1.0 if lag_months <= 0 else 1.0 - exp(-months / lag_months)


def of_gpu_rates(bands: Iterable[RateBand]) -> Volatility:
    """Return the GPU rate's, from the changes of monthly medians, each GPU within its own panel of providers.

    Pooled over all GPUs, for each alone has a few months; a change of panel is never counted.
    """
    changes, years, types = [np.empty(0)], [np.empty(0)], set()
    times = [np.empty(0, dtype=np.int64)]
    for band in bands:
        kept, values = _positive(band.times, band.median)
        if len(kept) > 1:
            changes.append(np.diff(np.log(values)))
            years.append(_years(kept))
            times.append(kept)
            types.add(band.gpu)
    span = _span(np.sort(np.concatenate(times)))
    return _estimate(
        Driver.GPU_RATE, np.concatenate(changes), np.concatenate(years), f"{span}, medians of {len(types)} GPU types"
    )


def of_market_years(markets: Sequence[MarketYear]) -> Volatility:
    """Return the power price's, from the change of the year's mean price in each market; no drift is taken out.

    Markets of one region move together, so there is less in them than their number says.
    """
    means: dict[str, dict[int, float]] = {}
    for market in markets:
        name = market.key.replace(f"_{market.year}", "")
        means.setdefault(name, {})[market.year] = float(market.prices_per_mwh.mean())
    changes, spans, covered = [], [], set()
    for years in means.values():
        known = sorted(year for year, mean in years.items() if mean > 0)
        for before, after in pairwise(known):
            changes.append(np.log(years[after] / years[before]))
            spans.append(float(after - before))
            covered |= {before, after}
    window = f"yearly means {min(covered)} to {max(covered)}, {len(means)} market series" if covered else ""
    return _estimate(Driver.POWER, np.asarray(changes), np.asarray(spans), window, drift=False)


def volatilities(risk: Risk, history: History) -> dict[Driver, Volatility]:
    """Return the volatility of each driver that has one: typed, else estimated, else assumed.

    Utilisation has none: its swing is an input of its own.
    """
    typed = {
        Driver.BTC: risk.btc_volatility,
        Driver.DIFFICULTY: risk.difficulty_volatility,
        Driver.GPU_RATE: risk.gpu_rate_volatility,
        Driver.POWER: risk.power_volatility,
    }
    estimated = {
        Driver.BTC: lambda: of_price(history.price),
        Driver.DIFFICULTY: lambda: of_difficulty(
            history.difficulty,
            history.price,
            elasticity=risk.difficulty_elasticity,
            lag_months=risk.difficulty_lag_months,
        ),
        Driver.GPU_RATE: lambda: of_gpu_rates(history.gpu_rates),
        Driver.POWER: lambda: of_market_years(history.market_years),
    }
    return {
        driver: estimated[driver]() if value is None else Volatility(driver=driver, value=value, origin=Origin.TYPED)
        for driver, value in typed.items()
    }


def _estimate(driver: Driver, changes: Floats, years: Floats, window: str, *, drift: bool = True) -> Volatility:
    least = LEAST_CHANGES[driver]
    if len(changes) < least:
        short = f"the history has {len(changes)} changes, {least} are needed"
        return Volatility(
            driver=driver, value=ASSUMED[driver], origin=Origin.ASSUMED, changes=len(changes), window=short
        )
    value = annualised(changes, years, drift=drift)
    return Volatility(driver=driver, value=value, origin=Origin.ESTIMATED, changes=len(changes), window=window)


def _positive(times: Times, values: Floats) -> tuple[Times, Floats]:
    good = np.isfinite(values) & (values > 0)
    return times[good], values[good]


def _window(times: Times, values: Floats) -> tuple[Times, Floats]:
    """Return the positive values of the last three years."""
    times, values = _positive(times, values)
    if not len(times):
        return times, values
    inside = times >= times[-1] - WINDOW_YEARS * _YEAR_S
    return times[inside], values[inside]


def _years(times: Times) -> Floats:
    return np.diff(times).astype(np.float64) / _YEAR_S


def _span(times: Times) -> str:
    if not len(times):
        return ""
    first, last = (words.day(datetime.fromtimestamp(int(time), UTC)) for time in (times[0], times[-1]))
    return f"{first} to {last}"
