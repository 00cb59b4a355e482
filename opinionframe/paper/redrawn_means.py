"""Means with questions redrawn: scores of cells go in; the mean of each setting, as it is and redrawn, comes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.paper.setting_statistics import Floats


def redrawn_means(
    cells: pl.DataFrame, keys: Sequence[str], scores: Sequence[str], redraws: int, seed: int
) -> dict[str, Floats]:
    """Per column of `scores` its mean in each setting of `keys`, shape (1 + redraws, settings); the first as it is.

    A redraw takes as many questions of each data set as there are, with replacement, for all settings alike. A setting
    none of whose questions is drawn keeps its mean.
    """
    sums = (
        cells.group_by(*keys, "question").agg(pl.len().alias("n"), pl.col(list(scores)).sum()).sort(*keys, "question")
    )
    questions = cells.select("dataset", "question").unique().sort("dataset", "question")
    times = _times_drawn(questions, redraws, seed)
    settings = sums.select(keys).unique(maintain_order=True).with_row_index("setting")
    places = questions.with_row_index("place")
    placed = sums.join(settings, on=keys, maintain_order="left").join(places, on=["dataset", "question"])
    shape = (len(questions), len(settings))
    at = (placed["place"].to_numpy(), placed["setting"].to_numpy())
    n = _filled(shape, at, placed["n"])
    weight = times @ n
    means = {}
    for score in scores:
        total = _filled(shape, at, placed[score])
        as_it_is = total.sum(axis=0) / n.sum(axis=0)
        means[score] = np.where(weight > 0, times @ total / np.maximum(weight, 1), as_it_is)
    return means


def _times_drawn(questions: pl.DataFrame, redraws: int, seed: int) -> Floats:
    """How often each question is drawn, shape (1 + redraws, questions); once each in the first row."""
    rng = np.random.default_rng(seed)
    sizes = questions.group_by("dataset", maintain_order=True).len()["len"].to_list()
    drawn = [rng.multinomial(size, np.full(size, 1 / size), size=redraws) for size in sizes]
    return np.vstack([np.ones(len(questions)), np.hstack(drawn)]).astype(np.float64)


def _filled(shape: tuple[int, int], at: tuple[NDArray[np.int64], NDArray[np.int64]], values: pl.Series) -> Floats:
    """A matrix of zeros with `values` in their places."""
    matrix = np.zeros(shape)
    matrix[at] = values.to_numpy()
    return matrix
