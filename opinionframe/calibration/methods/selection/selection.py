"""The paper's calibrator: choice rows go in, shares by linear, ridge, lasso or random forest come out.

Whichever has the least error on a development part predicts. Of ten folds eight train, the ninth chooses and the tenth
is predicted: the paper's 80/10/10, with the test part going round so that every cell is predicted once. Where folds
are data sets, all the others train: ninths of their questions choose in turn, since one alone is a handful of
questions, and what they choose is fitted to all of them. So it is in a fit that is kept.
"""

import numpy as np
import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.folds import SPLITS, UntrainedError
from opinionframe.calibration.methods.closed_forms import (
    IN_ONE_ORDER,
    PENALTIES,
    development_lines,
    line_by_turns,
    sums_of,
)
from opinionframe.calibration.methods.forests.draw_order import in_draw_order
from opinionframe.calibration.methods.forests.step_functions import Rises
from opinionframe.calibration.methods.forests.step_parameters import STEP, predict_steps, step_parameters
from opinionframe.calibration.methods.lines import apply_linear, line_table
from opinionframe.calibration.methods.selection.choice import Line, line_or_forest, line_or_forest_by_turns
from opinionframe.calibration.methods.selection.parts import with_parts
from opinionframe.calibration.saved import Calibration, scalars
from opinionframe.calibration.supervision import Supervision, groups
from opinionframe.errors import examples
from opinionframe.schemas.keys import ROW

FEW_FOLDS = 10
"""With fewer folds of one's own, a fold is more than the tenth that the paper chooses on."""

LABELLED = pl.col("target").is_not_null()


class Selection(Calibrator):
    """The best of four regressions on a development part, as in the paper.

    Reference: the paper's section 3.6, which names the candidates but no grids.
    """

    name = "paper"
    title = "the paper's selection"

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The line or the forest that errs least over ninths of the labelled questions, fitted to all of them.

        With a single labelled cell there is nothing to choose on: its least-squares line stands.
        """
        labelled = supervision.rows.filter(LABELLED)
        rows = labelled.with_columns(part="fold") if supervision.split else with_parts(labelled, seed)
        sums = sums_of(rows.lazy().with_columns(fold="part")).lazy()
        several = pl.col("fold").n_unique().over("group") > 1
        chosen = line_by_turns(sums.filter(several), tuple(PENALTIES))
        alone = sums.filter(~several)
        lines = pl.concat([chosen, development_lines(alone, alone, ("linear",)).drop("fold")]).collect()
        parts = (in_draw_order(part, supervision.codebook) for part in groups(rows))
        return pl.concat(_parameters(part, _line(lines, part), seed) for part in parts)

    def predict(
        self,
        rows: pl.DataFrame,
        codebook: pl.DataFrame,  # noqa: ARG002  a regression knows no question
        calibration: Calibration,
    ) -> pl.DataFrame:
        """`rows` with `prob` by the line or the steps of their group."""
        stepped = calibration.parameters.filter(name=STEP)["group"].unique().implode()
        by_line = rows.filter(~pl.col("group").is_in(stepped))
        lines = line_table(calibration)
        on_lines = apply_linear(by_line.lazy(), lines.lazy(), on=["group"]).collect() if len(by_line) else by_line
        return pl.concat([on_lines, predict_steps(rows.filter(pl.col("group").is_in(stepped)), calibration)])

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame | pl.LazyFrame:
        """The rows with `prob` predicted by the candidate of least squared error on the development part.

        They keep their `fold`, though those without a label are predicted with another one's.

        Raises: FrameError for a source with too few labelled folds to train, choose and predict.
        """
        if _folds_are_given(supervision):
            return super().crossfit(supervision, seed)
        rows = _with_dense_folds(supervision.rows)
        _refuse_few(rows)
        sums = sums_of(rows.lazy().filter(LABELLED)).lazy()
        tests = rows.lazy().select("group", test="fold").unique().join(sums, on="group")
        training, development = (
            tests.filter(part).group_by("group", fold="test").agg(IN_ONE_ORDER)
            for part in _training_and_development(pl.col("test"))
        )
        lines = development_lines(training, development, tuple(PENALTIES)).collect()
        parts = (in_draw_order(part, supervision.codebook) for part in groups(rows))
        predicted = pl.concat(_predict_group(part, lines, seed) for part in supervision.watched(parts))
        dealt = supervision.rows.select(*ROW, "fold")
        return predicted.drop("fold").join(dealt, on=ROW, how="left", maintain_order="left").select(rows.columns)


def _folds_are_given(supervision: Supervision) -> bool:
    """Whether folds are data sets, or a few of one's own, so that a whole one is too much to choose on."""
    few = supervision.rows["fold"].n_unique() < FEW_FOLDS
    return supervision.split == "dataset" or (supervision.split not in SPLITS and few)


def _training_and_development(test: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """What trains and what chooses where the fold `test` is predicted: the next fold chooses."""
    chooses = pl.col("fold") == (test + 1) % (pl.col("fold").max().over("group") + 1)
    return ~chooses & (pl.col("fold") != test), chooses


def _with_dense_folds(rows: pl.DataFrame) -> pl.DataFrame:
    """Folds numbered without gaps in each group; rows of a fold without a label join the first fold that has one."""
    first = pl.col("fold").filter(LABELLED).min().over("group")
    fold = pl.when(LABELLED.any().over("group", "fold")).then("fold").otherwise(first)
    dense = fold.rank("dense").over("group").cast(pl.UInt32) - 1
    return rows.with_columns(fold=dense)


def _refuse_few(rows: pl.DataFrame) -> None:
    """Raises a FrameError where a group has labels in fewer than 3 folds."""
    folds = rows.filter(LABELLED).group_by("group").agg(pl.col("fold").n_unique())
    few = folds.filter(pl.col("fold") < 3).select("group").sort("group")
    if len(few):
        raise UntrainedError(
            f"{len(few)} sources have human answers in fewer than 3 folds, e.g. {examples(few.rows())}: method='paper' "
            "trains on some, chooses on one and predicts another. Ask more questions, use more folds or another "
            "method.",
            few["group"].to_list(),
        )


def _predict_group(rows: pl.DataFrame, lines: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The rows of one group with `prob` predicted: by its line in `lines`, or by a forest of less error."""
    fold, probabilities = rows["fold"].to_numpy(), rows["prob"].to_numpy()
    prob = np.empty(len(rows))
    labelled = rows.filter(LABELLED)
    for test in np.unique(fold).tolist():
        training, development = (labelled.filter(part) for part in _training_and_development(pl.lit(test)))
        chosen = line_or_forest(_line(lines.filter(fold=test), rows), training, development, seed)
        prob[fold == test] = chosen(probabilities[fold == test])
    return rows.with_columns(prob=pl.Series(prob))


def _line(lines: pl.DataFrame, rows: pl.DataFrame) -> Line:
    """The line of the group of `rows`."""
    return Line(*lines.filter(group=rows["group"][0]).select("intercept", "slope", "error").row(0))


def _parameters(rows: pl.DataFrame, line: Line, seed: int) -> pl.DataFrame:
    """Intercept and slope, or the steps of a forest: what the labelled `rows` of one group choose."""
    chosen: Line | Rises = line
    if rows["part"].n_unique() > 1:
        chosen = line_or_forest_by_turns(line, rows, seed)
    group = rows["group"][0]
    if isinstance(chosen, Line):
        return scalars(group, {"intercept": chosen.intercept, "slope": chosen.slope})
    return step_parameters(group, chosen.steps())
