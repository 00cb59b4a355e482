"""The paper's calibrator: choice rows go in, shares by linear, ridge, lasso or random forest come out.

Whichever has the least error on a development fold predicts. With ten folds a fit trains on eight, chooses
on the ninth and predicts the tenth: the paper's 80/10/10, with the test part going round so that every cell is
predicted once.
"""

import numpy as np
import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.closed_forms import PENALTIES, development_lines
from opinionframe.calibration.methods.forest import feature, grow_forest
from opinionframe.calibration.supervision import Supervision, groups
from opinionframe.errors import FrameError, examples

LEAVES = (1, 5, 20)
"""Least rows in a leaf: the forest's grid."""


class Selection(Calibrator):
    """The best of four regressions on a development fold, as in the paper; out of fold only.

    It keeps no parameters. Reference: the paper's section 3.6, which names the candidates but no grids.
    """

    name = "paper"
    title = "the paper's selection"

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` predicted by the candidate of least squared error on the development fold."""
        rows = _with_dense_folds(supervision.rows)
        _refuse_few(rows)
        labelled = rows.lazy().filter(pl.col("target").is_not_null())
        lines = development_lines(labelled, tuple(PENALTIES)).collect()
        return pl.concat(_predict_group(part, lines, seed) for part in groups(rows))


def _with_dense_folds(rows: pl.DataFrame) -> pl.DataFrame:
    """Folds numbered without gaps in each group; rows of a fold without a label join the first fold that has one."""
    labelled = pl.col("target").is_not_null()
    first = pl.col("fold").filter(labelled).min().over("group")
    fold = pl.when(labelled.any().over("group", "fold")).then("fold").otherwise(first)
    dense = fold.rank("dense").over("group").cast(pl.UInt32) - 1
    return rows.with_columns(fold=dense)


def _refuse_few(rows: pl.DataFrame) -> None:
    """Raises a FrameError where a group has labels in fewer than 3 folds."""
    labelled = rows.filter(pl.col("target").is_not_null())
    few = (
        labelled.group_by("group")
        .agg(pl.col("fold").n_unique())
        .filter(pl.col("fold") < 3)
        .select("group")
        .sort("group")
    )
    if len(few):
        raise FrameError(
            f"{len(few)} sources have human answers in fewer than 3 folds, e.g. {examples(few.rows())}: method='paper' "
            "trains on some, chooses on one and predicts another. Ask more questions, use more folds or another method."
        )


def _predict_group(rows: pl.DataFrame, lines: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The rows of one group with `prob` predicted: by its line in `lines`, or by a forest of less error."""
    fold = rows["fold"].to_numpy()
    prob = np.empty(len(rows))
    line_of_fold = {number: line for number, *line in lines.filter(group=rows["group"][0]).drop("group").rows()}
    for test in np.unique(fold):
        intercept, slope, error = line_of_fold[test]
        forest, forest_error = _best_forest(rows, int(test), int(fold.max()) + 1, seed)
        line = intercept + slope * rows["prob"].to_numpy()
        prob[fold == test] = (forest if forest_error < error else line)[fold == test]
    return rows.with_columns(prob=pl.Series(prob))


def _best_forest(rows: pl.DataFrame, test: int, folds: int, seed: int) -> tuple[np.ndarray, float]:
    """Predictions for all rows, and the squared error on the development fold, of the best leaf size."""
    fold, has_target = rows["fold"].to_numpy(), rows["target"].is_not_null().to_numpy()
    development = has_target & (fold == (test + 1) % folds)
    training = has_target & (fold != test) & ~development
    target = rows["target"].to_numpy()
    candidates = []
    for leaf in LEAVES:
        prediction = grow_forest(rows, training, leaf, seed).predict(feature(rows))
        candidates.append((float(((prediction - target)[development] ** 2).sum()), leaf, prediction))
    error, _, best = min(candidates, key=lambda candidate: candidate[:2])
    return best, error
