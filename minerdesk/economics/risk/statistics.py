"""What is said of many paths: quantiles, tails, probabilities with their errors, and how they settle."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The quantiles of fans and tables.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
#: The share of the paths that is the tail, and the bins of a histogram.
TAIL, BINS = 0.05, 60
#: How many numbers of paths a convergence is followed at; the normal quantile of a 95 % band.
STEPS, BAND = 60, 1.959964


def quantiles(values: Floats) -> Floats:
    """Return the quantiles at LEVELS along the last axis, first axis of the result; linear between paths.

    >>> quantiles(np.arange(101.0)).tolist()
    [5.0, 25.0, 50.0, 75.0, 95.0]
    """
    return np.asarray(np.quantile(values, LEVELS, axis=-1))


def expected_shortfall(values: Floats, tail: float = TAIL) -> float:
    """Return the mean of the worst share `tail` of the values, of at least one.

    >>> expected_shortfall(np.arange(100.0))
    2.0
    """
    count = max(1, ceil(tail * len(values) - 1e-9))
    return float(np.partition(values, count - 1)[:count].mean())


@dataclass(frozen=True, kw_only=True, eq=False)
class Distribution:
    """One quantity over all paths. `standard_error` is that of the mean."""

    values: Floats
    mean: float
    standard_error: float
    deviation: float
    quantiles: Floats
    expected_shortfall: float
    loss_probability: float

    @classmethod
    def of(cls, values: Floats) -> "Distribution":
        """Describe values, one a path; a single one has no error and no deviation."""
        deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        return cls(
            values=values,
            mean=float(values.mean()),
            standard_error=deviation / sqrt(len(values)),
            deviation=deviation,
            quantiles=quantiles(values),
            expected_shortfall=expected_shortfall(values),
            loss_probability=float((values < 0).mean()),
        )


@dataclass(frozen=True, kw_only=True)
class Probability:
    """A share of independent paths, and its standard error ``sqrt(p (1 - p) / n)``."""

    value: float
    paths: int

    @property
    def standard_error(self) -> float:
        """The standard error; 0 where all paths agree, which `rule_of_three` bounds then."""
        return sqrt(self.value * (1 - self.value) / self.paths)

    @property
    def rule_of_three(self) -> float:
        """The bound, at 95 % confidence, of the chance of what no path has shown: 3 / n."""
        return min(3.0 / self.paths, 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Convergence:
    """How the probability and the mean gain settle as paths are added: after `paths[i]` of them."""

    paths: NDArray[np.int64]
    probability: Floats
    probability_band: Floats
    mean_usd: Floats
    mean_band_usd: Floats

    @classmethod
    def of(cls, gains: Floats) -> "Convergence":
        """Follow gains in the order of the paths; bands are half-widths at 95 % confidence."""
        first = min(50, len(gains))
        steps = np.unique(np.linspace(first, len(gains), min(STEPS, len(gains))).astype(np.int64))
        number = steps.astype(np.float64)
        wins, total = np.cumsum(gains > 0)[steps - 1] / number, np.cumsum(gains)[steps - 1]
        scale = float(np.abs(gains).max()) or 1.0  # squares of dollars of a large site would lose digits
        squares = np.cumsum((gains / scale) ** 2)[steps - 1]
        mean = total / number
        spread = np.maximum(squares / number - (mean / scale) ** 2, 0.0) * scale**2
        return cls(
            paths=steps,
            probability=wins,
            probability_band=BAND * np.sqrt(wins * (1 - wins) / number),
            mean_usd=mean,
            mean_band_usd=BAND * np.sqrt(spread / np.maximum(number - 1, 1)),
        )


def histogram(samples: Sequence[Floats], bins: int = BINS) -> tuple[Floats, list[Floats]]:
    """Return shared bin edges, and for each sample the share of its values in every bin.

    The bins span all samples together but for the lowest half and the highest two percent, which are in no bin.
    Special case: where nothing varies one bin of a dollar's width holds all.
    """
    both = np.concatenate(samples)
    low, high = (float(edge) for edge in np.quantile(both, (0.005, 0.98)))
    if not high - low > 1e-9 * max(abs(low), abs(high), 1.0):
        low, high, bins = low - 0.5, high + 0.5, 1
    edges = np.linspace(low, high, bins + 1)
    return edges, [np.histogram(sample, bins=edges)[0] / len(sample) for sample in samples]
