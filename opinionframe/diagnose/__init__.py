"""Is a calibrated score earned? Placebos, collapse, what a split lets through, and how many labels it takes."""

from opinionframe.diagnose.audit import audit_split
from opinionframe.diagnose.learning import learning_curve
from opinionframe.diagnose.verb import diagnose

__all__ = ["audit_split", "diagnose", "learning_curve"]
