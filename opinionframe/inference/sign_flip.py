"""Sign-flip permutation: cells go in; tests that turn the signs of whole clusters come out.

Exact whenever differences are symmetric about their mean.

All cells of a question change sign together. Turning the signs of a set A of clusters makes the
sum at least as large as observed just when the tested value lies between the mean over A and the
mean over the others, so the interval that belongs to the test is read off those means.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.inference.blocks import Block, Floats, blocks, gathered, per_cluster
from opinionframe.inference.choices import Choices
from opinionframe.inference.student import ZERO_SPREAD

TIE = 1e-12
"""Sums that differ by less than this share are the same sum, added in another order."""


def sign_flip(cells: pl.DataFrame, keys: Sequence[str], choices: Choices) -> pl.DataFrame:
    """One row per comparison: mean difference, permutation p-value and the interval of values it does not reject.

    `std_error` is the spread of the mean under the flips. All flips are taken where there are no
    more than `draws`.

    Returns: `keys`, n, n_clusters, estimate, std_error, statistic, p_value, conf_low, conf_high.
    Reference: Hartigan (1969), Using Subsample Values as Typical Values.
    """
    cluster = choices.one_way("method='sign-flip'")
    comparisons, sums, counts = per_cluster(cells, keys, [cluster])
    parts = blocks(sums, counts)
    results = [_tests_of_block(block, choices) for block in parts]
    table = pl.concat([comparisons, gathered(parts, results, len(comparisons))], how="horizontal")
    return table.with_columns(pl.col("n", "n_clusters").cast(pl.UInt32))


def signs(clusters: int, draws: int, seed: int) -> NDArray[np.int8]:
    """Rows of +1 and -1, shape (draws, clusters), or all patterns but the observed one if they are fewer.

    A pattern and its mirror image are the same to a two-sided test: complete sets hold one of each.

    >>> signs(3, 100, seed=1).tolist()
    [[1, -1, 1], [1, 1, -1], [1, -1, -1]]
    """
    if clusters - 1 <= np.log2(draws + 1):
        patterns = np.arange(1, 2 ** (clusters - 1))[:, None]
        turned = (patterns >> np.arange(clusters - 1)) & 1
        return np.hstack([np.ones((len(patterns), 1)), 1 - 2 * turned]).astype(np.int8)
    return (2 * np.random.default_rng(seed).integers(0, 2, (draws, clusters), dtype=np.int8) - 1).astype(np.int8)


def _tests_of_block(block: Block, choices: Choices) -> dict[str, Floats]:
    """The columns of a test for each comparison of a block, shape (comparisons,)."""
    total, n = block.sums.sum(axis=0), block.counts.sum(axis=0)
    flips = signs(len(block.sums), choices.draws, choices.seeded()).astype(np.float64)
    flipped = flips @ block.sums
    as_large = np.abs(flipped) >= np.abs(total) * (1 - TIE)
    error = np.sqrt((block.sums**2).sum(axis=0)) / n
    tested_error = np.where((error > ZERO_SPREAD) & _has_spread(block), error, np.nan)
    low, high = _interval(flipped, flips @ block.counts, total, n, choices.conf)
    return {
        "n": n,
        "n_clusters": np.full(len(n), float(len(block.sums))),
        "estimate": total / n,
        "std_error": error,
        "statistic": total / n / tested_error,
        "p_value": np.where(np.isnan(tested_error), np.nan, (1 + as_large.sum(axis=0)) / (1 + len(flips))),
        "conf_low": np.where(np.isnan(tested_error), np.nan, low),
        "conf_high": np.where(np.isnan(tested_error), np.nan, high),
    }


def _has_spread(block: Block) -> NDArray[np.bool_]:
    """Whether the mean differences of the clusters differ, for each comparison."""
    means = block.sums / block.counts
    has_spread: NDArray[np.bool_] = means.max(axis=0) - means.min(axis=0) > ZERO_SPREAD
    return has_spread


def _interval(flipped: Floats, flipped_n: Floats, total: Floats, n: Floats, conf: float) -> tuple[Floats, Floats]:
    """Order statistics of the means over the turned and the unturned clusters; infinite where too few flips exist."""
    with np.errstate(divide="ignore", invalid="ignore"):
        turned = (total - flipped) / (n - flipped_n)
        unturned = (total + flipped) / (n + flipped_n)
    undefined = np.isnan(turned) | np.isnan(unturned)
    below = np.where(undefined, -np.inf, np.minimum(turned, unturned))
    above = np.where(undefined, np.inf, np.maximum(turned, unturned))
    rank = int((1 - conf) * (len(flipped) + 1) + TIE)
    if rank < 1:
        return np.full_like(total, -np.inf), np.full_like(total, np.inf)
    low = np.partition(below, rank - 1, axis=0)[rank - 1]
    high = np.partition(above, len(above) - rank, axis=0)[len(above) - rank]
    return low, high
