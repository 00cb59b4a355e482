"""opinionframe: how well do language models answer for groups of people?"""

from opinionframe import schemas
from opinionframe.errors import OpinionFrameError

__version__ = "0.1.0"
