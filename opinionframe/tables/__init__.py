"""Tables for print: the tidy frames of any study go in, HTML and LaTeX come out."""

from opinionframe.tables.audit import audit
from opinionframe.tables.by_demographic import demographics
from opinionframe.tables.contrasts_table import contrasts
from opinionframe.tables.degraded import degraded
from opinionframe.tables.diagnosis_table import diagnosis
from opinionframe.tables.document import Table
from opinionframe.tables.estimates import estimates
from opinionframe.tables.grid import settings
from opinionframe.tables.leaderboard import leaderboard
from opinionframe.tables.listings import datasets, extraction, prompts
from opinionframe.tables.published import published
from opinionframe.tables.raw_calibrated import alignment
from opinionframe.tables.regions import regions
from opinionframe.tables.tests_table import tests
from opinionframe.tables.triples import triples

__all__ = [
    "Table",
    "alignment",
    "audit",
    "contrasts",
    "datasets",
    "degraded",
    "demographics",
    "diagnosis",
    "estimates",
    "extraction",
    "leaderboard",
    "prompts",
    "published",
    "regions",
    "settings",
    "tests",
    "triples",
]
