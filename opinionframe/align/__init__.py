"""Opinions in, Alignment out, and its summaries."""

from opinionframe.align.align import align
from opinionframe.align.summarize import summarize

__all__ = ["align", "summarize"]
