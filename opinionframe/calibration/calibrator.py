"""The protocol of calibrators: labelled rows go into a fit; its parameters, and predicted rows, come out."""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.saved import Calibration
from opinionframe.calibration.supervision import Pair, Supervision, groups, row_numbers, with_joined_folds
from opinionframe.errors import OptionError
from opinionframe.schemas.keys import ROW


class Calibrator:
    """A map from a model's answer distributions to calibrated ones, fitted to human answers to other questions.

    Write one of your own by naming it and saying how it is fitted and how it predicts; hand the object to `calibrate`,
    `fit`, `diagnose` or `learning_curve` wherever a name is allowed, or `register_calibrator` it for study files.

    Attributes:
        name: What the source of its predictions ends in, as in `model|elicitation|prompt|variant|name`.
        title: What it is called in print, and under which it can be cited.
        needs_people: Whether it looks up human rows of other questions when it predicts; a fit then keeps them.
        needs_order: Whether it reads the order of choices, so that nominal questions are refused.
        fits_at_once: Whether one fit serves any number of groups in one query, which need not be the sources.

    >>> import opinionframe as of
    >>> class Flat(of.Calibrator):
    ...     name = "flat"
    ...
    ...     def fit(self, supervision, seed):
    ...         groups = supervision.rows.select("group").unique()
    ...         return groups.select("group", name=pl.lit("weight"), at=pl.lit(None, pl.Float64), value=pl.lit(0.5))
    ...
    ...     def predict(self, rows, codebook, calibration):
    ...         cell = ("question", "demographic", "source")
    ...         return rows.with_columns(prob=0.5 * pl.col("prob") + 0.5 / pl.len().over(cell))
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt="base", seed=1)
    >>> of.calibrate(opinions, survey.codebook, method=Flat(), seed=1)["source"].unique().sort().to_list()[1]
    'fake|logprob|base|standard|flat'
    """

    name: str = ""
    title: str = ""
    needs_people: bool = False
    needs_order: bool = False
    fits_at_once: bool = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}{f': {self.title}' if self.title else ''})"

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  for those that fit
        """Parameters of every `group` of rows: columns `group`, `name`, `at` (a knot, else null), `value`.

        Args:
            supervision: The labelled rows, with `target` (the human share, in [0, 1]), the human rows and the codebook.
            seed: Fixes what is drawn.

        Raises: OptionError where the calibrator keeps none and only predicts out of fold.
        """
        raise OptionError(f"method={self.name!r} keeps no parameters: it only predicts out of fold, with calibrate(…).")

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """`rows` (Opinions columns and `group`, no human answers) with `prob` predicted; not yet on the simplex.

        Raises: NotImplementedError where a subclass neither predicts nor cross-fits.
        """
        raise NotImplementedError

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame | pl.LazyFrame:
        """The rows with `prob` predicted, each `fold` of a `group` by a fit that saw none of it."""
        return pl.concat(
            self._held_out(Supervision(rows, supervision.human, supervision.codebook), fold, seed)
            for rows in supervision.watched(groups(supervision.rows))
            for fold in sorted(rows["fold"].unique())
            if supervision.only in (None, fold)
        )

    def crossfit_rounds(
        self, supervision: Supervision, rounds: Iterable[Iterable[Pair]], seed: int
    ) -> Iterator[NDArray[np.float64]]:
        """For each round, `prob` as `crossfit` predicts it with the folds of pairs joined, in the rows' order, (R,).

        It is NaN where the supervision needs no prediction.
        Here every round is a cross-fit of its own; a calibrator that makes many fits at once may do better.
        """
        for pairs in rounds:
            refitted = self.crossfit(with_joined_folds(supervision, pairs), seed).lazy().select(*ROW, "prob").collect()
            yield np.append(refitted["prob"].to_numpy(), np.nan)[row_numbers(supervision.rows, refitted)]

    @property
    def keeps_parameters(self) -> bool:
        """Whether a fit can be kept, and applied to other questions."""
        return type(self).fit is not Calibrator.fit

    def _held_out(self, supervision: Supervision, fold: int, seed: int) -> pl.DataFrame:
        """The rows of one fold, predicted by a fit to the others."""
        rows, human = (
            frame.filter(pl.col("fold").ne_missing(fold)).drop("fold")
            for frame in (supervision.rows, supervision.human)
        )
        parameters = self.fit(Supervision(rows, human, supervision.codebook), seed)
        calibration = Calibration(self.name, ("source",), parameters, human, supervision.codebook)
        return self.predict(supervision.rows.filter(fold=fold), supervision.codebook, calibration)
