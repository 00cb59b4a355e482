"""Inference: Alignment or Opinions go in; tests, intervals, ceilings and bounds of alignment come out."""

from opinionframe.inference.anova import anova
from opinionframe.inference.bounds import bounds
from opinionframe.inference.ceiling import ceiling
from opinionframe.inference.compare import compare
from opinionframe.inference.compare_respondents import compare_respondents
from opinionframe.inference.denoise import denoise
from opinionframe.inference.draw_bias import draw_bias
from opinionframe.inference.equivalence import equivalence
from opinionframe.inference.intervals import intervals
from opinionframe.inference.minimum_detectable import minimum_detectable

__all__ = [
    "anova",
    "bounds",
    "ceiling",
    "compare",
    "compare_respondents",
    "denoise",
    "draw_bias",
    "equivalence",
    "intervals",
    "minimum_detectable",
]
