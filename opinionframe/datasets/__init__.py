"""Surveys: those inside the package, readers for those that are not, and how to get them."""

from opinionframe.datasets.shipped import available, load
from opinionframe.datasets.survey import Survey

__all__ = ["Survey", "available", "load"]
