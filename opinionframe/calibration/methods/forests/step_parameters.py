"""Step functions as parameters of a saved calibration, and predictions by them."""

import numpy as np
import polars as pl

from opinionframe.calibration.methods.forests.step_functions import StepFunction
from opinionframe.calibration.saved import PARAMETERS, Calibration
from opinionframe.calibration.supervision import groups

STEP = "step"
"""The name of a parameter that holds for probabilities up to and including `at`, above the one before."""


def step_parameters(group: str, steps: StepFunction) -> pl.DataFrame:
    """One row per step of a group: `value` up to and including `at`, which is infinite for the last.

    >>> step_parameters("m", StepFunction(np.array([0.5]), np.array([0.1, 0.8]))).rows()
    [('m', 'step', 0.5, 0.1), ('m', 'step', inf, 0.8)]
    """
    at = np.append(steps.at, np.inf)
    return pl.DataFrame({"group": group, "name": STEP, "at": at, "value": steps.value}, schema=PARAMETERS)


def predict_steps(rows: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
    """`rows` with `prob` by the step function of their group."""
    predicted = [_predict_group(part, calibration.parameters) for part in groups(rows)]
    return pl.concat([rows.clear(), *predicted])


def _predict_group(rows: pl.DataFrame, parameters: pl.DataFrame) -> pl.DataFrame:
    """The rows of one group with `prob` predicted."""
    steps = parameters.filter(group=rows["group"][0], name=STEP).sort("at")
    function = StepFunction(steps["at"].to_numpy()[:-1], steps["value"].to_numpy())
    return rows.with_columns(prob=pl.Series(function(rows["prob"].to_numpy())))
