"""The random forest calibrator: choice rows go in, shares predicted from the elicited probability alone come out."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.supervision import Supervision, groups

TREES = 100
LEAF = 5
"""Rows in a leaf at least: with one feature, smaller leaves memorise single cells."""


class Forest(Calibrator):
    """Random forest regression of the human share on the elicited probability, choice by choice; out of fold only.

    It keeps no parameters. Reference: Breiman (2001), Random forests; the paper's section 3.6.
    """

    name = "forest"
    title = "random forest"

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` predicted, each (group, fold) by a forest that saw none of its fold's rows."""
        return pl.concat(_predict_group(part, seed) for part in groups(supervision.rows))


def grow_forest(rows: pl.DataFrame, training: NDArray[np.bool_], leaf: int, seed: int) -> Any:
    """A forest fitted to the rows marked in `training`, with at least `leaf` rows in a leaf."""
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(n_estimators=TREES, min_samples_leaf=leaf, random_state=seed)
    return forest.fit(feature(rows)[training], rows["target"].to_numpy()[training])


def feature(rows: pl.DataFrame) -> NDArray[np.float64]:
    """The elicited probabilities, shape (rows, 1)."""
    return rows["prob"].to_numpy().reshape(-1, 1)


def _predict_group(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The rows of one group with `prob` predicted out of fold."""
    fold, has_target = rows["fold"].to_numpy(), rows["target"].is_not_null().to_numpy()
    prob = np.empty(len(rows))
    for held_out in np.unique(fold):
        forest = grow_forest(rows, has_target & (fold != held_out), LEAF, seed)
        prob[fold == held_out] = forest.predict(feature(rows)[fold == held_out])
    return rows.with_columns(prob=pl.Series(prob))
