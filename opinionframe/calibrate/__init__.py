"""Supervised calibration of elicited distributions, and the baselines it has to beat."""

from opinionframe.calibrate.baselines import BASELINES, LABEL_MEAN, QUESTION_MEAN, baselines
from opinionframe.calibrate.calibrate import calibrate
from opinionframe.calibrate.folds import deal_folds

__all__ = ["BASELINES", "LABEL_MEAN", "QUESTION_MEAN", "baselines", "calibrate", "deal_folds"]
