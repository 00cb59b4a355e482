"""Opinions in, Alignment out, and its summaries."""

from opinionframe.align.verb import align
from opinionframe.align.summarize import summarize

__all__ = ["align", "summarize"]
