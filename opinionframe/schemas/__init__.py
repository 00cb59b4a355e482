"""The frames: their columns and types, how their keys are spelled, and the checks where they enter."""

from opinionframe.schemas.estimates import Estimates, Margins
from opinionframe.schemas.frames import (
    Alignment,
    Answers,
    Codebook,
    Groups,
    Opinions,
    Prompts,
)
from opinionframe.schemas.regions import Regions
from opinionframe.schemas.results import Summary, Tests

__all__ = [
    "Alignment",
    "Answers",
    "Codebook",
    "Estimates",
    "Groups",
    "Margins",
    "Opinions",
    "Prompts",
    "Regions",
    "Summary",
    "Tests",
]
