"""What the user says about risk: frozen, declared in :mod:`minerdesk.economics.risk.fields`."""

from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import combinations


class Driver(StrEnum):
    """What is random: each is one shock a month. Difficulty's is its own, beside what follows the BTC price."""

    BTC = "btc"
    DIFFICULTY = "difficulty"
    GPU_RATE = "gpu_rate"
    UTILISATION = "utilisation"
    POWER = "power"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    Driver.BTC: "BTC price",
    Driver.DIFFICULTY: "difficulty",
    Driver.GPU_RATE: "GPU rate",
    Driver.UTILISATION: "utilisation",
    Driver.POWER: "power price",
}

DRIVERS = tuple(Driver)
#: Every pair of drivers, in the order of the inputs.
PAIRS = tuple(combinations(DRIVERS, 2))


class Centre(StrEnum):
    """What the plan's own path is among the simulated ones."""

    MEAN = "mean"
    MEDIAN = "median"


def pair_key(one: Driver, other: Driver) -> str:
    """Return the key of the input that holds the correlation of two drivers.

    >>> pair_key(Driver.BTC, Driver.POWER)
    'risk.correlation_btc_power'
    """
    return f"risk.correlation_{one.value}_{other.value}"


@dataclass(frozen=True, kw_only=True)
class Risk:
    """How many paths, how far the drivers move, how they move together.

    A volatility of None is estimated from the loaded history. Volatilities are per square root of a year of the
    logarithm; a half-life of 0 means that a shock never fades.
    """

    paths: float
    seed: float
    centre: str
    btc_volatility: float | None
    difficulty_volatility: float | None
    gpu_rate_volatility: float | None
    power_volatility: float | None
    utilisation_swing_fraction: float
    difficulty_elasticity: float
    difficulty_lag_months: float
    difficulty_half_life_years: float
    gpu_rate_half_life_years: float
    utilisation_half_life_years: float
    power_half_life_years: float
    correlation_btc_difficulty: float
    correlation_btc_gpu_rate: float
    correlation_btc_utilisation: float
    correlation_btc_power: float
    correlation_difficulty_gpu_rate: float
    correlation_difficulty_utilisation: float
    correlation_difficulty_power: float
    correlation_gpu_rate_utilisation: float
    correlation_gpu_rate_power: float
    correlation_utilisation_power: float

    def correlation(self, one: Driver, other: Driver) -> float:
        """Return the typed correlation of a pair, in either order."""
        if one is other:
            return 1.0
        first, second = sorted((one, other), key=DRIVERS.index)
        return float(getattr(self, pair_key(first, second).removeprefix("risk.")))


KEYS = tuple(f"risk.{field.name}" for field in fields(Risk))
