"""Simultaneous intervals: cells of many comparisons go in; the coverage that each needs for all to hold comes out.

Intervals of sources that were asked the same questions err together, the more alike the sources are. The largest of
their studentised errors is drawn from their joint distribution, the max-T: each interval becomes wider than one by
itself, and narrower than Bonferroni's.

What questions (or other clusters, and fits) add to the errors is turned about at random, in all comparisons at once,
like a vector whose length is kept. So every error keeps Student's distribution with the degrees of freedom that it has,
and two errors the correlation that their questions show.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.inference.blocks import Floats, per_cluster
from opinionframe.inference.choices import Choices
from opinionframe.inference.student import ZERO_SPREAD
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

CHUNK = 1_000
"""Draws held at once: 1,000 draws of 1,500 comparisons are 12 MB."""

RANK = 1e-10
"""Shares of variance below this are rounding."""


def joint_conf(errors: Floats, dimensions: int, choices: Choices) -> float:
    """The coverage of each interval with which all of them cover `choices.conf` of the time.

    Args:
        errors: What each unit adds to the error of each comparison, shape (units, comparisons).
        dimensions: Units less the sums among them that are 0 by construction.
        choices: Coverage, draws and seed.

    Returns: between `choices.conf`, for one comparison or the same one repeated, and that of Bonferroni.
    Reference: Langsrud (2005), Rotation Tests, section 4; Hothorn, Bretz and Westfall (2008), Simultaneous Inference in
        General Parametric Models, for intervals from the largest statistic.

    >>> choices = Choices(conf=0.95, draws=2_000, seed=1)
    >>> errors = np.random.default_rng(1).normal(size=(50, 5))
    >>> round(joint_conf(errors, 50, choices), 3), round(0.95 ** (1 / 5), 3)
    (0.99, 0.99)
    >>> joint_conf(np.repeat(errors[:, :1], 5, axis=1), 50, choices).__round__(3)
    0.95
    """
    from scipy import special

    choices.seeded()
    sizes = np.sqrt((errors**2).sum(axis=0))
    units = errors[:, sizes > ZERO_SPREAD] / sizes[sizes > ZERO_SPREAD]
    alpha, count = 1 - choices.conf, max(units.shape[1], 1)
    if count == 1 or dimensions < 2:
        return float(1 - alpha / count)
    largest = _largest_cosines(units.T @ units, dimensions, choices)
    reached = np.quantile(largest, choices.conf, method="higher")
    each = float(special.betaincc(0.5, (dimensions - 1) / 2, reached**2))
    return float(1 - np.clip(each, alpha / count, alpha))


def influences(
    cells: pl.DataFrame, keys: Sequence[str], ways: Sequence[Sequence[str]], *, fits: bool
) -> tuple[Floats, int]:
    """What each cluster, of each of `ways` to cluster, adds to the errors of mean differences, and their dimensions.

    With `fits`, what each question adds through the fits stands below, 0 where that is not known.
    """
    parts, dimensions = [], 0
    for columns in ways:
        _, sums, counts = per_cluster(cells, keys, columns)
        n = counts.sum(axis=0)
        parts.append((sums - sums.sum(axis=0) / n * counts) / n)
        dimensions += len(sums) - 1
    if fits and FIT_INFLUENCE in cells.columns:
        influence = pl.col(FIT_INFLUENCE)
        known = pl.when(influence.is_not_null().all().over(keys)).then(influence).otherwise(0.0)
        _, sums, counts = per_cluster(cells.with_columns(difference=known, unit="question"), keys, ["unit"])
        parts.append(sums / counts.sum(axis=0))
        dimensions += len(sums)
    return np.concatenate(parts), dimensions


def _largest_cosines(correlation: Floats, dimensions: int, choices: Choices) -> Floats:
    """The largest absolute cosine of a random direction with any of the comparisons' errors, shape (draws,)."""
    values, vectors = np.linalg.eigh(correlation)
    kept = values > RANK * values.max()
    rank = int(min(kept.sum(), dimensions))
    # Roots that are symmetric do not depend on which eigenvectors stand for equal values.
    root = (vectors * np.sqrt(np.where(kept, values, 0))) @ vectors.T
    projection = (vectors * kept) @ vectors.T
    rng = np.random.default_rng(choices.seeded())
    largest = []
    for start in range(0, choices.draws, CHUNK):
        draws = rng.standard_normal((min(CHUNK, choices.draws - start), len(correlation)))
        length = ((draws @ projection) ** 2).sum(axis=1)
        if dimensions > rank:
            length += rng.chisquare(dimensions - rank, len(draws))
        largest.append(np.abs(draws @ root).max(axis=1) / np.sqrt(length))
    return np.asarray(np.minimum(np.concatenate(largest), 1.0))
