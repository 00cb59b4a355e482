"""Tests and intervals on alignment, and what sampling and silence do to it."""

from opinionframe.inference.bounds import bounds
from opinionframe.inference.ceilings import ceiling
from opinionframe.inference.denoise import noise_corrected
from opinionframe.inference.detectable import detectable
from opinionframe.inference.draws import draw_bias
from opinionframe.inference.equivalence import equivalent
from opinionframe.inference.intervals import intervals
from opinionframe.inference.respondents import compare_respondents
from opinionframe.inference.triples import compare_triples
from opinionframe.inference.verb import compare

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
