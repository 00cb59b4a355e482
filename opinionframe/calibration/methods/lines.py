"""The line calibrators: supervision goes in; rows predicted by linear, ridge or lasso regression come out."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.folds import deal_folds
from opinionframe.calibration.methods.closed_forms import (
    SUMS,
    fit_linear,
    fit_linear_to_sums,
    sums_of,
    whole_fit_of_sums,
)
from opinionframe.calibration.saved import Calibration, scalars
from opinionframe.calibration.supervision import Pair, Supervision, joined_fold
from opinionframe.schemas.keys import GROUP

INNER_FOLDS = 10
"""Folds of whole questions across which a penalty is tuned for a fit that is kept."""

TITLES = {"linear": "linear regression", "ridge": "ridge regression", "lasso": "lasso regression"}
LINE = ("intercept", "slope")

Floats = NDArray[np.float64]


class Lines(Calibrator):
    """Linear, ridge or lasso regression of the human share on the elicited probability, choice by choice.

    A fit needs only sums over the rows of each group and fold, which another engine may have made.
    """

    fits_at_once = True

    def __init__(self, name: str) -> None:
        self.name, self.title = name, TITLES[name]

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """Intercept, slope and penalty of every group, tuned across folds of its rows, dealt where there are none."""
        rows = supervision.rows
        if "fold" not in rows.columns:
            rows = self._with_inner_folds(supervision, seed)
        return self.fit_to_sums(sums_of(rows.lazy()).lazy())

    def _with_inner_folds(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with folds of whole questions; one question is one fold, and leaves the largest penalty."""
        rows = supervision.rows
        folds = min(INNER_FOLDS, rows["question"].n_unique())
        if folds == 1:
            return rows.with_columns(fold=pl.lit(0))
        return rows.join(deal_folds(rows, supervision.codebook, "question", folds, seed), on=GROUP)

    def predict(
        self,
        rows: pl.DataFrame,
        codebook: pl.DataFrame,  # noqa: ARG002  a line knows no question
        calibration: Calibration,
    ) -> pl.DataFrame:
        """`rows` with `prob` on the line of their group."""
        return apply_linear(rows.lazy(), line_table(calibration).lazy(), on=["group"]).collect()

    def crossfit(self, supervision: Supervision, seed: int) -> pl.LazyFrame:  # noqa: ARG002  nothing is drawn
        """The rows with `prob` predicted, all groups and folds in one query. Lazy."""
        rows = supervision.rows.lazy()
        return apply_linear(rows, fit_linear(rows, self.name), on=["group", "fold"])

    def crossfit_rounds(
        self,
        supervision: Supervision,
        rounds: Iterable[Iterable[Pair]],
        seed: int,  # noqa: ARG002  as above
    ) -> Iterator[Floats]:
        """`prob` of every row for each round of joined folds; the lines of all rounds are made at once, from sums."""
        rows, schedule = supervision.rows, [list(pairs) for pairs in rounds]
        sums = sums_of(rows.lazy()).sort("group", "fold")
        places = sums.select("group", "fold").with_row_index("place")
        place = rows.join(places, on=["group", "fold"], how="left", maintain_order="left")["place"].to_numpy()
        prob = rows["prob"].to_numpy()
        for intercept, slope in self._lines_of_rounds(sums, schedule):
            yield intercept[place] + slope[place] * prob

    def _lines_of_rounds(self, sums: pl.DataFrame, schedule: list[list[Pair]]) -> Iterator[tuple[Floats, Floats]]:
        """For each round, intercept and slope of every row of `sums`."""
        joined = [
            sums.select(pl.struct(pl.lit(number).alias("round"), "group").alias("group"), joined_fold(pairs), *SUMS)
            for number, pairs in enumerate(schedule)
        ]
        table = pl.concat(joined)
        parts = table.lazy().group_by("group", "fold").agg(pl.col(*SUMS).sum())
        lines = (
            table.select("group", "fold")
            .lazy()
            .join(self.crossfit_to_sums(parts), on=["group", "fold"], how="left", maintain_order="left")
        )
        for part in lines.select(LINE).collect().iter_slices(len(sums)):
            yield part["intercept"].to_numpy(), part["slope"].to_numpy()

    def fit_to_sums(self, sums: pl.LazyFrame) -> pl.DataFrame:
        """The parameters of `fit`, from the SUMS of each group and fold, whichever engine made them. Collects."""
        lines = whole_fit_of_sums(sums, self.name).collect().sort("group").drop("n").rows(named=True)
        return pl.concat(scalars(line.pop("group"), line) for line in lines)

    def crossfit_to_sums(self, sums: pl.LazyFrame) -> pl.LazyFrame:
        """One row per group and fold with the line that predicts it, from the SUMS of each. Lazy."""
        return fit_linear_to_sums(sums, self.name)


def line_table(calibration: Calibration) -> pl.DataFrame:
    """The fitted lines of a calibration, one row per group: `intercept` and `slope`."""
    return calibration.parameters.filter(pl.col("name").is_in(LINE)).pivot("name", index="group", values="value")


def apply_linear(rows: pl.LazyFrame, parameters: pl.LazyFrame, on: Sequence[str]) -> pl.LazyFrame:
    """`rows` with `prob` = intercept + slope * prob, by the line with the same keys `on`. Lazy."""
    fits = parameters.select(*on, "intercept", "slope")
    return (
        rows.join(fits, on=list(on), how="left", maintain_order="left")
        .with_columns(prob=pl.col("intercept") + pl.col("slope") * pl.col("prob"))
        .drop("intercept", "slope")
    )
