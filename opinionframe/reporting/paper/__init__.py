"""The paper's tables and figures from the results of any study, numbered as the paper numbers them."""

from opinionframe.reporting.paper.results import PaperResults, whose
from opinionframe.reporting.paper.write import write_paper

__all__ = ["PaperResults", "whose", "write_paper"]
