"""Predictions for the test part of every draw and size, from its labels alone."""

import polars as pl

from opinionframe.calibration.methods.calibrator import Calibrator
from opinionframe.calibration.methods.lines import INNER_FOLDS
from opinionframe.calibration.methods.simplex import onto_simplex
from opinionframe.calibration.saved import Calibration
from opinionframe.calibration.supervision import Supervision
from opinionframe.diagnosis.learning.plan import Plan
from opinionframe.schemas.keys import CHOICE, GROUP

RUN = ["draw", "n_train"]
"""A draw and size: every run is a fit of its own."""

RUN_NAME = pl.format("{} of {}", *RUN)
"""The name of a run, which takes the place of the source."""

MEAN_OF_LABELS = "mean-of-labels"


def predictions(
    rows: pl.DataFrame, supervision: Supervision, plan: Plan, calibrator: Calibrator, seed: int
) -> pl.DataFrame:
    """Rows of the test cells with `draw`, `n_train` and `prob` calibrated, from `rows` of one source."""
    if calibrator.fits_at_once:
        return _all_runs(rows, supervision, plan, calibrator, seed)
    tested, labelled = (cells.partition_by(RUN, as_dict=True) for cells in (plan.tested(), plan.labelled()))
    return pl.concat(
        _one_run(rows, supervision, labelled[run], tested[run], calibrator, seed) for run in sorted(tested)
    )


def means_of_labels(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The same by the mean human distribution of the labels with as many choices, uniform where there is none."""
    size = pl.len().over(*RUN, *GROUP).alias("k")
    labelled = rows.select(*CHOICE, "target").join(plan.labelled(), on=GROUP).with_columns(size)
    mean = labelled.group_by(*RUN, "k", "choice").agg(pl.col("target").mean().alias("mean"))
    tested = _test_rows(rows, plan).with_columns(size).join(mean, on=[*RUN, "k", "choice"], how="left")
    return _distributions(tested.with_columns(prob=pl.col("mean").fill_null(1 / pl.col("k"))).lazy())


def _all_runs(
    rows: pl.DataFrame, supervision: Supervision, plan: Plan, calibrator: Calibrator, seed: int
) -> pl.DataFrame:
    """All draws and sizes in one fit, each a group. Penalties are tuned across the labelled questions.

    With a single question nothing can be tuned, and the largest penalty stands: ridge and lasso then give uniform.
    """
    fold = (pl.col("question_key").rank("dense").over(RUN) - 1) % INNER_FOLDS
    labelled = plan.labelled().with_columns(group=RUN_NAME, fold=fold)
    pairs = rows.select(*CHOICE, "prob", "target").join(labelled, on=GROUP)
    learnt = calibrator.fit(Supervision(pairs, supervision.human, supervision.codebook), seed)
    calibration = Calibration(calibrator.name, tuple(RUN), learnt, supervision.human.clear(), supervision.codebook)
    tested = _test_rows(rows, plan).with_columns(group=RUN_NAME)
    return _distributions(calibrator.predict(tested, supervision.codebook, calibration).lazy())


def _one_run(
    rows: pl.DataFrame,
    supervision: Supervision,
    labelled: pl.DataFrame,
    tested: pl.DataFrame,
    calibrator: Calibrator,
    seed: int,
) -> pl.DataFrame:
    """One draw and size."""
    training = _all_answers(rows, labelled, tested) if calibrator.needs_people else _semi(rows, labelled)
    learnt_book, tested_book = (
        supervision.codebook.join(part, on="question", how="semi") for part in (training, tested)
    )
    human = _semi(supervision.human, labelled)
    learnt = calibrator.fit(Supervision(training, human, learnt_book), seed)
    calibration = Calibration(calibrator.name, ("source",), learnt, human, learnt_book)
    predicted = calibrator.predict(_semi(rows, tested), tested_book, calibration)
    run = (pl.lit(tested[key][0], pl.UInt32).alias(key) for key in RUN)
    return _distributions(predicted.with_columns(run).lazy())


def _all_answers(rows: pl.DataFrame, labelled: pl.DataFrame, tested: pl.DataFrame) -> pl.DataFrame:
    """What the model says of all other questions, with the human shares of the labels alone."""
    label = labelled.select(GROUP).with_columns(labelled=True)
    shown = pl.when("labelled").then(pl.col("target", "n_eff")).name.keep()
    return rows.join(tested, on="question", how="anti").join(label, on=GROUP, how="left").with_columns(shown)


def _semi(rows: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    return rows.join(cells, on=GROUP, how="semi")


def _test_rows(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    return rows.select(*CHOICE, "prob", "target").join(plan.tested(), on=GROUP)


def _distributions(predicted: pl.LazyFrame) -> pl.DataFrame:
    """The predictions on the simplex, each run a source."""
    runs = predicted.select(*CHOICE, *RUN, "prob", "target").with_columns(source=RUN_NAME)
    return onto_simplex(runs).collect()
