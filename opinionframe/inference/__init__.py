"""Tests and intervals on alignment, and what sampling and silence do to it."""

from opinionframe.inference.anova import compare_triples
from opinionframe.inference.bounds import bounds
from opinionframe.inference.ceiling import ceiling
from opinionframe.inference.compare import compare
from opinionframe.inference.compare_respondents import compare_respondents
from opinionframe.inference.denoise import noise_corrected
from opinionframe.inference.draw_bias import draw_bias
from opinionframe.inference.equivalence import equivalent
from opinionframe.inference.intervals import intervals
from opinionframe.inference.minimum_detectable import detectable

__all__ = [
    "bounds",
    "ceiling",
    "compare",
    "compare_respondents",
    "compare_triples",
    "detectable",
    "draw_bias",
    "equivalent",
    "intervals",
    "noise_corrected",
]
