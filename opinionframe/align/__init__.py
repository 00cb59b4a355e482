"""Opinions in, Alignment out, and its summaries."""

from opinionframe.align.summarize import summarize
from opinionframe.align.verb import align

__all__ = ["align", "summarize"]
