"""Paths of the drivers around the plan's own: shocks month by month, turned into prices, rates and utilisation.

The first month is today's and known; every later one adds a shock. All arrays have shape (paths, months).

- **BTC price**: ``base * exp(x)``, x a random walk with the typed volatility: a geometric Brownian motion.
- **Difficulty**: ``f`` closes ``1 - exp(-1 / lag)`` of its gap to x every month; difficulty is ``base * exp(e f + n)``
  with the elasticity e and a noise n of its own. Hashprice is what is left: ``base * exp(x - e f - n)``.
- **GPU rate, power price**: ``base * exp(y)``. With a half-life y returns to zero (Ornstein-Uhlenbeck, exactly
  discretised), without one it walks. A negative power price keeps its sign.
- **Utilisation** u: the odds u / (1 - u) are multiplied by ``exp(z)``, so it stays within 0 to 1. z returns to zero and
  has in the long run the deviation ``swing / (u (1 - u))``: to first order the typed swing. 0 and 1 stay as they are.

Where the plan is the mean of the paths, every price is divided by the mean of its factor, ``exp(variance / 2)``;
utilisation is not. Where it is the median, nothing is divided.
"""

from dataclasses import dataclass, replace
from math import exp, log, sqrt
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from minerdesk.economics.risk import correlation
from minerdesk.economics.risk.inputs import DRIVERS, Centre, Driver, Risk
from minerdesk.economics.risk.volatility import Volatility, approach
from minerdesk.units import MONTHS_PER_YEAR

Floats = NDArray[np.float64]

#: Paths that share one stream of random numbers. Results don't depend on how many blocks are drawn at once.
BLOCK_PATHS = 250
#: A utilisation closer to 0 or 1 than this stays where it is.
_LEAST_ROOM = 1e-9


class Driven(Protocol):
    """What a model of months runs on; every array has shape (..., months)."""

    @property
    def btc_price_usd(self) -> Floats: ...  # noqa: D102 - the names say it
    @property
    def hashprice_usd_per_ph_day(self) -> Floats: ...  # noqa: D102 - the names say it
    @property
    def power_usd_per_mwh(self) -> Floats: ...  # noqa: D102 - the names say it
    @property
    def gpu_rate_usd_per_gpu_hour(self) -> Floats: ...  # noqa: D102 - the names say it
    @property
    def gpu_utilisation_fraction(self) -> Floats: ...  # noqa: D102 - the names say it


D = TypeVar("D", bound=Driven)


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms:
    """Everything that shapes the paths, as numbers: volatilities resolved, correlations checked.

    `mixing` turns independent normals into the shocks; see `correlation.root`.
    """

    risk: Risk
    volatility: dict[Driver, Volatility]
    mixing: Floats

    @classmethod
    def of(cls, risk: Risk, volatility: dict[Driver, Volatility]) -> "Terms":
        """Check the correlations and take their root. Raises InputError where they contradict each other."""
        correlation.check(risk)
        return cls(risk=risk, volatility=volatility, mixing=correlation.root(correlation.matrix(risk)))

    def monthly(self, driver: Driver) -> tuple[float, float]:
        """Return (rho, sigma) of a month: a deviation is rho times the last one plus sigma times the shock."""
        half_life = {
            Driver.DIFFICULTY: self.risk.difficulty_half_life_years,
            Driver.GPU_RATE: self.risk.gpu_rate_half_life_years,
            Driver.POWER: self.risk.power_half_life_years,
            Driver.UTILISATION: self.risk.utilisation_half_life_years,
        }.get(driver, 0.0)
        if driver is Driver.UTILISATION:
            rho = exp(-log(2.0) / half_life / MONTHS_PER_YEAR)
            return rho, sqrt(1 - rho * rho)  # of unit variance in the long run
        sigma = self.volatility[driver].value
        if half_life <= 0:
            return 1.0, sigma / sqrt(MONTHS_PER_YEAR)
        kappa = log(2.0) / half_life
        rho = exp(-kappa / MONTHS_PER_YEAR)
        return rho, sigma * sqrt((1 - rho * rho) / (2 * kappa))


def block_normals(seed: int, block: int, months: int) -> Floats:
    """Return the independent normals of a block, shape (months, drivers, BLOCK_PATHS).

    Each block has a stream of its own, spawned from the seed by its number: a path is the same whatever the number of
    paths and however many are drawn at once. Months come first, so a longer horizon leaves the earlier ones alone.
    """
    stream = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block,)))
    return stream.standard_normal((months, len(DRIVERS), BLOCK_PATHS))


