"""Calibrators of single cells: labelled cells go into a fit per group; shares by its parameters come out."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.cells import Cells, Floats, cells
from opinionframe.calibration.saved import PARAMETERS, Calibration, read_scalars, scalars
from opinionframe.calibration.supervision import Supervision, groups

Parameters = Mapping[str, Any]
"""Scalars by name; or the knots `x` and `y` of a map."""

NULL = pl.lit(None, dtype=pl.Float64)
"""The target and its n_eff of cells that no human answered."""


class Cellwise(Calibrator):
    """A calibrator made of two functions on arrays of cells: parameters of labelled cells, and shares by parameters."""

    def __init__(
        self,
        name: str,
        title: str,
        fit_cells: Callable[[Cells], Parameters],
        predict_cells: Callable[[Cells, Any], Floats],
        *,
        needs_order: bool = False,
    ) -> None:
        self.name, self.title, self.needs_order = name, title, needs_order
        self._fit, self._predict = fit_cells, predict_cells

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  nothing is drawn
        """One row per parameter and group, fitted to the labelled cells of the group."""
        return pl.concat(
            _parameter_rows(rows["group"][0], self._fit(cells(rows, supervision.codebook).labelled()))
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
        parts = supervision.watched(groups(supervision.rows))
        folds = supervision.predicted_folds
        return pl.concat(self._crossfit_group(rows, supervision.codebook, folds) for rows in parts)

    def _predict_group(self, rows: pl.DataFrame, codebook: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
        """The rows of one group with `prob` predicted by its parameters."""
        table = cells(rows.with_columns(target=NULL, n_eff=NULL), codebook)
        return rows.with_columns(prob=table.rows(self._predict(table, parameters)))

    def _crossfit_group(self, rows: pl.DataFrame, codebook: pl.DataFrame, folds: list[int]) -> pl.DataFrame:
        """The rows of `folds` of one group with `prob` predicted, each fold from the others."""
        prob = np.empty(len(rows))
        own_folds = [fold for fold in rows["fold"].unique().sort() if fold in folds]
        for fold in own_folds:
            held_out = (rows["fold"] == fold).to_numpy()
            parameters = self._fit(cells(rows.filter(~held_out), codebook).labelled())
            part = cells(rows.filter(held_out), codebook)
            prob[held_out] = part.rows(self._predict(part, parameters))
        return rows.with_columns(prob=pl.Series(prob)).filter(pl.col("fold").is_in(own_folds))


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
