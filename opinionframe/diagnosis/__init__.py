"""Diagnosis: Opinions go in; gains over placebos and baselines, leaks of a split, and learning curves come out."""

from opinionframe.diagnosis.audit_split import audit_split
from opinionframe.diagnosis.contrasts import contrasts
from opinionframe.diagnosis.diagnose import diagnose
from opinionframe.diagnosis.learning.calibrate_few import calibrate_few
from opinionframe.diagnosis.learning.curve import learning_curve
from opinionframe.diagnosis.learning.draw_examples import draw_examples

__all__ = ["audit_split", "calibrate_few", "contrasts", "diagnose", "draw_examples", "learning_curve"]
