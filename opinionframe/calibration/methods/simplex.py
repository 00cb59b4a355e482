"""Predictions on the simplex: predicted rows go in, shares that sum to 1 over each cell come out."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.schemas.keys import CELL


def onto_simplex(predicted: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with `prob` clipped to [0, 1] and renormalised over its cell; a cell without mass is uniform. Lazy.

    Reference: the paper's section 3.6.
    """
    clipped = pl.col("prob").clip(0, 1)
    total = clipped.sum().over(CELL)
    uniform = 1 / pl.len().over(CELL)
    return predicted.with_columns(prob=pl.when(total > 0).then(clipped / total).otherwise(uniform))


def rows_onto_simplex(values: NDArray[np.float64], cell: NDArray[np.int64]) -> NDArray[np.float64]:
    """The same of values (R,) of choices, each in a `cell` (R,), numbered from 0.

    >>> rows_onto_simplex(np.array([1.5, 0.25, 0.0, -1.0, 0.0]), np.array([0, 0, 0, 1, 1])).tolist()
    [0.8, 0.2, 0.0, 0.5, 0.5]
    """
    clipped = np.clip(values, 0, 1)
    total, size = np.bincount(cell, clipped)[cell], np.bincount(cell)[cell]
    return np.asarray(np.where(total == 0, 1 / size, clipped / np.where(total == 0, 1.0, total)), dtype=np.float64)


def columns_onto_simplex(values: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The same of an array with a column per cell, shape (K, N), 0 where a cell has no such choice.

    >>> values, inside = np.array([[1.5, -0.1], [0.25, -0.2], [0.0, 0.0]]), np.array([[1, 1], [1, 1], [0, 1]]) > 0
    >>> columns_onto_simplex(values, inside).round(2).tolist()
    [[0.8, 0.33], [0.2, 0.33], [0.0, 0.33]]
    """
    clipped = np.clip(values, 0, 1)
    total = clipped.sum(axis=0)
    if (total > 0).all():
        return np.asarray(clipped / total, dtype=np.float64)
    shares: NDArray[np.float64] = np.where(total > 0, clipped, inside) / np.where(total > 0, total, inside.sum(axis=0))
    return shares
