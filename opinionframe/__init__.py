"""opinionframe: how well do language models answer for groups of people?"""

from opinionframe import schemas
from opinionframe.align import align, summarize
from opinionframe.calibrate import baselines, calibrate
from opinionframe.datasets import Survey, available, load
from opinionframe.errors import OpinionFrameError
from opinionframe.inference import compare
from opinionframe.reference import coverage, reference

__version__ = "0.1.0"

__all__ = [
    "OpinionFrameError",
    "Survey",
    "align",
    "available",
    "baselines",
    "calibrate",
    "compare",
    "coverage",
    "load",
    "reference",
    "schemas",
    "summarize",
]
