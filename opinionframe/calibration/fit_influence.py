"""The part of each question in the fits: out-of-fold rows go in; `fit_influence` comes out, for intervals to count.

Out-of-fold scores share their training questions: other questions would have given other fits too, which the spread of
scores between questions does not show. So every pair of folds is held out together: what a fold's scores lose or gain
where another fold is missing from their fit is that fold's influence, and a jackknife over folds is its variance.
The pairs are dealt like the rounds of a tournament, so that each round is one cross-fit with folds joined in pairs.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.folds import FEWEST, UntrainedError, rounds
from opinionframe.calibration.held_out_people import GROUPS_HELD_OUT
from opinionframe.calibration.methods.blend.kept_rounds import crossfit_rounds
from opinionframe.calibration.scored_cells import ScoredCells, scored_cells
from opinionframe.calibration.supervision import Supervision, row_numbers
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Refittable:
    """What can be fitted without a pair of folds: the `supervision` of the fits that have enough, and its `cells`."""

    supervision: Supervision
    cells: ScoredCells


def refittable(folded: Supervision) -> Refittable | None:
    """The fits of `folded` with at least four labelled folds, for any calibrator; None where influence is unknown.

    That is so where no fit has four, and in a split that deals one question into several folds, through which no
    question can be taken out of a fit.
    """
    labelled = folded.rows.lazy().filter(pl.col("target").is_not_null())
    folds = labelled.group_by("group").agg(pl.col("fold").n_unique())
    able = folds.filter(pl.col("fold") >= FEWEST).collect()
    of_question = labelled.join(able.lazy(), on="group", how="semi").group_by("question").agg(pl.col("fold").n_unique())
    if (
        able.is_empty()
        or folded.split == GROUPS_HELD_OUT
        or of_question.select(pl.col("fold").max()).collect().item() > 1
    ):
        return None
    rows = folded.rows.join(able, on="group", how="semi", maintain_order="left")
    return Refittable(replace(folded, rows=rows), scored_cells(rows, folded.codebook))


def fit_influence(predicted: pl.DataFrame, fits: Refittable | None, calibrator: Calibrator, seed: int) -> pl.Series:
    """`fit_influence` of each row's cell, in units of alignment `by scale`, null where it is not known.

    `predicted` are the out-of-fold rows of `calibrator`, on the simplex. The squared sums of the values of cells over
    each question, added up and divided by the squared number of cells, are the variance that the fits add to the mean
    score of a source; of the difference of two sources it is that of their differences.

    Null are cells without human answers, what is not `refittable`, and all where `calibrator` cannot be fitted without
    a pair of folds.

    Reference: Efron and Stein (1981), The Jackknife Estimate of Variance; Bates, Hastie and Tibshirani (2024),
    Cross-Validation: What Does It Estimate and How Well Does It Do It?, for holding out pairs of folds.
    """
    unknown = pl.Series(FIT_INFLUENCE, [None] * len(predicted), dtype=pl.Float64)
    if fits is None:
        return unknown
    rows, cells = fits.supervision.rows, fits.cells
    number = row_numbers(predicted, rows)
    is_refitted = number >= 0
    prob = np.empty(len(rows))
    prob[number[is_refitted]] = predicted["prob"].to_numpy()[is_refitted]
    try:
        changes = _changes(prob, fits, calibrator, seed)
    except UntrainedError:
        return unknown
    influences = _influences(changes, cells)
    of_rows = np.append(cells.of_rows(influences, len(rows)), np.nan)
    return pl.Series(FIT_INFLUENCE, of_rows[number]).fill_nan(None)


def _changes(prob: Floats, fits: Refittable, calibrator: Calibrator, seed: int) -> Floats:
    """By how much each cell's score changes where a fold, too, is missing from its fit, (N, folds); NaN for its own."""
    cells = fits.cells
    folds, fold = np.unique(cells.fold, return_inverse=True)
    schedule = rounds(folds.tolist())
    full = cells.scores(prob)
    changes = np.full((len(full), len(folds)), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the fit itself has said what there is to say
        for pairs, refitted in zip(
            schedule, crossfit_rounds(calibrator, fits.supervision, schedule, seed), strict=True
        ):
            places = np.searchsorted(folds, np.array(pairs))
            partner = np.full(len(folds), -1)
            partner[places], partner[places[:, ::-1]] = places[:, ::-1], places
            met = np.flatnonzero(partner[fold] >= 0)
            changes[met, partner[fold[met]]] = (cells.scores(refitted) - full)[met]
    return changes


def _influences(changes: Floats, cells: ScoredCells) -> Floats:
    """The influence of each cell, shape (N,): source by source; NaN where one has cells in fewer than four folds."""
    influences = np.full(len(changes), np.nan)
    fold = np.unique(cells.fold, return_inverse=True)[1]
    starts = np.flatnonzero(np.diff(cells.source, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(changes)], strict=True):
        # A fold without a cell of the source has none to put an influence on.
        own, own_fold = np.unique(fold[start:end], return_inverse=True)
        if len(own) >= FEWEST:
            keys = (names[start:end] for names in (cells.question, cells.demographic))
            influences[start:end] = _influences_of_source(changes[start:end, own], own_fold, *keys)
    return influences


def _influences_of_source(changes: Floats, fold: Ints, question: Ints, demographic: Ints) -> Floats:
    """The influence of n cells, from their `changes` (n, folds): that of their fold on their group, scaled.

    The scale makes it the fold's variance. The jackknife counts an interaction of two questions twice, one of three
    three times; products of the changes of different folds count none. The truth lies between the two, and so does
    what is taken: their mean.
    """
    changes = changes - np.nanmean(changes, axis=1, keepdims=True)
    in_fold = np.bincount(fold)
    others = len(fold) / in_fold - 1

    mean, weight = _means(changes, fold)
    effect = (weight * mean).sum(axis=1)
    between = (effect**2 - (weight**2 * mean**2).sum(axis=1)) / (1 - (weight**2).sum(axis=1))
    jackknife, interactions_left_out = (others * effect**2).mean(), max((others * between).mean(), 0.0)
    share = (jackknife + interactions_left_out) / 2 / jackknife if jackknife > 0 else 0.0

    of_question = np.unique(question, return_inverse=True)[1]
    sizes = np.zeros((len(in_fold), of_question.max() + 1))
    np.add.at(sizes, (fold, of_question), 1.0)
    scale = np.sqrt(share * others * len(fold) ** 2 / len(in_fold) / (sizes**2).sum(axis=1))
    group = np.unique(demographic, return_inverse=True)[1]
    by_group, _ = _means(changes, group)
    return np.asarray(-scale[fold] * by_group[fold, group], dtype=np.float64)


def _means(changes: Floats, part: Ints) -> tuple[Floats, Floats]:
    """For every fold that is missing, the mean change of each part of the cells, 0 without any, and its share of them.

    Both have the shape (folds, parts).
    """
    is_known = ~np.isnan(changes)
    total, count = (
        np.stack([np.bincount(part, column, int(part.max()) + 1) for column in table.T])
        for table in (np.where(is_known, changes, 0.0), is_known.astype(np.float64))
    )
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0), count / count.sum(axis=1, keepdims=True)
