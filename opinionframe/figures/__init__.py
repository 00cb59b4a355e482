"""Figures for print, from the tidy frames of any study: SVG, PNG, PDF and HTML, offline."""

from opinionframe.figures.cell import cell
from opinionframe.figures.drawing import Figure
from opinionframe.figures.forest import forest
from opinionframe.figures.learning import learning
from opinionframe.figures.spread import spread
from opinionframe.figures.stages import stages

__all__ = ["Figure", "cell", "forest", "learning", "spread", "stages"]
