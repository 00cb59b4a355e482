"""Is a calibrated score earned? Placebos, collapse, and what a split lets through."""

from opinionframe.diagnose.audit import audit_split
from opinionframe.diagnose.verb import diagnose

__all__ = ["audit_split", "diagnose"]
