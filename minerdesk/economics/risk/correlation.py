"""The correlation matrix of the shocks: made of typed pairs, checked, and told apart where the pairs contradict."""

from itertools import combinations
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from minerdesk import words
from minerdesk.economics.risk.inputs import DRIVERS, PAIRS, Driver, Risk, pair_key
from minerdesk.errors import InputError, Problem, Severity

Floats = NDArray[np.float64]

#: An eigenvalue above its negative counts as zero: a matrix that is just singular, three drivers in step, is allowed.
_TOLERANCE = 1e-9


def matrix(risk: Risk) -> Floats:
    """Return the symmetric matrix of the typed correlations, ones on its diagonal, in the order of `DRIVERS`."""
    return np.array([[risk.correlation(one, other) for other in DRIVERS] for one in DRIVERS])


def root(correlations: Floats) -> Floats:
    """Return A with A Aᵀ = the matrix, so that A times independent normals has its correlations.

    By eigenvalues, for Cholesky refuses a matrix that is singular: two drivers that move as one.

    >>> root(np.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    values, vectors = np.linalg.eigh(correlations)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def shrinkage(correlations: Floats) -> float:
    """Return the largest s <= 1 for which s times every correlation can hold together.

    The eigenvalues of ``s R + (1 - s) I`` are ``s λ + 1 - s``, so s = 1 / (1 - λ) for the lowest λ < 0.

    >>> round(shrinkage(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])), 4)
    0.5556
    """
    lowest = float(np.linalg.eigvalsh(correlations)[0])
    return 1.0 if lowest >= -_TOLERANCE else 1.0 / (1.0 - lowest)


def problem(risk: Risk) -> Problem | None:
    """Return why the typed correlations can't hold together, with the nearest remedy; None if they can.

    Where three drivers contradict by themselves they are named, with the range in which the pair farthest outside
    would fit. Otherwise all of them together are too much, and the remedy is to shrink all by one factor.
    """
    correlations = matrix(risk)
    factor = shrinkage(correlations)
    if factor == 1.0:
        return None
    shrunk = f"Or multiply all ten by {np.floor(factor * 1e3) / 1e3:.3f}."
    worst = _worst_triple(risk)
    if worst is None:
        key = pair_key(*max(PAIRS, key=lambda pair: abs(risk.correlation(*pair))))
        message = f"The ten correlations can’t all hold together. {shrunk.replace('Or multiply', 'Multiply')}"
        return Problem(field=key, severity=Severity.ERROR, message=f"{message} Nothing is simulated until they do.")
    (one, two, three), (low, high) = worst
    least, most = _inside(low, high)
    message = (
        f"Correlations: {_pair_words(risk, one, two)} and {_pair_words(risk, two, three)} don’t allow "
        f"{_pair_words(risk, one, three)}. Nothing is simulated until they fit. "
        f"Set the last to a number from {_written(least)} to {_written(most)}. {shrunk}"
    )
    first, last = sorted((one, three), key=DRIVERS.index)
    return Problem(field=pair_key(first, last), severity=Severity.ERROR, message=message)


def check(risk: Risk) -> None:
    """Refuse correlations that contradict each other. Raises InputError with the problem."""
    found = problem(risk)
    if found is not None:
        raise InputError(found.message, problems=(found,))


def _worst_triple(risk: Risk) -> tuple[tuple[Driver, Driver, Driver], tuple[float, float]] | None:
    """Return the three drivers, the last pair being farthest outside what the two others allow, and that range.

    Given r of one-two and two-three, one-three lies within ``r s ± sqrt((1 - r²)(1 - s²))``.
    """
    worst, farthest = None, _TOLERANCE
    for triple in combinations(DRIVERS, 3):
        for turn in range(3):
            one, two, three = triple[turn:] + triple[:turn]
            r, s = risk.correlation(one, two), risk.correlation(two, three)
            reach = sqrt(max((1 - r * r) * (1 - s * s), 0.0))
            outside = abs(risk.correlation(one, three) - r * s) - reach
            if outside > farthest:
                worst, farthest = ((one, two, three), (r * s - reach, r * s + reach)), outside
    return worst


def _pair_words(risk: Risk, one: Driver, other: Driver) -> str:
    return f"{one.label} with {other.label} {_written(risk.correlation(one, other))}"


def _written(value: float) -> str:
    return f"{value:g}".replace("-", words.MINUS)


def _inside(low: float, high: float) -> tuple[float, float]:
    """Round a range to two decimals inwards, as far as it has room for that."""
    inner = float(np.ceil(low * 100 - 1e-9) / 100), float(np.floor(high * 100 + 1e-9) / 100)
    return inner if inner[0] <= inner[1] else (round(low, 6), round(high, 6))
