"""The paired t-test with questions as the clusters: cells of one question may depend on each other at will."""

from collections.abc import Sequence

import polars as pl


def cluster_t(cells: pl.DataFrame, keys: Sequence[str], cluster: str) -> pl.DataFrame:
    """Mean difference and its cluster-robust standard error, with G - 1 degrees of freedom.

    The variance is G / (G - 1) x sum over clusters of (sum of residuals)^2 / n^2: least squares on
    a constant with the usual small-sample factor.

    Returns: `keys`, n, n_clusters, estimate, std_error (null for one cluster), df.
    Reference: Cameron and Miller (2015), A Practitioner's Guide to Cluster-Robust Inference, section II.
    """
    clusters = pl.len().cast(pl.Float64)
    variance = clusters / (clusters - 1) * pl.col("residual").pow(2).sum() / pl.col("cells").sum().pow(2)
    enough = clusters > 1
    return (
        cells.lazy()
        .with_columns(pl.col("difference").mean().over(keys).alias("estimate"))
        .group_by(*keys, cluster)
        .agg(
            pl.len().cast(pl.Float64).alias("cells"),
            pl.col("estimate").first(),
            (pl.col("difference") - pl.col("estimate")).sum().alias("residual"),
        )
        .group_by(keys)
        .agg(
            pl.col("cells").sum().cast(pl.UInt32).alias("n"),
            pl.len().cast(pl.UInt32).alias("n_clusters"),
            pl.col("estimate").first(),
            pl.when(enough).then(variance.sqrt()).alias("std_error"),
            (clusters - 1).alias("df"),
        )
        .collect()
    )
