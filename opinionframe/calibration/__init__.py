"""Supervised calibration of elicited distributions, and the baselines it has to beat."""

from opinionframe.calibration.baselines import BASELINES, LABEL_MEAN, QUESTION_MEAN, baselines
from opinionframe.calibration.calibrate import calibrate
from opinionframe.calibration.fit import apply, fit
from opinionframe.calibration.folds import deal_folds
from opinionframe.calibration.saved import Calibration, read_calibration
from opinionframe.calibration.stacking.stack import stack, stack_weights

__all__ = [
    "BASELINES",
    "LABEL_MEAN",
    "QUESTION_MEAN",
    "Calibration",
    "apply",
    "baselines",
    "calibrate",
    "deal_folds",
    "fit",
    "read_calibration",
    "stack",
    "stack_weights",
]
