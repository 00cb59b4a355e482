"""Opinions in, Alignment out, and its summaries."""

from opinionframe.alignment.align import align
from opinionframe.alignment.mean_cells import CommonCellsWarning
from opinionframe.alignment.over_draws import over_draws
from opinionframe.alignment.summarize import summarize

__all__ = ["CommonCellsWarning", "align", "over_draws", "summarize"]
