"""Random forest regression of the human share on the elicited probability, choice by choice."""

import numpy as np
import polars as pl

from opinionframe.calibrate.pairs import Supervision

TREES = 100
LEAF = 5
"""Rows in a leaf at least: with one feature, smaller leaves memorise single cells."""


def crossfit_forest(supervision: Supervision, seed: int) -> pl.DataFrame:
    """The rows with `prob` predicted, each (group, fold) by a forest that saw none of its fold's rows.

    Collects; scikit-learn. Reference: the paper's section 3.6.
    """
    rows = supervision.rows.sort("group", "fold", "source", "question", "demographic", "choice")
    parts = rows.partition_by("group", maintain_order=True)
    return pl.concat(_predict_group(part, seed) for part in parts)


def _predict_group(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    from sklearn.ensemble import RandomForestRegressor

    x, y = rows["prob"].to_numpy().reshape(-1, 1), rows["target"].to_numpy()
    fold, known = rows["fold"].to_numpy(), rows["target"].is_not_null().to_numpy()
    predicted = np.empty(len(rows))
    for held_out in np.unique(fold):
        training = known & (fold != held_out)
        forest = RandomForestRegressor(n_estimators=TREES, min_samples_leaf=LEAF, random_state=seed)
        forest.fit(x[training], y[training])
        predicted[fold == held_out] = forest.predict(x[fold == held_out])
    return rows.with_columns(prob=pl.Series(predicted))
