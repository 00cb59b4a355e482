"""The paper's tables and figures from the results of any study, numbered as the paper numbers them."""

from opinionframe.reporting.paper.results import PaperResults, whose
from opinionframe.reporting.paper.write import remove_paper, write_paper

__all__ = ["PaperResults", "remove_paper", "whose", "write_paper"]
