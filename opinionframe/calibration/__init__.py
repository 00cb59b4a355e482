"""Supervised calibration of elicited distributions, and the baselines it has to beat."""

from opinionframe.calibration.baselines import BASELINES, LABEL_MEAN, QUESTION_MEAN, baselines
from opinionframe.calibration.calibrate import calibrate
from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.fit import apply, fit
from opinionframe.calibration.folds import deal_folds
from opinionframe.calibration.methods.registry import calibrators, register_calibrator
from opinionframe.calibration.saved import Calibration, read_calibration
from opinionframe.calibration.stacking.member_weights import member_weights
from opinionframe.calibration.stacking.stack import stack, stack_weights
from opinionframe.calibration.supervision import Supervision

__all__ = [
    "BASELINES",
    "LABEL_MEAN",
    "QUESTION_MEAN",
    "Calibration",
    "Calibrator",
    "Supervision",
    "apply",
    "baselines",
    "calibrate",
    "calibrators",
    "deal_folds",
    "fit",
    "member_weights",
    "read_calibration",
    "register_calibrator",
    "stack",
    "stack_weights",
]
