"""Cluster bootstrap: cells go in; tests of mean differences with questions drawn with replacement come out.

A draw is a weight for each question, multiplied with sums per question that are made once.

With one kind of cluster, every draw is studentised by its own cluster-robust error, which keeps the coverage near
nominal where percentiles fall short with 20 questions. With two kinds, questions and demographics are
drawn independently and a cell weighs the product of the two (the pigeonhole bootstrap).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.inference.blocks import Block, Floats, blocks, gathered, per_cluster
from opinionframe.inference.choices import Choices
from opinionframe.inference.cluster_t import two_way_t
from opinionframe.inference.student import ZERO_SPREAD, student

ROUNDING = 1e-12
"""A draw's squared spread below this share of what it is a difference of is rounding: it has one question, repeated."""

WHOLE_SCALE = 1.0
"""A half-width that no two differences in alignment lie apart: an interval as wide says nothing."""

CHUNK = 1_000
"""Draws held at once: 1,000 draws of 1,500 clusters are 12 MB."""


def cluster_bootstrap(cells: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    """Mean difference, its CR1 standard error, and p-value and symmetric interval from studentised draws.

    With three to five questions too many draws repeat a single one, which tells no spread: where these alone, or any
    draws, would stretch the interval over the whole scale, it is null, and the p-value at least their share.

    Returns: `keys`, n, n_clusters, estimate, std_error, statistic, p_value, conf_low, conf_high.
    Reference: Davison and Hinkley (1997), Bootstrap Methods and their Application, section 5.2.
    """
    comparisons, sums, counts = per_cluster(cells, keys, [choices.one_way("a one-way bootstrap")])
    parts = blocks(sums, counts)
    results = [_studentised(block, choices) for block in parts]
    table = pl.concat([comparisons, gathered(parts, results, len(comparisons))], how="horizontal")
    return table.with_columns(pl.col("n", "n_clusters").cast(pl.UInt32))


def two_way_bootstrap(cells: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    """Mean difference and the spread of its draws over both kinds of clusters; t with the df of `two_way_t`.

    Errs on the side of wide intervals where cells carry noise of their own.

    Returns: `keys`, n, n_clusters (the smaller), estimate, std_error, statistic, p_value, conf_low, conf_high.
    Reference: Owen (2007), The Pigeonhole Bootstrap.
    """
    first, second = choices.cluster
    comparisons, total, count = _crossed(cells, keys, first, second)
    means = _pigeonhole(total, count, choices.draws, np.random.default_rng(choices.seeded()))
    smaller = np.minimum((count.sum(axis=2) > 0).sum(axis=0), (count.sum(axis=0) > 0).sum(axis=1))
    n = count.sum(axis=(0, 2))
    table = comparisons.with_columns(
        pl.Series("n", n).cast(pl.UInt32),
        pl.Series("n_clusters", smaller).cast(pl.UInt32),
        pl.Series("estimate", total.sum(axis=(0, 2)) / n),
        pl.Series("std_error", np.where(smaller > 1, np.nanstd(means, axis=0, ddof=1), np.nan)).fill_nan(None),
    )
    df = two_way_t(cells, keys, first, second).select(*keys, "df")
    return (
        table.join(df, on=keys, how="left", nulls_equal=True, maintain_order="left")
        .pipe(student, choices.conf)
        .drop("df")
    )


def weights(clusters: int, draws: int, rng: np.random.Generator) -> Floats:
    """How often each cluster is drawn, shape (draws, clusters), rows summing to `clusters`."""
    numbers = rng.integers(0, clusters, (draws, clusters)) + clusters * np.arange(draws)[:, None]
    return np.bincount(numbers.reshape(-1), minlength=draws * clusters).reshape(draws, clusters).astype(np.float64)


def _studentised(block: Block, choices: Choices) -> dict[str, Floats]:
    """The columns of a test for each comparison of a block, shape (comparisons,)."""
    n, size = block.counts.sum(axis=0), len(block.sums)
    rng = np.random.default_rng(choices.seeded())
    estimate = block.sums.sum(axis=0) / n
    residuals = block.sums - estimate * block.counts
    _, (error,) = _mean_and_error(np.ones((1, size)), residuals, block.counts)
    chunks = [min(CHUNK, choices.draws - start) for start in range(0, choices.draws, CHUNK)]
    ratios = np.concatenate([_ratios(weights(size, chunk, rng), residuals, block.counts) for chunk in chunks])
    testable = error > ZERO_SPREAD
    tested_error = np.where(testable, error, np.nan)
    half = np.quantile(ratios, choices.conf, axis=0, method="higher") * tested_error
    half = np.where(half < WHOLE_SCALE, half, np.nan)
    as_large = (ratios >= np.abs(estimate / tested_error)).sum(axis=0)
    return {
        "n": n,
        "n_clusters": np.full(len(n), float(size)),
        "estimate": estimate,
        "std_error": error if size > 1 else np.full_like(error, np.nan),
        "statistic": estimate / tested_error,
        "p_value": np.where(testable, (1 + as_large) / (1 + choices.draws), np.nan),
        "conf_low": estimate - half,
        "conf_high": estimate + half,
    }


def _ratios(w: Floats, residuals: Floats, counts: Floats) -> Floats:
    """|mean of a draw - estimate| / its error under weights `w`, shape (draws, comparisons).

    A draw without spread counts as infinitely far from the estimate.
    """
    distance, error = _mean_and_error(w, residuals, counts)
    without_error = np.where(np.abs(distance) > ZERO_SPREAD, np.inf, 0.0)
    return np.divide(np.abs(distance), error, out=without_error, where=error > ZERO_SPREAD)


def _mean_and_error(w: Floats, residuals: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Means of residuals under weights `w` and their CR1 errors, shape (draws, comparisons).

    The sum of squared residual sums is multiplied out, so that no draw needs an array of its own.
    """
    n = w @ counts
    mean = w @ residuals / n
    total = w @ residuals**2
    square = total - 2 * mean * (w @ (residuals * counts)) + mean**2 * (w @ counts**2)
    factor = len(residuals) / max(len(residuals) - 1, 1)
    return mean, np.sqrt(factor * np.where(square > ROUNDING * total, square, 0)) / n


def _crossed(cells: pl.DataFrame, keys: Sequence[str], first: str, second: str) -> tuple[pl.DataFrame, Floats, Floats]:
    """The comparisons in order, and their sums and counts, shape (first clusters, comparisons, second clusters)."""
    numbered = cells.with_columns(
        (pl.struct(columns).rank("dense").cast(pl.Int64) - 1).alias(name)
        for name, columns in (("row", [first]), ("comparison", keys), ("column", [second]))
    )
    places = tuple(numbered[name].to_numpy() for name in ("row", "comparison", "column"))
    shape = tuple(int(numbers.max()) + 1 for numbers in places)
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, places, numbered["difference"].to_numpy())
    np.add.at(count, places, 1)
    comparisons = numbered.group_by("comparison").agg(pl.col(keys).first()).sort("comparison").select(keys)
    return comparisons, total, count


def _pigeonhole(total: Floats, count: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Means of the draws, shape (draws, comparisons), NaN where a draw misses all cells of a comparison."""
    common = count[:, :1] if (count == count[:, :1]).all() else count
    means = []
    for start in range(0, draws, CHUNK):
        size = min(CHUNK, draws - start)
        first, second = weights(total.shape[0], size, rng), weights(total.shape[2], size, rng)
        n = _weighted(common, first, second)
        means.append(_weighted(total, first, second) / np.where(n > 0, n, np.nan))
    return np.concatenate(means)


def _weighted(table: Floats, first: Floats, second: Floats) -> Floats:
    """Sums over cells weighted by both sides, shape (draws, comparisons)."""
    rows = first @ table.reshape(len(table), -1)
    weighted: Floats = np.einsum("bck,bk->bc", rows.reshape(len(first), *table.shape[1:]), second)
    return weighted
