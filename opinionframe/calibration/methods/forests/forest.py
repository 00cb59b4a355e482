"""The random forest calibrator: choice rows go in, shares predicted from the elicited probability alone come out."""

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.forests.draw_order import in_draw_order
from opinionframe.calibration.methods.forests.grown_trees import forest_steps
from opinionframe.calibration.methods.forests.step_parameters import predict_steps, step_parameters
from opinionframe.calibration.saved import Calibration
from opinionframe.calibration.supervision import Supervision, groups

LEAF = 5
"""Rows in a leaf at least: with one feature, smaller leaves memorise single cells."""


class Forest(Calibrator):
    """Random forest regression of the human share on the elicited probability, choice by choice.

    Reference: Breiman (2001), Random forests; the paper's section 3.6.
    """

    name = "forest"
    title = "random forest"

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The steps of the forest of every group."""
        labelled = supervision.rows.filter(pl.col("target").is_not_null())
        return pl.concat(_parameters(in_draw_order(part, supervision.codebook), seed) for part in groups(labelled))

    def predict(
        self,
        rows: pl.DataFrame,
        codebook: pl.DataFrame,  # noqa: ARG002  a forest knows no question
        calibration: Calibration,
    ) -> pl.DataFrame:
        """`rows` with `prob` by the steps of their group."""
        return predict_steps(rows, calibration)


def _parameters(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The steps of one group's forest, from its labelled rows."""
    (forest,) = forest_steps(rows["prob"].to_numpy(), rows["target"].to_numpy(), [LEAF], seed)
    return step_parameters(rows["group"][0], forest.steps())
