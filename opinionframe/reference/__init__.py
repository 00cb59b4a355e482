"""Respondents into human Opinions: weighted shares of every group, with their effective sample size."""

from opinionframe.reference.design import Design
from opinionframe.reference.recode import recode
from opinionframe.reference.verb import reference, respondents

__all__ = ["Design", "recode", "reference", "respondents"]
