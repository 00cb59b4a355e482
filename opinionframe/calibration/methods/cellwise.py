"""Calibrators of single cells: labelled cells go into a fit per group; shares by its parameters come out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.cells import Cells, Floats, Ints, cells
from opinionframe.calibration.saved import PARAMETERS, Calibration, read_scalars, scalars
from opinionframe.calibration.supervision import Folds, Pair, Supervision, groups, held_out_sets, is_among

Parameters = Mapping[str, Any]
"""Scalars by name; or the knots `x` and `y` of a map."""

PLACE = "place of the row"

NULL = pl.lit(None, dtype=pl.Float64)
"""The target and its n_eff of cells that no human answered."""


class Cellwise(Calibrator):
    """A calibrator made of two functions on arrays of cells: parameters of labelled cells, and shares by parameters.

    The first is given the fold of each cell, and which folds to leave out of each fit, so that it may share work
    between fits.
    """

    def __init__(
        self,
        name: str,
        title: str,
        fit_cells: Callable[[Cells, Ints, Sequence[Folds]], Sequence[Parameters]],
        predict_cells: Callable[[Cells, Any], Floats],
        *,
        needs_order: bool = False,
    ) -> None:
        self.name, self.title, self.needs_order = name, title, needs_order
        self._fit, self._predict = fit_cells, predict_cells

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  nothing is drawn
        """One row per parameter and group, fitted to the labelled cells of the group."""
        return pl.concat(
            _parameter_rows(rows["group"][0], self._fit_all(cells(rows, supervision.codebook).labelled()))
            for rows in groups(supervision.rows)
        )

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """`rows` with `prob` predicted, group by group."""
        return pl.concat(
            self._predict_group(part, codebook, _group_parameters(calibration.parameters, part["group"][0]))
            for part in groups(rows)
        )

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  as above
        """The rows with `prob` predicted, each (group, fold) from the other folds of its group."""
        folds = supervision.predicted_folds
        parts = []
        for rows in supervision.watched(groups(supervision.rows)):
            (prob,) = self._left_out(rows, supervision.codebook, [[(fold,) for fold in folds]])
            parts.append(rows.with_columns(prob=pl.Series(prob)).filter(pl.col("fold").is_in(folds)))
        return pl.concat(parts)

    def crossfit_rounds(
        self,
        supervision: Supervision,
        rounds: Iterable[Iterable[Pair]],
        seed: int,  # noqa: ARG002  as above
    ) -> Iterator[Floats]:
        """`prob` of every row for each round of joined folds; the cells of a group serve the fits of all rounds."""
        schedule = [held_out_sets(supervision, list(pairs)) for pairs in rounds]
        probs = np.full((len(schedule), len(supervision.rows)), np.nan)
        for rows in groups(supervision.rows.with_row_index(PLACE)):
            probs[:, rows[PLACE].to_numpy()] = self._left_out(rows, supervision.codebook, schedule)
            for _ in supervision.watched([rows] * len(schedule)):
                pass
        yield from probs

    def _fit_all(self, training: Cells) -> Parameters:
        """The parameters of all cells."""
        return self._fit(training, np.zeros(len(training.trust), dtype=np.int64), [()])[0]

    def _predict_group(self, rows: pl.DataFrame, codebook: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
        """The rows of one group with `prob` predicted by its parameters."""
        table = cells(rows.with_columns(target=NULL, n_eff=NULL), codebook)
        return rows.with_columns(prob=table.rows(self._predict(table, parameters)))

    def _left_out(self, rows: pl.DataFrame, codebook: pl.DataFrame, schedule: Sequence[Sequence[Folds]]) -> Floats:
        """`prob` of the rows of one group, shape (schedule, R): for each set of folds by a fit without it.

        NaN where a fold is in no set.
        """
        table = cells(rows, codebook)
        fold = np.empty(len(table.trust), dtype=np.int64)
        fold[table.place[:, 0]] = rows["fold"].to_numpy()
        distinct = sorted({out for sets in schedule for out in sets if is_among(fold, out).any()})
        fits = self._fit(table.labelled(), fold[table.has_target], distinct)
        by_folds = dict(zip(distinct, fits, strict=True))
        probs = np.empty((len(schedule), len(rows)))
        for number, sets in enumerate(schedule):
            values = np.full(table.prob.shape, np.nan)
            for out in sets:
                if out in by_folds:
                    own = is_among(fold, out)
                    values[own] = self._predict(table.part(own), by_folds[out])
            probs[number] = table.of_cells(values)
        return probs


def without_each(
    fit_cells: Callable[[Cells], Parameters],
) -> Callable[[Cells, Ints, Sequence[Folds]], list[Parameters]]:
    """A fit of cells that is made anew without each set of folds."""

    def fits(training: Cells, fold: Ints, left_out: Sequence[Folds]) -> list[Parameters]:
        return [fit_cells(training.part(~is_among(fold, out))) for out in left_out]

    return fits


def _parameter_rows(group: str, parameters: Parameters) -> pl.DataFrame:
    """One row per scalar or knot of a group, in the columns PARAMETERS."""
    if "x" not in parameters:
        return scalars(group, dict(parameters))
    knots = {"group": group, "name": "knot", "at": parameters["x"], "value": parameters["y"]}
    return pl.DataFrame(knots, schema=PARAMETERS)


def _group_parameters(parameters: pl.DataFrame, group: str) -> Parameters:
    """The scalars of a group by name, or its knots as `x` and `y`."""
    knots = parameters.filter(group=group, name="knot").sort("at")
    if knots.is_empty():
        return read_scalars(parameters, group)
    return {"x": knots["at"].to_list(), "y": knots["value"].to_list()}
