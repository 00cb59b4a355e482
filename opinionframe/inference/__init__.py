"""Tests and intervals on alignment: what enters is the Alignment frame, what leaves is the Tests frame."""

from opinionframe.inference.compare import compare
from opinionframe.inference.detectable import detectable
from opinionframe.inference.equivalence import equivalent
from opinionframe.inference.triples import compare_triples

__all__ = ["compare", "compare_triples", "detectable", "equivalent"]
