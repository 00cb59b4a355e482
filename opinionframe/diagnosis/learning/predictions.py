"""Predictions of a learning curve: rows and a plan go in; calibrated rows of every test part come out."""

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.by_scale import nominal_questions
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
    test_cells, labelled = (cells.partition_by(RUN, as_dict=True) for cells in (plan.tested(), plan.labelled()))
    return pl.concat(
        _one_run(rows, supervision, labelled[run], test_cells[run], calibrator, seed) for run in sorted(test_cells)
    )


def means_of_labels(rows: pl.DataFrame, plan: Plan, codebook: pl.DataFrame) -> pl.DataFrame:
    """Rows of the test cells with `prob` the mean human share of labels with as many choices, uniform without any.

    Uniform too for nominal questions, whose choices have no place in common.
    """
    n_choices = pl.len().over(*RUN, *GROUP).alias("k")
    nominal = pl.col("question").is_in(nominal_questions(codebook).implode())
    labelled = rows.select(*CHOICE, "target").join(plan.labelled(), on=GROUP).with_columns(n_choices)
    mean = labelled.filter(~nominal).group_by(*RUN, "k", "choice").agg(pl.col("target").mean().alias("mean"))
    test_cells = _test_rows(rows, plan).with_columns(n_choices).join(mean, on=[*RUN, "k", "choice"], how="left")
    return _distributions(
        test_cells.with_columns(prob=pl.when(~nominal).then("mean").fill_null(1 / pl.col("k"))).lazy()
    )


def _all_runs(
    rows: pl.DataFrame, supervision: Supervision, plan: Plan, calibrator: Calibrator, seed: int
) -> pl.DataFrame:
    """The test rows of all draws and sizes, by one fit of which each is a group.

    Penalties are tuned across the labelled questions. With a single question nothing can be tuned, and the largest
    penalty stands: ridge and lasso then give uniform.
    """
    fold = (pl.col("question_key").rank("dense").over(RUN) - 1) % INNER_FOLDS
    labelled = plan.labelled().with_columns(group=RUN_NAME, source=RUN_NAME, fold=fold)
    pairs = rows.select(*CHOICE, "prob", "target").join(labelled, on=GROUP)
    parameters = calibrator.fit(Supervision(pairs, supervision.human, supervision.codebook), seed)
    calibration = Calibration(calibrator.name, tuple(RUN), parameters, supervision.human.clear(), supervision.codebook)
    test_cells = _test_rows(rows, plan).with_columns(group=RUN_NAME, source=RUN_NAME)
    return _distributions(calibrator.predict(test_cells, supervision.codebook, calibration).lazy())


def _one_run(
    rows: pl.DataFrame,
    supervision: Supervision,
    labelled: pl.DataFrame,
    test_cells: pl.DataFrame,
    calibrator: Calibrator,
    seed: int,
) -> pl.DataFrame:
    """The test rows of one draw and size, by a fit to its labels."""
    training = _rows_of_cells(rows, labelled)
    if calibrator.needs_people:
        training = _other_answers(rows, labelled, test_cells, nominal_questions(supervision.codebook))
    fit_book, test_book = (
        supervision.codebook.join(part, on="question", how="semi") for part in (training, test_cells)
    )
    human = _rows_of_cells(supervision.human, labelled)
    parameters = calibrator.fit(Supervision(training, human, fit_book), seed)
    calibration = Calibration(calibrator.name, ("source",), parameters, human, fit_book)
    predicted = calibrator.predict(_rows_of_cells(rows, test_cells), test_book, calibration)
    run = (pl.lit(test_cells[key][0], pl.UInt32).alias(key) for key in RUN)
    return _distributions(predicted.with_columns(run).lazy())


def _other_answers(
    rows: pl.DataFrame, labelled: pl.DataFrame, test_cells: pl.DataFrame, nominal: pl.Series
) -> pl.DataFrame:
    """The model's answers to all questions outside the test part, with the human shares of the labels alone.

    Where the test part has all nominal questions, these stay, without labels: a fit to ordinal ones alone would
    refuse to predict them.
    """
    is_labelled = labelled.select(GROUP).with_columns(labelled=True)
    labels_alone = pl.when("labelled").then(pl.col("target", "n_eff")).name.keep()
    others = rows.join(test_cells, on="question", how="anti")
    is_nominal = pl.col("question").is_in(nominal.implode())
    if others.filter(is_nominal).is_empty():
        others = pl.concat([others, rows.filter(is_nominal)])
    return others.join(is_labelled, on=GROUP, how="left").with_columns(labels_alone)


def _rows_of_cells(rows: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """The rows of the given cells."""
    return rows.join(cells, on=GROUP, how="semi")


def _test_rows(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The rows of the test cells, once per draw and size."""
    return rows.select(*CHOICE, "prob", "target").join(plan.tested(), on=GROUP)


def _distributions(predicted: pl.LazyFrame) -> pl.DataFrame:
    """The predictions on the simplex, with the name of the run as source."""
    runs = predicted.select(*CHOICE, *RUN, "prob", "target").with_columns(source=RUN_NAME)
    return onto_simplex(runs).collect()
