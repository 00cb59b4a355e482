"""Every fold predicted by fits that saw none of it: the loop behind the methods that are no closed form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from opinionframe.calibration.methods.cells import Cells, Floats, cells
from opinionframe.calibration.methods.cumulative import fit_cumulative, predict_cumulative
from opinionframe.calibration.methods.dirichlet import fit_dirichlet, predict_dirichlet
from opinionframe.calibration.methods.kriging.correction import fit_correction, predict_correction
from opinionframe.calibration.methods.kriging.smoother import fit_prior
from opinionframe.calibration.methods.kriging.surface import surface
from opinionframe.calibration.methods.power import fit_power, predict_power
from opinionframe.calibration.supervision import Supervision, groups

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Cellwise:
    """A method that maps each cell by parameters fitted to other cells of its group."""

    fit: Callable[[Cells], Parameters]
    predict: Callable[[Cells, Any], Floats]


CELLWISE = {
    "power": Cellwise(fit_power, predict_power),
    "dirichlet": Cellwise(fit_dirichlet, predict_dirichlet),
    "cumulative": Cellwise(fit_cumulative, predict_cumulative),
}


def crossfit_cellwise(supervision: Supervision, method: str) -> pl.DataFrame:
    """The rows with `prob` predicted, each (group, fold) from the other folds of its group."""
    return pl.concat(_cellwise_group(rows, supervision.codebook, CELLWISE[method]) for rows in groups(supervision.rows))


def crossfit_default(supervision: Supervision, seed: int, *, human_only: bool) -> pl.DataFrame:
    """The rows with `prob` predicted; a fold's human rows enter neither its baseline nor its corrections."""
    human, codebook = supervision.human, supervision.codebook
    whole = surface(human, supervision.rows, codebook)
    parts = {rows["group"][0]: rows for rows in groups(supervision.rows)}
    shares = {name: whole.shares(rows) for name, rows in parts.items()}
    predicted = []
    for fold in sorted(supervision.rows["fold"].unique()):
        known = whole.cells(human.filter(pl.col("fold").ne_missing(fold)))
        prior = fit_prior(whole, known)
        for name, rows in parts.items():
            held_out = rows.filter(fold=fold)
            correction = fit_correction(whole, prior, shares[name], known, seed=seed, human_only=human_only)
            values = predict_correction(whole, prior, correction, shares[name])
            predicted.append(held_out.with_columns(prob=pl.Series(values[whole.place(held_out)])))
    return pl.concat(predicted)


def _cellwise_group(rows: pl.DataFrame, codebook: pl.DataFrame, method: Cellwise) -> pl.DataFrame:
    predicted = np.empty(len(rows))
    for fold in rows["fold"].unique():
        held_out = (rows["fold"] == fold).to_numpy()
        parameters = method.fit(cells(rows.filter(~held_out), codebook).known())
        part = cells(rows.filter(held_out), codebook)
        predicted[held_out] = part.rows(method.predict(part, parameters))
    return rows.with_columns(prob=pl.Series(predicted))
