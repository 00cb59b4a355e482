"""Figures for print: the tidy frames of any study go in; SVG, PNG, PDF and HTML come out, offline."""

from opinionframe.figures.cell import cell
from opinionframe.figures.drawing import Figure
from opinionframe.figures.estimates import estimates
from opinionframe.figures.forest import forest
from opinionframe.figures.learning import learning
from opinionframe.figures.ranked import ranked
from opinionframe.figures.regions import regions
from opinionframe.figures.spread import spread
from opinionframe.figures.stages import stages

__all__ = ["Figure", "cell", "estimates", "forest", "learning", "ranked", "regions", "spread", "stages"]
