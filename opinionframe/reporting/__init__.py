"""A study's results as files that a reader can trust: table, figure, tidy frames and a manifest."""

from opinionframe.reporting.report import Report, Results, write_report

__all__ = ["Report", "Results", "write_report"]
