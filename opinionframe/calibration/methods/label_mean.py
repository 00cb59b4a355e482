"""Nominal questions without a model: human answers to others with the same labels go in, their mean comes out."""

import polars as pl

from opinionframe.calibration.alike import IS_NOMINAL, alike_choices
from opinionframe.calibration.baselines import PRIOR_QUESTIONS
from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.saved import Calibration, scalars
from opinionframe.calibration.supervision import Supervision

PRIOR = "prior questions"
"""The one parameter: how many questions uniform counts for."""


class LabelMean(Calibrator):
    """The mean human share of the same label over other nominal questions with the same labels, in any order.

    Shrunk to uniform as if that were one question more, and uniform where there is no such question.
    """

    name = "label-mean of nominal questions"
    title = "label mean of nominal questions"
    needs_people = True

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  nothing is drawn
        """How many questions uniform counts for, for every group."""
        names = supervision.rows["group"].unique().sort()
        return pl.concat(scalars(name, {PRIOR: PRIOR_QUESTIONS}) for name in names)

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """`rows` with `prob` the mean over the fit's other questions."""
        return _predicted(rows, codebook, calibration.human, calibration.codebook)

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  nothing is drawn
        """The rows with `prob` predicted, from the human rows that are not held out with them."""
        rows, human, book = supervision.rows, supervision.human, supervision.codebook
        return pl.concat(
            _predicted(rows.filter(fold=fold), book, human.filter(pl.col("fold").ne_missing(fold)), book)
            for fold in sorted(rows["fold"].unique())
        )


def _predicted(
    rows: pl.DataFrame, codebook: pl.DataFrame, human: pl.DataFrame, human_book: pl.DataFrame
) -> pl.DataFrame:
    """`rows` with the shrunk mean of their label in `human`, their own question left out."""
    means = human.group_by(other="question", choice="choice", maintain_order=True).agg(
        pl.col("prob").mean().alias("mean")
    )
    others = means.join(
        alike_choices(human_book.filter(IS_NOMINAL)).collect(),
        left_on=["other", "choice"],
        right_on=["question", "choice"],
    )
    choices = (
        rows.select("question", "choice").unique().join(alike_choices(codebook).collect(), on=["question", "choice"])
    )
    sums = (
        choices.filter("nominal")
        .join(others.select("other", "labels", "slot", "mean"), on=["labels", "slot"])
        .filter(pl.col("other") != pl.col("question"))
        .sort("other")
        .group_by("question", "choice", maintain_order=True)
        .agg(pl.col("mean").sum().alias("total"), pl.len().alias("questions"))
    )
    shrunk = (pl.col("total").fill_null(0.0) + PRIOR_QUESTIONS / pl.col("k")) / (
        pl.col("questions").fill_null(0) + PRIOR_QUESTIONS
    )
    shares = choices.join(sums, on=["question", "choice"], how="left").select("question", "choice", prob=shrunk)
    return (
        rows.drop("prob")
        .join(shares, on=["question", "choice"], how="left", maintain_order="left")
        .select(rows.columns)
    )
