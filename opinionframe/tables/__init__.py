"""Tables for print, from the tidy frames of any study: HTML and LaTeX."""

from opinionframe.tables.audit import audit
from opinionframe.tables.by_demographic import degraded, demographics
from opinionframe.tables.document import Table
from opinionframe.tables.grid import settings, triples
from opinionframe.tables.listings import datasets, extraction, prompts
from opinionframe.tables.raw_calibrated import alignment

__all__ = [
    "Table",
    "alignment",
    "audit",
    "datasets",
    "degraded",
    "demographics",
    "extraction",
    "prompts",
    "settings",
    "triples",
]
