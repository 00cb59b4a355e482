"""Diagnosis: Opinions go in; gains over placebos and baselines, leaks of a split, and learning curves come out."""

from opinionframe.diagnosis.audit_split import audit_split
from opinionframe.diagnosis.diagnose import diagnose
from opinionframe.diagnosis.learning.curve import learning_curve

__all__ = ["audit_split", "diagnose", "learning_curve"]
