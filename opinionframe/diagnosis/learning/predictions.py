"""Predictions for the test part of every draw and size, from its labels alone."""

import polars as pl

from opinionframe.calibration.methods.fitted import fit_parameters, predict_rows
from opinionframe.calibration.methods.lines import PENALTIES, apply_linear, whole_fit
from opinionframe.calibration.methods.simplex import onto_simplex
from opinionframe.calibration.saved import Calibration
from opinionframe.calibration.supervision import Supervision
from opinionframe.diagnosis.learning.plan import CELL, Plan

INNER_FOLDS = 10
GROUP = ["draw", "n_train"]
MEAN_OF_LABELS = "mean-of-labels"
RUN = pl.format("{} of {}", *GROUP)
"""The name of a draw and size, which takes the place of the source: every run is a fit of its own."""


def predictions(rows: pl.DataFrame, supervision: Supervision, plan: Plan, method: str, seed: int) -> pl.DataFrame:
    """Rows of the test cells with `draw`, `n_train` and `prob` calibrated, from `rows` of one source."""
    if method in PENALTIES:
        return _lines(rows, plan, method)
    if method == MEAN_OF_LABELS:
        return _means(rows, plan)
    tested, labelled = (cells.partition_by(GROUP, as_dict=True) for cells in (plan.tested(), plan.labelled()))
    return pl.concat(_fitted(rows, supervision, labelled[run], tested[run], method, seed) for run in sorted(tested))


def _lines(rows: pl.DataFrame, plan: Plan, method: str) -> pl.DataFrame:
    """The linear family: all draws and sizes in one query. Penalties are tuned across the labelled questions.

    With a single question nothing can be tuned, and the largest penalty stands: ridge and lasso then give uniform.
    """
    fold = (pl.col("question_key").rank("dense").over(GROUP) - 1) % INNER_FOLDS
    labelled = plan.labelled().with_columns(group=RUN, fold=fold)
    pairs = rows.select(*CELL, "prob", "target").join(labelled, on=CELL)
    fits = whole_fit(pairs.lazy(), method)
    tested = _test_rows(rows, plan).with_columns(group=RUN)
    return _distributions(apply_linear(tested.lazy(), fits, on=["group"]))


def _means(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The mean human distribution of the labels with as many choices."""
    size = pl.len().over(*GROUP, *CELL).alias("k")
    labelled = rows.select(*CELL, "choice", "target").join(plan.labelled(), on=CELL).with_columns(size)
    mean = labelled.group_by(*GROUP, "k", "choice").agg(pl.col("target").mean().alias("mean"))
    tested = _test_rows(rows, plan).with_columns(size).join(mean, on=[*GROUP, "k", "choice"], how="left")
    return _distributions(tested.with_columns(prob=pl.col("mean").fill_null(1 / pl.col("k"))).lazy())


def _fitted(
    rows: pl.DataFrame, supervision: Supervision, labelled: pl.DataFrame, tested: pl.DataFrame, method: str, seed: int
) -> pl.DataFrame:
    """One draw and size by any other method."""
    given = _all_answers(rows, labelled, tested) if method in ("default", "no-model") else _semi(rows, labelled)
    learnt, asked = (supervision.codebook.join(part, on="question", how="semi") for part in (given, tested))
    human = _semi(supervision.human, labelled)
    found = fit_parameters(Supervision(given, human, learnt), method, seed)
    predicted = predict_rows(_semi(rows, tested), asked, Calibration(method, ("source",), found, human, learnt))
    run = (pl.lit(tested[key][0], pl.UInt32).alias(key) for key in GROUP)
    return _distributions(predicted.with_columns(run).lazy())


def _all_answers(rows: pl.DataFrame, labelled: pl.DataFrame, tested: pl.DataFrame) -> pl.DataFrame:
    """What the model says of all other questions, with the human shares of the labels alone."""
    label = labelled.select(CELL).with_columns(labelled=True)
    shown = pl.when("labelled").then(pl.col("target", "n_eff")).name.keep()
    return rows.join(tested, on="question", how="anti").join(label, on=CELL, how="left").with_columns(shown)


def _semi(rows: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    return rows.join(cells, on=CELL, how="semi")


def _test_rows(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    return rows.select(*CELL, "choice", "prob", "target").join(plan.tested(), on=CELL)


def _distributions(predicted: pl.LazyFrame) -> pl.DataFrame:
    """The predictions on the simplex, each run a source."""
    runs = predicted.select(*CELL, "choice", *GROUP, "prob", "target").with_columns(source=RUN)
    return onto_simplex(runs).collect()
