"""Figures for print, from the tidy frames of any study: SVG, PNG, PDF and HTML, offline."""

from opinionframe.figures.drawing import Figure
from opinionframe.figures.spread import spread

__all__ = ["Figure", "spread"]
