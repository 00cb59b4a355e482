"""Arrays of cells: long rows of shares go in; arrays with a row per cell and a column per choice come out, and back."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.schemas.keys import GROUP

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def by_cell(rows: pl.DataFrame, cells: pl.DataFrame, choices: int, column: str = "prob") -> Floats:
    """`column` of `rows`, shape (cells, choices): 0 where a cell has no such choice, NaN where it has no row at all."""
    numbered = cells.select(GROUP).with_row_index("cell").join(rows, on=GROUP, how="inner")
    values = np.full((len(cells), choices), np.nan)
    values[numbered["cell"].unique().to_numpy()] = 0.0
    values[numbered["cell"].to_numpy(), numbered["choice"].to_numpy().astype(np.int64) - 1] = numbered[
        column
    ].to_numpy()
    return values


def one_hot(numbers: Ints, size: int) -> Floats:
    """A 1 in the column that each of `numbers` names, shape (numbers, size)."""
    return np.asarray(numbers[:, None] == np.arange(size)[None, :], dtype=np.float64)


def onto_simplex(shares: Floats) -> Floats:
    """Shares clipped to [0, 1] and renormalised over the last axis, as calibrated rows are."""
    clipped = np.clip(shares, 0, 1)
    return np.asarray(clipped / clipped.sum(axis=-1, keepdims=True))


def diversity(shares: Floats) -> Floats:
    """1 - sum of squared shares over the last axis: the sum of variances of the choices of one person.

    >>> diversity(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [0.5, 0.0]
    """
    return np.asarray(1 - (shares**2).sum(axis=-1))
