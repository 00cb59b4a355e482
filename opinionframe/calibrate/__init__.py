"""Supervised calibration of elicited distributions, and the baselines it has to beat."""

from opinionframe.calibrate.baselines import baselines
from opinionframe.calibrate.calibrate import calibrate

__all__ = ["baselines", "calibrate"]
