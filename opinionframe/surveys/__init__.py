"""Surveys: those inside the package, readers for those that are not, and how to get them."""

from opinionframe.surveys.codebook import codebook
from opinionframe.surveys.combine import combine
from opinionframe.surveys.fetching.fetch import fetch
from opinionframe.surveys.groups import groups
from opinionframe.surveys.labelled import read_labelled
from opinionframe.surveys.load import available, load
from opinionframe.surveys.opinionqa.read import read_opinionqa
from opinionframe.surveys.survey import Survey
from opinionframe.surveys.wgm2018.read import read_wgm
from opinionframe.surveys.wvs7.read import read_wvs

__all__ = [
    "Survey",
    "available",
    "codebook",
    "combine",
    "fetch",
    "groups",
    "load",
    "read_labelled",
    "read_opinionqa",
    "read_wgm",
    "read_wvs",
]
