"""The part of each question in the fits: out-of-fold rows go in; `fit_influence` comes out, for intervals to count.

Out-of-fold scores share their training questions: other questions would have given other fits too, which the spread of
scores between questions does not show. So every pair of folds is held out together: what a fold's scores lose or gain
where another fold is missing from their fit is that fold's influence, and a jackknife over folds is its variance.
The pairs are dealt like the rounds of a tournament, so that each round is one cross-fit with folds joined in pairs.
"""

import warnings

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe import divergence
from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.held_out_people import GROUPS_HELD_OUT
from opinionframe.calibration.methods.simplex import onto_simplex
from opinionframe.calibration.supervision import Supervision
from opinionframe.schemas.broken_cells import largest_choice
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

FEWEST = 4
"""Folds from which on a pair can be held out and the rest still be dealt into training folds."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def fit_influence(predicted: pl.DataFrame, folded: Supervision, calibrator: Calibrator, seed: int) -> pl.DataFrame:
    """One row per cell with `fit_influence`, in units of alignment `by scale`, null where it is not known.

    `predicted` are the out-of-fold rows of `calibrator`, with `fold` and `target`. The squared sums of the column over
    each question, added up and divided by the squared number of cells, are the variance that the fits add to the mean
    score of a source; of the difference of two sources it is that of the column's differences.

    Null are cells without human answers, fits with fewer than four labelled folds, and a split that deals one
    question into several folds, through which no question can be taken out of a fit.

    Reference: Efron and Stein (1981), The Jackknife Estimate of Variance; Bates, Hastie and Tibshirani (2024),
    Cross-Validation: What Does It Estimate and How Well Does It Do It?, for holding out pairs of folds.
    """
    cells = _scores(predicted, folded.codebook)
    fits = cells.join(folded.rows.select(*CELL, "group").unique(), on=CELL, how="left", maintain_order="left")
    groups = fits.group_by("group").agg(pl.col("fold").n_unique()).filter(pl.col("fold") >= FEWEST)
    cells = fits.join(groups, on="group", how="semi", maintain_order="left").drop("group")
    folds_of_question = cells.group_by("question").agg(pl.col("fold").n_unique())["fold"]
    if cells.is_empty() or folded.split == GROUPS_HELD_OUT or folds_of_question.max() > 1:  # type: ignore[operator]
        return cells.head(0).select(*CELL, pl.lit(None, pl.Float64).alias(FIT_INFLUENCE))
    changes = _changes(cells, _with_groups(folded, groups), calibrator, seed)
    parts = [_influences(part) for part in _of_own_folds(changes)]
    if not parts:
        return cells.head(0).select(*CELL, pl.lit(None, pl.Float64).alias(FIT_INFLUENCE))
    return pl.concat(parts).select(*CELL, FIT_INFLUENCE)


def rounds(folds: list[int]) -> list[list[tuple[int, int]]]:
    """Rounds of disjoint pairs in which every two folds meet once; with an odd number one fold rests in each.

    >>> rounds([0, 1, 2, 3])
    [[(0, 3), (1, 2)], [(0, 2), (3, 1)], [(0, 1), (2, 3)]]
    """
    seats: list[int | None] = [*folds, *([None] if len(folds) % 2 else [])]
    half = len(seats) // 2
    schedule = []
    for _ in range(len(seats) - 1):
        pairs = zip(seats[:half], reversed(seats[half:]), strict=True)
        schedule.append([(one, other) for one, other in pairs if one is not None and other is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return schedule


def _changes(cells: pl.DataFrame, folded: Supervision, calibrator: Calibrator, seed: int) -> pl.DataFrame:
    """`cells` once for every other fold, `without`, with the `change` of its score where that is not fitted to."""
    parts = []
    for pairs in rounds(sorted(cells["fold"].unique())):
        joined = _with_joined_folds(folded, pairs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the fit itself has said what there is to say
            refitted = onto_simplex(calibrator.crossfit(joined, seed).lazy()).collect()
        partners = {one: other for pair in pairs for one, other in (pair, pair[::-1])}
        scores = _scores(refitted, folded.codebook).select(*CELL, pl.col("score").alias("refitted"))
        without = pl.col("fold").replace_strict(partners, default=None, return_dtype=pl.Int64)
        change = (pl.col("refitted") - pl.col("score")).alias("change")
        parts.append(cells.join(scores, on=CELL).with_columns(without.alias("without"), change).drop_nulls("without"))
    return pl.concat(parts).sort(*CELL, "without")


def _with_groups(folded: Supervision, groups: pl.DataFrame) -> Supervision:
    rows = folded.rows.join(groups.select("group"), on="group", how="semi", maintain_order="left")
    return Supervision(rows, folded.human, folded.codebook, folded.split)


def _with_joined_folds(folded: Supervision, pairs: list[tuple[int, int]]) -> Supervision:
    """`folded` with the folds of each pair made one, and others kept."""
    first = {other: one for one, other in pairs}
    fold = pl.col("fold").replace(first)
    return Supervision(folded.rows.with_columns(fold), folded.human.with_columns(fold), folded.codebook, folded.split)


def _scores(rows: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """The cells with human answers, sorted: `fold` and `score`, alignment with the target by scale."""
    k_max = largest_choice(codebook)
    excess = rows.lazy().drop_nulls("target").with_columns(pl.col("prob") - pl.col("target"))
    return (
        excess.group_by(CELL)
        .agg(pl.col("fold").first().cast(pl.Int64), *divergence.masked_sums(k_max, "excess", cumulative=False))
        .join(divergence.scale(codebook), on="question")
        .with_columns(
            *divergence.summed_by_scale(k_max, "excess"), *(pl.lit(0.0).alias(f"none{j}") for j in range(1, k_max + 1))
        )
        .select(*CELL, "fold", score=1 - divergence.wasserstein_by_scale("excess", "none", k_max))
        .sort(CELL)
        .collect()
    )


def _of_own_folds(changes: pl.DataFrame) -> list[pl.DataFrame]:
    """The changes of each source without folds that it has a cell in; others have no cell to put an influence on."""
    parts = (
        part.filter(pl.col("without").is_in(part["fold"].unique().implode()))
        for part in changes.partition_by("source", maintain_order=True)
    )
    return [part for part in parts if part["fold"].n_unique() >= FEWEST]


def _influences(changes: pl.DataFrame) -> pl.DataFrame:
    """The cells of one source with `fit_influence`: that of their fold on their group, scaled to the fold's variance.

    The jackknife counts an interaction of two questions twice, one of three three times; products of the changes of
    different folds count none. The truth lies between the two, and so does what is taken: their mean.
    """
    cells = changes.group_by(CELL, maintain_order=True).agg(pl.col("fold").first())
    change = changes["change"] - changes.select(pl.col("change").mean().over(CELL))["change"]
    target, without = (np.searchsorted(np.unique(changes["fold"]), changes[name]) for name in ("fold", "without"))
    groups = changes["demographic"].rank("dense").to_numpy().astype(np.int64) - 1
    in_fold = np.bincount(np.searchsorted(np.unique(changes["fold"]), cells["fold"]))
    others = in_fold.sum() / in_fold - 1

    mean, weight = _means(change.to_numpy(), without, target)
    effect = (weight * mean).sum(axis=1)
    between = (effect**2 - (weight**2 * mean**2).sum(axis=1)) / (1 - (weight**2).sum(axis=1))
    jackknife, interactions_left_out = (others * effect**2).mean(), max((others * between).mean(), 0.0)
    share = (jackknife + interactions_left_out) / 2 / jackknife if jackknife > 0 else 0.0

    squares = cells.group_by("fold", "question").len().group_by("fold").agg(pl.col("len").pow(2).sum()).sort("fold")
    scale = np.sqrt(share * others * in_fold.sum() ** 2 / len(in_fold) / squares["len"].to_numpy())
    by_group, _ = _means(change.to_numpy(), without, groups)
    place = np.searchsorted(np.unique(changes["fold"]), cells["fold"])
    group = cells["demographic"].rank("dense").to_numpy().astype(np.int64) - 1
    return cells.with_columns(pl.Series(FIT_INFLUENCE, -scale[place] * by_group[place, group]))


def _means(values: Floats, rows: Ints, columns: Ints) -> tuple[Floats, Floats]:
    """Mean value of every row and column, 0 where there is none, and each one's share of its row's values."""
    shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (rows, columns), values)
    np.add.at(count, (rows, columns), 1.0)
    return np.divide(total, count, out=np.zeros(shape), where=count > 0), count / count.sum(axis=1, keepdims=True)
