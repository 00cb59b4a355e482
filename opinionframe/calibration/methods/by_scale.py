"""A calibrator that takes two roads: questions whose choices have an order by one, nominal ones by another."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.saved import Calibration
from opinionframe.calibration.supervision import Pair, Supervision
from opinionframe.errors import FrameError, examples
from opinionframe.schemas.keys import ROW

UNORDERED = "nominal "
"""What names of parameters of the road for nominal questions begin with."""

IS_MARKED = pl.col("name").str.starts_with(UNORDERED)
LABELLED = pl.col("target").is_not_null()


class ByScale(Calibrator):
    """Ordinal questions by `ordered`, fitted to these alone; nominal ones by `unordered`, fitted to all questions.

    Ordinal questions of a group that has no others to learn from take the second road too.
    """

    needs_people = True

    def __init__(self, ordered: Calibrator, unordered: Calibrator) -> None:
        self.name, self.title = ordered.name, ordered.title
        self.ordered, self._unordered = ordered, unordered

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The parameters of the first road and, where some question is nominal, those of the second."""
        ordinal = of_scale(supervision, nominal=False)
        if ordinal.rows.height == supervision.rows.height:
            return self.ordered.fit(ordinal, seed)
        fits = [_marked(self._unordered.fit(supervision, seed))]
        labelled_groups = ordinal.rows.filter(LABELLED).select("group").unique()
        able = ordinal.rows.join(labelled_groups, on="group", how="semi")
        if able.height:
            fits.append(self.ordered.fit(Supervision(able, ordinal.human, ordinal.codebook, ordinal.split), seed))
        return pl.concat(fits)

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """`rows` with `prob` predicted, each question by the road of its scale.

        Raises: FrameError for nominal questions where the calibration was fitted to none.
        """
        second = _unmarked(calibration.parameters)
        first = calibration.parameters.filter(~IS_MARKED)
        is_nominal = pl.col("question").is_in(nominal_questions(codebook).implode())
        able = rows.filter(~is_nominal).join(first, on="group", how="semi")
        others = rows.join(able.select(ROW), on=ROW, how="anti")
        _refuse_unfitted(others, second, self.name)
        return pl.concat(
            road.predict(part, codebook, _with_parameters(calibration, road.name, parameters))
            for road, part, parameters in ((self.ordered, able, first), (self._unordered, others, second))
            if part.height
        )

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` predicted, each question by the road of its scale."""
        ordinal = of_scale(supervision, nominal=False)
        if ordinal.rows.height == supervision.rows.height:
            return self.ordered.crossfit(ordinal, seed).lazy().collect()
        folds = ordinal.rows.filter(LABELLED).group_by("group").agg(pl.col("fold").n_unique())
        able = ordinal.rows.join(folds.filter(pl.col("fold") > 1), on="group", how="semi")
        second = self._unordered.crossfit(supervision, seed).lazy().collect()
        others = second.join(able.select(ROW), on=ROW, how="anti")
        if able.is_empty():
            return others
        first = self.ordered.crossfit(replace(ordinal, rows=able), seed).lazy().collect()
        return pl.concat([first, others.select(first.columns)])

    def crossfit_rounds(
        self, supervision: Supervision, rounds: Iterable[Iterable[Pair]], seed: int
    ) -> Iterator[NDArray[np.float64]]:
        """For each round `prob` with the folds of pairs joined; the first road makes its rounds by itself."""
        ordinal = of_scale(supervision, nominal=False)
        alone = ordinal.rows.height == supervision.rows.height
        return (
            self.ordered.crossfit_rounds(ordinal, rounds, seed)
            if alone
            else super().crossfit_rounds(supervision, rounds, seed)
        )


def of_scale(supervision: Supervision, *, nominal: bool) -> Supervision:
    """The questions of one scale, of the rows, the human rows and the codebook alike."""
    names = nominal_questions(supervision.codebook)
    if names.is_empty() and not nominal:
        return supervision
    is_nominal = pl.col("question").is_in(names.implode())
    kept = is_nominal if nominal else ~is_nominal
    rows, human, book = (frame.filter(kept) for frame in (supervision.rows, supervision.human, supervision.codebook))
    return replace(supervision, rows=rows, human=human, codebook=book)


def nominal_questions(codebook: pl.DataFrame) -> pl.Series:
    """The nominal questions of a codebook, each once, sorted."""
    return codebook.filter(scale="nominal")["question"].unique().sort()


def _marked(parameters: pl.DataFrame) -> pl.DataFrame:
    return parameters.with_columns(name=pl.lit(UNORDERED) + pl.col("name"))


def _unmarked(parameters: pl.DataFrame) -> pl.DataFrame:
    return parameters.filter(IS_MARKED).with_columns(pl.col("name").str.strip_prefix(UNORDERED))


def _with_parameters(calibration: Calibration, method: str, parameters: pl.DataFrame) -> Calibration:
    return replace(calibration, method=method, parameters=parameters)


def _refuse_unfitted(rows: pl.DataFrame, parameters: pl.DataFrame, name: str) -> None:
    unfitted = rows.join(parameters, on="group", how="anti")
    if unfitted.height:
        questions = unfitted.select("question").unique().sort("question")
        raise FrameError(
            f"{questions.height} questions are nominal, e.g. {examples(questions.rows())}, and the calibration "
            f"{name!r} was fitted to ordinal ones alone. Fit it anew with human answers to some nominal question, or "
            "use a method that takes both alike, such as 'power'."
        )
