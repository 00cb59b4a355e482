"""Respondents into human Opinions: weighted shares of every group, with their effective sample size."""

from opinionframe.microdata.crosswalk import crosswalk
from opinionframe.microdata.design import Design
from opinionframe.microdata.recode import recode
from opinionframe.microdata.reference import reference, respondents

__all__ = ["Design", "crosswalk", "recode", "reference", "respondents"]
