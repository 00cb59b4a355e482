"""Supervised calibration of elicited distributions, and the baselines it has to beat."""

from opinionframe.calibrate.baselines import BASELINES, LABEL_MEAN, QUESTION_MEAN, baselines
from opinionframe.calibrate.calibration import Calibration, read_calibration
from opinionframe.calibrate.fit import apply, fit
from opinionframe.calibrate.folds import deal_folds
from opinionframe.calibrate.stack import stack, stack_weights
from opinionframe.calibrate.verb import calibrate

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
