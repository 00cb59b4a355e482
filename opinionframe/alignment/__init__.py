"""Opinions in, Alignment out, and its summaries."""

from opinionframe.alignment.align import align
from opinionframe.alignment.summarize import summarize

__all__ = ["align", "summarize"]
