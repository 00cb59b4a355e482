"""Predictions on the simplex: predicted rows go in, shares that sum to 1 over each cell come out."""

import polars as pl

from opinionframe.schemas.keys import CELL


def onto_simplex(predicted: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with `prob` clipped to [0, 1] and renormalised over its cell; a cell without mass is uniform. Lazy.

    Reference: the paper's section 3.6.
    """
    clipped = pl.col("prob").clip(0, 1)
    total = clipped.sum().over(CELL)
    uniform = 1 / pl.len().over(CELL)
    return predicted.with_columns(prob=pl.when(total > 0).then(clipped / total).otherwise(uniform))
