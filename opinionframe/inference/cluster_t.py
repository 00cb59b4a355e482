"""Cluster-robust t-tests: cells go in; mean differences, their errors and degrees of freedom come out.

Cells of one cluster, such as a question, may depend on each other in any way.

Everything is a sum over clusters, so one grouped query serves any number of comparisons.
With n_q cells and residual sum r_q in cluster q, n cells and G clusters in all:
CR1 variance is G / (G - 1) x sum r_q^2 / n^2, and CR2 is sum r_q^2 / (1 - n_q / n) / n^2.
The two agree, and so do their degrees of freedom, where all clusters have the same size.
Where cells do not count alike, n_q is what those of a cluster add up to in the mean, and n what all do.
"""

from collections.abc import Sequence

import polars as pl

from opinionframe.inference.weighted import SHARE


def cluster_t(cells: pl.DataFrame, keys: Sequence[str], cluster: str) -> pl.DataFrame:
    """Mean difference, its CR2 standard error and Satterthwaite degrees of freedom.

    The degrees of freedom come from a working model of cluster effects plus noise, its two
    variances estimated from the same cells: they fall below G - 1 as clusters grow unequal.

    Returns: `keys`, n, n_clusters, estimate, std_error (null for one cluster), df.
    Reference: Imbens and Kolesár (2016), Robust Standard Errors in Small Samples, section IV.
    """
    working = clusters(cells, keys, [cluster]).pipe(_working_model, keys)
    return (
        working.group_by(keys, maintain_order=True)
        .agg(*_shape(), _error(_cr2()), satterthwaite().alias("df"))
        .collect()
    )


def cluster_t_cr1(cells: pl.DataFrame, keys: Sequence[str], cluster: str) -> pl.DataFrame:
    """Mean difference, its CR1 standard error, and G - 1 degrees of freedom: what most software reports.

    Returns: `keys`, n, n_clusters, estimate, std_error (null for one cluster), df.
    Reference: Cameron and Miller (2015), A Practitioner's Guide to Cluster-Robust Inference, section II.
    """
    degrees = pl.len().cast(pl.Float64) - 1
    return (
        clusters(cells, keys, [cluster])
        .group_by(keys, maintain_order=True)
        .agg(*_shape(), _error(_cr1()), degrees.alias("df"))
        .collect()
    )


def two_way_t(cells: pl.DataFrame, keys: Sequence[str], first: str, second: str) -> pl.DataFrame:
    """Mean difference with clusters in two directions, and the smaller of their degrees of freedom.

    The variance is that of the first clusters plus the second's minus that of their crossings, each
    CR2, and not below either, since the sum may fall short of both in small samples. Degrees of freedom
    are Satterthwaite's, as in `cluster_t`: G - 1 where clusters have one size, few where one has most cells.

    Returns: `keys`, n, n_clusters (the smaller), estimate, std_error (null for one cluster), df.
    Reference: Cameron, Gelbach and Miller (2011), Robust Inference with Multiway Clustering.
    """
    ways = {"one": [first], "two": [second], "both": [first, second]}
    parts = [
        clusters(cells, keys, columns)
        .pipe(_working_model, keys)
        .group_by(keys, maintain_order=True)
        .agg(*_shape(), _cr2().alias("variance"), satterthwaite().alias("df"))
        .select(*keys, pl.lit(way).alias("way"), "n", "n_clusters", "estimate", "variance", "df")
        for way, columns in ways.items()
    ]
    variance_of = {way: pl.col("variance").filter(pl.col("way") == way).first() for way in ways}
    variance = pl.max_horizontal(
        variance_of["one"] + variance_of["two"] - variance_of["both"], variance_of["one"], variance_of["two"]
    )
    smaller = pl.col("n_clusters").min()
    return (
        pl.concat(parts)
        .group_by(keys, maintain_order=True)
        .agg(
            pl.col("n").first(),
            smaller,
            pl.col("estimate").first(),
            pl.when(smaller > 1).then(variance.sqrt()).alias("std_error"),
            pl.col("df").filter(pl.col("way") != "both").min(),
        )
        .collect()
    )


