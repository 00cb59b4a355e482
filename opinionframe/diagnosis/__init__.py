"""Is a calibrated score earned? Placebos, collapse, what a split lets through, and how many labels it takes."""

from opinionframe.diagnosis.audit_split import audit_split
from opinionframe.diagnosis.diagnose import diagnose
from opinionframe.diagnosis.learning.curve import learning_curve

__all__ = ["audit_split", "diagnose", "learning_curve"]
