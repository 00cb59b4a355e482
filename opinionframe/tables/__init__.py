"""Tables for print, from the tidy frames of any study: HTML and LaTeX."""

from opinionframe.tables.document import Table
from opinionframe.tables.raw_calibrated import alignment

__all__ = ["Table", "alignment"]