def shocks(normals: Floats, terms: Terms) -> Floats:
    """Return correlated shocks of unit variance, same shape."""
    return np.asarray(np.einsum("ij,mjp->mip", terms.mixing, normals))


@dataclass(frozen=True, kw_only=True, eq=False)
class Deviations:
    """How far the logarithms lie from the plan's, shape (months, paths); utilisation in its own unit deviations.

    `hashprice` is the price's less difficulty's.
    """

    btc: Floats
    hashprice: Floats
    gpu_rate: Floats
    utilisation: Floats
    power: Floats


def deviations(moves: Floats, terms: Terms) -> Deviations:
    """Add shocks of shape (months, drivers, paths) up, month by month; the first month's are left out."""
    walks = _walks(moves, terms)
    btc = walks[:, DRIVERS.index(Driver.BTC)]
    share, followed = approach(terms.risk.difficulty_lag_months), np.zeros_like(btc)
    for month in range(1, len(btc)):
        followed[month] = followed[month - 1] + share * (btc[month] - followed[month - 1])
    followed *= terms.risk.difficulty_elasticity
    _, difficulty, gpu_rate, utilisation, power = (walks[:, place] for place in range(len(DRIVERS)))
    return Deviations(
        btc=btc,
        hashprice=btc - followed - difficulty,
        gpu_rate=gpu_rate,
        utilisation=utilisation,
        power=power,
    )


def variances(months: int, terms: Terms) -> Deviations:
    """Return the exact variance of every deviation, shape (months, 1).

    A deviation is linear in the shocks: the response to one normal in the second month, squared and summed over the
    months since, is what that normal adds to the variance.
    """
    pulses = np.zeros((max(months, 2), len(DRIVERS), len(DRIVERS)))
    pulses[1] = np.eye(len(DRIVERS))  # one path for each driver's normal
    answers = deviations(shocks(pulses, terms), terms)

    def grown(response: Floats) -> Floats:
        added = np.cumsum(np.sum(response[1:] ** 2, axis=1, keepdims=True), axis=0)
        return np.concatenate([np.zeros((1, 1)), added])[:months]

    return Deviations(**{name: grown(getattr(answers, name)) for name in Deviations.__dataclass_fields__})


def centring(months: int, terms: Terms) -> Deviations | None:
    """Return the variances that the means are taken out with, or None where the plan is the median."""
    return variances(months, terms) if terms.risk.centre == Centre.MEAN.value else None


def driver_paths(base: D, moves: Floats, terms: Terms, spread: Deviations | None) -> D:
    """Return `base`, of shape (months,), with its five drivers replaced by paths of shape (paths, months).

    `spread` is that of `centring`. Special cases: where nothing moves the paths are the base, to the last digit.
    """
    found = deviations(moves, terms)

    def moved(name: str, path: Floats) -> Floats:
        deviation = getattr(found, name)
        if spread is not None:
            deviation = deviation - getattr(spread, name) / 2
        return np.ascontiguousarray((path[:, None] * np.exp(deviation)).T)

    return replace(  # type: ignore[type-var] # D is a dataclass wherever there is one; Protocol can't say so
        base,
        btc_price_usd=moved("btc", base.btc_price_usd),
        hashprice_usd_per_ph_day=moved("hashprice", base.hashprice_usd_per_ph_day),
        power_usd_per_mwh=moved("power", base.power_usd_per_mwh),
        gpu_rate_usd_per_gpu_hour=moved("gpu_rate", base.gpu_rate_usd_per_gpu_hour),
        gpu_utilisation_fraction=utilisation_paths(base.gpu_utilisation_fraction, found.utilisation, terms),
    )


def utilisation_paths(path: Floats, deviation: Floats, terms: Terms) -> Floats:
    """Return utilisation of shape (paths, months) from unit deviations of shape (months, paths)."""
    swing, u = terms.risk.utilisation_swing_fraction, path[:, None]
    room = np.where(u * (1 - u) > _LEAST_ROOM, u * (1 - u), 0.0)
    if swing == 0:
        return np.ascontiguousarray(np.broadcast_to(u, deviation.shape).T)
    odds = np.exp(np.clip(deviation * swing / np.where(room > 0, room, 1.0), -500, 500))
    return np.ascontiguousarray(np.where(room > 0, u * odds / (1 - u + u * odds), u).T)


def _walks(moves: Floats, terms: Terms) -> Floats:
    """Return deviations from shocks, both (months, drivers, paths): none in the first month, then month by month."""
    rho, sigma = (np.array(column)[:, None] for column in zip(*map(terms.monthly, DRIVERS), strict=True))
    result = sigma * moves
    result[0] = 0.0
    for month in range(1, len(moves)):
        result[month] += rho * result[month - 1]
    return result
