"""Paired t-test over cells, the paper's: cells go in; mean differences and errors come out.

It takes the cells of one question as independent of each other.
"""

from collections.abc import Sequence

import polars as pl


def paired_t(cells: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per comparison: mean difference and its standard error over cells.

    Returns: `keys`, n, n_clusters (null), estimate, std_error (null for one cell), df.
    """
    difference = pl.col("difference")
    return cells.group_by(keys, maintain_order=True).agg(
        pl.len().alias("n"),
        pl.lit(None, dtype=pl.UInt32).alias("n_clusters"),
        difference.mean().alias("estimate"),
        (difference.std() / pl.len().sqrt()).alias("std_error"),
        (pl.len().cast(pl.Float64) - 1).alias("df"),
    )
