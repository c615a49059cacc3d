"""Where a function given on a grid is zero: the pieces of that line, cell by cell (marching squares)."""

import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float]
Corner = tuple[int, int, float]


def zero_line(values: NDArray[np.float64]) -> list[tuple[Place, Place]]:
    """Return the pieces of the line on which `values` are zero, as pairs of (column, row) in grid steps.

    Along an edge of the grid the function is taken as linear. Zero itself counts to the side above it.

    Special cases: a cell with a NaN corner has no piece; in a saddle, where opposite corners agree, the mean of the
    four says which of them are joined.

    >>> zero_line(np.array([[-1.0, 1.0], [-1.0, 1.0]]))
    [((0.5, 0.0), (0.5, 1.0))]
    """
    pieces: list[tuple[Place, Place]] = []
    rows, columns = values.shape
    for row in range(rows - 1):
        for column in range(columns - 1):
            cell = values[row : row + 2, column : column + 2]
            if np.isfinite(cell).all() and cell.min() < 0 <= cell.max():
                pieces += _pieces(cell, column, row)
    return pieces


def _pieces(cell: NDArray[np.float64], column: int, row: int) -> list[tuple[Place, Place]]:
    around = [(x, y, float(cell[y, x])) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    crossed = [
        _crossing(one, other, column, row)
        for one, other in zip(around, [*around[1:], around[0]], strict=True)
        if (one[2] < 0) != (other[2] < 0)
    ]
    if len(crossed) == 2:
        return [(crossed[0], crossed[1])]
    bottom, right, top, left = crossed
    if (cell.mean() < 0) == (around[0][2] < 0):  # the first corner is joined with the one across: cut the others off
        return [(bottom, right), (top, left)]
    return [(left, bottom), (right, top)]


def _crossing(one: Corner, other: Corner, column: int, row: int) -> Place:
    share = one[2] / (one[2] - other[2])
    return column + one[0] + share * (other[0] - one[0]), row + one[1] + share * (other[1] - one[1])
