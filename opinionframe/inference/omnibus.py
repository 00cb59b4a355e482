"""Omnibus tests: scores of three conditions go in; F, and whether they differ at all, comes out.

Repeated-measures ANOVA over cells, or Hotelling's T-squared over clusters.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.inference.methods import CLUSTER_T, PAIRED_T
from opinionframe.inference.student import ZERO_SPREAD

ROLES = ("raw", "variant", "calibrated")
OMNIBUS = {PAIRED_T: "repeated-measures ANOVA", CLUSTER_T: "cluster-robust Hotelling"}
"""The omnibus test that goes with each t-test."""


def omnibus(cells: pl.DataFrame, keys: Sequence[str], method: str, cluster: str) -> pl.DataFrame:
    """F of three conditions and its p-value; the estimate is the best mean minus the worst.

    Returns: `keys`, source (the best), versus (the worst), n, n_clusters, estimate, std_error, statistic,
        p_value, conf_low, conf_high; the error and the interval are null.
    """
    table = _anova(cells, keys) if method == PAIRED_T else _hotelling(cells, keys, cluster)
    null = pl.lit(None, dtype=pl.Float64)
    return (
        table.join(_extremes(cells, keys), on=keys, how="left", nulls_equal=True)
        .pipe(_f_test)
        .with_columns(null.alias("std_error"), null.alias("conf_low"), null.alias("conf_high"))
    )


def _anova(cells: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """F with 2 and 2 (n - 1) degrees of freedom, from sums of squares.

    Reference: Girden (1992), ANOVA: Repeated Measures, chapter 2.
    """
    scores = [pl.col(f"{role}_score") for role in ROLES]
    row = pl.mean_horizontal(*scores)
    conditions = [score.mean() - row.mean() for score in scores]
    residuals = [(score - row - (score - row).mean()).pow(2).sum() for score in scores]
    n = pl.len().cast(pl.Float64)
    return cells.group_by(keys).agg(
        pl.len().cast(pl.UInt32).alias("n"),
        pl.lit(None, dtype=pl.UInt32).alias("n_clusters"),
        (n * pl.sum_horizontal(*(condition.pow(2) for condition in conditions)) / 2).alias("between"),
        (pl.sum_horizontal(*residuals) / (2 * (n - 1))).alias("error"),
        (2 * (n - 1)).alias("df"),
        pl.lit(2.0).alias("differences"),
    )


def _hotelling(cells: pl.DataFrame, keys: Sequence[str], cluster: str) -> pl.DataFrame:
    """T-squared of the two differences from raw, with a cluster-robust covariance, as F with 2 and G - 2.

    Two conditions that agree in every cell leave one difference to test, whose T-squared is F with 1 and G - 1.

    Reference: Hotelling (1931); the covariance as for CR1.
    """
    one, two = (pl.col(f"{role}_score") - pl.col("raw_score") for role in ROLES[1:])
    gaps = {"one": pl.col("one"), "two": pl.col("two"), "other": pl.col("one") - pl.col("two")}
    per_cluster = (
        cells.lazy()
        .with_columns(one.alias("one"), two.alias("two"))
        .with_columns(pl.len().over(keys).alias("n"), pl.col("one", "two").mean().over(keys).name.suffix("_mean"))
        .group_by(*keys, cluster)
        .agg(
            pl.col("n", "one_mean", "two_mean").first(),
            (pl.col("one") - pl.col("one_mean")).sum(),
            (pl.col("two") - pl.col("two_mean")).sum(),
            *(gap.abs().max().alias(f"{name}_gap") for name, gap in gaps.items()),
        )
    )
    g = pl.len().cast(pl.Float64)
    factor = g / (g - 1) / pl.col("n").first().pow(2)
    a, b, c = (factor * (pl.col(x) * pl.col(y)).sum() for x, y in (("one", "one"), ("one", "two"), ("two", "two")))
    x, y = pl.col("one_mean").first(), pl.col("two_mean").first()
    two_differences = {
        "between": (c * x.pow(2) - 2 * b * x * y + a * y.pow(2)) * (g - 2) / (2 * (g - 1)),
        "error": a * c - b.pow(2),
        "df": g - 2,
        "differences": pl.lit(2.0),
    }
    # The sum of both differences is the one that is left: the other is 0 everywhere, or the same.
    total = {"between": (x + y).pow(2), "error": a + 2 * b + c, "df": g - 1, "differences": pl.lit(1.0)}
    agree = pl.min_horizontal(pl.col(f"{name}_gap").max() for name in gaps) <= ZERO_SPREAD
    return (
        per_cluster.group_by(keys)
        .agg(
            pl.col("n").first().cast(pl.UInt32),
            pl.len().cast(pl.UInt32).alias("n_clusters"),
            *(pl.when(agree).then(total[name]).otherwise(each).alias(name) for name, each in two_differences.items()),
        )
        .collect()
    )


def _f_test(table: pl.DataFrame) -> pl.DataFrame:
    """`table` with F of `between` over `error`, with `differences` and `df` degrees of freedom, and its p-value."""
    from scipy import stats

    testable = (pl.col("error") > ZERO_SPREAD**2) & (pl.col("df") > 0)
    tests = table.with_columns(pl.when(testable).then(pl.col("between") / pl.col("error")).alias("statistic"))
    degrees = (tests["differences"].to_numpy(), tests["df"].to_numpy())
    p_value = np.asarray(stats.f.sf(tests["statistic"].to_numpy(), *degrees))
    return tests.with_columns(pl.Series("p_value", p_value).fill_nan(None)).drop(
        "between", "error", "df", "differences"
    )


def _extremes(cells: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The condition with the best mean, the one with the worst, and their difference."""
    means = pl.concat(
        cells.group_by(keys).agg(pl.col(role).first().alias("name"), pl.col(f"{role}_score").mean().alias("mean"))
        for role in ROLES
    )
    return means.group_by(keys).agg(
        pl.col("name").sort_by("mean", "name", descending=[True, False]).first().alias("source"),
        pl.col("name").sort_by("mean", "name", descending=[False, True]).first().alias("versus"),
        (pl.col("mean").max() - pl.col("mean").min()).alias("estimate"),
    )
