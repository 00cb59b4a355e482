"""A study's results as files that a reader can trust: a page to open first, tables, figures, frames and a manifest."""

from opinionframe.reporting.report import report
from opinionframe.reporting.results import Design, Report, Results
from opinionframe.reporting.write import write_report

__all__ = ["Design", "Report", "Results", "report", "write_report"]