def clusters(cells: pl.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> pl.LazyFrame:
    """One row per comparison and cluster: `cells`, `mean`, `within` (sum of squares), `n`, `estimate`, `residual`."""
    share, value = pl.col(SHARE), pl.col("value")
    mean = (share * value).sum() / share.sum()
    return (
        _with_values(cells, keys)
        .group_by(*keys, *columns, maintain_order=True)
        .agg(
            share.sum().alias("cells"),
            mean.alias("mean"),
            (share * (value - mean).pow(2)).sum().alias("within"),
        )
        .with_columns(pl.col("cells").sum().over(keys).round().alias("n"))
        .with_columns(((pl.col("cells") * pl.col("mean")).sum().over(keys) / pl.col("n")).alias("estimate"))
        .with_columns((pl.col("cells") * (pl.col("mean") - pl.col("estimate"))).alias("residual"))
    )


def _with_values(cells: pl.DataFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """`cells` with the SHARE of each in the mean and the `value` that counts by it: the difference, where all are 1."""
    difference = pl.col("difference")
    if SHARE not in cells.columns:
        return cells.lazy().with_columns(pl.lit(1.0).alias(SHARE), difference.alias("value"))
    estimate = difference.mean().over(keys)
    return cells.lazy().with_columns((estimate + (difference - estimate) / pl.col(SHARE)).alias("value"))


def variance_parts(per_cluster: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """`per_cluster` with `noise`, the variance within clusters, and `effect`, that of their means beyond it.

    Reference: Searle, Casella and McCulloch (1992), Variance Components, section 3.6 (analysis of variance).
    """
    size, n, count = pl.col("cells"), pl.col("n"), pl.len().cast(pl.Float64)
    noise = (pl.col("within").sum() / (n.first() - count)).over(keys)
    between = ((size * (pl.col("mean") - pl.col("estimate")).pow(2)).sum() / (count - 1)).over(keys)
    typical = ((n.first() - size.pow(2).sum() / n.first()) / (count - 1)).over(keys)
    return per_cluster.with_columns(
        pl.when(n > count.over(keys)).then(noise).otherwise(0.0).alias("noise"),
    ).with_columns(((between - pl.col("noise")) / typical).clip(lower_bound=0.0).fill_nan(0.0).alias("effect"))


def _working_model(per_cluster: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """`per_cluster` with `noise` and `effect` as shares of their sum."""
    return variance_parts(per_cluster, keys).with_columns(shares_of_variance())


def shares_of_variance() -> list[pl.Expr]:
    """`effect` and `noise` as shares of their sum; without any spread the working model is noise alone."""
    total = pl.col("noise") + pl.col("effect")
    effect = pl.when(total == 0).then(0.0).otherwise(pl.col("effect") / total)
    return [effect.alias("effect"), (1 - effect).alias("noise")]


def satterthwaite() -> pl.Expr:
    """(tr M)^2 / tr(M^2), M the covariance of adjusted residual sums: diag(a) + p uu' + q (uw' + wu')."""
    size, n = pl.col("cells"), pl.col("n").first()
    noise, effect = pl.col("noise").first(), pl.col("effect").first()
    weight = 1 / (1 - size / pl.col("n"))
    a = weight * (pl.col("noise") * size + pl.col("effect") * size.pow(2))
    uu, uw, ww = ((weight * size.pow(power)).sum() for power in (2, 3, 4))
    au, aw = (a * weight * size.pow(2)).sum(), (a * weight * size.pow(3)).sum()
    p = effect * size.pow(2).sum() / n.pow(2) - noise / n
    q = -effect / n
    trace = a.sum() + p * uu + 2 * q * uw
    square = a.pow(2).sum() + 2 * (p * au + 2 * q * aw)
    square += p.pow(2) * uu.pow(2) + 4 * p * q * uu * uw + 2 * q.pow(2) * (uu * ww + uw.pow(2))
    return trace.pow(2) / square


def _cr1() -> pl.Expr:
    """The CR1 variance of the mean difference, over the clusters of a comparison."""
    count = pl.len().cast(pl.Float64)
    return count / (count - 1) * pl.col("residual").pow(2).sum() / pl.col("n").first().pow(2)


def _cr2() -> pl.Expr:
    """The CR2 variance of the mean difference, over the clusters of a comparison."""
    weight = 1 / (1 - pl.col("cells") / pl.col("n"))
    return (weight * pl.col("residual").pow(2)).sum() / pl.col("n").first().pow(2)


def _shape() -> tuple[pl.Expr, ...]:
    """The cells, clusters and mean difference of a comparison."""
    return (
        pl.col("n").first().cast(pl.UInt32),
        pl.len().cast(pl.UInt32).alias("n_clusters"),
        pl.col("estimate").first(),
    )


def _error(variance: pl.Expr) -> pl.Expr:
    """The standard error; null for one cluster, which says nothing of the spread between clusters."""
    return pl.when(pl.len() > 1).then(variance.sqrt()).alias("std_error")
