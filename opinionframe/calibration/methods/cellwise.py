"""Calibrators that map each cell by parameters fitted to other cells of its group."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from opinionframe.calibration.methods.calibrator import Calibrator
from opinionframe.calibration.methods.cells import Cells, Floats, cells
from opinionframe.calibration.saved import PARAMETERS, Calibration, read_scalars, scalars
from opinionframe.calibration.supervision import Supervision, groups

Parameters = Mapping[str, Any]
"""Scalars by name; or the knots `x` and `y` of a map."""

UNKNOWN = pl.lit(None, dtype=pl.Float64)
"""The target and its n_eff where answers are calibrated that no human gave."""


class Cellwise(Calibrator):
    """A calibrator from two functions on arrays of cells: parameters of training cells, and others' shares by them."""

    def __init__(
        self,
        name: str,
        title: str,
        fit_cells: Callable[[Cells], Parameters],
        predict_cells: Callable[[Cells, Any], Floats],
    ) -> None:
        self.name, self.title = name, title
        self._fit, self._predict = fit_cells, predict_cells

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  nothing is drawn
        """The parameters of every group of rows."""
        return pl.concat(
            _as_rows(rows["group"][0], self._fit(cells(rows, supervision.codebook).known()))
            for rows in groups(supervision.rows)
        )

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """`rows` with `prob` predicted, group by group."""
        return pl.concat(
            self._predicted(part, codebook, _of_group(calibration.parameters, part["group"][0]))
            for part in groups(rows)
        )

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  as above
        """The rows with `prob` predicted, each (group, fold) from the other folds of its group."""
        return pl.concat(self._crossfit_group(rows, supervision.codebook) for rows in groups(supervision.rows))

    def _predicted(self, rows: pl.DataFrame, codebook: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
        table = cells(rows.with_columns(target=UNKNOWN, n_eff=UNKNOWN), codebook)
        return rows.with_columns(prob=table.rows(self._predict(table, parameters)))

    def _crossfit_group(self, rows: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
        predicted = np.empty(len(rows))
        for fold in rows["fold"].unique():
            held_out = (rows["fold"] == fold).to_numpy()
            parameters = self._fit(cells(rows.filter(~held_out), codebook).known())
            part = cells(rows.filter(held_out), codebook)
            predicted[held_out] = part.rows(self._predict(part, parameters))
        return rows.with_columns(prob=pl.Series(predicted))


def _as_rows(group: str, parameters: Parameters) -> pl.DataFrame:
    if "x" not in parameters:
        return scalars(group, dict(parameters))
    knots = {"group": group, "name": "knot", "at": parameters["x"], "value": parameters["y"]}
    return pl.DataFrame(knots, schema=PARAMETERS)


def _of_group(parameters: pl.DataFrame, group: str) -> Parameters:
    knots = parameters.filter(group=group, name="knot").sort("at")
    if knots.is_empty():
        return read_scalars(parameters, group)
    return {"x": knots["at"].to_list(), "y": knots["value"].to_list()}
