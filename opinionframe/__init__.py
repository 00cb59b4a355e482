"""opinionframe: how well do language models answer for groups of people?

Everything is a long frame with a schema (`opinionframe.schemas`), and every step a verb from frame to frame.
"""

from opinionframe import figures, schemas, tables
from opinionframe.align import align, summarize
from opinionframe.calibrate import baselines, calibrate
from opinionframe.datasets import Survey, available, load
from opinionframe.diagnose import audit_split, diagnose
from opinionframe.elicit import FakeModel, LocalModel, ask, coverage, elicit, prompts, score
from opinionframe.errors import OpinionFrameError, OpinionFrameWarning
from opinionframe.export import export
from opinionframe.inference import compare
from opinionframe.reference import reference

__version__ = "0.1.0"

__all__ = [
    "FakeModel",
    "LocalModel",
    "OpinionFrameError",
    "OpinionFrameWarning",
    "Survey",
    "align",
    "ask",
    "audit_split",
    "available",
    "baselines",
    "calibrate",
    "compare",
    "coverage",
    "diagnose",
    "elicit",
    "export",
    "figures",
    "load",
    "prompts",
    "reference",
    "schemas",
    "score",
    "summarize",
    "tables",
]
