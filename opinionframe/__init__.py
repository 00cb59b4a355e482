"""opinionframe: how well do language models answer for groups of people?"""

from opinionframe import schemas
from opinionframe.align import align, summarize
from opinionframe.calibrate import baselines, calibrate
from opinionframe.errors import OpinionFrameError

__version__ = "0.1.0"

__all__ = [
    "OpinionFrameError",
    "align",
    "baselines",
    "calibrate",
    "schemas",
    "summarize",
]
