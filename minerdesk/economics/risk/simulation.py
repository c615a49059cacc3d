"""The Monte Carlo run: blocks of paths through the plan's monthly model, in bounded memory.

Draws are plain (neither antithetic nor quasi-random), so that paths are independent and the errors that are told are
those of independent paths. All strategies meet the same paths.

Memory: a block of 250 paths at a time goes through the model, whatever the number of paths. Kept are, of every path,
its NPVs; of the first FAN_PATHS also the cumulative cash of every month, from which the fans are drawn: for 181
months and three strategies 43 MB. Together less than 150 MB.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic

import numpy as np

from minerdesk.economics.risk.drivers import (
    BLOCK_PATHS,
    D,
    Floats,
    Terms,
    block_normals,
    centring,
    driver_paths,
    shocks,
)
from minerdesk.economics.risk.inputs import Driver
from minerdesk.economics.risk.statistics import Convergence, Distribution, Probability, quantiles

#: Of so many paths fans are drawn; more would change them by less than a line's width.
FAN_PATHS = 10_000
#: Of so many paths the drivers themselves are kept.
DRIVER_PATHS = 1_000

#: Told after every block: paths done, paths in all.
OnProgress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, kw_only=True, eq=False)
class Model(Generic[D]):
    """The monthly model that paths run through.

    Attributes
    ----------
    base
        The plan's own path of the drivers, of shape (months,).
    cash_usd
        Cash of each strategy by month from drivers of shape (paths, months): shape (paths, months + 1), today first.
    discount
        The present value of a dollar of each month, of shape (months + 1,).
    mining
        The strategy that the others are compared with.
    """

    base: D
    cash_usd: Callable[[D], Mapping[str, Floats]]
    discount: Floats
    mining: str

    @property
    def months(self) -> int:
        """How many months a path has."""
        return len(self.discount) - 1


@dataclass(frozen=True, kw_only=True, eq=False)
class StrategyRisk:
    """One strategy over all paths, and on the plan's own path.

    Attributes
    ----------
    fan_usd, planned_usd
        Cumulative cash by month, today first: at LEVELS, shape (levels, months + 1), and the plan's.
    """

    npv: Distribution
    fan_usd: Floats
    planned_npv_usd: float
    planned_usd: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """A strategy against mining on: the gain in NPV path by path, and how often there is one."""

    gain: Distribution
    beats_mining: Probability
    convergence: Convergence


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskResult:
    """The outcome of a run. `drivers`: quantiles at LEVELS of each driver by month, (levels, months)."""

    paths: int
    fan_paths: int
    seed: int
    months: int
    terms: Terms
    strategies: Mapping[str, StrategyRisk]
    comparisons: Mapping[str, Comparison]
    drivers: Mapping[str, Floats]


def simulate(
    model: Model[D],
    terms: Terms,
    *,
    paths: int,
    seed: int,
    on_progress: OnProgress = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
    blocks_at_once: int = 1,
) -> RiskResult | None:
    """Run `paths` paths from `seed` and describe them; None if it was cancelled, asked after every chunk.

    `blocks_at_once` trades memory for speed and changes no figure beyond rounding.
    """
    gathered = _Gathered(model, paths)
    spread = centring(model.months, terms)
    blocks = -(-paths // BLOCK_PATHS)
    for first in range(0, blocks, blocks_at_once):
        if cancelled():
            return None
        numbers = range(first, min(first + blocks_at_once, blocks))
        normals = np.concatenate([block_normals(seed, number, model.months) for number in numbers], axis=2)
        start = first * BLOCK_PATHS
        normals = normals[:, :, : paths - start]
        drivers = driver_paths(model.base, shocks(normals, terms), terms, spread)
        gathered.take(start, drivers, model.cash_usd(drivers))
        on_progress(min(start + normals.shape[2], paths), paths)
    if cancelled():
        return None
    return gathered.result(terms, seed)


#: The drivers that are kept, and the names of their arrays.
KEPT = {
    Driver.BTC: "btc_price_usd",
    "hashprice": "hashprice_usd_per_ph_day",
    Driver.GPU_RATE: "gpu_rate_usd_per_gpu_hour",
    Driver.UTILISATION: "gpu_utilisation_fraction",
    Driver.POWER: "power_usd_per_mwh",
}


class _Gathered(Generic[D]):
    """What is kept of the paths while they run. Months come first where quantiles are taken month by month."""

    def __init__(self, model: Model[D], paths: int) -> None:
        self._model, self._paths = model, paths
        self._fan_paths = min(paths, FAN_PATHS)
        self._npv: dict[str, Floats] = {}
        self._cumulative: dict[str, Floats] = {}
        self._drivers = {str(name): np.empty((model.months, min(paths, DRIVER_PATHS))) for name in KEPT}

    def take(self, start: int, drivers: D, cash: Mapping[str, Floats]) -> None:
        """Keep what a chunk of paths, the first of them number `start`, has come to."""
        for name, flows in cash.items():
            if name not in self._npv:
                self._npv[name] = np.empty(self._paths)
                self._cumulative[name] = np.empty((self._model.months + 1, self._fan_paths))
            self._npv[name][start : start + len(flows)] = flows @ self._model.discount
            part = flows[: max(self._fan_paths - start, 0)]
            self._cumulative[name][:, start : start + len(part)] = np.cumsum(part, axis=1).T
        for name, attribute in KEPT.items():
            kept = self._drivers[str(name)]
            found = getattr(drivers, attribute)[: max(kept.shape[1] - start, 0)]
            kept[:, start : start + len(found)] = found.T

    def result(self, terms: Terms, seed: int) -> RiskResult:
        """Describe everything that was kept."""
        mined, planned = self._npv[self._model.mining], self._model.cash_usd(self._model.base)
        strategies = {
            name: StrategyRisk(
                npv=Distribution.of(values),
                fan_usd=_by_month(self._cumulative[name]),
                planned_npv_usd=float(planned[name] @ self._model.discount),
                planned_usd=np.cumsum(planned[name]),
            )
            for name, values in self._npv.items()
        }
        return RiskResult(
            paths=self._paths,
            fan_paths=self._fan_paths,
            seed=seed,
            months=self._model.months,
            terms=terms,
            strategies=strategies,
            comparisons={
                name: _compare(values - mined) for name, values in self._npv.items() if name != self._model.mining
            },
            drivers={name: _by_month(values) for name, values in self._drivers.items()},
        )


def _by_month(values: Floats) -> Floats:
    """Return the quantiles of each month, one month at a time: sorting them all at once would hold the window."""
    return np.stack([quantiles(month) for month in values], axis=1)


def _compare(gains: Floats) -> Comparison:
    return Comparison(
        gain=Distribution.of(gains),
        beats_mining=Probability(value=float((gains > 0).mean()), paths=len(gains)),
        convergence=Convergence.of(gains),
    )
