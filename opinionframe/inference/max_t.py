"""Max-T: cells go in; p-values adjusted for the whole family, by the joint distribution of its statistics, come out."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.inference.blocks import Floats, per_cluster
from opinionframe.inference.choices import Choices
from opinionframe.inference.sign_flip import TIE, signs


def max_t(cells: pl.DataFrame, keys: Sequence[str], columns: Sequence[str], choices: Choices) -> pl.DataFrame:
    """Step-down p-values, in [0, 1], from flipping the signs of whole clusters in all comparisons at once.

    Returns: `keys`, p_max_t.
    Reference: Westfall and Young (1993), Resampling-Based Multiple Testing, algorithm 2.8.
    """
    comparisons, sums, _ = per_cluster(cells, keys, columns)
    scale = np.sqrt((sums**2).sum(axis=0))
    standard = np.divide(sums, scale, out=np.zeros_like(sums), where=scale > 0)
    flips = signs(len(sums), choices.draws, choices.seeded())
    return comparisons.with_columns(pl.Series("p_max_t", _step_down(standard, flips)))


def _step_down(standard: Floats, flips: NDArray[np.int8]) -> Floats:
    """Adjusted p-values of the comparisons: each against the largest flipped statistic of those no larger than it."""
    observed = np.abs(standard.sum(axis=0))
    order = np.argsort(-observed, kind="stable")
    flipped = np.abs(flips.astype(np.float64) @ standard[:, order])
    largest = np.maximum.accumulate(flipped[:, ::-1], axis=1)[:, ::-1]
    as_large = (largest >= observed[order] * (1 - TIE)).sum(axis=0)
    p: Floats = np.empty_like(observed)
    p[order] = np.maximum.accumulate((1 + as_large) / (1 + len(flips)))
    return p
